"""Availability of copies: k of n, failures that strike all of them together, and the domains they stand in."""

from __future__ import annotations

import math
from collections.abc import Set
from functools import lru_cache

EXACT_BINOMIALS = 1000
"""Copies up to which binomial coefficients fit a float; above, terms are made from logarithms."""


def downtime(availability: float, period: float) -> float:
    """Expected time down in a period, in the unit of the period."""
    return (1.0 - availability) * period


def from_mean_times(between_failures: float, to_repair: float) -> float:
    """Steady-state availability: MTBF / (MTBF + MTTR), where MTBF is the mean time up until a failure."""
    return between_failures / (between_failures + to_repair)


@lru_cache(maxsize=4096)
def at_least_of(needed: int, copies: int, availability: float) -> float:
    """That `needed` of `copies` independent copies work; the shorter tail is summed, so that no digits are lost."""
    if needed <= 0:
        return 1.0
    if needed > copies:
        return 0.0
    if availability >= 1.0 or availability <= 0.0:
        return 1.0 if availability >= 1.0 else 0.0
    few_fail = copies * (1.0 - availability) < copies - needed + 1
    if few_fail:
        return 1.0 - _sum_of_terms(0, needed, copies, availability)
    return _sum_of_terms(needed, copies + 1, copies, availability)


def _sum_of_terms(first: int, end: int, copies: int, availability: float) -> float:
    """That at least `first` and fewer than `end` copies work."""
    if copies <= EXACT_BINOMIALS:
        failed = 1.0 - availability
        return math.fsum(math.comb(copies, k) * availability**k * failed ** (copies - k) for k in range(first, end))
    up, down, all_ways = math.log(availability), math.log1p(-availability), math.lgamma(copies + 1)
    return math.fsum(
        math.exp(all_ways - math.lgamma(k + 1) - math.lgamma(copies - k + 1) + k * up + (copies - k) * down)
        for k in range(first, end)
    )


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
