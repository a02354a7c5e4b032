"""Requests of Open311: which are meant, and those that still wait for somebody to say where they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from location_cloud.spatial.bbox import Bbox

MOST_REQUESTS = 1000
"""Of one answer. Source: Open311 GeoReport v2, Response Volume."""
MOST_SKIPPED = 100_000
"""Before a page."""
MOST_NEAR = 20_000
"""Requests in the box around a circle, whose distances are measured."""
MOST_RADIUS_M = 20_000.0
MOST_WAITING = 10_000
"""Requests of a tenant that are not placed yet."""
MOST_A_DAY = 5_000
"""Requests that one key reports in a day (UTC): a brake on spam; a city of ten million gets that many a day."""


@dataclass(frozen=True)
class Wanted:
    """Which requests. first, last: from then on, and before, POSIX seconds. classes: () = all but the hidden ones.

    ids: these, whatever else is said. near: within metres of a point.
    """

    first: float
    last: float
    ids: tuple[int, ...] | None = None
    classes: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    is_open: bool | None = None
    bbox: Bbox | None = None
    near: tuple[tuple[float, float], float] | None = None
    limit: int = MOST_REQUESTS
    offset: int = 0


@dataclass(frozen=True)
class Step:
    """A case went into another stage. at: POSIX seconds."""

    number: int
    case: int
    at: float
    action: str
    stage: str


@dataclass(frozen=True)
class Waiting:
    """A request that was reported by words for its place alone.

    said: as `service.add_case` takes it, encrypted at rest. case: what it became, None = it waits. at: POSIX seconds.
    """

    id: int
    token: str
    at: float
    who: str
    class_code: str
    said: Mapping[str, Any]
    case: int | None = None
