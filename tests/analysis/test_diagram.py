"""Diagrams against enumeration, against another implementation, and the structure function against both."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Sequence

import networkx as nx
import pytest

from archlint.analysis.blocks import Interval
from archlint.analysis.diagram import FALSE, TRUE, Diagram, OverBudget
from archlint.analysis.graph import Graph
from archlint.analysis.ordering import arranged, from_the_bottom
from archlint.analysis.requirements import Group, Requirements
from archlint.analysis.structure import BUDGET, StructureFunction

Groups = dict[int, list[Group[int]]]


def probability_by_enumeration(entry: int, groups: Groups, works: Sequence[float]) -> float:
    """All states of all nodes; what fails is the least set that follows (see requirements.py)."""
    structure = Requirements(groups)
    total = []
    for state in itertools.product((True, False), repeat=len(works)):
        lost = [node for node, up in enumerate(state) if not up]
        if entry not in structure.failed_after(lost):
            total.append(math.prod(p if up else 1 - p for p, up in zip(works, state, strict=True)))
    return math.fsum(total)


def random_system(rng: random.Random, nodes: int, *, cycles: bool) -> Groups:
    groups: Groups = {}
    for node in range(nodes):
        others = [n for n in range(nodes) if n != node] if cycles else list(range(node + 1, nodes))
        owned = []
        for _ in range(rng.randint(0, 3) if others else 0):
            chosen = rng.sample(others, min(len(others), rng.choice((1, 1, 2, 2, 3))))
            owned.append(Group(tuple(chosen), rng.randint(1, len(chosen)) if rng.random() < 0.3 else 1))
        groups[node] = owned
    return groups


def function_of(groups: Groups, budget: int = BUDGET) -> StructureFunction[int]:
    return StructureFunction(0, groups.__getitem__, lambda node: True, budget)


def evaluated(function: StructureFunction[int], works: Sequence[float]) -> Interval:
    return function.probability([works[node] for node in function.variables])


@pytest.mark.parametrize("seed", range(500))
def test_availability_equals_enumeration(seed: int) -> None:
    rng = random.Random(seed)
    nodes = rng.randint(2, 16 if seed % 25 == 0 else 10)
    groups = random_system(rng, nodes, cycles=seed % 3 == 0)
    works = [rng.choice((rng.random(), rng.uniform(0.9, 1.0), 0.0, 1.0)) for _ in range(nodes)]
    function = function_of(groups)
    found = evaluated(function, works)
    assert function.exact
    assert found.exact
    assert found.low == pytest.approx(probability_by_enumeration(0, groups, works), abs=1e-12)


@pytest.mark.parametrize("seed", range(300))
@pytest.mark.parametrize("budget", [1, 8, 20])
def test_beyond_the_budget_the_bound_contains_the_truth(seed: int, budget: int) -> None:
    rng = random.Random(seed)
    nodes = rng.randint(6, 14)
    groups = random_system(rng, nodes, cycles=seed % 3 == 0)
    works = [rng.random() ** rng.choice((1, 0.1, 0.01)) for _ in range(nodes)]
    exact = evaluated(function_of(groups), works)
    bound = evaluated(function_of(groups, budget), works)
    assert exact.exact
    assert 0.0 <= bound.low <= exact.low + 1e-12
    assert exact.high - 1e-12 <= bound.high <= 1.0 + 1e-12


def test_small_budgets_do_give_bounds() -> None:
    """Else the test above would compare exact results with themselves."""
    bounded = 0
    for seed in range(100):
        rng = random.Random(seed)
        groups = random_system(rng, 12, cycles=False)
        function = function_of(groups, 8)
        bounded += not evaluated(function, [0.9] * 12).exact
    assert bounded > 20


@pytest.mark.parametrize("seed", range(60))
def test_derivatives_are_differences_between_working_and_failing(seed: int) -> None:
    rng = random.Random(seed)
    nodes = rng.randint(2, 9)
    groups = random_system(rng, nodes, cycles=seed % 3 == 0)
    works = [rng.choice((rng.random(), 0.0, 1.0)) for _ in range(nodes)]
    function = function_of(groups)
    values = [works[node] for node in function.variables]
    for position, slope in enumerate(function.derivatives(values)):
        ends = [function.probability([*values[:position], end, *values[position + 1 :]]).low for end in (0.0, 1.0)]
        assert slope == pytest.approx(ends[1] - ends[0], abs=1e-12)


def test_shared_parts_count_once() -> None:
    """Two alternatives on one database are no better than the database."""
    groups = {0: [Group((1, 2))], 1: [Group((3,))], 2: [Group((3,))], 3: []}
    function = function_of(groups)
    assert evaluated(function, [1.0, 0.9, 0.9, 0.999]).low == pytest.approx(0.99 * 0.999, abs=1e-15)


def test_a_bound_still_counts_what_all_need_exactly() -> None:
    groups: Groups = {0: [Group((1,)), Group((2, 3)), Group((3, 4))], 1: [], 2: [], 3: [], 4: []}
    function = function_of(groups, 1)
    found = evaluated(function, [0.99, 0.999, 0.9, 0.9, 0.9])
    needed = 0.99 * 0.999
    assert not found.exact
    assert found.low <= needed * (0.9 + 0.1 * 0.81) <= found.high <= needed


def test_equal_functions_are_one_node() -> None:
    diagram = Diagram(1000)
    a, b, c = (diagram.variable(level) for level in range(3))
    left = diagram.any_of((diagram.all_of((a, b)), diagram.all_of((a, c))))
    assert left == diagram.all_of((a, diagram.any_of((b, c))))
    assert diagram.all_of((a, FALSE)) == FALSE
    assert diagram.any_of((a, TRUE)) == TRUE
    majority = diagram.any_of((diagram.all_of((a, b)), diagram.all_of((b, c)), diagram.all_of((a, c))))
    assert diagram.at_least(2, (a, b, c)) == majority


def test_a_diagram_stops_at_its_budget() -> None:
    diagram = Diagram(10)
    with pytest.raises(OverBudget):
        diagram.at_least(5, [diagram.variable(level) for level in range(10)])


@pytest.mark.parametrize("seed", range(40))
def test_diagrams_agree_with_another_implementation(seed: int) -> None:
    """Sizes and probabilities against `dd`, in one order of variables."""
    autoref = pytest.importorskip("dd.autoref")
    rng = random.Random(seed)
    count = rng.randint(3, 12)
    ours, theirs = Diagram(100_000), autoref.BDD()
    theirs.configure(reordering=False)
    names = [f"x{level}" for level in range(count)]
    theirs.declare(*names)
    pairs = [(ours.variable(level), theirs.var(names[level])) for level in range(count)]
    for _ in range(25):
        (left, other_left), (right, other_right) = rng.sample(pairs, 2)
        if rng.random() < 0.5:
            pairs.append((ours.all_of((left, right)), other_left & other_right))
        else:
            pairs.append((ours.any_of((left, right)), other_left | other_right))
    works = [rng.random() for _ in names]
    for function, other in pairs:
        truth = _probability(other, theirs, dict(zip(names, works, strict=True)))
        assert ours.compiled(function).probability(works) == pytest.approx(truth, abs=1e-12)
    assert len({function for function, _ in pairs}) == len({other for _, other in pairs})


def _probability(function: object, bdd: object, works: dict[str, float]) -> float:
    return math.fsum(
        math.prod(works[name] if up else 1 - works[name] for name, up in state.items())
        for state in bdd.pick_iter(function, care_vars=list(works))  # type: ignore[attr-defined]
    )


@pytest.mark.parametrize("seed", range(20))
def test_reachability_in_a_graph_is_a_structure_too(seed: int) -> None:
    """Two-terminal reliability: a node works if it is up and a successor works; networkx finds the paths."""
    rng = random.Random(seed)
    graph = nx.gnp_random_graph(8, 0.35, seed=seed, directed=True)
    graph = nx.DiGraph([(a, b) for a, b in graph.edges if a < b] + [(n, n + 1) for n in range(7)])
    groups: Groups = {n: [Group(tuple(sorted(graph.successors(n))))] if n < 7 else [] for n in graph}
    works = [rng.random() for _ in range(8)]
    truth = []
    for state in itertools.product((True, False), repeat=8):
        up = graph.subgraph([n for n in graph if state[n]])
        if 0 in up and 7 in up and nx.has_path(up, 0, 7):
            truth.append(math.prod(p if s else 1 - p for p, s in zip(works, state, strict=True)))
    function = function_of(groups)
    assert evaluated(function, works).low == pytest.approx(math.fsum(truth), abs=1e-12)


def layered(rng: random.Random, nodes: int, share: float, window: int = 40) -> Groups:
    """Calls of an entry downwards, each with a fallback for a share of them; a wide window has much shared by many."""
    groups: Groups = {}
    for node in range(nodes):
        others = list(range(node + 1, min(nodes, node + window)))
        owned = []
        for _ in range(min(len(others), rng.randint(1, 3))):
            wanted = 2 if len(others) > 1 and rng.random() < share else 1
            owned.append(Group(tuple(rng.sample(others, wanted))))
        groups[node] = owned
    return groups


@pytest.mark.parametrize("share", [0.0, 0.15, 0.3])
def test_three_hundred_components_are_exact_and_fast(share: float) -> None:
    for seed in range(8):
        groups = layered(random.Random(seed), 300, share)
        start = time.process_time()
        function = function_of(groups)
        found = evaluated(function, [0.9999] * 300)
        assert time.process_time() - start < 1.5  # three times the aim, for busy machines
        assert function.exact
        assert 0.9 < found.low == found.high < 1.0


@pytest.mark.parametrize("seed", [0, 2, 7, 13])
def test_what_is_too_large_to_be_exact_is_bounded_closely(seed: int) -> None:
    """The states in which two parts fail at most are known; the truth is sampled, where no diagram gives it."""
    groups = layered(random.Random(seed), 300, 0.3, window=80)
    start = time.process_time()
    function = function_of(groups)
    found = evaluated(function, [0.9999] * 300)
    assert time.process_time() - start < 1.5
    assert not function.exact
    assert found.high - found.low < 2e-6
    worse = evaluated(function, [0.995] * 300)
    share, deviation = sampled(groups, 0.995, seed)
    assert worse.low - 3.3 * deviation < share < worse.high + 3.3 * deviation


def sampled(groups: Groups, works: float, seed: int, runs: int = 20_000) -> tuple[float, float]:
    """The share of random states in which node 0 works, and its standard deviation. Nodes need only later ones."""
    rng = random.Random(seed)
    fails = [sum(1 << run for run in range(runs) if rng.random() > works) for _ in groups]
    for node in sorted(groups, reverse=True):
        for group in groups[node]:
            lost = -1
            for other in group.alternatives:
                lost &= fails[other]
            fails[node] |= lost
    share = 1 - fails[0].bit_count() / runs
    return share, math.sqrt(share * (1 - share) / runs)


@pytest.mark.parametrize("seed", range(40))
def test_bounds_hold_where_much_fails(seed: int) -> None:
    """Certain failures and certain survivors included."""
    rng = random.Random(seed)
    groups = random_system(rng, 14, cycles=seed % 3 == 0)
    works = [rng.choice((0.0, 1.0, 0.5, 0.999, 0.999)) for _ in range(14)]
    exact = evaluated(function_of(groups), works)
    bound = evaluated(function_of(groups, 10), works)
    assert bound.low - 1e-12 <= exact.low <= bound.high + 1e-12


def test_pairs_that_stop_an_entry_are_its_cut_sets_of_order_two() -> None:
    for seed in range(60):
        rng = random.Random(seed)
        groups = random_system(rng, 9, cycles=seed % 3 == 0)
        structure = Requirements(groups)
        critical = structure.critical_elements(0, range(9))
        others = [node for node in range(9) if node not in critical]
        stopping = [pair for pair in itertools.combinations(others, 2) if 0 in structure.failed_after(pair)]
        assert sorted(structure.critical_pairs(0, others)) == stopping


@pytest.mark.parametrize("seed", range(10))
def test_an_order_holds_each_node_once_and_together_what_is_used_together(seed: int) -> None:
    rng = random.Random(seed)
    groups = layered(rng, 80, 0.3)
    graph = Graph(groups, ((node, other) for node in groups for group in groups[node] for other in group.alternatives))
    sets = [(node, *group.alternatives) for node in groups for group in groups[node]]

    def stretched(order: list[int]) -> int:
        place = {node: position for position, node in enumerate(order)}
        return sum(max(place[node] for node in members) - min(place[node] for node in members) for members in sets)

    order = arranged(graph, sets)
    assert sorted(order) == list(groups)
    assert arranged(graph, sets) == order
    assert stretched(order) <= stretched(from_the_bottom(graph))
    height = {node: position for position, node in enumerate(from_the_bottom(graph))}
    assert all(height[other] < height[node] for node, other in graph.edges())
