"""The questions about places: where is it, what may be meant, and how is the question read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.areas.model import Areas
from location_cloud.areas.service import AreaName, area_chain
from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.places.found import ENOUGH, Found, Wish
from location_cloud.places.lookup import Lookup
from location_cloud.places.model import AREA, KINDS, Places, lasting_id
from location_cloud.places.parse_noise import read_question
from location_cloud.places.readings import Reading, list_readings
from location_cloud.places.search import find_places, suggest_places
from location_cloud.places.service_names import places_of
from location_cloud.places.uncertainty import question_between, ties
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.crs import Crs
from location_cloud.storage.world import World

GUESS_ENOUGH = 45
"""Confidence below which even the best guess is left out: more than half of its letters are others."""


@dataclass(frozen=True)
class Place:
    """One answer to a question; see `found.Found` for what the quality fields mean.

    confidence, comprehension: 0 to 100. ask: of tied answers the question that tells them apart, else "".
    """

    id: str
    kind: str
    level: str
    name: str
    category: str
    lonlat: tuple[float, float]
    accuracy_m: float
    precise: int
    confidence: int
    comprehension: int
    matched: tuple[dict[str, str], ...]
    unmatched: str
    ask: str
    street: str
    housenumber: str
    building: str
    unit: str
    room: str
    city: str
    postcode: str
    areas: tuple[AreaName, ...]


def geocode(
    world: World,
    text: str,
    focus: tuple[float, float] | None = None,
    bbox: Bbox | None = None,
    limit: int = 10,
    crs: Crs = "wgs84",
    kinds: tuple[str, ...] = (),
    category: str = "",
    adcode: str = "",
) -> tuple[Place, ...]:
    """Places that the text means, the best first; never none.

    Sorted by falling confidence unless a focus is given. focus: degrees, what is near it comes first. bbox: degrees,
    nothing outside. crs: in which coordinates in the text are written; grid codes have their own. kinds: only names of
    these of model.KINDS. category: beginning of a category, "amenity" or "amenity=hospital". adcode: code of an area,
    nothing outside.
    Raises BadQuery without any letter or digit and for an unknown area, Unprocessable with the best guess as `partial`
    (None if even that is nothing like the question) if nothing was understood well enough, ChainageOutOfRange for a
    kilometre beyond a road's posts.
    """
    _check_text(text)
    places, areas = places_of(world), world.section(AREAS)
    found = find_places(places, areas, text, _wish(areas, focus, bbox, limit, crs, kinds, category, adcode))
    good = [each for each in found if each.score >= ENOUGH]
    if not good:
        is_guess = (
            found and found[0].confidence >= GUESS_ENOUGH and any(map(str.isalpha, text))
        )  # 00100 is like nothing
        partial = asdict(_place(places, areas, found[0], "")) if is_guess else None
        raise Unprocessable(
            f"nothing here is called {text[:80]!r}",
            hint="check the spelling, leave parts out, or look whether the area is imported: /v1/datasets",
            partial=partial,
        )
    tied = ties(good)
    ask = question_between(places, areas, tied, text) if tied else ""
    asked_of = {id(each) for each in tied}
    return tuple(_place(places, areas, each, ask if id(each) in asked_of else "") for each in good)


def suggest(
    world: World,
    text: str,
    focus: tuple[float, float] | None = None,
    limit: int = 10,
    crs: Crs = "wgs84",
    kinds: tuple[str, ...] = (),
    category: str = "",
    adcode: str = "",
    bbox: Bbox | None = None,
) -> tuple[Place, ...]:
    """Places that somebody who has typed this far may mean; may be none. Parameters and BadQuery as in `geocode`."""
    _check_text(text)
    places, areas = places_of(world), world.section(AREAS)
    wish = _wish(areas, focus, bbox, limit, crs, kinds, category, adcode)
    return tuple(_place(places, areas, each, "") for each in suggest_places(places, areas, text, wish))


def parse(world: World, text: str, crs: Crs = "wgs84") -> tuple[str, tuple[Reading, ...]]:
    """(the text as it is read, every way to read it, the likeliest first): the grammar alone, no place is looked up.

    Raises BadQuery as `geocode`.
    """
    _check_text(text)
    lookup = Lookup(places_of(world), world.section(AREAS), Wish(crs=crs))
    return read_question(text).text, tuple(list_readings(lookup, text))


def _check_text(text: str) -> None:
    if not any(char.isalnum() for char in text):
        raise BadQuery(f"q={text[:80]!r} has no letter and no digit", hint="ask with a name, an address or coordinates")


def _wish(
    areas: Areas,
    focus: tuple[float, float] | None,
    bbox: Bbox | None,
    limit: int,
    crs: Crs,
    kinds: tuple[str, ...],
    category: str,
    adcode: str,
) -> Wish:
    wish = Wish(focus, bbox, limit, crs, category=category)
    for kind in kinds:
        if kind not in KINDS:
            raise BadQuery(f"kinds={kind[:40]!r} is none", hint=f"use some of {', '.join(KINDS)}")
    if kinds or adcode:
        rows = tuple(KINDS.index(kind) for kind in kinds)
        wish = replace(wish, kinds=rows, area=_area_row(areas, adcode) if adcode else -1)
    return wish


def _area_row(areas: Areas, adcode: str) -> int:
    # Cities and provinces are written 230600 and 230000 in GB/T 2260, 2306 and 23 in the statistical tree.
    row = areas.row_of.get(adcode, areas.row_of.get(adcode.removesuffix("00").removesuffix("00"), -1))
    if row < 0:
        raise BadQuery(f"adcode={adcode[:40]!r} is no area here", hint="find the code of an area with /v1/areas?q=")
    return row


def _place(places: Places, areas: Areas, found: Found, ask: str) -> Place:
    row, house = found.row, found.house_row
    is_mapped = house >= 0 and found.precise
    is_itself = row >= 0 and (is_mapped if house >= 0 else found.kind in KINDS)
    return Place(
        id=_id(places, areas, row, house) if is_itself else "",
        kind=found.kind,
        level=found.level,
        name=found.name,
        category=places.categories[places.category[row]] if row >= 0 else "",
        lonlat=found.lonlat,
        accuracy_m=round(found.accuracy_m, 1),
        precise=int(found.precise),
        confidence=found.confidence,
        comprehension=max(0, min(100, round(100 * found.comprehension))),
        matched=tuple({"text": text, "as": meaning} for text, meaning in found.matched),
        unmatched=found.unmatched,
        ask=ask,
        street=found.street,
        housenumber=found.number,
        building=found.building,
        unit=found.unit,
        room=found.room,
        city=places.house_town[house] if house >= 0 else "",
        postcode=places.house_postcode[house] if house >= 0 else "",
        areas=_chain(places, areas, found),
    )


def _chain(places: Places, areas: Areas, found: Found) -> tuple[AreaName, ...]:
    is_row = found.row >= 0 and found.house_row < 0 and found.kind in KINDS
    row = int(places.area[found.row]) if is_row else areas.find_deepest_at(found.lonlat)
    return area_chain(areas, row)


def _id(places: Places, areas: Areas, row: int, house: int) -> str:
    if house >= 0:
        return lasting_id(places.house_osm[house])
    if places.kind[row] == AREA:
        return areas.code[int(places.area[row])]
    return lasting_id(places.osm[row])
