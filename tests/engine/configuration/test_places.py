"""Where keys and values stand in a TOML text, held against `tomllib`: what stands at a place reads as the value."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archlint.engine.configuration.places import Spot, places_in
from archlint.manifest.problems import Path, Place

TEXT = '''\
# archlint: a comment with [brackets] = "and more"
title = "a # no comment"  # a comment
"quoted key" . inner = 'lit[eral]'

[tool.archlint]
select = ["LAW", # a comment, with ] and "
  'single-zone',
]
per-file-ignores = { "legacy/**" = ["A"], b.c = 1 }
when = 1979-05-27 07:32:00
long = """
three "" lines
"""
[[rows]]
x = 1
[[rows]]
x = 2
[rows.below]
y = true
[tool.archlint."checks".'LAW121']
'''


def spot(path: Path) -> Spot:
    return places_in(TEXT)[path]


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("title",), (2, 1, 2, 6), (2, 9, 2, 25)),
        (("quoted key",), (3, 1, 3, 13), (3, 1, 3, 13)),
        (("quoted key", "inner"), (3, 16, 3, 21), (3, 24, 3, 35)),
        (("tool",), (5, 2, 5, 6), (5, 2, 5, 6)),
        (("tool", "archlint"), (5, 7, 5, 15), (5, 7, 5, 15)),
        (("tool", "archlint", "select"), (6, 1, 6, 7), (6, 10, 8, 2)),
        (("tool", "archlint", "select", 1), (7, 3, 7, 16), (7, 3, 7, 16)),
        (("tool", "archlint", "per-file-ignores", "legacy/**", 0), (9, 37, 9, 40), (9, 37, 9, 40)),
        (("tool", "archlint", "per-file-ignores", "b", "c"), (9, 45, 9, 46), (9, 49, 9, 50)),
        (("tool", "archlint", "when"), (10, 1, 10, 5), (10, 8, 10, 27)),
        (("rows", 1, "x"), (17, 1, 17, 2), (17, 5, 17, 6)),
        (("rows", 1, "below", "y"), (19, 1, 19, 2), (19, 5, 19, 9)),
        (("tool", "archlint", "checks", "LAW121"), (20, 25, 20, 33), (20, 25, 20, 33)),
    ],
)
def test_places(path: Path, key: tuple[int, ...], value: tuple[int, ...]) -> None:
    found = spot(path)
    assert (found.key, found.value) == (Place(*key), Place(*value))


def leaves(data: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from leaves(value, (*path, key))
    elif isinstance(data, list) and data:
        for index, value in enumerate(data):
            yield from leaves(value, (*path, index))
    else:
        yield path, data


def at(text: str, place: Place) -> str:
    lines = text.split("\n")[place.line - 1 : place.end_line]
    lines[-1] = lines[-1][: place.end_column - 1]
    lines[0] = lines[0][place.column - 1 :]
    return "\n".join(lines)


def assert_agrees(text: str) -> None:
    places = places_in(text)
    for path, value in leaves(tomllib.loads(text)):
        if value != {}:
            assert tomllib.loads(f"it = {at(text, places[path].value)}") == {"it": value}
        if path and isinstance(path[-1], str):
            assert tomllib.loads(f"{at(text, places[path].key)} = 0") == {path[-1]: 0}


def test_the_sample_agrees_with_tomllib() -> None:
    assert_agrees(TEXT)


WORDS = st.text(alphabet="ab#=[]{}.,'\"\\ é\n", max_size=6)
SCALARS = st.one_of(
    WORDS.map(lambda word: json.dumps(word, ensure_ascii=False)),
    st.sampled_from(["1", "-2.5e3", "true", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00", "inf", "'a\"b'", "''"]),
    st.sampled_from(['"""a"""', '"""\n"a" ""x\\""""', "'''x'y\n''z'''", '""""a"""""', '""', "07:32:00", "0x1F"]),
)
KEYS = st.one_of(st.sampled_from(["a", "b-c", "'d.e'"]), WORDS.map(lambda w: json.dumps(w, ensure_ascii=False)))
GAPS = st.sampled_from(["", " ", "\n", " # ]}\n"])


def listed(item: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.builds("{}{}{}".format, GAPS, item, GAPS), max_size=3).map(lambda items: f"[{','.join(items)}]")


def inline(item: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(KEYS, item), max_size=3, unique_by=lambda pair: tomllib.loads(f"{pair[0]}=0").popitem())
    return pairs.map(lambda members: "{" + ", ".join(f"{key} = {value}" for key, value in members) + "}")


VALUES = st.recursive(SCALARS, lambda item: st.one_of(listed(item), inline(item)), max_leaves=6)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(KEYS, KEYS, VALUES), max_size=4))
def test_whatever_tomllib_reads_has_its_places(members: list[tuple[str, str, str]]) -> None:
    tables = [f"[t{index}.{key}] # x\n\n{inner}.x = {value}\n" for index, (key, inner, value) in enumerate(members)]
    assert_agrees("".join(tables))
