"""What is known of a design of grids: how far it is, and its grids before they are accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from shapely.geometry.base import BaseGeometry

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
"""States of a design; one that was cancelled is gone."""

DesignScheme: TypeAlias = Literal["unit", "village"]
By: TypeAlias = Literal["area", "households", "patrol"]


@dataclass(frozen=True)
class Community:
    """Ground that no grid leaves. code: of the area, 12 digits where it has them. geometry: degrees, WGS-84."""

    code: str
    name: str
    geometry: BaseGeometry


@dataclass(frozen=True)
class DesignAsk:
    """What somebody wants designed.

    area: code of the administrative area whose grids they are, "" = none is named. communities: instead of those that
    the area is known to have; () = those. by, target: of each unit grid: m2, households, metres of road to walk.
    open_times: how many times as large grids of fields, woods and water may be. points: of villages, lon, lat in
    degrees. households: lon, lat and number; () = estimated from buildings. previous: design whose numbers are kept.
    """

    scheme: DesignScheme
    area: str
    communities: tuple[Community, ...]
    by: By
    target: float
    open_times: float
    points: tuple[tuple[float, float], ...]
    households: tuple[tuple[float, float, float], ...]
    previous: str


@dataclass(frozen=True)
class DesignJob:
    """One design. Times are unix seconds, None = not yet.

    progress: 0 to 1. grids: how many it has now. snapshot: that it is made from. starts: processes that began it.
    report: quality, and that of plain squares; {} until it is done. accepted: day from which its grids hold, "" = not
    accepted. error, hint: why it failed.
    """

    id: str
    tenant: str
    state: str
    version: int
    scheme: DesignScheme
    area: str
    created: float
    snapshot: str
    started: float | None = None
    finished: float | None = None
    progress: float = 0.0
    grids: int = 0
    starts: int = 0
    accepted: str = ""
    error: str = ""
    hint: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DesignGrid:
    """One grid of a design. number: its row there. code: as it will be registered, "" = its community has none.

    geometry: polygon or polygons, degrees, WGS-84. size: in targets. kept: it continues a grid that was there before.
    """

    number: int
    code: str
    community: str
    geometry: BaseGeometry
    area_m2: float
    size: float
    kept: bool
