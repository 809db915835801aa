"""The JSON Schema of a technology's file, made from the tables that the loader checks with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from archlint.knowledge.building import DIMENSION_OF_KIND, LIMIT_ID, NEEDS_URL
from archlint.knowledge.catalogue import SLUG
from archlint.knowledge.measures import MEASURES, UNITS
from archlint.knowledge.technology import (
    CARRIERS,
    CONFIDENCES,
    DIRECTIONS,
    LIMIT_KINDS,
    PROVENANCES,
    TECHNOLOGY_KINDS,
    ZEROS,
)

Schema = dict[str, Any]

_BOUND = r"(>=|<=|>|<|==)?\d+(\.\d+)*"


def technology_schema() -> Schema:
    """JSON Schema 2020-12; every object is closed but for keys that begin with `x-`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A technology of the archlint catalogue",
        **_object(_TECHNOLOGY, ("slug", "name", "kinds")),
        "$defs": {
            "source": _object(_SOURCE, ("title", "year")),
            "condition": _object(_CONDITION, ()),
            "versions": {"type": "string", "pattern": f"^{_BOUND}(\\s+{_BOUND})*$"},
            "limit": _limit(),
            "default": _object(_DEFAULT, ("key", "of", "value", "source")),
        },
    }


def _limit() -> Schema:
    required = ("id", "value", "unit", "scope", "kind", "breaks", "confidence", "source")
    fits = [_fits(dimension) for dimension in sorted({measure.dimension for measure in MEASURES.values()})]
    kinds = [_fits_kind(kind, dimension) for kind, dimension in DIMENSION_OF_KIND.items()]
    return {**_object(_LIMIT, required), "allOf": [_needs_url(), *kinds, *fits]}


def _needs_url() -> Schema:
    kinds = {"properties": {"kind": {"enum": list(NEEDS_URL)}}}
    return {"if": kinds, "then": {"properties": {"source": {"required": ["url"]}}}}


def _fits(dimension: str) -> Schema:
    """A limit that bounds a measure of this dimension is written in a unit of it."""
    measures = [name for name, measure in MEASURES.items() if measure.dimension == dimension]
    units = [name for name, unit in UNITS.items() if unit.dimension == dimension]
    bounded = {"properties": {"measure": {"enum": measures}}, "required": ["measure"]}
    return {"if": bounded, "then": {"properties": {"unit": {"enum": units}}}}


def _fits_kind(kind: str, dimension: str) -> Schema:
    """A limit of this kind is written in a unit of the dimension; an availability is at most 100%."""
    units: Schema = {"unit": {"enum": [name for name, unit in UNITS.items() if unit.dimension == dimension]}}
    if kind == "sla":
        units["value"] = {"maximum": 100}
    return {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": {"properties": units}}


def _object(properties: Mapping[str, Schema], required: Iterable[str]) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "patternProperties": {"^x-": True},
        "required": list(required),
        "additionalProperties": False,
    }


def _text(description: str) -> Schema:
    return {"type": "string", "minLength": 1, "description": description}


def _one_of(values: Iterable[str], description: str) -> Schema:
    return {"enum": list(values), "description": description}


def _refer(name: str, description: str) -> Schema:
    return {"$ref": f"#/$defs/{name}", "description": description}


def _list_of(items: Schema, description: str) -> Schema:
    return {"type": "array", "items": items, "description": description}


_SOURCE: Mapping[str, Schema] = {
    "title": _text("Title of the document"),
    "year": {"type": "integer", "minimum": 1900, "maximum": 2100, "description": "Year that it speaks for"},
    "url": {"type": "string", "pattern": "^https?://", "description": "Where it can be read"},
    "author": _text("Who wrote it"),
    "place": _text("Page or section"),
}

_CONDITION: Mapping[str, Schema] = {
    "mode": _text("Mode of the technology, as a manifest states it"),
    "versions": _refer("versions", "Versions for which it holds, such as `>=1.1 <4.0`"),
    "tier": _text("Tier, plan or edition of a managed service"),
}

_LIMIT: Mapping[str, Schema] = {
    "id": {
        "type": "string",
        "pattern": f"^{LIMIT_ID.pattern}$",
        "description": "Name; may occur once for each condition",
    },
    "value": {"type": "number", "minimum": 0, "description": "The figure, in the unit"},
    "unit": _one_of(UNITS, "Unit of the value"),
    "scope": _text("What one limit is for: cluster, broker, topic, account and region, ..."),
    "kind": _one_of(LIMIT_KINDS, "What stands behind the figure"),
    "direction": _one_of(DIRECTIONS, "max unless it says that at least this much is needed"),
    "measure": _one_of(MEASURES, "Quantity of a manifest that it bounds"),
    "key": _text("Configuration key that sets it"),
    "also": _list_of({"type": "string"}, "Other keys that set it, such as a topic's own"),
    "key_unit": _one_of(UNITS, "Unit of a bare number at the key, where it is not bytes or a plain count"),
    "per_key": {"type": "number", "exclusiveMinimum": 0, "description": "Limit for each unit of what the key sets"},
    "zero": _one_of(ZEROS, "What a 0 at the key means, where it is not none at all"),
    "lifted_by": _text("Text at the key that takes the limit away"),
    "condition": _refer("condition", "When it holds; always where nothing is said"),
    "breaks": _text("What happens beyond it"),
    "error": _text("What users or logs then see"),
    "note": _text("What a reader must know to apply it"),
    "confidence": _one_of(CONFIDENCES, "low: could not be verified, never makes an error"),
    "provenance": _one_of(PROVENANCES, "framework: told beside the source, decides nothing where one speaks"),
    "source": _refer("source", "Where the figure comes from"),
}

_DEFAULT: Mapping[str, Schema] = {
    "key": _text("Configuration key"),
    "of": _one_of(CARRIERS, "What carries the setting"),
    "field": _text("Field of the manifest that states the same, below the carrier"),
    "value": {"type": ["number", "string", "boolean"], "description": "What holds where nothing is set"},
    "unit": _one_of(UNITS, "Unit of a value that is a quantity"),
    "condition": _refer("condition", "When it holds"),
    "note": _text("What a reader must know to apply it"),
    "source": _refer("source", "Where it is documented"),
}

_TECHNOLOGY: Mapping[str, Schema] = {
    "slug": {"type": "string", "pattern": f"^{SLUG.pattern}$", "description": "The name of the file"},
    "name": _text("Name as its makers write it"),
    "kinds": {
        "type": "array",
        "items": {"enum": list(TECHNOLOGY_KINDS)},
        "minItems": 1,
        "description": "What it can be in a system",
    },
    "aliases": _list_of({"type": "string"}, "Other names that manifests use"),
    "extends": {
        "type": "boolean",
        "description": "In an organisation's folder: adds to the technology of this slug, instead of replacing it",
    },
    "modes": {
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/versions"},
        "description": "Modes, and the versions that have them",
    },
    "limits": _list_of({"$ref": "#/$defs/limit"}, "Documented figures"),
    "defaults": _list_of({"$ref": "#/$defs/default"}, "What holds where nothing is configured"),
}
