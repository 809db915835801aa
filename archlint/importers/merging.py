"""Adds what a draft knows to a manifest that a person wrote: only by putting in new text, never by changing any.

The text is not written anew from its data, as a library for round trips would: that reflows what it did not change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

from archlint.importers.finished import Finished
from archlint.importers.fitting import fit
from archlint.importers.insertion import Insertions
from archlint.importers.names import normal
from archlint.manifest.defaults import merge_defaults
from archlint.manifest.loading import load
from archlint.manifest.problems import Path
from archlint.manifest.reader import Document
from archlint.manifest.spans import NAMING
from archlint.manifest.tree import ABSENT, value_at
from archlint.records import dataclass, field


class MergeError(Exception):
    """The manifest cannot be added to safely; the message says why."""


@dataclass(slots=True)
class Merged:
    """The manifest with what was added, and the routes that aliases bring in or share, which were left out."""

    text: str
    added: int = 0
    left_out: list[str] = field(default_factory=list)


def merge(document: Document, finished: Finished, names: Mapping[str, str]) -> Merged:
    """`names` gives the source's name of a component of the manifest. Raises MergeError."""
    known = {normal(other): name for name, other in names.items()}
    fitted = fit(finished, document.data or {}, known)
    merging = _Merging(document, fitted, known)
    merging.mapping(fitted.data, (), document.data or {}, ())
    merged = Merged(merging.insertions.text(), merging.insertions.count, merging.left_out)
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


def _beyond(value: Any, default: Any) -> Any:
    """What a draft says beyond the defaults that a person wrote, else ABSENT."""
    if default is ABSENT:
        return value
    if not isinstance(value, dict) or not isinstance(default, dict):
        return ABSENT
    return {name: part for name, part in value.items() if name not in default} or ABSENT


class _Merging:
    """Walks draft and manifest together and notes what to put in where."""

    def __init__(self, document: Document, finished: Finished, names: Mapping[str, str]) -> None:
        self._document, self._names = document, names
        self._filled = merge_defaults(document.data or {})
        self.insertions = Insertions(document, finished)
        self.left_out: list[str] = []

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
        if len(source) == 2 and self._elsewhere(name):
            return
        value = _beyond(value, value_at(self._filled, (*target, name)))
        if value is not ABSENT and not self.insertions.field(target, name, value, source[:-1]):
            self.left_out.append(".".join(map(str, (*target, name))))

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
                if not self.insertions.item(target, item, (*source, at)):
                    self.left_out.append(".".join(map(str, (*target, item[naming]))))
            else:
                self.mapping(item, (*source, at), stated[twin], (*target, twin))

    def _twin(self, name: Any, naming: str, stated: list[Any]) -> int | None:
        for at, item in enumerate(stated):
            if isinstance(item, dict) and normal(str(item.get(naming))) == normal(str(name)):
                return at
        return None
