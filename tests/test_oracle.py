"""The oracle itself, on cases small enough to know by heart."""

from tests.oracle import EdgeOracle, node_costs

# 0 -> 1 -> 2 -> 0 and a spur 1 <-> 3
EDGES = [(0, 1, 10), (1, 2, 10), (2, 0, 10), (1, 3, 5), (3, 1, 5)]


def test_costs_of_nodes() -> None:
    assert node_costs(EDGES, 0) == {0: 0, 1: 10, 2: 20, 3: 15}


def test_no_rule_is_kept_by_going_round() -> None:
    oracle = EdgeOracle(EDGES, [("no", (0, 1))])
    assert oracle.cost([(0, 1.0, 0)], [(1, 1.0, 0)]) == 20
    assert EdgeOracle(EDGES).cost([(0, 1.0, 0)], [(1, 1.0, 0)]) == 10


def test_only_rule_forbids_the_others() -> None:
    oracle = EdgeOracle(EDGES, [("only", (0, 3))])
    assert [oracle.may_follow((0,), edge) for edge in (1, 3)] == [False, True]


def test_longer_rule_is_checked_on_the_whole_history() -> None:
    oracle = EdgeOracle(EDGES, [("no", (0, 3, 4, 1))])
    assert oracle.obeys([3, 4, 1])
    assert not oracle.obeys([2, 0, 3, 4, 1])


def test_end_behind_the_start_is_reached_round_the_block() -> None:
    oracle = EdgeOracle(EDGES)
    assert oracle.cost([(0, 0.5, 0)], [(0, 0.7, 0)]) == 2
    assert oracle.cost([(0, 0.5, 0)], [(0, 0.2, 1)]) == 5 + 20 + 2 + 1


def test_closed_edge_is_not_driven() -> None:
    assert EdgeOracle([(0, 1, 1), (1, 0, None)]).cost([(0, 0.0, 0)], [(1, 0.0, 0)]) is None


def test_arrivals_count_the_starts_own_edge() -> None:
    assert EdgeOracle(EDGES).node_arrivals([(0, 0.5, 0)]) == {1: 5, 2: 15, 3: 10, 0: 25}


def test_a_turn_with_a_delay_is_paid_when_its_second_edge_is_begun() -> None:
    oracle = EdgeOracle(EDGES, turn_ms={(0, 1): 7})
    assert oracle.cost([(0, 1.0, 0)], [(1, 0.5, 0)]) == 7 + 5
    assert oracle.cost([(0, 0.0, 0)], [(1, 1.0, 0)]) == oracle.path_cost([0, 1], (0, 0.0, 0), (1, 1.0, 0)) == 27
    assert oracle.cost([(1, 0.0, 0)], [(1, 1.0, 0)]) == 10


def test_a_turn_with_a_long_delay_is_avoided_by_going_round() -> None:
    oracle = EdgeOracle(EDGES, turn_ms={(0, 1): 11})
    assert oracle.cost([(0, 1.0, 0)], [(1, 1.0, 0)]) == 5 + 5 + 10


def test_a_rule_binds_while_its_gate_is_shut() -> None:
    rules, gate = [("no", (0, 1)), ("no", (0, 3))], [2, -1]
    assert EdgeOracle(EDGES, rules, gate=gate).rules == rules[1:]
    assert EdgeOracle(EDGES, rules, gate=gate, shut=[2]).rules == rules


def test_only_rules_of_one_gate_allow_either_and_of_two_gates_nothing() -> None:
    rules = [("only", (0, 1)), ("only", (0, 3))]
    either = EdgeOracle(EDGES, rules, gate=[0, 0], shut=[0, 1])
    neither = EdgeOracle(EDGES, rules, gate=[0, 1], shut=[0, 1])
    assert [either.may_follow((0,), edge) for edge in (1, 3)] == [True, True]
    assert [neither.may_follow((0,), edge) for edge in (1, 3)] == [False, False]
