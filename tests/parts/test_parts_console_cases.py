"""The case board of the console in a real browser: a report by a click, every step to its end, photos, and 409."""

import io
import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from PIL import Image
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
    """
)
VIEW = "#map=14.5/46.5985/125.1105"
LAMPS = "() => window.locationCloud.map.getStyle().sources['lc-cases'].data.features.map(each => each.properties.lamp)"
LITTER = "E0102"


def send(url: str, method: str, path: str, body: Any, version: int | None = None) -> dict[str, Any]:
    """The answer to a change over HTTP."""
    headers = {"Content-Type": "application/json"} | ({} if version is None else {"If-Match": f'"{version}"'})
    request = urllib.request.Request(f"{url}{path}", json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def report(url: str, sign: str, hours_ago: float = 0.0, **more: Any) -> dict[str, Any]:
    """A made-up case at a place of the drawing."""
    at = (datetime.now(UTC) - timedelta(hours=hours_ago)).isoformat()
    told = {"class": LITTER, "at": list(DRAWING.lonlat[sign]), "source": "citizen", "reported_at": at}
    return send(url, "POST", "/v1/cases", {**told, "simulated": True, **more})


@pytest.fixture(scope="module")
def town_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the product with the drawn town."""
    home = tmp_path_factory.mktemp("cases")
    (home / "town.osm").write_text(DRAWING.osm_xml(), "utf-8")
    import_city(home, home / "town.osm", name="town")
    server = Served(home, "--workers", "1", LOCATION_CLOUD_LOG="off")
    try:
        server.wait_until_ready(300)
        report(server.url, "A", 2000, description="很久以前")
        report(server.url, "C", description="刚才")
        yield server.url
    finally:
        server.stop()


@pytest.fixture
def page(browser: Browser, town_url: str) -> Iterator[Page]:
    with open_console(browser, town_url, part=VIEW) as opened:
        opened.click("#tab-cases")
        expect(opened.locator("#case-list [data-case]").first).to_be_visible()
        yield opened


def show(page: Page, case: dict[str, Any]) -> None:
    row = page.locator(f'#case-list [data-case="{case["id"]}"]')
    row.press("Enter")
    expect(page.locator("#case-heading")).to_contain_text(case["number"])


def step(page: Page, action: str, text: str = "") -> None:
    """One step with its form, by keyboard."""
    page.locator(f'#case-actions [data-action="{action}"]').press("Enter")
    if text:
        page.fill("#act-text", text)
    page.locator("#case-act button.primary").press("Enter")
    expect(page.locator("#case-act")).to_be_empty()
    expect(page.locator("#case-heading")).to_be_focused()


def test_a_click_on_the_map_becomes_a_case_that_is_led_to_its_end_by_keyboard(page: Page) -> None:
    click_map(page, 0.5, 0.3)
    expect(page.locator("#new-class")).to_be_focused()
    expect(page.locator("#new-place")).to_contain_text("125.1")
    page.keyboard.type(LITTER)
    expect(page.locator("#new-class-options [role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#new-class-is")).to_contain_text(LITTER)
    page.check("#new-drill")
    page.focus("#new-address")
    page.keyboard.type("中七路")
    page.keyboard.press("Enter")
    expect(page.locator("#case-heading")).to_be_focused()
    expect(page.locator("#case-answer")).to_contain_text("模拟数据")
    expect(page.locator("#case-answer")).to_contain_text("还剩")
    expect(page.locator("#case-answer")).to_contain_text("中七路")
    step(page, "accept")
    step(page, "file")
    page.locator('#case-actions [data-action="dispatch"]').press("Enter")
    page.fill("#act-department", "sanitation")
    page.keyboard.press("Enter")
    expect(page.locator("#case-answer")).to_contain_text("环卫")
    expect(page.locator("#case-heading")).to_be_focused()
    step(page, "accept")
    step(page, "finish", "已清理")
    step(page, "request_check")
    step(page, "check")
    step(page, "close")
    expect(page.locator("#case-log li").first).to_contain_text("已结案")
    expect(page.locator("#case-log")).to_contain_text("已清理")
    expect(page.locator('#case-actions [data-action="reopen"]')).to_be_visible()


def test_only_steps_that_are_legal_now_are_offered_and_a_reason_is_asked_for(page: Page, town_url: str) -> None:
    show(page, report(town_url, "F"))
    offered = page.locator("#case-actions button").evaluate_all("all => all.map(each => each.dataset.action)")
    assert set(offered) == {"accept", "request_verify", "reject", "merge", "note"}
    page.locator('#case-actions [data-action="reject"]').press("Enter")
    page.locator("#case-act button.primary").press("Enter")
    assert page.locator("#act-text:invalid").count() == 1


def test_who_was_slower_is_told_what_changed_and_what_is_possible_now(page: Page, town_url: str) -> None:
    case = report(town_url, "E")
    show(page, case)
    page.locator('#case-actions [data-action="reject"]').press("Enter")
    page.fill("#act-text", "重复")
    path = f"/v1/cases/{case['id']}/actions/accept"
    send(town_url, "POST", path, {"text": "我先受理"}, case["version"])
    page.locator("#case-act button.primary").press("Enter")
    expect(page.locator("#case-changed")).to_contain_text("我先受理")
    expect(page.locator("#case-changed")).to_contain_text("立案")
    expect(page.locator('#case-actions [data-action="file"]')).to_be_visible()


def test_a_photo_is_added_seen_and_enlarged(page: Page) -> None:
    show(page, {"id": 1, "number": ""})
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "#2f6fb5").save(picture, "JPEG")
    page.set_input_files("#file-input", {"name": "坑.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()})
    page.wait_for_function("() => document.querySelector('#case-files img')?.naturalWidth === 64")
    page.locator("#case-files button.photo").press("Enter")
    expect(page.locator("dialog.photo-dialog img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.photo-dialog")).to_have_count(0)
    page.set_input_files("#file-input", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    expect(page.locator("#file-trouble")).to_be_visible()


def test_what_may_be_the_same_is_shown_before_it_is_reported(page: Page) -> None:
    page.keyboard.press("Escape")
    page.focus("#case-list [data-case]")
    page.keyboard.press("n")
    expect(page.locator("#new-class")).to_be_focused()
    page.evaluate("([lon, lat]) => window.locationCloud.map.jumpTo({center: [lon, lat]})", list(DRAWING.lonlat["A"]))
    page.click("#new-centre")
    page.focus("#new-class")
    page.keyboard.type(LITTER)
    expect(page.locator("#new-class-options [role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator('#case-new-similar [data-similar="1"]')).to_be_visible()
    page.locator('#case-new-similar [data-similar="1"]').press("Enter")
    expect(page.locator("#case-answer")).to_contain_text("很久以前")


def test_the_list_is_narrowed_and_walked_by_keys_and_lamps_are_on_the_map(page: Page) -> None:
    page.wait_for_function(f"() => ({LAMPS})().includes('red')")
    page.select_option("#filter-state", "overdue")
    expect(page.locator("#case-list [data-case]")).to_have_count(1)
    expect(page.locator("#case-list")).to_contain_text("超时")
    page.wait_for_function(f"() => String(({LAMPS})()) === 'red'")
    page.select_option("#filter-state", "all")
    expect(page.locator("#case-list [data-case]").nth(1)).to_be_visible()
    page.focus("#page-cases")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#case-list [data-case]").nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("#case-list [data-case]").nth(0)).to_be_focused()
    page.evaluate("window.locationCloud.map.jumpTo({center: [10, 10]})")
    page.check("#filter-view")
    expect(page.locator("#case-list")).to_contain_text("没有符合条件的案件")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_has_no_objection_to_the_case_board(page: Page, scheme: Literal["light", "dark"], width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    show(page, {"id": 1, "number": ""})
    page.locator('#case-actions [data-action="accept"], #case-actions [data-action="note"]').first.press("Enter")
    expect(page.locator("#act-text")).to_be_visible()
    page.click("#case-new > summary")
    page.click("#filter-more > summary")
    assert violations(page, load_axe()) == []
    page.select_option("#language", "en")
    expect(page.locator("#tab-cases")).to_have_text("Cases")
    assert violations(page, load_axe()) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
