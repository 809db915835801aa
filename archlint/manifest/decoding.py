"""From bytes to text, or to words about why they are no text."""

from __future__ import annotations

import re

from archlint.manifest.problems import Place, Problem
from archlint.manifest.spans import Lines

MAX_BYTES = 16 * 1024 * 1024

_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_UNMARKED = (
    (re.compile(rb"\x00{3}[^\x00]|[^\x00]\x00{3}", re.DOTALL), "UTF-32"),
    (re.compile(rb"\x00[^\x00]\x00[^\x00]|[^\x00]\x00[^\x00]\x00", re.DOTALL), "UTF-16"),
)
_BOM = b"\xef\xbb\xbf"
_START = Place(1, 1, 1, 1)


def decode(source: bytes) -> tuple[str, Problem | None]:
    """The text without its byte order mark. With a problem, the text is only good for showing."""
    if len(source) > MAX_BYTES:
        message = f"the file is longer than the {MAX_BYTES // 1024 // 1024} MiB that a manifest may have"
        return "", Problem("MAN006", message, (), "place", _START)
    return decode_text(source)


def decode_text(source: bytes) -> tuple[str, Problem | None]:
    """As `decode`, of a file of any length."""
    if encoding := _other_encoding(source):
        message = f"the file is encoded as {encoding}, write UTF-8"
        return "", Problem("MAN001", message, (), "place", _START)
    source = source.removeprefix(_BOM)
    try:
        return source.decode(), None
    except UnicodeDecodeError as error:
        return source.decode(errors="replace"), _not_utf8(source, error.start)


def _other_encoding(source: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if source.startswith(mark):
            return encoding
    for pattern, encoding in _UNMARKED:
        if pattern.match(source):
            return encoding
    return None


def _not_utf8(source: bytes, index: int) -> Problem:
    before = source[:index].decode()
    line, column = Lines(before).position(len(before))
    message = f"byte 0x{source[index]:02X} is not UTF-8; save the file as UTF-8"
    return Problem("MAN001", message, (), "place", Place(line, column, line, column + 1))
