"""How many calls follow one another before a request is answered."""

from __future__ import annotations

from archlint.analysis.graph import Graph, strongly_connected_components
from archlint.analysis.paths import Ways
from archlint.system.elements import Call, Component, Flow


def longest_chain(flow: Flow, ways: Ways) -> tuple[Component, ...]:
    """The components on the longest chain of required calls that the flow's requests make, its entry first.

    Components that call each other in a circle count as one.
    """
    graph = _required_calls(flow, ways)
    length: dict[Component, int] = {}
    next_on: dict[Component, Component | None] = {}
    for circle in strongly_connected_components(graph):
        members = dict.fromkeys(circle)
        below = [other for node in circle for other in graph.successors(node) if other not in members]
        longest = max(below, key=length.__getitem__, default=None)
        for node in circle:
            length[node] = 1 if longest is None else 1 + length[longest]
            next_on[node] = longest
    chain: list[Component] = []
    step = flow.entry
    while step is not None:
        chain.append(step)
        step = next_on[step]
    return tuple(chain)


def _required_calls(flow: Flow, ways: Ways) -> Graph[Component]:
    graph: Graph[Component] = Graph()
    stack = [] if flow.entry is None else [flow.entry]
    while stack:
        component = stack.pop()
        graph.add_node(component)
        for edge in ways.out_of(component, flow, entered=component is flow.entry):
            if edge.hard and edge.kind == "call" and isinstance(edge.item, Call) and len(edge.targets) == 1:
                target = edge.targets[0]
                if target not in graph:
                    stack.append(target)
                graph.add_edge(component, target)
    return graph
