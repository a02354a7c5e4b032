"""Which fixes of a device cannot be true, judged by their neighbours in the device's own time.

The judgement must not depend on the order in which fixes arrive: trackers keep what they cannot send and send it hours
later, networks deliver twice and crosswise, and whoever looks at a vehicle must see the same whatever happened on the
way. So it is a function of the *set* of fixes that a device has sent, and of nothing else:

- Fixes are ordered by device time, then by sequence number.
- The two before and the two after a fix (ASKED) are asked, those within WINDOW_S. A neighbour speaks for it if a
  vehicle can have come from one to the other in that time, and against it if not. Neighbours speak whether or not they
  are believed themselves: else the judgement of one would hang on that of the next, and so on without end.
- It is a jump if at least two speak against it, and more against than for it.

So one or two wild fixes in a row are found; of three and more, and of a vehicle that was ferried with its tracker off,
nobody knows which side is true, and both are kept. The newest fix has only those before it to ask: it is a jump while
two of them speak against it, and is kept after all once its successors speak for it.

Since nobody looks further than two fixes, a new fix can change only the two before and the two after it: with the four
on each side at hand (`model.REACH`), those are judged as if everything were (`merging.py`). Judging by the fix that
arrived before, as servers of trackers do, needs no look back, but then a late fix moves the vehicle, and one wild fix
makes the true one after it a jump.
"""

from __future__ import annotations

import numpy as np

from location_cloud.tracks.model import ACCURACY, ASKED, DEVICE, LAT, LON, TIME_MS, Bools, Floats, Rows

WINDOW_S = 600.0
"""How old a neighbour's word may be: in ten minutes a car gets through any city, so older ones would approve of
everything."""

MOST_MPS = 100.0
"""360 km/h: faster than any car or helicopter, as fast as the fastest trains."""

SLACK_M = 200.0
"""By which both positions together may be off without saying so: reflections between tall houses reach 100 m each."""

MOST_CLAIMED_CM = 50_000
"""Of the inaccuracy that a fix claims: it must not excuse everything."""

M_PER_DEG = 111_195.0
"""Of a sphere of 6,371 km."""


def find_jumps(rows: Rows) -> Bools:
    """Which of the fixes are jumps; (n,). rows: ordered by device, time_ms, seq."""
    against = np.zeros(len(rows), np.int8)
    favour = np.zeros(len(rows), np.int8)
    for step in range(1, ASKED + 1):
        one, other = rows[:-step], rows[step:]
        gap_s = (other[:, TIME_MS] - one[:, TIME_MS]) / 1000
        speaks = (one[:, DEVICE] == other[:, DEVICE]) & (gap_s <= WINDOW_S)
        claimed_m = (_claimed_cm(one) + _claimed_cm(other)) / 100
        is_against = distances_m(one, other) > gap_s * MOST_MPS + SLACK_M + claimed_m
        for votes, said in ((against, speaks & is_against), (favour, speaks & ~is_against)):
            votes[:-step] += said
            votes[step:] += said
    return (against >= 2) & (against > favour)


def distances_m(one: Rows, other: Rows) -> Floats:
    """Metres between fixes, row by row, on a plane that is true at their middle: within 1 % up to 500 km."""
    lon_deg = (other[:, LON] - one[:, LON]) / 1e7
    lat_deg = (other[:, LAT] - one[:, LAT]) / 1e7
    middle = np.radians((other[:, LAT] + one[:, LAT]) / 2e7)
    east = ((lon_deg + 180) % 360 - 180) * np.cos(middle)  # the short way round at the antimeridian
    return np.hypot(east, lat_deg) * M_PER_DEG


def _claimed_cm(rows: Rows) -> Rows:
    return np.clip(rows[:, ACCURACY], 0, MOST_CLAIMED_CM)
