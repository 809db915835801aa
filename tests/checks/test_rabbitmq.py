"""What fixtures cannot say of the checks of RabbitMQ."""

from __future__ import annotations

import pytest

from archlint.testing import lint


@pytest.mark.parametrize(
    ("technology", "queue", "missing"),
    [
        ("rabbitmq@3.13", "replication_factor: 3", {"topics.*.settings.queue-type"}),
        ("rabbitmq", "replication_factor: 3", {"topics.*.settings.queue-type"}),
        ("rabbitmq@3.13", "max_length: 10k", set()),
        ("rabbitmq@4.0", "replication_factor: 3", set()),
        ("kafka@3.9", "settings: {ha-mode: all}", set()),
    ],
)
def test_copies_before_version_4_may_be_mirrors(technology: str, queue: str, missing: set[str]) -> None:
    text = "archlint: 1\nsystem: {name: shop}\n"
    report = lint(f"{text}brokers: {{tasks: {{technology: {technology}, topics: {{invoices: {{{queue}}}}}}}}}\n")
    assert [f for f in report.findings if f.code == "LIM150"] == []
    assert {field for group in report.not_evaluated if group.code == "LIM150" for field in group.needs} == missing
