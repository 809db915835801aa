from __future__ import annotations

import math
import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from archlint.manifest.problems import Place, Problem
from archlint.manifest.reader import Document, read
from archlint.manifest.scalars import resolve


def document(source: str | bytes) -> Document:
    return read(source.encode() if isinstance(source, str) else source, "archlint.yaml")


def clean(source: str | bytes) -> Any:
    read_document = document(source)
    assert read_document.problems == []
    return read_document.data


def only(source: str | bytes) -> Problem:
    (problem,) = document(source).problems
    return problem


def at(problem: Problem) -> tuple[str, int, int]:
    assert problem.place is not None
    return problem.code, problem.place.line, problem.place.column


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("~", None),
        ("null", None),
        ("true", True),
        ("TRUE", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("Off", "Off"),
        ("12", 12),
        ("-12", -12),
        ("+12", 12),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("-0x1F", "-0x1F"),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2026-11-15", "2026-11-15"),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        (".", "."),
        ("1e3", 1000.0),
        ("1E-3", 0.001),
        ("e3", "e3"),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("inf", "inf"),
        ("1.2k/s", "1.2k/s"),
        ("99.9%", "99.9%"),
        ("9" * 5000, "9" * 5000),
        ("٣", "٣"),
    ],
)
def test_plain_scalars_follow_the_core_schema(text: str, value: object) -> None:
    resolved = resolve(text)
    assert resolved == value
    assert type(resolved) is type(value)


def test_not_a_number_is_a_number() -> None:
    assert math.isnan(clean("a: .nan")["a"])


def test_quoted_scalars_are_strings() -> None:
    assert clean("""{a: "12", b: 'true', c: "", d: "a\\tb"}""") == {
        "a": "12",
        "b": "true",
        "c": "",
        "d": "a\tb",
    }


def test_block_scalars_are_strings() -> None:
    assert clean("a: |\n  12\nb: >-\n  x\n  y\n") == {"a": "12\n", "b": "x y"}


def test_core_tags_are_honoured() -> None:
    source = "a: !!str 12\nb: !!int '7'\nc: !!float 1\nd: !!bool 'true'\ne: !!map {f: !!seq [1]}\n!!str g: 1\n"
    assert clean(source) == {"a": "12", "b": 7, "c": 1.0, "d": True, "e": {"f": [1]}, "g": 1}


@pytest.mark.parametrize(
    ("source", "column", "words"),
    [
        ("a: !secret x", 4, "tags are not part of the language"),
        ("a: !!python/object:os.system {}", 4, "tags are not part of the language"),
        ("a: !!set []", 4, "tags are not part of the language"),
        ("!secret a: 1", 1, "tags are not part of the language"),
        ("a: !e!x 1", 4, "tags are not part of the language"),
        ("a: ! x", 4, "tags are not part of the language"),
        ("a: !!int x", 10, "`x` is not an integer"),
        ("a: !!binary eA==", 13, "a scalar cannot be tagged !!binary"),
    ],
)
def test_other_tags_are_refused(source: str, column: int, words: str) -> None:
    problem = only(source)
    assert at(problem) == ("MAN001", 1, column)
    assert problem.message == words


@pytest.mark.parametrize(
    ("source", "line", "column", "words"),
    [
        ("a: 1\nb: caf\xe9\n".encode("latin-1"), 2, 7, "byte 0xE9 is not UTF-8; save the file as UTF-8"),
        ("é: 1\né\n".encode() + b"\xff", 3, 1, "byte 0xFF is not UTF-8; save the file as UTF-8"),
        ("a: 1".encode("utf-16"), 1, 1, "the file is encoded as UTF-16, write UTF-8"),
        ("a: 1".encode("utf-16-le"), 1, 1, "the file is encoded as UTF-16, write UTF-8"),
        ("a: 1".encode("utf-16-be"), 1, 1, "the file is encoded as UTF-16, write UTF-8"),
        ("a: 1".encode("utf-32"), 1, 1, "the file is encoded as UTF-32, write UTF-8"),
        ("a: 1".encode("utf-32-le"), 1, 1, "the file is encoded as UTF-32, write UTF-8"),
        (b"a: 1\nb: x\0y\n", 2, 5, "control character U+0000 cannot stand in a manifest"),
        (b'a: "\x07"\n', 1, 5, "control character U+0007 cannot stand in a manifest"),
        (b"a: \x7f\n", 1, 4, "control character U+007F cannot stand in a manifest"),
    ],
)
def test_what_is_no_text_is_refused(source: bytes, line: int, column: int, words: str) -> None:
    problem = only(source)
    assert at(problem) == ("MAN001", line, column)
    assert problem.message == words
    assert document(source).data is None


@pytest.mark.parametrize(
    ("source", "line", "column", "words"),
    [
        ("a:\n\tb: 1\n", 2, 1, "a tab is used for indentation; write spaces"),
        ("a:\n  b: 1\n\tc: 2\n", 3, 1, "a tab is used for indentation; write spaces"),
        ("a: x\n  \ty: 2\n", 2, 3, "a tab is used for indentation; write spaces"),
        ('a: 1\nb: "x\nc: 1\n', 2, 4, "a quoted text is never closed"),
        ("a: 1\nb\nc: 2\n", 2, 1, "a key is not followed by `: `"),
        ("a: b: c\n", 1, 5, "`:` cannot stand here: quote the text, or look at the indentation"),
        ("a: @x\n", 1, 4, "a text cannot begin with `@`; quote it"),
        ("a: `x`\n", 1, 4, "a text cannot begin with a backtick; quote it"),
        ("a: - b\n", 1, 4, "a list item (`- `) cannot stand here: begin a new line"),
        ('a: "\\q"\n', 1, 5, "unknown escape in a text in double quotes: use single quotes"),
        ("a: * x\n", 1, 5, "a text beginning `&` or `*` needs quotes"),
        ("a: [1,,2]\n", 1, 7, "a value was expected here"),
        ("a: [1, 2\nb: 1\n", 2, 2, "`,` or `]` was expected here: the list in brackets is not closed"),
        ("a: {b: 1\nc: 2\n", 2, 2, "`,` or `}` was expected here: the mapping in braces is not closed"),
        ("a:\n  b: 1\n c: 2\n", 3, 2, "a key was expected here: look at the indentation and the quotes"),
        ("a: 1\n...\nb: 2\n", 3, 1, "text after the end of the manifest"),
        ("%YAML 3.0\n---\na: 1\n", 1, 1, "%YAML names a version that is not read; leave the line out"),
        ("a: 1\r\nb: '\U0001f600' @\r\n", 2, 8, "a text cannot begin with `@`; quote it"),
        ("a: 1\rb: @\r", 2, 4, "a text cannot begin with `@`; quote it"),
        ("a: 1 # \u2028\nb: @\n", 2, 4, "a text cannot begin with `@`; quote it"),
        ("\ufeffa: @\n", 1, 4, "a text cannot begin with `@`; quote it"),
    ],
)
def test_syntax_errors_are_told_in_words(source: str, line: int, column: int, words: str) -> None:
    problem = only(source)
    assert at(problem) == ("MAN001", line, column)
    assert problem.message == words
    assert document(source).data is None


def test_an_unclosed_bracket_shows_where_it_was_opened() -> None:
    (related,) = only("a: 1\nb: [1, 2\nc: 1\n").related
    assert related.message == "the brackets are opened here"
    assert related.place == Place(2, 4, 2, 5)


@pytest.mark.parametrize(
    ("source", "line", "column", "words"),
    [
        ("", 1, 1, "the file is empty; a manifest begins with `archlint: 1`"),
        ("\ufeff", 1, 1, "the file is empty; a manifest begins with `archlint: 1`"),
        ("---\n", 1, 1, "the file is empty; a manifest begins with `archlint: 1`"),
        ("# nothing\n", 1, 1, "the file holds only comments; a manifest begins with `archlint: 1`"),
        ("a: 1\n---\nb: 1\n", 2, 1, "more than one document; a file holds one manifest"),
        ("\n- 1\n", 2, 1, "the top level is a list; it has to be a mapping that begins with `archlint: 1`"),
        ("x", 1, 1, "the top level is a single value; it has to be a mapping that begins with `archlint: 1`"),
    ],
)
def test_a_file_holds_one_mapping(source: str, line: int, column: int, words: str) -> None:
    problem = only(source)
    assert at(problem) == ("MAN001", line, column)
    assert problem.message == words
    assert document(source).data is None


@pytest.mark.parametrize("source", ["---\na: 1\n", "a: 1\n...\n", "%YAML 1.2\n---\na: 1\n", "\ufeffa: 1"])
def test_marks_of_one_document_are_allowed(source: str) -> None:
    assert clean(source) == {"a": 1}


def test_too_large_a_file_is_refused_unread() -> None:
    problem = only(b"#" * (17 * 1024 * 1024))
    assert at(problem) == ("MAN006", 1, 1)
    assert problem.message == "the file is longer than the 16 MiB that a manifest may have"


@pytest.mark.parametrize("source", ["[" * 100_000, "a: " + "[" * 100_000, "{a: " * 100_000])
def test_deep_nesting_is_stopped_at_once(source: str) -> None:
    before = time.perf_counter()
    problem = only(source)
    assert time.perf_counter() - before < 1
    assert problem.code == "MAN006"
    assert problem.message == "nested deeper than 64 levels"


def test_64_levels_are_allowed_and_65_are_not() -> None:
    assert clean("a: " + "[" * 63 + "]" * 63)
    assert at(only("a: " + "[" * 64 + "]" * 64)) == ("MAN006", 1, 67)


def test_an_alias_bomb_is_stopped() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    problem = only("\n".join(lines))
    assert problem.code == "MAN006"
    assert problem.message == "aliases bring in more than 100,000 values"
    assert problem.place is not None
    assert problem.place.line == 6


def test_aliases_that_nest_too_deep_are_stopped() -> None:
    chain = "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 100))])
    problem = only(chain)
    assert at(problem) == ("MAN006", 64, 12)
    assert problem.message == "aliases nest deeper than 64 levels"


@pytest.mark.parametrize("source", ["a: &a [*a]", "a: &a {b: *a}", "a: &a\n  <<: *a"])
def test_an_alias_inside_its_own_anchor_is_refused(source: str) -> None:
    problem = only(source)
    assert problem.code == "MAN006"
    assert problem.message == "`*a` stands inside of what it stands for"


def test_an_alias_of_nothing_is_refused_and_the_rest_is_read() -> None:
    found = document("a: *x\nb: 2\nc: [*y, 3]\n*z : 4\n")
    assert [at(problem) for problem in found.problems] == [
        ("MAN001", 1, 4),
        ("MAN001", 3, 5),
        ("MAN001", 4, 1),
    ]
    assert found.problems[0].message == "`*x` stands for nothing: there is no `&x` before it"
    assert found.data == {"b": 2, "c": [3]}


def test_written_out_nodes_have_no_budget() -> None:
    assert len(clean("\n".join(f"k{n}: {{a: 1, b: 2}}" for n in range(40_000)))) == 40_000


def test_a_duplicate_key_shows_both_places_and_the_first_counts() -> None:
    found = document('a: 1\nb: {c: 1, "c": {d: 2}}\na: 2\na: 3\n')
    assert [at(problem) for problem in found.problems] == [
        ("MAN003", 2, 11),
        ("MAN003", 3, 1),
        ("MAN003", 4, 1),
    ]
    assert found.problems[0].message == "`c` is written twice in one mapping"
    assert [problem.related[0].place for problem in found.problems] == [
        Place(2, 5, 2, 6),
        Place(1, 1, 1, 2),
        Place(1, 1, 1, 2),
    ]
    assert found.data == {"a": 1, "b": {"c": 1}}


@pytest.mark.parametrize("key", ["12", "true", "~", "1.5"])
def test_a_key_that_is_no_string_is_refused(key: str) -> None:
    problem = only(f"a:\n  {key}: 1\n")
    assert at(problem) == ("MAN002", 2, 3)
    assert problem.message == f"`{key}` is not a name: keys are names; quote it"


def test_quoted_keys_are_names() -> None:
    assert clean("{'12': 1, \"\": 2, no: 3}") == {"12": 1, "": 2, "no": 3}


@pytest.mark.parametrize("key", ["{b: 1}", "[b]"])
def test_a_collection_is_no_key(key: str) -> None:
    found = document(f"? {key}\n: 1\nc: 2\n")
    assert [at(problem) for problem in found.problems] == [("MAN001", 1, 3)]
    assert found.data == {"c": 2}


def test_nulls_are_refused_and_left_out() -> None:
    found = document('a:\nb: [~, 1]\nc:\n  -\n  - null\nd: ""\ne: {f: , g}\n')
    assert found.data == {"b": [1], "c": [], "d": "", "e": {}}
    assert found.nulls == [("a",), ("b", 0), ("c", 0), ("c", 0), ("e", "f"), ("e", "g")]
    assert [at(problem) for problem in found.problems] == [
        ("MAN002", 1, 1),
        ("MAN002", 2, 5),
        ("MAN002", 4, 3),
        ("MAN002", 5, 5),
        ("MAN002", 7, 5),
        ("MAN002", 7, 10),
    ]
    assert found.problems[0].message == "`a` has no value: write `none`, or leave it out"


def test_extensions_are_taken_out_with_their_nulls() -> None:
    found = document("x-team: {a: ~, x-b: 1}\nservices:\n  s: {x-n: [~, 1], 'x-q': , port: 1}\nl: [{x-i: 1}]\n")
    assert found.problems == []
    assert found.data == {"services": {"s": {"port": 1}}, "l": [{}]}
    assert found.extensions == {
        ("x-team",): {"a": None, "x-b": 1},
        ("services", "s", "x-n"): [None, 1],
        ("services", "s", "x-q"): None,
        ("l", 0, "x-i"): 1,
    }


def test_an_anchor_in_an_extension_is_cleaned_where_it_is_used() -> None:
    found = document("x-base: &base {a: 1, gone: ~, x-n: 2, l: [~, 3]}\nb: *base\n")
    assert found.data == {"b": {"a": 1, "l": [3]}}
    assert found.extensions[("b", "x-n")] == 2
    assert found.nulls == [("b", "gone")]
    (problem,) = found.problems
    assert at(problem) == ("MAN002", 2, 4)
    assert problem.related[0].place == Place(1, 9, 1, 14)


def test_every_alias_is_a_copy() -> None:
    data = clean("a: &a {b: {c: 1}}\nd: *a\n")
    data["d"]["b"]["c"] = 2
    assert data["a"] == {"b": {"c": 1}}


def test_an_alias_may_be_a_scalar_a_key_or_in_a_list() -> None:
    assert clean("a: &n name\n*n : 1\nl: [*n, &m 2, *m]\n") == {"a": "name", "name": 1, "l": ["name", 2, 2]}


def test_an_anchor_may_be_used_anew() -> None:
    assert clean("a: &a 1\nb: *a\nc: &a 2\nd: *a\n") == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_merge_keys_add_what_is_not_stated() -> None:
    source = "x-a: &a {p: 1, q: 1}\nx-b: &b {q: 2, r: 2}\nm: {p: 0, <<: *a}\nn: {<<: [*a, *b, {s: 3}], r: 0}\n"
    assert clean(source) == {"m": {"p": 0, "q": 1}, "n": {"r": 0, "p": 1, "q": 1, "s": 3}}


def test_merged_extensions_belong_to_the_mapping() -> None:
    source = "a: &a {x-n: 1, x-o: 1, p: {x-d: 1}}\nb: {<<: *a, x-n: 2}\nc: {<<: [*a], p: 3}\n"
    assert document(source).extensions == {
        ("a", "x-n"): 1,
        ("a", "x-o"): 1,
        ("a", "p", "x-d"): 1,
        ("b", "x-n"): 2,
        ("b", "x-o"): 1,
        ("b", "p", "x-d"): 1,
        ("c", "x-n"): 1,
        ("c", "x-o"): 1,
    }


def test_only_mappings_are_merged() -> None:
    found = document("a:\n  <<: 3\nb: {<<: [1, {x: 1}]}\n")
    assert [at(problem) for problem in found.problems] == [("MAN002", 2, 3), ("MAN002", 3, 5)]
    assert found.data == {"a": {}, "b": {"x": 1}}


def test_a_quoted_merge_key_is_a_key() -> None:
    assert clean("a: {'<<': 1}") == {"a": {"<<": 1}}


def test_all_problems_are_reported_in_the_order_of_the_text() -> None:
    codes = [problem.code for problem in document("a: 1\nb: !t 1\nc: ~\na: 2\n12: 3\n").problems]
    assert codes == ["MAN001", "MAN002", "MAN003", "MAN002"]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(source: bytes) -> None:
    found = document(source)
    assert found.data is not None or found.problems


@given(st.text(alphabet="abx-:<*&!{}[],\"'|>#? \n\t~1\ufeff\u2028é", max_size=60))
def test_any_text_is_read_or_refused_with_places(source: str) -> None:
    found = document(source)
    assert found.data is not None or found.problems
    assert all(problem.place is not None for problem in found.problems)


@given(st.integers() | st.floats(allow_nan=False) | st.booleans())
def test_scalars_come_back_as_the_dumper_wrote_them(value: object) -> None:
    assert clean(yaml.safe_dump({"a": value})) == {"a": value}


def test_without_libyaml_the_same_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archlint.manifest.building.LOADER", yaml.SafeLoader)
    assert clean("\ufeffa: &a {b: 1}\nc: [*a, no, '1']\n") == {"a": {"b": 1}, "c": [{"b": 1}, "no", "1"]}
    assert at(only("a:\n\tb: 1\n")) == ("MAN001", 2, 1)
    assert at(only("a: x\x07\n")) == ("MAN001", 1, 5)
    assert at(only("a: " + "[" * 1000)) == ("MAN006", 1, 67)
