"""What a JSON Schema says of plain data, in the words of a manifest and with the place of each problem."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from archlint.manifest.problems import On, Path, Problem

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


class Schema:
    """A JSON Schema, ready to be asked. It fetches nothing: `$ref` leads to places within it.

    To make one raises whatever jsonschema finds wrong with it; so does `problems` for a `$ref` that leads nowhere.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        # Not at the top: to import it takes longer than a small run.
        from jsonschema import Draft202012Validator
        from jsonschema.validators import validator_for
        from referencing import Registry

        stated = dict(schema)
        kind = validator_for(stated, default=Draft202012Validator)
        kind.check_schema(stated)
        self._validator: Validator = kind(stated, registry=Registry())

    def problems(self, value: Any, path: Path = ()) -> Iterator[Problem]:
        """All that is wrong with the value, which stands at `path`; without places."""
        for error in self._validator.iter_errors(value):
            for at, on, message in _worded(_likeliest(error)):
                yield Problem("MAN002", message, (*path, *at), on)


def _likeliest(error: Any) -> Any:
    """Of alternatives, what is wrong with the one that was most likely meant."""
    from jsonschema.exceptions import best_match

    return best_match([error])


def _worded(error: Any) -> Iterator[tuple[Path, On, str]]:
    """What an error means in the words of a manifest: where, whether a key or a value, and the sentence."""
    path, value, stated = tuple(error.absolute_path), error.validator_value, error.instance
    if error.validator == "additionalProperties" and value is False:
        known = list(error.schema.get("properties", {}))
        for key in _unexpected(error):
            yield (*path, key), "key", f"`{key}` is not a field here{suggestion(key, known)}"
    elif error.validator == "required":
        missing = error.message.split("'")[1]
        yield path, "key", f"`{missing}` is missing"
    elif error.validator == "type":
        yield path, "value", f"{_shown(stated)} stands where {_kinds(value)} is due"
    elif error.validator == "enum":
        near = suggestion(stated, value) or f"; write one of {', '.join(map(str, value))}"
        yield path, "value", f"{_shown(stated)} is not a value here{near}"
    elif error.validator in _BOUNDS:
        yield path, "value", f"{_shown(stated)} is {_BOUNDS[error.validator]} {value}"
    elif error.validator in ("anyOf", "oneOf"):
        yield path, "value", f"{_shown(stated)} fits no alternative of the schema"
    elif error.validator == "pattern":
        yield path, "value", f"{_shown(stated)} does not match the pattern {value}"
    else:
        yield path, "value", error.message[:1].lower() + error.message[1:]


_BOUNDS = {
    "minimum": "below the least value,",
    "maximum": "above the largest value,",
    "exclusiveMinimum": "not above",
    "exclusiveMaximum": "not below",
}
_KINDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "nothing",
}


def _unexpected(error: Any) -> list[str]:
    import re

    known, patterns = error.schema.get("properties", {}), error.schema.get("patternProperties", {})
    return [key for key in error.instance if key not in known and not any(re.search(p, key) for p in patterns)]


def _kinds(value: str | list[str]) -> str:
    return " or ".join(_KINDS.get(kind, kind) for kind in ([value] if isinstance(value, str) else value))


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def suggestion(key: object, known: Iterable[object]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(str(key), [str(name) for name in known], n=1)
    return f"; did you mean `{near[0]}`?" if near else ""
