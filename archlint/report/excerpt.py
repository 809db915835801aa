"""The line of the source that a finding points at, with a caret under what is meant."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from itertools import accumulate
from typing import TYPE_CHECKING

from archlint.report.style import UNSAFE

if TYPE_CHECKING:
    from archlint.manifest.problems import Place

_TAB = 4
_LINE_BREAK = re.compile("\r\n|\n|\r")


class Sources:
    """The texts of the files of a run, split into lines once each."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._lines: dict[str, list[str]] = {}

    def line(self, file: str, number: int) -> str | None:
        """Line `number`, counted from 1; None where the text is not known or ends before."""
        if file not in self._lines:
            text = self._texts.get(file, "").removeprefix("\ufeff")
            self._lines[file] = _LINE_BREAK.split(text) if "\r" in text else text.split("\n")
        lines = self._lines[file]
        return lines[number - 1] if file in self._texts and number <= len(lines) else None


def excerpt(line: str, place: Place, width: int, ascii: bool) -> tuple[str, str]:
    """The line as a terminal shows it, and the carets to print below it.

    A line longer than `width` columns is shown in a window around the carets. Tabs are expanded and wide
    characters take two columns, so that the carets stand under the place.
    """
    first = min(place.column - 1, len(line))
    last = place.end_column - 1 if place.end_line == place.line else len(line)
    base = max(0, first - 2 * width)  # a line may have millions of characters
    cells = _cells(line[base : first + 2 * width], ascii)
    columns = [0, *accumulate(size for _, size in cells)]
    caret, end = first - base, min(last - base, len(cells))
    left, right = _window(columns, caret, end, width, whole=base + len(cells) == len(line) and not base)
    ellipsis = "..." if ascii else "…"
    before = ellipsis if base or left else ""
    after = ellipsis if base + right < len(line) else ""
    shown = before + "".join(text for text, _ in cells[left:right]) + after
    indent = len(before) + columns[caret] - columns[left]
    length = columns[max(caret, min(end, right))] - columns[caret]
    return shown.rstrip(), " " * indent + "^" * max(1, length)


def _window(columns: list[int], caret: int, end: int, width: int, whole: bool) -> tuple[int, int]:
    """The cells to show: all where they fit, else some that hold the caret, two ellipses left room for."""
    count = len(columns) - 1
    if whole and columns[count] <= width:
        return 0, count
    room = width - 6
    left = 0
    if columns[max(caret, end)] > room:
        left = bisect_left(columns, columns[caret] - room // 3)
    right = bisect_right(columns, columns[left] + room) - 1
    return left, min(right, count)


def _cells(text: str, ascii: bool) -> list[tuple[str, int]]:
    """What each code point shows, and how many columns that takes."""
    if text.isascii() and text.isprintable():
        return [(character, 1) for character in text]
    cells: list[tuple[str, int]] = []
    column = 0
    for character in text:
        cell = _cell(character, column, ascii)
        cells.append(cell)
        column += cell[1]
    return cells


def _cell(character: str, column: int, ascii: bool) -> tuple[str, int]:
    if character == "\t":
        size = _TAB - column % _TAB
        return " " * size, size
    if UNSAFE.match(character) or (ascii and not character.isascii()):
        return ("?" if ascii else "\ufffd"), 1
    if character.isascii():
        return character, 1
    from unicodedata import category, east_asian_width

    if category(character) in ("Mn", "Me", "Cf"):
        return character, 0
    return character, 2 if east_asian_width(character) in ("W", "F") else 1
