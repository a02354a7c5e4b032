"""The grid map of the console in a real browser: colours by lamp and indicator, a card, its cases, other days."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Served, import_city
from tests.parts.console_page import click_map, load_axe, open_console, violations
from tests.parts.test_parts_console_cases import DRAWING, VIEW, report, send

pytestmark = pytest.mark.parts

CODES = [f"230602001001{number:03d}" for number in (1, 2)]
COLOURS = """() => Object.fromEntries(window.locationCloud.map.getStyle().sources["lc-grids"].data.features
  .map(each => [each.properties.code, each.properties.colour]))"""
LATE, NONE = "#9c1f10", "#dfe5ea"


def halves() -> list[dict[str, Any]]:
    """Two unit grids that share the drawing: around A and D, and around C and F."""
    west, north = DRAWING.lonlat["A"]
    east, south = DRAWING.lonlat["F"]
    middle, more = (west + east) / 2, 0.002
    boxes = ((west - more, middle), (middle, east + more))
    return [
        {
            "code": code,
            "name": name,
            "households": households,
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [
                        [left, south - more],
                        [right, south - more],
                        [right, north + more],
                        [left, north + more],
                        [left, south - more],
                    ]
                ],
            },
        }
        for code, name, households, (left, right) in zip(CODES, ("西格", "东格"), (120, 480), boxes, strict=True)
    ]


@pytest.fixture(scope="module")
def town_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the product with two unit grids, a late case in the west, and an indicator of a month."""
    home = tmp_path_factory.mktemp("grids")
    (home / "town.osm").write_text(DRAWING.osm_xml(), "utf-8")
    import_city(home, home / "town.osm", name="town")
    server = Served(home, "--workers", "1", LOCATION_CLOUD_LOG="off")
    try:
        server.wait_until_ready(300)
        first = f"{datetime.now(UTC) - timedelta(days=200):%Y-%m-%d}"
        send(server.url, "POST", "/v1/grids/unit/all/import", {"grids": halves(), "valid_from": first})
        told = {"indicator": "closed_share", "period": first[:7], "unit": "%", "total": "mean", "source": "simulated"}
        send(
            server.url,
            "PUT",
            "/v1/grids/unit/all/values",
            {**told, "values": dict(zip(CODES, (61.5, 92.0), strict=True))},
        )
        people = [{"role": "网格长", "name": "王某", "phone": "13800001234"}]
        send(server.url, "PUT", f"/v1/grids/unit/{CODES[0]}/people", {"valid_from": first, "people": people}, 0)
        report(server.url, "A", 2000)
        yield server.url
    finally:
        server.stop()


@pytest.fixture
def page(browser: Browser, town_url: str) -> Iterator[Page]:
    with open_console(browser, town_url, part=VIEW) as opened:
        opened.click("#tab-grids")
        expect(opened.locator("#grid-list [data-grid]")).to_have_count(2)
        yield opened


def test_grids_have_the_colour_of_their_worst_lamp_and_the_worst_is_listed_first(page: Page) -> None:
    page.wait_for_function(f"([west, late]) => ({COLOURS})()[west] === late", arg=[CODES[0], LATE])
    assert page.evaluate(COLOURS) == dict(zip(CODES, (LATE, NONE), strict=True))
    expect(page.locator("#grid-list [data-grid]").first).to_contain_text("1 件超时")


def test_an_indicator_colours_grids_with_the_legend_of_its_classes(page: Page) -> None:
    page.locator("#grid-colour option", has_text="closed_share").wait_for(state="attached")
    page.select_option("#grid-colour", index=4)
    expect(page.locator("#grid-legend")).to_contain_text("92 %")
    expect(page.locator("#grid-list [data-grid]").first).to_contain_text("92 %")
    assert len(set(page.evaluate(COLOURS).values())) == 2


def test_a_click_opens_the_card_and_from_there_the_case_and_back_the_grid(page: Page) -> None:
    click_map(page, 0.46, 0.5)
    expect(page.locator("#grid-heading")).to_contain_text("西格")
    expect(page.locator("#grid-answer .people")).to_contain_text("138****1234")
    expect(page.locator("#grid-answer table")).to_contain_text("61.5 %")
    page.locator("#grid-answer [data-case]").press("Enter")
    expect(page.locator("#case-heading")).to_be_focused()
    expect(page.locator("#case-answer")).to_contain_text(CODES[0])
    page.locator("#case-answer button.link", has_text=CODES[0]).press("Enter")
    expect(page.locator("#grid-heading")).to_be_focused()
    page.get_by_role("button", name="在案件页查看全部 1 件").press("Enter")
    expect(page.locator("#filter-grid")).to_have_value(CODES[0])
    expect(page.locator("#case-list [data-case]")).to_have_count(1)


def test_a_grid_is_found_by_name_and_is_not_there_before_its_first_day(page: Page) -> None:
    page.fill("#grid-name", "东格")
    page.keyboard.press("Enter")
    expect(page.locator("#grid-heading")).to_contain_text(CODES[1])
    expect(page.locator("#grid-answer")).to_contain_text("这一天没有登记责任人")
    page.fill("#grid-day", "2020-01-01")
    page.keyboard.press("Tab")
    expect(page.locator("#grid-list")).to_contain_text("没有这类网格")
    expect(page.locator("#grid-answer")).to_contain_text("2020-01-01")
    page.locator("#grid-answer .lines button").press("Enter")
    expect(page.locator("#grid-answer")).to_contain_text("这一天没有登记责任人")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_has_no_objection_to_the_grid_map(page: Page, scheme: Literal["light", "dark"], width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.locator(f'#grid-list [data-grid="{CODES[0]}"]').press("Enter")
    expect(page.locator("#grid-answer table")).to_be_visible()
    assert violations(page, load_axe()) == []
    page.select_option("#language", "en")
    expect(page.locator("#grid-answer")).to_contain_text("Who answers")
    assert violations(page, load_axe()) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
