"""Slots, pools, memory, deadlines and connections: what the fixtures cannot say."""

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


SLOW = "services: {{x: {{{caller}, calls: [{{to: y, access: write, {call}}}]}}, y: {{}}}}"
BIG = "replicas: 2, load: {peak: 900/s}, capacity: {concurrency: 8}"


@pytest.mark.parametrize(
    ("caller", "call", "needs"),
    [
        (BIG, "share: 50%", ("timeout",)),
        ("replicas: 2, load: {peak: 900/s}", "timeout: 1s", ("services.*.capacity.concurrency",)),
        ("load: {peak: 900/s}, capacity: {concurrency: 8}", "timeout: 1s", ("replicas",)),
        (BIG, "timeout: 1s, retries: {attempts: 2}", ("retries.backoff", "retries.base")),
        (BIG, "timeout: 1s, pool: {size: 2}", ("pool.acquire_timeout",)),
    ],
)
def test_slots_name_what_would_decide(caller: str, call: str, needs: tuple[str, ...]) -> None:
    text = SLOW.format(caller=caller, call=call)
    assert found("LAW024", text) == []
    assert missing("LAW024", text) == [needs]


def test_the_missing_breaker_is_not_told_beside_the_slots_that_it_would_save() -> None:
    text = (
        "services: {x: {tier: critical, " + BIG + ", calls: [{to: y, access: write, share: 50%, timeout: 1s, "
        "circuit_breaker: none}]}}\nexternals: {y: {}}"
    )
    assert [f.severity.label for f in found("LAW024", text)] == ["error"]
    assert found("PRM090", text) == []


def test_slots_that_do_not_suffice_anyway_are_told_once() -> None:
    caller = "replicas: 2, load: {peak: 900/s}, capacity: {concurrency: 8, service_time: 50ms}"
    text = SLOW.format(caller=caller, call="share: 50%, timeout: 1s")
    assert len(found("LAW020", text)) == 1
    assert found("LAW024", text) == []


def test_a_call_without_end_is_the_timeouts_finding() -> None:
    text = SLOW.format(caller=BIG, call="timeout: none")
    assert found("LAW024", text) == []
    assert len(found("PRM092", text)) == 1


@given(st.integers(1, 2000), st.integers(0, 500), st.integers(1, 30))
@settings(max_examples=25, deadline=None)
def test_more_load_never_frees_slots(peak: int, more: int, replicas: int) -> None:
    light, heavy = (
        found(
            "LAW024",
            SLOW.format(
                caller=f"replicas: {replicas}, load: {{peak: {load}/s}}, capacity: {{concurrency: 16}}",
                call="share: 50%, timeout: 700ms",
            ),
        )
        for load in (peak, peak + more)
    )
    assert len(heavy) >= len(light)


def test_a_fallback_leaves_requests_that_need_the_slots() -> None:
    text = SLOW.format(caller=BIG, call="timeout: 1s, fallback: {use: default}")
    assert [f.severity.label for f in found("LAW024", text)] == ["error"]


def test_a_pool_counts_each_name_once() -> None:
    call = "{{to: y, access: {}, pool: {{size: 2, hold: 10ms, name: main}}}}"
    text = (
        "services: {x: {replicas: 1, load: {peak: 400/s}, calls: "
        f"[{call.format('read')}, {call.format('write')}]}}}}\ndatastores: {{y: {{}}}}"
    )
    (finding,) = found("LAW021", text)
    assert finding.path == "services.x.calls[y].pool.size"
    assert finding.exposure == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("pool", "needs"), [("{hold: 5ms}", ("pool.size",)), ("{size: 4}", ("pool.hold",)), ("{size: 4, hold: 1ms}", None)]
)
def test_pools_name_what_would_decide(pool: str, needs: tuple[str, ...] | None) -> None:
    text = f"services: {{x: {{replicas: 1, load: {{peak: 9/s}}, calls: [{{to: y, pool: {pool}}}]}}}}"
    text += "\ndatastores: {y: {}}"
    assert found("LAW021", text) == []
    assert missing("LAW021", text) == ([] if needs is None else [needs])


MEMORY = (
    "services: {{x: {{replicas: 1, load: {{peak: 100/s}}, capacity: {{{capacity}}}, {more}"
    "memory: {{working_set: 1GB, per_request: 10MB, limit: 2GB}}, calls: [{{to: y, timeout: {timeout}}}]}}}}\n"
    "datastores: {{y: {{}}}}"
)


@pytest.mark.parametrize(
    ("capacity", "more", "timeout", "needs"),
    [
        ("concurrency: 90, service_time: 10ms", "", "9s", ("queue.depth",)),
        ("service_time: 10ms", "queue: none, ", "9s", ("capacity.concurrency",)),
        ("concurrency: 90", "queue: {depth: 90}, ", "9s", ("capacity.service_time",)),
        ("concurrency: 90", "queue: {depth: 9}, ", "9s", None),
        ("service_time: 10ms", "", "500ms", None),
    ],
)
def test_memory_names_what_would_decide(capacity: str, more: str, timeout: str, needs: tuple[str, ...] | None) -> None:
    """One bound that fits is enough; one that does not fit leaves the other to decide."""
    text = MEMORY.format(capacity=capacity, more=more, timeout=timeout)
    assert found("LAW025", text) == []
    assert missing("LAW025", text) == ([] if needs is None else [needs])


QUEUE = "services: {{w: {{calls: [{{to: x, {call}}}]}}, x: {{capacity: {{{capacity}}}, queue: {queue}}}}}"


@pytest.mark.parametrize(
    ("call", "capacity", "queue", "needs"),
    [
        ("timeout: 1s", "per_replica: 9/s, service_time: 1ms", "{timeout: 2s}", ("queue.depth",)),
        ("timeout: 1s", "per_replica: 9/s, service_time: 1ms", "{depth: 99}", ("queue.timeout",)),
        ("timeout: 1s", "service_time: 1ms", "{depth: 99, timeout: 2s}", ("capacity.per_replica",)),
        (
            "protocol: http",
            "per_replica: 9/s, service_time: 1ms",
            "{depth: 99, timeout: 2s}",
            ("services.*.calls.*.timeout",),
        ),
        ("timeout: 3s", "per_replica: 9/s", "{timeout: 2s}", ("capacity.service_time",)),
        ("timeout: 3s", "service_time: 1ms", "{timeout: 2s}", None),
        ("timeout: 1s", "service_time: 1ms", "none", None),
        ("timeout: 1s", "service_time: 1ms", "unbounded", None),
    ],
)
def test_queues_name_what_would_decide(call: str, capacity: str, queue: str, needs: tuple[str, ...] | None) -> None:
    text = QUEUE.format(call=call, capacity=capacity, queue=queue)
    assert found("LAW023", text) == []
    assert missing("LAW023", text) == ([] if needs is None else [needs])


def test_inverted_timeouts_of_retried_layers_are_told_once() -> None:
    """The inner retries outlast every caller, and the outer caller tries again: LAW064 says both."""
    text = (
        "services: {web: {calls: [{to: orders, timeout: 1s, retries: {attempts: 2, backoff: none}}]}, "
        "orders: {calls: [{to: stock, timeout: 600ms, retries: {attempts: 3, backoff: none}}]}, stock: {}}"
    )
    assert [f.severity.label for f in found("LAW064", text)] == ["error"]
    assert found("PRM082", text) == []


def test_inner_retries_that_outlast_everybody_are_the_retries_finding() -> None:
    text = (
        "services: {web: {calls: [{to: orders, timeout: 1s}]}, orders: {calls: [{to: "
        "stock, timeout: 600ms, retries: {attempts: 3, backoff: none}}]}, stock: {}}"
    )
    assert found("LAW064", text) == []
    assert [f.severity.label for f in found("PRM082", text)] == ["warning"]


def test_each_impatient_caller_is_told() -> None:
    text = (
        "services: {a: {calls: [{to: c, timeout: 1s}]}, b: {calls: [{to: c, timeout: 2s}]}, "
        "c: {calls: [{to: d, timeout: 3s}]}, d: {}}"
    )
    assert [f.exposure for f in found("LAW064", text)] == [3.0, 1.5]


def test_idle_timeouts_name_the_server_that_does_not_say() -> None:
    text = "services: {a: {calls: [{to: b, connections: {reuse: true, idle_timeout: 60s}}]}, b: {}}"
    assert missing("LAW026", text) == [("services.*.idle_timeout",)]


def test_the_ports_of_an_instance_are_an_option() -> None:
    text = "services: {a: {replicas: 1, load: {peak: 100/s}, calls: [{to: b, connections: {reuse: false}}]}, b: {}}"
    assert found("LAW026", text) == []
    heavy = text.replace("100/s", "471/s")
    (finding,) = found("LAW026", heavy)
    assert finding.exposure == pytest.approx(471 * 60 / 28232)
