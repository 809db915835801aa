"""Options of checks: from what a configuration says to the dataclass that the check declares."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from archlint.engine.configuration.file import Mistake
from archlint.engine.configuration.keys import kind_of, suggestion
from archlint.plugin import Check, Options

SCALARS: Mapping[type, str] = {bool: "a boolean", int: "an integer", float: "a number", str: "a string"}


class _Wrong(Exception):  # noqa: N818 - caught here
    """A value that an option does not take; the message says what it takes."""


def options_of(check: Check, stated: Mapping[str, Any]) -> tuple[Options | None, list[Mistake]]:
    """The options as the check takes them, or the mistakes, by the path within `stated`."""
    types = types_of(check)
    values: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    for name, value in stated.items():
        field = name.replace("-", "_")
        if field not in types:
            mistakes.append(Mistake((name,), _unknown(check, name, types), "key"))
            continue
        try:
            values[field] = _taken(value, types[field])
        except _Wrong as wrong:
            mistakes.append(Mistake((name,), f"`{name}` of {check.code} takes {wrong}, not {_shown(value)}"))
    if mistakes:
        return None, mistakes
    try:
        return check.options(**values), []
    except (ValueError, TypeError) as error:  # what its __post_init__ refuses
        return None, [Mistake((), f"{check.code} {check.name}: {error}")]


def types_of(check: Check) -> dict[str, Any]:
    """The type of each option, by the field's name. Options are written with hyphens, or as the field is."""
    try:
        return {name: hint for name, hint in get_type_hints(check.options).items() if not name.startswith("_")}
    except NameError:  # a class within a function, or types that only a type checker imports
        return dict.fromkeys(getattr(check.options, "__dataclass_fields__", {}), Any)


def default_of(check: Check, field: str) -> Any:
    """What an option is where nobody states it."""
    return getattr(check.options(), field)


def written(field: str) -> str:
    """A field's name as configurations write it."""
    return field.replace("_", "-")


def _unknown(check: Check, name: str, types: Mapping[str, Any]) -> str:
    if not types:
        return f"{check.code} {check.name} has no options"
    return f"{check.code} {check.name} has no option `{name}`{suggestion(name, tuple(map(written, types)))}"


def _taken(value: Any, hint: Any) -> Any:
    """The value as a field of the type holds it. Raises _Wrong, which says what the field takes."""
    origin = get_origin(hint)
    if origin is Literal:
        if any(value == choice and type(value) is type(choice) for choice in get_args(hint)):
            return value
    elif origin in (Union, UnionType):
        for arm in get_args(hint):
            try:
                return _taken(value, arm)
            except _Wrong:
                continue
    elif origin is tuple and get_args(hint)[1:] == (...,):
        if isinstance(value, list):
            return tuple(_taken(item, get_args(hint)[0]) for item in value)
    elif hint is float and type(value) in (int, float):
        return float(value)
    elif hint is Any or (hint in SCALARS and type(value) is hint):
        return value
    raise _Wrong(_described(hint))


def _described(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return "one of " + ", ".join(map(str, arguments))
    if origin in (Union, UnionType):
        return " or ".join(_described(arm) for arm in arguments if arm is not NoneType)
    if origin is tuple:
        return f"a list, each item {_described(arguments[0])}"
    return SCALARS.get(hint, "nothing that a configuration can say")


def _shown(value: Any) -> str:
    return f"{value!r}" if isinstance(value, int | float) and not isinstance(value, bool) else kind_of(value)
