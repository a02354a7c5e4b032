"""Orders, hierarchies and metrics by themselves: their form, their files, and what they refuse."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from routing.cch import Cch, build_cch
from routing.customize import Metric, customize, empty_slot, recustomize
from routing.errors import BadCost, BadGraph, BadPoint
from routing.graph import build_graph
from routing.many import Places, as_places, find_matrix, find_nearest, reach
from routing.order import dissection_order
from routing.query import find_cost, find_path
from routing.trip import CLOSED, UNREACHED, edge_points
from tests.draw import draw_roads

GRID = 20


def grid(width: int = GRID) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Tail, head and places of a square grid of streets, driven one way only: the order does not mind."""
    node = np.arange(width * width).reshape(width, width)
    tail = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    head = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    return tail, head, np.stack([node.ravel() % width, node.ravel() // width], 1) * 1e-3


@pytest.fixture(scope="module")
def cch() -> Cch:
    tail, head, lonlat = grid()
    return build_cch(build_graph([*tail, *head], [*head, *tail], GRID * GRID), lonlat)


@pytest.fixture(scope="module")
def metric(cch: Cch) -> Metric:
    return customize(cch, np.full(cch.edges, 10, np.int32))


def test_every_state_has_its_own_rank() -> None:
    tail, head, lonlat = grid()
    rank = dissection_order(tail, head, GRID * GRID, lonlat)
    assert sorted(rank.tolist()) == list(range(GRID * GRID))


def test_the_order_is_the_same_each_time_and_loops_and_doubles_do_not_matter() -> None:
    tail, head, lonlat = grid()
    rank = dissection_order(tail, head, GRID * GRID, lonlat)
    loops = np.arange(GRID * GRID)
    more = dissection_order([*tail, *head, *loops], [*head, *tail, *loops], GRID * GRID, lonlat)
    assert rank.tolist() == dissection_order(tail, head, GRID * GRID, lonlat).tolist() == more.tolist()


def test_the_bridge_between_two_towns_is_contracted_after_both() -> None:
    tail, head, lonlat = grid()
    states, bridge = GRID * GRID, (GRID * 10 + GRID - 1, GRID * GRID + GRID * 10)
    rank = dissection_order(
        [*tail, *(tail + states), bridge[0]],
        [*head, *(head + states), bridge[1]],
        2 * states,
        np.concatenate([lonlat, lonlat + np.array([1.0, 0.0])]),
    )
    assert 2 * states - 1 in (rank[bridge[0]], rank[bridge[1]])


def test_a_grid_gets_few_shortcuts() -> None:
    """George 1973: nested dissection of a grid fills 31/4 n log2(n) at most. We need a third of it."""
    tail, head, lonlat = grid(60)
    built = build_cch(build_graph(tail, head, 3600), lonlat)
    assert built.arcs < 31 / 4 * 3600 * np.log2(3600) / 3


@pytest.mark.parametrize("states", [0, 1, 100])
def test_states_without_arcs_get_ranks_as_well(states: int) -> None:
    rank = dissection_order([], [], states, np.zeros((states, 2)))
    assert sorted(rank.tolist()) == list(range(states))


def test_states_all_at_one_place_are_ordered_too() -> None:
    tail, head, lonlat = grid()
    rank = dissection_order(tail, head, GRID * GRID, lonlat * 0.0)
    assert sorted(rank.tolist()) == list(range(GRID * GRID))


@pytest.mark.parametrize("lonlat", [np.zeros((3, 2)), np.full((2, 2), np.nan), np.zeros(2)])
def test_places_that_do_not_fit_are_refused(lonlat: np.ndarray) -> None:
    with pytest.raises(BadGraph, match="finite pairs"):
        dissection_order([0], [1], 2, lonlat)


@pytest.mark.parametrize("rank", [[0], [0, 0], [0, 2], [0.0, 1.0]])
def test_a_given_order_must_rank_every_state_once(rank: list[float]) -> None:
    with pytest.raises(BadGraph, match="rank must"):
        build_cch(build_graph([0], [1], 2), np.zeros((2, 2)), rank=rank)


def test_a_mask_of_other_length_is_refused() -> None:
    with pytest.raises(BadGraph, match="is_drivable must be 1 booleans"):
        build_cch(build_graph([0], [1], 2), np.zeros((2, 2)), [True, False])


def test_higher_neighbours_of_a_rank_are_joined_to_each_other(cch: Cch) -> None:
    above = [set(cch.up_head[cch.up_start[x] : cch.up_start[x + 1]].tolist()) for x in range(cch.states)]
    for row in above:
        for y in row:
            assert {z for z in row if z > y} <= above[y]


def test_pairs_that_no_costs_can_join_have_no_arc() -> None:
    """All roads lead to B and B is contracted first; still nothing ever leads from A to C or back."""
    one_way = {"oneway": "yes"}
    roads = draw_roads(
        """
        D---A---B---C---E
        """,
        {"DA": one_way, "AB": one_way, "CB": one_way, "EC": one_way},
    ).network()
    graph = build_graph(roads.edge_tail, roads.edge_head, 5)
    assert build_cch(graph, np.zeros((5, 2)), rank=[1, 0, 2, 3, 4]).arcs == 2


def test_descendants_stand_right_before_their_ancestor(cch: Cch) -> None:
    for x in range(cch.states):
        row = cch.up_head[cch.up_start[x] : cch.up_start[x + 1]]
        assert all(cch.subtree_start[y] <= x for y in row.tolist())


def test_states_that_no_arc_enters_get_no_shortcuts() -> None:
    """With every turn back forbidden, a junction itself is never stood at, only its copies."""
    roads = draw_roads("""
        A---B---C
    """).network()
    turns = [roads.edge(name) for name in ("AB", "BA", "CB", "BC")]
    graph = build_graph(roads.edge_tail, roads.edge_head, 3, [0, 2, 4], turns)
    built = build_cch(graph, np.zeros((3, 2)))
    assert len(built.seed_edge) == graph.arcs - 2


def test_arrays_come_back_from_files_without_a_copy(cch: Cch, metric: Metric, tmp_path) -> None:
    for owner in (cch, metric):
        for name, column in owner.as_arrays().items():
            np.save(tmp_path / f"{name}.npy", column)
    mapped = {file.stem: np.load(file, mmap_mode="r") for file in tmp_path.iterdir()}
    again = Cch.from_arrays(mapped)
    assert np.shares_memory(again.up_head, mapped["up_head"])
    ask = edge_points(0, 0.5), edge_points(700, 0.5)
    assert find_cost(again, Metric.from_arrays(again, mapped), *ask) == find_cost(cch, metric, *ask)


@pytest.mark.parametrize("damage", ["missing", "type", "shape", "short", "negative", "large"])
@pytest.mark.parametrize("name", list(Cch.__dataclass_fields__))
def test_damaged_arrays_are_refused(cch: Cch, name: str, damage: str) -> None:
    arrays = cch.as_arrays()
    column = arrays[name].copy()
    if damage in ("negative", "large"):
        column[len(column) // 2] = {"negative": -7, "large": 2**31 - 1}[damage]
    kept = {"type": column.astype(np.int64), "shape": column[None], "short": column[:-1]}
    arrays[name] = kept.get(damage, column)
    if damage == "missing":
        del arrays[name]
    with pytest.raises(BadGraph, match=r"again|int32 column"):
        Cch.from_arrays(arrays)


@pytest.mark.parametrize("name", ["up_head", "down_tail", "down_arc", "subtree_start", "seed_slot", "seed_edge"])
@pytest.mark.parametrize("seed", range(8))
def test_swapped_entries_of_the_hierarchy_are_refused(cch: Cch, name: str, seed: int) -> None:
    column = cch.as_arrays()[name].copy()
    chance = np.random.default_rng(seed)
    one, other = chance.choice(len(column), 2, replace=False)
    while column[one] == column[other]:
        other = chance.integers(len(column))
    column[[one, other]] = column[[other, one]]
    with pytest.raises(BadGraph, match="again"):
        Cch.from_arrays(cch.as_arrays() | {name: column})


def test_a_metric_is_written_into_a_mapped_slot(cch: Cch, tmp_path) -> None:
    slot = {
        name: np.lib.format.open_memmap(tmp_path / f"{name}.npy", "w+", np.int32, column.shape)
        for name, column in empty_slot(cch).items()
    }
    customize(cch, np.full(cch.edges, 7, np.int32), slot)
    mapped = {name: np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in slot}
    assert find_cost(cch, Metric.from_arrays(cch, mapped), edge_points(0), edge_points(0, 1.0)) == 7


def test_a_slot_that_is_read_only_or_of_another_hierarchy_is_refused(cch: Cch, metric: Metric) -> None:
    costs = np.full(cch.edges, 7, np.int32)
    with pytest.raises(BadCost, match="cannot be written"):
        customize(cch, costs, metric.as_arrays())
    with pytest.raises(BadCost, match="another hierarchy"):
        customize(cch, costs, empty_slot(cch) | {"up_ms": np.empty(1, np.int32)})
    with pytest.raises(BadCost, match="missing"):
        Metric.from_arrays(cch, {})


def test_repairing_leaves_the_old_metric_to_its_readers(cch: Cch, metric: Metric) -> None:
    before = {name: column.copy() for name, column in metric.as_arrays().items()}
    recustomize(cch, metric, [3], [CLOSED])
    assert all((column == before[name]).all() for name, column in metric.as_arrays().items())


@pytest.mark.parametrize(
    ("edges", "cost_ms", "message"),
    [([-1], 1, "are not all"), ([10**6], 1, "are not all"), ([1, 1], 1, "named twice"), ([0.5], 1, "edge numbers"),
     ([1], -1, "integers in"), ([1], 2**31, "integers in"), ([1], 0.5, "integers in"), ([1, 2], [1, 2, 3], "one cost")],
)  # fmt: skip
def test_changes_that_make_no_sense_are_refused(cch: Cch, metric: Metric, edges, cost_ms, message: str) -> None:
    with pytest.raises(BadCost, match=message):
        recustomize(cch, metric, edges, cost_ms)


def test_costs_that_do_not_fit_are_refused(cch: Cch) -> None:
    with pytest.raises(BadCost, match=r"cost_ms\[4\] = -1 is negative"):
        customize(cch, np.where(np.arange(cch.edges) == 4, -1, 5).astype(np.int32))
    with pytest.raises(BadCost, match="int32 column"):
        customize(cch, np.zeros(3, np.int32))
    with pytest.raises(BadCost, match="threads=0"):
        customize(cch, np.zeros(cch.edges, np.int32), threads=0)


def test_a_metric_of_another_hierarchy_is_refused(metric: Metric) -> None:
    other = build_cch(build_graph([0], [1], 2), np.zeros((2, 2)))
    for ask in (find_path, find_cost):
        with pytest.raises(BadCost, match="another hierarchy"):
            ask(other, metric, edge_points(0), edge_points(0))
    with pytest.raises(BadCost, match="another hierarchy"):
        reach(other, metric, edge_points(0))


def test_points_on_unknown_edges_are_refused(cch: Cch, metric: Metric) -> None:
    bad, good = edge_points(cch.edges), edge_points(0)
    places = as_places([bad]), as_places([good])
    for ask in (find_path, find_cost):
        with pytest.raises(BadPoint, match="is not of this graph"):
            ask(cch, metric, good, bad)
    with pytest.raises(BadPoint, match="is not of this graph"):
        find_matrix(cch, metric, *places)
    with pytest.raises(BadPoint, match="rows of places"):
        find_matrix(cch, metric, places[1], Places(good, np.array([0, 5], np.int32)))
    with pytest.raises(BadPoint, match="count=0"):
        find_nearest(cch, metric, good, places[1], 0)


def test_shortcuts_of_24_days_and_more_are_closed_and_never_wrap_round() -> None:
    graph = build_graph([0, 1, 2, 3], [1, 2, 3, 4], 5)
    chain = build_cch(graph, np.zeros((5, 2)), rank=[4, 2, 0, 1, 3])
    metric = customize(chain, np.full(4, CLOSED - 1, np.int32))
    far = edge_points(0, 1.0), edge_points(3, 1.0)
    assert min(metric.up_ms.min(), metric.down_ms.min()) == CLOSED - 1
    assert find_path(chain, metric, *far) is None
    assert find_matrix(chain, metric, as_places([far[0]]), as_places([far[1]])).tolist() == [[CLOSED]]
    assert reach(chain, metric, far[0]).tolist() == [UNREACHED, 0, CLOSED - 1, UNREACHED, UNREACHED]


def test_extras_of_years_are_added_exactly_to_a_path(cch: Cch, metric: Metric) -> None:
    starts = edge_points(0, 0.0, 2**40)
    assert find_cost(cch, metric, starts, edge_points(0, 1.0, 2**40)) == 2**41 + 10
    assert reach(cch, metric, starts).min() == 2**40 + 10


def test_no_places_give_an_empty_matrix(cch: Cch, metric: Metric) -> None:
    one = as_places([edge_points(0)])
    assert find_matrix(cch, metric, as_places([]), one).shape == (0, 1)
    assert find_matrix(cch, metric, one, as_places([])).shape == (1, 0)
    assert find_matrix(cch, metric, one, as_places([edge_points([])])).tolist() == [[CLOSED]]


def test_many_threads_may_ask_at_once(cch: Cch, metric: Metric) -> None:
    def ask(seed: int) -> list[int]:
        chance = np.random.default_rng(seed)
        pairs = [(edge_points(a, 0.3), edge_points(b, 0.7)) for a, b in chance.integers(0, cch.edges, (50, 2))]
        return [path.cost_ms if (path := find_path(cch, metric, *pair)) else -1 for pair in pairs]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(8))) == [ask(seed) for seed in range(8)]
