"""Grids added up by city, county, town and village: how many, how large, how many households, who answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, TypeAlias

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.areas.model import LEVELS, Areas
from location_cloud.grids import store, store_people
from location_cloud.grids.model import Scheme
from location_cloud.grids.model_indicators import Kind
from location_cloud.grids.service_indicators import values_by_code

if TYPE_CHECKING:
    from location_cloud.storage.world import World

By: TypeAlias = Literal["city", "county", "town", "village"]

DIGITS: Mapping[By, int] = {"city": 4, "county": 6, "town": 9, "village": 12}
"""Of a statistical code (GB/T 2260, GB/T 10114) that name an area of the level."""

LEVEL: Mapping[By, str] = {"city": "city", "county": "district", "town": "town", "village": "village"}


@dataclass
class Row:
    """The grids of one area. code "" = grids that lie in no area of the level. value: of the indicator, None = none.

    with_households, with_people, with_value: grids of which that is known. people: who answer, each grid's counted.
    """

    code: str
    name: str
    grids: int = 0
    area_m2: float = 0.0
    households: int = 0
    with_households: int = 0
    people: int = 0
    with_people: int = 0
    value: float | None = None
    with_value: int = 0


@dataclass(frozen=True)
class Summary:
    """Rows by code. indicator: what `value` is, None if none was asked for."""

    rows: list[Row]
    indicator: Kind | None
    period: str


def summarise(
    world: World, tenant: str, scheme: Scheme, by: By, day: date, area_code: str, indicator: str, period: str
) -> Summary:
    """Grids that hold on a day added up by area. indicator: "" = none; period: "" = the one that ends last.

    Raises NotFound for an indicator or a period that is not there.
    """
    with world.live.read() as connection:
        grids = store.list_sizes(connection, tenant, scheme, day, area_code)
        people = store_people.count_people(connection, tenant, scheme, day)
        kind, chosen, values = (
            values_by_code(connection, tenant, scheme, indicator, period) if indicator else (None, "", {})
        )
    areas = world.section(AREAS)
    rows: dict[str, Row] = {}
    above: dict[str, str] = {}
    for code, within, size, households in grids:
        if within not in above:
            above[within] = area_above(areas, within, by)
        row = rows.setdefault(above[within], Row(above[within], _name(areas, above[within])))
        row.grids += 1
        row.area_m2 += size
        row.households += households or 0
        row.with_households += households is not None
        row.people += people.get(code, 0)
        row.with_people += code in people
        if code in values:
            row.value = (row.value or 0.0) + values[code]
            row.with_value += 1
    if kind is not None and kind.total == "mean":
        for row in rows.values():
            row.value = None if row.value is None else row.value / row.with_value
    return Summary([rows[code] for code in sorted(rows)], kind, chosen)


def area_above(areas: Areas, code: str, by: By) -> str:
    """The code of the area of a level that an area is or lies in, "" = none: by its digits, else by what is around."""
    if code.isdigit():
        return code[: DIGITS[by]] if len(code) >= DIGITS[by] else ""
    row = areas.row_of.get(code, -1)
    chain = [row, *areas.ancestors(row)] if row >= 0 else []
    wanted = LEVELS.index(LEVEL[by])
    return next((areas.code[each] for each in chain if areas.level[each] == wanted), "")


def _name(areas: Areas, code: str) -> str:
    row = areas.row_of.get(code, -1)
    return areas.name[row] if row >= 0 else ""
