"""Resources of Microsoft Azure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from archlint.importers.cloud.facts import (
    DAY,
    GIB,
    MIB,
    state_bounds,
    state_count,
    state_setting,
    state_size,
    state_technology,
    state_tier,
    state_words,
    state_zones,
)
from archlint.importers.cloud.resources import Cloud, Resource
from archlint.importers.cloud.values import Value
from archlint.importers.draft import INSTANCES, Component, Draft, Statement
from archlint.importers.names import as_name
from archlint.importers.quantities import duration, size
from archlint.importers.reading.files import Origin

_ISO = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_CONSISTENCY = {"Strong": "linearizable", "BoundedStaleness": "bounded", "Eventual": "eventual"}
_PLANS = {"Y1": "consumption", "EP": "premium", "FC": "flex-consumption"}
_DATABASES = {"GP": "general-purpose", "BC": "business-critical", "HS": "hyperscale"}
_WEB = (
    "azurerm_function_app", "azurerm_linux_function_app", "azurerm_windows_function_app", "azurerm_linux_web_app",
    "azurerm_windows_web_app", "azurerm_app_service",
)  # fmt: skip
_PLAN_TYPES = ("azurerm_service_plan", "azurerm_app_service_plan")


def prepare(cloud: Cloud) -> None:
    for pool in cloud.of("azurerm_kubernetes_cluster_node_pool"):
        cluster = cloud.single(pool.get("kubernetes_cluster_id"), "azurerm_kubernetes_cluster")
        if cluster is not None:
            cloud.attach(cluster, pool)
    for database in cloud.of("azurerm_cosmosdb_sql_database", "azurerm_cosmosdb_mongo_database"):
        _stand_for_account(database, cloud)
    for container in cloud.of("azurerm_cosmosdb_sql_container", "azurerm_cosmosdb_mongo_collection"):
        account = _stand_for_account(container, cloud)
        if account is not None:
            cloud.attach(account, container)
    for part, whole in _PARTS.items():
        for resource in cloud.of(part):
            known = cloud.single(resource.get("namespace_id", "namespace_name", "eventhub_id", "topic_id", "queue_id"))
            if known is not None and known.type == whole:
                cloud.stand_for(resource.id, known.id)
                cloud.attach(known, resource)


_PARTS = {
    "azurerm_servicebus_queue": "azurerm_servicebus_namespace",
    "azurerm_servicebus_topic": "azurerm_servicebus_namespace",
    "azurerm_servicebus_namespace_authorization_rule": "azurerm_servicebus_namespace",
    "azurerm_eventhub": "azurerm_eventhub_namespace",
    "azurerm_eventhub_namespace_authorization_rule": "azurerm_eventhub_namespace",
}


def _stand_for_account(resource: Resource, cloud: Cloud) -> Resource | None:
    account = cloud.single(resource.get("account_name"), "azurerm_cosmosdb_account")
    if account is not None:
        cloud.stand_for(resource.id, account.id)
    return account


def _iso(statement: Statement, field: str, value: Value) -> None:
    """A duration such as `PT5M`; one of years stands for no bound and states nothing."""
    found = _ISO.fullmatch(value.text() or "")
    if found and any(found.groups()):
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        total = days * DAY + hours * 3_600 + minutes * 60 + seconds
        if 0 < total < 10_000 * DAY:
            statement.state(field, duration(total), value.origin)


def _bus(resource: Resource, component: Component, cloud: Cloud) -> None:
    sku = resource.get("sku")
    state_tier(component, (sku.text() or "").lower() or None, sku.origin)
    for part in cloud.attached(resource, "azurerm_servicebus_queue", "azurerm_servicebus_topic"):
        topic = component.topic(as_name(part.physical or part.label) or part.label, part.origin)
        _iso(topic, "max_age", part.get("default_message_ttl"))
        for key, name in (("LockDuration", "lock_duration"), ("MaxDeliveryCount", "max_delivery_count")):
            state_setting(topic, key, part.get(name))


def _hubs(resource: Resource, component: Component, cloud: Cloud) -> None:
    sku = resource.get("sku")
    state_tier(component, (sku.text() or "").lower() or None, sku.origin)
    most = resource.get("maximum_throughput_units")
    if (most.integer() or 0) > 0:
        state_setting(component, "maximumThroughputUnits", most)
    elif (resource.get("capacity").integer() or 0) > 0:
        state_setting(component, "throughputUnits", resource.get("capacity"))
    for hub in cloud.attached(resource, "azurerm_eventhub"):
        topic = component.topic(as_name(hub.physical or hub.label) or hub.label, hub.origin)
        state_count(topic, "partitions", hub.get("partition_count"), 1)
        kept = hub.get("message_retention")
        if (kept.integer() or 0) > 0:
            topic.state("retention", duration((kept.integer() or 0) * DAY), kept.origin)


def _cosmos(resource: Resource, component: Component, cloud: Cloud) -> None:
    kind, abilities = resource.get("kind"), {one.get("name").text() for one in resource.get("capabilities").blocks()}
    mode = next((name for name in ("Cassandra", "Gremlin", "Table") if f"Enable{name}" in abilities), None)
    named = "mongodb" if kind.text() == "MongoDB" else "nosql" if kind.text() == "GlobalDocumentDB" else None
    component.state("mode", mode.lower() if mode else named, kind.origin)
    level = resource.at("consistency_policy").get("consistency_level")
    component.state("consistency", _CONSISTENCY.get(level.text() or ""), level.origin)
    _regions(resource, component, "EnableServerless" in abilities)
    backup = resource.at("backup")
    kind = backup.get("type")
    if kind.text() == "Periodic":
        for field, name, unit in (("every", "interval_in_minutes", 60), ("retention", "retention_in_hours", 3_600)):
            value = backup.get(name)
            if (value.integer() or 0) > 0:
                component.state(f"backup.{field}", duration((value.integer() or 0) * unit), value.origin)
    elif kind.text() == "Continuous":
        kept = "7d" if backup.get("tier").text() == "Continuous7Days" else "30d"
        component.state("backup", {"point_in_time": "100s", "retention": kept}, kind.origin)
    containers = cloud.attached(resource, "azurerm_cosmosdb_sql_container")
    if len(containers) == 1:
        keys = containers[0].get("partition_key_paths") or containers[0].get("partition_key_path")
        component.state("partition_key", next(iter(keys.texts()), None), keys.origin)


def _regions(resource: Resource, component: Component, is_serverless: bool) -> None:
    places = list(resource.get("geo_location").blocks())
    writes = resource.get("multiple_write_locations_enabled", "enable_multiple_write_locations")
    if len(places) > 1:
        origin = resource.get("geo_location").origin
        mode = "multi-leader" if writes.flag() else "async"
        component.state("replication", {"mode": mode, "factor": len(places)}, origin.noted("one copy a region"))
        state_tier(component, "multi-write" if writes.flag() else "multi-region", origin)
        failover = resource.get("automatic_failover_enabled", "enable_automatic_failover")
        if not writes.flag() and failover.flag() is not None:
            component.state("failover", {"automatic": failover.flag(), "scope": "region"}, failover.origin)
    elif is_serverless:
        state_tier(component, "serverless", resource.get("capabilities").origin)
    elif len(places) == 1 and places[0].get("zone_redundant").flag():
        state_tier(component, "zone-redundant", places[0].get("zone_redundant").origin)


def _sql(resource: Resource, component: Component, cloud: Cloud) -> None:
    component.state("model", "relational", resource.origin)
    sku, redundant = resource.get("sku_name"), resource.get("zone_redundant")
    tier = _DATABASES.get((sku.text() or "").partition("_")[0])
    state_tier(
        component, "zone-redundant" if redundant.flag() else tier, (redundant if redundant.flag() else sku).origin
    )
    state_size(component, "disk.size", resource.get("max_size_gb"), GIB)
    kept = resource.at("short_term_retention_policy").get("retention_days")
    if (kept.integer() or 0) > 0:
        component.state(
            "backup", {"point_in_time": "10m", "retention": duration((kept.integer() or 0) * DAY)}, kept.origin
        )


def _server(resource: Resource, component: Component, cloud: Cloud) -> None:
    component.state("model", "relational", resource.origin)
    slug = "postgresql" if "postgresql" in resource.type else "mariadb" if "mariadb" in resource.type else "mysql"
    state_technology(component, slug, resource.get("version"))
    standby = resource.at("high_availability").get("mode")
    if standby.text():
        component.state(INSTANCES, 2, standby.origin)
        component.state("replication", {"mode": "sync", "factor": 2}, standby.origin)
        scope = "zone" if standby.text() == "ZoneRedundant" else "host"
        component.state("failover", {"automatic": True, "scope": scope}, standby.origin)
    elif resource.is_unset("high_availability"):
        component.state(INSTANCES, 1, resource.origin.noted("no high availability"))
        state_zones(component, resource.get("zone"))
    state_size(component, "disk.size", resource.get("storage_mb"), MIB)
    kept = resource.get("backup_retention_days")
    if (kept.integer() or 0) > 0:
        component.state("backup.retention", duration((kept.integer() or 0) * DAY), kept.origin)
    away = resource.get("geo_redundant_backup_enabled")
    if away.flag() is not None:
        component.state("backup.location", "other-region" if away.flag() else "same-region", away.origin)
    source = cloud.single(resource.get("source_server_id", "creation_source_server_id"))
    if source is not None and source.component is not None and source is not resource:
        component.state("replica_of", source.component.name, resource.get("source_server_id").origin)


def _redis(resource: Resource, component: Component, cloud: Cloud) -> None:
    state_technology(component, "redis", resource.get("redis_version"))
    sku, shards = resource.get("sku_name"), resource.get("shard_count")
    copies = {"Basic": 1, "Standard": 2, "Premium": 2}.get(sku.text() or "")
    replicas = resource.get("replicas_per_master").integer() or resource.get("replicas_per_primary").integer()
    if copies is None:
        return
    each = 1 + replicas if replicas else copies
    count = max(1, shards.integer() or 1)
    component.state(INSTANCES, each * count, sku.origin.noted("two nodes, or one in the basic tier"))
    if copies > 1:
        component.state("failover.automatic", True, sku.origin)
    if count > 1:
        component.state("shards", count, shards.origin)
        component.state("mode", "cluster", shards.origin)
    state_zones(component, resource.get("zones"))
    state_setting(component, "maxmemory-policy", resource.at("redis_configuration").get("maxmemory_policy"))


def _storage(resource: Resource, component: Component, cloud: Cloud) -> None:
    component.state("model", "object", resource.origin)
    kind = resource.get("account_replication_type")
    if (kind.text() or "").startswith(("RAGRS", "RAGZRS")):
        state_tier(component, "ra-grs", kind.origin)
    state_setting(component, "replication", kind)
    kept = resource.at("blob_properties", "delete_retention_policy").get("days")
    if (kept.integer() or 0) > 0:
        component.state("delete", {"mode": "soft", "retention": duration((kept.integer() or 0) * DAY)}, kept.origin)


def _web(resource: Resource, component: Component, cloud: Cloud) -> None:
    plan = cloud.single(resource.get("service_plan_id", "app_service_plan_id"), *_PLAN_TYPES)
    if plan is None:
        return
    sku = plan.get("sku_name") or plan.at("sku").get("size")
    text = sku.text() or ""
    if "function" in resource.type and text:
        state_tier(component, _PLANS.get(text[:2], "dedicated"), sku.origin)
    if text[:2] not in _PLANS:
        state_count(component, INSTANCES, plan.get("worker_count") or plan.at("sku").get("capacity"), 1)
    always = resource.at("site_config").get("app_scale_limit")
    if (always.integer() or 0) > 0 and component.stated(INSTANCES) is None:
        component.state(f"{INSTANCES}.max", always.integer(), always.origin)


def _container_app(resource: Resource, component: Component, cloud: Cloud) -> None:
    template = resource.at("template")
    state_bounds(component, template.get("min_replicas"), template.get("max_replicas"))
    for container in list(template.get("container").blocks())[:1]:
        found = re.fullmatch(r"(\d+(?:\.\d+)?)Gi", container.get("memory").text() or "")
        if found:
            component.state("memory.limit", size(float(found[1]) * GIB), container.get("memory").origin)


def _cluster(resource: Resource, component: Component, cloud: Cloud) -> None:
    tier = resource.get("sku_tier")
    state_tier(component, (tier.text() or "").lower() or None, tier.origin)
    pools = [resource.at("default_node_pool")]
    pools += [pool.body for pool in cloud.attached(resource, "azurerm_kubernetes_cluster_node_pool")]
    bounds = []
    for pool in pools:
        count = pool.get("node_count").integer()
        low, high = pool.get("min_count").integer(), pool.get("max_count").integer()
        bounds.append((low if low is not None else count, high if high is not None else count))
    if all(low is not None and high is not None for low, high in bounds):
        lows, highs = sum(low or 0 for low, _ in bounds), sum(high or 0 for _, high in bounds)
        _nodes(component, lows, highs, pools[0].origin)


def _nodes(component: Component, low: int, high: int, origin: Origin) -> None:
    if low == high:
        component.state(INSTANCES, low, origin)
    else:
        component.state(INSTANCES, {"min": low, "max": high}, origin)


def _scale_set(resource: Resource, component: Component, cloud: Cloud) -> None:
    state_count(component, INSTANCES, resource.get("instances"))
    state_zones(component, resource.get("zones"))


def _machine(resource: Resource, component: Component, cloud: Cloud) -> None:
    bodies = [resource.body, *resource.others]
    component.state(INSTANCES, len(bodies), resource.origin)
    state_words(component, "zones", [body.get("zone") for body in bodies])


def _no_relation(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    """Read with what it is attached to."""


DETAILS: Mapping[str, Callable[[Resource, Component, Cloud], None]] = {
    "azurerm_servicebus_namespace": _bus,
    "azurerm_eventhub_namespace": _hubs,
    "azurerm_cosmosdb_account": _cosmos,
    "azurerm_mssql_database": _sql,
    "azurerm_sql_database": _sql,
    "azurerm_redis_cache": _redis,
    "azurerm_storage_account": _storage,
    "azurerm_container_app": _container_app,
    "azurerm_kubernetes_cluster": _cluster,
    **dict.fromkeys(
        (
            "azurerm_postgresql_server", "azurerm_postgresql_flexible_server", "azurerm_mysql_server",
            "azurerm_mysql_flexible_server", "azurerm_mariadb_server",
        ),
        _server,
    ),
    **dict.fromkeys(_WEB, _web),
    **dict.fromkeys(
        (
            "azurerm_linux_virtual_machine_scale_set", "azurerm_windows_virtual_machine_scale_set",
            "azurerm_orchestrated_virtual_machine_scale_set",
        ),
        _scale_set,
    ),
    **dict.fromkeys(
        ("azurerm_virtual_machine", "azurerm_linux_virtual_machine", "azurerm_windows_virtual_machine"), _machine
    ),
}  # fmt: skip
RELATIONS: Mapping[str, Callable[[Resource, Cloud, Draft], None]] = {
    "azurerm_kubernetes_cluster_node_pool": _no_relation,
    **dict.fromkeys(_PARTS, _no_relation),
}
