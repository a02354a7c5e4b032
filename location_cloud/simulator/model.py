"""What a simulation is told and what it gives, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SLOT_S = 900.0
"""True speeds hold for a quarter of an hour."""

MOST_VEHICLES = 1_000_000
"""More are refused: a city of 3 million has as many."""

KINDS = ("car", "taxi", "delivery")
"""Names of `Drives.kind`."""

NO_FAULT, DUPLICATE, JUMP, ZERO = range(4)
FAULTS = ("", "duplicate", "jump", "zero")
"""Names of `Fixes.fault`: sent before; tens of kilometres off; at 0, 0 as devices without reception say."""

PARKED = -1
"""In place of a trip: the vehicle stands at a kerb between two of them."""


@dataclass(frozen=True)
class Sensors:
    """How devices observe and report. Shares lie in 0..1.

    intervals_s: each device has one of them between two fixes. noise_m: each has a standard deviation on either axis
    between these; correlated_share: how much of the variance stays for about correlation_s seconds (multipath, clocks)
    rather than being anew at each fix. told_share: of devices that tell speed and heading.
    late_share: of device-hours with an outage, 1 to 10 minutes long, after which all fixes come at once.
    duplicate_share, jump_share, zero_share: of fixes. delay_s: mean on the way, so that quick ones overtake.
    """

    intervals_s: tuple[float, ...] = (1.0, 5.0, 10.0, 15.0, 30.0, 60.0)
    noise_m: tuple[float, float] = (3.0, 12.0)
    correlated_share: float = 0.5
    correlation_s: float = 60.0
    told_share: float = 0.8
    late_share: float = 0.02
    duplicate_share: float = 0.005
    jump_share: float = 0.0001
    zero_share: float = 0.0002
    delay_s: float = 0.8


def plain_sensors(interval_s: float, noise_m: float, correlated_share: float = 0.0) -> Sensors:
    """Devices alike, without faults, delays and outages: for benchmarks of one interval and noise."""
    return Sensors((interval_s,), (noise_m, noise_m), correlated_share, 60.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Incident:
    """What slows or shuts edges for a while. It takes effect in whole slots: from the one in which it begins to the
    one in which it ends.

    kind: "closure", "accident", ... (of /v1/incidents). edges: road edges. begin_s, end_s: unix seconds.
    speed_factor: of the speed there, 0 = shut. description: begins with "simulated".
    """

    kind: str
    edges: tuple[int, ...]
    begin_s: float
    end_s: float
    speed_factor: float
    description: str


@dataclass(frozen=True, eq=False)
class Fixes:
    """n reports of devices in the order in which they arrive.

    vehicle (n,) int32. time_s, received_s (n,) float64 unix seconds. lonlat (n, 2) float64 degrees WGS-84.
    accuracy_m, speed_kmh, heading_deg (n,) float32, NaN = not told. seq (n,) int64, from 0 for each vehicle; a
    duplicate has that of its original.
    What was true: trip (n,) int32 number of the trip, PARKED at a kerb; edge (n,) int32 road edge, fraction (n,)
    float32 along it in driving direction; fault (n,) uint8 of FAULTS.
    """

    vehicle: NDArray[np.int32]
    time_s: NDArray[np.float64]
    received_s: NDArray[np.float64]
    lonlat: NDArray[np.float64]
    accuracy_m: NDArray[np.float32]
    speed_kmh: NDArray[np.float32]
    heading_deg: NDArray[np.float32]
    seq: NDArray[np.int64]
    trip: NDArray[np.int32]
    edge: NDArray[np.int32]
    fraction: NDArray[np.float32]
    fault: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.vehicle)


@dataclass(frozen=True, eq=False)
class Traversals:
    """m edges driven, trip by trip, in driving order.

    trip, vehicle, edge (m,) int32. enter_s, leave_s (m,) float64 unix seconds. from_fraction, to_fraction (m,) float32
    along the edge in driving direction: 0 and 1 but at a trip's ends. turn_s, wait_s (m,) float32 of the time between:
    lost by the turn onto the edge (at a trip's ends by setting off and pulling up), and standing before its signal.
    """

    trip: NDArray[np.int32]
    vehicle: NDArray[np.int32]
    edge: NDArray[np.int32]
    enter_s: NDArray[np.float64]
    leave_s: NDArray[np.float64]
    from_fraction: NDArray[np.float32]
    to_fraction: NDArray[np.float32]
    turn_s: NDArray[np.float32]
    wait_s: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.edge)


def no_fixes() -> Fixes:
    """None."""
    return Fixes(
        np.empty(0, np.int32), np.empty(0), np.empty(0), np.empty((0, 2)), np.empty(0, np.float32),
        np.empty(0, np.float32), np.empty(0, np.float32), np.empty(0, np.int64), np.empty(0, np.int32),
        np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.uint8),
    )  # fmt: skip


def no_paths() -> Traversals:
    """None."""
    whole, real = np.empty(0, np.int32), np.empty(0, np.float32)
    return Traversals(whole, whole, whole, np.empty(0), np.empty(0), real, real, real, real)


@dataclass(frozen=True, eq=False)
class Truth:
    """True speeds. slot_s (slots,) float64: unix second at which each slot of SLOT_S begins.

    kmh (slots, edges) float32: length over the mean time of a drive straight along the edge, waiting at its signals
    included, turning onto it not; 0 = shut, NaN = no cars there. free_kmh (edges,) float32: the same without traffic.
    """

    slot_s: NDArray[np.float64]
    kmh: NDArray[np.float32]
    free_kmh: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Drives:
    """A simulation: what devices reported, what all vehicles drove, and how fast traffic truly was.

    reports (vehicles,) bool: the probes; the others are in `paths` only. kind (vehicles,) uint8 of KINDS.
    interval_s, noise_m (vehicles,) float32: of each vehicle's device.
    device_names (vehicles,): "simulated-<seed>-<vehicle>".
    """

    fixes: Fixes
    paths: Traversals
    truth: Truth
    incidents: tuple[Incident, ...]
    reports: NDArray[np.bool_]
    kind: NDArray[np.uint8]
    interval_s: NDArray[np.float32]
    noise_m: NDArray[np.float32]
    device_names: tuple[str, ...]

    def slot_of(self, time_s: NDArray[np.float64]) -> NDArray[np.int64]:
        """The slot of each time, -1 before the first and after the last."""
        slot = np.floor((time_s - self.truth.slot_s[0]) / SLOT_S).astype(np.int64)
        return np.where((slot >= 0) & (slot < len(self.truth.slot_s)), slot, -1)

    def probed(self) -> NDArray[np.int32]:
        """How many probes drove each edge from end to end in each slot, by when they entered it: (slots, edges)."""
        paths = self.paths
        slot = self.slot_of(paths.enter_s)
        counts = self.reports[paths.vehicle] & (paths.from_fraction == 0) & (paths.to_fraction == 1) & (slot >= 0)
        found = np.zeros(self.truth.kmh.shape, np.int32)
        np.add.at(found, (slot[counts], paths.edge[counts]), 1)
        return found
