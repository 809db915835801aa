"""Solves load = constants + factors x load of the sources over a whole workspace, sources first."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archlint.analysis.graph import Graph, strongly_connected_components
from archlint.analysis.values import Known
from archlint.records import dataclass, field
from archlint.system.elements import Component

BUDGET = 60_000
"""Sums over one cycle on the way to its fixed point: enough for a small one that returns 99.8% of its load."""

ROUNDS = 200
"""Rounds that even a very large cycle gets: enough for one that returns 87% of its load to itself."""

SETTLED = 1e-12
"""Relative change of a round below which a cycle has settled."""

READ, WRITE = "read", "write"


@dataclass(slots=True)
class Part:
    """A sum in the making: what is known of it, and whether a term is missing."""

    value: float = 0.0
    complete: bool = True

    def add(self, other: Part, factor: float = 1.0) -> None:
        """A factor of 0 adds nothing, known or not."""
        if factor:
            self.value += other.value * factor
            self.complete = self.complete and other.complete

    @property
    def derived(self) -> Known[float] | None:
        return Known(self.value, "derived") if self.complete else None


MISSING = Part(0.0, complete=False)


@dataclass(slots=True)
class Amount:
    """Offered load: all of it, and the parts whose access is known. `sources` counts the terms."""

    total: Part = field(default_factory=Part)
    reads: Part = field(default_factory=Part)
    writes: Part = field(default_factory=Part)
    sources: int = 0

    def add(self, rate: Part, access: str | None, factor: float = 1.0) -> None:
        self.sources += 1
        self.total.add(rate, factor)
        if access == READ:
            self.reads.add(rate, factor)
        elif access == WRITE:
            self.writes.add(rate, factor)
        elif factor:
            self.reads.complete = self.writes.complete = False

    def part(self, name: str) -> Part:
        """Of "total", "reads" or "writes"; missing where nothing arrives that is known of."""
        return getattr(self, name) if self.sources else MISSING


NOTHING = Amount()


@dataclass(frozen=True, slots=True)
class Inflow:
    """A share of what `source` handles that arrives at a target: `factor` target requests per request.

    `factor` is None where the manifest does not tell it; `part` says of which of the source's requests.
    """

    source: Component
    factor: float | None
    access: str | None
    part: str = "total"


@dataclass(slots=True)
class Traffic:
    """What arrives at one component: constant rates (None: unknown) and shares of others' load."""

    constant: list[tuple[float | None, str | None]] = field(default_factory=list)
    inflows: list[Inflow] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.constant or self.inflows)


Handled = Callable[[Component, Amount], Amount]
"""What a component handles of what arrives: less or more than that only where it states its load."""


@dataclass(slots=True)
class Solution:
    """Per component: what arrives at it, whatever it states, and what it therefore handles."""

    arriving: dict[Component, Amount] = field(default_factory=dict)
    handled: dict[Component, Amount] = field(default_factory=dict)


def solve(traffic: Mapping[Component, Traffic], handled: Handled, cut: Callable[[Component], bool]) -> Solution:
    """Every load. `cut` tells components whose load is stated: what arrives at them goes no further."""
    propagation = _Propagation(traffic, handled)
    graph: Graph[Component] = Graph(traffic)
    for target, arriving in traffic.items():
        for inflow in arriving.inflows:
            if inflow.source in traffic and not cut(inflow.source):
                graph.add_edge(target, inflow.source)
    for members in strongly_connected_components(graph):
        if len(members) == 1 and members[0] not in graph.successors(members[0]):
            propagation.settle(members[0])
        else:
            propagation.settle_cycle(list(members))
    return propagation.solution


class _Propagation:
    def __init__(self, traffic: Mapping[Component, Traffic], handled: Handled) -> None:
        self.traffic = traffic
        self.handled = handled
        self.solution = Solution()
        self._stated: dict[Component, Amount] = {}

    def settle(self, component: Component) -> None:
        arriving = self._sum(component)
        self.solution.arriving[component] = arriving
        self.solution.handled[component] = self.handled(component, arriving)

    def settle_cycle(self, members: list[Component]) -> None:
        """Repeat until nothing moves. A cycle that amplifies has no fixed point: its load is unknown.

        So is that of a cycle which nothing enters. A step that is nowhere smaller than the one before shows
        that the spectral radius is at least 1 (Collatz 1942), so that no further round can settle.
        """
        for member in members:
            self.solution.handled[member] = self.handled(member, Amount(sources=1))
        if not self._settles(members) or not self._is_entered(members):
            for member in members:
                self.solution.arriving[member].add(MISSING, None)
                self.solution.handled[member] = self.handled(member, self.solution.arriving[member])

    def _settles(self, members: list[Component]) -> bool:
        before, last = self._state(members), None
        for _ in range(max(ROUNDS, BUDGET // len(members))):
            for member in members:
                self.settle(member)
            after = self._state(members)
            steps = [a[0] - b[0] for a, b in zip(after, before, strict=True)]
            same_flags = all(a[1] == b[1] for a, b in zip(after, before, strict=True))
            if same_flags and all(step <= SETTLED * a[0] for step, a in zip(steps, after, strict=True)):
                return True
            if last is not None and same_flags and _grows(last, steps):
                return False
            before, last = after, steps
        return False

    def _state(self, members: list[Component]) -> list[tuple[float, bool]]:
        amounts = [self.solution.handled[member] for member in members]
        return [(part.value, part.complete) for a in amounts for part in (a.total, a.reads, a.writes)]

    def _is_entered(self, members: list[Component]) -> bool:
        inside = set(members)
        return any(
            self.traffic[member].constant or any(i.source not in inside for i in self.traffic[member].inflows)
            for member in members
        )

    def _sum(self, component: Component) -> Amount:
        amount, traffic = Amount(), self.traffic[component]
        for rate, access in traffic.constant:
            amount.add(MISSING if rate is None else Part(rate), access)
        for inflow in traffic.inflows:
            if inflow.factor is None:
                amount.add(MISSING, inflow.access)
            else:
                amount.add(self._of_source(inflow), inflow.access, inflow.factor)
        return amount

    def _of_source(self, inflow: Inflow) -> Part:
        """A source that has not been settled states its load: what arrives at it does not matter."""
        source = inflow.source
        handled = self.solution.handled.get(source) or self._stated.get(source)
        if handled is None:
            handled = self._stated[source] = self.handled(source, NOTHING)
        return handled.part(inflow.part)


def _grows(last: list[float], steps: list[float]) -> bool:
    return any(step > 0 for step in steps) and all(
        step >= before * (1 - 1e-12) for step, before in zip(steps, last, strict=True)
    )
