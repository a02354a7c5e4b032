"""A person at the console, in a real browser: sees the city, searches, asks for a route, an address and a village."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.parts.console_page import DRAWN, PATIENCE_MS, click_map, load_axe, open_console, violations

pytestmark = pytest.mark.parts

TABS = ("places", "route", "here", "pois", "coords", "daqing", "data")

BEIDOU_CELL = re.compile(r"^N35P\w{8,}$")
"""Helsinki: northern half, 6-degree column 35, 4-degree band P (60-64 degrees; GB/T 39409-2020)."""

KEY = "location-cloud.key"
"""Where the page keeps the key of its tab."""


@pytest.fixture
def console(browser: Browser, served: str) -> Iterator[Page]:
    """The console on a wide screen."""
    with open_console(browser, served) as page:
        yield page


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core."""
    return load_axe()


def open_villages(page: Page) -> None:
    page.click("#tab-daqing")
    page.click('[data-code="230602"] .opener')
    page.click('[data-code="230602013"] .opener')


def test_city_is_drawn(console: Page) -> None:
    assert console.evaluate("() => locationCloud.map.queryRenderedFeatures().length") > 100


def test_what_is_drawn_is_also_a_list(console: Page) -> None:
    expect(console.locator("#view-list li").nth(5)).to_be_visible()


def test_typing_suggests_and_enter_finds(console: Page) -> None:
    console.locator("#search-box").press_sequentially("mannerh")
    expect(console.locator("#search-options [role=option]").first).to_contain_text("Mannerheim")
    console.keyboard.press("Enter")
    expect(console.locator(".results li").first).to_contain_text("Mannerheim")


def test_suggestion_is_chosen_by_keyboard(console: Page) -> None:
    console.locator("#search-box").press_sequentially("mannerh")
    console.wait_for_selector("#search-options [role=option]")
    console.keyboard.press("ArrowDown")
    console.keyboard.press("Enter")
    expect(console.locator(".results li")).to_have_count(1)


def test_two_clicks_make_a_route(console: Page) -> None:
    console.click("#tab-route")
    click_map(console, 0.45, 0.45)
    click_map(console, 0.55, 0.6)
    figures = console.locator(".route-figures")
    expect(figures).to_be_visible()
    assert float(figures.get_attribute("data-distance-m") or 0) > 50
    expect(console.locator(".steps li").first).to_contain_text("出发")


def test_route_follows_a_dragged_end(console: Page) -> None:
    console.click("#tab-route")
    click_map(console, 0.45, 0.45)
    click_map(console, 0.55, 0.6)
    console.wait_for_selector(".route-figures")
    before = console.input_value("#route-to")
    pin = console.locator(".map-pin.pin-to")
    pin.hover()
    console.mouse.down()
    click_map(console, 0.5, 0.3)
    expect(console.locator("#route-to")).not_to_have_value(before)


def test_route_on_foot_takes_longer(console: Page) -> None:
    console.click("#tab-route")
    click_map(console, 0.45, 0.45)
    click_map(console, 0.55, 0.6)
    expect(console.locator(".route-figures")).to_contain_text("汽车")
    console.check('input[value="foot"]')
    expect(console.locator(".route-figures")).to_contain_text("步行")


def test_every_way_of_moving_of_the_server_is_offered_by_its_name(console: Page) -> None:
    console.click("#tab-route")
    click_map(console, 0.45, 0.45)
    click_map(console, 0.55, 0.6)
    console.check('input[value="bicycle"]')
    expect(console.locator(".route-figures")).to_contain_text("自行车")
    console.select_option("#language", "en")
    expect(console.locator(".profiles")).to_contain_text("Wheelchair")


def test_a_turn_has_the_arrow_of_its_direction(console: Page) -> None:
    console.click("#tab-route")
    console.fill("#route-from", "24.9315,60.1660")
    console.keyboard.press("Enter")
    console.fill("#route-to", "24.9507,60.1740")
    console.keyboard.press("Enter")
    expect(console.locator(".steps li").nth(2)).to_be_visible()
    arrows = {"左转": "←", "右转": "→", "向左前方": "↖", "向右前方": "↗"}
    rows = [row.inner_text() for row in console.locator(".steps li").all()]
    assert any(word in row for row in rows for word in arrows)
    for row in rows:
        assert all(arrow in row for word, arrow in arrows.items() if word in row), row


def test_two_ends_typed_at_once_are_both_found(console: Page) -> None:
    held: list[Route] = []

    def answer_both_together(asked: Route) -> None:
        held.append(asked)
        if len(held) == 2:
            for each in held:
                each.continue_()

    console.route("**/v1/geocode?*", answer_both_together)
    console.click("#tab-route")
    for end, place in (("from", "24.9315,60.1660"), ("to", "24.9507,60.1740")):
        console.fill(f"#route-{end}", place)
        console.keyboard.press("Enter")
    expect(console.locator(".route-figures")).to_be_visible()


def test_end_far_from_any_road_says_what_to_do(console: Page) -> None:
    console.click("#tab-route")
    console.fill("#route-from", "24.945,60.171")
    console.keyboard.press("Enter")
    expect(console.locator("#route-prompt")).to_contain_text("终点")
    console.fill("#route-to", "125.03,46.58")
    console.keyboard.press("Enter")
    expect(console.locator("#route-summary .trouble .hint")).to_be_visible()


def test_click_tells_what_is_here(console: Page) -> None:
    click_map(console, 0.5, 0.5)
    expect(console.locator(".here-name")).to_be_visible()
    expect(console.locator("#here-answer")).to_contain_text("最近道路")
    expect(console.locator("#here-answer dd code").last).to_have_text(BEIDOU_CELL)


def test_map_is_used_by_keyboard_alone(console: Page) -> None:
    console.focus(".maplibregl-canvas")
    console.keyboard.press("ArrowRight")
    console.wait_for_selector(DRAWN)
    console.keyboard.press("Enter")
    expect(console.locator(".here-name")).to_be_visible()


def test_coordinates_show_in_the_chosen_system(console: Page) -> None:
    console.goto(console.url.split("#")[0] + "#map=12/46.58/125.03")
    console.reload()
    console.wait_for_selector(DRAWN)
    click_map(console, 0.5, 0.5)
    plain = console.inner_text("#here-coordinates")
    console.select_option("#crs", "gcj02")
    expect(console.locator("#here-coordinates")).not_to_have_text(plain)


def test_daqing_opens_from_district_to_village(console: Page) -> None:
    open_villages(console)
    expect(console.locator('[data-level="district"]')).to_have_count(10)
    expect(console.locator('[data-level="village"]').first).to_contain_text("230602013")


def test_daqing_says_that_it_has_no_roads_and_how_to_import_some(console: Page) -> None:
    console.click("#tab-daqing")
    expect(console.locator(".notice")).to_contain_text(
        "location-cloud import heilongjiang-latest.osm.pbf --clip 大庆市"
    )


def test_district_is_shown_on_the_map(console: Page) -> None:
    open_villages(console)
    console.click('[data-code="230602"] > .tree-line .quiet')
    expect(console.locator("#announcer")).to_contain_text("萨尔图区")
    expect(console.locator("#boundary-source")).to_contain_text("天地图")
    console.wait_for_timeout(1_000)  # the camera's way there
    assert console.evaluate("() => locationCloud.map.getCenter().lng") > 120


def test_language_switches_and_stays(console: Page) -> None:
    console.select_option("#language", "en")
    expect(console.locator("#tab-route")).to_have_text("Route")
    console.reload()
    expect(console.locator("#tab-route")).to_have_text("Route")
    assert console.evaluate("() => document.documentElement.lang") == "en"


def test_data_page_names_licence_and_snapshot(console: Page) -> None:
    console.click("#tab-data")
    expect(console.locator("#datasets")).to_contain_text("ODbL")
    expect(console.locator("#service-facts code").first).not_to_be_empty()


def test_narrow_screen_needs_no_sideways_scrolling(console: Page) -> None:
    console.set_viewport_size({"width": 360, "height": 740})
    for tab in TABS:
        console.click(f"#tab-{tab}")
        assert console.evaluate("() => document.documentElement.scrollWidth") <= 360, tab


def test_refused_key_is_asked_for_again_and_the_new_one_opens_the_map(
    browser: Browser, served: str, served_home: Path
) -> None:
    command = [sys.executable, "-m", "location_cloud", "keys", "add", "--name", "console test"]
    issued = subprocess.run(
        command, env={**os.environ, "LOCATION_CLOUD_HOME": str(served_home)}, check=True, capture_output=True, text=True
    )
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(f"sessionStorage.getItem({KEY!r}) || sessionStorage.setItem({KEY!r}, 'wrong')")
    page = context.new_page()
    page.goto(served)
    expect(page.locator("#key-dialog")).to_be_visible()
    page.fill("#key-field", issued.stdout.strip())
    page.keyboard.press("Enter")
    page.wait_for_selector(DRAWN, timeout=PATIENCE_MS)
    assert page.evaluate("() => locationCloud.map.queryRenderedFeatures().length") > 100
    context.close()


@pytest.mark.parametrize("size", [(1280, 800), (360, 740)], ids=["wide", "narrow"])
def test_axe_finds_nothing_to_object_to(console: Page, axe: str, size: tuple[int, int]) -> None:
    console.set_viewport_size({"width": size[0], "height": size[1]})
    for tab in TABS:
        console.click(f"#tab-{tab}")
        assert violations(console, axe) == [], tab


def test_axe_finds_nothing_to_object_to_in_answers(console: Page, axe: str) -> None:
    console.fill("#search-box", "Mannerheimintie")
    console.keyboard.press("Enter")
    console.wait_for_selector(".results li")
    assert violations(console, axe) == []
    console.click("#tab-route")
    click_map(console, 0.45, 0.45)
    click_map(console, 0.55, 0.6)
    console.wait_for_selector(".route-figures")
    assert violations(console, axe) == []
    open_villages(console)
    console.wait_for_selector('[data-level="village"]')
    assert violations(console, axe) == []
