"""Cells over HTTP: one, those around it, many at once, areas, values by larger cell, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from location_cloud.spatial.cells import BEIDOU, get_system
from location_cloud.spatial.crs import from_wgs84
from location_cloud.spatial.errors import NotAvailable

DAQING = "125.1031,46.5893"
SQUARE = {"type": "Polygon", "coordinates": [[[125, 46.5], [125.02, 46.5], [125.02, 46.52], [125, 46.52], [125, 46.5]]]}
POINTS = [[125.1031, 46.5893], [116.3974, 39.9093], [-70.6, -33.4]]


def fill(cells, system="beidou", crs="wgs84", **body):
    return cells.post(f"/v1/cells/{system}/polyfill?crs={crs}", json={"geometry": SQUARE, **body})


def test_code_of_a_point(cells):
    told = cells.get(f"/v1/cells/beidou/encode?at={DAQING}&level=5").json
    assert told["code"] == "N51LA506525"
    assert told["width_m"] == pytest.approx(85.2, abs=0.1)
    assert told["height_m"] == pytest.approx(123.5, abs=0.1)
    assert told["area_m2"] == pytest.approx(10_517, abs=10)
    assert told["index"] == [int(told["key"])] * 2


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("beidou", "N51LA506525"),
        ("geosot", "G0013133212001320212"),
        ("gbsheet", "L51G034082"),
        ("geohash", "yb2cnc3"),
        ("quadkey", "13033020133303322"),
        ("pluscode", "8QR7H4Q3+P6"),
        ("mgrs", "51TXM611616"),
    ],
)
def test_usual_level_of_each_system(cells, system, code):
    assert cells.get(f"/v1/cells/{system}/encode?at={DAQING}").json["code"] == code
    decoded = cells.get(f"/v1/cells/{system}/decode/{code}")
    assert decoded.mimetype == "application/geo+json"
    shape = shapely.from_geojson(json.dumps(decoded.json["geometry"]))
    assert shape.contains(shapely.Point(125.1031, 46.5893))
    assert decoded.json["bbox"] == pytest.approx(shape.bounds, abs=1e-9)
    assert decoded.json["properties"]["area_m2"] > 0


def test_point_in_gcj02_is_the_same_cell_and_the_answer_is_in_gcj02(cells):
    (moved,) = from_wgs84([(125.1031, 46.5893)], "gcj02").tolist()
    told = cells.get(f"/v1/cells/beidou/encode?at={moved[0]:.9f},{moved[1]:.9f}&level=8&crs=gcj02").json
    assert told["code"] == BEIDOU.encode((125.1031, 46.5893), 8)
    middle = BEIDOU.middles([told["code"]])
    assert told["lonlat"] == pytest.approx(from_wgs84(middle, "gcj02")[0].tolist(), abs=1e-9)
    shape = cells.get(f"/v1/cells/beidou/decode/{told['code']}?crs=gcj02").json
    assert shape["bbox"] == pytest.approx(told["bbox"], abs=1e-9)


def test_systems_are_listed_with_the_sizes_at_a_place(cells):
    systems = {each["name"]: each for each in cells.get(f"/v1/cells?at={DAQING}").json["systems"]}
    assert next(iter(systems)) == "beidou"
    assert {"geosot", "gbsheet", "geohash", "quadkey", "pluscode", "mgrs", "h3"} < set(systems)
    size = next(each for each in systems["beidou"]["sizes"] if each["level"] == 5)
    assert size["code"] == "N51LA506525"
    assert systems["gbsheet"]["levels"][0] == 1_000_000


def test_neighbours_across_the_180th_meridian_and_the_equator(cells):
    code = BEIDOU.encode((179.9999, 0.00001), 5)
    around = cells.get(f"/v1/cells/beidou/neighbours/{code}").json["codes"]
    assert len(around) == 8
    assert BEIDOU.encode((-179.9999, -0.00001), 5) in around


def test_parents_and_children(cells):
    told = cells.get("/v1/cells/beidou/parents/N51LA506525").json
    assert told["codes"] == ["N51LA5065", "N51LA50", "N51LA5", "N51L", "N"]
    children = cells.get("/v1/cells/beidou/children/N51LA506525").json
    assert children["codes"] == ["N51LA5065250", "N51LA5065251", "N51LA5065252", "N51LA5065253"]
    drawn = cells.get("/v1/cells/beidou/children/N51LA506525?level=7&format=geojson")
    assert len(drawn.json["features"]) == 256
    assert drawn.json["features"][0]["properties"]["level"] == 7


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("s2/encode?at=1,2", 400, "system"),
        ("beidou/encode?at=1,89", 422, "polar"),
        ("beidou/encode?at=1,2&level=11", 400, "level=11"),
        ("gbsheet/encode?at=1,70", 422, "60 N"),
        ("beidou/decode/N61A", 400, "zone"),
        ("geohash/encode?at=1,2&height_m=3", 400, "BeiDou"),
        ("beidou/decode/N51LA506525?height=9", 400, "height"),
        ("beidou/children/N51LA506525?level=10", 413, "more than"),
        ("beidou/children/N51LA506525145570277", 400, "no children"),
        ("beidou/reference?base=N51LA506525", 400, "base="),
    ],
)
def test_wrong_question_says_what_is_wrong(cells, address, status, says):
    answer = cells.get(f"/v1/cells/{address}")
    assert answer.status_code == status
    assert says in str(answer.json)
    assert answer.json["hint"]


def test_system_that_is_not_installed_says_how_to_add_it(cells, monkeypatch):
    def missing(*_args):
        raise NotAvailable("cells of h3 need the package h3")

    monkeypatch.setattr(type(get_system("h3")), "encode_many", missing)
    answer = cells.get("/v1/cells/h3/encode?at=1,2")
    assert answer.status_code == 501
    assert "location-cloud[cells]" in answer.json["hint"]
    (told,) = [each for each in cells.get("/v1/cells?at=1,2").json["systems"] if each["name"] == "h3"]
    assert told["installed"] is False


def test_height_and_reference_codes(cells):
    told = cells.get("/v1/cells/beidou/encode?at=86.925,27.988&level=10&height_m=8848.86").json
    assert told["height_code"] == "000004801646"
    decoded = cells.get(f"/v1/cells/beidou/decode/{told['code']}?height={told['height_code']}").json
    low, high = decoded["properties"]["height_m_range"]
    assert low <= 8848.86 <= high
    code, base = "N50J47539B8255346152", "N50J47539B82"
    told = cells.get(f"/v1/cells/beidou/reference?base={base}&code={code}").json
    assert told["reference"] == "N50J47539B82-00-55-34-61-52"
    assert cells.get(f"/v1/cells/beidou/reference?reference={told['reference']}").json["code"] == code


# --- many at once ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("application/json", json.dumps({"points": POINTS})),
        ("text/csv", "id,lat,lon\r\n" + "".join(f'"{at}",{lat},{lon}\r\n' for at, (lon, lat) in enumerate(POINTS))),
        ("application/x-ndjson", "".join(json.dumps(point) + "\n" for point in POINTS)),
        ("application/x-ndjson", "".join(json.dumps({"lon": lon, "lat": lat}) + "\n" for lon, lat in POINTS)),
        ("application/octet-stream", np.array(POINTS, "<f8").tobytes()),
    ],
)
def test_points_in_every_form_become_codes(cells, media, body):
    answer = cells.post("/v1/cells/beidou/encode?level=6", data=body, content_type=media)
    assert answer.json["codes"] == BEIDOU.encode_many(POINTS, 6).tolist()
    assert answer.json["count"] == 3


@pytest.mark.parametrize("system", ["beidou", "geosot"])
def test_codes_come_as_table_lines_and_numbers(cells, system):
    codes = get_system(system).encode_many(POINTS, 9)
    asked = {"json": {"points": POINTS}}
    assert cells.post(f"/v1/cells/{system}/encode?level=9&format=csv", **asked).text.split() == ["code", *codes]
    lines = cells.post(f"/v1/cells/{system}/encode?level=9&format=ndjson", **asked).text.splitlines()
    assert [json.loads(line) for line in lines] == codes.tolist()
    keys = np.frombuffer(cells.post(f"/v1/cells/{system}/encode?level=9&format=keys", **asked).data, "<i8")
    assert str(keys[0]) == cells.get(f"/v1/cells/{system}/encode?at={DAQING}&level=9").json["key"]


def test_keys_are_read_back(cells):
    keys = cells.post("/v1/cells/beidou/encode?level=7&format=keys", json={"points": POINTS}).data
    read = cells.post("/v1/cells/beidou/decode?level=7", data=keys, content_type="application/octet-stream").json
    boxes = BEIDOU.boxes(BEIDOU.encode_many(POINTS, 7))
    assert read["bbox"] == boxes.tolist()
    assert read["level"] == [7, 7, 7]


@pytest.mark.parametrize("form", ["csv", "ndjson", "numbers", "json"])
def test_codes_of_several_levels_become_places(cells, form):
    codes = ["N51LA506525", "S", "N50J47539B8255346152"]
    answer = cells.post(f"/v1/cells/beidou/decode?format={form}", json={"codes": codes})
    if form == "csv":
        rows = [line.split(",") for line in answer.text.splitlines()[1:]]
        found = [[float(row[2]), float(row[3])] for row in rows]
    elif form == "ndjson":
        found = [json.loads(line)["lonlat"] for line in answer.text.splitlines()]
    elif form == "json":
        found = answer.json["points"]
    else:
        found = np.frombuffer(answer.data, "<f8").reshape(-1, 2).tolist()
    assert np.array(found) == pytest.approx(BEIDOU.middles(codes), abs=1e-9)


def test_points_and_boxes_of_a_batch_are_in_the_asked_system(cells):
    moved = from_wgs84(POINTS[:2], "bd09").tolist()
    codes = cells.post("/v1/cells/beidou/encode?level=6&crs=bd09", json={"points": moved}).json["codes"]
    assert codes == BEIDOU.encode_many(POINTS[:2], 6).tolist()
    told = cells.post("/v1/cells/beidou/decode?crs=bd09", json={"codes": codes}).json
    assert told["points"] == pytest.approx(from_wgs84(BEIDOU.middles(codes), "bd09"), abs=1e-9)
    assert told["crs"] == "bd09"
    one = cells.get(f"/v1/cells/beidou/decode/{codes[0]}?crs=bd09").json
    assert told["bbox"][0] == pytest.approx(one["bbox"], abs=1e-9)


def test_points_without_a_cell_are_refused_or_left_empty(cells):
    points = [[1, 2], [1, 89], [200, 1]]
    refused = cells.post("/v1/cells/beidou/encode", json={"points": points})
    assert refused.status_code == 422
    codes = cells.post("/v1/cells/beidou/encode?bad=null", json={"points": points}).json["codes"]
    assert codes == [BEIDOU.encode((1, 2), 5), None, None]
    codes = cells.post("/v1/cells/beidou/encode?bad=null&crs=gcj02", json={"points": points}).json["codes"]
    assert codes[1:] == [None, None]
    assert cells.post("/v1/cells/beidou/encode", json={"points": []}).json["codes"] == []


@pytest.mark.parametrize(
    ("verb", "media", "body", "says"),
    [
        ("encode", "application/json", '{"points": [[1, "2"]]}', "point[0]"),
        ("encode", "application/json", '{"points": [[1, 2], [true, 2]]}', "point[1]"),
        ("encode", "application/json", '{"points": [[1, 2, 3]]}', "point[0]"),
        ("encode", "application/json", '{"points": 7}', "list"),
        ("encode", "text/csv", "x,y\n1,2\n", "column lon"),
        ("encode", "text/csv", "lon,lat\n1,b\n", "could not convert"),
        ("encode", "text/csv", "lon,lat\n1\n", "no CSV"),
        ("encode", "application/x-ndjson", "[1,2]\n[1,\n", "line 2"),
        ("encode", "application/octet-stream", b"123", "float64"),
        ("decode", "application/json", '{"codes": ["N51L", 7]}', "code[1]"),
        ("decode", "application/json", '{"codes": ["N51L", "N61L"]}', "N61L"),
        ("decode", "application/octet-stream", b"12345678", "level="),
    ],
)
def test_wrong_batch_says_which_line(cells, verb, media, body, says):
    answer = cells.post(f"/v1/cells/beidou/{verb}", data=body, content_type=media)
    assert answer.status_code == 400
    assert says in answer.json["detail"] + answer.json["hint"]


def test_batch_over_the_ceiling_is_refused(cells):
    body = np.zeros((50_001, 2)).tobytes()
    answer = cells.post("/v1/cells/mgrs/encode", data=body, content_type="application/octet-stream")
    assert answer.status_code == 413
    assert "50,000" in answer.json["detail"]


# --- areas and values -----------------------------------------------------------------------------


def test_area_as_codes_count_spans_and_shapes(cells):
    codes = fill(cells, level=5).json
    assert codes["codes"] == BEIDOU.filled(shapely.from_geojson(json.dumps(SQUARE)), 5).tolist()
    assert fill(cells, level=5, format="count").json["count"] == len(codes["codes"]) == codes["count"]
    spans = fill(cells, level=5, format="spans").json
    size, found = spans["cell_deg"], []
    for row, first, last in zip(spans["row"], spans["first"], spans["last"]):
        for column in range(first, last + 1):
            lon = size["west"] + (column + 0.5) * size["width"]
            found.append(BEIDOU.encode((lon, size["south"] + (row + 0.5) * size["height"]), 5))
    assert found == codes["codes"]
    drawn = fill(cells, level=5, format="geojson")
    assert [each["id"] for each in drawn.json["features"]] == codes["codes"]


def test_compact_area_has_fewer_codes_of_the_same_ground(cells):
    told = fill(cells, level=6, format="compact").json
    assert len(told["codes"]) < told["count"] / 4
    assert told["count"] == fill(cells, level=6, format="count").json["count"]


@pytest.mark.parametrize("system", ["beidou", "mgrs"])
def test_weighted_area_tells_the_share_of_each_cell(cells, system):
    told = fill(cells, system, level={"beidou": 4, "mgrs": 2}[system], mode="weighted").json
    shapes = get_system(system).outlines(told["codes"])
    share = shapely.area(shapely.intersection(shapes, shapely.from_geojson(json.dumps(SQUARE)))) / shapely.area(shapes)
    assert told["share"] == pytest.approx(share, abs=1e-9)
    assert told["area_cells"] == pytest.approx(sum(told["share"]))
    drawn = fill(cells, system, level={"beidou": 4, "mgrs": 2}[system], mode="weighted", format="geojson").json
    assert [each["properties"]["share"] for each in drawn["features"]] == told["share"]


@pytest.mark.parametrize(
    ("system", "body", "status"),
    [
        ("beidou", {"level": 10}, 413),
        ("beidou", {"level": 8, "format": "geojson"}, 413),
        ("mgrs", {"format": "spans"}, 422),
        ("beidou", {"mode": "weighted", "format": "spans"}, 400),
        ("beidou", {"geometry": {"type": "Point", "coordinates": [1, 2]}}, 422),
        ("beidou", {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}}, 422),
        ("beidou", {"level": True}, 400),
        ("beidou", {"mode": "all"}, 400),
    ],
)
def test_area_that_cannot_be_filled_is_refused(cells, system, body, status):
    answer = fill(cells, system, **body)
    assert answer.status_code == status
    assert answer.json["hint"]


@pytest.mark.parametrize("system", ["beidou", "mgrs"])
def test_values_are_summed_by_larger_cell(cells, system):
    rng = np.random.default_rng(5)
    points = np.column_stack([rng.uniform(125, 125.2, 300), rng.uniform(46.5, 46.6, 300)])
    values = [None if at % 7 == 0 else float(value) for at, value in enumerate(rng.normal(size=300))]
    fine, coarse = {"beidou": (6, 4), "mgrs": (4, 2)}[system]
    codes = get_system(system).encode_many(points, fine).tolist()
    by_code = cells.post(f"/v1/cells/{system}/rollup", json={"level": coarse, "codes": codes, "values": values}).json
    wanted: dict[str, list[float | None]] = {}
    for code, value in zip(codes, values):
        wanted.setdefault(get_system(system).parent(code, coarse), []).append(value)
    assert by_code["codes"] == sorted(wanted)
    for at, code in enumerate(by_code["codes"]):
        given = [value for value in wanted[code] if value is not None]
        assert by_code["members"][at] == len(wanted[code])
        assert by_code["count"][at] == len(given)
        assert by_code["sum"][at] == pytest.approx(sum(given), abs=1e-9)
        assert by_code["mean"][at] == (pytest.approx(sum(given) / len(given)) if given else None)
        assert by_code["min"][at] == (min(given) if given else None)
        assert by_code["max"][at] == (max(given) if given else None)
    by_point = cells.post(
        f"/v1/cells/{system}/rollup", json={"level": coarse, "points": points.tolist(), "values": values}
    )
    assert by_point.json == by_code


def test_codes_without_values_are_counted(cells):
    told = cells.post("/v1/cells/beidou/rollup", json={"level": 4, "codes": ["N51LA506525", "N51LA5065"]}).json
    assert (told["codes"], told["members"], told["count"], told["mean"]) == (["N51LA5065"], [2], [0], [None])
    empty = cells.post("/v1/cells/beidou/rollup", json={"level": 4, "points": []}).json
    assert empty["codes"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"level": 4},
        {"level": 4, "codes": ["N51L"], "points": [[1, 2]]},
        {"level": 4, "codes": ["N51L"]},
        {"level": 4, "codes": ["N51LA5065"], "values": [1, 2]},
        {"level": 4, "codes": ["N51LA5065"], "values": ["1"]},
        {"level": 4, "codes": ["N51LA5065"], "values": [1e301]},
    ],
)
def test_wrong_values_are_refused(cells, body):
    answer = cells.post("/v1/cells/beidou/rollup", json=body)
    assert answer.status_code == 400
    assert answer.json["hint"]
