from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from archlint.manifest.problems import Path, Place
from archlint.manifest.reader import read
from archlint.manifest.spans import Lines, SpanIndex


def spans(source: str) -> SpanIndex:
    return read(source.encode(), "archlint.yaml").spans


def excerpt(index: SpanIndex, place: Place | None) -> str | None:
    """The text of a place, cut out by lines and columns."""
    if place is None:
        return None
    start = index.lines.begin(place.line) + place.column - 1
    return index.text[start : index.lines.begin(place.end_line) + place.end_column - 1]


SYSTEM = """\
services:
  checkout:
    calls:
      - to: ledger
        retries: {attempts: 2, on: [connect, timeout]}   # twice
      - {timeout: 5ms, to: "card network"}
      - any_of: [a, b]
    zones:
      - eu-1
      - eu-2

    note: |
      some
      text

    long: one
      two   # and so on
  ledger: {}
"""


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("services", "checkout"), "checkout", None),
        (("services", "checkout", "calls", 0, "to"), "to", "ledger"),
        (("services", "checkout", "calls", 0, "retries"), "retries", "{attempts: 2, on: [connect, timeout]}"),
        (("services", "checkout", "calls", 0, "retries", "on", 1), None, "timeout"),
        (("services", "checkout", "calls", 1), None, '{timeout: 5ms, to: "card network"}'),
        (("services", "checkout", "calls", 1, "to"), "to", '"card network"'),
        (("services", "checkout", "zones"), "zones", "- eu-1\n      - eu-2"),
        (("services", "checkout", "note"), "note", "|\n      some\n      text"),
        (("services", "checkout", "long"), "long", "one\n      two"),
        (("services", "ledger"), "ledger", "{}"),
    ],
)
def test_keys_and_values_are_where_they_stand(path: Path, key: str | None, value: str | None) -> None:
    index = spans(SYSTEM)
    assert excerpt(index, index.key_place(path)) == key
    if value is not None:
        assert excerpt(index, index.value_place(path)) == value


def test_a_block_ends_with_its_last_value() -> None:
    place = spans(SYSTEM).value_place(("services", "checkout"))
    assert place == Place(3, 5, 17, 10)


def test_what_is_not_there_has_no_place() -> None:
    index = spans(SYSTEM)
    assert index.key_place(("services", "nobody")) is None
    assert index.value_place(("services", "checkout", "calls", 7)) is None
    assert index.key_place(("services", "checkout", "calls", "ledger")) is None
    assert index.key_place(()) is None


@pytest.mark.parametrize(
    ("path", "reached", "shown"),
    [
        (("services", "checkout", "calls", 0, "retries", "budget"), 5, "retries"),
        (("services", "checkout", "calls", 0, "timeout"), 4, "ledger"),
        (("services", "checkout", "calls", 1), 4, '"card network"'),
        (("services", "checkout", "calls", 2), 4, "any_of"),
        (("services", "checkout", "calls", 9, "to"), 3, "calls"),
        (("services", "checkout", "zones", 1), 4, "eu-2"),
        (("services", "nobody", "calls"), 1, "services"),
        (("flows", "buy"), 0, "services"),
        ((), 0, "services"),
    ],
)
def test_the_nearest_stated_part_is_shown(path: Path, reached: int, shown: str) -> None:
    index = spans(SYSTEM)
    found, place = index.nearest(path)
    assert found == path[:reached]
    assert excerpt(index, place) == shown


@pytest.mark.parametrize("source", ["", "# nothing", "{}", "[]", "x", "a: [", "\t"])
def test_the_nearest_place_never_fails(source: str) -> None:
    index = spans(source)
    assert index.nearest(("a", 0, "b"))[1].line == 1
    assert index.place_of(("a", 0), "key").line == 1


def test_the_place_to_report_never_spans_lines() -> None:
    index = spans(SYSTEM)
    assert excerpt(index, index.place_of(("services", "checkout"), "value")) == "checkout"
    assert excerpt(index, index.place_of(("services", "checkout", "note"), "value")) == "note"
    assert excerpt(index, index.place_of(("services", "checkout", "calls", 0), "value")) == "ledger"
    assert excerpt(index, index.place_of(("services", "checkout", "calls", 0, "to"), "value")) == "ledger"
    assert excerpt(index, index.place_of(("services", "checkout", "calls", 0, "to"), "key")) == "to"


ANCHORS = """\
x-base: &base
  timeout: 5ms
  retries: {attempts: 2}
a: *base
b:
  <<: *base
  own: 1
c:
  <<: [*base, {inline: 2}]
d: &text !!str   12
e: &block # why
  k: 1
f: *text
"""


def test_an_anchor_and_a_tag_are_no_part_of_the_value() -> None:
    index = spans(ANCHORS)
    assert excerpt(index, index.value_place(("d",))) == "12"
    assert excerpt(index, index.value_place(("e",))) == "k: 1"
    assert index.key_place(("e", "k")) == Place(12, 3, 12, 4)


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("a", "timeout"), 4, 4),
        (("a", "retries", "attempts"), 4, 4),
        (("b", "timeout"), 6, 7),
        (("b", "retries", "attempts"), 6, 7),
        (("c", "timeout"), 9, 8),
    ],
)
def test_what_comes_through_an_alias_stands_at_the_alias(path: Path, line: int, column: int) -> None:
    index = spans(ANCHORS)
    assert index.key_place(path) == Place(line, column, line, column + 5)
    assert index.value_place(path) == Place(line, column, line, column + 5)
    assert index.nearest((*path, "unstated"))[1] == Place(line, column, line, column + 5)
    assert index.anchor_of(path) == Place(1, 9, 1, 14)


def test_what_is_written_in_place_has_no_anchor() -> None:
    index = spans(ANCHORS)
    assert index.key_place(("b", "own")) == Place(7, 3, 7, 6)
    assert index.anchor_of(("b", "own")) is None
    assert excerpt(index, index.key_place(("c", "inline"))) == "inline"
    assert index.anchor_of(("c", "inline")) is None
    assert index.anchor_of(("nowhere",)) is None


def test_an_alias_as_a_value_has_its_own_key() -> None:
    index = spans(ANCHORS)
    assert index.key_place(("f",)) == Place(13, 1, 13, 2)
    assert index.value_place(("f",)) == Place(13, 4, 13, 9)
    assert index.anchor_of(("f",)) == Place(10, 4, 10, 9)


def test_columns_count_code_points() -> None:
    index = spans('a: {"\U0001f600": "\U0001f468‍\U0001f469", b: 1}\n')
    assert index.key_place(("a", "\U0001f600")) == Place(1, 5, 1, 8)
    assert index.key_place(("a", "b")) == Place(1, 17, 1, 18)


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_lines_end_at_each_kind_of_break(line_break: str) -> None:
    index = spans(line_break.join(["a: 1", "", "b:", "  c: x", ""]))
    assert index.key_place(("b", "c")) == Place(4, 3, 4, 4)
    assert index.value_place(("b", "c")) == Place(4, 6, 4, 7)


def test_other_separators_end_no_line() -> None:
    lines = Lines("a\x0b\x0c\x85\u2028\u2029b\nc")
    assert lines.position(6) == (1, 7)
    assert lines.position(8) == (2, 1)


def test_a_byte_order_mark_takes_no_column() -> None:
    assert spans("\ufeffa: 1").key_place(("a",)) == Place(1, 1, 1, 2)


def test_left_out_items_do_not_shift_the_others() -> None:
    index = spans("l:\n  - ~\n  - a\n  -\n  - b\n")
    assert index.value_place(("l", 0)) == Place(3, 5, 3, 6)
    assert index.value_place(("l", 1)) == Place(5, 5, 5, 6)


def test_extensions_and_empty_values_keep_their_places() -> None:
    index = spans("s: {x-n: {k: 1}, e: }\n")
    assert index.key_place(("s", "x-n", "k")) == Place(1, 11, 1, 12)
    assert index.value_place(("s", "e")) == Place(1, 18, 1, 19)


def test_of_a_duplicate_the_first_is_found() -> None:
    assert spans("a: 1\na: 2\n").key_place(("a",)) == Place(1, 1, 1, 2)


@pytest.mark.parametrize("key", ["'it''s'", '"a\\tb"', "? |\n  long\n", "&k plain", "!!str 12"])
def test_keys_are_found_however_they_are_written(key: str) -> None:
    found = read(f"{key}: 1\n".encode(), "archlint.yaml")
    assert found.data is not None
    assert list(found.data.values()) == [1]
    (name,) = found.data
    assert found.spans.key_place((name,)) is not None


names = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"))
keys = names.filter(lambda name: name != "<<" and not name.startswith("x-"))
scalars = st.integers() | st.floats(allow_nan=False) | st.booleans() | names
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)


class _Quoting(yaml.SafeDumper):
    """Quotes every string: YAML 1.1, which the dumper thinks in, has other plain ones."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_Quoting.add_representer(str, _quoted)


def _key_paths(data: Any, path: Path = ()) -> list[Path]:
    if isinstance(data, dict):
        return [at for key, value in data.items() for at in ((*path, key), *_key_paths(value, (*path, key)))]
    if isinstance(data, list):
        return [at for index, value in enumerate(data) for at in _key_paths(value, (*path, index))]
    return []


@given(st.dictionaries(keys, trees, min_size=1, max_size=4), st.sampled_from([None, True, False]), st.booleans())
def test_dumped_data_reads_back_and_every_key_is_in_its_place(
    data: dict[str, Any], flow: bool | None, unicode: bool
) -> None:
    text = yaml.dump(data, Dumper=_Quoting, default_flow_style=flow, allow_unicode=unicode, sort_keys=False)
    found = read(text.encode(), "archlint.yaml")
    assert found.problems == []
    assert found.data == data
    for path in _key_paths(data):
        written = excerpt(found.spans, found.spans.key_place(path))
        assert written is not None
        assert yaml.safe_load(written) == path[-1]


LINES = """\
# a comment
services:
  web:
    calls:
      - to: ledger
        timeout: 1s
      -
        to: prices
      - {to: search,
         retries: none}
  api: &a {replicas: 3}
  www: *a
  batch:
    <<: *a
    tags: [
      one,
      two ]
text: |
  services:
  more
"""


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (1, None),
        (2, ("services",)),
        (3, ("services", "web")),
        (4, ("services", "web", "calls")),
        (5, ("services", "web", "calls", 0)),
        (6, ("services", "web", "calls", 0, "timeout")),
        (7, None),
        (8, ("services", "web", "calls", 1)),
        (9, ("services", "web", "calls", 2)),
        (10, ("services", "web", "calls", 2, "retries")),
        (11, ("services", "api")),
        (12, ("services", "www")),
        (13, ("services", "batch")),
        (14, ("services", "batch")),
        (15, ("services", "batch", "tags")),
        (16, ("services", "batch", "tags", 0)),
        (17, ("services", "batch", "tags", 1)),
        (18, ("text",)),
        (19, None),
        (20, None),
    ],
)
def test_what_begins_on_a_line(line: int, path: Path | None) -> None:
    assert spans(LINES).path_on(line) == path


@given(st.dictionaries(keys, trees, min_size=1, max_size=4))
def test_the_key_that_begins_a_line_is_found_there(data: dict[str, Any]) -> None:
    found = read(yaml.dump(data, Dumper=_Quoting, default_flow_style=False, sort_keys=False).encode(), "archlint.yaml")
    lines = re.split("\r\n|\r|\n", found.text)
    for path in _key_paths(data):
        place = found.spans.key_place(path)
        assert place is not None
        before = lines[place.line - 1][: place.column - 1]
        if not before.strip(" "):
            assert found.spans.path_on(place.line) == path
