"""Plain scalars by the core schema of YAML 1.2: `no` is a string, `010` is ten, `12:30` is a string."""

from __future__ import annotations

import re

Scalar = str | int | float | bool | None

_WORDS: dict[str, Scalar] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INFINITY = re.compile(r"([-+]?)\.(?:inf|Inf|INF)")
_NOT_A_NUMBER = frozenset((".nan", ".NaN", ".NAN"))
_BEGINS_A_NUMBER = frozenset("0123456789+-.")
_LONGEST_NUMBER = 4000  # int() refuses more than 4300 digits

CORE = "tag:yaml.org,2002:"


def resolve(text: str) -> Scalar:
    """The value of a scalar that is written without quotes and without a tag."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _BEGINS_A_NUMBER or len(text) > _LONGEST_NUMBER:
        return text
    return _number(text)


def _number(text: str) -> Scalar:
    if _INTEGER.fullmatch(text):
        base = {"0o": 8, "0x": 16}.get(text[:2])
        return int(text[2:], base) if base else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if infinity := _INFINITY.fullmatch(text):
        return float(f"{infinity[1]}inf")
    return float("nan") if text in _NOT_A_NUMBER else text


def tagged(text: str, tag: str) -> Scalar:
    """The value of a scalar with one of the core tags (`tag` is written out in full).

    Raises ValueError, with words for a person, where the text is no such value or the tag is another one.
    """
    kind = tag.removeprefix(CORE)
    if kind == "str":
        return text
    value = resolve(text)
    if kind == "float" and type(value) is int:
        return float(value)
    wanted = _KINDS.get(kind)
    if wanted is None:
        raise ValueError(f"a scalar cannot be tagged !!{kind}")
    if type(value) is not wanted:
        raise ValueError(f"`{text}` is not {_WORDED[kind]}")
    return value


_KINDS: dict[str, type] = {"int": int, "float": float, "bool": bool, "null": type(None)}
_WORDED = {"int": "an integer", "float": "a number", "bool": "true or false", "null": "null"}


class Memo(dict[str, Scalar]):
    """`memo[text]` is `resolve(text)`; scalars of a manifest repeat, so each is resolved once."""

    def __missing__(self, text: str) -> Scalar:
        value = self[text] = resolve(text)
        return value
