"""Failure domains: what takes several instances at once, and which part of a component stands in it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from functools import cached_property
from typing import Any

from archlint.records import dataclass
from archlint.system.elements import NONE, Component, Datastore, System, Topic, stated

WIDE = frozenset({"region", "provider", "account"})
"""Kinds that hold whole systems: standing in one of them is a fair choice where the budget bears its loss."""

SOFTWARE = frozenset({"image", "version", "software", "update_window"})
"""Kinds that all replicas of one component share by nature: they tell only of a part and its stand-in."""


@dataclass(frozen=True, slots=True)
class Domain:
    """A failure domain; one of the same kind and name is the same in every system of a run."""

    kind: str
    name: str

    @property
    def label(self) -> str:
        return f"{self.kind.replace('_', ' ').replace('-', ' ')} {self.name}"


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a component that stands in a domain.

    `places` of the `of` zones (or values of a domain's list) that hold instances lie in it; `instances` of
    the `total` stand there, None where the size of the component is not stated.
    """

    places: int
    of: int
    instances: int | None = None
    total: int | None = None

    @property
    def whole(self) -> bool:
        return self.places == self.of


class Topologies:
    """The domains that the zones and regions of each system lie in."""

    def __init__(self, systems: Mapping[str, System]) -> None:
        self._around = {system: _around_places(system) for system in systems.values()}
        self._shares: dict[Hashable, Mapping[Domain, Share]] = {}

    def around(self, system: System, place: str) -> tuple[Domain, ...]:
        """The zone or region itself, and the domains that it lies in."""
        return self._around.get(system, {}).get(place) or (Domain("zone", place),)

    def availability(self, domain: Domain) -> float | None:
        """What a topology states of a zone or region; None where none does."""
        return self._availabilities.get(domain)

    @cached_property
    def _availabilities(self) -> dict[Domain, float]:
        """Of several systems that state one the first counts."""
        known: dict[Domain, float] = {}
        for system in self._around:
            for domain, availability in _stated_availabilities(system).items():
                if availability is not None:
                    known.setdefault(domain, availability)
        return known

    def shares(self, component: Component, instances: int | None) -> Mapping[Domain, Share]:
        """Every domain that a component states to stand in, the ones around its zones included.

        A single instance that several zones may hold stands in none of them, only in what surrounds them all.
        Components that are placed alike share one answer.
        """
        placement = component.system, instances, _placement(component)
        found = self._shares.get(placement)
        if found is None:
            found = self._shares[placement] = self._placed(component, instances)
        return found

    def _placed(self, component: Component, instances: int | None) -> dict[Domain, Share]:
        found = self._by_zone(component, instances)
        values = stated(component.spec, "domains")
        for kind, named in values.items() if isinstance(values, dict) else ():
            names = list(named) if isinstance(named, list) else [named]
            for name, share in _spread(names, instances).items():
                found.setdefault(Domain(kind, str(name)), share)
        provider = stated(component.spec, "provider")
        if provider:
            found.setdefault(Domain("provider", str(provider)), Share(1, 1, instances, instances))
        return found

    def _by_zone(self, component: Component, instances: int | None) -> dict[Domain, Share]:
        counts = zone_counts(component, instances)
        floating = instances == 1 and len(counts) > 1
        of, total = len(counts), _sum(list(counts.values()))
        places: dict[Domain, list[int | None]] = {}
        for zone, count in counts.items():
            for domain in self.around(component.system, zone):
                places.setdefault(domain, []).append(count)
        return {
            domain: Share(len(held), of, _sum(held), total)
            for domain, held in places.items()
            if not floating or len(held) == of
        }


def _placement(component: Component) -> Hashable:
    """All that a component states of where it stands, in an order that tells."""
    spec = component.spec
    zones, domains, provider = (getattr(spec, name, None) for name in ("zones", "domains", "provider"))
    members = stated(spec, "replication.members") if zones is None or zones == NONE else None
    counts = tuple((member.zone, member.count) for member in members) if isinstance(members, list) else None
    return _frozen(zones), _frozen(domains), provider, counts


def _frozen(value: Any) -> Hashable:
    if isinstance(value, dict):
        return tuple((key, _frozen(item)) for key, item in value.items())
    return tuple(value) if isinstance(value, list) else value


def zone_counts(component: Component, instances: int | None) -> dict[str, int | None]:
    """Instances by zone, only of zones that hold some; None where the number is not stated."""
    zones = stated(component.spec, "zones")
    if isinstance(zones, dict):
        return {zone: count for zone, count in zones.items() if count}
    if zones is not None and zones != NONE:
        if instances == 1:
            return dict.fromkeys(zones, 1)
        return {zone: share.instances for zone, share in _spread(zones, instances).items()}
    return _members_by_zone(component)


def _members_by_zone(component: Component) -> dict[str, int | None]:
    members = stated(component.spec, "replication.members")
    counts: dict[str, int | None] = {}
    for member in members if isinstance(members, list) else ():
        if member.zone is None:
            return {}
        counts[member.zone] = (counts.get(member.zone) or 0) + (1 if member.count is None else member.count)
    return counts


def places_known(component: Component) -> bool:
    """Whether the manifest says in which zones the component stands."""
    zones = stated(component.spec, "zones")
    return bool(zones and zones != NONE) or bool(_members_by_zone(component))


def host_of(component: Component) -> Component:
    """The component whose nodes hold this one: a topic stands where its broker does."""
    return component.broker if isinstance(component, Topic) else component


def primary_stands_in(component: Component, domain: Domain, topologies: Topologies) -> bool:
    """Whether the node that takes writes may be lost with the domain; yes where its zone is not stated."""
    primary = stated(component.spec, "primary") if isinstance(component, Datastore) else None
    if primary is None or domain.kind in ("zone", "region"):
        return primary is None or domain in topologies.around(component.system, primary)
    return True


def _spread(names: Iterable[Any], instances: int | None) -> dict[Any, Share]:
    names = list(dict.fromkeys(names))
    if instances is None:
        return {name: Share(1, len(names)) for name in names}
    used = names[:instances]
    each, rest = divmod(instances, len(used)) if used else (0, 0)
    return {name: Share(1, len(used), each + (index < rest), instances) for index, name in enumerate(used)}


def _sum(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _around_places(system: System) -> dict[str, tuple[Domain, ...]]:
    topology = system.manifest.topology
    found: dict[str, tuple[Domain, ...]] = {}
    for name, region in (topology.regions or {}).items() if topology is not None else ():
        wide = [Domain("region", name)]
        if region.provider:
            wide.append(Domain("provider", region.provider))
        wide.extend(_stated_domains(region.domains))
        found[name] = tuple(dict.fromkeys(wide))
        zones = region.zones if isinstance(region.zones, dict) else dict.fromkeys(region.zones or ())
        for zone, spec in zones.items():
            own = _stated_domains(getattr(spec, "domains", None))
            found[zone] = tuple(dict.fromkeys((Domain("zone", zone), *own, *wide)))
    return found


def _stated_domains(values: Any) -> list[Domain]:
    """A place lies in one domain of a kind: a list, which would spread it, says nothing certain."""
    return [Domain(kind, name) for kind, name in (values or {}).items() if isinstance(name, str)]


def _stated_availabilities(system: System) -> dict[Domain, float | None]:
    topology = system.manifest.topology
    found: dict[Domain, float | None] = {}
    for name, region in (topology.regions or {}).items() if topology is not None else ():
        found[Domain("region", name)] = region.availability
        for zone, spec in region.zones.items() if isinstance(region.zones, dict) else ():
            found.setdefault(Domain("zone", zone), getattr(spec, "availability", None))
    return found
