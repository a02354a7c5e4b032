"""What the reader of OSM files makes of them: columns, merging, clipping, sources."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import osmium
import pytest
import shapely

from location_cloud.errors import BadInput
from location_cloud.storage.osm import read_osm
from tests.storage.osm_files import TOWN, Silent, read_text, write_osm

SHARED = Path(__file__).parents[2].parent / "shared/data/osm"


def node(number: int, lat: float, lon: float, version: int = 1, tags: str = "") -> str:
    return f'<node id="{number}" version="{version}" lat="{lat}" lon="{lon}">{tags}</node>'


@pytest.mark.parametrize("suffix", [".osm", ".osm.gz", ".osm.bz2", ".osm.pbf"])
def test_every_format_gives_the_same_columns(tmp_path: Path, suffix: str) -> None:
    extract, _ = read_osm([write_osm(tmp_path / f"town{suffix}", TOWN)], None, Silent())
    assert extract.nodes.id.tolist() == [1, 2, 3, 4, 5]
    assert extract.nodes.lonlat_e7[2].tolist() == [240021000, 600011000]
    assert extract.ways.tags[0] == {"highway": "residential", "name": "Kauppakatu"}
    assert extract.relations.member_role == ["from", "via", "to"]
    assert extract.areas.id.tolist() == [11]


def test_tagged_nodes_are_found_by_their_place(tmp_path: Path) -> None:
    nodes = read_text(tmp_path, TOWN).nodes
    assert nodes.id[nodes.tagged].tolist() == [3, 5]
    assert nodes.tags == [{"highway": "crossing"}, {"amenity": "cafe"}]


def test_absent_node_leaves_a_gap_in_the_positions(tmp_path: Path) -> None:
    extract = read_text(tmp_path, TOWN)
    row = slice(*extract.ways.ref_start[2:4])
    assert extract.nodes.id[extract.ways.ref[row]].tolist() == [3, 4]
    assert extract.ways.position[row].tolist() == [0, 2]


def test_way_without_any_present_node_is_left_out(tmp_path: Path) -> None:
    body = node(1, 1, 1) + '<way id="7"><nd ref="90"/><nd ref="91"/><tag k="highway" v="path"/></way>'
    assert len(read_text(tmp_path, body).ways.id) == 0


def test_way_of_one_node_is_kept_with_it(tmp_path: Path) -> None:
    body = node(1, 1, 1) + '<way id="7"><nd ref="1"/><tag k="highway" v="path"/></way>'
    assert read_text(tmp_path, body).ways.ref_start.tolist() == [0, 1]


def test_node_off_the_globe_is_absent(tmp_path: Path) -> None:
    body = node(1, 1, 1) + node(2, 95, 1, tags='<tag k="amenity" v="cafe"/>')
    body += '<way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="path"/></way>'
    extract = read_text(tmp_path, body)
    assert extract.nodes.id.tolist() == [1]


def test_order_in_the_file_does_not_matter(tmp_path: Path) -> None:
    body = '<way id="7"><nd ref="2"/><nd ref="1"/><tag k="highway" v="path"/></way>' + node(2, 1, 1) + node(1, 2, 2)
    extract = read_text(tmp_path, body)
    assert extract.nodes.id[extract.ways.ref].tolist() == [2, 1]


def test_roads_drawn_in_an_editor_and_never_uploaded_are_read(tmp_path: Path) -> None:
    body = node(-1, 1, 1) + node(-2, 1, 1.1) + node(5, 1, 1.2)
    body += '<way id="-3"><nd ref="-1"/><nd ref="-2"/><nd ref="5"/><tag k="highway" v="road"/></way>'
    extract = read_text(tmp_path, body)
    assert extract.nodes.id[extract.ways.ref].tolist() == [-1, -2, 5]


def test_empty_document_is_an_empty_city(tmp_path: Path) -> None:
    extract = read_text(tmp_path, "")
    assert len(extract.nodes.id) == len(extract.ways.id) == len(extract.areas.id) == 0


# --- several files -----------------------------------------------------------------------------------------------


def test_later_version_wins_whatever_the_order_of_files(tmp_path: Path) -> None:
    tag = '<tag k="name" v="{}"/>'
    new = write_osm(tmp_path / "new.osm", node(1, 2, 2, version=5, tags=tag.format("new")))
    old = write_osm(tmp_path / "old.osm.pbf", node(1, 1, 1, version=4, tags=tag.format("old")))
    for files in ([new, old], [old, new]):
        nodes = read_osm(files, None, Silent())[0].nodes
        assert (nodes.tags, nodes.lonlat_e7.tolist()) == ([{"name": "new"}], [[20000000, 20000000]])


@pytest.mark.parametrize("versions", [(4, 5), (5, 4)])
def test_latest_version_wins_in_one_unsorted_file(tmp_path: Path, versions: tuple[int, int]) -> None:
    with osmium.SimpleWriter(str(tmp_path / "a.osm.pbf")) as writer:
        for version in versions:
            tags = {"name": str(version)}
            writer.add_node(osmium.osm.mutable.Node(id=1, version=version, location=(1.0, 1.0), tags=tags))
    assert read_osm([tmp_path / "a.osm.pbf"], None, Silent())[0].nodes.tags == [{"name": "5"}]


def test_way_gets_its_nodes_from_another_file(tmp_path: Path) -> None:
    way = '<way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="path"/></way>'
    files = [write_osm(tmp_path / "way.osm", way), write_osm(tmp_path / "node.osm", node(1, 1, 1) + node(2, 1, 1.1))]
    assert read_osm(files, None, Silent())[0].nodes.id.tolist() == [1, 2]


def test_the_same_file_twice_is_the_same_city(tmp_path: Path) -> None:
    town = write_osm(tmp_path / "town.osm.pbf", TOWN)
    twice, sources = read_osm([town, town], None, Silent())
    assert twice.ways.id.tolist() == [10, 11, 12]
    assert len(sources) == 2


# --- areas -------------------------------------------------------------------------------------------------------

SQUARE = "".join(node(n, lat, lon) for n, (lat, lon) in enumerate([(0, 0), (0, 1), (1, 1), (1, 0)], 1))
RING = '<nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>'


@pytest.mark.parametrize(
    ("tags", "areas"),
    [
        ('<tag k="building" v="yes"/>', 1),
        ('<tag k="landuse" v="forest"/>', 1),
        ('<tag k="highway" v="residential"/>', 0),
        ('<tag k="highway" v="pedestrian"/><tag k="area" v="yes"/>', 1),
        ('<tag k="leisure" v="track"/>', 0),
        ('<tag k="building" v="yes"/><tag k="area" v="no"/>', 0),
        ('<tag k="natural" v="coastline"/>', 0),
        ('<tag k="barrier" v="fence"/>', 0),
    ],
)
def test_closed_way_is_an_area_if_its_tags_say_so(tmp_path: Path, tags: str, areas: int) -> None:
    extract = read_text(tmp_path, SQUARE + f'<way id="7">{RING}{tags}</way>')
    assert len(extract.areas.id) == areas


def test_multipolygon_has_its_hole(tmp_path: Path) -> None:
    hole = "".join(node(n, lat, lon) for n, (lat, lon) in enumerate([(0.4, 0.4), (0.4, 0.6), (0.6, 0.5)], 5))
    ways = f'<way id="7">{RING}</way><way id="8"><nd ref="5"/><nd ref="6"/><nd ref="7"/><nd ref="5"/></way>'
    relation = (
        '<relation id="9"><member type="way" ref="7" role="outer"/><member type="way" ref="8" role="inner"/>'
        '<tag k="type" v="multipolygon"/><tag k="natural" v="water"/></relation>'
    )
    (lake,) = read_text(tmp_path, SQUARE + hole + ways + relation).areas.geometry
    assert lake.geom_type == "Polygon"
    assert len(lake.interiors) == 1


def test_broken_area_is_left_out_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    crossed = '<nd ref="1"/><nd ref="3"/><nd ref="1"/><nd ref="3"/><nd ref="1"/>'
    extract = read_text(tmp_path, SQUARE + f'<way id="7">{crossed}<tag k="building" v="yes"/></way>')
    assert len(extract.areas.id) == 0
    assert "1 areas are broken" in caplog.text


# --- clipping ----------------------------------------------------------------------------------------------------


def test_clip_keeps_ways_that_touch_it_whole_and_drops_the_rest(tmp_path: Path) -> None:
    town = write_osm(tmp_path / "town.osm.pbf", TOWN)
    corner = shapely.box(24.0, 60.0, 24.0005, 60.0005)  # holds node 1 only
    extract, _ = read_osm([town], corner, Silent())
    assert extract.ways.id.tolist() == [10, 11]
    assert extract.nodes.id.tolist() == [1, 2, 3, 4]
    assert extract.areas.id.tolist() == [11]
    assert extract.nodes.tags == [{"highway": "crossing"}]  # on a kept way; the far cafe is gone


def test_clip_keeps_relations_with_a_kept_member(tmp_path: Path) -> None:
    town = write_osm(tmp_path / "town.osm.pbf", TOWN)
    assert len(read_osm([town], shapely.box(24.0, 60.0, 24.01, 60.01), Silent())[0].relations.id) == 1
    far, _ = read_osm([town], shapely.box(24.4, 60.4, 24.6, 60.6), Silent())
    assert (len(far.relations.id), far.nodes.tags) == (0, [{"amenity": "cafe"}])


def test_clipped_columns_point_at_the_same_nodes(tmp_path: Path) -> None:
    town = write_osm(tmp_path / "town.osm.pbf", TOWN)
    clipped, _ = read_osm([town], shapely.box(24.0015, 60.0, 24.01, 60.01), Silent())
    assert clipped.nodes.id[clipped.ways.ref].tolist() == [1, 2, 3, 1, 2, 3, 4, 1, 3, 4]


# --- sources and progress ----------------------------------------------------------------------------------------


def test_source_says_licence_and_date_of_the_newest_object(tmp_path: Path) -> None:
    _, (source,) = read_osm([write_osm(tmp_path / "town.osm", TOWN)], None, Silent())
    assert (source.name, source.licence) == ("town.osm", "ODbL 1.0")
    assert source.attribution == "© OpenStreetMap contributors"
    assert source.date == "2021-05-05T00:00:00Z"


def test_source_takes_the_date_of_the_header_if_there_is_one(tmp_path: Path) -> None:
    header = osmium.io.Header()
    header.set("sorting", "Type_then_ID")
    header.set("osmosis_replication_timestamp", "2024-02-03T04:05:06Z")
    with osmium.SimpleWriter(str(tmp_path / "a.osm.pbf"), header=header) as writer:
        writer.add_node(osmium.osm.mutable.Node(id=1, location=(1.0, 1.0), tags={"amenity": "cafe"}))
    _, (source,) = read_osm([tmp_path / "a.osm.pbf"], None, Silent())
    assert source.date == "2024-02-03T04:05:06Z"


def test_wrong_box_in_the_header_is_ignored(tmp_path: Path) -> None:
    header = osmium.io.Header()
    header.set("sorting", "Type_then_ID")
    header.add_box(osmium.osm.Box(10.0, 10.0, 11.0, 11.0))
    with osmium.SimpleWriter(str(tmp_path / "a.osm.pbf"), header=header) as writer:
        writer.add_node(osmium.osm.mutable.Node(id=1, location=(50.0, 50.0), tags={"amenity": "cafe"}))
    assert len(read_osm([tmp_path / "a.osm.pbf"], None, Silent())[0].nodes.id) == 1


def test_progress_ends_at_its_totals(tmp_path: Path) -> None:
    progress = Silent()
    town = write_osm(tmp_path / "town.osm.pbf", TOWN)
    read_osm([town], None, progress)
    assert progress.units["read town.osm.pbf"] == progress.totals["read town.osm.pbf"] == town.stat().st_size


def test_no_file_is_refused() -> None:
    with pytest.raises(BadInput, match="no OSM file"):
        read_osm([], None, Silent())


def test_real_city_has_the_counts_that_osmium_reports() -> None:
    file = SHARED / "monaco-osrm.osm.pbf"
    if not file.exists():
        pytest.skip("the Monaco extract is not beside this checkout")
    extract, (source,) = read_osm([file], None, Silent())
    assert (len(extract.ways.id), len(extract.relations.id)) == (27355, 212)
    assert source.date == "2016-03-05T00:26:02Z"
    assert np.all(np.diff(extract.nodes.id) > 0)
    assert shapely.is_valid(extract.areas.geometry).all()
