"""Gateways, balancers and distributions of AWS, what they lead to, and who calls through them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from archlint.importers.cloud.facts import (
    state_count,
    state_milliseconds,
    state_seconds,
    state_subnet_zones,
    state_tier,
    state_zones,
)
from archlint.importers.cloud.resources import Cloud, Resource
from archlint.importers.cloud.values import Value
from archlint.importers.draft import Component, Draft
from archlint.importers.names import as_name
from archlint.importers.reading.files import Origin

CLIENTS = "outside"
MAX_HOPS = 10
_HTTP_TIERS = {"HTTP": "http", "WEBSOCKET": "websocket"}


def prepare(cloud: Cloud) -> None:
    """Let listeners and stages stand for what they belong to, and lead balancers to their groups."""
    for stage in cloud.of("aws_api_gateway_deployment", "aws_api_gateway_stage", "aws_apigatewayv2_stage"):
        api = cloud.single(stage.get("rest_api_id", "api_id"), "aws_api_gateway_rest_api", "aws_apigatewayv2_api")
        if api is not None:
            cloud.stand_for(stage.id, api.id)
    for listener in cloud.of("aws_lb_listener"):
        balancer = cloud.single(listener.get("load_balancer_arn"), "aws_lb")
        if balancer is not None:
            for group in cloud.reached(_actions(listener), "aws_lb_target_group"):
                cloud.lead(balancer, group, listener.origin)
            cloud.stand_for(listener.id, balancer.id)
    for rule in cloud.of("aws_lb_listener_rule"):
        balancer = cloud.single(rule.get("listener_arn"), "aws_lb")
        for group in cloud.reached(_actions(rule), "aws_lb_target_group") if balancer is not None else ():
            if balancer is not None:
                cloud.lead(balancer, group, rule.origin)


def _actions(listener: Resource) -> Value:
    return listener.get("default_action", "default_actions", "action", "actions")


def _balancer(resource: Resource, component: Component, cloud: Cloud) -> None:
    kind = resource.get("load_balancer_type", "type")
    technology = {"network": "nlb", "gateway": "", "application": "alb"}.get(kind.text() or "application")
    component.state("technology", technology or None, kind.origin if kind else resource.origin)
    attributes = _attributes(resource, "load_balancer_attributes")
    state_seconds(component, "idle_timeout", resource.get("idle_timeout") or attributes["idle_timeout.timeout_seconds"])
    subnets = resource.get("subnets")
    state_subnet_zones(component, subnets, cloud)
    mapped = subnets if subnets else resource.get("subnet_mapping", "subnet_mappings")
    count = len(list(mapped.part.each())) if mapped.part.is_list else 0
    if count > 1:
        state_tier(component, "multi-az", mapped.origin.noted("subnets of several zones"))


class _Attributes(dict[str, Value]):
    def __init__(self, nothing: Value) -> None:
        super().__init__()
        self._nothing = nothing

    def __missing__(self, key: str) -> Value:
        return self._nothing


def _attributes(resource: Resource, name: str) -> _Attributes:
    """Attributes that CloudFormation lists as keys and values."""
    listed = resource.get(name)
    found = _Attributes(Value(listed.part["-"], listed.known))
    for one in listed.blocks():
        found[one.get("key").text() or ""] = one.get("value")
    return found


def _classic(resource: Resource, component: Component, cloud: Cloud) -> None:
    idle = resource.get("idle_timeout") or resource.at("connection_settings").get("idle_timeout")
    state_seconds(component, "idle_timeout", idle)
    state_zones(component, resource.get("availability_zones"))
    state_subnet_zones(component, resource.get("subnets"), cloud)
    probe = resource.at("health_check")
    if probe:
        _probe(component, probe, resource.get("health_check").origin)


def _probe(component: Component, probe: Value, origin: Origin) -> None:
    """How a balancer finds out which of the targets serve."""
    item = component.item("health_check", "balancer", origin)
    state_seconds(item, "interval", probe.get("interval", "health_check_interval_seconds"))
    state_seconds(item, "timeout", probe.get("timeout", "health_check_timeout_seconds"))
    state_count(item, "failures", probe.get("unhealthy_threshold", "unhealthy_threshold_count"), 1)


def _gateway(resource: Resource, component: Component, cloud: Cloud) -> None:
    component.state("description", resource.get("description").text(), resource.get("description").origin)
    state_tier(component, "rest", resource.origin)


def _http_gateway(resource: Resource, component: Component, cloud: Cloud) -> None:
    kind = resource.get("protocol_type")
    state_tier(component, _HTTP_TIERS.get(kind.text() or "HTTP"), kind.origin)


def _distribution(resource: Resource, component: Component, cloud: Cloud) -> None:
    for origin in _origins(resource):
        custom = origin.at("custom_origin_config")
        state_seconds(component, "timeout", custom.get("origin_read_timeout"))


def _origins(resource: Resource) -> Iterator[Value]:
    yield from resource.get("origin").blocks()
    yield from resource.at("distribution_config").get("origins").blocks()


def _proxy(resource: Resource, component: Component, cloud: Cloud) -> None:
    state_seconds(component, "idle_timeout", resource.get("idle_client_timeout"))


def _lead_distribution(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    for origin in _origins(resource):
        for target in cloud.reached(origin.get("domain_name")):
            cloud.lead(resource, target, origin.origin)


def _lead_integration(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    """An integration of an API, with the time that it waits; the shortest stands for the gateway."""
    api = cloud.single(resource.get("rest_api_id", "api_id"), "aws_api_gateway_rest_api", "aws_apigatewayv2_api")
    if api is None or api.component is None:
        return
    told = resource.at("integration") if resource.get("integration") else resource.body
    uri = told.get("uri", "integration_uri")
    for target in cloud.reached(uri if uri.targets() else told.get("request_parameters")):
        cloud.lead(api, target, resource.origin)
    if api.component.stated("timeout") is None:
        state_milliseconds(api.component, "timeout", told.get("timeout_milliseconds", "timeout_in_millis"))


def _lead_gateway(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    """What a definition in OpenAPI, or a target, names."""
    for value in (resource.get("target"), resource.get("body"), resource.get("definition_body")):
        whole = value.embedded() if value.get("paths") or value.template() else value
        for target in cloud.reached(whole or value):
            if target.type in ("aws_lambda_function", "aws_sfn_state_machine", "aws_lb"):
                cloud.lead(resource, target, value.origin)


def _lead_permitted(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    """That an API may invoke a function says that it does."""
    if resource.get("principal").text() != "apigateway.amazonaws.com":
        return
    function = cloud.single(resource.get("function_name"), "aws_lambda_function")
    for api in cloud.reached(resource.get("source_arn"), "aws_api_gateway_rest_api", "aws_apigatewayv2_api"):
        if function is not None:
            cloud.lead(api, function, resource.origin)


def _lead_source(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    api = cloud.single(resource.get("api_id"), "aws_appsync_graphql_api")
    for target in cloud.reached(resource.body) if api is not None else ():
        if api is not None and target.component is not None and target is not api:
            cloud.lead(api, target, resource.origin)


def _behind_group(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    for one in resource.get("targets").blocks():
        for target in cloud.reached(one.get("id")):
            _serve(target, resource, one.origin, cloud)


def _behind_attachment(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    group = cloud.single(resource.get("target_group_arn"), "aws_lb_target_group")
    for target in cloud.reached(resource.get("target_id", "autoscaling_group_name")) if group is not None else ():
        if group is not None:
            _serve(target, group, resource.origin, cloud)
    balancer = cloud.single(resource.get("elb"), "aws_elb")
    for target in cloud.reached(resource.get("autoscaling_group_name", "instance")) if balancer is not None else ():
        if balancer is not None:
            cloud.lead(balancer, target, resource.origin)


def _behind_service(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    """A container service, or a group of instances, that joins target groups and balancers."""
    joined = [one.get("target_group_arn") for one in resource.get("load_balancer", "load_balancers").blocks()]
    joined.append(resource.get("target_group_arns", "TargetGroupARNs"))
    for value in joined:
        for group in cloud.reached(value, "aws_lb_target_group"):
            _serve(resource, group, value.origin, cloud)
    for value in (resource.get("load_balancers"), resource.get("load_balancer_names"), resource.get("load_balancer")):
        for balancer in cloud.reached(value, "aws_elb"):
            cloud.lead(balancer, resource, value.origin)


def _classic_targets(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    for target in cloud.reached(resource.get("instances")):
        cloud.lead(resource, target, resource.get("instances").origin)


def _serve(target: Resource, group: Resource, origin: Origin, cloud: Cloud) -> None:
    """What stands behind a target group is probed, and drained, as the group says."""
    cloud.lead(group, target, origin)
    if target.component is None or target.component.section != "services":
        return
    probe = group.at("health_check")
    if not probe and group.get("health_check_interval_seconds", "health_check_timeout_seconds", "health_check_path"):
        probe = group.body
    if probe:
        _probe(target.component, probe, group.get("health_check").origin if group.get("health_check") else group.origin)
    drain = group.get("deregistration_delay")
    drain = drain or _attributes(group, "target_group_attributes")["deregistration_delay.timeout_seconds"]
    # Container services stop a task only after its target is drained: what counts there is the time to stop.
    if target.type not in ("aws_lambda_function", "aws_ecs_service"):
        state_seconds(target.component, "deploy.drain", drain)


def open_to_clients(cloud: Cloud, draft: Draft) -> None:
    """Clients call through what is open to them; what is not says only what it depends on."""
    led_to = {lead.to for leads in cloud.leads.values() for lead in leads}
    for network in cloud:
        if network.component is None or network.id not in cloud.leads or network.component.section != "networks":
            continue
        if is_internal(network):
            for target, origin, _ in _paths(network, cloud, ()):
                network.component.depend(target.name, origin)
        elif network.id not in led_to:
            for target, origin, through in _paths(network, cloud, ()):
                _open(target, origin, through, draft)
    for url in cloud.of("aws_lambda_function_url"):
        for _, component in cloud.components(url.get("function_name", "target_function_arn")):
            if (url.get("authorization_type", "auth_type").text() or "") == "NONE":
                _open(component, url.origin, (), draft)


def _open(target: Component, origin: Origin, through: tuple[Component, ...], draft: Draft) -> None:
    if target.section in ("brokers", "jobs", "clients") or (target.section == "networks"):
        for network in through[-1:]:
            if target is not network:
                network.depend(target.name, origin)
        return
    known = draft.find(CLIENTS)
    name = CLIENTS if known is None or known.section == "clients" else f"{CLIENTS}-clients"
    clients = draft.component("clients", name, origin)
    clients.state("description", "whatever calls from outside", origin)
    if not clients.holds("calls", target.name):
        names = [network.name for network in through]
        clients.call(target.name, origin, through=names or None)


def _paths(
    network: Resource, cloud: Cloud, before: tuple[Component, ...]
) -> Iterator[tuple[Component, Origin, tuple[Component, ...]]]:
    """What a network leads to, with the networks on the way, itself included."""
    own = network.component
    through = (*before, own) if own is not None and own.section == "networks" else before
    for lead in cloud.leads.get(network.id, ()):
        target = cloud.follow(lead.to)
        if target is None or target.component in through:
            continue
        if target.component is not None and (target.component.section != "networks" or target.id not in cloud.leads):
            yield target.component, lead.origin, through
        elif len(through) < MAX_HOPS:
            yield from ((end, lead.origin, path) for end, _, path in _paths(target, cloud, through))


def is_internal(network: Resource) -> bool:
    scheme, kinds = network.get("scheme").text(), network.at("endpoint_configuration").get("types").texts()
    balancing = network.get("load_balancing_scheme").text() or ""
    is_private = scheme == "internal" or balancing.startswith("INTERNAL") or kinds == ["PRIVATE"]
    return network.get("internal").flag() is True or is_private


def behind(network: Resource, cloud: Cloud) -> tuple[Component, tuple[str, ...]] | None:
    """The one component that a network leads to, with what is passed on the way; None for none or several."""
    found = list(_paths(network, cloud, ()))
    if len({target.name for target, _, _ in found}) != 1 or found[0][0].section in ("brokers", "networks"):
        return None
    return found[0][0], tuple(one.name for one in found[0][2])


def implicit_gateway(name: str, tier: str, origin: Origin, nothing: Value, cloud: Cloud, draft: Draft) -> Resource:
    """A gateway that a transform adds without being told."""
    known = cloud.resource(name)
    if known is None:
        type = "aws_api_gateway_rest_api" if tier == "rest" else "aws_apigatewayv2_api"
        known = Resource(name, type, name, "", nothing, origin, is_complete=True)
        known.component = draft.component("networks", as_name(name.rpartition(":")[2]), origin)
        known.component.state("kind", "gateway", origin)
        known.component.state("technology", "api-gateway", origin)
        state_tier(known.component, tier, origin)
        cloud.add(known)
    return known


DETAILS: Mapping[str, Callable[[Resource, Component, Cloud], None]] = {
    "aws_lb": _balancer,
    "aws_elb": _classic,
    "aws_api_gateway_rest_api": _gateway,
    "aws_apigatewayv2_api": _http_gateway,
    "aws_cloudfront_distribution": _distribution,
    "aws_db_proxy": _proxy,
}
RELATIONS: Mapping[str, Callable[[Resource, Cloud, Draft], None]] = {
    "aws_cloudfront_distribution": _lead_distribution,
    "aws_api_gateway_integration": _lead_integration,
    "aws_apigatewayv2_integration": _lead_integration,
    "aws_api_gateway_rest_api": _lead_gateway,
    "aws_apigatewayv2_api": _lead_gateway,
    "aws_lambda_permission": _lead_permitted,
    "aws_appsync_datasource": _lead_source,
    "aws_lb_target_group": _behind_group,
    "aws_lb_target_group_attachment": _behind_attachment,
    "aws_autoscaling_attachment": _behind_attachment,
    "aws_elb_attachment": _behind_attachment,
    "aws_ecs_service": _behind_service,
    "aws_autoscaling_group": _behind_service,
    "aws_elb": _classic_targets,
}
