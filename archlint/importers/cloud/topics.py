"""Queues, topics and streams as topics of brokers: how they are referred to, and what takes from them."""

from __future__ import annotations

from archlint.importers.cloud.facts import state_seconds
from archlint.importers.cloud.resources import Cloud, Resource
from archlint.importers.cloud.values import Value
from archlint.importers.draft import Component, Statement
from archlint.importers.names import as_name
from archlint.importers.reading.files import Origin


def topic_name(resource: Resource) -> str:
    assert resource.component is not None
    physical = resource.physical or ""
    return physical if physical and as_name(physical) == physical else resource.component.name


def topic_of(resource: Resource) -> str:
    """The reference to the one topic of a queue, topic, stream or bus."""
    assert resource.component is not None
    return f"{resource.component.name}/{topic_name(resource)}"


def is_topic(resource: Resource) -> bool:
    return resource.component is not None and resource.component.section == "brokers" and resource.type in TOPICS


TOPICS = frozenset(
    {
        "aws_sqs_queue", "aws_sns_topic", "aws_kinesis_stream", "aws_cloudwatch_event_bus", "google_pubsub_topic",
        "google_cloud_tasks_queue", "aws_kinesis_firehose_delivery_stream", "azurerm_eventgrid_topic",
        "azurerm_eventgrid_system_topic", "azurerm_storage_queue",
    }
)  # fmt: skip


def dead_letter(queue: Resource, cloud: Cloud) -> tuple[Resource | None, Origin]:
    """Where messages of a queue go that were delivered too often."""
    for one in (queue, *cloud.attached(queue, "aws_sqs_queue_redrive_policy")):
        policy = one.get("redrive_policy")
        for target in cloud.reached(policy.embedded() or policy, "aws_sqs_queue"):
            if target is not queue and target.component is not None:
                return target, policy.origin
    return None, queue.origin


def _deliveries(queue: Resource, cloud: Cloud) -> Value | None:
    for one in (queue, *cloud.attached(queue, "aws_sqs_queue_redrive_policy")):
        most = one.get("redrive_policy").embedded().get("maxReceiveCount")
        if (most.integer() or 0) > 0:
            return most
    return None


def consume(consumer: Component, source: Resource, origin: Origin, cloud: Cloud, topic: str = "") -> Statement | None:
    """A component takes messages; one that cannot, such as a queue that a topic feeds, depends on the source."""
    if source.component is None or source.component is consumer:
        return None
    if consumer.section != "services" or source.component.section != "brokers" or not (topic or is_topic(source)):
        return consumer.depend(source.component.name, origin)
    if topic:
        source.component.topic(topic, origin)
    item = consumer.item("consumes", f"{source.component.name}/{topic}" if topic else topic_of(source), origin)
    if source.type == "aws_sqs_queue":
        lease = source.get("visibility_timeout_seconds", "visibility_timeout")
        state_seconds(item, "lease", lease)
        most, (target, where) = _deliveries(source, cloud), dead_letter(source, cloud)
        if most is not None:
            item.state("max_deliveries", most.integer(), most.origin)
        if target is not None:
            item.state("dead_letter", topic_of(target), where)
    return item
