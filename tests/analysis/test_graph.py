from __future__ import annotations

from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.analysis.graph import (
    CYCLE_STARTS,
    Graph,
    cyclic_components,
    immediate_dominators,
    path_in,
    reachable,
    shortest_cycle,
    strongly_connected_components,
    topological_order,
)

NODES = st.integers(0, 11)
GRAPHS = st.builds(Graph, st.lists(NODES), st.lists(st.tuples(NODES, NODES), max_size=40))
LONG = 100_000


def in_networkx(graph: Graph[int]) -> nx.DiGraph:
    other = nx.DiGraph()
    other.add_nodes_from(graph)
    other.add_edges_from(graph.edges())
    return other


def chain(length: int) -> Graph[int]:
    return Graph(edges=((i, i + 1) for i in range(length - 1)))


def is_cycle(graph: Graph[int], nodes: list[int]) -> bool:
    return all(b in graph.successors(a) for a, b in pairwise([*nodes, nodes[0]]))


def test_nodes_and_edges_keep_the_order_they_came_in() -> None:
    graph = Graph(["web"], [("shop", "ledger"), ("shop", "cache"), ("web", "shop"), ("shop", "ledger")])
    assert list(graph) == ["web", "shop", "ledger", "cache"]
    assert list(graph.edges()) == [("web", "shop"), ("shop", "ledger"), ("shop", "cache")]
    assert list(graph.successors("shop")) == ["ledger", "cache"]
    assert list(graph.predecessors("ledger")) == ["shop"]
    assert len(graph) == 4
    assert "ledger" in graph
    assert "ledgr" not in graph


def test_a_subgraph_leaves_the_graph_alone() -> None:
    graph = Graph(edges=[("a", "b"), ("b", "c"), ("a", "c")])
    without_b = graph.subgraph(lambda node: node != "b")
    without_direct = graph.subgraph(keep_edge=lambda source, target: (source, target) != ("a", "c"))
    assert list(without_b.edges()) == [("a", "c")]
    assert list(without_direct.edges()) == [("a", "b"), ("b", "c")]
    assert list(graph.reversed().edges()) == [("b", "a"), ("c", "a"), ("c", "b")]
    assert len(list(graph.edges())) == 3


def test_reachability_gives_a_shortest_path() -> None:
    graph = Graph(edges=[("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")])
    assert path_in(reachable(graph, ["a"]), "d") == ["a", "d"]
    assert path_in(reachable(graph, ["b"]), "d") == ["b", "c", "d"]
    assert "a" not in reachable(graph, ["b"])


def test_reaching_from_an_unknown_node_is_a_fault() -> None:
    with pytest.raises(KeyError):
        reachable(Graph(["a"]), ["b"])


def test_components_come_before_what_points_at_them() -> None:
    graph = Graph(edges=[("web", "shop"), ("shop", "stock"), ("stock", "shop"), ("stock", "db")])
    assert strongly_connected_components(graph) == [["db"], ["shop", "stock"], ["web"]]
    assert cyclic_components(graph) == [["shop", "stock"]]


def test_a_node_that_points_at_itself_is_a_cycle() -> None:
    graph = Graph(["a"], [("b", "b")])
    assert cyclic_components(graph) == [["b"]]
    assert shortest_cycle(graph, ["b"]) == ["b"]
    assert shortest_cycle(graph, ["a"]) is None


def test_the_message_gets_the_shortest_cycle() -> None:
    graph = Graph(edges=[("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "c")])
    (component,) = cyclic_components(graph)
    assert shortest_cycle(graph, component) == ["c", "d"]


def test_a_branch_does_not_dominate_what_another_branch_reaches() -> None:
    graph = Graph(edges=[("edge", "a"), ("edge", "b"), ("a", "db"), ("b", "db"), ("db", "disk"), ("x", "db")])
    tree = immediate_dominators(graph, "edge")
    assert tree == {"edge": None, "a": "edge", "b": "edge", "db": "edge", "disk": "db"}
    assert path_in(tree, "disk") == ["edge", "db", "disk"]


@given(GRAPHS, st.lists(NODES, max_size=3))
def test_reachability_agrees_with_networkx(graph: Graph[int], starts: list[int]) -> None:
    starts = [node for node in starts if node in graph]
    other = in_networkx(graph)
    expected = set(starts).union(*(nx.descendants(other, start) for start in starts))
    tree = reachable(graph, starts)
    assert tree.keys() == expected
    for node in tree:
        distance = min(nx.shortest_path_length(other, s, node) for s in starts if nx.has_path(other, s, node))
        assert len(path_in(tree, node)) == distance + 1


@given(GRAPHS)
def test_components_agree_with_networkx(graph: Graph[int]) -> None:
    components = strongly_connected_components(graph)
    expected = {frozenset(c) for c in nx.strongly_connected_components(in_networkx(graph))}
    assert {frozenset(c) for c in components} == expected
    assert len(components) == len(expected)
    place = {node: i for i, component in enumerate(components) for node in component}
    assert all(place[target] <= place[source] for source, target in graph.edges())


@given(GRAPHS)
def test_topological_order_agrees_with_networkx(graph: Graph[int]) -> None:
    order = topological_order(graph)
    assert (order is not None) == nx.is_directed_acyclic_graph(in_networkx(graph))
    if order is not None:
        assert sorted(order) == sorted(graph)
        assert all(order.index(source) < order.index(target) for source, target in graph.edges())


@given(GRAPHS)
def test_the_cycle_of_a_component_is_as_short_as_its_girth(graph: Graph[int]) -> None:
    for component in cyclic_components(graph):
        cycle = shortest_cycle(graph, component)
        assert cycle is not None
        assert is_cycle(graph, cycle)
        assert len(set(cycle)) == len(cycle)
        inside = in_networkx(graph).subgraph(component)
        assert len(cycle) == min(map(len, nx.simple_cycles(inside)))


@given(GRAPHS, NODES)
def test_dominators_agree_with_networkx(graph: Graph[int], entry: int) -> None:
    graph.add_node(entry)
    expected = nx.immediate_dominators(in_networkx(graph), entry)
    assert immediate_dominators(graph, entry) == {**expected, entry: None}


@given(GRAPHS, NODES, NODES)
def test_removing_a_dominator_cuts_the_node_off(graph: Graph[int], entry: int, lost: int) -> None:
    graph.add_node(entry)
    tree = immediate_dominators(graph, entry)
    kept = graph.subgraph(lambda node: node != lost)
    still = reachable(kept, [entry] if entry != lost else [])
    assert {node for node in tree if lost in path_in(tree, node)} == tree.keys() - still.keys()


def test_long_chains_need_no_recursion() -> None:
    graph = chain(LONG)
    assert len(path_in(reachable(graph, [0]), LONG - 1)) == LONG
    assert topological_order(graph) == list(range(LONG))
    assert strongly_connected_components(graph)[0] == [LONG - 1]
    assert path_in(immediate_dominators(graph, 0), LONG - 1) == list(range(LONG))


def test_long_rings_are_searched_in_linear_time() -> None:
    graph = chain(LONG // 10)
    graph.add_edge(LONG // 10 - 1, 0)
    (component,) = cyclic_components(graph)
    assert len(component) > CYCLE_STARTS
    assert shortest_cycle(graph, component) == component


def test_dominators_of_a_long_ladder_stay_near_linear() -> None:
    rungs = LONG // 4
    down, up = chain(rungs), [(rungs + i + 1, rungs + i) for i in range(rungs - 1)]
    graph = Graph(edges=[*down.edges(), *up, *((i, rungs + i) for i in range(rungs))])
    tree = immediate_dominators(graph, 0)
    assert tree[rungs - 1] == rungs - 2
    assert tree[rungs] == 0
