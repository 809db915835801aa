"""Every measure against a figure worked out by hand, with what it lacks where the manifest leaves something out."""

from __future__ import annotations

import datetime
from functools import cache

import pytest

from archlint.analysis.analyses import Analyses
from archlint.analysis.measured import Measured
from archlint.analysis.measurers import MEASURERS
from archlint.analysis.values import Unknown
from archlint.knowledge.catalogue import Catalogue
from archlint.knowledge.measures import MEASURES
from archlint.manifest.loading import load
from archlint.system.workspace import link

CATALOGUE = Catalogue()

# Any technology of the catalogue will do: a measure is the same under all of them.
SHOP = """
archlint: 1
system: {name: shop}
topology:
  regions: {eu: {zones: [eu-a, eu-b]}, us: {zones: [us-a]}}
  links: [{between: [eu, us], rtt: 80ms}]
clients:
  app:
    concurrent: 5000
    calls: [{to: front, through: [edge], rate: 1k/s, access: read, payload: 2KiB, response: 20KiB}]
services:
  front:
    technology: etcd
    replicas: {min: 4, max: 20}
    deploy: {max_surge: 25%, drain: 40s}
    processes: 2
    startup: 15s
    runs_on: [cluster]
    load: {peak: 1k/s}
    latency: {mean: 80ms, p99: 600ms}
    capacity: {concurrency: 32}
    queue: {depth: 8}
    memory: {working_set: 600MB, per_request: 10MB, limit: 2GB}
    scheduling: {limits: {cpu: 2}}
    tenancy: {tenants: 300}
    calls:
      - {to: db, access: write, payload: 8KiB, timeout: 2s, retries: {attempts: 3}, pool: {size: 6}}
      - {to: db, access: read, share: 50%, response: 64KiB, timeout: 1s, pool: {size: 4},
         connections: {idle_timeout: 90s, streams: 50}}
      - {to: hot, access: read, pool: {size: 5}}
      - {to: far, access: write, async: true, payload: 300KiB, connections: {reuse: false}}
    publishes:
      - {to: bus/a, rate: 600/s, size: 2kB}
      - {to: bus/a, rate: 400/s, size: 5kB}
  worker:
    technology: etcd
    replicas: 6
    runs_on: [cluster]
    consumes:
      - {from: bus/a, group: g, instances: 6, processing: {mean: 20ms, p99: 90ms}, batch: 10, lease: 30s,
         max_deliveries: 5}
  audit:
    technology: etcd
    replicas: 2
    runs_on: [cluster]
    consumes: [{from: bus/a, group: h, instances: 2, processing: {mean: 5ms}}]
  cluster: {technology: etcd, replicas: 4}
jobs:
  nightly: {technology: etcd, every: 1d, duration_max: 40m, replicas: 2}
datastores:
  db:
    technology: postgresql@16
    nodes: 6
    shards: 3
    zones: [eu-a, us-a]
    size: 600GB
    records: 30M
    growth: 10GB/month
    indexes: {count: 7, global_secondary: 2}
    partition_key: {name: tenant, cardinality: 300, hottest: 20%}
    load: {reads: 500/s, writes: 1k/s}
    replication: {factor: 2, voters: 3, lag_p99: 40ms}
    failover: {time: 25s}
    consensus: {election_timeout: 1s}
    backup: {retention: 14d}
  copy: {technology: postgresql@16, nodes: 1, size: 600GB, replica_of: db, connections: {max: 400}}
caches:
  hot:
    technology: etcd
    nodes: 4
    keys: 8M
    entry_size: 1KiB
    ttl: 1h
    memory: {size: 12GB}
    hottest_key: 90/s
    load: {reads: 1k/s, writes: 0/s}
brokers:
  bus:
    technology: kafka@4.0
    nodes: 3
    topics:
      a:
        partitions: 10
        replication_factor: 3
        min_insync_replicas: 2
        retention: 1d
        max_length: 1M
        max_age: 2h
        message_size: 8kB
        partition_key: {name: order, hottest: 30%}
      b: {partitions: 2, replication_factor: 1}
externals:
  far: {technology: etcd}
networks:
  edge: {technology: etcd, kind: gateway, nodes: 2, timeout: 29s, idle_timeout: 60s, connections: {max: 4000}}
transactions:
  order:
    protocol: 2pc
    orchestrator: front
    rate: 40/s
    steps: [{do: pay, on: db, timeout: 1s}, {do: ship, on: far, timeout: 500ms}, {do: tell, on: db, timeout: 500ms}]
operations:
  dns: {ttl: 30s}
"""

KIB = 1024
GB = 1e9

FIGURES: dict[tuple[str, str], float | list[float]] = {
    # Brokers
    ("bus", "brokers"): 3,
    ("bus", "topics_per_cluster"): 2,
    ("bus", "partitions_per_cluster"): 12,
    ("bus", "partition_replicas_per_broker"): 11,  # (10 x 3 + 2) / 3, rounded up
    ("bus", "broker_message_rate"): 1000,
    ("bus", "broker_write_throughput"): 3.2e6,  # 600 x 2 kB + 400 x 5 kB
    ("bus", "broker_write_throughput_per_node"): 3.2e6,  # x 3 copies / 3 nodes
    ("bus", "broker_data_per_node"): 3.2e6 * 86400,
    ("bus", "account_topics"): 2,
    ("bus", "account_partitions"): 12,
    ("bus", "account_message_rate"): 1000,
    ("bus", "account_write_throughput"): 3.2e6,
    # Topics
    ("bus/a", "partitions_per_topic"): 10,
    ("bus/a", "replication_factor"): 3,
    ("bus/a", "in_sync_replicas"): 2,
    ("bus/a", "topic_name_length"): 1,
    ("bus/a", "message_size"): 8e3,
    ("bus/a", "topic_call_rate"): 1000,
    ("bus/a", "topic_message_rate"): 1000,
    ("bus/a", "topic_write_throughput"): 3.2e6,
    ("bus/a", "partition_write_throughput"): 0.96e6,  # the hottest key has 30%, more than a tenth
    ("bus/a", "partition_message_rate"): 300,
    ("bus/a", "partition_read_throughput"): 1.92e6,  # two groups
    ("bus/a", "key_message_rate"): 300,
    ("bus/a", "key_write_throughput"): 0.96e6,
    ("bus/a", "topic_retention"): 86400,
    ("bus/a", "topic_size"): 3.2e6 * 86400 * 3,
    ("bus/a", "queue_length"): 1e6,
    ("bus/a", "queue_age"): 7200,
    ("bus/a", "messages_in_flight"): [20, 5],
    ("bus/a", "consumer_groups"): 2,
    ("bus/a", "topic_consumers"): 8,
    # Consumers
    ("bus/a", "consumers_per_group"): [6, 2],
    ("bus/a", "consumers_per_partition"): [0.6, 0.2],
    ("bus/a", "batch_size"): 10,
    ("bus/a", "batch_bytes"): [80e3, 4e6],  # 500 by default
    ("bus/a", "batch_processing_time"): [0.2, 2.5],
    ("bus/a", "message_processing_time"): [0.09, 0.005],
    ("bus/a", "lease_time"): 30,
    ("bus/a", "deliveries"): 5,
    # Stores
    ("db", "voters"): 3,
    ("db", "members"): 6,
    ("db", "replicas_per_shard"): 2,  # one standby and a copy
    ("db", "shards"): 3,
    ("db", "shards_per_node"): 1,
    ("db", "replication_factor"): 2,
    ("db", "total_size"): 600 * GB,
    ("db", "database_size"): 200 * GB,
    ("db", "size_per_node"): 100 * GB,
    ("db", "stored_per_node"): 200 * GB,
    ("db", "records"): 30e6,
    ("db", "records_per_shard"): 10e6,
    ("db", "keys_per_node"): 5e6,
    ("db", "partition_size"): 2 * GB,
    ("db", "records_per_partition"): 1e5,
    ("db", "item_size"): [20e3, 8 * KIB],
    ("db", "indexes"): 7,
    ("db", "global_indexes"): 2,
    ("db", "connections"): (6 + 4) * 2 * 25,
    ("db", "connections_per_client"): 20,
    ("db", "clients"): 25,
    ("db", "clients_per_node"): 5,
    ("db", "write_rate"): 1000,
    ("db", "write_rate_per_shard"): 1000 / 3,
    ("db", "write_rate_per_node"): 1000 / 6,
    ("db", "read_rate"): 500,
    ("db", "read_rate_per_shard"): 500 / 3,
    ("db", "read_rate_per_node"): 500 / 6,
    ("db", "request_rate"): 1500,
    ("db", "request_rate_per_node"): 250,
    ("db", "hottest_key_rate"): 300,
    ("db", "hottest_key_write_rate"): 200,
    ("db", "hottest_key_read_rate"): 100,
    ("db", "hottest_key_write_units"): 1000 * 8 * 0.2,  # 8 KiB are eight units
    ("db", "hottest_key_read_units"): 500 * 16 / 2 * 0.2,  # 64 KiB are sixteen units, half of that by default
    ("db", "hottest_key_request_units"): (500 * 7 + 1000 * 5) * 0.2,
    ("db", "write_throughput"): 1000 * 8 * KIB,
    ("db", "replication_clients"): 2,
    ("db", "replication_slots"): 0,
    ("db", "prepared_transactions"): 80,
    ("db", "member_round_trip"): 0.08,
    ("db", "replication_lag"): 0.04,
    ("db", "failover_time"): 25,
    ("db", "election_timeout"): 1,
    ("db", "backup_retention"): 14 * 86400,
    ("db", "account_size"): 1200 * GB,
    ("db", "request_size"): 8 * KIB,
    ("db", "response_size"): 64 * KIB,
    ("copy", "connection_limit"): 400,
    ("hot", "records"): 8e6,
    ("hot", "keys_per_node"): 2e6,
    ("hot", "memory_size"): 3 * GB,
    ("hot", "item_size"): KIB,
    ("hot", "entry_ttl"): 3600,
    ("hot", "hottest_key_rate"): 90,
    ("hot", "connections"): 250,
    # Services
    ("front", "instances"): 25,
    ("front", "instance_concurrency"): 32,
    ("front", "instance_request_rate"): 50,
    ("front", "concurrent_executions"): 80,
    ("worker", "concurrent_executions"): 2,  # 1,000/s x 20 ms in batches of ten
    ("front", "execution_time"): 0.6,
    ("worker", "execution_time"): 0.2,
    ("nightly", "execution_time"): 2400,
    ("front", "service_request_rate"): 1000,
    ("front", "instance_memory"): 2 * GB,
    ("front", "instance_cpu"): 2,
    ("front", "memory_share"): 0.46,  # 600 MB + 32 x 10 MB of 2 GB
    ("front", "sockets_per_instance"): 32 + 8 + (6 + 4 + 5) * 2,
    ("front", "connections_per_destination"): [12, 8, 10, 2400],  # 1,000/s over 25, for a minute each
    ("front", "pool_size"): [6, 4, 5],
    ("front", "tenants"): 300,
    ("front", "startup_time"): 15,
    ("front", "drain_time"): 40,
    ("front", "account_concurrent_executions"): 80 + 2 + 5,  # with those of the worker and the audit
    ("front", "transaction_participants"): 2,
    ("front", "transaction_steps"): 3,
    ("front", "transaction_duration"): 2,
    # Calls
    ("db", "call_timeout"): [2, 1],
    ("db", "call_attempts"): 3,
    ("db", "connection_idle_time"): 90,
    ("far", "async_request_size"): 300 * KIB,
    # Networks
    ("edge", "network_throughput"): 1000 * 22 * KIB,
    ("edge", "network_timeout"): 29,
    ("edge", "network_idle_timeout"): 60,
    ("edge", "upstream_wait"): 0.6,
    ("edge", "requests_in_flight"): 80,
    ("edge", "requests_in_flight_per_node"): 40,
    ("edge", "client_connections"): 5000,
    ("edge", "client_connections_per_node"): 2500,
    ("edge", "server_connections"): 4000,
    ("edge", "targets"): 25,
    ("edge", "target_groups"): 1,
    ("edge", "proxies"): 25,
    ("edge", "dns_ttl"): 30,
    ("edge", "request_rate_per_node"): 500,
    # Platforms
    ("cluster", "nodes_per_cluster"): 4,
    ("cluster", "pods_per_cluster"): 33,
    ("cluster", "pods_per_node"): 9,
    ("cluster", "pods_per_workload"): 25,
    ("cluster", "workloads_per_cluster"): 3,
}


@cache
def shop() -> Analyses:
    loaded = load(SHOP.encode(), "shop.archlint.yaml")
    assert [problem.message for problem in loaded.problems] == []
    return Analyses(link([loaded]).systems, CATALOGUE, datetime.date(2026, 11, 15))


def of(name: str, measure: str) -> list[Measured | Unknown]:
    analyses = shop()
    return analyses.measures.of(analyses.systems["shop"].components[name], measure)


@pytest.mark.parametrize(("name", "measure"), FIGURES, ids=lambda part: part)
def test_a_measure_is_what_its_description_says(name: str, measure: str) -> None:
    wanted = FIGURES[name, measure]
    known = [found.value for found in of(name, measure) if isinstance(found, Measured)]
    assert known == pytest.approx(wanted if isinstance(wanted, list) else [wanted])


def test_every_measure_of_the_table_is_computed_and_tried() -> None:
    assert set(MEASURERS) == set(MEASURES)
    elsewhere = {"account_components", "account_nodes", "account_request_rate", "streams_per_connection"}
    assert set(MEASURES) - {measure for _, measure in FIGURES} == elsewhere


def test_a_figure_names_its_place_and_holds_a_slot_for_itself() -> None:
    for name, measure in FIGURES:
        for found in of(name, measure):
            assert isinstance(found, Unknown) or "{}" in found.says, measure


@pytest.mark.parametrize(
    ("name", "measure", "missing"),
    [
        ("audit", "instance_memory", ("memory.limit",)),
        ("audit", "memory_share", ("memory.limit", "memory.working_set")),
        ("copy", "records", ("records",)),
        ("copy", "partition_size", ("partition_key.cardinality",)),
        ("copy", "write_rate", ("load.writes",)),
        ("cluster", "execution_time", ("latency.p99",)),
        ("cluster", "concurrent_executions", ("latency.mean", "load.peak")),
    ],
)
def test_what_is_not_stated_is_named(name: str, measure: str, missing: tuple[str, ...]) -> None:
    (found,) = of(name, measure)
    assert isinstance(found, Unknown)
    assert found.fields == missing
