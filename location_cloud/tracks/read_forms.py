"""Fixes as other programs send them: OsmAnd's and Traccar Client's addresses, OwnTracks' messages.

Sources: OsmAnd documentation, "Trip recording" (online tracking); traccar.org/osmand; owntracks.org/booklet/tech/json.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from location_cloud.errors import BadQuery

MILLISECONDS_FROM = 1e11
"""A unix time of seconds reaches this in the year 5138: larger ones are milliseconds, which some clients send."""

KMH = {"mps": 3.6, "kn": 1.852, "kmh": 1.0}
"""Units of an OsmAnd speed. OsmAnd itself sends m/s, Traccar Client sent knots."""


def osmand_row(asked: Mapping[str, Any], now_s: float) -> dict[str, Any]:
    """The fix of an OsmAnd address as `read_rows` takes it. asked: its parameters, those absent being None."""
    speed = asked["speed"]
    return {
        "device": asked["id"],
        "time": _osmand_time(asked["timestamp"], now_s),
        "lon": asked["lon"],
        "lat": asked["lat"],
        "speed_kmh": None if speed is None else speed * KMH[asked["speed_unit"]],
        "heading_deg": asked["bearing"],
        "accuracy_m": asked["accuracy"],
        "no_signal": asked["valid"] in ("false", "0"),
    }


def _osmand_time(text: str | None, now_s: float) -> float | str:
    if not text:
        return now_s
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text  # which is no time, and will be told so
    return number / 1000 if number >= MILLISECONDS_FROM else number


def owntracks_rows(messages: Any, user: str, device: str) -> list[dict[str, Any]]:
    """The fixes among OwnTracks messages, one or a list, as `read_rows` takes them; messages of other kinds say none.

    user, device: who sends, if it is known; a message that names its topic says so itself. The device is then called
    user:device. Raises BadQuery for what is no message, cannot be read or does not say whose it is.
    """
    listed: Sequence[Any] = messages if isinstance(messages, list) else [messages]
    return [_owntracks_row(one, user, device) for one in listed if _is_location(one)]


def _is_location(message: Any) -> bool:
    if not isinstance(message, dict) or not isinstance(message.get("_type"), str):
        raise BadQuery('an OwnTracks message is an object with "_type"', hint="_type location holds a fix")
    if message["_type"] == "encrypted":
        raise BadQuery("encrypted OwnTracks messages cannot be read", hint="turn off the app's encryption; use TLS")
    return bool(message["_type"] == "location")


def _owntracks_row(message: Mapping[str, Any], user: str, device: str) -> dict[str, Any]:
    topic = message.get("topic")
    if isinstance(topic, str) and topic.count("/") >= 2:
        user, device = topic.split("/")[1:3]
    if missing := [name for name in ("tst", "lon", "lat") if name not in message]:
        raise BadQuery(f"the OwnTracks location has no {missing[0]}", hint="it needs tst, lon and lat")
    name = ":".join(filter(None, (user, device))) or message.get("tid")
    if not name:
        raise BadQuery("nobody says whose location it is", hint="send X-Limit-U and X-Limit-D, or ?u= and ?d=")
    return {
        "device": name,
        "time": message["tst"],
        "lon": message["lon"],
        "lat": message["lat"],
        "speed_kmh": message.get("vel"),
        "heading_deg": message.get("cog"),
        "accuracy_m": message.get("acc"),
    }
