from __future__ import annotations

import pytest

from archlint.report.style import encoded, paint, visible


@pytest.mark.parametrize(
    ("text", "encoding", "written"),
    [
        ("10 × 3 ≥ 29 …", "utf-8", "10 × 3 ≥ 29 …".encode()),
        ("10 × 3 ≥ 29 …", "ascii", b"10 x 3 >= 29 ..."),
        ("naïve × 日", "latin-1", "naïve x \\u65e5".encode("latin-1")),
        ("file \udcff", "utf-8", b"file \\udcff"),
    ],
)
def test_signs_that_an_encoding_lacks_are_written_in_ascii(text: str, encoding: str, written: bytes) -> None:
    assert encoded(text, encoding) == written


def test_controls_become_escapes() -> None:
    assert visible("a\tb\x00\x9b\u2067c") == "a\\tb\\x00\\x9b\\u2067c"
    assert visible("plain × 日") == "plain × 日"


def test_paint_without_color_changes_nothing() -> None:
    assert paint("x", "error", False) == "x"
    assert paint("x", "error", True) == "\x1b[1;31mx\x1b[0m"
