"""Aliases and `<<`: copies of what an anchor names, and what belongs where afterwards."""

from __future__ import annotations

from typing import Any

from archlint.manifest.problems import Path
from archlint.records import dataclass

MAX_DEPTH = 64


@dataclass(slots=True)
class Anchor:
    node: int
    value: Any
    path: Path
    raw: bool  # it stands in an x- block: nulls and x- keys are still in it
    expanded: int  # nodes that aliases had brought in before it; from its end on, those inside it
    first_extension: int
    last_extension: int = 0
    open: bool = False
    size: int = 1


def is_extension(key: object) -> bool:
    return isinstance(key, str) and key.startswith("x-")


class Copy:
    """A copy of an anchored value for the place of an alias.

    With `clean`, the x- blocks and nulls that an x- block keeps are taken out of the copy, into
    `extensions` and `nulls`. `room` is how many levels of nesting are left.
    """

    __slots__ = ("clean", "extensions", "nulls", "too_deep", "value")

    def __init__(self, value: Any, path: Path, room: int, clean: bool) -> None:
        self.clean = clean
        self.extensions: list[tuple[Path, Any]] = []
        self.nulls: list[Path] = []
        self.too_deep = False
        self.value = self._copied(value, path, room)

    def _copied(self, value: Any, path: Path, room: int) -> Any:
        if not isinstance(value, (dict, list)):
            return value
        if room <= 0:
            self.too_deep = True
            return None
        if isinstance(value, dict):
            return self._mapping(value, path, room - 1)
        kept = [item for item in value if item is not None] if self.clean else value
        return [self._copied(item, (*path, at), room - 1) for at, item in enumerate(kept)]

    def _mapping(self, value: dict[Any, Any], path: Path, room: int) -> dict[Any, Any]:
        copy = {}
        for name, item in value.items():
            below = (*path, name)
            if self.clean and is_extension(name):
                self.extensions.append((below, item))
            elif self.clean and item is None:
                self.nulls.append(below)
            else:
                copy[name] = self._copied(item, below, room)
        return copy


def without_merges(path: Path) -> Path:
    """What comes in under `<<` belongs to the mapping that holds the `<<`."""
    kept: list[str | int] = []
    for before, part in zip((None, *path), path, strict=False):
        if part != "<<" and not (before == "<<" and isinstance(part, int)):
            kept.append(part)
    return tuple(kept)


def move_merged(extensions: list[tuple[Path, Any]], path: Path, own: frozenset[Any], listed: bool) -> None:
    """Gives the x- blocks that came in under `<<` to the mapping at `path`, unless its own keys win.

    What the mapping holds is at the end of `extensions`; `listed` is a `<<` with a list.
    """
    first = len(extensions)
    while first and extensions[first - 1][0][: len(path)] == path:
        first -= 1
    below = (*path, "<<")
    moved: dict[Path, Any] = {}
    for at, value in extensions[first:]:
        if at[: len(below)] != below:
            moved[at] = value
            continue
        rest = at[len(below) + listed :]
        if rest and rest[0] not in own:
            moved.setdefault(path + rest, value)
    extensions[first:] = moved.items()
