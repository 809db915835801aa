"""Who spends the error budgets of flows: dependencies that are told as a whole, changes, and single failures.

Each has a check of its own; the sum over all of them is left to what no single one explains.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Literal

from archlint.analysis.availability import Availability, FlowAvailability
from archlint.analysis.changes import Change
from archlint.analysis.cuts import SingleFailures
from archlint.analysis.domains import WIDE, Domain
from archlint.analysis.downtime import YEAR, Budget
from archlint.analysis.figures import Basis
from archlint.analysis.losses import Instance
from archlint.analysis.parts import Own, Part
from archlint.analysis.thresholds import exceeds
from archlint.records import dataclass
from archlint.system.elements import Component, Flow, Service, System, stated


@dataclass(frozen=True, slots=True)
class Held:
    """What a flow can provide at most because of a dependency, and on what that rests.

    A "promise" is what the dependency's owner promises within the system (its `slo`). `source`: who promises it, where
    the manifest does not say.
    """

    flow: Flow
    dependency: Component
    ceiling: float
    basis: Basis | Literal["promise"]
    budget: Budget
    source: str = ""

    @property
    def exposure(self) -> float:
        """The part of the flow's budget that the dependency spends."""
        return spent(1.0 - self.ceiling, self.budget)


def spent(unavailability: float, budget: Budget) -> float:
    """The part of a budget that an unavailability spends: 1 is all of it."""
    allowed = budget.in_year / YEAR
    if allowed <= 0:
        return float("inf") if unavailability > 0 else 0.0
    return unavailability / allowed


def over(availability: float, budget: Budget) -> bool:
    """Whether an availability is below the objective, rounding aside."""
    return exceeds(1.0 - availability, budget.in_year / YEAR)


class BudgetOwners:
    """What alone spends most of an error budget, of every flow that promises an availability."""

    def __init__(self, availability: Availability, single_failures: SingleFailures) -> None:
        self._availability = availability
        self._single_failures = single_failures

    @cached_property
    def flows(self) -> tuple[FlowAvailability, ...]:
        """The flows that promise an availability."""
        found = (self._availability.of(flow) for flow in self._availability.promises.flows)
        return tuple(flow for flow in found if flow.budget is not None)

    def of_dependency(self, component: Component) -> tuple[Held, ...]:
        """The flows that a dependency bounds, the one that it costs most first."""
        return tuple(sorted(self._held.get(component, ()), key=lambda held: -held.exposure))

    @cached_property
    def _held(self) -> dict[Component, list[Held]]:
        found: dict[Component, list[Held]] = {}
        for flow in self._with_wholes:
            for held in self._dependencies_of(flow):
                found.setdefault(held.dependency, []).append(held)
        return found

    @cached_property
    def _with_wholes(self) -> tuple[FlowAvailability, ...]:
        """The flows below which something may be told or promised as a whole: only they have to be solved."""
        components = self._availability.losses.components
        above = dict.fromkeys(one for one in components if self._availability.parts.is_whole(one))
        for component in (waiting := list(above)):
            for edge in component.incoming:
                if edge.source not in above:
                    above[edge.source] = None
                    waiting.append(edge.source)
        return tuple(flow for flow in self.flows if flow.flow.entry in above)

    def _dependencies_of(self, flow: FlowAvailability) -> Iterator[Held]:
        assert flow.budget is not None
        for part, required in flow.wholes:
            told = self._availability.figures.whole(part.of)
            promise = stated(part.of.spec, "slo.availability") if isinstance(part.of, Service) else None
            if told is not None:
                ceiling = told.usual if required else flow.ceiling(part)
                yield Held(flow.flow, part.of, ceiling, told.basis, flow.budget, told.source)
            elif required and isinstance(promise, float):
                yield Held(flow.flow, part.of, promise, "promise", flow.budget)

    def unknown(self, component: Component) -> bool:
        """Whether a flow cannot do without a component of which nothing is known."""
        return component in self._unknown

    @cached_property
    def _unknown(self) -> frozenset[Component]:
        found = set()
        for flow in self._with_wholes:
            for part, required in flow.wholes:
                figure = self._availability.parts.figure_of_whole(part)
                if required and figure is not None and figure.basis == "unknown":
                    found.add(part.of)
        return frozenset(found)

    def changes(self, system: System) -> list[tuple[FlowAvailability, tuple[Change, ...], float]]:
        """The flows of a system, what changes reach them, and the part of the budget that these spend, most first."""
        found = [
            (flow, flow.felt_changes, spent(sum(one.downtime for one in flow.felt_changes) / YEAR, flow.budget))
            for flow in self.flows
            if flow.flow.system is system and flow.budget is not None
        ]
        return sorted(found, key=lambda row: -row[2])

    def explains(self, flow: Flow) -> bool:
        """Whether the flow would keep its promise but for what checks of their own report."""
        found = self._availability.of(flow)
        if found.budget is None:
            return False
        dependencies = [Own(held.dependency) for held in self._dependencies_of(found) if held.exposure > 1]
        changes = list(found.changes)
        if not exceeds(sum(one.downtime for one in found.changes), found.budget.in_year):
            changes = []
        return self._keeps(found, frozenset((*dependencies, *changes, *self._single_points(found))))

    def single_failures_explain(self, flow: Flow) -> bool:
        """Whether it would keep its promise but for single failures that alone are over its budget."""
        found = self._availability.of(flow)
        return self._keeps(found, frozenset(self._single_points(found)))

    def _keeps(self, flow: FlowAvailability, perfect: frozenset[Part]) -> bool:
        if flow.budget is None or not perfect:
            return False
        return not over(flow.at("usual", perfect).high, flow.budget)

    def _single_points(self, flow: FlowAvailability) -> Iterator[Part]:
        """With an instance that stands alone, the zone and the like that it stands in: a second one is the remedy."""
        for point in self._points.get(flow.flow, ()):
            if isinstance(point, Domain):
                yield point
                continue
            yield Own(point.of)
            yield point
            shares = self._availability.losses.shares(point.of)
            yield from (domain for domain, share in shares.items() if share.whole and domain.kind not in WIDE)

    @cached_property
    def _points(self) -> dict[Flow, list[Instance | Domain]]:
        """By flow, the single losses over its budget, which LAW120, LAW121 and their like report as errors."""
        found: dict[Flow, list[Instance | Domain]] = {}
        for point in self._single_failures.points:
            for hit in point.hits:
                if hit.flow is not None and not point.draft and point.spent_of(hit) >= 1:
                    found.setdefault(hit.flow, []).append(point.element)
        return found
