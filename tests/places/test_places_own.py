import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime

import numpy as np
import pytest

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.cli import run
from location_cloud.errors import BadInput
from location_cloud.places import service, service_sets, sets
from location_cloud.places.dataset import SECTION as PLACES
from location_cloud.places.model_own import RawRows
from location_cloud.places.own_columns import find_columns, parse_columns
from location_cloud.places.own_rows import Reading, read_rows
from location_cloud.places.service_sets import SetWish, read_file
from location_cloud.storage.build import build_snapshot
from location_cloud.storage.osm import read_osm
from location_cloud.storage.snapshot import Snapshots
from location_cloud.storage.world import World
from tests.places.drawn_towns import TOWN, Quiet, osm_of

WELLS = "lon,lat,井号,备注\n125.10,46.50,北5-9-572,a\n125.20,46.60,杏12-丁3,b\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCATION_CLOUD_HOME", str(tmp_path / "var"))
    (tmp_path / "var").mkdir()
    return tmp_path / "var"


@pytest.fixture
def served(home):
    """A home whose snapshot has the town of conftest."""
    (home / "town.osm").write_text(osm_of(TOWN))
    return home, import_town(home)


def import_town(home):
    extract, sources = read_osm([home / "town.osm"], None, Quiet())
    return build_snapshot(home, "town", extract, sources, None, (AREAS, PLACES), (), Quiet(), lambda: datetime.now(UTC))


def current_places(home):
    snapshots = Snapshots(home)
    return snapshots.open(snapshots.current_id()).section(PLACES)


def written(folder, name, content, encoding="utf-8"):
    (folder / name).write_bytes(content.encode(encoding) if isinstance(content, str) else content)
    return folder / name


def taken_of(tmp_path, content, name="a.csv", **wish):
    columns = parse_columns(wish.pop("columns", ""))
    return read_file(written(tmp_path, name, content), SetWish(columns=columns, **wish), tmp_path)


def told(taken):
    return {bad.number: bad.why for bad in taken.bad}


# --- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encoding_is_found_out(encoding, tmp_path):
    taken = taken_of(tmp_path, WELLS.encode(encoding), kind="well")
    assert taken.set.places.name == ["北5-9-572", "杏12-丁3"]
    assert taken.set.places.category == ["man_made=petroleum_well"] * 2


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separator_is_found_out(separator, tmp_path):
    taken = taken_of(tmp_path, WELLS.replace(",", separator))
    assert taken.set.places.name == ["北5-9-572", "杏12-丁3"]


def test_bad_rows_are_told_with_their_lines_and_good_ones_kept(tmp_path):
    rows = [
        "lon,lat,name",
        "125.1,46.5,好",
        ",46.5,a",
        "x,46.5,b",
        "46.5,125.1,c",
        "0,0,d",
        "125.1,46.5,",
        "125.1,46.5,好",
        "125.2,46.5",
        "125.2,46.5,e,f",
        f"125.2,46.5,{'长' * 201}",
        "",
        "125.3,46.5,末",
    ]
    taken = taken_of(tmp_path, "\n".join(rows))
    assert taken.set.places.name == ["好", "末"]
    assert told(taken) == {
        3: "lon is empty",
        4: "lon 'x' is no number",
        5: "lon 46.5, lat 125.1 is off the globe; are lon and lat swapped?",
        6: "its position is 0,0, which stands for none",
        7: "no name",
        8: "the same as line 2",
        9: "2 columns where the header has 3",
        10: "4 columns where the header has 3; is a quote missing?",
        11: "a text of more than 200 characters",
    }


def test_open_quote_costs_its_own_line_only(tmp_path):
    rows = ["lon,lat,name", '125,46,"open', *(f"125,46,p{number}" for number in range(100))]
    taken = taken_of(tmp_path, "\n".join(rows))
    assert len(taken.set.places) == 100
    assert list(told(taken)) == [2]


def test_line_with_broken_bytes_is_told(tmp_path):
    content = "lon,lat,name\n125,46,好\n".encode() + b"126,46,\xff\xfe\n" + "127,46,末\n".encode()
    taken = taken_of(tmp_path, content)
    assert taken.set.places.name == ["好", "末"]
    assert list(told(taken)) == [3]


def test_file_without_header_has_columns_by_number(tmp_path):
    taken = taken_of(tmp_path, "a,125.1,46.5\nb,125.2,46.6\n", columns="name=1,lon=2,lat=3")
    assert taken.set.places.name == ["a", "b"]


@pytest.mark.parametrize("content", ["", "\n\n", "lon,lat,name\n", "lon,lat,name\nx,y,z\n", "name\na\n", b"\0\0\0"])
def test_file_without_a_good_row_is_refused(content, tmp_path):
    with pytest.raises(BadInput):
        taken_of(tmp_path, content)


def test_missing_column_is_named_with_what_there_is(tmp_path):
    with pytest.raises(BadInput, match="no such column; is it '经度x'"):
        taken_of(tmp_path, "经度x,纬度,名称\n1,2,3\n", columns="lon=经度xx")


@pytest.mark.parametrize("text", ["lon", "lon=", "color=x", "lon=a,lon=b"])
def test_wrong_list_of_columns_is_refused(text):
    with pytest.raises(BadInput):
        parse_columns(text)


def test_usual_column_names_are_found():
    found = find_columns({"name": "站名"}, ["经度", "纬度", "站名", "门牌号", "Straße", "桩号"])
    assert found == {
        "name": "站名",
        "lon": "经度",
        "lat": "纬度",
        "number": "门牌号",
        "street": "Straße",
        "chainage": "桩号",
    }


@pytest.mark.parametrize(
    ("lon", "lat"), [("125.10307", "46.58758"), ("125,10307", "46,58758"), ("125°6'11.052\"E", "46度35分15.288秒")]
)
def test_degrees_are_read_as_people_write_them(lon, lat, tmp_path):
    quoted = lat.replace('"', '""')
    taken = taken_of(tmp_path, f'lon;lat;name\n"{lon.replace(chr(34), chr(34) * 2)}";"{quoted}";a\n')
    assert taken.set.places.lonlat.tolist() == [pytest.approx([125.10307, 46.58758], abs=1e-6)]


def test_coordinates_of_maps_in_china_are_converted(tmp_path):
    taken = taken_of(tmp_path, "lon,lat,name\n125.11015349,46.59140392,a\n", crs="gcj02")
    assert taken.set.places.lonlat.tolist() == [pytest.approx([125.1039, 46.5893], abs=1e-3)]


def test_rows_become_what_they_have(tmp_path):
    rows = [
        "lon,lat,name,street,number,ref,chainage,address",
        "125,46,,东风路,12号,,,",
        "125,46,人民医院,东风路,14,,,",
        "125,46,,,,G10,K248+500,",
        "125,46,,,,,,萨尔图区东风路十六号",
        "125,46,,,,,Kxx,",
        "125,46,,东风路,,,,",
    ]
    taken = taken_of(tmp_path, "\n".join(rows))
    own = taken.set
    assert own.places.name == ["人民医院"]
    found = list(zip(own.houses.street, own.houses.number, own.houses.town, strict=True))
    assert found == [("东风路", "12号", ""), ("东风路", "14", ""), ("东风路", "16", "萨尔图区")]
    assert (own.posts.ref, own.posts.chainage_m.tolist()) == (["G10"], [248_500.0])
    assert list(told(taken)) == [6, 7]


def test_kinds_may_stand_in_a_column(tmp_path):
    taken = taken_of(tmp_path, "lon,lat,类型,name,ref\n125,46,油井,,北1-2\n125,46,小区,书香小区,\n")
    assert taken.set.places.category == ["man_made=petroleum_well", "place=neighbourhood"]
    assert taken.set.places.kind.tolist() == [3, 1]


def test_geojson_is_read_and_its_bad_features_told(tmp_path):
    features = [
        '{"type":"Feature","geometry":{"type":"Point","coordinates":[125,46]},"properties":{"name":"a","n":3.0}}',
        '{"type":"Feature","geometry":null,"properties":{"name":"b"}}',
        '{"type":"Feature","geometry":{"type":"Point","coordinates":["x"]},"properties":{"name":"c"}}',
        '{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,0]]]},'
        '"properties":{"name":"d"}}',
        "7",
    ]
    taken = taken_of(tmp_path, f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}', "a.geojson")
    assert taken.set.places.name == ["a", "d"]
    assert list(told(taken)) == [2, 3, 5]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"type":"FeatureCollection"}',
        '{"type":"FeatureCollection","features":3}',
        "<OGRVRTDataSource/>",
    ],
)
def test_what_is_no_geojson_is_refused(content, tmp_path):
    with pytest.raises(BadInput):
        taken_of(tmp_path, content, "a.geojson")


def test_geojson_in_another_system_is_refused(tmp_path):
    crs = '"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3857"}}'
    with pytest.raises(BadInput, match="3857"):
        taken_of(tmp_path, f'{{"type":"FeatureCollection",{crs},"features":[]}}', "a.geojson")


@pytest.mark.parametrize("epsg", [4326, 4490, 3857, 4530])
def test_geopackage_is_read_in_any_system(epsg, tmp_path):
    geopandas = pytest.importorskip("geopandas")
    frame = geopandas.GeoDataFrame(
        {"名称": ["a", "b", "c"], "n": [1, 2, 3]},
        geometry=geopandas.points_from_xy([125.1, 125.2, np.nan], [46.5, 46.6, np.nan]),
        crs=4326,
    )
    frame.to_crs(epsg).to_file(tmp_path / "a.gpkg", driver="GPKG")
    taken = read_file(tmp_path / "a.gpkg", SetWish(), tmp_path)
    assert taken.set.places.lonlat.tolist() == [pytest.approx([125.1, 46.5]), pytest.approx([125.2, 46.6])]
    assert told(taken) == {3: "it has no geometry"}


@pytest.mark.parametrize(
    "content", ["", "<OGRVRTDataSource/>", b"SQLite format 3\0", b"SQLite format 3\0" + b"x" * 9000]
)
def test_what_is_no_geopackage_is_refused(content, tmp_path):
    with pytest.raises(BadInput):
        taken_of(tmp_path, content, "a.gpkg")


def test_random_bytes_are_refused_and_never_break(tmp_path):
    random = np.random.default_rng(5)
    for _ in range(60):
        data = random.integers(0, 256, int(random.integers(1, 400)), dtype=np.uint8).tobytes()
        for name in ("a.csv", "a.geojson", "a.gpkg"):
            with pytest.raises(BadInput):
                taken_of(tmp_path, b"lon,lat,name\n" * (name == "a.csv") + data, name)


# --- sets ---------------------------------------------------------------------------------------


def test_failed_write_leaves_the_old_set(home, monkeypatch):
    taken = taken_of(home, WELLS, kind="well", name="wells.csv")
    service_sets.keep_set(home, taken)

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sets, "_sync", full)
    with pytest.raises(OSError, match="No space"):
        sets.save_set(home, taken_of(home, "lon,lat,name\n1,2,x\n", name="wells.csv").set)
    assert sets.load_set(home, "wells").places.name == ["北5-9-572", "杏12-丁3"]
    assert [file.name for file in (home / "places").iterdir()] == ["wells.places"]


KILLED = """
import os, sys
from pathlib import Path
from location_cloud.places import sets
from location_cloud.places.service_sets import SetWish, read_file
own = read_file(Path(sys.argv[1]), SetWish(), Path(sys.argv[2])).set
sets._sync = lambda path: os.kill(os.getpid(), 9)
sets.save_set(Path(sys.argv[2]), own)
"""


def test_killed_import_leaves_the_old_set(home):
    service_sets.keep_set(home, taken_of(home, WELLS, name="wells.csv"))
    written(home, "wells.csv", "lon,lat,name\n1,2,x\n")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(home / "wells.csv"), str(home)], check=False)
    assert killed.returncode == -9
    assert sets.load_set(home, "wells").places.name == ["北5-9-572", "杏12-丁3"]
    assert sets.list_set_names(home) == ["wells"]
    sets.save_set(home, sets.load_set(home, "wells"))
    assert len(list((home / "places").iterdir())) == 1


def test_set_is_kept_as_it_was(home):
    content = "lon,lat,name,alias,street,number\n125,46,甲,a;b,东风路,5\n"
    own = taken_of(home, content, name="mine.csv", licence="CC0", attribution="市规划局", date="2026-01-01").set
    sets.save_set(home, own)
    again = sets.load_set(home, "mine")
    assert (again.source, again.places.other, again.houses.number) == (own.source, [("a", "b")], ["5"])


@pytest.mark.parametrize("name", ["../x", ".x", "a/b", "", "x" * 65, "-x"])
def test_name_of_a_set_never_leaves_its_folder(name, home):
    with pytest.raises(BadInput):
        sets.load_set(home, name)


def test_damaged_set_is_named(home):
    written_file = sets.save_set(home, taken_of(home, WELLS).set)
    written_file.write_bytes(b"{}\n")
    with pytest.raises(BadInput, match="damaged"):
        sets.load_sets(home)


# --- served -------------------------------------------------------------------------------------


def test_imported_list_is_found_at_once_and_after_the_next_import(served, capsys):
    home, _snapshot = served
    written(home, "wells.csv", WELLS)
    assert run(["places", "import", str(home / "wells.csv"), "--kind", "well", "--licence", "own"]) == 0
    assert "杏12-丁3" in current_places(home).name.as_list()
    snapshot = import_town(home)
    assert "杏12-丁3" in snapshot.section(PLACES).name.as_list()
    assert [source.licence for source in snapshot.manifest.sources if source.name == "places: wells"] == ["own"]


def test_removed_list_is_found_no_more_and_the_city_is_as_before(served, capsys):
    home, before = served
    written(home, "a.csv", "lon,lat,street,number,name\n125.003,46.5004,团结大街,6,甲\n125.9,46.9,新街,1,乙\n")
    assert run(["import", str(home / "a.csv")]) == 0
    assert "新街" in current_places(home).name.as_list()
    assert run(["places", "remove", "a"]) == 0
    old, now = before.section(PLACES), current_places(home)
    for name in (
        "lonlat",
        "house_lonlat",
        "house_street",
        "vertex",
        "segment_vertex",
        "crossing_lonlat",
        "house_start",
    ):
        assert np.array_equal(getattr(old, name), getattr(now, name)), name
    assert old.name.as_list() == now.name.as_list()
    assert not [s for s in Snapshots(home).open(Snapshots(home).current_id()).manifest.sources if "places:" in s.name]


def test_own_house_stands_on_the_road_of_its_street(served, capsys):
    home, _snapshot = served
    written(home, "a.csv", "lon,lat,street,number\n125.003,46.5004,团结大街,6\n")
    assert run(["places", "import", str(home / "a.csv")]) == 0
    places = current_places(home)
    row = places.house_osm.as_list().index("own:a:2")
    assert places.osm[int(places.house_street[row])] == "w101"


def test_own_places_answer_with_an_id_that_lasts(served, capsys):
    home, _snapshot = served
    written(home, "wells.csv", "lon,lat,name,id\n125.10,46.50,杏12-丁3,W-77\n")
    assert run(["places", "import", str(home / "wells.csv"), "--kind", "well"]) == 0
    snapshots = Snapshots(home)
    world = World(snapshots.open(snapshots.current_id()), None)
    place = service.geocode(world, "杏12-丁3井")[0]
    assert (place.id, place.category) == ("own:wells:W-77", "man_made=petroleum_well")


def test_other_sections_are_shared_not_copied(served, capsys):
    home, before = served
    written(home, "a.csv", WELLS)
    assert run(["places", "import", str(home / "a.csv")]) == 0
    now = Snapshots(home).open(Snapshots(home).current_id())
    assert now.id != before.id
    assert (now.folder / "areas/name.npy").samefile(before.folder / "areas/name.npy")
    assert now.verify() == ()


def test_own_posts_calibrate_a_road(served, capsys):
    home, _snapshot = served
    rows = ["lon,lat,ref,chainage", "125.000,46.5001,S201,10", "125.020,46.5001,S201,K11+500"]
    written(home, "posts.csv", "\n".join(rows))
    assert run(["places", "import", str(home / "posts.csv")]) == 0
    places = current_places(home)
    assert places.route_ref.as_list() == ["s201"]
    assert float(np.interp(10_750, places.lrs_m, places.lrs_lonlat[:, 0])) == pytest.approx(125.01)


def test_dry_run_changes_nothing(served, capsys):
    home, before = served
    written(home, "a.csv", WELLS)
    assert run(["places", "import", str(home / "a.csv"), "--dry-run"]) == 0
    assert Snapshots(home).current_id() == before.id
    assert sets.list_set_names(home) == []


def test_bad_rows_are_all_in_the_report(served, capsys):
    home, _snapshot = served
    rows = ["lon,lat,name", "125,46,a", *(f"x{number},46,b" for number in range(50))]
    written(home, "a.csv", "\n".join(rows))
    assert run(["places", "import", str(home / "a.csv"), "--later"]) == 0
    assert "50 x lon … is no number" in capsys.readouterr().err
    assert len((home / "places/a.bad.csv").read_text("utf-8-sig").splitlines()) == 51


def test_lists_are_listed(home, capsys):
    written(home, "wells.csv", WELLS)
    assert run(["places", "import", str(home / "wells.csv"), "--attribution", "油田"]) == 0
    assert run(["places", "list"]) == 0
    assert "wells  2 places  from wells.csv  油田" in capsys.readouterr().out


@pytest.mark.parametrize("words", ["import", "import no.csv", "import no.xls", "remove x", "import a b --name n"])
def test_wrong_words_of_places_are_said(words, home, capsys):
    assert run(["places", *words.split()]) == 2


def test_unknown_kind_is_refused():
    with pytest.raises(BadInput, match="none"):
        read_rows(RawRows("line"), Reading({}, "ship"), "x")


# --- files that were made to do harm --------------------------------------------------------------


def test_many_open_quotes_take_no_longer_than_other_lines(tmp_path):
    rows = ["lon,lat,name", *['125,46,"open'] * 100_000, "125,46,末"]
    taken = taken_of(tmp_path, "\n".join(rows))
    assert len(taken.bad) > 0


def test_columns_are_counted_before_they_are_named(tmp_path):
    with pytest.raises(BadInput, match="100,003 columns, at most 1,000"):
        taken_of(tmp_path, "lon,lat,name" + ",a" * 100_000 + "\n1,2,x\n")


def test_properties_of_all_features_are_counted_together(tmp_path):
    point = '"type":"Feature","geometry":{"type":"Point","coordinates":[125,46]}'
    names = (",".join(f'"k{row}_{each}":1' for each in range(50)) for row in range(50))
    content = ",".join(f'{{{point},"properties":{{{each}}}}}' for each in names)
    with pytest.raises(BadInput, match="2,500 columns"):
        taken_of(tmp_path, f'{{"type":"FeatureCollection","features":[{content}]}}', "a.geojson")


def test_crs_of_geojson_may_be_anything(tmp_path):
    point = '{"type":"Feature","geometry":{"type":"Point","coordinates":[125,46]},"properties":{"name":"a"}}'
    for crs in ('{"properties":[]}', '{"properties":{"name":null}}', "[]"):
        content = f'{{"type":"FeatureCollection","crs":{crs},"features":[{point}]}}'
        assert taken_of(tmp_path, content, "a.geojson").set.places.name == ["a"]


def gpkg_of(folder, *statements):
    """A file that begins as a GeoPackage with one layer; statements change it."""
    with closing(sqlite3.connect(folder / "a.gpkg")) as database:
        database.executescript(
            "CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT);"
            "INSERT INTO gpkg_contents VALUES ('a', 'features');"
            "CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER);"
            "INSERT INTO gpkg_geometry_columns VALUES ('a', 'geom', 4326);"
            "CREATE TABLE a (name TEXT, geom BLOB);"
        )
        for statement in statements:
            database.execute(*statement) if isinstance(statement, tuple) else database.executescript(statement)
        database.commit()
    return folder / "a.gpkg"


def point_blob(wkb):
    return b"GP\0\1" + struct.pack("<i", 4326) + wkb


ENDLESS = "WITH RECURSIVE n(x, y) AS (SELECT 'a', 'features' UNION ALL SELECT x, y FROM n) SELECT x, y"


@pytest.mark.parametrize(
    "statements",
    [
        f"DROP TABLE gpkg_contents; CREATE VIEW gpkg_contents (table_name, data_type) AS {ENDLESS} FROM n;",
        f"DROP TABLE gpkg_geometry_columns; CREATE VIEW gpkg_geometry_columns AS {ENDLESS}, 1 AS srs_id FROM n;",
        f"DROP TABLE a; CREATE VIEW a (name, geom) AS {ENDLESS} FROM n;",
        "DROP TABLE a; CREATE VIRTUAL TABLE a USING fts5(name, geom);",
        "DROP TABLE a; CREATE TABLE a (name TEXT, geom BLOB AS (zeroblob(900000000))); INSERT INTO a VALUES ('x');",
    ],
)
def test_program_in_a_geopackage_is_not_run(statements, tmp_path):
    with pytest.raises(BadInput):
        read_file(gpkg_of(tmp_path, statements), SetWish(), tmp_path)


def test_nested_geometry_costs_its_own_row_only(tmp_path):
    point = struct.pack("<BIdd", 1, 1, 125.0, 46.0)
    rows = [("好", point), ("坏", struct.pack("<BII", 1, 7, 1) * 50_000 + point)]
    inserts = [("INSERT INTO a VALUES (?, ?)", (name, point_blob(wkb))) for name, wkb in rows]
    taken = read_file(gpkg_of(tmp_path, *inserts), SetWish(), tmp_path)
    assert taken.set.places.name == ["好"]
    assert told(taken) == {2: "it has no geometry"}


@pytest.mark.parametrize("name", ["../x", "/x", "a/b", ".a", "-a", "a b", "a\n", "x*", "[a]", "", "a" * 65, "𠀀" * 64])
def test_name_of_a_set_is_no_path_and_fits_a_folder(name, tmp_path):
    with pytest.raises(BadInput):
        sets.check_set_name(name)


def test_import_leaves_what_another_one_is_writing(home):
    taken = taken_of(home, WELLS, kind="well", name="wells.csv")
    service_sets.keep_set(home, taken)
    mine, killed, others = (home / "places" / name for name in (".wells~1", ".wells~99999999", ".wells-2~99999999"))
    for file in (mine, killed, others):
        file.touch()
    service_sets.keep_set(home, taken)
    assert [file.exists() for file in (mine, killed, others)] == [True, False, True]
