"""Advanced Mobile Location: what a phone tells of its place by itself when an emergency number is called.

Source: ETSI TS 103 625 (SMS of version 1: clause 4; version 2 as phones send it, where `lt` is the time since the call
began and `lg` the language). As much is read as can be: what cannot is told in a warning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import isfinite, log, sqrt
from typing import TypeVar

from location_cloud.callers.model import Height, LonLat, Phone
from location_cloud.errors import BadQuery

T = TypeVar("T")

MOST_CHARS = 1000
"""Of a message: six joined SMS."""

HEADER = 'A"ML='

METHODS = {"G": "GNSS", "W": "Wi-Fi", "C": "cell", "F": "fused", "U": "unknown", "N": "none"}

UNTOLD_RADIUS_M = {"G": 50.0, "W": 150.0, "F": 150.0, "C": 3000.0, "U": 3000.0}
"""Radius taken where a phone tells none (0 = unknown in version 2), by method: ours, and the warning says so. A cell's
is a wide town cell's; the others are what a phone indoors still reaches."""

USUAL_PERCENT = 68.0
"""Confidence that phones mean where they tell none: the 68th percentile, Android's definition of accuracy."""

MOST_PERCENT = 99.9
"""100 % would be an infinitely small standard deviation."""

FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Times that are believed."""


@dataclass(frozen=True)
class Aml:
    """What the message says.

    position: None = it has none. radius_m: the phone is within it in confidence_percent of cases. method: letter of
    METHODS. positioned_at: when the phone was there; call_began_at: version 2 only.
    """

    version: int
    position: LonLat | None = None
    radius_m: float | None = None
    confidence_percent: float | None = None
    method: str = "U"
    positioned_at: datetime | None = None
    call_began_at: datetime | None = None
    height: Height = field(default_factory=Height)
    phone: Phone = field(default_factory=Phone)
    warnings: tuple[str, ...] = ()


def parse_aml(text: str) -> Aml:
    """The message of an SMS, version 1 or 2.

    Raises BadQuery for a text that is no AML message or of another version.
    """
    if len(text) > MOST_CHARS:
        raise BadQuery(f"the AML message has {len(text):,} characters; the most is {MOST_CHARS:,}", hint="send one")
    if not text.startswith(HEADER):
        raise BadQuery(f'the AML message begins with {text[:12]!r}, not with A"ML=', hint="send the SMS as it came")
    warnings: list[str] = []
    told = _tokens(text, warnings)
    version = told.get('A"ML', "")
    if version not in ("1", "2"):
        raise BadQuery(f"version {version[:12]!r} of AML is not known", hint="versions 1 and 2 are")
    found = _version_1(told, len(text), warnings) if version == "1" else _version_2(told, warnings)
    return replace(found, warnings=tuple(warnings))


def sigma_m(radius_m: float, confidence_percent: float) -> float:
    """Standard deviation along each axis of a circle that holds so many percent of positions (Rayleigh), metres."""
    share = min(max(confidence_percent, 1.0), MOST_PERCENT) / 100
    return radius_m / sqrt(-2 * log(1 - share))


def circle_sigma_m(aml: Aml, warnings: list[str]) -> float:
    """The same of a message; what it does not tell is taken, and told in warnings."""
    radius_m, percent = aml.radius_m, aml.confidence_percent
    if not radius_m:
        radius_m = UNTOLD_RADIUS_M.get(aml.method, UNTOLD_RADIUS_M["U"])
        warnings.append(f"the message tells no accuracy; taken: {radius_m:g} m ({METHODS.get(aml.method, 'unknown')})")
    if not percent:
        percent = USUAL_PERCENT
        warnings.append(f"the message tells no confidence; taken: {percent:g} %")
    return sigma_m(radius_m, percent)


# --- the two versions --------------------------------------------------------------------------------------------


def _version_1(told: dict[str, str], length: int, warnings: list[str]) -> Aml:
    if (claimed := told.get("ml", "")) != str(length):
        has = f"says ml={claimed[:12]}" if claimed else "says no length (ml)"
        warnings.append(f"the message {has}, and has {length} characters: it may be cut or changed")
    method = _method(told.get("pm", ""), warnings)
    return Aml(
        version=1,
        position=as_position(told.get("lt", ""), told.get("lg", ""), method, warnings),
        radius_m=_read(told, "rd", as_metres, warnings),
        confidence_percent=_read(told, "lc", as_percent, warnings),
        method=method,
        positioned_at=_read(told, "top", _stamp, warnings),
        phone=Phone(
            imsi=told.get("si", ""), imei=told.get("ei", ""), network=told.get("mcc", "") + told.get("mnc", "")
        ),
    )


def _version_2(told: dict[str, str], warnings: list[str]) -> Aml:
    latitude, longitude, radius = (*told.get("lo", "").split(",", 3), "", "", "")[:3]
    altitude, vertical = (*told.get("lz", "").split(",", 2), "", "")[:2]
    method = _method(told.get("ls", ""), warnings)
    began = _read(told, "et", _unix, warnings)
    since_s = _read(told, "lt", as_number, warnings)
    return Aml(
        version=2,
        position=as_position(latitude, longitude, method, warnings),
        radius_m=_read({"lo": radius}, "lo", as_metres, warnings),
        confidence_percent=_read(told, "lc", as_percent, warnings),
        method=method,
        positioned_at=None if began is None or since_s is None else _later(began, since_s),
        call_began_at=began,
        height=Height(
            _read({"lz": altitude}, "lz", as_number, warnings),
            _read({"lz": vertical}, "lz", as_metres, warnings) or None,
        ),
        phone=Phone(
            imei=told.get("ei", ""),
            language=told.get("lg", ""),
            network=told.get("nc", ""),
            home_network=told.get("hc", ""),
            emergency_number=told.get("en", ""),
        ),
    )


# --- values ------------------------------------------------------------------------------------------------------


def _tokens(text: str, warnings: list[str]) -> dict[str, str]:
    told: dict[str, str] = {}
    for token in filter(None, text.rstrip("\r\n\0").split(";")):
        name, equals, value = token.partition("=")
        if not equals:
            warnings.append(f"{token[:20]!r} has no =; read over")
        elif name in told:
            warnings.append(f"{name[:12]!r} stands twice; the first one counts")
        else:
            told[name] = value.strip()
    return told


def _read(told: dict[str, str], name: str, read: Callable[[str], T | None], warnings: list[str]) -> T | None:
    text = told.get(name, "")
    if not text:
        return None
    value = read(text)
    if value is None:
        warnings.append(f"{name}={text[:20]!r} cannot be read")
    return value


def _method(text: str, warnings: list[str]) -> str:
    letter = text[:1].upper()
    if letter in METHODS and len(text) == 1:
        return letter
    warnings.append(f"the method {text[:12]!r} is not known" if text else "the message tells no method")
    return "U"


def as_position(latitude: str, longitude: str, method: str, warnings: list[str]) -> LonLat | None:
    """The position as (lon, lat), None with a warning if there is none or it is off the globe."""
    lat, lon = as_number(latitude), as_number(longitude)
    if method == "N" or lat is None or lon is None:
        warnings.append("the message has no position")
        return None
    if abs(lat) > 90 or abs(lon) > 180:
        warnings.append(f"latitude {latitude[:20]}, longitude {longitude[:20]} is off the globe")
        return None
    if lat == lon == 0:
        warnings.append("latitude 0, longitude 0 is what phones send that know none")
        return None
    return lon, lat


def as_number(text: str) -> float | None:
    """A finite number in plain digits, else None; 20 characters at most."""
    if len(text) > 20 or not text or not set(text) <= set("+-.0123456789"):
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def as_metres(text: str) -> float | None:
    """A distance, 0 to the circumference of the globe."""
    value = as_number(text)
    return value if value is not None and 0 <= value <= 4e7 else None


def as_percent(text: str) -> float | None:
    """A percentage, 0 to 100."""
    value = as_number(text)
    return value if value is not None and 0 <= value <= 100 else None


def _stamp(text: str) -> datetime | None:
    """20191112112928 as UTC."""
    if len(text) != 14 or not (text.isascii() and text.isdigit()):
        return None
    try:
        parts = [int(text[:4]), *(int(text[at : at + 2]) for at in range(4, 14, 2))]
        return _believed(datetime(*parts, tzinfo=UTC))  # type: ignore[arg-type,misc]  # six numbers
    except ValueError:
        return None


def _unix(text: str) -> datetime | None:
    value = as_number(text)
    return None if value is None or not 0 < value < LAST.timestamp() else _believed(datetime.fromtimestamp(value, UTC))


def _later(began: datetime, since_s: float) -> datetime | None:
    return _believed(began + timedelta(seconds=since_s)) if abs(since_s) < 1e6 else None


def _believed(time: datetime) -> datetime | None:
    return time if FIRST <= time < LAST else None
