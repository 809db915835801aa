"""One configuration file: read, and its mistakes told with their places."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from archlint.engine.errors import UsageError
from archlint.engine.sources.discovery import display_name
from archlint.manifest.problems import Path, Place
from archlint.records import dataclass

NAMES = ("archlint.toml", ".archlint.toml")
PYPROJECT = "pyproject.toml"
TABLE = ("tool", "archlint")
"""The table of pyproject.toml that configures archlint."""

_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
_AT = r" \(at line (?P<line>\d+), column (?P<column>\d+)\)$"


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with the key, or with the value, of a path in a configuration."""

    path: Path
    message: str
    on: Literal["key", "value"] = "value"


class ConfigurationError(UsageError):
    """Mistakes in a configuration file. `lines` show each with its place and the line of the file."""

    def __init__(self, messages: Iterable[str], lines: Iterable[str]) -> None:
        super().__init__("\n".join(messages))
        self._lines = tuple(lines)

    @property
    def lines(self) -> tuple[str, ...]:
        return self._lines


@dataclass(frozen=True, slots=True)
class ConfigurationFile:
    """A file as read. `path` is absolute, `table` where its settings stand, `data` what stands there."""

    path: str
    text: str
    table: tuple[str, ...]
    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        """As messages show it."""
        return shown(self.path)

    @property
    def folder(self) -> str:
        """What the paths and globs of the file start from."""
        return os.path.dirname(self.path)

    def place(self, path: Path, on: Literal["key", "value"] = "value") -> Place:
        from archlint.engine.configuration.places import places_in

        spots = places_in(self.text)
        whole: Path = (*self.table, *path)
        while whole and whole not in spots:
            whole = whole[:-1]
        if not whole:
            return Place(1, 1, 1, 1)
        return spots[whole].key if on == "key" else spots[whole].value

    def origin(self, path: Path) -> str:
        """`file:line:column` of a key."""
        place = self.place(path, "key")
        return f"{self.name}:{place.line}:{place.column}"

    def error(self, mistakes: Iterable[Mistake]) -> ConfigurationError:
        """All mistakes of the file, in the order of its text."""
        placed = sorted((self.place(m.path, m.on), m.message) for m in mistakes)
        return _error(self.name, self.text, placed)


def read(path: str) -> ConfigurationFile | None:
    """None for a pyproject.toml without the table. Raises ConfigurationError for what is no TOML."""
    try:
        with open(path, "rb") as stream:
            content = stream.read()
    except OSError as error:
        raise UsageError(f"{shown(path)}: cannot be read: {error.strerror}") from error
    is_pyproject = os.path.basename(path) == PYPROJECT
    if is_pyproject and TABLE[-1].encode() not in content:
        return None  # and its text is nobody's business here
    text, data = _parse(path, content)
    if not is_pyproject:
        return ConfigurationFile(path, text, (), data)
    tool = data.get(TABLE[0])
    if not isinstance(tool, dict) or TABLE[1] not in tool:
        return None
    whole = ConfigurationFile(path, text, TABLE, {})
    if not isinstance(tool[TABLE[1]], dict):
        raise whole.error([Mistake((), "`tool.archlint` is a table", "key")])
    return ConfigurationFile(path, text, TABLE, tool[TABLE[1]])


def shown(path: str) -> str:
    """A path as messages show it."""
    from pathlib import Path

    return display_name(Path(path))


def _parse(path: str, content: bytes) -> tuple[str, dict[str, Any]]:
    import tomllib  # only for those who have a configuration

    try:
        text = content.decode("utf-8").removeprefix(_BYTE_ORDER_MARK).replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{shown(path)}:{line}:1: is not UTF-8") from error
    try:
        return text, tomllib.loads(text)
    except RecursionError as error:
        raise UsageError(f"{shown(path)}: is nested too deep") from error
    except ValueError as error:
        raise _syntax_error(path, text, str(error)) from error


def _syntax_error(path: str, text: str, message: str) -> ConfigurationError:
    at = re.search(_AT, message)
    if at is not None:
        line, column = int(at["line"]), int(at["column"])
    else:  # "(at end of document)"
        line, column = text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1
    said = message[: at.start()] if at else message.removesuffix(" (at end of document)")
    place = Place(line, column, line, column + 1)
    return _error(shown(path), text, [(place, f"is not TOML: {said[:1].lower()}{said[1:]}")])


def _error(name: str, text: str, placed: Iterable[tuple[Place, str]]) -> ConfigurationError:
    messages: list[str] = []
    lines: list[str] = []
    for place, message in placed:
        messages.append(f"{name}:{place.line}:{place.column}: {message}")
        lines += [f"error: {messages[-1]}", *_excerpt(text, place)]
    return ConfigurationError(messages, lines)


def _excerpt(text: str, place: Place) -> list[str]:
    """The line of a place with carets below it; nothing where the line is empty or too long to help."""
    lines = text.split("\n")
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    if not line.strip() or len(line) > 160:
        return []
    end = place.end_column if place.end_line == place.line else len(line) + 1
    margin = f"{place.line:>4}"
    under = "".join("\t" if character == "\t" else " " for character in line[: place.column - 1])
    return [f"{margin} | {line}", f"{'':>4} | {under}{'^' * max(1, end - place.column)}"]
