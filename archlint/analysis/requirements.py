"""What stops when something is lost: components that need all of some things and enough of others.

A node works if it is up and each of its groups has enough working alternatives. What fails is the least set
that follows from a loss: nodes that only need each other in a circle keep working.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Generic, TypeVar

from archlint.analysis.graph import Graph, postorder, strongly_connected_components
from archlint.records import dataclass

N = TypeVar("N", bound=Hashable)

CHUNK = 4096
"""How many losses are followed at once, one bit each: bounds the memory to half a kilobyte a node."""


@dataclass(frozen=True, slots=True)
class Group(Generic[N]):
    """At least `needed` of the alternatives must work. Raises ValueError if that can never be."""

    alternatives: tuple[N, ...]
    needed: int = 1

    def __post_init__(self) -> None:
        if len(self.alternatives) > 1:
            object.__setattr__(self, "alternatives", tuple(dict.fromkeys(self.alternatives)))
        if not 1 <= self.needed <= len(self.alternatives):
            raise ValueError(f"{self.needed} of {len(self.alternatives)} alternatives can never be met")

    @property
    def spare(self) -> int:
        """How many alternatives may fail."""
        return len(self.alternatives) - self.needed


def all_of(nodes: Iterable[N]) -> list[Group[N]]:
    """One group each: all of them must work."""
    return [Group((node,)) for node in nodes]


class Requirements(Generic[N]):
    """A requirement structure. Every node that is named is part of it."""

    def __init__(self, groups: Mapping[N, Sequence[Group[N]]]) -> None:
        self._groups: dict[N, Sequence[Group[N]]] = dict(groups)
        for owned in groups.values():
            for group in owned:
                for node in group.alternatives:
                    self._groups.setdefault(node, ())

    @cached_property
    def _used_in(self) -> dict[N, list[tuple[N, int]]]:
        """By each alternative its groups, by their owner and position."""
        used: dict[N, list[tuple[N, int]]] = {}
        for owner, owned in self._groups.items():
            for position, group in enumerate(owned):
                for node in group.alternatives:
                    used.setdefault(node, []).append((owner, position))
        return used

    @cached_property
    def _rank(self) -> dict[N, int]:
        return {node: position for position, node in enumerate(self._groups)}

    def __contains__(self, node: object) -> bool:
        return node in self._groups

    def failed_after(self, lost: Iterable[N]) -> dict[N, N | None]:
        """All that fails, what is lost included, nearest first, with the failure that tipped it (None: lost).

        Takes time in proportion to what fails. Names outside the structure have no effect and are left out.
        """
        seeds = sorted((node for node in set(lost) if node in self), key=self._rank.__getitem__)
        failed: dict[N, N | None] = dict.fromkeys(seeds)
        spare: dict[tuple[N, int], int] = {}
        queue = deque(failed)
        while queue:
            node = queue.popleft()
            for user in self._used_in.get(node, ()):
                owner, position = user
                spare[user] = spare.get(user, self._groups[owner][position].spare) - 1
                if spare[user] < 0 and owner not in failed:
                    failed[owner] = node
                    queue.append(owner)
        return failed

    def critical_elements(self, entry: N, candidates: Iterable[N]) -> list[N]:
        """The candidates whose loss alone stops `entry`, in the order given: its cut sets of order one.

        Linear without alternatives. With them, many losses are followed at once through what `entry` uses.
        """
        if entry not in self:
            raise KeyError(entry)
        used = self._closure(entry)
        critical = self._closure(entry, needed=True)
        wanted = [node for node in dict.fromkeys(candidates) if node in used]
        open_cases = [node for node in wanted if node not in critical]
        if open_cases:
            components = _dependencies_first(self._graph(used), entry)
            for start in range(0, len(open_cases), CHUNK):
                critical.update(dict.fromkeys(self._stoppers(entry, open_cases[start : start + CHUNK], components)))
        return [node for node in wanted if node in critical]

    def critical_pairs(self, entry: N, candidates: Iterable[N]) -> list[tuple[N, N]]:
        """The pairs of candidates whose loss together stops `entry`, in the order given: quadratic in their number.

        For candidates of which none stops it alone, these are the cut sets of order two.
        """
        used = self._closure(entry)
        wanted = [node for node in dict.fromkeys(candidates) if node in used]
        graph = self._graph(used)
        components = _dependencies_first(graph, entry) if entry in graph else []
        return [
            (first, second)
            for position, first in enumerate(wanted)
            for second in self._stoppers(entry, wanted[position + 1 :], components, first)
        ]

    def _closure(self, entry: N, *, needed: bool = False) -> dict[N, None]:
        """`entry` and all alternatives that it may use; with `needed`, only those of groups without a spare one."""
        found: dict[N, None] = {entry: None}
        waiting = [entry]
        for node in waiting:
            for group in self._groups[node]:
                if needed and group.spare:
                    continue
                for other in group.alternatives:
                    if other not in found:
                        found[other] = None
                        waiting.append(other)
        return found

    def _graph(self, nodes: Iterable[N]) -> Graph[N]:
        """The nodes that need others, with an edge to each alternative that does: the rest is lost only by itself."""
        graph = Graph(node for node in nodes if self._groups[node])
        for node in graph:
            for group in self._groups[node]:
                for other in group.alternatives:
                    if other in graph:
                        graph.add_edge(node, other)
        return graph

    def _stoppers(
        self, entry: N, lost: Sequence[N], components: Sequence[Sequence[N]], besides: N | None = None
    ) -> list[N]:
        """Those of `lost` that stop `entry`, `besides` being lost in any case.

        Bit i of a node's mask: it fails when the i-th is lost.
        """
        masks = {node: 1 << position for position, node in enumerate(lost)}
        if besides is not None:
            masks[besides] = (1 << len(lost)) - 1
        for component in components:
            while sum(self._update(node, masks) for node in component) and len(component) > 1:
                pass  # a circle: sweep again until nothing changes
        return [node for position, node in enumerate(lost) if masks[entry] >> position & 1]

    def _update(self, node: N, masks: dict[N, int]) -> bool:
        before = mask = masks.get(node, 0)
        for group in self._groups[node]:
            if len(group.alternatives) == 1:
                mask |= masks.get(group.alternatives[0], 0)
            else:
                mask |= _more_than(group.spare, [masks.get(other, 0) for other in group.alternatives])
        masks[node] = mask
        return mask != before


def _dependencies_first(used: Graph[N], entry: N) -> list[list[N]]:
    """Components, and the nodes within each, so ordered that few sweeps settle a circle."""
    rank = {node: position for position, node in enumerate(postorder([entry], used.successors))}
    return [sorted(nodes, key=rank.__getitem__) for nodes in strongly_connected_components(used)]


def _more_than(count: int, masks: Sequence[int]) -> int:
    """The bits that are set in more than `count` of the masks."""
    at_least = [0] * (count + 1)
    for mask in masks:
        for level in range(count, 0, -1):
            at_least[level] |= at_least[level - 1] & mask
        at_least[0] |= mask
    return at_least[count]
