"""Kilometre posts of an extract: what is written on them, and on which road."""

from __future__ import annotations

import re

import numpy as np

from location_cloud.extract import OsmExtract, Tags
from location_cloud.places.model_table import OWN, RAIL_POST, ROAD_POST, PostTable
from location_cloud.places.parse_km_post import parse_km_post

CHAINAGE_KEYS = ("distance", "pk", "milestone", "km", "chainage", "railway:position:exact", "railway:position")
"""Where mappers write the kilometre, the most exact first."""

ROAD_KEYS = ("road_ref", "highway:ref", "nat_ref", "railway:ref", "ref")

MILE_M = 1609.344
"""International mile (1959 agreement)."""

MOST_M = 20_000_000.0
"""No road is longer: half around the earth."""

_PLAIN = re.compile(r"(?P<km>-?\d{1,5}(?:[.,]\d{1,4})?)\s?(?P<unit>km|公里|千米|mi|miles|m|米)?", re.IGNORECASE)
_PLUS = re.compile(r"(?P<km>\d{1,5})\s?\+\s?(?P<m>\d{1,3}(?:[.,]\d{1,3})?)")
_UNIT_M = {"mi": MILE_M, "miles": MILE_M, "m": 1.0, "米": 1.0}
_NUMBERED = re.compile(r"(?=.*[^\W\d_])(?=.*\d).{2,20}|\d{1,4}")


def list_posts(osm: OsmExtract) -> PostTable:
    """The posts of roads and railways whose kilometre is readable."""
    refs, metres, nodes, sides, networks = [], [], [], [], []
    columns, is_post = osm.nodes.columns, {}
    for key, network in (("railway", RAIL_POST), ("highway", ROAD_POST)):
        column = columns[key]
        wanted = [value in ("milestone", "marker") for value in column.values]
        is_post.update({row: network for row, code in zip(column.rows.tolist(), column.codes.tolist()) if wanted[code]})
    for row, network in sorted(is_post.items()):
        tags = osm.nodes.tags[row]
        found = post_of(tags)
        if found is None:
            continue
        refs.append(_road_of(tags))
        metres.append(found[0])
        sides.append(found[1])
        nodes.append(osm.nodes.tagged[row])
        networks.append(network)
    return PostTable(
        refs,
        np.array(metres, np.float64),
        osm.nodes.lonlat_e7[np.array(nodes, np.int64)].reshape(-1, 2) / 1e7,
        np.array(sides, np.int8),
        np.array(networks, np.int8),
        np.full(len(refs), OWN, np.int16),
    )


def post_of(tags: Tags) -> tuple[float, int] | None:
    """(metres, side) that a post's tags tell, None if no kilometre is readable."""
    for key in (*CHAINAGE_KEYS, "name", "inscription", "ref"):
        text = tags.get(key, "")
        # A bare number is a kilometre only where kilometres stand; as a name it may be anything.
        found = parse_chainage(text, is_bare=key in CHAINAGE_KEYS or (key == "ref" and "highway:ref" in tags))
        if found is not None:
            side = found[1] or _side(tags)
            return found[0], side
    return None


def parse_chainage(text: str, is_bare: bool = True) -> tuple[float, int] | None:
    """(metres, side as lrs_side) of a kilometre as people write it; None if it is none.

    is_bare: a plain number is one, too, in kilometres.

    >>> parse_chainage("K248+500"), parse_chainage("12.5"), parse_chainage("ZK3+020")
    ((248500.0, 0), (12500.0, 0), (3020.0, 1))
    """
    text = text.strip()
    if not text or len(text) > 60:
        return None
    plus, plain = _PLUS.fullmatch(text), _PLAIN.fullmatch(text)
    side = 0
    if plus:
        metres = 1000 * float(plus["km"]) + float(plus["m"].replace(",", "."))
    elif plain:
        if not (is_bare or plain["unit"]):
            return None
        metres = float(plain["km"].replace(",", ".")) * _UNIT_M.get((plain["unit"] or "").lower(), 1000.0)
    else:
        post = parse_km_post(text)
        if post is None or post.is_ramp:
            return None
        metres, side = post.metres, post.side
    return (metres, side) if 0 <= metres <= MOST_M else None


def _side(tags: Tags) -> int:
    written = tags.get("carriageway") or tags.get("side") or tags.get("railway:track_side") or ""
    return {"left": 1, "up": 1, "上行": 1, "right": 2, "down": 2, "下行": 2}.get(written.lower(), 0)


def _road_of(tags: Tags) -> str:
    for key in ROAD_KEYS:
        text = tags.get(key, "").strip()
        if (
            text
            and _NUMBERED.fullmatch(text)
            and not (key == "ref" and (text.isdigit() or parse_chainage(text, False)))
        ):
            return text
    return ""
