"""The model as it was: finds what somebody has changed in it, and undoes that.

Elements, specs, lists and mappings keep their identity; only what they hold is put back. What is computed from the
model is not part of it: whoever may have worked on a changed model has to compute anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from archlint.manifest.manifest import Manifest
from archlint.manifest.reader import Document
from archlint.manifest.specs import Spec
from archlint.records import dataclass
from archlint.system.elements import Dependency, Element, System

_LAZY = frozenset({"ordinals"})
"""Attributes that fill as they are asked for."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A container, and a copy of what it held: of an object, its attributes."""

    container: Any
    held: Any


class Snapshot:
    """All that can be changed in the systems of a run."""

    def __init__(self, systems: Iterable[System]) -> None:
        self._kept: list[_Kept] = []
        self._seen: set[int] = set()
        waiting: list[Any] = list(systems)
        while waiting:
            waiting.extend(self._keep(waiting.pop()))

    def restore(self) -> str | None:
        """What has changed, in words, once it is undone; None where nothing has."""
        changed = [kept for kept in self._kept if not _is_as_it_was(kept)]
        words = _described(changed[0]) if changed else None
        for kept in changed:
            _put_back(kept)
        return words

    def _keep(self, value: Any) -> Iterable[Any]:
        """Keep one container; its contents are to be kept next."""
        kind = type(value)
        if kind in _PLAIN or id(value) in self._seen:
            return ()
        if kind is tuple or kind is frozenset:
            return value  # type: ignore[no-any-return]
        held = _contents(value)
        if held is None:
            return ()
        self._seen.add(id(value))
        self._kept.append(_Kept(value, held))
        return held.values() if isinstance(held, dict) else held


_PLAIN = frozenset({str, int, float, bool, type(None)})


def _contents(value: Any) -> Any:
    """A copy of what a container holds now; None for what is none, or is no part of the model."""
    if isinstance(value, dict | list | set):
        return value.copy()
    if isinstance(value, Spec):
        return vars(value).copy()
    if isinstance(value, Element | Dependency | Manifest | Document):
        return dict(_attributes(value))
    return None


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    for kind in type(value).__mro__:
        for name in vars(kind).get("__slots__", ()):
            if name not in _LAZY and hasattr(value, name):
                yield name, getattr(value, name)


def _is_as_it_was(kept: _Kept) -> bool:
    now = _contents(kept.container)
    if isinstance(now, set):
        return bool(now == kept.held)
    if isinstance(now, dict) and list(now) != list(kept.held):
        return False
    before, after = (x.values() if isinstance(x, dict) else x for x in (kept.held, now))
    return len(now) == len(kept.held) and all(map(_is, before, after))


def _is(one: Any, other: Any) -> bool:
    return one is other


def _put_back(kept: _Kept) -> None:
    container, held = kept.container, kept.held
    if isinstance(container, list):
        container[:] = held
    elif isinstance(container, dict | set):
        container.clear()
        container.update(held)
    elif isinstance(container, Spec):
        vars(container).clear()
        vars(container).update(held)
    else:
        for name in [name for name, _ in _attributes(container) if name not in held]:
            object.__delattr__(container, name)
        for name, value in held.items():
            object.__setattr__(container, name, value)


def _described(kept: _Kept) -> str:
    container, held = kept.container, kept.held
    now = _contents(container)
    if isinstance(container, Element):
        return f"{container.kind} `{container.name}` ({_difference(held, now)})"
    if isinstance(container, dict) or isinstance(now, dict):
        return f"a {type(container).__name__} ({_difference(held, now)})"
    return f"a {type(container).__name__} of {len(held)}, now of {len(now)}"


def _difference(held: dict[Any, Any], now: dict[Any, Any]) -> str:
    names = [key for key in {**held, **now} if held.get(key, _NOTHING) is not now.get(key, _NOTHING)]
    return ", ".join(f"`{name}`" for name in names) or "its order"


_NOTHING = object()
