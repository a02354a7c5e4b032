"""What directions are asked and what they answer, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from routing.contour import Areas
from routing.reached import Lines
from routing.trip import EdgePoints

FIRST_YEAR, LAST_YEAR = 1970, 2199
"""Of the times that are read: calendars of signs and time zones mean nothing beyond."""


@dataclass(frozen=True)
class Vehicle:
    """Sizes that signs speak of; 0 = the profile's own. hazmat: carries dangerous goods. max_kmh: it goes no faster."""

    height_m: float = 0.0
    width_m: float = 0.0
    length_m: float = 0.0
    weight_t: float = 0.0
    axle_load_t: float = 0.0
    hazmat: bool = False
    max_kmh: float = 0.0


@dataclass(frozen=True)
class Options:
    """What one request changes of a profile. Hashable: equal options share one metric.

    exclude: kinds of road not to be used: toll, ferry, unpaved, motorway, tunnel, bridge, steps.
    areas: polygons to stay out of, WKB in WGS-84 degrees. closed: edges closed by name, ascending.
    season: "" or "winter". slowed: (thousandths of its speed that a road keeps, edges), to try out what that does.
    """

    vehicle: Vehicle = Vehicle()
    exclude: frozenset[str] = frozenset()
    areas: tuple[bytes, ...] = ()
    closed: tuple[int, ...] = ()
    season: str = ""
    slowed: tuple[tuple[int, tuple[int, ...]], ...] = ()

    def __bool__(self) -> bool:
        return self != Options()


@dataclass(frozen=True)
class Place:
    """A point of a trip as asked.

    heading_deg: only roads that can be driven within tolerance_deg of this direction; None = any.
    approach: "unrestricted", or "curb" / "opposite": the place must lie on the kerb side of the lane, or across it.
    level: only roads of this level (storey), None = any. stay_s: how long one stays before going on.
    through: pass without stopping or turning round; False = a leg ends here.
    """

    lonlat: tuple[float, float]
    radius_m: float = 1000.0
    heading_deg: float | None = None
    tolerance_deg: float = 45.0
    approach: str = "unrestricted"
    level: int | None = None
    stay_s: float = 0.0
    through: bool = False


@dataclass(frozen=True, eq=False)
class Snap:
    """A place put on a road.

    lonlat: on the road. distance_m: from the asked point. segment, fraction: where, along the segment as drawn.
    starts, ends: the points (with extras, on public roads) from which a trip may begin or end here.
    start_edges, end_edges: for each of them the local edges driven before it or after it (empty on public roads):
    a trip from starts[i] drives start_edges[i] and then goes on along starts.edge[i].
    local: set where the place lies on a local road, for trips within the same local roads.
    """

    lonlat: tuple[float, float]
    distance_m: float
    segment: int
    fraction: float
    starts: EdgePoints
    ends: EdgePoints
    start_edges: tuple[NDArray[np.int32], ...] = ()
    end_edges: tuple[NDArray[np.int32], ...] = ()
    is_local: bool = False


@dataclass(frozen=True, eq=False)
class Leg:
    """A drive from one stop to the next, over road edges (no aliases).

    edges: (n,) int32 in driving order, n >= 1. first_fraction, last_fraction: where on the first edge it begins and on
    the last it ends, in driving direction. edge_ms: (n,) int64 milliseconds spent on each, the ends' parts only, the
    turn onto it included. turn_ms: (n,) int64, how much of that the turn takes; None = nothing anywhere.
    """

    edges: NDArray[np.int32]
    first_fraction: float
    last_fraction: float
    edge_ms: NDArray[np.int64]
    turn_ms: NDArray[np.int64] | None = None

    @property
    def duration_ms(self) -> int:
        """The whole drive, milliseconds."""
        return int(self.edge_ms.sum())

    @property
    def along_ms(self) -> NDArray[np.int64]:
        """Milliseconds along each edge, without the turns."""
        return self.edge_ms if self.turn_ms is None else self.edge_ms - self.turn_ms


@dataclass(frozen=True, eq=False)
class LegShape:
    """Where a leg runs: line (points, 2) int32 lonlat_e7; begins (n + 1,) int32: edge i is line[begins[i]..begins[i+1]]
    (routing.shape.path_shape); along_m (points,) float64 metres from the leg's beginning.
    """

    line_e7: NDArray[np.int32]
    begins: NDArray[np.int32]
    along_m: NDArray[np.float64]


@dataclass(frozen=True)
class Lane:
    """A lane before a junction: where its arrows point, and whether it serves the manoeuvre."""

    indications: tuple[str, ...]
    valid: bool


@dataclass(frozen=True)
class Junction:
    """A crossing passed during a step: roads there by direction, clockwise from north, which can be entered, and which
    one comes in and goes out (their places in `bearings_deg`, -1 = none: the ends of a leg).
    """

    lonlat: tuple[float, float]
    bearings_deg: tuple[int, ...]
    entry: tuple[bool, ...]
    came_by: int
    goes_by: int
    lanes: tuple[Lane, ...] = ()


@dataclass(frozen=True)
class Step:
    """One instruction and the stretch that follows it.

    kind: depart, turn, new name, continue, merge, on ramp, off ramp, fork, end of road, roundabout, rotary, arrive
    (OSRM's vocabulary). modifier: uturn, sharp left, left, slight left, straight, slight right, right, sharp right.
    exit: which exit of a roundabout, from 1; 0 elsewhere. name, ref, destinations, junction: as signed.
    side: "left", "right" or "" for arrive (and depart): where the asked place lies.
    bearing_before_deg, bearing_after_deg: clockwise from north; the first is 0 for depart, the second for arrive.
    first_edge, last_edge: the stretch in the leg's edges, last excluded; first_point, last_point: in its line.
    mode: driving, cycling, walking, ferry. driving_side: of the country.
    """

    kind: str
    modifier: str
    exit: int
    name: str
    ref: str
    destinations: str
    junction: str
    side: str
    bearing_before_deg: float
    bearing_after_deg: float
    lonlat: tuple[float, float]
    distance_m: float
    duration_s: float
    first_edge: int
    last_edge: int
    first_point: int
    last_point: int
    mode: str = "driving"
    driving_side: str = "right"
    junctions: tuple[Junction, ...] = ()


@dataclass(frozen=True, eq=False)
class Route:
    """A way through all places. steps: one tuple for each leg; empty if not asked. waits_s: stay at each inner place.

    depart_s, arrive_s: seconds since 1970 for a timed route, else None.
    """

    legs: tuple[Leg, ...]
    shapes: tuple[LegShape, ...]
    steps: tuple[tuple[Step, ...], ...] = ()
    waits_s: tuple[float, ...] = ()
    depart_s: float | None = None
    arrive_s: float | None = None

    @property
    def duration_ms(self) -> int:
        """Driving time, milliseconds, without stays."""
        return sum(leg.duration_ms for leg in self.legs)

    @property
    def distance_m(self) -> float:
        """Length of the drive, metres."""
        return float(sum(shape.along_m[-1] for shape in self.shapes))


@dataclass(frozen=True, eq=False)
class Found:
    """An answer and what it was made from. version, as_of: of the metric (network.Network)."""

    snaps: tuple[Snap, ...]
    names: tuple[str, ...]
    version: str
    as_of: float
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True, eq=False)
class Matrix:
    """durations_ms (sources, targets) int32, routing.trip.CLOSED = no way; distances_cm the same, or None."""

    durations_ms: NDArray[np.int32]
    distances_cm: NDArray[np.int32] | None
    sources: Sequence[Snap]
    targets: Sequence[Snap]
    version: str
    as_of: float


@dataclass(frozen=True, eq=False)
class Near:
    """Roads near a place, the nearest first; the metric that says which are open."""

    snaps: Sequence[Snap]
    version: str
    as_of: float


@dataclass(frozen=True)
class Ask:
    """How one moves, under which conditions, and who asks. at: in the city's zone; None = now, with live weights."""

    profile: str = "car"
    options: Options = field(default_factory=Options)
    at: datetime | None = None
    tenant: str = ""


@dataclass(frozen=True, eq=False)
class Reached:
    """What is in reach: areas, or lines where roads were asked. metric: time or distance."""

    areas: Areas | None
    lines: Lines | None
    metric: str
    version: str
    as_of: float


@dataclass(frozen=True)
class Contour:
    """What is reached within a limit: value in seconds or metres, geometry a valid (multi)polygon, lon, lat degrees."""

    value: float
    metric: str
    geometry: object
