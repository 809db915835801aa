"""What fixtures cannot say of the check of messages: who else would say it, and what is not evaluated."""

from __future__ import annotations

import pytest

from archlint.engine.results import Report
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop}\n"
KAFKA = "brokers: {e: {technology: kafka@3.9, mode: kraft, topics: {t: {partitions: 3, replication_factor: 3}}}}\n"


def published(how: str, broker: str = KAFKA) -> str:
    return f"{HEAD}services: {{a: {{publishes: [{{to: e/t, rate: 1/s{how}}}]}}}}\n{broker}"


def limits_of(report: Report) -> list[tuple[str, str]]:
    return [(f.code, f.severity.label) for f in report.findings if f.code in ("LIM001", "LIM002", "LIM003", "LIM195")]


def needs(report: Report) -> set[str]:
    return {field for group in report.not_evaluated if group.code == "LIM195" for field in group.needs}


def test_a_message_that_is_too_large_is_told_once() -> None:
    assert limits_of(lint(published(", size: 3MiB"))) == [("LIM195", "error")]
    assert limits_of(lint(published(", size: 3MiB"), select=("LIM00",))) == [("LIM002", "error")]


def test_a_message_that_is_nearly_too_large_is_left_to_the_general_check() -> None:
    assert limits_of(lint(published(", size: 900KiB"))) == [("LIM003", "warning")]


def test_every_limit_of_the_way_is_named() -> None:
    (finding,) = [f for f in lint(published(", size: 200MiB")).findings if f.code == "LIM195"]
    assert "kafka/producer_request_size" in finding.message
    assert "`message.max.bytes` allows 1MiB by default" in finding.message
    assert "`socket.request.max.bytes` allows 100MiB by default" in finding.message
    assert "`max.request.size` and `message.max.bytes` and `socket.request.max.bytes` together" in finding.remedy


def test_other_limits_of_the_same_element_stand() -> None:
    broker = "brokers: {e: {technology: sqs, mode: fifo, topics: {t: {}}}}\n"
    report = lint(published(", size: 2MiB, mean: 1/s", broker).replace("rate: 1/s", "rate: 900k/s"))
    assert ("LIM195", "error") in limits_of(report)
    assert [f.code for f in report.findings if "sqs/fifo_message_rate" in f.message] == ["LIM170"]


def test_a_store_is_no_transport() -> None:
    store = "datastores: {d: {technology: etcd@3.5, nodes: 3, size: 1MiB}}\n"
    report = lint(f"{HEAD}services: {{a: {{calls: [{{to: d, access: write, payload: 9MiB}}]}}}}\n{store}")
    assert limits_of(report) == [("LIM002", "error")]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (published(""), {"services.*.publishes.size"}),
        (published("", KAFKA.replace("partitions: 3", "message_size: 9kB")), set()),
        (
            HEAD + "services: {a: {calls: [{to: b, protocol: grpc, access: read}]}, b: {}}\n",
            {"services.*.calls.response"},
        ),
        (HEAD + "services: {a: {calls: [{to: b, protocol: http, access: read}]}, b: {}}\n", set()),
    ],
)
def test_a_size_that_nobody_states_is_asked_for(text: str, missing: set[str]) -> None:
    report = lint(text)
    assert needs(report) == missing
    assert limits_of(report) == []


def test_a_tier_that_decides_is_asked_for() -> None:
    report = lint(published(", size: 500kB", "brokers: {e: {technology: event-hubs, topics: {t: {}}}}\n"))
    assert needs(report) == {"tier"}
