"""Zipf shares by summing, and hit ratios by simulating a cache."""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from collections import OrderedDict
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archlint.analysis.skew import (
    entries_for_hit_ratio,
    harmonic,
    hottest_share,
    keys_for_even_partitions,
    lru_hit_ratio,
    share_of_top,
)

KEYS = st.integers(1, 20_000)
EXPONENTS = st.floats(0, 4)
MILLION = 10**6


def summed(keys: int, exponent: float) -> float:
    return math.fsum(k**-exponent for k in range(1, keys + 1))


@settings(deadline=None)
@given(KEYS, EXPONENTS)
def test_harmonic_numbers_are_the_sum(keys: int, exponent: float) -> None:
    assert harmonic(keys, exponent) == pytest.approx(summed(keys, exponent), rel=1e-12)


@pytest.mark.parametrize("exponent", [0.0, 0.3, 0.8, 1.0 - 1e-9, 1.0, 1.0 + 1e-13, 1.2, 3.0, 50.0])
def test_a_million_keys_are_the_sum(exponent: float) -> None:
    assert harmonic(MILLION, exponent) == pytest.approx(summed(MILLION, exponent), rel=1e-12)


def test_published_shares() -> None:
    # A bookstore of 10,000 titles: 1 / (ln n + gamma) = 0.10217; the top decile of 1,000 items takes 69.3%.
    assert hottest_share(10_000, 1) == pytest.approx(0.10217, abs=5e-7)
    assert share_of_top(100, 1_000, 1) == pytest.approx(0.692993, abs=1e-6)


def test_edges_give_finite_answers() -> None:
    assert harmonic(0, 1) == 0
    assert hottest_share(0, 1) == 0
    assert share_of_top(10, 0, 1) == 0
    assert hottest_share(MILLION, 0) == pytest.approx(1e-6)
    assert hottest_share(10**12, 1) == pytest.approx(1 / (math.log(10**12) + 0.5772156649), rel=1e-9)
    assert lru_hit_ratio(0, 100, 1) == 0
    assert lru_hit_ratio(100, 100, 1) == 1
    assert lru_hit_ratio(5, 0, 1) == 0
    assert 0 < lru_hit_ratio(1000, 10**9, 1) < 1
    assert lru_hit_ratio(10, 1000, 400) == pytest.approx(1)


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf])
def test_what_is_no_quantity_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="quantity"):
        harmonic(10, wrong)


@settings(deadline=None)
@given(st.integers(1, 5_000), st.integers(0, 5_000))
def test_uniform_keys_hit_by_the_share_that_is_kept(keys: int, entries: int) -> None:
    assert lru_hit_ratio(entries, keys, 0) == pytest.approx(min(1, entries / keys), abs=1e-9)


def simulated(entries: int, keys: int, exponent: float, reads: int, seed: int) -> float:
    """An LRU cache under independent reads, warmed up first."""
    rng = random.Random(seed)
    bounds = list(accumulate(k**-exponent for k in range(1, keys + 1)))
    cache: OrderedDict[int, None] = OrderedDict()
    hits = 0
    for number in range(2 * reads):
        key = bisect_left(bounds, rng.random() * bounds[-1])
        if key in cache:
            cache.move_to_end(key)
            hits += number >= reads
        else:
            cache[key] = None
            if len(cache) > entries:
                cache.popitem(last=False)
    return hits / reads


@pytest.mark.parametrize(
    ("entries", "keys", "exponent"),
    [(10, 1000, 1.0), (50, 1000, 0.6), (200, 1000, 0.8), (200, 5000, 1.0), (500, 5000, 1.3), (100, 2000, 0.0)],
)
def test_hit_ratios_agree_with_a_simulated_cache(entries: int, keys: int, exponent: float) -> None:
    assert lru_hit_ratio(entries, keys, exponent) == pytest.approx(
        simulated(entries, keys, exponent, 60_000, seed=7), abs=0.01
    )


@pytest.mark.parametrize(("entries", "exponent"), [(100, 0.5), (1000, 0.8), (20_000, 1.0), (90_000, 1.4)])
def test_grouped_ranks_agree_with_all_of_them(entries: int, exponent: float) -> None:
    keys = 100_000
    total = summed(keys, exponent)
    shares = [k**-exponent / total for k in range(1, keys + 1)]
    low, high = 0.0, 1e12
    for _ in range(80):
        middle = (low + high) / 2
        filled = math.fsum(-math.expm1(-p * middle) for p in shares)
        low, high = (middle, high) if filled < entries else (low, middle)
    exact = math.fsum(-p * math.expm1(-p * high) for p in shares)
    assert lru_hit_ratio(entries, keys, exponent) == pytest.approx(exact, abs=2e-4)


@settings(deadline=None)
@given(st.integers(2, 10**7), st.floats(0, 2), st.floats(0.01, 0.98))
def test_more_entries_never_hit_less_and_the_inverse_returns(keys: int, exponent: float, share: float) -> None:
    entries = share * keys
    ratio = lru_hit_ratio(entries, keys, exponent)
    assert ratio <= lru_hit_ratio(min(keys, entries * 1.01), keys, exponent) + 1e-9
    assert ratio <= share_of_top(math.ceil(entries), keys, exponent) + 1e-6
    if ratio < 0.999:
        assert entries_for_hit_ratio(ratio, keys, exponent) == pytest.approx(entries, rel=1e-3)


def test_few_keys_fill_partitions_unevenly_and_many_do_not() -> None:
    assert [keys_for_even_partitions(p) for p in (0, 1, 2, 12, 1000)] == [0, 0, 6, 120, 27632]
    rng = random.Random(3)

    def fullest(keys: int, partitions: int) -> float:
        counts = [0] * partitions
        for _ in range(keys):
            counts[rng.randrange(partitions)] += 1
        return max(counts) * partitions / keys

    many = keys_for_even_partitions(64)
    assert max(fullest(many, 64) for _ in range(50)) < 2.5
    assert min(fullest(64, 64) for _ in range(50)) >= 3
