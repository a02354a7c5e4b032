"""Names for the invented city: how often a name comes twice, and where, is drawn as real cities have it."""

from __future__ import annotations

import random
from functools import cache

from pypinyin import lazy_pinyin

from benchmarks.places import vocabulary as words
from benchmarks.places.vocabulary import spoken
from benchmarks.routing.lockstep import ROOT

TWICE = 0.22
"""Share of the street names that another district has too."""


@cache
def pinyin_word(text: str) -> str:
    """Syllables as signs write them: Tuanjie."""
    return "".join(lazy_pinyin(text)).capitalize()


class Namer:
    """Draws names; streets are unique within a district, wells everywhere, shops not quite."""

    def __init__(self, chance: random.Random, names: int) -> None:
        self.chance = chance
        self._streets: dict[int, set[str]] = {}
        self._by_name: dict[str, int] = {}
        self._known: list[tuple[str, str]] = []
        self._compounds: set[str] = set()
        self._wells: set[str] = set()
        self._villages: set[str] = set()
        self._pois: dict[str, int] = {}
        self._is_huge = names > 200_000
        self._real = (ROOT / "data/daqing/daqing_division.json").read_text(encoding="utf-8")
        self._kinds = [kind for kind, _, _ in words.POIS]
        self._weights = [weight for _, weight, _ in words.POIS]
        self._forms = {kind: forms for kind, _, forms in words.POIS}

    def road(self, district: int, blocks: int) -> tuple[str, str]:
        """(name, English name) of a street; a long one is an avenue."""
        used = self._streets.setdefault(district, set())
        for _ in range(200):
            if self._known and self.chance.random() < TWICE:
                name, name_en = self.chance.choice(self._known)
            else:
                name, name_en = self._new_road(blocks)
            if name not in used:
                break
        used.add(name)
        self._known.append((name, name_en))
        return name, name_en

    def _new_road(self, blocks: int) -> tuple[str, str]:
        chance = self.chance
        if chance.random() < 0.06:
            begin, ending, begin_en, ending_en = chance.choice(words.GRID_STREETS)
            number = chance.randint(1, 29)
            return f"{begin}{spoken(number)}{ending}", f"{begin_en} {number} {ending_en}"
        stem = self._stem()
        name_en = pinyin_word(stem)
        endings = [("大街", "Street"), ("大道", "Avenue"), ("路", "Road")] if blocks >= 14 else None
        if endings:
            ending, ending_en = chance.choice(endings)
        else:
            weights = [weight for _, weight, _ in words.ROAD_ENDINGS]
            ending, _, ending_en = chance.choices(words.ROAD_ENDINGS, weights)[0]
        drawn = chance.random()
        if drawn < 0.16:
            side, side_en = chance.choice(words.SIDES)
            return f"{stem}{side}{ending}", f"{name_en} {side_en} {ending_en}"
        if drawn < 0.30 and ending in ("街", "路", "巷"):
            place = chance.randrange(9)
            ordinal = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th")[place]
            return f"{stem}{words.ORDINALS[place]}{ending}", f"{name_en} {ordinal} {ending_en}"
        return f"{stem}{ending}", f"{name_en} {ending_en}"

    def _stem(self) -> str:
        drawn = self.chance.random()
        if drawn < (0.55 if not self._is_huge else 0.2):
            return self.chance.choice(words.STEMS)
        count = 2 if drawn < 0.93 and not self._is_huge else 3 if drawn > 0.6 else 2
        return "".join(self.chance.choices(words.SYLLABLES, k=count))

    def compound(self) -> str:
        """A residential compound; unique while there is room."""
        for _ in range(50):
            name = self._stem() + self.chance.choice(words.COMPOUND_ENDINGS)
            if self.chance.random() < 0.12:
                name += self.chance.choice(words.COMPOUND_PARTS)
            if name not in self._compounds:
                break
        self._compounds.add(name)
        return name

    def building_form(self) -> str:
        """How one compound writes its buildings."""
        return self.chance.choice(words.BUILDING_FORMS)

    def building_tags(self, number: str, written: str) -> dict[str, str]:
        """Mostly named, sometimes numbered, as mappers do either."""
        drawn = self.chance.random()
        tags = {"building": "apartments"}
        if drawn < 0.75:
            tags["name"] = written.format(number)
        elif drawn < 0.9:
            tags["ref"] = number
        else:
            tags["addr:housenumber"] = written.format(number)
        return tags

    def poi(self, district: str, road: str) -> tuple[str, dict[str, str]]:
        """(name, tags) of a shop, office, school ...; one in twelve is a branch of a chain, named after its street."""
        chance = self.chance
        if chance.random() < 0.08:
            tag, chain = chance.choice(words.CHAINS)
            name = f"{chain}({road}店)"
        else:
            for _ in range(20):
                tag = chance.choices(self._kinds, self._weights)[0]
                name = self._poi_name(tag, district)
                if name not in self._pois or chance.random() < 0.05:
                    break
        self._pois[name] = self._pois.get(name, 0) + 1
        key, value = tag.split("=")
        return name, {key: value, "name": name}

    def _poi_name(self, tag: str, district: str) -> str:
        chance = self.chance
        drawn = chance.random()
        if drawn < 0.2 and not self._is_huge:
            name = chance.choice(words.STEMS)
        else:
            name = "".join(chance.choices(words.SYLLABLES, k=4 if drawn > 0.85 else 2 if drawn < 0.55 else 3))
        name = chance.choice(self._forms[tag]).format(
            stem=self._stem(), name=name, surname=chance.choice(words.SURNAMES), ordinal=chance.choice(words.ORDINALS)
        )
        drawn = chance.random()
        if drawn < 0.07:
            return f"大庆市{name}"
        if drawn < 0.17:
            return f"{district.removesuffix('区')}{name}" if district.endswith("区") else f"{district[:2]}{name}"
        return name

    def well(self, group: int) -> str:
        """A well's number as 北5-9-572 or 杏12-丁4-P56; the fields have their own first character."""
        chance = self.chance
        for _ in range(50):
            field = words.WELLS[group % len(words.WELLS)]
            letter = chance.choice(words.WELL_LETTERS)
            first, middle, last = chance.randint(1, 14), chance.randint(1, 40), chance.randint(1, 999)
            number = f"{letter}{middle}-{last}" if chance.random() < 0.8 else f"{letter}{last}"
            name = f"{field}{first}-{number}"
            if name not in self._wells:
                break
        self._wells.add(name)
        return name

    def village(self) -> str:
        """A village's name, none that a village here really has."""
        chance = self.chance
        for _ in range(100):
            drawn = chance.random()
            if drawn < 0.4:
                stem = chance.choice(words.VILLAGE_STEMS) + chance.choice(words.SURNAMES) + "家"
            elif drawn < 0.7:
                stem = chance.choice(words.STEMS)
            else:
                stem = chance.choice(words.SURNAMES) + chance.choice(words.SYLLABLES)
            ending = chance.choice(words.VILLAGE_ENDINGS)
            if f"{stem}{ending}" not in self._villages and f'"{stem}' not in self._real:
                break
        self._villages.add(f"{stem}{ending}")
        return f"{stem}{ending}"
