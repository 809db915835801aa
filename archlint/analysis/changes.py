"""What changes cost: harmful changes a year x time to undo one x the share of users that it reaches (design.md 3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archlint.analysis.downtime import YEAR
from archlint.analysis.instances import fewest, zones
from archlint.analysis.values import Known, Unknown
from archlint.records import dataclass
from archlint.system.elements import NONE, Component, System, stated

if TYPE_CHECKING:
    from archlint.manifest.models.changes import ChangeSpec

QUANTITIES = ("per", "failure_rate", "restore")


@dataclass(frozen=True, slots=True)
class Share:
    """The share of users that a bad change reaches before it is noticed: `least` if each step is watched in full."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Change:
    """A class of changes of a system: how many harm a year, and the seconds that one of them lasts."""

    system: System
    name: str
    per_year: float
    failure_rate: float
    restore: float
    share: Share

    @property
    def downtime(self) -> float:
        """Expected seconds a year, weighted by the users that notice, if each step is watched."""
        return self.per_year * self.failure_rate * self.restore * self.share.least

    @property
    def worst_downtime(self) -> float:
        return self.per_year * self.failure_rate * self.restore * self.share.most


def classes_of(system: System) -> dict[str, ChangeSpec]:
    """The classes of change that the manifest names, but for those that it says are never made."""
    return {name: spec for name, spec in system.manifest.changes.items() if stated(spec, "per") != 0}


def change(system: System, name: str, entry: Component) -> Known[Change] | Unknown:
    """One class of changes, as users of the entry feel it; unknown where a quantity is not stated."""
    spec = system.manifest.changes[name]
    missing = [f"changes.{name}.{field}" for field in QUANTITIES if getattr(spec, field) is None]
    if missing:
        return Unknown(*missing)
    per_year, rate, restore = float(spec.per or 0) * YEAR, float(spec.failure_rate or 0), float(spec.restore or 0)
    return Known(Change(system, name, per_year, rate, restore, exposed_share(system, spec, entry)), "derived")


def reaches(spec: ChangeSpec, components: set[str]) -> bool:
    """Whether a component of these takes the change: all do unless `consumers` says which."""
    return spec.consumers is None or not components.isdisjoint(spec.consumers)


def exposed_share(system: System, spec: ChangeSpec, entry: Component) -> Share:
    """How far a bad change has come when it is noticed: the steps that `bake` lets pass during the detection."""
    steps = [float(step) for step in spec.steps] if isinstance(spec.steps, list) else []
    if not steps:
        steps = [_reach(system, spec, entry)]
    if spec.bake is None or isinstance(spec.bake, str):
        return Share(steps[0] if spec.bake is None else 1.0, 1.0)
    bake = float(spec.bake)
    detection = detection_time(system)
    if detection is None or detection <= bake:
        return Share(steps[0], steps[0])
    passed = int(detection / bake) if bake else len(steps)
    reached = steps[passed] if passed < len(steps) else 1.0
    return Share(reached, reached)


def detection_time(system: System) -> float | None:
    """Seconds from trouble to alert, None where it is not stated."""
    found = stated(system.manifest.operations, "monitoring.detection")
    return None if found is None or found == NONE else float(found)


def _reach(system: System, spec: ChangeSpec, entry: Component) -> float:
    """The share of users behind what one step reaches at once; all of them where it is not stated."""
    parts = 1
    if spec.scope in ("instance", "host"):
        count = fewest(entry)
        parts = count.value if isinstance(count, Known) else 1
    elif spec.scope == "cell":
        return _largest_cell(entry)
    elif spec.scope == "zone":
        parts = len(zones(entry))
    elif spec.scope == "region" and system.manifest.topology is not None:
        regions = system.manifest.topology.regions or {}
        parts = sum(any(zone in (region.zones or ()) for zone in zones(entry)) for region in regions.values())
    return 1.0 / max(1, parts)


def _largest_cell(entry: Component) -> float:
    share: Any = stated(entry.spec, "cells.largest_share")
    count: Any = stated(entry.spec, "cells.count")
    if isinstance(share, float):
        return share
    return 1.0 / count if isinstance(count, int) and count else 1.0
