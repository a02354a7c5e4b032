from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from location_cloud.cli import run
from location_cloud.errors import BadInput
from location_cloud.settings import PREFIX, Settings, load_settings


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def test_without_anything_set_every_value_is_the_default():
    settings, origins = load_settings({})
    assert settings == Settings()
    assert set(origins.values()) == {"default"}


def test_file_environment_and_command_line_override_each_other_in_this_order():
    Path("location-cloud.toml").write_text('port = 1\nworkers = 1\ntenant = "file"\n')
    settings, origins = load_settings({PREFIX + "PORT": "2", PREFIX + "WORKERS": "2"}, port=3, workers=None)
    assert (settings.tenant, settings.workers, settings.port) == ("file", 2, 3)
    assert (origins["tenant"], origins["workers"], origins["port"]) == (
        "location-cloud.toml",
        "LOCATION_CLOUD_WORKERS",
        "command line",
    )


def test_the_file_may_be_named():
    Path("other.toml").write_text('cors_origins = ["https://a.example"]\n')
    settings, origins = load_settings({PREFIX + "CONFIG": "other.toml"})
    assert settings.cors_origins == ("https://a.example",)
    assert origins["cors_origins"] == "other.toml"


def test_a_list_in_the_environment_is_separated_by_commas():
    settings, _ = load_settings({PREFIX + "CORS_ORIGINS": "https://a.example,https://b.example"})
    assert settings.cors_origins == ("https://a.example", "https://b.example")


def test_settings_survive_the_way_to_a_child_process():
    before = Settings(port=0, cors_origins=("https://a.example", "https://b.example"), keys="always", heartbeat_s=0.5)
    assert load_settings(before.as_environment())[0] == before


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({PREFIX + "PROT": "80"}, ["LOCATION_CLOUD_PROT", "'prot'", "port"]),
        ({PREFIX + "PORT": "eighty"}, ["LOCATION_CLOUD_PORT", "port='eighty'"]),
        ({PREFIX + "PORT": "65536"}, ["65536", "65535"]),
        ({PREFIX + "KEYS": "never"}, ["'auto' or 'always'"]),
        ({PREFIX + "HEARTBEAT_S": "nan"}, ["heartbeat_s"]),
        ({PREFIX + "HOST": ""}, ["LOCATION_CLOUD_HOST", "host=''"]),
        ({PREFIX + "HOME": ""}, ["LOCATION_CLOUD_HOME", "home=''", "name a folder"]),
        ({PREFIX + "CONFIG": "absent.toml"}, ["absent.toml", "no such file"]),
    ],
)
def test_a_wrong_setting_is_refused_with_where_it_stands(environ, words):
    with pytest.raises(BadInput) as caught:
        load_settings(environ)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize(
    ("content", "word"),
    [("prot = 80", "prot"), ("port = ", "not TOML"), ("[web]\nport = 80", "web"), ("port = 'x'", "port")],
)
def test_a_wrong_file_is_refused_by_name(content, word):
    Path("location-cloud.toml").write_text(content)
    with pytest.raises(BadInput, match=r"location-cloud\.toml") as caught:
        load_settings({})
    assert word in str(caught.value)


def test_settings_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1


def test_every_setting_says_what_it_is():
    assert all(field.description for field in Settings.model_fields.values())


def test_config_shows_every_setting_with_its_origin(monkeypatch, capsys):
    Path("location-cloud.toml").write_text("workers = 5\n")
    monkeypatch.setenv(PREFIX + "PORT", "8123")
    assert run(["config"]) == 0
    shown = capsys.readouterr().out
    assert all(re.search(rf"^{name} = ", shown, re.MULTILINE) for name in Settings.model_fields)
    assert "workers = 5   (location-cloud.toml; LOCATION_CLOUD_WORKERS)" in shown
    assert "port = 8123   (LOCATION_CLOUD_PORT; LOCATION_CLOUD_PORT)" in shown


def test_config_shows_no_password(monkeypatch, capsys):
    monkeypatch.setenv(PREFIX + "LIVE_URL", "postgresql://user:p%40ss@db.example:5432/city")
    assert run(["config"]) == 0
    shown = capsys.readouterr().out
    assert "postgresql://***@db.example:5432/city" in shown
    assert "p%40ss" not in shown


def test_an_unknown_setting_stops_every_command(monkeypatch, capsys):
    monkeypatch.setenv(PREFIX + "PROT", "80")
    assert run(["config"]) == 2
    assert "LOCATION_CLOUD_PROT" in capsys.readouterr().err
