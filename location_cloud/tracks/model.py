"""Fixes as columns: as they arrive, as they are stored, and as other slices read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]

MOST_FIXES = 10_000
"""Fixes of one body."""

REASONS = ("kept", "jump", "zero", "range", "time", "future", "no-signal")
"""What a fix is judged to be, by code.

kept: believed. jump: what its neighbours in the device's time cannot have driven to; may be revised when more of them
arrive. zero: at longitude and latitude 0. range: off the globe. time: before 2000 or after 2100 (milliseconds taken for
seconds, a clock never set). future: its time had not come yet when it arrived. no-signal: the receiver says that it had
no satellites, or no idea where it is within a kilometre.
"""
KEPT, JUMP, ZERO, RANGE, TIME, FUTURE, NO_SIGNAL = range(len(REASONS))

SOURCES = ("http", "osmand", "owntracks", "mqtt", "simulator", "jt808", "jt809", "gb32960", "gtfs-rt", "other")
"""By which way a fix came, by code. A code never changes its meaning: it is stored."""

ASKED = 2
"""How many fixes before and after one are asked whether it can be true (`jumps.py`)."""

REACH = 2 * ASKED
"""How many before and after new fixes must be at hand to judge those anew that the new ones speak about."""

NONE = -1
"""Stands for the time of a last position where there is none."""

NOT_TOLD = -1
"""Stands for a speed, heading, accuracy or sequence number that nobody told; all of them are >= 0."""


@dataclass(frozen=True, eq=False)
class Arriving:
    """Fixes as a sender tells them, n of them, nothing checked but types.

    names: of the devices, each once. device: (n,) index into names. time_ms: (n,) unix milliseconds of the device.
    seq: (n,), NOT_TOLD = none. lonlat: (n, 2) degrees WGS-84. speed_kmh, heading_deg, accuracy_m: (n,), NaN = not told.
    is_simulated, has_no_signal: (n,). source: one of SOURCES.
    """

    names: tuple[str, ...]
    device: Ints
    time_ms: Ints
    seq: Ints
    lonlat: Floats
    speed_kmh: Floats
    heading_deg: Floats
    accuracy_m: Floats
    is_simulated: Bools
    has_no_signal: Bools
    source: str

    def __len__(self) -> int:
        return len(self.time_ms)


Rows: TypeAlias = NDArray[np.int64]
"""Fixes as stored: (n, 13), the columns being those below. Whole numbers only: 40 bytes a fix in SQLite instead of 90,
equal fixes are equal in every form they were sent in, and 10,000 rows become a list for the driver in 3 ms."""

COLUMNS = (
    "device",  # id of tracks_devices
    "time_ms",  # of the device's clock, unix
    "seq",  # NOT_TOLD = none
    "is_simulated",
    "lon_e7",  # degrees * 10^7, WGS-84: 1 cm
    "lat_e7",
    "speed_e2",  # km/h * 100
    "heading_e2",  # degrees * 100, clockwise from north
    "accuracy_cm",
    "source",  # index into SOURCES
    "reason",  # index into REASONS
    "number",  # the order in which the store learned of the fix, or of its being kept after all
    "received_ms",  # of the server's clock, unix
)
(DEVICE, TIME_MS, SEQ, SIMULATED, LON, LAT, SPEED, HEADING, ACCURACY, SOURCE, REASON, NUMBER, RECEIVED) = range(13)

CONTENT = slice(SIMULATED, SOURCE + 1)
"""What a fix says, besides which one it is."""


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of the newest fixes of n devices, by rising id.

    newest_ms: (n,) time of the newest. last: the newest kept one, the bytes of a row; b"" = none. tail: the newest
    REACH ones by time, jumps included, or all if there are fewer; the bytes of rows.
    """

    device: Ints
    newest_ms: Ints
    last: list[bytes]
    tail: list[bytes]


@dataclass(frozen=True, eq=False)
class Fixes:
    """Fixes that are kept, n of them, as other slices read them.

    number: (n,) int64, the order in which the store learned of them: ascending in `service.read_after`, never used
    again. device: (n,) int64, id of the device; device_names: id -> its name. time_s: (n,) float64, unix seconds of the
    device's clock; received_s: of the server's. lonlat: (n, 2) float64 degrees, WGS-84. accuracy_m, speed_kmh,
    heading_deg: (n,) float32, NaN = not told. seq: (n,) int64, -1 = none. is_simulated: (n,) bool, to be told wherever
    the fix is shown. source: (n,) texts, of SOURCES.
    """

    number: Ints
    device: Ints
    device_names: Mapping[int, str]
    time_s: Floats
    received_s: Floats
    lonlat: Floats
    accuracy_m: NDArray[np.float32]
    speed_kmh: NDArray[np.float32]
    heading_deg: NDArray[np.float32]
    seq: Ints
    is_simulated: Bools
    source: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.number)

    def take(self, places: Ints) -> Fixes:
        """Some of them, by their places."""
        columns: dict[str, Any] = {
            name: column[places] for name, column in vars(self).items() if isinstance(column, np.ndarray)
        }
        return replace(self, **columns)


def as_fixes(rows: Rows, device_names: Mapping[int, str]) -> Fixes:
    """Stored rows in the units of the field."""
    return Fixes(
        number=rows[:, NUMBER],
        device=rows[:, DEVICE],
        device_names=device_names,
        time_s=rows[:, TIME_MS] / 1000,
        received_s=rows[:, RECEIVED] / 1000,
        lonlat=rows[:, (LON, LAT)] / 1e7,
        accuracy_m=_told(rows[:, ACCURACY]),
        speed_kmh=_told(rows[:, SPEED]),
        heading_deg=_told(rows[:, HEADING]),
        seq=rows[:, SEQ],
        is_simulated=rows[:, SIMULATED] != 0,
        source=np.array(SOURCES)[rows[:, SOURCE]],
    )


def _told(hundredths: Ints) -> NDArray[np.float32]:
    return np.where(hundredths == NOT_TOLD, np.nan, hundredths / 100).astype(np.float32)


@dataclass(frozen=True)
class Outcome:
    """What became of the fixes of one call; accepted + duplicate + quarantined are all of them.

    reasons: reason -> how many were not believed for it, repetitions of such included. late: of the accepted, how many
    were older than five minutes when they arrived; out_of_order: how many were older than one that the device had sent
    before. revised: fixes from before that were judged anew, knowing these.
    """

    accepted: int
    duplicate: int
    quarantined: int
    reasons: Mapping[str, int]
    late: int = 0
    out_of_order: int = 0
    revised: int = 0
