"""Intrinsic functions of templates: what they come to, as far as a template alone decides it.

What depends on a resource becomes a `Link`; what depends on something that nobody states becomes an empty one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from archlint.importers.cloud.values import Link
from archlint.importers.reading.tree import Fields, Items, Span

UNKNOWN = Link("${?}")
NOTHING = object()
"""What `AWS::NoValue` stands for: the property is not there."""

MAX_DEPTH = 60
MAX_TEXT = 1024 * 1024
_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]*)\}")


class Scope(Protocol):
    """What names mean in a template."""

    def named(self, name: str) -> Any:
        """A parameter's value, a `Link` to a resource, `UNKNOWN`, or `NOTHING`."""

    def attribute(self, name: str, attribute: str) -> Any: ...

    def mapped(self, table: str, first: str, second: str) -> Any: ...

    def condition(self, name: str) -> bool | None: ...

    def imported(self, name: str) -> Any: ...


def function_of(value: Any) -> tuple[str, Any] | None:
    """The name of an intrinsic function, and what it is given."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    name, given = next(iter(value.items()))
    if name.startswith("!"):
        plain = name[1:]
    elif name.startswith("Fn::"):
        plain = name[4:]
    elif name in ("Ref", "Condition"):
        plain = name
    else:
        return None
    return (plain, given) if plain in _FUNCTIONS or plain in _DECISIONS else None


def resolve(value: Any, scope: Scope, depth: int = 0) -> Any:
    """The value with its functions applied; everything keeps its place."""
    if depth > MAX_DEPTH:
        return UNKNOWN
    call = function_of(value)
    if call is not None:
        name, given = call
        if name in _DECISIONS:
            decided = decide(value, scope, depth + 1)
            return UNKNOWN if decided is None else decided
        return _FUNCTIONS[name](given, scope, depth + 1)
    if isinstance(value, Fields):
        return _fields(value, scope, depth + 1)
    if isinstance(value, Items):
        return _items(value, scope, depth + 1)
    return value


def _fields(value: Fields, scope: Scope, depth: int) -> Fields:
    resolved = Fields()
    for key, inner in value.items():
        result = resolve(inner, scope, depth)
        if result is not NOTHING:
            resolved[key] = result
            resolved.keys_at[key], resolved.values_at[key] = value.keys_at[key], value.values_at[key]
    return resolved


def _items(value: Items, scope: Scope, depth: int) -> Items:
    resolved = Items()
    for at, inner in enumerate(value):
        result = resolve(inner, scope, depth)
        if result is not NOTHING:
            resolved.append(result)
            resolved.values_at.append(value.values_at[at])
    return resolved


def placed(texts: list[str], span: Span) -> Items:
    """A list that stands where one text did."""
    items = Items()
    items.extend(texts)
    items.values_at = [span] * len(texts)
    return items


def _ref(given: Any, scope: Scope, depth: int) -> Any:
    return scope.named(given) if isinstance(given, str) else UNKNOWN


def _get_att(given: Any, scope: Scope, depth: int) -> Any:
    if isinstance(given, str):
        name, _, attribute = given.partition(".")
    elif isinstance(given, list) and len(given) > 1 and isinstance(given[0], str):
        name, attribute = given[0], ".".join(str(part) for part in given[1:] if isinstance(part, str))
    else:
        return UNKNOWN
    return scope.attribute(name, attribute)


def _sub(given: Any, scope: Scope, depth: int) -> Any:
    variables: Mapping[str, Any] = {}
    if isinstance(given, list) and given:
        if len(given) > 1 and isinstance(given[1], Fields):
            variables = _fields(given[1], scope, depth)
        given = given[0]
    if not isinstance(given, str):
        return UNKNOWN
    pieces: list[Any] = []
    at = 0
    for found in _PLACEHOLDER.finditer(given):
        pieces += [given[at : found.start()], _substitute(found, variables, scope)]
        at = found.end()
    return joined([*pieces, given[at:]], "")


def _substitute(found: re.Match[str], variables: Mapping[str, Any], scope: Scope) -> Any:
    name = found[2].strip()
    if found[1]:
        return f"${{{found[2]}}}"
    if name in variables:
        return variables[name]
    resource, dot, attribute = name.partition(".")
    return scope.attribute(resource, attribute) if dot else scope.named(name)


def joined(pieces: list[Any], between: str) -> Any:
    """One text of several; with the resources that pieces of it name."""
    texts: list[str] = []
    targets: list[str] = []
    for piece in pieces:
        if isinstance(piece, Link):
            texts.append(piece.text)
            targets += piece.targets
        elif isinstance(piece, bool):
            texts.append("true" if piece else "false")
        elif isinstance(piece, str | int | float):
            texts.append(str(piece))
        elif piece is not NOTHING:
            texts.append(UNKNOWN.text)
    text = between.join(texts)
    if len(text) > MAX_TEXT:
        return Link(UNKNOWN.text, tuple(dict.fromkeys(targets)))
    return Link(text, tuple(dict.fromkeys(targets))) if "${" in text or targets else text


def substituted(value: Any, variables: Mapping[str, Any]) -> Any:
    """A value whose texts have `${Name}` replaced, as definitions of workflows do."""
    if isinstance(value, Fields | Items):
        changed = type(value)()
        if isinstance(value, Fields):
            assert isinstance(changed, Fields)
            changed.update({key: substituted(inner, variables) for key, inner in value.items()})
            changed.keys_at, changed.values_at = value.keys_at, value.values_at
        else:
            assert isinstance(changed, Items)
            changed.extend(substituted(inner, variables) for inner in value)
            changed.values_at = value.values_at
        return changed
    if not isinstance(value, str | Link):
        return value
    text, known = (value.text, list(value.targets)) if isinstance(value, Link) else (value, [])
    if "${" not in text:
        return value
    for name, given in variables.items():
        if f"${{{name}}}" in text:
            put = joined([given], "")
            known += put.targets if isinstance(put, Link) else ()
            text = text.replace(f"${{{name}}}", put.text if isinstance(put, Link) else put)
    return Link(text, tuple(dict.fromkeys(known))) if known or "${" in text else text


def _join(given: Any, scope: Scope, depth: int) -> Any:
    if not isinstance(given, list) or len(given) != 2 or not isinstance(given[0], str):
        return UNKNOWN
    pieces = resolve(given[1], scope, depth)
    if isinstance(pieces, Link):
        return pieces
    return joined(list(pieces), given[0]) if isinstance(pieces, list) else UNKNOWN


def _select(given: Any, scope: Scope, depth: int) -> Any:
    if not isinstance(given, list) or len(given) != 2:
        return UNKNOWN
    index, choices = resolve(given[0], scope, depth), resolve(given[1], scope, depth)
    try:
        number = int(index)
    except (TypeError, ValueError):
        return UNKNOWN
    if isinstance(choices, list) and 0 <= number < len(choices):
        return choices[number]
    return choices if isinstance(choices, Link) and choices.targets else UNKNOWN


def _split(given: Any, scope: Scope, depth: int) -> Any:
    if not isinstance(given, list) or len(given) != 2 or not isinstance(given[0], str) or not given[0]:
        return UNKNOWN
    text = resolve(given[1], scope, depth)
    span = given.values_at[1] if isinstance(given, Items) else (0, 0)
    return placed(text.split(given[0]), span) if isinstance(text, str) else UNKNOWN


def _if(given: Any, scope: Scope, depth: int) -> Any:
    if not isinstance(given, list) or len(given) != 3 or not isinstance(given[0], str):
        return UNKNOWN
    decided = scope.condition(given[0])
    if decided is None:
        either, other = (resolve(choice, scope, depth) for choice in given[1:])
        return either if either == other else UNKNOWN
    return resolve(given[1] if decided else given[2], scope, depth)


def _find_in_map(given: Any, scope: Scope, depth: int) -> Any:
    if not isinstance(given, list) or len(given) < 3:
        return UNKNOWN
    keys = [resolve(key, scope, depth) for key in given[:3]]
    if not all(isinstance(key, str | int | float) for key in keys):
        return UNKNOWN
    return scope.mapped(*(str(key) for key in keys))


def _import_value(given: Any, scope: Scope, depth: int) -> Any:
    name = resolve(given, scope, depth)
    return scope.imported(name) if isinstance(name, str) else UNKNOWN


def _inside(given: Any, scope: Scope, depth: int) -> Any:
    return resolve(given, scope, depth)


def _unknown(given: Any, scope: Scope, depth: int) -> Any:
    return UNKNOWN


_FUNCTIONS: Mapping[str, Callable[[Any, Scope, int], Any]] = {
    "Ref": _ref,
    "GetAtt": _get_att,
    "Sub": _sub,
    "Join": _join,
    "Select": _select,
    "Split": _split,
    "If": _if,
    "FindInMap": _find_in_map,
    "ImportValue": _import_value,
    "Base64": _inside,
    "GetAZs": _unknown,
    "Cidr": _unknown,
    "Transform": _unknown,
    "ToJsonString": _inside,
    "Length": _unknown,
    "GetStackOutput": _unknown,
}
_DECISIONS = frozenset({"Equals", "And", "Or", "Not", "Condition", "Contains"})


def decide(value: Any, scope: Scope, depth: int = 0) -> bool | None:
    """What a condition comes to; None where it depends on what nobody states."""
    call = function_of(value)
    if depth > MAX_DEPTH or call is None or call[0] not in _DECISIONS:
        return None
    name, given = call
    if name == "Condition":
        return scope.condition(given) if isinstance(given, str) else None
    if not isinstance(given, list) or not given:
        return None
    if name == "Equals":
        return _equal(given, scope, depth)
    if name == "Contains":
        return None
    results = [decide(one, scope, depth + 1) for one in given]
    if name == "Not":
        return None if results[0] is None else not results[0]
    decisive = name == "Or"
    if decisive in results:
        return decisive
    return None if None in results else not decisive


def _equal(given: list[Any], scope: Scope, depth: int) -> bool | None:
    if len(given) != 2:
        return None
    one, other = (resolve(part, scope, depth + 1) for part in given)
    if isinstance(one, str | int | float) and isinstance(other, str | int | float):
        return _written(one) == _written(other)
    return None


def _written(value: str | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
