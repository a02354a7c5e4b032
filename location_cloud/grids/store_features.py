"""Grids as features: which columns they are chosen by, and what is told of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import numpy as np
import orjson
import sqlalchemy as sa

from location_cloud.feature_sets import Asked
from location_cloud.grids.model import Scheme
from location_cloud.grids.store import GRIDS
from location_cloud.spatial.cells.index_cell import index_codes
from location_cloud.storage.feature_tables import Columns, Condition, FeatureTable, are_equal

COLUMNS = ("code", "name", "area_code", "parent", "valid_from", "households")


def features_of(scheme: Scheme) -> FeatureTable:
    """The grids of a scheme: those that hold today, or of which something falls into a time that is asked for.

    Index: grids_code, or the spatial one with a box.
    """
    return FeatureTable(
        table=GRIDS,
        chosen=lambda asked: _chosen(scheme, asked),
        order=("code", "valid_from"),
        ids=lambda told: [f"{code}.{day}" for code, day in zip(told["code"], told["valid_from"], strict=True)],
        properties=_properties,
        time=(GRIDS.c.valid_from, GRIDS.c.valid_to),
        moment=lambda at: at.date().isoformat(),
    )


def of_id(text: str, today: date) -> list[Condition]:
    """The conditions that an id names: a code with the first day of its span, or a code for that which holds today."""
    code, _, day = text.partition(".")
    c = GRIDS.c
    return [c.code == code, c.valid_from == day] if day else [c.code == code, *_holds(today)]


def _chosen(scheme: Scheme, asked: Asked) -> list[Condition]:
    mine = [GRIDS.c.scheme == scheme, *are_equal({name: GRIDS.c[name] for name in COLUMNS}, asked)]
    return mine if asked.is_timed else [*mine, *_holds(asked.now.date())]


def _holds(day: date) -> tuple[Condition, Condition]:
    c, text = GRIDS.c, day.isoformat()
    return c.valid_from <= text, sa.or_(c.valid_to.is_(None), c.valid_to > text)


def as_moment(day: str | None) -> datetime | None:
    """The beginning of a day as it is stored, UTC."""
    return None if day is None else datetime.fromisoformat(f"{day}T00:00:00+00:00")


PLAIN = (
    *("code", "name", "scheme", "area_code", "parent", "valid_from", "valid_to", "area_m2", "households"),
    *("content", "beidou", "version"),
)


def _properties(told: Columns, now: float) -> Iterator[dict[str, Any]]:
    beidou = index_codes([-1 if cell is None else cell for cell in told["cell"]])
    areas = np.round(np.array(told["area_m2"], float), 1).tolist()
    columns = {**told, "beidou": beidou, "area_m2": areas}
    for row in zip(*(columns[name] for name in PLAIN), strict=True):
        found = dict(zip(PLAIN, row, strict=True))
        content = orjson.loads(found.pop("content"))
        yield {**found, **content}
