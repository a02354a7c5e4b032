"""A hierarchy and a metric as searches take them: packed, and only the arcs that are open once it is asked often."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.caching import cached
from routing.cch import Cch
from routing.customize import Metric
from routing.errors import BadCost
from routing.packed import Layout, Packed
from routing.trip import CLOSED

HIERARCHY = Layout(
    "up_start", "up_head", "down_start", "down_tail", "down_arc", "seed_start", "seed_slot", "seed_edge", "parent",
    "entry_rank", "end_start", "end_rank", "middle",
)  # fmt: skip

(
    UP_START, UP_HEAD, DOWN_START, DOWN_TAIL, DOWN_ARC, SEED_START, SEED_SLOT, SEED_EDGE, PARENT, ENTRY_RANK, END_START,
    END_RANK, MIDDLE,
) = HIERARCHY.places  # fmt: skip

COST, UP_WEIGHT, DOWN_WEIGHT, OPEN_RANK, OPEN_ARC = range(5)

LIST_AFTER = 250
"""Questions about a metric after which its open arcs are listed: listing takes as long as is saved on so many."""


class Weights(Packed):
    """A metric's weights packed for searches, and, once it is asked often, only the arcs that are open in it.

    Of a street network's arcs three of five lead nowhere in one direction (one-way streets, forbidden turns).
    """

    __slots__ = ("asked", "before")

    def __init__(self, *columns: NDArray[Any]) -> None:
        super().__init__(*columns)
        self.asked = 0
        self.before: Weights | None = None


class WeightsLayout(Layout):
    """As Layout, for metrics: what is packed also has places for the open arcs, empty until `weights_of` lists them."""

    def pack(self, owner: Metric) -> Weights:
        """The weights of a metric; kept with it."""
        kept: Weights | None = owner.__dict__.get("searched")
        if kept is None:
            kept = Weights(owner.cost_ms, owner.up_ms, owner.down_ms, _NOTHING, _NOTHING)
            owner.__dict__["searched"] = kept
        return kept


_NOTHING = np.empty(0, np.int32)

WEIGHTS = WeightsLayout("cost_ms", "up_ms", "down_ms")


def weights_of(cch: Cch, metric: Metric, questions: int = 1) -> Weights:
    """The weights packed, for a search that asks so many questions of them. Lists the open arcs when that pays."""
    kept = WEIGHTS.pack(metric)
    if kept.asked < LIST_AFTER:
        asked = kept.asked + questions
        if asked < LIST_AFTER:
            kept.asked = asked  # never more: another thread takes what was asked so often for listed
        else:
            check_fit(cch, metric)
            ranks, arcs = _list_open(cch.up_start, cch.up_head, cch.parent, metric.up_ms, metric.down_ms)
            listed = Weights(metric.cost_ms, metric.up_ms, metric.down_ms, ranks, arcs)
            listed.asked = asked
            listed.before = kept  # another thread may be searching by its address
            metric.__dict__["searched"] = kept = listed
    return kept


def check_fit(cch: Cch, metric: Metric) -> None:
    """Raises BadCost if the metric has other lengths than the hierarchy: the searches do not look again."""
    if len(metric.cost_ms) != cch.edges or not len(metric.up_ms) == len(metric.down_ms) == cch.arcs:
        raise BadCost(f"the metric is of another hierarchy: {len(metric.cost_ms)} edges, {cch.edges} expected")


@cached(nogil=True)
def _list_open(up_start, up_head, parent, up, down):  # type: ignore[no-untyped-def]
    """(first arc upwards, first arc downwards, parent) of each rank, and (higher rank, weight) of each open arc."""
    states, size = len(parent), 0
    for a in range(len(up)):
        size += (up[a] != CLOSED) + (down[a] != CLOSED)
    ranks, arcs, size = np.zeros((states + 1, 4), np.int32), np.empty((size, 2), np.int32), 0
    for x in range(states):
        ranks[x, 2] = parent[x]
        for way in range(2):
            ranks[x, way] = size
            weight = down if way else up
            for a in range(up_start[x], up_start[x + 1]):
                cost = weight[a]
                # A live metric may be rewritten meanwhile, and have more open arcs by now than were counted.
                if cost != CLOSED and size < len(arcs):
                    arcs[size, 0], arcs[size, 1] = up_head[a], cost
                    size += 1
    ranks[states, 0] = size
    return ranks, arcs
