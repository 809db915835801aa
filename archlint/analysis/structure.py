"""The structure function: how likely an entry works, given how likely each thing works that it needs.

What every way of working needs is multiplied out. Only groups with a choice go into diagrams, one for each set of
groups that share something, so that shared parts count once. Where a diagram would grow over its budget, the result
is an interval that holds the truth: increasing events of independent parts are positively associated, so the product
of the groups' probabilities is a lower bound, and the product over groups that share nothing an upper one.

J. D. Esary, F. Proschan, D. W. Walkup, "Association of random variables, with applications", Annals of Mathematical
Statistics 38(5), 1967.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from archlint.analysis.diagram import TRUE, Compiled, Diagram, OverBudget
from archlint.analysis.graph import Graph, postorder, strongly_connected_components
from archlint.analysis.reduction import Reduced, reduce_choices
from archlint.analysis.requirements import Group
from archlint.records import dataclass

N = TypeVar("N", bound=Hashable)

BUDGET = 60_000
"""Nodes of all diagrams of one entry: about a quarter of a second."""

LEVELS = 400
"""Variables of one diagram: its operations are recursive in them."""


@dataclass(frozen=True, slots=True)
class Interval:
    """What a probability lies between; exact where both ends are one."""

    low: float
    high: float

    @property
    def exact(self) -> bool:
        return self.low == self.high


class StructureFunction(Generic[N]):
    """Whether `entry` works, as a function of `variables`: the nodes below it that fail by themselves.

    A node works if it is up (where it `varies`) and each of its groups has enough working alternatives; nodes that
    only need each other in a circle work. Evaluated with one probability a variable, in the order of `variables`.
    """

    def __init__(
        self,
        entry: N,
        groups: Callable[[N], Sequence[Group[N]]],
        varies: Callable[[N], bool],
        budget: int = BUDGET,
    ) -> None:
        reduced: Reduced[N] = reduce_choices(entry, groups)
        self.variables = tuple(node for node in reduced.nodes if varies(node))
        place = {node: position for position, node in enumerate(self.variables)}
        self.required = tuple(place[node] for node in reduced.required if node in place)
        """Positions of the variables without which the entry cannot work."""
        self.blocks: list[_Exact | _Bounded] = []
        for number, choices in enumerate(reduced.blocks):
            block = _Block(reduced, choices, place)
            share = budget // (len(reduced.blocks) - number)
            solved, used = block.solved(share)
            budget -= used
            self.blocks.append(solved)

    @property
    def exact(self) -> bool:
        """Whether no diagram was over the budget."""
        return all(isinstance(block, _Exact) for block in self.blocks)

    def probability(self, works: Sequence[float]) -> Interval:
        """That the entry works."""
        low = high = math.prod(works[position] for position in self.required)
        for block in self.blocks if high else ():
            part = block.interval(works)
            low, high = low * part.low, high * part.high
        return Interval(low, high)

    def derivatives(self, works: Sequence[float]) -> list[float]:
        """By variable, what its working rather than failing adds to the probability; 0 in blocks that are bounded."""
        found = [0.0] * len(self.variables)
        parts = [block.interval(works).low for block in self.blocks]
        needed = [works[position] for position in self.required]
        rest = math.prod(parts)
        for position, others in zip(self.required, _products_of_others(needed), strict=True):
            found[position] = others * rest
        rest = math.prod(needed)
        for block, others in zip(self.blocks, _products_of_others(parts), strict=True):
            if isinstance(block, _Exact):
                for position, slope in block.derivatives(works):
                    found[position] += slope * others * rest
        return found


def _products_of_others(values: Sequence[float]) -> list[float]:
    """For each value the product of all the others, zeros included."""
    before, after = [1.0], [1.0]
    for value in values[:-1]:
        before.append(before[-1] * value)
    for value in reversed(values[1:]):
        after.append(after[-1] * value)
    return [left * right for left, right in zip(before, reversed(after), strict=True)] if values else []


class _Exact:
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
            for position, others in zip(members, _products_of_others([works[p] for p in members]), strict=True):
                yield position, slope * others

    def _values(self, works: Sequence[float]) -> list[float]:
        return [math.prod([works[position] for position in members]) for members in self.levels]


class _Alternatives:
    """One group that is over the budget by itself, as products: what each alternative needs at least, and is enough."""

    __slots__ = ("enough", "least")

    def __init__(self, least: list[tuple[int, ...]], enough: list[tuple[int, ...]]) -> None:
        self.least = least
        self.enough = enough

    def interval(self, works: Sequence[float]) -> Interval:
        low = max(math.prod([works[position] for position in members]) for members in self.enough)
        none = math.prod(1.0 - math.prod([works[position] for position in members]) for members in self.least)
        return Interval(low, max(low, 1.0 - none))


class _Bounded:
    """Groups that share something, each solved by itself.

    `supports` are bit masks of what each group rests on, `levels` all the variables. No single loss stops the entry,
    or it would not be here: so the groups hold at least while one level fails at most.
    """

    __slots__ = ("groups", "levels", "supports")

    def __init__(
        self, groups: list[_Exact | _Alternatives], supports: list[int], levels: Sequence[tuple[int, ...]]
    ) -> None:
        self.groups = groups
        self.supports = supports
        self.levels = levels

    def interval(self, works: Sequence[float]) -> Interval:
        parts = [group.interval(works) for group in self.groups]
        low = max(math.prod([part.low for part in parts]), self._one_fails_at_most(works))
        high, used = 1.0, 0
        for part, support in sorted(zip(parts, self.supports, strict=True), key=lambda pair: pair[0].high):
            if not used & support:
                high, used = high * part.high, used | support
        return Interval(low, max(low, high))

    def _one_fails_at_most(self, works: Sequence[float]) -> float:
        none, one = 1.0, 0.0
        for members in self.levels:
            up = math.prod([works[position] for position in members])
            none, one = none * up, one * up + none * (1.0 - up)
        return none + one


class _Block(Generic[N]):
    """Groups with a choice that share something."""

    def __init__(self, reduced: Reduced[N], choices: Sequence[Group[N]], place: Mapping[N, int]) -> None:
        self._reduced = reduced
        self._choices = choices
        self._place = place

    def solved(self, budget: int) -> tuple[_Exact | _Bounded, int]:
        """The block, and how many nodes of the budget it took."""
        found, used = self._diagram(self._choices, budget // 2)
        if found is not None:
            return found, used
        groups, supports = list[_Exact | _Alternatives](), list[int]()
        for number, choice in enumerate(self._choices):
            share = (budget - used) // (len(self._choices) - number)
            one, taken = self._diagram([choice], share)
            used += taken
            groups.append(one if one is not None else self._products(choice))
            supports.append(self._support(choice))
        levels = [members for node in self._below(self._choices) if (members := self._members(node))]
        return _Bounded(groups, supports, levels), used

    def _diagram(self, choices: Sequence[Group[N]], budget: int) -> tuple[_Exact | None, int]:
        nodes = self._below(choices)
        levels = [members for node in nodes if (members := self._members(node))]
        if len(levels) > min(LEVELS, budget):
            return None, 0
        level = {node: number for number, node in enumerate(node for node in nodes if self._members(node))}
        diagram = Diagram(budget)
        try:
            top = _function(diagram, choices, self._values(diagram, nodes, level))
        except OverBudget:
            return None, budget
        return _Exact(diagram.compiled(top), levels), len(diagram)

    def _values(self, diagram: Diagram, nodes: list[N], level: Mapping[N, int]) -> dict[N, int]:
        """The function of each node, dependencies first; circles from "all work" downwards until nothing changes."""
        graph = Graph(nodes)
        for node in nodes:
            for group in self._reduced.groups[node]:
                for other in group.alternatives:
                    graph.add_edge(node, other)
        own = {node: diagram.variable(level[node]) if node in level else TRUE for node in nodes}
        values = dict.fromkeys(nodes, TRUE)
        for circle in strongly_connected_components(graph):
            changed = True
            while changed:
                changed = False
                for node in circle:
                    before, groups = values[node], self._reduced.groups[node]
                    values[node] = diagram.all_of((own[node], _function(diagram, groups, values)))
                    changed = changed or (values[node] != before and len(circle) > 1)
        return values

    def _below(self, choices: Sequence[Group[N]]) -> list[N]:
        """All that the choices rest on, depth first: what is used together stands together."""
        roots = [node for choice in choices for node in choice.alternatives]
        return list(reversed(postorder(roots, self._successors)))

    def _successors(self, node: N) -> list[N]:
        return [other for group in self._reduced.groups[node] for other in group.alternatives]

    def _members(self, node: N) -> tuple[int, ...]:
        return tuple(self._place[member] for member in self._reduced.members[node] if member in self._place)

    def _support(self, choice: Group[N]) -> int:
        mask = 0
        for node in self._below([choice]):
            for position in self._members(node):
                mask |= 1 << position
        return mask

    def _products(self, choice: Group[N]) -> _Alternatives:
        least = [self._closure([node], plan=False) for node in choice.alternatives]
        if choice.needed > 1:
            return _Alternatives(least, [self._closure(list(choice.alternatives[: choice.needed]), plan=True)])
        return _Alternatives(least, [self._closure([node], plan=True) for node in choice.alternatives])

    def _closure(self, starts: list[N], *, plan: bool) -> tuple[int, ...]:
        """Variables that the starts cannot do without; or (a plan) enough of them, always the first alternatives."""
        found = dict.fromkeys(starts)
        queue = list(starts)
        while queue:
            for group in self._reduced.groups[queue.pop()]:
                chosen = group.alternatives[: group.needed] if plan or not group.spare else ()
                new = [node for node in chosen if node not in found]
                found.update(dict.fromkeys(new))
                queue.extend(new)
        return tuple(position for node in found for position in self._members(node))


def _function(diagram: Diagram, groups: Sequence[Group[N]], values: Mapping[N, int]) -> int:
    return diagram.all_of(
        diagram.at_least(group.needed, [values[node] for node in group.alternatives])
        if group.needed > 1
        else diagram.any_of(values[node] for node in group.alternatives)
        for group in groups
    )
