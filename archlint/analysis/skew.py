"""Skewed access: Zipf shares, what a cache of the most wanted keys can answer, and how keys fill partitions.

Sources: L. Breslau, P. Cao, L. Fan, G. Phillips and S. Shenker, "Web caching and Zipf-like distributions: evidence
and implications", INFOCOM 1999; H. Che, Y. Tung and Z. Wang, "Hierarchical web caching systems: modeling, design
and experimental results", IEEE JSAC 20(7), 2002, and C. Fricker, P. Robert and J. Roberts, "A versatile and
accurate approximation for LRU cache performance", ITC 2012; M. Raab and A. Steger, "Balls into bins: a simple and
tight analysis", RANDOM 1998.

Every function raises ValueError for negative or infinite arguments and gives a finite answer for all others: an
exponent of 0 is a uniform distribution, of 1 the harmonic one, and a thousand million keys cost no more than a few
thousand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

HEAD = 256
"""Ranks that are summed one by one; from there on sums are integrals with two corrections (Euler-Maclaurin)."""

STEEP = 100.0
"""Exponents from which on the ranks behind the head are nothing that a float could show."""

_GROWTH = 1.05
"""Of the groups of ranks that count with their mean popularity in Che's approximation."""

_STEPS = 200


@lru_cache(maxsize=4096)
def harmonic(keys: float, exponent: float) -> float:
    """H(n, s), the sum of k^-s over the ranks 1 to n; 0 for no key. Relative error below 1e-12."""
    n, s = math.floor(_quantity(keys)), _quantity(exponent)
    head = math.fsum(math.pow(k, -s) for k in range(1, min(n, HEAD) + 1))
    if n <= HEAD or s > STEEP:
        return head
    first, last = float(HEAD), float(n)
    thirds = s * (s + 1) * (s + 2) / 720 * (math.pow(first, -s - 3) - math.pow(last, -s - 3))
    return head + _between(first, last, s) - thirds


def _integral(low: float, high: float, s: float) -> float:
    """Of x^-s, written so that it holds near s = 1 too."""
    power, span = 1 - s, math.log(high / low)
    whole = span if abs(power * span) < 1e-12 else math.expm1(power * span) / power
    return math.pow(low, power) * whole


def share_of_top(ranks: float, keys: float, exponent: float) -> float:
    """The share of accesses that go to the `ranks` most wanted of `keys`: what a perfect cache of them answers."""
    total = harmonic(keys, exponent)
    return min(1.0, harmonic(min(ranks, keys), exponent) / total) if total else 0.0


def hottest_share(keys: float, exponent: float) -> float:
    """The share of accesses that go to the most wanted key: 1 / H(n, s); 0 where there is no key."""
    total = harmonic(keys, exponent)
    return 1 / total if total else 0.0


@lru_cache(maxsize=4096)
def lru_hit_ratio(entries: float, keys: float, exponent: float) -> float:
    """Share of reads that a cache of `entries` answers which drops the least recently used (Che's approximation).

    The characteristic time T, in reads, solves sum(1 - exp(-p T)) = entries; a key of popularity p is then found
    with probability 1 - exp(-p T). An upper bound for a cache that also expires entries. 1 where all keys fit.
    """
    if _quantity(entries) >= math.floor(_quantity(keys)):
        return 1.0 if keys >= 1 else 0.0
    if not entries:
        return 0.0
    groups = _groups(math.floor(keys), _quantity(exponent))
    time = _characteristic_time(groups, entries)
    return min(1.0, math.fsum(-count * p * math.expm1(-p * time) for count, p in groups))


def entries_for_hit_ratio(wanted: float, keys: float, exponent: float) -> float:
    """The entries that an LRU cache needs to answer a share `wanted` of reads (the inverse of lru_hit_ratio)."""
    if wanted >= 1:
        return float(math.floor(_quantity(keys)))
    groups = _groups(math.floor(_quantity(keys)), _quantity(exponent))
    time = _root(lambda t: math.fsum(-count * p * math.expm1(-p * t) for count, p in groups), _quantity(wanted))
    return math.fsum(-count * math.expm1(-p * time) for count, p in groups)


def _characteristic_time(groups: tuple[tuple[float, float], ...], entries: float) -> float:
    return _root(lambda t: math.fsum(-count * math.expm1(-p * t) for count, p in groups), entries)


def _root(rising: Callable[[float], float], wanted: float) -> float:
    """Where a function that rises from 0 reaches `wanted`, by doubling and halving."""
    low, high = 0.0, 1.0
    while rising(high) < wanted and high < 1e300:
        low, high = high, high * 2
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in (low, high) or high - low <= 1e-12 * high:
            break
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return high


@lru_cache(maxsize=256)
def _groups(keys: int, exponent: float) -> tuple[tuple[float, float], ...]:
    """Ranks as (how many, mean popularity): one by one at the head, then in groups that grow."""
    total = harmonic(keys, exponent)
    found = [(1.0, math.pow(k, -exponent) / total) for k in range(1, min(keys, HEAD) + 1)]
    first = HEAD
    while first < keys:
        last = min(keys, math.ceil(first * _GROWTH))
        found.append((float(last - first), _between(float(first), float(last), exponent) / (last - first) / total))
        first = last
    return tuple(found)


def _between(first: float, last: float, s: float) -> float:
    """Of the ranks first + 1 to last; not a difference of two sums, which would cancel."""
    ends = (math.pow(last, -s) - math.pow(first, -s)) / 2
    slopes = s / 12 * (math.pow(first, -s - 1) - math.pow(last, -s - 1))
    return _integral(first, last, s) + ends + slopes


def keys_for_even_partitions(partitions: int, factor: float = 4.0) -> int:
    """The keys from which on hashing fills partitions evenly, to within a constant: factor x P ln P.

    With m >= P ln P equal keys the fullest partition holds at most a constant times m / P (Raab and Steger).
    """
    return 0 if partitions <= 1 else math.ceil(factor * partitions * math.log(partitions) - 1e-9)


def _quantity(value: float) -> float:
    if not 0 <= value < math.inf:
        raise ValueError(f"a quantity must be finite and not negative, not {value}")
    return value
