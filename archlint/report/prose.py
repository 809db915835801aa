"""Text that data holds as one long line, broken for a page."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import TextWrapper
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archlint.knowledge.technology import Source

_WIDTH = 108
_PARAGRAPH = TextWrapper(_WIDTH, break_long_words=False, break_on_hyphens=False)
_BULLET = TextWrapper(
    _WIDTH, initial_indent="- ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
)


def paragraph(text: str) -> str:
    return _PARAGRAPH.fill(text)


def bullets(texts: Iterable[str]) -> str:
    return "\n".join(map(_BULLET.fill, texts))


def cited(source: Source) -> str:
    """As a list of references has it: who, what, where, when, and the address."""
    author = f"{source.author}, " if source.author else ""
    place = f", {source.place}" if source.place else ""
    address = f", {source.url}" if source.url else ""
    return f'{author}"{source.title}"{place}, {source.year}{address}'
