"""The Chromium that `make test-all` lays out is a real one: it loads pages, draws Chinese and has WebGL 2."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.parts

PAGE = """\
<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>大庆</title>
<body style="font: 40px sans-serif"><p id="name">大庆油田 让胡路区</p></body></html>
"""


class QuietFiles(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
        pass


@pytest.fixture
def served_page(tmp_path: Path, browser: Browser) -> Iterator[Page]:
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    files = functools.partial(QuietFiles, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), files) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
        yield page
        page.close()
        server.shutdown()


def fonts_drawn(page: Page, selector: str) -> set[str]:
    devtools = page.context.new_cdp_session(page)
    devtools.send("DOM.enable")
    devtools.send("CSS.enable")
    document = devtools.send("DOM.getDocument")["root"]["nodeId"]
    node = devtools.send("DOM.querySelector", {"nodeId": document, "selector": selector})["nodeId"]
    fonts = devtools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    return {font["familyName"] for font in fonts if font["glyphCount"]}


def test_page_is_loaded_over_http(served_page: Page) -> None:
    assert served_page.title() == "大庆"
    assert served_page.inner_text("#name") == "大庆油田 让胡路区"


def test_chinese_is_drawn_with_a_chinese_font(served_page: Page) -> None:
    assert "Noto Sans CJK SC" in fonts_drawn(served_page, "#name")


def test_no_two_characters_look_the_same(served_page: Page) -> None:
    # Missing characters would all be drawn as the same empty box.
    drawn = served_page.evaluate(
        """() => [...'大庆油田让胡路区'].map(character => {
             const canvas = document.createElement('canvas')
             const pen = canvas.getContext('2d')
             pen.font = '40px sans-serif'
             pen.fillText(character, 20, 60)
             return canvas.toDataURL()
           })"""
    )
    assert len(set(drawn)) == 8


def test_webgl2_draws(served_page: Page) -> None:
    red = served_page.evaluate(
        """() => {
             const gl = document.createElement('canvas').getContext('webgl2')
             gl.clearColor(1, 0, 0, 1)
             gl.clear(gl.COLOR_BUFFER_BIT)
             const pixel = new Uint8Array(4)
             gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel)
             return [...pixel]
           }"""
    )
    assert red == [255, 0, 0, 255]
