"""Kafka as Strimzi runs it: clusters, node pools, topics, Connect, MirrorMaker and the bridge."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from archlint.importers.addresses import named_hosts
from archlint.importers.draft import Component
from archlint.importers.kubernetes.amounts import amount
from archlint.importers.kubernetes.objects import Object, Objects
from archlint.importers.kubernetes.operators.resource import (
    Around,
    Resource,
    count,
    primary_and_copies,
    state_memory,
    state_resources,
    state_settings,
    technology,
)
from archlint.importers.names import as_name
from archlint.importers.quantities import duration, size
from archlint.importers.reading.files import Origin
from archlint.importers.reading.tree import Part

GROUP = "kafka.strimzi.io"
KAFKA, POOL, TOPIC = f"Kafka.{GROUP}", f"KafkaNodePool.{GROUP}", f"KafkaTopic.{GROUP}"
CONNECT, MIRROR, BRIDGE = f"KafkaConnect.{GROUP}", f"KafkaMirrorMaker2.{GROUP}", f"KafkaBridge.{GROUP}"
KNOWN = frozenset({POOL, TOPIC, f"KafkaUser.{GROUP}", f"KafkaConnector.{GROUP}", f"KafkaRebalance.{GROUP}"})

_CLUSTER = "strimzi.io/cluster"
_WHILE_SCHEDULED = "DuringSchedulingIgnoredDuringExecution"
_CLEANUP = {"delete": "delete", "compact": "compact"} | dict.fromkeys(
    ("compact,delete", "delete,compact"), "compact-delete"
)


def resources_of(objects: Objects) -> Iterator[Resource]:
    pools: dict[tuple[str, str], list[Object]] = {}
    for pool in objects.of(POOL):
        pools.setdefault((pool.namespace, pool.label(_CLUSTER) or ""), []).append(pool)
    for item in objects.of(KAFKA):
        services = {f"{item.name}-kafka-bootstrap": False, f"{item.name}-kafka-brokers": False}
        parts = pools.get((item.namespace, item.name), [])
        yield Resource(item, "brokers", item.name, services, _state_kafka, parts=parts)
        if count(item.spec["zookeeper"]["replicas"]):
            services = {f"{item.name}-zookeeper-client": False}
            yield Resource(item, "datastores", f"{item.name}-zookeeper", services, _state_zookeeper, "-zookeeper")
    for item in objects.of(CONNECT):
        yield Resource(item, "services", item.name, primary_and_copies(f"{item.name}-connect-api"), _state_client)
    for item in objects.of(BRIDGE):
        yield Resource(item, "services", item.name, primary_and_copies(f"{item.name}-bridge-service"), _state_client)
    for item in objects.of(MIRROR):
        yield Resource(item, "services", item.name, primary_and_copies(f"{item.name}-mirrormaker2-api"), _state_mirror)


# The cluster


def _state_kafka(resource: Resource, component: Component, around: Around) -> None:
    kafka = resource.spec["kafka"]
    version = kafka.first("version", "metadataVersion")
    slug = technology("kafka", kafka["version"].text())
    component.state("technology", slug, version.origin if version else resource.origin)
    _state_mode(resource, component, around)
    if resource.parts:
        _state_pools(resource, component)
    else:
        component.state("instances", count(kafka["replicas"]), kafka["replicas"].origin)
        _state_storage(component, kafka["storage"])
        state_resources(component, kafka["resources"])
    state_settings(component, kafka["config"])
    _state_operator(component, kafka, resource.origin)


def _state_mode(resource: Resource, component: Component, around: Around) -> None:
    """Who keeps the cluster's state: its own controllers, or ZooKeeper."""
    zookeeper, kraft = resource.spec["zookeeper"], resource.item.annotation("strimzi.io/kraft")
    if zookeeper:
        component.state("mode", "zookeeper", zookeeper.origin)
        target = around.directory.named(resource.namespace, f"{resource.item.name}-zookeeper-client")
        if target is not None:
            component.depend(target.name, zookeeper.origin)
    elif kraft.text() == "enabled":
        component.state("mode", "kraft", kraft.origin)
    elif resource.parts:
        component.state("mode", "kraft", resource.parts[0].origin.noted("node pools without ZooKeeper"))


def _state_pools(resource: Resource, component: Component) -> None:
    brokers = [pool for pool in resource.parts if "broker" in _roles(pool)]
    voters = [pool for pool in resource.parts if "controller" in _roles(pool)]
    _state_sum(component, "instances", brokers)
    _state_sum(component, "voters", voters)
    for pool in brokers:
        if component.stated("disk.size") is None:
            _state_storage(component, pool.spec["storage"])
        if component.stated("scheduling") is None:
            state_resources(component, pool.spec["resources"])


def _roles(pool: Object) -> set[str | None]:
    return {role.text() for role in pool.spec["roles"].each()} or {"broker"}


def _state_sum(component: Component, field: str, pools: list[Object]) -> None:
    parts = [pool.spec["replicas"] for pool in pools if count(pool.spec["replicas"]) is not None]
    if not parts:
        return
    origin = parts[0].origin
    if len(parts) > 1:
        origin = origin.noted(f"pools {' and '.join(pool.name for pool in pools)} together")
    component.state(field, sum(part.integer() or 0 for part in parts), origin)


def _state_storage(component: Component, storage: Part) -> None:
    """Disk of one broker: all its volumes."""
    volumes = list(storage["volumes"].each()) if storage["volumes"].is_list else [storage]
    sizes = [amount(volume["size"]) for volume in volumes if volume["size"]]
    if sizes and all(sizes):
        total = sum((found for found in sizes if found is not None), Decimal(0))
        origin = volumes[0]["size"].origin
        if len(sizes) > 1:
            origin = origin.noted(f"{len(sizes)} volumes")
        component.state("disk.size", size(int(total)), origin)


def _state_operator(component: Component, kafka: Part, origin: Origin) -> None:
    """What the operator does of itself, once anything is known of how the pods are placed."""
    rack = kafka["rack"]["topologyKey"]
    if rack.text():
        component.state("scheduling.spread", "zone" if "zone" in (rack.text() or "") else None, rack.origin)
    pod = kafka["template"]["pod"]
    apart = pod["affinity"]["podAntiAffinity"]
    stated = (strength for strength in ("required", "preferred") if apart[f"{strength}{_WHILE_SCHEDULED}"])
    component.state("scheduling.anti_affinity", next(stated, None), apart.origin)
    if component.stated("scheduling") is None:
        return
    budget = kafka["template"]["podDisruptionBudget"]["maxUnavailable"]
    found = count(budget)
    where = budget.origin if found is not None else origin.noted("Strimzi's default")
    component.state("scheduling.disruption_budget.max_unavailable", 1 if found is None else found, where)
    for kind in ("liveness", "readiness"):
        component.item("health_check", kind, origin.noted("Strimzi probes brokers"))


def _state_zookeeper(resource: Resource, component: Component, around: Around) -> None:
    zookeeper = resource.spec["zookeeper"]
    component.state("technology", "zookeeper", zookeeper.origin)
    component.state("instances", count(zookeeper["replicas"]), zookeeper["replicas"].origin)
    _state_storage(component, zookeeper["storage"])
    state_resources(component, zookeeper["resources"])
    _state_operator(component, zookeeper, resource.origin)


# Topics


def state_topics(objects: Objects, names: dict[tuple[str, str], str], around: Around) -> list[Object]:
    """The topics of the clusters that are drafted, by namespace and name of the resource; and those without one."""
    lost = []
    for item in objects.of(TOPIC):
        broker = around.draft.find(names.get((item.namespace, item.label(_CLUSTER) or ""), ""))
        if broker is None:
            lost.append(item)
            continue
        named = item.spec["topicName"]
        name = as_name(named.text() or item.name)
        if name:
            _state_topic(broker, name, item)
    return lost


def _state_topic(broker: Component, name: str, item: Object) -> None:
    topic, config = broker.topic(name, item.origin), item.spec["config"]
    for field, key in (("partitions", "partitions"), ("replication_factor", "replicas")):
        if found := count(item.spec[key]):
            topic.state(field, found, item.spec[key].origin)
    least, kept, clean = (config[key] for key in ("min.insync.replicas", "retention.ms", "cleanup.policy"))
    topic.state("min_insync_replicas", count(least), least.origin)
    if (milliseconds := kept.integer()) is not None:
        retention = "unlimited" if milliseconds < 0 else duration(Decimal(milliseconds) / 1000)
        topic.state("retention", retention, kept.origin)
    policy = ",".join(part.strip() for part in (clean.text() or "").split(","))
    topic.state("cleanup", _CLEANUP.get(policy), clean.origin)
    for key, value in config.items():
        if key not in ("min.insync.replicas", "retention.ms", "cleanup.policy") and value.text() is not None:
            topic.entry("settings", key, value.value, value.origin)


# What works with clusters


def _state_client(resource: Resource, component: Component, around: Around) -> None:
    component.state("instances", count(resource.spec["replicas"], 1), resource.spec["replicas"].origin)
    state_memory(component, resource.spec["resources"])
    _depend(resource, component, resource.spec["bootstrapServers"], None, around)


def _state_mirror(resource: Resource, component: Component, around: Around) -> None:
    """It reads from one cluster and writes to another; a cluster that nothing else describes is a broker too."""
    component.state("instances", count(resource.spec["replicas"], 1), resource.spec["replicas"].origin)
    state_memory(component, resource.spec["resources"])
    for cluster in (*resource.spec["clusters"].each(), resource.spec["target"]):
        _depend(resource, component, cluster["bootstrapServers"], cluster["alias"], around)
    for mirror in resource.spec["mirrors"].each():
        source = mirror["source"]
        _depend(resource, component, source["bootstrapServers"], source["alias"], around)


def _depend(resource: Resource, component: Component, servers: Part, alias: Part | None, around: Around) -> None:
    for address in named_hosts(servers.text() or ""):
        target = around.directory.host(address.host, resource.namespace)
        if target is not None:
            component.depend(target.name, servers.origin)
            return
    name = as_name(alias.text() or "") if alias is not None and servers else ""
    if alias is not None and name and name != component.name:
        broker = around.draft.component("brokers", name, alias.origin)
        broker.state("technology", "kafka", servers.origin)
        component.depend(name, servers.origin)
