"""Critical paths: which calls are in a row, which side by side, what is followed, and how long a slow target holds."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
import yaml

from archlint.analysis.latency import Latencies, time_held
from archlint.analysis.retries import Retries
from archlint.analysis.values import Known, Unknown
from archlint.manifest.loading import load
from archlint.system.elements import Flow, Service, System
from archlint.system.workspace import link


def system_of(**sections: Any) -> System:
    text = yaml.safe_dump({"archlint": 1, "system": {"name": "shop"}, **sections})
    loaded = load(text.encode(), "shop.archlint.yaml")
    assert [problem.message for problem in loaded.problems] == []
    return next(iter(link([loaded]).systems.values()))


def latencies_of(system: System) -> Latencies:
    systems = {system.name: system}
    return Latencies(systems, Retries(systems))


def flow_of(calls: list[dict[str, Any]], **services: Any) -> tuple[Latencies, Flow]:
    system = system_of(
        services={"web": {"calls": calls}, **services},
        flows={"browse": {"entry": "web", "slo": {"latency_p99": "1s"}}},
    )
    return latencies_of(system), system.flows["browse"]


def takes(p99: str, p999: str) -> dict[str, Any]:
    return {"latency": {"p99": p99, "p999": p999}}


A, B = takes("100ms", "200ms"), takes("300ms", "400ms")


def bounds(calls: list[dict[str, Any]], **services: Any) -> tuple[float, float]:
    latencies, flow = flow_of(calls, **services)
    path = latencies.path(flow)
    assert path is not None
    found = path.bounds(0.99)
    return found.low, pytest.approx(found.high)  # type: ignore[return-value]


def test_calls_follow_one_another_in_list_order() -> None:
    assert bounds([{"to": "a", "timeout": "9s"}, {"to": "b", "timeout": "9s"}], a=A, b=B) == (0.3, 0.6)


def test_equal_stages_run_side_by_side() -> None:
    calls = [{"to": "a", "timeout": "9s", "stage": 1}, {"to": "b", "timeout": "9s", "stage": 1}]
    assert bounds(calls, a=A, b=B) == (0.3, 0.4)


def test_a_component_that_states_nothing_is_followed_to_its_own_calls() -> None:
    middle = {"calls": [{"to": "a", "timeout": "9s"}, {"to": "b", "timeout": "9s"}]}
    assert bounds([{"to": "middle", "timeout": "9s"}], middle=middle, a=A, b=B) == (0.3, 0.6)


def test_a_long_way_to_what_states_something_is_followed_to_its_end() -> None:
    steps = {f"step-{i}": {"calls": [{"to": f"step-{i + 1}", "timeout": "9s"}]} for i in range(900)}
    assert bounds([{"to": "step-0", "timeout": "9s"}], **steps, **{"step-900": A}) == (0.1, 0.1)


def test_what_a_component_states_holds_what_it_waits_for() -> None:
    middle = {**takes("150ms", "250ms"), "calls": [{"to": "b", "timeout": "9s"}]}
    assert bounds([{"to": "middle", "timeout": "9s"}], middle=middle, b=B) == (0.15, 0.15)


def test_nobody_waits_for_async_calls_but_for_optional_ones() -> None:
    calls = [{"to": "a", "timeout": "9s", "required": False}, {"to": "b", "timeout": "9s", "async": True}]
    assert bounds(calls, a=A, b=B) == (0.1, 0.1)


def test_a_call_is_waited_for_no_longer_than_its_tries_last() -> None:
    assert bounds([{"to": "b", "timeout": "50ms"}], b=B) == (0.05, 0.05)


def test_calls_of_another_flow_are_not_on_the_path() -> None:
    system = system_of(
        services={
            "web": {"calls": [{"to": "a", "timeout": "9s", "in": ["buy"]}, {"to": "b", "timeout": "9s"}]},
            "a": A,
            "b": B,
        },
        flows={"buy": {"entry": "web"}, "browse": {"entry": "web"}},
    )
    path = latencies_of(system).path(system.flows["browse"])
    assert path is not None
    assert [step.call.name for step in path.steps] == ["b"]


def test_shares_multiply_along_the_way() -> None:
    """Half of a half: 1% of all requests are 4% of those that get there."""
    middle = {"calls": [{"to": "b", "timeout": "9s", "share": "50%"}]}
    latencies, flow = flow_of(
        [{"to": "middle", "timeout": "9s", "share": "50%"}], middle=middle, b={"latency": {"p95": "1s", "p99": "2s"}}
    )
    path = latencies.path(flow)
    assert path is not None
    assert path.bounds(0.99).low == 1.0


def test_circles_and_unknown_ends_leave_the_sum_open() -> None:
    calls = [{"to": "a"}]
    latencies, flow = flow_of(calls, a={"calls": [{"to": "b"}]}, b={"calls": [{"to": "a"}]})
    path = latencies.path(flow)
    assert path is not None
    assert path.bounds(0.99).high == math.inf
    assert {component.name for component in path.open_ends} >= {"a"}


def test_the_sum_of_simulated_calls_lies_in_the_interval() -> None:
    """Two exponential calls in a row after two side by side; the quantiles are those of the formula."""
    means = {"a": 0.02, "b": 0.05, "c": 0.03, "d": 0.01}
    stated = {
        name: {"latency": {p: f"{-mean * math.log(1 - q) * 1e6:.0f}us" for p, q in (("p99", 0.99), ("p999", 0.999))}}
        for name, mean in means.items()
    }
    calls = [
        {"to": "a", "timeout": "60s", "stage": 1},
        {"to": "b", "timeout": "60s", "stage": 1},
        {"to": "c", "timeout": "60s", "stage": 2},
        {"to": "d", "timeout": "60s", "share": "50%", "stage": 3},
    ]
    rng = random.Random(3)

    def once() -> float:
        draw = {name: rng.expovariate(1 / mean) for name, mean in means.items()}
        return max(draw["a"], draw["b"]) + draw["c"] + (draw["d"] if rng.random() < 0.5 else 0.0)

    p99 = sorted(once() for _ in range(100_000))[99_000]
    latencies, flow = flow_of(calls, **stated)
    path = latencies.path(flow)
    assert path is not None
    assert path.bounds(0.99).low <= p99 <= path.bounds(0.99).high


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ({"timeout": "1s"}, 1.0),
        ({"timeout": "1s", "retries": {"attempts": 3, "backoff": "fixed", "base": "100ms"}}, 3.2),
        ({"timeout": "1s", "retries": {"attempts": 3, "on": ["timeout"], "backoff": "none"}}, 3.0),
        ({"timeout": "1s", "retries": {"attempts": 3, "on": ["connect"], "backoff": "none"}}, 1.0),
        ({"timeout": "1s", "retries": "none"}, 1.0),
        ({"timeout": "2s", "retries": {"attempts": 9, "backoff": "none", "per_try_timeout": "500ms"}}, 2.0),
        ({"timeout": "none"}, math.inf),
        ({}, None),
        ({"timeout": "1s", "retries": {"attempts": 3}}, None),
    ],
)
def test_how_long_a_slow_target_holds_its_caller(call: dict[str, Any], expected: float | None) -> None:
    system = system_of(services={"web": {"calls": [{"to": "stock", **call}]}, "stock": {}})
    found = time_held(next(iter(system.calls)), Retries({system.name: system}))
    assert (found.value if isinstance(found, Known) else None) == (
        None if expected is None else pytest.approx(expected)
    )


def web(calls: list[dict[str, Any]]) -> tuple[Latencies, Service]:
    system = system_of(services={"web": {"calls": calls}, "a": {"latency": {"mean": "10ms"}}, "b": {}})
    return latencies_of(system), system.services["web"]


def test_one_slow_dependency_holds_a_request_for_the_longest_of_its_calls() -> None:
    latencies, service = web([{"to": "a", "timeout": "1s"}, {"to": "b", "timeout": "3s"}])
    assert latencies.worst_of(service) == Known(3.0, "derived")
    latencies, service = web([{"to": "a", "timeout": "1s"}, {"to": "b"}])
    assert isinstance(latencies.worst_of(service), Unknown)


def test_means_add() -> None:
    calls: list[dict[str, Any]] = [
        {"to": "a", "timeout": "1s", "per_request": 3},
        {"to": "a", "timeout": "1s", "share": "50%"},
    ]
    latencies, service = web(calls)
    found = latencies.mean_of(service)
    assert isinstance(found, Known)
    assert found.value == pytest.approx(0.035)
    latencies, service = web([{"to": "b", "timeout": "1s"}])
    assert latencies.mean_of(service) == Unknown("services.*.latency.mean")


def test_an_operation_has_its_own_latency() -> None:
    system = system_of(
        services={"web": {"latency": {"p99": "2s"}, "operations": {"look": {"latency": {"p99": "1s"}}, "buy": {}}}},
        flows={"browse": {"entry": "web", "operation": "look"}, "pay": {"entry": "web", "operation": "buy"}},
    )
    latencies = latencies_of(system)
    assert latencies.at_entry(system.flows["browse"]).most(0.99) == 1.0
    assert latencies.at_entry(system.flows["pay"]).most(0.99) == 2.0


def test_of_alternatives_nothing_is_known_but_how_long_they_are_waited_for() -> None:
    system = system_of(services={"web": {"calls": [{"any_of": ["a", "b"], "timeout": "1s"}]}, "a": A, "b": B})
    seen = latencies_of(system).seen_by_caller(next(iter(system.calls)))
    assert (seen.points, seen.longest) == ((), 1.0)
