"""A folder of technologies that an organisation wrote: what is wrong with it is told with its place."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Run

TECHNOLOGY = """\
slug: abacus
name: Abacus
kinds: [datastore]
aliases: [beads]
limits:
  - id: size
    value: 4
    unit: GiB
    scope: store
    kind: hard
    measure: total_size
    breaks: writes are refused
    confidence: high
    source: {title: Manual, year: 2025, url: "https://example.org/manual"}
defaults:
  - {key: max, of: store, field: connections.max, value: 100, source: {title: Manual, year: 2025}}
"""

MANIFEST = "archlint: 1\nsystem: {name: shop}\ndatastores: {a: {technology: beads@2, size: 9GiB}}\n"

SECOND = (
    "  - {id: size, value: 5, unit: GiB, scope: s, kind: quota, breaks: b, confidence: high,"
    ' source: {title: M, year: 2025, url: "https://example.org"}}\n'
)

# What is written in place of what, the message, and where it points.
DAMAGES: dict[str, tuple[str, str, str, tuple[int, int]]] = {
    "no YAML": ("[datastore]", "[datastore", "is not YAML that can be used", (4, 8)),
    "a tab": ("    value", "\tvalue", "found a tab character", (7, 1)),
    "a tag": ("Abacus", "!!python/name:os.system", "could not determine a constructor", (2, 7)),
    "a second document": ("defaults:", "---\nslug: abacus\ndefaults:", "a second document begins", (15, 1)),
    "a key twice": ("defaults:", "name: B\ndefaults:", "`name` is written twice", (15, 1)),
    "an unknown unit": ("GiB", "parsecs", "`parsecs` is not a unit", (8, 11)),
    "a unit of something else": ("GiB", "messages/s", "does not fit `total_size`, which is bytes", (8, 11)),
    "a unit that is no price": ("kind: hard\n    measure: total_size", "kind: price", "which is money", (8, 11)),
    "an unknown measure": ("total_size", "totl_size", "`totl_size` is not a measure", (11, 14)),
    "an unknown kind": ("kind: hard", "kind: soft", "`soft` is not a kind", (10, 11)),
    "an id twice": ("defaults:", SECOND + "defaults:", "`size` is written twice under one condition", (15, 10)),
    "an id in capitals": ("id: size", "id: Size", "must be lower-case words", (6, 9)),
    "no value": ("    value: 4\n", "", "`value` is missing", (6, 5)),
    "an empty value": ("value: 4", "value:", "`value` is empty", (7, 11)),
    "a value in words": ("value: 4", "value: four", "must be a number", (7, 12)),
    "a value below zero": ("value: 4", "value: -4", "must be a number that is not negative", (7, 12)),
    "no number": ("value: 4", "value: .nan", "must be a number", (7, 12)),
    "a number without end": ("value: 4", "value: 1e400", "must be a number", (7, 12)),
    "more than all": (
        "value: 4\n    unit: GiB\n    scope: store\n    kind: hard\n    measure: total_size",
        "value: 101\n    unit: '%'\n    scope: store\n    kind: sla",
        "at most 100%",
        (7, 12),
    ),
    "a year in words": ("year: 2025, url", "year: soon, url", "`year` must be a year", (14, 35)),
    "a year in quotes": ("year: 2025, url", "year: '2025', url", "`year` must be a year", (14, 35)),
    "no address": (', url: "https://example.org/manual"', "", "needs the URL of its source", (14, 13)),
    "an address of another kind": ("https://", "ftp://", "is not a web address", (14, 46)),
    "a version in words": ("    breaks", "    condition: {versions: new}\n    breaks", "not a version range", (12, 27)),
    "a key that is not known": ("defaults:", "default:", "`default` is not known here; known: ", (16, 3)),
    "another slug": ("slug: abacus", "slug: beads", "`slug` must be `abacus`", (1, 7)),
    "an alias that another has": ("[beads]", "[beads, postgres]", "is another name of `postgresql`", (4, 10)),
    "an alias that is a technology": ("[beads]", "[beads, kafka]", "`kafka` is a technology itself", (4, 10)),
    "nothing to add to": ("defaults:", "extends: true\ndefaults:", "no technology `abacus` to add to", (15, 10)),
    "a list": (TECHNOLOGY, "- abacus\n", "a mapping with text keys is due here", (1, 1)),
    "nothing": (TECHNOLOGY, "", "is empty", (1, 1)),
    "comments only": (TECHNOLOGY, "# abacus\n", "a mapping with text keys is due here", (1, 1)),
    "a carrier that is none": ("of: store", "of: car", "`car` is not what carries a setting", (16, 20)),
    "depth": (TECHNOLOGY, "a: " + "[" * 5000 + "]" * 5000 + "\n", "is not YAML", (1, 1003)),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Named by the configuration beside a manifest that uses it."""
    monkeypatch.chdir(tmp_path)
    Path("archlint.toml").write_text('technologies = ["own"]\n', encoding="utf-8")
    Path("shop.archlint.yaml").write_text(MANIFEST, encoding="utf-8")
    Path("own").mkdir()
    return Path("own")


def refusal(archlint: Run) -> str:
    result = archlint("check", "shop.archlint.yaml")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: ")
    assert "Traceback" not in result.err
    return result.err


def test_the_undamaged_one_is_used(archlint: Run, folder: Path) -> None:
    (folder / "abacus.yaml").write_text(TECHNOLOGY, encoding="utf-8")
    result = archlint("check", "--select", "LIM001", "shop.archlint.yaml")
    assert result.code == 1
    assert "Abacus takes 4GiB at most (abacus/size; Manual, 2025)" in result.out


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damage_is_told_with_its_place(archlint: Run, folder: Path, damage: str) -> None:
    old, new, message, (line, column) = DAMAGES[damage]
    assert old in TECHNOLOGY
    (folder / "abacus.yaml").write_text(TECHNOLOGY.replace(old, new, 1), encoding="utf-8")
    told = refusal(archlint)
    assert message in told
    assert f"{Path('own', 'abacus.yaml')}:{line}:{column}: " in told


def a_loop(file: Path) -> None:
    file.symlink_to(file.name)


def a_pipe(file: Path) -> None:
    os.mkfifo(file)


UNREADABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a link to itself": (a_loop, "own/abacus.yaml:1:1: cannot be read: "),
    "a link to nothing": (lambda file: file.symlink_to("nowhere"), "own/abacus.yaml:1:1: cannot be read: "),
    "a folder": (lambda file: file.mkdir(), "own/abacus.yaml:1:1: is not a file"),
    "a pipe": (a_pipe, "own/abacus.yaml:1:1: is not a file"),
    "another encoding": (
        lambda file: file.write_bytes(TECHNOLOGY.replace("Abacus", "Ábacus").encode("latin-1")),
        "own/abacus.yaml:2:7: is not UTF-8",
    ),
    "a control character": (
        lambda file: file.write_bytes(TECHNOLOGY.replace("Manual", "Man\0ual", 1).encode()),
        "own/abacus.yaml:14:24: is not YAML: ",
    ),
    "too large": (lambda file: file.write_text("#" * (1 << 20) + TECHNOLOGY), "own/abacus.yaml:1:1: larger than 1 MiB"),
    "another ending": (lambda file: file.with_suffix(".yml").write_text(TECHNOLOGY), "own/abacus.yml:1:1: is not read"),
    "no folder": (lambda file: file.parent.rmdir(), "archlint.toml:1:17: `own` is no folder"),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_read_is_told(archlint: Run, folder: Path, what: str) -> None:
    make, message = UNREADABLE[what]
    make(folder / "abacus.yaml")
    assert message in refusal(archlint)


def test_two_own_technologies_of_one_alias_are_refused(archlint: Run, folder: Path) -> None:
    (folder / "abacus.yaml").write_text(TECHNOLOGY, encoding="utf-8")
    (folder / "counter.yaml").write_text(TECHNOLOGY.replace("slug: abacus", "slug: counter"), encoding="utf-8")
    assert "own/counter.yaml:4:10: the alias `beads` is another name of `abacus`" in refusal(archlint)


def test_an_addition_to_a_misspelt_technology_names_the_right_one(archlint: Run, folder: Path) -> None:
    text = TECHNOLOGY.replace("slug: abacus", "slug: postgres\nextends: true").replace("aliases: [beads]\n", "")
    (folder / "postgres.yaml").write_text(text, encoding="utf-8")
    assert "no technology `postgres` to add to; did you mean `postgresql`?" in refusal(archlint)


@pytest.mark.parametrize("arguments", [("catalog", "technologies"), ("catalog", "limits"), ("explain", "beads")])
def test_other_commands_refuse_a_damage_too(archlint: Run, folder: Path, arguments: tuple[str, ...]) -> None:
    (folder / "abacus.yaml").write_text(TECHNOLOGY.replace("GiB", "parsecs"), encoding="utf-8")
    result = archlint(*arguments)
    assert result.code == 2
    assert "own/abacus.yaml:8:11: " in result.err
