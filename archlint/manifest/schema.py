"""The JSON Schemas of the manifest, generated from the models; `make schemas` writes them, a test holds them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_origin

from archlint.manifest import fields, models
from archlint.manifest.models import SECTIONS, load

Schema = dict[str, Any]
Draft = Literal["2020-12", "7"]

FILES: dict[Draft, str] = {"2020-12": "manifest.schema.json", "7": "manifest.draft-07.schema.json"}
_METASCHEMA: dict[Draft, str] = {
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
    "7": "http://json-schema.org/draft-07/schema#",
}
_DEFINITIONS = "#/$defs/"
_EXTENSION = "^x-"
_SUBSCHEMAS = ("items", "additionalProperties", "propertyNames")
_SUBSCHEMA_LISTS = ("anyOf", "allOf", "oneOf", "prefixItems")
_SUBSCHEMA_TABLES = ("properties", "patternProperties", "$defs")


def manifest_schema(draft: Draft = "2020-12") -> Schema:
    """One closed schema for a whole manifest, each definition once, in an order that never changes."""
    from pydantic import TypeAdapter

    wanted = {**{key: load(key) for key in SECTIONS}, **dict(_value_types())}
    found, extra = TypeAdapter.json_schemas(
        [(name, "validation", TypeAdapter(type_)) for name, type_ in wanted.items()],
        ref_template=_DEFINITIONS + "{model}",
    )
    schemas = {name: _tidy(schema) for (name, _), schema in found.items()}
    objects = {name: _tidy(schema) for name, schema in extra.get("$defs", {}).items()}
    values = {name: schemas[name] for name in wanted if name not in SECTIONS}
    root = _shared(_root({key: schemas[key] for key in SECTIONS}), objects, values)
    return _draft_07(root) if draft == "7" else root


def write_schemas(folder: Path) -> None:
    for draft, name in FILES.items():
        (folder / name).write_text(as_text(manifest_schema(draft)), encoding="utf-8")


def as_text(schema: Schema) -> str:
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _value_types() -> Iterator[tuple[str, Any]]:
    """The named types of values: quantities, names, vocabularies. A plain name comes before its `Floor` twin."""
    modules = dict.fromkeys(f"{models.__name__}.{section.module}" for section in SECTIONS.values())
    for module in (fields, *map(import_module, (f"{models.__name__}.common", *modules))):
        for name, type_ in vars(module).items():
            is_type = get_origin(type_) in (Annotated, Literal, Union, dict)
            if is_type and name[0].isupper() and not getattr(type_, "__parameters__", ()):
                yield name, type_


def _root(sections: dict[str, Schema]) -> Schema:
    described = {key: {**schema, "description": SECTIONS[key].description} for key, schema in sections.items()}
    return {
        "$schema": _METASCHEMA["2020-12"],
        "$id": "urn:archlint:manifest:1",
        "title": "archlint manifest",
        "description": "The architecture of one system: its components, what they promise and what was tested.",
        "type": "object",
        "required": [key for key, section in SECTIONS.items() if section.required],
        "properties": described,
        "additionalProperties": False,
        "patternProperties": {_EXTENSION: {}},
    }


def _tidy(schema: Schema) -> Schema:
    """What a reader of the schema needs and no more: no titles, which are names of classes, no null, no default."""
    schema = _each_subschema(schema, _tidy)
    for key in ("title", "default", "discriminator"):
        schema.pop(key, None)
    if schema.get("type") == "object":
        return _object(schema)
    return _alternatives(schema)


def _object(schema: Schema) -> Schema:
    """Closed, but for keys that begin with `x-`, whose values are anybody's."""
    schema.pop("propertyNames", None)
    patterns = schema.pop("patternProperties", {})
    schema.setdefault("additionalProperties", False)
    for pattern, values in patterns.items():
        schema |= {"propertyNames": {"pattern": f"{_EXTENSION}|{pattern}"}, "additionalProperties": values}
    return {**schema, "patternProperties": {_EXTENSION: {}}}


def _alternatives(schema: Schema) -> Schema:
    """anyOf and oneOf as one flat anyOf without null; a single alternative takes the place of the list."""
    found = [*schema.pop("anyOf", []), *schema.pop("oneOf", [])]
    flat: list[Schema] = []
    for arm in found:
        inner = arm["anyOf"] if arm.keys() == {"anyOf"} else [arm]
        flat.extend(one for one in inner if one != {"type": "null"})
    if len(flat) == 1:
        return {**flat[0], **schema}
    return {**schema, "anyOf": flat} if flat else schema


def _shared(root: Schema, objects: dict[str, Schema], values: dict[str, Schema]) -> Schema:
    """The whole, with each type of value made a definition of its own where the same schema stands."""
    names: dict[str, str] = {}
    definitions: dict[str, Schema] = {}

    def share(schema: Schema) -> Schema:
        schema = _each_subschema(schema, share)
        description = {"description": schema["description"]} if "description" in schema else {}
        bare = {key: value for key, value in schema.items() if key != "description"}
        name = names.get(_canonical(bare))
        return {"$ref": _DEFINITIONS + name, **description} if name else schema

    for name, value in sorted(values.items(), key=lambda item: len(_canonical(item[1]))):
        schema = _each_subschema(value, share)
        if len(_canonical(schema)) > len(f'{{"$ref": "{_DEFINITIONS}{name}"}}'):
            definitions[names.setdefault(_canonical(schema), name)] = schema
    definitions |= {name: _each_subschema(schema, share) for name, schema in objects.items()}
    whole = _each_subschema(root, share)
    return {**whole, "$defs": dict(sorted(_reachable(whole, definitions).items()))}


def _reachable(root: Schema, definitions: dict[str, Schema]) -> dict[str, Schema]:
    reached: dict[str, Schema] = {}
    waiting = list(_references(root))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached[name] = definitions[name]
            waiting.extend(_references(definitions[name]))
    return reached


def _references(schema: Schema) -> Iterator[str]:
    if "$ref" in schema:
        yield schema["$ref"].removeprefix(_DEFINITIONS)
    below: list[Schema] = []
    _each_subschema(schema, lambda under: below.append(under) or under)  # type: ignore[func-returns-value]
    for under in below:
        yield from _references(under)


def _canonical(schema: Schema) -> str:
    return json.dumps(schema, sort_keys=True)


def _each_subschema(schema: Schema, change: Callable[[Schema], Schema]) -> Schema:
    changed = dict(schema)
    for key in _SUBSCHEMAS:
        if isinstance(schema.get(key), dict):
            changed[key] = change(schema[key])
    for key in _SUBSCHEMA_LISTS:
        if key in schema:
            changed[key] = [change(arm) for arm in schema[key]]
    for key in _SUBSCHEMA_TABLES:
        if key in schema:
            changed[key] = {name: change(under) for name, under in schema[key].items()}
    return changed


def _draft_07(schema: Schema) -> Schema:
    """The same schema in the words of draft-07, which most editors still speak."""
    older = _older_words(schema)
    return {**older, "$schema": _METASCHEMA["7"], "$id": "urn:archlint:manifest:1:draft-07"}


def _older_words(schema: Schema) -> Schema:
    schema = _each_subschema(schema, _older_words)
    if "$defs" in schema:
        schema["definitions"] = schema.pop("$defs")
    if "prefixItems" in schema:
        schema["additionalItems"] = schema.pop("items", True)
        schema["items"] = schema.pop("prefixItems")
    if "$ref" not in schema:
        return schema
    reference = {"$ref": schema.pop("$ref").replace("#/$defs/", "#/definitions/")}
    # In draft-07 everything beside a $ref is ignored, a description too.
    return {**schema, "allOf": [reference]} if schema else reference
