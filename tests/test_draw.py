"""The drawing tool reads what is drawn."""

from xml.etree import ElementTree

import osmium
import pytest

from tests.draw import draw_areas, draw_roads


def test_drawn_lines_are_ways_in_all_directions() -> None:
    drawing = draw_roads(r"""
        A--B
        |\/|
        |/\|
        C--D
    """)
    assert set(drawing.ways) == {"AB", "AC", "AD", "BC", "BD", "CD"}


def test_lines_cross_at_a_plus_without_meeting() -> None:
    assert set(draw_roads("  A  \n  |  \nB-+-C\n  |  \n  D  ").ways) == {"AD", "BC"}


def test_small_letters_bend_a_road_and_capitals_divide_it() -> None:
    network = draw_roads("A--b--C--D").network()
    assert [network.names, network.costs] == [["AbC", "CbA", "CD", "DC"], [60_000, 60_000, 30_000, 30_000]]


def test_named_ways_need_no_line() -> None:
    network = draw_roads("A B C", {"ABC": {"oneway": "yes", "maxspeed": "72"}}).network()
    assert [network.names, network.costs] == [["AB", "BC"], [10_000, 10_000]]


def test_cell_is_grid_m_wide_and_high() -> None:
    drawing = draw_roads("A-B\n|\nC", grid_m=50.0)
    assert (drawing.xy_m["B"], drawing.xy_m["C"]) == ((100.0, 0.0), (0.0, -100.0))
    assert drawing.lonlat["A"] == (125.1, 46.6)
    assert drawing.lonlat["C"][1] < drawing.lonlat["A"][1] < drawing.lonlat["B"][1] + 1e-9


def test_osm_file_holds_nodes_ways_and_restrictions() -> None:
    drawing = draw_roads("A-B-C", restrictions=[("no_u_turn", "BA", "B", "AB"), ("only_u_turn", "AB", ("BC",), "BC")])
    root = ElementTree.fromstring(drawing.osm_xml())
    assert [len(root.findall(kind)) for kind in ("node", "way", "relation")] == [3, 2, 2]
    members = [(m.get("type"), m.get("ref"), m.get("role")) for m in root.iterfind("relation/member")]
    assert members[:3] == [("way", "1", "from"), ("node", "2", "via"), ("way", "1", "to")]
    assert members[4] == ("way", "2", "via")


def test_osm_file_is_read_by_osmium(tmp_path) -> None:
    drawing = draw_roads("A-B", {"AB": {"name": 'Fish & "Chips" 路'}})
    (tmp_path / "drawn.osm").write_text(drawing.osm_xml(), encoding="utf-8")
    read = [(thing.type_str(), dict(thing.tags)) for thing in osmium.FileProcessor(str(tmp_path / "drawn.osm"))]
    assert read == [("n", {}), ("n", {}), ("w", {"name": 'Fish & "Chips" 路', "highway": "residential"})]


def test_restriction_is_the_edges_it_names() -> None:
    network = draw_roads("A--B--C--D", restrictions=[("no_straight_on", "AB", "BC", "CD")]).network()
    assert network.rules == [("no", network.drive("ABCD"))]


def test_ambiguous_restriction_is_refused() -> None:
    drawing = draw_roads("A-B-C", {"ABC": {}, "B": {}}, [("no_u_turn", "ABC", "B", "ABC")])
    with pytest.raises(ValueError, match="cut ways at via"):
        _ = drawing.network().rules


def test_parallel_roads_are_told_apart_by_their_way() -> None:
    network = draw_roads("A-b\n| |\nc-D").network()
    assert network.edge("AD", "AbD") != network.edge("AD", "AcD") == network.edge("AcD")


@pytest.mark.parametrize(("text", "ways"), [("A-A", None), ("A-B", {"AX": {}})])
def test_sign_drawn_twice_or_not_at_all_is_refused(text, ways) -> None:
    with pytest.raises(ValueError, match="A"):
        draw_roads(text, ways)


def test_areas_are_the_squares_of_their_letter() -> None:
    areas = draw_areas("""
        AAB
        A.B
        AAB
    """)
    assert set(areas) == {"A", "B"}
    assert areas["A"].touches(areas["B"])
    assert areas["A"].area == pytest.approx(areas["B"].area * 5 / 3, rel=1e-3)


def test_area_of_two_parts_is_a_multipolygon() -> None:
    assert draw_areas("A.A")["A"].geom_type == "MultiPolygon"
