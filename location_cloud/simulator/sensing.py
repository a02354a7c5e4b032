"""What devices report of drives: where they believe to be, at their intervals, and what the way to the server adds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from location_cloud.roads.model import TUNNEL, Roads
from location_cloud.simulator.chance import as_unit, draw, draw_normals, mix_in, seeds, uniform
from location_cloud.simulator.city import City
from location_cloud.simulator.model import DUPLICATE, JUMP, NO_FAULT, PARKED, ZERO, Fixes, Sensors, Traversals
from routing.metric import metres_per_degree

TURN_M, QUEUE_M, LEAST_QUEUE_M = 12.0, 20.0, 2.0
"""How far along an edge a turn's delay is lost, and how far before its end one stops at a signal: up to three cars in
one lane at 7 m each."""

SPEED_NOISE_KMH, HEADING_NOISE_DEG = 1.0, 5.0
"""Standard deviations of what devices tell while moving. Ours; Doppler speed itself is better, its rounding is not."""

LEAST_HEADING_KMH = 5.0
"""Slower, a device tells no heading: it would be that of the noise."""

JUMP_M = (5_000.0, 50_000.0)
OUTAGE_S = (60.0, 600.0)
HOUR_S = 3600.0
DUPLICATE_AFTER_S = 5.0

_INTERVAL, _PHASE, _NOISE, _TOLD, _DEVICE = range(401, 406)


@dataclass(frozen=True, eq=False)
class Devices:
    """One device a vehicle. interval_s, phase_s, noise_m (n,) float64; told (n,) bool: tells speed and heading; bits
    (n,) uint64: random. seq (n,) int64: the next number of each, written to.
    """

    interval_s: NDArray[np.float64]
    phase_s: NDArray[np.float64]
    noise_m: NDArray[np.float64]
    told: NDArray[np.bool_]
    bits: NDArray[np.uint64]
    seq: NDArray[np.int64]


def build_devices(vehicles: int, sensors: Sensors, seed: int) -> Devices:
    """The devices of vehicles 0..n-1."""
    number = np.arange(vehicles)
    choice = (uniform(seed, _INTERVAL, number) * len(sensors.intervals_s)).astype(np.intp)
    interval = np.array(sensors.intervals_s, np.float64)[choice]
    low, high = sensors.noise_m
    return Devices(
        interval,
        np.floor(uniform(seed, _PHASE, number) * interval),
        low + (high - low) * uniform(seed, _NOISE, number),
        uniform(seed, _TOLD, number) < sensors.told_share,
        seeds(seed, _DEVICE, number),
        np.zeros(vehicles, np.int64),
    )


def tunnels(roads: Roads) -> NDArray[np.bool_]:
    """(segments,) where no satellite is seen."""
    return np.asarray(roads.seg_flags & TUNNEL != 0)


def sense(
    driven: Traversals,
    start: NDArray[np.int64],
    trip: NDArray[np.int32],
    vehicle: NDArray[np.int32],
    states: NDArray[np.uint64],
    stays_until_s: NDArray[np.float64],
    devices: Devices,
    sensors: Sensors,
    city: City,
    is_tunnel: NDArray[np.bool_],
) -> Fixes:
    """The reports of some trips, in order of time for each trip, not of arrival.

    start (trips + 1,): rows of each trip in driven. states (trips,): random bits of each.
    stays_until_s (trips,): up to when the vehicle goes on reporting at the kerb where it arrived; up to its arrival or
    before = not at all. Writes devices.seq.
    """
    shares = np.array([sensors.duplicate_share, sensors.jump_share, sensors.zero_share, sensors.late_share])
    columns = _sense(
        driven.edge, driven.enter_s, driven.leave_s, driven.from_fraction, driven.to_fraction, driven.turn_s,
        driven.wait_s, start, trip, vehicle, states, stays_until_s, devices.interval_s, devices.phase_s,
        devices.noise_m, devices.told, devices.bits, devices.seq, shares, sensors.correlated_share,
        sensors.correlation_s, sensors.delay_s, city.length_m, city.shape_start, city.shape_e7, is_tunnel,
    )  # fmt: skip
    return Fixes(*columns)


@cached(nogil=True)
def _sense(  # type: ignore[no-untyped-def]  # kernels from here on; the functions above are typed
    edge, enter, leave, begin, end, turn, wait, start, trips, vehicles, states, stays_until, interval, phase, noise,
    told, bits, seq, shares, correlated, correlation, delay, length_m, shape_start, shape_e7, is_tunnel,
):  # fmt: skip
    most = np.int64(0)
    for i in range(len(trips)):
        if start[i] < start[i + 1]:
            until = max(stays_until[i], leave[start[i + 1] - 1])
            most += np.int64((until - enter[start[i]]) / interval[vehicles[i]]) + np.int64(2)
    most += np.int64(2.0 * shares[0] * most) + np.int64(16)
    who, when, received, lonlat = np.empty(most, np.int32), np.empty(most), np.empty(most), np.empty((most, 2))
    accuracy, speed, heading = np.empty(most, np.float32), np.empty(most, np.float32), np.empty(most, np.float32)
    number, of_trip, on = np.empty(most, np.int64), np.empty(most, np.int32), np.empty(most, np.int32)
    along, fault = np.empty(most, np.float32), np.empty(most, np.uint8)
    size = 0
    for i in range(len(trips)):
        if start[i] == start[i + 1]:
            continue
        v, k, last = vehicles[i], start[i], start[i + 1] - 1
        arrive = leave[last]
        until = max(stays_until[i], arrive)
        state = mix_in(states[i], 1)
        state, ar_e, ar_n = draw_normals(state)
        old, fresh = math.sqrt(correlated), math.sqrt(1.0 - correlated)
        step = math.ceil((enter[k] - phase[v]) / interval[v])
        before = enter[k]
        while True:
            t = phase[v] + step * interval[v]
            step += 1
            if t >= until or size >= most:
                break
            while k < last and leave[k] <= t:
                k += 1
            is_parked = t >= arrive
            if is_tunnel[edge[k] >> 1] and not is_parked:
                continue
            share, kmh = np.float64(end[k]), 0.0
            if not is_parked:
                share, kmh = _where(
                    t - enter[k], leave[k] - enter[k], begin[k], end[k], turn[k], wait[k], length_m[edge[k] >> 1],
                    as_unit(mix_in(states[i], k - start[i] + 2)),
                )  # fmt: skip
            lon, lat, bearing = _place(shape_start, shape_e7, edge[k], share)
            keeps = math.exp(-(t - before) / correlation)
            before = t
            state, one, other = draw_normals(state)
            moved = math.sqrt(1.0 - keeps * keeps)
            ar_e, ar_n = keeps * ar_e + moved * one, keeps * ar_n + moved * other
            state, one, other = draw_normals(state)
            lon_m, lat_m = metres_per_degree(lat)
            state, luck = draw(state)
            east, north = noise[v] * (old * ar_e + fresh * one), noise[v] * (old * ar_n + fresh * other)
            kind = NO_FAULT
            if luck < shares[1]:
                kind = JUMP
                state, far = draw(state)
                state, way = draw(state)
                far = JUMP_M[0] + (JUMP_M[1] - JUMP_M[0]) * far
                east, north = far * math.cos(2.0 * math.pi * way), far * math.sin(2.0 * math.pi * way)
            lon, lat = lon + east / lon_m, lat + north / lat_m
            if shares[1] <= luck < shares[1] + shares[2]:
                kind, lon, lat = ZERO, 0.0, 0.0
            state, one, other = draw_normals(state)
            state, luck = draw(state)
            who[size], when[size], number[size] = v, t, seq[v]
            seq[v] += 1
            lonlat[size, 0], lonlat[size, 1] = lon, lat
            accuracy[size] = noise[v] * (0.8 + 0.4 * luck)
            speed[size] = max(0.0, kmh + SPEED_NOISE_KMH * one) if told[v] else np.nan
            if kmh < 0.5 and told[v]:
                speed[size] = max(0.0, 0.3 * one)
            tells = told[v] and speed[size] >= LEAST_HEADING_KMH
            heading[size] = (bearing + HEADING_NOISE_DEG * other) % 360.0 if tells else np.nan
            of_trip[size], on[size], along[size] = PARKED if is_parked else trips[i], edge[k], share
            fault[size] = kind
            state, luck = draw(state)
            received[size] = _arrival(t, delay, luck, bits[v], shares[3])
            size += 1
            state, luck = draw(state)
            if luck < shares[0] and size < most:
                who[size], when[size], number[size] = v, t, number[size - 1]
                lonlat[size, 0], lonlat[size, 1] = lonlat[size - 1, 0], lonlat[size - 1, 1]
                accuracy[size], speed[size], heading[size] = accuracy[size - 1], speed[size - 1], heading[size - 1]
                of_trip[size], on[size], along[size] = of_trip[size - 1], on[size - 1], along[size - 1]
                state, luck = draw(state)
                received[size], fault[size] = received[size - 1] + DUPLICATE_AFTER_S * luck, DUPLICATE
                size += 1
    return (
        who[:size].copy(), when[:size].copy(), received[:size].copy(), lonlat[:size].copy(), accuracy[:size].copy(),
        speed[:size].copy(), heading[:size].copy(), number[:size].copy(), of_trip[:size].copy(), on[:size].copy(),
        along[:size].copy(), fault[:size].copy(),
    )  # fmt: skip


@cached(nogil=True)
def _where(spent, total, begin, end, turn, wait, length_m, luck):  # type: ignore[no-untyped-def]
    """(fraction of an edge, km/h) so many seconds after entering it: slow in the turn, even, then at the signal."""
    way, running = (end - begin) * length_m, total - turn - wait
    if way <= 0.0 or running <= 0.0:
        return np.float64(end), 0.0
    speed = way / running
    slow = min(TURN_M, 0.25 * way) if turn > 0.0 else 0.0
    queue = min(LEAST_QUEUE_M + QUEUE_M * luck, 0.25 * way) if wait > 0.0 else 0.0
    turned = turn + slow / speed
    stopped = turned + (way - slow - queue) / speed
    if spent < turned:
        metres, kmh = slow * spent / turned, slow / turned
    elif spent < stopped:
        metres, kmh = slow + speed * (spent - turned), speed
    elif spent < stopped + wait:
        metres, kmh = way - queue, 0.0
    else:
        metres, kmh = way - queue + speed * (spent - stopped - wait), speed
    return begin + min(metres, way) / length_m, kmh * 3.6


@cached(nogil=True)
def _place(shape_start, shape_e7, edge, share):  # type: ignore[no-untyped-def]
    """(lon, lat, bearing in driving direction) at a fraction of an edge."""
    segment, is_back = edge >> 1, edge & 1
    first, last = shape_start[segment], shape_start[segment + 1] - 1
    lon_m, lat_m = metres_per_degree(shape_e7[first, 1] / 1e7)
    total = 0.0
    for p in range(first, last):
        total += math.hypot(
            (shape_e7[p + 1, 0] - shape_e7[p, 0]) * lon_m, (shape_e7[p + 1, 1] - shape_e7[p, 1]) * lat_m
        )
    wanted = total * (1.0 - share if is_back else share)
    p, piece = first, 0.0
    while True:
        x = (shape_e7[p + 1, 0] - shape_e7[p, 0]) * lon_m
        y = (shape_e7[p + 1, 1] - shape_e7[p, 1]) * lat_m
        piece = math.hypot(x, y)
        if wanted <= piece or p == last - 1:
            break
        wanted -= piece
        p += 1
    part = min(wanted / piece, 1.0) if piece > 0.0 else 0.0
    lon = (shape_e7[p, 0] + part * (shape_e7[p + 1, 0] - shape_e7[p, 0])) / 1e7
    lat = (shape_e7[p, 1] + part * (shape_e7[p + 1, 1] - shape_e7[p, 1])) / 1e7
    bearing = math.degrees(math.atan2(x, y))
    return lon, lat, (bearing + 180.0 if is_back else bearing) % 360.0


@cached(nogil=True)
def _arrival(t, delay, luck, device, late_share):  # type: ignore[no-untyped-def]
    """When a fix is received: at once, after a short delay, or after the outage into which it falls."""
    received = t - delay * math.log(1.0 - luck)
    hour = math.floor(t / HOUR_S)
    state = mix_in(device, np.int64(hour))
    if as_unit(state) < late_share:
        state, one = draw(state)
        state, other = draw(state)
        begin = hour * HOUR_S + one * (HOUR_S - OUTAGE_S[1])
        end = begin + OUTAGE_S[0] + (OUTAGE_S[1] - OUTAGE_S[0]) * other
        if begin <= t < end:
            received = end + 0.001 * (t - begin)
    return received
