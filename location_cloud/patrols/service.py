"""The questions about beats and rosters: keep them, and which cells nobody has seen for long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.changes import check_version
from location_cloud.errors import BadQuery, Conflict, NotFound, TooLarge
from location_cloud.grids import service as grids
from location_cloud.grids.model import Scheme, check_code
from location_cloud.patrols import store
from location_cloud.patrols.beat_cells import cells_of
from location_cloud.patrols.model import MOST_BEATS, MOST_ROSTERS, Beat, Ints, NewBeat, Roster
from location_cloud.roads.service import get_road
from location_cloud.storage.live import next_version

if TYPE_CHECKING:
    from location_cloud.spatial.bbox import Bbox
    from location_cloud.storage.live import Live
    from location_cloud.storage.world import World

DAY_S = 86_400.0

MOST_UNSEEN_BEATS = 1_000
"""Of one map; 1,000 beats of 2 square kilometres take a second."""


@dataclass(frozen=True, eq=False)
class Unseen:
    """A beat and what of it was not seen since a time. cells: keys, ascending; never: how many of them nobody ever saw.
    oldest_s: unix seconds when the longest unseen of the others was seen, None = there is no other.
    """

    beat: Beat
    cells: Ints
    never: int
    oldest_s: float | None


@contextmanager
def writing(live: Live) -> Iterator[Any]:
    """A transaction of which there is one at a time from its first statement on: what it reads stays so."""
    with live.write() as connection:
        next_version(connection)
        yield connection


# --- beats -----------------------------------------------------------------------------------------------------------


def get_beat(live: Live, tenant: str, code: str) -> Beat:
    """The beat of a code, in force. Raises NotFound."""
    with live.read() as connection:
        return beat_in(connection, tenant, code)


def beat_in(connection: Any, tenant: str, code: str) -> Beat:
    """The same within a transaction."""
    found = store.find_beat(connection, tenant, code)
    if found is None or found.retired is not None:
        raise NotFound(f"there is no beat {code!r}", hint="GET /v1/patrols/beats lists them")
    return found


def list_beats(live: Live, tenant: str, bbox: Bbox | None, after: str, limit: int) -> list[Beat]:
    """Beats in force by code, those that meet a box."""
    with live.read() as connection:
        return store.list_beats(connection, live, tenant, (), bbox, after, limit)


def put_beat(world: World, tenant: str, code: str, said: NewBeat, version: int | None, day: date) -> Beat:
    """The beat, new or changed. Its ground is that of its grids on the day, of its roads and of its geometry.

    Cells that it had before keep when they were seen. A retired code comes to life again.

    Raises BadQuery, NotFound for a grid or road that there is none of, Conflict, TooLarge.
    """
    shapes = _ground(world, tenant, said, day)
    cells = cells_of(shapes)
    shape = shapes[0] if len(shapes) == 1 else shapely.GeometryCollection(shapes)
    with writing(world.live) as connection:
        before = store.find_beat(connection, tenant, code)
        if before is not None and before.retired is None:
            check_version(f"beat {code}", before.version, version)
        elif version is not None:
            raise Conflict(f"there is no beat {code} to change", hint="send it without If-Match")
        elif store.count_beats(connection, tenant) >= MOST_BEATS:
            raise TooLarge(f"there are {MOST_BEATS:,} beats, the most", hint="retire some")
        if before is None:
            made = Beat(0, code, 0, said, shape, cells, np.zeros(len(cells), np.int64), len(cells))
        else:
            most = max(before.most, len(cells))
            seen = _carried(before, cells)
            made = replace(before, said=said, shape=shape, cells=cells, seen=seen, most=most, retired=None)
        store.put_beat(connection, tenant, made)
        return beat_in(connection, tenant, code)


def retire_beat(live: Live, tenant: str, code: str, version: int | None, now_s: float) -> None:
    """Takes a beat out of force; patrols of it stay. Raises NotFound, Conflict."""
    with writing(live) as connection:
        found = beat_in(connection, tenant, code)
        check_version(f"beat {code}", found.version, version)
        store.put_beat(connection, tenant, replace(found, retired=now_s))


def list_unseen(
    live: Live, tenant: str, days: float, now_s: float, codes: Sequence[str] = (), bbox: Bbox | None = None
) -> list[Unseen]:
    """What of each beat was not seen for so many days, by code of the beat. Takes 0.1 ms a beat.

    Raises NotFound for a code that there is none of, TooLarge over MOST_UNSEEN_BEATS.
    """
    with live.read() as connection:
        beats = store.list_beats(connection, live, tenant, codes, bbox, limit=MOST_UNSEEN_BEATS + 1)
    missing = set(codes) - {beat.code for beat in beats}
    if missing and bbox is None:
        raise NotFound(f"there is no beat {min(missing)!r}", hint="GET /v1/patrols/beats lists them")
    if len(beats) > MOST_UNSEEN_BEATS:
        raise TooLarge(f"more than {MOST_UNSEEN_BEATS:,} beats", hint="ask by bbox= or beat=")
    return [_unseen(beat, now_s - days * DAY_S) for beat in beats]


def _unseen(beat: Beat, since_s: float) -> Unseen:
    is_unseen = beat.seen < since_s
    seen = beat.seen[is_unseen & (beat.seen > 0)]
    never = int((beat.seen == 0).sum())
    return Unseen(beat, beat.cells[is_unseen], never, float(seen.min()) if len(seen) else None)


def _ground(world: World, tenant: str, said: NewBeat, day: date) -> list[BaseGeometry]:
    shapes: list[BaseGeometry] = []
    for name, code in said.grids:
        scheme: Scheme = name  # type: ignore[assignment]  # the body's form lets no other name through
        shapes.append(grids.get_grid(world.live, tenant, scheme, check_code(scheme, code), day).geometry)
    shapes += [shapely.LineString(get_road(world, key).line) for key in said.roads]
    if said.geometry is not None:
        shapes.append(said.geometry)
    if not shapes:
        raise BadQuery("the beat has no ground", hint="give grids, roads or a geometry")
    return shapes


def _carried(before: Beat, cells: Ints) -> Ints:
    """When cells were seen, as far as the beat had them before."""
    seen = np.zeros(len(cells), np.int64)
    _, here, there = np.intersect1d(cells, before.cells, assume_unique=True, return_indices=True)
    seen[here] = before.seen[there]
    return seen


# --- rosters ---------------------------------------------------------------------------------------------------------


def get_roster(live: Live, tenant: str, code: str) -> Roster:
    """The roster of a code. Raises NotFound."""
    with live.read() as connection:
        return _roster_in(connection, tenant, code)


def list_rosters(live: Live, tenant: str, person: str, beat: str, after: str, limit: int) -> list[Roster]:
    """Rosters by code, of a person or of a beat."""
    with live.read() as connection:
        return store.list_rosters(connection, tenant, person, beat, after, limit)


def put_roster(live: Live, tenant: str, code: str, said: Mapping[str, Any], version: int | None) -> Roster:
    """The roster, new or changed. said: fields of `model.Roster`.

    Raises NotFound for its beat, Conflict, TooLarge.
    """
    with writing(live) as connection:
        beat_in(connection, tenant, said["beat"])
        before = store.find_roster(connection, tenant, code)
        if before is not None:
            check_version(f"roster {code}", before.version, version)
        elif version is not None:
            raise Conflict(f"there is no roster {code} to change", hint="send it without If-Match")
        elif store.count_rosters(connection, tenant) >= MOST_ROSTERS:
            raise TooLarge(f"there are {MOST_ROSTERS:,} rosters, the most", hint="remove some")
        row, at = (0, 0) if before is None else (before.id, before.version)
        store.put_roster(connection, tenant, Roster(id=row, code=code, version=at, **said))
        return _roster_in(connection, tenant, code)


def remove_roster(live: Live, tenant: str, code: str, version: int | None) -> None:
    """Removes a roster; patrols that were walked by it stay. Raises NotFound, Conflict."""
    with writing(live) as connection:
        found = _roster_in(connection, tenant, code)
        check_version(f"roster {code}", found.version, version)
        store.delete_roster(connection, tenant, found)


def _roster_in(connection: Any, tenant: str, code: str) -> Roster:
    found = store.find_roster(connection, tenant, code)
    if found is None:
        raise NotFound(f"there is no roster {code!r}", hint="GET /v1/patrols/rosters lists them")
    return found
