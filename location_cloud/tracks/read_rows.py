"""Fixes from JSON: objects as POST /v1/fixes takes them become columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import orjson

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.tracks.model import MOST_FIXES, NOT_TOLD, Arriving, Bools, Floats, Ints

NEEDED = ("device", "time", "lon", "lat")
NAMES = (*NEEDED, "speed_kmh", "heading_deg", "accuracy_m", "seq", "simulated", "no_signal")

MOST_NAME = 64
MOST_NUMBER = 1e15
"""Times are cut to it: where they are judged, it is far out of range."""

HINT = 'a fix is {"device":"taxi-7","time":"2026-11-23T15:04:05+08:00","lon":125.1,"lat":46.6}, times as ISO 8601 with '
HINT += f"zone or unix seconds; also: {', '.join(NAMES[len(NEEDED) :])}"

Row = Mapping[str, Any]


def parse_lines(body: bytes) -> list[Any]:
    """The objects of a body with one a line (NDJSON). Raises BadQuery naming the line, TooLarge over MOST_FIXES."""
    lines = [line for line in body.split(b"\n") if line and not line.isspace()]
    if len(lines) > MOST_FIXES:
        raise TooLarge(f"{len(lines):,} fixes; the most is {MOST_FIXES:,}", hint="send them in parts")
    try:
        rows: list[Any] = orjson.loads(b"[" + b",".join(lines) + b"]")  # a tenth of the time of a call for each
    except orjson.JSONDecodeError:
        rows = []
    if len(rows) == len(lines):
        return rows
    for number, line in enumerate(body.split(b"\n"), 1):
        try:
            if line and not line.isspace():
                orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise BadQuery(f"line {number} is not JSON: {error}", hint=HINT) from None
    raise BadQuery("a line holds more or less than one object", hint=HINT)


def read_rows(rows: Sequence[Any], source: str) -> Arriving:
    """Columns of JSON objects. Takes 2 us a fix.

    source: of model.SOURCES. Raises BadQuery naming the first fix (from 0) that has an unknown, missing or wrong name
    or type, TooLarge over MOST_FIXES. What is only out of range is not wrong here: it will be set aside.
    """
    if len(rows) > MOST_FIXES:
        raise TooLarge(f"{len(rows):,} fixes; the most is {MOST_FIXES:,}", hint="send them in parts")
    _check_names(rows)
    names, device = _devices([row["device"] for row in rows])
    return Arriving(
        names,
        device,
        _times_ms([row["time"] for row in rows]),
        _whole(rows, "seq"),
        np.stack([_numbers(rows, "lon"), _numbers(rows, "lat")], axis=1),
        _numbers(rows, "speed_kmh"),
        _numbers(rows, "heading_deg"),
        _numbers(rows, "accuracy_m"),
        _claims(rows, "simulated"),
        _claims(rows, "no_signal"),
        source,
    )


def is_device(name: Any) -> bool:
    """Whether that may be a device's name: 1 to 64 printable characters but '/'."""
    return isinstance(name, str) and 0 < len(name) <= MOST_NAME and name.isprintable() and "/" not in name


def wrong_device(name: Any, where: str) -> BadQuery:
    """What is said of a name that may not be one."""
    shown = repr(name)[: MOST_NAME + 10]
    return BadQuery(
        f"{where}: device {shown} is no text of 1 to {MOST_NAME} printable letters, none of them /", hint=HINT
    )


def _check_names(rows: Sequence[Any]) -> None:
    if {dict}.issuperset(map(type, rows)):
        seen: set[str] = set().union(*rows)
        if seen.issubset(NAMES) and all(all(name in row for name in NEEDED) for row in rows):
            return
    for place, row in enumerate(rows):
        if not isinstance(row, dict):
            raise BadQuery(f"fixes[{place}] is no object", hint=HINT)
        if unknown := sorted(set(row) - set(NAMES)):
            raise BadQuery(f"fixes[{place}]: there is no {unknown[0][:60]!r}", hint=HINT)
        if missing := [name for name in NEEDED if name not in row]:
            raise BadQuery(f"fixes[{place}]: {missing[0]} is missing", hint=HINT)


def _devices(column: list[Any]) -> tuple[tuple[str, ...], Ints]:
    if not {str}.issuperset(map(type, column)) or not all(map(is_device, dict.fromkeys(column))):
        place = next(place for place, name in enumerate(column) if not is_device(name))
        raise wrong_device(column[place], f"fixes[{place}]")
    names = tuple(dict.fromkeys(column))
    index = {name: place for place, name in enumerate(names)}
    return names, np.fromiter(map(index.__getitem__, column), np.int64, len(column))


def _times_ms(column: list[Any]) -> Ints:
    if {int, float}.issuperset(map(type, column)):
        seconds = np.array(column, np.float64)
    else:
        seconds = np.fromiter(map(_seconds, column, range(len(column))), np.float64, len(column))
    return np.rint(np.clip(seconds, -MOST_NUMBER, MOST_NUMBER) * 1000).astype(np.int64)


def _seconds(value: Any, place: int) -> float:
    if isinstance(value, str):
        try:
            time = datetime.fromisoformat(value)
            if time.tzinfo is not None:
                return time.timestamp()
        except (ValueError, OverflowError):
            pass
    elif type(value) in (int, float):
        return float(value)
    shown = repr(value)[:60]
    raise BadQuery(f"fixes[{place}]: time {shown} is neither ISO 8601 with its zone nor unix seconds", hint=HINT)


def _numbers(rows: Sequence[Row], name: str) -> Floats:
    column = [row.get(name) for row in rows]
    allowed = {int, float} if name in NEEDED else {int, float, type(None)}
    if not allowed.issuperset(map(type, column)):
        place = next(place for place, value in enumerate(column) if type(value) not in allowed)
        raise BadQuery(f"fixes[{place}]: {name} {repr(column[place])[:60]} is no number", hint=HINT)
    return np.array(column, np.float64)


def _whole(rows: Sequence[Row], name: str) -> Ints:
    column = [row.get(name) for row in rows]
    for place, value in enumerate(column):
        if value is not None and not (type(value) is int and 0 <= value < 2**63):
            raise BadQuery(f"fixes[{place}]: {name} {repr(value)[:60]} is no whole number from 0 to 2^63", hint=HINT)
    return np.array([NOT_TOLD if value is None else value for value in column], np.int64)


def _claims(rows: Sequence[Row], name: str) -> Bools:
    column = [row.get(name, False) for row in rows]
    if not {bool, type(None)}.issuperset(map(type, column)):
        place = next(place for place, value in enumerate(column) if type(value) not in (bool, type(None)))
        raise BadQuery(f"fixes[{place}]: {name} {repr(column[place])[:60]} must be true or false", hint=HINT)
    return np.array([value is True for value in column], np.bool_)
