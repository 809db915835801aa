"""Binary decision diagrams of monotone functions: what is needed to know how likely several things work together.

R. E. Bryant, "Graph-based algorithms for Boolean function manipulation", IEEE Transactions on Computers C-35(8), 1986;
the probability of a diagram in one pass: A. Rauzy, "New algorithms for fault trees analysis", Reliability Engineering
and System Safety 40, 1993.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce

FALSE, TRUE = 0, 1


class OverBudget(Exception):  # noqa: N818 - an outcome: the caller falls back to a bound
    """A diagram would need more nodes than it may have."""


class Diagram:
    """Ordered and reduced: equal functions are the same number. Variables are numbered, the first tested first.

    `most` bounds the nodes ever made, and so time and memory. Depth of recursion: the number of variables.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._nodes: list[tuple[int, int, int]] = [(1 << 60, FALSE, FALSE), (1 << 60, TRUE, TRUE)]
        self._known: dict[tuple[int, int, int], int] = {}
        self._boths: dict[int, int] = {}
        self._eithers: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._nodes)

    def variable(self, level: int) -> int:
        return self._node(level, FALSE, TRUE)

    def all_of(self, functions: Iterable[int]) -> int:
        return reduce(self._both, functions, TRUE)

    def any_of(self, functions: Iterable[int]) -> int:
        return reduce(self._either, functions, FALSE)

    def at_least(self, needed: int, functions: Sequence[int]) -> int:
        """`needed` or more of the functions hold."""
        reached = [TRUE] + [FALSE] * needed
        for function in functions:
            for count in range(needed, 0, -1):
                reached[count] = self.any_of((reached[count], self.all_of((function, reached[count - 1]))))
        return reached[needed]

    def _node(self, level: int, low: int, high: int) -> int:
        if low == high:
            return low
        key = level, low, high
        found = self._known.get(key)
        if found is None:
            if len(self._nodes) >= self._most:
                raise OverBudget
            found = self._known[key] = len(self._nodes)
            self._nodes.append(key)
        return found

    def _both(self, left: int, right: int) -> int:
        if left > right:
            left, right = right, left
        if left <= TRUE:  # the constants are the smallest numbers
            return right if left else FALSE
        if left == right:
            return left
        key = left << 32 | right
        found = self._boths.get(key)
        if found is None:
            (level, low, high), (other, other_low, other_high) = self._nodes[left], self._nodes[right]
            if level == other:
                low, high = self._both(low, other_low), self._both(high, other_high)
            elif level < other:
                low, high = self._both(low, right), self._both(high, right)
            else:
                level, low, high = other, self._both(left, other_low), self._both(left, other_high)
            found = self._boths[key] = self._node(level, low, high)
        return found

    def _either(self, left: int, right: int) -> int:
        if left > right:
            left, right = right, left
        if left <= TRUE:
            return TRUE if left else right
        if left == right:
            return left
        key = left << 32 | right
        found = self._eithers.get(key)
        if found is None:
            (level, low, high), (other, other_low, other_high) = self._nodes[left], self._nodes[right]
            if level == other:
                low, high = self._either(low, other_low), self._either(high, other_high)
            elif level < other:
                low, high = self._either(low, right), self._either(high, right)
            else:
                level, low, high = other, self._either(left, other_low), self._either(left, other_high)
            found = self._eithers[key] = self._node(level, low, high)
        return found

    def compiled(self, function: int) -> Compiled:
        """The function alone, ready to be evaluated many times."""
        kept, stack = {FALSE, TRUE}, [function]
        while stack:
            node = stack.pop()
            if node not in kept:
                kept.add(node)
                stack.extend(self._nodes[node][1:])
        order = sorted(kept)  # what a node leads to has a smaller number
        place = {node: position for position, node in enumerate(order)}
        rows = [(level, place[low], place[high]) for level, low, high in (self._nodes[node] for node in order[2:])]
        return Compiled(rows, place[function])


class Compiled:
    """A diagram as rows, leaves first: each names its variable and the rows that follow if it fails or works."""

    __slots__ = ("rows", "top")

    def __init__(self, rows: list[tuple[int, int, int]], top: int) -> None:
        self.rows = rows
        self.top = top

    def probability(self, works: Sequence[float]) -> float:
        """That the function holds, if its variables work independently with the given probabilities."""
        return self._values(works)[self.top]

    def derivatives(self, works: Sequence[float]) -> dict[int, float]:
        """By variable, how fast the probability grows with that of the variable (Birnbaum's importance)."""
        values = self._values(works)
        weights = [0.0] * len(values)
        weights[self.top] = 1.0
        found: dict[int, float] = {}
        for position in range(len(self.rows) - 1, -1, -1):
            level, low, high = self.rows[position]
            weight = weights[position + 2]
            found[level] = found.get(level, 0.0) + weight * (values[high] - values[low])
            weights[low] += weight * (1.0 - works[level])
            weights[high] += weight * works[level]
        return found

    def _values(self, works: Sequence[float]) -> list[float]:
        values = [0.0, 1.0]
        for level, low, high in self.rows:
            if_low = values[low]
            values.append(if_low + works[level] * (values[high] - if_low))
        return values
