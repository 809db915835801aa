"""The measures that limits bound, against arithmetic by hand, and what raises a limit."""

from __future__ import annotations

import datetime
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.analysis.analyses import Analyses
from archlint.analysis.limits import Judged
from archlint.analysis.measured import Measured
from archlint.analysis.measurers import MEASURERS
from archlint.analysis.raised import configured
from archlint.analysis.values import Unknown
from archlint.knowledge.catalogue import Catalogue
from archlint.knowledge.measures import MEASURES
from archlint.manifest.loading import load
from archlint.system.workspace import link

TODAY = datetime.date(2026, 11, 15)


def analyses_of(text: str, catalogue: Catalogue | None = None) -> Analyses:
    loaded = load(f"archlint: 1\nsystem: {{name: shop}}\n{text}".encode(), "shop.archlint.yaml")
    assert [problem.message for problem in loaded.problems] == []
    return Analyses(link([loaded]).systems, catalogue or Catalogue(), TODAY)


def measured(text: str, name: str, measure: str) -> list[Measured | Unknown]:
    analyses = analyses_of(text)
    return analyses.measures.of(analyses.systems["shop"].components[name], measure)


def value(text: str, name: str, measure: str) -> float | tuple[str, ...] | None:
    """The figure; what is missing where it is unknown; None where it has no meaning."""
    found = measured(text, name, measure)
    if not found:
        return None
    (only,) = found
    return only.fields if isinstance(only, Unknown) else only.value


def judged(text: str, name: str) -> Judged:
    analyses = analyses_of(text)
    found = analyses.measures.judge(analyses.systems["shop"].components[name])
    assert found is not None
    return found


def breaches(text: str, name: str) -> list[tuple[str, str]]:
    return [(breach.level, breach.bound.limit.id) for breach in judged(text, name).breaches]


STORE = "datastores: {{db: {{technology: postgresql@16, {0}}}}}\n"
ETCD = "datastores: {{db: {{technology: etcd@3.5, {0}}}}}\n"


def test_every_measure_of_the_catalogue_is_computed() -> None:
    catalogue = Catalogue()
    used = {limit.measure for slug in ("kafka", "etcd", "postgresql") for limit in catalogue.limits(slug)} - {None}
    assert used <= set(MEASURERS) <= set(MEASURES)


def test_pools_add_up_over_callers_with_processes_and_the_deploy_surge() -> None:
    text = """
services:
  a: {replicas: {min: 2, max: 10}, processes: 2, deploy: {max_surge: 20%}, calls: [{to: db, pool: {size: 3}}]}
  b: {replicas: 4, calls: [{to: db, pool: {size: 5, name: main}}, {to: db, access: read, pool: {size: 5, name: main}}]}
jobs:
  nightly: {every: 1d, replicas: 3, calls: [{to: db, pool: {size: 2}}]}
""" + STORE.format("nodes: 1")
    assert value(text, "db", "connections") == 3 * 2 * (10 + 2) + 5 * 4 + 2 * 3


def test_a_pooler_stands_for_the_pools_of_its_callers() -> None:
    text = """
services:
  a: {replicas: 50, calls: [{to: db, through: [pooler], pool: {size: 20}}]}
  b: {replicas: 50, calls: [{to: db, through: [pooler], pool: {size: 20}}, {to: db, pool: {size: 1}}]}
networks: {pooler: {kind: pooler, nodes: 2, connections: {max: 30}}}
""" + STORE.format("nodes: 1")
    assert value(text, "db", "connections") == 60 + 50


def test_reads_of_the_replicas_take_no_connection_of_the_primary() -> None:
    text = "services: {a: {replicas: 4, calls: [{to: db, pool: {size: 2}}, {to: db, access: read, pool: {size: 9}}]}}\n"
    assert value(text + STORE.format("reads_from: replicas"), "db", "connections") == 8
    assert value(text + STORE.format("reads_from: primary"), "db", "connections") == 44


def test_a_sum_with_a_part_missing_is_a_lower_bound_that_can_decide() -> None:
    text = "services: {a: {replicas: 30, calls: [{to: db, pool: {size: 4}}]}, b: {calls: [{to: db, access: read}]}}\n"
    (found,) = measured(text + STORE.format("nodes: 1"), "db", "connections")
    assert isinstance(found, Measured)
    assert (found.value, found.missing) == (120, ("services.*.calls.pool.size",))
    assert ("quota", "max_connections") in breaches(text + STORE.format("nodes: 1"), "db")


def test_a_lower_bound_below_the_limit_is_unknown() -> None:
    text = "services: {a: {replicas: 3, calls: [{to: db, pool: {size: 4}}]}, b: {calls: [{to: db, access: read}]}}\n"
    assert judged(text + STORE.format("nodes: 1"), "db").unknown["quota"] == {"services.*.calls.pool.size"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [("nodes: 3", 2), ("nodes: 6, shards: 2", 2), ("nodes: 1", 0), ("size: 1GB", ("nodes",))],
)
def test_standbys_are_clients_of_the_log(fields: str, expected: object) -> None:
    assert value(STORE.format(fields), "db", "replication_clients") == expected


def test_change_data_readers_are_counted_once_each() -> None:
    text = """
services:
  orders: {replicas: 3, calls: [{to: db, access: write}], publishes: [{to: bus/a, via: cdc}, {to: bus/b, via: cdc}]}
  reader: {replicas: 3, calls: [{to: db, access: read}], publishes: [{to: bus/a, via: cdc}]}
brokers: {bus: {nodes: 3, topics: {a: {partitions: 1}, b: {partitions: 1}}}}
projections: {search: {from: db, rebuildable: true}}
datastores:
  db: {technology: postgresql@16, nodes: 3}
  copy: {technology: postgresql@16, nodes: 1, replica_of: db}
"""
    assert value(text, "db", "replication_slots") == 2
    assert value(text, "db", "replication_clients") == 2 + 1 + 2


@pytest.mark.parametrize(
    ("transaction", "expected"),
    [
        ("protocol: 2pc, rate: 40/s, steps: [{do: a, on: db, timeout: 1s}, {do: b, on: db, timeout: 500ms}]", 60),
        ("protocol: 2pc, steps: [{do: a, on: db}]", 1),
        ("protocol: 2pc, rate: 40/s, steps: [{do: a, on: db}]", 1),
        ("protocol: saga, steps: [{do: a, on: db}]", None),
    ],
)
def test_transactions_in_doubt_are_rate_times_time(transaction: str, expected: float | None) -> None:
    text = f"transactions: {{t: {{{transaction}}}}}\n" + STORE.format("nodes: 2")
    assert value(text, "db", "prepared_transactions") == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("nodes: 5", 5),
        ("nodes: 5, replication: {voters: 3}", 3),
        ("zones: {a: 2, b: 1}", 3),
        ("replication: {members: [{count: 3}, {count: 2, votes: false}]}", 3),
        ("size: 1GB", ("nodes",)),
    ],
)
def test_who_votes(fields: str, expected: object) -> None:
    assert value(ETCD.format(fields), "db", "voters") == expected


def test_the_nodes_of_a_broker_are_not_its_voters() -> None:
    text = "brokers: {bus: {technology: kafka@3.9, mode: kraft, nodes: 9}}\n"
    assert value(text, "bus", "voters") == ("voters",)


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ("[{between: [eu, au], rtt: 250ms}]", 0.25),
        ("[{between: [eu, au], rtt: 250ms}, {between: [eu-b, au-a], rtt: 260ms}]", 0.26),
        ("[]", ("topology.links.rtt",)),
    ],
)
def test_the_farthest_two_members_count(links: str, expected: object) -> None:
    topology = f"topology: {{regions: {{eu: {{zones: [eu-a, eu-b]}}, au: {{zones: [au-a]}}}}, links: {links}}}\n"
    assert value(topology + ETCD.format("zones: [eu-a, eu-b, au-a]"), "db", "member_round_trip") == expected
    assert value(topology + ETCD.format("zones: [eu-a, eu-b]"), "db", "member_round_trip") is None


TOPIC = """
services: {{p: {{replicas: 2, publishes: [{{to: bus/t, rate: 1000/s, size: 2kB}}, {{to: bus/t, rate: 500/s{0}}}]}}}}
brokers: {{bus: {{technology: kafka@4.0, nodes: 3, topics: {{t: {{partitions: 10{1}}}}}}}}}
"""


@pytest.mark.parametrize(
    ("publish", "topic", "expected", "missing", "certain"),
    [
        (", size: 4kB", "", 400e3, (), True),
        (", size: 4kB", ", partition_key: {name: id, hottest: 40%}", 1.6e6, (), True),
        ("", "", 200e3, ("services.*.publishes.size",), True),
        ("", ", message_size: 8kB", 600e3, (), False),
    ],
)
def test_the_bytes_of_a_partition(
    publish: str, topic: str, expected: float, missing: tuple[str, ...], certain: bool
) -> None:
    (found,) = measured(TOPIC.format(publish, topic), "bus/t", "partition_write_throughput")
    assert isinstance(found, Measured)
    assert found.value == pytest.approx(expected)
    assert (found.missing, found.certain) == (missing, certain)


def test_a_dead_letter_topic_gets_what_was_judged_before() -> None:
    text = """
services: {c: {replicas: 2, consumes: [{from: bus/t, dead_letter: bus/dead}]}}
brokers: {bus: {technology: kafka@4.0, nodes: 3, topics: {t: {partitions: 10}, dead: {partitions: 1}}}}
"""
    assert value(text, "bus/dead", "message_size") is None
    assert value(text, "bus/dead", "partition_write_throughput") is None
    assert value(text, "bus/t", "message_size") == ("message_size",)


@given(st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 5)), min_size=1, max_size=6), st.integers(1, 60))
def test_partition_replicas_are_shared_out_over_the_brokers(topics: list[tuple[int, int]], nodes: int) -> None:
    rows = ", ".join(f"t{i}: {{partitions: {p}, replication_factor: {r}}}" for i, (p, r) in enumerate(topics))
    text = f"brokers: {{bus: {{technology: kafka@4.0, nodes: {nodes}, topics: {{{rows}}}}}}}\n"
    total = sum(p * r for p, r in topics)
    each = value(text, "bus", "partition_replicas_per_broker")
    assert isinstance(each, int)
    assert each * nodes >= total > (each - 1) * nodes
    assert value(text, "bus", "partitions_per_cluster") == sum(p for p, _ in topics)


# What raises a limit


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("size: 3GiB", [("quota", "database_size")]),
        ("size: 3GiB, settings: {quota-backend-bytes: 8GiB}", []),
        ("size: 3GiB, settings: {quota-backend-bytes: 8589934592}", []),
        ('size: 3GiB, settings: {quota-backend-bytes: "8589934592"}', []),
        ("size: 3GiB, limits: {database_size: 8GiB}", []),
        ("size: 3GiB, limits: {etcd/database_size: 8GiB}", []),
        ("size: 3GiB, limits: {database_size: 3GiB}", [("near", "database_size")]),
        ("size: 9GiB, settings: {quota-backend-bytes: 16GiB}", [("beyond", "database_size_maximum")]),
        (
            "size: 9GiB, limits: {database_size: 16GiB, database_size_maximum: 16GiB}",
            [("beyond", "database_size_maximum")],
        ),
        ("size: 9GiB", [("quota", "database_size")]),
        ("size: 1.9GiB", [("near", "database_size")]),
        ("size: 1.6GiB", []),
        ("size: 2GiB", [("near", "database_size")]),
    ],
)
def test_the_gravest_of_one_measure_with_what_was_raised(fields: str, expected: list[tuple[str, str]]) -> None:
    assert breaches(ETCD.format(f"{fields}, nodes: 3"), "db") == expected


def test_the_passed_advice_stands_beside_the_passed_default() -> None:
    (breach,) = judged(ETCD.format("size: 9GiB, nodes: 3"), "db").breaches
    assert breach.advised is not None
    assert breach.advised.limit.id == "database_size_maximum"


def test_a_setting_that_cannot_be_read_leaves_the_limit_open() -> None:
    found = judged(ETCD.format("size: 3GiB, nodes: 3, settings: {quota-backend-bytes: plenty}"), "db")
    assert found.breaches == []
    assert (
        found.unknown["quota"]
        == {"settings.quota-backend-bytes"} | {"services.*.calls.payload"} & found.unknown["quota"]
    )


@pytest.mark.parametrize(("ms", "expected"), [(1000, True), (2500, False), (2400, True)])
def test_a_setting_may_count_in_another_unit_than_the_limit(ms: int, expected: bool) -> None:
    text = (
        "topology: {regions: {eu: {zones: [e]}, au: {zones: [a]}}, links: [{between: [eu, au], rtt: 250ms}]}\n"
        + ETCD.format(f"zones: [e, a], nodes: 3, settings: {{election-timeout: {ms}}}")
    )
    assert (("beyond", "member_round_trip") in breaches(text, "db")) is expected


NGINX = """
services: {{a: {{replicas: 2, calls: [{{to: edge, payload: 5MiB}}]}}, b: {{replicas: 2}}}}
networks: {{edge: {{technology: nginx, settings: {{client_max_body_size: {0}}}}}}}
"""


@pytest.mark.parametrize(("quota", "expected"), [("0", [("quota", "database_size")]), ("-1", [])])
def test_a_zero_at_the_key_may_mean_the_default(quota: str, expected: list[tuple[str, str]]) -> None:
    assert breaches(ETCD.format(f"size: 3GiB, nodes: 3, settings: {{quota-backend-bytes: {quota}}}"), "db") == expected


@pytest.mark.parametrize(("size", "expected"), [("0", []), ("1MiB", [("quota", "body_size")])])
def test_a_zero_at_the_key_may_mean_no_limit(size: str, expected: list[tuple[str, str]]) -> None:
    assert breaches(NGINX.format(size), "edge") == expected


@pytest.mark.parametrize(
    ("technology", "limit", "written", "amount"),
    [
        ("elasticsearch", "request_size", "200mb", 200 * 2**20),
        ("nginx", "body_size", "10m", 10 * 2**20),
        ("nginx", "read_timeout", "120s", 120),
        ("mysql", "request_size", "64M", 64 * 2**20),
        ("azure-functions", "timeout", "00:10:00", 600),
        ("azure-functions", "timeout", "1.00:00:00", 86400),
        ("azure-functions", "timeout", "-1", math.inf),
        ("linux", "ephemeral_ports", "1024 65535", 64512),
        ("linux", "open_files", "infinity", math.inf),
        ("linux", "open_files", "unlimited", math.inf),
        ("linux", "open_files", "many", None),
        ("linux", "open_files", "nan", None),
        ("lambda", "response_payload", "RESPONSE_STREAM", math.inf),
    ],
)
def test_a_setting_may_be_written_as_in_the_configuration(
    technology: str, limit: str, written: str, amount: float | None
) -> None:
    found = next(found for found in Catalogue().limits(technology) if found.id == limit)
    assert configured(written, found) == amount


@pytest.mark.parametrize(("mode", "expected"), [("BUFFERED", [("quota", "response_payload")]), ("RESPONSE_STREAM", [])])
def test_a_setting_may_take_a_limit_away(mode: str, expected: list[tuple[str, str]]) -> None:
    text = (
        "services: {a: {replicas: 2, calls: [{to: f, response: 20MB}]},"
        f" f: {{technology: lambda, settings: {{InvokeMode: {mode}}}}}}}\n"
    )
    assert breaches(text, "f") == expected


def test_a_zero_may_be_the_figure_itself() -> None:
    text = "datastores: {db: {technology: postgresql@16, nodes: 2, settings: {max_wal_senders: 0}}}\n"
    assert ("quota", "wal_senders") in breaches(text, "db")


def test_the_file_maps_of_a_broker_count_two_for_a_partition() -> None:
    topics = "topics: {t: {partitions: 40000, replication_factor: 1}}"
    passed = ("quota", "partitions_per_broker_memory_maps")
    for settings, expected in (("", True), ("settings: {vm.max_map_count: 262144}, ", False)):
        text = f"brokers: {{bus: {{technology: kafka@4.0, nodes: 1, {settings}{topics}}}}}\n"
        assert (passed in breaches(text, "bus")) is expected


# Conditions that the manifest leaves open

KAFKA = (
    "brokers: {{bus: {{technology: {0}, nodes: 2000, voters: 5,"
    " topics: {{t: {{partitions: {1}, replication_factor: 1}}}}}}}}\n"
)


@pytest.mark.parametrize(
    ("technology", "partitions", "found", "missing"),
    [
        ("kafka@3.9", "100k", [], set()),
        ("kafka@3.9", "300k", [], {"mode"}),
        ("kafka@3.9", "3M", [("beyond", "partitions_per_cluster")], set()),
        ("kafka", "300k", [], {"mode"}),
        ("kafka@4.1", "300k", [], set()),
        ("apache-kafka@2.4", "300k", [("beyond", "partitions_per_cluster")], set()),
    ],
)
def test_only_what_passes_every_candidate_fires(
    technology: str, partitions: str, found: list[tuple[str, str]], missing: set[str]
) -> None:
    result = judged(KAFKA.format(technology, partitions), "bus")
    assert [(b.level, b.bound.limit.id) for b in result.breaches] == found
    assert result.unknown["beyond"] == missing


def test_the_mildest_candidate_speaks() -> None:
    (breach,) = judged(KAFKA.format("kafka@3.9", "3M"), "bus").breaches
    assert breach.bound.amount == 2_000_000
    assert not breach.bound.certain


@pytest.mark.parametrize("technology", ["abacus", "redis@7", "jvm"])
def test_a_technology_that_is_not_described_is_not_judged(technology: str) -> None:
    analyses = analyses_of(f"datastores: {{db: {{technology: {technology}, nodes: 3}}}}\n", Catalogue())
    component = analyses.systems["shop"].components["db"]
    if analyses.knowledge.technology(technology) is None:
        assert analyses.measures.judge(component) is None


def test_a_quota_of_an_own_catalogue_is_judged(tmp_path: Path) -> None:
    (tmp_path / "bucket.yaml").write_text(
        "slug: bucket\nname: Bucket\nkinds: [datastore]\nlimits:\n"
        "  - {id: request_size, value: 5, unit: MiB, scope: request, kind: quota, measure: request_size,\n"
        "     breaks: refused, confidence: high, source: {title: House rules, year: 2026, url: 'https://example.org/rules'}}\n",
        encoding="utf-8",
    )
    text = "services: {a: {calls: [{to: db, access: write, payload: 6MiB}]}}\ndatastores: {db: {technology: bucket}}\n"
    analyses = analyses_of(text, Catalogue([tmp_path]))
    found = analyses.measures.judge(analyses.systems["shop"].components["db"])
    assert found is not None
    assert [(b.level, b.exposure) for b in found.breaches] == [("quota", 1.2)]


@given(st.integers(1, 64), st.integers(1, 64))
def test_more_data_never_lowers_the_exposure(small: int, more: int) -> None:
    sizes = (small * 256, (small + more) * 256)
    exposures = []
    for size in sizes:
        found = judged(ETCD.format(f"size: {size}MiB, nodes: 3"), "db").breaches
        exposures.append(max((b.exposure for b in found), default=0.0))
    assert exposures[0] <= exposures[1]


def test_a_transaction_is_told_of_once_for_each_technology() -> None:
    stores = ", ".join(f"d{i}: {{technology: spanner, mode: regional, nodes: 1}}" for i in range(60))
    steps = ", ".join(f"{{do: s{i}, on: d{i}, timeout: 1s}}" for i in range(60))
    text = (
        f"services: {{o: {{replicas: 2}}}}\ndatastores: {{{stores}}}\n"
        f"transactions: {{x: {{protocol: 2pc, orchestrator: o, rate: 1/s, steps: [{steps}]}}}}\n"
    )
    passed = ("beyond", "transaction_participants")
    assert passed in breaches(text, "d0")
    assert passed not in breaches(text, "d1")
