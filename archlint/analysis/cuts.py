"""Single losses that stop a promised flow: its cut sets of order one.

The elements are instances of components and failure domains. A component needs its instances (an element only
if losing one stops it), the domains whose loss alone stops it, and one alternative of each hard edge; what
other things save it is an alternative too. Where no flow of a system has an objective, every component that
nothing calls counts as an entry.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from archlint.analysis.cycles import Cycle, dependency_cycles
from archlint.analysis.domains import SOFTWARE, WIDE, Domain, Topologies, host_of, places_known
from archlint.analysis.downtime import Budget, Failure, Failures
from archlint.analysis.promises import Promises
from archlint.analysis.requirements import Group, Requirements, all_of
from archlint.analysis.survival import (
    Fate,
    fate_in,
    fate_of_instance,
    is_own,
    least_instances,
    spreads_itself,
)
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import (
    Cache,
    Call,
    Client,
    Component,
    Dependency,
    Flow,
    Job,
    Outside,
    Publish,
    Service,
    System,
)

if TYPE_CHECKING:
    from archlint.knowledge.catalogue import Catalogue


Entry: TypeAlias = Flow | Component
Cause: TypeAlias = Literal["replicas", "alternatives", "rescuer"]

PATIENCE = 50_000
"""Components visited entry by entry; beyond, entries of one objective are followed as one and only the one with
the widest path is named. Keeps the largest workspaces linear."""


@dataclass(frozen=True, slots=True)
class Instance:
    """Any one instance of a component."""

    of: Component


@dataclass(frozen=True, slots=True)
class Undecided:
    """Stands for the losses of a scope ("instance", "zone", "domain") whose outcome fields would decide."""

    of: Component
    scope: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Together:
    """Entries that are followed as one: the one at `position`, and those after it."""

    position: int


Node: TypeAlias = Component | Flow | Instance | Domain | Undecided | Together


@dataclass(frozen=True, slots=True)
class Reached:
    """That requests of an entry come to a component, and the share of them that need it."""

    entry: Component
    flow: Flow | None
    share: float


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
    def is_zone(self) -> bool:
        """Whether it is the zone itself that matters."""
        zone = isinstance(self.element, Domain) and self.element.kind == "zone"
        return zone and self.cause != "rescuer"

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
        self.topologies = Topologies(systems)
        self.failures = Failures(knowledge, self.topologies)

    def carries(self, component: Component) -> bool:
        """Whether any flow (of a draft: any entry) uses the component, alternatives included."""
        return component in self._used

    def instance(self, component: Component) -> SinglePoint | Unknown | None:
        """The finding that losing one instance of the component makes; None where it stops nothing."""
        return self._points.get(Instance(component)) or self._unknown(component, "instance")

    def zones(self, component: Component) -> tuple[SinglePoint, ...] | Unknown:
        """The zones whose finding has its place at the component."""
        return self._at(component, zone=True) or self._unknown(component, "zone") or ()

    def domains(self, component: Component) -> tuple[SinglePoint, ...] | Unknown:
        """All other domains whose finding has its place there, and zones that take a rescuer with them."""
        return self._at(component, zone=False) or self._unknown(component, "domain") or ()

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
        return any(domain.kind not in ("zone", "region") for domain in self._shares(component))

    def _at(self, component: Component, *, zone: bool) -> tuple[SinglePoint, ...]:
        points = self._domain_points.get(component, ())
        return tuple(point for point in points if point.is_zone == zone)

    def _unknown(self, component: Component, scope: str) -> Unknown | None:
        undecided = (node for node in self._own[component] if isinstance(node, Undecided))
        fields = [name for node in undecided if node.scope == scope and node in self._hits for name in node.fields]
        return Unknown(*fields) if fields else None

    @cached_property
    def _components(self) -> tuple[Component, ...]:
        return tuple(component for system in self.systems.values() for component in system.components.values())

    @cached_property
    def _entries(self) -> tuple[tuple[Entry, Component], ...]:
        """What users see: flows with an objective, or in a draft all that nothing calls, with its component."""
        kept: dict[Entry, Component] = {flow: flow.entry for flow in self.promises.flows if flow.entry is not None}
        with_promise = {flow.system for flow in self.promises.flows}
        for system in self.systems.values():
            if system not in with_promise:
                kept.update({component: component for component in entries_of_draft(system)})
        return tuple(kept.items())

    def _shares(self, component: Component) -> dict[Domain, object]:
        host = host_of(component)
        count = least_instances(host)
        return dict(self.topologies.shares(host, count.value if isinstance(count, Known) else None))

    @cached_property
    def _own(self) -> dict[Component, tuple[Node, ...]]:
        """Per component, the elements and undecided losses that its own groups name."""
        return {
            component: tuple(
                node
                for group in groups
                for node in group.alternatives
                if isinstance(node, Instance | Domain | Undecided)
            )
            for component, groups in self._losses.items()
        }

    @cached_property
    def _losses(self) -> dict[Component, tuple[Group[Node], ...]]:
        """Per component, one group for each loss that stops it, or may."""
        return {component: tuple(self._losses_of(component)) for component in self._components}

    def _losses_of(self, component: Component) -> Iterator[Group[Node]]:
        if not is_own(component) and not self._is_shared_external(component):
            return
        host = host_of(component)
        if is_own(component):
            yield from _groups(component, Instance(component), fate_of_instance(component), "instance")
        count = least_instances(host)
        instances = count.value if isinstance(count, Known) else None
        for domain, share in self.topologies.shares(host, instances).items():
            fate = fate_in(component, domain, share, self.topologies) if is_own(component) else Fate(lost=True)
            yield from _groups(component, domain, fate, domain.kind if domain.kind in ("zone", "region") else "domain")
        alone = instances is not None and instances <= 1
        if is_own(component) and component is host and not (alone or places_known(host) or spreads_itself(component)):
            yield Group((Undecided(component, "zone", ("zones",)),))

    @staticmethod
    def _is_shared_external(component: Component) -> bool:
        """Others run it; only what it shares with its stand-in is this system's affair."""
        return component.kind == "external"

    @cached_property
    def _requirements(self) -> Requirements[Node]:
        return Requirements(self._structure(None))

    def _structure(self, flow: Flow | None) -> dict[Node, list[Group[Node]]]:
        groups: dict[Node, list[Group[Node]]] = {}
        for component in self._components:
            groups[component] = [*self._losses[component], *_edge_groups(component, flow, entered=False)]
        for entry, component in self._entries:
            if isinstance(entry, Flow) and flow in (None, entry):
                own = self._losses.get(component, ())
                groups[entry] = [*own, *_edge_groups(component, entry, entered=True)]
        return groups

    @cached_property
    def _flows_restrict(self) -> bool:
        """Whether a call away from the entries is made for some flows only: then flows have paths of their own."""
        return any(
            name in system.flows
            for system in self.systems.values()
            for item in (*system.calls, *system.publishes)
            for name in item.spec.only_in or ()
        )

    @cached_property
    def _solved(self) -> tuple[dict[Node, list[Hit]], dict[Component, None]]:
        """What each entry cannot lose, and all that any entry uses."""
        hits: dict[Node, list[Hit]] = {}
        used: dict[Component, None] = {}
        visited, rest = 0, list[tuple[Entry, Component]]()
        for entry, component in self._entries:
            if visited > PATIENCE:
                rest.append((entry, component))
                continue
            flow = entry if isinstance(entry, Flow) else None
            reach = _reach([(component, flow)])
            visited += len(reach)
            requirements = Requirements(self._structure(flow)) if self._is_restricted(flow) else self._requirements
            self._note(requirements, entry, reach, hits)
            used.update(dict.fromkeys(reach))
        for members in _by_objective(rest, self.promises):
            reach = _reach([(component, entry if isinstance(entry, Flow) else None) for entry, component in members])
            structure = self._structure(None) | _followed_as_one([entry for entry, _ in members])
            self._note(Requirements(structure), Together(0), reach, hits)
            used.update(dict.fromkeys(reach))
        return hits, used

    def _is_restricted(self, flow: Flow | None) -> bool:
        return flow is not None and self._flows_restrict

    def _note(
        self,
        requirements: Requirements[Node],
        entry: Node,
        reach: Mapping[Component, Reached],
        hits: dict[Node, list[Hit]],
    ) -> None:
        """Add a hit to everything that the entry cannot lose."""
        candidates: list[Node] = list(reach)
        candidates.extend(node for member in reach for node in self._own.get(member, ()))
        critical: list[Node] = [component for component, reached in reach.items() if reached.entry is component]
        critical.extend(requirements.critical_elements(entry, candidates))
        for node in dict.fromkeys(critical):
            reached = self._reached(node, reach)
            budget = Budget.of(self.promises.objective(reached.flow)) if reached.flow else None
            hits.setdefault(node, []).append(Hit(reached.entry, reached.flow, reached.share, budget))

    def _reached(self, node: Node, reach: Mapping[Component, Reached]) -> Reached:
        """How requests come to an element: by the widest path to what it stops."""
        if isinstance(node, Component):
            return reach[node]
        if isinstance(node, Instance | Undecided):
            return reach[node.of]
        users = [user for user in self._users.get(node, ()) if user in reach]
        return max((reach[user] for user in users), key=lambda reached: reached.share)

    @property
    def _hits(self) -> dict[Node, list[Hit]]:
        return self._solved[0]

    @property
    def _used(self) -> dict[Component, None]:
        return self._solved[1]

    @cached_property
    def _users(self) -> dict[Node, list[Component]]:
        """Per domain, the components that its loss stops, in the order of the manifests."""
        users: dict[Node, list[Component]] = {}
        for component, nodes in self._own.items():
            for node in nodes:
                if isinstance(node, Domain):
                    users.setdefault(node, []).append(component)
        return users

    @cached_property
    def _points(self) -> dict[Node, SinglePoint]:
        points: dict[Node, SinglePoint] = {}
        for component in self._components:
            element = Instance(component)
            if element in self._hits:
                failure = self.failures.of_instance(component)
                hits = tuple(self._hits[element])
                points[element] = SinglePoint(element, component, (component,), "replicas", hits, failure)
        for domain in self._users:
            point = self._domain_point(domain) if isinstance(domain, Domain) and domain in self._hits else None
            if point is not None:
                points[domain] = point
        return points

    def _domain_point(self, domain: Domain) -> SinglePoint | None:
        """None where what it stops is stopped by something smaller that has a finding of its own."""
        users = [user for user in self._users[domain] if user in self._used and self._is_stopped(user, domain)]
        stopped = [user for user in users if user in self._hits]
        affected = [user for user in stopped if not self._explained(user, domain)] if stopped else users
        affected = [user for user in affected if host_of(user) is user or host_of(user) not in affected]
        if not affected:
            return None
        cause: Cause = "replicas" if stopped else "alternatives"
        if any(self._rescuers(user, domain) for user in affected):
            cause = "rescuer"
            affected.sort(key=lambda user: not self._rescuers(user, domain))
        if cause == "replicas" and domain.kind in SOFTWARE:
            return None
        place = _stand_in(affected) if cause == "alternatives" else affected[0]
        hits, failure = tuple(self._hits[domain]), self.failures.of_domain(domain)
        return SinglePoint(domain, place, tuple(affected), cause, hits, failure)

    def _rescuers(self, component: Component, domain: Domain) -> tuple[Component, ...]:
        """What should save the component from the loss of the domain."""
        groups = (group.alternatives for group in self._losses[component] if domain in group.alternatives)
        return tuple(node for nodes in groups for node in nodes if isinstance(node, Component))

    def _is_stopped(self, component: Component, domain: Domain) -> bool:
        """Whether the loss of the domain stops the component: nothing else saves it."""
        groups = [group.alternatives for group in self._losses[component] if domain in group.alternatives]
        return any(
            all(node == domain or self._requirements.critical_elements(node, [domain]) for node in nodes)
            for nodes in groups
        )

    def _explained(self, component: Component, domain: Domain) -> bool:
        """Whether the loss of an instance, or (for other domains) of a zone, already stops the component."""
        if not is_own(component) or any(Instance(c) in self._hits for c in (component, host_of(component))):
            return True
        if domain.kind == "zone" or self._rescuers(component, domain):
            return False
        return any(isinstance(n, Domain) and n.kind == "zone" and n in self._hits for n in self._own[component])

    @cached_property
    def _domain_points(self) -> dict[Component, tuple[SinglePoint, ...]]:
        placed: dict[Component, list[SinglePoint]] = {}
        for point in self._points.values():
            if isinstance(point.element, Domain):
                placed.setdefault(point.place, []).append(point)
        return {place: tuple(points) for place, points in placed.items()}


def is_wide(domain: Domain) -> bool:
    """Whether a whole system may fairly stand in the domain."""
    return domain.kind in WIDE


def entries_of_draft(system: System) -> Iterator[Component]:
    """Services that nothing of the run but clients and jobs calls."""
    for service in system.services.values():
        if all(isinstance(edge.source, Client | Job) for edge in service.incoming if _is_call(edge)):
            yield service


def _is_call(edge: Dependency) -> bool:
    return edge.kind in ("call", "depends_on") and edge.phase == "runtime" and not _is_periodic(edge)


def _groups(component: Component, element: Node, fate: Fate, scope: str) -> Iterator[Group[Node]]:
    if fate.unknown:
        yield Group((Undecided(component, scope, fate.unknown),))
    elif fate.lost and fate.rescuers:
        yield from (Group((element, rescuer)) for rescuer in fate.rescuers)
    elif fate.lost:
        yield Group((element,))


def _edge_groups(component: Component, flow: Flow | None, *, entered: bool) -> Iterator[Group[Node]]:
    for edge in component.outgoing:
        alternatives = _alternatives(edge)
        if alternatives and is_on_path(edge, flow, entered=entered):
            yield Group(alternatives)


def _alternatives(edge: Dependency) -> tuple[Component, ...]:
    """What can do the work of the edge; empty where the work can be left undone."""
    if edge.phase != "runtime" or _is_periodic(edge):
        return ()
    if edge.hard:
        return tuple(dict.fromkeys(other for target in edge.targets for other in _behind(target)))
    if edge.fallback is not None:
        return tuple(dict.fromkeys((*edge.targets, edge.fallback)))
    return ()


def _behind(target: Component) -> Iterable[Component]:
    """A cache that lets requests pass on an error is not needed itself."""
    if isinstance(target, Cache) and target.backed_by is not None and target.spec.on_error == "pass-through":
        return (target, target.backed_by)
    return (target,)


def _is_periodic(edge: Dependency) -> bool:
    """Work that no request causes, so that no request fails with it."""
    item = edge.item
    if not isinstance(item, Call) or not isinstance(edge.source, Service):
        return False
    return item.spec.rate is not None or item.spec.every is not None


def is_on_path(edge: Dependency, flow: Flow | None, *, entered: bool) -> bool:
    """Whether a request of the flow may take the edge; `entered`: its source is where the flow enters.

    Which operation a request asks for is known at the entry only.
    """
    item = edge.item
    if flow is None or not isinstance(item, Call | Publish):
        return True
    names = {item.operation} if item.operation else set(item.spec.only_in or ())
    if not names or flow.name in names:
        return True
    operations = [name for name in names if name not in item.system.flows]
    if not operations:
        return item.system is not flow.system
    return not entered or flow.spec.operation is None or flow.spec.operation in operations


def _by_objective(
    entries: Iterable[tuple[Entry, Component]], promises: Promises
) -> Iterator[list[tuple[Entry, Component]]]:
    """Entries of one budget: they are hurt alike by a loss."""
    groups: dict[Budget | None, list[tuple[Entry, Component]]] = {}
    for entry, component in entries:
        budget = Budget.of(promises.objective(entry)) if isinstance(entry, Flow) else None
        groups.setdefault(budget, []).append((entry, component))
    yield from groups.values()


def _followed_as_one(entries: list[Entry]) -> dict[Node, list[Group[Node]]]:
    """A node that needs all the entries; a list of pairs, since time grows with the groups of one node."""
    groups: dict[Node, list[Group[Node]]] = {}
    for position, entry in enumerate(entries):
        rest = [Together(position + 1)] if position + 1 < len(entries) else []
        groups[Together(position)] = all_of([entry, *rest])
    return groups


def _reach(sources: Iterable[tuple[Component, Flow | None]]) -> dict[Component, Reached]:
    """Everything that the entries use, with the share of the requests that need it by the widest path."""
    best: dict[Component, Reached] = {}
    queue: list[tuple[float, int, Component]] = []
    for component, flow in sources:
        best.setdefault(component, Reached(component, flow, 1.0))
        queue.append((-1.0, len(queue), component))
    count = len(queue)
    while queue:
        negative, _, component = heapq.heappop(queue)
        here = best[component]
        if -negative < here.share:
            continue
        entered = component is here.entry
        for edge in component.outgoing:
            if not is_on_path(edge, here.flow, entered=entered):
                continue
            share = here.share * _share(edge, here.flow if entered else None)
            for target in _alternatives(edge):
                if not isinstance(target, Outside) and (target not in best or share > best[target].share):
                    best[target] = Reached(here.entry, here.flow, share)
                    count += 1
                    heapq.heappush(queue, (-share, count, target))
    return best


def _share(edge: Dependency, flow: Flow | None) -> float:
    item = edge.item
    if not isinstance(item, Call):
        return 1.0
    share = float(item.spec.share)
    operations = getattr(item.caller.spec, "operations", None) or {}
    names = [item.operation] if item.operation else [n for n in item.spec.only_in or () if n in operations]
    if not names or (flow is not None and flow.spec.operation in names):
        return share
    shares = [operations[name].share for name in names]
    return share if any(part is None for part in shares) else share * min(1.0, sum(float(part) for part in shares))


def _stand_in(components: list[Component]) -> Component:
    """Of alternatives the one to move: what stands in for another, else the last."""
    for component in components:
        for edge in component.incoming:
            if edge.fallback is component or edge.kind in ("failover_to", "failover_controller"):
                return component
    return components[-1]
