"""Which components share the quotas of one account in one region."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from archlint.analysis.domains import host_of
from archlint.analysis.measured import Subject
from archlint.system.elements import Component, External, System, Topic, stated

if TYPE_CHECKING:
    from archlint.analysis.analyses import Analyses

Key = tuple[str, str | None, str | None]


class Peers(NamedTuple):
    """Components of one technology in one account and region, in the order of the run.

    `certain` is False where the account or the region of several is not stated: they may be apart.
    """

    members: tuple[Subject, ...]
    certain: bool

    @property
    def spokesman(self) -> Component:
        """The one whose findings speak for all: the first."""
        return self.members[0].component


class Accounts:
    """The components of every technology, account and region, over all systems of a run."""

    def __init__(self, analyses: Analyses, subject_of: Callable[[Component], Subject | None]) -> None:
        self._analyses = analyses
        self._subject_of = subject_of

    def of(self, component: Component) -> Peers:
        return self._peers[self._keys[component]]

    @cached_property
    def _keys(self) -> dict[Component, Key]:
        keys: dict[Component, Key] = {}
        for system in self._analyses.systems.values():
            for component in system.components.values():
                subject = None if isinstance(component, Topic) else self._subject_of(component)
                if subject is not None:
                    keys[component] = (subject.technology.slug, self._account(component), self._region(component))
        return keys

    @cached_property
    def _peers(self) -> dict[Key, Peers]:
        members: dict[Key, list[Subject]] = {}
        for component, key in self._keys.items():
            subject = self._subject_of(component)
            if subject is not None:
                members.setdefault(key, []).append(subject)
        return {
            key: Peers(tuple(found), len(found) == 1 or (key[1] is not None and key[2] is not None))
            for key, found in members.items()
        }

    def _account(self, component: Component) -> str | None:
        """As the component states it, else as the region or zone that it stands in does."""
        own = stated(component.spec, "domains.account")
        if isinstance(own, str):
            return own
        region = self._region(component)
        return None if region is None else self._accounts_of_regions.get((component.system, region))

    @cached_property
    def _accounts_of_regions(self) -> dict[tuple[System, str], str]:
        found: dict[tuple[System, str], str] = {}
        for system in self._analyses.systems.values():
            topology = system.manifest.topology
            for name, region in (topology.regions or {}).items() if topology is not None else ():
                account = (region.domains or {}).get("account")
                if isinstance(account, str):
                    found[system, name] = account
        return found

    def _region(self, component: Component) -> str | None:
        """The only region that it stands in; the only one of the system where it states no place."""
        if component.system.manifest.topology is None and not isinstance(component, External):
            return None
        regions = self._analyses.geography.regions(host_of(component))
        if regions:
            return next(iter(regions)) if len(regions) == 1 else None
        topology = component.system.manifest.topology
        names = list((topology.regions or {}) if topology is not None else ())
        return names[0] if len(names) == 1 else None
