"""How much faster a system gets with more instances: Amdahl's law and the universal scalability law.

Sources: G. M. Amdahl, "Validity of the single processor approach to achieving large scale computing
capabilities", AFIPS 1967; N. J. Gunther, "Guerrilla Capacity Planning", 2007, chapters 4 to 6; B. Schwartz,
"Practical Scalability Analysis with the Universal Scalability Law", 2015 (fitting).

Capacities are relative to one instance: C(1) = 1. Every function raises ValueError for arguments that are
negative or not finite (counts below 1, shares above 1), and gives a finite answer for all others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from archlint.records import dataclass

MOST = 10**15
"""Instances. Beyond it floats no longer tell one more from one less; a peak beyond it is none."""

FEWEST_SIZES = 3
"""Different sizes that a fit needs: it has three unknowns."""

Point: TypeAlias = tuple[float, float]
"""Instances, and the rate that they carried together."""

_STEPS = 200
_CONVERGED = 1e-15


def speedup(serial_fraction: float, instances: float) -> float:
    """How much faster N instances are than one: S(N) = 1 / (F + (1 - F) / N) = N / (1 + F (N - 1)) (Amdahl)."""
    return _count(instances) / (1 + _share(serial_fraction) * (instances - 1))


def greatest_speedup(serial_fraction: float) -> float | None:
    """1 / F, which no number of instances reaches; None where nothing is serial, for then nothing bounds it."""
    share = _share(serial_fraction)
    return 1 / share if share else None


def instances_for_speedup(serial_fraction: float, wanted: float) -> int | None:
    """The fewest instances that are `wanted` times as fast as one; None where no number is."""
    share = _share(serial_fraction)
    left = 1 / wanted - share if wanted > 1 else 1.0
    if wanted <= 1:
        return 1
    if left <= 0:
        return None
    needed = (1 - share) / left
    return math.ceil(needed * (1 - 1e-12)) if needed <= MOST else None


@dataclass(frozen=True, slots=True)
class Usl:
    """The universal scalability law: C(N) = N / (1 + alpha (N - 1) + beta N (N - 1)).

    `alpha` is contention (from 1 on a second instance is no help), `beta` coherence: what each pair of instances
    costs. With alpha = beta = 0 capacity grows without loss; with beta = 0 alone it is Amdahl's law with F = alpha, and
    has no peak.
    """

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        _quantity(self.alpha)
        _quantity(self.beta)

    def capacity(self, instances: float) -> float:
        """C(N), relative to one instance."""
        n = _count(instances)
        return n / (1 + self.alpha * (n - 1) + self.beta * n * (n - 1))

    def gain(self, instances: float) -> float:
        """Marginal efficiency: dC/dN, what one more instance adds, as a share of what a first one carries.

        Negative past the peak.
        """
        n = _count(instances)
        below = 1 + self.alpha * (n - 1) + self.beta * n * (n - 1)
        return (1 - self.alpha - self.beta * n * n) / below / below if below < math.inf else 0.0

    def efficiency(self, instances: float) -> float:
        """C(N) / N: what is left of each instance."""
        return self.capacity(instances) / _count(instances)

    @property
    def peak(self) -> float | None:
        """N* = sqrt((1 - alpha) / beta), at least 1; None where capacity never falls (beta = 0, alpha up to 1)."""
        if self.alpha > 1:
            return 1.0
        if not self.beta:
            return None
        best = math.sqrt((1 - self.alpha) / self.beta)
        return None if best > MOST else max(1.0, best)

    @property
    def peak_instances(self) -> int | None:
        """The whole number of instances that carries most; the smaller of two that carry the same."""
        best = self.peak
        if best is None:
            return None
        low, high = math.floor(best), math.ceil(best)
        return high if self.capacity(high) > self.capacity(low) else low

    def most(self, instances: int) -> int:
        """Of 1 to `instances`, the number that carries most."""
        best = self.peak_instances
        return instances if best is None else min(best, instances)

    def instances_for(self, wanted: float) -> int | None:
        """The fewest instances that have `wanted` times the capacity of one; None where no number has.

        From beta w N^2 - (1 - w (alpha - beta)) N + w (1 - alpha) = 0, whose smaller root is written so that
        nothing cancels.
        """
        if wanted <= 1:
            return 1
        if wanted > MOST or wanted * (1 - 1e-9) > self.capacity(self.most(MOST)):
            return None
        a, c = self.beta * wanted, wanted * (1 - self.alpha)
        b = 1 - wanted * (self.alpha - self.beta)
        under = b * b - 4 * a * c
        if b <= 0 or under < 0:
            return None
        needed = 2 * c / (b + math.sqrt(under))
        if needed > MOST:
            return None
        least = max(1, math.ceil(needed * (1 - 1e-12)))
        return least if self.capacity(least) >= wanted * (1 - 1e-9) else None


@dataclass(frozen=True, slots=True)
class Fit:
    """What was fitted: the law, the rate of one instance, and the largest number of instances that was measured.

    `error` is the root mean square of what the fit misses, relative to the mean rate.
    """

    law: Usl
    rate_of_one: float
    largest: float
    error: float

    def rate(self, instances: float) -> float:
        return self.rate_of_one * self.law.capacity(instances)


def fit(points: Iterable[Point]) -> Fit | None:
    """The law whose rates miss the measured ones least: sum of squares, alpha in 0..1, beta and the rate not negative.

    For given alpha and beta the best rate of one instance follows directly; the two are found by Gauss-Newton steps
    (halved until they help) from the linearised form N / X(N) = (1 + alpha (N - 1) + beta N (N - 1)) / rate. A
    coefficient that would leave its range is held at the end of it. None for fewer than FEWEST_SIZES different
    sizes, or where nothing was carried.
    """
    measured = [(_count(n), _quantity(x)) for n, x in points]
    most = max((x for _, x in measured), default=0.0)
    if len({n for n, _ in measured}) < FEWEST_SIZES or not most:
        return None
    data = [(n, x / most) for n, x in measured]
    starts = [(0.0, 0.0), *_linearised(data)]
    held: tuple[tuple[bool, bool], ...] = ((False, False), (True, False), (False, True), (True, True))
    found = [_descend(data, start, free) for start in starts for free in held]
    found.extend(_descend(data, (1.0, beta), (True, False)) for _, beta in starts)
    alpha, beta = min(found, key=lambda pair: _missed(data, *pair))
    rate = _best_rate(data, alpha, beta)
    mean = math.fsum(x for _, x in data) / len(data)
    error = math.sqrt(_missed(data, alpha, beta) / len(data)) / mean
    return Fit(Usl(alpha, beta), rate * most, max(n for n, _ in data), error)


def _shape(n: float, alpha: float, beta: float) -> float:
    return n / (1 + alpha * (n - 1) + beta * n * (n - 1))


def _best_rate(data: Sequence[Point], alpha: float, beta: float) -> float:
    shapes = [_shape(n, alpha, beta) for n, _ in data]
    return math.fsum(f * x for f, (_, x) in zip(shapes, data, strict=True)) / math.fsum(f * f for f in shapes)


def _missed(data: Sequence[Point], alpha: float, beta: float) -> float:
    rate = _best_rate(data, alpha, beta)
    return math.fsum((x - rate * _shape(n, alpha, beta)) ** 2 for n, x in data)


def _linearised(data: Sequence[Point]) -> list[tuple[float, float]]:
    """Alpha and beta by linear least squares on N / X(N) against N - 1 and N (N - 1)."""
    rows = [((1.0, n - 1, n * (n - 1)), n / x) for n, x in data if x > 0]
    solved = _least_squares(rows)
    if solved is None or solved[0] <= 0:
        return []
    return [(min(1.0, max(0.0, solved[1] / solved[0])), max(0.0, solved[2] / solved[0]))]


def _descend(data: Sequence[Point], start: tuple[float, float], free: tuple[bool, bool]) -> tuple[float, float]:
    """Gauss-Newton from `start` over the coefficients that are `free`, the others held at 0 (or alpha at 1)."""
    alpha = start[0] if free[0] or start[0] == 1 else 0.0
    beta = start[1] if free[1] else 0.0
    missed = _missed(data, alpha, beta)
    for _ in range(_STEPS):
        step = _step(data, alpha, beta, free)
        scale, better = 1.0, None
        while step is not None and scale > 1e-10:
            near = min(1.0, max(0.0, alpha + scale * step[0])), max(0.0, beta + scale * step[1])
            left = _missed(data, *near)
            if left < missed:
                better = near, left
                break
            scale /= 2
        if better is None:
            break
        gained = missed - better[1]
        (alpha, beta), missed = better
        if gained <= _CONVERGED * missed:
            break
    return alpha, beta


def _step(data: Sequence[Point], alpha: float, beta: float, free: tuple[bool, bool]) -> tuple[float, float] | None:
    """The step of alpha and beta that would end it if the law were linear in them."""
    rate = _best_rate(data, alpha, beta)
    rows = []
    for n, x in data:
        shape = _shape(n, alpha, beta)
        slope = -rate * shape * shape
        row = [shape, *(slope * by for by, is_free in (((n - 1) / n, free[0]), (n - 1, free[1])) if is_free)]
        rows.append((tuple(row), x - rate * shape))
    solved = _least_squares(rows)
    if solved is None or not any(free):
        return None
    rest = iter(solved[1:])
    return (next(rest) if free[0] else 0.0), (next(rest) if free[1] else 0.0)


def _least_squares(rows: Sequence[tuple[Sequence[float], float]]) -> list[float] | None:
    """Solves the normal equations, each column scaled to length 1; None where the columns do not tell apart."""
    width = len(rows[0][0])
    lengths = [math.sqrt(math.fsum(row[i] ** 2 for row, _ in rows)) for i in range(width)]
    if not all(lengths):
        return None
    matrix = [
        [math.fsum(row[i] * row[j] for row, _ in rows) / lengths[i] / lengths[j] for j in range(width)]
        + [math.fsum(row[i] * y for row, y in rows) / lengths[i]]
        for i in range(width)
    ]
    for i in range(width):
        pivot = max(range(i, width), key=lambda k: abs(matrix[k][i]))
        matrix[i], matrix[pivot] = matrix[pivot], matrix[i]
        if abs(matrix[i][i]) < 1e-14:
            return None
        for k in range(width):
            if k != i:
                factor = matrix[k][i] / matrix[i][i]
                matrix[k] = [a - factor * b for a, b in zip(matrix[k], matrix[i], strict=True)]
    return [matrix[i][width] / matrix[i][i] / lengths[i] for i in range(width)]


def _count(value: float) -> float:
    if not 1 <= value < math.inf:
        raise ValueError(f"a number of instances must be finite and at least 1, not {value}")
    return value


def _share(value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError(f"a share must lie between 0 and 1, not {value}")
    return value


def _quantity(value: float) -> float:
    if not 0 <= value < math.inf:
        raise ValueError(f"a quantity must be finite and not negative, not {value}")
    return value
