"""`defaults:` merged under every call, service and datastore, on the plain tree and before validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from archlint.manifest.problems import Path
from archlint.manifest.tree import ABSENT, value_at

if TYPE_CHECKING:
    from archlint.manifest.reader import Document

_SECTION_OF = {"service": "services", "store": "datastores"}
_CALLERS = ("services", "clients")
_BACKGROUND = ("rate", "every")


def merge_defaults(data: dict[str, object]) -> dict[str, object]:
    """The tree with its defaults filled in; what nothing changes is shared with `data`, not copied."""
    defaults = data.get("defaults")
    if not isinstance(defaults, dict) or not defaults:
        return data
    merged = dict(data)
    for kind, section in _SECTION_OF.items():
        default = defaults.get(kind)
        if isinstance(default, dict):
            merged[section] = _each(merged.get(section), partial(_under, default=default))
    call = defaults.get("call")
    if isinstance(call, dict):
        for section in _CALLERS:
            merged[section] = _each(merged.get(section), _call_filler(section, call))
    return {key: value for key, value in merged.items() if value is not ABSENT}


def default_path(document: Document, path: Path) -> Path | None:
    """The path under `defaults` that supplied the value at `path`, or None where the file states it itself.

    Where the value does not exist at all, its deepest existing ancestor decides: a finding about
    `retries.jitter` leads to the default that supplied `retries`.
    """
    return supplied_by(document.data or {}, path)


def supplied_by(data: dict[str, object], path: Path) -> Path | None:
    """As `default_path`, on the tree of a document before its defaults are merged."""
    defaults = data.get("defaults")
    if not isinstance(defaults, dict):
        return None
    for kind, start in _scopes(data, path):
        supplied = _supplied(value_at(data, path[:start]), defaults.get(kind), path[start:])
        if supplied:
            return ("defaults", kind, *supplied)
    return None


def _under(stated: object, default: dict[str, object]) -> object:
    """`stated` over `default`, mapping by mapping; anything else stated, `none` too, stays as it is."""
    if not isinstance(stated, dict):
        return stated
    merged = dict(stated)
    for key, value in default.items():
        if key not in stated:
            merged[key] = value
        elif isinstance(value, dict):
            merged[key] = _under(stated[key], value)
    return merged


def _each(items: object, fill: Callable[[object], object]) -> object:
    """Every item of a mapping or list through `fill`; a thing of another kind is left for validation."""
    if isinstance(items, dict):
        return {name: fill(item) for name, item in items.items()}
    if isinstance(items, list):
        return [fill(item) for item in items]
    return ABSENT if items is None else items


def _call_filler(section: str, default: dict[str, object]) -> Callable[[object], object]:
    def call(stated: object) -> object:
        return _under(stated, default) if _takes_defaults(section, stated) else stated

    def caller(item: object) -> object:
        if not isinstance(item, dict) or not item.keys() & {"calls", "operations"}:
            return item
        filled = dict(item)
        if "calls" in item:
            filled["calls"] = _each(item["calls"], call)
        if "operations" in item:
            filled["operations"] = _each(item["operations"], caller)
        return filled

    return caller


def _takes_defaults(section: str, call: object) -> bool:
    """Calls that a request waits for; those of clients always, whatever rate they state."""
    if not isinstance(call, dict) or call.get("async") is True:
        return False
    return section != "services" or not any(key in call for key in _BACKGROUND)


def _scopes(data: dict[str, object], path: Path) -> Iterator[tuple[str, int]]:
    """Which default may reach `path`, innermost first, and where in `path` the thing it fills begins."""
    if not path:
        return
    if path[0] in _CALLERS:
        start = _call_start(path)
        if 0 < start < len(path) and _takes_defaults(str(path[0]), value_at(data, path[:start])):
            yield "call", start
    for kind, section in _SECTION_OF.items():
        if path[0] == section and len(path) > 2:
            yield kind, 2


def _call_start(path: Path) -> int:
    """Where what lies inside a call begins: `services.a.calls[0].` or `services.a.operations.b.calls[0].`."""
    if path[2:3] == ("calls",):
        return 4
    return 6 if path[2:3] == ("operations",) and path[4:5] == ("calls",) else 0


def _supplied(stated: object, default: object, rest: Path) -> Path:
    """The longest part of `rest` that `default` supplies, empty when the stated side has it or nobody has."""
    for depth, part in enumerate(rest):
        if not isinstance(stated, dict) or not isinstance(default, dict):
            return ()
        if part not in stated:
            return rest[: depth + _depth(default, rest[depth:])] if part in default else ()
        stated, default = stated[part], default.get(str(part))
    return ()


def _depth(data: object, parts: Path) -> int:
    for depth, part in enumerate(parts):
        data = value_at(data, (part,))
        if data is ABSENT:
            return depth
    return len(parts)
