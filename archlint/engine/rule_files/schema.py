"""The JSON Schema of rule files; `make schemas` writes it, and files are validated with it.

Only keywords that mean the same in draft 7 and in 2020-12 are used: the two files differ in `$schema` alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from archlint.engine.documentation import EXAMPLES, SECTIONS
from archlint.engine.rule_files.fields import SELECTABLE

FILES = {"2020-12": "rules.schema.json", "7": "rules.draft-07.schema.json"}
_METASCHEMA = {
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
    "7": "http://json-schema.org/draft-07/schema#",
}

SECTION_KEYS = {heading.lower().replace(" ", "_"): heading for heading in (*SECTIONS, *EXAMPLES)}
"""The keys of a rule's documentation, and the headings that they become."""


def rules_schema(draft: str = "2020-12") -> dict[str, Any]:
    return {
        "$schema": _METASCHEMA[draft],
        "$id": "urn:archlint:rules:1",
        "title": "archlint rules",
        "description": "Rules of an organisation, written without Python: `archlint check --rules FILE`.",
        **_mapping({"rules": {"type": "array", "items": _RULE}}, "rules"),
    }


def write_schemas(folder: Path) -> None:
    for draft, name in FILES.items():
        text = json.dumps(rules_schema(draft), indent=1, ensure_ascii=False) + "\n"
        (folder / name).write_text(text, encoding="utf-8")


def _mapping(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {"^x-": {}},
        "required": list(required),
        "properties": properties,
    }


def _text(description: str, pattern: str = "\\S") -> dict[str, Any]:
    return {"type": "string", "pattern": pattern, "description": description}


_RULE = _mapping(
    {
        "code": _text("Three letters of your own and three digits; never used again.", "^[A-Z]{3}[0-9]{3}$"),
        "name": _text("A readable name: lower-case words joined by hyphens.", "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"),
        "severity": {"enum": ["error", "warning", "info"], "description": "Of its findings; warning where not stated."},
        "select": {"enum": list(SELECTABLE), "description": "What the rule is about, one by one."},
        "where": _text("CEL: which of the selected the rule applies to; all where it is not stated."),
        "condition": _text("CEL: what has to hold."),
        "message": _text("What the finding says, with figures as {{ expressions }}."),
        "field": _text("The field that mends it, where findings stand; the first of the condition if not stated."),
        "remedy": _text("What to do about it."),
        "summary": _text("One sentence: what it finds."),
        "default": {"type": "boolean", "description": "false: only where it is selected."},
        "documentation": {
            **_mapping({key: _text(f"The section `{heading}` of its page.") for key, heading in SECTION_KEYS.items()}),
            "description": "What `archlint explain` shows.",
        },
        "options": {
            "type": "object",
            "description": "Figures and words that a configuration may change, with their defaults: `options.<name>`.",
            "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"},
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        },
    },
    "code",
    "name",
    "select",
    "condition",
    "message",
)
