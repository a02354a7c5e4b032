"""The statistics that maps are made of: published rows, an agency's own, and what closed searches add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from location_cloud.errors import BadQuery, NotFound, Unprocessable
from location_cloud.searches import store
from location_cloud.searches.subject_statistics import (
    DistanceRow,
    FeatureRow,
    fit_local,
    parse_distances,
    parse_features,
    shipped_distances,
    shipped_features,
)

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

DISTANCES, FEATURES = "distances", "find_features"
PARSERS = {DISTANCES: parse_distances, FEATURES: parse_features}

FLAT, MOUNTAIN = "flat", "mountain"
MOUNTAIN_RELIEF_M = 300.0
"""Difference of the 95th and the 5th percentile of height from which ground counts as mountain: the step between hills
and mountains of the usual relief classes (Hammond 1964)."""


@dataclass(frozen=True)
class Tables:
    """Rows in use: an agency's own come before the published ones of the same category."""

    distances: tuple[DistanceRow, ...]
    features: tuple[FeatureRow, ...]

    def feature_shares(self, category: str, ground: str) -> tuple[dict[str, float], str]:
        """Share of finds by feature and their source; of the ground, else of any of the category's; {} = none."""
        mine = [row for row in self.features if row.category == category]
        rows = [row for row in mine if row.ground == ground] or mine
        rows = [row for row in rows if row.ground == rows[0].ground]
        return {row.feature: row.share for row in rows}, "; ".join(sorted({row.source for row in rows}))

    def grounds(self, category: str) -> list[str]:
        """The grounds that distances of the category are told for."""
        return sorted({row.ground for row in self.distances if row.category == category})

    def ground_for(self, category: str, relief_m: float) -> str:
        """The ground whose name fits the relief, the first one if none says; "" without rows."""
        grounds = self.grounds(category)
        wanted = MOUNTAIN if relief_m >= MOUNTAIN_RELIEF_M else FLAT
        return next((each for each in grounds if "temperate" in each and wanted in each), "") or next(
            (each for each in grounds if wanted in each), grounds[0] if grounds else ""
        )


def find_tables(live: Live, tenant: str) -> Tables:
    """The statistics that the tenant's maps are made of."""
    with live.read() as connection:
        distances = store.find_table(connection, tenant, DISTANCES)
        features = store.find_table(connection, tenant, FEATURES)
    own_distances = parse_distances(distances) if distances else ()
    own_features = parse_features(features) if features else ()
    return Tables(_joined(own_distances, shipped_distances()), _joined(own_features, shipped_features()))


def put_table(live: Live, tenant: str, name: str, text: str, now: datetime) -> int:
    """Keeps an agency's own table in place of the one before; how many rows it has.

    Raises BadQuery that names the line which cannot be read.
    """
    rows = PARSERS[name](text)
    if not rows:
        raise BadQuery("the table has no rows", hint="DELETE removes a table")
    with live.write() as connection:
        store.put_table(connection, tenant, name, text, now)
    return len(rows)


def delete_table(live: Live, tenant: str, name: str) -> None:
    """Removes an agency's own table: the published rows count again. Raises NotFound if there is none."""
    with live.write() as connection:
        if not store.delete_table(connection, tenant, name):
            raise NotFound(f"there is no own table {name}", hint="the published rows cannot be removed")


def local_percentiles(live: Live, tenant: str) -> list[dict[str, Any]]:
    """Percentiles of distance by category of the tenant's own finds, with how many there are; [] rows for too few."""
    with live.read() as connection:
        finds = store.list_finds(connection, tenant)
    found = []
    for category in sorted({each for each, _ in finds}):
        metres = [each for of, each in finds if of == category]
        found.append({"category": category, "cases": len(metres), "percentiles": _fitted(metres)})
    return found


def _fitted(metres: Sequence[float]) -> list[dict[str, float]]:
    try:
        rows = fit_local(metres)
    except Unprocessable:  # too few cases
        return []
    return [
        {"percent": percent, "distance_m": middle, "low_m": low, "high_m": high} for percent, middle, low, high in rows
    ]


def _joined(own: Sequence[Any], shipped: Sequence[Any]) -> tuple[Any, ...]:
    told = {row.category for row in own}
    return (*own, *(row for row in shipped if row.category not in told))
