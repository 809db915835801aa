"""The keys of a configuration and what each takes. Validation, schema and documentation follow this table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

from archlint.engine.configuration.file import Mistake
from archlint.engine.profiles import PROFILES
from archlint.manifest.problems import Path
from archlint.records import dataclass

Schema = dict[str, Any]

FORMATS = ("text", "full", "concise", "grouped", "json", "sarif", "junit", "github", "gitlab", "markdown")
FAIL_LEVELS = ("error", "warning", "info", "never")
SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Text:
    """A string; one of `choices` where there are any."""

    choices: tuple[str, ...] = ()

    def mistakes(self, value: object, path: Path) -> Iterator[Mistake]:
        if not isinstance(value, str):
            yield Mistake(path, f"{_named(path)} takes a string, not {kind_of(value)}")
        elif not value:
            yield Mistake(path, f"{_named(path)} is empty; leave it out")
        elif self.choices and value not in self.choices:
            yield Mistake(path, f"`{value}` is no value of {_named(path)}{suggestion(value, self.choices)}")

    def schema(self) -> Schema:
        return {"enum": list(self.choices)} if self.choices else {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Texts:
    """A list of strings; where `or_one`, a single string too."""

    or_one: bool = False

    def mistakes(self, value: object, path: Path) -> Iterator[Mistake]:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from Text().mistakes(item, (*path, index))
        elif self.or_one:
            if not isinstance(value, str):
                yield Mistake(path, f"{_named(path)} takes a string or a list of strings, not {kind_of(value)}")
            else:
                yield from Text().mistakes(value, path)
        else:
            hint = f'; write ["{value}"]' if isinstance(value, str) else ""
            yield Mistake(path, f"{_named(path)} takes a list of strings, not {kind_of(value)}{hint}")

    def schema(self) -> Schema:
        several = {"type": "array", "items": Text().schema()}
        return {"anyOf": [Text().schema(), several]} if self.or_one else several


@dataclass(frozen=True, slots=True)
class Table:
    """Names of the user's choice, each with a value of one kind."""

    of: Kind

    def mistakes(self, value: object, path: Path) -> Iterator[Mistake]:
        if not isinstance(value, dict):
            yield Mistake(path, f"{_named(path)} takes a table, not {kind_of(value)}")
            return
        for name, item in value.items():
            yield from self.of.mistakes(item, (*path, name))

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": self.of.schema()}


@dataclass(frozen=True, slots=True)
class Anything:
    """The value of an option: its check says what it takes."""

    def mistakes(self, value: object, path: Path) -> Iterator[Mistake]:
        yield from ()

    def schema(self) -> Schema:
        return {}


Kind: TypeAlias = Text | Texts | Table | Anything
"""What a key takes."""


@dataclass(frozen=True, slots=True)
class Key:
    """`of` is what the key is for: each manifest that the configuration is nearest to, the run, or the file itself.

    `default` is what holds where no configuration states it, in words.
    """

    name: str
    kind: Kind
    of: Literal["file", "manifest", "run"]
    description: str
    default: str = ""


KEYS = (
    Key("extend", Text(), "file", "A configuration to start from, by its path from this file", "none"),
    Key("required-version", Text(), "file", "The versions of archlint that may read this, such as `>=0.1, <2`", "any"),
    Key("select", Texts(), "manifest", "Run these checks only: codes, names, prefixes of codes, ALL",
        "the checks that are on by default"),
    Key("extend-select", Texts(), "manifest", "Run these checks too", "none"),
    Key("ignore", Texts(), "manifest", "Leave these checks out", "none"),
    Key("per-file-ignores", Table(Texts()), "manifest",
        "Leave checks out of the manifests that a pattern matches, as `.gitignore` writes patterns", "none"),
    Key("profile", Text(PROFILES), "manifest", "How hard to judge what a manifest does not state", "standard"),
    Key("severity", Table(Text(SEVERITIES)), "manifest",
        "The severity of all findings of the checks that a selector means; the longest selector decides",
        "each finding's own"),
    Key("checks", Table(Table(Anything())), "manifest", "Options of checks, by code or name", "each check's own"),
    Key("format", Text(FORMATS), "run", "How a report is written", "text"),
    Key("output", Texts(or_one=True), "run", "Files to write, as FILE or FORMAT=FILE", "standard output"),
    Key("fail-on", Text(FAIL_LEVELS), "run", "Exit with 1 for findings of this severity and above", "error"),
    Key("baseline", Text(), "run", "A file of accepted findings, which `archlint baseline` keeps", "none"),
    Key("exclude", Texts(), "run", "Folders and files to leave out, as `.gitignore` writes patterns", "none"),
    Key("technologies", Texts(or_one=True), "run", "Folders of your own technologies, above the built-in ones", "none"),
    Key("rules", Texts(or_one=True), "run", "Files of your own rules, which are checks too", "none"),
    Key("require-plugins", Texts(), "run", "Distributions that must be there, such as `acme-checks>=1.2`", "none"),
)  # fmt: skip
BY_NAME: Mapping[str, Key] = {key.name: key for key in KEYS}

AWAITED: Mapping[str, str] = {
    "jobs": "manifests are checked in one process",
    "horizon": "LIM005 alone looks ahead: state its `months` under `checks`",
}
"""Keys that the language of configurations has and this version does not serve: refused, never passed over."""


def mistakes(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Unknown keys and wrong types."""
    for name, value in data.items():
        if name in BY_NAME:
            yield from BY_NAME[name].kind.mistakes(value, (name,))
        elif name in AWAITED:
            yield Mistake((name,), f"`{name}` is not available in this version: {AWAITED[name]}", "key")
        else:
            yield Mistake((name,), f"unknown key `{name}`{suggestion(name, tuple(BY_NAME))}", "key")


def suggestion(word: str, known: tuple[str, ...]) -> str:
    """The end of a message about a word that is not known."""
    from difflib import get_close_matches  # only for a suggestion: its import is slow

    near = get_close_matches(word, known, n=1) or get_close_matches(word.lower().replace("_", "-"), known, n=1)
    if near:
        return f"; did you mean `{near[0]}`?"
    return f"; choose one of {', '.join(known)}" if known else ""


def kind_of(value: object) -> str:
    """A value's type in the words of TOML."""
    names = {bool: "a boolean", str: "a string", int: "an integer", float: "a float", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")


def _named(path: Path) -> str:
    """The key of a path, and for an item which one it is."""
    if isinstance(path[-1], int):
        return f"item {path[-1] + 1} of {_named(path[:-1])}"
    return f"`{'.'.join(map(str, path))}`"
