from __future__ import annotations

import contextlib
import gzip
import random
import sqlite3
import string
import threading
import urllib.request

import mapbox_vector_tile
import pytest
from small_archives import BOX, PLACES, vector_tile, write_mbtiles, write_pmtiles

from location_cloud.access.service import issue_key
from location_cloud.app import create_app
from location_cloud.errors import BadInput, NotFound
from location_cloud.http.kept_answers import max_age
from location_cloud.maps import archives
from location_cloud.maps.service_archives import add, list_archives, name_from, remove
from location_cloud.settings import Settings
from location_cloud.tile_sets import TileAt
from tests.conftest import Silent, copy_home
from tiles.packed import pack


def names_of(body: bytes) -> list[str]:
    features = mapbox_vector_tile.decode(body)["things"]["features"]
    return [feature["properties"]["name"] for feature in features]


@pytest.fixture
def small(tmp_path):
    """A home with the small archive, imported as `small`."""
    home = tmp_path / "home"
    add(home, "small", write_pmtiles(tmp_path / "small.pmtiles"), Silent())
    return home


@pytest.fixture
def asked(demo_home, tmp_path):
    """A client and the home that it is served from."""
    home = copy_home(demo_home, tmp_path)
    app = create_app(Settings(home=home, log="off"))
    yield app.test_client(), home
    app.extensions["location_cloud"].close()


@pytest.mark.parametrize("place", PLACES)
def test_an_imported_archive_gives_its_tiles(small, place):
    tile = archives.offered(small)["small"].read(TileAt(*place))
    assert names_of(gzip.decompress(tile.body)) == ["/".join(map(str, place))]
    assert tile.encoding == "gzip"


@pytest.mark.parametrize("place", [(1, 0, 0), (2, 3, 2), (3, 5, 3), (3, 0, 0)])
def test_an_archive_gives_nothing_where_it_has_nothing(small, place):
    assert archives.offered(small)["small"].read(TileAt(*place)) is None


def test_an_archive_tells_what_it_holds(small):
    tile_set = archives.offered(small)["small"]
    assert (tile_set.min_zoom, tile_set.max_zoom, tile_set.bounds) == (0, 3, BOX)
    assert tile_set.title["en"] == "Small"
    assert [(layer.name, dict(layer.fields)) for layer in tile_set.layers] == [("things", {"name": "String"})]
    assert tile_set.extra["center"] == [30.0, 50.0, 2]


def test_tiles_of_the_same_bytes_are_stored_once(tmp_path):
    places = [(5, x, y) for x in range(32) for y in range(32)]
    file = write_pmtiles(tmp_path / "sea.pmtiles", places, text="sea")
    about = add(tmp_path / "home", "sea", file, Silent())
    assert about.tiles == 1024
    assert file.stat().st_size < 18_000
    tile_set = archives.offered(tmp_path / "home")["sea"]
    assert all(names_of(gzip.decompress(tile_set.read(TileAt(*place)).body)) == ["sea"] for place in places)


def test_tiles_may_be_written_in_any_order(tmp_path):
    places = [(4, x, y) for x in range(16) for y in range(16)]
    random.Random(3).shuffle(places)
    add(tmp_path / "home", "mixed", write_pmtiles(tmp_path / "mixed.pmtiles", places), Silent())
    tile_set = archives.offered(tmp_path / "home")["mixed"]
    for place in places:
        assert names_of(gzip.decompress(tile_set.read(TileAt(*place)).body)) == ["/".join(map(str, place))]


def test_an_archive_is_served_at_once_replaced_at_once_and_removed_at_once(asked, tmp_path):
    client, home = asked
    assert client.get("/tiles/mine/2/2/1.mvt").status_code == 404
    for text in ("old", "new"):
        file = write_pmtiles(tmp_path / f"{text}.pmtiles", text=text)
        add(home, "mine", file, Silent())
        assert names_of(client.get("/tiles/mine/2/2/1.mvt").data) == [text]
    remove(home, "mine")
    assert client.get("/tiles/mine/2/2/1.mvt").status_code == 404
    assert [each.name for each in (home / "archives").iterdir()] == ["sets.json"]


def test_what_is_replaced_is_shown_for_a_minute_at_most(asked, tmp_path):
    client, home = asked
    add(home, "mine", write_pmtiles(tmp_path / "mine.pmtiles"), Silent())
    kept_s = max_age(client.get("/tiles/mine/2/2/1.mvt").headers["Cache-Control"])
    assert 0 < 2 * kept_s <= 60, "a worker repeats an answer as long, and who gets the last repetition keeps it as long"


def test_whoever_takes_gzip_gets_the_stored_bytes(asked, tmp_path):
    client, home = asked
    add(home, "mine", write_pmtiles(tmp_path / "mine.pmtiles"), Silent())
    answer = client.get("/tiles/mine/2/2/1.mvt", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.data == archives.offered(home)["mine"].read(TileAt(2, 2, 1)).body


def test_a_tile_that_stays_the_same_keeps_its_validator_when_the_archive_is_replaced(small, tmp_path):
    before = archives.offered(small)["small"]
    add(small, "small", write_pmtiles(tmp_path / "other.pmtiles", PLACES[:3]), Silent())
    after = archives.offered(small)["small"]
    assert after is not before
    assert after.read(TileAt(0, 0, 0)).etag == before.read(TileAt(0, 0, 0)).etag
    assert before.read(TileAt(3, 5, 2)) is not None, "whoever holds the old one reads on"


def test_readers_see_the_old_archive_or_the_new_one_never_none(small, tmp_path):
    files = [write_pmtiles(tmp_path / f"{text}.pmtiles", text=text) for text in ("one", "two")]
    seen, stop = set(), threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.update(names_of(gzip.decompress(archives.offered(small)["small"].read(TileAt(0, 0, 0)).body)))

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(20):
        add(small, "small", files[turn % 2], Silent())
    stop.set()
    reader.join()
    assert seen == {"0/0/0", "one", "two"}


def test_every_worker_serves_a_new_archive_at_once(served, served_home, tmp_path):
    add(served_home, "fresh", write_pmtiles(tmp_path / "fresh.pmtiles"), Silent())
    try:
        for _ in range(20):  # a new connection each: both workers get some
            with urllib.request.urlopen(f"{served}/tiles/fresh/2/2/1.mvt", timeout=5) as answer:
                assert names_of(answer.read()) == ["2/2/1"]
    finally:
        remove(served_home, "fresh")


def test_an_archive_of_a_scope_is_shown_to_its_keys_only(demo_home, tmp_path):
    home = copy_home(demo_home, tmp_path)
    add(home, "plans", write_pmtiles(tmp_path / "plans.pmtiles"), Silent(), scope="plans:read")
    app = create_app(Settings(home=home, keys="always", log="off"))
    system = app.extensions["location_cloud"]
    try:
        for scopes, status in ((("maps:read",), 403), (("maps:read", "plans:read"), 200)):
            key = issue_key(system.live, "a", "", scopes, system.clock())[1]
            answer = app.test_client().get("/tiles/plans/2/2/1.mvt", headers={"X-API-Key": key})
            assert answer.status_code == status
    finally:
        system.close()


def test_an_archive_never_hides_a_set_of_the_product(asked, tmp_path):
    client, home = asked
    before = client.get("/tiles/base/0/0/0.mvt")
    add(home, "mine", write_pmtiles(tmp_path / "mine.pmtiles"), Silent())
    register = home / "archives" / "sets.json"
    register.write_text(register.read_text().replace('"mine"', '"base"'))
    after = client.get("/tiles/base/0/0/0.mvt")
    assert (after.status_code, after.data) == (before.status_code, before.data)


@pytest.mark.parametrize("name", ["base", "traffic", "taken"])
def test_the_name_of_a_set_of_the_product_is_refused(tmp_path, name):
    with pytest.raises(BadInput, match="set of the product"):
        add(tmp_path / "home", name, write_pmtiles(tmp_path / "a.pmtiles"), Silent(), taken=["taken"])


def test_ten_thousand_names_that_lead_elsewhere_are_refused(tmp_path):
    file = write_pmtiles(tmp_path / "a.pmtiles")
    home = tmp_path / "home"
    parts = [
        "..",
        "/",
        "\\",
        "%2e",
        "%2f",
        "\0",
        "~",
        ".",
        "a",
        "C:",
        "\n",
        "大",
        "A",
        "．．",
        "@",
        " ",
        "etc",
        "passwd",
    ]
    chosen = random.Random(5)
    allowed = set(string.ascii_lowercase + string.digits + "_-")
    for _ in range(10_000):
        name = "".join(chosen.choices(parts, k=chosen.randint(1, 6)))
        if name and set(name) <= allowed:
            continue
        with pytest.raises(BadInput, match="no name for tiles"):
            add(home, name, file, Silent())
        assert not home.exists()


@pytest.mark.parametrize(
    ("given", "name"), [("City Map.v2.pmtiles", "city-map"), ("../A_b.mbtiles", "a_b"), ("城.x", "")]
)
def test_an_archive_without_a_name_is_called_as_its_file(tmp_path, given, name):
    assert name_from(tmp_path / given) == name


def test_a_damaged_folder_is_left_out_and_the_others_are_served(small, tmp_path):
    add(small, "other", write_pmtiles(tmp_path / "other.pmtiles"), Silent())
    folder = small / "archives" / archives.read_register(small)["other"]
    (folder / "ids.npy").unlink()
    archives._shelf.cache_clear()
    assert list(archives.offered(small)) == ["small"]
    (folder / "about.json").write_text("{}")
    assert list_archives(small)["other"] is None
    remove(small, "other")
    assert list(list_archives(small)) == ["small"]


def test_a_damaged_register_takes_no_map_away(asked, tmp_path):
    client, home = asked
    add(home, "small", write_pmtiles(tmp_path / "small.pmtiles"), Silent())
    assert client.get("/tiles/small.json").status_code == 200
    for damaged in ('{"small":', "[]", '{"small": 1}'):
        (home / archives.FOLDER / archives.REGISTER).write_text(damaged)
        assert client.get("/tiles/base.json").status_code == 200
        assert client.get("/tiles/small/0/0/0.mvt").status_code == 200
        with pytest.raises(BadInput, match="is damaged"):
            list_archives(home)


def test_removing_what_is_not_there_is_named(small):
    with pytest.raises(NotFound, match="'none'"):
        remove(small, "none")


# --- MBTiles --------------------------------------------------------------------------------------


def test_mbtiles_rows_are_counted_from_the_south(tmp_path):
    rows = [(z, x, (1 << z) - 1 - y, pack(vector_tile(f"{z}/{x}/{y}"))) for z, x, y in reversed(PLACES)]
    file = write_mbtiles(tmp_path / "a.mbtiles", rows, format="pbf", name="A", bounds="0,10,60,70", center="30,50,2")
    about = add(tmp_path / "home", "a", file, Silent())
    tile_set = archives.offered(tmp_path / "home")["a"]
    for place in PLACES:
        assert names_of(gzip.decompress(tile_set.read(TileAt(*place)).body)) == ["/".join(map(str, place))]
    assert (about.title, about.bounds, about.center, about.max_zoom) == ("A", BOX, (30.0, 50.0, 2), 3)


def test_plain_vector_tiles_of_mbtiles_are_packed(tmp_path):
    file = write_mbtiles(tmp_path / "a.mbtiles", [(0, 0, 0, vector_tile("plain"))], format="pbf")
    add(tmp_path / "home", "a", file, Silent())
    tile = archives.offered(tmp_path / "home")["a"].read(TileAt(0, 0, 0))
    assert names_of(gzip.decompress(tile.body)) == ["plain"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((0, 0, 1, b""), "outside zoom_level=0"),
        ((0, -1, 0, b""), "outside zoom_level=0"),
        ((31, 0, 0, b""), "is no tile"),
        (("a", 0, 0, b""), "is no tile"),
        ((0, 0, 0, "text"), "no blob"),
        ((0, 0, 0, b"junk of a tile"), "tile 0/0/0"),
        ((0, 0, 0, pack(bytes(40_000_000))), "more than 32,000,000 bytes"),
        ((28, 0, 0, pack(vector_tile("a"))), "z=28"),
    ],
)
def test_a_wrong_row_of_mbtiles_is_named(tmp_path, row, reason):
    file = write_mbtiles(tmp_path / "a.mbtiles", [row], format="pbf")
    with pytest.raises(BadInput, match=reason):
        add(tmp_path / "home", "a", file, Silent())
    assert not list_archives(tmp_path / "home")


def test_mbtiles_that_a_program_still_writes_are_refused(tmp_path):
    file = write_mbtiles(tmp_path / "open.mbtiles", [(0, 0, 0, vector_tile("old"))], format="pbf")
    with contextlib.closing(sqlite3.connect(file)) as writing:
        writing.execute("PRAGMA journal_mode = WAL")
        writing.execute("INSERT INTO tiles VALUES (1, 0, 0, ?)", (vector_tile("new"),))
        writing.commit()
        with pytest.raises(BadInput, match="-wal holds changes"):
            add(tmp_path / "home", "open", file, Silent())
    assert add(tmp_path / "home", "open", file, Silent()).tiles == 2


def test_a_view_that_never_ends_is_stopped(tmp_path):
    file = write_mbtiles(tmp_path / "a.mbtiles", [], format="pbf")
    connection = sqlite3.connect(file)
    connection.execute("DROP TABLE tiles")
    connection.execute(
        "CREATE VIEW tiles AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT 0 AS zoom_level, 0 AS tile_column, 0 AS tile_row, i AS tile_data FROM n WHERE i < 0"
    )
    connection.close()
    with pytest.raises(BadInput, match="interrupted"):
        add(tmp_path / "home", "a", file, Silent())


@pytest.mark.parametrize(
    ("ending", "content", "reason"),
    [
        (".pmtiles", b"", "empty"),
        (".pmtiles", b"SQLite format 3\0" * 99, "no PMTiles archive"),
        (".mbtiles", b"", "no such table"),
        (".mbtiles", b"PMTiles\x03" * 99, "not a database"),
        (".zip", b"PK", "archives end in"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path, ending, content, reason):
    file = tmp_path / f"a{ending}"
    file.write_bytes(content)
    with pytest.raises(BadInput, match=reason):
        add(tmp_path / "home", "a", file, Silent())


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadInput, match="no such file"):
        add(tmp_path / "home", "a", tmp_path / "none.pmtiles", Silent())
