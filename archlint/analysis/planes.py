"""The data path: what requests of users need, up to where it asks something that only changes the system.

A system is statically stable if its data path goes on with what it last knew while the control plane is away
(B. Weiss and M. Furr, "Static stability using Availability Zones", Amazon Builders' Library, 2020).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal, TypeAlias

from archlint.analysis.figures import manual_recovery
from archlint.analysis.paths import entries_of_draft
from archlint.analysis.promises import Promises, is_critical
from archlint.records import dataclass
from archlint.system.elements import (
    NONE,
    Cache,
    Call,
    Component,
    Dependency,
    DependsOn,
    Element,
    Flow,
    Publish,
    System,
    stated,
)

Bridge: TypeAlias = Literal["nothing", "copy", "unknown"]

_REQUESTED = frozenset({"call", "depends_on", "publish", "backed_by", "through"})
"""Edges that requests take. What a component runs on does not stop with its control plane."""

_FIELDS = {"publish": "on_failure", "through": "through"}
"""What takes an edge off the path of requests, where that is no fallback."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """That a request of the data path asks a component of the control plane.

    `bridge`: what answers instead: nothing; a copy, for `max_age` seconds; or that is not known, for want of `field`.
    `flow` is one whose requests come there, None where no flow tells. `restricted`: only some operations ask, and
    these ask nothing else.
    """

    edge: Dependency
    bridge: Bridge
    flow: Flow | None
    promised: bool
    restricted: bool = False
    max_age: float | None = None
    field: str = ""

    @property
    def target(self) -> Component:
        return self.edge.targets[0]


class DataPath:
    """Where the data path of a run asks its control plane."""

    def __init__(self, systems: Mapping[str, System], promises: Promises) -> None:
        self.systems = systems
        self.promises = promises

    def into(self, component: Component) -> tuple[Crossing, ...]:
        """By the name of who asks, whatever the order of the manifest."""
        return self._crossings.get(component, ())

    @cached_property
    def _crossings(self) -> dict[Component, tuple[Crossing, ...]]:
        found: dict[Component, list[Crossing]] = {}
        for component, flow in self._reached.items():
            for edge in component.outgoing:
                crossing = self._crossing(edge, flow)
                if crossing is not None:
                    found.setdefault(crossing.target, []).append(crossing)
        return {target: tuple(sorted(crossings, key=_name)) for target, crossings in found.items()}

    @cached_property
    def _reached(self) -> dict[Component, Flow | None]:
        """What requests need outside the control plane, with a flow that needs it: those with an objective first."""
        reached = _closure(self._entries, self._causes)
        return {component: flow for component, flow in reached if not is_control(component)}

    @cached_property
    def _entries(self) -> dict[Component, Flow | None]:
        flows = [flow for system in self.systems.values() for flow in system.flows.values()]
        entries: dict[Component, Flow | None] = {}
        for flow in (*self.promises.flows, *flows):
            if flow.entry is not None:
                entries.setdefault(flow.entry, flow)
        for system in self.systems.values():
            for component in system.components.values():
                if is_critical(component):
                    entries.setdefault(component, None)
            for component in () if system.flows else entries_of_draft(system):
                entries.setdefault(component, None)
        return entries

    @cached_property
    def _causes(self) -> dict[str, Flow]:
        """The flow behind each name of a flow or of an operation, one with an objective first."""
        causes: dict[str, Flow] = {}
        for flow in (*self.promises.flows, *(f for system in self.systems.values() for f in system.flows.values())):
            for name in (flow.name, flow.spec.operation):
                if name is not None:
                    causes.setdefault(name, flow)
        return causes

    def _crossing(self, edge: Dependency, flow: Flow | None) -> Crossing | None:
        if len(edge.targets) != 1 or edge.kind not in _REQUESTED or not _is_caused(edge, self._causes):
            return None
        at_request = edge.phase == "runtime" and is_control(edge.targets[0])
        if not (at_request or _is_control_at_request(edge)) or not _is_waited_for(edge):
            return None
        bridge, max_age, field = _bridge(edge)
        if bridge is None:
            return None
        names = _restrictions(edge.item)
        flow = next((self._causes[name] for name in names if name in self._causes), flow)
        promised = self.promises.concern(edge.source) and (not names or flow in self.promises.flows)
        return Crossing(edge, bridge, flow, promised, _asks_nothing_else(edge), max_age, field)


def _name(crossing: Crossing) -> str:
    return crossing.edge.source.label


def is_control(component: Component) -> bool:
    """Whether the component is stated to change the system only; a topic is of its broker's plane."""
    host = getattr(component, "broker", component)
    return getattr(host.spec, "plane", None) == "control"


def _closure(
    entries: Mapping[Component, Flow | None], causes: Mapping[str, Flow]
) -> Iterator[tuple[Component, Flow | None]]:
    """The entries and all that their requests need, breadth first; a control plane is no way to anything else."""
    reached = dict(entries)
    queue = deque(reached)
    while queue:
        component = queue.popleft()
        yield component, reached[component]
        if is_control(component):
            continue
        for edge in component.outgoing:
            if edge.hard and len(edge.targets) == 1 and _is_caused(edge, causes):
                target = edge.targets[0]
                if target not in reached:
                    reached[target] = reached[component]
                    queue.append(target)


def _is_caused(edge: Dependency, causes: Mapping[str, Flow]) -> bool:
    """Whether requests that somebody names make the call; periodic work has other causes."""
    item = edge.item
    if not isinstance(item, Call | Publish):
        return True
    if isinstance(item, Call) and (item.spec.rate is not None or item.spec.every is not None):
        return False
    names = _restrictions(item)
    return not names or any(name in causes for name in names)


def _restrictions(item: Element) -> tuple[str, ...]:
    """The operations or flows that alone make a call, in their order; empty where all may."""
    if not isinstance(item, Call | Publish):
        return ()
    return (item.operation,) if item.operation else tuple(item.spec.only_in or ())


def _is_control_at_request(edge: Dependency) -> bool:
    """Whether a call of the phase control is made by requests all the same: it says by which, or by how many."""
    item = edge.item
    if not isinstance(item, Call) or edge.kind != "call" or edge.phase != "control":
        return False
    return bool(_restrictions(item)) or item.spec.share < 1 or item.spec.per_request != 1


def _is_waited_for(edge: Dependency) -> bool:
    item = edge.item
    if isinstance(item, Call | DependsOn):
        return bool(item.spec.required) and not getattr(item.spec, "asynchronous", False)
    return edge.hard or edge.kind == "backed_by"


def _bridge(edge: Dependency) -> tuple[Bridge | None, float | None, str]:
    """What answers instead of the target; None for anything that does so as long as it takes."""
    if edge.kind == "backed_by":
        return _bridge_of_cache(edge.source)
    fallback = getattr(edge.item.spec, "fallback", None)
    if fallback is None or fallback == NONE or fallback.use == NONE:
        return "nothing", None, _FIELDS.get(edge.kind, "fallback")
    if fallback.use != "cached":
        return None, None, ""
    if fallback.max_age is None:
        return "unknown", None, "fallback.max_age"
    return "copy", float(fallback.max_age), "fallback.max_age"


def _bridge_of_cache(cache: Component) -> tuple[Bridge | None, float | None, str]:
    on_error, max_stale = stated(cache.spec, "on_error"), stated(cache.spec, "max_stale")
    if not isinstance(cache, Cache) or on_error is None:
        return "unknown", None, "on_error"
    if on_error != "serve-stale":
        return "nothing", None, "on_error"
    return (None, None, "") if max_stale in (None, NONE) else ("copy", float(max_stale), "max_stale")


def _asks_nothing_else(edge: Dependency) -> bool:
    """Whether only some operations take the edge, which have nothing else to themselves: a control operation, maybe."""
    names = set(_restrictions(edge.item))
    alike = (other for other in edge.source.outgoing if not names.isdisjoint(_restrictions(other.item)))
    return bool(names) and all(_leads_to_control(other) for other in alike)


def _leads_to_control(edge: Dependency) -> bool:
    return edge.phase == "control" or all(is_control(target) for target in edge.targets)


def recovery_of(component: Component) -> tuple[float, str] | None:
    """Seconds until a control plane is back, and what says so; None where nothing does.

    Its failover where that is automatic, else what it promises, else one recovery by people.
    """
    time = stated(component.spec, "failover.time")
    if stated(component.spec, "failover.automatic") is True and time is not None:
        return float(time), "its failover"
    promised = stated(component.spec, "rto")
    if promised is not None and not isinstance(promised, float | int | str):
        promised = promised.instance
    if isinstance(promised, float | int):
        return float(promised), "its recovery time objective"
    by_people = manual_recovery(component.system)
    return None if by_people is None else (by_people, "detection, acknowledgement and mitigation")
