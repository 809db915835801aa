"""From bytes to plain data and positions, driven by the parser's events.

Events are pulled one at a time: nesting of flow collections costs libyaml quadratic time, so the depth
budget has to stop it early.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import yaml

from archlint.manifest.decoding import decode
from archlint.manifest.problems import On, Path, Place, Problem, Related
from archlint.manifest.scalars import CORE, Memo, tagged
from archlint.manifest.spans import Nodes, SpanIndex
from archlint.manifest.syntax import syntax_problem

MAX_DEPTH: Final = 64
MAX_EXPANDED: Final = 100_000
"""Nodes that aliases (those of `<<` too) may bring in. What is written out has no budget of its own: a plain
manifest of 10,000 services holds 400,000 nodes, and the size of the file bounds them."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_START = Place(1, 1, 1, 1)
_NO_TAGS = "tags are not part of the language"
_NULL = "write `none`, or leave it out"


@dataclass(slots=True)
class Document:
    """One manifest as read: `data` is None where it cannot be read at all."""

    name: str
    text: str
    data: dict[str, Any] | None
    spans: SpanIndex
    problems: list[Problem] = field(default_factory=list)
    nulls: list[Path] = field(default_factory=list)
    extensions: dict[Path, Any] = field(default_factory=dict)


def read(source: bytes, name: str) -> Document:
    """Reads one manifest. Whatever is wrong with it is in `problems`, in the order of the text.

    Explicit nulls and empty values are MAN002, left out of `data` and listed in `nulls`. Blocks under keys
    beginning `x-` are taken out of `data` into `extensions`, nulls kept. Every alias gets a copy of its own.
    """
    text, problem = decode(source)
    if problem is not None:
        return Document(name, text, None, SpanIndex(text, Nodes()), [problem])
    builder = _Builder(text)
    data = builder.document()
    document = Document(name, text, data, builder.spans, nulls=builder.nulls)
    document.extensions = dict(builder.extensions)
    document.problems = sorted(builder.problems, key=_position)
    return document


def _position(problem: Problem) -> Place:
    return problem.place or _START


def _without_merges(path: Path) -> Path:
    """What comes in under `<<` belongs to the mapping that holds the `<<`."""
    kept: list[str | int] = []
    for before, part in zip((None, *path), path, strict=False):
        if part != "<<" and not (before == "<<" and isinstance(part, int)):
            kept.append(part)
    return tuple(kept)


class _UnreadableError(Exception):
    """The document cannot be read further; its problem is already noted."""


class _Dropped:
    """Stands in a mapping, until its end, for a key whose value is not kept."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


@dataclass(slots=True)
class _Anchor:
    node: int
    value: Any
    path: Path
    raw: bool  # it stands in an x- block: nulls and x- keys are still in it
    expanded: int  # nodes that aliases had brought in before it; from its end on, those inside it
    first_extension: int
    last_extension: int = 0
    open: bool = False
    size: int = 1


_Key = str | _Dropped | None
_Frame = tuple[Any, _Key, int]

_DUE: Final = _Dropped("")
"""The pending key of a mapping that waits for its next key (a list's is None)."""


class _Builder:
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
        self._anchors: dict[str, _Anchor] = {}
        self._open: dict[int, _Anchor] = {}
        self._removals: dict[int, list[_Key]] = {}
        self._merges: set[int] = set()
        self._duplicates: list[tuple[int, int, str, Path]] = []
        self._expanded = 0

    def document(self) -> dict[str, Any] | None:
        root: list[Any] = []
        try:
            self._build(_Loader(self.text), root)
        except yaml.YAMLError as error:
            self.problems.append(syntax_problem(error, self.text))
            return None
        except _UnreadableError:
            return None
        finally:
            self._note_duplicates()
        return self._top(root)

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
        add_start, add_end = self.nodes.starts.append, self.nodes.ends.append
        container: Any = root
        key: _Key = None
        node = -1
        while True:
            event = pull()
            kind = type(event)
            if kind is yaml.ScalarEvent:
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
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self.nodes.ends[node] = event.end_mark.index
                self._leave(container, node)
                container, key, node = self._stack.pop()
                if key is not None:
                    key = _DUE
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                container, key, node = self._enter(event, container, key, node)
            elif kind is yaml.AliasEvent:
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
        return any(isinstance(part, str) and part.startswith("x-") for part in path)

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
        elif text.startswith("x-"):
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
        anchor = _Anchor(node, value, path, raw, self._expanded, count, count, is_open)
        self._anchors[event.anchor] = anchor
        if is_open:
            self._open[node] = anchor

    # -- collections

    def _enter(self, event: Any, container: Any, key: _Key, node: int) -> _Frame:
        entered = len(self.nodes.starts)
        self.nodes.starts.append(event.start_mark.index)
        self.nodes.ends.append(event.end_mark.index)
        mapping = type(event) is yaml.MappingStartEvent
        if mapping:
            self.nodes.mappings.add(entered)
        if len(self._stack) >= MAX_DEPTH:
            self._stop(f"nested deeper than {MAX_DEPTH} levels", self._path(container, key))
        if key is _DUE:
            key = self._collection_as_key(container, node)
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
        self.nodes.extents[node] = len(self.nodes.starts)
        if node in self._merges:
            self._merge(container, self._path_of_open())
        for key in self._removals.pop(node, ()):
            value = container.pop(key, None)
            if isinstance(key, str) and key.startswith("x-"):
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
                place = self.spans.place_of((*path, "<<"), "key")
                message = "`<<` takes an alias of a mapping, or a list of such aliases"
                self._problem("MAN002", message, (*path, "<<"), place, "key")
        self._move_merged_extensions(path, own, isinstance(merged, list))

    def _move_merged_extensions(self, path: Path, own: frozenset[Any], listed: bool) -> None:
        """x- blocks that came in under `<<` belong to the mapping itself, unless its own keys win."""
        first = len(self.extensions)
        while first and self.extensions[first - 1][0][: len(path)] == path:
            first -= 1
        below = (*path, "<<")
        moved: dict[Path, Any] = {}
        for at, value in self.extensions[first:]:
            if at[: len(below)] != below:
                moved[at] = value
                continue
            rest = at[len(below) + listed :]
            if rest and rest[0] not in own:
                moved.setdefault(path + rest, value)
        self.extensions[first:] = moved.items()

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

    def _alias_as_key(self, anchor: _Anchor, container: Any, node: int) -> _Key:
        if isinstance(anchor.value, str):
            return self._checked_name(anchor.value, False, container, node)
        return self._collection_as_key(container, node)

    def _expansion(self, anchor: _Anchor, path: Path) -> Any:
        self._expanded += anchor.size
        if self._expanded > MAX_EXPANDED:
            self._stop(f"aliases bring in more than {MAX_EXPANDED:,} values", path)
        within = self._extension(path)
        if not within and not anchor.raw:
            for at, value in self.extensions[anchor.first_extension : anchor.last_extension]:
                self.extensions.append((path + at[len(anchor.path) :], value))
        return self._copy(anchor.value, path, anchor.raw and not within, len(self._stack))

    def _copy(self, value: Any, path: Path, clean: bool, depth: int) -> Any:
        """With `clean`, x- blocks and nulls are taken out of the copy, as they are elsewhere."""
        if not isinstance(value, (dict, list)):
            return value
        if depth >= MAX_DEPTH:
            self._stop(f"aliases nest deeper than {MAX_DEPTH} levels", path)
        if isinstance(value, list):
            kept = [item for item in value if item is not None] if clean else value
            return [self._copy(item, (*path, at), clean, depth + 1) for at, item in enumerate(kept)]
        copy = {}
        for name, item in value.items():
            below = (*path, name)
            if clean and isinstance(name, str) and name.startswith("x-"):
                self.extensions.append((below, item))
            elif clean and item is None:
                self._null_in_copy(_without_merges(below))
            else:
                copy[name] = self._copy(item, below, clean, depth + 1)
        return copy

    def _null_in_copy(self, path: Path) -> None:
        self.nulls.append(path)
        alias = len(self.nodes.starts) - 1
        anchor = self.spans.anchor_place(alias)
        related = (Related("it stands for this", anchor),) if anchor else ()
        self._problem("MAN002", f"`{path[-1]}` has no value: {_NULL}", path, self._place(), related=related)

    def _stop(self, message: str, path: Path) -> NoReturn:
        self._problem("MAN006", message, path, self._place())
        raise _UnreadableError
