"""YAML of other tools: several documents, any tags, nulls, keys of any kind, and the same budgets as a manifest."""

from __future__ import annotations

from typing import Any, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from archlint.importers.reading.files import SourceError, SourceFile
from archlint.importers.reading.tree import Fields, Items, Part, Span, pointed_at
from archlint.manifest.scalars import CORE, Memo
from archlint.manifest.spans import LOADER

MAX_DEPTH = 100
MAX_EXPANDED = 100_000
"""Nodes that aliases may stand for, counted as though each were written out."""

_Anchor = tuple[Any, int]


def read_yaml(file: SourceFile) -> tuple[Part, ...]:
    """The documents of a file that hold something. Raises SourceError, with the place, for what is not YAML."""
    try:
        return tuple(_Reader(file).documents())
    except yaml.YAMLError as error:
        from archlint.manifest.syntax import syntax_problem

        problem = syntax_problem(error, file.text)
        raise SourceError(file.name, problem.message, problem.place) from error


class _Reader:
    """Pulls the parser's events one at a time: the depth has to be known before it costs quadratic time."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._pull = LOADER(file.text).get_event
        self._plain = Memo()
        self._anchors: dict[str, _Anchor] = {}
        self._open: set[str] = set()
        self._nodes = 0
        self._expanded = 0

    def documents(self) -> list[Part]:
        found = []
        while not isinstance(event := self._pull(), StreamEndEvent):
            if not isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent | AliasEvent):
                if isinstance(event, DocumentEndEvent):
                    self._anchors.clear()
                continue
            value, span = self._node(event, 0)
            if value is not None:
                found.append(Part(self._file, value, pointed_at(value, span), span))
        return found

    def _node(self, event: Any, depth: int) -> tuple[Any, Span]:
        self._nodes += 1
        kind = type(event)
        if kind is ScalarEvent:
            value: Any = self._plain[event.value] if event.implicit[0] else event.value
            start, end = event.start_mark.index, event.end_mark.index
            if event.anchor is not None or event.tag is not None:
                value = self._marked(event, value)
            return value, (start, end)
        if kind is AliasEvent:
            return self._alias(event), (event.start_mark.index, event.end_mark.index)
        return self._collection(event, depth)

    def _marked(self, event: Any, value: Any) -> Any:
        value = self._tagged(event, value)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        return value

    def _tagged(self, event: Any, value: Any) -> Any:
        """`!Name value` is read as `{"!Name": value}`; tags of YAML's own say what the value shows anyway."""
        tag = event.tag
        if tag is None or tag == "!" or tag.startswith(CORE):
            return event.value if tag == f"{CORE}str" and isinstance(event, ScalarEvent) else value
        span = (event.start_mark.index, event.end_mark.index)
        wrapped = Fields()
        wrapped[tag] = value
        wrapped.keys_at[tag] = wrapped.values_at[tag] = span
        return wrapped

    def _alias(self, event: Any) -> Any:
        if event.anchor in self._open:
            self._refuse(event, f"the alias `*{event.anchor}` stands inside what it names")
        if event.anchor not in self._anchors:
            self._refuse(event, f"the alias `*{event.anchor}` names no anchor")
        value, size = self._anchors[event.anchor]
        self._expanded += size
        if self._expanded > MAX_EXPANDED:
            self._refuse(event, f"aliases stand for more than {MAX_EXPANDED} nodes")
        return value

    def _collection(self, event: Any, depth: int) -> tuple[Any, Span]:
        if depth >= MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH} levels")
        before = self._nodes + self._expanded
        if event.anchor is not None:
            self._open.add(event.anchor)
        build = self._mapping if type(event) is MappingStartEvent else self._sequence
        value, end = build(depth + 1)
        value = self._tagged(event, value)
        if event.anchor is not None:
            self._open.discard(event.anchor)
            self._anchors[event.anchor] = (value, self._nodes + self._expanded - before + 1)
        return value, (event.start_mark.index, end)

    def _mapping(self, depth: int) -> tuple[Fields, int]:
        fields = Fields()
        pull: Any = self._pull
        merged: list[Any] = []
        while type(event := pull()) is not MappingEndEvent:
            key, key_span = self._node(event, depth)
            plain = type(event) is ScalarEvent and event.implicit[0]
            value, span = self._node(pull(), depth)
            if key == "<<" and plain:
                merged += value if isinstance(value, Items) else [value]
                continue
            name = key if isinstance(key, str) else _name(key, event)
            fields[name] = value
            fields.keys_at[name] = key_span
            fields.values_at[name] = span
        for source in merged:
            _merge(fields, source)
        end: Any = event.end_mark
        return fields, end.index

    def _sequence(self, depth: int) -> tuple[Items, int]:
        items = Items()
        pull: Any = self._pull
        while type(event := pull()) is not SequenceEndEvent:
            value, span = self._node(event, depth)
            items.append(value)
            items.values_at.append(span)
        end: Any = event.end_mark
        return items, end.index

    def _refuse(self, event: Any, message: str) -> NoReturn:
        place = self._file.lines.place(event.start_mark.index, event.start_mark.index + 1)
        raise SourceError(self._file.name, message, place)


def _name(key: Any, event: Any) -> str:
    """A key that is a number or a word such as `on` keeps the text that stands there."""
    return event.value if isinstance(event, ScalarEvent) else str(key)


def _merge(fields: Fields, source: Any) -> None:
    if not isinstance(source, Fields):
        return
    for name, value in source.items():
        if name not in fields:
            fields[name] = value
            fields.keys_at[name], fields.values_at[name] = source.keys_at[name], source.values_at[name]
