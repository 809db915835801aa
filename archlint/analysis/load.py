"""Offered load: what the manifest states, and what follows from it along the edges (design.md 3.1).

The derived load of a component is the sum over flows, clients, jobs and periodic calls of
rate x share x per_request along the edges, with cache misses as (1 - hit ratio) to what backs the cache.
First attempts only: retries enter in failure states. A stated load wins over a derived one, there and
downstream. Peaks add, which makes the sum an upper bound. A client counts only where no flow enters its
target. The requests of a component that nothing calls are the messages that it consumes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from archlint.analysis.propagation import MISSING, NOTHING, Amount, Part, Solution, solve
from archlint.analysis.traffic import TrafficMap
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import (
    Cache,
    Call,
    Component,
    Datastore,
    Publish,
    Service,
    System,
    Topic,
    stated,
)


class Load:
    """The offered load of every component of a workspace, in requests per second at peak."""

    def __init__(self, systems: Mapping[str, System]) -> None:
        self.systems = systems

    def requests(self, component: Component) -> Known[float] | Unknown:
        """The load that counts: what is stated of it, and for the rest what callers add up to."""
        own = stated_requests(component)
        if own is not None:
            return Known(own)
        return self._handled(component).part("total").derived or Unknown(*load_fields(component))

    def derived(self, component: Component) -> Known[float] | Unknown:
        """What callers, flows and clients add up to, whatever the component states."""
        return self._arriving(component).part("total").derived or Unknown(*load_fields(component))

    def derived_part(self, store: Component, part: str) -> Known[float] | Unknown:
        """The derived "reads" or "writes" of a store or cache, whatever it states."""
        return self._arriving(store).part(part).derived or Unknown(f"load.{part}")

    def at_least(self, component: Component) -> float:
        """A lower bound: the stated load, or the part of the derived one that is known."""
        own = stated_requests(component)
        return own if own is not None else self._handled(component).total.value

    def reads(self, store: Component) -> Known[float] | Unknown:
        """Reads per second of a store or cache, stated or derived from calls that state their access."""
        return self._access(store, "reads")

    def writes(self, store: Component) -> Known[float] | Unknown:
        return self._access(store, "writes")

    def _access(self, store: Component, part: str) -> Known[float] | Unknown:
        own = stated(store.spec, f"load.{part}")
        return Known(own) if own is not None else self.derived_part(store, part)

    def access_at_least(self, store: Component, part: str) -> float:
        """A lower bound of the "reads" or "writes" of a store or cache: stated, or what is known of it."""
        own = stated(store.spec, f"load.{part}")
        return float(own) if own is not None else getattr(self._arriving(store), part).value

    def only_consumes(self, service: Service) -> bool:
        """Whether the load of a service is the messages that it takes: they wait, where requests would fail."""
        return (
            bool(service.consumes)
            and stated_requests(service) is None
            and not any(edge.kind == "call" for edge in service.incoming)
            and not self._map.is_entry(service)
        )

    def of_call(self, call: Call) -> Known[float] | Unknown:
        """First attempts per second of one call, over all replicas of its caller."""
        return self._of_item(call)

    def of_publish(self, publish: Publish) -> Known[float] | Unknown:
        """Messages per second of one publish at peak."""
        return self._of_item(publish)

    def _of_item(self, item: Call | Publish) -> Known[float] | Unknown:
        constant = self._map.constant_rate(item)
        if constant is not None:
            return constant
        factor, requests = self._map.factor(item), self._handled(item.owner).part("total").derived
        if factor is None:
            return Unknown("share" if isinstance(item, Call) else "rate")
        if requests is None:
            return Unknown("services.*.load.peak")
        return Known(requests.value * factor, "derived")

    def of_topic(self, topic: Topic) -> Known[float] | Unknown:
        """Messages per second that a topic takes in at peak: stated, or the sum over its publishers."""
        own = stated_requests(topic)
        if own is not None:
            return Known(own)
        return self._handled(topic).part("total").derived or Unknown("publishes.rate")

    def mean_of_topic(self, topic: Topic) -> Known[float] | Unknown:
        """Messages per second of a topic over 30 days."""
        own = stated(topic.spec, "load.mean")
        if own is not None:
            return Known(own)
        means = [_mean_of_publish(publish) for publish in topic.publishers]
        if not means or any(mean is None for mean in means):
            return Unknown("publishes.mean")
        return Known(_sum_of_known(means), "derived")

    def mean_of_topic_at_least(self, topic: Topic) -> float:
        """A lower bound of the 30-day mean: what is known of it."""
        own = stated(topic.spec, "load.mean")
        return own if own is not None else _sum_of_known(_mean_of_publish(publish) for publish in topic.publishers)

    def _arriving(self, component: Component) -> Amount:
        return self._solved.arriving.get(component, NOTHING)

    def _handled(self, component: Component) -> Amount:
        return self._solved.handled.get(component, NOTHING)

    @cached_property
    def _map(self) -> TrafficMap:
        return TrafficMap(self.systems)

    @cached_property
    def _solved(self) -> Solution:
        return solve(self._map.collect(), handled, lambda component: stated_requests(component) is not None)


STORES = (Datastore, Cache)


def load_fields(component: Component) -> tuple[str, ...]:
    """The fields by which a component states its load."""
    return ("load.reads", "load.writes") if isinstance(component, STORES) else ("load.peak",)


def stated_requests(component: Component) -> float | None:
    """The peak that a component states, None where it states none (or only a part of it)."""
    load = getattr(component.spec, "load", None)
    if load is None:
        return None
    if not isinstance(component, STORES):
        return load.peak  # type: ignore[no-any-return]
    return None if load.reads is None or load.writes is None else load.reads + load.writes


def handled(component: Component, arriving: Amount) -> Amount:
    """What a component handles: what it states of its load, and for the rest what arrives."""
    load = getattr(component.spec, "load", None)
    if load is None:
        return arriving
    if not isinstance(component, STORES):
        return arriving if load.peak is None else Amount(Part(load.peak), MISSING, MISSING, sources=1)
    if load.reads is None and load.writes is None:
        return arriving
    amount = Amount(
        reads=arriving.part("reads") if load.reads is None else Part(load.reads),
        writes=arriving.part("writes") if load.writes is None else Part(load.writes),
        sources=1,
    )
    amount.total.add(amount.reads)
    amount.total.add(amount.writes)
    return amount


def _mean_of_publish(publish: Publish) -> float | None:
    """The stated mean, else the publisher's own by `share` and `per_request`, where both are stated."""
    spec, own = publish.spec, publish.spec.mean
    if own is not None:
        return float(own)
    load = stated(publish.publisher.spec, "load.mean")
    if load is None or (spec.share is None and spec.per_request is None) or publish.operation or spec.only_in:
        return None
    share = 1.0 if spec.share is None else float(spec.share)
    return float(load) * share * (1.0 if spec.per_request is None else float(spec.per_request))


def _sum_of_known(rates: Iterable[float | None]) -> float:
    return sum(rate for rate in rates if rate is not None)
