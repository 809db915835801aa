"""Latency at its quantiles: what fan-out, shares and sums do to it, where percentiles must not be added.

Sources: J. Dean and L. A. Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013, for the fan-out. The
bound of a sum is Boole's inequality: a sum exceeds the sum of some limits only where a part exceeds its own. It needs
no independence, as convolution would; a manifest states points of a distribution, never the distribution.

Quantiles are fractions, times are in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from archlint.records import dataclass
from archlint.system.elements import NONE, Call, Element, stated

NAMES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}
"""The quantiles that a manifest can state, by the names of their fields."""

ROUNDING = 1e-12
"""Quantiles that differ by less are the same: 1 - (1 - 0.99) is not 0.99 in binary fractions."""


def slow_share(slow: float, leaves: float) -> float:
    """The share of requests that meet a slow leaf, 1 - (1 - p)^n, where a share `slow` of the leaf's answers are."""
    if slow >= 1:
        return 1.0 if leaves else 0.0
    return -math.expm1(leaves * math.log1p(-slow))


def leaf_quantile(q: float, leaves: float) -> float:
    """The quantile of a leaf that decides the q-quantile of a request that waits for so many, q^(1/n)."""
    return q if leaves <= 1 else math.pow(q, 1 / leaves)


def share_quantile(q: float, share: float) -> float:
    """The quantile of a call that decides the q-quantile of all requests, a share of which make it: 1 - (1-q)/share.

    0 where too few make it: their latency, whatever it is, lies beyond the quantile.
    """
    return max(0.0, 1 - (1 - q) / share) if share > 0 else 0.0


def reduction(before: float, after: float) -> float:
    """The share by which a latency fell; 0 where there was none."""
    return (before - after) / before if before else 0.0


@dataclass(frozen=True, slots=True)
class Quantiles:
    """What is known of a latency: some of its quantiles as pairs of q and seconds, and the longest that it can be."""

    points: tuple[tuple[float, float], ...] = ()
    longest: float = math.inf

    def least(self, q: float) -> float:
        """The q-quantile is no less than this: the highest stated value at or below q; 0 where none is."""
        known = [value for p, value in self.points if p <= q + ROUNDING]
        return min(max(known, default=0.0), self.longest)

    def most(self, q: float) -> float:
        """The q-quantile is no more than this: the lowest stated value at or above q; else the longest."""
        known = [value for p, value in self.points if p >= q - ROUNDING]
        return min(min(known, default=math.inf), self.longest)

    def exceeding(self, time: float) -> float:
        """The share of answers that certainly take longer than `time`: those above the lowest quantile that does."""
        if time >= self.longest:
            return 0.0
        return max((1 - p for p, value in self.points if value > time), default=0.0)

    def within(self, time: float) -> float:
        """The share of answers that certainly take no longer than `time`."""
        if time >= self.longest:
            return 1.0
        return max((p for p, value in self.points if value <= time), default=0.0)

    def no_longer_than(self, limit: float) -> Quantiles:
        """The same under a limit that ends the wait."""
        return Quantiles(self.points, min(self.longest, limit))


@dataclass(frozen=True, slots=True)
class Part:
    """Something that a share of requests waits for, `count` times, `parallel` of them at once."""

    latency: Quantiles
    share: float = 1.0
    count: int = 1
    parallel: int = 1

    def least(self, q: float) -> float:
        """The q-quantile of all requests is no less than this: the slowest of its leaves alone.

        Leaves are taken as independent, as Dean and Barroso do; one leaf makes no such assumption.
        """
        among_those = share_quantile(q, self.share)
        return self.latency.least(leaf_quantile(among_those, self.count)) if among_those > 0 else 0.0

    def most(self, tail: float) -> float:
        """Exceeded by no more than a share `tail` of requests for each leaf."""
        waves = math.ceil(self.count / max(1, self.parallel))
        q = share_quantile(1 - tail, self.share)
        return waves * self.latency.most(q) if q > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Interval:
    """Between what a quantile of a sum lies, and the share that is left to each of its parts in the upper end."""

    low: float
    high: float
    tail: float


def sum_bounds(stages: Sequence[Iterable[Part]], q: float) -> Interval:
    """The q-quantile of stages one after the other, each as long as the longest of its parts, which run side by side.

    Low: the largest part alone. High: with k leaves in all, each at the quantile 1 - (1 - q)/k (Boole).
    """
    listed = [list(stage) for stage in stages]
    parts = [part for stage in listed for part in stage]
    tail = (1 - q) / max(1, sum(part.count for part in parts))
    low = max((part.least(q) for part in parts), default=0.0)
    high = math.fsum(max((part.most(tail) for part in stage), default=0.0) for stage in listed)
    return Interval(low, high, tail)


def quantiles_of(element: Element, field: str = "latency") -> Quantiles:
    """The quantiles that an element states; a measured p99 counts where it states no own."""
    latency, known = stated(element.spec, field), dict[float, float]()
    if latency is not None and latency != NONE:
        points = [(q, getattr(latency, name, None)) for name, q in NAMES.items()]
        known = {q: float(value) for q, value in points if isinstance(value, float | int)}
    measured = stated(element.spec, "measured.latency_p99")
    if isinstance(measured, float | int):
        known.setdefault(NAMES["p99"], float(measured))
    return Quantiles(tuple(sorted(known.items())))


def field_of(q: float) -> str:
    """The field that would state a quantile of at least q; the highest there is where none does."""
    return next((f"latency.{name}" for name, p in NAMES.items() if p >= q - ROUNDING), "latency.p999")


def leaves(call: Call) -> int:
    """Answers of the call that one request waits for, if it makes the call."""
    return max(1, round(float(call.spec.per_request)))


def section_of(element: Element | None) -> str:
    """The section of the manifest in which an element stands; that of services where nobody says which it is."""
    return "services" if element is None else str(element.path[0])
