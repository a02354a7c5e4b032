"""The console in a real browser, for tests: opened, watched, clicked, and examined by axe-core."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib.resources import files

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

DRAWN = "#map[data-drawn]"
PATIENCE_MS = 30_000
"""WebGL on a busy processor without a graphics card."""

expect.set_options(timeout=PATIENCE_MS)

AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

EXPECTED_NOISE = (
    "GPU stall due to ReadPixels",
    "GL Driver Message",
    "status of 401",
    "status of 409",
    "status of 422",
    "net::ERR_FAILED",
)
"""What the software WebGL driver says of itself, and the browser's own lines for answers that the tests provoke."""


class Witness:
    """Everything that went wrong or left the machine while a page was open."""

    def __init__(self, page: Page, home: str) -> None:
        self.home = home
        self.outside: list[str] = []
        self.complaints: list[str] = []
        page.on("request", self._request)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.outside.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(noise in message.text for noise in EXPECTED_NOISE):
            self.complaints.append(message.text)


@contextlib.contextmanager
def open_console(
    browser: Browser, url: str, size: tuple[int, int] = (1280, 800), part: str = "", has_touch: bool = False
) -> Iterator[Page]:
    """The console with its city drawn; at the end nothing may have gone wrong or outside.

    part: what follows the address, "?lang=en#at=125,46".
    """
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="zh-CN",
        has_touch=has_touch,
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    witness = Witness(page, url)
    page.goto(f"{url}/{part}")
    page.wait_for_selector(DRAWN)
    yield page
    context.close()
    assert witness.outside == []
    assert witness.complaints == []


def map_point(page: Page, right: float, down: float) -> tuple[float, float]:
    """Where on the page a share of the map's width and height is, pixels."""
    box = page.locator("#map").bounding_box()
    assert box is not None
    return box["x"] + right * box["width"], box["y"] + down * box["height"]


def click_map(page: Page, right: float, down: float) -> None:
    """Clicks the map at a share of its width and height."""
    page.mouse.click(*map_point(page, right, down))


def load_axe() -> str:
    """The script of axe-core, the accessibility checker; skips the test where it is not installed."""
    package = pytest.importorskip("axe_playwright_python", reason="axe-core comes with make test-all")
    return (files(package) / "axe.min.js").read_text("utf-8")


def violations(page: Page, axe: str) -> list[str]:
    """What axe-core objects to on the page as it is now, a line each."""
    page.evaluate(axe)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", AXE_RULES)["violations"]
    return [f"{each['id']}: {[node['html'][:120] for node in each['nodes']]}" for each in found]
