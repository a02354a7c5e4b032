"""The questions about places: where is it, what may be meant, and what is here."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.areas.model import Areas
from location_cloud.areas.service import AreaName, area_name, chain_at
from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.places.dataset import SECTION
from location_cloud.places.model import AREA, KINDS, Places
from location_cloud.places.nearby import Near, nearest_house, nearest_pois, nearest_road
from location_cloud.places.search import ENOUGH, Found, Wish, find_places, suggest_places
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.cells import BEIDOU
from location_cloud.spatial.crs import Crs
from location_cloud.spatial.errors import BadCoordinate
from location_cloud.storage.world import World

REVERSE_CELL_LEVEL = 7
"""BeiDou level of 1/4 second: about 8 m, one side of a street."""

GUESS_ENOUGH = 45
"""Confidence below which even the best guess is left out: more than half of its letters are others."""


@dataclass(frozen=True)
class Place:
    """One answer to a name or an address; see `search.Found` for what the quality fields mean."""

    id: str
    kind: str
    level: str
    name: str
    category: str
    lonlat: tuple[float, float]
    accuracy_m: float
    precise: int
    confidence: int
    matched: tuple[dict[str, str], ...]
    unmatched: str
    street: str
    housenumber: str
    city: str
    postcode: str
    areas: tuple[AreaName, ...]


@dataclass(frozen=True)
class NearPlace:
    """One thing near a position; see `nearby.Near`."""

    id: str
    kind: str
    name: str
    category: str
    lonlat: tuple[float, float]
    distance_m: float
    bearing_deg: float
    direction: str
    street: str
    housenumber: str
    city: str
    postcode: str


@dataclass(frozen=True)
class Here:
    """What a position is in words: nearest address, road and places, areas around it, and its grid cell."""

    address: NearPlace | None
    road: NearPlace | None
    pois: tuple[NearPlace, ...]
    areas: tuple[AreaName, ...]
    cell: str


def geocode(
    world: World,
    text: str,
    focus: tuple[float, float] | None = None,
    bbox: Bbox | None = None,
    limit: int = 10,
    crs: Crs = "wgs84",
) -> tuple[Place, ...]:
    """Places that the text means, the best first; never none.

    Sorted by falling confidence unless a focus is given. focus: degrees, what is near it comes first. bbox: degrees,
    nothing outside. crs: in which coordinates in the text are written; grid codes have their own.
    Raises BadQuery without any letter or digit, Unprocessable with the best guess as `partial` (None if even that is
    nothing like the question) if nothing was understood well enough.
    """
    _check_text(text)
    places, areas = world.section(SECTION), world.section(AREAS)
    found = find_places(places, areas, text, Wish(focus, bbox, limit, crs))
    good = [each for each in found if each.confidence >= 100 * ENOUGH]
    if not good:
        partial = asdict(_place(places, areas, found[0])) if found and found[0].confidence >= GUESS_ENOUGH else None
        raise Unprocessable(
            f"nothing here is called {text[:80]!r}",
            hint="check the spelling, leave parts out, or look whether the area is imported: /v1/datasets",
            partial=partial,
        )
    return tuple(_place(places, areas, each) for each in good)


def suggest(world: World, text: str, focus: tuple[float, float] | None = None, limit: int = 10) -> tuple[Place, ...]:
    """Places that somebody who has typed this far may mean; may be none. Raises BadQuery as `geocode`."""
    _check_text(text)
    places, areas = world.section(SECTION), world.section(AREAS)
    return tuple(_place(places, areas, each) for each in suggest_places(places, areas, text, Wish(focus, None, limit)))


def reverse(world: World, lonlat: tuple[float, float], radius_m: float = 1000.0, limit: int = 3) -> Here:
    """What is at a position (degrees): the nearest address, named road and points of interest within a radius."""
    places = world.section(SECTION)
    house = nearest_house(places, lonlat, radius_m)
    road = nearest_road(places, lonlat, radius_m)
    return Here(
        address=_near_place(places, house, "address") if house else None,
        road=_near_place(places, road, "road") if road else None,
        pois=tuple(_near_place(places, near, "poi") for near in nearest_pois(places, lonlat, radius_m, limit)),
        areas=chain_at(world, lonlat),
        cell=_cell(lonlat),
    )


def _check_text(text: str) -> None:
    if not any(char.isalnum() for char in text):
        raise BadQuery(f"q={text[:80]!r} has no letter and no digit", hint="ask with a name, an address or coordinates")


def _cell(lonlat: tuple[float, float]) -> str:
    try:
        return BEIDOU.encode(lonlat, REVERSE_CELL_LEVEL)
    except BadCoordinate:  # around the poles the standard's plane grid has no cells
        return ""


def _place(places: Places, areas: Areas, found: Found) -> Place:
    row, house = found.row, found.house_row
    is_mapped = house >= 0 and found.precise
    return Place(
        id=_id(places, areas, row, house if is_mapped else -1) if row >= 0 and (house < 0 or is_mapped) else "",
        kind=found.kind,
        level=found.level,
        name=found.name,
        category=places.categories[places.category[row]] if row >= 0 else "",
        lonlat=found.lonlat,
        accuracy_m=round(found.accuracy_m, 1),
        precise=int(found.precise),
        confidence=found.confidence,
        matched=tuple({"text": text, "as": meaning} for text, meaning in found.matched),
        unmatched=found.unmatched,
        street=found.street,
        housenumber=found.number,
        city=places.house_town[house] if house >= 0 else "",
        postcode=places.house_postcode[house] if house >= 0 else "",
        areas=_chain(places, areas, found),
    )


def _chain(places: Places, areas: Areas, found: Found) -> tuple[AreaName, ...]:
    row = areas.find_deepest_at(found.lonlat) if found.row < 0 or found.house_row >= 0 else int(places.area[found.row])
    return tuple(area_name(areas, each) for each in (row, *areas.ancestors(row))) if row >= 0 else ()


def _id(places: Places, areas: Areas, row: int, house: int) -> str:
    if house >= 0:
        return f"osm:{places.house_osm[house]}"
    if places.kind[row] == AREA:
        return areas.code[int(places.area[row])]
    return f"osm:{places.osm[row]}" if places.osm[row] else ""


def _near_place(places: Places, near: Near, kind: str) -> NearPlace:
    house = near.house_row
    street = places.name[near.row] if house >= 0 else ""
    number = places.house_number[house] if house >= 0 else ""
    return NearPlace(
        id=f"osm:{places.house_osm[house] if house >= 0 else places.osm[near.row]}",
        kind=kind if kind in ("address", *KINDS) else "",
        name=f"{street} {number}" if house >= 0 else places.name[near.row],
        category=places.categories[places.category[near.row]] if house < 0 else "",
        lonlat=near.lonlat,
        distance_m=near.distance_m,
        bearing_deg=near.bearing_deg,
        direction=near.direction,
        street=street,
        housenumber=number,
        city=places.house_town[house] if house >= 0 else "",
        postcode=places.house_postcode[house] if house >= 0 else "",
    )
