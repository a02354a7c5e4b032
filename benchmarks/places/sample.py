"""An invented city to draw questions from: what is unique in it, what is mapped, what meets what."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from benchmarks.places.simulated import City, House, Point, Thing
from benchmarks.places.wording import Wording


class Sample:
    """A city and the chance to draw from it, with the indexes that tell what is unique."""

    def __init__(self, city: City, seed: int, dialect: str = "a") -> None:
        self.city = city
        self.chance = random.Random(seed * 1_000_003 + 17)
        self.say = Wording(self.chance, dialect)

    @cached_property
    def mapped(self) -> list[House]:
        """Houses that are in the file by their number."""
        return [each for each in self.city.houses if each.how in ("node", "building", "end")]

    @cached_property
    def roads_by_name(self) -> dict[str, list[int]]:
        """Every road of a name."""
        found = defaultdict(list)
        for index, road in enumerate(self.city.roads):
            found[road.name].append(index)
        return found

    @cached_property
    def named(self) -> dict[str, list[Thing]]:
        """Places of interest by name."""
        found: dict[str, list[Thing]] = defaultdict(list)
        for each in self.city.pois:
            found[each.name].append(each)
        return found

    @cached_property
    def taken(self) -> set[str]:
        """Names that more than one thing of any sort has."""
        seen: set[str] = set()
        twice: set[str] = set()
        for group in (self.city.pois, self.city.compounds, self.city.stops, self.city.villages):
            for each in group:
                (twice if each.name in seen else seen).add(each.name)
        return twice | (seen & set(self.roads_by_name))

    @cached_property
    def crossings(self) -> list[tuple[int, int, Point]]:
        """Those whose two names meet at one place only."""
        count: dict[frozenset[str], int] = defaultdict(int)
        roads = self.city.roads
        for one, other, _ in self.city.crossings:
            count[frozenset((roads[one].name, roads[other].name))] += 1
        return [each for each in self.city.crossings if count[frozenset(roads[at].name for at in each[:2])] == 1]

    def district(self, index: int) -> str:
        """Its full name."""
        return self.city.districts[index][1]

    def house(self, how: Sequence[str] = ("node", "building"), is_lettered: bool = False) -> House:
        """A house whose number is plain digits."""
        while True:
            house = self.chance.choice(self.mapped if "node" in how else self.city.houses)
            if house.how in how and (is_lettered or house.number.rstrip("号").isdigit()):
                return house

    def road_and_district(self, house: House) -> tuple[str, str]:
        """Of a house."""
        road = self.city.roads[house.road]
        return road.name, self.district(road.district)

    @cached_property
    def _numbers(self) -> dict[str, list[House]]:
        found: dict[str, list[House]] = defaultdict(list)
        for each in self.city.houses:
            if each.how and each.number.rstrip("号").isdigit():
                found[self.city.roads[each.road].name].append(each)
        return found

    def numbers_of(self, road: str) -> list[House]:
        """Plain numbers of all streets of a name, those on interpolation ways too."""
        return self._numbers[road]

    def poi(self, least: int = 2) -> Thing:
        """A place whose name is unique in the city."""
        while True:
            each = self.chance.choice(self.city.pois)
            if each.name not in self.taken and len(each.name) >= least:
                return each

    def near(self, point: Point) -> Point:
        """A focus about a kilometre off."""
        return (round(point[0] + self.chance.gauss(0, 0.009), 6), round(point[1] + self.chance.gauss(0, 0.006), 6))
