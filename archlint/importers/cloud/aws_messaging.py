"""Queues, topics, streams and buses of AWS, and who takes from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archlint.importers.cloud.facts import (
    GIB,
    state_count,
    state_seconds,
    state_setting,
    state_size,
    state_subnet_zones,
    state_technology,
    state_tier,
)
from archlint.importers.cloud.resources import Cloud, Resource, arn_names
from archlint.importers.cloud.topics import TOPICS, consume, dead_letter, is_topic, topic_name, topic_of
from archlint.importers.cloud.values import Value
from archlint.importers.draft import INSTANCES, Component, Draft, Statement
from archlint.importers.names import as_name
from archlint.importers.reading.files import Origin

_FOREIGN = {"aws_sqs_queue": "sqs", "aws_kinesis_stream": "kinesis", "aws_sns_topic": "sns", "aws_msk_cluster": "msk"}


def prepare(cloud: Cloud) -> None:
    for policy in cloud.of("aws_sqs_queue_redrive_policy"):
        queue = cloud.single(policy.get("queue_url"), "aws_sqs_queue")
        if queue is not None:
            cloud.attach(queue, policy)
    for resource in cloud:
        for value in _dead_letter_targets(resource):
            cloud.dead_letters.update(id for id in value.targets() if id != resource.id)
        if resource.get("redrive_allow_policy"):
            cloud.dead_letters.add(resource.id)


def _dead_letter_targets(resource: Resource) -> list[Value]:
    if resource.type in ("aws_sqs_queue", "aws_sqs_queue_redrive_policy", "aws_sns_topic_subscription"):
        policy = resource.get("redrive_policy")
        return [policy.embedded() or policy]
    if resource.type == "aws_sns_topic":
        return [one.get("redrive_policy") for one in resource.get("subscription").blocks()]
    found = [resource.at("dead_letter_config"), resource.at("dead_letter_queue")]
    found.append(resource.at("destination_config", "on_failure"))
    for event in resource.get("events").values():
        found += [event.get("Properties").get("DeadLetterConfig"), event.get("Properties").get("RedrivePolicy")]
        found.append(event.get("Properties").at("DestinationConfig", "OnFailure"))
    return found + [target.get("dead_letter_config") for target in resource.get("targets", "target").blocks()]


def _topic(resource: Resource, component: Component) -> Statement:
    return component.topic(topic_name(resource), resource.origin)


def _queue(resource: Resource, component: Component, cloud: Cloud) -> None:
    topic = _topic(resource, component)
    state_seconds(topic, "retention", resource.get("message_retention_seconds", "message_retention_period"))
    fifo = resource.get("fifo_queue")
    if fifo.flag():
        fast = resource.get("fifo_throughput_limit").text() == "perMessageGroupId"
        component.state("mode", "fifo-high-throughput" if fast else "fifo", fifo.origin)
        topic.state("ordering", "per-key", fifo.origin)
    elif fifo.flag() is False or resource.is_unset("fifo_queue"):
        component.state("mode", "standard", fifo.origin if fifo else resource.origin)
    target, origin = dead_letter(resource, cloud)
    if target is not None:
        topic.state("dead_letter", topic_of(target), origin)
    elif _is_last(resource, cloud):
        topic.state("dead_letter", "none", origin.noted("no redrive policy"))


def _is_last(queue: Resource, cloud: Cloud) -> bool:
    """Whether nothing takes what a queue cannot deliver, and it is not itself where that goes."""
    told = cloud.attached(queue, "aws_sqs_queue_redrive_policy")
    return queue.is_unset("redrive_policy") and not told and queue.id not in cloud.dead_letters


def _plain_topic(resource: Resource, component: Component, cloud: Cloud) -> None:
    topic = _topic(resource, component)
    fifo = resource.get("fifo_topic")
    if fifo.flag():
        component.state("mode", "fifo", fifo.origin)
        topic.state("ordering", "per-key", fifo.origin)
    elif fifo.flag() is False or resource.is_unset("fifo_topic"):
        component.state("mode", "standard", fifo.origin if fifo else resource.origin)


def _bus(resource: Resource, component: Component, cloud: Cloud) -> None:
    _topic(resource, component)


def _stream(resource: Resource, component: Component, cloud: Cloud) -> None:
    topic = _topic(resource, component)
    state_count(topic, "partitions", resource.get("shard_count"), 1)
    state_seconds(topic, "retention", resource.get("retention_period", "retention_period_hours"), 3_600)
    topic.state("ordering", "per-key", resource.origin)
    mode = resource.at("stream_mode_details").get("stream_mode")
    named = {"ON_DEMAND": "on-demand", "PROVISIONED": "provisioned"}.get(mode.text() or "")
    if named is None and not mode and resource.get("shard_count").integer():
        named, mode = "provisioned", resource.get("shard_count")
    component.state("mode", named, mode.origin)


def _kafka(resource: Resource, component: Component, cloud: Cloud) -> None:
    state_technology(component, "msk", resource.get("kafka_version"))
    nodes = resource.at("broker_node_group_info")
    state_count(component, INSTANCES, resource.get("number_of_broker_nodes"), 1)
    state_tier(component, nodes.get("instance_type").text(), nodes.get("instance_type").origin)
    state_subnet_zones(component, nodes.get("client_subnets"), cloud)
    volume = nodes.at("storage_info").get("ebs_storage_info", "EBSStorageInfo").block().get("volume_size")
    state_size(component, "disk.size", volume or nodes.get("ebs_volume_size"), GIB)


def _serverless_kafka(resource: Resource, component: Component, cloud: Cloud) -> None:
    component.state("mode", "serverless", resource.origin)


def _message_broker(resource: Resource, component: Component, cloud: Cloud) -> None:
    engine, mode = resource.get("engine_type"), resource.get("deployment_mode")
    slug = {"rabbitmq": "rabbitmq", "activemq": "activemq"}.get((engine.text() or "").lower())
    if slug is not None:
        state_technology(component, slug, resource.get("engine_version") or engine)
    nodes = {"SINGLE_INSTANCE": 1, "ACTIVE_STANDBY_MULTI_AZ": 2, "CLUSTER_MULTI_AZ": 3}.get(mode.text() or "")
    component.state(INSTANCES, nodes, mode.origin)


def _mapping(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    """A function that polls a queue or a stream."""
    function = cloud.single(resource.get("function_name"), "aws_lambda_function")
    source_arn = resource.get("event_source_arn")
    if function is None or function.component is None or resource.get("enabled").flag() is False:
        return
    source = cloud.single(source_arn) or _foreign(source_arn, cloud, draft)
    if source is None or source.component is None:
        return
    kafka_topics = resource.get("topics").texts()
    for topic in kafka_topics or [""]:
        item = consume(function.component, source, resource.origin, cloud, topic)
        if item is not None and source.component.section == "brokers":
            poll(item, resource, source, cloud)
        elif item is not None and source.component.section == "datastores":
            function.component.depend(source.component.name, resource.origin.noted("reads its stream"))


def poll(item: Statement, resource: Resource, source: Resource, cloud: Cloud) -> None:
    state_count(item, "batch", resource.get("batch_size"), 1)
    if source.type == "aws_sqs_queue":
        state_count(item, "instances", resource.at("scaling_config").get("maximum_concurrency"), 1)
        return
    _instances(item, resource, source)
    retries = resource.get("maximum_retry_attempts")
    if source.type == "aws_kinesis_stream":
        if retries.integer() == -1 or (resource.is_complete and not retries):
            note = "" if retries else "without a limit unless stated"
            item.state("max_deliveries", "unlimited", (retries.origin if retries else resource.origin).noted(note))
        elif retries.integer() is not None:
            item.state("max_deliveries", (retries.integer() or 0) + 1, retries.origin.noted("the first try included"))
    failed = resource.at("destination_config", "on_failure")
    for target in cloud.reached(failed):
        if is_topic(target):
            item.state("dead_letter", topic_of(target), failed.origin)


def _instances(item: Statement, resource: Resource, source: Resource) -> None:
    """One for each shard, times what is set; where the number of shards is not known nothing is."""
    factor, shards = resource.get("parallelization_factor"), source.get("shard_count").integer()
    each = factor.integer() or (1 if resource.is_complete or resource.is_unset("parallelization_factor") else None)
    if source.type == "aws_kinesis_stream" and shards and each:
        origin = factor.origin if factor else resource.origin
        item.state("instances", shards * each, origin.noted("shards times parallelization factor"))


def _foreign(arn: Value, cloud: Cloud, draft: Draft) -> Resource | None:
    """A queue or stream of somebody else's, which only its ARN tells of."""
    named = arn_names(arn.text() or "")
    if named is None or named[0] not in _FOREIGN or as_name(named[1]) != named[1]:
        return None
    type, name = named
    known = draft.find(name)
    if known is not None and known.section != "brokers":
        return None
    component = draft.component("brokers", name, arn.origin)
    component.state("technology", _FOREIGN[type], arn.origin)
    source = Resource(f"foreign:{type}:{name}", type, name, "", Value(arn.part[""], cloud), arn.origin, physical=name)
    source.component = component
    if type in TOPICS:
        component.topic(name, arn.origin)
    cloud.add(source)
    return source


def _topic_subscriptions(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    """Subscriptions that CloudFormation lets a topic state itself."""
    for one in resource.get("subscription").blocks():
        _subscribe(resource, one, one.origin, cloud)


def _subscription(resource: Resource, cloud: Cloud, draft: Draft) -> None:
    topic = cloud.single(resource.get("topic_arn"), "aws_sns_topic") or _foreign(
        resource.get("topic_arn"), cloud, draft
    )
    if topic is not None:
        _subscribe(topic, resource.body, resource.origin, cloud)


def _subscribe(topic: Resource, subscription: Value, origin: Origin, cloud: Cloud) -> None:
    policy = subscription.get("redrive_policy")
    for endpoint, component in cloud.components(subscription.get("endpoint")):
        item = consume(component, topic, origin, cloud)
        for target in cloud.reached(policy.embedded() or policy, "aws_sqs_queue"):
            if item is not None and component.section == "services" and target is not endpoint:
                item.state("dead_letter", topic_of(target), policy.origin)


def _stream_settings(resource: Resource, component: Component, cloud: Cloud) -> None:
    _topic(resource, component)
    state_setting(component, "destination", resource.get("destination"))


DETAILS: Mapping[str, Callable[[Resource, Component, Cloud], None]] = {
    "aws_sqs_queue": _queue,
    "aws_sns_topic": _plain_topic,
    "aws_cloudwatch_event_bus": _bus,
    "aws_kinesis_stream": _stream,
    "aws_kinesis_firehose_delivery_stream": _stream_settings,
    "aws_msk_cluster": _kafka,
    "aws_msk_serverless_cluster": _serverless_kafka,
    "aws_mq_broker": _message_broker,
}
RELATIONS: Mapping[str, Callable[[Resource, Cloud, Draft], None]] = {
    "aws_lambda_event_source_mapping": _mapping,
    "aws_sns_topic": _topic_subscriptions,
    "aws_sns_topic_subscription": _subscription,
}
