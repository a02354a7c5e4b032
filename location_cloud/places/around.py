"""The parts of what a crew is told of a position: road, crossings, house, landmarks, settlement, kilometre, access."""

from __future__ import annotations

import math

import numpy as np

from location_cloud.places.along import find_crossings
from location_cloud.places.grid import PackedGrid, build_grid
from location_cloud.places.in_words import chainage_text, is_chinese, landmark_words
from location_cloud.places.model import AREA, KINDS, SETTLEMENT, Places, lasting_id
from location_cloud.places.model_reverse import (
    LEFT,
    ON,
    ON_ROAD_M,
    RIGHT,
    Access,
    ChainageHere,
    CrossingHere,
    Entrance,
    HouseHere,
    Landmark,
    PostHere,
    RoadHere,
    StopHere,
)
from location_cloud.places.nearby import Near, near_of, nearest_of, nearest_pois, nearest_road
from location_cloud.places.nearby_kernels import VALUES, find_known
from location_cloud.places.posts import DOWN, UP, find_chainage, find_post
from location_cloud.places.stops import Stop, find_stop
from location_cloud.roads.edges import edge_key
from location_cloud.roads.model import CLASSES, ONEWAY, Roads
from location_cloud.spatial.measure import bearing_deg, distance_m

CANDIDATES = 24
"""Places looked at for a few landmarks: a chain's shops and a station's stops share their names."""

HIT_M, HIT_CANDIDATES = 400.0, 8
"""How far the middle of a place may be for its entrance to be looked for; it must reach the position, too."""

SAME_LINE_M = 3.0
"""So close to each other a named road and a segment of the network are the same."""

CARRIAGEWAY_M = 40.0
"""So close to the line of a numbered road a one-way road is one of its carriageways."""

VAGUE_M = 10_000.0
"""An area whose position is known no better is no settlement to tell anything by."""

NO_SETTLEMENTS = frozenset(("place=locality", "place=square", "place=island", "place=islet"))

OTHER_LANGUAGE = {"zh-CN": is_chinese, "en": str.isascii}
"""Whether a name is one of the language: other names of a place are kept without saying which they are."""


def local_name(places: Places, row: int, language: str) -> str:
    """A place's name in a language, its own name where none is known."""
    name, fits = places.name[row], OTHER_LANGUAGE[language]
    if not name or fits(name) or (language == "zh-CN") == is_chinese(name):
        return name
    others = places.other_name.take(range(int(places.other_start[row]), int(places.other_start[row + 1])))
    return next((other for other in others if fits(other)), name)


def road_here(places: Places, roads: Roads | None, near: Near, language: str) -> RoadHere:
    """The road that a position is told by."""
    on_net = find_stop(roads, near.lonlat, SAME_LINE_M) if roads is not None else None
    category = places.categories[places.category[near.row]]
    ref, road_class = "", category.removeprefix("highway=") if category.startswith("highway=") else ""
    if roads is not None and on_net is not None:
        ref, road_class = roads.names[roads.seg_ref[on_net.segment]], CLASSES[roads.seg_class[on_net.segment]]
    return RoadHere(
        id=lasting_id(places.osm[near.row]),
        name=places.name[near.row],
        local_name=local_name(places, near.row, language),
        ref=ref,
        road_class=road_class,
        category=category,
        lonlat=near.lonlat,
        distance_m=near.distance_m,
        bearing_deg=near.bearing_deg,
        direction=near.direction,
        side=side_of(places, near),
    )


def side_of(places: Places, near: Near) -> str:
    """LEFT, RIGHT or ON: where a position is of the nearest road as it is drawn."""
    if near.distance_m <= ON_ROAD_M:
        return ON
    start = int(places.segment_vertex[near.segment])
    (lon, lat), (to_lon, to_lat) = (places.vertex[start : start + 2] / 1e7).tolist()
    heading = math.degrees(math.atan2((to_lon - lon) * math.cos(math.radians(lat)), to_lat - lat))
    return RIGHT if 0.0 < (near.bearing_deg - heading) % 360.0 < 180.0 else LEFT


def crossings_here(places: Places, near: Near, language: str) -> tuple[CrossingHere, ...]:
    """The crossings that the position lies between, as far as there are any."""
    found = zip(("behind", "ahead"), find_crossings(places, near.segment, near.share))
    return tuple(
        CrossingHere(
            id=lasting_id(places.osm[crossing.other]),
            name=places.name[crossing.other],
            local_name=local_name(places, crossing.other, language),
            towards=towards,
            lonlat=crossing.lonlat,
            distance_m=crossing.along_m,
        )
        for towards, crossing in found
        if crossing is not None
    )


def house_here(places: Places, house: Near, road: Near | None) -> HouseHere:
    """The nearest house, and on which side of the road it stands."""
    row = house.house_row
    side, is_same_side = None, None
    if road is not None and house.row == road.row:
        foot = nearest_road(places, house.lonlat, house.distance_m + road.distance_m + ON_ROAD_M)
        if foot is not None and foot.row == road.row:
            side = side_of(places, foot)
            if ON not in (side, side_of(places, road)):
                apart_deg = abs((foot.bearing_deg - road.bearing_deg + 180.0) % 360.0 - 180.0)
                is_same_side = apart_deg < 90.0
    return HouseHere(
        id=lasting_id(places.house_osm[row]),
        street=places.name[house.row],
        housenumber=places.house_number[row],
        city=places.house_town[row],
        postcode=places.house_postcode[row],
        lonlat=house.lonlat,
        distance_m=house.distance_m,
        bearing_deg=house.bearing_deg,
        direction=house.direction,
        is_estimated=bool(places.house_estimated[row]),
        side=side,
        is_same_side=is_same_side,
    )


def landmarks_here(
    places: Places, lonlat: tuple[float, float], radius_m: float, ceiling_m: float, limit: int, language: str
) -> tuple[Landmark, ...]:
    """Places to tell a position by, each name once, the best-known near ones first.

    Where none is within the radius, the nearest one up to the ceiling.
    """
    row, at = np.full(CANDIDATES, -1, np.int64), np.zeros((CANDIDATES, VALUES))
    grid = places.poi_grid
    find_known(grid.cell, grid.item, places.lonlat, places.importance, *lonlat, float(radius_m), row, at)
    near = [near_of(each, values) for each, values in zip(row.tolist(), at.tolist()) if each >= 0]
    if not near and limit:
        near = nearest_pois(places, lonlat, ceiling_m, 1)
    kept: dict[str, Landmark] = {}
    for each in near:
        if len(kept) == limit:
            break
        mark = landmark(places, each, language)
        kept.setdefault(mark.name, mark)
    return tuple(kept.values())


def settlement_here(places: Places, lonlat: tuple[float, float], ceiling_m: float, language: str) -> Landmark | None:
    """The nearest village, town or quarter up to a ceiling in metres."""
    grid = settlement_grid(places)
    near = nearest_of(grid.cell, grid.item, places.lonlat, lonlat, ceiling_m, 1)
    return landmark(places, near[0], language) if near else None


def settlement_grid(places: Places) -> PackedGrid:
    """The grid of villages, towns and quarters; made at the first question and kept with the places."""
    kept: dict[str, PackedGrid] = places.__dict__
    if "settlement_grid" not in kept:
        no_settlement = [name in NO_SETTLEMENTS for name in places.categories]
        is_one = (places.kind == SETTLEMENT) & ~np.array([*no_settlement, False])[places.category]
        small = [name in ("boundary=village", "boundary=town") for name in places.categories]
        is_small = (places.kind == AREA) & np.array([*small, False])[places.category]
        rows = np.flatnonzero(is_one | (is_small & (places.accuracy_m <= VAGUE_M)))
        grid = build_grid(places.lonlat[rows].reshape(-1, 2))
        kept["settlement_grid"] = PackedGrid(grid.cell, rows[grid.item].astype(np.int32))
    return kept["settlement_grid"]


def landmark(places: Places, near: Near, language: str) -> Landmark:
    """A place to tell a position by."""
    name = local_name(places, near.row, language)
    return Landmark(
        id=lasting_id(places.osm[near.row]),
        kind=KINDS[places.kind[near.row]],
        name=places.name[near.row],
        local_name=name,
        category=places.categories[places.category[near.row]],
        lonlat=near.lonlat,
        distance_m=near.distance_m,
        bearing_deg=near.bearing_deg,
        direction=near.direction,
        accuracy_m=round(float(places.accuracy_m[near.row]), 1),
        words=landmark_words(language, name, near.direction, near.distance_m),
    )


def chainage_here(
    places: Places, roads: Roads | None, lonlat: tuple[float, float], ceiling_m: float
) -> ChainageHere | None:
    """Where on the nearest numbered road, and its nearest post."""
    found = find_chainage(places, lonlat, ceiling_m)
    if found is None:
        return None
    side = found.side or _carriageway(roads, found.at, found.heading_deg, lonlat)
    ref = places.route_ref[found.route].upper()
    post = find_post(places, lonlat, ceiling_m)
    return ChainageHere(
        ref=ref,
        name=places.route_name[found.route],
        text=chainage_text(ref or places.route_name[found.route], found.chainage_m),
        chainage_m=round(found.chainage_m, 1),
        side=_SIDES[side],
        lonlat=found.at.lonlat,
        distance_m=found.at.distance_m,
        nearest_post=None
        if post is None
        else PostHere(
            text=chainage_text(places.route_ref[post.route].upper() or places.route_name[post.route], post.chainage_m),
            chainage_m=post.chainage_m,
            side=_SIDES[post.side],
            lonlat=post.at.lonlat,
            distance_m=post.at.distance_m,
        ),
    )


_SIDES = {0: "", UP: "up", DOWN: "down"}


def _carriageway(roads: Roads | None, at: Near, heading_deg: float, lonlat: tuple[float, float]) -> int:
    """UP or DOWN where the position is on a one-way carriageway of a road in China, which drives on the right; else 0.

    Source: GB 5768.2, kilometre posts: the right carriageway (Y) is the one that drives with growing chainage.
    """
    if roads is None or roads.country_code not in ("CN", ""):
        return 0
    stop = find_stop(roads, lonlat, CARRIAGEWAY_M)
    if stop is None or not roads.seg_flags[stop.segment] & ONEWAY:
        return 0
    if float(distance_m(stop.lonlat, at.lonlat)[0]) > CARRIAGEWAY_M:
        return 0
    ends = roads.node_e7[[roads.seg_from[stop.segment], roads.seg_to[stop.segment]]] / 1e7
    if not roads.seg_access_forward[stop.segment]:
        ends = ends[::-1]
    turn = abs((float(bearing_deg(*ends)[0]) - heading_deg + 180.0) % 360.0 - 180.0)
    return DOWN if turn < 90.0 else UP


def access_here(places: Places, roads: Roads | None, lonlat: tuple[float, float], ceiling_m: float) -> Access:
    """Through which entrance, and where a vehicle must stop for it."""
    entrance = _entrance(places, lonlat)
    goal = entrance.lonlat if entrance is not None else lonlat
    stop = find_stop(roads, goal, ceiling_m) if roads is not None else None
    if roads is None or stop is None:
        return Access(entrance, None, None)
    on_foot_m = stop.distance_m + (entrance.distance_m if entrance is not None else 0.0)
    return Access(entrance, _stop(roads, stop), round(on_foot_m, 1))


def _stop(roads: Roads, stop: Stop) -> StopHere:
    segment = stop.segment
    return StopHere(
        road=edge_key(roads, 2 * segment if roads.seg_access_forward[segment] else 2 * segment + 1),
        name=roads.names[roads.seg_name[segment]],
        ref=roads.names[roads.seg_ref[segment]],
        road_class=CLASSES[roads.seg_class[segment]],
        lonlat=stop.lonlat,
    )


def _entrance(places: Places, lonlat: tuple[float, float]) -> Entrance | None:
    """The nearest entrance of the smallest place with entrances that reaches the position."""
    settlements = settlement_grid(places)
    near = nearest_pois(places, lonlat, HIT_M, HIT_CANDIDATES)
    near += nearest_of(settlements.cell, settlements.item, places.lonlat, lonlat, HIT_M, HIT_CANDIDATES)
    start, accuracy_m = places.access_start, places.accuracy_m
    hit = [each for each in near if start[each.row] < start[each.row + 1]]
    hit = [each for each in hit if each.distance_m <= float(accuracy_m[each.row])]
    if not hit:
        return None
    row = min(hit, key=lambda each: (float(accuracy_m[each.row]), each.distance_m, each.row)).row
    doors = places.access_lonlat[int(start[row]) : int(start[row + 1])]
    apart_m = distance_m(doors, lonlat)
    door = int(np.argmin(apart_m))
    return Entrance(places.name[row], (float(doors[door, 0]), float(doors[door, 1])), round(float(apart_m[door]), 1))
