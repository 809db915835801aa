"""What fixtures cannot say of LIM170: what is not evaluated, and which findings it stands for."""

from __future__ import annotations

import pytest

from archlint.engine.results import Report
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop}\n"
TABLE = (
    "datastores: {{orders: {{technology: dynamodb, load: {{reads: 100/s, writes: 8k/s}},"
    " size: 40GB, records: 80M{more}}}}}\n"
)


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings if finding.code[:3] in ("LIM", "LAW")]


def needs(report: Report) -> set[str]:
    return {field for group in report.not_evaluated if group.code == "LIM170" for field in group.needs}


@pytest.mark.parametrize("more", ["", ", partition_key: order", ", partition_key: {cardinality: 1M}"])
def test_a_hottest_key_of_no_stated_share_is_asked_for(more: str) -> None:
    report = lint(HEAD + TABLE.format(more=more), select=("LIM170",))
    assert codes(report) == []
    assert needs(report) == {"partition_key.hottest"}


def test_sizes_that_are_not_stated_are_asked_for() -> None:
    text = TABLE.format(more=", partition_key: {hottest: 1%}").replace("size: 40GB, records: 80M, ", "")
    report = lint(HEAD + text, select=("LIM170",))
    assert codes(report) == []
    assert needs(report) == {"services.*.calls.payload", "services.*.calls.response"}


def test_it_stands_for_the_law_and_for_the_findings_on_the_same_limit_alone() -> None:
    more = ", shards: 16, partition_key: {hottest: 20%}, capacity: {reads: 16k/s, writes: 16k/s}, indexes:"
    more += " {count: 25, global_secondary: 25}"
    text = TABLE.format(more=more)
    found = codes(lint(HEAD + text))
    assert [code for code in found if code in ("LAW080", "LIM001", "LIM170")] == ["LIM170"]
    assert "LIM002" in found  # on the indexes
    assert "LAW080" in codes(lint(HEAD + text, select=("LAW", "LIM00")))


def test_the_partitions_of_a_log_are_left_to_the_check_of_logs() -> None:
    text = (
        "services: {a: {publishes: [{to: bus/t, rate: 90k/s, size: 1kB}]}}\n"
        "brokers: {bus: {technology: kafka@3.9, topics: {t: {partitions: 2, replication_factor: 3}}}}\n"
    )
    report = lint(HEAD + text, select=("LIM170",))
    assert codes(report) == []
    assert needs(report) == set()
