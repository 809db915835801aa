"""How much of its requests a flow loses at most, found without its structure function.

A flow works while nothing fails on one way of working: here the way by the first alternative of all that it needs. So
it fails no more often than all of that together: the union bound (G. Boole, "An Investigation of the Laws of Thought",
1854, chapter XIX). A failure domain counts once, as if its loss always stopped the flow.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from archlint.analysis.changes import Change
from archlint.analysis.domains import Domain
from archlint.analysis.figures import Figures, of_change
from archlint.analysis.losses import Instance, Losses, Undecided
from archlint.analysis.parts import Parts
from archlint.analysis.paths import alternatives
from archlint.analysis.values import Known
from archlint.system.elements import Component, Flow

_Loss: TypeAlias = tuple[float, Mapping[Domain, object]]
"""The unavailability of a component by itself, and the domains that it stands in."""


class UnionBounds:
    """The bounds of the flows of a run, by usual figures; what nobody knows counts as bad ("doubtful")."""

    def __init__(self, losses: Losses, figures: Figures, parts: Parts) -> None:
        self._losses = losses
        self._figures = figures
        self._parts = parts
        self._known: dict[Component, _Loss] = {}

    def of(self, flow: Flow, changes: Iterable[Change]) -> float:
        """The unavailability of the flow is no larger than this."""
        lost = [1.0 - of_change(change).at("doubtful") for change in changes]
        placed: dict[int, Mapping[Domain, object]] = {}
        for component in self._first_way(flow):
            own, domains = self._known.get(component) or self._note(component)
            lost.append(own)
            placed[id(domains)] = domains
        together = dict.fromkeys(domain for domains in placed.values() for domain in domains)
        lost.extend(self._of_domain(domain) for domain in together)
        return math.fsum(lost)

    def _first_way(self, flow: Flow) -> Iterator[Component]:
        """Components that let the flow work if they all do."""
        entry = flow.entry
        assert entry is not None
        seen, waiting = {entry}, [entry]
        while waiting:
            component = waiting.pop()
            yield component
            if self._figures.told(component) is not None:
                continue
            for edge in self._losses.ways.out_of(component, flow, entered=component is entry):
                for other in alternatives(edge)[:1]:
                    if other not in seen:
                        seen.add(other)
                        waiting.append(other)

    def _note(self, component: Component) -> _Loss:
        found = self._known[component] = self._loss(component)
        return found

    def _loss(self, component: Component) -> _Loss:
        model, domains = self._parts.own(component), self._losses.shares(component)
        lost = 0.0 if model is None else 1.0 - model.works("doubtful", frozenset())
        for group in self._losses.groups.get(component, ()):
            element = group.alternatives[0]
            if isinstance(element, Undecided) or (isinstance(element, Instance) and self._is_led(component)):
                lost += 1.0 - self._figure_of(element)
        floating = self._parts.movable_over(component)
        return lost, {**domains, **dict.fromkeys(floating)} if floating else domains

    def _is_led(self, component: Component) -> bool:
        """Of all others the copies tell already what the loss of an instance does."""
        size = self._losses.redundancy(component)
        return isinstance(size, Known) and size.value.leader

    def _figure_of(self, element: Instance | Undecided) -> float:
        figure = self._parts.figure_of_whole(element)
        return 1.0 if figure is None else figure.at("doubtful")

    def _of_domain(self, domain: Domain) -> float:
        figure = self._figures.domain(domain)
        return 0.0 if figure is None else 1.0 - figure.at("doubtful")
