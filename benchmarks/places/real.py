"""Addresses of real extracts, read straight from the file: what people there would write, and where it is."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import osmium

from benchmarks.places.questions import Question
from benchmarks.places.simulated import Point

HOUSE = ("门牌号",)
Element = osmium.osm.Node | osmium.osm.Way | osmium.osm.Relation


@dataclass(frozen=True)
class Address:
    """A mapped address; places: every object that carries it, nodes and middles of outlines."""

    street: str
    number: str
    town: str
    postcode: str
    places: tuple[Point, ...]

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it one address."""
        return self.street, self.number, self.town


def read_addresses(file: Path) -> list[Address]:
    """Every street, number and town of the file once, in order. Lists of numbers such as 3;5 are left out."""
    found: dict[tuple[str, str, str], list[Point]] = defaultdict(list)
    postcodes: dict[tuple[str, str, str], str] = {}
    for thing in osmium.FileProcessor(file).with_locations().with_filter(osmium.filter.KeyFilter("addr:housenumber")):
        tags = thing.tags
        street, number = tags.get("addr:street") or "", tags["addr:housenumber"].strip()
        if not street or not re.fullmatch(r"\d+ ?[A-Za-z]?(-\d+)?|\d+ ?(bis|ter)", number):
            continue
        point = _middle(thing)
        if point:
            key = (street, number, tags.get("addr:city") or "")
            found[key].append(point)
            postcodes.setdefault(key, tags.get("addr:postcode") or "")
    return [Address(*key, postcodes[key], tuple(places)) for key, places in sorted(found.items())]


def _middle(thing: object) -> Point | None:
    if isinstance(thing, osmium.osm.Node):
        return thing.location.lon, thing.location.lat
    if not isinstance(thing, osmium.osm.Way):
        return None
    points = [(node.lon, node.lat) for node in thing.nodes if node.location.valid()]
    points = points[:-1] if len(points) > 1 and points[0] == points[-1] else points
    if not points:
        return None
    lons, lats = ([point[axis] for point in points] for axis in (0, 1))
    return (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2


def question(address: Address, country: str, kind: str, others: dict[tuple[str, str], list[Address]]) -> Question:
    """The address as locals write it; the town only where the file knows it."""
    same = others[address.street, address.number]
    truths = tuple(
        place for each in same if not address.town or each.town in ("", address.town) for place in each.places
    )
    text = written(address.street, address.number, country)
    place = " ".join(part for part in (address.postcode, address.town) if part)
    return Question(kind, f"{text}, {place}" if place else text, truths, HOUSE)


def written(street: str, number: str, country: str) -> str:
    """Number first in French and English, last in German and Finnish."""
    return f"{number} {street}" if country == "fr" else f"{street} {number}"


def with_typo(text: str, chance: random.Random) -> str:
    """One slip in the letters: left out, doubled, swapped with the next, or hit beside."""
    places = [at for at in range(len(text) - 1) if text[at].isalpha() and text[at + 1].isalpha()]
    at = chance.choice(places)
    slip = chance.randrange(4)
    if slip == 0:
        return text[:at] + text[at + 1 :]
    if slip == 1:
        return text[: at + 1] + text[at] + text[at + 1 :]
    if slip == 2 and text[at].lower() != text[at + 1].lower():
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    other = chance.choice([char for char in "abcdefghijklmnopqrstuvwxyz" if char != text[at].lower()])
    return text[:at] + other + text[at + 1 :]


def by_text(addresses: list[Address]) -> dict[tuple[str, str], list[Address]]:
    """Addresses by street and number: several towns may have the same."""
    found: dict[tuple[str, str], list[Address]] = defaultdict(list)
    for each in addresses:
        found[each.street, each.number].append(each)
    return found


def without(file: Path, hidden: set[tuple[str, str]], target: Path) -> None:
    """Writes the file without the numbers (street, number) that are hidden, in any town and however they are spelt
    there; everything else stays.
    """
    spelt = {_spelling(*each) for each in hidden}
    growing = target.with_name("growing.osm.pbf")
    growing.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(growing)) as writer:
        for thing in osmium.FileProcessor(file):
            tags = thing.tags
            address = _spelling(tags.get("addr:street") or "", tags.get("addr:housenumber") or "")
            if address in spelt and isinstance(thing, Element):
                kept = {tag.k: tag.v for tag in tags if not tag.k.startswith("addr:")}
                writer.add(thing.replace(tags=kept))
            else:
                writer.add(thing)
    growing.replace(target)


def _spelling(street: str, number: str) -> tuple[str, str]:
    """Equal for "Keskuskatu 1B" and "Keskuskatu 1 b", for "Asemahalli, Kaivokatu 1" and "Kaivokatu 1"."""
    return street.rpartition(",")[2].strip().casefold(), "".join(number.casefold().split())
