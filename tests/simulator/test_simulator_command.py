"""`location-cloud simulate` as a user runs it."""

from __future__ import annotations

import click
import numpy as np
import orjson
import pytest
from click.testing import CliRunner

from location_cloud.cli import LazyDesk
from location_cloud.errors import BadInput
from location_cloud.simulator.commands import Shown, simulate
from location_cloud.simulator.truth_file import load_truth


def run(*options):
    return CliRunner().invoke(simulate, list(options), obj=LazyDesk(), standalone_mode=False)


@pytest.fixture
def home(demo_home, monkeypatch):
    monkeypatch.setenv("LOCATION_CLOUD_HOME", str(demo_home))


def test_it_writes_fixes_and_truth(home, tmp_path):
    fixes, truth = tmp_path / "fixes.ndjson", tmp_path / "truth.npz"
    ran = run("--vehicles", "50", "--share", "1", "--hours", "0.25", "--out", str(fixes), "--truth", str(truth))
    assert ran.exception is None
    assert "50 vehicles" in ran.output
    assert orjson.loads(fixes.read_bytes().splitlines()[0])["simulated"] is True
    with np.load(truth) as told:
        assert told["about"] == "simulated"


def test_what_was_true_is_written_when_it_is_interrupted(home, tmp_path, monkeypatch):
    def interrupt(self, state):
        raise KeyboardInterrupt

    monkeypatch.setattr(Shown, "tell", interrupt)
    truth = tmp_path / "truth.npz"
    ran = run("--vehicles", "50", "--share", "1", "--out", str(tmp_path / "fixes.ndjson"), "--truth", str(truth))
    assert isinstance(ran.exception, click.Abort)
    assert len(load_truth(truth).truth.slot_s) == 2  # one is begun before the clock is full


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--to", "http://127.0.0.1:1", "--out", "x"),
        ("--to", "http://127.0.0.1:1", "--history", "1"),
        ("--to", "http://127.0.0.1:1", "--rate", "fast"),
        ("--to", "http://127.0.0.1:1", "--rate", "-1x"),
    ],
)
def test_options_that_do_not_fit_are_refused(home, options):
    assert isinstance(run(*options).exception, BadInput)
