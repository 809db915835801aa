"""The JSON Schema of configurations, from the table of their keys; `make schemas` writes the files.

Only keywords that mean the same in draft 7 and in 2020-12 are used: the two files differ in `$schema` alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from archlint.engine.configuration.keys import KEYS, Key, Schema
from archlint.engine.configuration.options import SCALARS, default_of, types_of, written
from archlint.plugin import Check

FILES = {"2020-12": "config.schema.json", "7": "config.draft-07.schema.json"}
_METASCHEMA = {
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
    "7": "http://json-schema.org/draft-07/schema#",
}
_NAMES = {bool: "boolean", int: "integer", float: "number", str: "string"}


def config_schema(checks: Iterable[Check], draft: str = "2020-12") -> Schema:
    """Of archlint.toml, and of the table `tool.archlint` of pyproject.toml. Options of other checks than `checks`
    are for their plug-ins to say."""
    return {
        "$schema": _METASCHEMA[draft],
        "$id": "urn:archlint:config:1",
        "title": "archlint configuration",
        "type": "object",
        "additionalProperties": False,
        "properties": {key.name: _of_key(key, checks) for key in KEYS},
    }


def write_schemas(folder: Path, checks: Iterable[Check]) -> None:
    checks = tuple(checks)
    for draft, name in FILES.items():
        text = json.dumps(config_schema(checks, draft), indent=1, ensure_ascii=False) + "\n"
        (folder / name).write_text(text, encoding="utf-8")


def _of_key(key: Key, checks: Iterable[Check]) -> Schema:
    schema = {"description": f"{key.description}. Default: {key.default}.", **key.kind.schema()}
    if key.name == "checks":
        schema["properties"] = {
            name: _of_options(check) for check in checks if types_of(check) for name in (check.code, check.name)
        }
    return schema


def _of_options(check: Check) -> Schema:
    return {
        "description": f"Options of {check.code} {check.name}",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            written(name): {**_of_type(hint), "default": default_of(check, name)}
            for name, hint in types_of(check).items()
        },
    }


def _of_type(hint: Any) -> Schema:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, UnionType):
        return {"anyOf": [_of_type(arm) for arm in arguments if arm is not NoneType]}
    if origin is tuple:
        return {"type": "array", "items": _of_type(arguments[0])}
    return {"type": _NAMES[hint]} if hint in SCALARS else {}
