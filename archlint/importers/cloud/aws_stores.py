"""Stores and caches of AWS: databases, tables, buckets, file systems, search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from archlint.importers.cloud.facts import (
    DAY,
    GIB,
    state_count,
    state_parameters,
    state_setting,
    state_size,
    state_subnet_zones,
    state_technology,
    state_tier,
    state_zones,
)
from archlint.importers.cloud.resources import Cloud, Resource
from archlint.importers.cloud.values import Value
from archlint.importers.draft import INSTANCES, Component, Draft
from archlint.importers.quantities import duration
from archlint.importers.reading.files import Origin

_ENGINES = ("postgresql", "mysql", "mariadb", "sqlserver", "oracle")
_MEMBERS = MappingProxyType(
    {
        "aws_rds_cluster_instance": "aws_rds_cluster",
        "aws_docdb_cluster_instance": "aws_docdb_cluster",
        "aws_neptune_cluster_instance": "aws_neptune_cluster",
    }
)
_GROUPS = ("aws_db_parameter_group", "aws_rds_cluster_parameter_group", "aws_elasticache_parameter_group")
_DAILY = "automated backups: daily, with logs every five minutes"


def prepare(cloud: Cloud) -> None:
    """Let clusters stand for their instances."""
    for resource in cloud.of(*_MEMBERS, "aws_db_instance"):
        cluster = cloud.single(resource.get("cluster_identifier", "db_cluster_identifier"), *_CLUSTERS)
        if cluster is not None:
            cloud.stand_for(resource.id, cluster.id)
            resource.count = 0
            cluster.others.extend([resource.body, *resource.others])
    for bucket in cloud.of("aws_s3_bucket_versioning", "aws_s3_bucket_replication_configuration"):
        known = cloud.single(bucket.get("bucket"), "aws_s3_bucket")
        if known is not None:
            known.others.append(bucket.body)
    for resource in cloud.of("aws_dynamodb_table_replica"):
        table = cloud.single(resource.get("global_table_arn"), "aws_dynamodb_table")
        if table is not None:
            table.others.append(resource.body)


_CLUSTERS = ("aws_rds_cluster", "aws_docdb_cluster", "aws_neptune_cluster")


def _engine(text: str) -> str | None:
    text = text.lower().removeprefix("aurora-").replace("postgres", "postgresql").replace("postgresqlql", "postgresql")
    if text == "aurora":
        return "mysql"
    return next((engine for engine in _ENGINES if text.startswith(engine)), None)


def _database(resource: Resource, component: Component, cloud: Cloud) -> None:
    engine = resource.get("engine")
    mode = _engine(engine.text() or "")
    component.state("model", "relational", resource.origin)
    component.state("mode", mode, engine.origin)
    state_technology(component, "rds", resource.get("engine_version") or engine)
    is_doubled = resource.get("multi_az", "MultiAZ").flag()
    is_unset = resource.is_unset("multi_az", "MultiAZ")
    _doubled(component, False if is_unset else is_doubled, resource, is_unset)
    zone = resource.get("availability_zone")
    if zone.text() and not is_doubled:
        state_zones(component, zone)
    state_size(component, "disk.size", resource.get("allocated_storage"), GIB)
    _backup(resource, component)
    source = cloud.single(
        resource.get("replicate_source_db", "source_db_instance_identifier", "SourceDBInstanceIdentifier")
    )
    if source is not None and source.component is not None and source is not resource:
        component.state("replica_of", source.component.name, resource.get("replicate_source_db").origin)
    groups = cloud.reached(resource.get("parameter_group_name", "DBParameterGroupName"), *_GROUPS)
    state_parameters(component, mode or "", groups)


def _doubled(component: Component, is_doubled: bool | None, resource: Resource, is_default: bool) -> None:
    said = resource.get("multi_az", "MultiAZ")
    if is_doubled:
        component.state(INSTANCES, 2, said.origin)
        component.state("replication", {"mode": "sync", "factor": 2}, said.origin.noted("a standby in another zone"))
        component.state("failover", {"automatic": True, "scope": "zone"}, said.origin)
        state_tier(component, "multi-az", said.origin)
    elif is_doubled is False:
        origin = resource.origin.noted("no MultiAZ: one instance") if is_default else said.origin
        component.state(INSTANCES, 1, origin)
        state_tier(component, "single-az", origin)


def _backup(resource: Resource, component: Component) -> None:
    """Automated backups of RDS: daily, and logs every five minutes; none where they are kept for no days."""
    days = resource.get("backup_retention_period")
    kept = days.integer()
    if kept is None:
        is_replica = resource.get("source_db_instance_identifier", "SourceDBInstanceIdentifier")
        if resource.is_complete and not days and not is_replica:
            _kept(component, 1, resource.origin.noted("kept one day unless stated"))
    elif kept > 0:
        _kept(component, kept, days.origin.noted(_DAILY))
    elif kept == 0:
        component.state("backup", "none", days.origin)


def _kept(component: Component, days: int, origin: Origin) -> None:
    component.state("backup", {"every": "1d", "point_in_time": "5m", "retention": duration(days * DAY)}, origin)


def _cluster(resource: Resource, component: Component, cloud: Cloud) -> None:
    engine = resource.get("engine")
    text = engine.text() or ""
    is_aurora = resource.type == "aws_rds_cluster" and (text.startswith("aurora") or not text)
    component.state("mode", _engine(text) if resource.type == "aws_rds_cluster" else None, engine.origin)
    if is_aurora:
        state_technology(component, "aurora", resource.get("engine_version") or engine)
    elif resource.type == "aws_rds_cluster":
        state_technology(component, "rds", resource.get("engine_version") or engine)
        state_tier(component, "multi-az-cluster", engine.origin)
        component.state(INSTANCES, 3, engine.origin.noted("a Multi-AZ cluster: one writer, two readers"))
    if resource.type == "aws_rds_cluster":
        component.state("model", "relational", resource.origin)
    members = resource.others
    if members:
        component.state(INSTANCES, len(members), members[0].origin)
        if len(members) > 1:
            component.state("failover.automatic", True, members[0].origin.noted("a reader takes over"))
        zones = {zone for member in members if (zone := member.get("availability_zone").text())}
        if zones and all(member.get("availability_zone").text() for member in members):
            component.state("zones", sorted(zones), members[0].get("availability_zone").origin)
    _backup(resource, component)
    groups = cloud.reached(resource.get("db_cluster_parameter_group_name"), *_GROUPS)
    state_parameters(component, _engine(text) or "", groups)


def _table(resource: Resource, component: Component, cloud: Cloud) -> None:
    component.state("model", "key-value", resource.origin)
    mode = resource.get("billing_mode")
    named = {"PAY_PER_REQUEST": "on-demand", "PROVISIONED": "provisioned"}.get(mode.text() or "")
    if named is None and resource.is_complete and not mode:
        named = "provisioned" if resource.get("provisioned_throughput") else "on-demand"
    component.state("mode", named, mode.origin)
    if named == "provisioned":
        throughput = resource.at("provisioned_throughput")
        for key, plain in (("ReadCapacityUnits", "read_capacity"), ("WriteCapacityUnits", "write_capacity")):
            value = resource.get(plain) or throughput.get(key)
            if (value.integer() or 0) > 0:
                state_setting(component, key, value)
    _recovery(resource, component)
    global_indexes = resource.get("global_secondary_index", "global_secondary_indexes")
    if count := len(list(global_indexes.blocks())):
        component.state("indexes.global_secondary", count, global_indexes.origin)
    _partition_key(resource, component)
    replicas = resource.get("replica", "replicas")
    copies = len(list(replicas.blocks())) + len(resource.others) + (0 if resource.is_complete else 1)
    if copies > 1:
        state_tier(component, "global", replicas.origin)
        component.state("replication", {"mode": "multi-leader", "factor": copies}, replicas.origin)


def _recovery(resource: Resource, component: Component) -> None:
    recovery = resource.get("point_in_time_recovery", "point_in_time_recovery_specification").block()
    enabled = recovery.get("enabled", "point_in_time_recovery_enabled")
    if enabled.flag():
        origin = enabled.origin.noted("to any second of the last 35 days, up to five minutes ago")
        days = recovery.get("recovery_period_in_days").integer() or 35
        component.state("backup", {"point_in_time": "5m", "retention": duration(days * DAY)}, origin)
    elif enabled.flag() is False or (resource.is_complete and not recovery):
        component.state("backup.point_in_time", "none", enabled.origin if enabled else resource.origin)


def _partition_key(resource: Resource, component: Component) -> None:
    component.state("partition_key", resource.get("hash_key").text(), resource.get("hash_key").origin)
    for key in resource.get("key_schema").blocks():
        if key.get("key_type").text() == "HASH":
            component.state("partition_key", key.get("attribute_name").text(), key.origin)
    if resource.get("primary_key"):
        component.state("partition_key", resource.at("primary_key", "name").text(), resource.get("primary_key").origin)


def _bucket(resource: Resource, component: Component, cloud: Cloud) -> None:
    component.state("model", "object", resource.origin)
    for body in (resource.body, *resource.others):
        versioning = body.get("versioning", "versioning_configuration").block()
        enabled = versioning.get("enabled", "status")
        if enabled.flag() or enabled.text() == "Enabled":
            component.entry("settings", "versioning", "enabled", enabled.origin)


def _files(resource: Resource, component: Component, cloud: Cloud) -> None:
    zone = resource.get("availability_zone_name")
    if zone.text():
        state_zones(component, zone)
    if zone or resource.is_unset("availability_zone_name"):
        state_tier(component, "one-zone" if zone else "regional", zone.origin if zone else resource.origin)
    mode = resource.get("throughput_mode")
    component.state("mode", (mode.text() or "").lower() or None, mode.origin)


def _search(resource: Resource, component: Component, cloud: Cloud) -> None:
    version = resource.get("engine_version", "elasticsearch_version")
    slug, _, number = (version.text() or "").rpartition("_")
    known = {"Elasticsearch": "elasticsearch", "OpenSearch": "opensearch"}.get(slug)
    plain = "elasticsearch" if resource.type == "aws_elasticsearch_domain" else "opensearch"
    component.state("technology", f"{known or plain}@{number}" if number[:1].isdigit() else plain, version.origin)
    component.state("model", "search", resource.origin)
    cluster = resource.get("cluster_config", "elasticsearch_cluster_config").block()
    state_count(component, INSTANCES, cluster.get("instance_count"), 1)
    if cluster.get("dedicated_master_enabled").flag():
        state_count(component, "replication.voters", cluster.get("dedicated_master_count"), 1)
    state_size(component, "disk.size", resource.at("ebs_options").get("volume_size"), GIB)


def _cache_group(resource: Resource, component: Component, cloud: Cloud) -> None:
    shards, replicas = _shards(resource)
    version = resource.get("engine_version")
    state_technology(component, "elasticache", version or resource.get("engine"))
    nodes = resource.get("num_cache_clusters", "number_cache_clusters")
    if (shards.integer() or 0) > 1 and replicas.integer() is not None:
        component.state("mode", "cluster", shards.origin)
        component.state("shards", shards.integer(), shards.origin)
        component.state(INSTANCES, (shards.integer() or 1) * (1 + (replicas.integer() or 0)), replicas.origin)
    elif (nodes.integer() or 0) > 0:
        component.state("mode", "replication", nodes.origin)
        component.state(INSTANCES, nodes.integer(), nodes.origin)
    elif shards.integer() == 1 and replicas.integer() is not None:
        component.state("mode", "replication", shards.origin)
        component.state(INSTANCES, 1 + (replicas.integer() or 0), replicas.origin)
    failover = resource.get("automatic_failover_enabled")
    if failover.flag() is not None:
        component.state("failover.automatic", failover.flag(), failover.origin)
    if resource.get("multi_az_enabled", "MultiAZEnabled").flag():
        state_tier(component, "multi-az", resource.get("multi_az_enabled", "MultiAZEnabled").origin)
    state_zones(component, resource.get("preferred_cache_cluster_azs", "PreferredCacheClusterAZs"))
    _snapshots(resource, component)


def _shards(resource: Resource) -> tuple[Value, Value]:
    old = resource.at("cluster_mode")
    return resource.get("num_node_groups") or old.get("num_node_groups"), resource.get(
        "replicas_per_node_group"
    ) or old.get("replicas_per_node_group")


def _snapshots(resource: Resource, component: Component) -> None:
    kept = resource.get("snapshot_retention_limit")
    if (kept.integer() or 0) > 0:
        component.state("backup", {"every": "1d", "retention": duration((kept.integer() or 0) * DAY)}, kept.origin)


def _cache_cluster(resource: Resource, component: Component, cloud: Cloud) -> None:
    engine = resource.get("engine")
    state_technology(component, "elasticache", resource.get("engine_version") or engine)
    component.state("mode", "memcached" if engine.text() == "memcached" else None, engine.origin)
    state_count(component, INSTANCES, resource.get("num_cache_nodes"), 1)
    zones = resource.get("preferred_availability_zones") or resource.get("availability_zone")
    if zones.text() != "Multiple":
        state_zones(component, zones)
    _snapshots(resource, component)


def _serverless_cache(resource: Resource, component: Component, cloud: Cloud) -> None:
    component.state("mode", "serverless", resource.origin)


def _memory_db(resource: Resource, component: Component, cloud: Cloud) -> None:
    shards, replicas = resource.get("num_shards"), resource.get("num_replicas_per_shard")
    if shards.integer() and replicas.integer() is not None:
        component.state("shards", shards.integer(), shards.origin)
        component.state(INSTANCES, (shards.integer() or 1) * (1 + (replicas.integer() or 0)), replicas.origin)


def _dax(resource: Resource, component: Component, cloud: Cloud) -> None:
    state_count(component, INSTANCES, resource.get("replication_factor"), 1)
    state_zones(component, resource.get("availability_zones"))


def _warehouse(resource: Resource, component: Component, cloud: Cloud) -> None:
    state_count(component, INSTANCES, resource.get("number_of_nodes"), 1)
    kept = resource.get("automated_snapshot_retention_period")
    if (kept.integer() or 0) > 0:
        component.state("backup.retention", duration((kept.integer() or 0) * DAY), kept.origin)


def _proxy_target(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    """A pooler needs the database behind it."""
    proxy = cloud.single(resource.get("db_proxy_name", "DBProxyName"), "aws_db_proxy")
    named = resource.get("db_instance_identifier", "DBInstanceIdentifiers")
    named = named or resource.get("db_cluster_identifier", "DBClusterIdentifiers")
    for _, store in cloud.components(named):
        if proxy is not None and proxy.component is not None:
            proxy.component.depend(store.name, resource.origin)


def _no_relation(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    """Read with the cluster that it belongs to."""


def _zones_of_nat(resource: Resource, component: Component, cloud: Cloud) -> None:
    state_subnet_zones(component, resource.get("subnet_id"), cloud)


DETAILS: Mapping[str, Callable[[Resource, Component, Cloud], None]] = {
    "aws_db_instance": _database,
    "aws_rds_cluster": _cluster,
    "aws_docdb_cluster": _cluster,
    "aws_neptune_cluster": _cluster,
    "aws_dynamodb_table": _table,
    "aws_s3_bucket": _bucket,
    "aws_efs_file_system": _files,
    "aws_opensearch_domain": _search,
    "aws_elasticsearch_domain": _search,
    "aws_elasticache_replication_group": _cache_group,
    "aws_elasticache_cluster": _cache_cluster,
    "aws_elasticache_serverless_cache": _serverless_cache,
    "aws_memorydb_cluster": _memory_db,
    "aws_dax_cluster": _dax,
    "aws_redshift_cluster": _warehouse,
    "aws_nat_gateway": _zones_of_nat,
}
RELATIONS: Mapping[str, Callable[[Resource, Cloud, Draft], None]] = {
    "aws_db_proxy_target": _proxy_target,
    "aws_db_proxy_default_target_group": _no_relation,
    **dict.fromkeys(_MEMBERS, _no_relation),
}
