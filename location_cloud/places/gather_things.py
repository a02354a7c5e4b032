"""Things without a name that people look for by what they are: hydrants, pumps, shelters, chargers, car parks."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.extract import WAY, OsmExtract, TagColumns
from location_cloud.places.categories import load_categories
from location_cloud.places.poi_index import ThingTable

KINDS = (
    "emergency",
    "energy.oil",
    "energy.electricity.plant",
    "energy.electricity.substation",
    "energy.water",
    "energy.telecom",
    "medical",
    "government.security",
    "government.facility.toilets",
    "government.facility.telephone",
    "government.facility.drinking_water",
    "transport.road",
    "transport.public.airport",
    "transport.public.ferry",
    "services.money.atm",
)
"""Kinds of `categories` that are worth finding without a name."""

NOT_THINGS = {"emergency": {"yes", "no", "designated", "official", "destination", "private", "permissive"}}
"""Values that say who may drive on a road."""

LEFT_OUT = {"amenity=parking_space", "aeroway=*", "healthcare=*", "telecom=*", "military=*", "landuse=military"}
"""Single bays, and what is too vague without a name."""


def list_things(osm: OsmExtract, known: AbstractSet[str]) -> ThingTable:
    """The nodes and areas of those kinds that have no name. known: OSM names ("n1") of what is a place already."""
    wanted = _wanted_tags()
    nodes, areas = osm.nodes, osm.areas
    node_rows, node_tags = _rows(nodes.columns, wanted)
    area_rows, area_tags = _rows(areas.columns, wanted)
    middle = shapely.point_on_surface(areas.geometry[area_rows]) if len(area_rows) else np.zeros(0, object)
    lonlat = np.concatenate([nodes.lonlat_e7[nodes.tagged[node_rows]] / 1e7, shapely.get_coordinates(middle)])
    names = [f"n{number}" for number in nodes.id[nodes.tagged[node_rows]].tolist()]
    kinds = ["w" if kind == WAY else "r" for kind in areas.kind[area_rows].tolist()]
    names += [f"{kind}{number}" for kind, number in zip(kinds, areas.id[area_rows].tolist(), strict=True)]
    tags = [*node_tags, *area_tags]
    labels = [*_refs(nodes.columns, node_rows), *_refs(areas.columns, area_rows)]
    keep = [place for place, name in enumerate(names) if name not in known]
    return ThingTable(
        [tags[place] for place in keep],
        lonlat[keep].reshape(-1, 2),
        [names[place] for place in keep],
        [labels[place] for place in keep],
    )


def _wanted_tags() -> dict[str, set[str]]:
    """Values by key that make a thing; "*" among them = all."""
    wanted: dict[str, set[str]] = {}
    for category in load_categories().by_id.values():
        if any(category.id == kind or category.id.startswith(f"{kind}.") for kind in KINDS):
            for tag in category.osm:
                key, _equals, value = tag.partition("=")
                if tag not in LEFT_OUT and key != "building":
                    wanted.setdefault(key, set()).add(value)
    return wanted


def _rows(columns: TagColumns, wanted: dict[str, set[str]]) -> tuple[NDArray[np.int64], list[str]]:
    """Rows without a name that have one of the tags, ascending, each once with the first tag found."""
    tag_of: dict[int, str] = {}
    named = set(columns["name"].rows.tolist())
    for key, values in wanted.items():
        column = columns[key]
        skipped = NOT_THINGS.get(key, set())
        good = [("*" in values or value in values) and value not in skipped for value in column.values]
        for row, code in zip(column.rows.tolist(), column.codes.tolist(), strict=True):
            if good[code] and row not in named:
                tag_of.setdefault(row, f"{key}={column.values[code]}")
    rows = sorted(tag_of)
    return np.array(rows, np.int64), [tag_of[row] for row in rows]


def _refs(columns: TagColumns, rows: NDArray[np.int64]) -> list[str]:
    column = columns["ref"]
    return [column.values[code] if code >= 0 else "" for code in column.codes_at(rows).tolist()]
