"""The availability of flows: exact over copies, failure domains, calls, fallbacks and changes, each counted once.

Within a state of the failure domains that hold only some copies of a component, the copies of different components
fail independently: so states are gone through one by one (those that together matter less than 1e-15 are left out),
and in each the structure function is evaluated (structure.py). What is stated to fail together has a domain, a common
cause or a change; nothing else is assumed to.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from archlint.analysis.blocks import Interval
from archlint.analysis.changes import Change, change, classes_of
from archlint.analysis.domains import Domain
from archlint.analysis.downtime import YEAR, Budget
from archlint.analysis.figures import Figures, View
from archlint.analysis.losses import Instance, Losses, Undecided
from archlint.analysis.needs import Core, Needs, Node
from archlint.analysis.parts import Copies, Idle, Own, Part, Parts, Whole
from archlint.analysis.promises import Promises
from archlint.analysis.structure import StructureFunction
from archlint.analysis.union_bound import UnionBounds
from archlint.analysis.values import Unknown
from archlint.records import dataclass, replace
from archlint.system.elements import NONE, Client, Component, Flow, Job, stated

if TYPE_CHECKING:
    from archlint.knowledge.catalogue import Catalogue

NEGLIGIBLE = 1e-15
"""Probability of states of domains that are left out: less than the rounding of the result."""

STATES = 20_000
FEWEST_STATES = 64
WORK = 150_000
"""States of failure domains that are gone through, times parts and flows; what is left widens the interval."""

TIGHT = 1e-9
"""Width below which an interval is as good as a number: 30 milliseconds a year."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """Seconds a year that a flow would gain if a part never failed."""

    part: Part
    downtime: float

    @property
    def label(self) -> str:
        part = self.part
        if isinstance(part, Domain):
            return part.label
        if isinstance(part, Change):
            return f"changes of {part.name}"
        return part.of.label if isinstance(part, Own | Instance | Undecided) else "calls"


class Availability:
    """What the flows of a run can be expected to provide."""

    def __init__(self, losses: Losses, promises: Promises, knowledge: Catalogue) -> None:
        self.losses = losses
        self.promises = promises
        self.figures = Figures(knowledge, losses.topologies)
        self.parts = Parts(losses, self.figures)
        self.union_bounds = UnionBounds(losses, self.figures, self.parts)
        self._flows: dict[Flow, FlowAvailability] = {}
        self._alike: dict[Hashable, FlowAvailability] = {}

    def of(self, flow: Flow) -> FlowAvailability:
        """Of a flow whose entry is known."""
        if flow not in self._flows:
            found = FlowAvailability(self, flow)
            alike = self._alike.setdefault(found.shape, found)
            self._flows[flow] = found if alike is found else Twin(self, flow, alike)
        return self._flows[flow]


class FlowAvailability:
    """One flow. In the view "usual" defaults count with their usual values, and what nobody knows as perfect."""

    def __init__(self, run: Availability, flow: Flow) -> None:
        self._run = run
        self._parts = run.parts
        self.flow = flow
        self._needs = Needs(run.losses, run.figures, run.parts, flow)
        self._known: dict[tuple[View, frozenset[Part]], Interval] = {}

    @cached_property
    def budget(self) -> Budget | None:
        """None where no availability is promised. An objective without a window has that of the system's."""
        found = Budget.of(self._run.promises.objective(self.flow))
        window = stated(self.flow.system.spec, "slo.window")
        if found is None or found.in_window is not None or window is None or window == NONE:
            return found
        return replace(found, in_window=(1.0 - found.availability) * float(window))

    @cached_property
    def lost_at_most(self) -> float:
        """The share of requests that fail is no larger, by usual figures and if what is not known is bad."""
        return self._run.union_bounds.of(self.flow, self.changes)

    def at(self, view: View, perfect: frozenset[Part] = frozenset()) -> Interval:
        """The share of requests that succeed, if the parts in `perfect` never fail."""
        key = view, perfect
        if key not in self._known:
            self._known[key] = self._evaluated(view, perfect)
        return self._known[key]

    @cached_property
    def exact(self) -> bool:
        """Whether the function was within its budget, so that each value is one number."""
        return self._function.exact

    @cached_property
    def shape(self) -> Hashable:
        """Equal for flows that need the same and whose entries are alike, which nothing else needs."""
        entry = self._entry
        if self._run.losses.flows_restrict or any(not isinstance(e.source, Client | Job) for e in entry.incoming):
            return self.flow
        return tuple(
            tuple((self._parts.of(node), 0) if node == Own(entry) else (node, 1) for node in group.alternatives)
            for group in self._needs.groups(self.flow)
        )

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """All that can fail below the flow, in the order of its variables."""
        return tuple(node for node in self._function.variables if not isinstance(node, Component | Flow | Core))

    @cached_property
    def required(self) -> tuple[Part, ...]:
        """Those without which no request of the flow succeeds."""
        return tuple(self.parts[position] for position in self._function.required)

    @cached_property
    def wholes(self) -> tuple[tuple[Own, bool], ...]:
        """Components below the entry that are told or promised as a whole, and whether no request can do without."""
        required = frozenset(self.required)
        return tuple(
            (part, part in required)
            for part in self.parts
            if isinstance(part, Own) and part.of is not self._entry and self._parts.is_whole(part.of)
        )

    @cached_property
    def lacks(self) -> tuple[str, ...]:
        """Fields that would decide what is only bounded now."""
        found = {field for model in self._models if isinstance(model, Whole) for field in model.figure.lacks}
        return tuple(sorted(found))

    @cached_property
    def unquantified_changes(self) -> tuple[str, ...]:
        """What is missing to count any class of changes at all; empty where one is counted."""
        if self.changes or self._run.figures.told(self._entry) is not None:
            return ()
        system = self.flow.system
        lacking = [change(system, name, self._entry) for name in classes_of(system)]
        fields = [field for found in lacking if isinstance(found, Unknown) for field in found.fields]
        return tuple(sorted(fields)) or (() if system.manifest.changes else ("changes",))

    @property
    def changes(self) -> tuple[Change, ...]:
        """The classes of changes that are quantified and reach the flow; none where the entry is told as a whole."""
        return self._needs.changes

    @property
    def felt_changes(self) -> tuple[Change, ...]:
        """The classes of changes that are quantified and reach the flow, whatever is measured of its entry."""
        return self._needs.felt

    def ceiling(self, part: Part) -> float:
        """What the flow can provide at most because of one part: if all others never failed."""
        if part in self.required:
            return self._models[self.parts.index(part)].works("usual", frozenset())
        works = [
            model.works("usual", frozenset()) if other == part or isinstance(other, Idle) else 1.0
            for other, model in zip(self.parts, self._models, strict=True)
        ]
        return self._function.probability(works).high

    def contributions(self, most: int = 3) -> list[Contribution]:
        """The parts that cost most, largest first."""
        return self._contributions[:most]

    @cached_property
    def _contributions(self) -> list[Contribution]:
        gains = [0.0] * len(self.parts)
        base = self._base("usual", frozenset())
        for lost, probability in self._states("usual", frozenset(), TIGHT):
            works = self._works(base, "usual", lost, frozenset())
            slopes = self._function.derivatives(works)
            for position, slope in enumerate(slopes):
                gains[position] += probability * slope * (self._best(position, lost) - works[position])
        found = [
            Contribution(part, gain * YEAR)
            for part, gain in zip(self.parts, gains, strict=True)
            if not isinstance(part, Idle) and part not in self._conditions
        ]
        now = self.at("usual").low
        found.extend(
            Contribution(domain, (self.at("usual", frozenset((domain,))).low - now) * YEAR)
            for domain in self._conditions
        )
        return sorted((one for one in found if one.downtime > 0), key=lambda one: -one.downtime)

    def _best(self, position: int, lost: frozenset[object]) -> float:
        model = self._models[position]
        if isinstance(model, Copies):
            return model.without_failures(lost)
        return 1.0

    # Evaluation

    @cached_property
    def _models(self) -> tuple[Whole | Copies, ...]:
        return tuple(model for part in self.parts if (model := self._parts.of(part)) is not None)

    @cached_property
    def _conditions(self) -> tuple[Domain, ...]:
        """Domains that hold some copies of a component but not all, in a fixed order."""
        found = {domain for model in self._models for domain in model.domains if isinstance(domain, Domain)}
        return tuple(sorted(found, key=lambda domain: (domain.kind, domain.name)))

    def _evaluated(self, view: View, perfect: frozenset[Part]) -> Interval:
        base = self._base(view, perfect)
        low, high, seen = [], [], []
        for lost, probability in self._states(view, perfect):
            found = self._function.probability(self._works(base, view, lost, perfect))
            low.append(probability * found.low)
            high.append(probability * found.high)
            seen.append(probability)
        left = max(0.0, 1.0 - math.fsum(seen))
        return Interval(math.fsum(low), math.fsum(high) + (left if left > 1e-12 else 0.0))

    def _base(self, view: View, perfect: frozenset[Part]) -> list[float]:
        return [
            1.0 if part in perfect else model.works(view, frozenset())
            for part, model in zip(self.parts, self._models, strict=True)
        ]

    @cached_property
    def _conditional(self) -> tuple[int, ...]:
        """Positions of the parts that depend on the state of the domains."""
        return tuple(
            position
            for position, (part, model) in enumerate(zip(self.parts, self._models, strict=True))
            if model.domains or part in self._conditions
        )

    def _works(self, base: list[float], view: View, lost: frozenset[object], perfect: frozenset[Part]) -> list[float]:
        works = base.copy()
        for position in self._conditional:
            part, model = self.parts[position], self._models[position]
            if isinstance(part, Domain):
                works[position] = float(part not in lost)
            elif part in perfect:
                works[position] = model.without_failures(lost) if isinstance(model, Copies) else 1.0
            elif lost:
                works[position] = model.works(view, lost)
        return works

    def _states(
        self, view: View, perfect: frozenset[Part], negligible: float = NEGLIGIBLE
    ) -> Iterator[tuple[frozenset[object], float]]:
        """Sets of lost domains and their probabilities, those with few losses first."""
        domains = [domain for domain in self._conditions if domain not in perfect]
        figures = [self._parts.figure_of_domain(domain) for domain in domains]
        up = [1.0 if figure is None else figure.at(view) for figure in figures]
        left, count = 1.0, 0
        for losses in range(len(domains) + 1):
            count += math.comb(len(domains), losses)
            if left < negligible or (count > self._most_states and losses > 1):
                return
            for lost in itertools.combinations(range(len(domains)), losses):
                probability = math.prod(1.0 - p if number in lost else p for number, p in enumerate(up))
                if probability:
                    yield frozenset(domains[number] for number in lost), probability
                left -= probability

    @cached_property
    def _most_states(self) -> int:
        work = len(self._run.promises.flows) * max(1, len(self._conditional))
        return min(STATES, max(FEWEST_STATES, WORK // work))

    @cached_property
    def _function(self) -> StructureFunction[Node]:
        return StructureFunction(self.flow, self._needs.groups, self._varies)

    def _varies(self, node: Node) -> bool:
        return not isinstance(node, Component | Flow | Core) and self._parts.of(node) is not None

    @property
    def _entry(self) -> Component:
        entry = self.flow.entry
        assert entry is not None
        return entry


class Twin(FlowAvailability):
    """A flow that is solved with another, which differs from it in the entry alone."""

    def __init__(self, run: Availability, flow: Flow, other: FlowAvailability) -> None:
        super().__init__(run, flow)
        self._other = other

    @cached_property
    def lost_at_most(self) -> float:
        return self._other.lost_at_most

    def at(self, view: View, perfect: frozenset[Part] = frozenset()) -> Interval:
        return self._other.at(view, frozenset(_exchanged(part, self._entry, self._other._entry) for part in perfect))

    @cached_property
    def exact(self) -> bool:
        return self._other.exact

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        return tuple(_exchanged(part, self._other._entry, self._entry) for part in self._other.parts)

    @cached_property
    def required(self) -> tuple[Part, ...]:
        return tuple(_exchanged(part, self._other._entry, self._entry) for part in self._other.required)

    @property
    def wholes(self) -> tuple[tuple[Own, bool], ...]:
        return self._other.wholes

    @cached_property
    def lacks(self) -> tuple[str, ...]:
        return self._other.lacks

    def ceiling(self, part: Part) -> float:
        return self._other.ceiling(_exchanged(part, self._entry, self._other._entry))

    def contributions(self, most: int = 3) -> list[Contribution]:
        found = self._other.contributions(most)
        return [Contribution(_exchanged(one.part, self._other._entry, self._entry), one.downtime) for one in found]


def _exchanged(part: Part, one: Component, other: Component) -> Part:
    return Own(other) if part == Own(one) else part
