"""Fetching a place: through osmnx's settings, against servers on this machine."""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from location_cloud.errors import BadInput
from location_cloud.storage.osm import read_osm
from location_cloud.storage.overpass import fetch_place
from tests.storage.osm_files import TOWN, Silent

osmnx = pytest.importorskip("osmnx")

SQUARE = {"type": "Polygon", "coordinates": [[[24, 60], [24.01, 60], [24.01, 60.01], [24, 60.01], [24, 60]]]}
PLACE = {
    "geojson": SQUARE,
    "boundingbox": ["60", "60.01", "24", "24.01"],
    "lat": "60",
    "lon": "24",
    "place_id": 1,
    "osm_type": "relation",
    "osm_id": 1,
    "class": "boundary",
    "type": "administrative",
    "place_rank": 12,
    "importance": 0.5,
    "addresstype": "town",
    "name": "Town",
    "display_name": "Town, Land",
}


class FakeServers(ThreadingHTTPServer):
    """Nominatim (GET) and Overpass (POST) in one; what was asked is kept."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.places: list[dict[str, object]] = [PLACE]
        self.answer = f'<osm version="0.6">{TOWN}</osm>'.encode()
        self.status = 200
        self.asked: list[str] = []


class Handler(BaseHTTPRequestHandler):
    server: FakeServers

    def do_GET(self) -> None:
        self._reply(200, json.dumps(self.server.places).encode(), "application/json")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked += [self.headers["User-Agent"], urllib.parse.parse_qs(body)["data"][0]]
        self._reply(self.server.status, self.server.answer, "application/osm3s+xml")

    def _reply(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServers]:
    server = FakeServers()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(osmnx.settings, "nominatim_url", f"{address}/")
    monkeypatch.setattr(osmnx.settings, "overpass_url", f"{address}/api")
    monkeypatch.setattr(osmnx.settings, "http_user_agent", "the operator's name")
    monkeypatch.setattr("osmnx._nominatim.time.sleep", lambda seconds: None)  # a courtesy to the real server
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_place_becomes_a_file_that_the_import_reads(servers: FakeServers, tmp_path: Path) -> None:
    path = fetch_place("Town Centre", tmp_path, Silent())
    extract, _ = read_osm([path], None, Silent())
    assert path.name == "Town-Centre.osm"
    assert extract.ways.id.tolist() == [10, 11, 12]
    assert json.loads((tmp_path / "Town-Centre.geojson").read_text())["type"] == "Polygon"


def test_question_carries_the_outline_and_the_operators_settings(servers: FakeServers, tmp_path: Path) -> None:
    fetch_place("Town", tmp_path, Silent())
    agent, query = servers.asked
    assert agent == "the operator's name"
    assert query.startswith("[out:xml][timeout:180];(nwr(poly:")
    assert query.endswith("out meta;")


def test_chinese_name_stays_in_the_file_name(servers: FakeServers, tmp_path: Path) -> None:
    assert fetch_place("大庆市", tmp_path, Silent()).name == "大庆市.osm"


def test_name_cannot_leave_the_folder(servers: FakeServers, tmp_path: Path) -> None:
    assert fetch_place("../../etc/passwd", tmp_path, Silent()).parent == tmp_path


def test_unknown_place_is_refused(servers: FakeServers, tmp_path: Path) -> None:
    servers.places = []
    with pytest.raises(BadInput, match="--place Nowhere: no outline found"):
        fetch_place("Nowhere", tmp_path, Silent())


def test_place_that_is_only_a_point_is_refused(servers: FakeServers, tmp_path: Path) -> None:
    servers.places = [{**PLACE, "geojson": {"type": "Point", "coordinates": [24, 60]}}]
    with pytest.raises(BadInput, match="no outline found"):
        fetch_place("Statue", tmp_path, Silent())


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (200, b'<osm version="0.6"><remark> runtime error: Query timed out </remark></osm>', "gave up: runtime error"),
        (200, b'<osm version="0.6"><node', "cut off"),
        (429, b"", "429"),
        (504, b"", "504"),
    ],
)
def test_half_an_answer_leaves_no_file(
    servers: FakeServers, tmp_path: Path, status: int, answer: bytes, reason: str
) -> None:
    servers.status, servers.answer = status, answer
    with pytest.raises(BadInput, match=reason):
        fetch_place("Town", tmp_path, Silent())
    assert [file.name for file in tmp_path.iterdir()] == ["Town.geojson"]


def test_without_internet_it_says_what_to_do(servers: FakeServers, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(osmnx.settings, "nominatim_url", "http://127.0.0.1:9/")
    with pytest.raises(BadInput, match=r"import a downloaded file: location-cloud import FILE\.osm\.pbf") as caught:
        fetch_place("Town", tmp_path, Silent())
    assert str(caught.value).startswith("--place Town: Nominatim cannot be asked: Connection refused; ")


def test_overpass_out_of_reach_is_one_short_line(servers: FakeServers, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(osmnx.settings, "overpass_url", "http://127.0.0.1:9/api")
    with pytest.raises(BadInput, match=r"^--place Town: Overpass cannot be asked: Connection refused; without"):
        fetch_place("Town", tmp_path, Silent())


def test_a_long_answer_is_cut_short(servers: FakeServers, tmp_path: Path) -> None:
    servers.answer = b'<osm version="0.6"><remark>' + b"x" * 3000 + b"</remark></osm>"
    with pytest.raises(BadInput, match="gave up: xxx") as caught:
        fetch_place("Town", tmp_path, Silent())
    assert len(str(caught.value)) < 250
