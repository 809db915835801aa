"""What events, buckets and clocks start on AWS."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from archlint.importers.cloud.resources import Cloud, Resource
from archlint.importers.cloud.topics import consume, is_topic, topic_of
from archlint.importers.cloud.values import Value
from archlint.importers.draft import Component, Draft, Statement
from archlint.importers.names import as_name
from archlint.importers.quantities import duration
from archlint.importers.reading.files import Origin

DEFAULT_BUS = "default-event-bus"
_RATE = re.compile(r"rate\(\s*(\d+)\s+(minute|hour|day)s?\s*\)")
_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}
_OFF = ("DISABLED",)


def prepare(cloud: Cloud) -> None:
    for target in cloud.of("aws_cloudwatch_event_target"):
        rule = cloud.single(target.get("rule"), "aws_cloudwatch_event_rule") or _named_rule(target, cloud)
        if rule is not None:
            cloud.attach(rule, target)


def _named_rule(target: Resource, cloud: Cloud) -> Resource | None:
    name = target.get("rule").text()
    rules = cloud.of("aws_cloudwatch_event_rule") if name else ()
    return next((rule for rule in rules if rule.physical == name), None)


def _rule(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    """An event rule: what events or the clock start."""
    if resource.get("state").text() in _OFF or resource.get("is_enabled").flag() is False:
        return
    targets = [target.body for target in cloud.attached(resource, "aws_cloudwatch_event_target")]
    targets += list(resource.get("targets").blocks())
    if resource.get("event_pattern"):
        bus = bus_of(resource.get("event_bus_name"), cloud, draft, resource.origin)
        for target in targets:
            arn = target.get("arn")
            _start_by_events(bus, arn, target, resource.origin, cloud)
    if resource.get("schedule_expression"):
        _schedule(resource, targets, cloud, draft)


def _start_by_events(bus: Resource | None, arn: Value, target: Value, origin: Origin, cloud: Cloud) -> None:
    for _, component in cloud.components(arn):
        item = consume(component, bus, origin, cloud) if bus is not None else None
        if item is None or component.section != "services":
            continue
        retry_and_bury(item, target, cloud)


def retry_and_bury(item: Statement, target: Value, cloud: Cloud) -> None:
    """How often an event is delivered, and where it goes after that."""
    retries = target.at("retry_policy").get("maximum_retry_attempts")
    if (count := retries.integer()) is not None and count >= 0:
        item.state("max_deliveries", count + 1, retries.origin.noted("the first try included"))
    buried = target.at("dead_letter_config").get("arn")
    for queue in cloud.reached(buried, "aws_sqs_queue"):
        item.state("dead_letter", topic_of(queue), buried.origin)


def bus_of(name: Value, cloud: Cloud, draft: Draft, origin: Origin) -> Resource | None:
    """The bus of that name: a resource, or the one that every account has."""
    bus = cloud.single(name, "aws_cloudwatch_event_bus")
    text = name.text() or "default"
    if bus is None:
        bus = next((one for one in cloud.of("aws_cloudwatch_event_bus") if one.physical == text), None)
    if bus is not None:
        return bus
    if text.rpartition("/")[2] != "default" or (name and name.text() is None):
        return None
    known = cloud.resource(DEFAULT_BUS)
    if known is None:
        component = draft.component("brokers", DEFAULT_BUS, origin)
        component.state("technology", "eventbridge", origin)
        nothing = Value(name.part[""], cloud)
        known = Resource(DEFAULT_BUS, "aws_cloudwatch_event_bus", DEFAULT_BUS, "", nothing, origin, physical="default")
        known.component = component
        component.topic("default", origin)
        cloud.add(known)
    return known


def _schedule(resource: Resource, targets: list[Value], cloud: Cloud, draft: Draft) -> None:
    if resource.get("state").text() in _OFF:
        return
    expression = resource.get("schedule_expression")
    start_by_clock(resource.label, resource.scope, expression, targets, cloud, draft)


def _scheduler(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    _schedule(resource, list(resource.get("target").blocks()), cloud, draft)


def start_by_clock(
    label: str,
    scope: str,
    expression: Value,
    targets: list[Value],
    cloud: Cloud,
    draft: Draft,
    started: Component | None = None,
) -> None:
    """A job that starts what a schedule names, or `started`."""
    reached = [pair for target in targets for pair in cloud.components(target.get("arn"))]
    runs_itself = any(target.get("ecs_target", "ecs_parameters") for target in targets)
    if not reached and not runs_itself and started is None:
        return
    origin = expression.origin
    names = [as_name(label), f"{as_name(label)}-schedule", as_name(f"{scope}-{label}-schedule")]
    name = next((name for name in names if name and draft.find(name) is None), f"{as_name(label)}-clock")
    job = draft.component("jobs", name, origin)
    state_times(job, expression)
    if started is not None:
        job.call(started.name, origin, async_=True)
    for target, component in reached:
        if is_topic(target):
            job.item("publishes", topic_of(target), origin)
        elif component.section == "services":
            job.call(component.name, origin, async_=True)


def start_by_cron(resource: Resource, expression: Value, called: list[Value], cloud: Cloud, draft: Draft) -> None:
    """A job that calls or publishes by a cron expression."""
    reached = [pair for value in called for pair in cloud.components(value)]
    name = as_name(resource.label)
    if not reached or not name:
        return
    name = name if draft.find(name) is None else f"{name}-schedule"
    job = draft.component("jobs", name, expression.origin)
    job.state("at", expression.text(), expression.origin)
    for target, component in reached:
        if is_topic(target):
            job.item("publishes", topic_of(target), expression.origin)
        elif component.section == "services":
            job.call(component.name, expression.origin)


def state_times(job: Component, expression: Value) -> None:
    """`rate(5 minutes)` or `cron(...)`."""
    text = expression.text() or ""
    rate = _RATE.fullmatch(text)
    if rate:
        job.state("every", duration(int(rate[1]) * _SECONDS[rate[2]]), expression.origin)
    elif text.startswith(("cron(", "at(")):
        job.state("at", text.partition("(")[2].removesuffix(")"), expression.origin)


def _bucket_events(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    """What a bucket's events start depends on it."""
    bucket = resource if resource.type == "aws_s3_bucket" else cloud.single(resource.get("bucket"), "aws_s3_bucket")
    if bucket is None or bucket.component is None:
        return
    told = resource.get("notification_configuration") if bucket is resource else resource.body
    names = (
        "lambda_function",
        "queue",
        "topic",
        "lambda_configurations",
        "queue_configurations",
        "topic_configurations",
    )
    for name in names:
        for one in told.get(name).blocks():
            for target, component in cloud.components(one):
                if target is not bucket:
                    component.depend(bucket.component.name, one.origin.noted("its events start it"))


def _delivery(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    """A delivery stream needs what it reads, and where it delivers."""
    if resource.component is None:
        return
    for target, component in cloud.components(resource.body):
        if target is not resource and component.section in ("brokers", "datastores"):
            resource.component.depend(component.name, resource.origin)


def _pipe(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    source = cloud.single(resource.get("source"))
    for _, component in cloud.components(resource.get("target")) if source is not None else ():
        if source is not None:
            consume(component, source, resource.origin, cloud)


DETAILS: Mapping[str, Callable[[Resource, Component, Cloud], None]] = {}
RELATIONS: Mapping[str, Callable[[Resource, Cloud, Draft], None]] = {
    "aws_cloudwatch_event_rule": _rule,
    "aws_cloudwatch_event_target": lambda resource, cloud, draft: None,
    "aws_scheduler_schedule": _scheduler,
    "aws_pipes_pipe": _pipe,
    "aws_s3_bucket": _bucket_events,
    "aws_s3_bucket_notification": _bucket_events,
    "aws_kinesis_firehose_delivery_stream": _delivery,
}
