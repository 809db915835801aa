"""JSON of other tools. The standard parser says whether it is JSON; a walk over the tokens says where things stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from archlint.importers.reading.files import SourceError, SourceFile
from archlint.importers.reading.tree import Fields, Items, Part, Span, pointed_at

MAX_DEPTH = 100

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)
_Token = tuple[str, int, int]


def read_json(file: SourceFile) -> tuple[Part, ...]:
    """The value of a file, as one document; or its lines, where each holds one. Raises SourceError.

    Text that begins as JSON does and is none may still be YAML in brackets.
    """
    start, end = _wrapped(file.text)
    try:
        json.loads(file.text[start:end])
    except RecursionError as error:
        raise SourceError(file.name, f"nested deeper than {MAX_DEPTH} levels") from error
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError) and not _holds_several(error, file.text):
            return _other(file, error)
    return tuple(Part(file, value, pointed_at(value, span), span) for value, span in _values(file, start, end))


def _wrapped(text: str) -> tuple[int, int]:
    """Where the JSON stands in what a wrapper of a command line tool printed around it: `[command]...` comes first."""
    at = text.find("\n{") if text.startswith("[command]") else -1
    if at < 0:
        return 0, len(text)
    try:
        return at + 1, json.JSONDecoder().raw_decode(text, at + 1)[1]
    except (ValueError, RecursionError):
        return 0, len(text)


def _holds_several(error: json.JSONDecodeError, text: str) -> bool:
    """Whether the text is a row of JSON values, one after the other, as tools write them line by line."""
    if error.msg != "Extra data":
        return False
    decoder, at = json.JSONDecoder(parse_int=float), 0
    try:
        while at < len(text):
            at = decoder.raw_decode(text, at)[1]
            at += len(text[at:]) - len(text[at:].lstrip())
    except (ValueError, RecursionError):
        return False
    return True


def _other(file: SourceFile, error: json.JSONDecodeError) -> tuple[Part, ...]:
    from archlint.importers.reading.yaml_tree import read_yaml

    try:
        return read_yaml(file)
    except SourceError:
        place = file.lines.place(min(error.pos, len(file.text)), min(error.pos + 1, len(file.text)))
        raise SourceError(file.name, f"not JSON: {error.msg}", place) from error


def _values(file: SourceFile, start: int, end: int) -> Iterator[tuple[Any, Span]]:
    tokens = ((found[0], *found.span()) for found in _TOKEN.finditer(file.text, start, end))
    for token in tokens:
        yield _Walk(file, tokens).value(token, 0)


class _Walk:
    """Builds values from tokens that are known to be JSON."""

    def __init__(self, file: SourceFile, tokens: Iterator[_Token]) -> None:
        self._file, self._tokens = file, tokens

    def value(self, token: _Token, depth: int) -> tuple[Any, Span]:
        text, start, end = token
        if depth > MAX_DEPTH:
            place = self._file.lines.place(start, end)
            raise SourceError(self._file.name, f"nested deeper than {MAX_DEPTH} levels", place)
        if text == "{":
            return self._fields(start, depth + 1)
        if text == "[":
            return self._items(start, depth + 1)
        return _scalar(text), (start, end)

    def _fields(self, start: int, depth: int) -> tuple[Fields, Span]:
        fields = Fields()
        for text, at, end in self._tokens:
            if text == "}":
                return fields, (start, end)
            if text == ",":
                continue
            name = _scalar(text)
            next(self._tokens)  # the colon
            fields[name], fields.values_at[name] = self.value(next(self._tokens), depth)
            fields.keys_at[name] = (at, end)
        raise AssertionError("JSON that was read before ends too early")

    def _items(self, start: int, depth: int) -> tuple[Items, Span]:
        items = Items()
        for token in self._tokens:
            if token[0] == "]":
                return items, (start, token[2])
            if token[0] == ",":
                continue
            value, span = self.value(token, depth)
            items.append(value)
            items.values_at.append(span)
        raise AssertionError("JSON that was read before ends too early")


def _scalar(text: str) -> Any:
    """What a token stands for that is known to be JSON. A number that Python does not take is infinite."""
    if text[0] == '"' and "\\" not in text:
        return text[1:-1]
    try:
        return json.loads(text)
    except ValueError:
        return float(text)
