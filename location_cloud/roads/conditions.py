"""What a way's tags say under a condition, or for some vehicles only: closed at night, 30 when wet, 60 for trucks.

Source: OSM wiki, "Conditional restrictions", "Key:maxspeed" (maxspeed:hgv).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from location_cloud.extract import Tags
from location_cloud.roads.access import (
    BUSINESS_WORDS,
    CHAINS,
    CLOSED_WORDS,
    LEAVE_WORDS,
    ONEWAY_KEYS,
    OPEN_WORDS,
    Access,
    way_access,
)
from location_cloud.roads.countries import WORLD, Country
from location_cloud.roads.hours import without_brackets
from location_cloud.roads.model import (
    BACKWARD,
    BOTH,
    EVERYONE,
    FORWARD,
    UNKNOWN_KMH,
    WALKERS,
    WHEN_CLOSED,
    WHEN_LOCAL,
    WHEN_MAX_WEIGHT,
    WHEN_OPEN,
    WHEN_SPEED,
)
from location_cloud.roads.sizes import parse_weight_kg
from location_cloud.roads.speeds import parse_maxspeed

_CLAUSE = re.compile(
    r"\s*([^@;]+?)\s*@\s*(\((?:[^()]|\([^()]*\))*\)(?:\s*AND\s*[^;@]+)?|[^@]+?)\s*(?:;(?=[^;@]*@)|;?\s*$)"
)
_ACCESS_ORDER = tuple(
    dict.fromkeys(key for place in range(5) for chain in CHAINS.values() for key in chain[place:][:1])
)
_DIRECTIONS = {"forward": FORWARD, "backward": BACKWARD}
_LIFTED = frozenset(("none", "unlimited", "default"))
_WEIGHT_KEYS = frozenset(("maxweight", "maxweightrating"))


class When(NamedTuple):
    """A row of Roads' when_* columns; condition "" = always."""

    kind: int
    direction: int
    vehicles: int
    value: int
    condition: str


def read_conditions(tags: Tags, access: Access, country: Country = WORLD) -> tuple[When, ...]:
    """All that tags with conditions say; of rows that hold together a later one counts.

    access: what holds else. Speeds come first, then weights, then access from the general key to the particular one.
    """
    found = [*_speeds(tags), *_weights(tags)]
    rank = {key: place for place, key in enumerate(_ACCESS_ORDER)}
    keys = [key for key in tags if key.endswith(":conditional")]
    for key in sorted(keys, key=lambda key: rank.get(key.partition(":")[0], len(rank))):
        base, *rest = key.split(":")[:-1]
        if base == "oneway":
            found += _oneways(tags, key, rest, access, country)
        elif base in rank and set(rest) <= set(_DIRECTIONS):
            found += _accesses(tags, key, base, rest)
    return tuple(found)


def split_clauses(text: str) -> list[tuple[str, str]]:
    """The (value, condition) pairs of a conditional tag: "no @ (Mo-Fr 07:00-09:00); 30 @ wet"."""
    return [(match[1], without_brackets(match[2].strip())) for match in _CLAUSE.finditer(text)]


def _accesses(tags: Tags, key: str, base: str, rest: list[str]) -> Iterator[When]:
    vehicles = sum(vehicle for vehicle, chain in CHAINS.items() if base in chain and not _outweighed(tags, base, chain))
    direction = _direction(rest)
    for value, condition in split_clauses(tags[key]) if vehicles else ():
        if value in OPEN_WORDS:
            yield When(WHEN_OPEN, direction, vehicles, 0, condition)
        elif value in CLOSED_WORDS:
            yield When(WHEN_CLOSED, direction, vehicles, 0, condition)
        elif value in BUSINESS_WORDS or value in LEAVE_WORDS:
            yield When(WHEN_LOCAL, direction, vehicles, 0, condition)


def _outweighed(tags: Tags, base: str, chain: tuple[str, ...]) -> bool:
    """Whether a tag that speaks more closely of a traveller holds at all times."""
    return any(key in tags for key in chain[chain.index(base) + 1 :])


def _oneways(tags: Tags, key: str, rest: list[str], access: Access, country: Country) -> Iterator[When]:
    """A one-way rule at some times: the other direction is closed then, or open if it is not a one-way road then."""
    named = ":".join(["oneway", *rest])
    bound = EVERYONE & ~WALKERS
    if rest:
        bound = sum(vehicle for vehicle, keys in ONEWAY_KEYS.items() if named in keys)
    else:
        bound &= ~sum(vehicle for vehicle, keys in ONEWAY_KEYS.items() if any(known in tags for known in keys))
    free = way_access({**{k: v for k, v in tags.items() if not k.startswith("oneway")}, "oneway": "no"}, country)
    for value, condition in split_clauses(tags[key]):
        ways = {"yes": FORWARD, "1": FORWARD, "-1": BACKWARD, "reverse": BACKWARD, "no": BOTH}.get(value, 0)
        for direction, now, freely in (
            (FORWARD, access.forward, free.forward),
            (BACKWARD, access.backward, free.backward),
        ):
            if ways & direction and (opened := freely & ~now & bound):
                yield When(WHEN_OPEN, direction, opened, 0, condition)
            elif ways and not ways & direction and (closed := now & bound):
                yield When(WHEN_CLOSED, direction, closed, 0, condition)


def _speeds(tags: Tags) -> Iterator[When]:
    """maxspeed:conditional, maxspeed:hgv, maxspeed:hgv:conditional, with :forward and :backward: general ones first."""
    for key in sorted((key for key in tags if key.startswith("maxspeed:")), key=lambda key: key.count(":")):
        parts = key.split(":")[1:]
        is_conditional = parts[-1] == "conditional"
        rest = [part for part in (parts[:-1] if is_conditional else parts) if part not in _DIRECTIONS]
        if len(rest) > 1 or (rest and not _named(rest[0])) or not (rest or is_conditional):
            continue
        vehicles = _named(rest[0]) if rest else EVERYONE & ~WALKERS
        clauses = split_clauses(tags[key]) if is_conditional else [(tags[key], "")]
        for value, condition in clauses:
            if (kmh := parse_maxspeed(value)) != UNKNOWN_KMH:
                yield When(WHEN_SPEED, _direction(parts), vehicles, kmh, condition)


def _weights(tags: Tags) -> Iterator[When]:
    for key in tags:
        base, *rest = key.split(":")
        if base not in _WEIGHT_KEYS or not rest or rest.pop() != "conditional":
            continue
        words = [part for part in rest if part not in _DIRECTIONS]
        vehicles = _named(words[0]) if words else EVERYONE & ~WALKERS
        for value, condition in split_clauses(tags[key]) if vehicles else ():
            if (limit_kg := parse_weight_kg(value)) or value in _LIFTED:
                yield When(WHEN_MAX_WEIGHT, _direction(rest), vehicles, limit_kg, condition)


def _named(word: str) -> int:
    """The mask of whom a key speaks."""
    return sum(vehicle for vehicle, chain in CHAINS.items() if word in chain) if word != "access" else 0


def _direction(parts: list[str]) -> int:
    return next((_DIRECTIONS[part] for part in parts if part in _DIRECTIONS), BOTH)
