"""The dispatch page of the console in a real browser: from a phone's message to a crew on its way, by keyboard."""

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Served, import_city
from tests.draw import draw_roads
from tests.parts.console_page import click_map, load_axe, open_console, violations

pytestmark = pytest.mark.parts

DRAWING = draw_roads(
    """
    A-------B-------C
    |       |       |
    D-------E-------F
    """,
    ways={
        "ABC": {"highway": "primary", "name": "中七路", "maxspeed": "60"},
        "DEF": {"highway": "secondary", "name": "纬二路"},
        "AD": {"highway": "secondary", "name": "西路"},
        "BE": {"highway": "secondary", "name": "中路"},
        "CF": {"highway": "secondary", "name": "东路"},
    },
)
VIEW = "#map=14.5/46.5985/125.1105"

SEEN = """source => {
  const { map } = window.locationCloud;
  return map.getStyle().sources[source].data.features ?? [map.getStyle().sources[source].data];
}"""


def send(url: str, method: str, path: str, body: Any) -> None:
    request = urllib.request.Request(
        f"{url}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status in (200, 201)


def unit(url: str, name: str, sign: str, **more: Any) -> None:
    """A made-up unit at a place of the drawing."""
    body = {"station": {"lonlat": DRAWING.lonlat[sign]}, "simulated": True, "status": "available", **more}
    send(url, "PUT", f"/v1/units/{name}", body)


def aml(sign: str) -> str:
    """What a phone near a place of the drawing sends."""
    lon, lat = DRAWING.lonlat[sign]
    now = time.strftime("%Y%m%d%H%M%S", time.gmtime())
    phone = "si=460001234567890;ei=353472104343540;mcc=460;mnc=00"
    text = f'A"ML=1;lt={lat:.5f};lg={lon:.5f};rd=50;top={now};lc=68;pm=W;{phone};ml='
    return f"{text}{len(text) + 3}"


def features(page: Page, source: str) -> list[dict[str, Any]]:
    """What the map shows of a source, once it shows anything."""
    page.wait_for_function(f"source => ({SEEN})(source).length && ({SEEN})(source)[0].geometry", arg=source)
    found: list[dict[str, Any]] = page.evaluate(SEEN, source)
    return found


def take(page: Page, text: str) -> None:
    page.fill("#call-text", text)
    page.check("#call-drill")
    page.focus("#call-text")
    page.keyboard.press("Enter")
    expect(page.locator("#call-heading")).to_be_visible()


@pytest.fixture(scope="module")
def town_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the product with the drawn town and three units."""
    home = tmp_path_factory.mktemp("dispatch")
    (home / "town.osm").write_text(DRAWING.osm_xml(), "utf-8")
    import_city(home, home / "town.osm", name="town")
    server = Served(home, "--workers", "1", LOCATION_CLOUD_LOG="off")
    try:
        server.wait_until_ready(300)
        unit(server.url, "near", "B", title="近队")
        unit(server.url, "far", "F", title="远队")
        unit(server.url, "away", "D", title="停用队", status="out_of_service")
        yield server.url
    finally:
        server.stop()


@pytest.fixture
def page(browser: Browser, town_url: str) -> Iterator[Page]:
    with open_console(browser, town_url, part=VIEW) as opened:
        opened.click("#tab-dispatch")
        expect(opened.locator("#unit-count")).to_contain_text("3")
        yield opened


def test_a_phones_message_becomes_a_place_an_emergency_and_a_crew_on_its_way_by_keyboard(page: Page) -> None:
    take(page, f"{aml('A')}\n13800001234\n有人受伤")
    expect(page.locator("#call-answer")).to_contain_text("138****1234")
    expect(page.locator("#call-answer")).to_contain_text("模拟数据")
    ring = features(page, "lc-call-ellipse")[0]["geometry"]["coordinates"][0]
    lon, lat = DRAWING.lonlat["A"]
    assert min(x for x, _ in ring) < lon < max(x for x, _ in ring)
    assert min(y for _, y in ring) < lat < max(y for _, y in ring)
    expect(page.locator("#emergency-category")).to_be_focused()
    page.focus("#emergency-text")
    page.keyboard.type("有人受伤")
    page.keyboard.press("Enter")
    expect(page.locator("#rank-list li")).to_have_count(2)
    expect(page.locator("#rank-list li").first).to_contain_text("近队")
    expect(page.locator("#rank-answer details")).to_contain_text("停用")
    expect(page.locator("#rank-heading")).to_be_focused()
    assert len(features(page, "lc-drives")) == 2
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator('#emergency-answer [data-assigned="near"]')).to_contain_text("已受令")
    expect(page.locator("#rank-list li")).to_have_count(1)
    page.locator('#emergency-answer [data-step="en_route"]').press("Enter")
    expect(page.locator("#log-list li").first).to_contain_text("near：已出发")
    page.locator('#emergency-answer [data-step="released"]').press("Enter")
    page.locator("#emergency-close").press("Enter")
    expect(page.locator("#emergency-answer")).to_contain_text("已结案")


def test_personal_data_are_in_clear_only_on_the_button_and_that_is_written_down(page: Page, town_url: str) -> None:
    take(page, f"{aml('C')}\n13900005678")
    expect(page.locator("#call-answer")).not_to_contain_text("13900005678")
    page.click("#call-clear")
    expect(page.locator("#call-answer")).to_contain_text("13900005678")
    number = page.locator("#call-heading").inner_text().split()[-1]
    with urllib.request.urlopen(f"{town_url}/v1/calls/{number}/reads", timeout=30) as answer:
        assert [each["who"] for each in json.load(answer)["reads"]] == ["local"]


def test_a_place_clicked_or_written_as_coordinates_is_a_call_too(page: Page) -> None:
    click_map(page, 0.5, 0.5)
    expect(page.locator("#call-text")).to_have_value(re.compile(r"^@ 125\.110\d+, 46\.598\d+$"))
    lon, lat = DRAWING.lonlat["E"]
    take(page, f"{lat:.6f},{lon:.6f}")
    expect(page.locator("#call-answer")).to_contain_text(f"{lon:.6f}, {lat:.6f}"[:9])


def test_coverage_is_drawn_with_its_legend_and_says_that_units_are_simulated(page: Page) -> None:
    page.check("#coverage-on")
    expect(page.locator("#coverage-answer li")).to_have_count(4)
    expect(page.locator("#coverage-answer")).to_contain_text("模拟数据")
    assert features(page, "lc-coverage")
    page.click("#tab-places")
    page.wait_for_function(f"() => ({SEEN})('lc-coverage').length === 0")


def test_a_road_is_shut_with_the_emergency_and_a_second_call_is_seen_to_be_the_same(page: Page) -> None:
    take(page, aml("C"))
    page.select_option("#emergency-incident", "closure")
    page.click("#emergency-open")
    expect(page.locator("#emergency-answer")).to_contain_text("公开事件")
    first = page.locator("#emergency-heading").inner_text().split()[1]
    take(page, aml("C"))
    page.click("#emergency-open")
    expect(page.locator("#duplicates-heading")).to_be_visible()
    page.get_by_role("button", name=f"与警情 {first} 相同").press("Enter")
    expect(page.locator("#emergency-answer")).to_contain_text("已撤销")
    expect(page.locator("#rank-block")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_has_no_objection_to_the_dispatch_page(page: Page, scheme: Literal["light", "dark"], width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    take(page, aml("B"))
    page.click("#emergency-open")
    expect(page.locator("#rank-list li").first).to_be_visible()
    page.check("#coverage-on")
    expect(page.locator("#coverage-answer li")).to_have_count(4)
    assert violations(page, load_axe()) == []
    page.select_option("#language", "en")
    expect(page.locator("#tab-dispatch")).to_have_text("Dispatch")
    assert violations(page, load_axe()) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
