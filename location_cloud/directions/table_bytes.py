"""OSRM's table service read from an address and written as bytes, places on the road by a compiled loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import orjson
from numba import carray  # type: ignore[attr-defined]  # numba has no types
from numpy.typing import NDArray

from kernels.caching import cached
from location_cloud.arrays import pack_texts
from location_cloud.directions.json_bytes import PAIRS, put_decimal, put_name, put_text, uint8_pointer
from location_cloud.directions.model import Matrix, Snap
from location_cloud.directions.osrm import MOST_COORDINATES, Question, read_query, read_question
from location_cloud.directions.rows_json import CM_IN_TENTH, MS_IN_TENTH, tenths_json
from location_cloud.directions.tables import as_columns
from location_cloud.errors import CloudError
from location_cloud.roads.model import Roads
from location_cloud.spatial.measure import distance_m
from routing.scratch import at_desk, borrow
from routing.trip import CLOSED

Float64s = NDArray[np.float64]
Int32s = NDArray[np.int32]

WAYPOINT_ROOM = 160
"""Bytes of a place on the road, its name apart."""

PLAIN = {"annotations", "skip_waypoints", "generate_hints", "exclude"}
"""OSRM's options that say nothing of single places."""

_TEXTS = ("[", "]", ",", '{"hint":"",', "{", '"location":[', '],"name":"', '","distance":', "}")
_OPEN, _CLOSE, _COMMA, _HINT, _NO_HINT, _LOCATION, _CALLED, _AWAY, _END = range(len(_TEXTS))
_OWN = pack_texts(_TEXTS)


def read_plain_table(coordinates: str, query: str) -> tuple[Question, Float64s] | None:
    """What a table's address asks, without its places, and their lon, lat (n, 2): of all to all, and no place has
    wishes of its own. None if it is not so plain, or wrong: then `osrm.read_question` tells what it is.
    """
    pairs = [part.split(",") for part in coordinates.removesuffix(".json").split(";")]
    asked = _plain_question(query)
    if asked is None or len(pairs) > MOST_COORDINATES["table"] or any(len(pair) != 2 for pair in pairs):
        return None
    try:
        lonlat = np.array(pairs, np.float64)
    except ValueError:
        return None
    return (asked, lonlat) if (np.abs(lonlat) <= (180.0, 90.0)).all() else None


@lru_cache(maxsize=256)
def _plain_question(query: str) -> Question | None:
    given = read_query(query)
    try:
        return read_question("table", "0,0", given) if PLAIN.issuperset(given) else None
    except CloudError:
        return None


def osrm_table_bytes(roads: Roads, asked: Question, matrix: Matrix) -> bytes:
    """The answer of OSRM's table service."""
    with at_desk():
        return _osrm_table(roads, asked, matrix)


def _osrm_table(roads: Roads, asked: Question, matrix: Matrix) -> bytes:
    parts, cells = [b'{"code":"Ok"'], None
    if asked.fallback_m_s:
        matrix, cells = _with_guesses(asked, matrix)
    if "duration" in asked.parts:
        parts += [b',"durations":', _durations_json(matrix.durations_ms, asked.scale)]
    if "distance" in asked.parts and matrix.distances_cm is not None:
        parts += [b',"distances":', tenths_json(matrix.distances_cm, CM_IN_TENTH)]
    if cells is not None and len(cells):
        parts += [b',"fallback_speed_cells":', orjson.dumps(cells, option=orjson.OPT_SERIALIZE_NUMPY)]
    if asked.has_waypoints:
        places = [waypoints_json(roads, matrix.sources, asked.has_hints)]
        if matrix.targets is not matrix.sources:
            places.append(waypoints_json(roads, matrix.targets, asked.has_hints))
        parts += [b',"sources":', places[0], b',"destinations":', places[-1]]
    return b"".join((*parts, b"}"))


def _with_guesses(asked: Question, matrix: Matrix) -> tuple[Matrix, NDArray[np.int64]]:
    """The matrix with straight lines at the asked speed where no way leads, and (n, 2) the cells that are such guesses.

    Source: OSRM, HTTP API, table service, fallback_speed.
    """
    cells = np.argwhere(matrix.durations_ms == CLOSED)
    sides = []
    for snaps, numbers in ((matrix.sources, asked.sources), (matrix.targets, asked.targets)):
        if asked.falls_back_from_road:
            sides.append(np.array([snap.lonlat for snap in snaps]))
        else:
            sides.append(np.array([asked.places[i].lonlat for i in numbers or ()]))
    if not len(cells):
        return matrix, cells
    away_m = distance_m(sides[0][cells[:, 0]], sides[1][cells[:, 1]])
    at = tuple(cells.T)
    durations_ms = matrix.durations_ms.copy()
    durations_ms[at] = np.minimum(np.rint(1000.0 * away_m / asked.fallback_m_s), CLOSED - 1)
    distances_cm = matrix.distances_cm
    if distances_cm is not None:
        distances_cm = distances_cm.copy()
        distances_cm[at] = np.minimum(np.rint(100.0 * away_m), CLOSED - 1)
    return replace(matrix, durations_ms=durations_ms, distances_cm=distances_cm), cells


def _durations_json(durations_ms: Int32s, scale: float) -> bytes:
    if scale == 1.0:
        return tenths_json(durations_ms, MS_IN_TENTH)
    seconds = np.where(durations_ms == CLOSED, np.nan, np.round(durations_ms / 1000.0 * scale, 1))
    return orjson.dumps(seconds, option=orjson.OPT_SERIALIZE_NUMPY)


def waypoints_json(roads: Roads, snaps: Sequence[Snap], with_hints: bool) -> bytes:
    """Places on the road as OSRM tells them, a JSON array. Takes 0.1 us a place."""
    segment, place = as_columns(snaps)
    start, name = roads.names.start, roads.seg_name[segment]
    room = 2 + WAYPOINT_ROOM * len(segment) + 2 * int((start[name + 1] - start[name]).sum())
    text = borrow("waypoints", room, np.uint8)
    own = _OWN.data, _OWN.start
    size = _write_waypoints(place, name, roads.names.data, start, *own, PAIRS, with_hints, text.ctypes.data, room)
    return text[:size].tobytes()


@cached(nogil=True)
def _write_waypoints(place, name, names, name_start, own_data, own_start, pairs, with_hints, address, room):  # type: ignore[no-untyped-def]
    out, own, size = carray(uint8_pointer(address), (room,)), (own_data, own_start), 0
    size = put_text(out, size, own, _OPEN)
    for i in range(len(name)):
        if i:
            size = put_text(out, size, own, _COMMA)
        size = put_text(out, size, own, _HINT if with_hints else _NO_HINT)
        size = put_decimal(out, put_text(out, size, own, _LOCATION), pairs, place[i, 2], 1_000_000)
        size = put_decimal(out, put_text(out, size, own, _COMMA), pairs, place[i, 3], 1_000_000)
        size = put_name(out, put_text(out, size, own, _CALLED), (names, name_start), name[i])
        size = put_decimal(out, put_text(out, size, own, _AWAY), pairs, place[i, 0], 1_000_000)
        size = put_text(out, size, own, _END)
    return put_text(out, size, own, _CLOSE)
