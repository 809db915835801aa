"""How available single things are: what was measured before what a contract says before what is usual for the kind.

Each figure is a range: its favourable end, the usual value, its unfavourable end. What is measured or stated has one
value; a contract is no measurement, so its favourable end is 1; a default has the range of its sources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from archlint.analysis.changes import Change, detection_time
from archlint.analysis.domains import Domain, Topologies
from archlint.analysis.downtime import YEAR, restart_time
from archlint.analysis.service_levels import service_level
from archlint.records import dataclass, replace
from archlint.system.elements import NONE, Component, System, Topic, stated

if TYPE_CHECKING:
    from archlint.knowledge.catalogue import Catalogue
    from archlint.knowledge.facts import FailureRate

Basis: TypeAlias = Literal["measured", "contract", "stated", "default", "unknown"]

View: TypeAlias = Literal["low", "doubtful", "usual", "high"]
"""Which value of each figure counts. In "usual" what nobody knows counts as perfect, in "doubtful" as bad."""

USUAL_COMMON_CAUSE = 0.1
"""The largest share of common causes in IEC 61508-6:2010, annex D: the unfavourable end where none is stated."""


@dataclass(frozen=True, slots=True)
class Figure:
    """An availability between 0 and 1. `lacks`: fields that would tell what is only bounded here; `source`: who says
    so, where it is not the manifest."""

    low: float
    usual: float
    high: float
    basis: Basis
    lacks: tuple[str, ...] = ()
    source: str = ""

    def at(self, view: View) -> float:
        if view == "doubtful":
            return self.usual
        if view == "usual" and self.lacks:
            return self.high
        return self.low if view == "low" else self.high if view == "high" else self.usual

    def without(self, other: Figure) -> Figure:
        """What is left of a figure that holds another, when that one is counted for itself."""
        ends = [min(1.0, mine / its) for mine, its in ((self.low, other.low), (self.usual, other.usual))]
        return replace(self, low=ends[0], usual=ends[1], high=min(1.0, self.high / other.high))

    def to_the(self, count: int) -> Figure:
        """That `count` of its kind all work."""
        return Figure(self.low**count, self.usual**count, self.high**count, self.basis, self.lacks)


PERFECT = Figure(1.0, 1.0, 1.0, "stated")


class Figures:
    """The availabilities of the things of a run."""

    def __init__(self, knowledge: Catalogue, topologies: Topologies) -> None:
        self._kinds = {rate.element: rate for rate in knowledge.failure_rates()}
        self._knowledge = knowledge
        self._topologies = topologies
        self._told: dict[Component, Figure | None] = {}
        self._promised: dict[Component, Figure | None] = {}
        self._domains: dict[Domain, Figure | None] = {}
        self._defaults: dict[tuple[str, float | None], Figure] = {}

    def told(self, component: Component) -> Figure | None:
        """What the manifest says of the component as a whole, all that it needs included; None where nothing."""
        if component not in self._told:
            self._told[component] = self._of_whole(component)
        return self._told[component]

    @staticmethod
    def _of_whole(component: Component) -> Figure | None:
        if getattr(component.spec, "measured", None) is None and getattr(component.spec, "sla", None) is None:
            return None
        measured = stated(component.spec, "measured.availability")
        if isinstance(measured, float | int):
            return Figure(float(measured), float(measured), float(measured), "measured")
        contract = stated(component.spec, "sla.availability")
        if isinstance(contract, float | int):
            return Figure(float(contract), float(contract), 1.0, "contract")
        return None

    def promised(self, component: Component) -> Figure | None:
        """What the provider of its technology promises of it, what it needs left out; None where it is told."""
        if component not in self._promised:
            level = None if self.told(component) is not None else service_level(component, self._knowledge)
            self._promised[component] = (
                None
                if level is None
                else Figure(level.availability, level.availability, 1.0, "contract", source=level.text)
            )
        return self._promised[component]

    def in_promise(self, topic: Topic) -> bool:
        """Whether what is promised of the broker holds the topic too."""
        return self.promised(topic.broker) is not None

    def whole(self, component: Component) -> Figure | None:
        """What is told of the component, or else promised of its technology."""
        told = self.told(component)
        return self.promised(component) if told is None else told

    def instance(self, component: Component) -> Figure:
        """One instance, its restart or replacement included."""
        return self._default(self._kinds["instance"], restart_time(component))

    def domain(self, domain: Domain) -> Figure | None:
        """None where nothing is known of a kind, which anybody may name."""
        if domain not in self._domains:
            self._domains[domain] = self._of_domain(domain)
        return self._domains[domain]

    def _of_domain(self, domain: Domain) -> Figure | None:
        told = self._topologies.availability(domain)
        if told is not None:
            return Figure(float(told), float(told), float(told), "stated")
        usual = next((rate for kind, rate in self._kinds.items() if kind == domain.kind.replace("_", "-")), None)
        return None if usual is None or usual.recovery is None else self._default(usual, None)

    def takeover(self, store: Component) -> Figure:
        """Time without a leader: its failures x the time until another takes the writes."""
        told = stated(store.spec, "failover.time")
        if told is None or told == NONE:
            told = None if stated(store.spec, "failover.automatic") else manual_recovery(store.system)
        usual = self._kinds["leader"].recovery
        assert usual is not None
        rate = self._kinds["instance"].failures_per_year
        times = (usual.high, usual.typical, usual.low) if told is None else (float(told),) * 3
        low, typical, high = (
            1.0 - failures * time / YEAR
            for failures, time in zip((rate.high, rate.typical, rate.low), times, strict=True)
        )
        return Figure(low, typical, high, "default")

    def _default(self, rate: FailureRate, recovery: float | None) -> Figure:
        key = rate.element, recovery
        if key not in self._defaults:
            self._defaults[key] = self._made(rate, recovery)
        return self._defaults[key]

    @staticmethod
    def _made(rate: FailureRate, recovery: float | None) -> Figure:
        usual, failures = rate.recovery, rate.failures_per_year
        assert usual is not None
        times = (usual.high, usual.typical, usual.low) if recovery is None else (recovery,) * 3
        low, typical, high = (
            max(0.0, 1.0 - number * time / YEAR)
            for number, time in zip((failures.high, failures.typical, failures.low), times, strict=True)
        )
        return Figure(low, typical, high, "default")


def of_change(change: Change) -> Figure:
    """Where nobody says that each step of a change is watched, it may reach all before it is noticed."""
    least, most = change.downtime, change.worst_downtime
    lacks = (f"changes.{change.name}.bake",) if least < most else ()
    worst = max(0.0, 1.0 - most / YEAR)
    return Figure(worst, worst, max(0.0, 1.0 - least / YEAR), "stated", lacks)


def manual_recovery(system: System) -> float | None:
    """Seconds of one recovery by people: detection, acknowledgement and mitigation; None unless all are stated."""
    operations = system.manifest.operations
    parts = [detection_time(system)]
    for field in ("response.acknowledge", "response.mitigate"):
        value = stated(operations, field)
        parts.append(None if value is None or value == NONE else float(value))
    return None if None in parts else sum(part for part in parts if part is not None)
