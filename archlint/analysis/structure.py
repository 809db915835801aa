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
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from archlint.analysis.blocks import Alternatives, Bounded, Exact, Interval, products_of_others
from archlint.analysis.diagram import TRUE, Diagram, OverBudget
from archlint.analysis.graph import Graph, postorder, strongly_connected_components
from archlint.analysis.ordering import arranged
from archlint.analysis.reduction import Reduced, reduce_choices
from archlint.analysis.requirements import Group, Requirements

N = TypeVar("N", bound=Hashable)

BUDGET = 200_000
"""Nodes of all diagrams of one entry: about a quarter of a second."""

WHOLE = 0.75
"""Share of the budget of a block that its one diagram may take; the rest is for bounds."""

LEVELS = 400
"""Variables of one diagram: its operations are recursive in them."""


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
        self.blocks: list[Exact | Bounded] = []
        for number, choices in enumerate(reduced.blocks):
            block = _Block(reduced, choices, place)
            share = budget // (len(reduced.blocks) - number)
            solved, used = block.solved(share)
            budget -= used
            self.blocks.append(solved)

    @property
    def exact(self) -> bool:
        """Whether no diagram was over the budget."""
        return all(isinstance(block, Exact) for block in self.blocks)

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
        for position, others in zip(self.required, products_of_others(needed), strict=True):
            found[position] = others * rest
        rest = math.prod(needed)
        for block, others in zip(self.blocks, products_of_others(parts), strict=True):
            if isinstance(block, Exact):
                for position, slope in block.derivatives(works):
                    found[position] += slope * others * rest
        return found


class _Block(Generic[N]):
    """Groups with a choice that share something."""

    def __init__(self, reduced: Reduced[N], choices: Sequence[Group[N]], place: Mapping[N, int]) -> None:
        self._reduced = reduced
        self._choices = choices
        self._place = place

    def solved(self, budget: int) -> tuple[Exact | Bounded, int]:
        """The block, and how many nodes of the budget it took."""
        found, used = self._diagram(self._choices, int(budget * WHOLE))
        if found is not None:
            return found, used
        groups, supports = list[Exact | Alternatives](), list[int]()
        for number, choice in enumerate(self._choices):
            share = (budget - used) // (len(self._choices) - number)
            one, taken = self._diagram([choice], share)
            used += taken
            groups.append(one if one is not None else self._products(choice))
            supports.append(self._support(choice))
        return Bounded(groups, supports, *self._pairs()), used

    def _pairs(self) -> tuple[list[tuple[int, ...]], list[tuple[int, int]] | None]:
        """The levels, and the pairs of them whose loss stops the block; None where there are too many to try all."""
        nodes = [node for node in self._below(self._choices) if self._members(node)]
        levels = [self._members(node) for node in nodes]
        if len(nodes) > LEVELS:
            return levels, None
        entry = self._reduced.nodes[0]
        structure = Requirements({**self._reduced.groups, entry: self._choices})
        place = {node: number for number, node in enumerate(nodes)}
        return levels, [(place[one], place[other]) for one, other in structure.critical_pairs(entry, nodes)]

    def _diagram(self, choices: Sequence[Group[N]], budget: int) -> tuple[Exact | None, int]:
        nodes = self._below(choices)
        if sum(1 for node in nodes if self._members(node)) > min(LEVELS, budget):
            return None, 0
        graph = self._graph(nodes)
        ordered = [node for node in arranged(graph, self._sets(choices, nodes)) if self._members(node)]
        levels = [self._members(node) for node in ordered]
        level = {node: number for number, node in enumerate(ordered)}
        diagram = Diagram(budget)
        try:
            top = _function(diagram, choices, self._values(diagram, graph, level))
        except OverBudget:
            return None, budget
        return Exact(diagram.compiled(top), levels), len(diagram)

    def _graph(self, nodes: list[N]) -> Graph[N]:
        graph = Graph(nodes)
        for node in nodes:
            for other in self._successors(node):
                graph.add_edge(node, other)
        return graph

    def _sets(self, choices: Sequence[Group[N]], nodes: list[N]) -> list[tuple[N, ...]]:
        """What should stand close together: each choice, and each group with what needs it."""
        inner = ((node, *group.alternatives) for node in nodes for group in self._reduced.groups[node])
        return [*inner, *(choice.alternatives for choice in choices)]

    def _values(self, diagram: Diagram, graph: Graph[N], level: Mapping[N, int]) -> dict[N, int]:
        """The function of each node, dependencies first; circles from "all work" downwards until nothing changes."""
        own = {node: diagram.variable(level[node]) if node in level else TRUE for node in graph}
        values = dict.fromkeys(graph, TRUE)
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

    def _products(self, choice: Group[N]) -> Alternatives:
        least = [self._closure([node], plan=False) for node in choice.alternatives]
        if choice.needed > 1:
            return Alternatives(least, [self._closure(list(choice.alternatives[: choice.needed]), plan=True)])
        return Alternatives(least, [self._closure([node], plan=True) for node in choice.alternatives])

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
