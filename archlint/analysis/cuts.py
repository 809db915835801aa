"""Single losses that stop a promised flow: its cut sets of order one.

The elements are instances of components and failure domains. A component needs its instances (an element only
if losing one stops it), the domains whose loss alone stops it, and one alternative of each hard edge; what
other things save it is an alternative too. Where no flow of a system has an objective, every component that
nothing calls counts as an entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from archlint.analysis.cycles import Cycle, dependency_cycles
from archlint.analysis.domains import SOFTWARE, WIDE, Domain, host_of
from archlint.analysis.downtime import Budget, Failure, Failures
from archlint.analysis.losses import Instance, Losses, Node, Together, Undecided
from archlint.analysis.paths import Entry, Reached, entries_of_draft, reach
from archlint.analysis.promises import Promises
from archlint.analysis.requirements import Requirements
from archlint.analysis.survival import is_own
from archlint.analysis.values import Unknown
from archlint.records import dataclass
from archlint.system.elements import Component, Flow, System

if TYPE_CHECKING:
    from archlint.knowledge.catalogue import Catalogue


Cause: TypeAlias = Literal["replicas", "alternatives", "rescuer"]

PATIENCE = 50_000
"""Components visited entry by entry; beyond, entries of one objective are followed as one and only the one with
the widest path is named. Keeps the largest workspaces linear."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A flow that an element stops, and the share of its requests that need it. `flow`: None for a draft."""

    entry: Component
    flow: Flow | None
    share: float
    budget: Budget | None


@dataclass(frozen=True, slots=True)
class SinglePoint:
    """An element whose loss alone stops flows.

    `components`: what it stops by itself, in the order of the manifest. `cause`: they have all their instances
    in it; or none of them alone stops a flow, but they stand in for each other; or what should save them from
    it is lost with it. `place` is where its first remedy begins. `failure` is None where no rate is known of
    such an element.
    """

    element: Instance | Domain
    place: Component
    components: tuple[Component, ...]
    cause: Cause
    hits: tuple[Hit, ...]
    failure: Failure | None

    @property
    def draft(self) -> bool:
        """Whether nothing is promised of what it stops."""
        return all(hit.flow is None for hit in self.hits)

    @property
    def scope(self) -> str:
        """Whose finding it makes: "instance", "zone", "region", or "domain" for all else and for lost rescuers."""
        if isinstance(self.element, Instance):
            return "instance"
        return self.element.kind if self.element.kind in ("zone", "region") and self.cause != "rescuer" else "domain"

    @property
    def worst(self) -> Hit:
        """The flow of whose budget it spends most."""
        return max(self.hits, key=self.spent_of)

    @property
    def exposure(self) -> float | None:
        """Downtime over budget, the worst flow; None where no flow states an availability, or no rate is known."""
        worst = self.worst
        return None if worst.budget is None or self.failure is None else self.spent_of(worst)

    def spent_of(self, hit: Hit) -> float:
        return hit.budget.spent(self.failure, hit.share) if hit.budget is not None and self.failure else -1.0


class SingleFailures:
    """The order-1 cut sets of every flow with an objective."""

    def __init__(self, systems: Mapping[str, System], promises: Promises, knowledge: Catalogue) -> None:
        self.systems = systems
        self.promises = promises
        self.losses = Losses(systems, _entries(systems, promises))
        self._budgets: dict[Flow, Budget | None] = {}
        self.failures = Failures(knowledge, self.losses.topologies)

    def carries(self, component: Component) -> bool:
        """Whether any flow (of a draft: any entry) uses the component, alternatives included."""
        return component in self._used

    def instance(self, component: Component) -> SinglePoint | Unknown | None:
        """The finding that losing one instance of the component makes; None where it stops nothing."""
        point = self._points[Instance(component)] if component in self._singles else None
        return point or self._unknown(component, "instance")

    def zones(self, component: Component) -> tuple[SinglePoint, ...] | Unknown:
        """The zones whose finding has its place at the component."""
        return self._at(component, "zone")

    def regions(self, component: Component) -> tuple[SinglePoint, ...] | Unknown:
        """The regions whose finding has its place at the component."""
        return self._at(component, "region")

    def domains(self, component: Component) -> tuple[SinglePoint, ...] | Unknown:
        """All other domains whose finding has its place there, and any that take a rescuer with them."""
        return self._at(component, "domain")

    @cached_property
    def cycles(self) -> tuple[Cycle, ...]:
        """Circles of dependencies at run time, one for each group of components that reach each other."""
        return tuple(dependency_cycles(self.systems))

    @property
    def elements(self) -> tuple[Instance | Domain, ...]:
        """Every single loss that stops something, whether or not another finding explains it."""
        return tuple(node for node in self._hits if isinstance(node, Instance | Domain))

    @property
    def points(self) -> tuple[SinglePoint, ...]:
        """Every element, in the order of the manifests: instances first, then domains."""
        return tuple(self._points.values())

    def has_domains(self, component: Component) -> bool:
        """Whether the manifest states any failure domain of the component beside its zone and region."""
        return any(domain.kind not in ("zone", "region") for domain in self.losses.shares(component))

    def _at(self, component: Component, scope: str) -> tuple[SinglePoint, ...] | Unknown:
        points = tuple(point for point in self._domain_points.get(component, ()) if point.scope == scope)
        return points or self._unknown(component, scope) or ()

    def _unknown(self, component: Component, scope: str) -> Unknown | None:
        undecided = (node for node in self.losses.own[component] if isinstance(node, Undecided))
        fields = [name for node in undecided if node.scope == scope and node in self._hits for name in node.fields]
        return Unknown(*fields) if fields else None

    @cached_property
    def _solved(self) -> tuple[dict[Node, list[Hit]], dict[Component, None]]:
        """What each entry cannot lose, and all that any entry uses."""
        hits: dict[Node, list[Hit]] = {}
        used: dict[Component, None] = {}
        visited, rest = 0, list[tuple[Entry, Component]]()
        for entry, component in self.losses.entries:
            if visited > PATIENCE:
                rest.append((entry, component))
                continue
            flow = entry if isinstance(entry, Flow) else None
            reached = reach([(component, flow)], self.losses.ways)
            visited += len(reached)
            losses = self.losses
            own = flow is not None and losses.flows_restrict
            requirements = losses.requirements_of(flow) if flow is not None and own else losses.requirements
            self._note(requirements, entry, reached, hits)
            used.update(dict.fromkeys(reached))
        for members in _by_objective(rest, self.promises):
            sources = [(component, entry if isinstance(entry, Flow) else None) for entry, component in members]
            reached = reach(sources, self.losses.ways)
            self._note(self.losses.followed_as_one([entry for entry, _ in members]), Together(0), reached, hits)
            used.update(dict.fromkeys(reached))
        return hits, used

    def _note(
        self,
        requirements: Requirements[Node],
        entry: Node,
        reach: Mapping[Component, Reached],
        hits: dict[Node, list[Hit]],
    ) -> None:
        """Add a hit to everything that the entry cannot lose."""
        candidates: list[Node] = list(reach)
        candidates.extend(node for member in reach for node in self.losses.own.get(member, ()))
        critical: list[Node] = [component for component, reached in reach.items() if reached.entry is component]
        critical.extend(requirements.critical_elements(entry, candidates))
        ways = self._ways(reach)
        for node in dict.fromkeys(critical):
            reached = ways[node]
            budget = self._budget(reached.flow)
            hits.setdefault(node, []).append(Hit(reached.entry, reached.flow, reached.share, budget))

    def _budget(self, flow: Flow | None) -> Budget | None:
        if flow is not None and flow not in self._budgets:
            self._budgets[flow] = Budget.of(self.promises.objective(flow))
        return None if flow is None else self._budgets[flow]

    def _ways(self, reach: Mapping[Component, Reached]) -> dict[Node, Reached]:
        """How requests come to each element: by the widest path to what it stops, the first of equal ones."""
        ways: dict[Node, Reached] = {}
        ways.update(reach.items())
        for component in sorted(self._rank.keys() & reach, key=self._rank.__getitem__):
            reached = reach[component]
            for node in self.losses.own[component]:
                if node not in ways or reached.share > ways[node].share:
                    ways[node] = reached
        return ways

    @cached_property
    def _rank(self) -> dict[Component, int]:
        """The order of the manifests."""
        return {component: position for position, component in enumerate(self.losses.components)}

    @property
    def _hits(self) -> dict[Node, list[Hit]]:
        return self._solved[0]

    @property
    def _used(self) -> dict[Component, None]:
        return self._solved[1]

    @cached_property
    def _singles(self) -> set[Component]:
        """Components of which one instance, once lost, stops an entry."""
        return {node.of for node in self._hits if isinstance(node, Instance)}

    @cached_property
    def _points(self) -> dict[Node, SinglePoint]:
        points: dict[Node, SinglePoint] = {}
        for component in self.losses.components:
            if component in self._singles:
                element = Instance(component)
                failure = self.failures.of_instance(component)
                hits = tuple(self._hits[element])
                points[element] = SinglePoint(element, component, (component,), "replicas", hits, failure)
        for domain in self.losses.users:
            point = self._domain_point(domain) if domain in self._hits else None
            if point is not None:
                points[domain] = point
        return points

    def _domain_point(self, domain: Domain) -> SinglePoint | None:
        """None where what it stops is stopped by something smaller that has a finding of its own."""
        losses = self.losses
        users = [user for user in losses.users[domain] if user in self._used and losses.is_stopped(user, domain)]
        stopped = [user for user in users if user in self._hits]
        affected = [user for user in stopped if not self._explained(user, domain)] if stopped else users
        hosts = set(affected)
        affected = [user for user in affected if host_of(user) is user or host_of(user) not in hosts]
        if not affected:
            return None
        cause: Cause = "replicas" if stopped else "alternatives"
        if any(losses.rescuers(user, domain) for user in affected):
            cause = "rescuer"
            affected.sort(key=lambda user: not losses.rescuers(user, domain))
        if cause == "replicas" and domain.kind in SOFTWARE:
            return None
        place = _stand_in(affected) if cause == "alternatives" else affected[0]
        hits, failure = tuple(self._hits[domain]), self.failures.of_domain(domain)
        return SinglePoint(domain, place, tuple(affected), cause, hits, failure)

    def _explained(self, component: Component, domain: Domain) -> bool:
        """Whether the loss of an instance, or (for other domains) of a zone, already stops the component."""
        if not is_own(component) or component in self._singles or host_of(component) in self._singles:
            return True
        if domain.kind == "zone" or self.losses.rescuers(component, domain):
            return False
        return any(isinstance(n, Domain) and n.kind == "zone" and n in self._hits for n in self.losses.own[component])

    @cached_property
    def _domain_points(self) -> dict[Component, tuple[SinglePoint, ...]]:
        placed: dict[Component, list[SinglePoint]] = {}
        for point in self._points.values():
            if isinstance(point.element, Domain):
                placed.setdefault(point.place, []).append(point)
        return {place: tuple(points) for place, points in placed.items()}


def _entries(systems: Mapping[str, System], promises: Promises) -> tuple[tuple[Entry, Component], ...]:
    """What users see, and where they enter: flows with an objective, or in a draft all that nothing calls."""
    kept: dict[Entry, Component] = {flow: flow.entry for flow in promises.flows if flow.entry is not None}
    with_promise = {flow.system for flow in promises.flows}
    for system in systems.values():
        if system not in with_promise:
            kept.update({component: component for component in entries_of_draft(system)})
    return tuple(kept.items())


def is_wide(domain: Domain) -> bool:
    """Whether a whole system may fairly stand in the domain."""
    return domain.kind in WIDE


def _by_objective(
    entries: Iterable[tuple[Entry, Component]], promises: Promises
) -> Iterator[list[tuple[Entry, Component]]]:
    """Entries of one budget: they are hurt alike by a loss."""
    groups: dict[Budget | None, list[tuple[Entry, Component]]] = {}
    for entry, component in entries:
        budget = Budget.of(promises.objective(entry)) if isinstance(entry, Flow) else None
        groups.setdefault(budget, []).append((entry, component))
    yield from groups.values()


def _stand_in(components: list[Component]) -> Component:
    """Of alternatives the one to move: what stands in for another, else the last."""
    for component in components:
        for edge in component.incoming:
            if edge.fallback is component or edge.kind in ("failover_to", "failover_controller"):
                return component
    return components[-1]
