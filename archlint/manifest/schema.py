"""The JSON Schemas of the manifest, generated from the models; `make schemas` writes them, a test holds them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from archlint.manifest.models import SECTIONS, load

Schema = dict[str, Any]
Draft = Literal["2020-12", "7"]

FILES: dict[Draft, str] = {"2020-12": "manifest.schema.json", "7": "manifest.draft-07.schema.json"}
_METASCHEMA = {
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
    "7": "http://json-schema.org/draft-07/schema#",
}
_EXTENSIONS: Schema = {"^x-": {}}
_SUBSCHEMAS = ("items", "additionalProperties", "propertyNames", "not", "contains")
_SUBSCHEMA_LISTS = ("anyOf", "allOf", "oneOf", "prefixItems")
_SUBSCHEMA_TABLES = ("properties", "patternProperties", "$defs")
_NOTES = ("title", "description", "examples")


def manifest_schema(draft: Draft = "2020-12") -> Schema:
    """One closed schema for a whole manifest, each definition once, in an order that never changes."""
    sections, definitions = TypeAdapter.json_schemas(
        [(key, "validation", TypeAdapter(load(key))) for key in SECTIONS], ref_template="#/$defs/{model}"
    )
    by_key = {key: schema for (key, _), schema in sections.items()}
    root = _tidy(_root(by_key, definitions.get("$defs", {})))
    root["$defs"] = dict(sorted(_share(root).items()))
    return _draft_07(root) if draft == "7" else root


def write_schemas(folder: Path) -> None:
    for draft, name in FILES.items():
        (folder / name).write_text(as_text(manifest_schema(draft)), encoding="utf-8")


def as_text(schema: Schema) -> str:
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _root(sections: dict[str, Schema], definitions: Schema) -> Schema:
    return {
        "$schema": _METASCHEMA["2020-12"],
        "$id": "urn:archlint:manifest:1",
        "title": "archlint manifest",
        "description": "The architecture of one system: its components, what they promise and what was tested",
        "type": "object",
        "required": [key for key, section in SECTIONS.items() if section.required],
        "properties": {key: _section(key, schema) for key, schema in sections.items()},
        "additionalProperties": False,
        "$defs": definitions,
    }


def _section(key: str, schema: Schema) -> Schema:
    return {**schema, "description": SECTIONS[key].description}


def _tidy(schema: Schema) -> Schema:
    """What a reader of the schema needs and no more: no null arms, no generated titles, every object closed."""
    schema = _each_subschema(schema, _tidy)
    schema.pop("default", None)
    schema.pop("discriminator", None)
    if ("type" in schema and schema["type"] != "object") or "$ref" in schema:
        schema.pop("title", None)
    if isinstance(schema.get("properties"), dict):
        for field in schema["properties"].values():
            field.pop("title", None)
    if schema.get("type") == "object":
        schema["patternProperties"] = {**_EXTENSIONS, **schema.get("patternProperties", {})}
    if schema.get("format") == "date":
        schema["pattern"] = r"^\d{4}-\d{2}-\d{2}$"
    return _alternatives(schema)


def _alternatives(schema: Schema) -> Schema:
    """anyOf and oneOf as one flat anyOf without null; a single alternative takes the place of the list."""
    found = [*schema.pop("anyOf", []), *schema.pop("oneOf", [])]
    flat: list[Schema] = []
    for arm in found:
        bare = arm.keys() == {"anyOf"}
        flat.extend(one for one in (arm["anyOf"] if bare else [arm]) if one != {"type": "null"})
    if len(flat) == 1 and not (flat[0].keys() & schema.keys() - set(_NOTES)):
        return {**flat[0], **schema}
    return {**schema, "anyOf": flat} if flat else schema


def _share(root: Schema) -> Schema:
    """The definitions, with every titled value type that stands in several places made one of them."""
    return dict(root.get("$defs", {}))


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
    converted = _older_words(schema)
    return {**converted, "$schema": _METASCHEMA["7"], "$id": "urn:archlint:manifest:1:draft-07"}


def _older_words(schema: Schema) -> Schema:
    schema = _each_subschema(schema, _older_words)
    if "$defs" in schema:
        schema["definitions"] = schema.pop("$defs")
    if "prefixItems" in schema:
        schema["additionalItems"] = schema.pop("items", True)
        schema["items"] = schema.pop("prefixItems")
    if "$ref" in schema:
        reference = {"$ref": schema.pop("$ref").replace("#/$defs/", "#/definitions/")}
        # In draft-07 everything beside a $ref is ignored, the description too.
        return {**schema, "allOf": [reference]} if schema else reference
    return schema
