"""What a reference means: `name`, `broker/topic`, `system/component` or `system/broker/topic`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from archlint.records import dataclass, field
from archlint.system.elements import Component, Outside, System

COMPARISONS = 50_000
"""Names that one run compares for suggestions: a second at worst, however many references are wrong."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Why a reference means nothing here, in words, with a suggestion where one is near."""

    message: str


@dataclass(slots=True)
class Directory:
    """Every name that a reference of the run may mean.

    `unread` holds the names of systems whose files do not validate: they are present and unknown.
    """

    systems: Mapping[str, System]
    unread: dict[str, frozenset[str]] = field(default_factory=dict)
    comparisons: int = COMPARISONS

    def find(self, system: System, reference: str, *, topic: bool = False) -> Component | Unresolved:
        """What `reference` means in `system`: the local reading wins over one in another system.

        `topic` says that the field takes a topic: then `a/b` is never a system outside the run.
        """
        local = self._local(system, reference)
        if len(local) > 1:
            readings = " and ".join(f"a {component.kind}" for component in local)
            return Unresolved(f"`{reference}` is ambiguous: {readings} of this system can be meant")
        if local:
            return local[0]
        head, _, rest = reference.partition("/")
        if not rest:
            return self._unknown(system, reference)
        if head in self.systems:
            found = self.systems[head].components.get(rest)
            return found if found is not None else self._unknown(system, reference)
        if head in self.unread:
            known = rest in self.unread[head]
            return outside(system, reference) if known else self._unknown(system, reference)
        if head in system.brokers or (topic and "/" not in rest):
            return self._unknown(system, reference)
        return outside(system, reference)

    @staticmethod
    def _local(system: System, reference: str) -> list[Component]:
        readings = [system.components.get(reference)]
        head, _, rest = reference.partition("/")
        if head == system.name and rest:
            readings.append(system.components.get(rest))
        return [component for component in readings if component is not None]

    def _unknown(self, system: System, reference: str) -> Unresolved:
        near = self.suggest(reference, self._names(system))
        hint = f"; did you mean `{near}`?" if near else ""
        return Unresolved(f"`{reference}` is not in the manifest{hint}")

    def _names(self, system: System) -> Iterator[str]:
        yield from system.components
        for name, other in self.systems.items():
            if other is not system:
                yield from (f"{name}/{component}" for component in other.components)

    def suggest(self, name: str, names: Iterable[str]) -> str | None:
        """The nearest of `names`, None where none is near, or once too many have been compared."""
        if self.comparisons <= 0:
            return None
        from difflib import get_close_matches  # only for a suggestion: its import is slow

        candidates = list(names)
        self.comparisons -= len(candidates)
        near = get_close_matches(name, candidates, n=1)
        return near[0] if near else None


def outside(system: System, reference: str) -> Outside:
    """The stand-in for what a reference names and nobody knows; one per reference, so that calls to it meet."""
    stand_in = system.outside.get(reference)
    if stand_in is None:
        stand_in = system.outside[reference] = Outside(system, reference, ("system",), None)
    return stand_in
