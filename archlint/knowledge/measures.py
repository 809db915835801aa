"""What limits may bound, and in which units they may be written: two closed tables."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

Dimension = Literal["bytes", "seconds", "per_second", "bytes_per_second", "fraction", "money", "count"]


class Unit(NamedTuple):
    """A unit a catalogue may write; `amount * factor` is in the canonical unit of the dimension."""

    name: str
    dimension: Dimension
    factor: float


class Measure(NamedTuple):
    """A quantity of one kind of subject, computed from a manifest, in the canonical unit of its dimension."""

    name: str
    subject: Literal["broker", "topic", "consume", "store", "service", "call", "transaction"]
    dimension: Dimension
    description: str


_FACTORS: Mapping[Dimension, Mapping[str, float]] = {
    "bytes": {
        "bytes": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15,
        "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50,
    },
    "seconds": {"us": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86400},
    "per_second": dict.fromkeys(
        ("messages/s", "operations/s", "reads/s", "requests/s", "transactions/s", "writes/s"), 1
    ),
    "bytes_per_second": {"B/s": 1, "kB/s": 1e3, "MB/s": 1e6, "GB/s": 1e9, "KiB/s": 2**10, "MiB/s": 2**20},
    "fraction": {"%": 0.01},
    "money": {"USD/month": 1, "USD/GB": 1},
    "count": dict.fromkeys(
        (
            "arguments", "characters", "clients", "columns", "connections", "consumers", "databases",
            "entries", "file descriptors", "files", "instances", "keys", "locks", "members", "nodes",
            "operations", "parameters", "participants", "partitions", "processes", "records", "relations",
            "replicas", "requests", "servers", "shards", "slots", "streams", "topics", "transactions",
            "watchers", "workers",
        ),
        1,
    ),
}  # fmt: skip

UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        name: Unit(name, dimension, float(factor))
        for dimension, factors in _FACTORS.items()
        for name, factor in factors.items()
    }
)

_MEASURES = (
    # Brokers and topics
    Measure("brokers", "broker", "count", "nodes of the broker"),
    Measure(
        "partitions_per_cluster",
        "broker",
        "count",
        "sum of `partitions` over the broker's topics; replicas are not counted",
    ),
    Measure(
        "partition_replicas_per_broker",
        "broker",
        "count",
        "sum over topics of partitions x replication factor, divided by the broker's nodes, rounded up",
    ),
    Measure("topics_per_cluster", "broker", "count", "topics of the broker"),
    Measure("partitions_per_topic", "topic", "count", "`partitions` of the topic"),
    Measure("replication_factor", "topic", "count", "copies of a partition, the leader's included"),
    Measure("in_sync_replicas", "topic", "count", "`min_insync_replicas` of the topic"),
    Measure("topic_name_length", "topic", "count", "characters of the topic's name"),
    Measure("message_size", "topic", "bytes", "largest `size` of a publish to the topic, before compression"),
    Measure(
        "partition_write_throughput",
        "topic",
        "bytes_per_second",
        "sum of rate x size over the topic's publishes, divided by its partitions; or times the share of the "
        "hottest key where `partition_key` states one and it is larger",
    ),
    Measure(
        "partition_message_rate",
        "topic",
        "per_second",
        "sum of the rates of the topic's publishes, shared out as in partition_write_throughput",
    ),
    Measure("topic_retention", "topic", "seconds", "`retention` of the topic"),
    Measure("topic_size", "topic", "bytes", "sum of rate x size x retention, times the replication factor"),
    Measure("consumer_groups", "topic", "count", "consumer groups that read the topic"),
    Measure("consumers_per_group", "consume", "count", "instances of the consumer group at their maximum"),
    Measure(
        "consumers_per_partition",
        "consume",
        "count",
        "instances of the group at their maximum, divided by the topic's partitions",
    ),
    Measure(
        "batch_processing_time",
        "consume",
        "seconds",
        "`processing.mean` x `batch`; the technology's default batch where none is stated",
    ),
    Measure("message_processing_time", "consume", "seconds", "`processing.p99`, or else `processing.mean`"),
    Measure("deliveries", "consume", "count", "`max_deliveries` of the consumer"),
    # Datastores, caches and coordination services
    Measure(
        "voters",
        "store",
        "count",
        "members whose votes make a quorum: `voters`, or else `nodes`, of what runs a consensus",
    ),
    Measure("members", "store", "count", "nodes of the store, witnesses and learners included"),
    Measure(
        "database_size",
        "store",
        "bytes",
        "`size`, one logical copy, divided by `shards`: what one node holds",
    ),
    Measure("records", "store", "count", "`records` of the store"),
    Measure("shards", "store", "count", "`shards` of the store"),
    Measure("indexes", "store", "count", "`indexes.count` of the store"),
    Measure(
        "connections",
        "store",
        "count",
        "connections at the node that takes writes: pool size x processes x instances over all callers, at "
        "their maximum and with the deploy surge; a pooler's own in place of those of its callers",
    ),
    Measure("clients", "store", "count", "instances of all callers at their maximum, with the deploy surge"),
    Measure("write_rate", "store", "per_second", "writes at peak, whole component"),
    Measure("write_rate_per_shard", "store", "per_second", "write_rate divided by `shards`, or by 1"),
    Measure("read_rate", "store", "per_second", "reads at peak, whole component"),
    Measure("request_rate", "store", "per_second", "reads and writes at peak, whole component"),
    Measure("request_rate_per_node", "store", "per_second", "request_rate divided by nodes"),
    Measure("hottest_key_rate", "store", "per_second", "requests at peak for the most wanted key"),
    Measure("memory_size", "store", "bytes", "`memory.size` of the whole component divided by its nodes"),
    Measure(
        "replication_clients",
        "store",
        "count",
        "at the node that takes writes: standbys (nodes - 1 in each shard) plus distinct change-data readers",
    ),
    Measure(
        "replication_slots",
        "store",
        "count",
        "distinct change-data readers, plus the standbys that keep a slot where `settings` says so",
    ),
    Measure(
        "prepared_transactions",
        "store",
        "count",
        "two-phase transactions with this store as a participant, in doubt at once: rate x duration; "
        "1 where a two-phase transaction exists and its rate is not stated",
    ),
    Measure("member_round_trip", "store", "seconds", "largest round trip between the places of two members"),
    # Services and calls
    Measure("instances", "service", "count", "replicas at their maximum and with the deploy surge"),
    Measure("concurrent_executions", "service", "count", "peak x mean latency, whole component"),
    Measure("execution_time", "service", "seconds", "`latency.p99` of the service, or the longest job"),
    Measure("service_request_rate", "service", "per_second", "first requests at peak, whole component"),
    Measure("instance_memory", "service", "bytes", "`memory.limit` of one replica"),
    Measure("request_size", "call", "bytes", "`payload` of the call"),
    Measure("response_size", "call", "bytes", "`response` of the call"),
    Measure("call_timeout", "call", "seconds", "`timeout` of the call"),
    Measure("streams_per_connection", "call", "count", "requests in flight on one connection of the call"),
    # Transactions
    Measure("transaction_participants", "transaction", "count", "distinct components that take part"),
    Measure("transaction_duration", "transaction", "seconds", "sum of the steps' timeouts"),
)

MEASURES: Mapping[str, Measure] = MappingProxyType({measure.name: measure for measure in _MEASURES})
