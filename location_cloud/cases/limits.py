"""Limits: an amount of hours, working hours or working days."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from location_cloud.cases.calendar import MOST_AMOUNT, UNITS
from location_cloud.errors import BadQuery

FILE = "cases/limits.toml"

ANY = "any"
"""The area class whose limit counts where a place's own class has none."""


@dataclass(frozen=True)
class Limit:
    """How long something may take. unit: `calendar.UNITS`."""

    amount: float
    unit: str

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit}"

    def times(self, factor: float) -> Limit:
        """The same, longer or shorter."""
        return Limit(self.amount * factor, self.unit)


def parse_limit(text: str, where: str = "limit") -> Limit:
    """A limit as it is written, "4 work_hour". Raises BadQuery that names the place."""
    amount, _, unit = text.strip().partition(" ")
    try:
        found = Limit(float(amount), unit.strip())
    except ValueError:
        raise BadQuery(f"{where}: {text[:40]!r} is no limit", hint="write it as 4 work_hour") from None
    if found.unit not in UNITS or not 0 < found.amount <= MOST_AMOUNT:
        raise BadQuery(f"{where}: {text[:40]!r} is no limit", hint=f"above 0 to {MOST_AMOUNT:g} of {', '.join(UNITS)}")
    return found


def choose_limit(limits: Mapping[str, Limit], area_class: str) -> Limit | None:
    """The limit for a place of that class, else the one for any; None if neither is told."""
    return limits.get(area_class) or limits.get(ANY)


@lru_cache(maxsize=1)
def shipped_limits() -> Mapping[str, Mapping[str, Limit]]:
    """Table -> name -> limit: `components` and `events` by area class, `stages` by stage, `hotline` by band."""
    text = (importlib.resources.files("location_cloud.data") / FILE).read_text("utf-8")
    return {
        table: {name: parse_limit(limit, f"{FILE}: {table}.{name}") for name, limit in rows.items()}
        for table, rows in tomllib.loads(text).items()
    }
