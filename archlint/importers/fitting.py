"""A draft in the words of a manifest: its names of components, and no relation that it states in another way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from archlint.importers.finished import Finished
from archlint.importers.names import normal
from archlint.importers.reading.files import Origin
from archlint.manifest.problems import Path

_NAMING = {"calls": "to", "depends_on": "on", "publishes": "to", "consumes": "from"}
_ALIKE = ("calls", "depends_on")
"""Lists that say no more of a relation than another list which has it."""


def fit(finished: Finished, stated: dict[str, Any], names: Mapping[str, str]) -> Finished:
    """`stated` is the manifest's data, `names` gives its name of a component of the source."""
    return _Fitting(finished, stated, names).fitted()


class _Fitting:
    def __init__(self, finished: Finished, stated: dict[str, Any], names: Mapping[str, str]) -> None:
        self._finished = finished
        self._components = {
            normal(name): (name, component)
            for section in stated.values()
            if isinstance(section, dict)
            for name, component in section.items()
            if isinstance(component, dict)
        }
        self._names = {normal(other): normal(name) for other, name in names.items()}
        self._moved: dict[Path, Path | None] = {}

    def fitted(self) -> Finished:
        data = {
            section: {name: self._component(section, name, part) for name, part in held.items()}
            if isinstance(held, dict)
            else held
            for section, held in self._finished.data.items()
        }
        return Finished(data, dict(self._origins()))

    def _component(self, section: str, name: str, component: Any) -> Any:
        if not isinstance(component, dict):
            return component
        fitted = {}
        for field, value in component.items():
            if field in _NAMING and isinstance(value, list):
                value = self._relations((section, name, field), value)
                if not value:
                    continue
            elif field == "runs_on" and isinstance(value, list):
                value = [self._name(target) for target in value]
            fitted[field] = value
        return fitted

    def _relations(self, path: Path, items: list[Any]) -> list[Any]:
        field = str(path[-1])
        others = self._others(str(path[1]), field) if field in _ALIKE else set()
        kept: list[Any] = []
        for at, item in enumerate(items):
            to = item.get(_NAMING[field]) if isinstance(item, dict) else None
            if not isinstance(to, str) or normal(self._name(to)) not in others:
                self._moved[(*path, at)] = (*path, len(kept))
                kept.append(item if not isinstance(to, str) else item | {_NAMING[field]: self._name(to)})
            else:
                self._moved[(*path, at)] = None
        return kept

    def _others(self, name: str, field: str) -> set[str]:
        """What the manifest's component is related to by other lists."""
        component = self._components.get(self._normal(name), (name, {}))[1]
        operations = component.get("operations")
        parts = list(operations.values()) if isinstance(operations, dict) else []
        related = set()
        for part, lists in [(component, _NAMING.keys() - {field}), *((part, {"calls"}) for part in parts)]:
            for other in lists:
                items = part.get(other) if isinstance(part, dict) else None
                related |= {
                    normal(str(item.get(_NAMING[other])).partition("/")[0])
                    for item in (items if isinstance(items, list) else ())
                    if isinstance(item, dict)
                }
        return related

    def _name(self, reference: str) -> str:
        name, slash, rest = reference.partition("/")
        return self._components.get(self._normal(name), (name,))[0] + slash + rest

    def _normal(self, name: str) -> str:
        return self._names.get(normal(name), normal(name))

    def _origins(self) -> Iterator[tuple[Path, Origin]]:
        for path, origin in self._finished.origins.items():
            moved = self._moved.get(path[:4], path[:4])
            if moved is not None:
                yield (*moved, *path[4:]), origin
