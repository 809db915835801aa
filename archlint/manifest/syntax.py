"""What the YAML parser says, in a person's words."""

from __future__ import annotations

import re

import yaml

from archlint.manifest.expansion import MAX_DEPTH
from archlint.manifest.problems import Place, Problem, Related
from archlint.manifest.spans import Lines

_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAB_INDENT = re.compile(r"[ ]*(?:-[ ]+)*(\t)")

_WORDS = (
    ("mapping values are not allowed", "`:` cannot stand here: quote the text, or look at the indentation"),
    ("could not find expected ':'", "a key is not followed by `: `"),
    ("block sequence entries are not allowed", "a list item (`- `) cannot stand here: begin a new line"),
    ("found unexpected document indicator", "a quoted text is not closed before a line of `---`"),
    ("found unknown escape character", "unknown escape in a text in double quotes: use single quotes"),
    ("did not find expected hexdecimal number", "an escape in double quotes lacks hexadecimal digits"),
    ("found invalid Unicode character escape code", "an escape in double quotes names no character"),
    ("did not find expected alphabetic or numeric", "a text beginning `&` or `*` needs quotes"),
    ("did not find expected comment or line break", "after `|` or `>` the text begins on the next line"),
    ("did not find expected key", "a key was expected here: look at the indentation and the quotes"),
    ("expected <block end>", "a key or a list item was expected here: look at the indentation"),
    ("did not find expected '-' indicator", "a list item (`- `) was expected here: look at the indentation"),
    ("expected ',' or ']'", "`,` or `]` was expected here: the list in brackets is not closed"),
    ("expected ',' or '}'", "`,` or `}` was expected here: the mapping in braces is not closed"),
    ("did not find expected node content", "a value was expected here"),
    ("did not find expected <document start>", "text after the end of the manifest"),
    ("found undefined tag handle", "tags are not part of the language"),
    ("found incompatible YAML document", "%YAML names a version that is not read; leave the line out"),
    ("found duplicate %", "a % directive is written twice"),
    ("found unknown directive name", "unknown % directive"),
)
_UNENDED = ("could not find expected ':'", "found unexpected end of stream", "unexpected document indicator")
_OPENED = (
    ("block mapping", "the mapping begins here"),
    ("flow mapping", "the braces are opened here"),
    ("flow sequence", "the brackets are opened here"),
    ("block collection", "the list begins here"),
)


def syntax_problem(error: yaml.YAMLError, text: str) -> Problem:
    lines = Lines(text)
    if not isinstance(error, yaml.MarkedYAMLError):
        return _unreadable(error, text, lines)
    index = _index(error, text)
    place = lines.place(index, _token_end(text, index))
    if "nesting depth" in (error.problem or ""):
        return Problem("MAN006", f"nested deeper than {MAX_DEPTH} levels", (), "place", place)
    tab = _indenting_tab(index, text, lines)
    if tab is not None:
        message = "a tab is used for indentation; write spaces"
        return Problem("MAN001", message, (), "place", lines.place(tab, tab + 1))
    related = _opened(error, text, lines)
    return Problem("MAN001", _worded(error, text[index : index + 1]), (), "place", place, related)


def _index(error: yaml.MarkedYAMLError, text: str) -> int:
    """Where to point: for what is never ended its beginning, not the end of the file."""
    problem = error.problem or ""
    mark = error.problem_mark
    if mark is None or any(words in problem for words in _UNENDED):
        mark = error.context_mark or mark
    return min(mark.index, len(text)) if mark else 0


def _token_end(text: str, index: int) -> int:
    return index + 1 if index < len(text) and text[index] not in "\r\n" else index


def _unreadable(error: yaml.YAMLError, text: str, lines: Lines) -> Problem:
    """The parser names no place where a character is not allowed in YAML at all."""
    found = _CONTROL.search(text)
    if found is None:
        return Problem("MAN001", f"not YAML: {error}", (), "place", Place(1, 1, 1, 1))
    message = f"control character U+{ord(found[0]):04X} cannot stand in a manifest"
    return Problem("MAN001", message, (), "place", lines.place(*found.span()))


def _indenting_tab(index: int, text: str, lines: Lines) -> int | None:
    begin = lines.begin(lines.position(index)[0])
    found = _TAB_INDENT.match(text, begin)
    return found.start(1) if found else None


def _worded(error: yaml.MarkedYAMLError, character: str) -> str:
    problem = error.problem or ""
    if "cannot start any token" in problem:
        return _UNSTARTABLE.get(character, f"a text cannot begin with `{character}`; quote it")
    if "unexpected end of stream" in problem:
        return "a quoted text is never closed"
    for part, words in _WORDS:
        if part in problem:
            return words
    context = f" {error.context}" if error.context else ""
    return f"not YAML: {problem}{context}"


_UNSTARTABLE = {
    "\t": "a tab cannot stand here; write spaces",
    "`": "a text cannot begin with a backtick; quote it",
}


def _opened(error: yaml.MarkedYAMLError, text: str, lines: Lines) -> tuple[Related, ...]:
    mark, context = error.context_mark, error.context or ""
    if mark is None or mark.index >= len(text):
        return ()
    return tuple(Related(words, lines.place(mark.index, mark.index + 1)) for name, words in _OPENED if name in context)
