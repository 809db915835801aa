"""Utilisation, queues and consumers: what the fixtures cannot say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archlint.engine.results import ReportedFinding
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop}\n"


def found(code: str, text: str, profile: str = "standard") -> list[ReportedFinding]:
    return [finding for finding in lint(HEAD + text, profile=profile).findings if finding.code == code]


def missing(code: str, text: str) -> list[tuple[str, ...]]:
    return [tuple(group.needs) for group in lint(HEAD + text).not_evaluated if group.code == code]


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("services: {x: {replicas: 2, load: {peak: 9/s}}}", ("capacity.per_replica",)),
        ("services: {x: {load: {peak: 9/s}, capacity: {per_replica: 9/s}}}", ("replicas",)),
        ("services: {x: {replicas: 2, capacity: {per_replica: 9/s}}}", ("load.peak",)),
        ("datastores: {x: {load: {reads: 9/s, writes: 0/s}}}", ("capacity.reads",)),
        ("datastores: {x: {load: {reads: 9/s}, capacity: {reads: 90/s, writes: 9/s}}}", ("load.writes",)),
    ],
)
def test_utilisation_names_what_would_decide(text: str, needs: tuple[str, ...]) -> None:
    assert found("LAW130", text) == []
    assert missing("LAW130", text) == [needs]


def test_waits_of_a_scaled_service_need_its_target() -> None:
    text = (
        "services: {x: {replicas: {min: 2, max: 20}, load: {peak: 90/s}, slo: {latency_p99: 1s}, "
        "capacity: {per_replica: 10/s, concurrency: 1, service_time: 90ms}}}"
    )
    assert missing("LAW130", text) == [("autoscaling.target",)]


def test_consumers_wait_and_do_not_overload() -> None:
    text = (
        "services: {a: {publishes: [{to: e/t, rate: 900/s}]}, "
        "b: {replicas: 1, consumes: [{from: e/t}], capacity: {per_replica: 1/s}}}\nbrokers: {e: {topics: {t: {}}}}"
    )
    assert found("LAW130", text) == []


@given(st.integers(1, 400), st.integers(0, 200), st.integers(1, 12))
@settings(max_examples=25, deadline=None)
def test_more_load_never_clears_utilisation(peak: int, more: int, replicas: int) -> None:
    text = "services: {{x: {{replicas: {}, load: {{peak: {}/s}}, capacity: {{per_replica: 30/s}}}}}}"
    light, heavy = (found("LAW130", text.format(replicas, load)) for load in (peak, peak + more))
    assert len(heavy) >= len(light)
    if light:
        assert heavy[0].severity >= light[0].severity


@pytest.mark.parametrize(
    ("queue", "needs"),
    [("{on_full: reject}", [("queue.depth",)]), ("{timeout: 1s}", []), ("{depth: 9}", []), ("none", [])],
)
def test_a_queue_without_a_bound_is_undecided(queue: str, needs: list[tuple[str, ...]]) -> None:
    text = f"services: {{x: {{queue: {queue}}}}}"
    assert found("LAW132", text) == []
    assert missing("LAW132", text) == needs


@pytest.mark.parametrize(("profile", "severity"), [("starter", []), ("standard", ["info"]), ("strict", ["warning"])])
def test_a_topic_that_states_no_bound_is_weighed_by_the_profile(profile: str, severity: list[str]) -> None:
    text = "brokers: {e: {topics: {t: {partitions: 3}}}}"
    assert [finding.severity.label for finding in found("LAW132", text, profile)] == severity


@pytest.mark.parametrize("profile", ["starter", "standard", "strict"])
def test_a_topic_stated_to_be_unlimited_is_found_in_all_profiles(profile: str) -> None:
    text = "brokers: {e: {topics: {t: {retention: unlimited}}}}"
    assert [finding.severity.label for finding in found("LAW132", text, profile)] == ["warning"]


TOPIC = (
    "services: {{a: {{publishes: [{{to: e/t{rates}}}]}}, b: {{consumes: [{{from: e/t{consume}}}]}}}}\n"
    "brokers: {{e: {{topics: {{t: {{{topic}}}}}}}}}"
)


@pytest.mark.parametrize(
    ("rates", "consume", "topic", "needs"),
    [
        (", rate: 9/s, mean: 9/s", ", instances: 3", "", ("per_instance",)),
        (", rate: 9/s, mean: 9/s", ", per_instance: 9/s", "", ("instances",)),
        (", rate: 9/s, mean: 9/s", ", per_instance: 9/s", "partitions: 8", ("instances",)),
        ("", ", per_instance: 9/s, instances: 3", "", ("publishes.rate",)),
        (", rate: 90/s, mean: 9/s", ", per_instance: 9/s, instances: 3", "", ("max_lag",)),
    ],
)
def test_consumers_name_what_would_decide(rates: str, consume: str, topic: str, needs: tuple[str, ...]) -> None:
    text = TOPIC.format(rates=rates, consume=consume, topic=topic)
    assert found("LAW133", text) == []
    assert missing("LAW133", text) == [needs]


def test_the_partitions_alone_may_decide() -> None:
    text = TOPIC.format(rates=", mean: 50/s", consume=", per_instance: 9/s", topic="partitions: 4")
    assert [finding.severity.label for finding in found("LAW133", text)] == ["error"]


def test_the_known_publishers_alone_may_decide() -> None:
    text = (
        "services: {a: {publishes: [{to: e/t, mean: 50/s}]}, c: {publishes: [{to: e/t}]}, "
        "b: {consumes: [{from: e/t, instances: 4, per_instance: 9/s}]}}\nbrokers: {e: {topics: {t: {}}}}"
    )
    assert [finding.severity.label for finding in found("LAW133", text)] == ["error"]


def backlog_after(peak: float, capacity: float, seconds: int) -> float:
    """Messages that wait after a peak of so many seconds, counted second by second."""
    waiting = 0.0
    for _ in range(seconds):
        waiting = max(0.0, waiting + peak - capacity)
    return waiting


@given(st.integers(541, 3000), st.integers(1, 7200))
@settings(max_examples=40, deadline=None)
def test_the_lag_is_passed_within_a_busy_hour(peak: int, lag: int) -> None:
    text = TOPIC.format(
        rates=f", rate: {peak}/s, mean: 100/s", consume=f", instances: 6, per_instance: 90/s, max_lag: {lag}s", topic=""
    )
    late = backlog_after(peak, 540, 3600) / 540
    if abs(late - lag) > 1:
        assert bool(found("LAW133", text)) == (late > lag)


def test_a_store_that_carries_no_writes_is_written_to() -> None:
    text = "datastores: {x: {load: {reads: 5/s, writes: 5/s}, capacity: {reads: 90/s, writes: 0/s}}}"
    assert [(finding.path, finding.severity.label) for finding in found("LAW130", text)] == [
        ("datastores.x.capacity.writes", "error")
    ]


@pytest.mark.parametrize(("consume", "topic"), [("instances: 0", ""), ("instances: 3", "partitions: 0")])
def test_nobody_consumes(consume: str, topic: str) -> None:
    text = TOPIC.format(rates=", mean: 5/s", consume=f", per_instance: 9/s, {consume}", topic=topic)
    assert found("LAW133", text) == []
