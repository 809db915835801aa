"""What a failover costs: how often it is needed, how long one takes, and how much of a promise that spends."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from archlint.analysis.domains import Domain
from archlint.analysis.downtime import Budget, Failure
from archlint.analysis.promises import Promises
from archlint.analysis.survival import REACH, fate_of_instance, redundancy
from archlint.analysis.values import Known
from archlint.records import dataclass
from archlint.system.elements import Component, stated

if TYPE_CHECKING:
    from archlint.analysis.cuts import SingleFailures
    from archlint.analysis.objectives import Objectives


@dataclass(frozen=True, slots=True)
class Takeover:
    """What a failover costs: the seconds of one, how often it is needed, and what it may cost.

    `objective` is the shortest time that the store itself promises for such a loss; `share` that of the requests
    which need it. `failure` and `budget` are None where nothing is known of them.
    """

    time: float
    failure: Failure | None
    budget: Budget | None
    share: float
    objective: float | None

    @classmethod
    def of(cls, component: Component, time: float, single_failures: SingleFailures, objectives: Objectives) -> Takeover:
        promise = objectives.availability(component)
        budget = Budget.of(Promises.objective(promise.flow)) if promise is not None else None
        usual = _failure_behind(component, single_failures)
        failure = None if usual is None or usual.summed else Failure(usual.per_year, float(time), usual.basis)
        share = 1.0 if promise is None else promise.share
        return cls(float(time), failure, budget, share, _own_objective(component))

    def exposure(self, *, with_objective: bool) -> float | None:
        """The largest part that it takes of a budget or of the store's own objective; None where none is stated."""
        parts = []
        if self.failure is not None and self.budget is not None:
            parts.append(self.budget.spent(self.failure, self.share))
        if with_objective and self.objective is not None:
            parts.append(self.time / self.objective if self.objective else math.inf)
        return max(parts, default=None)

    @property
    def bearable(self) -> float:
        """The longest time of one failover that the budgets bear, in seconds."""
        if self.failure is None or self.budget is None:
            return math.inf
        in_window = self.budget.in_window if self.failure.per_year >= 1 else None
        in_year = self.budget.in_year / self.failure.per_year if self.failure.per_year else math.inf
        return min(in_year, math.inf if in_window is None else in_window) / self.share


def _failure_behind(component: Component, single_failures: SingleFailures) -> Failure | None:
    """The most frequent loss that the failover must save from: that of an instance, else of a zone."""
    size = redundancy(component)
    failures = single_failures.failures
    if (isinstance(size, Known) and size.value.leader) or fate_of_instance(component, size).rescuers:
        return failures.of_instance(component)
    return failures.of_domain(Domain("zone", ""))


def _own_objective(component: Component) -> float | None:
    """The recovery time that a store promises for what its failover covers, an instance or a zone; the shorter one."""
    promised = stated(component.spec, "rto")
    if isinstance(promised, float | int):
        return float(promised)
    covers_zones = REACH[stated(component.spec, "failover.scope") or "zone"] >= REACH["zone"]
    kinds = ("instance", "zone") if covers_zones else ("instance",)
    times = [time for kind in kinds if (time := stated(component.spec, f"rto.{kind}")) is not None]
    return min((float(time) for time in times), default=None)
