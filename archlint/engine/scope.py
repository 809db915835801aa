"""What a run was able to judge: outside it, that a finding is absent says nothing."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from archlint.manifest.routes import format_route
from archlint.plugin import Element, System
from archlint.records import dataclass, field

Unevaluated = Mapping[tuple[str, tuple[str, ...]], Sequence[Element]]


@dataclass(frozen=True, slots=True)
class Scope:
    """The checks of a run by code, and the systems whose manifests are sound, by name.

    `codes_of` are the checks of a system alone, where its settings are its own. `named` are all systems that the files
    of the run name; None where a name cannot be read. `unevaluated` holds the subjects that checks could not judge,
    by code and missing fields.
    """

    codes: frozenset[str] = frozenset()
    systems: frozenset[str] = frozenset()
    named: frozenset[str] | None = None
    unevaluated: Unevaluated = field(default_factory=dict)
    codes_of: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def judged(self, code: str, system: str) -> bool:
        """Whether a check ran on a system that is sound."""
        return system in self.systems and code in self.codes_of.get(system, self.codes)

    def undecided(self, codes: Collection[str]) -> Iterator[tuple[str, str, str]]:
        """Code, system and route of what the checks of these codes could not judge; the route of a system is empty."""
        for (code, _), elements in self.unevaluated.items():
            if code in codes:
                for element in elements:
                    yield code, element.system.name, _route(element)


def _route(element: Element) -> str:
    if isinstance(element, System):
        return ""
    return format_route(element.path, element.system.document.data, element.system.ordinals)


def covers(paths: Iterable[str], folder: str) -> bool:
    """Whether one of the paths is the folder, or a folder above it."""
    inner = os.path.join(os.path.realpath(folder), "")
    return any(inner.startswith(os.path.join(os.path.realpath(path), "")) for path in paths)
