"""What depends on the load: how many instances there are at peak, and what they can serve."""

from __future__ import annotations

from functools import cached_property

from archlint.analysis.instances import greatest, rate_of_one, scale
from archlint.analysis.load import Load
from archlint.analysis.promises import Promises
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import Component, stated


class Capacity:
    """Instances at peak, exactly or at most, and how fast they have to be."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self._at_peak: dict[Component, Known[int] | Unknown] = {}

    def instances_at_peak(self, component: Component) -> Known[int] | Unknown:
        """n(peak). Unknown only where the answer depends on what is missing."""
        known = self._at_peak.get(component)
        if known is None:
            known = self._at_peak[component] = self._instances(component)
        return known

    def _instances(self, component: Component) -> Known[int] | Unknown:
        size = scale(component)
        if isinstance(size, Unknown):
            return size
        if size.value.is_fixed:
            return Known(size.value.least)
        load, rate = self.load.requests(component), rate_of_one(component)
        at_least = load.value if isinstance(load, Known) else self.load.at_least(component)
        missing = [name for item in (load, rate) if isinstance(item, Unknown) for name in item.fields]
        if isinstance(rate, Known):
            count = size.value.at(at_least, rate.value)
            if count is not None and (not missing or count == size.value.most):
                return Known(count, "derived")
        if size.value.target is None:
            missing.append("autoscaling.target")
        return Unknown(*missing)

    def most_at_peak(self, component: Component) -> Known[int] | Unknown:
        """An upper bound of n(peak): exact where it is known, else all that there can be."""
        exact = self.instances_at_peak(component)
        return exact if isinstance(exact, Known) else greatest(component)

    def latency_objective(self, component: Component) -> float | None:
        """The p99, in seconds, that a component promises, else that of the strictest flow that enters it."""
        own = stated(component.spec, "slo.latency_p99")
        return float(own) if isinstance(own, float | int) else self._of_flows.get(component)

    @cached_property
    def _of_flows(self) -> dict[Component, float]:
        strictest: dict[Component, float] = {}
        for flow in Promises(self.load.systems).flows:
            latency = getattr(Promises.objective(flow), "latency_p99", None)
            if flow.entry is not None and latency is not None:
                strictest[flow.entry] = min(latency, strictest.get(flow.entry, latency))
        return strictest
