"""Retry amplification over layers: published figures, brute force over chains and graphs, and which layers count."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from archlint.analysis.amplification import Amplification, Overload, longest_wait, tries_under_failure, tries_within
from archlint.analysis.capacity import Capacity
from archlint.analysis.load import Load
from archlint.analysis.retries import Retries
from archlint.analysis.storms import judge
from archlint.analysis.values import Known, Unknown
from archlint.manifest.loading import load
from archlint.system.elements import Call, System
from archlint.system.workspace import link


def system_of(**sections: Any) -> System:
    text = yaml.safe_dump({"archlint": 1, "system": {"name": "shop"}, **sections})
    loaded = load(text.encode(), "shop.archlint.yaml")
    assert [problem.message for problem in loaded.problems] == []
    return next(iter(link([loaded]).systems.values()))


def amplification_of(system: System) -> Amplification:
    systems = {system.name: system}
    return Amplification(systems, Capacity(Load(systems)), Retries(systems))


def call_to(system: System, target: str) -> Call:
    return next(call for call in system.calls if call.name == target)


def chain(*calls: dict[str, Any]) -> System:
    """s0 -> s1 -> ..., each with the fields of its call."""
    services = {
        f"s{i}": {"calls": [{"to": f"s{i + 1}", "access": "read", "timeout": "1s", **call}]}
        for i, call in enumerate(calls)
    }
    return system_of(services={**services, f"s{len(calls)}": {}})


def retried(attempts: int, **more: Any) -> dict[str, Any]:
    return {"retries": {"attempts": attempts, "backoff": "none", **more}}


def tries(system: System) -> float:
    """What becomes of one request at the end of the chain."""
    last = call_to(system, f"s{len(system.services) - 1}")
    return amplification_of(system).storm(last).tries


def test_three_retries_at_three_layers_are_sixty_four_tries() -> None:
    """Beyer et al., "Site Reliability Engineering", 2016, chapter 22."""
    assert tries(chain(retried(4), retried(4), retried(4))) == 64


@pytest.mark.parametrize(("attempts", "budget", "expected"), [(3, None, 3), (3, 0.1, 1.1), (2, 5.0, 2), (1, 0.1, 1)])
def test_a_budget_bounds_the_tries(attempts: int, budget: float | None, expected: float) -> None:
    assert tries_under_failure(attempts, budget) == expected


LAYERS = st.lists(
    st.fixed_dictionaries(
        {
            "attempts": st.integers(1, 4),
            "required": st.booleans(),
            "on": st.sampled_from([None, ["timeout"], ["connect"], ["5xx"], ["any"]]),
        }
    ),
    min_size=1,
    max_size=5,
)


def requests_at_the_end(layers: list[dict[str, Any]]) -> int:
    """Call by call, as client libraries do it: the end times out, and what is required fails with what it called."""
    count = 0

    def call(i: int) -> str | None:
        """The failure that the caller of layer i sees."""
        nonlocal count
        if i == len(layers):
            count += 1
            return "timeout"
        layer = layers[i]
        for _ in range(layer["attempts"]):
            failure = call(i + 1)
            if failure is None:
                return None
            if layer["on"] is not None and not {failure, "any"} & set(layer["on"]):
                break
        return "5xx" if layer["required"] else None

    call(0)
    return count


@given(LAYERS)
def test_the_product_is_what_nested_calls_make(layers: list[dict[str, Any]]) -> None:
    """A layer above sees its callee's time limit, too, pass: it retries timeouts as well as reported failures."""
    seen = [{**layer, "on": _with_relayed(layer["on"], i < len(layers) - 1)} for i, layer in enumerate(layers)]
    calls = [
        {
            **retried(layer["attempts"], **({} if layer["on"] is None else {"on": layer["on"]})),
            "required": layer["required"],
        }
        for layer in layers
    ]
    assert tries(chain(*calls)) == requests_at_the_end(seen)


def _with_relayed(kinds: list[str] | None, above: bool) -> list[str] | None:
    if kinds is None or not above or not {"timeout", "5xx"} & set(kinds):
        return kinds
    return [*kinds, "timeout", "5xx"]


EDGES = st.dictionaries(
    st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda e: e[0] < e[1]), st.integers(1, 4), max_size=14
)


@given(EDGES)
def test_of_several_ways_the_worst_counts(edges: dict[tuple[int, int], int]) -> None:
    services: dict[str, Any] = {f"s{i}": {"calls": []} for i in range(7)}
    for (i, j), attempts in edges.items():
        services[f"s{i}"]["calls"].append({"to": f"s{j}", "timeout": "1s", **retried(attempts)})
    system = system_of(services=services)

    def worst(node: int) -> int:
        return max((attempts * worst(i) for (i, j), attempts in edges.items() if j == node), default=1)

    amplification = amplification_of(system)
    for call in system.calls:
        i, j = int(call.caller.name[1:]), int(call.name[1:])
        assert amplification.storm(call).tries == edges[i, j] * worst(i)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (retried(3), 3.0),
        (retried(3, budget="10%"), 1.1),
        (retried(3, on=["connect"]), 1.0),
        ({**retried(3), "circuit_breaker": {"error_rate": "50%"}}, 1.0),
        ({**retried(3), "circuit_breaker": "none"}, 3.0),
        ({"retries": {"attempts": "unlimited", "backoff": "none"}}, 1.0),
        ({"retries": {"attempts": "unlimited", "backoff": "none", "budget": "20%"}}, 1.2),
        ({"retries": "none"}, 1.0),
        ({}, 1.0),
    ],
)
def test_what_counts_as_a_retry(call: dict[str, Any], expected: float) -> None:
    assert tries(chain(call)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("lower", "expected"),
    [({"required": False}, 3.0), ({"fallback": {"use": "cached"}}, 3.0), ({"async": True}, 3.0), ({}, 6.0)],
)
def test_a_failure_that_does_not_reach_a_layer_is_not_retried_there(lower: dict[str, Any], expected: float) -> None:
    assert tries(chain(retried(2), {**retried(3), **lower})) == expected


def test_consumers_and_jobs_work_at_their_own_pace() -> None:
    system = system_of(
        services={"mailer": {"consumes": [{"from": "e/t"}], "calls": [{"to": "api", "timeout": "1s", **retried(9)}]}},
        jobs={"nightly": {"every": "1d", "calls": [{"to": "api", "timeout": "1s", **retried(9)}]}},
        brokers={"e": {"topics": {"t": {}}}},
        externals={"api": {}},
    )
    assert [amplification_of(system).storm(call).tries for call in system.calls] == [1.0, 1.0]


def test_a_propagated_deadline_bounds_the_tries() -> None:
    """After 2 s nobody waits: two tries of a second have begun."""
    system = chain({"timeout": "2s"}, {**retried(9), "timeout": "1s", "deadline": "propagated"})
    assert tries(system) == 2.0


@pytest.mark.parametrize(
    ("attempts", "one_try", "pause", "deadline", "expected"),
    [(5, 1.0, 0.0, 2.0, 2), (5, 1.0, 0.5, 2.0, 2), (5, 1.0, 0.5, 3.1, 3), (5, 1.0, 0.0, 0.5, 1), (5, 0.0, 0.0, 1.0, 5)],
)
def test_tries_begin_before_the_deadline(
    attempts: float, one_try: float, pause: float, deadline: float, expected: float
) -> None:
    assert tries_within(attempts, one_try, pause, deadline) == expected


def test_callers_are_weighted_by_their_rates() -> None:
    """900/s once and 100/s three times are 1.2 tries on average, not 3."""
    system = system_of(
        services={
            "many": {"load": {"peak": "900/s"}, "calls": [{"to": "stock", "timeout": "1s"}]},
            "few": {"load": {"peak": "100/s"}, "calls": [{"to": "stock", "timeout": "1s", **retried(3)}]},
            "stock": {},
        }
    )
    found = amplification_of(system).tries_at(system.components["stock"])
    assert isinstance(found, Known)
    assert found.value == pytest.approx(1.2)


def test_misses_of_a_cache_count_once() -> None:
    system = system_of(
        services={
            "web": {"load": {"peak": "50/s"}, "calls": [{"to": "db", "access": "read", "timeout": "1s", **retried(3)}]}
        },
        caches={"front": {"backed_by": "db", "hit_ratio": "90%", "load": {"reads": "500/s", "writes": "0/s"}}},
        datastores={"db": {}},
    )
    found = amplification_of(system).tries_at(system.components["db"])
    assert isinstance(found, Known)
    assert found.value == pytest.approx((50 * 3 + 50) / 100)


def test_the_tries_of_callers_whose_rates_are_not_known_are_not_known() -> None:
    system = system_of(
        services={
            "many": {"calls": [{"to": "stock", "timeout": "1s"}]},
            "few": {"calls": [{"to": "stock", "timeout": "1s", **retried(3)}]},
            "stock": {"load": {"peak": "1000/s"}},
        }
    )
    assert isinstance(amplification_of(system).tries_at(system.components["stock"]), Unknown)


def test_circles_end() -> None:
    services = {
        "a": {"calls": [{"to": "b", "timeout": "1s", **retried(2)}]},
        "b": {"calls": [{"to": "a", "timeout": "1s", **retried(2)}, {"to": "c", "timeout": "1s", **retried(2)}]},
        "c": {},
    }
    system = system_of(services=services)
    amplification = amplification_of(system)
    assert all(amplification.storm(call).tries < math.inf for call in system.calls)
    assert amplification.storm(call_to(system, "c")).tries >= 2


def test_a_long_chain_takes_linear_time() -> None:
    length = 3000
    text = "archlint: 1\nsystem: {name: shop}\nservices:\n" + "".join(
        f"  s{i}: {{calls: [{{to: s{i + 1}, timeout: 1s, retries: {{attempts: 2, backoff: none}}}}]}}\n"
        for i in range(length)
    )
    (system,) = link([load(f"{text}  s{length}: {{}}\n".encode(), "x.archlint.yaml")]).systems.values()
    amplification = amplification_of(system)
    begin = time.perf_counter()
    storms = amplification.storms
    assert time.perf_counter() - begin < 5
    assert len(storms) == length


def test_many_callers_of_one_store_take_linear_time() -> None:
    """Each of the storms is judged at the store: what all of them share is computed once."""
    callers = "".join(
        f"  s{i}: {{load: {{peak: 1/s}}, calls: [{{to: db, access: read, timeout: 1s, retries: {{attempts: {2 + i % 2}"
        ", backoff: none}}]}\n"
        for i in range(3000)
    )
    text = f"archlint: 1\nsystem: {{name: shop}}\nservices:\n{callers}datastores:\n"
    text += "  db: {capacity: {reads: 5k/s, writes: 1/s}, connections: {max: 9000}}\n"
    (system,) = link([load(text.encode(), "x.archlint.yaml")]).systems.values()
    amplification = amplification_of(system)
    begin = time.perf_counter()
    hits = [
        judge(target, storm, amplification) for reached in amplification.storms.values() for target, storm in reached
    ]
    assert time.perf_counter() - begin < 5
    assert {hit.overload.tries for hit in hits if hit.overload is not None} == {2.5}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"queue": "none"}, 0.0),
        ({"queue": "unbounded"}, math.inf),
        ({"queue": {"depth": 40, "timeout": "5s"}}, 0.4),
        ({"queue": {"depth": 40, "timeout": "200ms"}}, 0.2),
        ({"queue": {"depth": 40}}, None),
        ({}, None),
    ],
)
def test_the_longest_wait(spec: dict[str, Any], expected: float | None) -> None:
    system = system_of(services={"stock": spec})
    assert longest_wait(system.components["stock"], 100.0) == expected


OVERLOADS = st.builds(
    Overload,
    load=st.floats(0, 1000),
    tries=st.floats(1, 64),
    capacity=st.floats(1, 1000),
    longest_wait=st.floats(0, 100),
    timeout=st.floats(0.001, 100),
)


@given(OVERLOADS, st.floats(1, 10))
def test_more_load_tries_or_queue_never_help_and_more_capacity_never_harms(one: Overload, factor: float) -> None:
    worse = [
        Overload(one.load * factor, one.tries, one.capacity, one.longest_wait, one.timeout),
        Overload(one.load, one.tries * factor, one.capacity, one.longest_wait, one.timeout),
        Overload(one.load, one.tries, one.capacity, one.longest_wait * factor, one.timeout),
    ]
    better = Overload(one.load, one.tries, one.capacity * factor, one.longest_wait, one.timeout)
    assert not any(other.recovers for other in worse if not one.recovers)
    assert better.recovers >= one.recovers
    assert not (one.is_trapped and one.recovers)
