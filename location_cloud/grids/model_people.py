"""Who answers for a grid, and from which day to which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

PRIVATE = "grids:private"
"""Scope: telephone numbers in clear."""

MOST_PEOPLE = 50
"""Of one grid on one day."""


@dataclass(frozen=True)
class NewPerson:
    """Somebody as they are told. role: of the national rule or the tenant's own, such as 网格长. phone: "" = none."""

    role: str
    name: str
    team: str = ""
    phone: str = ""


@dataclass(frozen=True)
class SealedPerson:
    """Somebody as kept: name and phone encrypted, phone None = none or forgotten.

    valid_from, valid_to: answers from the first day on, up to the second one and not on it; None = without end.
    begun, ended: number of the change by which the row began and ended, 0 = not yet.
    """

    id: int
    role: str
    team: str
    name: bytes
    phone: bytes | None
    valid_from: date
    valid_to: date | None
    begun: int
    ended: int

    def answers_on(self, day: date) -> bool:
        """Whether they answer for the grid on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True)
class Person:
    """Somebody, opened. phone: masked, unless it was asked for in clear."""

    role: str
    name: str
    team: str
    phone: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class People:
    """Who answers for a grid. version: how often that was changed, 0 = never told."""

    code: str
    version: int
    people: tuple[Person, ...]


@dataclass(frozen=True)
class PhoneRead:
    """Somebody read the telephone numbers of a grid in clear. at: unix seconds."""

    number: int
    code: str
    at: float
    who: str
