"""Models of other tools: elements with ids and titles, relations between ids."""

from __future__ import annotations

from typing import Any

from archlint.importers.draft import Component, Draft, Section
from archlint.importers.names import slug
from archlint.importers.reading.files import Origin


class Elements:
    """The elements of a model by id, and the components of the draft that stand for them."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._components: dict[str, Component] = {}

    def add(self, id: str, section: Section, title: str, origin: Origin, within: str = "") -> Component:
        """A component named after the title; after what it lies `within` too, where the title alone is taken."""
        component = self._draft.component(section, self._name(id, title, within), origin)
        self._components[id] = component
        return component

    def _name(self, id: str, title: str, within: str) -> str:
        taken = {component.name for component in self._components.values()}
        for name in (slug(title), slug(f"{within} {title}"), slug(id), slug(f"{title} {id}")):
            if name and name not in taken:
                return name
        return f"component-{len(taken) + 1}"

    def lift(self, id: str, to: str) -> None:
        """Let the component of another element stand for this one too, as a container does for its parts."""
        if to in self._components:
            self._components[id] = self._components[to]

    def find(self, id: str | None) -> Component | None:
        return self._components.get(id or "")

    def relate(self, source: str | None, target: str | None, origin: Origin, **stated: Any) -> None:
        """The source calls the target. Nobody calls a population of clients, or a part of itself."""
        caller, callee = self.find(source), self.find(target)
        if caller is None or callee is None or caller.name == callee.name or callee.section == "clients":
            return
        if callee.name not in dict(caller.items("calls")):  # a second relation of the same two says no more here
            caller.call(callee.name, origin, **stated)
