"""Copies of which k must work, and common causes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.analysis.reliability import Placement, at_least_of, redundant


@given(st.integers(1, 60), st.integers(0, 60), st.floats(0, 1))
def test_k_of_n_equals_the_sum_of_all_ways(copies: int, needed: int, up: float) -> None:
    ways = math.fsum(
        math.comb(copies, k) * up**k * (1 - up) ** (copies - k) for k in range(min(needed, copies + 1), copies + 1)
    )
    assert at_least_of(needed, copies, up) == pytest.approx(ways, abs=1e-12)


@given(st.integers(1, 200), st.data(), st.floats(0, 1), st.floats(0, 1))
def test_redundancy_is_monotone(copies: int, data: st.DataObject, up: float, share: float) -> None:
    needed = data.draw(st.integers(1, copies))
    found = redundant(needed, copies, up, share)
    assert -1e-15 <= found <= 1.0
    assert redundant(needed, copies + 1, up, share) >= found - 1e-12
    assert redundant(needed, copies, min(1.0, up + 0.01), share) >= found - 1e-12
    assert redundant(min(copies, needed + 1), copies, up, share) <= found + 1e-12


def test_large_and_small_numbers_stay_finite() -> None:
    assert at_least_of(1, 100_000, 0.5) == 1.0
    assert at_least_of(50_000, 100_000, 0.9) == pytest.approx(1.0)
    assert at_least_of(50_000, 100_000, 0.5) == pytest.approx(0.501, abs=0.001)
    assert at_least_of(100_000, 100_000, 0.99999) == pytest.approx(0.99999**100_000, rel=1e-7)
    assert at_least_of(0, 5, 0.0) == 1.0
    assert at_least_of(6, 5, 1.0) == 0.0
    assert 1 - at_least_of(2, 3, 1 - 1e-6) == pytest.approx(3e-12, rel=1e-3)


def test_a_common_cause_bounds_what_copies_can_give() -> None:
    """Ten copies with a tenth of their failures in common are as available as that tenth allows."""
    assert redundant(1, 10, 0.99, 0.1) == pytest.approx(0.999, abs=1e-12)
    assert redundant(1, 10, 0.99, 0.0) == pytest.approx(1.0)
    assert redundant(1, 10, 0.99, 1.0) == pytest.approx(0.99)
    assert redundant(1, 1, 0.99, 0.1) == pytest.approx(0.99, abs=1e-5)


def test_what_domains_leave() -> None:
    placed = Placement(2, ((frozenset({"a"}), 2), (frozenset({"b"}), 1), (frozenset({"b", "rack"}), 1)))
    assert placed.copies == 4
    assert placed.domains == {"a", "b", "rack"}
    assert placed.left_after(frozenset()) == 4
    assert placed.left_after({"b"}) == 2
    assert placed.left_after({"rack"}) == 3
    assert placed.left_after({"a", "b"}) == 0
