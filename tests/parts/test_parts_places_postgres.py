"""Names in PostgreSQL answer as the index in the snapshot does, come and go with it, and are refused otherwise."""

from __future__ import annotations

import dataclasses
import random
import secrets
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import inspect, make_url

from benchmarks.places import questions
from benchmarks.places.city import prepare
from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.doctor import examine
from location_cloud.errors import BadInput, Unprocessable
from location_cloud.places import service
from location_cloud.places.dataset import SECTION as PLACES
from location_cloud.places.fold import fold
from location_cloud.places.overlay import open_overlay, prepare_overlay
from location_cloud.places.service_names import places_of
from location_cloud.places.sources import ALL_KINDS
from location_cloud.places.store import names_table
from location_cloud.settings import Settings
from location_cloud.storage.build import build_snapshot
from location_cloud.storage.live import open_live
from location_cloud.storage.osm import read_osm
from location_cloud.storage.snapshot import Snapshots
from location_cloud.storage.world import World
from tests.places.drawn_towns import TOWN, Quiet, osm_of

pytestmark = pytest.mark.parts

LAUF = Path(__file__).parents[2] / "../shared/data/osm/lauf-gh.osm.pbf"
SEED = 4
FOCUS = (125.01, 46.5)


@pytest.fixture
def make_database(postgis_url):
    """Creates a database with the given words after its name; gives its URL."""
    made = []
    with psycopg.connect(postgis_url, autocommit=True) as server:

        def make(words="", user="postgres"):
            made.append(name := f"places_{secrets.token_hex(4)}")
            server.execute(f"CREATE DATABASE {name} {words}")
            return make_url(postgis_url).set(database=name, username=user).render_as_string(hide_password=False)

        yield make
        for name in made:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def plain_user(postgis_url):
    with psycopg.connect(postgis_url, autocommit=True) as server:
        server.execute("CREATE ROLE plain LOGIN")
        yield "plain"
        server.execute("DROP ROLE plain")


def build(home, file, keep=3):
    extract, sources = read_osm([file], None, Quiet())
    now = lambda: datetime.now(UTC)  # noqa: E731  # as the builder wants it
    return build_snapshot(home, "x", extract, sources, None, (AREAS, PLACES), (), Quiet(), now, keep)


def settings_of(home, url):
    return Settings(home=home, live_url=url, places_candidates="postgres", port=1)


@pytest.fixture
def town_file(tmp_path):
    file = tmp_path / "town.osm"
    file.write_text(osm_of(TOWN))
    return file


@pytest.fixture
def worlds(make_database, tmp_path):
    """(the world of a file with its own names, the same with names in PostgreSQL)."""
    lives = []

    def open_both(file):
        snapshot, url = build(tmp_path / "home", file), make_database()
        lives.append(live := open_live(url, tmp_path))
        own = World(snapshot, live)
        return own, dataclasses.replace(
            own, overlay={"places": open_overlay(snapshot, settings_of(tmp_path / "home", url))}
        )

    yield open_both
    for live in lives:
        live.close()


def files_of(request, tmp_path):
    if request.param == "lauf" and not LAUF.exists():
        pytest.skip(f"{LAUF} is not here")
    if request.param == "city":
        prepare(tmp_path / "city", SEED, 0.05)
    return {"lauf": LAUF, "city": tmp_path / "city/city.osm.pbf"}[request.param]


@pytest.fixture(params=["town", "lauf", "city"])
def both(request, tmp_path, worlds):
    if request.param == "town":
        return worlds(request.getfixturevalue("town_file"))
    return worlds(files_of(request, tmp_path))


def told(found):
    columns = (found.doc, found.form, found.size, found.is_inner, found.is_reading)
    names = [found.names[row] for row in found.text.tolist()]
    return sorted(zip(*(column.tolist() for column in columns), names, strict=True))


def asked_names(world, count=150):
    """Names, other names, readings and initials as the index has them."""
    index, chance = world.section(PLACES).index, random.Random(SEED)
    keys = [index.key[row] for row in chance.sample(range(len(index)), min(count, len(index)))]
    return [*keys, *(part for key in keys[:50] for part in index.table.spell(key) if part)]


@pytest.mark.parametrize("focus", [None, FOCUS])
def test_both_sources_know_the_same_exact_names(both, focus):
    own, stored = (places_of(world).index for world in both)
    for name in [*asked_names(both[0]), "没有这个", "Ångström'); --"]:
        assert told(own.exact(name, 500, ALL_KINDS, focus)) == told(stored.exact(name, 500, ALL_KINDS, focus)), name


@pytest.mark.parametrize("focus", [None, FOCUS])
def test_both_sources_know_the_same_beginnings(both, focus):
    own, stored = (places_of(world).index for world in both)
    chance = random.Random(SEED)
    for name in asked_names(both[0]):
        begin = name[: chance.randint(min(2, len(name)), len(name))]
        kinds = chance.choice((ALL_KINDS, ALL_KINDS, 0b0100, 0b1000))
        ours, theirs = (each.prefix(begin, 200, kinds, focus) for each in (own, stored))
        if len(ours.doc) < 200:  # of more, each chooses the best in its own way
            assert told(ours) == told(theirs), begin


def test_a_place_near_the_focus_comes_before_others_of_its_name(both):
    stored, places = places_of(both[1]).index, both[0].section(PLACES)
    for name in asked_names(both[0], 40):
        found = stored.exact(name, 500, ALL_KINDS)
        near = tuple(places.lonlat[found.doc[-1]].tolist())
        nearest = stored.exact(name, 1, ALL_KINDS, near).doc
        assert (places.lonlat[nearest] == near).all()


def test_misspelt_names_are_found_by_writing_and_by_sound(worlds, town_file):
    _, stored = worlds(town_file)
    for asked in ("大庆第一医院", "大庆市第一医元", "油田总衣院", "springfeld central station"):
        docs = places_of(stored).index.similar(fold(asked), 160, ALL_KINDS).doc
        assert {fold(stored.section(PLACES).name[row]) for row in docs.tolist()} & {
            *("大庆市第1医院", "油田总医院", "springfieldcentralstation")
        }


def first(world, asked):
    try:
        found = (service.suggest if asked.is_typing else service.geocode)(world, asked.text, asked.focus)
    except Unprocessable:
        return None
    return (found[0].name, found[0].lonlat) if found else None


def test_nearly_all_questions_get_the_same_first_answer(worlds, tmp_path):
    city = prepare(tmp_path / "city", SEED, 0.05)
    own, stored = worlds(tmp_path / "city/city.osm.pbf")
    kinds = [kind for kind in questions.KINDS if kind != "B1"]  # a city as small as this has nothing to draw them from
    asked = questions.ask(city, SEED, 10, kinds)
    other = [each.text for each in asked if first(own, each) != first(stored, each)]
    assert len(asked) >= 300
    assert len(other) <= 0.02 * len(asked), other


# --- what comes and goes --------------------------------------------------------------------------------------------


def tables(url):
    with closing(open_live(url, Path("/tmp"))) as live, live.read() as connection:
        return {name for name in inspect(connection).get_table_names() if name.startswith("place_names")}


def table_of(snapshot_id):
    return names_table(snapshot_id).name


def test_each_snapshot_has_its_own_names_until_it_is_removed(make_database, tmp_path, town_file):
    url, home, filled = make_database(), tmp_path / "home", []
    for _ in range(4):
        filled.append(snapshot := build(home, town_file, keep=2))
        prepare_overlay(snapshot, settings_of(home, url), Quiet())
    assert Snapshots(home).list_snapshots() == (filled[2].id, filled[3].id)
    assert tables(url) == {table_of(filled[2].id), table_of(filled[3].id)}


def test_names_of_the_snapshot_that_was_served_before_stay(make_database, tmp_path, town_file):
    url, home = make_database(), tmp_path / "home"
    for _ in range(3):
        prepare_overlay(snapshot := build(home, town_file, keep=1), settings_of(home, url), Quiet())
    assert len(tables(url)) == 2
    assert table_of(snapshot.id) in tables(url)


def test_two_snapshots_answer_each_from_its_own_names(make_database, tmp_path, town_file):
    url, home = make_database(), tmp_path / "home"
    old = build(home, town_file)
    town_file.write_text(osm_of(TOWN.replace("书香书店", "博文书店")))
    new = build(home, town_file)
    with closing(open_live(url, tmp_path)) as live:
        for snapshot, name in ((old, "书香书店"), (new, "博文书店"), (old, "书香书店")):
            world = World(snapshot, live, {"places": open_overlay(snapshot, settings_of(home, url))})
            assert service.geocode(world, name)[0].name == name


KILLED = """
import sys, time
from pathlib import Path
from location_cloud.places.overlay import prepare_overlay
from location_cloud.settings import Settings
from location_cloud.storage.snapshot import Snapshots

class Stuck:
    def step(self, title, total=0): ...
    def advance(self, units=1):
        print("here", flush=True)
        time.sleep(60)

home, url = Path(sys.argv[1]), sys.argv[2]
snapshots = Snapshots(home)
snapshot = snapshots.open(snapshots.current_id())
prepare_overlay(snapshot, Settings(home=home, live_url=url, places_candidates="postgres"), Stuck())
"""


def test_a_killed_fill_leaves_nothing_and_the_next_one_is_whole(make_database, tmp_path, town_file):
    url, home = make_database(), tmp_path / "home"
    snapshot = build(home, town_file)
    with subprocess.Popen([sys.executable, "-c", KILLED, str(home), url], stdout=subprocess.PIPE) as filling:
        assert filling.stdout.readline() == b"here\n"
        assert tables(url) == set()
        filling.kill()
    assert tables(url) == set()
    assert open_overlay(snapshot, settings_of(home, url)) == snapshot.id
    assert tables(url) == {table_of(snapshot.id)}


# --- what is refused ------------------------------------------------------------------------------------------------


def refusal(settings):
    """What the doctor says of the live store."""
    return next(finding for finding in examine(settings, False) if finding.title == "live store")


def test_a_database_of_the_c_locale_is_refused_with_the_way_out(make_database, tmp_path):
    url = make_database("TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    found = refusal(settings_of(tmp_path, url))
    assert not found.is_well
    assert "LOCALE 'C.UTF-8'" in found.seen


def test_a_database_of_the_c_locale_serves_embedded_names(make_database, tmp_path):
    url = make_database("TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    assert refusal(Settings(home=tmp_path, live_url=url, port=1)).is_well


def test_an_icu_database_is_taken(make_database, tmp_path, town_file):
    url = make_database("TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'und'")
    snapshot = build(tmp_path / "home", town_file)
    assert open_overlay(snapshot, settings_of(tmp_path / "home", url)) == snapshot.id


def test_a_missing_right_to_add_pg_trgm_is_named(make_database, plain_user, tmp_path, town_file):
    snapshot, url = build(tmp_path / "home", town_file), make_database(user=plain_user)
    with pytest.raises(BadInput, match=r"permission denied.*CREATE EXTENSION pg_trgm"):
        open_overlay(snapshot, settings_of(tmp_path / "home", url))
