"""Every operation is asked what its own OpenAPI document allows and forbids; the answers must keep to the document."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, Config
from schemathesis.checks import load_all_checks
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from location_cloud.access.service import issue_key
from location_cloud.app import all_operations, create_app, utc_now
from location_cloud.capabilities import CAPABILITIES
from location_cloud.cases.open311 import FORMS
from location_cloud.cases.photo import ENDINGS
from location_cloud.directions.jobs import make_matrices
from location_cloud.federation.model import Batch, Key, Message
from location_cloud.federation.signing import name_of_secret, sign
from location_cloud.federation.wire import write_batch
from location_cloud.grids.jobs import make_designs
from location_cloud.http.openapi import build_openapi
from location_cloud.imagery.service_adding import add_demo
from location_cloud.incidents import service_stream as incident_stream
from location_cloud.settings import Settings
from location_cloud.storage.snapshot import Snapshots
from location_cloud.tracks import service_stream as fix_stream
from location_cloud.work import JobContext

OPERATIONS = all_operations(CAPABILITIES)
# Keys are ours to give: a made-up one would meet nothing but 401.
# 413: the whole of an address is too long.
REFUSALS = {"expected-statuses": ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429"]}
CONFIG = Config.from_dict(
    {"generation": {"with-security-parameters": False}, "checks": {"negative_data_rejection": REFUSALS}}
)
SCHEMA = schemathesis.openapi.from_dict(build_openapi(OPERATIONS), config=CONFIG)
load_all_checks()
EXAMPLES = 8
"""An operation, beside the boundary values that schemathesis tries of every parameter."""

NOT_CHECKED = [positive_data_acceptance]
"""Rules over several parameters (south below north, at= stands alone, closed rings) cannot be said in a schema."""


TOLD_WITH_200 = ("amap.", "baidu.", "google.", "nominatim.", "open311.", "places.geocode_batch", "places.reverse_batch")
"""Refusals stand in the body: of one line of many, and in protocols whose clients look there. Nominatim takes whatever
is no flag for off, as the original does; to Open311 a parameter that is sent empty is one left out."""

FOREIGN = {operation.name for operation in OPERATIONS if operation.as_error is not None}
"""Interfaces of other engines, which tell errors in their words."""

NOT_OFFERED = {"valhalla.height", "valhalla.height_by_address", "callers.aml"}
"""Operations that answer only that they are not here yet, in the protocol's own words; AML needs a network's key."""


FORM = "application/x-www-form-urlencoded"


class Silent:
    """Progress that nobody watches."""

    def step(self, title: str, total: int = 0) -> None:
        pass

    def advance(self, units: int = 1) -> None:
        pass


@schemathesis.serializer("application/x-ndjson", "text/csv", "application/geo+json", FORM, *ENDINGS)
def as_it_is(_context: object, value: object) -> bytes:
    """The bytes of a body that is no JSON document."""
    return value if isinstance(value, bytes) else str(value).encode()


@dataclass(frozen=True)
class Asked:
    """The product with a key to all of it, and the statuses of what it answered by operation."""

    app: Flask
    headers: dict[str, str]
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def ask(self, case: Case) -> int:
        case.operation.schema.app = self.app
        name = case.operation.definition.raw["operationId"]
        unchecked = [*NOT_CHECKED, negative_data_rejection] if name.startswith(TOLD_WITH_200) else NOT_CHECKED
        response = case.call_and_validate(app=self.app, headers=self.headers, excluded_checks=unchecked)
        self.statuses[name][response.status_code] += 1
        if response.status_code >= 400 and b"ExceptionReport" in response.content:
            assert b"ExceptionText" in response.content
        elif response.status_code >= 400 and b"<errors>" in response.content:
            assert b"<description>" in response.content
        elif response.status_code >= 400 and response.content.startswith(b'[{"code"'):
            assert response.json()[0]["description"]
        elif response.status_code >= 400 and case.method != "HEAD":
            problem = response.json()
            if name in FOREIGN and "detail" not in problem:
                assert "message" in str(problem) or "error" in str(problem)
            else:
                assert problem["detail"]
                assert problem["hint"]
        return response.status_code

    def forget_matrices(self) -> None:
        """Removes matrices that were asked before: a tenant may have some only."""
        client = self.app.test_client()
        for job in client.get("/v1/matrix/jobs", headers=self.headers).json["jobs"]:
            client.delete(f"/v1/matrix/jobs/{job['id']}", headers=self.headers)

    def finished_matrix(self) -> str:
        """The id of the newest matrix, made now if it was not yet."""
        system = self.app.extensions["location_cloud"]
        snapshots = Snapshots(system.settings.home)
        make_matrices(JobContext(system.live, snapshots, system.settings, utc_now, lambda: False))
        newest = self.app.test_client().get("/v1/matrix/jobs", headers=self.headers).json["jobs"][0]
        return str(newest["id"])

    def finished_design(self) -> tuple[str, int]:
        """The id and version of the newest design of grids, made now if it was not yet."""
        system = self.app.extensions["location_cloud"]
        snapshots = Snapshots(system.settings.home)
        make_designs(JobContext(system.live, snapshots, system.settings, utc_now, lambda: False))
        newest = self.app.test_client().get("/v1/grids/design", headers=self.headers).json["designs"][0]
        return str(newest["id"]), int(newest["version"])

    def forget_designs(self) -> None:
        """Removes designs that were asked before: a tenant may have some only."""
        client = self.app.test_client()
        for job in client.get("/v1/grids/design", headers=self.headers).json["designs"]:
            client.delete(f"/v1/grids/design/{job['id']}", headers=self.headers)

    def newest_file(self, case: object) -> int:
        """The id of the file that a case was given last."""
        found = self.app.test_client().get(f"/v1/cases/{case}/files", headers=self.headers).json
        return max(int(each["id"]) for each in found["files"])

    def waiting_token(self) -> str:
        """The token of a report that waits for a place."""
        told, sent = "service_code=E0112&address_string=mill", {"content_type": FORM, "headers": self.headers}
        return str(self.app.test_client().post("/open311/v2/requests.json", data=told, **sent).json[0]["token"])

    def newest(self, kind: str) -> int:
        """The id of the incident or emergency that was added last."""
        found = self.app.test_client().get(f"/v1/{kind}?limit=500", headers=self.headers).json
        return max(int(each["id"]) for each in found[kind])


@pytest.fixture(scope="module")
def asked(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """On the demo snapshot with a live store of its own: what is written here disturbs no other test."""
    home = tmp_path_factory.mktemp("schemathesis")
    shutil.copytree(demo_home / "snapshots", home / "snapshots")
    shutil.copy(demo_home / "current", home)
    flask = create_app(Settings(home=home, log="off", keys="always"))
    with pytest.MonkeyPatch.context() as patch:
        for stream in (incident_stream, fix_stream):
            patch.setattr(stream, "LASTS_S", 0.05)
        yield from asked_of(flask, home)


def asked_of(flask: Flask, home: Path) -> Iterator[Asked]:
    system = flask.extensions["location_cloud"]
    add_demo(system.live, home, utc_now(), Silent(), apart=False)
    _, key = issue_key(system.live, "default", "schemathesis", ("*",), utc_now())
    yield Asked(flask, {"X-API-Key": key, "Accept-Encoding": "identity"})
    system.close()


LABELS = [f"{method.upper()} {path}" for path, methods in SCHEMA.raw_schema["paths"].items() for method in methods]


@pytest.mark.parametrize("label", LABELS)
def test_every_answer_keeps_to_the_document(label: str, asked: Asked):
    """As SCHEMA.parametrize() would test it, which makes up the questions of all operations in every process that
    collects tests: half a minute each. Here only the process that asks an operation does.
    """
    method, path = label.split(" ", 1)
    build_operation_test(
        config=SCHEMA.config,
        operation=SCHEMA[path][method.lower()],
        test_func=ask_by_the_document,
        given_kwargs={},
        feedback=FeedbackSources(constants_value_source=make_constants_value_source(SCHEMA)),
    )(asked=asked)


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def ask_by_the_document(case: Case, asked: Asked) -> None:
    asked.ask(case)


def test_every_operation_of_the_product_is_in_the_document():
    documented = {result.ok().label for result in SCHEMA.get_all_operations()}
    assert documented == set(LABELS)


WELL = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [125.1, 46.6]}, "properties": {"name": "井1"}}
HERE, THERE = "24.9384,60.1699", "24.9458,60.1640"
AT, TO = [24.9384, 60.1699], [24.9458, 60.1640]
PLACES = {"places": [{"lonlat": AT}, {"lonlat": TO}]}
SQUARE = {"type": "Polygon", "coordinates": [[[24.94, 60.165], [24.942, 60.165], [24.942, 60.166], [24.94, 60.165]]]}
PARK = {
    "type": "Feature",
    "geometry": {"type": "Polygon", "coordinates": [[[-105.8, 40.2], [-105.6, 40.2], [-105.6, 40.4], [-105.8, 40.2]]]},
    "properties": {},
}
AVOID = {"areas": [SQUARE]}
PLAN = {"vehicles": [{"id": 1, "start": AT, "end": AT}], "jobs": [{"id": 7, "location": TO, "service": 60}]}
VALHALLA = {"locations": [{"lat": AT[1], "lon": AT[0]}, {"lat": TO[1], "lon": TO[0]}], "costing": "auto"}
VALHALLA_TABLE = {"sources": VALHALLA["locations"], "targets": VALHALLA["locations"], "costing": "pedestrian"}
VALHALLA_REACH = {"locations": VALHALLA["locations"][:1], "costing": "auto", "contours": [{"time": 1}]}
ORS_CAR = {"profile": "driving-car"}
POINTS = ["60.1699,24.9384", "60.1640,24.9458"]
FROM_TO = {"profile": "car", "coordinates": f"{HERE};{THERE}"}
WMTS_TILE = {"layer": "base", "style": "default", "matrix_set": "w", "level": 14, "row": 4741, "column": 9326}
WMTS_TILE["form"] = "mvt"
OGC_TILE = {"set": "base", "matrix_set": "WebMercatorQuad", "level": 14, "row": 4741, "column": 9326}
OGC_PICTURE = {"set": "demo", "matrix_set": "WebMercatorQuad", "level": 10, "row": 386, "column": 211}

TWO = {"sources": [[24.9384, 60.1699]], "targets": [[24.9458, 60.1640]], "profile": "foot"}
ROAD = "16280379:3:f"

MATRIX, INCIDENT, EMERGENCY, SEARCH, CASE = "{matrix}", "{incident}", "{emergency}", "{search}", "{case}"
"""Stand for the id of the matrix that was asked in the background and is finished, and of the newest of the others."""

PATROL, POINTS_NOW = "{patrol}", {"points": [{"time": "now", "lonlat": [24.9384, 60.1699]}]}
"""The newest patrol; and fixes of it, which must be of now."""

LAMP = "2306020118990001"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

NOW_S = int(time.time())
DEVICE = "simulated-asked"
FIXES = [
    {"device": DEVICE, "time": NOW_S - 20, "lon": 24.9431, "lat": 60.1663, "simulated": True},
    {"device": DEVICE, "time": NOW_S - 5, "lon": 24.9436, "lat": 60.1668, "simulated": True},
]
OSMAND = {"id": DEVICE, "lat": 60.1663, "lon": 24.9431, "timestamp": NOW_S}
DRIVEN = [{"lonlat": [each["lon"], each["lat"]], "time": each["time"]} for each in FIXES]
TRACE = {"shape": [{"lon": each["lon"], "lat": each["lat"]} for each in FIXES], "costing": "auto"}

# operation -> path parameters, query, body; in an order in which each can be answered.
HILL = [-105.65, 40.3]
SEARCH_BODY = {"subject": {"category": "hiker"}, "ipp": HILL, "extent": {"radius_m": 800}, "grid": {"cell_m": 25}}
COAST = {"location": HILL, "entered_at": "2026-11-23T08:00:00Z", "until": "2026-11-23T09:00:00Z"}
TABLE = {"csv": "category,ground,percent,distance_km,cases,source\nfarmer,any,25,0.5,,own\nfarmer,any,75,2,,own\n"}

FIELD = {"type": "Polygon", "coordinates": [[[125, 46], [125.02, 46], [125.02, 46.02], [125, 46.02], [125, 46]]]}

GRID = {"code": "M-1", "geometry": FIELD, "name": "first", "responsible": [{"role": "leader", "name": "team"}]}

GRID_PEOPLE = {"valid_from": "2026-01-01", "people": [{"role": "网格长", "name": "张三", "phone": "13800001234"}]}
GRID_VALUE = {"indicator": "cases", "period": "2026-11", "value": 2}

FILE = "{file}"
SECRET = "a-secret-of-a-peer-that-the-tests-play"
PIXEL_SHA256 = hashlib.sha256(PIXEL).hexdigest()
TOLD = {"id": 7, "version": 1, "number": "20261123-7", "stage": "filed", "class": "E0112", "lonlat": AT, "area": ""}
TOLD |= {"deadline": None, "warn_at": None, "closed_at": None, "suspended_since": None}
TOLD_FILE = {"sha256": PIXEL_SHA256, "name": "a.png", "media_type": "image/png", "size": len(PIXEL)}
TOLD_ENTRY = {"number": 1, "version": 1, "at": "2026-11-23T08:00:00Z", "action": "report"}
CONTENT = {"case": TOLD, "files": [TOLD_FILE], "entries": [TOLD_ENTRY]}
BATCH = write_batch(Batch("0" * 16, float(NOW_S), (Message("case", "7", 1, CONTENT),)))
PEER = {"sends": ["cases"], "takes": ["cases"], "roles": ["leader"]}
SIGNED = {"federation.exchange", "federation.take_file", "federation.send_file"}

TOKEN = "{token}"
"""Stands for the id of the file that a case was given last."""

DESIGN = "{design}"
"""Stands for the id of the newest design of grids, finished."""

DESIGN_ASK = {
    "area": "910101001001",
    "communities": [
        {
            "code": "910101001001",
            "name": "simulated",
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[24.94, 60.167], [24.944, 60.167], [24.944, 60.17], [24.94, 60.17], [24.94, 60.167]]],
            },
        }
    ],
}

REAL = {
    "system.health": ({}, {}, None),
    "system.metrics": ({}, {}, None),
    "system.openapi": ({}, {}, None),
    "system.docs": ({}, {}, None),
    "maps.tile": ({"set": "base", "z": 14, "x": 9326, "y": 4741, "form": "mvt"}, {}, None),
    "maps.tile_tms": ({"set": "base", "z": 14, "x": 9326, "y": 11642, "form": "mvt"}, {}, None),
    "maps.tile_by_quadkey": ({"set": "base", "quadkey": "12012021101312", "form": "mvt"}, {}, None),
    "maps.tile_sets": ({}, {"lang": "en"}, None),
    "maps.tilejson": ({"set": "base"}, {"scheme": "tms"}, None),
    "wmts.ask": ({}, {"SERVICE": "WMTS", "REQUEST": "GetCapabilities"}, None),
    "wmts.capabilities": ({}, {"scale": "tianditu"}, None),
    "wmts.tianditu_capabilities": ({}, {}, None),
    "wmts.tile": (WMTS_TILE, {}, None),
    "ogc.landing": ({}, {}, None),
    "ogc.conformance": ({}, {}, None),
    "ogc.collections": ({}, {"lang": "zh-CN"}, None),
    "ogc.collection": ({"set": "base"}, {}, None),
    "ogc.vector_tilesets": ({"set": "base"}, {}, None),
    "ogc.vector_tileset": ({"set": "base", "matrix_set": "WebMercatorQuad"}, {}, None),
    "ogc.vector_tile": (OGC_TILE, {"f": "mvt"}, None),
    "ogc.map_tilesets": ({"set": "demo"}, {}, None),
    "ogc.map_tileset": ({"set": "demo", "matrix_set": "WebMercatorQuad"}, {}, None),
    "ogc.map_tile": (OGC_PICTURE, {"f": "png"}, None),
    "ogc.matrix_sets": ({}, {}, None),
    "ogc.matrix_set": ({"matrix_set": "CGCS2000Quad"}, {}, None),
    "maps.style": ({"name": "light"}, {"lang": "en"}, None),
    "maps.sprite": ({"file": "icons@2x.png"}, {}, None),
    "maps.fine_tile": ({"set": "light", "z": 14, "x": 9326, "y": 4741, "form": "jpg"}, {}, None),
    "maps.static_map": ({}, {"size": "64x48", "markers": f"label:A|{HERE}"}, None),
    "maps.static_map_of": ({}, {}, {"width": 64, "height": 48, "markers": [{"location": AT}]}),
    "places.geocode": ({}, {"q": "Mannerheimintie 1", "crs": "bd09"}, None),
    "places.suggest": ({}, {"q": "manner", "focus": HERE}, None),
    "places.parse": ({}, {"q": "Mannerheimintie 1", "crs": "gcj02"}, None),
    "places.reverse": ({}, {"at": HERE, "crs": "gcj02", "profile": "dispatch"}, None),
    "places.coords": ({}, {"text": "46.58758,125.10307", "crs": "gcj02"}, None),
    "places.coords_batch": ({}, {"crs": "bd09"}, {"texts": ["46.58758,125.10307", "nowhere"]}),
    "places.pois": ({}, {"at": HERE, "category": "food", "crs": "gcj02"}, None),
    "places.pois_of_shape": ({}, {"buffer_m": 100}, {"line": {"type": "LineString", "coordinates": [AT, TO]}}),
    "places.categories": ({}, {}, None),
    "places.geocode_batch": ({}, {"limit": 2}, [{"id": 1, "q": "Mannerheimintie 1"}, {"q": "?"}]),
    "places.reverse_batch": ({}, {}, [{"id": "a", "at": AT}]),
    "nominatim.search": ({}, {"q": "Mannerheimintie 1", "format": "jsonv2", "addressdetails": 1}, None),
    "nominatim.reverse": ({}, {"lat": 60.17, "lon": 24.94, "format": "json"}, None),
    "nominatim.lookup": ({}, {"osm_ids": "N316411420", "format": "json"}, None),
    "nominatim.details": ({}, {"osmtype": "N", "osmid": 316411420, "format": "json"}, None),
    "nominatim.status": ({}, {"format": "json"}, None),
    "photon.api": ({}, {"q": "Mannerheimintie", "limit": 3}, None),
    "photon.api_with_slash": ({}, {"q": "Mannerheimintie", "lang": "en"}, None),
    "photon.reverse": ({}, {"lat": 60.17, "lon": 24.94}, None),
    "photon.status": ({}, {}, None),
    "pelias.search": ({}, {"text": "Mannerheimintie 1"}, None),
    "pelias.structured": ({}, {"address": "Mannerheimintie 1", "locality": "Helsinki"}, None),
    "pelias.autocomplete": ({}, {"text": "manner"}, None),
    "pelias.reverse": ({}, {"point.lat": 60.17, "point.lon": 24.94}, None),
    "pelias.place": ({}, {"ids": "openstreetmap:address:node/316411420"}, None),
    "google.geocode": ({}, {"address": "Mannerheimintie 1"}, None),
    "amap.v3_geocode_geo": ({}, {"address": "Mannerheimintie 1"}, None),
    "amap.v3_geocode_regeo": ({}, {"location": HERE, "extensions": "all"}, None),
    "amap.v3_assistant_inputtips": ({}, {"keywords": "manner"}, None),
    "amap.v3_place_text": ({}, {"keywords": "hotel"}, None),
    "amap.v3_place_around": ({}, {"location": HERE, "keywords": "hotel"}, None),
    "amap.v3_place_polygon": ({}, {"polygon": "24.93,60.16|24.95,60.18", "keywords": "hotel"}, None),
    "amap.v3_place_detail": ({}, {"id": "n316411420"}, None),
    "amap.v5_place_text": ({}, {"keywords": "hotel"}, None),
    "amap.v5_place_around": ({}, {"location": HERE, "keywords": "hotel"}, None),
    "amap.v5_place_polygon": ({}, {"polygon": "24.93,60.16|24.95,60.18", "keywords": "hotel"}, None),
    "amap.v5_place_detail": ({}, {"id": "n316411420"}, None),
    "baidu.geocoding": ({}, {"address": "Mannerheimintie 1", "output": "json"}, None),
    "baidu.geocoding_with_slash": ({}, {"address": "Mannerheimintie 1", "output": "json"}, None),
    "baidu.reverse_geocoding": ({}, {"location": "60.17,24.94", "output": "json"}, None),
    "baidu.reverse_geocoding_with_slash": ({}, {"location": "60.17,24.94", "output": "json"}, None),
    "baidu.place_search": ({}, {"query": "hotel", "region": "Helsinki", "output": "json"}, None),
    "baidu.place_search_with_slash": ({}, {"query": "hotel", "region": "Helsinki", "output": "json"}, None),
    "baidu.place_suggestion": ({}, {"query": "manner", "region": "Helsinki", "output": "json"}, None),
    "baidu.place_suggestion_with_slash": ({}, {"query": "manner", "region": "Helsinki", "output": "json"}, None),
    "baidu.place_detail": ({}, {"uid": "n316411420", "output": "json"}, None),
    "baidu.place_detail_with_slash": ({}, {"uid": "n316411420", "output": "json"}, None),
    "directions.route": ({}, {"from": HERE, "to": THERE, "profile": "foot", "lang": "zh-CN"}, None),
    "directions.add_closure": ({}, {}, {"name": "works", "roads": [ROAD], "valid_until": "2040-01-01T00:00:00Z"}),
    "directions.closures": ({}, {"limit": 5}, None),
    "directions.closure": ({"name": "works"}, {"crs": "gcj02"}, None),
    "directions.change_closure": ({"name": "works"}, {"version": 1}, {"roads": [ROAD], "profiles": ["truck"]}),
    "directions.remove_closure": ({"name": "works"}, {"version": 2}, None),
    "directions.put_speeds": ({}, {}, {"speeds": {ROAD: 12.5}, "source": "probe"}),
    "directions.speeds": ({}, {}, None),
    "directions.take_back_speeds": ({}, {}, None),
    "directions.add_matrix": ({}, {}, TWO),
    "directions.matrices": ({}, {}, None),
    "directions.matrix_job": ({"id": MATRIX}, {}, None),
    "directions.matrix_result": ({"id": MATRIX}, {"format": "npy"}, None),
    "directions.remove_matrix": ({"id": MATRIX}, {}, None),
    "directions.route_through": ({}, {"annotations": "true"}, {**PLACES, "profile": "truck", "avoid": AVOID}),
    "directions.matrix": ({}, {}, {"sources": [AT, TO], "targets": [TO]}),
    "directions.isochrone": ({}, {"at": HERE, "minutes": "5,10"}, None),
    "directions.isochrone_avoiding": ({}, {}, {"location": AT, "metres": [500], "avoid": AVOID}),
    "directions.nearest": ({}, {"at": HERE, "count": 3}, None),
    "directions.expansion": ({}, {"at": HERE, "minutes": 2}, None),
    "directions.trip": ({}, {}, {**PLACES, "profile": "foot"}),
    "directions.optimise": ({}, {}, PLAN),
    "directions.profiles": ({}, {}, None),
    "valhalla.route": ({}, {}, VALHALLA),
    "valhalla.route_by_address": ({}, {"json": json.dumps(VALHALLA)}, None),
    "valhalla.optimized_route": ({}, {}, VALHALLA),
    "valhalla.optimized_route_by_address": ({}, {"json": json.dumps(VALHALLA)}, None),
    "valhalla.sources_to_targets": ({}, {}, VALHALLA_TABLE),
    "valhalla.sources_to_targets_by_address": ({}, {"json": json.dumps(VALHALLA_TABLE)}, None),
    "valhalla.isochrone": ({}, {}, VALHALLA_REACH),
    "valhalla.isochrone_by_address": ({}, {"json": json.dumps(VALHALLA_REACH)}, None),
    "valhalla.locate": ({}, {}, VALHALLA),
    "valhalla.locate_by_address": ({}, {"json": json.dumps(VALHALLA)}, None),
    "valhalla.expansion": ({}, {}, VALHALLA_REACH),
    "valhalla.expansion_by_address": ({}, {"json": json.dumps(VALHALLA_REACH)}, None),
    "valhalla.status": ({}, {}, None),
    "valhalla.status_by_body": ({}, {}, {}),
    "ors.directions_between": (ORS_CAR, {"start": HERE, "end": THERE}, None),
    "ors.directions": (ORS_CAR, {}, {"coordinates": [AT, TO]}),
    "ors.directions_json": (ORS_CAR, {}, {"coordinates": [AT, TO]}),
    "ors.directions_geojson": (ORS_CAR, {}, {"coordinates": [AT, TO]}),
    "ors.directions_gpx": (ORS_CAR, {}, {"coordinates": [AT, TO]}),
    "ors.isochrones": (ORS_CAR, {}, {"locations": [AT], "range": [120]}),
    "ors.isochrones_geojson": (ORS_CAR, {}, {"locations": [AT], "range": [120]}),
    "ors.matrix": (ORS_CAR, {}, {"locations": [AT, TO]}),
    "ors.matrix_json": (ORS_CAR, {}, {"locations": [AT, TO]}),
    "ors.snap": (ORS_CAR, {}, {"locations": [AT, TO]}),
    "ors.snap_json": (ORS_CAR, {}, {"locations": [AT, TO]}),
    "ors.snap_geojson": (ORS_CAR, {}, {"locations": [AT, TO]}),
    "ors.optimization": ({}, {}, PLAN),
    "ors.health": ({}, {}, None),
    "ors.status": ({}, {}, None),
    "graphhopper.route": ({}, {"point": POINTS}, None),
    "graphhopper.route_by_body": ({}, {}, {"points": [AT, TO]}),
    "graphhopper.isochrone": ({}, {"point": POINTS[:1]}, None),
    "graphhopper.isochrone_by_body": ({}, {}, {"points": [AT]}),
    "graphhopper.matrix": ({}, {"point": POINTS}, None),
    "graphhopper.matrix_by_body": ({}, {}, {"points": [AT, TO]}),
    "graphhopper.nearest": ({}, {"point": POINTS[:1]}, None),
    "graphhopper.info": ({}, {}, None),
    "graphhopper.health": ({}, {}, None),
    "osrm.route": (FROM_TO, {}, None),
    "osrm.table": (FROM_TO, {}, None),
    "osrm.nearest": ({"profile": "car", "coordinates": HERE}, {}, None),
    "osrm.trip": (FROM_TO, {}, None),
    "osrm.match": ({"profile": "car", "coordinates": f"{HERE};{THERE}"}, {}, None),
    "directions.match": ({}, {}, {"points": DRIVEN}),
    "valhalla.trace_route": ({}, {}, TRACE),
    "valhalla.trace_attributes": ({}, {}, TRACE),
    "valhalla.trace_route_by_address": ({}, {"json": json.dumps(TRACE)}, None),
    "valhalla.trace_attributes_by_address": ({}, {"json": json.dumps(TRACE)}, None),
    "callers.locate": ({}, {}, {"point": [24.94, 60.17], "accuracy_m": 30}),
    "callers.add": ({}, {}, {"number": "110"}),
    "callers.calls": ({}, {}, None),
    "callers.call": ({"id": 1}, {}, None),
    "callers.reads": ({"id": 1}, {}, None),
    "units.put": ({"id": "120-07"}, {}, {"kind": "ambulance", "station": {"lonlat": AT}}),
    "units.list": ({}, {"limit": 5}, None),
    "units.get": ({"id": "120-07"}, {"crs": "gcj02"}, None),
    "hospitals.put": ({"id": "h1"}, {}, {"lonlat": TO, "free": 3}),
    "hospitals.list": ({}, {}, None),
    "hospitals.get": ({"id": "h1"}, {}, None),
    "dispatch.rank": ({}, {}, {"at": TO, "hospital": {}, "keep_coverage": {"count": 1}}),
    "dispatch.coverage": ({}, {}, {"cells": {"beidou_level": 5}}),
    "dispatch.relocate": ({}, {}, {"minutes": 1.0}),
    "emergencies.open": ({}, {}, {"category": "120", "lonlat": TO, "incident": {"kind": "accident"}}),
    "emergencies.change": ({"id": EMERGENCY}, {"version": 1}, {"level": 2}),
    "emergencies.list": ({}, {"status": "open"}, None),
    "emergencies.get": ({"id": EMERGENCY}, {"as_of": "2100-01-01T00:00:00Z"}, None),
    "emergencies.duplicates": ({"id": EMERGENCY}, {}, None),
    "emergencies.note": ({"id": EMERGENCY}, {}, {"text": "caller calls back"}),
    "emergencies.log": ({"id": EMERGENCY}, {}, None),
    "emergencies.reads": ({"id": EMERGENCY}, {}, None),
    "emergencies.assign": ({"id": EMERGENCY}, {}, {"unit": "120-07"}),
    "emergencies.assignment": ({"id": EMERGENCY, "unit": "120-07"}, {}, None),
    "emergencies.step": ({"id": EMERGENCY, "unit": "120-07"}, {"version": 1}, {"status": "released"}),
    "units.change": ({"id": "120-07"}, {"version": 3}, {"status": "available"}),
    "units.remove": ({"id": "120-07"}, {"version": 4}, None),
    "hospitals.remove": ({"id": "h1"}, {"version": 1}, None),
    "searches.begin": ({}, {"crs": "gcj02"}, SEARCH_BODY),
    "searches.list": ({}, {"status": "open"}, None),
    "searches.get": ({"id": SEARCH}, {}, None),
    "searches.log": ({"id": SEARCH}, {}, None),
    "searches.poa": ({"id": SEARCH}, {"format": "geojson", "by": "cells", "limit": 5}, None),
    "searches.segment": ({"id": SEARCH}, {"version": 1}, {"target_km2": 0.5}),
    "searches.segments": ({"id": SEARCH}, {"crs": "bd09"}, None),
    "searches.plan": (
        {"id": SEARCH},
        {},
        {
            "resources": [{"id": "dog", "W_m": 30, "v_kmh": 3, "hours": 2}],
            "periods": [{"duration_h": 1}, {"duration_h": 1}],
        },
    ),
    "searches.newest_plan": ({"id": SEARCH}, {}, None),
    "searches.result": ({"id": SEARCH}, {}, {"segment": "1", "pod": 0.5}),
    "searches.clue": ({"id": SEARCH}, {}, {"location": HILL, "likelihood_ratio": 2}),
    "searches.move": ({"id": SEARCH}, {"version": 5}, {"duration_s": 600}),
    "searches.pattern": ({"id": SEARCH}, {}, {"kind": "sector", "radius_m": 200, "v_kmh": 3}),
    "searches.viewshed": ({"id": SEARCH}, {}, {"lookouts": [{"location": HILL}]}),
    "searches.landing": ({"id": SEARCH}, {}, {"near": HILL}),
    "searches.drift": ({"id": SEARCH}, {}, COAST),
    "searches.survival": ({"id": SEARCH}, {}, {"air_c": -20, "wind_kmh": 20, "elapsed_s": 3600}),
    "searches.export": ({"id": SEARCH}, {"format": "ics204", "lang": "zh-CN"}, None),
    "searches.statistics": ({}, {}, None),
    "searches.put_statistics": ({"table": "distances"}, {}, TABLE),
    "searches.delete_statistics": ({"table": "distances"}, {}, None),
    "searches.status": ({"id": SEARCH}, {"version": 6}, {"status": "suspended"}),
    "searches.find": ({"id": SEARCH}, {"version": 7}, {"location": HILL}),
    "cases.add": ({}, {}, {"class": "E0112", "at": AT, "source": "citizen", "reporter": {"name": "asked"}}),
    "cases.change": ({"id": CASE}, {"version": 1}, {"description": "hole"}),
    "cases.act": ({"id": CASE, "action": "accept"}, {"version": 2}, {"text": "seen"}),
    "cases.list": ({}, {"bbox": "24.9,60.1,25,60.2", "open": "true", "crs": "gcj02"}, None),
    "cases.evaluate": ({"scheme": "department"}, {"period": "2026-11", "by": "closing", "compare": "true"}, None),
    "cases.evaluate_trend": ({"scheme": "class"}, {"of": "E0112", "period": "2026-Q4", "periods": 2}, None),
    "cases.evaluate_cases": ({"scheme": "class"}, {"from": "2026-11-01", "to": "2026-11-15", "index": "closing"}, None),
    "cases.indices": ({}, {}, None),
    "cases.count": ({}, {"overdue": "true"}, None),
    "cases.similar_at": ({}, {"at": HERE, "class": "E0112"}, None),
    "cases.flow": ({}, {}, None),
    "cases.changes": ({}, {}, None),
    "cases.get": ({"id": CASE}, {"as_of": "2100-01-01T00:00:00Z"}, None),
    "cases.timeline": ({"id": CASE}, {}, None),
    "cases.similar": ({"id": CASE}, {}, None),
    "cases.reporter": ({"id": CASE}, {}, None),
    "cases.reads": ({"id": CASE}, {}, None),
    "cases.add_file": ({"id": CASE}, {}, ("application/octet-stream", PIXEL)),
    "cases.files": ({"id": CASE}, {}, None),
    "cases.file": ({"id": CASE, "file": FILE}, {"plain": "true"}, None),
    "federation.put_peer": ({"peer": "village"}, {}, {**PEER, "secret": SECRET}),
    "federation.exchange": ({"peer": "village"}, {}, ("application/octet-stream", BATCH)),
    "federation.take_file": (
        {"peer": "village", "case": 7, "sha256": PIXEL_SHA256},
        {},
        ("application/octet-stream", PIXEL),
    ),
    "federation.send_file": ({"peer": "village", "case": CASE, "sha256": PIXEL_SHA256}, {}, None),
    "federation.peers": ({}, {}, None),
    "federation.peer": ({"peer": "village"}, {}, None),
    "federation.dead": ({"peer": "village"}, {"limit": 5}, None),
    "federation.cases": ({"peer": "village"}, {"bbox": "24.9,60.1,25,60.2", "crs": "gcj02"}, None),
    "federation.case": ({"peer": "village", "id": 7}, {}, None),
    "federation.timeline": ({"peer": "village", "id": 7}, {}, None),
    "federation.file": ({"peer": "village", "id": 7, "sha256": PIXEL_SHA256}, {}, None),
    "federation.ask": ({"peer": "village", "id": 7, "action": "urge"}, {}, {"text": "before the rain"}),
    "federation.requests": ({"peer": "village"}, {"way": "out"}, None),
    "federation.indicators": ({"peer": "village"}, {"period": "2026-11"}, None),
    "federation.act": ({"peer": "village", "action": "resend"}, {}, None),
    "federation.add_key": ({"peer": "village"}, {"version": 1}, {}),
    "federation.remove_peer": ({"peer": "village"}, {"version": 2}, None),
    **{f"open311.discovery_{form}": ({}, {}, None) for form in FORMS},
    **{f"open311.services_{form}": ({}, {}, None) for form in FORMS},
    **{f"open311.service_{form}": ({"service_code": "E0112"}, {}, None) for form in FORMS},
    "open311.add_xml": ({}, {}, (FORM, b"service_code=E0112&lat=60.17&long=24.94")),
    "open311.add_json": ({}, {}, (FORM, b"service_code=E0112&address_string=Mannerheimintie+1")),
    **{f"open311.requests_{form}": ({}, {"bbox": "24,60,25,61", "extensions": "true"}, None) for form in FORMS},
    **{f"open311.request_{form}": ({"service_request_id": CASE}, {}, None) for form in FORMS},
    **{f"open311.token_{form}": ({"token": TOKEN}, {}, None) for form in FORMS},
    **{f"open311.updates_{form}": ({}, {"page_size": 10}, None) for form in FORMS},
    "open311.add_update_xml": ({}, {}, (FORM, b"service_request_id={case}&description=deeper")),
    "open311.add_update_json": ({}, {}, (FORM, b"service_request_id={case}&description=deeper&update_id=1")),
    "cases.add_order": ({}, {}, {"order": "12345-1", "class": "E0112", "at": AT, "band": "urgent"}),
    "cases.unplaced": ({}, {}, None),
    "cases.place": ({"token": TOKEN}, {}, {"at": AT}),
    "cases.discard": ({"token": TOKEN}, {}, None),
    "components.add": ({}, {"county": "230602"}, {"class": "0118", "at": AT, "id": LAMP}),
    "components.batch": ({}, {"county": "230602"}, ("text/csv", b"class,lon,lat\n0118,24.94,60.17\n")),
    "components.list": ({}, {"class": "0118"}, None),
    "components.get": ({"id": LAMP}, {}, None),
    "components.change": ({"id": LAMP}, {"version": 1}, {"state": "damaged"}),
    "classes.put": ({"code": "E0112"}, {}, {"merge_radius_m": 20.0}),
    "classes.list": ({}, {"setting": "rural"}, None),
    "classes.get": ({"code": "E0112"}, {}, None),
    "classes.remove": ({"code": "E0112"}, {"version": 1}, None),
    "calendars.put": ({"name": "asked"}, {}, {"week": {"mon": ["08:30-11:30"]}}),
    "calendars.list": ({}, {}, None),
    "calendars.get": ({"name": "asked"}, {}, None),
    "calendars.deadline": ({"name": "default"}, {"limit": "4 work_hour"}, None),
    "calendars.remove": ({"name": "asked"}, {"version": 1}, None),
    "limits.put": ({"name": "E0112.any.case"}, {}, {"limit": "4 work_hour"}),
    "limits.list": ({}, {"class": "E0112"}, None),
    "limits.apply": ({}, {}, {"class": "E0112"}),
    "limits.remove": ({"name": "E0112.any.case"}, {"version": 1}, None),
    "rules.put": ({}, {}, {"rules": [{"id": "all", "when": {"kind": ["event"]}, "then": {"department": "roads"}}]}),
    "rules.get": ({}, {}, None),
    "rules.try": ({}, {}, {"class": "E0112", "at": AT}),
    "rules.put_incidents": ({}, {}, {"opens": True}),
    "rules.incidents": ({}, {}, None),
    "incidents.add": ({}, {}, {"kind": "closure", "roads": ["16280379:3:f"]}),
    "incidents.preview": ({}, {}, {"kind": "accident", "roads": ["16280379:3:f"]}),
    "incidents.list": ({}, {"limit": 5}, None),
    "incidents.get": ({"id": INCIDENT}, {}, None),
    "incidents.log": ({"id": INCIDENT}, {}, None),
    "incidents.change": ({"id": INCIDENT}, {"version": 1}, {"severity": "major"}),
    "incidents.remove": ({"id": INCIDENT}, {"version": 2}, None),
    "incidents.changes": ({}, {}, None),
    "incidents.geojson": ({}, {}, None),
    "incidents.open511": ({}, {}, None),
    "incidents.open511_xml": ({}, {}, None),
    "incidents.wzdx": ({}, {}, None),
    "incidents.datex2": ({}, {}, None),
    "incidents.stream": ({}, {}, None),
    "tracks.take_fixes": ({}, {}, {"fixes": FIXES}),
    "tracks.devices": ({}, {}, None),
    "tracks.device": ({"device": DEVICE}, {}, None),
    "tracks.positions": ({}, {"bbox": "24.94,60.165,24.96,60.18"}, None),
    "tracks.feed": ({}, {}, None),
    "tracks.history": ({"device": DEVICE}, {}, None),
    "tracks.track": ({"device": DEVICE}, {}, None),
    "tracks.quarantined": ({"device": DEVICE}, {}, None),
    "tracks.osmand_get": ({}, OSMAND, None),
    "tracks.osmand_post": ({}, OSMAND, None),
    "tracks.owntracks": ({}, {}, {"_type": "location", "tid": "ab", "lon": 24.9431, "lat": 60.1663, "tst": NOW_S}),
    "tracks.stream": ({}, {}, None),
    "tracks.erase_device": ({"device": DEVICE}, {}, None),
    "traffic.now": ({}, {}, None),
    "traffic.edges": ({}, {"bbox": "24.94,60.165,24.945,60.17"}, None),
    "traffic.status": ({}, {"bbox": "24.94,60.165,24.945,60.17"}, None),
    "traffic.index": ({}, {}, None),
    "traffic.history": ({}, {"from": HERE, "to": THERE}, None),
    "traffic.put_weather": ({}, {}, {"condition": "ice", "source": "asked"}),
    "traffic.weather": ({}, {}, None),
    "traffic.remove_weather": ({}, {}, None),
    "traffic.export": ({}, {}, None),
    "amap.v3_traffic_status_rectangle": ({}, {"rectangle": "24.94,60.165;24.945,60.17"}, None),
    "amap.v3_traffic_status_circle": ({}, {"location": HERE, "radius": 500}, None),
    "amap.v3_traffic_status_road": ({}, {"name": "Mannerheimintie", "adcode": "230602"}, None),
    "cells.systems": ({}, {"at": HERE}, None),
    "cells.encode": ({"system": "beidou"}, {"at": "125.1031,46.5893", "level": 5}, None),
    "cells.decode": ({"system": "beidou", "code": "N51LA506525"}, {"crs": "gcj02"}, None),
    "cells.neighbours": ({"system": "mgrs", "code": "51TXM611616"}, {}, None),
    "cells.parents": ({"system": "gbsheet", "code": "L51G034082"}, {}, None),
    "cells.children": ({"system": "geosot", "code": "G0013133212001320212"}, {"level": 21, "format": "geojson"}, None),
    "cells.reference": ({}, {"base": "N50J47539B82", "code": "N50J47539B8255346152"}, None),
    "cells.encode_many": ({"system": "beidou"}, {"level": 10}, {"points": [[125.1031, 46.5893]]}),
    "cells.decode_many": ({"system": "pluscode"}, {}, {"codes": ["8QR7H4Q3+P6"]}),
    "cells.polyfill": ({"system": "beidou"}, {}, {"geometry": FIELD, "level": 5, "format": "spans"}),
    "cells.rollup": ({"system": "beidou"}, {}, {"level": 4, "codes": ["N51LA506525"], "values": [2.5]}),
    "areas.list": ({}, {"at": "125.1031,46.5893"}, None),
    "areas.get": ({"code": "230602"}, {}, None),
    "areas.children": ({"code": "230602"}, {"geometry": "none"}, None),
    "roads.list": ({}, {"bbox": "24.94,60.165,24.945,60.17"}, None),
    "roads.get": ({"key": "16280379:3:f"}, {}, None),
    "features.landing": ({}, {"f": "html"}, None),
    "features.landing_slash": ({}, {}, None),
    "features.conformance": ({}, {}, None),
    "features.api": ({}, {}, None),
    "features.collections": ({}, {"lang": "en"}, None),
    "features.collection": ({"collection": "areas"}, {}, None),
    "features.queryables": ({"collection": "areas"}, {}, None),
    "features.items": ({"collection": "areas"}, {"bbox": "125,46,126,47", "limit": "3"}, None),
    "features.item": ({"collection": "areas", "feature": "2306"}, {}, None),
    "layers.add": ({"layer": "wells"}, {}, WELL),
    "layers.list": ({}, {}, None),
    "layers.features": ({"layer": "wells"}, {"bbox": "125,46,126,47"}, None),
    "layers.feature": ({"layer": "wells", "id": 1}, {}, None),
    "layers.change": ({"layer": "wells", "id": 1}, {"version": 1}, WELL),
    "layers.remove": ({"layer": "wells", "id": 1}, {"version": 2}, None),
    "imagery.sets": ({}, {}, None),
    "imagery.info": ({"set": "demo"}, {}, None),
    "imagery.tilejson": ({"set": "demo"}, {"format": "png"}, None),
    "imagery.tile": ({"set": "demo", "z": 10, "x": 211, "y": 386, "form": "webp"}, {}, None),
    "imagery.preview": ({"set": "demo-terrain", "form": "png"}, {"algorithm": "hillshade"}, None),
    "imagery.crop": ({"set": "demo", "form": "jpg"}, {"bbox": "-105.8,40.2,-105.6,40.4"}, None),
    "imagery.crop_area": ({"set": "demo", "form": "png"}, {}, PARK),
    "imagery.point": ({"set": "demo"}, {"at": "-105.7,40.3"}, None),
    "imagery.statistics": ({"set": "demo"}, {"expression": "(b1-b2)/(b1+b2)"}, None),
    "imagery.area_statistics": ({"set": "demo"}, {}, PARK),
    "imagery.contours": ({"set": "demo-terrain"}, {"bbox": "-105.8,40.2,-105.6,40.4", "interval_m": 50}, None),
    "elevation.get": ({}, {"line": "-105.7,40.3;-105.6,40.35"}, None),
    "elevation.post": ({}, {}, {**PARK, "geometry": {"type": "Point", "coordinates": [-105.7, 40.3]}}),
    "imagery.stac_catalog": ({}, {}, None),
    "imagery.stac_conformance": ({}, {}, None),
    "imagery.stac_collections": ({}, {}, None),
    "imagery.stac_collection": ({"set": "demo"}, {}, None),
    "imagery.stac_items": ({"set": "demo"}, {}, None),
    "imagery.stac_item": ({"set": "demo", "scene": "rmnp-rgb"}, {}, None),
    "imagery.stac_search": ({}, {"bbox": "-106,40,-105,41"}, None),
    "grids.add_design": ({}, {}, DESIGN_ASK),
    "grids.designs": ({}, {}, None),
    "grids.design": ({"id": DESIGN}, {}, None),
    "grids.design_grids": ({"id": DESIGN}, {"limit": "3"}, None),
    "grids.edit_design": ({"id": DESIGN}, {"version": 1}, {"action": "merge", "grids": [1, 2]}),
    "grids.accept_design": ({"id": DESIGN}, {"version": 2}, {"valid_from": "2030-01-01"}),
    "grids.remove_design": ({"id": DESIGN}, {}, None),
    "grids.add": ({"scheme": "manage"}, {}, {**GRID, "valid_from": "2026-01-01"}),
    "grids.list": ({"scheme": "manage"}, {"at": "2026-11-01", "bbox": "124,45,126,47"}, None),
    "grids.locate": ({"scheme": "manage"}, {"at": "125.01,46.01", "on": "2026-11-01"}, None),
    "grids.locate_many": ({"scheme": "manage"}, {}, {"coordinates": [[125.01, 46.01]], "on": "2026-11-01"}),
    "grids.get": ({"scheme": "manage", "code": "M-1"}, {"at": "2026-11-01"}, None),
    "grids.change": ({"scheme": "manage", "code": "M-1"}, {"version": 1}, {"name": "second"}),
    "grids.people": ({"scheme": "manage", "code": "M-1"}, {"on": "2026-11-01"}, None),
    "grids.set_people": ({"scheme": "manage", "code": "M-1"}, {"version": 0}, GRID_PEOPLE),
    "grids.people_reads": ({"scheme": "manage", "code": "M-1"}, {}, None),
    "grids.answering": ({"scheme": "manage"}, {"at": "125.01,46.01", "on": "2026-11-01"}, None),
    "grids.put_indicators": ({"scheme": "manage", "code": "M-1"}, {}, {"values": [GRID_VALUE]}),
    "grids.indicators": ({"scheme": "manage", "code": "M-1"}, {"indicator": "cases"}, None),
    "grids.put_values": (
        {"scheme": "manage"},
        {},
        {"indicator": "cases", "period": "2026-10", "values": {"M-1": 3}},
    ),
    "grids.indicator_periods": ({"scheme": "manage"}, {}, None),
    "grids.choropleth": ({"scheme": "manage"}, {"indicator": "cases", "method": "natural"}, None),
    "grids.summary": ({"scheme": "manage"}, {"by": "county", "on": "2026-11-01"}, None),
    "grids.retire": ({"scheme": "manage", "code": "M-1"}, {"version": 2, "valid_to": "2031-01-01"}, None),
    "grids.check": ({"scheme": "manage"}, {}, {"grids": [GRID], "repair": True}),
    "grids.import": ({"scheme": "village"}, {}, {"grids": [GRID], "valid_from": "2026-01-01"}),
    "grids.changes": ({}, {}, None),
    "patrols.put_beat": ({"beat": "B-1"}, {}, {"geometry": SQUARE, "post": {"lonlat": AT}, "simulated": True}),
    "patrols.beats": ({}, {"bbox": "24.9,60.1,25,60.2"}, None),
    "patrols.beat": ({"beat": "B-1"}, {"crs": "gcj02"}, None),
    "patrols.put_roster": (
        {"roster": "R-1"},
        {},
        {
            "person": "p1",
            "beat": "B-1",
            "week": {"mon": [{"begin": "22:00", "end": "06:00"}]},
            "valid_from": "2026-01-01",
        },
    ),
    "patrols.rosters": ({}, {"person": "p1"}, None),
    "patrols.roster": ({"roster": "R-1"}, {}, None),
    "patrols.begin": ({}, {}, {"person": "p1", "at": AT, "beat": "B-1", "simulated": True}),
    "patrols.add_points": ({"id": PATROL}, {}, POINTS_NOW),
    "patrols.points": ({"id": PATROL}, {"crs": "bd09"}, None),
    "patrols.coverage": ({"id": PATROL}, {"form": "codes"}, None),
    "patrols.doubts": ({"id": PATROL}, {}, None),
    "patrols.end": ({"id": PATROL}, {"version": 1}, {"at": AT, "accuracy_m": 12.0}),
    "patrols.get": ({"id": PATROL}, {}, None),
    "patrols.list": ({}, {"person": "p1", "open": "false"}, None),
    "patrols.reads": ({"id": PATROL}, {}, None),
    "patrols.unseen": ({}, {"days": 7, "form": "spans", "beat": "B-1"}, None),
    "patrols.route": ({"beat": "B-1"}, {}, {"budget_min": 30.0, "spots": [{"lonlat": TO, "name": "case 1"}]}),
    "patrols.attendance": ({}, {"first_day": "2026-11-01", "last_day": "2026-11-30"}, None),
    "patrols.report": ({}, {"first_day": "2026-11-01", "last_day": "2026-11-30", "by": "beat"}, None),
    "patrols.remove_roster": ({"roster": "R-1"}, {"version": 1}, None),
    "patrols.erase_person": ({"person": "p1"}, {}, None),
    "patrols.retire_beat": ({"beat": "B-1"}, {"version": 1}, None),
    "catalog.datasets": ({}, {}, None),
    "console.page": ({}, {"lang": "en"}, None),
    "console.file": ({"path": "index.html"}, {}, None),
    "console.coordinates": ({}, {"at": HERE, "crs": "gcj02"}, None),
}


def test_every_operation_answers_a_real_question_as_documented(asked: Asked):
    asked.forget_matrices()
    asked.forget_designs()
    unanswered = {operation.name: operation.status for operation in OPERATIONS}
    for name, (path, query, body) in REAL.items():
        operation = SCHEMA.find_operation_by_id(name)
        media, body = body if isinstance(body, tuple) else ("application/json", body)
        sent = {} if body is None else {"body": body, "media_type": media}
        if MATRIX in path.values():
            path = {"id": asked.finished_matrix()}
        if DESIGN in path.values():
            path = {"id": asked.finished_design()[0]}
        if INCIDENT in path.values():
            path = {"id": asked.newest("incidents")}
        if EMERGENCY in path.values():
            path = {**path, "id": asked.newest("emergencies")}
        if SEARCH in path.values():
            path = {"id": asked.newest("searches")}
        if CASE in path.values():
            path = {name: asked.newest("cases") if value == CASE else value for name, value in path.items()}
        if PATROL in path.values():
            path = {"id": asked.newest("patrols")}
        if body is POINTS_NOW:
            sent["body"] = {"points": [{**POINTS_NOW["points"][0], "time": utc_now().isoformat()}]}
        if isinstance(body, bytes) and b"{case}" in body:
            sent["body"] = body.replace(b"{case}", str(asked.newest("cases")).encode())
        if TOKEN in path.values():
            path = {"token": asked.waiting_token()}
        if FILE in path.values():
            path = {**path, "file": asked.newest_file(path["id"])}
        if name in ("rules.put", "rules.put_incidents"):  # there is one of each, which may have been asked for before
            sent["headers"] = {"If-Match": "*"}
        if name in SIGNED:
            place = operation.path.format(**path)
            content = sent.get("body", b"")
            key = Key(name_of_secret(SECRET), SECRET, 0.0)
            sent["headers"] = sign(key, operation.method.upper(), place, content, time.time(), secrets.token_hex(8))
        case = operation.Case(path_parameters=dict(path), query=dict(query), **sent)
        assert asked.ask(case) == unanswered.pop(name), name
    assert set(unanswered) <= NOT_OFFERED, "a new operation needs a real question above"


def test_every_operation_was_asked_and_let_in(asked: Asked):
    for operation in OPERATIONS:
        found = asked.statuses[operation.name]
        assert found[401] == 0 < found.total(), operation.name
