from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from location_cloud import cli, errors
from location_cloud.capability import Command
from location_cloud.cli import all_commands, run


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCATION_CLOUD_HOME", str(tmp_path / "var"))


def test_help_names_every_command(capsys):
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(command.name in shown for command in all_commands())


@pytest.mark.parametrize("command", [command.name for command in all_commands()])
def test_every_command_has_help(command, capsys):
    assert run([command, "--help"]) == 0
    assert capsys.readouterr().out


def test_version_is_shown(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("location-cloud 0.")


def test_no_command_shows_the_help(capsys):
    assert run([]) == 2
    assert capsys.readouterr().err.startswith("Usage: location-cloud")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nosuch"], "nosuch"),
        (["config", "--nosuch"], "--nosuch"),
        (["import"], "exactly one of the three"),
        (["import", "--demo", "--place", "Daqing"], "exactly one of the three"),
        (["import", "nosuch.osm.pbf"], "nosuch.osm.pbf"),
        (["import", "--demo", "--name", "a/b"], "a/b"),
        (["import", "nosuch.osm.pbf", "--name", "a/b"], "--name 'a/b'"),
        (["import", "--demo", "--name", ".."], "--name '..'"),
        (["import", "--demo", "--name", ""], "--name ''"),
        (["import", "--demo", "--clip", "nowhere"], "让胡路区"),
        (["import", "--demo", "--clip", ""], "--clip"),
        (["import", "--place", " "], "--place"),
        (["serve", "--host", ""], "host=''"),
        (["serve", "--port", "99999"], "65535"),
        (["serve", "--workers", "0"], "workers"),
        (["serve", "--host", "192.0.2.1"], "192.0.2.1"),
        (["snapshots", "--use", "20200101T000000-abcdef"], "none"),
        (["keys", "add", "--scope", "everything"], "areas:read"),
        (["keys", "add", "--days", "0"], "--days"),
        (["keys", "revoke", "nosuch"], "keys list"),
    ],
)
def test_bad_input_is_one_line_and_status_2(arguments, word, capsys):
    assert run(arguments) == 2
    assert word in capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.parametrize("command", [["import", "--demo"], ["keys", "list"], ["serve", "--port", "0"], ["work"]])
def test_a_home_that_cannot_be_made_is_one_line_and_status_1(command, monkeypatch, capsys):
    monkeypatch.setenv("LOCATION_CLOUD_HOME", "/dev/null/var")
    assert run(command) == 1
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith("location-cloud: [Errno")


RAISED = [
    (errors.BadInput("wrong file"), 2, "wrong file"),
    (errors.Full("no room", hint="free some"), 1, "no room; free some"),
    (errors.NotReady("busy"), 1, "busy"),
    (KeyboardInterrupt(), 130, "what was served before is still served"),
    (click.Abort(), 130, "interrupted"),
    (click.UsageError("odd"), 2, "odd"),
    (PermissionError(13, "denied", "x"), 1, "doctor"),
]


@pytest.mark.parametrize(("raised", "status", "said"), RAISED, ids=[type(raised).__name__ for raised, _, _ in RAISED])
def test_every_kind_of_failure_has_its_exit_status(raised, status, said, monkeypatch, capsys):
    @click.command()
    def fail() -> None:
        raise raised

    monkeypatch.setattr(cli, "CORE", (Command("fail", "", "cli_target:fail"),))
    monkeypatch.setitem(sys.modules, "cli_target", type(sys)("cli_target"))
    sys.modules["cli_target"].fail = fail
    assert run(["fail"]) == status
    assert said in capsys.readouterr().err


def test_snapshots_of_an_empty_home_say_how_to_import(capsys):
    assert run(["snapshots"]) == 0
    assert "location-cloud import --demo" in capsys.readouterr().out


def test_the_console_script_and_the_module_are_one():
    script = [Path(sys.executable).with_name("location-cloud"), "--version"]
    module = [sys.executable, "-m", "location_cloud", "--version"]
    shown = [
        subprocess.run(command, capture_output=True, check=True, env=os.environ).stdout for command in (script, module)
    ]
    assert shown[0] == shown[1]
