"""How long quickest ways are: the length of exactly the edges that each arc of a customized hierarchy stands for."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing.cch import DOWN, UP, Cch
from routing.customize import TASKS_PER_THREAD, Metric
from routing.errors import BadCost
from routing.packed import Layout, int32s, uint32s
from routing.rows import as_read_only
from routing.triangles import split_work
from routing.trip import CLOSED
from routing.weights import check_fit

Int32s = NDArray[np.int32]

HIERARCHY = Layout(
    "up_start", "up_head", "down_start", "down_tail", "down_arc", "seed_start", "seed_slot", "seed_edge"
)  # fmt: skip
UP_START, UP_HEAD, DOWN_START, DOWN_TAIL, DOWN_ARC, SEED_START, SEED_SLOT, SEED_EDGE = HIERARCHY.places
WEIGHTS = Layout("cost_ms", "up_ms", "down_ms")
COST, UP_WEIGHT, DOWN_WEIGHT = WEIGHTS.places
LENGTHS = Layout("edge_cm", "up_cm", "down_cm")
EDGE_CM, UP_CM, DOWN_CM = LENGTHS.places


@dataclass(frozen=True, eq=False)
class Lengths:
    """Lengths along the quickest ways of one metric: int32 centimetres, read-only.

    edge_cm (edges,); up_cm, down_cm (arcs,): from the lower to the higher rank of each arc, and back; CLOSED where the
    metric is closed, or from 21,474 km on.
    """

    edge_cm: Int32s
    up_cm: Int32s
    down_cm: Int32s

    def as_arrays(self) -> dict[str, Int32s]:
        """Every array by name, to be written to files."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, cch: Cch, arrays: Mapping[str, Int32s]) -> "Lengths":
        """The lengths whose `as_arrays` this is; the arrays may be read-only memory maps and are not copied.

        Raises BadCost if an array is missing or does not fit the hierarchy.
        """
        names = [field.name for field in fields(cls)]
        if missing := [name for name in names if name not in arrays]:
            raise BadCost(f"lengths arrays {missing} are missing; measure again")
        lengths = cls(*(arrays[name] for name in names))
        check_lengths(cch, lengths)
        return cls(*(as_read_only(arrays[name], np.int32) for name in names))


def check_lengths(cch: Cch, lengths: Lengths) -> None:
    """Raises BadCost if the lengths have another form than the hierarchy: the searches do not look again."""
    for name, rows in (("edge_cm", cch.edges), ("up_cm", cch.arcs), ("down_cm", cch.arcs)):
        column = getattr(lengths, name)
        if column.dtype != np.int32 or column.shape != (rows,):
            raise BadCost(
                f"{name} must be an int32 column of {rows}, not {column.dtype} {column.shape}; "
                "the lengths belong to another hierarchy"
            )


def measure(cch: Cch, metric: Metric, length_cm: Int32s, threads: int = 1) -> Lengths:
    """The length of the path that `routing.query.find_path` reads for every arc of the hierarchy.

    length_cm: (edges,) int32 centimetres >= 0, aliases included. Not changed.
    threads: 1..64. The result does not depend on it.

    Of ways that are equally quick, an arc is that which a path would take: the first of its edges, else its first
    lower triangle. The interpreter lock is released. Takes 1.2 times as long as `customize`.
    Raises BadCost if metric or lengths do not fit, or a length is negative.
    """
    check_fit(cch, metric)
    if length_cm.dtype != np.int32 or length_cm.shape != (cch.edges,):
        raise BadCost(f"length_cm must be an int32 column of {cch.edges}, not {length_cm.dtype} {length_cm.shape}")
    if len(length_cm) and length_cm.min() < 0:
        edge = int(np.argmax(length_cm < 0))
        raise BadCost(f"length_cm[{edge}] = {length_cm[edge]} is negative; the least length is 0")
    if not 1 <= threads <= 64:
        raise BadCost(f"threads={threads} must lie in 1..64")
    lengths = Lengths(as_read_only(length_cm, np.int32), np.empty(cch.arcs, np.int32), np.empty(cch.arcs, np.int32))
    hierarchy, weights, table = HIERARCHY.pack(cch), WEIGHTS.pack(metric), LENGTHS.pack(lengths)

    def fill(first: Int32s, last: Int32s) -> None:
        _measure(hierarchy.address, weights.address, table.address, first, last)

    first, last, top = (np.empty(0, np.int32),) * 3
    if threads > 1:
        first, last, top = split_work(
            cch.up_start, cch.down_start, cch.down_tail, cch.down_arc, cch.subtree_start, threads * TASKS_PER_THREAD
        )
    if len(first) < 2:
        fill(np.zeros(1, np.int32), np.full(1, cch.states, np.int32))
    else:
        with ThreadPoolExecutor(threads - 1) as pool:
            jobs = [pool.submit(fill, first[i::threads].copy(), last[i::threads].copy()) for i in range(1, threads)]
            fill(first[::threads].copy(), last[::threads].copy())
            for job in jobs:
                job.result()
        fill(top, top + np.int32(1))
    return Lengths.from_arrays(cch, lengths.as_arrays())


@cached(nogil=True)
def _measure(cch, metric, lengths, first, last):  # type: ignore[no-untyped-def]  # kernel; the function above is typed
    """Measures the arcs of some ranges of ranks; those of all their descendants have been measured.

    As in routing.customize, one scratch row takes all triangles that end in arcs of one rank: `left` holds the cost
    that still looks for its way, and no cost once this has been found.
    """
    up_start, up_head = int32s(cch, UP_START), int32s(cch, UP_HEAD)
    down_start, down_tail, down_arc = int32s(cch, DOWN_START), int32s(cch, DOWN_TAIL), int32s(cch, DOWN_ARC)
    seed_start, seed_slot, seed_edge = int32s(cch, SEED_START), int32s(cch, SEED_SLOT), int32s(cch, SEED_EDGE)
    cost, up, down = int32s(metric, COST), uint32s(metric, UP_WEIGHT), uint32s(metric, DOWN_WEIGHT)
    edge_cm, up_cm, down_cm = int32s(lengths, EDGE_CM), uint32s(lengths, UP_CM), uint32s(lengths, DOWN_CM)
    found = np.uint32(2**32 - 1)
    left, length = np.empty((len(up_start), 2), np.uint32), np.empty((len(up_start), 2), np.uint32)
    for r in range(len(first)):
        for x in range(first[r], last[r]):
            for a in range(up_start[x], up_start[x + 1]):
                y = np.uint64(up_head[a])
                left[y, UP] = up[a] if up[a] < CLOSED else found
                left[y, DOWN] = down[a] if down[a] < CLOSED else found
                length[y, UP] = CLOSED
                length[y, DOWN] = CLOSED
            for i in range(seed_start[x], seed_start[x + 1]):
                y = np.uint64(up_head[seed_slot[i] >> 1])
                side = seed_slot[i] & 1
                if left[y, side] == np.uint32(cost[seed_edge[i]]):
                    left[y, side] = found
                    length[y, side] = edge_cm[seed_edge[i]]
            for i in range(down_start[x], down_start[x + 1]):
                low = np.uint64(down_arc[i])
                to_low, from_low = down[low], up[low]
                for a in range(low + np.uint64(1), np.uint64(up_start[down_tail[i] + 1])):
                    y = np.uint64(up_head[a])
                    if np.uint32(to_low + up[a]) == left[y, UP]:
                        left[y, UP] = found
                        length[y, UP] = min(np.uint32(down_cm[low] + up_cm[a]), np.uint32(CLOSED))
                    if np.uint32(from_low + down[a]) == left[y, DOWN]:
                        left[y, DOWN] = found
                        length[y, DOWN] = min(np.uint32(down_cm[a] + up_cm[low]), np.uint32(CLOSED))
            for a in range(up_start[x], up_start[x + 1]):
                up_cm[a] = length[up_head[a], UP]
                down_cm[a] = length[up_head[a], DOWN]
