"""Resources of Google Cloud."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from archlint.importers.cloud.aws_events import start_by_cron
from archlint.importers.cloud.facts import (
    DAY,
    GIB,
    MIB,
    state_bounds,
    state_count,
    state_seconds,
    state_setting,
    state_size,
    state_tier,
    state_words,
    state_zones,
)
from archlint.importers.cloud.resources import Cloud, Resource
from archlint.importers.cloud.topics import consume, topic_name, topic_of
from archlint.importers.cloud.values import Value
from archlint.importers.draft import INSTANCES, Component, Draft, Statement
from archlint.importers.quantities import duration, seconds_of, share, size
from archlint.manifest.grammar import BYTES

_ENGINES = {"POSTGRES": "postgresql", "MYSQL": "mysql", "SQLSERVER": "sqlserver"}
_MULTI = frozenset({"US", "EU", "ASIA", "NAM4", "EUR4", "EUR5", "EUR7", "EUR8", "ASIA1"})
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|k|K|M|G|T)?")
_ZONE = re.compile(r".*-[a-z]$")
_LED_BY: Mapping[str, tuple[str, ...]] = {
    "google_compute_global_forwarding_rule": ("target", "backend_service"),
    "google_compute_forwarding_rule": ("target", "backend_service"),
    "google_compute_target_https_proxy": ("url_map",),
    "google_compute_target_http_proxy": ("url_map",),
    "google_compute_target_tcp_proxy": ("backend_service",),
    "google_compute_target_ssl_proxy": ("backend_service",),
    "google_compute_region_target_https_proxy": ("url_map",),
    "google_compute_region_target_http_proxy": ("url_map",),
    "google_compute_url_map": ("default_service", "path_matcher", "host_rule"),
    "google_compute_region_url_map": ("default_service", "path_matcher", "host_rule"),
    "google_compute_backend_service": ("backend",),
    "google_compute_region_backend_service": ("backend",),
    "google_compute_backend_bucket": ("bucket_name",),
    "google_compute_region_network_endpoint_group": ("cloud_run", "cloud_function", "app_engine"),
}
"""What passes requests on, and the properties that say where."""
_ATTACHED: Mapping[str, tuple[str, str]] = {
    "google_container_node_pool": ("cluster", "google_container_cluster"),
    "google_compute_autoscaler": ("target", "google_compute_instance_group_manager"),
    "google_compute_region_autoscaler": ("target", "google_compute_region_instance_group_manager"),
}
_SUBSCRIPTION = "google_pubsub_subscription"


def prepare(cloud: Cloud) -> None:
    for type, (name, target) in _ATTACHED.items():
        for resource in cloud.of(type):
            for known in cloud.reached(resource.get(name), target):
                cloud.attach(known, resource)
    for subscription in cloud.of(_SUBSCRIPTION):
        policy = subscription.at("dead_letter_policy")
        cloud.dead_letters.update(policy.get("dead_letter_topic").targets())


def _database(resource: Resource, component: Component, cloud: Cloud) -> None:
    version, settings = resource.get("database_version"), resource.at("settings")
    engine, _, number = (version.text() or "").partition("_")
    component.state("mode", _ENGINES.get(engine), version.origin)
    component.state("model", "relational", resource.origin)
    digits = re.match(r"\d+(_\d+)?", number)
    component.state("technology", f"cloud-sql@{digits[0].replace('_', '.')}" if digits else "cloud-sql", version.origin)
    available = settings.get("availability_type")
    source = cloud.single(resource.get("master_instance_name"), "google_sql_database_instance")
    if source is not None and source.component is not None:
        component.state("replica_of", source.component.name, resource.get("master_instance_name").origin)
    if available.text() == "REGIONAL":
        component.state(INSTANCES, 2, available.origin)
        component.state(
            "replication", {"mode": "sync", "factor": 2}, available.origin.noted("a standby in another zone")
        )
        component.state("failover", {"automatic": True, "scope": "zone"}, available.origin)
    elif available.text() == "ZONAL":
        component.state(INSTANCES, 1, available.origin)
    edition = {"ENTERPRISE": "enterprise", "ENTERPRISE_PLUS": "enterprise-plus"}.get(
        settings.get("edition").text() or ""
    )
    state_tier(component, edition, settings.get("edition").origin)
    state_size(component, "disk.size", settings.get("disk_size"), GIB)
    for flag in settings.get("database_flags").blocks():
        if flag.get("name").text() == "max_connections":
            state_setting(component, "max_connections", flag.get("value"))
    _backup(settings.at("backup_configuration"), component)


def _backup(backup: Value, component: Component) -> None:
    enabled = backup.get("enabled")
    if enabled.flag():
        component.state("backup.every", "1d", enabled.origin)
        if backup.get("point_in_time_recovery_enabled").flag() or backup.get("binary_log_enabled").flag():
            component.state("backup.point_in_time", "5m", enabled.origin.noted("logs are kept"))
        kept = backup.at("backup_retention_settings").get("retained_backups")
        if (kept.integer() or 0) > 0:
            component.state("backup.retention", duration((kept.integer() or 0) * DAY), kept.origin)
    elif enabled.flag() is False:
        component.state("backup", "none", enabled.origin)


def _spanner(resource: Resource, component: Component, cloud: Cloud) -> None:
    component.state("model", "relational", resource.origin)
    config = (resource.get("config").text() or "").rpartition("/")[2]
    if config:
        mode = "regional" if config.startswith("regional-") else "multi-region"
        component.state("mode", mode, resource.get("config").origin)
    state_count(component, INSTANCES, resource.get("num_nodes"), 1)
    units = resource.get("processing_units")
    if (units.integer() or 0) >= 1000 and component.stated(INSTANCES) is None:
        component.state(INSTANCES, (units.integer() or 0) // 1000, units.origin.noted("1,000 processing units a node"))


def _bigtable(resource: Resource, component: Component, cloud: Cloud) -> None:
    component.state("model", "wide-column", resource.origin)
    clusters = list(resource.get("cluster").blocks())
    sizes = [cluster.get("num_nodes").integer() for cluster in clusters]
    if clusters and all(sizes):
        component.state(INSTANCES, sum(number or 0 for number in sizes), clusters[0].get("num_nodes").origin)
    zones = [cluster.get("zone").text() for cluster in clusters]
    if clusters and all(zones):
        component.state("zones", sorted({zone for zone in zones if zone}), clusters[0].get("zone").origin)
    kind = clusters[0].get("storage_type") if clusters else resource.get("cluster")
    component.state("mode", (kind.text() or "").lower() or None, kind.origin)
    if len(clusters) > 1:
        state_tier(component, "multi-cluster", clusters[1].origin)
        component.state("replication", {"mode": "multi-leader", "factor": len(clusters)}, clusters[1].origin)


def _firestore(resource: Resource, component: Component, cloud: Cloud) -> None:
    component.state("model", "document", resource.origin)
    place = resource.get("location_id")
    if place.text():
        component.state("mode", "regional" if "-" in (place.text() or "") else "multi-region", place.origin)
    recovery = resource.get("point_in_time_recovery_enablement")
    if recovery.text() == "POINT_IN_TIME_RECOVERY_ENABLED":
        origin = recovery.origin.noted("to any minute of seven days")
        component.state("backup", {"point_in_time": "1m", "retention": "7d"}, origin)


def _bucket(resource: Resource, component: Component, cloud: Cloud) -> None:
    component.state("model", "object", resource.origin)
    place = resource.get("location")
    if place.text():
        is_multi = (place.text() or "").upper() in _MULTI
        component.state("mode", "multi-region" if is_multi else "regional", place.origin)
    if resource.at("versioning").get("enabled").flag():
        component.entry("settings", "versioning", "enabled", resource.at("versioning").get("enabled").origin)


def _redis(resource: Resource, component: Component, cloud: Cloud) -> None:
    version = resource.get("redis_version")
    number = re.match(r"REDIS_(\d+)(?:_(\d+))?", version.text() or "")
    if number:
        component.state("technology", "redis@" + ".".join(filter(None, number.groups())), version.origin)
    tier, replicas = resource.get("tier"), resource.get("replica_count")
    if tier.text() == "BASIC":
        component.state(INSTANCES, 1, tier.origin)
    elif tier.text() == "STANDARD_HA":
        component.state(INSTANCES, 1 + (replicas.integer() or 1), (replicas or tier).origin)
        component.state("failover.automatic", True, tier.origin)
    state_size(component, "memory.size", resource.get("memory_size_gb"), GIB)
    shards, each = resource.get("shard_count"), resource.get("replica_count")
    if (shards.integer() or 0) > 0:
        component.state("shards", shards.integer(), shards.origin)
        component.state("mode", "cluster", shards.origin)
        if each.integer() is not None:
            component.state(INSTANCES, (shards.integer() or 1) * (1 + (each.integer() or 0)), shards.origin)


def _memcached(resource: Resource, component: Component, cloud: Cloud) -> None:
    nodes, each = resource.get("node_count"), resource.at("node_config").get("memory_size_mb")
    state_count(component, INSTANCES, nodes, 1)
    if nodes.integer() and each.integer():
        component.state("memory.size", size((nodes.integer() or 0) * (each.integer() or 0) * MIB), each.origin)
    state_zones(component, resource.get("zones"))


def _topic(resource: Resource, component: Component, cloud: Cloud) -> None:
    topic = component.topic(topic_name(resource), resource.origin)
    _span(topic, "retention", resource.get("message_retention_duration"))


def _span(statement: Statement, field: str, value: Value) -> None:
    seconds = seconds_of(value.text() or "")
    if seconds:
        statement.state(field, duration(seconds), value.origin)


def _tasks(resource: Resource, component: Component, cloud: Cloud) -> None:
    component.topic(topic_name(resource), resource.origin)


def _subscription(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    """What is pushed somewhere is consumed there."""
    for _, component in cloud.components(resource.at("push_config").get("push_endpoint")):
        take(component, resource, cloud)


def take(component: Component, subscription: Resource, cloud: Cloud) -> None:
    topic = cloud.single(subscription.get("topic"), "google_pubsub_topic")
    item = consume(component, topic, subscription.origin, cloud) if topic is not None else None
    if item is None or component.section != "services":
        return
    item.state("group", subscription.get("name").text() or subscription.label, subscription.origin)
    state_seconds(item, "lease", subscription.get("ack_deadline_seconds"))
    policy = subscription.at("dead_letter_policy")
    state_count(item, "max_deliveries", policy.get("max_delivery_attempts"), 1)
    for dead in cloud.reached(policy.get("dead_letter_topic"), "google_pubsub_topic"):
        if dead.component is not None:
            item.state("dead_letter", topic_of(dead), policy.get("dead_letter_topic").origin)
    if subscription.is_unset("dead_letter_policy"):
        item.state("dead_letter", "none", subscription.origin.noted("no dead letter policy"))


def _take_named(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    """A service that is given the name of a subscription takes from it; one that publishes is permitted to."""
    if resource.component is None:
        return
    for place in ("template", "service_config", "environment_variables"):
        for subscription in cloud.reached(resource.get(place), _SUBSCRIPTION):
            take(resource.component, subscription, cloud)
    trigger = resource.at("event_trigger")
    for topic in cloud.reached(trigger.get("resource", "pubsub_topic") or trigger, "google_pubsub_topic"):
        consume(resource.component, topic, resource.origin, cloud)


def _permitted(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    """A role on a topic that is granted to the account of a service."""
    if resource.get("role").text() != "roles/pubsub.publisher":
        return
    accounts = {one.id for one in cloud.reached(resource.get("member", "members"), "google_service_account")}
    for topic in cloud.reached(resource.get("topic"), "google_pubsub_topic") if accounts else ():
        for service in cloud:
            if service.component is None or service.component.section != "services" or topic.component is None:
                continue
            own = service.get("service_account_email") or service.at("template", "spec").get("service_account_name")
            own = (
                own
                or service.at("template").get("service_account")
                or service.at("service_config").get("service_account_email")
            )
            if accounts & {one.id for one in cloud.reached(own, "google_service_account")}:
                service.component.item("publishes", topic_of(topic), resource.origin)


def _run(resource: Resource, component: Component, cloud: Cloud) -> None:
    template = resource.at("template")
    spec = template.at("spec") if template.get("spec") else template
    state_tier(component, "services", resource.origin)
    scaling, notes = template.at("scaling"), template.at("metadata").at("annotations")
    least = scaling.get("min_instance_count") or notes.get("autoscaling.knative.dev/minScale")
    most = scaling.get("max_instance_count") or notes.get("autoscaling.knative.dev/maxScale")
    state_bounds(component, least, most)
    state_count(
        component, "capacity.concurrency", spec.get("container_concurrency", "max_instance_request_concurrency"), 1
    )
    timeout = spec.get("timeout_seconds", "timeout")
    seconds = timeout.integer() or seconds_of(timeout.text() or "")
    if seconds:
        component.entry("settings", "timeoutSeconds", int(seconds), timeout.origin)
    for container in list(spec.get("containers").blocks())[:1]:
        _memory(component, container.at("resources").at("limits").get("memory"))


def _memory(component: Component, value: Value) -> None:
    found = _MEMORY.fullmatch(value.text() or "")
    if found:
        unit = {None: "B", "K": "kB", "k": "kB"}.get(found[2]) or f"{found[2]}B"
        component.state("memory.limit", size(float(found[1]) * float(BYTES[unit])), value.origin)


def _function(resource: Resource, component: Component, cloud: Cloud) -> None:
    config = resource.at("service_config") if resource.get("service_config") else resource.body
    state_bounds(
        component, config.get("min_instance_count", "min_instances"), config.get("max_instance_count", "max_instances")
    )
    state_size(component, "memory.limit", config.get("available_memory_mb"), MIB)
    _memory(component, config.get("available_memory"))
    state_setting(component, "timeoutSeconds", config.get("timeout_seconds", "timeout"))
    component.state("description", resource.get("description").text(), resource.get("description").origin)


def _cluster(resource: Resource, component: Component, cloud: Cloud) -> None:
    place = resource.get("location")
    if resource.get("enable_autopilot").flag():
        state_tier(component, "autopilot", resource.get("enable_autopilot").origin)
    elif place.text():
        state_tier(component, "zonal" if _ZONE.fullmatch(place.text() or "") else "regional", place.origin)
    state_zones(component, resource.get("node_locations"))
    pools = cloud.attached(resource, "google_container_node_pool")
    zones = max(1, len(resource.get("node_locations").texts()))
    bounds = []
    for pool in pools:
        scaling, count = pool.at("autoscaling"), pool.get("node_count").integer()
        low, high = (scaling.get(f"{name}_node_count").integer() for name in ("min", "max"))
        bounds.append((low if high is not None else count, high if high is not None else count))
    if bounds and all(low is not None and high is not None for low, high in bounds) and resource.get("node_locations"):
        origin = pools[0].origin.noted("nodes of all pools in all zones")
        component.state(f"{INSTANCES}.min", zones * sum(low or 0 for low, _ in bounds), origin)
        component.state(f"{INSTANCES}.max", zones * sum(high or 0 for _, high in bounds), origin)


def _group(resource: Resource, component: Component, cloud: Cloud) -> None:
    scalers = cloud.attached(resource, "google_compute_autoscaler", "google_compute_region_autoscaler")
    for scaler in scalers:
        policy = scaler.at("autoscaling_policy")
        state_bounds(component, policy.get("min_replicas"), policy.get("max_replicas"))
        target = policy.at("cpu_utilization").get("target")
        if target.number() and 0 < (target.number() or 0) <= 1:
            component.state("autoscaling.metric", "cpu", target.origin)
            component.state("autoscaling.target", share(target.number() or 0), target.origin)
    if not scalers:
        state_count(component, INSTANCES, resource.get("target_size"))
    state_zones(component, resource.get("distribution_policy_zones"))
    if resource.type == "google_compute_instance_group_manager":
        state_zones(component, resource.get("zone"))


def _instance(resource: Resource, component: Component, cloud: Cloud) -> None:
    bodies = [resource.body, *resource.others]
    component.state(INSTANCES, len(bodies), resource.origin)
    state_words(component, "zones", [body.get("zone") for body in bodies])


def _lead(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    for name in _LED_BY[resource.type]:
        for target in cloud.reached(resource.get(name)):
            if target.type in _LED_BY or target.component is not None:
                cloud.lead(resource, target, resource.get(name).origin)


def _scheduled(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    if resource.get("paused").flag():
        return
    called = [resource.at("http_target").get("uri"), resource.at("app_engine_http_target")]
    published = resource.at("pubsub_target").get("topic_name")
    start_by_cron(resource, resource.get("schedule"), [*called, published], cloud, draft)


DETAILS: Mapping[str, Callable[[Resource, Component, Cloud], None]] = {
    "google_sql_database_instance": _database,
    "google_spanner_instance": _spanner,
    "google_bigtable_instance": _bigtable,
    "google_firestore_database": _firestore,
    "google_storage_bucket": _bucket,
    "google_redis_instance": _redis,
    "google_redis_cluster": _redis,
    "google_memcache_instance": _memcached,
    "google_pubsub_topic": _topic,
    "google_cloud_tasks_queue": _tasks,
    "google_cloud_run_service": _run,
    "google_cloud_run_v2_service": _run,
    "google_cloudfunctions_function": _function,
    "google_cloudfunctions2_function": _function,
    "google_container_cluster": _cluster,
    "google_compute_instance_group_manager": _group,
    "google_compute_region_instance_group_manager": _group,
    "google_compute_instance": _instance,
}
RELATIONS: Mapping[str, Callable[[Resource, Cloud, Draft], None]] = {
    _SUBSCRIPTION: _subscription,
    "google_pubsub_topic_iam_member": _permitted,
    "google_pubsub_topic_iam_binding": _permitted,
    "google_cloud_scheduler_job": _scheduled,
    **dict.fromkeys(
        (
            "google_cloud_run_service", "google_cloud_run_v2_service", "google_cloudfunctions_function",
            "google_cloudfunctions2_function",
        ),
        _take_named,
    ),
    **dict.fromkeys(_LED_BY, _lead),
}  # fmt: skip
