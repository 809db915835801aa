"""What topics keep: by time, by size, in copies, and from which of several settings."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archlint.analysis.analyses import Analyses
from archlint.analysis.kept_data import Kept, kept_by
from archlint.analysis.values import Unknown
from archlint.knowledge.catalogue import Catalogue
from archlint.manifest.loading import load
from archlint.system.workspace import link

CATALOGUE = Catalogue()
DAY = 86400.0


def kept(topic: str, publish: str = "rate: 9/s, mean: 2/s, size: 10B", broker: str = "technology: kafka@3.9") -> object:
    text = (
        "archlint: 1\nsystem: {name: shop}\n"
        f"services: {{a: {{publishes: [{{to: e/t, {publish}}}]}}}}\n"
        f"brokers: {{e: {{{broker}, topics: {{t: {{{topic}}}}}}}}}\n"
    )
    systems = link([load(text.encode(), "m.yaml")]).systems
    analyses = Analyses(systems, CATALOGUE, datetime.date(2026, 11, 15))
    subject = analyses.measures.subject(systems["shop"].topics["e/t"])
    assert subject is not None
    return kept_by(subject)


def bytes_of(
    topic: str, publish: str = "rate: 9/s, mean: 2/s, size: 10B", broker: str = "technology: kafka@3.9"
) -> float:
    found = kept(topic, publish, broker)
    assert isinstance(found, Kept)
    return found.bytes


@pytest.mark.parametrize(
    ("topic", "broker", "wanted"),
    [
        ("retention: 1d, replication_factor: 3", "technology: kafka@3.9", 20 * DAY * 3),
        ("replication_factor: 1", "technology: kafka@3.9", 20 * DAY * 7),
        ("replication_factor: 1", "technology: kafka@3.9, settings: {log.retention.hours: 24}", 20 * DAY),
        ("replication_factor: 1, settings: {retention.ms: 3600000}", "technology: kafka@3.9", 20 * 3600),
        ("retention: 7d, settings: {local.retention.ms: 3600000}", "technology: kafka@3.9", 20 * 3600),
        ("retention: 7d, settings: {local.retention.ms: -2}", "technology: kafka@3.9", 20 * DAY * 7),
        ("retention: unlimited, max_size: 1kB, partitions: 4", "technology: kafka@3.9", 4000),
        ("retention: 1d, partitions: 4", "technology: kafka@3.9, settings: {log.retention.bytes: 50}", 200),
        ("retention: 1d, partitions: 4", "technology: kafka@3.9, settings: {log.retention.bytes: -1}", 20 * DAY),
    ],
)
def test_what_is_kept_follows_the_strongest_statement(topic: str, broker: str, wanted: float) -> None:
    assert bytes_of(topic, broker=broker) == pytest.approx(wanted)


@pytest.mark.parametrize("topic", ["cleanup: compact", "cleanup: compact-delete, retention: 1d"])
def test_compacted_topics_are_left_out(topic: str) -> None:
    assert kept(topic) is None


def test_what_nothing_bounds_is_unknown() -> None:
    assert kept("retention: unlimited") == Unknown("topics.*.retention")
    assert kept("retention: 1d", "rate: 9/s") == Unknown("services.*.publishes.size")


def test_a_peak_stands_for_a_mean_that_nobody_states() -> None:
    found = kept("retention: 1d", "rate: 9/s, size: 10B")
    assert isinstance(found, Kept)
    assert not found.mean
    assert found.bytes == pytest.approx(90 * DAY)


@settings(max_examples=40, deadline=None)
@given(days=st.integers(1, 400), copies=st.integers(1, 5), size=st.integers(1, 10**6))
def test_longer_or_more_never_keeps_less_and_a_bound_never_more(days: int, copies: int, size: int) -> None:
    topic = f"retention: {days}d, replication_factor: {copies}, partitions: 6"
    free = bytes_of(topic)
    assert bytes_of(topic.replace(f"{days}d", f"{days + 1}d")) >= free
    assert bytes_of(topic.replace(f"factor: {copies}", f"factor: {copies + 1}")) >= free
    assert bytes_of(f"{topic}, max_size: {size}B") <= min(free, size * 6 * copies) * (1 + 1e-9)
