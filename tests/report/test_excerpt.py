from __future__ import annotations

from unicodedata import east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.manifest.problems import Place
from archlint.report.excerpt import excerpt


def show(line: str, column: int, end: int, width: int = 100, ascii: bool = False) -> tuple[str, str]:
    return excerpt(line, Place(1, column, 1, end), width, ascii)


@pytest.mark.parametrize(
    ("line", "column", "end", "shown", "carets"),
    [
        ("a: 12", 4, 6, "a: 12", "   ^^"),
        ("a: 12", 4, 4, "a: 12", "   ^"),
        ("a: 12", 6, 7, "a: 12", "     ^"),
        ("a: 12", 99, 120, "a: 12", "     ^"),
        ("\ta: 12", 2, 3, "    a: 12", "    ^"),
        ("ab\tc", 4, 5, "ab  c", "    ^"),
        ("a: 日本 x", 4, 6, "a: 日本 x", "   ^^^^"),
        ("日本: x", 5, 6, "日本: x", "      ^"),
        ("🚀: x", 4, 5, "🚀: x", "    ^"),
        ("e\u0301: x", 5, 6, "e\u0301: x", "   ^"),
        ("a\x1b: x", 5, 6, "a\ufffd: x", "    ^"),
    ],
)
def test_the_caret_stands_under_the_place(line: str, column: int, end: int, shown: str, carets: str) -> None:
    assert show(line, column, end) == (shown, carets)


def test_a_place_over_several_lines_is_marked_to_the_end_of_the_first() -> None:
    assert excerpt("a: [1,", Place(1, 4, 3, 2), 100, False) == ("a: [1,", "   ^^^")


def test_ascii_shows_other_characters_as_question_marks() -> None:
    assert show("ä日: x", 5, 6, ascii=True) == ("??: x", "    ^")


def test_a_long_line_is_cut_after_its_window() -> None:
    shown, carets = show("key: " + "x" * 200, 1, 4, width=40)
    assert shown == "key: " + "x" * 29 + "…"
    assert carets == "^^^"


def test_a_place_far_to_the_right_is_shown_between_ellipses() -> None:
    line = "a" * 300 + "KEY" + "b" * 300
    shown, carets = show(line, 301, 304, width=40)
    assert shown == "…" + "a" * 11 + "KEY" + "b" * 20 + "…"
    assert carets == " " * 12 + "^^^"


def test_a_line_of_millions_of_characters_is_quick() -> None:
    shown, carets = show("[" * 16_000_000, 8_000_000, 8_000_001, width=100)
    assert len(shown) <= 100
    assert carets.count("^") == 1


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=300)


@given(TEXT, st.integers(1, 320), st.integers(0, 40), st.integers(30, 120), st.booleans())
def test_nothing_is_wider_than_asked_and_the_carets_lie_below(
    line: str, column: int, length: int, width: int, ascii: bool
) -> None:
    shown, carets = show(line, column, column + length, width, ascii)
    assert sum(2 if east_asian_width(c) in "WF" else 1 for c in shown if c.isascii()) <= width
    assert len(carets) <= width + 1
    assert carets.strip(" ").strip("^") == ""
    assert "^" in carets
    assert not ascii or shown.isascii()


@given(st.text("ab:日\t🚀 ", min_size=1, max_size=200), st.data())
def test_the_caret_is_under_the_character_it_means(line: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(line) - 1))
    marked = line[:place] + "X" + line[place + 1 :]
    shown, carets = show(marked, place + 1, place + 2, width=50)
    before = shown[: shown.index("X")]
    assert sum(2 if east_asian_width(c) in "WF" else 1 for c in before) == carets.index("^")
    assert carets.strip() == "^"
