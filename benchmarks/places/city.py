"""An invented city in the frame of Daqing: real districts with their codes, everything inside them simulated.

    python -m benchmarks.places.city --seed 1 [--scale 1] [--names 1000000] FOLDER

Writes FOLDER/city.osm.pbf, which any importer of OpenStreetMap reads, and FOLDER/truth.pickle, what is where. Streets,
houses, places, wells and villages are drawn at random; every object says source=simulated. Never to be shown as real.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import pickle
import random
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from benchmarks.places.city_file import write
from benchmarks.places.naming import Namer
from benchmarks.places.simulated import METRES, City, Compound, House, Plane, Point, Road, Route, Thing, at_chainage
from benchmarks.places.vocabulary import SIDES
from benchmarks.routing.lockstep import ROOT

LINES, SPACING_M = 15, (190.0, 400.0)
"""Streets each way of one quarter, and how far apart they are."""

QUARTER_M = 6_200.0
"""Least distance of two quarters' centres: the city is many towns, as oil fields are."""

LOT_M = (20.0, 34.0)
SOURCES = ("city", "city_file", "naming", "simulated", "vocabulary", "words")
"""Modules that decide how a city looks."""

UNMAPPED = 0.12
"""Share of the lots whose number nobody has mapped: what is asked of them has to be estimated."""


@dataclass(frozen=True)
class Size:
    """How much is drawn."""

    quarters: int
    houses: int
    pois: int
    wells: int
    villages: int

    @classmethod
    def of(cls, scale: float, names: int) -> Size:
        """At scale 1: 2,000 roads, 60,000 numbers, 40,000 places; names: so many names of all kinds instead."""
        wells, villages = round(8_000 * scale), round(540 * scale)
        pois = round(40_000 * scale)
        if names:
            pois = max(0, names - wells - villages - round(2_900 * scale))
        return cls(max(4, round(33 * scale)), round(60_000 * scale), pois, wells, villages)


def draw(seed: int, scale: float = 1.0, names: int = 0) -> City:
    """The city of a seed; the same seed draws the same city."""
    chance = random.Random(seed)
    size = Size.of(scale, names)
    city = City(seed, _districts())
    namer = Namer(chance, names or 50_000)
    quarters = _place_quarters(city, size.quarters, chance)
    for centre, district in quarters:
        _draw_quarter(city, centre, district, namer, chance)
    _draw_crossings(city)
    _draw_houses(city, size.houses, chance)
    _draw_pois(city, size.pois, namer, chance)
    _draw_stops(city, chance)
    _draw_wells(city, size.wells, namer, chance)
    _draw_villages(city, size.villages, namer, chance)
    _draw_routes(city, chance)
    return city


def _districts() -> list[tuple[str, str, shapely.Polygon]]:
    frame = orjson.loads((ROOT / "data/daqing/daqing_districts_tianditu.geojson").read_bytes())
    return [
        (str(each["properties"]["adcode"]), each["properties"]["name"], shapely.geometry.shape(each["geometry"]))
        for each in frame["features"]
    ]


def _place_quarters(city: City, count: int, chance: random.Random) -> list[tuple[Point, int]]:
    """Centres inside the districts, each in turn, as far as there is room; what finds none goes to the next."""
    taken: list[Point] = []
    found: list[tuple[Point, int]] = []
    inner = [polygon.buffer(-0.033) for _, _, polygon in city.districts]
    shapely.prepare(inner)
    open_districts = list(range(len(inner)))
    while len(found) < count and open_districts:
        for district in tuple(open_districts):
            point = _free_point(inner[district], taken, chance)
            if point is None:
                open_districts.remove(district)
            elif len(found) < count:
                taken.append(point)
                found.append((point, district))
    return found


def _free_point(inside: shapely.Polygon, taken: list[Point], chance: random.Random) -> Point | None:
    west, south, east, north = inside.bounds
    for _ in range(300):
        point = (chance.uniform(west, east), chance.uniform(south, north))
        east_m = METRES * math.cos(math.radians(point[1]))
        if shapely.contains_xy(inside, *point) and all(
            math.hypot((x - point[0]) * east_m, (y - point[1]) * METRES) > QUARTER_M for x, y in taken
        ):
            return point
    return None


def _draw_quarter(city: City, centre: Point, district: int, namer: Namer, chance: random.Random) -> None:
    plane = Plane(centre)
    turn = math.radians(chance.uniform(-14, 14))
    rotate = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    xs, ys = (np.cumsum([chance.uniform(*SPACING_M) for _ in range(LINES)]) for _ in range(2))
    grid = np.empty((LINES, LINES, 2))
    for i in range(LINES):
        for j in range(LINES):
            grid[i, j] = xs[i] - xs.mean() + chance.uniform(-18, 18), ys[j] - ys.mean() + chance.uniform(-18, 18)
    grid @= rotate
    first = len(city.nodes)
    city.nodes.extend(map(tuple, plane.lonlat(grid.reshape(-1, 2)).tolist()))
    for line in range(LINES):
        for is_east in (True, False):
            for begin, end in _pieces(chance):
                cells = [(at, line) if is_east else (line, at) for at in range(begin, end + 1)]
                junctions = [first + i * LINES + j for i, j in cells]
                _add_road(city, junctions, district, end - begin, namer, chance, plane)
    for i in range(LINES - 1):
        for j in range(LINES - 1):
            if chance.random() < 0.2:
                corners = grid[[i, i + 1, i + 1, i], [j, j, j + 1, j + 1]]
                _add_compound(city, corners, plane, district, namer, chance)


def _pieces(chance: random.Random) -> list[tuple[int, int]]:
    """Begin and end of the streets along one line: one avenue, or several streets with gaps."""
    if chance.random() < 0.25:
        return [(0, LINES - 1)]
    pieces, at = [], 0
    while at < LINES - 2:
        end = min(LINES - 1, at + chance.randint(3, 8))
        if chance.random() > 0.05:
            pieces.append((at, end))
        at = end
    return pieces


def _add_road(
    city: City, junctions: list[int], district: int, blocks: int, namer: Namer, chance: random.Random, plane: Plane
) -> None:
    name, name_en = namer.road(district, blocks)
    small = ("tertiary", "residential", "residential", "unclassified")
    kinds = ("primary", "secondary") if blocks >= LINES - 1 else small
    road = Road(name, name_en, district, chance.choice(kinds), junctions)
    for one, other in pairwise(junctions):
        road.nodes.append(one)
        a, b = np.array(city.nodes[one]), np.array(city.nodes[other])
        bend = [chance.uniform(-6, 6), chance.uniform(-6, 6)]
        middle = plane.lonlat(((a + b) / 2 - plane.centre) * plane.scale + bend)
        road.nodes.append(len(city.nodes))
        city.nodes.append((float(middle[0]), float(middle[1])))
    road.nodes.append(junctions[-1])
    road.lonlat = np.array([city.nodes[node] for node in road.nodes])
    city.roads.append(road)


def _add_compound(
    city: City, corners: NDArray[np.float64], plane: Plane, district: int, namer: Namer, chance: random.Random
) -> None:
    middle = corners.mean(axis=0)
    inset = middle + (corners - middle) * chance.uniform(0.45, 0.72)
    across, up = inset[1] - inset[0], inset[3] - inset[0]
    columns, rows = chance.randint(2, 4), chance.randint(2, 5)
    written = namer.building_form()
    buildings = []
    for number in range(1, columns * rows + 1):
        if chance.random() < 0.08:
            continue
        column, row = (number - 1) % columns, (number - 1) // columns
        centre = inset[0] + across * (column + 0.5) / columns + up * (row + 0.5) / rows
        wide, high = across / columns * 0.3, up / rows * 0.22
        ring = [centre - wide - high, centre + wide - high, centre + wide + high, centre - wide + high]
        tags = namer.building_tags(str(number), written)
        buildings.append((str(number), tags, plane.point(*centre), _points(plane, ring)))
    gates = []
    for at, (side, _) in enumerate((SIDES[2], SIDES[0], SIDES[3], SIDES[1])):
        if chance.random() < 0.45:
            gates.append((side, plane.point(*((inset[at] + inset[(at + 1) % 4]) / 2))))
    radius_m = float(np.hypot(*(inset - middle).T).max())
    name = namer.compound()
    ring = _points(plane, list(inset))
    city.compounds.append(Compound(name, district, plane.point(*middle), ring, buildings, gates, radius_m))


def _points(plane: Plane, metres: list[NDArray[np.float64]]) -> list[Point]:
    return [plane.point(*each) for each in metres]


def _draw_crossings(city: City) -> None:
    """Where two streets of different names share a node."""
    at: dict[int, list[int]] = defaultdict(list)
    for index, road in enumerate(city.roads):
        for junction in road.junctions:
            at[junction].append(index)
    for junction, roads in at.items():
        for place, one in enumerate(roads):
            for other in roads[place + 1 :]:
                if city.roads[one].name != city.roads[other].name:
                    city.crossings.append((one, other, city.nodes[junction]))


def _draw_houses(city: City, count: int, chance: random.Random) -> None:
    """Lots along the streets, odd numbers left and even right, until there are enough that are mapped."""
    order = list(range(len(city.roads)))
    chance.shuffle(order)
    mapped = 0
    for index in order:
        if mapped >= count:
            break
        road = city.roads[index]
        plane = Plane((float(road.lonlat[0, 0]), float(road.lonlat[0, 1])))
        line = (road.lonlat - plane.centre) * plane.scale
        along = np.r_[0.0, np.cumsum(np.hypot(*np.diff(line, axis=0).T))]
        how = chance.choices(("node", "building", "interpolated"), (82, 12, 6))[0]
        suffix = "号" if chance.random() < 0.15 else ""
        begin = 2 * chance.randint(0, 3)
        pitch = chance.uniform(*LOT_M) * (1 if how != "interpolated" else 1.2)
        for side, parity in ((1, 1), (-1, 2)):
            value, place_m = begin + parity, chance.uniform(8, 25)
            lots: list[tuple[int, Point]] = []
            while place_m < along[-1] - 8:
                at = min(int(np.searchsorted(along, place_m, side="right")), len(along) - 1)
                way = (line[at] - line[at - 1]) / (along[at] - along[at - 1])
                away = 14.0 if how == "interpolated" else chance.uniform(11, 17)
                spot = line[at - 1] + way * (place_m - along[at - 1]) + side * away * np.array([-way[1], way[0]])
                lots.append((value, plane.point(*spot)))
                place_m += pitch * (chance.uniform(0.75, 1.3) if how != "interpolated" else 1.0)
                value += 2 if how == "interpolated" or chance.random() > 0.04 else 4
            mapped += _add_lots(city, index, lots, how, suffix, chance)


def _add_lots(
    city: City, road: int, lots: list[tuple[int, Point]], how: str, suffix: str, chance: random.Random
) -> int:
    mapped = 0
    for place, (value, point) in enumerate(lots):
        if how == "interpolated":
            kind = "end" if place in (0, len(lots) - 1) else how
        else:
            kind = "" if chance.random() < UNMAPPED else how
        city.houses.append(House(road, value, f"{value}{suffix}", point, kind))
        mapped += kind in ("node", "building", "end")
        if kind in ("node", "building") and chance.random() < 0.02:
            letter = chance.choice("甲乙A")
            beside = (round(point[0] + 6e-5, 7), round(point[1] + 4e-5, 7))
            city.houses.append(House(road, value, f"{value}{letter}{suffix}", beside, "node"))
            mapped += 1
    return mapped


def _draw_pois(city: City, count: int, namer: Namer, chance: random.Random) -> None:
    weights = [len(road.lonlat) for road in city.roads]
    for index in chance.choices(range(len(city.roads)), weights, k=count):
        road = city.roads[index]
        at = chance.randrange(len(road.lonlat) - 1)
        share = chance.random()
        lon, lat = road.lonlat[at] * (1 - share) + road.lonlat[at + 1] * share
        aside = chance.uniform(-1, 1) * 9e-4, chance.uniform(-1, 1) * 6e-4
        spot = (round(float(lon) + aside[0], 7), round(float(lat) + aside[1], 7))
        name, tags = namer.poi(city.districts[road.district][1], road.name)
        city.pois.append(Thing(name, tags, spot, road.district))


def _draw_stops(city: City, chance: random.Random) -> None:
    """Bus stops: beside crossings, named after them; beside compounds, named after those."""
    for one, other, point in city.crossings:
        if chance.random() < 0.06:
            name = f"{city.roads[one].name}{city.roads[other].name}口"
            spot = (round(point[0] + 2e-4, 7), round(point[1] + 1e-4, 7))
            city.stops.append(Thing(name, {"highway": "bus_stop"}, spot, city.roads[one].district))
    for compound in city.compounds:
        if chance.random() < 0.35:
            city.stops.append(Thing(f"{compound.name}站", {"highway": "bus_stop"}, compound.ring[0], compound.district))


def _draw_wells(city: City, count: int, namer: Namer, chance: random.Random) -> None:
    """Rows of wells in fields inside the five urban districts and Zhaozhou, Zhaoyuan."""
    fields: list[tuple[Plane, int, float]] = []
    while len(fields) < max(10, count // 220):
        district = chance.choice((0, 1, 2, 3, 4, 4, 5, 6))
        polygon = city.districts[district][2]
        west, south, east, north = polygon.bounds
        point = (chance.uniform(west, east), chance.uniform(south, north))
        if shapely.contains_xy(polygon.buffer(-0.03), *point):
            fields.append((Plane(point), district, chance.uniform(-0.4, 0.4)))
    for number in range(count):
        plane, district, turn = fields[number % len(fields)]
        column, row = divmod(number // len(fields), 16)
        east = (column - 7) * 180 + chance.uniform(-30, 30)
        north = (row - 7) * 160 + chance.uniform(-30, 30)
        cos, sin = math.cos(turn), math.sin(turn)
        spot = plane.point(east * cos - north * sin, east * sin + north * cos)
        ref = namer.well(number % len(fields))
        tags = {"man_made": "petroleum_well", "ref": ref}
        if chance.random() < 0.4:
            tags["name"] = f"{ref}井"
        city.wells.append(Thing(ref, tags, spot, district))


def _draw_villages(city: City, count: int, namer: Namer, chance: random.Random) -> None:
    while len(city.villages) < count:
        district = chance.choices(range(9), [polygon.area for _, _, polygon in city.districts])[0]
        polygon = city.districts[district][2]
        west, south, east, north = polygon.bounds
        point = (round(chance.uniform(west, east), 7), round(chance.uniform(south, north), 7))
        if shapely.contains_xy(polygon, *point):
            city.villages.append(Thing(namer.village(), {"place": "village"}, point, district, 600.0))


def _draw_routes(city: City, chance: random.Random) -> None:
    """G10 across and two more, with posts each kilometre of which some are missing, and chainage broken once each."""
    whole = shapely.union_all([polygon for _, _, polygon in city.districts])
    west, south, east, north = whole.bounds
    lines = (
        ("G10", "绥满高速", "motorway", (west + 0.3, 46.35), (east - 0.35, 46.72), 551_000.0),
        ("G45", "大广高速", "motorway", (124.95, south + 0.15), (125.02, north - 0.2), 62_000.0),
        ("S313", "远和公路", "primary", (124.3, 45.95), (125.5, 45.9), 0.0),
    )
    for ref, name, highway, start, end, begin_m in lines:
        steps = 240
        share = np.linspace(0, 1, steps)
        wave = np.sum([chance.uniform(-0.02, 0.02) * np.sin(share * math.pi * n) for n in (2, 3, 5, 7)], axis=0)
        slope = np.array(end) - start
        normal = np.array([-slope[1], slope[0]]) / np.hypot(*slope)
        lonlat: NDArray[np.float64] = np.round(np.array(start) + share[:, None] * slope + wave[:, None] * normal, 7)
        east_m = METRES * np.cos(np.radians(lonlat[:, 1]))
        steps_m = np.hypot(np.diff(lonlat[:, 0]) * (east_m[1:] + east_m[:-1]) / 2, np.diff(lonlat[:, 1]) * METRES)
        along = np.r_[0.0, np.cumsum(steps_m)]
        at_break = along[-1] * chance.uniform(0.35, 0.65)
        jump_m = chance.choice((-340.0, 2_600.0))
        chainage = begin_m + along + np.where(along > at_break, jump_m, 0.0)
        posts = []
        for kilometre in range(math.ceil(chainage[0] / 1000), int(chainage[-1] / 1000) + 1):
            if abs(kilometre * 1000 - begin_m - at_break) < 3_500 or chance.random() < 0.1:
                continue
            posts.append((kilometre, at_chainage(lonlat, chainage, kilometre * 1000.0)))
        city.routes.append(Route(ref, name, highway, lonlat, chainage, posts, [begin_m + at_break]))


def prepare(folder: Path, seed: int, scale: float = 1.0, names: int = 0) -> City:
    """The city of a seed with its file in the folder, kept until the size or this generator changes."""
    sources = [file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.*")) if file.stem in SOURCES]
    key = hashlib.sha256(b"".join([*sources, f"{seed} {scale} {names}".encode()])).hexdigest()
    truth, drawn_by = folder / "truth.pickle", folder / "drawn-by"
    if drawn_by.exists() and drawn_by.read_text() == key:
        kept: City = pickle.loads(truth.read_bytes())
        return kept
    folder.mkdir(parents=True, exist_ok=True)
    drawn_by.unlink(missing_ok=True)
    city = draw(seed, scale, names)
    write(city, folder / "city.osm.pbf")
    truth.write_bytes(pickle.dumps(city, protocol=5))
    drawn_by.write_text(key)
    return city


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="benchmarks.places.city", description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="1 = 2,000 roads, 60,000 numbers, 40,000 places [1]")
    parser.add_argument("--names", type=int, default=0, help="so many named things in all, e.g. 1000000")
    asked = parser.parse_args()
    drawn = prepare(asked.folder, asked.seed, asked.scale, asked.names)
    print(
        f"{len(drawn.roads)} roads, {len(drawn.houses)} lots, {len(drawn.pois)} places, {len(drawn.wells)} wells, "
        f"{len(drawn.villages)} villages, {len(drawn.compounds)} compounds, {len(drawn.stops)} stops, "
        f"{len(drawn.crossings)} crossings"
    )
