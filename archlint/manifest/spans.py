"""From a path in the tree to a place in the text.

Positions are kept as flat arrays of character indexes in the order of the document: node `n` begins at
`starts[n]`; what a collection holds follows it, up to `extents[n]`. Lines, columns and the names of keys
are derived when somebody asks, so that reading pays for two integers per node and nothing more.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from itertools import accumulate
from operator import itemgetter
from typing import Any, NamedTuple

import yaml

from archlint.manifest.problems import On, Path, Place
from archlint.records import dataclass, field

NAMING = ("to", "from", "on", "name", "do", "action", "check")
"""The fields that name an item of a list, the first that is stated deciding."""

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

OPEN = 2**31
"""The extent of a collection whose end has not been read."""

_BREAK = re.compile(r"\r\n|\r|\n")
_PROPERTY = re.compile(r"(?:!<[^>]*>|[&!][^\s,\[\]{}]*)(?:\s+(?:#[^\r\n]*\s+)*)?")
_TAG = re.compile(r"!<[^>]*>|![^\s,\[\]{}]*")
_ANCHOR = re.compile(r"&[^\s,\[\]{}]+")
_NOTHING = Place(1, 1, 1, 1)


class Lines:
    """Turns character indexes into lines and columns. Lines end at LF, CRLF and CR, at nothing else."""

    __slots__ = ("_begins",)

    def __init__(self, text: str) -> None:
        if "\r" in text:
            self._begins = [0, *(found.end() for found in _BREAK.finditer(text))]
        else:
            self._begins = list(accumulate([len(line) + 1 for line in text.split("\n")], initial=0))[:-1]

    def position(self, index: int) -> tuple[int, int]:
        line = bisect_right(self._begins, index)
        return line, index - self._begins[line - 1] + 1

    def place(self, start: int, end: int) -> Place:
        return Place(*self.position(start), *self.position(end))

    def begin(self, line: int) -> int:
        return self._begins[line - 1]


@dataclass(slots=True)
class Nodes:
    """Every node of a document by number, in document order; filled by the reader."""

    starts: array[int] = field(default_factory=lambda: array("I"))
    ends: array[int] = field(default_factory=lambda: array("I"))
    extents: dict[int, int] = field(default_factory=dict)  # collection -> the first node after what it holds
    mappings: set[int] = field(default_factory=set)
    targets: dict[int, int] = field(default_factory=dict)  # alias -> the node that it stands for
    skipped: set[int] = field(default_factory=set)  # items of lists that the tree leaves out

    def after(self, node: int) -> int:
        return self.extents.get(node, node + 1)


class Entry(NamedTuple):
    """A child of a collection: its key (None for an item of a list), its value, and the alias of a `<<`."""

    key: int | None
    value: int
    via: int | None = None


class Found(NamedTuple):
    """Where a path leads: its entry, and the outermost alias on the way there, before the value itself."""

    entry: Entry
    via: int | None


class SpanIndex:
    """Answers where the parts of one document stand."""

    __slots__ = ("_entries", "_lines", "_orders", "nodes", "text")

    def __init__(self, text: str, nodes: Nodes) -> None:
        self.text = text
        self.nodes = nodes
        self._lines: Lines | None = None
        self._entries: dict[int, dict[str | int, Entry]] = {}
        self._orders: dict[int, list[tuple[int, str | int]]] = {}

    @property
    def lines(self) -> Lines:
        if self._lines is None:
            self._lines = Lines(self.text)
        return self._lines

    def key_place(self, path: Path) -> Place | None:
        """The key of `path`, or None for an item of a list, the top, and what is not in the text.

        What an alias or a `<<` brings in stands at that alias.
        """
        found = self._find(path)
        if found is None:
            return None
        if found.via is not None:
            return self.node_place(found.via)
        return None if found.entry.key is None else self.node_place(found.entry.key)

    def value_place(self, path: Path) -> Place | None:
        """The whole value of `path`; where nothing is written as the value, its key."""
        found = self._find(path)
        if found is None:
            return None
        if found.via is not None:
            return self.node_place(found.via)
        start, end = self.extent(found.entry.value)
        if start == end and found.entry.key is not None:
            return self.node_place(found.entry.key)
        return self.lines.place(start, end)

    def node(self, path: Path) -> int | None:
        """The node of the value of `path`; None where an alias or a `<<` brings it in, or it is not in the text."""
        found = self._find(path)
        if found is None or found.via is not None or found.entry.value in self.nodes.targets:
            return None
        return found.entry.value

    def children(self, node: int) -> list[int]:
        """What a collection itself holds, keys among it, in the order of the text."""
        held = []
        child, end = node + 1, self.nodes.extents.get(node, 0)
        while child < end:
            held.append(child)
            child = self.nodes.after(child)
        return held

    def nearest(self, path: Path) -> tuple[Path, Place]:
        """The longest part of `path` that is in the text, and the key, or name, to point at."""
        for length in range(len(path), 0, -1):
            place = self._named_place(path[:length])
            if place is not None:
                return path[:length], place
        return (), self._top()

    def place_of(self, path: Path, on: On = "value") -> Place:
        """The place to report: never fails, and never spans several lines (the key does then)."""
        place = self.key_place(path) if on == "key" else self.value_place(path) if on == "value" else None
        if place is None or place.line != place.end_line:
            return self.nearest(path)[1]
        return place

    def path_on(self, line: int) -> Path | None:
        """The first key, or item of a list, that begins on the line; None where none does."""
        starts = self.nodes.starts
        node = bisect_left(starts, self.lines.begin(line))
        if node == len(starts) or self.lines.position(starts[node])[0] != line:
            return None
        # A block begins where its first key does, or at the dash of its first item: these are meant.
        node = bisect_right(starts, starts[node]) - 1
        if node in self.nodes.extents and self.text[starts[node]] == "-":
            node += 1
        return self._path_to(node)

    def anchor_of(self, path: Path) -> Place | None:
        """Where `path` goes through an alias or a `<<`: the anchor (`&name`) that it stands for."""
        found = self._find(path)
        if found is None:
            return None
        return self.anchor_place(found.entry.value if found.via is None else found.via)

    def anchor_place(self, alias: int) -> Place | None:
        """The anchor (`&name`) of an alias; None where the node is no alias."""
        target = self.nodes.targets.get(alias)
        if target is None:
            return None
        name = _ANCHOR.search(self.text, self.nodes.starts[target])
        return self.lines.place(*name.span()) if name else self.node_place(target)

    def node_place(self, node: int) -> Place:
        return self.lines.place(*self.extent(node))

    def tag_place(self, node: int) -> Place:
        start = self.nodes.starts[node]
        tag = _TAG.search(self.text, start, max(self._begin(node), start))
        return self.lines.place(*tag.span()) if tag else self.node_place(node)

    def null_place(self, node: int, has_key: bool) -> Place:
        """Of a null: itself, or where nothing is written its key, or the dash of its item."""
        start, end = self.extent(node)
        if start < end:
            return self.lines.place(start, end)
        if has_key:
            return self.node_place(node - 1)
        dash = self.text.rfind("-", 0, start)
        return self.lines.place(dash, dash + 1) if dash >= 0 else self.lines.place(start, end)

    def extent(self, node: int) -> tuple[int, int]:
        """First and last index (exclusive) of a node, without its anchor and tag, without what follows it."""
        start = self._begin(node)
        if node not in self.nodes.extents:
            return start, max(start, self._scalar_end(start, self.nodes.ends[node]))
        if self.nodes.extents[node] == OPEN:
            return start, min(start + 1, len(self.text))
        end = node
        while self.nodes.after(end) > end + 1 and self.text[self._begin(end)] not in "[{":
            end = self._last(end)
        return (start, self.nodes.ends[end]) if end in self.nodes.extents else (start, self.extent(end)[1])

    def _begin(self, node: int) -> int:
        start = self.nodes.starts[node]
        end = max(self.nodes.ends[node], start)
        while start < end and (found := _PROPERTY.match(self.text, start)):
            start = found.end()
        return min(start, end)

    def _scalar_end(self, start: int, end: int) -> int:
        return start + len(self.text[start:end].rstrip())

    def _last(self, node: int) -> int:
        child = node + 1
        while (following := self.nodes.after(child)) < self.nodes.extents[node]:
            child = following
        return child

    def _named_place(self, path: Path) -> Place | None:
        found = self._find(path)
        if found is None or found.entry.key is not None or found.via is not None:
            return self.key_place(path)
        entries = self._children(found.entry.value)
        for name in NAMING:
            if name in entries and entries[name].via is None:
                return self.node_place(entries[name].value)
        first = next(iter(entries.values()), found.entry)
        return self.node_place(first.value if first.key is None else first.key)

    def _top(self) -> Place:
        if not self.nodes.starts:
            return _NOTHING
        return self.node_place(1 if 0 in self.nodes.mappings and self.nodes.extents.get(0, 0) > 1 else 0)

    def _find(self, path: Path) -> Found | None:
        if not self.nodes.starts:
            return None
        entry, via = Entry(None, 0), None
        for part in path:
            value = entry.value
            if via is None and value in self.nodes.targets:
                via = value
            found = self._children(value).get(part)
            if found is None:
                return None
            entry = found
            via = entry.via if via is None else via
        return Found(entry, via)

    def first_key(self, mapping: int, name: str) -> int | None:
        """The node of the first key of that name that stands in the mapping itself."""
        entry = self._children(mapping).get(name)
        return entry.key if entry else None

    def _path_to(self, node: int) -> Path:
        """Of a key, or of an item that begins where the node does."""
        path: Path = ()
        at = 0
        while at in self.nodes.extents:
            step, entry = self._child_with(node, at)
            if entry is None or step == "<<":
                break
            path, at = (*path, step), entry.value
            if node < at or (entry.key is None and self.nodes.starts[at] == self.nodes.starts[node]):
                break
        return path

    def _child_with(self, node: int, collection: int) -> tuple[str | int, Entry | None]:
        children = self._children(collection)
        order = self._orders.get(collection)
        if order is None:
            begun = ((entry.value if entry.key is None else entry.key, step) for step, entry in children.items())
            order = self._orders[collection] = sorted(begun, key=itemgetter(0))
        at = bisect_right(order, node, key=itemgetter(0)) - 1
        if at < 0:
            return "", None
        step = order[at][1]
        return step, children[step] if node < self.nodes.after(children[step].value) else None

    def _children(self, node: int) -> dict[str | int, Entry]:
        node = self._resolved(node)
        entries = self._entries.get(node)
        if entries is None:
            mapping = node in self.nodes.mappings
            entries = self._fields(node) if mapping else dict(enumerate(self._items(node)))
            self._entries[node] = entries
        return entries

    def _resolved(self, node: int) -> int:
        while node in self.nodes.targets:
            node = self.nodes.targets[node]
        return node

    def _items(self, node: int) -> list[Entry]:
        items = []
        child, end = node + 1, self.nodes.extents.get(node, 0)
        while child < end:
            if child not in self.nodes.skipped:
                items.append(Entry(None, child))
            child = self.nodes.after(child)
        return items

    def _fields(self, node: int) -> dict[str | int, Entry]:
        fields: dict[str | int, Entry] = {}
        merged: list[int] = []
        key, end = node + 1, self.nodes.extents[node]
        while key < end:
            value = self.nodes.after(key)
            name = self.name(key)
            if name == "<<" and self.text[self._begin(key)] == "<":
                merged.append(value)
            if name is not None:
                fields.setdefault(name, Entry(key, value))
            key = self.nodes.after(value)
        for value in merged:
            self._merge(fields, value)
        return fields

    def _merge(self, fields: dict[str | int, Entry], value: int) -> None:
        """Adds what a `<<` brings in: `value` is its mapping, an alias of one, or a list of both."""
        source = self._resolved(value)
        if source not in self.nodes.mappings:
            for item in self._items(source):
                self._merge(fields, item.value)
            return
        alias = value if value in self.nodes.targets else None
        for name, entry in self._children(source).items():
            fields.setdefault(name, entry if alias is None else entry._replace(via=alias))

    def name(self, key: int) -> str | None:
        """The text of a key, its quotes and escapes undone; None for a key that is a collection."""
        key = self._resolved(key)
        if key in self.nodes.extents:
            return None
        start, end = self.extent(key)
        raw = self.text[start:end]
        if raw[:1] not in ('"', "'", "|", ">") and not _BREAK.search(raw):
            return raw
        return _scalar(self.text[start : max(end, self.nodes.ends[key])])


def _scalar(source: str) -> str:
    """The value of one scalar, as it is written."""
    try:
        values = [event.value for event in yaml.parse(source, Loader=LOADER) if isinstance(event, yaml.ScalarEvent)]
    except yaml.YAMLError:
        return source
    return str(values[0]) if values else source
