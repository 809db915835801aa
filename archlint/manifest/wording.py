"""What a validation error says to a person: the words of a manifest, never those of a validation library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from archlint.manifest.models import SECTIONS
from archlint.manifest.problems import Path
from archlint.manifest.shapes import Arm, arms, at, fields, is_item, model_at

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

VERSION = 1
"""The version of the language that this release reads."""
SUGGESTED = frozenset({"extra_forbidden", "literal_error"})
"""Errors about a word that may be misspelt: what was meant is looked for, which takes a millisecond or two."""
NAME = "names begin with a letter or a digit and go on with letters, digits, `.`, `_` and `-`"

_OWN = "archlint_"
"""How the types of the errors begin that our own field types and models raise, in words for a person."""
_LENGTHS = {"too_short": ("min_length", "at least"), "too_long": ("max_length", "at most")}
_SINGULAR = {
    "changes": "class of changes",
    "consumes": "consume",
    "depends_on": "dependency",
    "externals": "external service",
    "measured": "measurement",
    "publishes": "publish",
}
_SHAPES = {"named": "a mapping of names", "list": "a list", "one": "a mapping"}
_KINDS = {
    "bool_type": "true or false",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a smaller whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "a text",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "none_required": "`none`",
    "date_type": "a date such as 2026-11-15",
}


def worded(error: ErrorDetails, path: Path, suggest: bool = True) -> str:
    """The sentence for one error. `path` ends with the key where a key is unknown or missing.

    `suggest`: with what was meant, where a word may be misspelt.
    """
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind.startswith(_OWN):
        return _own_words(error["msg"], "problem" in context, path, value)
    if kind == "extra_forbidden":
        return unknown_field(path, suggest)
    if kind == "missing":
        return f"{thing(path[:-1])} needs `{path[-1]}`"
    if kind == "literal_error" and path == ("archlint",):
        return f"`archlint` is the version of the language; this release reads {VERSION}, not {plain(value)}"
    if kind == "literal_error":
        return _not_a_choice(path, value, suggest)
    if kind in _LENGTHS:
        bound, words = _LENGTHS[kind]
        return f"{_label(path)} has {words} {context[bound]} items, not {context['actual_length']}"
    if kind == "model_type":
        return f"{thing(path)} is a mapping, not {plain(value)}"
    return _wrong_kind(kind, path, value)


def is_about_the_whole(kind: str, path: Path) -> bool:
    """Whether a model refused a mapping as such, each field being right on its own; its words are complete."""
    return kind.startswith(_OWN) and model_at(path) is not None


def wrong_section(path: Path, value: object) -> str:
    return f"{_label(path)} is {_SHAPES[SECTIONS[str(path[0])].shape]}, not {plain(value)}"


def unknown_field(path: Path, suggest: bool = True) -> str:
    """An unknown key, with the field that was meant: of the same thing, of a part of it, or of what holds it."""
    key, holder = str(path[-1]), path[:-1]
    model = model_at(holder)
    if model is None:
        return f"`{key}` is not a field here"
    return f"`{key}` is not a field of {thing(holder)}{_meant(key, holder, model) if suggest else ''}"


def unknown_section(key: str, suggest: bool = True) -> str:
    near = closest(key, SECTIONS) if suggest else None
    return f"`{key}` is not a section of a manifest" + (f"; did you mean `{near}`?" if near else "")


def not_a_name(value: object) -> str:
    return f"`{value}` is not a name; {NAME}"


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that a person most likely meant, if any is near enough to say so."""
    listed = list(candidates)
    found = get_close_matches(word.lower(), [one.lower() for one in listed], n=1, cutoff=0.6)
    return next((one for one in listed if found and one.lower() == found[0]), None)


def plain(value: object) -> str:
    """A value of the manifest as a person would name it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, float):
        return {"nan": ".nan", "inf": ".inf", "-inf": "-.inf"}.get(str(value), f"{value:.12g}")
    return f'the text "{_short(value)}"' if isinstance(value, str) else "nothing" if value is None else str(value)


def thing(path: Path) -> str:
    """What stands at `path`: "a service", "a call", or by its key, "`retries`"."""
    if not path:
        return "a manifest"
    if not is_item(path):
        return f"`{path[-1]}`"
    kind = next(part for part in reversed(path[:-1]) if isinstance(part, str))
    singular = _SINGULAR.get(kind) or kind.removesuffix("s").replace("_", " ")
    return f"{'an' if singular[0] in 'aeiou' else 'a'} {singular}"


def _meant(key: str, holder: Path, model: type[BaseModel]) -> str:
    """Where a field of exactly this name is known nearby, else the field that is spelled most like it."""
    below = [f"`{part}`" for part, info in fields(model).items() if _has_field(arms(info.annotation), key)]
    if below:
        return f"; it stands under {_either(below[:3])}"
    for length in range(len(holder) - 1, 0, -1):
        outer = model_at(holder[:length])
        if outer and key in fields(outer):
            return f"; it is a field of {thing(holder[:length])}"
    near = closest(key, fields(model))
    return f"; did you mean `{near}`?" if near else ""


def _has_field(alternatives: Iterable[Arm], key: str) -> bool:
    return any(
        _has_field(arms(arm.items), key) if arm.items else arm.model is not None and key in fields(arm.model)
        for arm in alternatives
    )


def _not_a_choice(path: Path, value: object, suggest: bool) -> str:
    choices = [str(choice) for arm in at(path) for choice in arm.choices]
    said = f"`{_short(value)}`" if isinstance(value, str) and value.strip() else plain(value)
    verb = "is one of" if len(choices) > 1 else "is"
    near = closest(value, choices) if suggest and isinstance(value, str) else None
    suggestion = f"; did you mean `{near}`?" if near else ""
    return f"{_label(path)} {verb} {', '.join(choices)}, not {said}{suggestion}"


def _own_words(message: str, is_complete: bool, path: Path, value: object) -> str:
    """What our own field types say, with the field and, where the message does not show it, the value."""
    takes = message.removeprefix("write ")
    if takes != message and ":" not in takes:
        what, semicolon, advice = takes.partition("; ")
        return f"{_label(path)} takes {what}, not {plain(value)}{semicolon}{advice}"
    return f"{_label(path)}: {message}" if is_complete else f"{_label(path)} cannot be {plain(value)}; {message}"


def _wrong_kind(kind: str, path: Path, value: object) -> str:
    if kind not in _KINDS:
        return f"{_label(path)} cannot be {plain(value)}"
    if kind == "dict_type" and any(arm.names_components for arm in at(path)):
        return f"{_label(path)} is a mapping of names, not {plain(value)}"
    advice = f"; write [{value}]" if kind == "list_type" and isinstance(value, str) else ""
    return f"{_label(path)} takes {_KINDS[kind]}, not {plain(value)}{advice}"


def _either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _label(path: Path) -> str:
    """The key, or for an item of a list the list it is in."""
    named = next((part for part in reversed(path) if isinstance(part, str)), "manifest")
    return f"`{named}`" if path and isinstance(path[-1], str) else f"each of `{named}`"


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
