"""Brokers and their topics."""

from __future__ import annotations

from typing import Literal

from archlint.manifest.fields import (
    AmountFloor,
    Bytes,
    BytesFloor,
    Count,
    Duration,
    Either,
    Flag,
    Label,
    Name,
    OrNone,
    Rate,
    RateFloor,
    Reference,
    ThroughputFloor,
)
from archlint.manifest.models.base import Spec, stated
from archlint.manifest.models.common import PartitionKey, Settings
from archlint.manifest.models.storage import NodesSpec


class MessageSchemaSpec(Spec):
    """How the form of messages is kept compatible."""

    registry: Flag | None = stated("Whether a registry refuses messages of another form.")
    compatibility: (
        Literal[
            "none",
            "backward",
            "forward",
            "full",
            "backward-transitive",
            "forward-transitive",
            "full-transitive",
        ]
        | None
    ) = stated("Which versions can read each other.")
    versioned: Flag | None = stated("Whether a message says the version of its form.")


class TopicLoadSpec(Spec):
    """Messages into the topic, where producers do not state them."""

    peak: Rate | None = stated("Highest one-minute mean of messages in.")
    mean: Rate | None = stated("Mean of messages in over 30 days.")


class TopicSpec(Spec):
    """A topic, queue or stream."""

    description: Label | None = stated("What the messages are.")
    owner: Label | None = stated("Team that answers for the topic, where it is not the broker's.")
    partitions: Count | None = stated("Number of partitions.")
    replication_factor: Count | None = stated("Copies of each partition, the first included.")
    min_insync_replicas: Count | None = stated("Copies that must be in step for a write to be accepted.")
    retention: Either[Duration, Literal["unlimited", "none"]] | None = stated(
        "How long messages are kept; `none` where they go once they are consumed."
    )
    max_size: Either[BytesFloor, Literal["unlimited"]] | None = stated("Bytes kept in one partition.")
    max_length: Either[AmountFloor, Literal["unlimited"]] | None = stated("Messages that may wait.")
    max_age: Either[Duration, Literal["unlimited"]] | None = stated("Age at which a waiting message is dropped.")
    cleanup: Literal["delete", "compact", "compact-delete", "none"] | None = stated("What removes old messages.")
    key: OrNone[Label] | None = stated("Field that chooses the partition.")
    partition_key: PartitionKey | None = stated("How messages spread over the partitions.")
    ordering: Literal["none", "per-key", "total"] | None = stated("Order in which consumers get the messages.")
    delivery: Literal["at-least-once", "at-most-once", "exactly-once"] | None = stated("How often a message arrives.")
    message_schema: OrNone[MessageSchemaSpec] | None = stated(
        "How the form of messages is kept compatible.", alias="schema"
    )
    message_size: Bytes | None = stated("Largest message.")
    load: TopicLoadSpec | None = stated("Messages into the topic, where producers do not state them.")
    dead_letter: OrNone[Reference] | None = stated("Topic for messages that cannot be handled.")
    settings: Settings | None = stated("What the topic's own configuration says.")


class BrokerCapacitySpec(Spec):
    """What the whole broker can carry."""

    rate: RateFloor | None = stated("Messages in, whole broker.")
    throughput: ThroughputFloor | None = stated("Bytes in, whole broker.")
    partition_throughput: ThroughputFloor | None = stated("Bytes that one partition can take in.")


class BrokerSpec(NodesSpec):
    """A message broker or log."""

    topics: dict[Name, TopicSpec] | None = stated("Topics, queues or streams.")
    voters: Count | None = stated("Nodes that vote for the leader.")
    capacity: BrokerCapacitySpec | None = stated("What the whole broker can carry.")
