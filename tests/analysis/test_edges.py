"""Numbers at the edge: every function answers with a finite figure, or with the infinity that its docstring names."""

from __future__ import annotations

import itertools
import math
import time
from fractions import Fraction

import pytest

from archlint.analysis.amplification import tries_under_failure, tries_within
from archlint.analysis.downtime import Budget, Failure
from archlint.analysis.finite_queue import MMcK
from archlint.analysis.mesh import held_by_each, in_largest_cell, most_members, pairs
from archlint.analysis.queueing import (
    MMc,
    arrival_rate_for_wait,
    erlang_b,
    erlang_c,
    mg1_mean_wait,
    offered_load_for_blocking,
    servers_for_blocking,
    servers_for_wait,
)
from archlint.analysis.quorum import byzantine_faults, byzantine_members, crashes_survived, majority
from archlint.analysis.reliability import at_least_of, from_mean_times, redundant
from archlint.analysis.retries import longest_duration, longest_waits
from archlint.analysis.scalability import MOST, Usl, fit, greatest_speedup, instances_for_speedup, speedup
from archlint.analysis.skew import (
    entries_for_hit_ratio,
    harmonic,
    hottest_share,
    keys_for_even_partitions,
    lru_hit_ratio,
    share_of_top,
)
from archlint.analysis.tail import Part, Quantiles, leaf_quantile, reduction, share_quantile, slow_share, sum_bounds

SERVERS = (1, 2, 1000, 100_000, 10**9)
SHARES = (0.0, 5e-324, 1e-12, 0.5, 1 - 1e-16, 1.0)
QUANTITIES = (0.0, 5e-324, 1e-9, 1.0, 1e6, 1e15, 1e300)


def is_share(value: float) -> bool:
    return 0.0 <= value <= 1.0


@pytest.mark.parametrize("servers", SERVERS)
@pytest.mark.parametrize("utilisation", [0.0, 1e-300, 0.5, 1 - 1e-12, 1.0, 1 + 1e-12, 2.0, 1e290])
def test_queues_of_any_size_at_any_load(servers: int, utilisation: float) -> None:
    """Waits are endless exactly where the load reaches the servers."""
    queue = MMc(utilisation * servers / 0.05, 0.05, servers)
    stable = queue.offered_load < servers
    figures = (queue.mean_wait, queue.mean_response, queue.mean_queue, queue.mean_in_system)
    assert [math.isfinite(figure) for figure in figures] == [stable] * 4
    assert math.isfinite(queue.response_quantile(0.999)) == math.isfinite(queue.wait_quantile(0.999)) == stable
    shares = (queue.wait_probability, queue.empty_probability, queue.wait_exceeds(0.1), queue.response_exceeds(0.1))
    assert all(map(is_share, shares))
    assert is_share(erlang_b(servers, queue.offered_load))
    assert is_share(erlang_c(servers, queue.offered_load))


@pytest.mark.parametrize("variation", [0.0, 1.0, 1e6])
@pytest.mark.parametrize("rate", [0.0, 10.0, 19.999999, 20.0, 1e9])
def test_one_server_with_any_service(rate: float, variation: float) -> None:
    wait = mg1_mean_wait(rate, 0.05, variation)
    assert math.isfinite(wait) == (rate < 20.0)
    assert wait >= 0


@pytest.mark.parametrize("room", [0, 1, 10**6, 10**15])
@pytest.mark.parametrize("servers", SERVERS[:4])
@pytest.mark.parametrize("utilisation", [0.0, 0.5, 1 - 1e-9, 1.0, 1 + 1e-9, 1e6])
def test_finite_queues_of_any_room(servers: int, room: int, utilisation: float) -> None:
    queue = MMcK(utilisation * servers, 1.0, servers, servers + room)
    assert is_share(queue.refused)
    assert 0 <= queue.mean_queue <= room
    assert 0 <= queue.throughput <= queue.arrival_rate
    assert math.isfinite(queue.mean_wait)


def test_at_full_load_a_finite_queue_is_half_full() -> None:
    """One server, rho = 1: all room + 1 states are equally likely."""
    queue = MMcK(1.0, 1.0, 1, 10**12)
    assert queue.refused == pytest.approx(1e-12)
    assert queue.mean_queue == pytest.approx(5e11)


@pytest.mark.parametrize("servers", SERVERS[:4])
def test_what_is_found_for_a_blocking_or_a_wait_is_a_number(servers: int) -> None:
    assert offered_load_for_blocking(servers, 0.0) == 0.0
    for blocking in (1e-12, 0.5, 1 - 1e-9):
        assert 0 < offered_load_for_blocking(servers, blocking) < math.inf
    for wait, q in itertools.product((0.0, 1.0, 1e9), (0.01, 0.5, 1 - 1e-9)):
        assert 0 <= arrival_rate_for_wait(servers, 0.05, wait, q) <= servers / 0.05
    assert servers_for_blocking(float(servers), 1.0) == 0
    assert servers_for_wait(0.0, 0.05, 0.0, 0.99) == 1
    assert servers_for_wait(servers / 0.05, 0.05, 1e-9, 0.99) > servers


@pytest.mark.parametrize("keys", [0, 1, 256, 257, 10**6, 10**9, 10**15])
@pytest.mark.parametrize("exponent", [0.0, 1e-300, 0.5, 1.0, 1.0 + 1e-15, 2.0, 50.0, 1e300])
def test_any_number_of_keys_at_any_skew(keys: int, exponent: float) -> None:
    start = time.process_time()
    assert harmonic(keys, exponent) <= keys * (1 + 1e-12)
    assert math.isfinite(harmonic(keys, exponent))
    shares = [share_of_top(top, keys, exponent) for top in (0, keys / 2, keys, 2 * keys)]
    assert all(map(is_share, shares))
    assert shares == sorted(shares)
    assert is_share(hottest_share(keys, exponent))
    assert all(is_share(lru_hit_ratio(entries, keys, exponent)) for entries in (0, 1, keys / 2, 2 * keys))
    assert 0 <= entries_for_hit_ratio(0.5, keys, exponent) <= keys
    assert time.process_time() - start < 1.0


def test_a_million_keys_at_the_exponents_that_have_closed_forms() -> None:
    assert harmonic(10**6, 0.0) == pytest.approx(10**6, rel=1e-12)
    assert harmonic(10**6, 1.0) == pytest.approx(14.392726722865724, rel=1e-12)
    assert harmonic(10**6, 2.0) == pytest.approx(math.pi**2 / 6 - 1e-6 + 0.5e-12, rel=1e-12)


def test_partitions_of_any_number() -> None:
    assert [keys_for_even_partitions(p) for p in (0, 1)] == [0, 0]
    assert keys_for_even_partitions(10**12) > 10**14


@pytest.mark.parametrize("slow", SHARES)
@pytest.mark.parametrize("leaves", [0, 1, 10**6, 10**15])
def test_fan_out_of_any_width(slow: float, leaves: int) -> None:
    assert is_share(slow_share(slow, leaves))
    assert is_share(leaf_quantile(slow, leaves))
    assert is_share(share_quantile(0.99, slow))


def test_a_fan_out_of_a_million() -> None:
    assert slow_share(1e-6, 10**6) == pytest.approx(1 - math.exp(-1), rel=1e-5)
    assert leaf_quantile(0.99, 10**6) == pytest.approx(1 - 1.005e-8, abs=1e-11)
    part = Part(Quantiles(((0.99, 0.1), (0.999, 1.0)), longest=5.0), count=10**6, parallel=10**6)
    bounds = sum_bounds([[part]], 0.99)
    assert (bounds.low, bounds.high) == (1.0, 5.0)
    assert sum_bounds([], 0.99).high == 0.0
    assert reduction(0.0, 0.0) == 0.0


@pytest.mark.parametrize("members", [0, 1, 2, 100_000, 10**15])
def test_meshes_and_quorums_of_any_size(members: int) -> None:
    assert pairs(members) == sum(range(members)) if members < 10**6 else pairs(members) > 10**29
    assert held_by_each(members, 0.0) == 0.0
    assert in_largest_cell(members, 0) == in_largest_cell(members, 1) == members
    assert 0 <= crashes_survived(members) < majority(members)
    assert byzantine_faults(byzantine_members(members)) == members


def test_the_largest_mesh_is_a_number_or_there_is_none() -> None:
    assert most_members(0.0, 1.0) == 1
    assert most_members(10.0, 0.0) is None
    assert most_members(1.0, 5e-324) is None
    assert most_members(math.inf, 1.0) is None


@pytest.mark.parametrize("copies", [1, 2, 1000, 1001, 10**6, 10**9, 10**15])
@pytest.mark.parametrize("availability", SHARES)
def test_any_number_of_copies_of_any_availability(copies: int, availability: float) -> None:
    start = time.process_time()
    found = [at_least_of(needed, copies, availability) for needed in (0, copies // 2, copies, copies + 1)]
    assert all(map(is_share, found))
    assert found == sorted(found, reverse=True)
    assert all(is_share(redundant(copies // 2, copies, availability, share)) for share in SHARES)
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize("copies", [1001, 1400])
@pytest.mark.parametrize("availability", [0.01, 0.5, 0.9, 0.999])
def test_many_copies_agree_with_exact_fractions(copies: int, availability: float) -> None:
    up = Fraction(availability)
    term, above = (1 - up) ** copies, [Fraction(0)] * (copies + 2)
    terms = [term]
    for k in range(copies):
        terms.append(terms[-1] * (copies - k) / (k + 1) * up / (1 - up))
    for k in range(copies, -1, -1):
        above[k] = above[k + 1] + terms[k]
    mean = round(copies * availability)
    for needed in {1, 7, mean // 2, mean - 5, mean, mean + 1, mean + 9, copies - 1, copies} & set(range(1, copies + 1)):
        found = at_least_of(needed, copies, availability)
        assert found == pytest.approx(float(above[needed]), rel=1e-10, abs=1e-300)
        assert 1 - found == pytest.approx(float(1 - above[needed]), rel=1e-10, abs=2e-16)


def test_mean_times_of_nothing() -> None:
    assert [from_mean_times(*times) for times in ((0, 0), (5, 0), (0, 5), (1e308, 1e308))] == [1.0, 1.0, 0.0, 0.5]


@pytest.mark.parametrize("backoff", ["none", "fixed", "linear", "exponential"])
@pytest.mark.parametrize("jitter", [None, "full", "decorrelated"])
@pytest.mark.parametrize("attempts", [1.0, 2.0, 1e9, math.inf])
def test_waits_of_any_number_of_attempts(attempts: float, backoff: str, jitter: str | None) -> None:
    """Endless only where there is no end of attempts, or no limit to waits that double a thousand times."""
    for base, longest in itertools.product(QUANTITIES, (None, *QUANTITIES)):
        found = longest_waits(attempts, backoff, base, longest, jitter)
        assert found >= 0
        if attempts < math.inf and longest is not None and longest < 1e290:
            assert found <= max(0.0, attempts - 1) * longest * (1 + 1e-9)


def test_unlimited_attempts() -> None:
    assert longest_duration(math.inf, 0.0, 0.0, 5.0) == 5.0
    assert longest_duration(math.inf, 1.0, math.inf) == math.inf
    assert tries_under_failure(math.inf, 0.1) == pytest.approx(1.1)
    assert tries_within(math.inf, 1.0, 0.5, 6.0) == 4.0
    assert tries_within(math.inf, 0.0, 0.0, 6.0) == math.inf
    assert tries_within(3.0, 0.0, 5e-324, 6.0) == 3.0
    assert tries_within(3.0, math.inf, math.inf, math.inf) == 3.0
    assert tries_within(3.0, math.inf, 0.0, 6.0) == 1.0


@pytest.mark.parametrize("alpha", [0.0, 5e-324, 0.03, 1.0, 1.5, 1e300])
@pytest.mark.parametrize("beta", [0.0, 5e-324, 1e-4, 1.0, 1e300])
def test_the_scalability_of_any_number_of_instances(alpha: float, beta: float) -> None:
    law = Usl(alpha, beta)
    for instances in (1, 2, 100_000, 10**15):
        assert 0 <= law.capacity(instances) <= instances
        assert math.isfinite(law.gain(instances))
        assert is_share(law.efficiency(instances))
        assert 1 <= law.most(instances) <= instances
    assert law.peak is None or 1 <= law.peak <= MOST
    assert law.instances_for(0.0) == 1
    assert law.instances_for(1e300) is None or beta == alpha == 0


@pytest.mark.parametrize("serial", SHARES)
def test_speed_ups_of_any_serial_share(serial: float) -> None:
    assert 1 <= speedup(serial, 10**15) <= 10**15
    bound = greatest_speedup(serial)
    assert bound is None if serial == 0 else bound is not None and bound >= 1
    assert instances_for_speedup(serial, 1.0) == 1
    assert instances_for_speedup(1.0, 2.0) is None


@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1.0, 1e300])
def test_a_fit_of_any_scale(scale: float) -> None:
    found = fit([(1, scale), (2, scale * 1.5), (4, scale * 2), (8, 0.0)])
    assert found is not None
    assert math.isfinite(found.error)
    assert found.rate_of_one > 0
    assert fit([(1, 0.0), (2, 0.0), (3, 0.0)]) is None


@pytest.mark.parametrize("availability", [0.0, 0.5, 1 - 1e-16, 1.0])
def test_budgets_of_any_promise(availability: float) -> None:
    """A promise of 1 allows nothing: whatever fails spends it endlessly, what never does spends nothing."""
    allowed = 1 - availability
    budget = Budget(availability, allowed * 3e7, allowed * 3e6)
    assert budget.spent(Failure(0.0, 0.0, "none")) == 0.0
    assert (budget.spent(Failure(1.0, 60.0, "one")) == math.inf) == (availability == 1.0)
