"""Stores and brokers of operators whose resources say little more than how many and how large."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from archlint.importers.draft import Component, Section
from archlint.importers.kubernetes.objects import Objects
from archlint.importers.kubernetes.operators.resource import (
    Around,
    Resource,
    count,
    state_settings,
    state_size,
    technology,
)
from archlint.importers.reading.tree import Part
from archlint.records import dataclass

EACH = "*"
"""A step of a path that goes to every item of a list."""

Way = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """Where a kind of resource says what. `services` are the names that it is offered under, `{}` for its own."""

    section: Section
    slug: str
    nodes: Way
    services: Way = ("{}",)
    disk: Way = ()
    version: Way = ("version",)
    settings: Way = ()
    otherwise: int | None = None
    copies: Way = ()


_CLAIM = ("volumeClaimTemplates", EACH, "spec", "resources", "requests", "storage")
_DISK = ("resources", "requests", "storage")

SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "RabbitmqCluster.rabbitmq.com": Shape(
            "brokers",
            "rabbitmq",
            ("replicas",),
            ("{}", "{}-nodes"),
            ("persistence", "storage"),
            ("image",),
            otherwise=1,
        ),
        "RedisFailover.databases.spotahome.com": Shape(
            "caches",
            "redis",
            ("redis", "replicas"),
            ("rfr-{}", "rfs-{}", "rfrm-{}"),
            version=("redis", "image"),
            disk=("redis", "storage", "persistentVolumeClaim", "spec", *_DISK),
            copies=("rfrs-{}",),
        ),
        **{
            f"{kind}.redis.redis.opstreelabs.in": Shape(
                "caches",
                "redis",
                nodes,
                ("{}", "{}-master", "{}-leader"),
                version=("kubernetesConfig", "image"),
                disk=("storage", "volumeClaimTemplate", "spec", *_DISK),
                copies=("{}-replica", "{}-follower"),
                otherwise=otherwise,
            )
            for kind, nodes, otherwise in (
                ("Redis", (), 1),
                ("RedisCluster", ("clusterSize",), None),
                ("RedisReplication", ("clusterSize",), None),
            )
        },
        "Prometheus.monitoring.coreos.com": Shape(
            "datastores",
            "prometheus",
            ("replicas",),
            ("prometheus-operated", "prometheus-{}"),
            ("storage", "volumeClaimTemplate", "spec", *_DISK),
            otherwise=1,
        ),
        "Dragonfly.dragonflydb.io": Shape("caches", "dragonfly", ("replicas",), version=("image",)),
        "Elasticsearch.elasticsearch.k8s.elastic.co": Shape(
            "datastores",
            "elasticsearch",
            ("nodeSets", EACH, "count"),
            ("{}-es-http", "{}-es-transport"),
            ("nodeSets", EACH, *_CLAIM),
        ),
        "OpenSearchCluster.opensearch.opster.io": Shape(
            "datastores",
            "opensearch",
            ("nodePools", EACH, "replicas"),
            disk=("nodePools", EACH, "diskSize"),
            version=("general", "version"),
        ),
        "MongoDBCommunity.mongodbcommunity.mongodb.com": Shape(
            "datastores",
            "mongodb",
            ("members",),
            ("{}-svc",),
            ("statefulSet", "spec", *_CLAIM),
            settings=("additionalMongodConfig",),
        ),
        "PerconaServerMongoDB.psmdb.percona.com": Shape(
            "datastores",
            "mongodb",
            ("replsets", EACH, "size"),
            ("{}-rs0", "{}-mongos"),
            version=("image",),
            disk=("replsets", EACH, "volumeSpec", "persistentVolumeClaim", *_DISK),
        ),
        "PerconaXtraDBCluster.pxc.percona.com": Shape(
            "datastores",
            "mysql",
            ("pxc", "size"),
            ("{}-pxc", "{}-haproxy", "{}-proxysql"),
            version=("pxc", "image"),
            disk=("pxc", "volumeSpec", "persistentVolumeClaim", *_DISK),
            copies=("{}-haproxy-replicas",),
        ),
        "InnoDBCluster.mysql.oracle.com": Shape(
            "datastores", "mysql", ("instances",), disk=("datadirVolumeClaimTemplate", *_DISK)
        ),
        "MariaDB.k8s.mariadb.com": Shape(
            "datastores",
            "mariadb",
            ("replicas",),
            ("{}", "{}-primary"),
            ("storage", "size"),
            ("image",),
            otherwise=1,
            copies=("{}-secondary",),
        ),
        "PostgresCluster.postgres-operator.crunchydata.com": Shape(
            "datastores",
            "postgresql",
            ("instances", EACH, "replicas"),
            ("{}-ha", "{}-primary", "{}-pgbouncer"),
            ("instances", EACH, "dataVolumeClaimSpec", *_DISK),
            ("postgresVersion",),
            ("patroni", "dynamicConfiguration", "postgresql", "parameters"),
            copies=("{}-replicas",),
        ),
        "CassandraDatacenter.cassandra.datastax.com": Shape(
            "datastores",
            "cassandra",
            ("size",),
            ("{}-service", "{}-all-pods-service"),
            ("storageConfig", "cassandraDataVolumeClaimSpec", *_DISK),
            ("serverVersion",),
            settings=("config", "cassandra-yaml"),
        ),
        "ScyllaCluster.scylla.scylladb.com": Shape(
            "datastores",
            "scylladb",
            ("datacenter", "racks", EACH, "members"),
            ("{}-client",),
            ("datacenter", "racks", EACH, "storage", "capacity"),
        ),
        "CrdbCluster.crdb.cockroachlabs.com": Shape(
            "datastores",
            "cockroachdb",
            ("nodes",),
            ("{}-public", "{}"),
            ("dataStore", "pvc", "spec", *_DISK),
            ("cockroachDBVersion",),
        ),
        "ZookeeperCluster.zookeeper.pravega.io": Shape(
            "datastores",
            "zookeeper",
            ("replicas",),
            ("{}-client", "{}-headless"),
            ("persistence", "spec", *_DISK),
            ("image", "tag"),
        ),
    }
)

KIBANA = "Kibana.kibana.k8s.elastic.co"


def resources_of(objects: Objects) -> Iterator[Resource]:
    for kind, shape in SHAPES.items():
        for item in objects.of(kind):
            services = {form.format(item.name): False for form in shape.services}
            services |= {form.format(item.name): True for form in shape.copies}
            yield Resource(item, shape.section, item.name, services, _state)
    for item in objects.of(KIBANA):
        yield Resource(item, "services", item.name, {f"{item.name}-kb-http": False}, _state_kibana)


def _state(resource: Resource, component: Component, around: Around) -> None:
    shape, spec = SHAPES[resource.item.kind], resource.spec
    version = _first(spec, shape.version)
    text = (version.text() or "").rpartition(":")[2]
    component.state("technology", technology(shape.slug, text), version.origin if version else resource.origin)
    found = [(number, part.origin) for part in _all(spec, shape.nodes) if (number := count(part)) is not None]
    if shape.nodes and found:
        origin = found[0][1].noted(f"{len(found)} sets together") if len(found) > 1 else found[0][1]
        component.state("instances", sum(number for number, _ in found), origin)
    elif shape.otherwise is not None:
        component.state("instances", shape.otherwise, resource.origin.noted("the operator's default"))
    state_size(component, _first(spec, shape.disk) if shape.disk else spec["-"])
    if shape.settings:
        state_settings(component, spec.at(*shape.settings))


def _all(part: Part, way: Way) -> Iterator[Part]:
    if not way:
        yield part
        return
    step, *rest = way
    for inner in part.each() if step == EACH else (part[step],):
        yield from _all(inner, tuple(rest))


def _first(part: Part, way: Way) -> Part:
    return next((found for found in _all(part, way) if found), part["-"])


def _state_kibana(resource: Resource, component: Component, around: Around) -> None:
    component.state("instances", count(resource.spec["count"]), resource.spec["count"].origin)
    reference = resource.spec["elasticsearchRef"]["name"]
    target = around.directory.named(resource.namespace, f"{reference.text()}-es-http")
    if target is not None:
        component.call(target.name, reference.origin)
