"""Availability of copies: k of n, failures that strike all of them together, and the domains they stand in.

C. Loader, "Fast and accurate computation of binomial probabilities", 2000, for the terms of many copies.
"""

from __future__ import annotations

import math
from collections.abc import Set
from functools import lru_cache

EXACT_BINOMIALS = 1000
"""Copies up to which binomial coefficients fit a float; above, terms follow from one another (Loader 2000)."""

MOST_COPIES = 10**9
"""Beyond it the count of those that work is taken as normally distributed."""

NEGLIGIBLE = 1e-18


def downtime(availability: float, period: float) -> float:
    """Expected time down in a period, in the unit of the period."""
    return (1.0 - availability) * period


def from_mean_times(between_failures: float, to_repair: float) -> float:
    """Steady-state availability: MTBF / (MTBF + MTTR), where MTBF is the mean time up until a failure.

    1 where repair takes no time, whatever fails.
    """
    if to_repair == 0:
        return 1.0
    return 1.0 / (1.0 + to_repair / between_failures) if between_failures else 0.0


@lru_cache(maxsize=4096)
def at_least_of(needed: int, copies: int, availability: float) -> float:
    """That `needed` of `copies` independent copies work; the shorter tail is summed, so that no digits are lost."""
    if needed <= 0:
        return 1.0
    if needed > copies:
        return 0.0
    if availability >= 1.0 or availability <= 0.0:
        return 1.0 if availability >= 1.0 else 0.0
    if copies * (1.0 - availability) < copies - needed + 1:  # few fail
        return 1.0 - _sum_of_terms(0, needed, copies, availability)
    return _sum_of_terms(needed, copies + 1, copies, availability)


def _sum_of_terms(first: int, end: int, copies: int, availability: float) -> float:
    """That at least `first` and fewer than `end` copies work: the lower tail where `first` is 0, else the upper one."""
    failed = 1.0 - availability
    if copies <= EXACT_BINOMIALS:
        return math.fsum(math.comb(copies, k) * availability**k * failed ** (copies - k) for k in range(first, end))
    if copies > MOST_COPIES:
        spread = math.sqrt(2.0 * copies * availability * failed)
        beyond = (end - 0.5 - copies * availability) if first == 0 else (copies * availability - first + 0.5)
        return math.erfc(-beyond / spread) / 2.0 if spread > 0 else float(beyond > 0)
    return _falling_sum(end - 1 if first == 0 else first, copies, availability, down=first == 0)


def _falling_sum(start: int, copies: int, availability: float, *, down: bool) -> float:
    """Terms from `start` on, away from the mean, each by its ratio to the last, until they no longer matter."""
    odds = availability / (1.0 - availability)
    k, total = start, 0.0
    term = _binomial_term(k, copies, availability)
    while term > total * NEGLIGIBLE:
        total += term
        term *= k / (copies - k + 1) / odds if down else (copies - k) / (k + 1) * odds
        k += -1 if down else 1
    return total


def _binomial_term(k: int, copies: int, availability: float) -> float:
    """That exactly k work, for many copies: the terms of Stirling's series, so that no large numbers cancel."""
    failed = 1.0 - availability
    if k in (0, copies):
        return math.exp(copies * math.log(availability) if k else copies * math.log1p(-availability))
    exponent = _deviance(k, copies * availability) + _deviance(copies - k, copies * failed)
    rest = _stirling(copies) - _stirling(k) - _stirling(copies - k)
    return math.exp(rest - exponent) * math.sqrt(copies / (2.0 * math.pi * k * (copies - k)))


def _deviance(count: float, mean: float) -> float:
    """count log(count / mean) + mean - count, by its series where the two are near each other."""
    if mean <= 0.0:
        return math.inf
    apart = (count - mean) / mean
    if abs(apart) > 0.01:
        return count * math.log(count / mean) + mean - count
    return mean * math.fsum((-1) ** n * apart**n / (n * (n - 1)) for n in range(2, 12))


def _stirling(n: int) -> float:
    """log n! less Stirling's formula."""
    if n < 16:
        return math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - 0.5 * math.log(2.0 * math.pi)
    return (1 / 12 - (1 / 360 - 1 / 1260 / n / n) / n / n) / n


@lru_cache(maxsize=4096)
def redundant(needed: int, copies: int, availability: float, common_cause: float = 0.0) -> float:
    """That enough copies work where a share of each one's unavailability strikes all of them at once.

    The beta-factor model: K. N. Fleming, "A reliability model for common mode failures in redundant safety
    systems", General Atomic GA-A13284, 1974; IEC 61508-6:2010, annex D. One part works for all copies with 1 - bq,
    each copy by itself with 1 - (1 - b)q, so that a single copy is about as available as before.
    """
    if needed <= 0:
        return 1.0
    failed = 1.0 - availability
    together = common_cause * failed
    return (1.0 - together) * at_least_of(needed, copies, 1.0 - (1.0 - common_cause) * failed)


class Placement:
    """`needed` of the copies must work; `cells` tell how many of them stand in which failure domains.

    A copy is lost with any of the domains of its cell. A component that needs none always works.
    """

    __slots__ = ("_alone", "cells", "copies", "domains", "needed")

    def __init__(self, needed: int, cells: tuple[tuple[frozenset[object], int], ...]) -> None:
        self.needed = needed
        self.cells = cells
        self.copies = sum(count for _, count in cells)
        self.domains: frozenset[object] = frozenset().union(*(domains for domains, _ in cells))
        self._alone = _by_domain(cells)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Placement) and (self.needed, self.cells) == (other.needed, other.cells)

    def __hash__(self) -> int:
        return hash((self.needed, self.cells))

    def left_after(self, lost: Set[object]) -> int:
        """Copies that stand in none of the lost domains."""
        if self._alone is not None:
            return self.copies - sum(self._alone.get(domain, 0) for domain in lost)
        return sum(count for domains, count in self.cells if domains.isdisjoint(lost))


def _by_domain(cells: tuple[tuple[frozenset[object], int], ...]) -> dict[object, int] | None:
    """Copies by domain where none stands in two; None else."""
    if any(len(domains) > 1 for domains, _ in cells):
        return None
    found: dict[object, int] = {}
    for domains, count in cells:
        for domain in domains:
            found[domain] = found.get(domain, 0) + count
    return found
