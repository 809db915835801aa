"""What runs on AWS: functions, workflows, container services, clusters, groups of instances."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from archlint.importers.cloud import states
from archlint.importers.cloud.facts import (
    MIB,
    state_bounds,
    state_count,
    state_seconds,
    state_setting,
    state_size,
    state_subnet_zones,
    state_tier,
    state_words,
    state_zones,
)
from archlint.importers.cloud.resources import Cloud, Resource
from archlint.importers.cloud.topics import is_topic, topic_of
from archlint.importers.cloud.values import Value
from archlint.importers.draft import INSTANCES, Component, Draft
from archlint.importers.quantities import share

_ATTACHED: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "aws_lambda_function_event_invoke_config": (("function_name",), ("aws_lambda_function",)),
    "aws_lambda_provisioned_concurrency_config": (("function_name",), ("aws_lambda_function",)),
    "aws_lambda_function_url": (("function_name", "target_function_arn"), ("aws_lambda_function",)),
    "aws_appautoscaling_target": (("resource_id",), ("aws_ecs_service",)),
    "aws_appautoscaling_policy": (
        ("resource_id", "scaling_target_id"),
        ("aws_ecs_service", "aws_appautoscaling_target"),
    ),
    "aws_autoscaling_policy": (("autoscaling_group_name",), ("aws_autoscaling_group",)),
    "aws_eks_node_group": (("cluster_name",), ("aws_eks_cluster",)),
}
_METRICS = {
    "ECSServiceAverageCPUUtilization": "cpu",
    "ASGAverageCPUUtilization": "cpu",
    "ECSServiceAverageMemoryUtilization": "memory",
    "ALBRequestCountPerTarget": "rate",
}


def prepare(cloud: Cloud) -> None:
    for alias in cloud.of("aws_lambda_alias", "aws_lambda_version"):
        function = cloud.single(alias.get("function_name"), "aws_lambda_function")
        if function is not None:
            cloud.stand_for(alias.id, function.id)
            cloud.attach(function, alias)
    for type, (names, targets) in _ATTACHED.items():
        for resource in cloud.of(type):
            for target in cloud.reached(resource.get(*names), *targets):
                cloud.attach(target, resource)


def _function(resource: Resource, component: Component, cloud: Cloud) -> None:
    component.state("description", resource.get("description").text(), resource.get("description").origin)
    state_setting(component, "Timeout", resource.get("timeout"))
    state_size(component, "memory.limit", resource.get("memory_size"), MIB)
    kept = resource.at("provisioned_concurrency_config").get("provisioned_concurrent_executions")
    state_count(component, f"{INSTANCES}.min", kept, 1)
    reserved = resource.get("reserved_concurrent_executions")
    if (reserved.integer() or 0) > 0:
        component.state(f"{INSTANCES}.max", reserved.integer(), reserved.origin.noted("reserved concurrency"))
    for config in cloud.attached(resource, "aws_lambda_provisioned_concurrency_config", "aws_lambda_alias"):
        kept = config.get("provisioned_concurrent_executions") or config.at("provisioned_concurrency_config").get(
            "provisioned_concurrent_executions"
        )
        state_count(component, f"{INSTANCES}.min", kept, 1)
    for config in cloud.attached(resource, "aws_lambda_function_event_invoke_config"):
        state_setting(component, "MaximumRetryAttempts", config.get("maximum_retry_attempts"))
        state_setting(component, "MaximumEventAgeInSeconds", config.get("maximum_event_age_in_seconds"))


def relate_failures(cloud: Cloud) -> None:
    """Where events go that a function was given in vain, or has dealt with."""
    for function in cloud.of("aws_lambda_function"):
        component = function.component
        if component is None:
            continue
        configs = cloud.attached(function, "aws_lambda_function_event_invoke_config")
        failed = [function.at("dead_letter_config"), function.at("dead_letter_queue")]
        failed += [config.at("destination_config", "on_failure") for config in configs]
        for value in failed:
            for target in cloud.reached(value):
                _bury(component, target, value, cloud)
        for config in configs:
            _pass_on(component, config.at("destination_config", "on_success"), cloud, "what it returns goes there")


def _bury(component: Component, target: Resource, value: Value, cloud: Cloud) -> None:
    """Events come from topics and buses, which wait for no answer; whatever else invokes it may not wait either."""
    taken = [(name, item) for name, item in component.items("consumes") if _is_pushed(name, cloud)]
    if taken and is_topic(target):
        for _, item in taken:
            if item.stated("dead_letter") is None:
                item.state("dead_letter", topic_of(target), value.origin)
        return
    _pass_on(component, value, cloud, "what failed goes there")


def _is_pushed(name: str, cloud: Cloud) -> bool:
    broker = name.partition("/")[0]
    pushing = cloud.of("aws_sns_topic", "aws_cloudwatch_event_bus")
    return any(one.component is not None and one.component.name == broker for one in pushing)


def _pass_on(component: Component, value: Value, cloud: Cloud, note: str) -> None:
    origin = value.origin.noted(note)
    for target, other in cloud.components(value):
        if other is component:
            continue
        if is_topic(target):
            component.item("publishes", topic_of(target), origin)
        elif other.section == "services":
            component.call(other.name, origin, async_=True)
        else:
            component.depend(other.name, origin)


def _workflow(resource: Resource, component: Component, cloud: Cloud) -> None:
    kind = resource.get("type", "state_machine_type")
    tier = {"STANDARD": "standard", "EXPRESS": "express"}.get(kind.text() or "")
    if tier is None and resource.is_complete and not kind:
        tier = "standard"
    state_tier(component, tier, kind.origin)


def _container_service(resource: Resource, component: Component, cloud: Cloud) -> None:
    targets = cloud.attached(resource, "aws_appautoscaling_target")
    for target in targets:
        state_bounds(component, target.get("min_capacity"), target.get("max_capacity"))
        _scale(component, cloud.attached(target, "aws_appautoscaling_policy"))
    if not targets and resource.get("scheduling_strategy").text() != "DAEMON":
        state_count(component, INSTANCES, resource.get("desired_count"))
    _scale(component, cloud.attached(resource, "aws_appautoscaling_policy"))
    if resource.get("launch_type").text() == "FARGATE":
        state_tier(component, "fargate", resource.get("launch_type").origin)
    _deploy(resource, component)
    subnets = resource.at("network_configuration", "awsvpc_configuration").get("subnets")
    state_subnet_zones(component, subnets, cloud)
    for task in tasks_of(resource, cloud):
        _task(component, task)


def tasks_of(resource: Resource, cloud: Cloud) -> list[Resource]:
    return cloud.reached(resource.get("task_definition"), "aws_ecs_task_definition")


def _deploy(resource: Resource, component: Component) -> None:
    limits = resource.at("deployment_configuration")
    least = resource.get("deployment_minimum_healthy_percent") or limits.get("minimum_healthy_percent")
    most = resource.get("deployment_maximum_percent") or limits.get("maximum_percent")
    if (number := least.integer()) is not None and 0 <= number <= 100:
        component.state("deploy.max_unavailable", share((100 - number) / 100), least.origin)
    if (number := most.integer()) is not None and number >= 100:
        component.state("deploy.max_surge", share((number - 100) / 100), most.origin)
    kind = resource.at("deployment_controller").get("type")
    component.state("deploy.strategy", "blue-green" if kind.text() == "CODE_DEPLOY" else None, kind.origin)


def containers(task: Resource) -> Iterator[Value]:
    yield from task.get("container_definitions").embedded().blocks()


def _task(component: Component, task: Resource) -> None:
    state_size(component, "memory.limit", task.get("memory"), MIB)
    every = list(containers(task))
    main = [one for one in every if one.get("essential").flag() is not False][:1]
    for container in main:
        state_setting(component, "stopTimeout", container.get("stop_timeout", "stopTimeout"))
        probe = container.get("health_check", "healthCheck")
        if probe:
            item = component.item("health_check", "liveness", probe.origin)
            state_seconds(item, "interval", probe.get("interval"))
            state_seconds(item, "timeout", probe.get("timeout"))
            state_count(item, "failures", probe.get("retries"), 1)
            state_seconds(item, "startup_grace", probe.get("start_period", "startPeriod"))


def _scale(component: Component, policies: list[Resource]) -> None:
    """Target tracking names its metric and target; other policies name alarms, which say less."""
    for policy in policies:
        names = ("target_tracking_configuration", "target_tracking_scaling_policy_configuration")
        tracking = policy.at(*names[:1]) if policy.get(names[0]) else policy.at(names[1])
        told = tracking.at("predefined_metric_specification")
        metric = told.get("predefined_metric_type")
        named = _METRICS.get(metric.text() or "")
        target = tracking.get("target_value").number()
        if named is None or component.stated("autoscaling") is not None:
            continue
        component.state("autoscaling.metric", named, metric.origin)
        if target is not None and 0 < target <= 100 and named in ("cpu", "memory"):
            component.state("autoscaling.target", share(target / 100), tracking.get("target_value").origin)


def _group(resource: Resource, component: Component, cloud: Cloud) -> None:
    state_bounds(component, resource.get("min_size"), resource.get("max_size"))
    subnets = resource.get("vpc_zone_identifier", "VPCZoneIdentifier")
    if subnets:
        state_subnet_zones(component, subnets, cloud)
    else:
        state_zones(component, resource.get("availability_zones"))
    _scale(component, cloud.attached(resource, "aws_autoscaling_policy"))


def _instance(resource: Resource, component: Component, cloud: Cloud) -> None:
    bodies = [resource.body, *resource.others]
    component.state(INSTANCES, len(bodies), resource.origin)
    state_words(component, "zones", [body.get("availability_zone") for body in bodies])
    if component.stated("zones") is None:
        state_subnet_zones(component, resource.get("subnet_id"), cloud)


def _cluster(resource: Resource, component: Component, cloud: Cloud) -> None:
    """A cluster's instances are its nodes, those of all groups together."""
    scaling = [group.at("scaling_config") for group in cloud.attached(resource, "aws_eks_node_group")]
    for name in ("min", "max"):
        sizes = [one.get(f"{name}_size") for one in scaling]
        known = [number for size in sizes if (number := size.integer()) is not None]
        if known and len(known) == len(scaling):
            component.state(f"{INSTANCES}.{name}", sum(known), sizes[0].origin)


def _run_workflow(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    if resource.component is not None:
        states.relate(resource, resource.component, cloud)


def _no_relation(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    """Read with what it is attached to."""


DETAILS: Mapping[str, Callable[[Resource, Component, Cloud], None]] = {
    "aws_lambda_function": _function,
    "aws_sfn_state_machine": _workflow,
    "aws_ecs_service": _container_service,
    "aws_autoscaling_group": _group,
    "aws_instance": _instance,
    "aws_spot_instance_request": _instance,
    "aws_eks_cluster": _cluster,
}
RELATIONS: Mapping[str, Callable[[Resource, Cloud, Draft], None]] = {
    "aws_sfn_state_machine": _run_workflow,
    **dict.fromkeys(_ATTACHED, _no_relation),
}
