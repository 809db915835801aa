"""Where keys and values stand in a TOML text that `tomllib` has read: it keeps no positions itself.

Needed for messages only, so that a run without a mistake in its configuration never imports this.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right

from archlint.manifest.problems import Path, Place
from archlint.records import dataclass

_BLANK = re.compile(r"(?:\s|#[^\n]*)*")
_BETWEEN = re.compile(r"(?:\s|,|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_KEY = re.compile(r'[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|\'[^\']*\'')
_SCALAR = re.compile(
    r'"""(?:[^\\]|\\[\s\S])*?"""(?:"{0,2})'
    r"|'''[\s\S]*?'''(?:'{0,2})"
    r'|"(?:[^"\\]|\\.)*"'
    r"|'[^']*'"
    r"|[^\s,\]}#]+(?: \d\d:[^\s,\]}#]+)?"  # a date and its time may be parted by a space
)


@dataclass(frozen=True, slots=True)
class Spot:
    """The place of a key and of its value; those of the item for an item of a list.

    A table has the place of its name for both.
    """

    key: Place
    value: Place


def places_in(text: str) -> dict[Path, Spot]:
    """By the path of keys and indexes. `text` is valid TOML: what `tomllib` refuses may give nonsense."""
    scanner = _Scanner(text)
    scanner.document()
    return scanner.found


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, Spot] = {}
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._last: dict[Path, int] = {}
        """The index of the last table of each array of tables."""

    def document(self) -> None:
        table: Path = ()
        while self._skip(_BLANK):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        width = 2 if self.text.startswith("[[", self.at) else 1
        self.at += width
        path = self._keys(())
        self._skip(_SPACE)
        self.at += width
        if width == 1:
            return path
        self._last[path] = self._last.get(path, -1) + 1
        return (*path, self._last[path])

    def _pair(self, table: Path) -> None:
        path = self._keys(table)
        self._skip(_SPACE)
        self.at += 1  # the equals sign
        self._skip(_SPACE)
        self.found[path] = Spot(self.found[path].key, self._value(path))

    def _keys(self, path: Path) -> Path:
        """Read `a."b c".d`; parents that no table has named yet get their place here."""
        self._skip(_SPACE)
        while True:
            token = self._take(_KEY)
            path = (*self._within(path), _unquoted(self.text[token[0] : token[1]]))
            place = self._place(*token)
            self.found.setdefault(path, Spot(place, place))
            dot = _DOT.match(self.text, self.at)
            if dot is None:
                return path
            self.at = dot.end()

    def _within(self, path: Path) -> Path:
        return (*path, self._last[path]) if path in self._last else path

    def _value(self, path: Path) -> Place:
        start = self.at
        opening = self.text[start]
        if opening == "[":
            self._items(path)
        elif opening == "{":
            self._members(path)
        else:
            self._take(_SCALAR)
        return self._place(start, self.at)

    def _items(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self._skip(_BETWEEN) and self.text[self.at] != "]":
            place = self._value((*path, index))
            self.found[*path, index] = Spot(place, place)
            index += 1
        self.at += 1

    def _members(self, path: Path) -> None:
        self.at += 1
        while self._skip(_BETWEEN) and self.text[self.at] != "}":
            self._pair(path)
        self.at += 1

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        """Move over what matches; whether text is left."""
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return self.at < len(self.text)

    def _take(self, pattern: re.Pattern[str]) -> tuple[int, int]:
        match = pattern.match(self.text, self.at)
        assert match is not None
        self.at = match.end()
        return match.span()

    def _place(self, start: int, end: int) -> Place:
        return Place(*self._position(start), *self._position(end))

    def _position(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def _unquoted(token: str) -> str:
    if token[0] == "'":
        return token[1:-1]
    return str(tomllib.loads(f"key = {token}")["key"]) if token[0] == '"' else token
