"""What limits may bound, and in which units they may be written: two closed tables."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

Dimension = Literal["bytes", "seconds", "per_second", "bytes_per_second", "fraction", "money", "count"]


Subject = Literal[
    "account", "broker", "call", "consume", "network", "platform", "service", "store", "topic", "transaction"
]
"""`store` is a datastore or a cache; `service` a service or a job; `platform` what others name in `runs_on`;
`account` all components of one technology in one account and one region, added up."""


class Unit(NamedTuple):
    """A unit a catalogue may write; `amount * factor` is in the canonical unit of the dimension."""

    name: str
    dimension: Dimension
    factor: float


class Measure(NamedTuple):
    """A quantity of one kind of subject, computed from a manifest, in the canonical unit of its dimension.

    `subject` is what the figure is of; the components that have it say `archlint/analysis/*_measures.py`.
    """

    name: str
    subject: Subject
    dimension: Dimension
    description: str


_FACTORS: Mapping[Dimension, Mapping[str, float]] = {
    "bytes": {
        "bytes": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15,
        "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50,
    },
    "seconds": {"us": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86400},
    "per_second": {
        **dict.fromkeys(
            (
                "calls/s", "connections/s", "events/s", "executions/s", "messages/s", "operations/s", "packets/s",
                "queries/s", "reads/s", "records/s", "requests/s", "transactions/s", "units/s", "writes/s",
            ),
            1,
        ),
        **dict.fromkeys(("operations/min", "requests/min"), 1 / 60),
    },
    "bytes_per_second": {
        "B/s": 1, "kB/s": 1e3, "MB/s": 1e6, "GB/s": 1e9, "KiB/s": 2**10, "MiB/s": 2**20, "GiB/s": 2**30,
        "Mbit/s": 1.25e5, "Gbit/s": 1.25e8,
    },
    "fraction": {"%": 0.01},
    "money": {"USD/month": 1, "USD/GB": 1},
    "count": dict.fromkeys(
        (
            "accounts", "arguments", "attempts", "attributes", "brokers", "buckets", "channels", "characters",
            "clients", "clusters", "columns", "connections", "consumers", "containers", "databases", "deliveries",
            "documents", "endpoints", "entries", "events", "executions", "fields", "file descriptors", "files",
            "functions", "groups", "indexes", "instances", "items", "keys", "labels", "layers", "levels", "listeners",
            "load balancers", "locks", "members", "messages", "namespaces", "nodes", "objects", "operations",
            "parameters", "participants", "partitions", "parts", "pods", "ports", "processes", "proxies", "queries",
            "queues", "records", "regions", "relations", "replicas", "requests", "retries", "routes", "rows", "rules",
            "schemas", "servers", "services", "sessions", "shards", "slots", "statements", "steps", "streams",
            "subscriptions", "tables", "targets", "tasks", "threads", "tokens", "topics", "transactions", "units",
            "users", "values", "vCPUs", "versions", "views", "watchers", "workers", "workloads", "zones",
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

_SINGULAR = {"entries": "entry", "processes": "process", "proxies": "proxy", "queries": "query", "indexes": "index"}


def singular(unit: str) -> str:
    """The noun for one of what the unit counts; units of other dimensions stay as they are."""
    if unit not in UNITS or UNITS[unit].dimension != "count":
        return unit
    return _SINGULAR.get(unit, unit.removesuffix("s"))


_ROWS: tuple[tuple[str, Subject, Dimension, str], ...] = (
    # Brokers
    ("brokers", "broker", "count", "nodes of the broker"),
    ("voters", "broker", "count",
     "members whose votes make a quorum: `voters`, for a datastore else `nodes`, of what runs a consensus"),
    ("partitions_per_cluster", "broker", "count",
     "sum of `partitions` over the broker's topics; replicas are not counted"),
    ("partition_replicas_per_broker", "broker", "count",
     "sum over topics of partitions x replication factor, divided by the broker's nodes, rounded up"),
    ("topics_per_cluster", "broker", "count", "topics (queues, streams) of the broker"),
    ("broker_write_throughput", "broker", "bytes_per_second", "sum of rate x size over all publishes, whole broker"),
    ("broker_write_throughput_per_node", "broker", "bytes_per_second",
     "broker_write_throughput x replication factor divided by the nodes: what each node takes in"),
    ("broker_message_rate", "broker", "per_second", "sum of the rates of all publishes, whole broker"),
    ("broker_data_per_node", "broker", "bytes", "sum of topic_size over the topics, divided by the nodes"),
    # Topics, queues and streams
    ("partitions_per_topic", "topic", "count", "`partitions` of the topic"),
    ("replication_factor", "topic", "count",
     "copies of each datum, the first included: `replication_factor` of a topic, `replication.factor` of a store"),
    ("in_sync_replicas", "topic", "count", "`min_insync_replicas` of the topic"),
    ("topic_name_length", "topic", "count", "characters of the topic's name"),
    ("message_size", "topic", "bytes",
     "largest `size` of a publish to the topic or its `message_size`, before compression"),
    ("topic_message_rate", "topic", "per_second", "sum of the rates of the topic's publishes, or its `load.peak`"),
    ("topic_call_rate", "topic", "per_second",
     "sum of rate / `batch` of the topic's publishes: calls that send; one message each unless stated"),
    ("topic_write_throughput", "topic", "bytes_per_second", "sum of rate x size over the topic's publishes"),
    ("partition_write_throughput", "topic", "bytes_per_second",
     "topic_write_throughput divided by the partitions; or times the share of the hottest key where "
     "`partition_key` states one and it is larger"),
    ("partition_message_rate", "topic", "per_second",
     "topic_message_rate, shared out as in partition_write_throughput"),
    ("partition_read_throughput", "topic", "bytes_per_second",
     "partition_write_throughput x consumer groups: what one partition gives out"),
    ("key_message_rate", "topic", "per_second",
     "topic_message_rate x share of the hottest key: one message group or ordering key"),
    ("key_write_throughput", "topic", "bytes_per_second", "topic_write_throughput x share of the hottest key"),
    ("topic_retention", "topic", "seconds", "`retention` of the topic"),
    ("topic_size", "topic", "bytes", "sum of rate x size x retention, times the replication factor"),
    ("queue_length", "topic", "count", "`max_length` of the topic: messages that may wait"),
    ("queue_age", "topic", "seconds", "`max_age` of the topic: how long a message may wait"),
    ("messages_in_flight", "topic", "count",
     "messages taken and not yet acknowledged, most of one consumer group: rate x processing time"),
    ("consumer_groups", "topic", "count", "consumer groups that read the topic: subscriptions, targets"),
    ("topic_consumers", "topic", "count", "consumers of all groups at their maximum"),
    # Consumers
    ("consumers_per_group", "consume", "count", "instances of the consumer group at their maximum"),
    ("consumers_per_partition", "consume", "count",
     "instances of the group at their maximum, divided by the topic's partitions"),
    ("batch_size", "consume", "count", "`batch` of the consumer: messages taken at once"),
    ("batch_bytes", "consume", "bytes", "batch_size x message_size: what is handed over at once"),
    ("batch_processing_time", "consume", "seconds",
     "`processing.mean` x `batch`; the technology's default batch where none is stated"),
    ("message_processing_time", "consume", "seconds", "`processing.p99`, or else `processing.mean`"),
    ("lease_time", "consume", "seconds", "`lease` of the consumer: visibility timeout, ack deadline"),
    ("deliveries", "consume", "count", "`max_deliveries` of the consumer"),
    # Datastores and caches
    ("members", "store", "count", "nodes of the store, witnesses and learners included"),
    ("replicas_per_shard", "store", "count",
     "nodes of one shard beside the one that takes writes: nodes / shards - 1, and stores that are `replica_of` it"),
    ("shards", "store", "count", "`shards` of the store"),
    ("shards_per_node", "store", "count", "shards x replication factor, divided by nodes, rounded up"),
    ("total_size", "store", "bytes", "`size` of the whole store, one logical copy"),
    ("database_size", "store", "bytes", "`size`, one logical copy, divided by `shards`: what one shard holds"),
    ("size_per_node", "store", "bytes", "`size`, one logical copy, divided by nodes"),
    ("stored_per_node", "store", "bytes", "`size` x replication factor, divided by nodes: bytes on the disks of one"),
    ("records", "store", "count", "`records` of a datastore, `keys` of a cache"),
    ("records_per_shard", "store", "count", "`records` divided by `shards`"),
    ("keys_per_node", "store", "count", "`records` (of a cache `keys`) divided by nodes"),
    ("partition_size", "store", "bytes",
     "`size` divided by `partition_key.cardinality`: mean data under one key, less than under the largest"),
    ("records_per_partition", "store", "count", "`records` divided by `partition_key.cardinality`: a mean"),
    ("item_size", "store", "bytes",
     "`payload` of each call that writes; `entry_size` of a cache; for each store also size / records, a mean"),
    ("indexes", "store", "count", "`indexes.count` of the store"),
    ("global_indexes", "store", "count", "`indexes.global_secondary` of the store"),
    ("memory_size", "store", "bytes", "`memory.size` of the whole cache divided by its nodes"),
    ("connections", "store", "count",
     "connections at the node that takes writes: pool size x processes x instances over all callers, at "
     "their maximum and with the deploy surge; a pooler's own in place of those of its callers. Of a cache or "
     "broker: at each node. Not where `connections.max` is stated (LAW022)"),
    ("connection_limit", "store", "count", "`connections.max` of the store or network: what it is set to accept"),
    ("connections_per_client", "store", "count", "largest pool size x processes of one instance of a caller"),
    ("clients", "store", "count",
     "instances of all callers, of a broker all publishers and consumers, at their maximum, with the deploy surge"),
    ("clients_per_node", "store", "count", "clients divided by nodes, rounded up"),
    ("write_rate", "store", "per_second", "writes at peak, whole component"),
    ("write_rate_per_shard", "store", "per_second", "write_rate divided by `shards` (prefixes, tablets), or by 1"),
    ("write_rate_per_node", "store", "per_second", "write_rate divided by nodes"),
    ("read_rate", "store", "per_second", "reads at peak, whole component"),
    ("read_rate_per_shard", "store", "per_second", "read_rate divided by `shards`, or by 1"),
    ("read_rate_per_node", "store", "per_second", "read_rate divided by nodes"),
    ("request_rate", "store", "per_second",
     "requests at peak, whole component: reads and writes of a store; of a network or service, what it gets"),
    ("request_rate_per_node", "store", "per_second", "request_rate divided by nodes (replicas at their maximum)"),
    ("hottest_key_rate", "store", "per_second",
     "requests at peak for the most wanted key: `hottest_key` of a cache, else request_rate x hottest share"),
    ("hottest_key_write_rate", "store", "per_second", "writes at peak x share of the hottest key"),
    ("hottest_key_read_rate", "store", "per_second", "reads at peak x share of the hottest key"),
    ("hottest_key_write_units", "store", "per_second",
     "writes at peak x KiB begun of each x share of the hottest key; of no stated share, an even one at least"),
    ("hottest_key_read_units", "store", "per_second",
     "reads at peak x 4 KiB begun of each, half of that unless reads are consistent, x share of the hottest key"),
    ("hottest_key_request_units", "store", "per_second",
     "(reads x 10 KiB begun of each, twice that where they are consistent, + 5 x writes x 10 KiB begun of each) x "
     "share of the hottest key"),
    ("write_throughput", "store", "bytes_per_second", "sum of rate x payload over the calls that write"),
    ("replication_clients", "store", "count",
     "at the node that takes writes: standbys (nodes - 1 in each shard) plus distinct change-data readers"),
    ("replication_slots", "store", "count",
     "distinct change-data readers, plus the standbys that keep a slot where `settings` says so"),
    ("prepared_transactions", "store", "count",
     "two-phase transactions with this store as a participant, in doubt at once: rate x duration; "
     "1 where a two-phase transaction exists and its rate is not stated"),
    ("member_round_trip", "store", "seconds", "largest round trip between the places of two members"),
    ("replication_lag", "store", "seconds", "`replication.lag_p99` of the store"),
    ("failover_time", "store", "seconds", "`failover.time`: bound from below (`direction: min`)"),
    ("election_timeout", "store", "seconds", "`consensus.election_timeout`"),
    ("backup_retention", "store", "seconds", "`backup.retention`"),
    ("entry_ttl", "store", "seconds", "`ttl` of a cache"),
    # Services, functions and jobs
    ("instances", "service", "count", "replicas at their maximum and with the deploy surge"),
    ("instance_concurrency", "service", "count", "`capacity.concurrency`: requests that one instance works on at once"),
    ("instance_request_rate", "service", "per_second", "peak divided by the most instances: what one must serve"),
    ("concurrent_executions", "service", "count",
     "peak x mean latency (for what consumes: rate x processing time), whole component"),
    ("execution_time", "service", "seconds",
     "`latency.p99` of the service; `duration_max` of a job; for what consumes, processing time x batch"),
    ("service_request_rate", "service", "per_second", "first requests at peak, whole component"),
    ("instance_memory", "service", "bytes", "`memory.limit` (else `scheduling.limits.memory`) of one replica"),
    ("instance_cpu", "service", "count", "`scheduling.limits.cpu` (else `requests.cpu`) of one replica"),
    ("memory_share", "service", "fraction",
     "(working_set + per_request x concurrency) / memory.limit of one instance"),
    ("sockets_per_instance", "service", "count",
     "at most: concurrency + queue depth + the pools of the calls x processes: file descriptors in use"),
    ("connections_per_destination", "service", "count",
     "connections of one instance to one target: pool size x processes; without reuse (`connections.reuse: false`) "
     "rate of one instance x 60 s (ports in TIME_WAIT)"),
    ("pool_size", "call", "count", "`pool.size` of each call of the service, per process"),
    ("tenants", "service", "count", "`tenancy.tenants` of the component"),
    ("startup_time", "service", "seconds", "`startup` of the service"),
    ("drain_time", "service", "seconds", "`deploy.drain` of the service"),
    # Calls: of each call to the component, of those that pass it (networks), or that speak the `protocol`
    ("request_size", "call", "bytes", "`payload` of the call"),
    ("response_size", "call", "bytes", "`response` of the call"),
    ("async_request_size", "call", "bytes", "`payload` of a call that is `async`"),
    ("call_timeout", "call", "seconds", "`timeout` of the call"),
    ("call_attempts", "call", "count", "`retries.attempts` of the call, the first try included"),
    ("streams_per_connection", "call", "count",
     "requests in flight on one connection: `connections.streams`, else rate x latency / connections"),
    ("connection_idle_time", "call", "seconds", "`connections.idle_timeout` of the call"),
    # Networks: balancers, gateways, proxies, resolvers, poolers, meshes
    ("network_throughput", "network", "bytes_per_second", "sum of rate x (payload + response) of the calls that pass"),
    ("network_timeout", "network", "seconds", "`timeout` of the network: when it gives up a request in flight"),
    ("network_idle_timeout", "network", "seconds", "`idle_timeout` of the network"),
    ("upstream_wait", "network", "seconds", "`latency.p99` of each target of the calls that pass: what it waits for"),
    ("requests_in_flight", "network", "count", "rate x mean latency of the calls that pass, whole network"),
    ("requests_in_flight_per_node", "network", "count", "requests_in_flight divided by nodes"),
    ("client_connections", "network", "count",
     "connections that callers open to it: pools x processes x instances, `concurrent` clients"),
    ("client_connections_per_node", "network", "count", "client_connections divided by nodes, rounded up"),
    ("server_connections", "network", "count", "`connections.max` of a pooler: what each node opens"),
    ("targets", "network", "count", "instances, at their maximum and with the deploy surge, behind the network"),
    ("target_groups", "network", "count", "distinct components behind the network"),
    ("proxies", "network", "count", "instances of all that calls through it join: the sidecars of a mesh"),
    ("dns_ttl", "network", "seconds", "`operations.dns.ttl` of the system, for a resolver"),
    # Platforms: what other components run on
    ("nodes_per_cluster", "platform", "count", "`replicas` or `nodes` of the platform"),
    ("pods_per_cluster", "platform", "count",
     "instances of all that runs on it, at their maximum and with the deploy surge"),
    ("pods_per_node", "platform", "count", "pods_per_cluster divided by the platform's nodes, rounded up"),
    ("pods_per_workload", "platform", "count", "most instances of one component that runs on it"),
    ("workloads_per_cluster", "platform", "count", "components that run on it"),
    # Accounts: all components of one technology in one account (`domains.account`) and one region
    ("account_components", "account", "count", "components of the technology: instances, clusters, functions, queues"),
    ("account_nodes", "account", "count", "their nodes or replicas at most, added up"),
    ("account_topics", "account", "count", "topics of the technology's brokers"),
    ("account_partitions", "account", "count", "partitions (shards) of those topics"),
    ("account_message_rate", "account", "per_second", "broker_message_rate, added up"),
    ("account_write_throughput", "account", "bytes_per_second", "broker_write_throughput, added up"),
    ("account_concurrent_executions", "account", "count", "concurrent_executions, added up"),
    ("account_request_rate", "account", "per_second", "request_rate, added up"),
    ("account_size", "account", "bytes", "total_size, added up"),
    # Transactions
    ("transaction_participants", "transaction", "count",
     "distinct components that take part, of each transaction that the component orchestrates or takes part in; "
     "the first of those that run one technology tells for all"),
    ("transaction_steps", "transaction", "count", "steps of each such transaction"),
    ("transaction_duration", "transaction", "seconds", "sum of the timeouts of the steps of each such transaction"),
)  # fmt: skip

MEASURES: Mapping[str, Measure] = MappingProxyType({row[0]: Measure(*row) for row in _ROWS})
