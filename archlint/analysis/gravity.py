"""Where components stand, how far they are from each other, and what moving data between them costs.

Sources: J. Gray, "Distributed computing economics", ACM Queue 6(3), 2008 (moving data against computing on it);
D. McCrory, "Data gravity in the clouds", 2010. Times in seconds, sizes in bytes, prices in USD per GB of 10^9
bytes, costs in USD per month of 30.4375 days.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, cached_property
from typing import Any, TypeAlias

from archlint.analysis.instances import placement, scale
from archlint.analysis.paths import Ways
from archlint.analysis.promises import Promises
from archlint.analysis.values import Known
from archlint.records import dataclass
from archlint.system.elements import (
    NONE,
    Call,
    Caller,
    Client,
    Component,
    Datastore,
    Dependency,
    External,
    Flow,
    System,
    Topic,
    stated,
)

MONTH = 30.4375 * 86400
"""Seconds."""

GB = 1e9

RARE = 0.01
"""Share of requests below which a step cannot move the 99th percentile."""

Shares: TypeAlias = Mapping[str, float]
"""Of instances, by region or zone; they add up to 1, or there are none because a place is not known."""


def transfer_cost(rate: float, size: float, price: float) -> float:
    """USD per month of `rate` transfers a second of `size` bytes each."""
    return rate * size / GB * price * MONTH


def sequential_time(calls: float, parallel: int, rtt: float) -> float:
    """Seconds on the wire of `calls` round trips of which `parallel` are in flight at once."""
    return math.ceil(calls / max(1, parallel) - 1e-9) * rtt


@dataclass(frozen=True, slots=True)
class Objective:
    """The p99, in seconds, that a component must answer within, and who promises it."""

    seconds: float
    by: Flow | Component


class Geography:
    """Regions, zones and the links between them, over all systems of a run."""

    def __init__(self, systems: Mapping[str, System]) -> None:
        self.systems = systems

    @cached_property
    def _region_of(self) -> dict[str, str]:
        """Of each zone; a region stands for itself."""
        found: dict[str, str] = {}
        for name, region in self._regions():
            found[name] = name
            found.update(dict.fromkeys(region.zones or (), name))
        return found

    def _regions(self) -> Iterator[tuple[str, Any]]:
        for system in self.systems.values():
            topology = system.manifest.topology
            yield from ((topology.regions or {}) if topology is not None else {}).items()

    @cached_property
    def _links(self) -> dict[frozenset[str], Any]:
        links: dict[frozenset[str], Any] = {}
        for system in self.systems.values():
            topology = system.manifest.topology
            for link in (topology.links or ()) if topology is not None else ():
                links.setdefault(frozenset(link.between), link)
        return links

    @cached_property
    def is_wide(self) -> bool:
        """Whether the run knows more than one region."""
        return len(set(self._region_of.values())) > 1

    @cached_property
    def prices_zones(self) -> bool:
        """Whether any link between two places of one region has a price."""
        return any(
            link.price is not None and len({self._region_of.get(place) for place in ends}) == 1
            for ends, link in self._links.items()
        )

    def region(self, place: str | None) -> str | None:
        """The region of a zone, or the region itself; None where no topology holds it."""
        return None if place is None else self._region_of.get(place)

    def rtt(self, one: str, other: str) -> float | None:
        """Seconds of a round trip between two regions: 0 within one, None where no link states it."""
        link = self._links.get(frozenset((one, other)))
        return 0.0 if one == other else None if link is None else link.rtt

    def price(self, one: str, other: str) -> float | None:
        """USD per GB between two regions or zones: 0 within one place, None where no link states it."""
        link = self._links.get(frozenset((one, other)))
        return 0.0 if one == other else None if link is None else link.price

    def zones(self, component: Component) -> Shares:
        """Share of the component's instances in each zone that it states to stand in."""
        host = component.broker if isinstance(component, Topic) else component
        members = stated(host.spec, "replication.members")
        if stated(host.spec, "zones") is None and isinstance(members, list):
            return _of_members(members, "zone")
        names = stated(host.spec, "zones")
        if isinstance(names, dict):
            return _shares(names)
        size = scale(host)
        count = size.value.least if isinstance(size, Known) else 0
        return _shares(placement(host, count) if count else dict.fromkeys(_listed(names), 1))

    def regions(self, component: Component) -> Shares:
        """Share of the component's instances in each region; empty unless the regions of all are known."""
        if isinstance(component, External | Client):
            own = stated(component.spec, "region")
            return {own: 1.0} if own is not None else {}
        shares: dict[str, float] = {}
        for zone, share in self.zones(component).items():
            region = self._region_of.get(zone)
            if region is None:
                return {}
            shares[region] = shares.get(region, 0.0) + share
        members = stated(component.spec, "replication.members")
        return shares or (_of_members(members, "region") if isinstance(members, list) else {})

    def home(self, call: Call, target: Component) -> str | None:
        """The one zone that must answer the call: the primary's, for what only the primary does."""
        if not isinstance(target, Datastore) or stated(target.spec, "primary") is None:
            return None
        reads = call.spec.access == "read" and stated(target.spec, "reads_from") != "primary"
        return None if reads else str(stated(target.spec, "primary"))

    def answering(self, call: Call, target: Component) -> Shares:
        """The regions that can answer a call to the target."""
        home = self.region(self.home(call, target))
        return {home: 1.0} if home is not None else self.regions(target)

    def nearest(self, origin: str, places: Iterable[str]) -> float | None:
        """Seconds of the shortest round trip from a region to one of several; None where a link's is not stated."""
        times = [self.rtt(origin, place) for place in places]
        if 0.0 in times:
            return 0.0
        return None if not times or None in times else min(time for time in times if time is not None)

    @cached_property
    def objectives(self) -> dict[Component, Objective]:
        """The strictest p99 that binds each component: its own, or that of a flow which needs it for its requests."""
        found: dict[Component, Objective] = {}
        promised = [(Promises.objective(flow), flow) for flow in Promises(self.systems).flows]
        strict = [(slo.latency_p99, flow) for slo, flow in promised if slo.latency_p99 is not None]
        ways, apart = Ways(), cache(_tells_flows_apart)
        for seconds, flow in sorted(strict, key=lambda pair: pair[0]):
            for component in _needed_by(flow, found, ways, apart):
                found[component] = Objective(float(seconds), flow)
        for system in self.systems.values():
            for component in system.components.values():
                own = stated(component.spec, "slo.latency_p99")
                if isinstance(own, float | int) and (component not in found or own < found[component].seconds):
                    found[component] = Objective(float(own), component)
        return found


def _needed_by(
    flow: Flow, known: Mapping[Component, Any], ways: Ways, apart: Callable[[Component], bool]
) -> Iterator[Component]:
    """What the flow's requests wait for and no stricter flow does, first the entry.

    Behind a component that is known already all is, unless some calls are made for some flows only.
    """
    assert flow.entry is not None
    seen = {flow.entry}
    queue = deque(seen)
    while queue:
        component = queue.popleft()
        if component not in known:
            yield component
        elif not apart(component):
            continue
        for edge in ways.out_of(component, flow, entered=component is flow.entry):
            if _is_waited_for(edge):
                fresh = [target for target in edge.targets if target not in seen]
                seen.update(fresh)
                queue.extend(fresh)


def _tells_flows_apart(component: Component) -> bool:
    calls = component.calls if isinstance(component, Caller) else ()
    return any(call.operation or call.spec.only_in for call in calls)


def _is_waited_for(edge: Dependency) -> bool:
    call = edge.item
    return isinstance(call, Call) and edge.hard and len(edge.targets) == 1 and is_in_request(call)


def is_in_request(call: Call) -> bool:
    """Whether a request in a hundred or more waits for the call's answer."""
    spec = call.spec
    return (
        not spec.asynchronous
        and spec.phase == "runtime"
        and spec.rate is None
        and spec.every is None
        and spec.share > RARE
        and bool(spec.per_request)
    )


def _listed(names: Any) -> list[str]:
    return [] if names is None or names == NONE else list(names)


def _of_members(members: list[Any], place: str) -> Shares:
    held: dict[str, int] = {}
    for member in members:
        name = getattr(member, place)
        if name is None:
            return {}
        held[name] = held.get(name, 0) + (1 if member.count is None else member.count)
    return _shares(held)


def _shares(held: Mapping[str, float]) -> Shares:
    total = sum(held.values())
    return {place: count / total for place, count in held.items() if count} if total else {}


def copies_by_region(geography: Geography, store: Component, copies: int) -> dict[str, int]:
    """Where the copies of a store stand, spread over its zones as evenly as can be; empty if not known."""
    members = stated(store.spec, "replication.members")
    if isinstance(members, list):
        held: dict[str, int] = {}
        for member in members:
            region = geography.region(member.zone) or geography.region(member.region)
            if region is None:
                return {}
            if member.votes is not False and member.mode != "async":
                held[region] = held.get(region, 0) + (1 if member.count is None else member.count)
        return held
    regions: dict[str, int] = {}
    for zone, count in placement(store, copies).items():
        region = geography.region(zone)
        if region is None:
            return {}
        if count:
            regions[region] = regions.get(region, 0) + count
    return regions


def commit_time(geography: Geography, leader: str, held: Mapping[str, int], quorum: int) -> float | None:
    """Seconds from the leader to the (quorum - 1)th nearest other copy; None where a link's time is not stated."""
    times: list[tuple[float, int]] = []
    for region, count in held.items():
        time = geography.rtt(leader, region)
        if time is None:
            return None
        times.append((time, count))
    reached, longest = 0, 0.0
    for time, count in sorted(times) if quorum > 0 else ():
        if reached < quorum and count:
            reached, longest = reached + count, time
    return longest
