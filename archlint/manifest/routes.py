"""Routes: how paths are written for people and kept in baselines, `services.checkout.calls[ledger].retries`.

Keys are joined by dots, `["orders.v1"]` where they are no plain word. Items of lists go by name,
`calls[ledger]`; the second of that name is `calls[ledger#2]`; those without a name go by index, `zones[0]`.
`*` stands for any name.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from archlint.manifest.problems import Path
from archlint.manifest.spans import NAMING
from archlint.records import dataclass

_KEY = re.compile(r"[A-Za-z0-9_-]+")
_NAME = re.compile(r"[A-Za-z0-9_./-]+")
_DIGITS = re.compile(r"[0-9]+")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_TWIN = re.compile(r"#([1-9][0-9]*)")


class RouteError(Exception):
    """A route that cannot be read or leads nowhere. `column` counts from 1 in the route's text, if known."""

    def __init__(self, message: str, column: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.column = column


@dataclass(frozen=True, slots=True)
class Part:
    """One step of a route: a name, an index, or (neither) any name.

    `bracketed` names are items of a list, or keys; `twin` counts items of one name from 1. `quoted` is
    only how it is written, quotes are also put where a name needs them.
    """

    name: str | None = None
    index: int | None = None
    bracketed: bool = False
    twin: int = 1
    quoted: bool = False

    @property
    def any(self) -> bool:
        return self.name is None and self.index is None

    def __str__(self) -> str:
        if self.index is not None:
            return f"[{self.index}]"
        if not self.bracketed:
            return "*" if self.name is None else self.name
        if self.name is None:
            return "[*]"
        twin = f"#{self.twin}" if self.twin > 1 else ""
        return f"[{_quote(self.name) if self.quoted else _bracket_name(self.name)}{twin}]"


Ordinals = dict[int, list[int]]
"""Of each list, by its identity: the how-manieth of its name each item is. For one tree, which outlives it."""


def format_route(path: Path, data: Any, ordinals: Ordinals | None = None) -> str:
    """The route of `path`; `data` gives items of lists their names, and may end before the path does.

    Hand in the same `ordinals` for many routes of one tree: each list is then counted once.
    """
    parts = []
    for step in path:
        parts.append(_part(step, data, {} if ordinals is None else ordinals))
        data = _child(data, step)
    return _text(parts)


def parse_route(text: str) -> tuple[Part, ...]:
    """Raises RouteError with the column where the text is no route."""
    parts = []
    at = 0
    while at < len(text):
        if text[at] == "[":
            part, at = _bracket(text, at)
        else:
            part, at = _word(text, at)
        parts.append(part)
    return tuple(parts)


def resolve(parts: Sequence[Part], data: Any, *, absent: bool = False) -> Path:
    """The one path that the parts lead to.

    With `absent`, what follows the last stated part may be missing, if it consists of keys. Raises
    RouteError where a part does not exist, or stands for any name.
    """
    path: Path = ()
    for at, part in enumerate(parts):
        if part.any:
            raise RouteError(f"`*` stands for any name; one is needed {_after(parts[:at])}")
        step = _step(part, data)
        if step is None:
            if absent and isinstance(data, dict | None) and _all_keys(parts[at:]):
                return path + tuple(key.name or "" for key in parts[at:])
            raise _missing(parts, at, data)
        path = (*path, step)
        data = _child(data, step)
    return path


def resolve_all(parts: Sequence[Part], data: Any) -> list[Path]:
    """Every path that the parts lead to, `*` matching any key or item, in the order of the document.

    Raises RouteError where a part exists nowhere.
    """
    reached: list[tuple[Path, Any]] = [((), data)]
    for at, part in enumerate(parts):
        following = [((*path, step), _child(value, step)) for path, value in reached for step in _steps(part, value)]
        if not following:
            raise _missing(parts, at, reached[0][1])
        reached = following
    return [path for path, _ in reached]


def item_name(item: Any) -> str | None:
    """What an item of a list is called, by the first naming field that it states."""
    if isinstance(item, dict):
        for field in NAMING:
            if isinstance(name := item.get(field), str):
                return name
    return None


def _part(step: str | int, data: Any, ordinals: Ordinals) -> Part:
    if isinstance(step, str):
        plain = _KEY.fullmatch(step) is not None
        return Part(step, bracketed=not plain, quoted=not plain)
    name = item_name(_child(data, step))
    if name is None:
        return Part(index=step, bracketed=True)
    counted = ordinals.get(id(data))
    if counted is None:
        counted = ordinals[id(data)] = _counted(data)
    return Part(name, bracketed=True, twin=counted[step])


def _counted(items: list[Any]) -> list[int]:
    seen: Counter[str | None] = Counter()
    counted = []
    for name in map(item_name, items):
        seen[name] += 1
        counted.append(seen[name])
    return counted


def _bracket_name(name: str) -> str:
    if _NAME.fullmatch(name) and not _DIGITS.fullmatch(name):
        return name
    return _quote(name)


def _quote(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _child(data: Any, step: str | int) -> Any:
    if isinstance(data, dict):
        return data.get(step)
    if isinstance(data, list) and isinstance(step, int) and 0 <= step < len(data):
        return data[step]
    return None


def _word(text: str, at: int) -> tuple[Part, int]:
    if at and text[at] != ".":
        raise RouteError(f"`.` or `[` is missing before `{text[at]}`", at + 1)
    at += at > 0
    if text.startswith("*", at):
        return Part(), at + 1
    found = _KEY.match(text, at)
    if found is None:
        what = f"`{text[at]}` cannot stand in a key" if at < len(text) else "the route ends with `.`"
        raise RouteError(f'{what}; a key of other characters is written ["like this"]', at + 1)
    return Part(found[0]), found.end()


def _bracket(text: str, opened: int) -> tuple[Part, int]:
    at = opened + 1
    quoted = text.startswith('"', at)
    if quoted:
        name, at = _quoted(text, at)
    elif text.startswith("*]", at):
        return Part(bracketed=True), at + 2
    else:
        found = _NAME.match(text, at)
        if found is None:
            raise RouteError("`[` is followed by no name; other characters are written in quotes", at + 1)
        name, at = found[0], found.end()
        if _DIGITS.fullmatch(name):
            return Part(index=_number(name, opened + 2), bracketed=True), _closed(text, at)
    twin = _TWIN.match(text, at)
    if twin is None:
        return Part(name, bracketed=True, quoted=quoted), _closed(text, at)
    ordinal = _number(twin[1], twin.start(1) + 1)
    return Part(name, bracketed=True, twin=ordinal, quoted=quoted), _closed(text, twin.end())


def _quoted(text: str, at: int) -> tuple[str, int]:
    found = _QUOTED.match(text, at)
    if found is None:
        raise RouteError("the quote is never closed", at + 1)
    try:
        return str(json.loads(found[0], strict=False)), found.end()
    except ValueError:
        raise RouteError("the quoted name has an unknown escape", at + 1) from None


def _number(digits: str, column: int) -> int:
    if len(digits) > 9:
        raise RouteError("the index is too large", column)
    return int(digits)


def _closed(text: str, at: int) -> int:
    if not text.startswith("]", at):
        raise RouteError("`]` is missing", at + 1)
    return at + 1


def _step(part: Part, data: Any) -> str | int | None:
    return next(_steps(part, data), None)


def _steps(part: Part, data: Any) -> Iterator[str | int]:
    if isinstance(data, dict):
        yield from (key for key in data if part.any or (key == part.name and part.twin == 1))
    elif isinstance(data, list) and part.bracketed:
        yield from _items(part, data)


def _items(part: Part, data: list[Any]) -> Iterator[int]:
    if part.any:
        yield from range(len(data))
    elif part.index is not None:
        yield from range(part.index, min(part.index + 1, len(data)))
    else:
        named = [at for at, item in enumerate(data) if item_name(item) == part.name]
        yield from named[part.twin - 1 : part.twin]


def _all_keys(parts: Sequence[Part]) -> bool:
    return all(part.name is not None and part.twin == 1 for part in parts)


def _text(parts: Sequence[Part]) -> str:
    text = ""
    for part in parts:
        text += f".{part}" if text and not part.bracketed else str(part)
    return text


def _where(parts: Sequence[Part]) -> str:
    return f"`{_text(parts)}`" if parts else "the top level"


def _after(parts: Sequence[Part]) -> str:
    return f"after {_where(parts)}" if parts else "at the top level"


def _missing(parts: Sequence[Part], at: int, data: Any) -> RouteError:
    part, where = parts[at], _where(parts[:at])
    if isinstance(data, list):
        names = [name for item in data if (name := item_name(item)) is not None]
        if not part.bracketed:
            return RouteError(f"{where} is a list; an item is written {_example(names)}")
    elif isinstance(data, dict):
        names = [key for key in data if isinstance(key, str)]
    else:
        return RouteError(f"{where} holds a single value, it has no `{part}`")
    from difflib import get_close_matches  # only for a suggestion: its import is slow

    close = get_close_matches(part.name or "", names, 1)
    hint = f"; did you mean `{close[0]}`?" if close and close[0] != part.name else ""
    return RouteError(f"{where} has no `{part}`{hint}")


def _example(names: list[str]) -> str:
    return f"[{_bracket_name(names[0])}]" if names else "[0]"
