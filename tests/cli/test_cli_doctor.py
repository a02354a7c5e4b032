"""What the doctor says of a broken home: one short line, and a remedy that fits."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from location_cloud.doctor import Finding, examine
from location_cloud.settings import Settings
from location_cloud.storage.snapshot import Snapshots
from tests.conftest import copy_home


@pytest.fixture
def home(demo_home: Path, tmp_path: Path) -> Path:
    return copy_home(demo_home, tmp_path)


def found(home: Path, title: str, full: bool = False) -> Finding:
    return next(finding for finding in examine(Settings(home=home, port=1), full) if finding.title == title)


def served(home: Path) -> Path:
    snapshots = Snapshots(home)
    return snapshots.folder / str(snapshots.current_id())


@pytest.mark.parametrize("section", ["maps", "roads"])
def test_a_lost_section_is_named_once_with_a_count(home, section):
    shutil.rmtree(served(home) / section)
    finding = found(home, "snapshot")
    assert "section '" in finding.seen
    assert f"{served(home) / section}/" in finding.seen
    assert " more)" in finding.seen
    assert len(finding.seen) < 700
    assert "location-cloud snapshots --use ID" in finding.mend


@pytest.mark.parametrize("content", [b"", b"{", b"[]"])
def test_a_damaged_manifest_advises_the_way_back(home, content):
    manifest = served(home) / "manifest.json"
    manifest.unlink()
    manifest.write_bytes(content)
    finding = found(home, "snapshot")
    assert "manifest.json" in finding.seen
    assert "location-cloud snapshots --use ID" in finding.mend
    assert "import" in finding.mend


def test_a_pointer_that_holds_garbage_advises_the_way_back(home):
    (home / "current").write_text("nonsense")
    assert "location-cloud snapshots --use ID" in found(home, "snapshot").mend


@pytest.mark.parametrize("title", ["live store", "background process"])
def test_garbage_in_the_live_store_names_the_file_to_move_away(home, title):
    (home / "live.sqlite").write_bytes(b"something else entirely" * 100)
    finding = found(home, title)
    assert str(home / "live.sqlite") in finding.seen
    assert f"move {home / 'live.sqlite'}* away" in finding.mend
    assert "restore" in finding.mend


def test_a_busy_live_store_is_not_to_be_moved_away(home, monkeypatch):
    monkeypatch.setattr("location_cloud.storage.sqlite.BUSY_S", 0.05)
    monkeypatch.setattr("location_cloud.storage.sqlite.MIGRATION_WAIT_S", 0.05)
    other = sqlite3.connect(home / "live.sqlite", isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("BEGIN IMMEDIATE")
    finding = found(home, "live store")
    other.close()
    assert not finding.is_well
    assert finding.mend == "ask again in a second"


def test_a_database_that_is_not_reached_advises_its_address(tmp_path):
    settings = Settings(home=tmp_path, live_url="mysql://x", port=1)
    finding = next(finding for finding in examine(settings, False) if finding.title == "live store")
    assert "LOCATION_CLOUD_LIVE_URL" in finding.mend
