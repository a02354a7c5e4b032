"""A grid cell of a city's management, its code, and for which days it holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias, get_args

from shapely.geometry.base import BaseGeometry

from location_cloud.errors import BadQuery

Scheme: TypeAlias = Literal["unit", "manage", "evaluate", "village", "service"]

SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
"""Unit grids (单元网格), inspectors' beats (管理网格), evaluation grids (评价网格), village grids, service grids."""

FaultKind: TypeAlias = Literal["gap", "overlap", "outside", "invalid", "order", "prefix", "sum", "unknown"]
"""What can be wrong with grids that should cover an area once."""

CODES: Mapping[Scheme, tuple[re.Pattern[str], str]] = {
    "unit": (re.compile(r"[0-9]{15}"), "15 digits: county 6, town 3, community 3, sequence 3 (GB/T 30428.1)"),
    "service": (re.compile(r"[0-9]{20}"), "20 digits: object 6, county 6, town 3, community 3, sequence 2 (CJ/T 349)"),
    "manage": (re.compile(r"[0-9A-Z-]{1,24}"), "up to 24 digits, capitals and hyphens"),
    "evaluate": (re.compile(r"[0-9A-Z-]{1,24}"), "up to 24 digits, capitals and hyphens"),
    "village": (re.compile(r"[0-9A-Z-]{1,24}"), "up to 24 digits, capitals and hyphens"),
}

READ, WRITE = "grids:read", "grids:write"
"""Scopes."""

SEQUENCE = 3
"""Digits behind the community's code that number its unit grids."""

MOST_OF_A_COMMUNITY = 999
"""Unit grids whose numbers fit into SEQUENCE digits, those that are retired included."""

MOST_VERTICES = 20_000
"""Of one grid."""

MOST_AT_ONCE = 20_000
"""Grids of one change."""


@dataclass(frozen=True)
class NewGrid:
    """A grid as somebody asks for it. geometry: polygon(s), degrees, WGS-84. units: unit grids that it is made of."""

    code: str
    geometry: BaseGeometry
    name: str = ""
    area_code: str = ""
    parent: str = ""
    households: int | None = None
    land_use: str = ""
    management_class: str = ""
    note: str = ""
    responsible: tuple[Mapping[str, Any], ...] = ()
    units: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grid:
    """A grid as kept: one row for each span of days in which it had this shape and these attributes.

    area_code: of the deepest administrative area that it lies in. parent: code of the community or grid above.
    valid_from, valid_to: holds from the first day on, up to the second one and not on it; None = until further notice.
    area_m2: on the ellipsoid. responsible: teams and posts that answer for it. change: live version of the last change.
    units: codes of the unit grids it was made of, () = it was drawn.
    """

    id: int
    scheme: Scheme
    code: str
    name: str
    area_code: str
    parent: str
    valid_from: date
    valid_to: date | None
    geometry: BaseGeometry
    area_m2: float
    households: int | None = None
    land_use: str = ""
    management_class: str = ""
    responsible: tuple[Mapping[str, Any], ...] = ()
    note: str = ""
    version: int = 1
    change: int = 0
    cell: int = -1
    units: tuple[str, ...] = ()

    def holds_on(self, day: date) -> bool:
        """Whether the grid is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True)
class Line:
    """What happened to a grid. action: add, revise, describe, retire. request, digest: of `changes.Sent`."""

    number: int
    scheme: Scheme
    code: str
    action: str
    at: float
    who: str
    valid_from: date
    change: int


def as_new(grid: Grid) -> NewGrid:
    """The grid as somebody would ask for it."""
    return NewGrid(
        grid.code,
        grid.geometry,
        grid.name,
        grid.area_code,
        grid.parent,
        grid.households,
        grid.land_use,
        grid.management_class,
        grid.note,
        grid.responsible,
        grid.units,
    )


def check_code(scheme: Scheme, code: str) -> str:
    """The code, if it is one of the scheme. Raises BadQuery."""
    pattern, words = CODES[scheme]
    if not pattern.fullmatch(code):
        raise BadQuery(f"code={code[:40]!r} is no code of a {scheme} grid", hint=words)
    return code
