"""How many instances a component has, where they stand, and what one of them can serve (design.md 3.1)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from archlint.analysis.values import Known, Unknown
from archlint.system.elements import NONE, Broker, Cache, Component, Datastore, stated


@dataclass(frozen=True, slots=True)
class Scale:
    """How many instances a component has: at least, at most, and what makes it grow (None: nothing)."""

    least: int
    most: int
    target: float = 1.0

    def at(self, load: float, rate_of_one: float) -> int:
        """Instances at a load: autoscaling keeps each at `target` of the rate that one can serve."""
        if self.least == self.most or rate_of_one <= 0:
            return self.least
        wanted = math.ceil(load / (rate_of_one * self.target) - 1e-9)
        return min(max(wanted, self.least), self.most)


def instances_field(component: Component) -> str:
    """The field that states how many instances a component has."""
    return "nodes" if isinstance(component, Datastore | Cache | Broker) else "replicas"


def scale(component: Component) -> Known[Scale] | Unknown:
    """Least and most instances, from `replicas` or `nodes`, else from zones with counts."""
    name = instances_field(component)
    count = stated(component.spec, name)
    if isinstance(count, int):
        return Known(Scale(count, count))
    if count is not None and count != NONE:
        least, most = count.min, count.max
        if least is not None or most is not None:
            low = least if least is not None else 1
            return Known(Scale(low, most if most is not None else low, _target(component)))
    zones = stated(component.spec, "zones")
    if isinstance(zones, dict) and zones:
        total = sum(zones.values())
        return Known(Scale(total, total), "derived")
    return Unknown(name)


def _target(component: Component) -> float:
    """The share of an instance's rate at which autoscaling holds it; 1 where it is not stated."""
    target = stated(component.spec, "autoscaling.target")
    return float(target) if isinstance(target, float | int) and 0 < target <= 1 else 1.0


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


def rate_of_one(component: Component) -> Known[float] | Unknown:
    """Requests per second of one replica: min(per_replica, concurrency / service_time)."""
    per_replica = stated(component.spec, "capacity.per_replica")
    slots = stated(component.spec, "capacity.concurrency")
    held = stated(component.spec, "capacity.service_time")
    rates = [float(per_replica)] if per_replica is not None else []
    if slots is not None and held:
        rates.append(slots / held)
    return Known(min(rates), "derived") if rates else Unknown("capacity.per_replica")


def servers(component: Component) -> Known[int] | Unknown:
    """Servers of one replica for queueing: min(concurrency, ceil(per_replica x service_time))."""
    per_replica = stated(component.spec, "capacity.per_replica")
    slots = stated(component.spec, "capacity.concurrency")
    held = stated(component.spec, "capacity.service_time")
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
