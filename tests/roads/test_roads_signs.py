"""Signals, stop signs and crossings: which are met when an edge is driven. One character of a map is 10 m here."""

from __future__ import annotations

import pytest

from tests.draw import draw_roads
from tests.roads.conftest import Builder, City

SIGNAL = {"highway": "traffic_signals"}
STOP = {"highway": "stop"}
CROSSING = {"highway": "crossing"}

# The crossing X with its stop line s 10 m before it on the long arm from W.
CROSS = """
                N
                |
                |
                |
                |
    W-----------X-------E
                |
                |
                S
"""
ARMS = {"WX": {}, "XE": {}, "NX": {}, "XS": {}}
STOP_LINE = CROSS.replace("-X", "sX").replace("s", "s", 1)
LINE_ARMS = {"WsX": {}, "XE": {}, "NX": {}, "XS": {}}


def build_cross(build: Builder, text: str, ways: dict[str, dict[str, str]], **nodes: dict[str, str]) -> City:
    return build(draw_roads(text, ways=ways, nodes=nodes, grid_m=10.0))


def test_signal_of_a_junction_is_met_on_every_way_into_it(build: Builder) -> None:
    city = build_cross(build, CROSS, ARMS, X=SIGNAL)
    assert [city.along("signals", edge) for edge in ("WX", "EX", "NX", "SX")] == [1, 1, 1, 1]
    assert [city.along("signals", edge) for edge in ("XW", "XE", "XN", "XS")] == [0, 0, 0, 0]


def test_stop_line_speaks_to_who_drives_to_the_junction(build: Builder) -> None:
    city = build_cross(build, STOP_LINE, LINE_ARMS, s=SIGNAL)
    assert (city.along("signals", "WX"), city.along("signals", "XW")) == (1, 0)


def test_stop_line_and_junction_are_one_signal(build: Builder) -> None:
    city = build_cross(build, STOP_LINE, LINE_ARMS, s=SIGNAL, X=SIGNAL)
    assert [city.along("signals", edge) for edge in ("WX", "XW", "EX")] == [1, 0, 1]


def test_stop_line_cut_off_by_a_barrier_is_still_one_signal(build: Builder) -> None:
    ways = {"Ws": {}, "sX": {}, "XE": {}, "NX": {}, "XS": {}}
    city = build_cross(build, STOP_LINE, ways, s=SIGNAL, X=SIGNAL)
    assert [city.along("signals", edge) for edge in ("Ws", "sX", "Xs", "sW")] == [1, 0, 0, 0]


def test_footway_over_the_stop_line_makes_no_junction(build: Builder) -> None:
    text = STOP_LINE.replace("    W----------sX", "    W----------sX").replace(
        "                |\n    W", "               F|\n    W"
    )
    ways = {**LINE_ARMS, "Fs": {"highway": "footway"}}
    city = build_cross(build, text, ways, s=SIGNAL)
    assert [city.along("signals", edge) for edge in ("Ws", "sX", "Xs", "sW", "Fs")] == [1, 0, 0, 0, 1]


def test_signal_far_from_junctions_is_met_in_both_directions(build: Builder) -> None:
    text = CROSS.replace("W-----------X", "W-----s-----X")
    city = build_cross(build, text, LINE_ARMS, s=SIGNAL)
    assert (city.along("signals", "WX"), city.along("signals", "XW")) == (1, 1)


@pytest.mark.parametrize(("direction", "met"), [("forward", (1, 0)), ("backward", (0, 1)), ("both", (1, 1))])
def test_direction_of_a_signal_is_heeded(build: Builder, direction: str, met: tuple[int, int]) -> None:
    told = {**SIGNAL, "traffic_signals:direction": direction}
    city = build_cross(build, STOP_LINE, LINE_ARMS, s=told)
    assert (city.along("signals", "WX"), city.along("signals", "XW")) == met


def test_signal_on_a_one_way_road_is_met_even_behind_a_junction(build: Builder) -> None:
    ways = {**LINE_ARMS, "WsX": {"oneway": "-1"}}
    city = build_cross(build, STOP_LINE, ways, s=SIGNAL)
    assert city.along("signals", "XW") == 1


def test_crossing_of_a_dual_carriageway_is_waited_at_once(build: Builder) -> None:
    text = """
                N
        A-------B-------C
                |
        D-------E-------F
                S
    """
    ways = {"CBA": {"oneway": "yes"}, "DEF": {"oneway": "yes"}, "NB": {}, "BE": {}, "ES": {}}
    city = build_cross(build, text, ways, B=SIGNAL, E=SIGNAL)
    assert [city.along("signals", edge) for edge in ("NB", "BE", "ES", "SE", "EB", "CB")] == [1, 0, 0, 1, 0, 1]


def test_stop_sign_speaks_to_who_drives_to_the_nearer_junction(build: Builder) -> None:
    city = build_cross(build, STOP_LINE, LINE_ARMS, s=STOP)
    assert (city.along("stops", "WX"), city.along("stops", "XW")) == (1, 0)


def test_give_way_sign_with_a_direction_is_heeded(build: Builder) -> None:
    sign = {"highway": "give_way", "direction": "backward"}
    city = build_cross(build, STOP_LINE, LINE_ARMS, s=sign)
    assert (city.along("stops", "WX"), city.along("stops", "XW")) == (0, 1)


def test_stop_sign_on_a_junction_binds_all_only_if_it_says_so(build: Builder) -> None:
    arms = ("WX", "EX", "NX", "SX")
    some = build_cross(build, CROSS, ARMS, X=STOP)
    every = build_cross(build, CROSS, ARMS, X={**STOP, "stop": "all"})
    assert [some.along("stops", edge) for edge in arms] == [0, 0, 0, 0]
    assert [every.along("stops", edge) for edge in arms] == [1, 1, 1, 1]


def test_crossing_is_counted_once_along_the_road_and_once_along_the_path(build: Builder) -> None:
    text = "    F\nA---s---B\n    G"
    ways = {"AsB": {}, "Fs": {"highway": "footway"}, "sG": {"highway": "footway"}}
    roads = build_cross(build, text, ways, s=CROSSING).roads
    assert int(roads.seg_crossings.sum()) == 2
    assert int(roads.seg_crossings[roads.seg_class == roads.seg_class[0]].sum()) == 1


def test_crossing_inside_a_segment_is_counted(build: Builder) -> None:
    city = build_cross(build, "A--b--C", {"AbC": {}}, b=CROSSING)
    assert city.roads.seg_crossings.tolist() == [1]
