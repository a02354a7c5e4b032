"""The questions about spellings of a position: what is meant by a text, and how else is it written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.errors import CloudError, Unprocessable
from location_cloud.places.dataset import SECTION
from location_cloud.places.position_order import settle_order
from location_cloud.places.service import geocode
from location_cloud.spatial.crs import Crs, from_wgs84
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.measure import distance_m
from location_cloud.spatial.position import BY_AREA, BY_FOCUS, LIKE_A_NAME, SURE, Position, shown
from location_cloud.spatial.position_text import explain_closed, parse_position, split_plus_code
from location_cloud.spatial.spelling import Spellings, spell_position
from location_cloud.storage.world import World

AS_GIVEN_M = 0.01
"""Accuracy of a position given as numbers: seven decimals."""


@dataclass(frozen=True)
class Reading:
    """What a text was read as.

    moved_m: how far the numbers of another datum were moved to become WGS-84. decided_by: what told the order of two
    numbers, or completed a code: "text", "area" (the other lies outside), "near", "place" (a name beside the code) or
    "custom". place: that name as it was found.
    """

    position: Position
    moved_m: float
    decided_by: str
    place: str = ""


@dataclass(frozen=True)
class Coords:
    """A reading, and the position in every spelling."""

    reading: Reading
    spellings: Spellings


def read_text(world: World, text: str, crs: Crs = "wgs84", near: tuple[float, float] | None = None) -> Coords:
    """The position that a text says, in every spelling.

    crs: the datum of degrees in the text, unless it names one. near: degrees, WGS-84; completes short codes and decides
    the order of two numbers. Raises Unprocessable for what is no position.
    """
    reading = find_reading(world, text, crs, near)
    if reading is None:
        raise Unprocessable(
            why_not(text),
            hint="decimal degrees, degrees and minutes, UTM, MGRS, Plus Code (a short one with its town or near=), "
            "BeiDou code, geohash, Gauss-Kruger, or the link of a map; for names and addresses ask /v1/geocode",
        )
    return Coords(reading, spell_position(reading.position.lonlat))


def find_reading(
    world: World, text: str, crs: Crs = "wgs84", near: tuple[float, float] | None = None, with_towns: bool = True
) -> Reading | None:
    """What a text is read as, None if it is no position. As `read_text`.

    with_towns: look up the town beside a short Plus Code, which takes as long as a geocoding.
    """
    places, areas = world.section(SECTION), world.section(AREAS)
    position = parse_position(text, crs, near, is_position=True)
    if position is None:
        return _near_a_place(world, text) if with_towns else None
    settled = settle_order(places, areas, position)
    if position.confidence == SURE:
        decided_by = "text"
    elif settled.confidence == BY_AREA:
        decided_by = "area"
    else:
        is_near = position.confidence == BY_FOCUS or (position.form == "plus code" and near is not None)
        decided_by = "near" if is_near else "text" if position.confidence == LIKE_A_NAME else "custom"
    return Reading(settled, _moved_m(settled), decided_by)


def read_texts(
    world: World, texts: Sequence[str], crs: Crs = "wgs84", near: tuple[float, float] | None = None
) -> Iterator[tuple[str, Reading | None]]:
    """Each text with what it is read as; short codes need `near`. As `read_text`."""
    for text in texts:
        yield text, find_reading(world, text, crs, near, with_towns=False)


def why_not(text: str) -> str:
    """Why a text has no position."""
    return explain_closed(text) or f"{text[:80]!r} is no position in any spelling"


def spell_point(lonlat: tuple[float, float], crs: Crs) -> Coords:
    """A position (degrees, WGS-84), which was given in a datum, in every spelling."""
    written = from_wgs84([lonlat], crs)[0].tolist()
    position = Position(lonlat, "decimal", crs, shown((written[0], written[1])), AS_GIVEN_M)
    return Coords(Reading(position, _moved_m(position), "text"), spell_position(lonlat))


def _near_a_place(world: World, text: str) -> Reading | None:
    """A short Plus Code completed near the town that stands beside it: "Q3+26 大庆"."""
    parts = split_plus_code(text)
    if parts is None:
        return None
    code, name = parts
    try:
        place = geocode(world, name, limit=1)[0]
    except CloudError:
        return None
    position = parse_position(code, near=place.lonlat, is_position=True)
    return Reading(position, 0.0, "place", place.name) if position else None


def _moved_m(position: Position) -> float:
    if position.crs in ("wgs84", "cgcs2000"):
        return 0.0
    try:
        written = from_wgs84([position.lonlat], position.crs)
    except SpatialError:
        return 0.0
    return round(float(distance_m(written, position.lonlat)[0]), 1)
