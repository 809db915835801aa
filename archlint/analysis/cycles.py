"""Circles of dependencies at run time: who calls whom until it comes back, and whether a request ever ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod

from archlint.analysis.graph import Graph, cyclic_components, shortest_cycle
from archlint.records import dataclass
from archlint.system.elements import Call, Component, Dependency, Element, Service, System

CARRIERS = frozenset({"call", "publish", "consume", "depends_on"})
"""Edges that make a circle. What something runs on, or is recovered by, is another matter (LAW127)."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """The shortest circle among components that reach each other.

    `edges[i]` leads from `members[i]` to the next, the last one back to the first. The last is the one that the
    fewest requests take, of equals the one to the first by name: where a circle is reported must not follow from
    the order of a manifest. `endless`: each request that goes round causes at least one more. `others` are the
    members of the group that the circle leaves out.
    """

    members: tuple[Component, ...]
    edges: tuple[Dependency, ...]
    others: tuple[Component, ...]
    endless: bool

    @property
    def closing(self) -> Element:
        """What closes the circle: the call back to the first member."""
        return self.edges[-1].item

    @property
    def synchronous(self) -> bool:
        """Whether every step waits for the next."""
        return all(_waits(edge) for edge in self.edges)


def dependency_cycles(systems: Mapping[str, System]) -> list[Cycle]:
    """One for each group of components that reach each other, by name, whatever the order of the manifests.

    Groups that wait for each other come first: what else belongs to a larger group then makes no second one.
    """
    components = [
        system.components[name] for _, system in sorted(systems.items()) for name in sorted(system.components)
    ]
    rank = {component: position for position, component in enumerate(components)}
    cycles = []
    settled: set[Component] = set()
    for keep in (_waits, _is_carrier):
        for members in cyclic_components(_graph(_kept(components, keep))):
            if settled.isdisjoint(members):
                settled.update(members)
                cycles.append(_cycle(members, _kept(members, keep), rank))
    return sorted(cycles, key=lambda cycle: rank.get(cycle.members[0], len(rank)))


def _kept(components: Iterable[Component], keep: Callable[[Dependency], bool]) -> list[Dependency]:
    return [edge for component in components for edge in component.outgoing if keep(edge)]


def _is_carrier(edge: Dependency) -> bool:
    return edge.kind in CARRIERS and edge.phase == "runtime"


def _waits(edge: Dependency) -> bool:
    """Whether a request at the source waits for the target: a hard call, made because of the request."""
    item = edge.item
    if edge.kind != "call" or not edge.hard or len(edge.targets) != 1 or not isinstance(item, Call):
        return False
    return item.spec.rate is None and item.spec.every is None


def _graph(edges: Iterable[Dependency]) -> Graph[Component]:
    graph: Graph[Component] = Graph()
    for edge in edges:
        for start, end in _ends(edge):
            graph.add_edge(start, end)
    return graph


def _ends(edge: Dependency) -> Iterable[tuple[Component, Component]]:
    """Along the work: a message goes from its topic to the consumer."""
    for target in edge.targets:
        yield (target, edge.source) if edge.kind == "consume" else (edge.source, target)


def _cycle(members: Sequence[Component], edges: Sequence[Dependency], rank: Mapping[Component, int]) -> Cycle:
    found = shortest_cycle(_graph(edges), members) or list(members)
    between = _between(edges)
    steps = [_widest(between[step]) for step in zip(found, (*found[1:], found[0]), strict=True)]
    starts = (*range(1, len(found)), 0)  # of the round that ends with the step
    last = min(range(len(found)), key=lambda i: (*_width(steps[i]), rank.get(found[starts[i]], len(rank))))
    start = starts[last]
    path, steps = (*found[start:], *found[:start]), [*steps[start:], *steps[:start]]
    inside = set(path)
    others = tuple(member for member in members if member not in inside)
    return Cycle(path, tuple(steps), others, endless=_is_endless(steps))


def _between(edges: Iterable[Dependency]) -> dict[tuple[Component, Component], list[Dependency]]:
    """The edges that lead from one component to another, in their order."""
    between: dict[tuple[Component, Component], list[Dependency]] = {}
    for edge in edges:
        for step in _ends(edge):
            between.setdefault(step, []).append(edge)
    return between


def _widest(edges: Sequence[Dependency]) -> Dependency:
    """Of the edges between two members the one that most requests take."""
    return max(edges, key=lambda edge: (_waits(edge), *_width(edge)))


def _width(edge: Dependency) -> tuple[bool, float]:
    """How many requests take an edge: whether all may, and how often."""
    return not _operations(edge), _repeats(edge)


def _repeats(edge: Dependency) -> float:
    """Calls that one request of the source makes along the edge."""
    spec = edge.item.spec
    return float(spec.share) * float(spec.per_request) if isinstance(edge.item, Call) else 1.0


def _operations(edge: Dependency) -> tuple[str, ...]:
    """The operations or flows that alone make the call; empty where every request does."""
    item = edge.item
    if not isinstance(item, Call):
        return ()
    return (item.operation,) if item.operation else tuple(item.spec.only_in or ())


def _is_endless(steps: Sequence[Dependency]) -> bool:
    """Whether every step is made by every request of its source, and a round causes one more or several."""
    if not all(_waits(edge) for edge in steps):
        return False
    unrestricted = all(not _operations(edge) or _is_only_operation(edge) for edge in steps)
    return unrestricted and prod(_repeats(edge) for edge in steps) >= 1


def _is_only_operation(edge: Dependency) -> bool:
    source = edge.source
    known = getattr(source.spec, "operations", None) or {} if isinstance(source, Service) else {}
    return bool(known) and set(known) <= set(_operations(edge))
