"""What other tools write, read with its places; and what hostile files do."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.importers.reading.files import SourceError, SourceFile, decode
from archlint.importers.reading.tree import Fields, Items, Part


def read(text: str) -> tuple[Part, ...]:
    return SourceFile("a.yaml", text).documents


def test_several_documents_and_empty_ones() -> None:
    parts = read("---\n# nothing\n---\na: 1\n---\nb: 2\n")
    assert [part.value for part in parts] == [{"a": 1}, {"b": 2}]


def test_a_part_points_at_its_key_and_an_item_at_its_name() -> None:
    (part,) = read("kind: List\nitems:\n- kind: Pod\n  name: web\n- image: x\n")
    assert (part["items"].origin.place.line, part["items"].origin.place.column) == (2, 1)
    assert part["items"][0].origin.place.line == 4
    assert str(part["items"][1].origin) == "a.yaml:5"
    assert part["items"][1]["image"].value_origin.place.column == 10


def test_steps_into_what_is_not_there_are_safe() -> None:
    (part,) = read("a: [1, {b: 2}]\n")
    assert not part["x"]["y"][3]
    assert not part["a"]["b"]
    assert not part["a"][7]
    assert list(part["a"].items()) == []
    assert list(part.each()) == []
    assert part["a"][0]["b"].text() is None
    assert part["x"]["y"].origin.place == part.origin.place


@pytest.mark.parametrize(
    ("text", "integer", "number", "shown", "flag"),
    [
        ("3", 3, 3.0, "3", None),
        ("'3'", 3, 3.0, "3", None),
        ("2.5", None, 2.5, "2.5", None),
        (".nan", None, None, "nan", None),
        (".inf", None, None, "inf", None),
        ("true", None, None, "true", True),
        ("'yes'", None, None, "yes", True),
        ("''", None, None, None, None),
        ("[]", None, None, None, None),
        ("~", None, None, None, None),
    ],
)
def test_scalars(text: str, integer: int | None, number: float | None, shown: str | None, flag: bool | None) -> None:
    value = read(f"a: {text}\n")[0]["a"]
    assert value.integer() == integer
    assert value.number() == number
    assert value.text() == shown
    assert value.flag() == flag


def test_tags_are_kept_as_mappings_of_one_key() -> None:
    (part,) = read("a: !Ref Table\nb: !Sub [x, {y: 1}]\nc: !!str 12\n")
    assert part.value == {"a": {"!Ref": "Table"}, "b": {"!Sub": ["x", {"y": 1}]}, "c": "12"}


def test_merge_keys_bring_in_what_is_not_stated() -> None:
    (part,) = read("x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\n")
    assert part["y"].value == {"b": 3, "a": 1}
    assert part["y"]["a"].origin.place.line == 1


def test_keys_that_are_no_text_keep_what_is_written() -> None:
    assert read("on: 1\n8080: x\ntrue: y\n")[0].value == {"on": 1, "8080": "x", "true": "y"}


def test_an_alias_bomb_is_refused_with_its_place() -> None:
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9))
    with pytest.raises(SourceError, match="aliases stand for more than 100000 nodes") as caught:
        read(f"a0: &a0 [x, x, x]\n{levels}\n")
    assert caught.value.place is not None
    assert caught.value.place.line > 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x [*x]", "stands inside what it names"),
        ("a: *x", "a.yaml"),
        ("[" * 5000, "deeper|closed|nest"),
        ("- " * 200 + "x", "nested deeper than 100 levels"),
        ("a: [", ""),
        ("a: 'x", "never closed"),
        ("{\n" + '"a": ' * 3, ""),
    ],
)
def test_what_is_no_yaml_is_refused(text: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        read(text)
    assert caught.value.file == "a.yaml"
    assert caught.value.place is not None or "deeper" in str(caught.value)


def test_bytes_that_are_no_text_are_refused() -> None:
    for source in (b"\xff\xfea\x00", b"caf\xe9: 1", b"a\x00b\x00c\x00"):
        with pytest.raises(SourceError):
            decode("a.yaml", source)
    assert decode("a.yaml", b"\xef\xbb\xbfa: 1") == "a: 1"


def test_json_with_places() -> None:
    file = SourceFile("a.json", '{\n  "a": [1, {"name": "w\\u00e9"}],\n  "b": {"c": "\\/x\\ud83d\\ude00"}\n}\n')
    (part,) = file.documents
    assert part.value == {"a": [1, {"name": "wé"}], "b": {"c": "/x😀"}}
    assert part["a"][1].origin.place.line == 2
    assert part["b"]["c"].origin.place == part["b"].value_origin.file.lines.place(
        file.text.index('"c"'), file.text.index('"c"') + 3
    )


def test_json_lines_are_documents() -> None:
    assert [part.value for part in SourceFile("a", '{"a": 1}\n{"a": 2}\n').documents] == [{"a": 1}, {"a": 2}]


def test_json_holds_numbers_of_any_length() -> None:
    part = read('{"a": ' + "1" * 5000 + ', "b": [2]}')[0]
    assert part["a"].integer() is None
    assert part["b"].value == [2]


def test_yaml_in_braces_is_no_json() -> None:
    assert SourceFile("a", "{a: 1, b: [x]}").documents[0].value == {"a": 1, "b": ["x"]}


def test_json_that_is_none_says_where() -> None:
    with pytest.raises(SourceError, match="not JSON") as caught:
        read('{"a": 1,\n "b": }}\n')
    assert caught.value.place is not None
    assert caught.value.place.line == 2


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), _JSON, min_size=1, max_size=4))
def test_json_is_read_as_the_standard_library_reads_it(value: dict[str, object]) -> None:
    text = json.dumps(value, indent=1)
    (part,) = SourceFile("a.json", text).documents
    assert part.value == json.loads(text)
    _assert_placed(part.value)


def _assert_placed(value: object) -> None:
    if isinstance(value, Fields):
        assert value.keys() == value.keys_at.keys() == value.values_at.keys()
        for inner in value.values():
            _assert_placed(inner)
    elif isinstance(value, Items):
        assert len(value) == len(value.values_at)


def test_what_is_concealed_and_credentials_are_blanked_in_excerpts() -> None:
    file = SourceFile("a.yaml", "env:\n  A: s3cr3t\n  B: postgres://me:pa%24s@db:5432/x\n  C: http://h:80/\n")
    file.documents[0]["env"]["A"].conceal()
    assert file.shown == "env:\n  A: ******\n  B: postgres://*********@db:5432/x\n  C: http://h:80/\n"
    assert len(file.shown) == len(file.text)
