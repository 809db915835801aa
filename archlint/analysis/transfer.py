"""What a system moves between regions or zones in a month, and what that costs.

A lower bound: requests count as answered in their own region where their target stands there too, and replication
sends a write once to each other region. Between zones of a region, requests spread over all zones alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from archlint.analysis.gravity import Geography, Shares, transfer_cost
from archlint.analysis.list_prices import ListPrice, between_zones
from archlint.analysis.load import Load
from archlint.analysis.traffic import TrafficMap, periodic_rate
from archlint.analysis.values import Known, Unknown
from archlint.records import dataclass
from archlint.system.elements import (
    Call,
    Client,
    Component,
    Consume,
    Datastore,
    Element,
    External,
    Outside,
    Publish,
    System,
    stated,
)

if TYPE_CHECKING:
    from archlint.knowledge.catalogue import Catalogue

Scope: TypeAlias = Literal["region", "zone"]
Crossing: TypeAlias = tuple[str, str, float]
"""From, to, and the share of the transfers that take this way."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """What crosses on one way: `rate` transfers a second of `size` bytes; `price` in USD per GB.

    `field` of `at` is what decides whether it crosses at all. `source` says whose price it is, where the manifest
    states none.
    """

    at: Element
    field: str
    what: str
    ends: tuple[str, str]
    rate: float
    size: float
    price: float
    source: str = ""

    @property
    def cost(self) -> float:
        """USD per month."""
        return transfer_cost(self.rate, self.size, self.price)


@dataclass(frozen=True, slots=True)
class Moved:
    """The transfers of a system whose cost is known, the dearest first, and the fields that the rest lacks."""

    transfers: tuple[Transfer, ...]
    missing: tuple[str, ...]

    @property
    def cost(self) -> float:
        return sum(transfer.cost for transfer in self.transfers)


class Transfers:
    """The transfers of every system of a run."""

    def __init__(self, systems: Mapping[str, System], geography: Geography, load: Load, knowledge: Catalogue) -> None:
        self.geography = geography
        self.knowledge = knowledge
        self.load = load
        self.systems = systems

    @cached_property
    def _traffic(self) -> TrafficMap:
        return TrafficMap(self.systems)

    def has_zone_prices(self, system: System) -> bool:
        """Whether anything is known of what it costs to cross from one zone to another."""
        return self.geography.prices_zones or any(
            between_zones(part, self.knowledge) is not None and len(self.geography.zones(part)) > 1
            for part in system.components.values()
        )

    def of(self, system: System, scope: Scope) -> Moved:
        """What the system's own components move, at their mean load."""
        found, missing = list[Transfer](), dict[str, None]()
        for transfer in self._all(system, scope):
            if isinstance(transfer, Unknown):
                missing.update(dict.fromkeys(transfer.fields))
            elif transfer.cost:
                found.append(transfer)
        return Moved(tuple(sorted(found, key=lambda transfer: (-transfer.cost, transfer.what))), tuple(missing))

    def _all(self, system: System, scope: Scope) -> Iterator[Transfer | Unknown]:
        for call in system.calls:
            if not isinstance(call.caller, Client):
                yield from self._of_call(call, scope)
        for publish in system.publishes:
            yield from self._of_publish(publish, scope)
        for consume in system.consumes:
            yield from self._of_consume(consume, scope)

    def _of_call(self, call: Call, scope: Scope) -> Iterator[Transfer | Unknown]:
        target = call.target
        if target is None or isinstance(target, Outside) or call.spec.phase not in ("runtime", "control"):
            return
        ways = list(self._ways(call, target, scope))
        if ways:
            sizes = {"payload": call.spec.payload, "response": call.spec.response}
            field = "payload" if call.spec.payload is not None else "response"
            ends = (call.caller, target)
            yield from self._on(call, field, call.label, ways, self.mean_of_call(call), sizes, ends)
        if call.spec.access != "read" and isinstance(target, Datastore):
            yield from self._of_replication(call, target, scope)

    def _of_replication(self, call: Call, store: Datastore, scope: Scope) -> Iterator[Transfer | Unknown]:
        """A write goes to every other place that keeps a copy."""
        if call.spec.access is None or stated(store.spec, "replication.mode") in (None, "none"):
            return
        held = self.geography.regions(store) if scope == "region" else self.geography.zones(store)
        primary = stated(store.spec, "primary")
        leader = self.geography.region(primary) if scope == "region" else primary
        leader = leader if leader in held else next(iter(held), None)
        if leader is None:
            return
        others = [place for place in held if place != leader and self._is_in_scope(leader, place, scope)]
        ways = [(leader, place, 1.0) for place in others]
        if ways:
            what, sizes = f"replication of {store.label}", {"payload": call.spec.payload}
            yield from self._on(call, "payload", what, ways, self.mean_of_call(call), sizes, ())

    def _of_publish(self, publish: Publish, scope: Scope) -> Iterator[Transfer | Unknown]:
        if publish.topic is not None:
            ways = list(self._between(self._places(publish.owner), self._places(publish.topic), scope))
            if ways:
                what, sizes = f"{publish.owner.label} -> {publish.topic.label}", {"size": publish.spec.size}
                ends = (publish.owner, publish.topic)
                yield from self._on(publish, "size", what, ways, self.mean_of_publish(publish), sizes, ends)

    def _of_consume(self, consume: Consume, scope: Scope) -> Iterator[Transfer | Unknown]:
        """Each group reads every message once."""
        if consume.topic is None:
            return
        ways = list(self._between(self._places(consume.topic), self._places(consume.owner), scope, pulled=True))
        if ways:
            what = f"{consume.topic.label} -> {consume.owner.label}"
            for publish in consume.topic.publishers:
                mean, ends = self.mean_of_publish(publish), (consume.topic, consume.owner)
                yield from self._on(consume, "from", what, ways, mean, {"publishes.size": publish.spec.size}, ends)

    def _on(
        self,
        at: Element,
        field: str,
        what: str,
        ways: list[Crossing],
        mean: Known[float] | Unknown,
        sizes: Mapping[str, float | None],
        ends: Sequence[Component],
    ) -> Iterator[Transfer | Unknown]:
        lacking = [name for name, size in sizes.items() if size is None]
        if lacking:
            yield Unknown(*lacking)
        size = sum(size for size in sizes.values() if size is not None)
        if isinstance(mean, Unknown):
            yield mean
            return
        for origin, end, share in ways:
            price, source = self.geography.price(origin, end), ""
            listed = self._listed(ends) if price is None and self._is_in_scope(origin, end, "zone") else None
            if listed is not None:
                price, source = listed
            if price is None:
                yield Unknown("topology.links")
            else:
                yield Transfer(at, field, what, (origin, end), mean.value * share, size, price, source)

    def _listed(self, ends: Sequence[Component]) -> ListPrice | None:
        """What the provider of one of them asks. What it replicates by itself, it does not bill."""
        return next((price for end in ends if (price := between_zones(end, self.knowledge)) is not None), None)

    def _places(self, component: Component) -> Shares:
        """By zone, or by region for what has no zone."""
        return self.geography.zones(component) or self.geography.regions(component)

    def _ways(self, call: Call, target: Component, scope: Scope) -> Iterator[Crossing]:
        home = self.geography.home(call, target)
        if isinstance(target, External) and scope == "zone":
            return
        yield from self._between(
            self._places(call.caller), {home: 1.0} if home is not None else self._places(target), scope
        )

    def _between(self, origins: Shares, ends: Shares, scope: Scope, *, pulled: bool = False) -> Iterator[Crossing]:
        """`pulled`: the ends fetch, and choose where from."""
        if pulled:
            for end, origin, share in self._between(ends, origins, scope):
                yield origin, end, share
            return
        for origin, share in origins.items():
            near = {end: part for end, part in ends.items() if self._is_in_scope(origin, end, "zone")}
            if scope == "zone":
                whole = sum(near.values())
                yield from ((origin, end, share * part / whole) for end, part in near.items() if end != origin)
            elif not near:
                yield from self._cheapest(origin, ends, share)

    def _cheapest(self, origin: str, ends: Shares, share: float) -> Iterator[Crossing]:
        home = self.geography.region(origin)
        others = [region for region in map(self.geography.region, ends) if region is not None]
        if home is None or not others:
            return
        prices = {region: self.geography.price(home, region) for region in others}
        yield home, min(prices, key=lambda region: prices[region] or 0.0), share

    def _is_in_scope(self, one: str, other: str, scope: Scope) -> bool:
        """Whether a way between two places is one of the scope: within a region, or between two."""
        alike = self.geography.region(one) == self.geography.region(other)
        return alike if scope == "zone" else not alike

    def mean_of_call(self, call: Call) -> Known[float] | Unknown:
        """Calls per second over 30 days."""
        periodic = periodic_rate(call)
        if periodic is not None:
            return periodic
        factor, mean = self._traffic.factor(call), self.mean_of(call.caller)
        if call.spec.only_in and factor is not None and any(name in call.system.flows for name in call.spec.only_in):
            return self._mean_of_flows(call, factor)
        return Unknown("share") if factor is None else _times(mean, factor)

    def _mean_of_flows(self, call: Call, factor: float) -> Known[float] | Unknown:
        flows = [call.system.flows[name] for name in call.spec.only_in if name in call.system.flows]
        means = [flow.spec.mean for flow in flows]
        if any(mean is None for mean in means):
            return Unknown("flows.*.mean")
        return Known(sum(means) * factor, "derived")

    def mean_of(self, caller: Component) -> Known[float] | Unknown:
        """Requests per second over 30 days: stated, or what flows state that alone bring requests."""
        own = stated(caller.spec, "load.mean")
        if own is not None:
            return Known(float(own))
        called = any(edge.kind == "call" and not isinstance(edge.source, Client) for edge in caller.incoming)
        means = [flow.spec.mean for flow in caller.entered_by]
        if called or not means or any(mean is None for mean in means):
            return Unknown("load.mean")
        return Known(float(sum(means)), "derived")

    def mean_of_publish(self, publish: Publish) -> Known[float] | Unknown:
        """Messages per second over 30 days."""
        if publish.spec.mean is not None:
            return Known(float(publish.spec.mean))
        factor = self._traffic.factor(publish)
        return Unknown("publishes.mean") if factor is None else _times(self.mean_of(publish.owner), factor)


def _times(mean: Known[float] | Unknown, factor: float) -> Known[float] | Unknown:
    return mean if isinstance(mean, Unknown) else Known(mean.value * factor, "derived")
