"""A dispatcher at the console, in a real browser: finds a place, hears what is there, converts, lists facilities."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.conftest import Served, import_city
from tests.parts.console_page import DRAWN, click_map, load_axe, map_point, open_console, violations
from tests.places.drawn_towns import osm_of

pytestmark = pytest.mark.parts

TOWN = """
n 1 125.0000 46.5000
n 2 125.0100 46.5000
n 3 125.0200 46.5000
n 4 125.0000 46.5050
n 5 125.0200 46.5050
n 6 125.0900 46.5850
n 7 125.1000 46.5850
w 101 1,2 highway=primary name=团结大街
w 102 2,3 highway=primary name=团结大街
w 103 4,5 highway=residential name=书香路
w 104 6,7 highway=residential name=团结大街
n 11 125.0010 46.5053 addr:street=书香路 addr:housenumber=2
n 12 125.0050 46.5053 addr:street=书香路 addr:housenumber=10
n 31 125.0030 46.5010 amenity=hospital name=大庆市第一医院
n 32 125.0180 46.5010 amenity=hospital name=油田总医院
n 33 125.0100 46.5060 shop=books name=丁香阁
n 34 125.0120 46.5040 amenity=pharmacy name=丁香阁
n 35 125.0160 46.5060 tourism=hotel name=银月利饭店
n 51 125.0000 46.5200
n 52 125.0130 46.5200
n 53 125.0260 46.5200
n 54 125.0130 46.5201 highway=milestone distance=552
n 55 125.0260 46.5201 highway=milestone distance=553
n 56 125.0001 46.5201 highway=milestone distance=551
w 151 51,52,53 highway=motorway ref=G10 name=绥满高速 oneway=yes
"""
"""团结大街 stands in two districts."""

TOWN_VIEW = "#map=15/46.503/125.01"
HOSPITAL = "大庆市第一医院"
TWICE = "团结大街"
LEAST_BYTES, MOST_BYTES = 380_000, 460_000
"""Packed, of all files that the first sight needs: MapLibre and its worker alone are 382 kB."""


@pytest.fixture(scope="module")
def town_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the product with the drawn town, in which one street's name stands in two districts."""
    home = tmp_path_factory.mktemp("town")
    file = home / "town.osm"
    file.write_text(osm_of(TOWN), encoding="utf-8")
    import_city(home, Path(file), name="town")
    server = Served(home, "--workers", "1", LOCATION_CLOUD_LOG="off")
    try:
        server.wait_until_ready()
        yield server.url
    finally:
        server.stop()


@pytest.fixture
def console(browser: Browser, town_url: str) -> Iterator[Page]:
    with open_console(browser, town_url, part=TOWN_VIEW) as page:
        yield page


@pytest.fixture(scope="module")
def axe() -> str:
    return load_axe()


def search(page: Page, text: str) -> None:
    page.fill("#search-box", text)
    page.keyboard.press("Enter")


def convert(page: Page, text: str) -> None:
    page.click("#tab-coords")
    page.fill("#coords-text", text)
    page.keyboard.press("Enter")


def open_pois(page: Page, kind: str) -> None:
    page.click("#tab-pois")
    expect(page.locator(f'#pois-kind option[value="{kind}"]')).to_be_attached()
    page.select_option("#pois-kind", kind)


def dots(page: Page, layer: str) -> int:
    page.wait_for_selector(DRAWN)
    page.wait_for_function("layer => locationCloud.map.queryRenderedFeatures({layers: [layer]}).length", arg=layer)
    return page.evaluate("layer => locationCloud.map.queryRenderedFeatures({layers: [layer]}).length", layer)


def clipboard(page: Page) -> str:
    return page.evaluate("() => navigator.clipboard.readText()")


def options(page: Page) -> Locator:
    return page.locator("#search-options [role=option]")


def test_a_place_is_typed_chosen_and_shown_by_keyboard_alone(console: Page) -> None:
    console.locator("#search-box").press_sequentially("dqsdyyy")
    expect(options(console).first).to_contain_text(HOSPITAL)
    console.keyboard.press("ArrowDown")
    expect(options(console).first).to_have_attribute("aria-selected", "true")
    console.keyboard.press("Enter")
    expect(console.locator("#search-results .result-name")).to_have_text(HOSPITAL)
    assert dots(console, "lc-results-dot") == 1


def test_suggestions_stand_in_named_groups(console: Page) -> None:
    console.locator("#search-box").press_sequentially("大庆")
    expect(console.get_by_role("group", name="行政区与村镇")).to_contain_text("大庆市")


def test_escape_closes_suggestions_and_keeps_what_was_typed(console: Page) -> None:
    console.locator("#search-box").press_sequentially("大庆")
    expect(options(console).first).to_be_visible()
    console.keyboard.press("Escape")
    expect(console.locator("#search-options")).to_be_hidden()
    expect(console.locator("#search-box")).to_have_value("大庆")


def test_an_answer_says_its_level_its_district_and_how_sure_it_is(console: Page) -> None:
    search(console, HOSPITAL)
    row = console.locator(".results li").first
    for words in ("地点", "大庆市", "准确位置", "置信度 100", "误差"):
        expect(row).to_contain_text(words)


def test_an_estimated_house_is_marked_and_its_circle_is_drawn(console: Page) -> None:
    search(console, "书香路6号")
    expect(console.locator(".mark.doubtful").first).to_contain_text("估计位置")
    console.locator(".results button").first.click()
    assert dots(console, "lc-accuracy-fill")


def test_what_was_not_understood_is_said(console: Page) -> None:
    search(console, f"{HOSPITAL}呼噜噜")
    expect(console.locator("#search-results")).to_contain_text("呼噜噜")


def test_two_equal_answers_ask_and_the_reply_is_a_button(console: Page) -> None:
    search(console, TWICE)
    expect(console.locator(".which-one-question")).to_contain_text("/")
    reply = console.locator("[data-choice]").nth(1)
    reply.focus()
    console.keyboard.press("Enter")
    expect(reply).to_have_attribute("aria-pressed", "true")
    expect(console.locator(".result[aria-current=true]")).to_have_count(1)


def test_nothing_understood_shows_the_hint_and_the_best_guess(console: Page) -> None:
    search(console, "银月利XYZQW")
    expect(console.locator(".reason .hint")).to_be_visible()
    expect(console.locator("#search-results h2")).to_contain_text("猜测")
    expect(console.locator("#search-results .result-name")).to_contain_text("银月利饭店")


def test_kinds_narrow_the_search(console: Page) -> None:
    expect(console.locator('#search-category option[value="medical"]')).to_be_attached()
    search(console, "丁香阁")
    expect(console.locator(".results li")).to_have_count(2)
    console.select_option("#search-category", "medical")
    expect(console.locator(".results li")).to_have_count(1)
    expect(console.locator(".results li")).to_contain_text("龙凤区")


def test_right_click_tells_what_is_here_on_every_page(console: Page) -> None:
    console.click("#tab-route")
    console.mouse.click(*map_point(console, 0.5, 0.5), button="right")
    expect(console.locator("#here-words")).to_contain_text("米")
    for words in ("最近道路", "行政区划", "北斗网格码", "周边地标"):
        expect(console.locator("#here-answer")).to_contain_text(words)


def test_a_resting_finger_tells_what_is_here(browser: Browser, town_url: str) -> None:
    with open_console(browser, town_url, (390, 844), TOWN_VIEW, has_touch=True) as page:
        right, down = map_point(page, 0.5, 0.5)
        touch = page.context.new_cdp_session(page)
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": right, "y": down}]})
        expect(page.locator("#here-words")).to_be_visible()
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_the_map_tells_what_is_in_its_middle_by_keyboard(console: Page) -> None:
    console.click("#tab-route")
    console.focus(".maplibregl-canvas")
    console.keyboard.press("Shift+Enter")
    expect(console.locator("#here-words")).to_be_visible()


def test_words_and_coordinates_are_copied(console: Page) -> None:
    click_map(console, 0.5, 0.5)
    words = console.inner_text("#here-words")
    console.click("#copy-words")
    expect(console.locator("#announcer")).to_have_text("已复制")
    assert clipboard(console) == words
    console.click("#copy-point")
    assert re.fullmatch(r"125\.\d{6}, 46\.\d{6}", clipboard(console))


def test_a_point_on_a_motorway_has_its_kilometre(console: Page) -> None:
    search(console, "G10 K551+500")
    console.locator(".place-buttons button").nth(2).click()
    expect(console.locator("#here-answer")).to_contain_text("K551+500")


def test_a_position_in_minutes_and_seconds_is_converted(console: Page) -> None:
    convert(console, "北纬46度30分10秒 东经125度0分36秒")
    expect(console.locator("#coords-point")).to_have_text("125.01,46.5027778")
    expect(console.locator("#coords-answer")).to_contain_text("按度分秒读取")
    expect(console.locator("#spelling-beidou_7")).to_contain_text("N51")
    expect(console.locator(".map-pin.pin-here")).to_be_visible()


def test_every_spelling_that_is_told_is_read_again(console: Page) -> None:
    convert(console, "46.50278,125.01234")
    names = ("dms_zh", "ddm", "utm", "mgrs", "gauss_kruger", "beidou_8", "plus_code_11", "geohash", "geo_uri")
    told = {name: console.inner_text(f"#spelling-{name}") for name in names}
    for name, text in told.items():
        convert(console, text)
        expect(console.locator("#coords-point"), name).to_contain_text(re.compile(r"^125\.01\d*,46\.50\d*"))


def test_a_spelling_is_copied(console: Page) -> None:
    convert(console, "46.50278,125.01234")
    console.get_by_role("button", name="复制：MGRS").click()
    expect(console.locator("#announcer")).to_have_text("已复制")
    assert clipboard(console) == console.inner_text("#spelling-mgrs")


def test_the_chosen_datum_moves_numbers(console: Page) -> None:
    convert(console, "125.01234,46.50278")
    expect(console.locator("#coords-point")).to_have_text("125.01234,46.50278")
    console.select_option("#coords-crs", "gcj02")
    expect(console.locator("#coords-point")).not_to_have_text("125.01234,46.50278")
    expect(console.locator("#spelling-gcj02")).to_contain_text("125.0123")


def test_the_other_order_of_two_numbers_can_be_taken(console: Page) -> None:
    convert(console, "46.5,60.25")
    first = console.inner_text("#coords-point")
    console.locator("#coords-answer .which-one button").click()
    expect(console.locator("#coords-point")).not_to_have_text(first)


def test_a_click_on_the_map_is_converted_while_the_converter_is_open(console: Page) -> None:
    console.click("#tab-coords")
    expect(console.locator("#coords-answer .empty")).to_be_visible()
    click_map(console, 0.5, 0.5)
    expect(console.locator("#coords-point")).to_contain_text("125.0")


def test_who_is_faster_than_the_converter_is_answered_when_it_is_there(console: Page) -> None:
    console.route("**/js/coords.js", lambda route: (console.wait_for_timeout(500), route.continue_()))
    convert(console, "46.5,60.25")
    expect(console.locator("#coords-point")).to_be_visible()


def test_no_position_says_what_to_write(console: Page) -> None:
    convert(console, "医院旁边")
    expect(console.locator("#coords-answer .hint")).to_be_visible()


def test_facilities_of_a_kind_are_listed_and_drawn(console: Page) -> None:
    open_pois(console, "medical.hospital")
    expect(console.locator("#pois-list > li")).to_have_count(2)
    expect(console.locator("#pois-count")).to_contain_text("2")
    assert dots(console, "lc-pois-dot") == 2


def test_a_facility_is_opened_by_keyboard(console: Page) -> None:
    open_pois(console, "medical.hospital")
    expect(console.locator("#pois-list > li")).to_have_count(2)
    console.locator("[data-row]").first.focus()
    console.keyboard.press("Enter")
    expect(console.locator("[data-row]").first).to_be_focused()
    console.keyboard.press("Tab")
    console.keyboard.press("Tab")
    console.keyboard.press("Tab")
    console.keyboard.press("Enter")
    expect(console.locator("#here-words")).to_be_visible()


def test_facilities_around_the_middle_show_the_circle(console: Page) -> None:
    open_pois(console, "medical.hospital")
    console.check("#pois-around")
    console.select_option("#pois-radius", "3000")
    expect(console.locator("#pois-list > li")).to_have_count(2)
    assert dots(console, "lc-radius-line")


@pytest.mark.parametrize(
    ("part", "selector", "words"),
    [
        (f"q={HOSPITAL}", "#search-results .result-name", HOSPITAL),
        ("at=125.0030,46.5005", "#here-words", TWICE),
        ("text=geo:46.5,125.0", "#coords-point", "125,46.5"),
    ],
)
def test_an_address_brings_back_what_was_shown(
    browser: Browser, town_url: str, part: str, selector: str, words: str
) -> None:
    with open_console(browser, town_url, part=f"{TOWN_VIEW}&{part}") as page:
        expect(page.locator(selector).first).to_contain_text(words)


def test_a_search_with_signs_survives_a_moved_map_and_a_reload(console: Page) -> None:
    search(console, "G10 K551+500 & 100%")
    console.wait_for_selector("#search-results > *:not(.loading)")
    console.focus(".maplibregl-canvas")
    console.keyboard.press("ArrowRight")
    console.wait_for_selector(DRAWN)
    console.reload()
    expect(console.locator("#search-box")).to_have_value("G10 K551+500 & 100%")


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["wide", "narrow"])
def test_axe_finds_nothing_to_object_to(
    browser: Browser, town_url: str, axe: str, size: tuple[int, int], lang: str
) -> None:
    with open_console(browser, town_url, size, f"?lang={lang}{TOWN_VIEW}") as page:
        page.locator("#search-box").press_sequentially("大庆")
        expect(options(page).first).to_be_visible()
        assert violations(page, axe) == []
        search(page, TWICE)
        page.locator("[data-choice]").first.click()
        assert violations(page, axe) == []
        search(page, "银月利XYZQW")
        expect(page.locator(".reason")).to_be_visible()
        assert violations(page, axe) == []
        page.mouse.click(*map_point(page, 0.5, 0.5), button="right")
        expect(page.locator("#here-words")).to_be_visible()
        assert violations(page, axe) == []
        open_pois(page, "medical")
        page.locator("[data-row]").first.click()
        assert violations(page, axe) == []
        convert(page, "46.5,60.25")
        expect(page.locator("#coords-point")).to_be_visible()
        assert violations(page, axe) == []
        assert page.evaluate("() => document.documentElement.scrollWidth") <= size[0]


def test_the_page_is_small(browser: Browser, town_url: str) -> None:
    with open_console(browser, town_url) as page:
        sizes = page.evaluate(
            "() => performance.getEntries().filter((each) => each.name.includes('/console/') || each.entryType =="
            " 'navigation').reduce((sum, each) => sum + each.encodedBodySize, 0)"
        )
    assert LEAST_BYTES < sizes <= MOST_BYTES
