"""Retry amplification, breakers, stampedes and backlogs: what the fixtures cannot say."""

from __future__ import annotations

import pytest

from archlint.engine.results import ReportedFinding
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop}\n"
R = "retries: {attempts: 3, on: [timeout], backoff: none}"


def found(code: str, text: str, profile: str = "standard") -> list[ReportedFinding]:
    return [finding for finding in lint(HEAD + text, profile=profile).findings if finding.code == code]


def missing(code: str, text: str) -> list[tuple[str, ...]]:
    return [tuple(group.needs) for group in lint(HEAD + text).not_evaluated if group.code == code]


STORM = (
    "services: {{web: {{load: {{peak: {peak}/s}}, calls: [{{to: stock, access: read, timeout: 500ms, {call}}}]}}, "
    "stock: {{replicas: 10, {stock}}}}}"
)
CARRIES = "capacity: {per_replica: 100/s}, queue: "


@pytest.mark.parametrize(
    ("stock", "needs"),
    [
        ("queue: unbounded", ("capacity.per_replica",)),
        ("capacity: {per_replica: 100/s}", ("queue.depth", "queue.timeout")),
        (CARRIES + "{depth: 9}", ("queue.depth", "queue.timeout")),
    ],
)
def test_recovery_names_what_would_decide(stock: str, needs: tuple[str, ...]) -> None:
    text = STORM.format(peak=400, call=R, stock=stock)
    assert found("PRM083", text) == []
    assert missing("PRM083", text) == [needs]


@pytest.mark.parametrize(("peak", "severity"), [(330, []), (334, ["error"]), (990, ["error"])])
def test_it_does_not_recover_from_capacity_over_tries_on(peak: int, severity: list[str]) -> None:
    text = STORM.format(peak=peak, call=R, stock=CARRIES + "unbounded")
    assert [f.severity.label for f in found("PRM083", text)] == severity


@pytest.mark.parametrize(("depth", "severity"), [(50, []), (51, ["warning"]), (100, ["warning"]), (101, ["error"])])
def test_the_queue_decides_between_recovery_chance_and_none(depth: int, severity: list[str]) -> None:
    text = STORM.format(peak=400, call=R, stock=CARRIES + f"{{depth: {depth}, timeout: 60s}}")
    assert [f.severity.label for f in found("PRM083", text)] == severity


def test_a_chain_of_retries_is_told_at_its_innermost_layer() -> None:
    calls = [f"s{i}: {{calls: [{{to: s{i + 1}, access: read, timeout: 1s, {R}}}]}}" for i in range(4)]
    text = f"services: {{{', '.join(calls)}, s4: {{}}}}"
    assert [(f.path, f.exposure) for f in found("PRM083", text)] == [("services.s3.calls[s4].retries.budget", 81 / 4)]
    assert found("PRM084", text) == []


def test_a_layer_with_a_budget_is_not_the_one_to_change() -> None:
    inner = R.replace("backoff", "budget: 100%, backoff")
    text = (
        f"services: {{a: {{calls: [{{to: b, access: read, timeout: 1s, {R}}}]}}, "
        f"b: {{calls: [{{to: c, access: read, timeout: 1s, {inner}}}]}}, c: {{}}}}"
    )
    assert [f.path for f in found("PRM083", text)] == ["services.a.calls[b].retries.budget"]


def test_the_budget_is_told_where_the_storm_does_no_harm() -> None:
    call = R.replace("attempts: 3", "attempts: 6")
    text = STORM.format(peak=400, call=call, stock=CARRIES + "{depth: 40, timeout: 100ms}")
    assert found("PRM083", text) == []
    assert [f.severity.label for f in found("PRM084", text, "strict")] == ["warning"]
    assert [f.severity.label for f in found("PRM084", text)] == ["info"]
    assert found("PRM084", text, "starter") == []


def test_endless_retries_are_told_as_endless() -> None:
    call = "retries: {attempts: unlimited, on: [timeout], backoff: none}"
    text = STORM.format(peak=400, call=call, stock=CARRIES + "unbounded")
    assert [f.severity.label for f in found("PRM082", text)] == ["error"]
    assert [found(code, text) for code in ("PRM083", "PRM084")] == [[], []]


@pytest.mark.parametrize(("profile", "severity"), [("starter", []), ("standard", ["info"]), ("strict", ["warning"])])
def test_a_breaker_that_is_not_stated_is_weighed_by_the_profile(profile: str, severity: list[str]) -> None:
    text = "services: {a: {calls: [{to: b, access: read, timeout: 2s}]}}\nexternals: {b: {}}"
    assert [f.severity.label for f in found("PRM090", text, profile)] == severity


def test_work_that_waits_in_a_queue_needs_no_breaker() -> None:
    text = (
        "services: {a: {consumes: [{from: e/t}], calls: [{to: b, access: write, timeout: 2s}]}}\n"
        "brokers: {e: {topics: {t: {}}}}\nexternals: {b: {}}"
    )
    assert found("PRM090", text, "strict") == []


@pytest.mark.parametrize(
    ("breaker", "caller", "needs"),
    [
        ("{window: 10s}", "replicas: 2, load: {peak: 9/s}", ("circuit_breaker.min_calls",)),
        ("{min_calls: 20}", "replicas: 2, load: {peak: 9/s}", ("circuit_breaker.window",)),
        ("{min_calls: 20, window: 10s}", "replicas: 2", ("services.*.load.peak",)),
        ("{min_calls: 20, window: 10s}", "load: {peak: 9/s}", ("replicas",)),
    ],
)
def test_breakers_name_what_would_decide(breaker: str, caller: str, needs: tuple[str, ...]) -> None:
    text = f"services: {{a: {{{caller}, calls: [{{to: b, timeout: 1s, circuit_breaker: {breaker}}}]}}, b: {{}}}}"
    assert found("PRM093", text) == []
    assert missing("PRM093", text) == [needs]


def test_stampedes_name_what_would_decide() -> None:
    text = "caches: {c: {backed_by: d, ttl: 1m, hottest_key: 9/s}}\ndatastores: {d: {}}"
    assert found("PRM111", text) == []
    assert missing("PRM111", text) == [("regeneration",)]


BACKLOG = (
    "services: {{a: {{publishes: [{{to: e/t, rate: 800/s}}]}}, b: {{consumes: [{{from: e/t, {consume}}}]}}}}\n"
    "brokers: {{e: {{topics: {{t: {{partitions: 24, {topic}}}}}}}}}\nflows: {{f: {{entry: a, slo: {{{slo}}}}}}}\n{more}"
)
TEAM = "operations: {monitoring: {detection: 5m}, response: {acknowledge: 5m, mitigate: 20m}}"


@pytest.mark.parametrize(
    ("consume", "more", "needs"),
    [
        (
            "instances: 9, per_instance: 100/s",
            "",
            ("operations.monitoring.detection", "operations.response.acknowledge", "operations.response.mitigate"),
        ),
        ("per_instance: 100/s", TEAM, ("instances",)),
        ("instances: 9", TEAM, ("per_instance",)),
    ],
)
def test_backlogs_name_what_would_decide(consume: str, more: str, needs: tuple[str, ...]) -> None:
    text = BACKLOG.format(consume=consume, topic="retention: 7d", slo="completion: 1h", more=more)
    assert found("LAW134", text) == []
    assert missing("LAW134", text) == [needs]


def test_consumers_that_never_keep_up_are_told_as_that() -> None:
    text = BACKLOG.format(
        consume="instances: 7, per_instance: 100/s", topic="retention: 7d", slo="completion: 1h", more=TEAM
    )
    assert found("LAW134", text) == []
    assert len(found("LAW133", text)) == 1


def test_nothing_promised_and_nothing_lost_is_no_backlog() -> None:
    text = BACKLOG.format(
        consume="instances: 9, per_instance: 100/s", topic="retention: unlimited", slo="availability: 99%", more=TEAM
    )
    assert (found("LAW134", text), missing("LAW134", text)) == ([], [])
