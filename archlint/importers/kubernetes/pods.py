"""What a pod says of itself: probes, processor and memory, where it may stand, how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from archlint.importers.draft import Component
from archlint.importers.kubernetes.amounts import amount, number
from archlint.importers.kubernetes.objects import Objects
from archlint.importers.kubernetes.selectors import selector_of
from archlint.importers.kubernetes.workloads import Workload
from archlint.importers.quantities import duration, size
from archlint.importers.reading.files import Origin
from archlint.importers.reading.tree import Part

PROBES = (("liveness", "livenessProbe"), ("readiness", "readinessProbe"), ("startup", "startupProbe"))
_FIELDS = (("interval", "periodSeconds"), ("timeout", "timeoutSeconds"), ("startup_grace", "initialDelaySeconds"))
HOST_KEYS = frozenset({"kubernetes.io/hostname", "failure-domain.beta.kubernetes.io/hostname"})
ZONE_KEYS = frozenset({"topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"})


def state_pod(workload: Workload, defaults: Defaults) -> None:
    component, pod = workload.at, workload.pod
    if not workload.containers:
        return
    if workload.section != "jobs":
        _state_probes(component, workload)
        if workload.kind == "DaemonSet":
            component.state(
                "scheduling.spread", "every-host", workload.origin.noted("a DaemonSet runs one on each node")
            )
        else:
            _state_placement(component, workload)
        grace = pod["terminationGracePeriodSeconds"]
        if (seconds := grace.integer()) is not None and seconds >= 0:
            component.state("deploy.drain", duration(seconds), grace.origin)
    _state_compute(component, workload, defaults)
    priority = pod["priorityClassName"]
    component.state("scheduling.priority", priority.text(), priority.origin)
    _state_zone(component, pod)


# Probes


def _state_probes(component: Component, workload: Workload) -> None:
    """The first probe of each kind, the main container's before those of others: one makes the pod unready."""
    containers = sorted(workload.containers, key=lambda container: container is not workload.main)
    found = False
    for kind, key in PROBES:
        probe = next((container[key] for container in containers if container[key].is_mapping), None)
        if probe is not None:
            found = True
            _state_probe(component, kind, probe)
    if not found:
        component.state("health_check", "none", workload.main.origin.noted("no probe"))


def _state_probe(component: Component, kind: str, probe: Part) -> None:
    stated = component.item("health_check", kind, probe.origin)
    for field, key in _FIELDS:
        if (seconds := probe[key].integer()) is not None and seconds >= 0:
            stated.state(field, duration(seconds), probe[key].origin)
    if (failures := probe["failureThreshold"].integer()) is not None and failures >= 0:
        stated.state("failures", failures, probe["failureThreshold"].origin)


# Processor and memory


class Defaults:
    """What the namespace gives containers that say nothing themselves."""

    def __init__(self, objects: Objects, namespace: str) -> None:
        self._ranges = [
            limit
            for item in objects.of("LimitRange")
            if item.namespace == namespace
            for limit in item.spec["limits"].each()
            if limit["type"].text() == "Container"
        ]

    def get(self, which: str, resource: str) -> Part | None:
        keys = ("defaultRequest", "default") if which == "requests" else ("default",)
        found = (limit[key][resource] for limit in self._ranges for key in keys if limit[key][resource])
        return next(found, None)


def _state_compute(component: Component, workload: Workload, defaults: Defaults) -> None:
    """The sums over all containers, where each of them says it."""
    said = {which: _state_sums(component, workload, which, defaults) for which in ("requests", "limits")}
    own, origin = _compute(workload.main, "limits", "memory", defaults)
    if own is not None and workload.section == "services" and component.stated("scheduling.limits.memory") is not None:
        component.state("memory.limit", size(int(own)), origin)
    where = workload.main.origin
    if not said["limits"]:
        component.state("scheduling.limits", "none", where.noted("no limits"))
        if not said["requests"]:
            component.state("scheduling.requests", "none", where.noted("no requests"))


def _state_sums(component: Component, workload: Workload, which: str, defaults: Defaults) -> bool:
    """Whether any container says anything of these."""
    said = False
    for resource in ("cpu", "memory"):
        stated = [_compute(container, which, resource, defaults) for container in workload.containers]
        known = [(value, origin) for value, origin in stated if value is not None]
        said = said or bool(known)
        if not known or len(known) < len(stated):
            continue
        total, origin = sum((value for value, _ in known), Decimal(0)), known[0][1]
        if len(known) > 1:
            origin = origin.noted(f"of {len(known)} containers together")
        written: int | float | str = number(total) if resource == "cpu" else size(int(total))
        component.state(f"scheduling.{which}.{resource}", written, origin)
    return said


def _compute(container: Part, which: str, resource: str, defaults: Defaults) -> tuple[Decimal | None, Origin]:
    part = container["resources"][which][resource]
    found = amount(part)
    if found is None and (given := defaults.get(which, resource)) is not None:
        return amount(given), given.origin.noted("the namespace's default")
    return (found or None), part.origin


# Placement


def _state_placement(component: Component, workload: Workload) -> None:
    apart, spread = list(_apart(workload)), list(_spread(workload))
    on_hosts = [(strength, origin) for strength, key, origin in apart if key in HOST_KEYS]
    over_zones = [origin for _, key, origin in apart if key in ZONE_KEYS]
    over_zones += [origin for key, origin in spread if key in ZONE_KEYS]
    over_hosts = [origin for key, origin in spread if key in HOST_KEYS]
    for strength in ("required", "preferred"):
        for stated, origin in on_hosts:
            if stated == strength and component.stated("scheduling.anti_affinity") is None:
                component.state("scheduling.anti_affinity", strength, origin)
    if over_zones:
        component.state("scheduling.spread", "zone", over_zones[0])
    elif over_hosts:
        component.state("scheduling.spread", "host", over_hosts[0])
    elif not on_hosts:
        where = workload.pod["affinity"]["podAntiAffinity"]
        note = "its anti-affinity selects no pod of its own" if where else "no anti-affinity"
        component.state("scheduling.anti_affinity", "none", (where if where else workload.item).origin.noted(note))


def _apart(workload: Workload) -> Iterator[tuple[str, str, Origin]]:
    """Strength, topology key and place of the rules that keep its own pods apart."""
    rules = workload.pod["affinity"]["podAntiAffinity"]
    for strength in ("required", "preferred"):
        for item in rules[f"{strength}DuringSchedulingIgnoredDuringExecution"].each():
            term = item["podAffinityTerm"] if strength == "preferred" else item
            key = term["topologyKey"].text()
            if key is not None and _selects_itself(term, workload):
                yield strength, key, term["topologyKey"].origin


def _selects_itself(term: Part, workload: Workload) -> bool:
    selector = selector_of(term["labelSelector"])
    if selector is None or not selector.selects(workload.labels):
        return False
    spaces = [space.text() for space in term["namespaces"].each()]
    return not spaces or workload.namespace in spaces or term["namespaceSelector"].is_mapping


def _spread(workload: Workload) -> Iterator[tuple[str, Origin]]:
    for constraint in workload.pod["topologySpreadConstraints"].each():
        key, selector = constraint["topologyKey"].text(), selector_of(constraint["labelSelector"])
        if key is not None and selector is not None and selector.selects(workload.labels):
            yield key, constraint["topologyKey"].origin


def _state_zone(component: Component, pod: Part) -> None:
    """The zone, where only one is allowed."""
    for key in sorted(ZONE_KEYS):
        zone = pod["nodeSelector"][key]
        if zone.text():
            component.state("zones", [zone.text()], zone.origin)
    wanted = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    terms = list(wanted["nodeSelectorTerms"].each())
    for expression in terms[0]["matchExpressions"].each() if len(terms) == 1 else ():
        values = [text for value in expression["values"].each() if (text := value.text())]
        if expression["key"].text() in ZONE_KEYS and expression["operator"].text() == "In" and len(values) == 1:
            component.state("zones", values, expression["values"].origin)
