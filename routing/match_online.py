"""Map matching while vehicles drive: each batch of fixes gives the edges that are certain by now."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import BadPoint
from routing.match import Rows, as_traversals, check_tracks, leave_scratch, share_tracks, thread_scratch
from routing.match_follow import (
    KNOWN_EDGE,
    KNOWN_FRACTION,
    OPEN_EDGE,
    OPEN_ENTER,
    OPEN_FROM,
    OPEN_MASS,
    OPEN_POINT,
    PARTS,
    follow_many,
)
from routing.match_model import MatchModel
from routing.match_network import NETWORK, MatchNetwork
from routing.match_result import Traversals
from routing.match_track import NOWHERE
from routing.metric import metres_per_degree

TIME, LON, LAT, SIGMA, HEADING, SPEED = range(6)
COLUMNS = 6

LEAST_WAITING = 64
"""So many fixes are kept of a vehicle at least, more with a longer lag (`OnlineMatcher.most_waiting`). Of those between
two that are decided on 8 count (match_scratch.MOST_BETWEEN)."""


class OnlineMatcher:
    """Follows thousands of vehicles; each keeps only the fixes that are not decided yet.

    A fix is decided when all ways that may still win pass it at one place; what comes out then is what `match_tracks`
    would give for the whole track. After lag_s seconds it is decided by what is likeliest, so that the results of
    batches are equal only where nothing took longer. Of a vehicle that begins its window at a decided place nothing
    before it matters (Markov), so the state may be thrown away and built again from the last minutes of fixes.
    """

    def __init__(
        self,
        network: MatchNetwork,
        model: MatchModel = MatchModel(),  # noqa: B008  # frozen
        lag_s: float = 120.0,
        threads: int = 1,
    ) -> None:
        if not lag_s > 0.0:
            raise BadPoint(f"lag_s={lag_s} must be more than 0 seconds")
        self._network, self._model, self._lag_s, self._threads = network, model, lag_s, threads
        self._column = model.as_column()
        self.most_waiting = max(LEAST_WAITING, math.ceil(2.0 * lag_s))
        """Fixes kept of one vehicle: twice the lag a second apart. Of one that stands longer, the older half is
        forgotten. 600 of each of 10,000 parked vehicles were 300 MB, sorted at every push."""
        self.vehicles = np.empty(0, np.int64)
        """(n,) ids of the vehicles known, by their number: Traversals.track counts these."""
        self._order = np.empty(0, np.intp)  # that sorts them
        self._known_int = np.empty((0, 4), np.int32)
        self._known_float = np.empty((0, 4), np.float64)
        self._newest_s = np.empty(0, np.float64)
        self._of = np.empty(0, np.int32)  # vehicle number of each fix that waits, ascending
        self._number = np.empty(0, np.int32)
        self._waiting = np.empty((0, COLUMNS), np.float64)
        self._given = 0

    def __len__(self) -> int:
        """Fixes that wait to be decided."""
        return len(self._of)

    def push(
        self,
        vehicle: ArrayLike,
        lonlat: ArrayLike,
        time_s: ArrayLike,
        accuracy_m: ArrayLike | None = None,
        heading_deg: ArrayLike | None = None,
        speed_kmh: ArrayLike | None = None,
    ) -> Traversals:
        """Takes fixes of any vehicles in any order; gives the edges that these have left for certain.

        vehicle: (n,) int64 ids. The rest as for `match_tracks`. A fix not after the last decided one of its vehicle,
        and a second one of the same moment, say nothing.
        Traversals.track is a number in `vehicles`, point_before counts the fixes given so far, part goes on counting.
        Raises BadPoint as `match_tracks`, except that times may come in any order.
        """
        ids = np.ascontiguousarray(vehicle, np.int64)
        tracks = check_tracks(
            self._model, [0, len(ids)], lonlat, time_s, accuracy_m, heading_deg, speed_kmh, is_sorted=False
        )
        fixes = np.column_stack([tracks.time_s, tracks.lonlat, tracks.sigma_m, tracks.heading_deg, tracks.speed_kmh])
        number = ((self._given + np.arange(len(ids))) & 0x7FFFFFFF).astype(np.int32)
        self._given += len(ids)
        of = self._number_of(ids)
        touched = np.zeros(len(self.vehicles), bool)
        touched[of] = True
        is_asked = touched[self._of]
        rest = self._of[~is_asked], self._number[~is_asked], self._waiting[~is_asked]
        all_of = np.concatenate([self._of[is_asked], of])
        all_fixes = np.concatenate([self._waiting[is_asked], fixes])
        all_number = np.concatenate([self._number[is_asked], number])
        order = np.lexsort((all_fixes[:, TIME], all_of))
        all_of, all_fixes, all_number = all_of[order], all_fixes[order], all_number[order]
        is_new = np.ones(len(all_of), bool)
        is_new[1:] = (all_of[1:] != all_of[:-1]) | (all_fixes[1:, TIME] > all_fixes[:-1, TIME])
        # The first fix that waits is the last decided one where something is decided: what is before it comes too late.
        is_new &= all_fixes[:, TIME] >= self._decided_s(all_of)
        found, kept = self._follow(all_of[is_new], all_number[is_new], all_fixes[is_new], is_ended=False)
        self._keep(rest, kept)
        return found

    def flush(self, before_s: float = np.inf) -> Traversals:
        """What is still open of vehicles whose last fix is older than before_s, as far as known; they begin anew."""
        is_old = self._newest_s < before_s
        is_asked = is_old[self._of]
        rest = self._of[~is_asked], self._number[~is_asked], self._waiting[~is_asked]
        found, _ = self._follow(self._of[is_asked], self._number[is_asked], self._waiting[is_asked], is_ended=True)
        self._keep(rest, None)
        return found

    def forget(self, before_s: float) -> None:
        """Forgets vehicles of which nothing waits and whose last fix is older than before_s, as if never heard of.

        Numbers in `vehicles` change; of one that comes back, parts are counted anew.
        """
        stays = self._newest_s >= before_s
        stays[self._of] = True
        if stays.all():
            return
        self._of = (np.cumsum(stays) - 1)[self._of].astype(np.int32)
        self.vehicles, self._newest_s = self.vehicles[stays], self._newest_s[stays]
        self._known_int, self._known_float = self._known_int[stays], self._known_float[stays]
        self._order = np.argsort(self.vehicles, kind="stable")

    def still_on(self) -> Traversals:
        """The edges that vehicles are on: decided, not left, so that `push` has not told of them yet; one a vehicle.

        leave_s is the newest fix, to_fraction where that lies: as far beyond the last decided place as the crow flies,
        for fixes near to it decide nothing. A row comes again, longer, until the vehicle has left the edge.
        """
        vehicle, first = np.unique(self._of, return_index=True)
        is_on = self._known_int[vehicle, OPEN_EDGE] != NOWHERE
        is_on &= self._known_int[vehicle, OPEN_EDGE] == self._known_int[vehicle, KNOWN_EDGE]
        last = np.append(first[1:], len(self._of))[is_on] - 1
        vehicle, first = vehicle[is_on], first[is_on]
        ints, floats = self._known_int[vehicle], self._known_float[vehicle]
        move = self._waiting[last, LON : LAT + 1] - self._waiting[first, LON : LAT + 1]
        middle = self._waiting[first, LAT].sum() / max(len(first), 1)  # of one city: for each alone it took 5 ms
        scale = np.array(metres_per_degree(middle))
        edge_m = np.maximum(self._network.segment_mm[ints[:, OPEN_EDGE] >> 1] / 1000.0, 1e-3)
        reached = np.minimum(floats[:, KNOWN_FRACTION] + np.hypot(*(move * scale).T) / edge_m, 1.0)
        return Traversals(
            track=vehicle.astype(np.int32),
            edge=ints[:, OPEN_EDGE].copy(),
            enter_s=floats[:, OPEN_ENTER].copy(),
            leave_s=self._waiting[last, TIME],
            from_fraction=floats[:, OPEN_FROM].astype(np.float32),
            to_fraction=reached.astype(np.float32),
            confidence=floats[:, OPEN_MASS].astype(np.float32),
            point_before=ints[:, OPEN_POINT].copy(),
            part=ints[:, PARTS].copy(),
        )

    def _follow(
        self, of: NDArray[np.int32], number: NDArray[np.int32], fixes: NDArray[np.float64], is_ended: bool
    ) -> tuple[Traversals, tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]]:
        asked, first = np.unique(of, return_index=True)
        start = np.append(first, len(of)).astype(np.int64)
        known_int, known_float = self._known_int[asked], self._known_float[asked]
        keep = start[1:].copy()
        time_s, sigma, heading, speed = (
            np.ascontiguousarray(fixes[:, place]) for place in (TIME, SIGMA, HEADING, SPEED)
        )
        lonlat = np.ascontiguousarray(fixes[:, LON : LAT + 1])
        snap_edge, snap_part = np.empty(len(of), np.int32), np.empty(len(of), np.int32)
        snap_float = np.empty((len(of), 3), np.float64)
        table = NETWORK.pack(self._network)

        def follow_range(begin: int, end: int) -> list[Rows]:
            pieces, scratch = [], thread_scratch(self._network, int(np.diff(start[begin : end + 1]).max(initial=0)))
            while begin < end:
                done, rows = follow_many(
                    table.address, scratch.table.address, self._column, start, number, lonlat, time_s, sigma, heading,
                    speed, begin, end, is_ended, self._lag_s, known_int, known_float, keep, snap_edge, snap_float,
                    snap_part,
                )  # fmt: skip
                pieces.append(scratch.rows(rows))
                if done == begin:
                    scratch.double()
                begin = done
            leave_scratch(scratch)
            return pieces

        bounds = share_tracks(start, self._threads)
        if len(bounds) == 2:
            pieces = follow_range(*bounds)
        else:
            with ThreadPoolExecutor(len(bounds) - 1) as pool:
                pieces = [piece for found in pool.map(follow_range, bounds[:-1], bounds[1:]) for piece in found]
        self._known_int[asked], self._known_float[asked] = known_int, known_float
        if len(asked):
            self._newest_s[asked] = fixes[start[1:] - 1, TIME]
        found = as_traversals(pieces, asked.astype(np.int32))
        stays = np.arange(len(of)) >= np.repeat(keep, np.diff(start))
        for one in np.flatnonzero(start[1:] - keep > self.most_waiting).tolist():
            _forget_half(fixes, stays, int(keep[one]), int(start[one + 1]))
        return found, (of[stays], number[stays], fixes[stays])

    def _keep(self, rest, kept) -> None:  # type: ignore[no-untyped-def]
        both = rest if kept is None else tuple(np.concatenate(pair) for pair in zip(rest, kept))
        order = np.argsort(both[0], kind="stable")
        self._of, self._number, self._waiting = (column[order] for column in both)

    def _decided_s(self, of: NDArray[np.int32]) -> NDArray[np.float64]:
        """(n,) the moment up to which each fix's vehicle is decided."""
        decided = np.full(len(self.vehicles), -np.inf)
        first = np.unique(self._of, return_index=True)
        decided[first[0]] = self._waiting[first[1], TIME]
        decided[(self._known_int[:, KNOWN_EDGE] == NOWHERE)] = -np.inf
        return decided[of]

    def _number_of(self, ids: NDArray[np.int64]) -> NDArray[np.int32]:
        """The numbers of vehicles by their ids; new ones get one."""
        unique, inverse = np.unique(ids, return_inverse=True)
        ordered = self.vehicles[self._order]
        place = np.searchsorted(ordered, unique)
        is_known = np.zeros(len(unique), bool)
        inside = place < len(ordered)
        is_known[inside] = ordered[place[inside]] == unique[inside]
        numbers = np.empty(len(unique), np.int32)
        numbers[is_known] = self._order[place[is_known]]
        new = int((~is_known).sum())
        numbers[~is_known] = len(self.vehicles) + np.arange(new)
        if new:
            self.vehicles = np.concatenate([self.vehicles, unique[~is_known]])
            self._order = np.argsort(self.vehicles, kind="stable")
            known_int = np.zeros((new, 4), np.int32)
            known_int[:, [KNOWN_EDGE, OPEN_EDGE]] = NOWHERE
            self._known_int = np.concatenate([self._known_int, known_int])
            self._known_float = np.concatenate([self._known_float, np.zeros((new, 4))])
            self._newest_s = np.concatenate([self._newest_s, np.full(new, -np.inf)])
        return numbers[inverse.reshape(-1)]


def _forget_half(fixes: NDArray[np.float64], stays: NDArray[np.bool_], first: int, end: int) -> None:
    """Forgets half the fixes of a vehicle that stands: it came to where it stands that much later."""
    middle = (first + end) // 2
    stays[first + 1 : middle] = False
    fixes[first, TIME] = fixes[middle - 1, TIME]
