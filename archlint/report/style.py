"""Colours and characters of text reports; a rendering library would cost more than a whole run."""

from __future__ import annotations

import re

_CODES = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "strong": "1",
    "faint": "2",
    "place": "34",
    "help": "32",
}

# C0 and C1 controls would act on the terminal, bidirectional controls would show a line as it is not.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

_REPLACEMENTS = str.maketrans(
    {
        "…": "...",
        "×": "x",
        "·": "*",
        "→": "->",
        "≤": "<=",
        "≥": ">=",
        "≈": "~",
        "–": "-",
        "—": "-",
        "−": "-",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "µ": "u",
        "∞": "inf",
    }
)


def paint(text: str, role: str, color: bool) -> str:
    """`text` in the colour of a role; the names of severities are roles."""
    return f"\x1b[{_CODES[role]}m{text}\x1b[0m" if color else text


def visible(text: str) -> str:
    """On one line and harmless to a terminal: controls written as escapes."""
    return UNSAFE.sub(_escape, text)


def encoded(text: str, encoding: str) -> bytes:
    """In `encoding`; where it lacks a character, typographic signs become ASCII and others escapes."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_REPLACEMENTS).encode(encoding, "backslashreplace")


def _escape(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode("ascii")
