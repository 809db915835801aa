"""How much more than at peak must be survived: the surge of flows, as far as it is let in (design.md 3.1)."""

from __future__ import annotations

from archlint.analysis.load import Load
from archlint.analysis.values import Known
from archlint.system.elements import NONE, Component, Flow, System, stated


class Surges:
    """Factors on the peaks of components, each flow's looked at once."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self._flows: dict[Flow, float] = {}
        self._least: dict[System, float] = {}

    def at(self, component: Component) -> float:
        """The factor on the peak of a component that a surge is certain to bring; 1 where none is stated.

        Where flows enter, the mean of their surges by their peaks; elsewhere the least of all flows of the system. A
        rate limit where a flow enters lets in no more.
        """
        entering = component.entered_by
        peaks = [flow.spec.peak for flow in entering]
        if entering and all(peak is not None for peak in peaks) and sum(peaks):
            return float(sum(self.of(flow) * flow.spec.peak for flow in entering) / sum(peaks))
        return self._of_system(component.system)

    def _of_system(self, system: System) -> float:
        if system not in self._least:
            general = float(system.spec.surge or 1.0)
            self._least[system] = min(map(self.of, system.flows.values()), default=general)
        return self._least[system]

    def of(self, flow: Flow) -> float:
        """The factor on the peak of a flow, as far as it is let in."""
        if flow not in self._flows:
            self._flows[flow] = self._of(flow)
        return self._flows[flow]

    def _of(self, flow: Flow) -> float:
        surge = float(flow.spec.surge or flow.system.spec.surge or 1.0)
        if flow.entry is None:
            return surge
        limit, peak = rate_limit(flow.entry), self.load.requests(flow.entry)
        if limit is None or not isinstance(peak, Known) or not peak.value:
            return surge
        return max(1.0, min(surge, limit / peak.value))


def rate_limit(component: Component) -> float | None:
    """Requests per second that the whole component admits; None where it states no limit."""
    limit = stated(component.spec, "rate_limit")
    if limit is None or limit == NONE:
        return None
    rate = getattr(limit, "rate", limit)
    return float(rate)


def refuses_excess(component: Component) -> bool:
    """Whether what exceeds the capacity is refused, and the rest served: by shedding, a limit or a bounded queue."""
    if any(stated(component.spec, control) not in (None, NONE) for control in ("load_shedding", "rate_limit")):
        return True
    queue = stated(component.spec, "queue")
    return queue == NONE or stated(component.spec, "queue.depth") is not None
