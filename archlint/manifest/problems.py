"""What is wrong with a manifest, and where: the shape of MAN001 to MAN006."""

from __future__ import annotations

from typing import Literal

from archlint.records import dataclass

Path = tuple[str | int, ...]
"""A place in the tree: the keys and list indexes from the top, `("services", "checkout", "calls", 0)`."""

On = Literal["key", "value", "place"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A span of text. Lines and columns count from 1, columns in code points; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to a problem; in the problem's own file where `file` is None."""

    message: str
    place: Place
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one manifest.

    `on` says what of `path` is meant: its key, its value, or just `place`. Where `place` is None, the
    reader's SpanIndex turns path and `on` into one.
    """

    code: str
    message: str
    path: Path
    on: On = "value"
    place: Place | None = None
    related: tuple[Related, ...] = ()
    hint: str | None = None
