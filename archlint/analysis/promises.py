"""Which components a promise rests on: the hard paths of flows with an objective, and critical tiers."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from archlint.system.elements import NONE, Call, Component, Element, Flow, System, Topic


class Promises:
    """Answers whether something is promised of an element."""

    def __init__(self, systems: Mapping[str, System]) -> None:
        self.systems = systems

    @cached_property
    def flows(self) -> tuple[Flow, ...]:
        """Flows with an objective, their own or the system's (`system.slo` counts for flows without one)."""
        return tuple(
            flow
            for system in self.systems.values()
            for flow in system.flows.values()
            if self.objective(flow) is not None and flow.entry is not None
        )

    @staticmethod
    def objective(flow: Flow) -> Any:
        """The `slo` that binds a flow; None where nothing is promised."""
        own = flow.spec.slo
        if own is not None:
            return None if own == NONE else own
        general = flow.system.spec.slo
        return None if general == NONE else general

    @cached_property
    def strictest(self) -> Any:
        """The objective that leaves the least to be lost; None where no flow promises an availability."""
        objectives = [self.objective(flow) for flow in self.flows]
        promised = [objective for objective in objectives if objective.availability is not None]
        return max(promised, key=lambda objective: float(objective.availability), default=None)

    @cached_property
    def causes(self) -> frozenset[str]:
        """The names of flows with an objective, and of the operations that they ask for."""
        return frozenset(name for flow in self.flows for name in (flow.name, flow.spec.operation) if name is not None)

    @cached_property
    def promised(self) -> frozenset[Component]:
        """Every component on a hard path of a flow with an objective."""
        entries = [flow.entry for flow in self.flows if flow.entry is not None]
        return frozenset(hard_closure(entries))

    @cached_property
    def _services_with_objective(self) -> frozenset[Component]:
        """Components that promise something themselves, and what they cannot do without."""
        entries = [
            component
            for system in self.systems.values()
            for component in system.components.values()
            if getattr(component.spec, "slo", None) not in (None, NONE)
        ]
        return frozenset(hard_closure(entries))

    def concern(self, element: Element) -> bool:
        """Whether the element lies on a promised path, or on a component whose tier is critical."""
        component = element.component
        if component is None:
            return bool(self.flows)
        if is_critical(component):
            return True
        if isinstance(element, Call) and not element.spec.required:
            return False
        return component in self.promised or component in self._services_with_objective


def is_critical(component: Component) -> bool:
    """Whether the component's stated tier is critical; a topic has the tier of its broker."""
    if isinstance(component, Topic):
        component = component.broker
    return getattr(component.spec, "tier", None) == "critical"


def hard_closure(entries: list[Component]) -> dict[Component, None]:
    """The entries and all that they cannot do without at run time, in breadth-first order."""
    reached: dict[Component, None] = dict.fromkeys(entries)
    queue = deque(entries)
    while queue:
        for edge in queue.popleft().outgoing:
            if edge.hard and len(edge.targets) == 1 and edge.targets[0] not in reached:
                reached[edge.targets[0]] = None
                queue.append(edge.targets[0])
    return reached
