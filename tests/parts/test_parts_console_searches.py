"""The search board of the console in a real browser: a map, segments, a plan, a result, and the map as it was."""

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Served, import_city
from tests.draw import draw_roads
from tests.parts.console_page import load_axe, open_console, violations

pytestmark = pytest.mark.parts

DRAWING = draw_roads(
    """
    A-------B-------C
    |       |       |
    D-------E-------F
    """
)
VIEW = "#map=14.5/46.5985/125.1105"
TEAMS = """() => window.locationCloud.map.getStyle().sources["lc-teams"].data.features"""
SHARES = (
    """() => window.locationCloud.map.getStyle().sources["lc-poa"].data.features.map(each => each.properties.poa)"""
)


@pytest.fixture(scope="module")
def town_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the product with the drawn town."""
    home = tmp_path_factory.mktemp("searches")
    (home / "town.osm").write_text(DRAWING.osm_xml(), "utf-8")
    import_city(home, home / "town.osm", name="town")
    server = Served(home, "--workers", "1", LOCATION_CLOUD_LOG="off")
    try:
        server.wait_until_ready(300)
        yield server.url
    finally:
        server.stop()


@pytest.fixture
def page(browser: Browser, town_url: str) -> Iterator[Page]:
    """The board with a search, begun by keyboard at the middle of the map."""
    with open_console(browser, town_url, part=VIEW) as opened:
        opened.click("#tab-searches")
        expect(opened.locator("#hunt-category option").first).to_be_attached()
        if opened.locator("#hunt-begin").get_attribute("open") is None:
            opened.click("#hunt-begin > summary")
        opened.check("#hunt-drill")
        opened.locator("#hunt-ipp-centre").press("Enter")
        opened.focus("#hunt-title")
        opened.keyboard.press("Enter")
        expect(opened.locator("#hunt-heading")).to_be_focused()
        yield opened


def send(url: str, method: str, path: str, body: Any) -> None:
    request = urllib.request.Request(
        f"{url}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def plan(page: Page) -> None:
    page.click("#tab-hunt-plan")
    page.click("#hunt-segment")
    expect(page.locator("#hunt-segments tbody tr").first).to_be_visible()
    page.locator("#plan-resources input").first.press("Enter")
    expect(page.locator("#hunt-plan tbody tr").first).to_be_visible()


def test_a_search_is_drawn_planned_searched_and_replayed(page: Page) -> None:
    expect(page.locator("#hunt-answer")).to_contain_text("模拟数据")
    page.wait_for_function(f"() => ({SHARES})().length > 2")
    before = page.evaluate(SHARES)
    plan(page)
    expect(page.locator("#hunt-plan svg polyline")).to_be_attached()
    page.locator("#hunt-plan button").first.press("Enter")
    expect(page.locator("#hunt-then")).to_contain_text("搜过未见")
    assert page.evaluate(SHARES) != before
    page.focus("#hunt-slider")
    page.keyboard.press("Home")
    expect(page.locator("#hunt-then")).to_contain_text("之后的概率图")
    page.wait_for_function(f"before => String(({SHARES})()) === String(before)", arg=before)


def test_a_teams_live_track_is_drawn_and_marked_as_simulated(page: Page, town_url: str) -> None:
    now, (lon, lat) = time.time(), DRAWING.lonlat["E"]
    fixes = [
        {"device": "radio", "time": now + step / 10, "lon": lon + 2e-4 * step / 30, "lat": lat, "simulated": True}
        for step in range(30)
    ]
    send(town_url, "PUT", "/v1/units/first", {"kind": "team", "title": "一队", "device": "radio", "simulated": True})
    send(town_url, "POST", "/v1/fixes", {"fixes": fixes})
    page.wait_for_function(f"() => ({TEAMS})().some(each => each.geometry.type.endsWith('LineString'))")
    assert "一队 · 模拟" in page.evaluate(f"() => ({TEAMS})().map(each => each.properties.label)")
    expect(page.locator("#hunt-teams")).to_contain_text("1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_has_no_objection_to_the_search_board(page: Page, scheme: Literal["light", "dark"], width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    plan(page)
    assert violations(page, load_axe()) == []
    page.select_option("#language", "en")
    expect(page.locator("#tab-searches")).to_have_text("Missing")
    assert violations(page, load_axe()) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
