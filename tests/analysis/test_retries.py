"""Horizons of retries against step-by-step simulation, and patience against all paths of callers."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from archlint.analysis.retries import Retries, longest_duration, longest_waits, redelivery
from archlint.analysis.values import Known, Unknown
from archlint.manifest.loading import load
from archlint.system.elements import Call, System
from archlint.system.workspace import link

BACKOFFS = st.sampled_from(["none", "fixed", "linear", "exponential"])
JITTERS = st.sampled_from([None, "none", "full", "equal", "decorrelated"])
SECONDS = st.floats(0.001, 100)
TRIES = st.integers(1, 40)


def system_of(**sections: Any) -> System:
    text = yaml.safe_dump({"archlint": 1, "system": {"name": "shop"}, **sections})
    loaded = load(text.encode(), "shop.archlint.yaml")
    assert loaded.problems == ()
    return next(iter(link([loaded]).systems.values()))


def retries_of(system: System) -> Retries:
    return Retries({system.name: system})


def call_to(system: System, target: str) -> Call:
    return next(call for call in system.calls if call.name == target)


def simulated_waits(
    attempts: int, backoff: str, base: float, longest: float | None, jitter: str | None, draw: Any
) -> float:
    """Wait by wait, as a client library does it; `draw(low, high)` picks within the jitter."""
    cap, total, last = math.inf if longest is None else longest, 0.0, base
    for retry in range(1, attempts):
        if backoff == "none":
            continue
        plain = min(cap, {"fixed": base, "linear": base * retry, "exponential": base * 2.0 ** (retry - 1)}[backoff])
        if jitter == "decorrelated":
            last = min(cap, draw(base, 3 * last))
            total += last
        else:
            least = {"full": 0.0, "equal": plain / 2}.get(jitter or "none", plain)
            total += draw(least, plain)
    return total


@given(TRIES, BACKOFFS, SECONDS, st.none() | SECONDS, JITTERS)
def test_the_largest_waits_are_those_of_a_simulation_that_draws_the_largest(
    attempts: int, backoff: str, base: float, longest: float | None, jitter: str | None
) -> None:
    expected = simulated_waits(attempts, backoff, base, longest, jitter, lambda low, high: high)
    assert longest_waits(attempts, backoff, base, longest, jitter) == pytest.approx(expected)


@given(TRIES, BACKOFFS, SECONDS, st.none() | SECONDS, JITTERS, st.integers())
def test_no_draw_of_the_jitter_waits_longer(
    attempts: int, backoff: str, base: float, longest: float | None, jitter: str | None, seed: int
) -> None:
    drawn = simulated_waits(attempts, backoff, base, longest, jitter, random.Random(seed).uniform)
    assert drawn <= longest_waits(attempts, backoff, base, longest, jitter) * (1 + 1e-9)


@given(TRIES, BACKOFFS, SECONDS, st.none() | SECONDS, JITTERS, SECONDS)
def test_one_more_attempt_never_shortens_the_horizon(
    attempts: int, backoff: str, base: float, longest: float | None, jitter: str | None, one_try: float
) -> None:
    def horizon(count: int) -> float:
        return longest_duration(count, one_try, longest_waits(count, backoff, base, longest, jitter))

    assert horizon(attempts + 1) >= horizon(attempts)


@given(TRIES, BACKOFFS, SECONDS, SECONDS, JITTERS)
def test_a_higher_limit_of_waits_never_shortens_them(
    attempts: int, backoff: str, base: float, longest: float, jitter: str | None
) -> None:
    shorter = longest_waits(attempts, backoff, base, longest, jitter)
    assert longest_waits(attempts, backoff, base, 2 * longest, jitter) >= shorter * (1 - 1e-9)


def test_waits_of_many_attempts_need_no_loop() -> None:
    assert longest_waits(1e9, "exponential", 0.1, 60.0) == pytest.approx(6e10, rel=1e-6)
    assert longest_waits(1e9, "exponential", 0.1) == math.inf
    assert longest_waits(math.inf, "fixed", 1.0) == math.inf
    assert longest_waits(math.inf, "none", 1.0) == 0.0


def test_unlimited_attempts_last_as_long_as_the_deadline() -> None:
    assert longest_duration(math.inf, 0.5, 0.0) == math.inf
    assert longest_duration(math.inf, 0.5, 0.0, deadline=2.0) == 2.0


RETRIES = {"attempts": 4, "backoff": "exponential", "base": "100ms", "max": "200ms", "jitter": "full"}


def stock_called_with(**call: Any) -> tuple[Retries, Call]:
    system = system_of(
        clients={"browser": {"calls": [{"to": "web", "rate": "1/s", "timeout": "1s"}]}},
        services={"web": {"calls": [{"to": "stock", **call}]}, "stock": {}},
    )
    return retries_of(system), call_to(system, "stock")


@pytest.mark.parametrize(
    ("call", "horizon"),
    [
        ({"timeout": "300ms", "retries": RETRIES}, 4 * 0.3 + 0.1 + 0.2 + 0.2),
        ({"timeout": "300ms", "retries": "none"}, 0.3),
        ({"timeout": "300ms", "retries": RETRIES, "deadline": "propagated"}, 1.0),
        ({"timeout": "500ms", "retries": {**RETRIES, "per_try_timeout": "300ms"}}, 0.5),
        ({"timeout": "none", "retries": RETRIES}, math.inf),
        ({"timeout": "300ms", "retries": {**RETRIES, "attempts": "unlimited"}}, math.inf),
    ],
)
def test_horizon_of_a_call(call: dict[str, Any], horizon: float) -> None:
    retries, subject = stock_called_with(**call)
    found = retries.horizon(subject)
    assert isinstance(found, Known)
    assert found.value == pytest.approx(horizon)


def test_the_horizon_names_all_that_is_missing() -> None:
    retries, subject = stock_called_with(retries={"attempts": 3})
    assert retries.horizon(subject) == Unknown("timeout", "retries.backoff", "retries.base")
    retries, subject = stock_called_with()
    assert retries.horizon(subject) == Unknown("timeout", "retries.attempts")


def test_a_deadline_decides_the_horizon_where_the_waits_are_not_known() -> None:
    retries, subject = stock_called_with(timeout="600ms", deadline="propagated", retries={"attempts": 2})
    found = retries.horizon(subject)
    assert isinstance(found, Known)
    assert found.value == 1.0


NAMES = "abcde"
EDGES = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(1, 9), st.booleans()), max_size=10
)


@given(EDGES)
def test_patience_is_the_widest_path_of_time_limits(edges: list[tuple[str, str, int, bool]]) -> None:
    services: dict[str, Any] = {name: {"calls": []} for name in NAMES}
    for caller, target, limit, propagated in edges:
        deadline = "propagated" if propagated else "own"
        services[caller]["calls"].append({"to": target, "timeout": f"{limit}s", "deadline": deadline})
    clients = {f"user-{n}": {"calls": [{"to": n, "rate": "1/s", "timeout": "5s"}]} for n in "ab"}
    system = system_of(services=services, clients=clients)
    retries = retries_of(system)
    for name in NAMES:
        if name in "ab" or any(target == name for _, target, _, _ in edges):
            assert_patience(retries, system, name, edges)


def assert_patience(retries: Retries, system: System, name: str, edges: list[tuple[str, str, int, bool]]) -> None:
    least, most = all_paths(name, edges, 0.0), all_paths(name, edges, math.inf)
    found = retries.patience(system.components[name])
    assert found == (Known(least, "derived") if least == most else Unknown("services.*.calls.*.timeout"))


def all_paths(
    name: str, edges: list[tuple[str, str, int, bool]], nobody: float, seen: frozenset[str] = frozenset()
) -> float:
    """The largest over all callers of min(own limit, the caller's patience), path by path."""
    incoming = [(caller, limit, passed) for caller, target, limit, passed in edges if target == name]
    limits = [5.0] if name in "ab" else []
    if not incoming and not limits:
        return nobody
    for caller, limit, passed in incoming:
        if not passed:
            limits.append(float(limit))
        elif caller not in seen | {name}:
            limits.append(min(float(limit), all_paths(caller, edges, nobody, seen | {name})))
    return max(limits, default=0.0)


def test_nobody_waits_for_the_work_of_a_message() -> None:
    system = system_of(
        services={"mailer": {"consumes": [{"from": "events/orders"}], "calls": [{"to": "post"}]}, "post": {}},
        brokers={"events": {"topics": {"orders": {}}}},
    )
    assert retries_of(system).patience(system.components["mailer"]) == Known(math.inf, "derived")


KEY = {"key": "payment-id"}


def test_a_key_lives_as_long_as_its_outermost_caller_retries() -> None:
    outer = {"attempts": 3, "backoff": "fixed", "base": "10s"}
    client = {"to": "web", "rate": "1/s", "timeout": "5s", "retries": outer, "idempotency": KEY}
    inner = {"to": "bank", "timeout": "1s", "retries": "none", "idempotency": KEY}
    system = system_of(clients={"app": {"calls": [client]}}, services={"web": {"calls": [inner]}, "bank": {}})
    found = retries_of(system).key_horizon(call_to(system, "bank"))
    assert isinstance(found, Known)
    assert found.value == 3 * 5 + 2 * 10


def test_another_key_upstream_does_not_count() -> None:
    client = {"to": "web", "rate": "1/s", "timeout": "1h", "retries": "none", "idempotency": {"key": "session"}}
    inner = {"to": "bank", "timeout": "1s", "retries": "none", "idempotency": KEY}
    system = system_of(clients={"app": {"calls": [client]}}, services={"web": {"calls": [inner]}, "bank": {}})
    found = retries_of(system).key_horizon(call_to(system, "bank"))
    assert isinstance(found, Known)
    assert found.value == 1.0


def consumed(topic: dict[str, Any], **consume: Any) -> System:
    call = {"to": "bank", "timeout": "2s", "retries": "none", "idempotency": KEY}
    service = {"consumes": [{"from": "events/orders", **consume}], "calls": [call]}
    topics = {"orders": topic, "dead": {"retention": "30d"}}
    return system_of(services={"worker": service, "bank": {}}, brokers={"events": {"topics": topics}})


DAY = 86400.0


@pytest.mark.parametrize(
    ("consume", "seconds"),
    [
        ({"max_deliveries": 5, "lease": "30s"}, 150.0),
        ({"max_deliveries": 1}, 0.0),
        ({"max_deliveries": "unlimited"}, 7 * DAY),
        ({"max_deliveries": 5, "lease": "30s", "dead_letter": "events/dead", "redrive": True}, 150.0 + 30 * DAY),
        ({"max_deliveries": 5, "lease": "30s", "dead_letter": "events/dead", "redrive": False}, 150.0),
    ],
)
def test_redelivery_and_the_key_of_the_work_it_repeats(consume: dict[str, Any], seconds: float) -> None:
    system = consumed({"retention": "7d"}, **consume)
    again = redelivery(next(iter(system.consumes)))
    key = retries_of(system).key_horizon(call_to(system, "bank"))
    assert isinstance(again, Known)
    assert isinstance(key, Known)
    assert again.value == seconds
    assert key.value == seconds + 2


def test_redelivery_names_what_is_missing() -> None:
    system = consumed({}, dead_letter="events/dead")
    assert redelivery(next(iter(system.consumes))) == Unknown(
        "consumes.*.max_deliveries", "consumes.*.lease", "consumes.*.redrive"
    )
    system = consumed({}, max_deliveries="unlimited")
    assert redelivery(next(iter(system.consumes))) == Unknown("brokers.*.topics.*.retention")


def test_a_key_that_travels_in_a_circle_has_a_horizon() -> None:
    there = {"to": "b", "timeout": "1s", "retries": "none", "idempotency": KEY}
    back = {"to": "a", "timeout": "3s", "retries": "none", "idempotency": KEY}
    system = system_of(services={"a": {"calls": [there]}, "b": {"calls": [back]}})
    found = retries_of(system).key_horizon(call_to(system, "b"))
    assert isinstance(found, Known)
    assert found.value == 3.0
