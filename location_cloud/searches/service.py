"""Searches begun, listed, read and closed: a request that begins one makes its map; every change is written down."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from location_cloud.changes import Sent, check_repeated, check_version
from location_cloud.dispatch.service_emergencies import get_emergency
from location_cloud.errors import BadQuery, Conflict, TooLarge, Unprocessable
from location_cloud.incidents.service import get_incident
from location_cloud.searches import store
from location_cloud.searches.bayes import probability
from location_cloud.searches.lattice import (
    MOST_LATITUDE_DEG,
    MOST_RADIUS_M,
    Box,
    beidou_lattice,
    box_around,
    metre_lattice,
)
from location_cloud.searches.mapscore import map_score
from location_cloud.searches.model import (
    MOST_ENTRIES,
    MOST_OPEN,
    Action,
    Find,
    IppType,
    LogEntry,
    LonLat,
    Search,
    Season,
    Status,
    Subject,
)
from location_cloud.searches.packing import pack
from location_cloud.searches.service_map import draw_map, find_ground, relief_m
from location_cloud.searches.service_state import first_belief, get_search, get_state, keep_state
from location_cloud.searches.service_statistics import Tables, find_tables
from location_cloud.searches.subject_statistics import percentiles
from location_cloud.spatial.measure import distance_m
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

CELLS_A_SIDE = 500
"""Where nobody says how large a cell is."""

NICE_CELLS_M = (10.0, 20.0, 25.0, 50.0, 100.0, 200.0, 500.0)

USUAL_RADIUS_M = (2_000.0, 15_000.0)
"""Least and greatest extent where none is told: within it the published 95 % of the category."""

WINTER_MONTHS = (12, 1, 2, 3)
WINTER_LATITUDE_DEG = 40.0
"""Where and when lakes bear: north of it in these months, half a year later in the south. Daqing's ice lasts from
November to April; the season can always be told."""

MUCH_OUTSIDE = 0.3
"""Of the mass: more outside than this is worth a warning."""


@dataclass(frozen=True)
class Asked:
    """What a new search is asked to be. cell_m, beidou_level: one of them, or neither. radius_m, box: likewise.

    season, ground: "" = chosen by date and relief. layers: name -> settings, False = off. least_rest: of the mass that
    is kept for the rest of the world.
    """

    title: str
    subject: Subject
    ipp: LonLat
    ipp_type: IppType
    cell_m: float | None = None
    beidou_level: int | None = None
    radius_m: float | None = None
    box: Box | None = None
    season: Season | None = None
    ground: str = ""
    layers: Mapping[str, Any] = field(default_factory=dict)
    least_rest: float = 0.05
    emergency: int | None = None
    incident: int | None = None
    is_simulated: bool = False


# --- begun -------------------------------------------------------------------------------------------------------


def begin_search(world: World, tenant: str, asked: Asked, said: Mapping[str, Any], sent: Sent) -> tuple[Search, bool]:
    """The search with its map, and whether it is new; durable when this returns.

    said: what was sent, for the log. Raises BadQuery, Unprocessable (no statistics of the category; layers that exclude
    each other), TooLarge over a ceiling, NotFound for an incident or emergency that is not there.
    """
    before = sent_before(world.live, tenant, sent)
    if before is not None:
        return get_search(world.live, tenant, before.search), False
    with world.live.read() as connection:
        if store.count_open(connection, tenant) >= MOST_OPEN:
            raise TooLarge(f"{MOST_OPEN:,} searches are open", hint="close those that are over")
    if asked.incident is not None:
        get_incident(world.live, tenant, asked.incident)
    if asked.emergency is not None:
        get_emergency(world.live, tenant, asked.emergency)
    tables = find_tables(world.live, tenant)
    search = _first_draft(asked, tables, sent.now)
    ground, warnings = find_ground(world, tenant, search)
    if not search.ground:
        name = tables.ground_for(search.subject.category, relief_m(ground.elevation_m))
        search = replace(search, ground=name)
    drawn = draw_map(search, ground, asked.layers, tables, asked.least_rest, sent.now.timestamp())
    if drawn.rest_of_world > MUCH_OUTSIDE:
        warnings = (*warnings, f"{drawn.rest_of_world:.0%} of the chance lies outside of the cells: widen the extent")
    search = replace(
        search, rest_of_world=drawn.rest_of_world, layers=drawn.layers, warnings=(*warnings, *drawn.warnings)
    )
    token = secrets.token_hex(16)
    rest = np.array([drawn.rest_of_world])
    blobs = {
        "map": pack({"p": drawn.p, "rest": rest}),
        "ground": pack({"cover": ground.cover, "speed": ground.speed}),
    }
    with world.live.write() as connection:
        stored = store.insert_search(connection, tenant, search, sent.now)
        for name, data in blobs.items():
            store.put_blob(connection, tenant, stored.id, name, stored.version, data)
        store.append_log(connection, tenant, stored, "created", token, dict(said), sent)
    keep_state(world.home, token, first_belief(drawn.p, drawn.rest_of_world, search.subject.responsive))
    return stored, True


def _first_draft(asked: Asked, tables: Tables, now: datetime) -> Search:
    lon, lat = asked.ipp
    if abs(lat) > MOST_LATITUDE_DEG:
        raise BadQuery(f"ipp={lon:g},{lat:g} is too near a pole", hint=f"latitudes up to {MOST_LATITUDE_DEG:g}")
    category = asked.subject.category
    if asked.box is not None:
        box = asked.box
        if not (box[0] <= lon <= box[2] and box[1] <= lat <= box[3]):
            raise BadQuery("the IPP lies outside of the extent", hint="bbox: west, south, east, north around the ipp")
        corners = np.array([[x, y] for x in box[::2] for y in box[1::2]])
        reach_m = float(distance_m(np.array([asked.ipp]), corners).max())
    else:
        reach_m = asked.radius_m or _usual_radius_m(tables, category, asked.ground)
        box = box_around(asked.ipp, reach_m)
    if reach_m > MOST_RADIUS_M:
        raise TooLarge(
            f"the extent reaches {reach_m / 1000:,.0f} km; the most is {MOST_RADIUS_M / 1000:g} km",
            hint="begin several searches, or give a smaller extent",
        )
    if box[0] < -180 or box[2] > 180:
        raise BadQuery("the extent crosses longitude 180", hint="choose one on one side of it")
    if asked.beidou_level is not None:
        lattice = beidou_lattice(asked.ipp, box, asked.beidou_level)
    else:
        lattice = metre_lattice(asked.ipp, box, asked.cell_m or _usual_cell_m(asked.ipp, box))
    season = asked.season or _season(lat, now)
    return Search(
        asked.title,
        asked.subject,
        asked.ipp,
        asked.ipp_type,
        lattice,
        season,
        asked.ground,
        asked.emergency,
        asked.incident,
        is_simulated=asked.is_simulated,
    )


def _usual_radius_m(tables: Tables, category: str, ground: str) -> float:
    try:
        _, metres, _ = percentiles(tables.distances, category, ground or tables.ground_for(category, 0.0))
    except Unprocessable:
        return USUAL_RADIUS_M[1] / 2
    return float(np.clip(metres[-1], *USUAL_RADIUS_M))


def _usual_cell_m(ipp: LonLat, box: Box) -> float:
    corners = np.array([[box[0], box[1]], [box[2], box[3]]])
    diagonal = float(distance_m(corners[:1], corners[1:])[0])
    wanted = diagonal / np.sqrt(2) / CELLS_A_SIDE
    return next((each for each in NICE_CELLS_M if each >= wanted), NICE_CELLS_M[-1])


def _season(lat: float, now: datetime) -> Season:
    month = now.month if lat > 0 else (now.month + 5) % 12 + 1
    return "winter" if abs(lat) >= WINTER_LATITUDE_DEG and month in WINTER_MONTHS else "summer"


# --- read --------------------------------------------------------------------------------------------------------


def list_searches(live: Live, tenant: str, statuses: tuple[Status, ...], after: int, limit: int) -> list[Search]:
    """Searches by rising id, those after an id. statuses: () = all."""
    with live.read() as connection:
        return store.list_searches(connection, tenant, statuses, after, limit)


def list_log(live: Live, tenant: str, search_id: int, after: int, limit: int) -> list[LogEntry]:
    """What happened to a search, oldest first. Raises NotFound if there is none."""
    get_search(live, tenant, search_id)
    with live.read() as connection:
        return store.list_log(connection, tenant, search_id, after, limit)


# --- written -----------------------------------------------------------------------------------------------------


def sent_before(live: Live, tenant: str, sent: Sent) -> LogEntry | None:
    """The line written under the sender's Idempotency-Key. Raises Unprocessable if it said something else."""
    if not sent.request:
        return None
    with live.read() as connection:
        found = store.find_request(connection, tenant, sent.request)
        digest = store.find_digest(connection, tenant, sent.request)
    if found is not None:
        check_repeated(f"search {found.search}", digest, sent)
    return found


def write_change(
    world: World,
    tenant: str,
    after: Search,
    action: Action,
    fields: Mapping[str, Any],
    sent: Sent,
    blobs: Mapping[str, bytes] | None = None,
) -> tuple[Search, str]:
    """The search as stored and the name of its state; durable when this returns.

    after: with the version that it was made from. Raises Conflict if somebody was faster, TooLarge over MOST_ENTRIES.
    """
    token = secrets.token_hex(16)
    with world.live.write() as connection:
        if store.count_log(connection, tenant, after.id) >= MOST_ENTRIES:
            raise TooLarge(f"the search has {MOST_ENTRIES:,} entries", hint="begin a new one from its present map")
        stored = store.change_search(connection, tenant, after, sent.now)
        for name, data in (blobs or {}).items():
            store.put_blob(connection, tenant, stored.id, name, stored.version, data)
        store.append_log(connection, tenant, stored, action, token, dict(fields), sent)
    return stored, token


def check_open(found: Search) -> None:
    """Raises Conflict if the search is over or suspended: nothing is searched any more."""
    if found.status != "open":
        raise Conflict(f"search {found.id} is {found.status}", hint="resume a suspended one; a find closes for good")


def close_with_find(
    world: World,
    tenant: str,
    search_id: int,
    version: int | None,
    at: LonLat,
    found_at: datetime,
    condition: str,
    sent: Sent,
) -> Search:
    """The search closed by a find, its map scored; the distance joins the tenant's own statistics.

    Raises Conflict if it is over, or at another version; NotFound if there is none.
    """
    before = sent_before(world.live, tenant, sent)
    if before is not None:
        return get_search(world.live, tenant, before.search)
    search = get_search(world.live, tenant, search_id)
    check_version(f"search {search_id}", search.version, version)
    if search.status == "found":
        raise Conflict(f"search {search_id} is over: the subject was found", hint="begin a new one")
    cell = int(search.lattice.cell_of(np.array([at]))[0])
    scores: list[float | None] = [None, None]
    if cell >= 0 and search.created_at is not None:
        maps = [get_state(world.live, tenant, world.home, search_id, as_of) for as_of in (search.created_at, None)]
        scores = [map_score(probability(state.belief)[0], cell) for state in maps]
    away_m = float(distance_m(np.array([search.ipp]), np.array([at]))[0])
    find = Find(found_at, at, round(away_m, 1), condition, *scores)
    after = replace(search, status="found", find=find)
    fields = {"location": list(at), "found_at": found_at, "condition": condition, "distance_m": find.distance_m}
    fields |= {"mapscore": find.mapscore, "mapscore_now": find.mapscore_now}
    return write_change(world, tenant, after, "found", fields, sent)[0]


def set_status(
    world: World, tenant: str, search_id: int, version: int | None, status: Status, reason: str, sent: Sent
) -> Search:
    """The search suspended, or open again. Raises Conflict if it is over, or at another version."""
    search = get_search(world.live, tenant, search_id)
    check_version(f"search {search_id}", search.version, version)
    if search.status == "found":
        raise Conflict(f"search {search_id} is over: the subject was found", hint="begin a new one")
    if search.status == status:
        return search
    action: Action = "suspended" if status == "suspended" else "resumed"
    return write_change(world, tenant, replace(search, status=status), action, {"reason": reason}, sent)[0]
