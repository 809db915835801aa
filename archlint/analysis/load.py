"""Offered load: what the manifest states, and what follows from it along the edges (design.md 3.1).

The derived load of a component is the sum over flows, clients, jobs and periodic calls of
rate x share x per_request along the edges, with cache misses as (1 - hit ratio) to what backs the cache.
First attempts only: retries enter in failure states. A stated load wins over a derived one, there and
downstream. Peaks add, which makes the sum an upper bound. A client counts only where no flow enters its
target. The requests of a component that nothing calls are the messages that it consumes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from archlint.analysis.graph import Graph, strongly_connected_components
from archlint.analysis.instances import scale
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import (
    NONE,
    Cache,
    Call,
    Client,
    Component,
    Consume,
    Datastore,
    Flow,
    Job,
    Network,
    Outside,
    Publish,
    System,
    Topic,
    stated,
)

ROUNDS = 200
"""Rounds of the fixed point over a cycle of calls; one that amplifies its own load has none."""

READ, WRITE = "read", "write"


@dataclass(slots=True)
class Part:
    """A sum in the making: what is known of it, and whether a term is missing."""

    value: float = 0.0
    complete: bool = True

    def add(self, other: Part, factor: float = 1.0) -> None:
        self.value += other.value * factor
        self.complete = self.complete and other.complete

    @property
    def derived(self) -> Known[float] | None:
        return Known(self.value, "derived") if self.complete else None


_MISSING = Part(0.0, complete=False)


@dataclass(slots=True)
class Amount:
    """Offered load: all of it, and the parts whose access is known. `sources` counts the terms."""

    total: Part = field(default_factory=Part)
    reads: Part = field(default_factory=Part)
    writes: Part = field(default_factory=Part)
    sources: int = 0

    def add(self, rate: Part, access: str | None, factor: float = 1.0) -> None:
        self.sources += 1
        self.total.add(rate, factor)
        if access != WRITE:
            self.reads.add(rate if access == READ else _MISSING, factor)
        if access != READ:
            self.writes.add(rate if access == WRITE else _MISSING, factor)

    def part(self, name: str) -> Part:
        """Of "total", "reads" or "writes"; missing where nothing arrives that is known of."""
        return getattr(self, name) if self.sources else _MISSING  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Inflow:
    """A share of what `source` handles that arrives at a target: `factor` target requests per request.

    `factor` is None where the manifest does not tell it; `part` says of which of the source's requests.
    """

    source: Component
    factor: float | None
    access: str | None
    part: str = "total"


@dataclass(slots=True)
class Traffic:
    """What arrives at one component: constant rates (None: unknown) and shares of others' load."""

    constant: list[tuple[float | None, str | None]] = field(default_factory=list)
    inflows: list[Inflow] = field(default_factory=list)


class Load:
    """The offered load of every component of a workspace, in requests per second at peak."""

    def __init__(self, systems: Mapping[str, System]) -> None:
        self.systems = systems

    def requests(self, component: Component) -> Known[float] | Unknown:
        """The load that counts: the stated one, else the derived one."""
        own = stated_requests(component)
        return Known(own) if own is not None else self.derived(component)

    def derived(self, component: Component) -> Known[float] | Unknown:
        """What callers, flows and clients add up to, whatever the component states."""
        return self._arriving_part(component, "total") or Unknown(*load_fields(component))

    def derived_part(self, store: Component, part: str) -> Known[float] | Unknown:
        """The derived "reads" or "writes" of a store or cache, whatever it states."""
        return self._arriving_part(store, part) or Unknown(f"load.{part}")

    def at_least(self, component: Component) -> float:
        """A lower bound: the stated load, or the part of the derived one that is known."""
        own = stated_requests(component)
        return own if own is not None else self._solved[0].get(component, _NOTHING).total.value

    def reads(self, store: Component) -> Known[float] | Unknown:
        """Reads per second of a store or cache, stated or derived from calls that state their access."""
        return self._access(store, "reads")

    def writes(self, store: Component) -> Known[float] | Unknown:
        return self._access(store, "writes")

    def _access(self, store: Component, part: str) -> Known[float] | Unknown:
        own = stated(store.spec, f"load.{part}")
        return Known(own) if own is not None else self.derived_part(store, part)

    def _arriving_part(self, component: Component, part: str) -> Known[float] | None:
        return self._solved[0].get(component, _NOTHING).part(part).derived

    def of_call(self, call: Call) -> Known[float] | Unknown:
        """First attempts per second of one call, over all replicas of its caller."""
        periodic = periodic_rate(call)
        if periodic is not None:
            return periodic
        factor, requests = self._factor(call), self._work(call.caller)
        if factor is None:
            return Unknown("share")
        if isinstance(requests, Unknown):
            return Unknown("services.*.load.peak")
        return Known(requests.value * factor, "derived")

    def of_topic(self, topic: Topic) -> Known[float] | Unknown:
        """Messages per second that a topic takes in at peak: the sum over its publishers."""
        return self._published(topic, "rate")

    def mean_of_topic(self, topic: Topic) -> Known[float] | Unknown:
        """Messages per second of a topic over 30 days."""
        return self._published(topic, "mean")

    def _published(self, topic: Topic, field_name: str) -> Known[float] | Unknown:
        rates = [self._of_publish(publish, field_name) for publish in topic.publishers]
        if rates and all(rate is not None for rate in rates):
            return Known(sum(rate for rate in rates if rate is not None), "derived")
        own = stated(topic.spec, "load.peak" if field_name == "rate" else "load.mean")
        return Known(own) if own is not None else Unknown(f"publishes.{field_name}")

    def _of_publish(self, publish: Publish, field_name: str) -> float | None:
        """The stated rate; at peak else the publisher's own load by `share` and `per_request`, if stated."""
        spec = publish.spec
        own = getattr(spec, field_name)
        if own is not None or field_name != "rate" or (spec.share is None and spec.per_request is None):
            return None if own is None else float(own)
        load = stated_requests(publish.publisher)
        if load is None:
            return None
        return load * (1.0 if spec.share is None else spec.share) * (spec.per_request or 1.0)

    def _work(self, caller: Component) -> Known[float] | Unknown:
        handled = self._solved[1].get(caller, _NOTHING).part("total").derived
        return handled or Unknown(*load_fields(caller))

    @cached_property
    def _solved(self) -> tuple[dict[Component, Amount], dict[Component, Amount]]:
        """Per component: what arrives at it, whatever it states, and what it therefore handles."""
        return _Propagation(self._traffic).solve()

    @cached_property
    def _traffic(self) -> dict[Component, Traffic]:
        traffic: dict[Component, Traffic] = defaultdict(Traffic)
        for system in self.systems.values():
            for component in system.components.values():
                traffic[component]
            for flow in system.flows.values():
                if flow.entry is not None:
                    traffic[flow.entry].constant.append((flow.spec.peak, None))
            for call in system.calls:
                self._add_call(call, traffic)
            for cache in system.caches.values():
                if cache.backed_by is not None:
                    traffic[cache.backed_by].inflows.extend(_misses(cache))
        self._add_messages(traffic)
        return traffic

    def _add_call(self, call: Call, traffic: dict[Component, Traffic]) -> None:
        access, split = call.spec.access, max(1, len(call.targets))
        for target in (*call.targets, *(network for network in call.through)):
            if isinstance(call.caller, Client) and target in self._entries:
                continue
            share = 1 if isinstance(target, Network) and target in call.through else split
            periodic = periodic_rate(call)
            if periodic is None:
                self._add_inflow(call, traffic[target], share)
            else:
                known = periodic.value / share if isinstance(periodic, Known) else None
                traffic[target].constant.append((known, access))

    def _add_inflow(self, call: Call, traffic: Traffic, split: int) -> None:
        factor = self._factor(call)
        rate = self._rate_of_flows(call)
        if rate is not None:
            known = factor is not None and rate >= 0
            traffic.constant.append((rate * factor / split if known and factor else None, call.spec.access))
            return
        traffic.inflows.append(
            Inflow(call.caller, None if factor is None else factor / split, call.spec.access)
        )

    @staticmethod
    def _factor(call: Call) -> float | None:
        """Calls per request of the caller; None where the share of its operation is not stated."""
        spec, operations = call.spec, getattr(call.caller.spec, "operations", None) or {}
        within = [call.operation] if call.operation else [o for o in spec.only_in or () if o in operations]
        part = 1.0
        if within:
            shares = [operations[name].share for name in within]
            if len(operations) == 1 and shares[0] is None:
                shares = [1.0]
            if any(share is None for share in shares):
                return None
            part = sum(shares)
        return part * float(spec.share) * float(spec.per_request)

    def _rate_of_flows(self, call: Call) -> float | None:
        """The rate of the flows that a call is restricted to, where they enter its caller; -1 if unknown."""
        flows = [call.system.flows[name] for name in call.spec.only_in or () if name in call.system.flows]
        if not flows:
            return None
        if any(flow.entry is not call.caller or flow.spec.peak is None for flow in flows):
            return -1.0
        return float(sum(flow.spec.peak for flow in flows))

    @cached_property
    def _entries(self) -> frozenset[Component]:
        return frozenset(flow.entry for flow in self._flows() if flow.entry is not None)

    def _flows(self) -> Iterator[Flow]:
        for system in self.systems.values():
            yield from system.flows.values()

    def _add_messages(self, traffic: dict[Component, Traffic]) -> None:
        """The requests of a component that nothing calls are the messages that it consumes."""
        for system in self.systems.values():
            for service in system.services.values():
                if not service.consumes or traffic[service].constant or traffic[service].inflows:
                    continue
                for consume in service.consumes:
                    traffic[service].constant.append((self._consumed(consume), None))

    def _consumed(self, consume: Consume) -> float | None:
        if consume.topic is None:
            return None
        rate = self.of_topic(consume.topic)
        return None if isinstance(rate, Unknown) else rate.value


class _Propagation:
    """Solves load = constants + factors x load of the sources, component by component, sources first."""

    def __init__(self, traffic: Mapping[Component, Traffic]) -> None:
        self.traffic = traffic
        self.arriving: dict[Component, Amount] = {}
        self.handled: dict[Component, Amount] = {}

    def solve(self) -> tuple[dict[Component, Amount], dict[Component, Amount]]:
        graph: Graph[Component] = Graph(self.traffic)
        for target, traffic in self.traffic.items():
            for inflow in traffic.inflows:
                if inflow.source in self.traffic and stated_requests(inflow.source) is None:
                    graph.add_edge(target, inflow.source)
        for members in strongly_connected_components(graph):
            if len(members) == 1 and members[0] not in graph.successors(members[0]):
                self._settle(members[0])
            else:
                self._settle_cycle(list(members))
        return self.arriving, self.handled

    def _settle(self, component: Component) -> None:
        self.arriving[component] = arriving = self._sum(component)
        self.handled[component] = _handled(component, arriving)

    def _settle_cycle(self, members: list[Component]) -> None:
        """Repeat until nothing moves. A cycle that amplifies has no fixed point: its load is unknown."""
        for member in members:
            self.handled[member] = _handled(member, Amount(sources=1))
        for _ in range(ROUNDS):
            before = [self.handled[member].total.value for member in members]
            for member in members:
                self._settle(member)
            after = [self.handled[member].total.value for member in members]
            if all(abs(b - a) <= 1e-9 * max(1.0, a) for b, a in zip(before, after, strict=True)):
                return
        for member in members:
            self.arriving[member].add(_MISSING, None)
            self.handled[member] = _handled(member, self.arriving[member])

    def _sum(self, component: Component) -> Amount:
        amount, traffic = Amount(), self.traffic[component]
        for rate, access in traffic.constant:
            amount.add(_MISSING if rate is None else Part(rate), access)
        for inflow in traffic.inflows:
            if inflow.factor is None:
                amount.add(_MISSING, inflow.access)
            else:
                amount.add(self._of_source(inflow), inflow.access, inflow.factor)
        return amount

    def _of_source(self, inflow: Inflow) -> Part:
        handled = self.handled.get(inflow.source)
        return (handled or _handled(inflow.source, Amount())).part(inflow.part)


_NOTHING = Amount()


def load_fields(component: Component) -> tuple[str, ...]:
    """The fields by which a component states its load."""
    return ("load.reads", "load.writes") if isinstance(component, Datastore | Cache) else ("load.peak",)


def stated_requests(component: Component) -> float | None:
    """The peak that a component states, None where it states none (or only a part of it)."""
    if isinstance(component, Outside):
        return None
    parts = [stated(component.spec, name) for name in load_fields(component)]
    known = [part for part in parts if part is not None and part != NONE]
    return sum(known) if len(known) == len(parts) else None


def _handled(component: Component, arriving: Amount) -> Amount:
    """What a component handles: what it states of its load, and for the rest what arrives."""
    own = stated_requests(component)
    if not isinstance(component, Datastore | Cache):
        return arriving if own is None else Amount(Part(own), _MISSING, _MISSING, sources=1)
    reads, writes = stated(component.spec, "load.reads"), stated(component.spec, "load.writes")
    if reads is None and writes is None:
        return arriving
    amount = Amount(
        reads=arriving.part("reads") if reads is None else Part(reads),
        writes=arriving.part("writes") if writes is None else Part(writes),
        sources=1,
    )
    amount.total.add(amount.reads)
    amount.total.add(amount.writes)
    return amount


def periodic_rate(call: Call) -> Known[float] | Unknown | None:
    """Calls per second of a call that no request causes (`rate`, `every`, a job's); None for all others.

    `rate` is of the whole caller, `every` of each of its instances.
    """
    spec = call.spec
    each = float(spec.share) * float(spec.per_request)
    if spec.rate is not None:
        return Known(float(spec.rate) * each, "derived")
    if spec.every:
        count = _instances(call.caller)
        return (
            count if isinstance(count, Unknown) else Known(count.value * each / float(spec.every), "derived")
        )
    if isinstance(call.caller, Job):
        period = call.caller.spec.every
        return Known(each / float(period), "derived") if period else Unknown("rate")
    return Unknown("rate") if isinstance(call.caller, Client) else None


def _instances(caller: Component) -> Known[float] | Unknown:
    if isinstance(caller, Job):
        return Known(1.0)
    if isinstance(caller, Client):
        population = stated(caller.spec, "concurrent")
        return Unknown("rate") if population is None else Known(float(population))
    size = scale(caller)
    return size if isinstance(size, Unknown) else Known(float(size.value.most), "derived")


def _misses(cache: Cache) -> Iterator[Inflow]:
    """What a cache lets through: its misses, and its writes where it writes through."""
    hit_ratio = cache.spec.hit_ratio
    yield Inflow(cache, None if hit_ratio is None else 1.0 - hit_ratio, READ, "reads")
    if cache.spec.strategy in ("write-through", "write-back"):
        yield Inflow(cache, 1.0, WRITE, "writes")
