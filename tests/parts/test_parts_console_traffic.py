"""The traffic page of the console in a real browser: levels and their age, the index, incidents from trial to end."""

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Served, import_city
from tests.draw import draw_roads
from tests.parts.console_page import DRAWN, load_axe, open_console, violations

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

IS_SLOW_SOMEWHERE = """() => {
  const { map } = window.locationCloud;
  const where = { source: "lc-traffic", sourceLayer: "traffic" };
  const levels = map.querySourceFeatures("lc-traffic", where)
    .map(({ id }) => map.getFeatureState({ ...where, id }).level);
  return levels.some((level) => level >= 2);
}"""


def at(sign: str) -> str:
    lon, lat = DRAWING.lonlat[sign]
    return f"{lat:.6f},{lon:.6f}"


def send_taxis(url: str) -> None:
    """Three made-up taxis that crawl from A to C and arrive now; they are marked as simulated."""
    (west, lat), (east, _) = DRAWING.lonlat["A"], DRAWING.lonlat["C"]
    now = time.time()
    fixes = [
        {
            "device": f"taxi{number}",
            "time": now - 4.0 * number - 4.0 * (60 - step),
            "lon": west + (east - west) * step / 60,
            "lat": lat,
            "simulated": True,
        }
        for number in range(3)
        for step in range(61)
    ]
    body = json.dumps({"fixes": fixes}).encode()
    request = urllib.request.Request(f"{url}/v1/fixes", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def set_route(page: Page) -> None:
    """A car's route from C to A, which the taxis do not hold up, and then the traffic page again."""
    page.click("#tab-route")
    for end, sign in (("from", "C"), ("to", "A")):
        page.fill(f"#route-{end}", at(sign))
        page.keyboard.press("Enter")
    expect(page.locator(".route-figures")).to_be_visible()
    page.click("#tab-traffic")


@pytest.fixture(scope="module")
def town_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the product with the drawn town."""
    home = tmp_path_factory.mktemp("traffic")
    (home / "town.osm").write_text(DRAWING.osm_xml(), "utf-8")
    import_city(home, home / "town.osm", name="town")
    server = Served(home, "--workers", "1", LOCATION_CLOUD_LOG="off", LOCATION_CLOUD_TRAFFIC_REFRESH_S="1")
    try:
        server.wait_until_ready(300)
        yield server.url
    finally:
        server.stop()


@pytest.fixture
def page(browser: Browser, town_url: str) -> Iterator[Page]:
    with open_console(browser, town_url, part=VIEW) as opened:
        opened.click("#tab-traffic")
        expect(opened.locator("#map-traffic-levels li")).to_have_count(5)
        yield opened


def test_before_vehicles_send_anything_the_page_says_that_nothing_is_measured(page: Page) -> None:
    expect(page.locator("#traffic-index")).to_contain_text("没有实测")
    expect(page.locator("#map-traffic-age")).not_to_be_empty()


def test_levels_their_age_and_that_they_are_simulated_are_seen(page: Page, town_url: str) -> None:
    send_taxis(town_url)
    expect(page.locator("#map-traffic-age")).to_contain_text("模拟数据")
    expect(page.locator("#traffic-index meter")).to_be_visible()
    page.wait_for_function(IS_SLOW_SOMEWHERE)


def test_a_closure_is_tried_out_reported_seen_and_ended(page: Page) -> None:
    set_route(page)
    page.wait_for_selector(DRAWN)
    lon, lat = ((a + b) / 2 for a, b in zip(DRAWING.lonlat["B"], DRAWING.lonlat["C"]))
    box = page.locator("#map").bounding_box()
    assert box is not None
    where = page.evaluate("([lon, lat]) => window.locationCloud.map.project([lon, lat])", [lon, lat])
    page.mouse.click(box["x"] + where["x"], box["y"] + where["y"])
    expect(page.locator("#incident-roads li")).to_have_text(["中七路×"])
    expect(page.locator("#incident-trial")).to_contain_text("多用")
    expect(page.locator("#incident-trial li")).to_have_count(2)
    page.check("#incident-drill")
    page.click("#incident-report")
    expect(page.locator("#incident-trial")).to_contain_text("上报后")
    expect(page.locator("#incident-trial")).to_contain_text("多用")
    reported = page.locator("#incident-list li[data-incident]")
    expect(reported).to_contain_text("封闭 · 中七路")
    expect(reported).to_contain_text("模拟数据")
    reported.get_by_role("button", name="结束").click()
    expect(page.locator("#incident-list")).to_contain_text("目前没有上报的事件")


def test_an_incident_is_reported_by_keyboard_alone(page: Page) -> None:
    page.focus("#incident-centre")
    page.keyboard.press("Enter")
    expect(page.locator("#incident-roads li")).to_have_count(1)
    page.select_option("#incident-kind", "roadworks")
    expect(page.locator("#incident-trial")).to_contain_text("起点和终点")
    page.focus("#incident-text")
    page.keyboard.type("夜间施工")
    page.keyboard.press("Enter")
    reported = page.locator("#incident-list li[data-incident]")
    expect(reported).to_contain_text("夜间施工")
    page.keyboard.press("Tab")
    reported.get_by_role("button", name="结束").press("Enter")
    expect(reported).to_have_count(0)
    expect(page.locator("#incidents-heading")).to_be_focused()


def test_the_age_goes_on_where_no_news_comes(page: Page, town_url: str) -> None:
    send_taxis(town_url)
    expect(page.locator("#traffic-index meter")).to_be_visible()
    with page.expect_event("requestfailed"):
        page.route("**/v1/**", lambda route: route.abort())
    expect(page.locator("#map-traffic-age")).to_contain_text("连接中断")
    expect(page.locator("#traffic-index meter")).to_be_visible()
    before = page.locator("#map-traffic-age").text_content()
    page.wait_for_function("before => document.getElementById('map-traffic-age').textContent !== before", arg=before)
    page.unroute("**/v1/**")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_has_no_objection_to_the_traffic_page(page: Page, scheme: Literal["light", "dark"], width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.locator("#traffic-age")).not_to_be_empty()
    expect(page.locator("#incident-list .state")).to_be_visible()
    assert violations(page, load_axe()) == []
    page.select_option("#language", "en")
    expect(page.locator("#tab-traffic")).to_have_text("Traffic")
    assert violations(page, load_axe()) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
