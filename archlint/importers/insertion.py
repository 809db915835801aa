"""Where new text goes in a manifest that a person wrote, so that every character of it stays."""

from __future__ import annotations

import json
import re
from typing import Any

from archlint.importers.finished import Finished
from archlint.importers.reading.files import Origin
from archlint.importers.writing import flow, origin_comment, render
from archlint.manifest.problems import Path
from archlint.manifest.reader import Document
from archlint.records import dataclass, field

_COMMENT = 1_000
"""Deeper than any mapping: a comment belongs to the line, before any new line."""
_BREAK = re.compile(r"\r\n|\r|\n")
_COMMENTED = re.compile(r"#[^\r\n]*")
_MARKER = re.compile(r"^(?:\.\.\.|---)(?:\s|$)", re.MULTILINE)
_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]+)+$")


@dataclass(slots=True)
class _Braces:
    """A collection in braces or brackets, from `start` to before `end`, and what is put into it.

    `first` is where its first child begins and `last` where its last one ends; None where it is empty.
    """

    start: int
    end: int
    depth: int
    first: int | None
    last: int | None
    added: list[tuple[str, str, Origin | None]] = field(default_factory=list)  # text, what it is, from where


class Insertions:
    """What is put into one document. Fields and items are added to what stands in it; `text` has them all."""

    def __init__(self, document: Document, finished: Finished) -> None:
        self._document, self._spans, self._finished = document, document.spans, finished
        self._text = document.text
        self._pieces: list[tuple[int, int, str]] = []  # where, how deep, what
        self._braces: dict[int, _Braces] = {}
        found = _BREAK.search(self._text)
        self._newline = found.group() if found else "\n"
        self._is_closed = self._text.endswith(("\n", "\r"))
        self._is_json = _is_json(self._text)
        self._shared = [(node, self._spans.nodes.after(node)) for node in set(self._spans.nodes.targets.values())]
        self.count = 0

    def field(self, target: Path, name: str, value: Any, source: Path) -> bool:
        """Add a field to the mapping at `target`; False where aliases bring that in, or use it elsewhere."""
        node = self._own(target)
        if node is None:
            return False
        self.count += 1
        if self._text[self._spans.extent(node)[0]] == "{":
            text = self._flow({name: value})[1:-1]
            self._in_braces(node, target, text, name, self._finished.origin((*source, name)))
        else:
            self._in_block(node, target, render(name, value, (*source, name), self._finished))
        return True

    def item(self, target: Path, item: dict[str, Any], source: Path) -> bool:
        """As `field`, an item of the list at `target`, which is not empty or is in brackets."""
        node = self._own(target)
        if node is None:
            return False
        self.count += 1
        origin = self._finished.origin(source)
        if self._text[self._spans.extent(node)[0]] == "[":
            self._in_braces(node, target, self._flow(item), str(next(iter(item.values()))), origin)
        else:
            self._in_block(node, target, [f"- {flow(item)}{origin_comment(origin)}"])
        return True

    def text(self) -> str:
        pieces = [*self._pieces, *(piece for braces in self._braces.values() for piece in self._grown(braces))]
        parts, at = [], 0
        # At one place, what belongs to the inner mapping comes before what belongs to the outer.
        for index, _, piece in sorted(pieces + self._comments(), key=lambda each: (each[0], -each[1])):
            parts += [self._text[at:index], piece]
            at = index
        return "".join([*parts, self._text[at:]])

    def _own(self, path: Path) -> int | None:
        """The collection at `path`; None where it is an alias, comes from one, or stands in one's anchor."""
        node = self._spans.node(path)
        if node is None or any(start <= node < end for start, end in self._shared):
            return None
        return node

    def _flow(self, value: dict[str, Any]) -> str:
        return json.dumps(value, ensure_ascii=False) if self._is_json else flow(value)

    # -- blocks

    def _in_block(self, node: int, target: Path, lines: list[str]) -> None:
        start, end = self._spans.extent(node)
        indent = " " * self._column(start)
        text = self._newline.join(indent + line for line in lines)
        last = self._last_leaf(node)
        if not target and self._is_closed and not _MARKER.search(self._text, end):
            self._at_the_end(text, spaced=not self._keeps_breaks(last))
        elif not self._can_follow(last):
            self._pieces.append((start, -1, text.lstrip() + self._newline + indent))
        elif target or _MARKER.search(self._text, end):
            self._pieces.append((self._line_end(end), len(target), self._newline + text))
        else:
            self._at_the_end(text, spaced=True)

    def _at_the_end(self, text: str, spaced: bool) -> None:
        """A section, after the last comment."""
        lead = ("" if self._is_closed else self._newline) + (self._newline if spaced else "")
        self._pieces.append((len(self._text), 0, lead + text + (self._newline if self._is_closed else "")))

    def _column(self, start: int) -> int:
        """Of the first key of a block: an anchor or a tag on its line belongs to the key."""
        begin = self._spans.lines.begin(self._spans.lines.position(start)[0])
        return len(_PROPERTIES.sub("", self._text[begin:start]))

    def _last_leaf(self, node: int) -> int:
        nodes = self._spans.nodes
        while nodes.after(node) > node + 1 and self._text[self._spans.extent(node)[0]] not in "[{":
            node = self._spans.children(node)[-1]
        return node

    def _can_follow(self, leaf: int) -> bool:
        """Whether text after it leaves its value alone: not so where the breaks that end it are part of that."""
        at_end = self._spans.nodes.ends[leaf] == len(self._text) and not self._is_closed
        return not self._keeps_breaks(leaf) and not (at_end and self._is_block_scalar(leaf))

    def _is_block_scalar(self, leaf: int) -> bool:
        start = self._spans.extent(leaf)[0]
        return self._text[start : start + 1] in ("|", ">")

    def _keeps_breaks(self, leaf: int) -> bool:
        start = self._spans.extent(leaf)[0]
        return self._is_block_scalar(leaf) and "+" in self._text[start : start + 3]

    def _line_end(self, index: int) -> int:
        """The end of the line that the index lies in, its comment included."""
        found = _BREAK.search(self._text, index)
        return found.start() if found else len(self._text)

    # -- braces

    def _in_braces(self, node: int, target: Path, text: str, name: str, origin: Origin | None) -> None:
        braces = self._braces.get(node)
        if braces is None:
            start, end = self._spans.extent(node)
            children = self._spans.children(node)
            first = self._spans.extent(children[0])[0] if children else None
            last = max(self._spans.extent(child)[1] for child in children) if children else None
            braces = self._braces[node] = _Braces(start, end, len(target), first, last)
        braces.added.append((text, name, origin))

    def _grown(self, braces: _Braces) -> list[tuple[int, int, str]]:
        close, texts = braces.end - 1, [text for text, _, _ in braces.added]
        if braces.last is None:
            return [(close, braces.depth, ", ".join(texts))]
        has_comma = "," in _COMMENTED.sub("", self._text[braces.last : close])
        if self._spread(braces):
            lead = [] if has_comma else [(braces.last, braces.depth, ",")]
            return [*lead, (self._begin(close), braces.depth, self._lines(braces))]
        # A closing bracket on the line of the last child, or after a comma that begins its own line.
        index = len(self._text[:close].rstrip(" \t"))
        return [(index, braces.depth, (" " if has_comma else ", ") + ", ".join(texts))]

    def _spread(self, braces: _Braces) -> bool:
        """Whether the bracket that closes stands alone on its line."""
        close = braces.end - 1
        return self._begin(close) > braces.start and not self._text[self._begin(close) : close].strip()

    def _lines(self, braces: _Braces) -> str:
        assert braces.first is not None
        begin = self._begin(braces.first)
        lead = self._text[begin : braces.first]
        indent = lead if not lead.strip() else " " * (braces.end - 1 - self._begin(braces.end - 1) + 2)
        lines = []
        for at, (text, _, origin) in enumerate(braces.added):
            comma = "," if at < len(braces.added) - 1 else ""
            comment = "" if self._is_json else origin_comment(origin)
            lines.append(f"{indent}{text}{comma}{comment}{self._newline}")
        return "".join(lines)

    def _begin(self, index: int) -> int:
        return self._spans.lines.begin(self._spans.lines.position(index)[0])

    def _comments(self) -> list[tuple[int, int, str]]:
        """Where a line in braces ends without a comment, it gets one: what on it is from where."""
        told: dict[int, dict[str, list[str]]] = {}
        for braces in self._braces.values():
            end = self._line_end(braces.end)
            alone = braces.last is not None and self._spread(braces)
            if self._is_json or alone or self._text[braces.end : end].strip(" \t]},"):
                continue
            for _, name, origin in braces.added:
                if origin is not None:
                    told.setdefault(end, {}).setdefault(origin_comment(origin.noted("")), []).append(name)
        return [
            (end, _COMMENT, "  # " + "; ".join(f"{', '.join(names)}:{text[3:]}" for text, names in lines.items()))
            for end, lines in told.items()
        ]


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] != "{":
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
