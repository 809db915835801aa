"""Plain trees of mappings and lists: what stands at a path, and a copy to change."""

from __future__ import annotations

from typing import Any

from archlint.manifest.problems import Path

ABSENT: Any = object()
"""Stands for what is not in a tree; None may be a value."""


def value_at(data: Any, path: Path) -> Any:
    """What stands at `path`, or ABSENT."""
    for step in path:
        if not isinstance(data, dict | list):
            return ABSENT
        try:
            data = data[step]  # type: ignore[index]  # a key where an index is due is a TypeError
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return data


class TreeCopy:
    """A tree under change: each mapping and list is copied once, before its first change."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._own: dict[int, Any] = {}
        self.data: dict[str, Any] = self._owned(data)

    def put(self, path: Path, value: Any) -> None:
        here: Any = self.data
        for step in path[:-1]:
            here[step] = here = self._owned(value_at(here, (step,)))
        here[path[-1]] = value

    def remove(self, path: Path) -> None:
        here: Any = self.data
        for step in path[:-1]:
            here[step] = here = self._owned(here[step])
        del here[path[-1]]

    def _owned(self, value: Any) -> Any:
        if id(value) in self._own:
            return value
        copy: Any = list(value) if isinstance(value, list) else dict(value) if isinstance(value, dict) else {}
        self._own[id(copy)] = copy
        return copy
