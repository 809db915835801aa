"""PostgreSQL as the operators of Zalando and CloudNativePG run it."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.importers.draft import Component
from archlint.importers.kubernetes.cron import interval
from archlint.importers.kubernetes.objects import Object, Objects
from archlint.importers.kubernetes.operators.resource import (
    Around,
    Resource,
    count,
    primary_and_copies,
    state_resources,
    state_settings,
    state_size,
    technology,
)
from archlint.importers.quantities import duration
from archlint.importers.reading.tree import Part

ZALANDO = "postgresql.acid.zalan.do"
CLUSTER, SCHEDULED, POOLER = (f"{kind}.postgresql.cnpg.io" for kind in ("Cluster", "ScheduledBackup", "Pooler"))
KNOWN = frozenset(
    {SCHEDULED, "OperatorConfiguration.acid.zalan.do"}
    | {f"{kind}.postgresql.cnpg.io" for kind in ("Backup", "Database", "ImageCatalog", "ClusterImageCatalog")}
)
_SYNCHRONOUS = {"any": "quorum", "first": "sync"}


def resources_of(objects: Objects) -> Iterator[Resource]:
    for item in objects.of(ZALANDO):
        services = primary_and_copies(item.name, f"{item.name}-repl")
        yield Resource(item, "datastores", item.name, services, _state_zalando)
        if item.spec["enableConnectionPooler"].flag():
            services = primary_and_copies(f"{item.name}-pooler")
            yield Resource(item, "networks", f"{item.name}-pooler", services, _state_zalando_pooler, "-pooler")
    backups: dict[tuple[str, str], list[Object]] = {}
    for item in objects.of(SCHEDULED):
        backups.setdefault((item.namespace, item.spec["cluster"]["name"].text() or ""), []).append(item)
    for item in objects.of(CLUSTER):
        services = primary_and_copies(f"{item.name}-rw", f"{item.name}-ro", f"{item.name}-r")
        yield Resource(
            item, "datastores", item.name, services, _state_cluster, parts=backups.get((item.namespace, item.name), [])
        )
    for item in objects.of(POOLER):
        yield Resource(item, "networks", item.name, primary_and_copies(item.name), _state_pooler)


def _state_zalando(resource: Resource, component: Component, around: Around) -> None:
    spec = resource.spec
    version = spec["postgresql"]["version"]
    component.state("technology", technology("postgresql", version.text()), version.origin)
    _state_nodes(component, spec["numberOfInstances"], "Patroni")
    state_size(component, spec["volume"]["size"])
    state_settings(component, spec["postgresql"]["parameters"])
    synchronous = spec["patroni"]["synchronous_mode"]
    if synchronous.flag() is not None and (count(spec["numberOfInstances"]) or 0) > 1:
        component.state("replication.mode", "sync" if synchronous.flag() else "async", synchronous.origin)
    schedule = spec["logicalBackupSchedule"]
    if spec["enableLogicalBackup"].flag():
        component.state("backup.every", interval(schedule.text() or "30 00 * * *"), schedule.origin)


def _state_zalando_pooler(resource: Resource, component: Component, around: Around) -> None:
    pooler = resource.spec["connectionPooler"]
    component.state("kind", "pooler", resource.spec["enableConnectionPooler"].origin)
    component.state("technology", "pgbouncer", resource.spec["enableConnectionPooler"].origin)
    component.state("instances", count(pooler["numberOfInstances"]), pooler["numberOfInstances"].origin)
    _state_behind(resource, component, resource.spec["enableConnectionPooler"], around)


def _state_cluster(resource: Resource, component: Component, around: Around) -> None:
    spec = resource.spec
    image = spec["imageName"] if spec["imageName"] else spec["imageCatalogRef"]["major"]
    version = (image.text() or "").rpartition(":")[2]
    component.state("technology", technology("postgresql", version), image.origin if image else resource.origin)
    _state_nodes(component, spec["instances"], "CloudNativePG")
    state_size(component, spec["storage"]["size"])
    state_settings(component, spec["postgresql"]["parameters"])
    state_resources(component, spec["resources"])
    _state_synchronous(component, spec)
    _state_backup(resource, component)
    _state_placement(resource, component)
    source = spec["replica"]["source"]
    if spec["replica"]["enabled"].flag() and around.draft.find(source.text() or "") is not None:
        component.state("replica_of", source.text(), source.origin)


def _state_nodes(component: Component, instances: Part, operator: str) -> None:
    """The operators promote a copy themselves, and keep the old primary from writing."""
    nodes = count(instances)
    component.state("instances", nodes, instances.origin)
    if nodes is not None and nodes > 1:
        component.state("failover.automatic", True, instances.origin.noted(f"{operator} promotes a copy by itself"))


def _state_synchronous(component: Component, spec: Part) -> None:
    synchronous, least = spec["postgresql"]["synchronous"], spec["minSyncReplicas"]
    if synchronous["method"].text():
        word = _SYNCHRONOUS.get(synchronous["method"].text() or "")
        component.state("replication.mode", word, synchronous["method"].origin)
    elif (count(least) or 0) > 0:
        component.state("replication.mode", "quorum", least.origin)


def _state_backup(resource: Resource, component: Component) -> None:
    backup = resource.spec["backup"]
    kept = backup["retentionPolicy"]
    text = kept.text() or ""
    days = {"d": 1, "w": 7, "m": 30}.get(text[-1:], 0)
    if days and text[:-1].isdigit():
        component.state("backup.retention", duration(int(text[:-1]) * days * 86_400), kept.origin)
    for item in resource.parts:
        if component.stated("backup.every") is None and not item.spec["suspend"].flag():
            schedule = item.spec["schedule"]
            component.state("backup.every", interval(schedule.text() or "", seconds=True), schedule.origin)


def _state_placement(resource: Resource, component: Component) -> None:
    """What the operator does of itself, once anything is known of how the pods are placed."""
    affinity, budget = resource.spec["affinity"], resource.spec["enablePDB"]
    key, kind = affinity["topologyKey"], affinity["podAntiAffinityType"]
    if key.text() and "zone" in (key.text() or ""):
        component.state("scheduling.spread", "zone", key.origin)
    elif kind.text() in ("required", "preferred"):
        component.state("scheduling.anti_affinity", kind.text(), kind.origin)
    if component.stated("scheduling") is None:
        return
    default = resource.origin.noted("CloudNativePG's default")
    placed = component.stated("scheduling.spread") or component.stated("scheduling.anti_affinity")
    if not placed and affinity["enablePodAntiAffinity"].flag() is not False:
        component.state("scheduling.anti_affinity", "preferred", default)
    if budget.flag() is not False and (count(resource.spec["instances"]) or 0) > 1:
        component.state("scheduling.disruption_budget.max_unavailable", 1, default)
    for probe in ("liveness", "readiness", "startup"):
        component.item("health_check", probe, resource.origin.noted("CloudNativePG probes instances"))


def _state_pooler(resource: Resource, component: Component, around: Around) -> None:
    spec = resource.spec
    component.state("kind", "pooler", resource.origin)
    component.state("technology", "pgbouncer", spec["pgbouncer"].origin)
    component.state("instances", count(spec["instances"], 1), spec["instances"].origin)
    _state_behind(resource, component, spec["cluster"]["name"], around)


def service_behind(pooler: Resource) -> str:
    """The name of what a pooler passes connections to."""
    if pooler.item.kind == ZALANDO:
        return pooler.item.name
    word = "ro" if pooler.spec["type"].text() == "ro" else "rw"
    return f"{pooler.spec['cluster']['name'].text()}-{word}"


def _state_behind(resource: Resource, component: Component, where: Part, around: Around) -> None:
    target = around.directory.named(resource.namespace, service_behind(resource))
    if target is not None:
        component.depend(target.name, where.origin)
