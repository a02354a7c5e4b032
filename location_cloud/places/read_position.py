"""The position that a question says: spelt out as a whole, short with its town beside it, or inside a story."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from location_cloud.areas.model import Areas
from location_cloud.places.found import Wish
from location_cloud.places.model import Places
from location_cloud.places.position_order import settle_order
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.position import BY_FOCUS, SURE, Position
from location_cloud.spatial.position_text import find_position, parse_position, split_plus_code


@dataclass(frozen=True)
class Said:
    """A position and the part of the question that said it; rest: the other words."""

    position: Position
    part: str
    rest: str = ""


def read_position(
    places: Places,
    areas: Areas,
    text: str,
    wish: Wish,
    area: Bbox | None,
    find_town: Callable[[str], tuple[float, float] | None],
) -> Said | None:
    """The position that a text says, None if it says none.

    area: about where anything is known, degrees. find_town: (lon, lat) of a name, for short Plus Codes.
    Inside a story only what cannot be anything else counts.
    """
    position = parse_position(text, wish.crs, wish.focus, area=area)
    if position is not None:
        return Said(settle_order(places, areas, position), text)
    parts = split_plus_code(text) if "+" in text else None
    if parts is not None:
        code, town = parts
        near = find_town(town)
        position = parse_position(code, near=near) if near is not None else None
        return Said(replace(position, confidence=BY_FOCUS), text) if position is not None else None
    inside = find_position(text, wish.crs, wish.focus, area=area) if any(char.isdigit() for char in text) else None
    if inside is None or inside[0].confidence < SURE:
        return None
    position, (start, end) = inside
    return Said(position, text[start:end], f"{text[:start]} {text[end:]}".strip())
