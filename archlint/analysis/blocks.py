"""The probability of a block of a structure function: exact by its diagram, or between bounds (structure.py)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from archlint.analysis.diagram import Compiled
from archlint.records import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """What a probability lies between; exact where both ends are one."""

    low: float
    high: float

    @property
    def exact(self) -> bool:
        return self.low == self.high


def products_of_others(values: Sequence[float]) -> list[float]:
    """For each value the product of all the others, zeros included."""
    before, after = [1.0], [1.0]
    for value in values[:-1]:
        before.append(before[-1] * value)
    for value in reversed(values[1:]):
        after.append(after[-1] * value)
    return [left * right for left, right in zip(before, reversed(after), strict=True)] if values else []


class Exact:
    """A compiled diagram. Each level stands for variables that only matter together."""

    __slots__ = ("compiled", "levels")

    def __init__(self, compiled: Compiled, levels: Sequence[tuple[int, ...]]) -> None:
        self.compiled = compiled
        self.levels = levels

    def interval(self, works: Sequence[float]) -> Interval:
        found = self.compiled.probability(self._values(works))
        return Interval(found, found)

    def derivatives(self, works: Sequence[float]) -> Iterator[tuple[int, float]]:
        slopes = self.compiled.derivatives(self._values(works))
        for level, slope in slopes.items():
            members = self.levels[level]
            for position, others in zip(members, products_of_others([works[p] for p in members]), strict=True):
                yield position, slope * others

    def _values(self, works: Sequence[float]) -> list[float]:
        return [math.prod([works[position] for position in members]) for members in self.levels]


class Alternatives:
    """One group that is over the budget by itself, as products: what each alternative needs at least, and is enough."""

    __slots__ = ("enough", "least")

    def __init__(self, least: list[tuple[int, ...]], enough: list[tuple[int, ...]]) -> None:
        self.least = least
        self.enough = enough

    def interval(self, works: Sequence[float]) -> Interval:
        low = max(math.prod([works[position] for position in members]) for members in self.enough)
        none = math.prod(1.0 - math.prod([works[position] for position in members]) for members in self.least)
        return Interval(low, max(low, 1.0 - none))


class Bounded:
    """Groups that share something, each solved by itself.

    `supports` are bit masks of what each group rests on, `levels` all the variables. No single loss stops the entry,
    or it would not be here, and `pairs` are those of two that do (None: not known): so what few losses do is known.
    """

    __slots__ = ("groups", "levels", "pairs", "supports")

    def __init__(
        self,
        groups: list[Exact | Alternatives],
        supports: list[int],
        levels: Sequence[tuple[int, ...]],
        pairs: Sequence[tuple[int, int]] | None,
    ) -> None:
        self.groups = groups
        self.supports = supports
        self.levels = levels
        self.pairs = pairs

    def interval(self, works: Sequence[float]) -> Interval:
        parts = [group.interval(works) for group in self.groups]
        few = self._few_fail(works)
        low = max(math.prod([part.low for part in parts]), few.low)
        high, used = 1.0, 0
        for part, support in sorted(zip(parts, self.supports, strict=True), key=lambda pair: pair[0].high):
            if not used & support:
                high, used = high * part.high, used | support
        return Interval(low, max(low, min(high, few.high)))

    def _few_fail(self, works: Sequence[float]) -> Interval:
        """By the states in which two levels fail at most; all others count as lost, then as survived."""
        none, one, two, odds = 1.0, 0.0, 0.0, list[float]()
        for members in self.levels:
            up = math.prod([works[position] for position in members])
            down = 1.0 - up
            none, one, two = none * up, one * up + none * down, two * up + one * down
            odds.append(down / up if up > 0.0 else math.inf)
        if self.pairs is None or math.inf in odds:
            return Interval(none + one, 1.0)
        lost = none * math.fsum(odds[first] * odds[second] for first, second in self.pairs)
        low = max(none + one, none + one + two - lost)
        return Interval(low, low + max(0.0, 1.0 - none - one - two))
