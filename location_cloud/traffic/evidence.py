"""What the vehicles that drove along an edge say of it together, when some of them stopped, parked or were mistaken.

Each vehicle has one voice an edge, its newest drive. Voices are weighed by age (half at each half-life), by the share
of the edge that was driven and by how sure the matching is, and then by how well they agree: Hampel's three-part
M-estimate about a centre, which is the weighted median of the voices and of what is expected there. So of one vehicle
that stands nearly nothing is believed (a taxi that waits, a parked car), of two that agree nearly all. What a red light
explains is part of the tolerance; what is beyond is split off.

Source: Hampel, Ronchetti, Rousseeuw, Stahel 1986, Robust Statistics, section 2.6 (three-part redescending psi); speeds
are averaged over space, as Wardrop 1952 defines the mean speed that gives travel times: the sum of ways over the sum of
times.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.traffic.recent import PER_EDGE
from tiles.compiled import entry_point, kernel

SPREAD = 0.25
"""Relative standard deviation of single drives about the mean of a road, signals left aside. Source: HCM 2010 chapter
30 and NGSIM arterials give 0.2-0.3. Also the unit of all weights: one voice of this spread weighs 1."""

EXPECTED_SPREAD = 0.4
"""The same of roads about what is expected of them: neighbourhood and hour."""

EXPECTED_WEIGHT = 1.2
"""What is expected counts in the median as so many fresh voices: more than one, less than two."""

SIGNAL_S = 18.0
"""Standard deviation of the wait at one signal. Source: uniform arrivals, red 40 s of 90 s (Webster 1958): a wait is
0 with probability 5/9, else even in 0..40 s."""

CLOCK_S = 2.0
"""Standard deviation of the time between two edges' ends as found between fixes; ours, from 5-15 s sampling."""

FULL, FLAT, END = 2.0, 4.0, 8.0
"""Hampel's a, b, c in standard deviations: fully believed, believed up to this, not believed from here on."""

COUNTED = 0.2
"""Vehicles that are believed less are not counted among the samples."""

LEAST_M = 4.0
"""Shorter pieces of road are below the accuracy of matching, their speed is noise."""

MOST_KMH = 200.0
"""Nobody drives faster: two fixes were mistaken."""

AHEAD_MS = 60_000
"""Clocks of devices may be so much fast; what happens later is not known yet, as when the past is asked about."""

JOINED_MS, JOINED_SHARE = 1500, 0.02
"""Two drives of one vehicle are one if the second begins as long after the first, as far along."""

H_MEAN, H_WEIGHT, H_SAMPLES, H_AGE, H_VOICES, H_SIMULATED = range(6)
"""Rows of what `hear` gives."""


@kernel
def _trust(residual: float) -> float:
    """psi(r) / r of Hampel's function."""
    size = abs(residual)
    if size <= FULL:
        return 1.0
    if size <= FLAT:
        return FULL / size
    if size < END:
        return FULL * (END - size) / (END - FLAT) / size
    return 0.0


@kernel
def _median(value: Any, weight: Any, count: int, expected: float, expected_weight: float) -> float:
    """The lower weighted median of the values and what is expected."""
    total = expected_weight
    for i in range(count):
        total += weight[i]
    below_best, best = np.inf, expected
    for i in range(-1, count):
        at = expected if i < 0 else value[i]
        upto = expected_weight if expected <= at else 0.0
        for k in range(count):
            if value[k] <= at:
                upto += weight[k]
        if upto >= 0.5 * total and at < below_best:
            below_best, best = at, at
    return best


@kernel
def _voices(drives: Any, begin: int, end: int, voice: Any) -> int:
    """The newest drive of each vehicle, pieces of one drive joined: rows (vehicle, enter, leave, begins, ends,
    confidence, simulated), their number. Drives of an edge come newest first.
    """
    count = 0
    for i in range(begin, end):
        at = -1
        for k in range(count):
            if voice[k, 0] == drives[i].vehicle:
                at = k
                break
        if at < 0:
            voice[count, 0] = drives[i].vehicle
            voice[count, 1], voice[count, 2] = drives[i].enter_ms, drives[i].leave_ms
            voice[count, 3], voice[count, 4] = drives[i].begins, drives[i].ends
            voice[count, 5], voice[count, 6] = drives[i].confidence, drives[i].is_simulated
            count += 1
        elif abs(drives[i].leave_ms - voice[at, 1]) <= JOINED_MS and abs(drives[i].ends - voice[at, 3]) <= JOINED_SHARE:
            voice[at, 1], voice[at, 3] = drives[i].enter_ms, drives[i].begins
            voice[at, 5] = min(voice[at, 5], drives[i].confidence)
    return count


@entry_point
def hear(
    drives: NDArray[Any],
    now_ms: np.int64,
    length_m: NDArray[np.float64],
    expected_s: NDArray[np.float32],
    signals: NDArray[np.uint8],
    half_life_s: NDArray[np.float32],
    since_ms: NDArray[np.int64],
    expected_log: NDArray[np.float64],
    slot: NDArray[np.int32],
    heard_at: NDArray[np.int32],
    heard: NDArray[np.float64],
) -> int:
    """What is heard of each edge that some vehicle drove; fills heard_at (edges) and heard (6, rows), gives the rows.

    drives: records of DRIVE, by edge, the newest first. length_m, signals: by segment, by edge; expected_s: seconds
    along the whole edge that are usual there; expected_log (slots,): by how much all is slower around, log of a ratio;
    slot: (edges,) place in it. since_ms: (edges,) earlier drives say nothing; empty = all count.

    heard: H_MEAN log of (time / expected_s), H_WEIGHT in voices of SPREAD, H_SAMPLES voices believed by age alone,
    H_AGE seconds, H_VOICES number of vehicles believed, H_SIMULATED whether one of them was simulated.
    """
    voice = np.empty((PER_EDGE, 7))
    ratio, weight, covered = np.empty(PER_EDGE), np.empty(PER_EDGE), np.empty(PER_EDGE)
    rows, begin = 0, 0
    while begin < len(drives):
        edge = drives[begin].edge
        end = begin + 1
        while end < len(drives) and drives[end].edge == edge:
            end += 1
        usual, length = np.float64(expected_s[edge]), length_m[edge >> 1]
        heard_at[edge] = -1
        if usual > 0.0:
            found = _voices(drives, begin, end, voice)
            # More vehicles allow to look back less far: n^(-1/5), Fan & Gijbels 1996, section 3.2.
            half_life = half_life_s[edge] * (max(found, 2) / 2.0) ** -0.2
            count = 0
            for i in range(found):
                span = voice[i, 4] - voice[i, 3]
                seconds = (voice[i, 2] - voice[i, 1]) / 1000.0
                if span * length < LEAST_M or span * length > seconds * MOST_KMH / 3.6:
                    continue
                if (len(since_ms) and voice[i, 1] < since_ms[edge]) or voice[i, 2] > now_ms + AHEAD_MS:
                    continue
                ratio[count] = seconds / (span * usual)
                covered[count] = span
                age_s = max(now_ms - voice[i, 2], 0.0) / 1000.0
                weight[count] = 0.5 ** (age_s / half_life) * span * voice[i, 5]
                voice[count, 2], voice[count, 6] = voice[i, 2], voice[i, 6]
                count += 1
            around = math.exp(expected_log[slot[edge]])
            if count and _believe(
                ratio, weight, covered, voice, count, usual, signals[edge], around, now_ms, heard, rows
            ):  # fmt: skip
                heard_at[edge] = rows
                rows += 1
        begin = end
    return rows


@kernel
def _believe(
    ratio: Any,
    weight: Any,
    covered: Any,
    voice: Any,
    count: int,
    usual_s: float,
    signals: int,
    expected: float,
    now_ms: np.int64,
    heard: Any,
    row: int,
) -> bool:
    """Writes a row; whether anything was believed."""
    centre = _median(ratio, weight, count, expected, EXPECTED_WEIGHT)
    alone = EXPECTED_SPREAD if centre == expected else 0.0
    times, ways, total, samples, newest, believed, simulated = 0.0, 0.0, 0.0, 0.0, -np.inf, 0, 0.0
    for i in range(count):
        seconds = centre * covered[i] * usual_s
        own = (SPREAD * seconds) ** 2
        light = signals * SIGNAL_S**2 if covered[i] > 0.5 else 0.0
        variance = own + light + CLOCK_S**2
        residual = (ratio[i] - centre) * covered[i] * usual_s / math.sqrt(variance + (alone * seconds) ** 2)
        trust = _trust(residual)
        if trust <= 0.0:
            continue
        counts = weight[i] * trust
        exact = counts * own / variance
        times += exact * ratio[i] * covered[i]
        ways += exact * covered[i]
        total += exact
        samples += counts
        newest = max(newest, voice[i, 2])
        believed += trust >= COUNTED
        simulated = max(simulated, voice[i, 6])
    if ways <= 0.0:
        return False
    heard[H_MEAN, row] = math.log(times / ways)
    heard[H_WEIGHT, row], heard[H_SAMPLES, row] = total, samples
    heard[H_AGE, row] = max(now_ms - newest, 0.0) / 1000.0
    heard[H_VOICES, row], heard[H_SIMULATED, row] = believed, simulated
    return True
