"""Amdahl's law and the universal scalability law against brute force and each other."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archlint.analysis.scalability import (
    MOST,
    Usl,
    fit,
    greatest_speedup,
    instances_for_speedup,
    speedup,
)

SHARES = st.floats(0, 1)
COUNTS = st.integers(1, 10**6)
LAWS = st.builds(Usl, alpha=st.floats(0, 1.5), beta=st.floats(0, 10))


def test_amdahl_bounds_a_job_of_twenty_hours_with_one_serial() -> None:
    assert greatest_speedup(0.05) == pytest.approx(20)
    assert speedup(0.05, 10**15) == pytest.approx(20)


def test_the_peak_of_the_typical_coefficients_is_at_98_and_not_at_20() -> None:
    assert Usl(0.03, 0.0001).peak == pytest.approx(98.488, abs=1e-3)
    assert Usl(0.03, 0.0024).peak == pytest.approx(20.1, abs=0.01)


@pytest.mark.parametrize(
    ("law", "peak", "capacity"),
    [
        (Usl(0, 0), None, 100_000),
        (Usl(0.05, 0), None, 100_000 / (1 + 0.05 * 99_999)),
        (Usl(0, 0.01), 10.0, 100_000 / (1 + 0.01 * 100_000 * 99_999)),
        (Usl(1, 0), None, 1.0),
        (Usl(2, 0), 1.0, 100_000 / (1 + 2 * 99_999)),
        (Usl(1, 0.5), 1.0, 100_000 / (100_000 + 0.5 * 100_000 * 99_999)),
    ],
)
def test_edges_give_finite_answers(law: Usl, peak: float | None, capacity: float) -> None:
    assert law.peak == pytest.approx(peak)
    assert law.capacity(100_000) == pytest.approx(capacity)
    assert law.capacity(1) == 1
    assert law.gain(1) == pytest.approx(1 - law.alpha - law.beta)


def test_nothing_serial_is_bounded_by_nothing() -> None:
    assert greatest_speedup(0) is None
    assert speedup(0, 100_000) == 100_000
    assert instances_for_speedup(0, 7) == 7
    assert instances_for_speedup(0.05, 20) is None
    assert instances_for_speedup(1, 1) == 1


@pytest.mark.parametrize("wrong", [-0.1, 1.1, math.nan, math.inf])
def test_what_is_no_share_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="share"):
        speedup(wrong, 2)


@given(LAWS, COUNTS)
def test_capacity_is_finite_and_never_more_than_linear(law: Usl, n: int) -> None:
    assert 0 < law.capacity(n) <= n * (1 + 1e-9)
    assert law.efficiency(n) <= 1 + 1e-9


@given(SHARES, COUNTS)
def test_without_coherence_it_is_amdahls_law(share: float, n: int) -> None:
    assert Usl(share, 0).capacity(n) == pytest.approx(speedup(share, n))


@given(st.builds(Usl, alpha=SHARES, beta=st.floats(1e-5, 10)))
def test_the_peak_is_the_largest_of_all_sizes(law: Usl) -> None:
    best = law.peak_instances
    assert best is not None
    around = range(max(1, best - 3), best + 4)
    assert max(law.capacity(n) for n in around) == pytest.approx(law.capacity(best))
    assert law.capacity(best) >= max(law.capacity(n) for n in (1, 2, 10, 100, 1000))


@given(LAWS, st.floats(1, 1e5))
def test_the_gain_is_the_slope(law: Usl, n: float) -> None:
    step = n * 1e-6
    slope = (law.capacity(n + 2 * step) - law.capacity(n)) / (2 * step)
    assert law.gain(n + step) == pytest.approx(slope, abs=1e-6, rel=1e-3)


@settings(deadline=None)
@given(LAWS, st.floats(0, 200))
def test_the_fewest_instances_are_found(law: Usl, wanted: float) -> None:
    found = law.instances_for(wanted)
    sizes = range(1, 400)
    brute = next((n for n in sizes if law.capacity(n) >= wanted * (1 - 1e-9)), None)
    if brute is not None:
        assert found == brute
    else:
        assert found is None or found >= 400


@given(LAWS, st.floats(0, 1e9))
def test_the_fewest_instances_are_finite(law: Usl, wanted: float) -> None:
    found = law.instances_for(wanted)
    assert found is None or 1 <= found <= MOST


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 0.5), st.floats(0, 0.01), st.floats(0.1, 1e6))
def test_a_fit_returns_the_law_that_made_the_points(alpha: float, beta: float, rate: float) -> None:
    law = Usl(alpha, beta)
    sizes = (1, 2, 4, 8, 16, 32, 64)
    found = fit((n, rate * law.capacity(n)) for n in sizes)
    assert found is not None
    assert found.rate_of_one == pytest.approx(rate, rel=1e-4)
    assert found.law.alpha == pytest.approx(alpha, abs=1e-4)
    assert found.law.beta == pytest.approx(beta, abs=1e-5)
    assert found.error < 1e-4


@pytest.mark.parametrize("seed", range(20))
def test_no_point_of_a_grid_is_better_than_the_fit(seed: int) -> None:
    rng = random.Random(seed)
    law = Usl(rng.uniform(0, 0.3), rng.uniform(0, 0.005))
    points = [(n, 100 * law.capacity(n) * rng.uniform(0.8, 1.2)) for n in (1, 2, 4, 8, 16, 24, 32)]

    def missed(candidate: Usl) -> float:
        shapes = [candidate.capacity(n) for n, _ in points]
        rate = sum(f * x for f, (_, x) in zip(shapes, points, strict=True)) / sum(f * f for f in shapes)
        return sum((x - rate * f) ** 2 for f, (_, x) in zip(shapes, points, strict=True))

    found = fit(points)
    assert found is not None
    grid = [Usl(a / 200, b / 20000) for a in range(121) for b in range(201)]
    assert missed(found.law) <= min(missed(candidate) for candidate in grid) * (1 + 1e-9)


def test_points_that_rise_faster_than_linear_have_no_negative_coefficient() -> None:
    found = fit([(1, 10), (2, 30), (4, 90), (8, 300)])
    assert found is not None
    assert (found.law.alpha, found.law.beta) == (0, 0)


def test_points_that_only_fall_have_their_peak_at_one() -> None:
    found = fit([(1, 100), (2, 60), (4, 35), (8, 18)])
    assert found is not None
    assert found.law.peak == pytest.approx(1, abs=0.3)


@pytest.mark.parametrize("points", [[], [(1, 10), (2, 19)], [(2, 1), (2, 2), (4, 3)], [(1, 0), (2, 0), (4, 0)]])
def test_too_few_sizes_are_not_fitted(points: list[tuple[float, float]]) -> None:
    assert fit(points) is None


@settings(deadline=None)
@given(st.floats(1e-3, 1e6))
def test_a_fit_does_not_depend_on_the_unit(scale: float) -> None:
    points = [(1, 955.0), (4, 3548.0), (8, 6531.0), (16, 9897.0), (32, 12074.0)]
    first, second = fit(points), fit((n, x * scale) for n, x in points)
    assert first is not None
    assert second is not None
    assert second.law.alpha == pytest.approx(first.law.alpha, rel=1e-4)
    assert second.law.beta == pytest.approx(first.law.beta, rel=1e-4)
