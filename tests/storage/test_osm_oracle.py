"""The compiled reader against pyosmium, object by object: real cities, and invented files full of oddities."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import osmium
import pytest
import shapely
from osmium.osm.mutable import Node, Relation, Way

from location_cloud.extract import NODE, RELATION, WAY, OsmExtract
from location_cloud.storage.osm import read_osm
from tests.storage.osm_files import Silent

SHARED = Path(__file__).parents[2].parent / "shared/data/osm"
KINDS = {"n": NODE, "w": WAY, "r": RELATION}


def told_by_osmium(path: Path) -> Iterator[tuple[Any, ...]]:
    """Every tagged object: kind, id, tags, and its place, its nodes' places or its members."""
    for thing in osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.EmptyTagFilter()):
        tags = dict(thing.tags)
        if isinstance(thing, osmium.osm.Node):
            if thing.location.valid():
                yield "node", thing.id, tags, (thing.location.x, thing.location.y)
        elif isinstance(thing, osmium.osm.Way):
            nodes = [(place, each) for place, each in enumerate(thing.nodes) if each.location.valid()]
            if nodes:
                yield "way", thing.id, tags, [(p, each.ref, each.location.x, each.location.y) for p, each in nodes]
        else:
            yield "relation", thing.id, tags, [(KINDS[each.type], each.ref, each.role) for each in thing.members]


def told_by_us(extract: OsmExtract) -> Iterator[tuple[Any, ...]]:
    """The same of an extract."""
    nodes, ways, relations = extract.nodes, extract.ways, extract.relations
    for node, tags in zip(nodes.tagged, nodes.tags):
        yield "node", nodes.id[node], tags, tuple(nodes.lonlat_e7[node].tolist())
    for row, (number, tags) in enumerate(zip(ways.id, ways.tags)):
        own = slice(ways.ref_start[row], ways.ref_start[row + 1])
        places, refs = ways.position[own].tolist(), ways.ref[own]
        refs_of = zip(places, nodes.id[refs].tolist(), nodes.lonlat_e7[refs].tolist())
        yield "way", number, tags, [(place, ref, x, y) for place, ref, (x, y) in refs_of]
    for row, (number, tags) in enumerate(zip(relations.id, relations.tags)):
        own = slice(relations.member_start[row], relations.member_start[row + 1])
        members = zip(
            relations.member_kind[own].tolist(), relations.member_id[own].tolist(), relations.member_role[own]
        )
        yield "relation", number, tags, list(members)


def areas_of_osmium(path: Path) -> dict[tuple[int, int], shapely.Geometry]:
    """Every valid area that osmium makes of a relation or a closed way, whatever its tags, by kind and id."""
    wkb, found = osmium.geom.WKBFactory(), {}
    for thing in osmium.FileProcessor(str(path)).with_areas().with_filter(osmium.filter.EmptyTagFilter()):
        if isinstance(thing, osmium.osm.Area):
            try:
                shape = shapely.from_wkb(wkb.create_multipolygon(thing))
            except RuntimeError:
                continue
            if shape.is_valid:
                found[WAY if thing.from_way() else RELATION, thing.orig_id()] = shapely.normalize(shape)
    return found


def assert_as_osmium_reads(path: Path) -> None:
    extract, _ = read_osm([path], None, Silent())
    assert list(told_by_us(extract)) == list(told_by_osmium(path))
    known, areas = areas_of_osmium(path), extract.areas
    found = list(zip(areas.kind.tolist(), areas.id.tolist()))
    for each, shape in zip(found, areas.geometry):
        ours = shape if shape.geom_type == "MultiPolygon" else shapely.multipolygons([shape])
        assert shapely.equals_exact(shapely.normalize(ours), known[each], 0), each
    buildings = zip(extract.ways.id.tolist(), extract.ways.tags)
    wanted = {(WAY, number) for number, tags in buildings if tags.get("building") == "yes" and "area" not in tags}
    assert set(found) >= {each for each in known if each[0] == RELATION or each in wanted}


@pytest.mark.parametrize("name", ["lauf-gh.osm.pbf"])
def test_real_city_is_what_osmium_reads(name: str) -> None:
    if not (SHARED / name).exists():
        pytest.skip(f"{name} is not beside this checkout")
    assert_as_osmium_reads(SHARED / name)


def invent(path: Path, seed: int, form: str) -> None:
    """Nodes here and there, ways that are closed, crossed, short or have absent nodes, relations of anything."""
    dice = random.Random(seed)
    words = ["yes", "no", "大庆", "ü", "", "a" * 200, "area", "building", "multipolygon", "type"]
    header = osmium.io.Header()
    header.set("sorting", "Type_then_ID")

    def tags() -> dict[str, str]:
        pairs = {dice.choice(words): dice.choice(words) for _ in range(dice.randint(0, 3))}
        return pairs | dice.choice(({}, {"building": "yes"}, {"type": "multipolygon"}, {"highway": "path"}))

    with osmium.SimpleWriter(osmium.io.File(str(path), form), header=header) as writer:
        for number in range(1, 60):
            place = (dice.randint(-1800, 1800) / 10, dice.randint(-3, 3) / 1e7)
            writer.add_node(
                Node(id=number * 3, location=place, tags=tags(), timestamp=f"20{dice.randint(10, 20)}-01-01T00:00:00Z")
            )
        for number in range(1, 80):
            nodes = [dice.randint(1, 62) * 3 for _ in range(dice.randint(1, 6))]
            writer.add_way(Way(id=number**3, nodes=nodes + nodes[: dice.randint(0, 1)], tags=tags()))
        for number in range(1, 30):
            members = [
                (dice.choice("nwr"), dice.randint(1, 80) ** 3, dice.choice(words)) for _ in range(dice.randint(0, 4))
            ]
            writer.add_relation(Relation(id=number, members=members, tags=tags()))


@pytest.mark.parametrize("form", ["pbf", "pbf,pbf_dense_nodes=false", "pbf,pbf_compression=none,add_metadata=none"])
@pytest.mark.parametrize("seed", range(5))
def test_invented_file_is_what_osmium_reads(tmp_path: Path, seed: int, form: str) -> None:
    invent(tmp_path / "invented.osm.pbf", seed, form)
    assert_as_osmium_reads(tmp_path / "invented.osm.pbf")


def test_deleted_objects_of_a_history_are_gone(tmp_path: Path) -> None:
    header = osmium.io.Header()
    header.set("sorting", "Type_then_ID")
    header.has_multiple_object_versions = True
    path = tmp_path / "history.osh.pbf"
    with osmium.SimpleWriter(osmium.io.File(str(path), "pbf,history=true"), header=header) as writer:
        writer.add_node(Node(id=1, version=1, location=(1.0, 1.0), tags={"amenity": "cafe"}))
        writer.add_node(Node(id=1, version=2, location=(1.0, 1.0), visible=False))
        writer.add_node(Node(id=2, version=1, location=(2.0, 1.0), tags={"amenity": "bank"}))
        writer.add_way(Way(id=5, version=1, nodes=[1, 2], tags={"highway": "path"}))
        writer.add_way(Way(id=5, version=2, visible=False, tags={"highway": "path"}))
    extract, _ = read_osm([path], None, Silent())
    assert (list(extract.nodes.tags), len(extract.ways.id)) == ([{"amenity": "bank"}], 0)
