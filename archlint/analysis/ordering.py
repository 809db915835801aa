"""In which order the variables of a diagram stand: what is used together close together, or the diagram grows.

F. A. Aloul, I. L. Markov, K. A. Sakallah, "FORCE: a fast and easy-to-implement variable-ordering heuristic", Great
Lakes Symposium on VLSI, 2003: every variable moves to the mean place of the sets that it is in, again and again.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from archlint.analysis.graph import Graph, strongly_connected_components

N = TypeVar("N", bound=Hashable)

ROUNDS = 60
PATIENCE = 8
"""Rounds without a better order after which there is none to be expected."""


def arranged(graph: Graph[N], sets: Sequence[Sequence[N]]) -> list[N]:
    """The nodes in the best order found, from one with dependencies first: where the sets stretch least in all."""
    order = best = from_the_bottom(graph)
    least, waited = _span(order, sets), 0
    inside: dict[N, list[int]] = {node: [] for node in order}
    for number, members in enumerate(sets):
        for node in members:
            inside[node].append(number)
    for _ in range(ROUNDS):
        order = _pulled(order, sets, inside)
        span, waited = _span(order, sets), waited + 1
        if span < least:
            best, least, waited = order, span, 0
        elif waited == PATIENCE:
            break
    return best


def from_the_bottom(graph: Graph[N]) -> list[N]:
    """By the longest way down to something without dependencies; a circle counts as one node."""
    height: dict[N, int] = {}
    for circle in strongly_connected_components(graph):
        below = [height[other] + 1 for node in circle for other in graph.successors(node) if other in height]
        height.update(dict.fromkeys(circle, max(below, default=0)))
    return sorted(graph, key=height.__getitem__)


def _pulled(order: Sequence[N], sets: Sequence[Sequence[N]], inside: Mapping[N, Sequence[int]]) -> list[N]:
    place = {node: position for position, node in enumerate(order)}
    centre = [sum(place[node] for node in members) / len(members) for members in sets]
    wanted = {
        node: sum(centre[number] for number in numbers) / len(numbers) if numbers else place[node]
        for node, numbers in inside.items()
    }
    return sorted(order, key=wanted.__getitem__)


def _span(order: Sequence[N], sets: Sequence[Sequence[N]]) -> int:
    """The sum, over the sets, of the distance between their first and last member."""
    place = {node: position for position, node in enumerate(order)}
    total = 0
    for members in sets:
        places = [place[node] for node in members]
        total += max(places) - min(places)
    return total
