"""What the files of the catalogue may be made of."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from archlint.knowledge.parsing import parse

KNOWLEDGE = Path(__file__).parents[2] / "archlint" / "knowledge"


@pytest.mark.parametrize("file", sorted(KNOWLEDGE.rglob("*.yaml")), ids=lambda file: file.name)
def test_each_file_means_what_every_parser_says(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert parse(text) == yaml.load(text, Loader=yaml.SafeLoader)


def test_scalars_are_those_of_a_manifest() -> None:
    assert parse("[on, 010, 12:30, 1.5, '1', ~, true, !!str 7]") == ["on", 10, "12:30", 1.5, "1", None, True, "7"]


def test_an_alias_is_the_value_of_its_anchor() -> None:
    assert parse("a: &x {b: [1, 2]}\nc: *x\n") == {"a": {"b": [1, 2]}, "c": {"b": [1, 2]}}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\n---\nb: 2\n", "a second document begins"),
        ("a: *nowhere\n", "found undefined alias"),
        ("[a]: 1\n", "a key must be a scalar"),
        ("a: 1\na: 2\n", "is written twice"),
        ("a: !!set {b}\n", "could not determine a constructor"),
        ("a: !!int many\n", "could not determine a constructor"),
    ],
)
def test_what_is_refused(text: str, problem: str) -> None:
    with pytest.raises(yaml.YAMLError, match=problem):
        parse(text)


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_a_text_without_a_document_is_none(text: str) -> None:
    assert parse(text) is None
