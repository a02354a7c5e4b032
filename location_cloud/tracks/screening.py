"""What a fix alone says about itself: whether it can be believed, and its numbers as they are stored."""

from __future__ import annotations

import numpy as np

from location_cloud.tracks.model import (
    FUTURE,
    KEPT,
    NO_SIGNAL,
    NOT_TOLD,
    RANGE,
    SOURCES,
    TIME,
    ZERO,
    Arriving,
    Bools,
    Floats,
    Ints,
    Rows,
)

FIRST_MS, LAST_MS = 946_684_800_000, 4_102_444_800_000
"""2000-01-01 and 2100-01-01. A GPS receiver whose week counter rolled over says 1999 or earlier."""

FUTURE_TOLERANCE_MS = 60_000
"""How far a device's clock may be ahead: trackers take theirs from satellites, phones are some seconds off."""

NULL_ISLAND_DEG = 0.001
"""Receivers without a fix say 0, 0, some with noise in the last digits; 110 m of open sea."""

NO_SIGNAL_M = 1000.0
"""A worse accuracy is a guess from a mobile phone cell (Android's network provider says 1,000 m and more)."""

MOST_KMH, MOST_ACCURACY_M = 500.0, 10_000.0
"""Beyond, a number is a device's way to say that it does not know (655.35, 6553.5); it counts as not told."""


def screen(arriving: Arriving, now_ms: int) -> Ints:
    """Code of model.REASONS for each fix, seen alone: KEPT, or the first of the others that holds."""
    lon, lat = arriving.lonlat[:, 0], arriving.lonlat[:, 1]
    rules = (
        (RANGE, ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))),
        (ZERO, (np.abs(lon) < NULL_ISLAND_DEG) & (np.abs(lat) < NULL_ISLAND_DEG)),
        (TIME, (arriving.time_ms < FIRST_MS) | (arriving.time_ms >= LAST_MS)),
        (FUTURE, arriving.time_ms > now_ms + FUTURE_TOLERANCE_MS),
        (NO_SIGNAL, arriving.has_no_signal | (arriving.accuracy_m > NO_SIGNAL_M)),
    )
    reason = np.full(len(arriving), KEPT)
    for code, holds in reversed(rules):
        reason[holds] = code
    return reason


def as_rows(arriving: Arriving, device_ids: Ints, chosen: Bools, received_ms: int) -> Rows:
    """Stored form of the chosen fixes, all on the globe; `number` is 0, `reason` KEPT.

    device_ids: id of each of arriving.names.
    """
    lon_e7, lat_e7 = np.rint(arriving.lonlat[chosen] * 1e7).astype(np.int64).T
    count = len(lon_e7)
    return np.stack(
        [
            device_ids[arriving.device[chosen]],
            arriving.time_ms[chosen],
            arriving.seq[chosen],
            arriving.is_simulated[chosen].astype(np.int64),
            lon_e7,
            lat_e7,
            _hundredths(arriving.speed_kmh[chosen], MOST_KMH),
            _turn(_hundredths(arriving.heading_deg[chosen], 360.0)),
            _hundredths(arriving.accuracy_m[chosen], MOST_ACCURACY_M),
            np.full(count, SOURCES.index(arriving.source)),
            np.full(count, KEPT),
            np.zeros(count, np.int64),
            np.full(count, received_ms),
        ],
        axis=1,
    )


def _hundredths(values: Floats, most: float) -> Ints:
    with np.errstate(invalid="ignore"):
        is_told = (values >= 0) & (values <= most)
    return np.where(is_told, np.rint(np.where(is_told, values, 0) * 100), NOT_TOLD).astype(np.int64)


def _turn(heading_e2: Ints) -> Ints:
    """360 degrees are north, too."""
    return np.where(heading_e2 == 36_000, 0, heading_e2)
