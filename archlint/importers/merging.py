"""Adds what a draft knows to a manifest that a person wrote: only by putting in new text, never by changing any.

The text is not written anew from its data, as a library for round trips would: that reflows what it did not change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

from archlint.importers.drift.comparison import normal
from archlint.importers.finished import Finished
from archlint.importers.writing import flow, origin_comment, render
from archlint.manifest.loading import load
from archlint.manifest.problems import Path
from archlint.manifest.reader import Document
from archlint.manifest.spans import NAMING
from archlint.manifest.tree import value_at
from archlint.records import dataclass, field

_COMMENT = 1_000
"""Deeper than any mapping: a comment belongs to the line, before any new line."""


class MergeError(Exception):
    """The manifest cannot be added to safely; the message says why."""


@dataclass(slots=True)
class Merged:
    """The manifest with what was added, and the routes that were left out because of how they are written."""

    text: str
    added: int = 0
    left_out: list[str] = field(default_factory=list)


def merge(document: Document, finished: Finished, names: Mapping[str, str]) -> Merged:
    """`names` gives the source's name of a component of the manifest. Raises MergeError."""
    merging = _Merging(document, finished, {normal(other): name for name, other in names.items()})
    merging.mapping(finished.data, (), document.data or {}, ())
    merged = Merged(merging.text(), len(merging.insertions), merging.left_out)
    _verify(document, merged.text)
    return merged


def difference(document: Document, merged: Merged) -> str:
    """As a unified diff; empty where nothing was added."""
    before, after = (text.splitlines(keepends=True) for text in (document.text, merged.text))
    return "".join(unified_diff(before, after, document.name, document.name))


def _verify(document: Document, text: str) -> None:
    """What a person wrote must still stand, and the whole must be valid."""
    loaded = load(text.encode(), document.name)
    if loaded.manifest is None:
        problem = loaded.problems[0]
        raise MergeError(f"{document.name} would not be valid with what was found: {problem.message}")
    for path, value in _leaves(document.data, ()):
        if value_at(loaded.document.data, path) != value:
            raise MergeError(f"{document.name} would change at {'.'.join(map(str, path))}; merge it by hand")


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(part, (*path, name))
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from _leaves(part, (*path, at))
    else:
        yield path, value


class _Merging:
    """Walks draft and manifest together and notes what to put in where."""

    def __init__(self, document: Document, finished: Finished, names: Mapping[str, str]) -> None:
        self._document, self._spans, self._finished, self._names = document, document.spans, finished, names
        self.insertions: list[tuple[int, int, str]] = []  # where, how deep, what
        self.left_out: list[str] = []
        self._newline = "\r\n" if "\r\n" in document.text else "\n"

    def text(self) -> str:
        text = self._document.text
        parts, at = [], 0
        # At one place, what belongs to the inner mapping comes before what belongs to the outer.
        for index, _, insertion in sorted(self.insertions, key=lambda each: (each[0], -each[1])):
            parts += [text[at:index], insertion]
            at = index
        return "".join([*parts, text[at:]])

    def mapping(self, drawn: dict[str, Any], source: Path, stated: dict[str, Any], target: Path) -> None:
        """Add to the manifest's mapping at `target` what the draft's at `source` holds beyond it."""
        for name, value in drawn.items():
            if source in ((), ("system",)) and name in ("archlint", "name", "as_of"):
                continue
            known = self._known(name, stated, source)
            if known is None:
                self._add_new(name, value, (*source, name), target, stated)
            elif isinstance(value, dict) and isinstance(stated[known], dict):
                self.mapping(value, (*source, name), stated[known], (*target, known))
            elif isinstance(value, list) and isinstance(stated[known], list):
                self._list(value, (*source, name), stated[known], (*target, known))

    def _add_new(self, name: str, value: Any, source: Path, target: Path, stated: dict[str, Any]) -> None:
        """Add a field, a section or a component, but no component that the manifest has under another section."""
        if len(source) == 1 and isinstance(value, dict):
            value = {inner: part for inner, part in value.items() if not self._elsewhere(inner)}
            if not value:
                return
        if len(source) != 2 or not self._elsewhere(name):
            self._add(name, value, source, target, stated)

    def _known(self, name: str, stated: dict[str, Any], source: Path) -> str | None:
        """What the manifest calls it; names of components may differ in case and in `_`."""
        if name in stated:
            return name
        if len(source) != 1:
            return None
        wanted = self._names.get(normal(name), name)
        return next((other for other in stated if normal(other) == normal(wanted)), None)

    def _elsewhere(self, name: str) -> bool:
        """Whether the manifest has the component under another section, which a person chose."""
        wanted = normal(self._names.get(normal(name), name))
        data = self._document.data or {}
        return any(
            normal(other) == wanted for section in data.values() if isinstance(section, dict) for other in section
        )

    def _list(self, drawn: list[Any], source: Path, stated: list[Any], target: Path) -> None:
        """Items that have names are added where the manifest has none of that name; other lists are left alone."""
        for at, item in enumerate(drawn):
            naming = next((field for field in NAMING if isinstance(item, dict) and field in item), None)
            if naming is None:
                return
            twin = self._twin(item[naming], naming, stated)
            if twin is None:
                self._append(item, (*source, at), target, stated)
            else:
                self.mapping(item, (*source, at), stated[twin], (*target, twin))

    def _twin(self, name: Any, naming: str, stated: list[Any]) -> int | None:
        wanted = {normal(str(name)), normal(self._names.get(normal(str(name)), str(name)))}
        for at, item in enumerate(stated):
            if isinstance(item, dict) and normal(str(item.get(naming))) in wanted:
                return at
        return None

    # -- text

    def _add(self, name: str, value: Any, source: Path, target: Path, stated: dict[str, Any]) -> None:
        if not target:
            lines = render(name, value, source, self._finished)
            self._insert(len(self._document.text), 0, ["", *lines])
            return
        place = self._container(target)
        if place is None:
            self.left_out.append(".".join(map(str, (*target, name))))
            return
        start, end = place
        if self._document.text[start] == "{":
            lead = ", " if stated else ""
            self.insertions.append((end - 1, len(target), f"{lead}{flow({name: value})[1:-1]}"))
            self._comment(end, name, source)
            return
        indent = self._indent((*target, next(iter(stated))))
        lines = [" " * indent + line for line in render(name, value, source, self._finished)]
        self._insert(self._after(end), len(target), lines)

    def _append(self, item: dict[str, Any], source: Path, target: Path, stated: list[Any]) -> None:
        place = self._container(target)
        if place is None:
            self.left_out.append(".".join(map(str, target)))
            return
        start, end = place
        if self._document.text[start] == "[":
            lead = ", " if stated else ""
            self.insertions.append((end - 1, len(target), f"{lead}{flow(item)}"))
            self._comment(end, str(next(iter(item.values()))), source)
            return
        column = self._document.spans.lines.position(start)[1]
        comment = origin_comment(self._finished.origin(source))
        self._insert(self._after(end), len(target), [f"{' ' * (column - 1)}- {flow(item)}{comment}"])

    def _container(self, path: Path) -> tuple[int, int] | None:
        """Where the value at `path` begins and ends; None where it is an alias, or comes from one."""
        place, anchor = self._spans.value_place(path), self._spans.anchor_of(path)
        if place is None or anchor is not None:
            return None
        lines = self._spans.lines
        return (
            lines.begin(place.line) + place.column - 1,
            lines.begin(place.end_line) + place.end_column - 1,
        )

    def _indent(self, path: Path) -> int:
        place = self._spans.key_place(path)
        return place.column - 1 if place is not None else 0

    def _after(self, index: int) -> int:
        """The end of the line that the index lies in, its comment included."""
        text = self._document.text
        ends = [at for at in (text.find("\n", index), text.find("\r", index)) if at >= 0]
        return min(ends, default=len(text))

    def _insert(self, index: int, depth: int, lines: list[str]) -> None:
        text = self._document.text
        at_end = index == len(text)
        closed = not text or text.endswith(("\n", "\r"))
        body = self._newline.join(lines)
        if at_end and closed:
            self.insertions.append((index, depth, body + self._newline))
        else:
            self.insertions.append((index, depth, self._newline + body))

    def _comment(self, end: int, name: str, source: Path) -> None:
        """Where a line in braces ends without a comment, it gets one."""
        comment = origin_comment(self._finished.origin(source))
        line_end = self._after(end)
        if comment and not self._document.text[end:line_end].strip(" \t]},"):
            self.insertions.append((line_end, _COMMENT, f"  # {name}:{comment.removeprefix('  #')}"))
