"""Builds plain data and positions from the parser's events.

Events are pulled one at a time: nesting of flow collections costs libyaml quadratic time, so the depth
budget has to stop it early.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from archlint.manifest.expansion import MAX_DEPTH, Anchor, Copy, is_extension, move_merged, without_merges
from archlint.manifest.problems import On, Path, Place, Problem, Related
from archlint.manifest.scalars import CORE, Memo, tagged
from archlint.manifest.spans import LOADER, OPEN, Nodes, SpanIndex
from archlint.manifest.syntax import syntax_problem

MAX_EXPANDED: Final = 100_000
"""Nodes that aliases (those of `<<` too) may bring in. What is written out has no budget of its own: a plain
manifest of 10,000 services holds 400,000 nodes, and the size of the file bounds them."""

_START: Final = Place(1, 1, 1, 1)
_NO_TAGS = "tags are not part of the language"
_NULL = "write `none`, or leave it out"


class _UnreadableError(Exception):
    """The document cannot be read further; its problem is already noted."""


class _Dropped:
    """Stands in a mapping, until its end, for a key whose value is not kept."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class _Unnamed(_Dropped):
    """A collection that stands where a key should: what is due after it is its value, not the next key."""

    __slots__ = ("value",)

    def __init__(self, value: _Key) -> None:
        super().__init__("?")
        self.value = value


_Key = str | _Dropped | None
_Frame = tuple[Any, _Key, int]

_DUE: Final = _Dropped("")
"""The pending key of a mapping that waits for its next key (a list's is None)."""


class Builder:
    """Builds the tree of one document. One use."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.nodes = Nodes()
        self.spans = SpanIndex(text, self.nodes)
        self.problems: list[Problem] = []
        self.nulls: list[Path] = []
        self.extensions: list[tuple[Path, Any]] = []
        self._plain = Memo()
        self._names: dict[str, str] = {}  # ordinary names, that need no second look
        self._stack: list[_Frame] = []
        self._anchors: dict[str, Anchor] = {}
        self._open: dict[int, Anchor] = {}
        self._removals: dict[int, list[_Key]] = {}
        self._merges: set[int] = set()
        self._duplicates: list[tuple[int, int, str, Path]] = []
        self._expanded = 0

    def document(self) -> dict[str, Any] | None:
        root: list[Any] = []
        try:
            self._build(LOADER(self.text), root)
        except yaml.YAMLError as error:
            self.problems.append(syntax_problem(error, self.text))
            return None
        except _UnreadableError:
            return None
        finally:
            if self._stack:
                self._close_open()
            self._note_duplicates()
        return self._top(root)

    def _close_open(self) -> None:
        """Where reading stopped, what was open ends there."""
        count = len(self.nodes.starts)
        for node, end in self.nodes.extents.items():
            self.nodes.extents[node] = min(end, count)

    def _top(self, root: list[Any]) -> dict[str, Any] | None:
        if not root or root[0] is None:
            comments = any(line.lstrip().startswith("#") for line in self.text.splitlines())
            what = "holds only comments" if comments else "is empty"
            self._problem("MAN001", f"the file {what}; a manifest begins with `archlint: 1`", (), _START)
            return None
        if isinstance(root[0], dict):
            return root[0]
        what = "a list" if isinstance(root[0], list) else "a single value"
        message = f"the top level is {what}; it has to be a mapping that begins with `archlint: 1`"
        self._problem("MAN001", message, (), self.spans.place_of(()))
        return None

    def _build(self, loader: Any, root: list[Any]) -> None:
        """The loop over events. Scalars are nine of ten events and handled in line; the rest has methods."""
        pull, plain, names = loader.get_event, self._plain, self._names
        starts, ends, extents = self.nodes.starts, self.nodes.ends, self.nodes.extents
        add_start, add_end = starts.append, ends.append
        container: Any = root
        key: _Key = None
        node = -1
        while True:
            event = pull()
            kind = type(event)
            if kind is ScalarEvent:
                add_start(event.start_mark.index)
                add_end(event.end_mark.index)
                value = event.value
                if key is _DUE:
                    key = names.get(value)
                    if key is None or key in container or event.anchor is not None or event.tag is not None:
                        key = self._name(event, container, node)
                    continue
                if event.anchor is not None or event.tag is not None:
                    value = self._marked(event, container, key)
                elif event.implicit[0]:
                    value = plain[value]
                if value is None:
                    self._null(container, key, node)
                elif key is None:
                    container.append(value)
                else:
                    container[key] = value
                if key is not None:
                    key = _DUE
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                ends[node], extents[node] = event.end_mark.index, len(starts)
                if self._merges or self._removals or self._open:
                    self._leave(container, node)
                container, key, node = self._stack.pop()
                if key is not None:
                    key = key.value if isinstance(key, _Unnamed) else _DUE
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                container, key, node = self._enter(event, container, key, node)
            elif kind is AliasEvent:
                key = self._alias(event, container, key, node)
            elif kind is yaml.DocumentStartEvent:
                self._first_document(event)
            elif kind is yaml.StreamEndEvent:
                return

    def _first_document(self, event: Any) -> None:
        if not self.nodes.starts:
            return
        start = event.start_mark.index
        place = self.spans.lines.place(start, start + 3)
        self._problem("MAN001", "more than one document; a file holds one manifest", (), place)
        raise _UnreadableError

    def _problem(
        self,
        code: str,
        message: str,
        path: Path,
        place: Place,
        on: On = "place",
        related: tuple[Related, ...] = (),
    ) -> None:
        self.problems.append(Problem(code, message, path, on, place, related))

    def _place(self) -> Place:
        """Of the node that was read last."""
        return self.spans.node_place(len(self.nodes.starts) - 1)

    def _path(self, container: Any, key: _Key) -> Path:
        """Of the value that is due in `container` now."""
        parts = [len(of) - 1 if part is None else part for of, part, _ in self._stack[1:]]
        if self._stack:
            parts.append(len(container) if key is None else key)
        return tuple(part.name if isinstance(part, _Dropped) else part for part in parts)

    def _extension(self, path: Path) -> bool:
        return any(is_extension(part) for part in path)

    # -- keys

    def _name(self, event: Any, container: Any, node: int) -> _Key:
        text = event.value
        plain = event.implicit[0]
        if event.anchor is not None:
            self._anchor(event, text, self._path(container, text))
        if event.tag is not None and event.tag != f"{CORE}str":
            self._problem("MAN001", _NO_TAGS, self._path(container, text), self._tag())
        if plain and text == "<<":
            self._merges.add(node)
        return self._checked_name(text, plain, container, node)

    def _checked_name(self, text: str, plain: bool, container: Any, node: int) -> _Key:
        if text in container:
            path = self._path(container, text)
            self._duplicates.append((len(self.nodes.starts) - 1, node, text, path))
            return self._remove(_Dropped(text), node)
        if plain and not isinstance(self._plain[text], str):
            what = f"`{text}` is not a name: keys are names; quote it" if text else "a key is empty"
            self._problem("MAN002", what, self._path(container, text), self._place(), "key")
        elif is_extension(text):
            if not self._extension(self._path(container, text)[:-1]):
                self._remove(text, node)
        elif text != "<<" and plain:
            self._names[text] = text
        return text

    def _remove(self, key: _Key, node: int) -> _Key:
        self._removals.setdefault(node, []).append(key)
        return key

    def _note_duplicates(self) -> None:
        for key, mapping, name, path in self._duplicates:
            first = self.spans.first_key(mapping, name)
            related = () if first is None else (Related("first written here", self.spans.node_place(first)),)
            message = f"`{name}` is written twice in one mapping"
            self._problem("MAN003", message, path, self.spans.node_place(key), "key", related)

    # -- values

    def _marked(self, event: Any, container: Any, key: _Key) -> Any:
        """The value of a scalar with an anchor or a tag."""
        path = self._path(container, key)
        value = self._plain[event.value] if event.implicit[0] else event.value
        if event.tag is not None:
            value = self._tagged(event, path)
        if event.anchor is not None:
            self._anchor(event, value, path)
        return value

    def _tagged(self, event: Any, path: Path) -> Any:
        if not event.tag.startswith(CORE):
            self._problem("MAN001", _NO_TAGS, path, self._tag(), "value")
            return event.value
        try:
            return tagged(event.value, event.tag)
        except ValueError as error:
            self._problem("MAN001", str(error), path, self._place(), "value")
            return event.value

    def _tag(self) -> Place:
        return self.spans.tag_place(len(self.nodes.starts) - 1)

    def _null(self, container: Any, key: _Key, node: int) -> None:
        """Notes a null; an x- block keeps it, and the top is looked at later."""
        path = self._path(container, key)
        if not self._stack or self._extension(path):
            container.append(None) if key is None else container.__setitem__(key, None)
            return
        self.nulls.append(path)
        place = self.spans.null_place(len(self.nodes.starts) - 1, key is not None)
        what = f"`{path[-1]}` has no value" if key is not None else "an item of a list has no value"
        self._problem("MAN002", f"{what}: {_NULL}", path, place, "value")
        if key is None:
            self.nodes.skipped.add(len(self.nodes.starts) - 1)
        else:
            container[key] = None
            self._remove(key, node)

    def _anchor(self, event: Any, value: Any, path: Path, is_open: bool = False) -> None:
        node = len(self.nodes.starts) - 1
        count = len(self.extensions)
        raw = self._extension(path)
        anchor = Anchor(node, value, path, raw, self._expanded, count, count, is_open)
        self._anchors[event.anchor] = anchor
        if is_open:
            self._open[node] = anchor

    # -- collections

    def _enter(self, event: Any, container: Any, key: _Key, node: int) -> _Frame:
        nodes = self.nodes
        entered = len(nodes.starts)
        nodes.starts.append(event.start_mark.index)
        nodes.ends.append(event.end_mark.index)
        nodes.extents[entered] = OPEN
        mapping = type(event) is MappingStartEvent
        if mapping:
            nodes.mappings.add(entered)
        if len(self._stack) >= MAX_DEPTH:
            self._stop(f"nested deeper than {MAX_DEPTH} levels", self._path(container, key))
        if key is _DUE:
            key = self._remove(_Unnamed(self._collection_as_key(container, node)), node)
        value: Any = {} if mapping else []
        if event.anchor is not None or event.tag is not None:
            self._mark_collection(event, value, self._path(container, key), mapping)
        if key is None:
            container.append(value)
        else:
            container[key] = value
        self._stack.append((container, key, node))
        return value, _DUE if mapping else None, entered

    def _collection_as_key(self, container: Any, node: int) -> _Key:
        message = "a key has to be a name, not a mapping or a list"
        self._problem("MAN001", message, self._path(container, "?"), self._place(), "key")
        return self._remove(_Dropped("?"), node)

    def _mark_collection(self, event: Any, value: Any, path: Path, mapping: bool) -> None:
        if event.tag is not None and event.tag != CORE + ("map" if mapping else "seq"):
            self._problem("MAN001", _NO_TAGS, path, self._tag())
        if event.anchor is not None:
            self._anchor(event, value, path, is_open=True)

    def _leave(self, container: Any, node: int) -> None:
        """Ends a collection: `<<` is merged in, what does not belong to the tree is taken out."""
        if node in self._merges:
            self._merge(container, self._path_of_open())
        for key in self._removals.pop(node, ()):
            value = container.pop(key, None)
            if isinstance(key, str) and is_extension(key):
                self.extensions.append(((*self._path_of_open(), key), value))
        anchor = self._open.pop(node, None)
        if anchor is not None:
            anchor.open = False
            anchor.size = len(self.nodes.starts) - node + self._expanded - anchor.expanded
            anchor.last_extension = len(self.extensions)

    def _path_of_open(self) -> Path:
        """Of the collection that is being read."""
        return self._path(*self._stack[-1][:2])[: len(self._stack) - 1]

    def _merge(self, container: dict[Any, Any], path: Path) -> None:
        merged = container.pop("<<", None)
        own = frozenset(container)
        for source in merged if isinstance(merged, list) else [merged]:
            if isinstance(source, dict):
                for name, value in source.items():
                    container.setdefault(name, value)
            elif source is not None:
                message = "`<<` takes an alias of a mapping, or a list of such aliases"
                self.problems.append(Problem("MAN002", message, (*path, "<<"), "key"))
        move_merged(self.extensions, path, own, isinstance(merged, list))

    # -- aliases

    def _alias(self, event: Any, container: Any, key: _Key, node: int) -> _Key:
        alias = len(self.nodes.starts)
        self.nodes.starts.append(event.start_mark.index)
        self.nodes.ends.append(event.end_mark.index)
        anchor = self._anchors.get(event.anchor)
        path = self._path(container, f"*{event.anchor}" if key is _DUE else key)
        if anchor is None:
            message = f"`*{event.anchor}` stands for nothing: there is no `&{event.anchor}` before it"
            self._problem("MAN001", message, path, self._place())
            return self._omit(container, key, node)
        if anchor.open:
            self._stop(f"`*{event.anchor}` stands inside of what it stands for", path)
        self.nodes.targets[alias] = anchor.node
        if key is _DUE:
            return self._alias_as_key(anchor, container, node)
        if anchor.value is None:
            self._null(container, key, node)
        else:
            value = self._expansion(anchor, path)
            container.append(value) if key is None else container.__setitem__(key, value)
        return None if key is None else _DUE

    def _omit(self, container: Any, key: _Key, node: int) -> _Key:
        if key is None:
            self.nodes.skipped.add(len(self.nodes.starts) - 1)
            return None
        if key is _DUE:
            return self._remove(_Dropped("?"), node)
        container[key] = None
        self._remove(key, node)
        return _DUE

    def _alias_as_key(self, anchor: Anchor, container: Any, node: int) -> _Key:
        if isinstance(anchor.value, str):
            return self._checked_name(anchor.value, False, container, node)
        return self._collection_as_key(container, node)

    def _expansion(self, anchor: Anchor, path: Path) -> Any:
        self._expanded += anchor.size
        if self._expanded > MAX_EXPANDED:
            self._stop(f"aliases bring in more than {MAX_EXPANDED:,} values", path)
        within = self._extension(path)
        if not within and not anchor.raw:
            for at, value in self.extensions[anchor.first_extension : anchor.last_extension]:
                self.extensions.append((path + at[len(anchor.path) :], value))
        copy = Copy(anchor.value, path, MAX_DEPTH - len(self._stack), anchor.raw and not within)
        if copy.too_deep:
            self._stop(f"aliases nest deeper than {MAX_DEPTH} levels", path)
        self.extensions += copy.extensions
        self._nulls_in_copy(copy.nulls)
        return copy.value

    def _nulls_in_copy(self, nulls: list[Path]) -> None:
        anchor = self.spans.anchor_place(len(self.nodes.starts) - 1)
        related = (Related("it stands for this", anchor),) if anchor else ()
        for path in map(without_merges, nulls):
            self.nulls.append(path)
            self._problem("MAN002", f"`{path[-1]}` has no value: {_NULL}", path, self._place(), related=related)

    def _stop(self, message: str, path: Path) -> NoReturn:
        self._problem("MAN006", message, path, self._place())
        raise _UnreadableError
