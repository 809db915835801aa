"""The paths of requests: what can do the work of an edge, which flows take it, and how many of their requests."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import TypeAlias

from archlint.records import dataclass
from archlint.system.elements import (
    Cache,
    Call,
    Client,
    Component,
    Dependency,
    Flow,
    Job,
    Outside,
    Publish,
    Service,
    System,
)

Entry: TypeAlias = Flow | Component
"""A flow, or a component by which requests enter a system that promises nothing."""

FEW = 16
"""Edges that are as quickly looked at as found."""

_OF_REQUESTS = (Call, Publish)

_Placed: TypeAlias = tuple[int, Dependency]
"""An edge and its position among those of its source."""


@dataclass(frozen=True, slots=True)
class Reached:
    """That requests of an entry come to a component, and the share of them that need it."""

    entry: Component
    flow: Flow | None
    share: float


def entries_of_draft(system: System) -> Iterator[Component]:
    """Services that nothing of the run but clients and jobs calls."""
    for service in system.services.values():
        if all(isinstance(edge.source, Client | Job) for edge in service.incoming if _is_call(edge)):
            yield service


def _is_call(edge: Dependency) -> bool:
    return edge.kind in ("call", "depends_on") and edge.phase == "runtime" and not _is_periodic(edge)


def alternatives(edge: Dependency) -> tuple[Component, ...]:
    """What can do the work of the edge; empty where the work can be left undone."""
    if edge.phase != "runtime" or _is_periodic(edge):
        return ()
    if edge.hard:
        if len(edge.targets) == 1 and not isinstance(edge.targets[0], Cache):
            return edge.targets
        return tuple(dict.fromkeys(other for target in edge.targets for other in _behind(target)))
    if edge.fallback is not None:
        return tuple(dict.fromkeys((*edge.targets, edge.fallback)))
    return ()


def _behind(target: Component) -> Iterable[Component]:
    """A cache that lets requests pass on an error is not needed itself."""
    if isinstance(target, Cache) and target.backed_by is not None and target.spec.on_error == "pass-through":
        return (target, target.backed_by)
    return (target,)


def _is_periodic(edge: Dependency) -> bool:
    """Work that no request causes, so that no request fails with it."""
    item = edge.item
    if not isinstance(item, Call) or not isinstance(edge.source, Service):
        return False
    return item.spec.rate is not None or item.spec.every is not None


def is_on_path(edge: Dependency, flow: Flow | None, *, entered: bool) -> bool:
    """Whether a request of the flow may take the edge; `entered`: its source is where the flow enters.

    Which operation a request asks for is known at the entry only.
    """
    item = edge.item
    if flow is None or not isinstance(item, Call | Publish):
        return True
    names = {item.operation} if item.operation else set(item.spec.only_in or ())
    if not names or flow.name in names:
        return True
    operations = [name for name in names if name not in item.system.flows]
    if not operations:
        return item.system is not flow.system
    return not entered or flow.spec.operation is None or flow.spec.operation in operations


class Ways:
    """The edges by which requests leave components, found without a look at those of all other flows.

    A gateway may have an edge for each of thousands of flows.
    """

    def __init__(self) -> None:
        self._for_all: dict[Component, bool] = {}
        self._placed: dict[Component, tuple[list[_Placed], dict[str, list[_Placed]]]] = {}

    def out_of(self, component: Component, flow: Flow | None, *, entered: bool) -> Sequence[Dependency]:
        """The edges that a request of the flow may take, in their order."""
        edges = component.outgoing
        if flow is None or self._are_for_all(component):
            return edges
        if flow.system is component.system and len(edges) > FEW:
            edges = self._of_flow(component, flow)
        return [edge for edge in edges if is_on_path(edge, flow, entered=entered)]

    def _are_for_all(self, component: Component) -> bool:
        """Whether every request may take each edge of the component."""
        if component not in self._for_all:
            self._for_all[component] = not any(map(_is_for_some, component.outgoing))
        return self._for_all[component]

    def _of_flow(self, component: Component, flow: Flow) -> list[Dependency]:
        """Those that the flow has for itself, and those that no flow has."""
        if component not in self._placed:
            self._placed[component] = _by_flow(component)
        general, own = self._placed[component]
        return [edge for _, edge in sorted([*general, *own.get(flow.name, ())], key=itemgetter(0))]


def _is_for_some(edge: Dependency) -> bool:
    item = edge.item
    return isinstance(item, _OF_REQUESTS) and bool(item.operation or item.spec.only_in)


def _by_flow(component: Component) -> tuple[list[_Placed], dict[str, list[_Placed]]]:
    """The edges that no flow has for itself, and those of each flow that has some."""
    general: list[_Placed] = []
    own: dict[str, list[_Placed]] = {}
    for placed in enumerate(component.outgoing):
        names = _flows_of(placed[1])
        for name in names:
            own.setdefault(name, []).append(placed)
        if not names:
            general.append(placed)
    return general, own


def _flows_of(edge: Dependency) -> set[str]:
    """The flows whose requests alone take the edge; empty where others may."""
    item = edge.item
    if not isinstance(item, Call | Publish) or item.operation:
        return set()
    names = set(item.spec.only_in or ())
    return names if names <= item.system.flows.keys() else set()


def reach(sources: Iterable[tuple[Component, Flow | None]], ways: Ways) -> dict[Component, Reached]:
    """Everything that the entries use, with the share of the requests that need it by the widest path."""
    best: dict[Component, Reached] = {}
    queue: list[tuple[float, int, Component]] = []
    for component, flow in sources:
        best.setdefault(component, Reached(component, flow, 1.0))
        queue.append((-1.0, len(queue), component))
    count = len(queue)
    while queue:
        negative, _, component = heapq.heappop(queue)
        here = best[component]
        if -negative < here.share:
            continue
        entered = component is here.entry
        for edge in ways.out_of(component, here.flow, entered=entered):
            share = here.share * share_of(edge, here.flow if entered else None)
            for target in alternatives(edge):
                if not isinstance(target, Outside) and (target not in best or share > best[target].share):
                    best[target] = Reached(here.entry, here.flow, share)
                    count += 1
                    heapq.heappush(queue, (-share, count, target))
    return best


def share_of(edge: Dependency, flow: Flow | None) -> float:
    """The share of the requests of the edge's source that take it; `flow`: the one that enters there, if known."""
    item = edge.item
    if not isinstance(item, Call):
        return 1.0
    share = float(item.spec.share)
    if not item.operation and not item.spec.only_in:
        return share
    operations = getattr(item.caller.spec, "operations", None) or {}
    names = [item.operation] if item.operation else [n for n in item.spec.only_in or () if n in operations]
    if not names or (flow is not None and flow.spec.operation in names):
        return share
    shares = [operations[name].share for name in names]
    return share if any(part is None for part in shares) else share * min(1.0, sum(float(part) for part in shares))
