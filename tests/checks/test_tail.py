"""Tails, latency budgets, late answers, waits and surges: what the fixtures cannot say."""

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


FAN = "services: {{a: {{slo: {{latency_p99: 200ms}}, calls: [{{to: b, {call}}}]}}, b: {{latency: {{{latency}}}}}}}"


@pytest.mark.parametrize(
    ("call", "latency", "needs"),
    [
        ("per_request: 8, parallel: 8, timeout: 1s", "p99: 90ms", ("services.*.latency.p999",)),
        ("per_request: 8, parallel: 8, timeout: 1s", "p50: 9ms", ("services.*.latency.p999",)),
        ("per_request: 50, parallel: 50, timeout: 1s", "p99: 90ms, p999: 150ms", ("partial_results",)),
        ("per_request: 8, parallel: 8, timeout: 150ms", "p99: 90ms", None),
    ],
)
def test_fan_outs_name_what_would_decide(call: str, latency: str, needs: tuple[str, ...] | None) -> None:
    text = FAN.format(call=call, latency=latency)
    assert found("LAW060", text) == []
    assert missing("LAW060", text) == ([] if needs is None else [needs])


def test_a_slow_leaf_is_told_once() -> None:
    """The fan-out, the objective and the flow have one cause."""
    text = (
        "services: {a: {calls: [{to: b, per_request: 9, parallel: 9, timeout: 1s}]}, b: {latency: {p99: 400ms}}}\n"
        "flows: {f: {entry: a, slo: {latency_p99: 200ms}}}"
    )
    assert [len(found(code, text)) for code in ("LAW060", "LAW061", "LAW063")] == [1, 0, 0]


def test_a_slow_dependency_of_an_entry_is_told_once() -> None:
    text = (
        "services: {a: {calls: [{to: b, timeout: 1s}]}, b: {latency: {p99: 400ms}}}\n"
        "flows: {f: {entry: a, slo: {latency_p99: 200ms}}}"
    )
    assert [len(found(code, text)) for code in ("LAW061", "LAW063")] == [1, 0]


@given(st.integers(2, 200), st.integers(0, 200))
@settings(max_examples=25, deadline=None)
def test_more_leaves_never_clear_a_fan_out(leaves: int, more: int) -> None:
    few, many = (
        found(
            "LAW060", FAN.format(call=f"per_request: {n}, parallel: {n}, timeout: 1s", latency="p99: 90ms, p999: 400ms")
        )
        for n in (leaves, leaves + more)
    )
    assert len(many) >= len(few)


@pytest.mark.parametrize(
    ("slo", "latency", "needs"),
    [
        ("latency_p99: 500ms", "latency: {p50: 100ms}", ("externals.*.latency.p99",)),
        ("latency_p999: 900ms", "latency: {p99: 800ms}", ("externals.*.latency.p999",)),
        ("latency_p99: 900ms", "measured: {latency_p99: 800ms}", None),
        ("availability: 99%", "provider: x", None),
    ],
)
def test_objectives_name_the_quantile_that_would_decide(slo: str, latency: str, needs: tuple[str, ...] | None) -> None:
    text = f"services: {{a: {{slo: {{{slo}}}, calls: [{{to: b, timeout: 2s}}]}}}}\nexternals: {{b: {{{latency}}}}}"
    assert found("LAW061", text) == []
    assert missing("LAW061", text) == ([] if needs is None else [needs])


def test_a_call_of_one_flow_is_held_against_that_flow() -> None:
    text = (
        "services: {a: {calls: [{to: b, in: [slow], timeout: 2s}]}, b: {latency: {p99: 800ms}}}\n"
        "flows: {quick: {entry: a, slo: {latency_p99: 500ms}}, slow: {entry: a, slo: {latency_p99: 1s}}}"
    )
    assert found("LAW061", text) == []
    assert [f.path for f in found("LAW061", text.replace("in: [slow]", "in: [quick]"))] == [
        "flows.quick.slo.latency_p99"
    ]


def test_a_budget_without_a_latency_at_the_entry_is_not_judged_by_its_calls_alone() -> None:
    text = (
        "services: {a: {calls: [{to: b, timeout: 1s}]}, b: {latency: {p99: 100ms}}}\n"
        "flows: {f: {entry: a, slo: {latency_p99: 900ms}}}"
    )
    assert found("LAW063", text) == []
    assert missing("LAW063", text) == [("services.*.latency.p99",)]


LATE = (
    "services: {{a: {{slo: {{availability: {slo}}}, calls: [{{to: b, timeout: {timeout}, {call}}}]}}, "
    "b: {{latency: {{{latency}}}}}}}"
)


@pytest.mark.parametrize(
    ("slo", "timeout", "latency", "needs"),
    [
        ("99.9%", "300ms", "p99: 200ms", ("services.*.latency.p999",)),
        ("99%", "300ms", "p99: 200ms", None),
        ("99.9%", "300ms", "p50: 9ms", ("services.*.latency.p999",)),
    ],
)
def test_late_answers_name_the_quantile_that_would_decide(
    slo: str, timeout: str, latency: str, needs: tuple[str, ...] | None
) -> None:
    text = LATE.format(slo=slo, timeout=timeout, latency=latency, call="access: read")
    assert found("LAW065", text) == []
    assert missing("LAW065", text) == ([] if needs is None else [needs])


def test_retries_count_only_where_timeouts_are_retried() -> None:
    retried = "retries: {{attempts: 2, on: [{}]}}"
    texts = [
        LATE.format(slo="99.9%", timeout="150ms", latency="p99: 200ms, p50: 9ms", call=retried.format(kind))
        for kind in ("timeout", "connect")
    ]
    assert [len(found("LAW065", text)) for text in texts] == [0, 1]


@given(st.integers(1, 400), st.integers(0, 400))
@settings(max_examples=25, deadline=None)
def test_a_longer_timeout_never_gives_up_more(timeout: int, more: int) -> None:
    latency = "p50: 20ms, p90: 80ms, p99: 200ms, p999: 350ms"
    short, long = (
        found("LAW065", LATE.format(slo="99.9%", timeout=f"{ms}ms", latency=latency, call="access: read"))
        for ms in (timeout, timeout + more)
    )
    assert len(long) <= len(short)


def test_waits_at_one_replica_and_over_all_are_told_once() -> None:
    text = (
        "services: {x: {replicas: 2, load: {peak: 37/s}, capacity: {concurrency: 2, service_time: 100ms}, "
        "slo: {latency_p99: 400ms}}}"
    )
    assert [f.severity.label for f in found("LAW131", text)] == ["error"]
    assert found("LAW130", text) == []
    apart = text.replace("replicas: 2", "replicas: 3").replace("400ms", "300ms")
    assert [len(found(code, apart)) for code in ("LAW131", "LAW130")] == [0, 1]


def test_overload_is_told_as_overload() -> None:
    text = (
        "services: {x: {replicas: 1, load: {peak: 37/s}, capacity: {concurrency: 2, service_time: 100ms}, "
        "slo: {latency_p99: 400ms}}}"
    )
    assert found("LAW131", text) == []
    assert [f.severity.label for f in found("LAW020", text)] == ["error"]


@pytest.mark.parametrize(
    ("body", "needs"),
    [
        ("services: {x: {load: {peak: 9/s}, capacity: {per_replica: 9/s}}}", ("replicas",)),
        ("services: {x: {replicas: 2, load: {peak: 9/s}}}", ("capacity.per_replica",)),
        ("services: {x: {replicas: 2, capacity: {per_replica: 9/s}}}", ("load.peak",)),
        ("datastores: {x: {load: {reads: 9/s, writes: 0/s}}}", ("capacity.reads",)),
    ],
)
def test_surges_name_what_would_decide(body: str, needs: tuple[str, ...]) -> None:
    report = lint("archlint: 1\nsystem: {name: shop, surge: 2x}\n" + body)
    assert [f for f in report.findings if f.code == "LAW135"] == []
    assert [tuple(g.needs) for g in report.not_evaluated if g.code == "LAW135"] == [needs]


def test_flows_are_weighed_by_their_peaks() -> None:
    """300/s that triple and 100/s that do not are 1,000/s."""
    text = (
        "services: {{x: {{replicas: {}, load: {{peak: 400/s}}, capacity: {{per_replica: 100/s}}}}}}\n"
        "flows: {{a: {{entry: x, peak: 300/s, surge: 3x}}, b: {{entry: x, peak: 100/s}}}}"
    )
    assert len(found("LAW135", text.format(9))) == 1
    assert found("LAW135", text.format(10)) == []


def test_overload_without_a_surge_is_not_a_surge() -> None:
    text = "services: {x: {replicas: 2, load: {peak: 400/s}, capacity: {per_replica: 100/s}}}"
    report = lint("archlint: 1\nsystem: {name: shop, surge: 2x}\n" + text)
    assert [f.code for f in report.findings if f.code in ("LAW130", "LAW135")] == ["LAW130"]
