"""Names become references: every reference of a system is resolved, or is a MAN004 with a suggestion."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from archlint.manifest.problems import Problem
from archlint.system.build import listed
from archlint.system.dependencies import join
from archlint.system.elements import (
    NONE,
    Call,
    Component,
    Consume,
    DependsOn,
    Flow,
    Path,
    Publish,
    System,
    Topic,
)
from archlint.system.mentions import mentions
from archlint.system.references import Directory, Unresolved, outside

_OWNED = ("transactions", "locks", "changes", "reservations", "projections", "snapshots", "shadow", "filters")


def link_system(system: System, directory: Directory) -> list[Problem]:
    """Resolve the references of a system and join its components; gives the references that mean nothing."""
    linker = _Linker(system, directory)
    for caller in system.callers:
        for call in caller.calls:
            linker.link_call(call)
        for publish in caller.publishes:
            linker.link_publish(publish)
        for consume in caller.consumes:
            linker.link_consume(consume)
    for component in system.components.values():
        for depends in component.depends_on:
            linker.link_depends_on(depends)
        linker.link_component(component)
    for flow in system.flows.values():
        linker.link_flow(flow)
    linker.link_mentions()
    linker.link_names()
    return linker.problems


class _Linker:
    """Walks one system, keeping the problems met on the way."""

    def __init__(self, system: System, directory: Directory) -> None:
        self.system = system
        self.directory = directory
        self.problems: list[Problem] = []

    @cached_property
    def places(self) -> frozenset[str]:
        return places(self.system)

    def component(self, path: Path, reference: str | None, *, topic: bool = False) -> Component | None:
        """The component that a reference names, None (and a problem) where it names nothing."""
        if reference is None or reference == NONE:
            return None
        found = self.directory.find(self.system, reference, topic=topic)
        if isinstance(found, Unresolved):
            self.problems.append(Problem(code="MAN004", message=found.message, path=path))
            return None
        return found

    def topic(self, path: Path, reference: str | None) -> Topic | None:
        found = self.component(path, reference, topic=True)
        if found is None or isinstance(found, Topic):
            return found
        if found.spec is not None:
            message = f"`{reference}` is a {found.kind}; a topic is named `broker/topic`"
            self.problems.append(Problem(code="MAN004", message=message, path=path))
        return None

    def present(self, path: Path, reference: str) -> Component:
        """As `component`; for a name that means nothing a component that nothing is known of stands in."""
        found = self.component(path, reference)
        return found if found is not None else outside(self.system, reference)

    def components(self, path: Path, references: Any) -> tuple[Component, ...]:
        """The components of a list of references."""
        return tuple(self.present((*path, index), name) for index, name in enumerate(listed(references)))

    def link_call(self, call: Call) -> None:
        spec = call.spec
        if spec.any_of:
            call.targets = self.components(self._alternatives(call), spec.any_of)
        else:
            call.targets = (self.present((*call.path, "to"), spec.to),)
        if spec.fallback is not None and spec.fallback != NONE:
            call.fallback = self.component((*call.path, "fallback", "to"), spec.fallback.to)
        call.through = self.components((*call.path, "through"), spec.through)
        join(call.caller, call.targets, "call", call)

    def _alternatives(self, call: Call) -> Path:
        """`any_of` may stand beside `to` or inside it."""
        path = (*call.path, "any_of")
        stands_beside = self.system.document.spans.value_place(path) is not None
        return path if stands_beside else (*call.path, "to", "any_of")

    def link_publish(self, publish: Publish) -> None:
        publish.topic = self.topic((*publish.path, "to"), publish.spec.to)
        if publish.topic is not None:
            publish.topic.publishers.append(publish)
        target = publish.topic or outside(self.system, publish.spec.to)
        join(publish.publisher, (target,), "publish", publish)

    def link_consume(self, consume: Consume) -> None:
        consume.topic = self.topic((*consume.path, "from"), consume.spec.source)
        consume.dead_letter = self.topic((*consume.path, "dead_letter"), consume.spec.dead_letter)
        if consume.topic is not None:
            consume.topic.consumers.append(consume)
            join(consume.consumer, (consume.topic,), "consume", consume)
        if consume.dead_letter is not None:
            join(consume.consumer, (consume.dead_letter,), "dead_letter", consume)

    def link_depends_on(self, depends: DependsOn) -> None:
        depends.targets = (self.present((*depends.path, "on"), depends.spec.on),)
        fallback = depends.spec.fallback
        if fallback is not None and fallback != NONE:
            depends.fallback = self.component((*depends.path, "fallback", "to"), fallback.to)
        join(depends.owner, depends.targets, "depends_on", depends)

    def link_flow(self, flow: Flow) -> None:
        flow.entry = self.component((*flow.path, "entry"), flow.spec.entry)
        if flow.entry is not None:
            flow.entry.entered_by.append(flow)

    def link_component(self, component: Component) -> None:
        """References that are fields of a component: what runs it, backs it, or stands in for it."""
        spec, path = component.spec, component.path
        runs_on = self.components((*path, "runs_on"), getattr(spec, "runs_on", None))
        for host in runs_on:
            join(component, (host,), "runs_on", component)
        for field in ("backed_by", "replica_of"):
            reference = getattr(spec, field, None)
            if reference is not None and reference != NONE:
                join(component, (self.present((*path, field), reference),), field, component)
        failover = getattr(spec, "failover", None)
        if failover is not None and failover != NONE:
            for field in ("to", "controller"):
                self._link_failover(component, field, getattr(failover, field, None))
        if isinstance(component, Topic):
            join(component, (component.broker,), "topic", component)

    def _link_failover(self, component: Component, field: str, reference: str | None) -> None:
        """A failover goes to a component or to a place (a zone, a region, a domain)."""
        if reference is not None and reference not in self.places:
            target = self.present((*component.path, "failover", field), reference)
            join(component, (target,), f"failover_{field}", component)

    def link_mentions(self) -> None:
        """What makes no edge must still name something."""
        for path, reference, place in mentions(self.system):
            if not (place and reference in self.places):
                self.component(path, reference)
        for topic in self.system.topics.values():
            self.topic((*topic.path, "dead_letter"), topic.spec.dead_letter)

    def link_names(self) -> None:
        """Owners, zones, flows, locks: names that are references only where the other side is stated."""
        system, manifest = self.system, self.system.manifest
        zones = dict.fromkeys(zone_names(system))
        if system.teams:
            self._owners()
        for component in system.components.values() if zones else ():
            self._zones(component.path, getattr(component.spec, "zones", None), zones)
            self._name((*component.path, "primary"), getattr(component.spec, "primary", None), zones, "zone")
        for call in system.calls:
            self._origins(call)
        for publish in system.publishes:
            self._origins(publish)
        for name, reservation in manifest.reservations.items():
            self._name(("reservations", name, "lock"), reservation.lock, system.locks, "lock")

    def _owners(self) -> None:
        system, manifest = self.system, self.system.manifest
        self._name(("system", "owner"), system.spec.owner, system.teams, "team")
        for element in (*system.components.values(), *system.flows.values()):
            self._name((*element.path, "owner"), getattr(element.spec, "owner", None), system.teams, "team")
        for section in _OWNED:
            for name, spec in getattr(manifest, section).items():
                self._name((section, name, "owner"), getattr(spec, "owner", None), system.teams, "team")

    def _zones(self, path: Path, stated_zones: Any, known: Mapping[str, Any]) -> None:
        if isinstance(stated_zones, dict):
            for zone in stated_zones:
                self._name((*path, "zones", zone), zone, known, "zone", on_key=True)
        elif stated_zones != NONE:
            for index, zone in enumerate(listed(stated_zones)):
                self._name((*path, "zones", index), zone, known, "zone")

    def _origins(self, item: Call | Publish) -> None:
        origins = listed(item.spec.only_in)
        if origins:
            operations = getattr(item.owner.spec, "operations", None) or {}
            known = ChainMap[str, Any](self.system.flows, operations)
            for index, origin in enumerate(origins):
                self._name((*item.path, "in", index), origin, known, "operation or flow")

    def _name(self, path: Path, name: str | None, known: Mapping[str, Any], kind: str, *, on_key: bool = False) -> None:
        if name is None or name == NONE or name in known:
            return
        near = self.directory.suggest(name, known)
        message = f"`{name}` is no {kind} of the manifest" + (f"; did you mean `{near}`?" if near else "")
        self.problems.append(Problem(code="MAN004", message=message, path=path, on="key" if on_key else "value"))


def zone_names(system: System) -> list[str]:
    """The zones that the topology states, in its order; regions stand for themselves where they have none."""
    topology = system.manifest.topology
    names: list[str] = []
    for region, spec in (topology.regions or {}).items() if topology is not None else ():
        zones = list(spec.zones) if spec is not None and spec.zones else []
        names.extend(zones or [region])
    return names


def places(system: System) -> frozenset[str]:
    """Names of zones, regions and domain values: what may stand where a component is named by its place."""
    names = set(zone_names(system))
    topology = system.manifest.topology
    if topology is not None:
        names.update(topology.regions or {})
    for component in system.components.values():
        names.update(str(value) for value in (getattr(component.spec, "domains", None) or {}).values())
        provider = getattr(component.spec, "provider", None)
        if provider:
            names.add(provider)
    return frozenset(names)
