"""Names become references: every reference of a system is resolved, or is a MAN004 with a suggestion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    Path,
    Publish,
    System,
    Topic,
)
from archlint.system.references import Directory, Unresolved, outside, suggest


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
        flow.entry = linker.component((*flow.path, "entry"), flow.spec.entry)
    linker.link_operations()
    linker.link_workflows()
    linker.link_names()
    return linker.problems


class _Linker:
    """Walks one system, keeping the problems met on the way."""

    def __init__(self, system: System, directory: Directory) -> None:
        self.system = system
        self.directory = directory
        self.problems: list[Problem] = []

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

    def components(self, path: Path, references: Any) -> tuple[Component, ...]:
        """The components of a list of references; the ones that mean nothing are left out."""
        found = (
            self.component((*path, index), reference) for index, reference in enumerate(listed(references))
        )
        return tuple(component for component in found if component is not None)

    def link_call(self, call: Call) -> None:
        spec = call.spec
        if spec.any_of:
            call.targets = self.components(self._alternatives(call), spec.any_of)
        else:
            target = self.component((*call.path, "to"), spec.to)
            call.targets = (target if target is not None else outside(self.system, spec.to),)
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
            join(publish.publisher, (publish.topic,), "publish", publish)

    def link_consume(self, consume: Consume) -> None:
        consume.topic = self.topic((*consume.path, "from"), consume.spec.source)
        consume.dead_letter = self.topic((*consume.path, "dead_letter"), consume.spec.dead_letter)
        if consume.topic is not None:
            consume.topic.consumers.append(consume)
            join(consume.consumer, (consume.topic,), "consume", consume)
        if consume.dead_letter is not None:
            join(consume.consumer, (consume.dead_letter,), "dead_letter", consume)

    def link_depends_on(self, depends: DependsOn) -> None:
        target = self.component((*depends.path, "on"), depends.spec.on)
        depends.targets = (target,) if target is not None else ()
        fallback = depends.spec.fallback
        if fallback is not None and fallback != NONE:
            reference = fallback if isinstance(fallback, str) else fallback.to
            depends.fallback = self.component((*depends.path, "fallback"), reference)
        join(depends.owner, depends.targets, "depends_on", depends)

    def link_component(self, component: Component) -> None:
        """References that are fields of a component: what runs it, backs it, or stands in for it."""
        spec, path = component.spec, component.path
        runs_on = self.components((*path, "runs_on"), getattr(spec, "runs_on", None))
        for host in runs_on:
            join(component, (host,), "runs_on", component)
        for field in ("backed_by", "replica_of"):
            target = self.component((*path, field), getattr(spec, field, None))
            if target is not None:
                join(component, (target,), field, component)
        failover = getattr(spec, "failover", None)
        if failover is not None and failover != NONE:
            for field in ("to", "controller"):
                self._link_failover(component, field, getattr(failover, field, None))
        if isinstance(component, Topic):
            join(component, (component.broker,), "topic", component)

    def _link_failover(self, component: Component, field: str, reference: str | None) -> None:
        """A failover goes to a component or to a place (a zone, a region, a domain)."""
        if reference is None or reference in places(self.system):
            return
        target = self.component((*component.path, "failover", field), reference)
        if target is not None:
            join(component, (target,), f"failover_{field}", component)

    def link_operations(self) -> None:
        """What the tools of an incident need: components, or places and domains by name."""
        operations = self.system.manifest.operations
        if operations is None:
            return
        known = places(self.system)
        for path, references in operation_references(operations):
            for index, reference in enumerate(listed(references)):
                if reference not in known:
                    self.component((*path, index), reference)

    def link_workflows(self) -> None:
        for transaction in self.system.transactions.values():
            path, spec = transaction.path, transaction.spec
            self.component((*path, "orchestrator"), spec.orchestrator)
            for index, step in enumerate(listed(spec.steps)):
                self.component((*path, "steps", index, "on"), step.on)
        for lock in self.system.locks.values():
            self.component((*lock.path, "store"), lock.spec.store)

    def link_names(self) -> None:
        """Owners, zones, flows and operations: names that are references only where the other side is stated."""
        system = self.system
        teams, zones = list(system.teams), zone_names(system)
        for component in system.components.values():
            spec, path = component.spec, component.path
            if teams:
                self._name((*path, "owner"), getattr(spec, "owner", None), teams, "team")
            if zones:
                self._zones(path, getattr(spec, "zones", None), zones)
                self._name((*path, "primary"), getattr(spec, "primary", None), zones, "zone")
        if teams:
            self._name(("system", "owner"), system.spec.owner, teams, "team")
        for call in system.calls:
            self._origins(call)

    def _zones(self, path: Path, stated_zones: Any, known: Sequence[str]) -> None:
        if isinstance(stated_zones, dict):
            for zone in stated_zones:
                self._name((*path, "zones", zone), zone, known, "zone", on_key=True)
        elif stated_zones != NONE:
            for index, zone in enumerate(listed(stated_zones)):
                self._name((*path, "zones", index), zone, known, "zone")

    def _origins(self, call: Call) -> None:
        origins = listed(getattr(call.spec, "only_in", None))
        if origins:
            known = [*(getattr(call.caller.spec, "operations", None) or {}), *self.system.flows]
            for index, origin in enumerate(origins):
                self._name((*call.path, "in", index), origin, known, "operation or flow")

    def _name(
        self, path: Path, name: str | None, known: Sequence[str], kind: str, *, on_key: bool = False
    ) -> None:
        if name is None or name == NONE or name in known:
            return
        near = suggest(name, known)
        message = f"`{name}` is no {kind} of the manifest" + (f"; did you mean `{near}`?" if near else "")
        self.problems.append(
            Problem(code="MAN004", message=message, path=path, on="key" if on_key else "value")
        )


def zone_names(system: System) -> list[str]:
    """The zones that the topology states, in its order; regions stand for themselves where they have none."""
    topology = system.manifest.topology
    names: list[str] = []
    for region, spec in (topology.regions or {}).items() if topology is not None else ():
        zones = list(spec.zones) if spec is not None and spec.zones else []
        names.extend(zones or [region])
    return names


def places(system: System) -> set[str]:
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
    return names


def operation_references(operations: Any) -> Iterable[tuple[Path, Any]]:
    """The lists of names under `operations`, each with its path."""
    monitoring = operations.monitoring
    if monitoring is not None and monitoring != NONE:
        yield ("operations", "monitoring", "runs_on"), monitoring.runs_on
    independence = operations.independence
    if independence is not None:
        for tool in type(independence).model_fields:
            yield ("operations", "independence", tool), getattr(independence, tool)
    access = operations.access
    if access is not None and access != NONE:
        yield ("operations", "access", "depends_on"), access.depends_on
