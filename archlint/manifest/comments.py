"""Finds the comments that speak to archlint, `# archlint: ...`. What they say is read elsewhere."""

from __future__ import annotations

import re
from bisect import bisect_right

from archlint.manifest.problems import Place
from archlint.manifest.reader import Document
from archlint.manifest.spans import SpanIndex
from archlint.records import dataclass

MARK = "archlint:"

_CANDIDATE = re.compile(
    r"#(?<!\S#)[ \t]*(archlint[ \t]*:|(?i:archlint[ \t]*:?[ \t]*(?=ignore[ \t]*\[)))[ \t]*([^\r\n]*)"
)
"""With the slips of a directive, which would else be passed over in silence."""
_COMMENT = re.compile(r"(?<![^\s])#")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment for archlint. `text` is what follows `mark`; `alone` is a line with nothing else.

    `mark` is MARK, or what somebody wrote for it.
    """

    text: str
    place: Place
    alone: bool
    mark: str = MARK


def speaks_to_archlint(text: str) -> bool:
    """A cheap look: False where no comment can be for archlint."""
    return _CANDIDATE.search(text) is not None


def directives(document: Document) -> list[Comment]:
    """The comments beginning `archlint:`, in order; none where the manifest could not be read."""
    if document.data is None:
        return []
    found = []
    for candidate in _CANDIDATE.finditer(document.text):
        comment = _comment(candidate, document.spans)
        if comment is not None:
            found.append(comment)
    return found


def _comment(candidate: re.Match[str], spans: SpanIndex) -> Comment | None:
    start = candidate.start()
    begin = spans.lines.begin(spans.lines.position(start)[0])
    for mark in _COMMENT.finditer(spans.text, begin, start + 1):
        if not _in_scalar(mark.start(), spans):
            if mark.start() < start:
                return None  # the candidate stands inside another comment
            alone = not spans.text[begin:start].strip()
            end = start + len(candidate[0].rstrip())
            return Comment(candidate[2].rstrip(), spans.lines.place(start, end), alone, candidate[1].rstrip())
    return None


def _in_scalar(index: int, spans: SpanIndex) -> bool:
    """The scalar that could hold the index is the last node beginning before it."""
    node = bisect_right(spans.nodes.starts, index) - 1
    if node < 0 or node in spans.nodes.extents:
        return False
    start, end = spans.extent(node)
    if spans.text[start : start + 1] in ("|", ">"):
        header = spans.lines.position(start)[0]
        return spans.lines.position(index)[0] > header and index < spans.nodes.ends[node]
    return start <= index < end
