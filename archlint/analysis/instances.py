"""How many instances a component has, where they stand, and what one of them can serve (design.md 3.1)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from archlint.analysis.values import Known, Unknown
from archlint.records import dataclass
from archlint.system.elements import NONE, Broker, Cache, Component, Datastore, Network, stated

_OF_NODES = (Datastore, Cache, Broker, Network)


@dataclass(frozen=True, slots=True)
class Scale:
    """How many instances a component has, at least and at most.

    `target` is the share of an instance's rate at which autoscaling holds it; None where it is not stated.
    """

    least: int
    most: int
    target: float | None = None

    @property
    def is_fixed(self) -> bool:
        return self.least == self.most

    def at(self, load: float, rate_of_one: float) -> int | None:
        """Instances at a load, of which one can serve `rate_of_one`; None where that rests on the target."""
        if self.is_fixed:
            return self.least
        full = self._clamp(load, rate_of_one)
        if self.target is None:
            return full if full == self.most else None
        return self._clamp(load, rate_of_one * self.target)

    def _clamp(self, load: float, rate: float) -> int:
        if rate <= 0:
            return self.most
        return min(max(math.ceil(load / rate - 1e-9), self.least), self.most)


def instances_field(component: Component) -> str:
    """The field that states how many instances a component has."""
    return "nodes" if isinstance(component, _OF_NODES) else "replicas"


def scale(component: Component) -> Known[Scale] | Unknown:
    """Least and most instances, from `replicas` or `nodes`, else from zones with counts."""
    count = getattr(component.spec, instances_field(component), None)
    if isinstance(count, int):
        return _fixed(count)
    least, most = fewest(component), greatest(component)
    if isinstance(least, Unknown):
        return least
    if isinstance(most, Unknown):
        return most
    return Known(Scale(least.value, most.value, _target(component)), least.basis)


@lru_cache
def _fixed(count: int) -> Known[Scale]:
    return Known(Scale(count, count))


def fewest(component: Component) -> Known[int] | Unknown:
    """The least number of instances: what redundancy counts on."""
    return _bound(component, "min")


def greatest(component: Component) -> Known[int] | Unknown:
    """The largest number of instances: what connections, meshes and limits count with."""
    return _bound(component, "max")


def _bound(component: Component, end: str) -> Known[int] | Unknown:
    name = instances_field(component)
    count = stated(component.spec, name)
    if isinstance(count, int):
        return Known(count)
    if count is not None and count != NONE:
        bound = getattr(count, end)
        return Unknown(f"{name}.{end}") if bound is None else Known(bound)
    zones = stated(component.spec, "zones")
    if isinstance(zones, dict) and zones:
        return Known(sum(zones.values()), "derived")
    return Unknown(name)


def _target(component: Component) -> float | None:
    target = stated(component.spec, "autoscaling.target")
    return float(target) if isinstance(target, float | int) and 0 < target <= 1 else None


def zones(component: Component) -> tuple[str, ...]:
    """The zones that a component states to stand in, in its order; empty where it states none."""
    found = stated(component.spec, "zones")
    return () if found is None or found == NONE else tuple(found)


def placement(component: Component, instances: int) -> Mapping[str, int]:
    """How many of `instances` stand in each zone: as the manifest counts them, else spread evenly."""
    found = stated(component.spec, "zones")
    if isinstance(found, dict):
        counted = sum(found.values())
        if not counted:
            return {}
        return {zone: math.ceil(instances * count / counted - 1e-9) for zone, count in found.items()}
    names = zones(component)
    if not names:
        return {}
    each, rest = divmod(instances, len(names))
    return {zone: each + (index < rest) for index, zone in enumerate(names)}


def _capacity(component: Component) -> tuple[Any, Any, Any]:
    """The rate, the slots and the service time of one replica, None where they are not stated."""
    capacity = getattr(component.spec, "capacity", None)
    per_replica, slots = getattr(capacity, "per_replica", None), getattr(capacity, "concurrency", None)
    return per_replica, slots, getattr(capacity, "service_time", None)


def rate_of_one(component: Component) -> Known[float] | Unknown:
    """Requests per second of one replica: min(per_replica, concurrency / service_time)."""
    per_replica, slots, held = _capacity(component)
    rates = [float(per_replica)] if per_replica is not None else []
    if slots is not None and held:
        rates.append(slots / held)
    return Known(min(rates), "derived") if rates else Unknown("capacity.per_replica")


def servers(component: Component) -> Known[int] | Unknown:
    """Servers of one replica for queueing: min(concurrency, ceil(per_replica x service_time))."""
    per_replica, slots, held = _capacity(component)
    if slots is None or held is None:
        missing = {"capacity.concurrency": slots, "capacity.service_time": held}
        return Unknown(*(name for name, value in missing.items() if value is None))
    if per_replica is None:
        return Known(int(slots))
    return Known(max(1, min(int(slots), math.ceil(per_replica * held - 1e-9))))


def surge(component: Component, instances: int) -> int:
    """Instances that a deploy adds for a while; 0 where the manifest states none."""
    extra = stated(component.spec, "deploy.max_surge")
    if extra is None or extra == NONE:
        return 0
    return int(extra) if isinstance(extra, int) else math.ceil(instances * float(extra) - 1e-9)


def fullest_zone(component: Component, instances: int) -> int:
    """How many of `instances` stand in the zone that holds most of them; 0 where no zone is stated."""
    return max(placement(component, instances).values(), default=0)
