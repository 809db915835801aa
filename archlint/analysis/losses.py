"""The losses that stop each component, and the requirements that follow from them and from the calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

from archlint.analysis.domains import Domain, Share, Topologies, host_of, places_known
from archlint.analysis.paths import Entry, Ways, alternatives
from archlint.analysis.requirements import Group, Requirements, all_of
from archlint.analysis.survival import (
    SURVIVES,
    Fate,
    Redundancy,
    fate_in,
    fate_of_instance,
    is_own,
    least_instances,
    redundancy,
    spreads_itself,
    stand_ins,
)
from archlint.analysis.values import Known, Unknown
from archlint.records import dataclass
from archlint.system.elements import Cache, Component, External, Flow, System


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


class Losses:
    """What stops the components of a run, and what the entries therefore need."""

    def __init__(self, systems: Mapping[str, System], entries: tuple[tuple[Entry, Component], ...]) -> None:
        self.systems = systems
        self.entries = entries
        self.topologies = Topologies(systems)
        self.ways = Ways()
        self._shares: dict[Component, Mapping[Domain, Share]] = {}
        self._alike: dict[tuple[int, int, int], tuple[Group[Node], ...]] = {}
        self._sizes: dict[Component, Known[Redundancy] | Unknown] = {}

    @cached_property
    def components(self) -> tuple[Component, ...]:
        return tuple(component for system in self.systems.values() for component in system.components.values())

    def shares(self, component: Component) -> Mapping[Domain, Share]:
        """Every domain that the component is stated to stand in, and how much of it."""
        host = host_of(component)
        if host not in self._shares:
            count = least_instances(host)
            self._shares[host] = self.topologies.shares(host, count.value if isinstance(count, Known) else None)
        return self._shares[host]

    def redundancy(self, component: Component) -> Known[Redundancy] | Unknown:
        """As `survival.redundancy`, found once."""
        if component not in self._sizes:
            self._sizes[component] = redundancy(component)
        return self._sizes[component]

    @cached_property
    def own(self) -> dict[Component, tuple[Node, ...]]:
        """Per component, the elements and undecided losses that its own groups name."""
        return {
            component: tuple(
                node
                for group in groups
                for node in group.alternatives
                if isinstance(node, Instance | Domain | Undecided)
            )
            for component, groups in self.groups.items()
        }

    @cached_property
    def groups(self) -> dict[Component, tuple[Group[Node], ...]]:
        """Per component, one group for each loss that stops it, or may."""
        return {component: tuple(self._losses_of(component)) for component in self.components}

    def _losses_of(self, component: Component) -> Iterator[Group[Node]]:
        """Of an external only the domains count, which it may share with its stand-in: others run it.

        What its provider spreads over zones by itself is not lost with any.
        """
        if not is_own(component):
            for domain in self.shares(component) if isinstance(component, External) else ():
                yield Group((domain,))
            return
        if spreads_itself(component):
            return
        size = self.redundancy(component)
        fate = fate_of_instance(component, size)
        if fate is not SURVIVES:
            yield from _groups(component, Instance(component), fate, "instance")
        yield from self._of_places(component, size)
        if self._needs_zones(component):
            yield Group((Undecided(component, "zone", ("zones",)),))

    def _of_places(self, component: Component, size: Known[Redundancy] | Unknown) -> Sequence[Group[Node]]:
        """Of places. Where nothing takes over, only the number of copies and their places matter."""
        if isinstance(size, Unknown) or size.value.leader or isinstance(component, Cache) or stand_ins(component):
            return tuple(self._of_each_place(component, size))
        key = id(self.shares(component)), size.value.copies, size.value.needed
        if key not in self._alike:
            self._alike[key] = tuple(self._of_each_place(component, size))
        return self._alike[key]

    def _of_each_place(self, component: Component, size: Known[Redundancy] | Unknown) -> Iterator[Group[Node]]:
        for domain, share in self.shares(component).items():
            fate = fate_in(component, size, domain, share, self.topologies)
            if fate is not SURVIVES:
                scope = domain.kind if domain.kind in ("zone", "region") else "domain"
                yield from _groups(component, domain, fate, scope)

    @staticmethod
    def _needs_zones(component: Component) -> bool:
        """Whether nobody says where its instances stand; of a single one it does not matter."""
        if host_of(component) is not component or places_known(component):
            return False
        count = least_instances(component)
        return not isinstance(count, Known) or count.value > 1

    @cached_property
    def requirements(self) -> Requirements[Node]:
        """Of everything, as requests of any flow take it."""
        nodes: tuple[Node, ...] = (*self.components, *(entry for entry, _ in self.entries))
        return Requirements({node: self._groups_of(node, None) for node in nodes})

    def requirements_of(self, flow: Flow) -> Requirements[Node]:
        """Of what one flow may use, as its own requests take it."""
        return Requirements(self._reached_from([flow], flow))

    def followed_as_one(self, entries: list[Entry]) -> Requirements[Node]:
        """Of what the entries may use, and of `Together(0)`, which needs all of them."""
        return Requirements(self._reached_from(entries, None) | _chained(entries))

    def _reached_from(self, entries: Iterable[Node], flow: Flow | None) -> dict[Node, list[Group[Node]]]:
        groups: dict[Node, list[Group[Node]]] = {}
        waiting = list(entries)
        for node in waiting:
            if node not in groups:
                groups[node] = self._groups_of(node, flow)
                waiting.extend(other for group in groups[node] for other in group.alternatives)
        return groups

    def _groups_of(self, node: Node, flow: Flow | None) -> list[Group[Node]]:
        """What a component or a flow needs; an element is lost only by itself."""
        if isinstance(node, Flow) and node.entry is not None:
            return [*self.groups.get(node.entry, ()), *self._edge_groups(node.entry, node, entered=True)]
        if isinstance(node, Component):
            return [*self.groups.get(node, ()), *self._edge_groups(node, flow, entered=False)]
        return []

    def _edge_groups(self, component: Component, flow: Flow | None, *, entered: bool) -> Iterator[Group[Node]]:
        for edge in self.ways.out_of(component, flow, entered=entered):
            found = alternatives(edge)
            if found:
                yield Group(found)

    @cached_property
    def flows_restrict(self) -> bool:
        """Whether a call away from the entries is made for some flows only: then flows have paths of their own."""
        return any(
            name in system.flows
            for system in self.systems.values()
            for item in (*system.calls, *system.publishes)
            for name in item.spec.only_in or ()
        )

    @cached_property
    def users(self) -> dict[Domain, list[Component]]:
        """Per domain, the components that its loss stops, in the order of the manifests."""
        users: dict[Domain, list[Component]] = {}
        for component, nodes in self.own.items():
            for node in nodes:
                if isinstance(node, Domain):
                    users.setdefault(node, []).append(component)
        return users

    def rescuers(self, component: Component, domain: Domain) -> tuple[Component, ...]:
        """What should save the component from the loss of the domain."""
        groups = (group.alternatives for group in self.groups[component] if domain in group.alternatives)
        return tuple(node for nodes in groups for node in nodes if isinstance(node, Component))

    def is_stopped(self, component: Component, domain: Domain) -> bool:
        """Whether the loss of the domain stops the component: nothing else saves it."""
        groups = [group.alternatives for group in self.groups[component] if domain in group.alternatives]
        return any(
            all(node == domain or self.requirements.critical_elements(node, [domain]) for node in nodes)
            for nodes in groups
        )


def _groups(component: Component, element: Node, fate: Fate, scope: str) -> Iterator[Group[Node]]:
    if fate.unknown:
        yield Group((Undecided(component, scope, fate.unknown),))
    elif fate.lost and fate.rescuers:
        yield from (Group((element, rescuer)) for rescuer in fate.rescuers)
    elif fate.lost:
        yield Group((element,))


def _chained(entries: list[Entry]) -> dict[Node, list[Group[Node]]]:
    """A node that needs all the entries; a list of pairs, since time grows with the groups of one node."""
    groups: dict[Node, list[Group[Node]]] = {}
    for position, entry in enumerate(entries):
        rest = [Together(position + 1)] if position + 1 < len(entries) else []
        groups[Together(position)] = all_of([entry, *rest])
    return groups
