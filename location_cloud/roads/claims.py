"""What must hold of a sound network: tested after every import."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from location_cloud.roads.edges import edge_heads, edge_tails
from location_cloud.roads.model import BOTH, CLASSES, FORWARD, SERVICES, SMOOTHNESS, SURFACES, WHEN_KINDS, Roads

COLUMNS = tuple(field.name for field in fields(Roads) if field.name != "names")
"""Every array of the network, by its file's name."""

_CEILINGS = (
    ("seg_class", len(CLASSES)),
    ("seg_service", len(SERVICES)),
    ("seg_surface", len(SURFACES)),
    ("seg_smoothness", len(SMOOTHNESS)),
    ("seg_tracktype", 6),
    ("when_kind", len(WHEN_KINDS)),
)
_NUMBERS_OF_TEXTS = (
    *("seg_name", "seg_name_zh", "seg_name_en", "seg_ref", "conditional_text"),
    *("seg_turn_lanes_forward", "seg_turn_lanes_backward", "seg_destination_forward", "seg_destination_backward"),
    *("seg_junction_ref", "when_text", "country"),
)


def list_claims(roads: Roads) -> Iterator[tuple[str, bool]]:
    """Claims in words and whether they hold, cheap ones first: a later one may rely on the earlier ones."""
    nodes, segments, rules = roads.node_count, roads.segment_count, len(roads.rule_kind)
    for name in COLUMNS:
        rows = {"node": nodes, "seg": segments, "when": len(roads.when_kind), "country": 1}.get(name.partition("_")[0])
        if rows is not None:
            yield f"{name} has {rows} rows", len(getattr(roads, name)) == rows
    yield "every segment has a row of shape_start", len(roads.shape_start) == segments + 1
    yield "every rule has a row of rule_start", len(roads.rule_start) == rules + 1
    yield "shape_start ends with the shapes", int(roads.shape_start[-1]) == len(roads.shape_e7)
    yield "rule_start ends with the rules' edges", int(roads.rule_start[-1]) == len(roads.rule_edges)
    yield "every segment has two points or more", bool((np.diff(roads.shape_start) >= 2).all())
    yield "every rule has two edges or more", bool((np.diff(roads.rule_start) >= 2).all())
    for name, ceiling in (
        ("seg_from", nodes),
        ("seg_to", nodes),
        ("rule_edges", 2 * segments),
        ("conditional_edges", 2 * segments),
        ("when_segment", segments),
    ):
        column = getattr(roads, name)
        yield f"{name} is below {ceiling}", not len(column) or 0 <= column.min() <= column.max() < ceiling
    for name, ceiling in _CEILINGS:
        yield f"{name} is below {ceiling}", bool((getattr(roads, name) < ceiling).all())
    for name in _NUMBERS_OF_TEXTS:
        column = getattr(roads, name)
        yield f"{name} numbers a text", not len(column) or 0 <= column.min() <= column.max() < len(roads.names)
    yield "names_start ends with the texts", int(roads.names.start[-1]) == len(roads.names.data)
    yield "conditions ascend by segment", bool((np.diff(roads.when_segment) >= 0).all())
    yield (
        "conditions have a direction",
        bool(((roads.when_direction >= FORWARD) & (roads.when_direction <= BOTH)).all()),
    )
    yield "node ids ascend", bool((np.diff(roads.node_osm_id) > 0).all())
    yield "way ids ascend", bool((np.diff(roads.seg_way) >= 0).all())
    yield "lengths are finite", bool(np.isfinite(roads.seg_length_m).all())
    start, end = roads.shape_e7[roads.shape_start[:-1]], roads.shape_e7[roads.shape_start[1:] - 1]
    yield "segments start at their first node", bool((start == roads.node_e7[roads.seg_from]).all())
    yield "segments end at their last node", bool((end == roads.node_e7[roads.seg_to]).all())
    before, after = _following(roads)
    yield "the edges of a rule follow each other", bool((before == after).all())


def _following(roads: Roads) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """For each two neighbouring edges of a rule the node the one enters and the node the other leaves."""
    inside = np.ones(len(roads.rule_edges), bool)
    inside[roads.rule_start[:-1]] = False
    second = np.flatnonzero(inside)
    return edge_heads(roads)[roads.rule_edges[second - 1]], edge_tails(roads)[roads.rule_edges[second]]
