"""Map matching: the roads that vehicles drove, from their fixes.

A hidden Markov model (Newson, Krumm 2009): a fix lies on one of the edges near it, two fixes are joined by a way along
the roads, and the likeliest chain of both is the path. There is no table made beforehand, so the network may change at
any time: from each candidate that still matters one bounded search on the same graph as routing finds the ways to all
candidates of the next fix, turn rules obeyed. Differences to the paper:

* Fixes nearer than `thin_sigma` to the last one decided on decide nothing by themselves: their noise is larger than
  their way. But how well they lie on a way counts for it, so that nothing that they know of side streets is lost.
* The scale of |route - straight line| grows with the seconds and metres between two fixes, and the way's time at free
  flow counts: a way that cannot be driven in the time is unlikely, turns cost what they take.
* A vehicle may turn round on the road where it is at a fix, and at dead ends, at a price; one-way streets and turn
  rules hold: what can only be explained by breaking them is left out as an outlier, or ends the part.
* An edge's confidence is its probability under the model: the share of all chains of candidates that drive it (forward-
  backward). Two ways between the same two candidates are one chain, so between fixes far apart it is a little high:
  at a minute's interval 95 % were right of 155 edges told 0.98, and 90 % of 121 told 0.83 (simulated drives).
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import BadPoint
from routing.match_model import MatchModel
from routing.match_network import NETWORK, MatchNetwork
from routing.match_result import Matched, Snaps, Traversals
from routing.match_scratch import (
    MOST_KEPT_BYTES,
    ROW_EDGE,
    ROW_ENTER,
    ROW_FROM,
    ROW_LEAVE,
    ROW_MASS,
    ROW_PART,
    ROW_POINT,
    ROW_TO,
    ROW_TRACK,
    MatchScratch,
)
from routing.match_track import match_many
from routing.scratch import own_desk

Rows = tuple[NDArray[np.int32], NDArray[np.float64]]
"""Rows of traversals as kernels write them."""

FURTHEST_SIGMA_M = 200.0
"""Worse fixes say nothing of a road."""


@dataclass(frozen=True, eq=False)
class Tracks:
    """Fixes of some tracks, checked: in the order of their times within each.

    track_start (tracks + 1,) int64: track i has the fixes track_start[i] .. track_start[i + 1] - 1. lonlat (n, 2),
    time_s, sigma_m, heading_deg, speed_kmh (n,) float64, NaN where heading and speed are not known.
    """

    track_start: NDArray[np.int64]
    lonlat: NDArray[np.float64]
    time_s: NDArray[np.float64]
    sigma_m: NDArray[np.float64]
    heading_deg: NDArray[np.float64]
    speed_kmh: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.track_start) - 1


def match_tracks(
    network: MatchNetwork,
    track_start: ArrayLike,
    lonlat: ArrayLike,
    time_s: ArrayLike,
    accuracy_m: ArrayLike | None = None,
    heading_deg: ArrayLike | None = None,
    speed_kmh: ArrayLike | None = None,
    model: MatchModel = MatchModel(),  # noqa: B008  # frozen
    threads: int = 1,
) -> Matched:
    """Which edges the vehicles of some tracks drove, when, and where each fix lies on them.

    track_start: (tracks + 1,) integers, rows of the fixes. lonlat: (n, 2) degrees. time_s: (n,) seconds of any clock,
    not falling within a track. accuracy_m: (n,) standard deviation across the road, metres; NaN or None = model's.
    heading_deg: (n,) clockwise from north, speed_kmh: (n,); NaN = not known; None = none is.
    threads: so many cores share the tracks; the interpreter lock is released.

    Takes 1 us for each fix a second apart, 2.5 us at 5 s, 8 us at 15 s, 50 us at a minute (45,000 segments).
    Raises BadPoint for columns that do not fit, a place off the globe or a time that is no number or falls.
    """
    tracks = check_tracks(model, track_start, lonlat, time_s, accuracy_m, heading_deg, speed_kmh)
    fixes = len(tracks.lonlat)
    column = model.as_column()
    snap_edge, snap_part = np.full(fixes, -1, np.int32), np.full(fixes, -1, np.int32)
    snap_float = np.full((fixes, 3), np.nan)
    snap_float[:, 2] = 0.0

    def match_range(begin: int, end: int) -> list[Rows]:
        found, table = [], NETWORK.pack(network)
        scratch = thread_scratch(network, int(np.diff(tracks.track_start[begin : end + 1]).max(initial=0)))
        while begin < end:
            done, rows = match_many(
                table.address, scratch.table.address, column, tracks.track_start, tracks.lonlat, tracks.time_s,
                tracks.sigma_m, tracks.heading_deg, tracks.speed_kmh, begin, end, 0, snap_edge, snap_float, snap_part,
            )  # fmt: skip
            found.append(scratch.rows(rows))
            if done == begin:
                scratch.double()
            begin = done
        leave_scratch(scratch)
        return found

    bounds = share_tracks(tracks.track_start, threads)
    if len(bounds) == 2:
        pieces = match_range(0, len(tracks))
    else:
        with ThreadPoolExecutor(len(bounds) - 1) as pool:
            pieces = [piece for found in pool.map(match_range, bounds[:-1], bounds[1:]) for piece in found]
    fraction, distance_m, confidence = (snap_float[:, place].astype(np.float32) for place in range(3))
    snaps = Snaps(snap_edge, fraction, distance_m, confidence, snap_part)
    return Matched(tracks.track_start, as_traversals(pieces), snaps)


def check_tracks(
    model: MatchModel,
    track_start: ArrayLike,
    lonlat: ArrayLike,
    time_s: ArrayLike,
    accuracy_m: ArrayLike | None,
    heading_deg: ArrayLike | None,
    speed_kmh: ArrayLike | None,
    is_sorted: bool = True,
) -> Tracks:
    """The columns as kernels need them. is_sorted: falling times are refused. Raises BadPoint as `match_tracks`."""
    places = np.ascontiguousarray(lonlat, np.float64).reshape(-1, 2)
    start, count = np.ascontiguousarray(track_start, np.int64), len(places)
    if start.ndim != 1 or not len(start) or start[0] != 0 or start[-1] != count or (np.diff(start) < 0).any():
        raise BadPoint(f"track_start must rise from 0 to {count}, the number of fixes")
    if count >= 2**31 - 1:
        raise BadPoint(f"{count} fixes at once; give fewer than {2**31 - 1}")
    is_place = (np.abs(places) <= (180.0, 90.0)).all(axis=1)
    if not is_place.all():
        wrong = int(np.flatnonzero(~is_place)[0])
        raise BadPoint(f"fix {wrong} at {places[wrong].tolist()} is off the globe; longitude comes first, in degrees")
    times = _column("time_s", time_s, count)
    falls = (np.diff(times) < 0.0) & is_sorted
    inner = start[(start > 0) & (start < count)]
    falls[inner - 1] = False  # from one track to the next
    if not np.isfinite(times).all() or falls.any():
        wrong = int(np.flatnonzero(~np.isfinite(times))[0] if not np.isfinite(times).all() else np.argmax(falls) + 1)
        raise BadPoint(f"time_s[{wrong}] = {times[wrong]} is no number or before the fix before it; sort by time")
    sigma = np.full(count, np.nan) if accuracy_m is None else _column("accuracy_m", accuracy_m, count)
    sigma = np.where(np.isnan(sigma), model.sigma_m, sigma)
    return Tracks(
        start,
        places,
        times,
        np.clip(sigma, model.least_sigma_m, FURTHEST_SIGMA_M),
        np.full(count, np.nan) if heading_deg is None else _column("heading_deg", heading_deg, count),
        np.full(count, np.nan) if speed_kmh is None else _column("speed_kmh", speed_kmh, count),
    )


def thread_scratch(network: MatchNetwork, fixes: int) -> MatchScratch:
    """Memory of the calling thread for matching on a network, with room for a track of so many fixes."""
    desk = own_desk()
    kept: MatchScratch | None = desk.get("match")
    if kept is None or kept.network is not network:
        kept = desk["match"] = MatchScratch(network, fixes)
    kept.make_room(fixes)
    kept.forget_old()
    return kept


def leave_scratch(scratch: MatchScratch) -> None:
    """Lets go of what only a rare track needed."""
    if scratch.size_bytes > MOST_KEPT_BYTES:
        own_desk().pop("match", None)


def as_traversals(pieces: list[Rows], track: NDArray[np.int32] | None = None) -> Traversals:
    """Rows that kernels wrote, as one table. track: (n,) what the tracks' numbers stand for; None = themselves."""
    ints = np.concatenate([piece[0] for piece in pieces]) if pieces else np.empty((0, 4), np.int32)
    floats = np.concatenate([piece[1] for piece in pieces]) if pieces else np.empty((0, 5))
    return Traversals(
        track=ints[:, ROW_TRACK].copy() if track is None else track[ints[:, ROW_TRACK]],
        edge=ints[:, ROW_EDGE].copy(),
        enter_s=floats[:, ROW_ENTER].copy(),
        leave_s=floats[:, ROW_LEAVE].copy(),
        from_fraction=floats[:, ROW_FROM].astype(np.float32),
        to_fraction=floats[:, ROW_TO].astype(np.float32),
        confidence=floats[:, ROW_MASS].astype(np.float32),
        point_before=ints[:, ROW_POINT].copy(),
        part=ints[:, ROW_PART].copy(),
    )


def share_tracks(track_start: NDArray[np.int64], threads: int) -> list[int]:
    """Bounds of runs of tracks with about equally many fixes, one a thread."""
    tracks = len(track_start) - 1
    wanted = track_start[-1] * np.arange(1, max(threads, 1)) / max(threads, 1)
    inner = np.searchsorted(track_start, wanted).tolist()
    return sorted({0, tracks, *inner}) if tracks else [0, 0]


def _column(name: str, values: ArrayLike, count: int) -> NDArray[np.float64]:
    column = np.ascontiguousarray(values, np.float64)
    if column.shape != (count,):
        raise BadPoint(f"{name} has shape {column.shape}; one number for each of {count} fixes is needed")
    return column
