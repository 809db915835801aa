"""What fixtures cannot say of the checks of Kafka: what is not evaluated, and what is another's business."""

from __future__ import annotations

import pytest

from archlint.engine.results import Report, ReportedFinding
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop}\n"


def of(report: Report, code: str) -> list[ReportedFinding]:
    return [finding for finding in report.findings if finding.code == code]


def needs(report: Report, code: str) -> set[str]:
    return {field for group in report.not_evaluated if group.code == code for field in group.needs}


def broker(topic: str, *, technology: str = "kafka@3.9", more: str = "nodes: 3") -> str:
    return f"{HEAD}brokers: {{events: {{technology: {technology}, {more}, topics: {{orders: {{{topic}}}}}}}}}\n"


def published(how: str, topic: str, *, technology: str = "kafka@3.9", more: str = "nodes: 3") -> str:
    publish = f"services: {{checkout: {{publishes: [{{to: events/orders, rate: 10/s{how}}}]}}}}\n"
    return broker(topic, technology=technology, more=more) + publish


# Copies


def test_copies_need_the_number_of_brokers() -> None:
    report = lint(broker("replication_factor: 3", more="mode: kraft"))
    assert needs(report, "LIM101") == {"nodes"}
    assert of(report, "LIM101") == []


def test_copies_that_nobody_states_are_asked_for() -> None:
    assert needs(lint(broker("partitions: 3")), "LIM101") == {"topics.*.replication_factor"}


@pytest.mark.parametrize("technology", ["nats@2.11", "rabbitmq@4.1", "pulsar@3.0", "abacus"])
@pytest.mark.parametrize("code", ["LIM101", "LIM102"])
def test_other_brokers_are_left_alone(technology: str, code: str) -> None:
    report = lint(published(", acks: all", "replication_factor: 5, min_insync_replicas: 5", technology=technology))
    assert of(report, code) == []
    assert needs(report, code) == set()


def test_redpanda_knows_no_copies_in_step() -> None:
    text = published(", acks: all", "replication_factor: 3, min_insync_replicas: 3", technology="redpanda@24.2")
    assert of(lint(text), "LIM102") == []


# Copies in step


@pytest.mark.parametrize(
    ("how", "topic", "technology", "missing"),
    [
        (", acks: all", "min_insync_replicas: 2", "kafka@3.9", {"replication_factor"}),
        (", acks: all", "replication_factor: 3", "msk@3.9", {"min_insync_replicas"}),
        ("", "replication_factor: 3, min_insync_replicas: 3", "kafka@2.8", {"services.*.publishes.acks"}),
        (", acks: leader", "replication_factor: 3, min_insync_replicas: 3", "kafka", {"technology"}),
    ],
)
def test_what_decides_a_stop_is_named(how: str, topic: str, technology: str, missing: set[str]) -> None:
    report = lint(published(how, topic, technology=technology))
    assert needs(report, "LIM102") == missing
    assert of(report, "LIM102") == []


def test_from_3_7_on_no_acks_are_needed_to_know() -> None:
    topic = "replication_factor: 3, min_insync_replicas: 3"
    assert [f.severity.label for f in of(lint(broker(topic)), "LIM102")] == ["error"]
    assert needs(lint(broker(topic, technology="kafka@3.6")), "LIM102") == {"services.*.publishes.acks"}


def test_one_setting_of_a_broker_is_judged_for_each_topic() -> None:
    topics = "a: {replication_factor: 3}, b: {replication_factor: 3}, c: {replication_factor: 5}"
    text = f"brokers: {{e: {{technology: kafka@4.0, settings: {{min.insync.replicas: 3}}, topics: {{{topics}}}}}}}\n"
    found = of(lint(HEAD + text), "LIM102")
    assert [f.path for f in found] == ['brokers.e.settings["min.insync.replicas"]'] * 2
    assert len({f.fingerprint for f in found}) == 2


# Acknowledged messages


@pytest.mark.parametrize(
    ("how", "topic", "technology", "missing"),
    [
        (", acks: all", "min_insync_replicas: 1", "kafka@3.9", {"replication_factor"}),
        (", acks: all", "replication_factor: 3", "msk@3.9", {"min_insync_replicas"}),
        ("", "replication_factor: 3", "kafka@2.8", {"services.*.publishes.acks"}),
        ("", "replication_factor: 3", "kafka", {"services.*.publishes.acks"}),
    ],
)
def test_what_decides_who_acknowledges_is_named(how: str, topic: str, technology: str, missing: set[str]) -> None:
    report = lint(published(how, topic, technology=technology))
    assert needs(report, "LIM103") == missing
    assert of(report, "LIM103") == []


def test_what_nobody_states_is_weighed_by_the_profile() -> None:
    text = published(", acks: all", "replication_factor: 3")
    assert [f.severity.label for f in of(lint(text), "LIM103")] == ["info"]  # nothing is promised
    assert [f.severity.label for f in of(lint(text, profile="strict"), "LIM103")] == ["warning"]
    assert needs(lint(text, profile="starter"), "LIM103") == {"min_insync_replicas"}


@pytest.mark.parametrize(("technology", "missing"), [("kafka", {"technology"}), ("msk@3.9", {"mode"})])
def test_an_election_by_default_needs_what_decides_the_default(technology: str, missing: set[str]) -> None:
    report = lint(broker("replication_factor: 3", technology=technology))
    assert of(report, "LIM104") == []
    assert needs(report, "LIM104") == missing


def test_old_versions_elect_whoever_is_there() -> None:
    report = lint(broker("replication_factor: 3", technology="kafka@0.10"))
    assert len(of(report, "LIM104")) == 1


def test_an_election_that_every_topic_decides_needs_no_default() -> None:
    report = lint(
        broker("replication_factor: 3, settings: {unclean.leader.election.enable: false}", technology="kafka")
    )
    assert needs(report, "LIM104") == set()


# Partitions


def consumed(consume: str, topic: str = "partitions: 8", more: str = "", technology: str = "kafka@3.9") -> str:
    service = f"services: {{worker: {{{more}consumes: [{{from: events/orders{consume}}}]}}}}\n"
    return broker(topic, technology=technology) + service


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (consumed(", instances: 9", "retention: 7d"), {"partitions"}),
        (consumed(""), {"services.*.consumes.instances"}),
        (consumed("", more="load: {peak: 5/s}, "), set()),
    ],
)
def test_who_waits_for_a_partition_needs_both_numbers(text: str, missing: set[str]) -> None:
    report = lint(text)
    assert of(report, "LIM105") == []
    assert needs(report, "LIM105") == missing


def test_idle_consumers_are_told_once() -> None:
    report = lint(consumed(", instances: 9"))
    assert [f.code for f in report.findings if f.code[:3] == "LIM"] == ["LIM105"]
    assert [f.code for f in lint(consumed(", instances: 9"), select=("LIM004",)).findings] == ["LIM004"]


def test_replicas_that_serve_requests_are_no_idle_consumers_for_any_check() -> None:
    report = lint(consumed("", more="replicas: 12, load: {peak: 5/s}, "))
    assert [f.code for f in report.findings if f.code[:3] == "LIM"] == []


def test_consumers_that_do_not_keep_up_are_told_once() -> None:
    text = consumed(", instances: 9, per_instance: 1/s", "partitions: 8, load: {peak: 10/s, mean: 10/s}")
    found = [f.code for f in lint(text).findings if f.code in ("LAW133", "LIM004", "LIM105")]
    assert found == ["LAW133"]


@pytest.mark.parametrize(
    ("how", "topic", "technology", "missing"),
    [
        ("", "partitions: 4", "kafka@3.9", {"services.*.publishes.size"}),
        (", size: 1kB", "retention: 7d", "kafka@3.9", {"partitions"}),
        (", size: 1kB", "partitions: 4", "redpanda@24.2", {"brokers.*.capacity.partition_throughput"}),
    ],
)
def test_a_rate_into_a_partition_needs_its_parts(how: str, topic: str, technology: str, missing: set[str]) -> None:
    report = lint(published(how, topic, technology=technology))
    assert of(report, "LIM106") == []
    assert needs(report, "LIM106") == missing


def test_what_was_measured_stands_above_what_is_advised() -> None:
    more = "nodes: 3, capacity: {partition_throughput: 30MB/s}"
    text = published(", size: 2MB", "partitions: 1, replication_factor: 1", more=more)
    assert [f.code for f in lint(text).findings if f.code in ("LIM004", "LIM106")] == []


def test_a_rate_into_a_partition_is_told_once() -> None:
    text = published(", size: 2MB", "partitions: 1, replication_factor: 1")
    assert [f.code for f in lint(text).findings if f.code in ("LIM004", "LIM106")] == ["LIM106"]


# Retention


@pytest.mark.parametrize(
    ("how", "more", "missing"),
    [
        (", size: 2kB", "nodes: 3", {"disk.size"}),
        (", size: 2kB", "disk: {size: 1GB}", {"nodes"}),
        ("", "nodes: 3, disk: {size: 1GB}", {"services.*.publishes.size"}),
    ],
)
def test_what_is_kept_needs_its_parts(how: str, more: str, missing: set[str]) -> None:
    report = lint(published(how, "replication_factor: 3, retention: 7d", more=more))
    assert of(report, "LIM107") == []
    assert needs(report, "LIM107") == missing


def test_compression_keeps_what_is_kept_from_being_certain() -> None:
    topic = "replication_factor: 1, load: {mean: 10/s}, settings: {compression.type: zstd}"
    report = lint(published(", size: 2MB", topic, more="nodes: 1, disk: {size: 1TB}"))
    assert [f.severity.label for f in of(report, "LIM107")] == ["warning"]


def test_a_disk_that_is_too_small_and_too_large_for_the_provider_is_told_once() -> None:
    more = "mode: kraft, nodes: 1, disk: {size: 16TB}"
    topic = "replication_factor: 1, retention: 30d, partitions: 30, load: {mean: 10/s}"
    report = lint(published(", size: 2MB", topic, technology="msk@3.9", more=more))
    assert [f.code for f in report.findings if f.code in ("LIM001", "LIM107")] == ["LIM107"]


def test_what_a_technology_has_no_limit_on_takes_the_place_of_nothing_else() -> None:
    more = "nodes: 1, disk: {size: 1GB}, capacity: {partition_throughput: 1MB/s}"
    name = "n" * 250  # too long for Kafka: a hard limit, at the topic
    text = published(", size: 2MB, mean: 1/s", "partitions: 1, replication_factor: 1", more=more)
    report = lint(text.replace("orders", name))
    assert {f.code for f in report.findings} >= {"LIM001", "LIM106", "LIM107"}
