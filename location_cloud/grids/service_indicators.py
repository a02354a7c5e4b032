"""Indicators of grids: told by grid and period, listed, and put into classes for a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from location_cloud.errors import BadQuery, Conflict, NotFound, TooLarge, Unprocessable
from location_cloud.grids import store
from location_cloud.grids import store_indicators as indicators
from location_cloud.grids.classes import NO_VALUE, class_of, colours_of, find_breaks
from location_cloud.grids.model import MOST_AT_ONCE, Grid, Scheme
from location_cloud.grids.model_indicators import (
    MOST_NAMES,
    OWN,
    RESERVED,
    Kind,
    Method,
    Period,
    Value,
    last_day,
    newest,
)
from location_cloud.storage.live import next_version

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

Key = tuple[str, str, str]
"""Code, indicator and period of a value."""


@dataclass(frozen=True)
class GridClass:
    """One class of a choropleth. low, high: least and greatest value in it."""

    low: float
    high: float
    colour: str
    grids: int


@dataclass(frozen=True)
class Choropleth:
    """Grids with a number and its class. values, classes: beside the grids; None = the grid has no value.

    period: "" = of what every grid has by itself.
    """

    kind: Kind
    period: str
    day: date
    grids: Sequence[Grid]
    values: Sequence[float | None]
    classes: Sequence[int | None]
    legend: Sequence[GridClass]

    def colour(self, row: int) -> str:
        """The colour of a grid."""
        number = self.classes[row]
        return NO_VALUE if number is None else self.legend[number].colour


def put_values(
    live: Live, tenant: str, scheme: Scheme, values: Sequence[Value], removed: Sequence[Key] = ()
) -> tuple[int, int]:
    """(how many values were put, how many keys were asked to be removed). A value told again replaces the one before.

    Raises NotFound for a grid that there never was, Conflict for an indicator that is counted in another way here,
    BadQuery for a reserved name or a period that is none, TooLarge over a ceiling.
    """
    if len(values) + len(removed) > MOST_AT_ONCE:
        raise TooLarge(f"{len(values):,} values at once; the most is {MOST_AT_ONCE:,}", hint="send them in parts")
    for period in {each.period for each in values}:
        last_day(period)
    kinds = _kinds(values)
    with live.write() as connection:
        next_version(connection)  # who tells a new indicator at the same moment waits here
        for kind in kinds.values():
            _check_kind(connection, tenant, scheme, kind)
        _check_known(connection, tenant, scheme, {each.code for each in values} | {key[0] for key in removed})
        if removed:
            indicators.remove_values(connection, tenant, scheme, removed)
        indicators.put_values(connection, tenant, scheme, values)
        if values and indicators.count_names(connection, tenant, scheme) > MOST_NAMES:
            raise TooLarge(
                f"{scheme} grids have {MOST_NAMES} indicators already", hint="remove one: tell null for its values"
            )
    return len(values), len(removed)


def list_values(
    live: Live, tenant: str, scheme: Scheme, code: str, name: str, after: tuple[str, str], limit: int
) -> list[Value]:
    """Values of a grid by indicator and period. Raises NotFound."""
    with live.read() as connection:
        _check_known(connection, tenant, scheme, {code})
        return indicators.list_values(connection, tenant, scheme, code, name, after, limit)


def list_periods(live: Live, tenant: str, scheme: Scheme) -> list[Period]:
    """Which indicators there are for which periods."""
    with live.read() as connection:
        return indicators.list_periods(connection, tenant, scheme)


def values_by_code(
    connection: Any, tenant: str, scheme: Scheme, name: str, period: str
) -> tuple[Kind, str, dict[str, float]]:
    """(the indicator, the period, its values by grid); period "" = the one that ends last.

    Raises NotFound, naming what there is.
    """
    periods = indicators.list_periods(connection, tenant, scheme, name)
    if not periods:
        known = sorted({each.name for each in indicators.list_periods(connection, tenant, scheme)} | set(OWN))
        raise NotFound(f"{scheme} grids have no indicator {name[:40]!r}", hint=f"there are {', '.join(known)}")
    chosen = period or newest([each.period for each in periods])
    if chosen not in {each.period for each in periods}:
        told = ", ".join(each.period for each in periods[-12:])
        raise NotFound(f"indicator {name} has no values of {chosen[:20]!r}", hint=f"there are {told}")
    kind = Kind(name, periods[0].unit, periods[0].total)
    return kind, chosen, indicators.values_of(connection, tenant, scheme, name, chosen)


def choropleth(
    live: Live,
    tenant: str,
    scheme: Scheme,
    name: str,
    period: str,
    method: Method,
    classes: int,
    area_code: str,
    day: date | None,
    today: date,
) -> Choropleth:
    """Grids with their value of an indicator, in classes. day: of the grids, None = the last of the period, or today.

    Raises NotFound for an indicator or a period that is not there, TooLarge for more than MOST_AT_ONCE grids.
    """
    with live.read() as connection:
        told: Mapping[str, float]
        if name in OWN:
            kind, chosen, told = Kind(name, OWN[name], "sum"), "", {}
        else:
            kind, chosen, told = values_by_code(connection, tenant, scheme, name, period)
        of_day = day or (min(today, last_day(chosen)) if chosen else today)
        grids = store.list_grids(connection, live, tenant, scheme, of_day, area_code=area_code, limit=MOST_AT_ONCE + 1)
    if len(grids) > MOST_AT_ONCE:
        raise TooLarge(f"more than {MOST_AT_ONCE:,} grids", hint="name an area: area=, or read the tile set grids")
    values = [own_value(grid, name) if name in OWN else told.get(grid.code) for grid in grids]
    return _classified(kind, chosen, of_day, grids, values, method, classes)


def own_value(grid: Grid, name: str) -> float | None:
    """What a grid has by itself, of OWN; None where its households are not known."""
    if name == "area_m2":
        return grid.area_m2
    if grid.households is None:
        return None
    return float(grid.households) if name == "households" else grid.households / grid.area_m2 * 1e6


def _classified(
    kind: Kind,
    period: str,
    day: date,
    grids: Sequence[Grid],
    values: Sequence[float | None],
    method: Method,
    classes: int,
) -> Choropleth:
    known = np.array([value for value in values if value is not None], np.float64)
    if not len(known):
        return Choropleth(kind, period, day, grids, values, [None] * len(grids), ())
    bounds = find_breaks(known, classes, method)
    numbers = class_of(known, bounds)
    full = np.unique(numbers)  # classes of the same width may hold nothing: the legend leaves them out
    place = {int(number): row for row, number in enumerate(full)}
    colours = colours_of(len(full))
    legend = []
    for number in full.tolist():
        mine = known[numbers == number]
        legend.append(GridClass(float(mine.min()), float(mine.max()), colours[place[number]], len(mine)))
    following = iter(numbers.tolist())
    found = [None if value is None else place[next(following)] for value in values]
    return Choropleth(kind, period, day, grids, values, found, legend)


def _kinds(values: Sequence[Value]) -> Mapping[str, Kind]:
    kinds: dict[str, Kind] = {}
    seen: set[Key] = set()
    for each in values:
        if each.name in RESERVED:
            raise BadQuery(f"{each.name} is no name of an indicator", hint=f"not {', '.join(sorted(RESERVED))}")
        kind = Kind(each.name, each.unit, each.total)
        if kinds.setdefault(each.name, kind) != kind:
            raise BadQuery(f"indicator {each.name} is told in two units", hint="one unit and one total for all values")
        key = (each.code, each.name, each.period)
        if key in seen:
            raise BadQuery(f"{each.name} of {each.code} in {each.period} is told twice", hint="each once")
        seen.add(key)
    return kinds


def _check_kind(connection: Any, tenant: str, scheme: Scheme, kind: Kind) -> None:
    known = indicators.find_kind(connection, tenant, scheme, kind.name)
    if known is not None and known != kind:
        raise Conflict(
            f"indicator {kind.name} is kept in {known.unit!r} with total {known.total}, not in {kind.unit!r} with "
            f"{kind.total}",
            hint="convert the values, or take another name",
        )


def _check_known(connection: Any, tenant: str, scheme: Scheme, codes: set[str]) -> None:
    if len(codes) == 1:
        (code,) = codes
        missing = set() if store.list_spans(connection, tenant, scheme, code) else codes
    else:
        missing = codes - set(store.used_codes(connection, tenant, scheme, ""))
    if missing:
        error = NotFound if len(codes) == 1 else Unprocessable
        some = ", ".join(repr(code[:40]) for code in sorted(missing)[:5])
        raise error(f"there is no {scheme} grid {some}", hint=f"list them: GET /v1/grids/{scheme}")
