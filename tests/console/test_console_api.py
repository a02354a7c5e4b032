"""The console over HTTP: the page, its files, its headers, and a point in every coordinate system."""

import gzip

import numpy as np
import pytest
from flask.testing import FlaskClient

from location_cloud.console.static_files import load_static_files
from location_cloud.spatial.crs import as_wgs84

FILES = load_static_files()
MAP_SCRIPT = "vendor/maplibre-gl/maplibre-gl-csp.js"
DAQING = "125.03,46.58"


def policy(client: FlaskClient) -> dict[str, str]:
    header = client.get("/").headers["Content-Security-Policy"]
    return dict(part.split(" ", 1) for part in header.split("; "))


def test_page_is_served_at_the_root(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert answer.data == FILES["index.html"].body


def test_page_takes_a_language(client: FlaskClient) -> None:
    assert client.get("/?lang=en").status_code == 200


def test_page_may_load_and_run_only_what_this_server_sends(client: FlaskClient) -> None:
    found = policy(client)
    assert found["default-src"] == found["script-src"] == found["style-src"] == found["connect-src"] == "'self'"
    assert "unsafe" not in " ".join(found.values())
    assert found["frame-ancestors"] == found["base-uri"] == found["form-action"] == found["object-src"] == "'none'"


@pytest.mark.parametrize("path", sorted(FILES))
def test_every_file_is_served_as_it_is_with_its_type(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/console/{path}")
    assert answer.status_code == 200
    assert answer.data == FILES[path].body
    assert answer.mimetype == FILES[path].media_type
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_modules_are_javascript(client: FlaskClient) -> None:
    assert client.get(f"/console/{MAP_SCRIPT}?v=6.17.0").mimetype == "text/javascript"


def test_files_are_packed_for_who_can_unpack(client: FlaskClient) -> None:
    answer = client.get(f"/console/{MAP_SCRIPT}", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(answer.data) == FILES[MAP_SCRIPT].body


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_unchanged_file_costs_no_body(client: FlaskClient, encoding: str) -> None:
    accept = {"Accept-Encoding": encoding}
    etag = client.get("/console/js/main.js", headers=accept).headers["ETag"]
    again = client.get("/console/js/main.js", headers={**accept, "If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert not etag.startswith("W/")


def test_only_vendored_files_are_kept_unasked(client: FlaskClient) -> None:
    assert "max-age=86400" in client.get(f"/console/{MAP_SCRIPT}").headers["Cache-Control"]
    assert client.get("/console/js/main.js").headers["Cache-Control"] == "no-cache"
    assert client.get("/").headers["Cache-Control"] == "no-cache"


OTHER_PATHS = ("api.py", "../api.py", "js/../../api.py", "%2e%2e/api.py", "..%2fapi.py", "/etc/passwd", "js", "js/")


@pytest.mark.parametrize("path", OTHER_PATHS)
def test_nothing_but_the_listed_files_is_reachable(client: FlaskClient, path: str) -> None:
    assert client.get(f"/console/{path}").status_code in (404, 308)


def test_page_needs_no_snapshot(empty_app: object) -> None:
    assert empty_app.test_client().get("/").status_code == 200  # type: ignore[attr-defined]  # a Flask


def test_point_is_told_in_every_coordinate_system(client: FlaskClient) -> None:
    positions = client.get(f"/v1/coordinates?at={DAQING}").json["positions"]
    assert set(positions) == {"wgs84", "cgcs2000", "gcj02", "bd09"}
    for crs, lonlat in positions.items():
        assert np.allclose(as_wgs84([lonlat], crs), [[125.03, 46.58]], atol=1e-9), crs


def test_point_given_shifted_is_moved_once(client: FlaskClient) -> None:
    given = client.get(f"/v1/coordinates?at={DAQING}").json["positions"]["bd09"]
    back = client.get(f"/v1/coordinates?at={given[0]},{given[1]}&crs=bd09").json
    assert back["positions"]["wgs84"] == pytest.approx([125.03, 46.58], abs=1e-9)
    assert back["crs"] == "bd09"


def test_point_off_the_globe_is_refused(client: FlaskClient) -> None:
    assert client.get("/v1/coordinates?at=46.58,125.03").status_code == 400
