"""What arrives where, and from what: the terms of the derived load (design.md 3.1), before they are summed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from archlint.analysis.instances import scale
from archlint.analysis.propagation import READ, WRITE, Inflow, Traffic
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import (
    Cache,
    Call,
    Client,
    Component,
    Flow,
    Job,
    Publish,
    System,
    stated,
)

NOT_AT_PEAK = frozenset({"startup", "recovery", "deploy"})
"""Phases whose calls no request makes: they count only where a rate is stated."""


class TrafficMap:
    """The constant rates and the inflows of every component of a workspace."""

    def __init__(self, systems: Mapping[str, System]) -> None:
        self.systems = systems

    def collect(self) -> dict[Component, Traffic]:
        """The terms of every component; one that nothing is known to call has none."""
        traffic: dict[Component, Traffic] = defaultdict(Traffic)
        for system in self.systems.values():
            for component in system.components.values():
                traffic[component]
            for call in system.calls:
                self._add_call(call, traffic)
            for publish in system.publishes:
                if publish.topic is not None:
                    self._add(publish, traffic[publish.topic], 1, WRITE)
            for cache in system.caches.values():
                if cache.backed_by is not None:
                    traffic[cache.backed_by].inflows.extend(_misses(cache))
        self._add_flows(traffic)
        self._add_messages(traffic)
        return dict(traffic)

    def _add_call(self, call: Call, traffic: dict[Component, Traffic]) -> None:
        if is_off_peak(call):
            return
        split = max(1, len(call.targets))
        for target in call.targets:
            if not (isinstance(call.caller, Client) and self._flows_count(target)):
                self._add(call, traffic[target], split, call.spec.access)
        for network in call.through:
            self._add(call, traffic[network], 1, call.spec.access)

    def _add(self, item: Call | Publish, traffic: Traffic, split: int, access: str | None) -> None:
        rate = self.constant_rate(item)
        if rate is None:
            factor = self.factor(item)
            traffic.inflows.append(Inflow(item.owner, None if factor is None else factor / split, access))
        else:
            traffic.constant.append((rate.value / split if isinstance(rate, Known) else None, access))

    def _add_flows(self, traffic: dict[Component, Traffic]) -> None:
        """A flow is the sum of its clients: where none states its peak, the clients count in its place."""
        for entry, flows in self._entering.items():
            if self._flows_count(entry) or not traffic[entry]:
                traffic[entry].constant.extend((flow.spec.peak, None) for flow in flows)

    def _add_messages(self, traffic: dict[Component, Traffic]) -> None:
        """The requests of a component that nothing calls are the messages that it consumes."""
        for system in self.systems.values():
            for service in system.services.values():
                if not service.consumes or traffic[service]:
                    continue
                for consume in service.consumes:
                    if consume.topic is None:
                        traffic[service].constant.append((None, None))
                    else:
                        traffic[service].inflows.append(Inflow(consume.topic, 1.0, None))

    @cached_property
    def _entering(self) -> dict[Component, list[Flow]]:
        entering: dict[Component, list[Flow]] = defaultdict(list)
        for system in self.systems.values():
            for flow in system.flows.values():
                if flow.entry is not None:
                    entering[flow.entry].append(flow)
        return dict(entering)

    def is_entry(self, component: Component) -> bool:
        """Whether a flow enters the component."""
        return component in self._entering

    def _flows_count(self, component: Component) -> bool:
        return any(flow.spec.peak is not None for flow in self._entering.get(component, ()))

    def constant_rate(self, item: Call | Publish) -> Known[float] | Unknown | None:
        """The rate of an item that does not follow from its owner's load as a whole; None for all others."""
        periodic = periodic_rate(item)
        if periodic is not None:
            return periodic
        flows = self._flows_of(item)
        if flows is None:
            return None
        peaks = [flow.spec.peak for flow in flows]
        factor = _each(item.spec)
        if factor is None or not flows or any(peak is None for peak in peaks):
            return Unknown("rate" if isinstance(item, Publish) else "share")
        return Known(sum(peaks) * factor, "derived")

    def factor(self, item: Call | Publish) -> float | None:
        """Calls or messages per request of the owner; None where that, or an operation's share, is not stated."""
        factor, names = _each(item.spec), _operations_of(item)
        if factor is None or not names:
            return factor
        operations = _operations(item.owner)
        shares = [operations[name].share for name in names]
        if len(operations) == 1 and shares[0] is None:
            return factor
        return None if any(share is None for share in shares) else factor * float(sum(shares))

    def _flows_of(self, item: Call | Publish) -> list[Flow] | None:
        """The flows that alone cause an item, empty if that cannot be told; None where its owner's load does."""
        only_in = item.spec.only_in or ()
        if not only_in and not item.operation:
            return None
        entering = self._entering.get(item.owner, [])
        named = [item.system.flows[name] for name in only_in if name in item.system.flows]
        operations = _operations_of(item)
        if named:
            decidable = not operations and all(flow.entry is item.owner for flow in named)
            return named if decidable else []
        if not operations or self.factor(item) is not None or not self._only_flows_enter(item.owner):
            return None
        return [flow for flow in entering if flow.spec.operation in operations] or None

    def _only_flows_enter(self, component: Component) -> bool:
        """Whether the operation of every request is known, because each comes from a flow that names it."""
        flows = self._entering.get(component, ())
        callers = [edge.source for edge in component.incoming if edge.kind == "call"]
        return (
            bool(flows)
            and all(flow.spec.operation is not None for flow in flows)
            and all(isinstance(caller, Client) for caller in callers)
        )


def _operations(component: Component) -> Mapping[str, Any]:
    return getattr(component.spec, "operations", None) or {}


def _operations_of(item: Call | Publish) -> list[str]:
    """The operations of its owner that an item belongs to; empty where every request may make it."""
    if item.operation:
        return [item.operation]
    named = item.spec.only_in
    if named is None and isinstance(item, Publish) and item.spec.cause is not None:
        named = [item.spec.cause]
    return [name for name in named if name in _operations(item.owner)] if named else []


def _each(spec: Any) -> float | None:
    """Per request that may make it. A call is made once unless stated; a publish states at least one of both."""
    if spec.share is None and spec.per_request is None:
        return None
    share = 1.0 if spec.share is None else float(spec.share)
    return share * (1.0 if spec.per_request is None else float(spec.per_request))


def is_off_peak(call: Call) -> bool:
    """Whether the call belongs to a start, a recovery or a deploy, and states no rate of its own."""
    spec = call.spec
    return spec.phase in NOT_AT_PEAK and spec.rate is None and spec.every is None


def periodic_rate(item: Call | Publish) -> Known[float] | Unknown | None:
    """Per second, of what no request causes (`rate`, `every`, a job's, a client's); None for all others.

    `rate` is of the whole owner (of a publish it is all of it), `every` of each of its instances. A control
    call that states neither has an interval that nobody wrote down.
    """
    spec, owner = item.spec, item.owner
    if isinstance(item, Publish):
        return Known(float(spec.rate)) if spec.rate is not None else _of_job(owner, _each(spec))
    if spec.rate is not None:
        return Known(float(spec.rate) * _each_call(spec), "derived")
    if spec.every:
        count = _actors(owner)
        if isinstance(count, Unknown):
            return count
        return Known(count.value * _each_call(spec) / float(spec.every), "derived")
    if isinstance(owner, Client) or spec.phase == "control":
        return Unknown("rate")
    return _of_job(owner, _each_call(spec)) if isinstance(owner, Job) else None


def _each_call(spec: Any) -> float:
    return float(spec.share) * float(spec.per_request)


def _of_job(owner: Component, each: float | None) -> Known[float] | Unknown | None:
    """Spread over the period of a job: all of its instances start together."""
    if not isinstance(owner, Job):
        return None
    period = owner.spec.every
    if each is None or not period:
        return Unknown("rate")
    return Known(float(owner.spec.replicas or 1) * each / float(period), "derived")


def _actors(owner: Component) -> Known[float] | Unknown:
    """How many do what is done `every` so often: at most, for what scales."""
    if isinstance(owner, Job):
        return Known(float(owner.spec.replicas or 1))
    if isinstance(owner, Client):
        population = stated(owner.spec, "concurrent")
        return Unknown("rate") if population is None else Known(float(population))
    size = scale(owner)
    return size if isinstance(size, Unknown) else Known(float(size.value.most), "derived")


def _misses(cache: Cache) -> Iterator[Inflow]:
    """What a cache lets through: its misses, and its writes where it writes through."""
    hit_ratio = cache.spec.hit_ratio
    yield Inflow(cache, None if hit_ratio is None else 1.0 - hit_ratio, READ, "reads")
    if cache.spec.strategy in ("write-through", "write-back"):
        yield Inflow(cache, 1.0, WRITE, "writes")
