"""The questions of leaders: how each grid, area, department, post and person does, and which cases are behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from location_cloud.areas import service as areas
from location_cloud.cases import store_evaluation as store
from location_cloud.cases.evaluation import (
    SCORE,
    Floats,
    Ints,
    cases_of,
    definitions,
    order_of,
    ranks,
    scores_of,
    values_of,
)
from location_cloud.cases.evaluation_periods import Span, midnight_s, trend_of
from location_cloud.cases.model_evaluation import Evaluation, Group, Point, Row, Scheme
from location_cloud.cases.model_stages import COUNTERS
from location_cloud.cases.service_settings import read_terms
from location_cloud.cases.store_sums import EVERY
from location_cloud.errors import BadQuery, Denied, NotFound

if TYPE_CHECKING:
    from location_cloud.storage.live import Live
    from location_cloud.storage.world import World

LEVELS = {"district": 6, "town": 9, "village": 12}
"""Digits of the national codes of areas. Source: GB/T 2260, GB/T 10114."""

POST_SCORES = {"leader": "leader", "dispatcher": "dispatcher", "inspector": "inspector", "department": "department"}
"""Role -> the score of its post; others have none."""

SCHEMES: Mapping[str, Scheme] = {
    "grid": Scheme(Group("grid")),
    "village": Scheme(Group("village")),
    "area": Scheme(Group("area"), LEVELS),
    "department": Scheme(Group("department"), score="department"),
    "team": Scheme(Group("department", by_sub=True), score="department"),
    "post": Scheme(Group("person"), score=""),
    "person": Scheme(Group("person", by_sub=True), score=""),
    "class": Scheme(Group("class")),
}
"""team: the posts within a department. post: the roles of the desk. person: whoever acts in a role."""

LEAST_CASES = 5
"""With fewer, one case moves a rate by over 20 points: no rank is told."""

MOST_ROWS = 200_000
MOST_TREND = 60

Sums = dict[tuple[str, str], Ints]


@dataclass(frozen=True)
class Asked:
    """Which evaluation is meant.

    scheme: of SCHEMES; level: of an area. within: codes of areas or grids that it lies in. ranked_by: "score" or an
    index. least: cases below which there is no rank. areas, departments: that the caller is held to; () = all.
    """

    scheme: str
    span: Span
    level: str = ""
    within: str = ""
    key: str = ""
    ranked_by: str = SCORE
    least: int = LEAST_CASES
    areas: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()


def evaluate(
    live: Live,
    tenant: str,
    asked: Asked,
    after: int,
    limit: int,
    compared: bool = False,
    naming: Callable[[str], str] | None = None,
) -> Evaluation:
    """A page of the ranking, best first; who has too few cases, or nothing to be told of, behind all others.

    compared: with the values of the period before. naming: of areas (`area_names`).

    Raises BadQuery for what the scheme does not have, Denied for what the caller may not see.
    """
    zone = zone_of(live, tenant)
    group = _group(asked)
    sums = _sums(live, tenant, group, asked.span, zone)
    keys = sorted(sums)
    table = _table([sums[key] for key in keys])
    scores = _scores(asked.scheme, keys, table)
    values, counts, is_low_good = _ranked(asked, keys, table, scores)
    places = ranks(values, counts, asked.least, is_low_good)
    order = order_of(values, places, is_low_good)
    page = order[after : after + limit]
    earlier = _sums(live, tenant, group, asked.span.before(), zone) if compared else {}
    rows = _rows(keys, table, scores, counts, places, page, earlier, compared)
    names = _names(live, tenant, asked.scheme, naming, [row.key for row in rows])
    whole = _whole(live, tenant, asked, zone, table)
    return Evaluation(
        asked.span,
        zone,
        asked.ranked_by,
        asked.least,
        whole,
        tuple(replace(row, name=names.get(row.key, "")) for row in rows),
        len(keys),
        int((places > 0).sum()),
        after + limit if after + limit < len(keys) else None,
    )


def trend(live: Live, tenant: str, asked: Asked, sub: str, periods: int) -> tuple[Point, ...]:
    """How one of them did in so many periods, the asked one last. Raises as `evaluate`, NotFound if it has no rows."""
    zone = zone_of(live, tenant)
    group = _of_one(_group(asked), asked.key, sub)
    found = []
    for span in trend_of(asked.span, periods):
        sums = _sums(live, tenant, group, span, zone)
        table = _table(list(sums.values())).sum(axis=0, keepdims=True)
        scores = _scores(asked.scheme, [(asked.key, sub)], table)
        _, counts, _ = _ranked(asked, [(asked.key, sub)], table, scores)
        row = _rows([(asked.key, sub)], table, scores, counts, np.zeros(1, np.int64), [0], {}, False)[0]
        found.append(Point(span, row))
    if not any(any(point.row.counts.values()) for point in found):
        raise NotFound(f"{asked.scheme} {asked.key} has no work in these periods", hint="see the ranking for its keys")
    return tuple(found)


def cases_behind(
    live: Live, tenant: str, asked: Asked, sub: str, index: str, which: str, after: int, limit: int
) -> list[int]:
    """Ids of the cases behind one number, rising.

    which: "over" = they count above the line, "under" = below it, "rest" = below and not above. Raises as `evaluate`.
    """
    zone = zone_of(live, tenant)
    known = get_index(index)
    group = _of_one(_group(asked), asked.key, sub)
    span = asked.span
    stretch = (midnight_s(span.begin, zone), midnight_s(span.end, zone)) if span.edges() else None
    counts = dict(known.over), dict(known.under or known.over)
    with live.read() as connection:
        return store.list_cases_behind(connection, tenant, group, stretch, span.touched(), counts, which, after, limit)


def get_index(name: str) -> Any:
    """The index of that name. Raises BadQuery."""
    known = definitions().indices
    if name not in known:
        raise BadQuery(f"index={name[:40]} is unknown", hint=f"known are {', '.join(known)}")
    return known[name]


def area_names(world: World) -> Callable[[str], str]:
    """What gives an area's name by its code, "" for one that is not known."""

    def naming(code: str) -> str:
        try:
            return areas.get_area(world, code, with_geometry=False).name
        except NotFound:
            return ""

    return naming


def zone_of(live: Live, tenant: str) -> str:
    """Whose months and days count: those of the tenant's calendar."""
    return read_terms(live, tenant).calendar().zone


# --- what is summed ----------------------------------------------------------------------------------------------


def _group(asked: Asked) -> Group:
    scheme = SCHEMES[asked.scheme]
    if asked.level and asked.level not in scheme.levels:
        raise BadQuery(
            f"level={asked.level} is not of {asked.scheme}", hint="level is district, town or village of area"
        )
    level = asked.level or ("district" if scheme.levels else "")
    group = replace(scheme.group, digits=scheme.levels.get(level, 0))
    is_place = group.kind in ("grid", "village", "area")
    if asked.within:
        if not is_place:
            raise BadQuery(f"within= is not of {asked.scheme}", hint="it narrows grid, village and area")
        group = replace(group, keys=(asked.within,))
    if asked.areas:
        if not is_place:
            raise Denied("this key is held to areas", hint="it may ask for grid, village and area")
        if not asked.within:
            group = replace(group, keys=asked.areas)
        elif not asked.within.startswith(asked.areas):
            raise Denied(f"this key is held to areas {', '.join(asked.areas)}", hint=f"within={asked.areas[0]}")
    if asked.departments:
        if group.kind != "department":
            raise Denied("this key is held to departments", hint="it may ask for department and team")
        group = replace(group, only=asked.departments)
    return group


def _of_one(group: Group, key: str, sub: str) -> Group:
    """The group of one key alone; "" = all of them together."""
    if sub and not group.by_sub:
        raise BadQuery("sub= is of team and person", hint="leave it away")
    allowed = group.keys or group.only
    if allowed and not (key.startswith(group.keys) if group.keys else key in group.only):
        raise NotFound(f"{key[:40]!r} is none of {', '.join(allowed)}", hint="see the ranking for its keys")
    return replace(group, key=key, sub=sub, digits=min(group.digits, len(key)))


def _sums(live: Live, tenant: str, group: Group, span: Span, zone: str) -> Sums:
    """Counters by key: whole months as kept, single days added up from the stage table."""
    found: Sums = {}
    with live.read() as connection:
        months = span.months()
        parts = [store.sum_months(connection, tenant, group, months)] if months else []
        for begin, end in span.edges():
            parts.append(store.sum_stretch(connection, tenant, group, midnight_s(begin, zone), midnight_s(end, zone)))
    for rows in parts:
        for row in rows:
            key, counts = (row[0], row[1]), np.array(row[2:], np.int64)
            found[key] = found[key] + counts if key in found else counts
    return found


def _whole(live: Live, tenant: str, asked: Asked, zone: str, table: Ints) -> Row:
    """All of them together: of the tenant, or of what was narrowed."""
    if not (asked.within or asked.areas or asked.departments):
        whole = _sums(live, tenant, Group(EVERY), asked.span, zone)
        table = _table(list(whole.values()))
    sums = table.sum(axis=0, keepdims=True)
    place = scores_of(definitions().scores["place"], sums)
    counts = cases_of(definitions().indices["closing"], sums)
    return _rows([("", "")], sums, place, counts, np.zeros(1, np.int64), [0], {}, False)[0]


def _table(rows: Sequence[Ints]) -> Ints:
    return np.array(rows, np.int64).reshape(-1, len(COUNTERS))


# --- what is told of it ------------------------------------------------------------------------------------------


def _scores(scheme: str, keys: Sequence[tuple[str, str]], table: Ints) -> Floats:
    """The score of each row: the scheme's, or that of each one's post among those of the same."""
    found = np.full(len(keys), np.nan)
    for name, mine in _scored(scheme, keys):
        found[mine] = scores_of(definitions().scores[name], table[mine])
    return found


def _scored(scheme: str, keys: Sequence[tuple[str, str]]) -> list[tuple[str, Any]]:
    """Which score which rows have: its name and (rows,) bool."""
    fixed = SCHEMES[scheme].score
    if fixed:
        return [(fixed, np.ones(len(keys), bool))]
    roles = np.array([key for key, _ in keys], object)
    return [(name, roles == role) for role, name in POST_SCORES.items() if (roles == role).any()]


def _ranked(asked: Asked, keys: Sequence[tuple[str, str]], table: Ints, scores: Floats) -> tuple[Floats, Ints, bool]:
    """What rows are ranked by, of how many cases each is, and whether low is good."""
    if asked.ranked_by != SCORE:
        index = get_index(asked.ranked_by)
        return values_of(index, table), cases_of(index, table), index.is_low_good
    counts = np.zeros(len(table), np.int64)
    for name, mine in _scored(asked.scheme, keys):
        counts[mine] = _fewest(definitions().scores[name].weights, table[mine])
    return scores, counts, False


def _fewest(weights: Iterable[str], table: Ints) -> Ints:
    """Of how many cases the thinnest part of a score is."""
    counts = [cases_of(definitions().indices[name], table) for name in weights]
    return np.asarray(np.min(counts, axis=0), np.int64)


def _rows(
    keys: Sequence[tuple[str, str]],
    table: Ints,
    scores: Floats,
    counts: Ints,
    places: Ints,
    page: Iterable[Any],
    earlier: Sums,
    compared: bool,
) -> list[Row]:
    known = definitions().indices
    page = np.asarray(page, np.int64)
    table_of = [dict(zip(COUNTERS, row)) for row in table[page].tolist()]
    values_told = _by_row({name: values_of(index, table)[page] for name, index in known.items()}, len(page))
    before = {name: each[page] for name, each in _before(keys, earlier).items()} if compared else {}
    before_told = _by_row(before, len(page))
    scores_told = _told(scores[page])
    return [
        Row(
            keys[row][0],
            keys[row][1],
            "",
            table_of[at],
            values_told[at],
            scores_told[at],
            place or None,
            of,
            before_told[at],
        )
        for at, (row, place, of) in enumerate(zip(page.tolist(), places[page].tolist(), counts[page].tolist()))
    ]


def _by_row(columns: Mapping[str, Floats], count: int) -> list[dict[str, float | None]]:
    """A dictionary a row; 5,000 rows number by number took 0.7 s."""
    if not columns:
        return [{} for _ in range(count)]
    return [dict(zip(columns, row)) for row in zip(*map(_told, columns.values()))]


def _before(keys: Sequence[tuple[str, str]], earlier: Sums) -> dict[str, Floats]:
    nothing = np.zeros(len(COUNTERS), np.int64)
    table = _table([earlier.get(key, nothing) for key in keys])
    return {name: values_of(index, table) for name, index in definitions().indices.items()}


def _told(values: Floats) -> list[float | None]:
    return [value if value == value else None for value in values.tolist()]  # nan differs from itself


def _names(
    live: Live, tenant: str, scheme: str, naming: Callable[[str], str] | None, keys: Iterable[str]
) -> dict[str, str]:
    """What people call the keys; those that nobody knows are left out."""
    if scheme == "class":
        classes = read_terms(live, tenant).classes
        return {key: classes[key].name("zh") for key in keys if key in classes}
    return {key: name for key in keys if naming and (name := naming(key))}
