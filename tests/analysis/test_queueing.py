from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archlint.analysis.queueing import (
    FLUID,
    MOST_SERVERS,
    MMc,
    arrival_rate_for_wait,
    erlang_b,
    erlang_c,
    littles_concurrency,
    littles_rate,
    littles_time,
    servers_for_blocking,
    servers_for_wait,
)

SERVERS = st.integers(1, 300)
UTILISATIONS = st.floats(0.0, 0.99)
SHARES = st.floats(0.0, 0.999)


def erlang_sum(servers: int, load: Fraction) -> Fraction:
    return sum((load**k / math.factorial(k) for k in range(servers + 1)), Fraction(0))


@pytest.mark.parametrize("servers", [1, 2, 7, 40, 150])
@pytest.mark.parametrize("load", ["1/1000", "1/2", "39/10", "40", "149", "500"])
def test_erlang_agrees_with_exact_fractions(servers: int, load: str) -> None:
    a = Fraction(load)
    last = a**servers / math.factorial(servers)
    assert erlang_b(servers, float(a)) == pytest.approx(float(last / erlang_sum(servers, a)), rel=1e-13)
    if a < servers:
        waiting = last * servers / (servers - a)
        everything = erlang_sum(servers - 1, a) + waiting
        queue = MMc(float(a), 1.0, servers)
        assert queue.wait_probability == pytest.approx(float(waiting / everything), rel=1e-12)
        assert queue.empty_probability == pytest.approx(float(1 / everything), rel=1e-11)


def solved_chain(servers: int, load: float, states: int) -> list[float]:
    """State probabilities of the birth-death chain, cut off after so many states, by detailed balance."""
    weights = [1.0]
    for n in range(1, states):
        weights.append(weights[-1] * load / min(n, servers))
    whole = math.fsum(weights)
    return [weight / whole for weight in weights]


@pytest.mark.parametrize(("servers", "load"), [(1, 0.9), (3, 2.5), (8, 7.2), (20, 12.0)])
def test_means_agree_with_the_solved_markov_chain(servers: int, load: float) -> None:
    chain = solved_chain(servers, load, states=1000)
    queue = MMc(load / 0.25, 0.25, servers)
    assert queue.mean_in_system == pytest.approx(math.fsum(n * p for n, p in enumerate(chain)))
    assert queue.mean_queue == pytest.approx(math.fsum(max(0, n - servers) * p for n, p in enumerate(chain)))
    assert queue.wait_probability == pytest.approx(math.fsum(chain[servers:]))
    assert queue.mean_wait == pytest.approx(littles_time(queue.mean_queue, queue.arrival_rate))
    assert queue.mean_response == pytest.approx(littles_time(queue.mean_in_system, queue.arrival_rate))


def response_tail(servers: int, load: float, time: float) -> float:
    """An arrival that finds n waits for n - c + 1 departures. Uniformised at rate c + 1, service time 1."""
    states = 400
    found = solved_chain(servers, load, states)
    waiting = [0.0, *found[servers:]]
    served, tail, weight = math.fsum(found[:servers]), 0.0, math.exp(-(servers + 1) * time)
    for step in range(1, 600):
        tail += weight * (served + math.fsum(waiting))
        weight *= (servers + 1) * time / step
        leave, stay = servers / (servers + 1), 1 / (servers + 1)
        served, waiting = (
            served * leave + waiting[1] * leave,
            [
                0.0,
                *(w * stay + after * leave for w, after in zip(waiting[1:], [*waiting[2:], 0.0], strict=True)),
            ],
        )
    return tail


@pytest.mark.parametrize(("servers", "load"), [(1, 0.7), (2, 1.0), (3, 2.5), (4, 3.0), (6, 2.0)])
@pytest.mark.parametrize("time", [0.1, 1.0, 4.0])
def test_response_times_agree_with_the_solved_markov_chain(servers: int, load: float, time: float) -> None:
    queue = MMc(load, 1.0, servers)
    assert queue.response_exceeds(time) == pytest.approx(response_tail(servers, load, time), rel=1e-9)


def test_one_server_has_the_known_closed_forms() -> None:
    queue = MMc(8.0, 0.1)
    assert queue.mean_response == pytest.approx(0.5)
    assert queue.response_quantile(0.99) == pytest.approx(math.log(100) / 2)
    assert queue.wait_quantile(0.99) == pytest.approx(math.log(80) / 2)
    assert queue.wait_quantile(0.2) == 0.0
    assert queue.response_exceeds(1.0) == pytest.approx(math.exp(-2))


def test_an_idle_queue_only_serves() -> None:
    queue = MMc(0.0, 0.1, 4)
    assert (queue.utilisation, queue.wait_probability, queue.mean_queue, queue.mean_wait) == (0, 0, 0, 0)
    assert queue.empty_probability == 1.0
    assert queue.mean_response == 0.1
    assert queue.response_quantile(0.9) == pytest.approx(0.1 * math.log(10))


@pytest.mark.parametrize("rate", [30.0, 31.0, 1e300])
def test_an_overloaded_queue_grows_without_end(rate: float) -> None:
    queue = MMc(rate, 0.1, 3)
    assert not queue.stable
    assert queue.utilisation == pytest.approx(rate / 30)
    assert (queue.wait_probability, queue.empty_probability) == (1.0, 0.0)
    assert queue.mean_queue == queue.mean_in_system == math.inf
    assert queue.mean_wait == queue.mean_response == math.inf
    assert queue.wait_quantile(0.5) == queue.response_quantile(0.5) == math.inf
    assert queue.wait_exceeds(1e6) == queue.response_exceeds(1e6) == 1.0


def test_service_without_time_never_waits() -> None:
    queue = MMc(1e6, 0.0)
    assert (queue.mean_wait, queue.mean_response, queue.response_quantile(0.99)) == (0.0, 0.0, 0.0)
    assert (queue.wait_exceeds(0.0), queue.response_exceeds(0.0)) == (0.0, 0.0)


def test_a_hundred_thousand_servers_are_no_trouble() -> None:
    queue = MMc(99_900.0, 1.0, 100_000)
    step_by_step = 1.0
    for k in range(1, 100_001):
        step_by_step = 99_900.0 * step_by_step / (k + 99_900.0 * step_by_step)
    assert erlang_b(100_000, 99_900.0) == pytest.approx(step_by_step, rel=1e-10)
    assert 0 < queue.wait_probability < 1
    assert queue.response_quantile(0.99) > queue.wait_quantile(0.99) > 0
    assert MMc(1000.0, 1.0, 100_000).empty_probability == pytest.approx(0.0)


def test_the_largest_counts_are_answered() -> None:
    assert erlang_b(MOST_SERVERS, 2.0 * MOST_SERVERS) == pytest.approx(0.5)
    assert erlang_c(MOST_SERVERS, 1.0) == 0.0
    assert erlang_b(10**9, FLUID) == pytest.approx(math.sqrt(2 / math.pi / FLUID), rel=1e-4)


def test_no_servers_refuse_everybody() -> None:
    assert erlang_b(0, 0.0) == erlang_b(0, 5.0) == 1.0
    assert erlang_b(3, 0.0) == erlang_c(3, 0.0) == 0.0


def test_little_at_its_edges() -> None:
    assert littles_rate(768, 0.1) == pytest.approx(7680)
    assert littles_rate(1, 0.0) == math.inf
    assert littles_time(0.0, 0.0) == 0.0


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
def test_bad_quantities_are_refused_by_name(bad: float) -> None:
    with pytest.raises(ValueError, match="arrival_rate must be at least 0 and finite"):
        MMc(bad, 0.1)
    with pytest.raises(ValueError, match="service_time"):
        MMc(1.0, bad)
    with pytest.raises(ValueError, match="offered_load"):
        erlang_b(3, bad)
    with pytest.raises(ValueError, match="offered_load"):
        erlang_c(3, bad)
    with pytest.raises(ValueError, match="time"):
        littles_concurrency(1.0, bad)
    with pytest.raises(ValueError, match="q must lie from 0 to 1"):
        MMc(1.0, 0.1).wait_quantile(bad)


@pytest.mark.parametrize("bad", [0, -1, 2.5, math.nan, MOST_SERVERS + 1])
def test_bad_counts_are_refused_by_name(bad: Any) -> None:
    with pytest.raises(ValueError, match="servers must be a whole number from 1"):
        MMc(1.0, 0.1, bad)
    with pytest.raises(ValueError, match="servers must be a whole number from 1"):
        erlang_c(bad, 1.0)


@given(SERVERS, UTILISATIONS, UTILISATIONS)
def test_more_load_never_shortens_the_wait(servers: int, one: float, other: float) -> None:
    low, high = (MMc(u * servers, 1.0, servers) for u in sorted((one, other)))
    assert low.utilisation <= high.utilisation
    assert low.wait_probability <= high.wait_probability * (1 + 1e-9)
    assert low.mean_wait <= high.mean_wait * (1 + 1e-9)
    assert low.wait_quantile(0.99) <= high.wait_quantile(0.99) + 1e-9


@given(SERVERS, st.integers(1, 50), UTILISATIONS, SHARES)
def test_more_servers_never_lengthen_the_wait(servers: int, more: int, utilisation: float, q: float) -> None:
    few, many = (MMc(utilisation * servers, 1.0, count) for count in (servers, servers + more))
    assert many.wait_probability <= few.wait_probability * (1 + 1e-9)
    assert many.mean_wait <= few.mean_wait * (1 + 1e-9)
    assert many.wait_quantile(q) <= few.wait_quantile(q) + 1e-9
    assert many.response_quantile(q) <= few.response_quantile(q) * (1 + 1e-9)


@given(SERVERS, UTILISATIONS, SHARES)
def test_quantiles_invert_the_tails(servers: int, utilisation: float, q: float) -> None:
    queue = MMc(utilisation * servers / 0.02, 0.02, servers)
    wait, response = queue.wait_quantile(q), queue.response_quantile(q)
    assert queue.wait_exceeds(wait) <= 1 - q + 1e-9
    if wait > 0:
        assert queue.wait_exceeds(wait) == pytest.approx(1 - q)
    assert queue.response_exceeds(response) == pytest.approx(1 - q)
    assert response >= wait


@given(st.floats(0, 500), st.floats(0.001, 0.9))
def test_one_server_less_would_refuse_too_many(load: float, blocking: float) -> None:
    servers = servers_for_blocking(load, blocking)
    assert erlang_b(servers, load) <= blocking
    assert servers == 0 or erlang_b(servers - 1, load) > blocking


@given(st.floats(0, 500), st.floats(0, 5), st.floats(0.01, 0.999))
def test_one_server_less_would_wait_too_long(load: float, wait: float, q: float) -> None:
    servers = servers_for_wait(load, 1.0, wait, q)
    assert MMc(load, 1.0, servers).wait_exceeds(wait) <= 1 - q
    assert servers == 1 or MMc(load, 1.0, servers - 1).wait_exceeds(wait) > 1 - q


@given(SERVERS, st.floats(0, 1), st.floats(0.01, 0.999))
def test_the_highest_rate_within_an_objective_is_a_boundary(servers: int, wait: float, q: float) -> None:
    rate = arrival_rate_for_wait(servers, 0.05, wait, q)
    assert MMc(rate, 0.05, servers).wait_exceeds(wait) <= 1 - q
    assert MMc(rate * 1.001 + 1e-9, 0.05, servers).wait_exceeds(wait) > 1 - q


EXTREMES = st.one_of(st.floats(0, allow_infinity=False), st.floats(0, 2e9), st.sampled_from([0.0, 5e-324, 1e308]))


@settings(deadline=None)  # a billion servers take a tenth of a second
@given(EXTREMES, EXTREMES, st.one_of(SERVERS, st.integers(1, MOST_SERVERS)), st.floats(0, 1), EXTREMES)
def test_every_valid_queue_has_an_answer(rate: float, service: float, servers: int, q: float, time: float) -> None:
    queue = MMc(rate, service, servers)
    means = (queue.mean_wait, queue.mean_response, queue.mean_queue, queue.mean_in_system, queue.utilisation)
    quantiles = (queue.wait_quantile(q), queue.response_quantile(q))
    assert all(figure >= 0 for figure in (*means, *quantiles))
    tails = (queue.wait_exceeds(time), queue.response_exceeds(time))
    assert all(0 <= share <= 1 for share in (*tails, queue.wait_probability, queue.empty_probability))


@given(SERVERS, UTILISATIONS, SHARES, st.floats(1e-6, 1e6))
def test_a_change_of_unit_changes_times_alone(servers: int, utilisation: float, q: float, factor: float) -> None:
    """Seconds or hours: rates fall as times rise, shares and counts stay."""
    plain = MMc(utilisation * servers, 1.0, servers)
    other = MMc(utilisation * servers / factor, factor, servers)
    assert other.wait_probability == pytest.approx(plain.wait_probability, rel=1e-9, abs=1e-300)
    assert other.mean_queue == pytest.approx(plain.mean_queue, rel=1e-9, abs=1e-300)
    assert other.mean_wait == pytest.approx(plain.mean_wait * factor, rel=1e-9, abs=1e-300)
    assert other.response_quantile(q) == pytest.approx(plain.response_quantile(q) * factor, rel=1e-6)
    assert other.wait_exceeds(factor) == pytest.approx(plain.wait_exceeds(1.0), rel=1e-9, abs=1e-300)
