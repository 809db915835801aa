"""Which team answers for what, as far as the manifest says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from archlint.system.elements import Call, Component, Job, Service, System, Topic, stated


class Ownership:
    """Owners of components. A topic has its broker's where it states none.

    In a system whose components name no other team than `system.owner`, that team owns what names none. Where several
    teams own components, nobody can tell whose the rest is.
    """

    def __init__(self, systems: Mapping[str, System]) -> None:
        self.systems = systems

    @cached_property
    def _general(self) -> dict[System, str | None]:
        return {system: self._single(system) for system in self.systems.values()}

    @staticmethod
    def _single(system: System) -> str | None:
        owner: str | None = stated(system.spec, "owner")
        named = {component.spec.owner for component in system.components.values() if _owner(component) is not None}
        return owner if named <= {owner} else None

    def team(self, component: Component) -> str | None:
        """None where the manifest does not say."""
        own = _owner(component)
        if own is None and isinstance(component, Topic):
            own = _owner(component.broker)
        return own if own is not None else self._general.get(component.system)

    def crosses(self, call: Call) -> bool | None:
        """Whether the call goes from one team to another; None where that is not known."""
        target = call.target
        if target is None:
            return None
        ours, theirs = self.team(call.caller), self.team(target)
        return None if ours is None or theirs is None else ours != theirs

    @cached_property
    def _names(self) -> dict[System, frozenset[str]]:
        return {
            system: frozenset(
                {*system.teams, *(owner for part in system.components.values() if (owner := _owner(part)) is not None)}
            )
            for system in self.systems.values()
        }

    def names(self, system: System) -> frozenset[str]:
        """Every team that the manifest names, and every owner as it is written."""
        return self._names[system]

    def is_told(self, system: System) -> bool:
        """Whether the manifest names any team at all."""
        return bool(self._names[system]) or stated(system.spec, "owner") is not None


def _owner(component: Component) -> str | None:
    return getattr(component.spec, "owner", None)


def acts_for_a_team(component: Component) -> bool:
    """Whether the component is a team's own program."""
    return isinstance(component, Service | Job)
