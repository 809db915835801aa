"""Checks the `x-` blocks of manifests against the JSON Schemas that plug-ins have registered for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from archlint.engine.results import Fault
from archlint.manifest.loading import Loaded
from archlint.manifest.problems import On, Path, Problem
from archlint.records import replace

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

    from archlint.engine.plugins import EntryPoint
    from archlint.engine.registry import Registry
    from archlint.extension import Extension


def with_blocks(files: Sequence[Loaded], registry: Registry) -> tuple[list[Loaded], tuple[Fault, ...]]:
    """The files with what is wrong in their blocks, and the plug-ins whose schemas cannot be used.

    A file whose block does not meet its schema is treated as any with MAN002: it is not checked further.
    """
    stated = {path[-1] for loaded in files for path in loaded.document.extensions}
    schemas: dict[str, _Schema] = {}
    faults: list[Fault] = []
    for extension in registry.extensions:
        if extension.name in stated:
            owner = registry.owners.get(extension.name)
            try:
                schemas[extension.name] = _Schema(extension, owner)
            except Exception as error:
                faults.append(_unusable(extension, owner, error))
    checked = [_checked(loaded, schemas, faults) for loaded in files]
    return checked, tuple(faults)


def _unusable(extension: Extension, owner: EntryPoint | None, error: Exception) -> Fault:
    message = f"the JSON Schema of `{extension.name}` cannot be used: {getattr(error, 'message', error)}"
    return Fault("plug-in", owner.name if owner else extension.name, message, owner.label if owner else "")


def _checked(loaded: Loaded, schemas: dict[str, _Schema], faults: list[Fault]) -> Loaded:
    problems: list[Problem] = []
    for path, block in loaded.document.extensions.items():
        schema = schemas.get(str(path[-1]))
        if schema is not None:
            try:
                problems.extend(schema.problems(path, block))
            except Exception as error:  # a reference within the schema that leads nowhere is seen only now
                del schemas[schema.extension.name]
                faults.append(_unusable(schema.extension, schema.owner, error))
    if not problems:
        return loaded
    placed = [_placed(problem, loaded) for problem in problems]
    return replace(loaded, manifest=None, problems=(*loaded.problems, *placed))


def _placed(problem: Problem, loaded: Loaded) -> Problem:
    return replace(problem, place=loaded.document.spans.place_of(problem.path, problem.on))


class _Schema:
    """One plug-in's schema, ready to be asked. Raises whatever jsonschema finds wrong with it."""

    def __init__(self, extension: Extension, owner: EntryPoint | None) -> None:
        # Not at the top: to import it takes longer than a small run.
        from jsonschema import Draft202012Validator
        from jsonschema.validators import validator_for
        from referencing import Registry as References

        kind = validator_for(extension.schema, default=Draft202012Validator)
        schema = dict(extension.schema)
        kind.check_schema(schema)
        self.extension = extension
        self.owner = owner
        self._validator: Validator = kind(schema, registry=References())  # which fetches nothing

    def problems(self, path: Path, block: Any) -> Iterator[Problem]:
        origin = f"`{self.extension.name}`" + (f" of {self.owner.distribution}" if self.owner else "")
        for error in self._validator.iter_errors(block):
            for at, on, message in _worded(_likeliest(error)):
                yield Problem("MAN002", f"{message} ({origin})", (*path, *at), on)


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
            yield (*path, key), "key", f"`{key}` is not a field here{_suggestion(key, known)}"
    elif error.validator == "required":
        missing = error.message.split("'")[1]
        yield path, "key", f"`{missing}` is missing"
    elif error.validator == "type":
        yield path, "value", f"{_shown(stated)} stands where {_kinds(value)} is due"
    elif error.validator == "enum":
        near = _suggestion(stated, value) or f"; write one of {', '.join(map(str, value))}"
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


def _suggestion(key: object, known: Iterable[object]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(str(key), [str(name) for name in known], n=1)
    return f"; did you mean `{near[0]}`?" if near else ""
