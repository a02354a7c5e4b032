"""`serve` says what it does, and that it listens when it does."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import Served, copy_home


def said_until(server, word):
    """What the server has said when the word is among it."""
    end = time.monotonic() + 60
    while word not in server.log.read_text("utf-8"):
        assert time.monotonic() < end, server.log.read_text("utf-8")
        time.sleep(0.02)
    return server.log.read_text("utf-8").splitlines()


def test_it_listens_as_soon_as_it_says_so_and_says_it_once(tmp_path: Path):
    server = Served(tmp_path, LOCATION_CLOUD_LOG="off")
    try:
        said = said_until(server, "listening on")
        assert said[0].startswith("no snapshot yet")
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(f"{server.url}/health", timeout=5)
    finally:
        server.stop()
    assert server.log.read_text("utf-8").count("listening on") == 1


def test_it_says_what_takes_long_before(demo_home: Path, tmp_path: Path):
    server = Served(copy_home(demo_home, tmp_path), LOCATION_CLOUD_LOG="off")
    try:
        assert [line.split(":")[0] for line in said_until(server, "getting ready")][:1] == ["getting ready"]
        assert "listening" not in said_until(server, "compiling")[0]
    finally:
        server.stop()
