"""Components that need each other to come back: at start-up, for recovery, for control, as host or as domain.

Two questions. What never comes up after a full stop (`bootstrap`): there a component needs what it starts with, what
recovers it, what it runs on, and what it cannot serve without. And what is mended only through something that is lost
with it: a control plane, a failover's controller or target that cannot serve without the component itself.

Circles of nothing but requests are another matter (`cycles`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice, pairwise
from typing import Any, Literal, TypeAlias

from archlint.analysis.bootstrap import Circle, Need, circles
from archlint.analysis.graph import Graph, cyclic_components, path_in
from archlint.analysis.losses import Losses
from archlint.analysis.paths import alternatives
from archlint.analysis.requirements import Group, Requirements
from archlint.records import dataclass
from archlint.system.build import listed
from archlint.system.elements import NONE, Call, Component, Dependency, DependsOn, Element, Publish, System, stated

Kind: TypeAlias = Literal[
    "request", "host", "domain", "startup", "scaling", "recovery", "control", "controller", "takeover", "placed"
]
Certainty: TypeAlias = Literal["certain", "together", "partly"]

_STARTS = frozenset({"host", "domain", "startup", "scaling"})
_SERVES = frozenset({"request", "host", "domain"})
_MENDS = frozenset({"control", "controller", "takeover"})
_EASE: tuple[Kind, ...] = (
    "startup", "scaling", "recovery", "control", "controller", "takeover", "domain", "host", "placed", "request",
)  # fmt: skip
"""Kinds of need by how easily they are cut."""
LOOKED_AT = 8
"""Components mended through one other among which the shortest way back is sought."""
PATIENCE = 256
"""Components of circles, through which others are mended, that one run follows: bounds its time."""
_PLACES = ("host", "rack", "zone", "region", "provider", "account")
"""Kinds of domain after whose loss a store may promise to be back within a time."""


@dataclass(frozen=True, slots=True)
class Why:
    """Why a component needs another: the kind of need, and the item and field that state it.

    `partly`: only some of its requests do.
    """

    kind: Kind
    item: Element
    field: str = ""
    partly: bool = False


ComponentNeed: TypeAlias = Need[Component, Why]


@dataclass(frozen=True, slots=True)
class RecoveryCycle:
    """`needs[i]` leads from `members[i]` to the next; the last one, which closes the circle, back to the first.

    certain: nothing of it comes back after a full stop, or the loss of the one is enough to lose what mends it;
    together: only where several are lost at once; partly: only for some of what they do. `others` belong to the
    same group, or are mended through the same component. `place` is the domain that closes it, if one does.
    """

    members: tuple[Component, ...]
    needs: tuple[ComponentNeed, ...]
    others: tuple[Component, ...]
    certainty: Certainty
    place: str = ""

    @property
    def closing(self) -> ComponentNeed:
        return self.needs[-1]


class RecoveryCycles:
    """All circles of a run, one for each cause."""

    def __init__(self, losses: Losses) -> None:
        self.losses = losses
        components = sorted(losses.components, key=lambda component: (component.system.name, component.name))
        self._rank = {component: position for position, component in enumerate(components)}
        # Requests alone close no circle here: without any other need there is nothing to look at.
        looked_at = components if any(map(self._needs_more_than_requests, components)) else ()
        self._of = {component: tuple(self._needs_of(component)) for component in looked_at}
        self.needs = tuple(need for needs in self._of.values() for need in needs)

    def is_stated(self, system: System) -> bool:
        """Whether the system says of any component what it needs beside requests."""
        return any(
            getattr(component.spec, field, None) is not None
            or any(n.why.kind != "request" for n in self._of.get(component, ()))
            for component in system.components.values()
            for field in ("depends_on", "runs_on")
        )

    @cached_property
    def found(self) -> tuple[RecoveryCycle, ...]:
        """By the names of their first members; what belongs to one circle makes no second one."""
        cycles: list[RecoveryCycle] = []
        settled: list[frozenset[Component]] = []
        for cycle in self._all():
            members = frozenset(cycle.members)
            if not any(members <= done for done in settled):
                settled.append(frozenset((*cycle.members, *cycle.others)))
                cycles.append(cycle)
        return tuple(sorted(cycles, key=lambda cycle: [self._rank[member] for member in cycle.members]))

    def _all(self) -> Iterator[RecoveryCycle]:
        """Those that are certain first."""
        sure = [need for need in self.needs if not need.why.partly]
        stops = [need for need in sure if need.why.kind in ("request", "recovery") or need.why.kind in _STARTS]
        for circle in circles(stops, lambda why: why.kind != "request", self._rank):
            mutual = all(need.why.kind == "recovery" for need in circle.needs) and len(circle.members) > 1
            yield _cycle(circle, "together" if mutual else "certain")
        yield from self._lost_with_what_mends_it(sure)
        yield from self._lost_in_one_place(sure)
        mended = [need for need in sure if need.why.kind != "takeover"]
        for circle in circles(mended, lambda why: why.kind in ("control", "controller"), self._rank):
            if any(need.why.kind in _STARTS or need.why.kind == "recovery" for need in circle.needs):
                yield RecoveryCycle(circle.members, circle.needs, circle.others, "together")
        starts = [need for need in self.needs if need.why.kind not in ("control", "controller", "takeover")]
        for circle in circles(starts, lambda why: why.kind != "request", self._rank):
            yield _cycle(circle, "partly")

    def _lost_with_what_mends_it(self, sure: Sequence[ComponentNeed]) -> Iterator[RecoveryCycle]:
        serving = _serving(sure)
        mending = [need for need in sure if need.why.kind in _MENDS or need.why.kind in _SERVES]
        for target, needs in islice(_by_target(_within_groups(mending), _MENDS).items(), PATIENCE):
            sources = [need.source for need in needs]
            critical = {target, *(serving.critical_elements(target, sources) if target in serving else ())}
            lost = sorted((n for n in needs if n.source in critical), key=lambda need: self._rank[need.source])
            if lost:
                yield self._mended_by_itself(lost, target, serving)

    def _mended_by_itself(
        self, lost: Sequence[ComponentNeed], target: Component, serving: Requirements[Component]
    ) -> RecoveryCycle:
        """The first by name with the shortest way back to it; the others are mended through the same component."""
        paths = [_way_back(serving, target, need.source) for need in lost[:LOOKED_AT]]
        path, closing = min(zip(paths, lost, strict=False), key=lambda found: len(found[0]))
        between = [self._step(source, after) for source, after in pairwise(path)]
        inside = set(path)
        others = dict.fromkeys(need.source for need in lost if need.source not in inside)
        return RecoveryCycle(tuple(path), (*between, closing), tuple(others), "certain")

    def _step(self, source: Component, target: Component) -> ComponentNeed:
        """The need because of which `source` does not serve without `target`."""
        return next(
            need
            for need in self._of[source]
            if target in need.alternatives and need.why.kind in _SERVES and not need.why.partly
        )

    def _lost_in_one_place(self, sure: Sequence[ComponentNeed]) -> Iterator[RecoveryCycle]:
        """What promises to be back after the loss of a place, by something that is lost there as well."""
        for need in sure:
            if need.why.kind != "recovery":
                continue
            target = need.alternatives[0]
            theirs = self.losses.shares(target)
            for domain, share in self.losses.shares(need.source).items():
                promised = domain.kind in _PLACES and stated(need.source.spec, f"rto.{domain.kind}") is not None
                together = domain in theirs and theirs[domain].whole and share.whole
                if promised and together and len(need.alternatives) == 1:
                    back = Need(target, (need.source,), Why("placed", target, "zones"))
                    yield RecoveryCycle((target, need.source), (back, need), (), "certain", domain.label)
                    break

    def _needs_more_than_requests(self, component: Component) -> bool:
        return (
            any(_kind(edge) not in ("request", None) for edge in component.outgoing)
            or any(self._scaling(component))
            or any(self._domains(component))
        )

    def _needs_of(self, component: Component) -> Iterator[ComponentNeed]:
        for edge in component.outgoing:
            yield from _needs_along(edge)
        yield from self._scaling(component)
        yield from self._domains(component)

    @staticmethod
    def _scaling(component: Component) -> Iterator[ComponentNeed]:
        for reference in listed(stated(component.spec, "autoscaling.needs")):
            target = component.system.components.get(reference)
            if target is not None:
                yield Need(component, (target,), Why("scaling", component, "autoscaling.needs"))

    def _domains(self, component: Component) -> Iterator[ComponentNeed]:
        """A domain that bears the name of a component of the system is that component."""
        if stated(component.spec, "domains") is None and stated(component.spec, "zones") is None:
            return
        for domain, share in self.losses.shares(component).items():
            named = component.system.components.get(domain.name)
            if named is not None and named is not component and share.whole and domain.kind not in ("zone", "region"):
                own = stated(component.spec, f"domains.{domain.kind}") is not None
                yield Need(component, (named,), Why("domain", component, f"domains.{domain.kind}" if own else "zones"))


def _cycle(circle: Circle[Component, Why], certainty: Certainty) -> RecoveryCycle:
    """The circle, turned so that it is closed by the need that is cut most easily."""
    around = range(len(circle.needs))
    last = min(around, key=lambda index: (_EASE.index(circle.needs[index].why.kind), -index))
    start = (last + 1) % len(circle.needs)
    members = (*circle.members[start:], *circle.members[:start])
    return RecoveryCycle(members, (*circle.needs[start:], *circle.needs[:start]), circle.others, certainty)


def _way_back(serving: Requirements[Component], target: Component, lost: Component) -> list[Component]:
    """From what is lost with a component to that component, each step needing the next."""
    return [target] if lost is target else path_in(serving.failed_after([lost]), target)[::-1]


def _needs_along(edge: Dependency) -> Iterator[ComponentNeed]:
    kind, item = _kind(edge), edge.item
    if kind in ("request", "host"):
        able = alternatives(edge)
        if able:
            field = "runs_on" if kind == "host" else ""
            yield Need(edge.source, able, Why(kind, item, field, partly=_is_partial(item)))
    elif kind in ("controller", "takeover"):
        field = "failover.to" if kind == "takeover" else "failover.controller"
        yield Need(edge.source, edge.targets, Why(kind, item, field))
    elif kind is not None and edge.kind in ("call", "depends_on", "through"):
        able = () if _is_the_work_of_the_source(edge) else _alternatives_beside_requests(edge)
        if able:
            yield Need(edge.source, able, Why(kind, item, "fallback"))


def _kind(edge: Dependency) -> Kind | None:
    if edge.kind == "runs_on":
        return "host"
    if edge.kind == "failover_to":
        return "takeover"
    if edge.kind == "failover_controller":
        return "controller"
    if edge.phase == "runtime":
        return "request"
    return edge.phase if edge.phase in ("startup", "recovery", "control") else None  # type: ignore[return-value]


def _is_partial(item: Element) -> bool:
    """Whether only some requests of the source take the edge."""
    if not isinstance(item, Call | Publish):
        return False
    share = item.spec.share
    return bool(item.operation or item.spec.only_in or (share is not None and share < 1))


def _alternatives_beside_requests(edge: Dependency) -> tuple[Component, ...]:
    """What can do the work of an edge that no request takes; empty where it can be left undone."""
    item = edge.item
    if not isinstance(item, Call | DependsOn) or not item.spec.required or getattr(item.spec, "asynchronous", False):
        return ()
    fallback = item.spec.fallback
    if fallback is None or fallback == NONE or fallback.use == NONE:
        return edge.targets
    return (*edge.targets, item.fallback) if item.fallback is not None else ()


def _is_the_work_of_the_source(edge: Dependency) -> bool:
    """Whether a call does to its target what the source is there for: to recover it, or to control it.

    A control plane that pushes does not need those whom it pushes to; of a call for control only one towards a
    control plane says who needs whom.
    """
    if not isinstance(edge.item, Call) or edge.phase == "startup":
        return False
    if edge.phase == "control":
        towards = all(_plane(target) == "control" for target in edge.targets)
        return not towards or _plane(edge.source) == "control"
    return any(
        _kind(back) in ("recovery", "control", "controller") and edge.source in back.targets
        for target in edge.targets
        for back in target.outgoing
    )


def _plane(component: Component) -> Any:
    return getattr(component.spec, "plane", None)


def _serving(needs: Iterable[ComponentNeed]) -> Requirements[Component]:
    """What each component cannot serve without, in any state."""
    groups: dict[Component, list[Group[Component]]] = {}
    for need in needs:
        if need.why.kind in _SERVES:
            groups.setdefault(need.source, []).append(Group(need.alternatives))
    return Requirements(groups)


def _within_groups(needs: Sequence[ComponentNeed]) -> Iterator[ComponentNeed]:
    """The needs of components that reach each other: what leads out of such a group comes back by no way."""
    graph = Graph(edges=((need.source, target) for need in needs for target in need.alternatives))
    group = {member: index for index, members in enumerate(cyclic_components(graph)) for member in members}
    for need in needs:
        here = group.get(need.source)
        if here is not None and any(group.get(target) == here for target in need.alternatives):
            yield need


def _by_target(needs: Iterable[ComponentNeed], kinds: Collection[str]) -> Mapping[Component, list[ComponentNeed]]:
    """Needs of which a single component is the only alternative."""
    found: dict[Component, list[ComponentNeed]] = {}
    for need in needs:
        if need.why.kind in kinds and len(need.alternatives) == 1:
            found.setdefault(need.alternatives[0], []).append(need)
    return found
