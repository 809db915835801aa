"""What a failure costs: failures a year x recovery, against the error budget of a flow.

Stated figures come first; the defaults by kind of element are the sourced table of the knowledge base.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archlint.analysis.domains import Domain, Topologies
from archlint.analysis.survival import Redundancy, redundancy
from archlint.analysis.values import Known
from archlint.records import dataclass
from archlint.system.elements import NONE, Component, stated

if TYPE_CHECKING:
    from archlint.knowledge.catalogue import Catalogue

YEAR = 365.25 * 86400
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How often an element fails in a year, and the seconds that one failure lasts.

    `basis` says in words what the figures rest on; `shown`: the manifest itself bounds the recovery. `summed`:
    an availability is all that is known, and how it divides into failures rests on the usual recovery.
    """

    per_year: float
    recovery: float
    basis: str
    shown: bool = False
    summed: bool = False

    @property
    def downtime(self) -> float:
        """Expected seconds a year."""
        return self.per_year * self.recovery


@dataclass(frozen=True, slots=True)
class Budget:
    """What an objective allows to be lost, in seconds; `in_window` is None where its window is not stated."""

    availability: float
    in_year: float
    in_window: float | None

    @classmethod
    def of(cls, objective: Any) -> Budget | None:
        availability = None if objective is None else objective.availability
        if availability is None:
            return None
        lost, window = 1.0 - float(availability), objective.window
        return cls(float(availability), lost * YEAR, None if window is None else lost * float(window))

    def spent(self, failure: Failure, share: float = 1.0) -> float:
        """The part of the budget that an element spends: 1 is all of it.

        The larger of what a year spends of a year's budget, and one failure of a window's. `share` is that of
        the requests which need the element.
        """
        return max(self.spent_in_year(failure, share), self.spent_at_once(failure, share))

    def spent_in_year(self, failure: Failure, share: float = 1.0) -> float:
        return _over(failure.downtime * share, self.in_year)

    def spent_at_once(self, failure: Failure, share: float = 1.0) -> float:
        """By one failure, of a window's budget; 0 unless a failure is to be expected within a year."""
        if self.in_window is None or failure.per_year < 1 or failure.summed:
            return 0.0
        return _over(failure.recovery * share, self.in_window)


def _over(spent: float, allowed: float) -> float:
    if allowed > 0:
        return spent / allowed
    return float("inf") if spent > 0 else 0.0


class Failures:
    """Failure rates of the elements of a run."""

    def __init__(self, knowledge: Catalogue, topologies: Topologies) -> None:
        self._topologies = topologies
        self._kinds = {rate.element: rate for rate in knowledge.failure_rates()}

    def of_instance(self, component: Component) -> Failure:
        """Of any one of the instances whose loss stops the component."""
        usual = self._kinds["instance"]
        assert usual.recovery is not None
        recovery, per_year = usual.recovery.typical, usual.failures_per_year.typical * _exposed(component)
        availability = stated(component.spec, "measured.availability")
        if isinstance(availability, float):
            return Failure(
                (1 - availability) * YEAR / recovery, recovery, "measured availability", shown=True, summed=True
            )
        restart = restart_time(component)
        if restart is not None:
            return Failure(per_year, restart, f"stated restart, default rate of {usual.name}", shown=True)
        return Failure(per_year, recovery, f"default of {usual.name}")

    def of_domain(self, domain: Domain) -> Failure | None:
        """None where nothing is known of a kind, which anybody may name."""
        usual = next((rate for kind, rate in self._kinds.items() if kind == domain.kind.replace("_", "-")), None)
        if usual is None or usual.recovery is None:
            return None
        recovery = usual.recovery.typical
        availability = self._topologies.availability(domain)
        if availability is not None:
            basis = f"stated availability of {domain.label}"
            return Failure((1 - availability) * YEAR / recovery, recovery, basis, summed=True)
        return Failure(usual.failures_per_year.typical, recovery, f"default of {usual.name}")


def _exposed(component: Component) -> int:
    """How many instances there are of which none may fail."""
    size = redundancy(component)
    if not isinstance(size, Known):
        return 1
    rule: Redundancy = size.value
    return rule.copies if rule.needed == rule.copies else 1


def restart_time(component: Component) -> float | None:
    """Seconds until an orchestrator has replaced an instance: detection by its liveness probe, and its start.

    None unless the manifest states all of it.
    """
    probe = _liveness_probe(component)
    if probe is None:
        return None
    startup = stated(component.spec, "startup")
    if startup is None:
        startup = stated(component.spec, "autoscaling.startup")
    if startup is None or startup == NONE:
        return None
    if probe.interval is None or probe.failures is None:
        return None
    return float(probe.interval) * float(probe.failures) + float(startup)


def _liveness_probe(component: Component) -> Any:
    probes = stated(component.spec, "health_check")
    if probes is None or probes == NONE:
        return None
    probes = probes if isinstance(probes, list) else [probes]
    return next((probe for probe in probes if probe.kind == "liveness"), None)
