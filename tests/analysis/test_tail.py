"""Tails against published figures, Monte Carlo with fixed seeds, and the properties that bounds must have."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.analysis.tail import (
    Part,
    Quantiles,
    leaf_quantile,
    reduction,
    share_quantile,
    slow_share,
    sum_bounds,
)

RUNS = 40_000
SHARES = st.floats(0.0, 1.0)


def test_of_a_hundred_leaves_sixty_three_percent_of_requests_meet_a_slow_one() -> None:
    """Dean and Barroso, "The Tail at Scale", 2013, print 63%."""
    assert slow_share(0.01, 100) == pytest.approx(0.634, abs=5e-5)
    assert round(slow_share(0.01, 100), 2) == 0.63


def test_hedging_cut_a_bigtable_read_by_ninety_six_percent() -> None:
    """1,800 ms to 74 ms with 2% more requests, measured (the same paper)."""
    assert reduction(1800.0, 74.0) == pytest.approx(0.958889, abs=1e-6)


@pytest.mark.parametrize(("q", "leaves", "expected"), [(0.99, 100, 0.9998995), (0.5, 2, 0.7071068), (0.99, 1, 0.99)])
def test_the_quantile_of_a_leaf(q: float, leaves: int, expected: float) -> None:
    assert leaf_quantile(q, leaves) == pytest.approx(expected, abs=1e-7)


@given(SHARES, st.integers(1, 10_000), st.integers(0, 1000))
def test_more_leaves_meet_no_fewer_slow_ones(slow: float, leaves: int, more: int) -> None:
    assert slow_share(slow, leaves + more) >= slow_share(slow, leaves)
    assert 0 <= slow_share(slow, leaves) <= 1


@given(st.floats(0.01, 0.9999), st.integers(1, 1000))
def test_the_leaf_quantile_gives_the_request_its_quantile(q: float, leaves: int) -> None:
    assert slow_share(1 - leaf_quantile(q, leaves), leaves) == pytest.approx(1 - q, rel=1e-6, abs=1e-9)


@given(st.floats(0.01, 0.9999), st.floats(0.0001, 1))
def test_the_share_quantile_is_no_higher_than_the_quantile(q: float, share: float) -> None:
    assert 0 <= share_quantile(q, share) <= q + 1e-12


@pytest.mark.parametrize(("share", "expected"), [(1.0, 0.99), (0.5, 0.98), (0.02, 0.5), (0.01, 0.0), (0.0, 0.0)])
def test_few_calls_decide_a_lower_quantile(share: float, expected: float) -> None:
    assert share_quantile(0.99, share) == pytest.approx(expected, abs=1e-12)


Draw = Callable[[random.Random], float]
DISTRIBUTIONS: dict[str, Draw] = {
    "exponential": lambda rng: rng.expovariate(10.0),
    "lognormal": lambda rng: rng.lognormvariate(-3.0, 1.0),
    "pareto": lambda rng: 0.01 * rng.paretovariate(1.5),
    "two modes": lambda rng: 0.01 if rng.random() < 0.97 else 0.5,
}


def quantile(values: list[float], q: float) -> float:
    return sorted(values)[min(len(values) - 1, math.ceil(q * len(values)) - 1)]


def measured(draw: Draw, seed: int) -> Quantiles:
    """The quantiles that a manifest would state of it, and enough between them to bound closely."""
    rng = random.Random(seed)
    values = sorted(draw(rng) for _ in range(150_000))
    points = (0.5, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999)
    return Quantiles(tuple((q, values[math.ceil(q * len(values)) - 1]) for q in points))


@pytest.mark.parametrize("name", DISTRIBUTIONS)
@pytest.mark.parametrize(("leaves", "q"), [(1, 0.99), (5, 0.95), (10, 0.99), (20, 0.9)])
def test_a_fan_out_lies_between_its_bounds(name: str, leaves: int, q: float) -> None:
    draw, rng = DISTRIBUTIONS[name], random.Random(5)
    slowest = quantile([max(draw(rng) for _ in range(leaves)) for _ in range(RUNS)], q)
    part = Part(measured(draw, 6), count=leaves, parallel=leaves)
    assert part.least(q) <= slowest * 1.1
    assert slowest <= part.latency.most(leaf_quantile(q, leaves)) * 1.1


@pytest.mark.parametrize("dependence", ["independent", "together", "opposed"])
@pytest.mark.parametrize("q", [0.9, 0.99])
def test_a_sum_lies_between_its_bounds_whatever_depends_on_what(dependence: str, q: float) -> None:
    """Three parts by inverse transform of uniforms that are independent, the same, or opposed to each other."""
    rng = random.Random(7)
    parts = [measured(DISTRIBUTIONS[name], 8 + i) for i, name in enumerate(("exponential", "lognormal", "pareto"))]
    inverses: list[Callable[[float], float]] = [
        lambda u: -math.log1p(-u) / 10.0,
        lambda u: math.exp(-3.0 + _normal_quantile(u)),
        lambda u: 0.01 * (1 - u) ** (-1 / 1.5),
    ]
    sums = []
    for _ in range(RUNS):
        u = [rng.random() for _ in range(3)]
        if dependence == "together":
            u = [u[0]] * 3
        elif dependence == "opposed":
            u = [u[0], 1 - u[0], u[2]]
        sums.append(math.fsum(inverse(x) for inverse, x in zip(inverses, u, strict=True)))
    bounds = sum_bounds([[Part(latency)] for latency in parts], q)
    assert bounds.low * 0.95 <= quantile(sums, q) <= bounds.high * 1.05


def _normal_quantile(u: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(min(max(u, 1e-12), 1 - 1e-12))


def test_percentiles_are_never_added() -> None:
    """Two parts of p99 100 ms: the p99 of the sum is neither the larger nor the sum, but between bounds."""
    part = Part(Quantiles(((0.99, 0.1), (0.999, 0.3))))
    bounds = sum_bounds([[part], [part]], 0.99)
    assert (bounds.low, bounds.high) == (0.1, 0.6)
    assert bounds.tail == pytest.approx(0.005)


def test_side_by_side_the_longest_counts_and_in_a_row_the_sum() -> None:
    quick, slow = Part(Quantiles(((0.999, 0.1),))), Part(Quantiles(((0.999, 0.3),)))
    assert sum_bounds([[quick, slow]], 0.99).high == pytest.approx(0.3)
    assert sum_bounds([[quick], [slow]], 0.99).high == pytest.approx(0.4)


def test_what_is_not_stated_bounds_nothing() -> None:
    nothing = Quantiles()
    assert (nothing.least(0.99), nothing.most(0.99)) == (0.0, math.inf)
    assert nothing.no_longer_than(0.5).most(0.99) == 0.5
    assert (nothing.exceeding(1.0), nothing.within(1.0)) == (0.0, 0.0)


def test_a_wait_that_is_cut_off_is_no_longer_than_that() -> None:
    cut = Quantiles(((0.5, 0.1), (0.99, 2.0))).no_longer_than(0.5)
    assert (cut.least(0.99), cut.most(0.9), cut.exceeding(0.5)) == (0.5, 0.5, 0.0)


def test_rare_calls_are_beyond_the_quantile() -> None:
    assert Part(Quantiles(((0.99, 9.0),)), share=0.01).least(0.99) == 0.0
    assert Part(Quantiles(((0.5, 9.0),)), share=0.02).least(0.99) == 9.0


POINTS = st.lists(st.tuples(st.sampled_from([0.5, 0.9, 0.99, 0.999]), st.floats(0, 10)), unique_by=lambda p: p[0])


@given(POINTS, st.floats(0, 1), st.floats(0, 1))
def test_bounds_rise_with_the_quantile(points: list[tuple[float, float]], one: float, other: float) -> None:
    latency = Quantiles(tuple(sorted(points)))
    low, high = sorted((one, other))
    assert latency.least(low) <= latency.least(high)
    assert latency.most(low) <= latency.most(high)


@given(st.lists(st.floats(0, 10), min_size=4, max_size=4), st.integers(1, 4), st.floats(0.5, 0.99))
def test_the_bounds_of_a_sum_hold_each_other(values: list[float], parts: int, q: float) -> None:
    latency = Quantiles(tuple(zip((0.5, 0.9, 0.99, 0.9999), sorted(values), strict=True)))
    bounds = sum_bounds([[Part(latency)]] * parts, q)
    assert bounds.low <= bounds.high


@given(st.floats(1e-3, 1e3))
def test_a_change_of_unit_changes_nothing_else(factor: float) -> None:
    points = ((0.5, 0.2), (0.99, 1.5), (0.999, 4.0))
    scaled = Quantiles(tuple((q, value * factor) for q, value in points))
    plain, other = (sum_bounds([[Part(latency)]] * 3, 0.99) for latency in (Quantiles(points), scaled))
    assert (other.low, other.high) == pytest.approx((plain.low * factor, plain.high * factor))
