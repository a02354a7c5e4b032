"""A real browser for the tests that need one: Chromium from .parts/ with its own fonts, through Playwright."""

import contextlib
import html
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.parts.install import PARTS, PartMissingError, find_libraries, installed_root

ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # its sandbox needs rights that root in a container and many an ordinary account lack
    "--disable-gpu",
    "--use-angle=swiftshader",  # WebGL on the processor: maps are drawn on machines without a graphics card
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# Debian's own rules for Latin and Chinese, which a system would link into place when the fonts are installed.
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{root}/usr/share/fonts</dir>
  <cachedir>{scratch}/fonts</cachedir>
  <include>{root}/usr/share/fontconfig/conf.avail/60-latin.conf</include>
  <include>{root}/usr/share/fontconfig/conf.avail/70-fonts-noto-cjk.conf</include>
</fontconfig>
"""


@contextlib.contextmanager
def start_chromium() -> Iterator[Browser]:
    """A running Chromium, closed when the block ends; starting takes about 1 s.

    Inside the block Playwright keeps an event loop running in this thread, so asyncio.run fails here until then.

    Raises PartMissingError if no Chromium is installed.
    """
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as scratch:
        options = launch_options(Path(scratch))
        with pytest.MonkeyPatch.context() as environment:
            # Playwright's driver takes its environment, and with it libatomic, from ours only.
            for name, value in options["env"].items():
                environment.setenv(name, value)
            playwright = sync_playwright().start()
        try:
            browser = playwright.chromium.launch(**options)
            yield browser
            browser.close()
        finally:
            playwright.stop()


def launch_options(scratch: Path) -> dict[str, Any]:
    """What `playwright.chromium.launch` must be told to run the private Chromium.

    scratch: an empty folder that outlives the browser, for the font cache and what Chromium files under HOME.

    Falls back to the system's own Chromium, and then its fonts, where the private one could not be installed.
    Raises PartMissingError when there is neither.
    """
    elsewhere = PARTS["chromium"].elsewhere
    try:
        root = installed_root("chromium")
    except PartMissingError:
        if elsewhere is None or not elsewhere.exists():
            raise
        return {"executable_path": elsewhere, "args": ARGUMENTS, "env": dict(os.environ)}
    fonts = scratch / "fonts.conf"
    fonts.write_text(FONTS.format(root=html.escape(str(root)), scratch=html.escape(str(scratch))))
    environment = {
        **os.environ,
        "HOME": str(scratch),
        "XDG_CONFIG_HOME": str(scratch),
        "XDG_CACHE_HOME": str(scratch),
        "LD_LIBRARY_PATH": find_libraries(root),
        "FONTCONFIG_FILE": str(fonts),
    }
    return {"executable_path": root / "usr/lib/chromium/chromium", "args": ARGUMENTS, "env": environment}
