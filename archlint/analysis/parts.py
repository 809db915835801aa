"""What fails by itself below an entry: copies of components, failure domains, changes, and what is not known."""

from __future__ import annotations

import itertools
import math
from collections.abc import Set
from functools import cached_property
from typing import TypeAlias

from archlint.analysis.changes import Change
from archlint.analysis.domains import Domain, Share, host_of, zone_counts
from archlint.analysis.figures import PERFECT, USUAL_COMMON_CAUSE, Figure, Figures, View, of_change
from archlint.analysis.losses import Instance, Losses, Undecided
from archlint.analysis.reliability import Placement, redundant
from archlint.analysis.survival import Redundancy, is_own, least_instances, spreads_itself
from archlint.analysis.values import Known
from archlint.records import dataclass
from archlint.system.elements import Call, Component, External, Outside, Topic, stated


@dataclass(frozen=True, slots=True)
class Own:
    """A component by itself: its copies, or all of it where it is measured or promised as a whole."""

    of: Component


@dataclass(frozen=True, slots=True)
class Idle:
    """A request that does not make the call, and so does not need what it calls."""

    call: Call
    share: float


_Place: TypeAlias = tuple[Domain, ...]

_USUALLY_APART = Figure(1.0 - USUAL_COMMON_CAUSE, 1.0, 1.0, "default")

Part: TypeAlias = Own | Instance | Domain | Undecided | Idle | Change


@dataclass(frozen=True, slots=True)
class Whole:
    """Something of one availability. A domain is certainly lost where the state of domains says so."""

    figure: Figure
    domain: Domain | None = None

    domains: frozenset[object] = frozenset()

    def works(self, view: View, lost: Set[object]) -> float:
        return self.figure.at(view)


@dataclass(frozen=True, slots=True)
class Copies:
    """Copies of which enough must work, in the failure domains that hold some of them.

    `common`: the share of their failures that strikes all at once. `takeover`: the time without a leader.
    """

    copy: Figure
    common: Figure
    placement: Placement
    takeover: Figure

    @property
    def domains(self) -> frozenset[object]:
        return self.placement.domains

    def works(self, view: View, lost: Set[object]) -> float:
        """Given the domains that are lost."""
        left = self.placement.left_after(lost) if lost else self.placement.copies
        enough = redundant(self.placement.needed, left, self.copy.at(view), 1.0 - self.common.at(view))
        return enough * self.takeover.at(view)

    def without_failures(self, lost: Set[object]) -> float:
        """If no copy fails by itself: only the domains decide."""
        return 1.0 if self.placement.left_after(lost) >= self.placement.needed else 0.0


class Parts:
    """The availability of every part, each made once."""

    def __init__(self, losses: Losses, figures: Figures) -> None:
        self._losses = losses
        self._figures = figures
        self._owns: dict[Component, Whole | Copies | None] = {}
        self._found: dict[Part, Whole | Copies | None] = {}
        self._placements: dict[tuple[int, int, int], Placement] = {}

    def of(self, part: Part) -> Whole | Copies | None:
        """None for what never fails by itself, as far as anything is known of it."""
        if isinstance(part, Own):
            return self.own(part.of)
        if part not in self._found:
            self._found[part] = self._made(part)
        return self._found[part]

    def own(self, component: Component) -> Whole | Copies | None:
        """A component by itself."""
        if component not in self._owns:
            self._owns[component] = self._own(component)
        return self._owns[component]

    def figure_of_whole(self, part: Part) -> Figure | None:
        """The figure of a part that is no set of copies."""
        found = self.of(part)
        return found.figure if isinstance(found, Whole) else None

    def is_whole(self, component: Component) -> bool:
        """Whether it is told or promised as a whole how available a component is, or unknown."""
        return (
            stated(component.spec, "slo.availability") is not None
            or self._figures.whole(component) is not None
            or self._is_unknown(component)
        )

    def figure_of_domain(self, domain: Domain) -> Figure | None:
        return self._figures.domain(domain)

    def _made(self, part: Instance | Domain | Undecided | Idle | Change) -> Whole | Copies | None:
        if isinstance(part, Domain):
            figure = self._figures.domain(part)
            return None if figure is None else Whole(figure, part)
        if isinstance(part, Instance):
            return Whole(self._figures.instance(part.of))
        if isinstance(part, Idle):
            idle = 1.0 - part.share
            return Whole(Figure(idle, idle, idle, "stated"))
        if isinstance(part, Change):
            return Whole(of_change(part))
        return Whole(self._undecided(part))

    def _own(self, component: Component) -> Whole | Copies | None:
        told = self._figures.whole(component)
        if told is not None:
            return Whole(self._less_its_domains(component, told))
        if isinstance(component, Topic) and (self._figures.in_promise(component) or spreads_itself(component)):
            return None  # as available as its broker
        if self._is_unknown(component):
            return Whole(Figure(0.0, 0.0, 1.0, "unknown", (_route(component, "measured.availability"),)))
        size = self._losses.redundancy(component)
        if not is_own(component) or not isinstance(size, Known) or not size.value.copies or _is_hosted_alone(component):
            return None
        return self._copies(component, size.value)

    @staticmethod
    def _is_unknown(component: Component) -> bool:
        """Whether nobody here knows of the instances that others run."""
        return isinstance(component, External | Outside) or (
            not isinstance(component, Topic) and spreads_itself(component)
        )

    def _copies(self, component: Component, size: Redundancy) -> Copies:
        share = stated(component.spec, "common_cause")
        apart = 1.0 - (USUAL_COMMON_CAUSE if share is None else float(share))
        common = _USUALLY_APART if share is None else Figure(apart, apart, apart, "stated")
        return Copies(
            self._figures.instance(component),
            common,
            self._placement(component, size),
            self._figures.takeover(component) if size.leader else PERFECT,
        )

    def whole_domains(self, component: Component) -> tuple[Domain, ...]:
        """Domains that a component told as a whole shares with others, where its figure leaves room for them."""
        told = self._figures.whole(component)
        found = tuple(domain for domain, share in self._losses.shares(component).items() if share.whole)
        known = tuple(domain for domain in found if self._figures.domain(domain) is not None)
        room = told is not None and self._together(known).usual > told.usual
        return known if room else ()

    def _less_its_domains(self, component: Component, told: Figure) -> Figure:
        return told.without(self._together(self.whole_domains(component)))

    def _together(self, domains: tuple[Domain, ...]) -> Figure:
        low = usual = high = 1.0
        for domain in domains:
            figure = self._figures.domain(domain) or PERFECT
            low, usual, high = low * figure.low, usual * figure.usual, high * figure.high
        return Figure(low, usual, high, "default")

    def _placement(self, component: Component, size: Redundancy) -> Placement:
        """Components that are placed alike have one mapping of shares, and so one answer."""
        key = id(self._losses.shares(component)), size.copies, size.needed
        if key not in self._placements:
            self._placements[key] = Placement(size.needed, self._cells(component, size.copies))
        return self._placements[key]

    def _cells(self, component: Component, copies: int) -> tuple[tuple[frozenset[object], int], ...]:
        """Copies by the domains that hold some of them but not all; zones and lists of domains are filled evenly."""
        shares = self._losses.shares(component)
        split = {domain for domain, share in shares.items() if self._splits(domain, share)}
        runs, cycles = self._places(host_of(component), copies)
        period = math.lcm(*map(len, cycles))
        cells: dict[frozenset[object], int] = {}
        for around, copies_there in runs:
            for number in range(copies_there.start, min(copies_there.start + period, copies_there.stop)):
                places = (around, *(cycle[number % len(cycle)] for cycle in cycles))
                held = frozenset(domain for place in places for domain in place if domain in split)
                cells[held] = cells.get(held, 0) + len(range(number, copies_there.stop, period))
        return tuple(cells.items())

    def movable_over(self, component: Component) -> tuple[Domain, ...]:
        """Zones of a single instance that any of them may hold: it needs one of them."""
        host = host_of(component)
        count = least_instances(host)
        zones = zone_counts(host, 1) if isinstance(count, Known) and count.value == 1 else {}
        return tuple(Domain("zone", zone) for zone in zones) if len(zones) > 1 else ()

    def _splits(self, domain: Domain, share: Share) -> bool:
        return not share.whole and self._figures.domain(domain) is not None

    def _places(self, host: Component, copies: int) -> tuple[list[tuple[_Place, range]], list[list[_Place]]]:
        """What surrounds the copies, by their numbers: places of runs of them, and places that they take in turn.

        Zones that count the copies have runs; zones and domains that are only listed are taken in turn.
        """
        count = least_instances(host)
        zones = zone_counts(host, count.value if isinstance(count, Known) else None)
        around = {zone: self._losses.topologies.around(host.system, zone) for zone in zones}
        known = {zone: number for zone, number in zones.items() if number}
        ends = list(itertools.accumulate(known.values(), initial=0))
        runs: list[tuple[_Place, range]] = [((), range(copies))]
        cycles = [list(around.values())] if around else []
        if ends[-1] == copies:
            spans = zip(known, itertools.pairwise(ends), strict=True)
            runs, cycles = [(around[zone], range(*span)) for zone, span in spans], []
        values = stated(host.spec, "domains")
        for kind, named in values.items() if isinstance(values, dict) else ():
            if isinstance(named, list):
                cycles.append([(Domain(kind, str(name)),) for name in dict.fromkeys(named)])
        return runs, cycles

    def _undecided(self, part: Undecided) -> Figure:
        """At worst the loss that is not decided stops the component."""
        lacks = tuple(_route(part.of, field) for field in part.fields)
        worst = self._worst(part)
        return Figure(worst.low, worst.usual, 1.0, "unknown", lacks)

    def _worst(self, part: Undecided) -> Figure:
        if part.scope == "instance":
            count = least_instances(part.of)
            return self._figures.instance(part.of).to_the(max(1, count.value) if isinstance(count, Known) else 1)
        if part.scope in ("zone", "region"):
            return self._usual_places[part.scope]
        domains = self._losses.shares(part.of)
        return self._together(tuple(domain for domain in domains if domain.kind not in ("zone", "region")))

    @cached_property
    def _usual_places(self) -> dict[str, Figure]:
        return {kind: self._figures.domain(Domain(kind, "")) or PERFECT for kind in ("zone", "region")}


def _is_hosted_alone(component: Component) -> bool:
    """A topic on a broker's only node fails with that."""
    count = least_instances(component) if isinstance(component, Topic) else None
    return isinstance(count, Known) and count.value <= 1


def _route(component: Component, field: str) -> str:
    return ".".join((*(str(step) for step in component.path), field))
