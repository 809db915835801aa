"""Which technology a component runs on."""

from __future__ import annotations

from archlint.system.elements import Component, Topic


def technology_of(component: Component) -> str | None:
    """As stated, with its version; a topic has that of its broker."""
    keeper = component.broker if isinstance(component, Topic) else component
    return getattr(keeper.spec, "technology", None)
