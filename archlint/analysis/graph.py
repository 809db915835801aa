"""A small directed graph. All of it is iterative and follows insertion order: results are reproducible."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, KeysView, Sequence
from typing import Generic, TypeVar

N = TypeVar("N", bound=Hashable)

CYCLE_STARTS = 64
"""From how many nodes of a component a shortest cycle is sought: exact up to this size, linear beyond it."""


class Graph(Generic[N]):
    """Nodes and edges, each once; a second edge between two nodes is the same edge."""

    __slots__ = ("_predecessors", "_successors")

    def __init__(self, nodes: Iterable[N] = (), edges: Iterable[tuple[N, N]] = ()) -> None:
        self._successors: dict[N, dict[N, None]] = {}
        self._predecessors: dict[N, dict[N, None]] = {}
        for node in nodes:
            self.add_node(node)
        for source, target in edges:
            self.add_edge(source, target)

    def add_node(self, node: N) -> None:
        self._successors.setdefault(node, {})
        self._predecessors.setdefault(node, {})

    def add_edge(self, source: N, target: N) -> None:
        if source not in self._successors:
            self.add_node(source)
        if target not in self._successors:
            self.add_node(target)
        self._successors[source][target] = None
        self._predecessors[target][source] = None

    def __contains__(self, node: object) -> bool:
        return node in self._successors

    def __iter__(self) -> Iterator[N]:
        return iter(self._successors)

    def __len__(self) -> int:
        return len(self._successors)

    @property
    def nodes(self) -> KeysView[N]:
        return self._successors.keys()

    def edges(self) -> Iterator[tuple[N, N]]:
        return ((source, target) for source, targets in self._successors.items() for target in targets)

    def successors(self, node: N) -> KeysView[N]:
        return self._successors[node].keys()

    def predecessors(self, node: N) -> KeysView[N]:
        return self._predecessors[node].keys()

    def reversed(self) -> Graph[N]:
        return Graph(self, ((target, source) for source, target in self.edges()))

    def subgraph(
        self,
        keep_node: Callable[[N], bool] | None = None,
        keep_edge: Callable[[N, N], bool] | None = None,
    ) -> Graph[N]:
        """A copy with the nodes and edges that the predicates keep; an edge needs both its ends."""
        kept = Graph(node for node in self if keep_node is None or keep_node(node))
        for source, target in self.edges():
            if source in kept and target in kept and (keep_edge is None or keep_edge(source, target)):
                kept.add_edge(source, target)
        return kept


def reachable(graph: Graph[N], starts: Iterable[N]) -> dict[N, N | None]:
    """Every node that can be reached, the starts included, nearest first, with the node it was reached from.

    The values make a breadth-first tree (None at a start): `path_in` reads a shortest path from it.
    """
    reached: dict[N, N | None] = dict.fromkeys(starts)
    queue = deque(reached)
    while queue:
        node = queue.popleft()
        for target in graph.successors(node):
            if target not in reached:
                reached[target] = node
                queue.append(target)
    return reached


def path_in(tree: dict[N, N | None], end: N) -> list[N]:
    """The nodes from a start of a `reachable` tree to `end`, both included."""
    path = [end]
    while (previous := tree[path[-1]]) is not None:
        path.append(previous)
    return path[::-1]


def strongly_connected_components(graph: Graph[N]) -> list[list[N]]:
    """Components in reverse topological order: what a component points at comes before it.

    Kosaraju and Sharir (1981): two depth-first passes, linear. Nodes of a component keep the graph's order. Without a
    cycle one pass is enough.
    """
    order = topological_order(graph)
    if order is not None:
        return [[node] for node in reversed(order)]
    rank = {node: position for position, node in enumerate(graph)}
    assigned: set[N] = set()
    components = []
    for root in reversed(postorder(graph, graph.predecessors)):
        if root not in assigned:
            component = _collect(root, graph.successors, assigned)
            components.append(component if len(component) == 1 else sorted(component, key=rank.__getitem__))
    return components


def postorder(roots: Iterable[N], neighbours: Callable[[N], Iterable[N]]) -> list[N]:
    """Depth first: a node comes after all that it leads to, but for what closes a cycle."""
    finished: list[N] = []
    seen: set[N] = set()
    for root in roots:
        if root in seen:
            continue
        seen.add(root)
        path, ahead = [root], [iter(neighbours(root))]
        while path:
            for other in ahead[-1]:
                if other not in seen:
                    seen.add(other)
                    path.append(other)
                    ahead.append(iter(neighbours(other)))
                    break
            else:
                finished.append(path.pop())
                ahead.pop()
    return finished


def _collect(root: N, neighbours: Callable[[N], Iterable[N]], assigned: set[N]) -> list[N]:
    """`root` and what can be reached from it without passing an assigned node; all of it becomes assigned."""
    assigned.add(root)
    found = [root]
    for node in found:
        for other in neighbours(node):
            if other not in assigned:
                assigned.add(other)
                found.append(other)
    return found


def cyclic_components(graph: Graph[N]) -> list[list[N]]:
    """The strongly connected components that hold a cycle: several nodes, or one that points at itself."""
    components = strongly_connected_components(graph)
    return [nodes for nodes in components if len(nodes) > 1 or nodes[0] in graph.successors(nodes[0])]


def topological_order(graph: Graph[N]) -> list[N] | None:
    """Sources first (Kahn 1962), or None if there is a cycle."""
    waiting = {node: len(graph.predecessors(node)) for node in graph}
    order = [node for node, count in waiting.items() if count == 0]
    for node in order:
        for target in graph.successors(node):
            waiting[target] -= 1
            if waiting[target] == 0:
                order.append(target)
    return order if len(order) == len(graph) else None


def shortest_cycle(graph: Graph[N], component: Sequence[N]) -> list[N] | None:
    """The nodes of a short cycle within a component, each once, for a message. None if it holds no cycle.

    The shortest one for components of up to CYCLE_STARTS nodes; beyond, the shortest through any of the first
    CYCLE_STARTS, which keeps the search linear.
    """
    inside = graph.subgraph(set(component).__contains__)
    best: list[N] | None = None
    for start in component[:CYCLE_STARTS]:
        cycle = _cycle_through(inside, start)
        if cycle is not None and (best is None or len(cycle) < len(best)):
            best = cycle
    return best


def _cycle_through(graph: Graph[N], start: N) -> list[N] | None:
    tree = reachable(graph, [start])
    last = next((node for node in tree if start in graph.successors(node)), None)
    return None if last is None else path_in(tree, last)


def immediate_dominators(graph: Graph[N], entry: N) -> dict[N, N | None]:
    """For each node that `entry` reaches, the nearest other node on every path to it; None for the entry.

    Lengauer and Tarjan (1979), the simple variant: O(edges x log nodes). Works on depth-first numbers.
    `path_in` reads all dominators of a node from the result.
    """
    order, parent = _depth_first_tree(graph, entry)
    number = {node: position for position, node in enumerate(order)}
    forest = _Forest(len(order))
    dominator = [0] * len(order)
    waiting: list[list[int]] = [[] for _ in order]
    for node in range(len(order) - 1, 0, -1):
        before = (number[p] for p in graph.predecessors(order[node]) if p in number)
        forest.semi[node] = min(forest.semi[forest.best(p)] for p in before)
        waiting[forest.semi[node]].append(node)
        forest.ancestor[node] = parent[node]
        for other in waiting[parent[node]]:
            best = forest.best(other)
            dominator[other] = best if forest.semi[best] < forest.semi[other] else parent[node]
        waiting[parent[node]].clear()
    for node in range(1, len(order)):
        if dominator[node] != forest.semi[node]:
            dominator[node] = dominator[dominator[node]]
    return {node: order[dominator[i]] if i else None for i, node in enumerate(order)}


def _depth_first_tree(graph: Graph[N], entry: N) -> tuple[list[N], list[int]]:
    """Nodes in depth-first preorder, and the position of each one's parent (the entry is its own)."""
    order, parent, seen = [entry], [0], {entry}
    walk = [(0, iter(graph.successors(entry)))]
    while walk:
        position, rest = walk[-1]
        unseen = next((target for target in rest if target not in seen), None)
        if unseen is None:
            walk.pop()
            continue
        seen.add(unseen)
        walk.append((len(order), iter(graph.successors(unseen))))
        order.append(unseen)
        parent.append(position)
    return order, parent


class _Forest:
    """The linked part of the depth-first tree, with path compression."""

    def __init__(self, size: int) -> None:
        self.ancestor = [-1] * size
        self.semi = list(range(size))
        self._label = list(range(size))

    def best(self, node: int) -> int:
        """The node with the least semidominator on the linked path above `node`, `node` included."""
        if self.ancestor[node] >= 0:
            self._compress(node)
        return self._label[node]

    def _compress(self, node: int) -> None:
        path = [node]
        while self.ancestor[self.ancestor[path[-1]]] >= 0:
            path.append(self.ancestor[path[-1]])
        for lower in reversed(path[:-1]):
            upper = self.ancestor[lower]
            if self.semi[self._label[upper]] < self.semi[self._label[lower]]:
                self._label[lower] = self._label[upper]
            self.ancestor[lower] = self.ancestor[upper]
