"""What never comes up after a full stop, since it waits for itself.

A node comes up once each of its needs is met by an alternative that is up: the least model of a set of Horn
clauses, found by chaining forward in linear time (W. F. Dowling and J. H. Gallier, "Linear-time algorithms for
testing the satisfiability of propositional Horn formulae", Journal of Logic Programming 1(3), 1984). What is left
waits for a circle, or is part of one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from archlint.analysis.graph import CYCLE_STARTS, Graph, cyclic_components, path_in, reachable
from archlint.records import dataclass

N = TypeVar("N", bound=Hashable)
W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class Need(Generic[N, W]):
    """That `source` waits until one of the alternatives is up; `why` is the caller's own."""

    source: N
    alternatives: tuple[N, ...]
    why: W


@dataclass(frozen=True, slots=True)
class Circle(Generic[N, W]):
    """A round of needs that nothing breaks.

    `needs[i]` leads from `members[i]` to the next, the last one back to the first. `others` are the members of
    the group, which all wait for each other, that the circle leaves out.
    """

    members: tuple[N, ...]
    needs: tuple[Need[N, W], ...]
    others: tuple[N, ...]


def unmet(needs: Iterable[Need[N, W]]) -> list[Need[N, W]]:
    """The needs that are never met, in the order given, when all that is named has stopped at once."""
    needs = list(needs)
    waiting: dict[N, int] = {}
    users: dict[N, list[Need[N, W]]] = {}
    for need in needs:
        waiting[need.source] = waiting.get(need.source, 0) + 1
        for node in dict.fromkeys(need.alternatives):
            users.setdefault(node, []).append(need)
    started = deque(node for node in users if node not in waiting)
    met: set[int] = set()
    while started:
        for need in users.get(started.popleft(), ()):
            if id(need) in met:
                continue
            met.add(id(need))
            waiting[need.source] -= 1
            if not waiting[need.source]:
                started.append(need.source)
    return [need for need in needs if id(need) not in met]


def circles(needs: Iterable[Need[N, W]], closes: Callable[[W], bool], rank: Mapping[N, int]) -> list[Circle[N, W]]:
    """For each group of nodes that wait for each other the shortest circle that holds a need which `closes`.

    A circle begins behind that need, which comes last. Groups without one are left out. Of circles of one length the
    first by `rank` of its beginning: the result does not follow the order of the needs.
    """
    steps: dict[tuple[N, N], Need[N, W]] = {}
    graph: Graph[N] = Graph()
    for need in unmet(needs):
        for target in need.alternatives:
            step = (need.source, target)
            if step not in steps or (closes(need.why) and not closes(steps[step].why)):
                steps[step] = need
    for source, target in sorted(steps, key=lambda step: (rank[step[0]], rank[step[1]])):
        graph.add_edge(source, target)
    found = (_circle(members, graph, steps, closes, rank) for members in cyclic_components(graph))
    return sorted((each for each in found if each is not None), key=lambda each: rank[each.members[0]])


def _circle(
    members: Sequence[N],
    graph: Graph[N],
    steps: Mapping[tuple[N, N], Need[N, W]],
    closes: Callable[[W], bool],
    rank: Mapping[N, int],
) -> Circle[N, W] | None:
    """Exact where up to CYCLE_STARTS nodes begin a circle; beyond, the shortest of the first so many."""
    inside = graph.subgraph(set(members).__contains__)
    best: list[N] = []
    ends: dict[N, list[N]] = {}
    for source, target in inside.edges():
        if closes(steps[source, target].why):
            ends.setdefault(target, []).append(source)
    for start in sorted(ends, key=rank.__getitem__)[:CYCLE_STARTS]:
        tree = reachable(inside, [start])
        paths = [path_in(tree, end) for end in sorted(ends[start], key=rank.__getitem__)]
        shortest = min(paths, key=len)
        if not best or len(shortest) < len(best):
            best = shortest
    if not best:
        return None
    around = zip(best, (*best[1:], best[0]), strict=True)
    kept = set(best)
    others = sorted((node for node in members if node not in kept), key=rank.__getitem__)
    return Circle(tuple(best), tuple(steps[step] for step in around), tuple(others))
