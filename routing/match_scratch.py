"""The memory in which one thread matches one track after the other: it grows with the longest, and is never cleared."""

import numpy as np
from numpy.typing import NDArray

from routing.match_network import MatchNetwork
from routing.packed import Packed

MOST_CANDIDATES = 32
"""Edges that one fix may lie on, the likeliest ones; with 15 m of noise in a dense city 20 are usual."""

MOST_SEEN = 160
"""Segments within the radius that are looked at, the nearest ones."""

MOST_KEPT_BYTES = 64_000_000
"""Of one thread from call to call: enough for tracks of 5,000 fixes; longer ones and wilder ones get theirs anew."""

MOST_BETWEEN = 8
"""Of the fixes between two that are decided on so many are looked at, evenly spread."""

MOST_SLOTS = 256
"""Segments of routes between two fixes for which it is kept how the fixes between lie."""

(
    LABEL, HEAP, TARGET, SLOT, COUNTER, SEEN_INT, SEEN_FLOAT, FOUND_INT, FOUND_FLOAT, BETWEEN_COST, CAND_INT,
    CAND_FLOAT, ANCHOR, LINK_INT, LINK_FLOAT, ROUTE, ELEMENT_INT, ELEMENT_FLOAT, STATUS, KNOT_INT, KNOT_FLOAT,
    ROW_INT, ROW_FLOAT,
) = range(23)  # fmt: skip

STAMP, KEY, COST, MM, MS, PARENT, EDGE, AHEAD = range(8)
"""A row of LABEL, int32, one a state: query that wrote it; bound on the whole way, millimetres of cost; cost, length
and time so far; state before, -1 = begun on the edge, -2 = begun by turning round; road edge between; least to come."""

LABEL_WIDTH, TARGET_WIDTH, SLOT_WIDTH = 8, 2, 2

QUERY, LAYER, GAP, SLOTS, STEPS = range(5)
"""COUNTER: the last stamps given, to searches, candidates of a fix, gaps between two; rows of BETWEEN_COST in use;
states that the searches of a track may still look at."""

POINT, SEGMENT = range(2)
SEEN_D2, SEEN_T, SEEN_EAST, SEEN_NORTH = range(4)
SEEN_WIDTH = 4

CAND_EDGE, CAND_BACK = range(2)
FRACTION, EMIT, DISTANCE, SCORE, ALPHA, OMEGA = range(6)
CAND_WIDTH = 6
"""Of a candidate: fraction of the edge, cost of the fix lying there, metres to it; least cost of a path to it; the same
summed over all paths; cost of everything after it, summed."""

ANCHOR_FIX, ANCHOR_CAND, ANCHOR_LINK, ANCHOR_PART, ANCHOR_CHOSEN, ANCHOR_ELEMENT, ANCHOR_VIA = range(7)
ANCHOR_WIDTH = 7
"""Of a fix that is decided on: its number; first of its candidates, first link to them; part; candidate chosen, the
path's element it lies on, link by which it is reached."""

LINK_FROM, LINK_TO, LINK_ROUTE = range(3)
LINK_WIDTH = 3
LINK_COST, LINK_TURN, LINK_MASS = range(3)
"""Of a link between two candidates: its cost; where on its first edge it turns round, -1 = does not; probability."""

EL_FROM, EL_TO, EL_BEGIN_MM, EL_MASS = range(4)
ELEMENT_WIDTH = 4

THINNED, OUT = -1, -2
"""STATUS of a fix that is no anchor: it lies between two, or is left out."""

KNOT_MM, KNOT_WEIGHT = range(2)
KNOT_FIX, KNOT_DECIDED, KNOT_SIZE = range(3)
KNOT_INT_WIDTH, KNOT_WIDTH = 3, 2

ROW_TRACK, ROW_EDGE, ROW_POINT, ROW_PART = range(4)
ROW_ENTER, ROW_LEAVE, ROW_FROM, ROW_TO, ROW_MASS = range(5)
ROW_INT_WIDTH, ROW_WIDTH = 4, 5


class MatchScratch:
    """Memory for one thread on one network.

    table: what kernels read. Beside the labels of the graph it grows with `fixes`, the longest track, and `room`, a
    factor for what a track may come to.
    """

    def __init__(self, network: MatchNetwork, fixes: int, room: int = 1) -> None:
        self.network, self.fixes, self.room = network, fixes, room
        states, arcs, roads = network.states, len(network.arc_head), 2 * network.segments
        fixed: list[NDArray[np.generic]] = [
            np.zeros((states, LABEL_WIDTH), np.int32),
            np.empty(arcs + 2 * MOST_CANDIDATES, np.int64),
            np.zeros((roads, TARGET_WIDTH), np.int32),
            np.zeros((network.segments, SLOT_WIDTH), np.int32),
            np.zeros(5, np.int64),
            np.empty((MOST_SEEN, 2), np.int32),
            np.empty((MOST_SEEN, SEEN_WIDTH), np.float64),
            np.empty((MOST_CANDIDATES, 4), np.int32),
            np.empty((MOST_CANDIDATES, 2), np.float64),
            np.empty((MOST_SLOTS, MOST_BETWEEN), np.float64),
        ]
        self._fixed = fixed
        self._grow()

    def _grow(self) -> None:
        fixes, room = self.fixes, self.room
        candidates = (12 * fixes + 2 * MOST_CANDIDATES) * room
        links, route = 2 * candidates + 1100, 8 * candidates + 20_000
        self.table = Packed(
            *self._fixed,
            np.empty((candidates, 2), np.int32),
            np.empty((candidates, CAND_WIDTH), np.float64),
            np.empty((fixes + 2, ANCHOR_WIDTH), np.int32),
            np.empty((links, LINK_WIDTH), np.int32),
            np.empty((links, 3), np.float64),
            np.empty(route, np.int32),
            np.empty((route, 1), np.int32),
            np.empty((route, ELEMENT_WIDTH), np.float64),
            np.empty(fixes + 1, np.int32),
            np.empty((fixes + 1, KNOT_INT_WIDTH), np.int32),
            np.empty((fixes + 1, KNOT_WIDTH), np.float64),
            np.empty((route, ROW_INT_WIDTH), np.int32),
            np.empty((route, ROW_WIDTH), np.float64),
        )

    @property
    def size_bytes(self) -> int:
        """How much it holds; pages that were never written cost nothing."""
        return sum(column.nbytes for column in self.table.columns)

    def make_room(self, fixes: int) -> None:
        """Room for a track of so many fixes."""
        if fixes > self.fixes:
            self.fixes = fixes + fixes // 4
            self._grow()

    def forget_old(self) -> None:
        """Begins to count anew before a stamp could come round; a call makes far fewer than are left."""
        counter = self.table.columns[COUNTER]
        if counter.max() > 2**30:
            for place in (LABEL, TARGET, SLOT):
                self.table.columns[place][:] = 0
            counter[:] = 0

    def double(self) -> None:
        """Twice the room for a track that came to more than expected."""
        self.room *= 2
        self._grow()

    def rows(self, count: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Copies of the first rows of traversals that a kernel left."""
        columns = self.table.columns
        return columns[ROW_INT][:count].copy(), columns[ROW_FLOAT][:count].copy()
