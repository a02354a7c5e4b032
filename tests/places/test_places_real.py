import importlib.resources
import random
from pathlib import Path

import numpy as np
import pytest

from location_cloud.places.gather_houses import list_houses
from location_cloud.places.gather_objects import list_objects
from location_cloud.places.match import distance_m
from location_cloud.places.search import Wish, find_places
from location_cloud.storage.osm import read_osm

SHARED = Path(__file__).parents[2].parent / "shared/data/osm"
DEMO = importlib.resources.files("location_cloud.data").joinpath("demo/helsinki-centre.osm.pbf")


class Quiet:
    def step(self, title, total=0): ...

    def advance(self, units=1): ...


def recall(world, file, count):
    """Share of sampled addresses whose first answer lies within 60 m of one object with that address."""
    osm = read_osm([file], None, Quiet())[0]
    houses = list_houses(osm, list_objects(osm, ()))
    where = {}
    for row in range(len(houses)):
        if houses.street[row] and not houses.is_estimated[row]:
            key = (houses.street[row], houses.number[row], houses.town[row])
            where.setdefault(key, []).append(houses.lonlat[row])
    places, areas = world.sections["places"], world.sections["areas"]
    hits = 0
    sample = random.Random(11).sample(sorted(where), count)
    for street, number, town in sample:
        found = find_places(places, areas, f"{street} {number}, {town}".rstrip(", "), Wish(limit=3))
        known = np.array(where[street, number, town])
        hits += bool(found) and bool((distance_m(known, np.array(found[0].lonlat)) < 60).any())
    return hits / count


@pytest.fixture(scope="module")
def helsinki(import_file):
    return import_file(Path(str(DEMO)))


def test_demo_addresses_are_found(helsinki):
    assert recall(helsinki, Path(str(DEMO)), 300) >= 0.95


def test_finnish_and_swedish_names_of_a_street_are_one(helsinki):
    places, areas = helsinki.sections["places"], helsinki.sections["areas"]
    finnish, swedish = (find_places(places, areas, name, Wish())[0] for name in ("Mannerheimintie", "Mannerheimvägen"))
    assert finnish.row == swedish.row


@pytest.mark.skipif(not SHARED.exists(), reason="the shared OSM extracts are not on this machine")
def test_addresses_of_a_german_town_are_found(import_file):
    file = SHARED / "lauf-gh.osm.pbf"
    assert recall(import_file(file), file, 400) >= 0.99
