"""What a flow needs, as groups of alternatives over components and the parts of them that fail by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from archlint.analysis.changes import Change, change, classes_of, reaches
from archlint.analysis.domains import Domain
from archlint.analysis.figures import Figures
from archlint.analysis.losses import Instance, Losses, Undecided
from archlint.analysis.parts import Idle, Own, Part, Parts
from archlint.analysis.paths import alternatives, share_of
from archlint.analysis.requirements import Group
from archlint.analysis.survival import spreads_itself, stand_ins
from archlint.analysis.values import Known
from archlint.records import dataclass
from archlint.system.elements import Call, Component, External, Flow, Outside, Topic

if TYPE_CHECKING:
    from archlint.manifest.models.changes import ChangeSpec


@dataclass(frozen=True, slots=True)
class Core:
    """A component without what takes over for it."""

    of: Component


Node: TypeAlias = Component | Flow | Core | Part


class Needs:
    """The requirement structure below one flow, made as it is walked."""

    def __init__(self, losses: Losses, figures: Figures, parts: Parts, flow: Flow) -> None:
        self._losses = losses
        self._figures = figures
        self._parts = parts
        self._flow = flow
        assert flow.entry is not None
        self._entry: Component = flow.entry

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Quantified classes of changes; none where the entry is measured, for that holds what they cost."""
        return () if self._figures.told(self._entry) is not None else self.felt

    @cached_property
    def felt(self) -> tuple[Change, ...]:
        """Quantified classes of changes that reach the flow."""
        system = self._flow.system
        found = [change(system, name, self._entry) for name, spec in classes_of(system).items() if self._takes(spec)]
        return tuple(one.value for one in found if isinstance(one, Known))

    def _takes(self, spec: ChangeSpec) -> bool:
        return spec.consumers is None or reaches(spec, self._names)

    @cached_property
    def _names(self) -> set[str]:
        """Components that the flow's requests may come to."""
        seen, stack = {self._entry: None}, [self._entry]
        while stack:
            component = stack.pop()
            for edge in self._losses.ways.out_of(component, self._flow, entered=component is self._entry):
                new = [other for other in alternatives(edge) if other not in seen]
                seen.update(dict.fromkeys(new))
                stack.extend(new)
        return {component.name for component in seen}

    def groups(self, node: Node) -> Sequence[Group[Node]]:
        """What a node needs to work."""
        if isinstance(node, Flow):
            changes: list[Group[Node]] = [Group((one,)) for one in self.changes]
            return [*changes, *self._component(self._entry, entered=True)]
        if isinstance(node, Core):
            return self._own_groups(node.of, frozenset(stand_ins(node.of)))
        return self._component(node, entered=False) if isinstance(node, Component) else ()

    def _component(self, component: Component, *, entered: bool) -> list[Group[Node]]:
        """What a component needs: itself, its domains, and one alternative of each edge that a request may take."""
        told = self._figures.told(component)
        if told is not None:
            domains: list[Group[Node]] = [Group((domain,)) for domain in self._parts.whole_domains(component)]
            return [Group((Own(component),)), *domains]
        if isinstance(component, External | Outside):
            return [Group((Own(component),))]
        groups: list[Group[Node]] = []
        others = stand_ins(component)
        if others:
            groups.append(Group((Core(component), *others)))
        else:
            groups.extend(self._own_groups(component, frozenset()))
        return [*groups, *self._edges(component, entered=entered)]

    def _own_groups(self, component: Component, without: frozenset[Component]) -> list[Group[Node]]:
        """Copies and domains. What order-1 cut sets say of an instance is in the copies, but for a leader."""
        if self._figures.promised(component) is not None:
            domains: list[Group[Node]] = [Group((domain,)) for domain in self._parts.whole_domains(component)]
            return [Group((Own(component),)), *domains]
        if spreads_itself(component):
            return [Group((Own(component),))]
        if isinstance(component, Topic) and self._figures.in_promise(component):
            return []
        size = self._losses.redundancy(component)
        led = isinstance(size, Known) and size.value.leader
        found: list[Group[Node]] = [Group((Own(component),)), *_any_of(self._parts.movable_over(component))]
        for group in self._losses.groups.get(component, ()):
            element = group.alternatives[0]
            others = tuple(node for node in group.alternatives[1:] if node not in without)
            if isinstance(element, Instance) and not led:
                continue
            if isinstance(element, Undecided) and element.scope == "instance" and not led:
                found.remove(Group((Own(component),)))
            if isinstance(element, Domain) and self._parts.figure_of_domain(element) is None:
                continue
            found.append(Group((element, *others)))  # type: ignore[arg-type]
        return found

    def _edges(self, component: Component, *, entered: bool) -> Iterator[Group[Node]]:
        for edge in self._losses.ways.out_of(component, self._flow, entered=entered):
            found: tuple[Node, ...] = alternatives(edge)
            share = min(1.0, share_of(edge, self._flow if entered else None))
            if found and share:
                idle = (Idle(edge.item, share),) if share < 1 and isinstance(edge.item, Call) else ()
                yield Group((*found, *idle))


def _any_of(domains: Sequence[Domain]) -> Iterator[Group[Node]]:
    if domains:
        yield Group(tuple(domains))
