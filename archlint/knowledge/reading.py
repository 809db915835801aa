"""YAML of the catalogue -> checked values, each failure with its file and place."""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import yaml

from archlint.knowledge.errors import CatalogueError
from archlint.knowledge.parsing import LOADER, parse

Steps = tuple[str | int, ...]

_MAX_BYTES = 1 << 20


class Record:
    """A mapping of a catalogue file, read field by field; what nobody asked for is an unknown key."""

    __slots__ = ("_asked", "_data", "_document", "_steps")

    def __init__(self, document: Document, data: Mapping[str, Any], steps: Steps) -> None:
        self._document = document
        self._data = data
        self._steps = steps
        self._asked: set[str] = set()

    def text(self, name: str) -> str:
        value = self.optional_text(name)
        return self._missing(name) if value is None else value

    def optional_text(self, name: str) -> str | None:
        value = self._take(name)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            self.fail(f"`{name}` must be a text", name)
        return value

    def number(self, name: str) -> float:
        value = self.optional_number(name)
        return self._missing(name) if value is None else value

    def optional_number(self, name: str) -> float | None:
        value = self._take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            self.fail(f"`{name}` must be a number that is not negative", name)
        return float(value)

    def year(self, name: str) -> int:
        value = self._take(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 1900 <= value <= 2100:
            self.fail(f"`{name}` must be a year", name)
        return value

    def flag(self, name: str) -> bool:
        """False where it is not stated."""
        value = self._take(name)
        if value is not None and not isinstance(value, bool):
            self.fail(f"`{name}` must be true or false", name)
        return bool(value)

    def scalar(self, name: str) -> float | str | bool:
        value = self._take(name)
        if not isinstance(value, str | int | float | bool):
            self.fail(f"`{name}` must be a text, a number or a truth value", name)
        return value

    def choice(self, name: str, allowed: Collection[str], default: str | None = None) -> Any:
        """One of `allowed`; typed Any because each caller's Literal equals its `allowed`."""
        value = self.optional_text(name)
        if value is None:
            return default if default is not None else self._missing(name)
        if value not in allowed:
            self.fail(f"`{value}` is not {_a(name)}; known: {', '.join(sorted(allowed))}", name)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._take(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fail(f"`{name}` must be a list of texts", name)
        return tuple(value)

    def choices(self, name: str, allowed: Collection[str]) -> Any:
        """At least one of `allowed`; typed Any as `choice` is."""
        values = self.texts(name) or self._missing(name)
        for value in values:
            if value not in allowed:
                self.fail(f"`{value}` is not one of {name}; known: {', '.join(sorted(allowed))}", name)
        return values

    def record(self, name: str) -> Record:
        value = self.optional_record(name)
        return self._missing(name) if value is None else value

    def optional_record(self, name: str) -> Record | None:
        value = self._take(name)
        return None if value is None else self._document.record(value, (*self._steps, name))

    def records(self, name: str) -> Iterator[Record]:
        value = self._take(name)
        if value is not None and not isinstance(value, list):
            self.fail(f"`{name}` must be a list", name)
        for index, item in enumerate(value or ()):
            yield self._document.record(item, (*self._steps, name, index))

    def names(self) -> tuple[str, ...]:
        """As written, extensions left out."""
        return tuple(key for key in self._data if not key.startswith("x-"))

    def done(self) -> None:
        """Raises CatalogueError for a key that was never asked for."""
        for key in self.names():
            if key not in self._asked:
                self.fail(f"`{key}` is not known here; known: {', '.join(sorted(self._asked))}", key)

    def fail(self, message: str, name: str | None = None) -> NoReturn:
        self._document.fail(message, self._steps if name is None else (*self._steps, name))

    def _take(self, name: str) -> Any:
        self._asked.add(name)
        value = self._data.get(name)
        if value is None and name in self._data:
            self.fail(f"`{name}` is empty", name)
        return value

    def _missing(self, name: str) -> NoReturn:
        self.fail(f"`{name}` is missing")


def _a(field: str) -> str:
    """What a value of the field is called."""
    return {"of": "what carries a setting", "key_unit": "a unit", "zero": "a meaning of 0"}.get(field, f"a {field}")


class Document:
    """One file, read; knows where each of its values stands."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._text = _text_of(file)
        try:
            self._data = parse(self._text)
        except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
            raise _syntax_error(file, error, self._text) from error

    def root(self) -> Record:
        return self.record(self._data, ())

    def rows(self) -> Iterator[Record]:
        """The records of a file that is a list."""
        if not isinstance(self._data, list):
            self.fail("the file must be a list", ())
        for index, item in enumerate(self._data):
            yield self.record(item, (index,))

    def record(self, value: object, steps: Steps) -> Record:
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            self.fail("a mapping with text keys is due here", steps)
        return Record(self, value, steps)

    def fail(self, message: str, steps: Steps) -> NoReturn:
        node = self._node(steps)
        if node is None:  # a file of comments only
            raise CatalogueError(self._file, message)
        raise CatalogueError(self._file, message, node.start_mark.line + 1, node.start_mark.column + 1)

    def _node(self, steps: Steps) -> yaml.Node | None:
        """The node at `steps`, or its nearest ancestor that is written; composed only to report a failure."""
        node = yaml.compose(self._text, Loader=LOADER)
        for step in steps:
            found = _child(node, step)
            if found is None:
                break
            node = found
        return node


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        child: yaml.Node = node.value[step]
        return child
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None


def _text_of(file: Path) -> str:
    try:
        found = file.stat()
        if not stat.S_ISREG(found.st_mode):
            raise CatalogueError(file, "is not a file")
        if found.st_size > _MAX_BYTES:
            raise CatalogueError(file, "larger than 1 MiB")
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise CatalogueError(file, f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8")
        raise CatalogueError(file, "is not UTF-8", *_place_after(before)) from error
    if not text.strip():
        raise CatalogueError(file, "is empty")
    return text


def _place_after(text: str) -> tuple[int, int]:
    """Line and column of what follows a text."""
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def _syntax_error(file: Path, error: Exception, text: str) -> CatalogueError:
    if isinstance(error, yaml.reader.ReaderError):
        return CatalogueError(file, f"is not YAML: {error.reason}", *_place_after(text[: error.position]))
    mark = getattr(error, "problem_mark", None)
    message = getattr(error, "problem", None) or str(error) or type(error).__name__
    if mark is None:
        return CatalogueError(file, f"is not YAML: {message}")
    return CatalogueError(file, f"is not YAML that can be used: {message}", mark.line + 1, mark.column + 1)
