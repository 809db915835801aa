"""The JSON Schema of the json report, written as a table of its keys; `make schemas` writes the files.

Only keywords that mean the same in draft 7 and in 2020-12 are used: the two files differ in `$schema` alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Schema = dict[str, Any]

FILES = {"2020-12": "report.schema.json", "7": "report.draft-07.schema.json"}
_METASCHEMA = {
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
    "7": "http://json-schema.org/draft-07/schema#",
}


def report_schema(draft: str = "2020-12") -> Schema:
    """Closed: a key that is not listed is an error, every listed key is always there."""
    return {
        "$schema": _METASCHEMA[draft],
        "$id": "urn:archlint:report:1",
        "title": "archlint report",
        **_closed(
            "What `archlint check --format json` writes",
            version={"const": 1, "description": "Version of this format"},
            tool=_closed("What wrote the report", name={"const": "archlint"}, version=_text("Its version")),
            today=_date("The date used for ages and horizons"),
            summary=_SUMMARY,
            findings=_list("Ordered by file, line, column and code", _FINDING),
            assumptions=_list("What --set and --scale-load changed", {"type": "string"}),
            not_evaluated=_list("Checks that could not judge, grouped by what is not stated", _NOT_EVALUATED),
        ),
    }


def write_schemas(folder: Path) -> None:
    for draft, name in FILES.items():
        (folder / name).write_text(as_text(report_schema(draft)), encoding="utf-8")


def as_text(schema: Schema) -> str:
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _closed(description: str, **members: Schema) -> Schema:
    return {
        "description": description,
        "type": "object",
        "additionalProperties": False,
        "required": list(members),
        "properties": members,
    }


def _list(description: str, items: Schema) -> Schema:
    return {"description": description, "type": "array", "items": items}


def _text(description: str, pattern: str = "") -> Schema:
    return {"description": description, "type": "string", **({"pattern": pattern} if pattern else {})}


def _optional_text(description: str) -> Schema:
    return {"description": description, "type": ["string", "null"]}


def _date(description: str) -> Schema:
    return _text(description, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")


def _count(description: str, least: int = 0) -> Schema:
    return {"description": description, "type": "integer", "minimum": least}


def _code() -> Schema:
    return _text("Code of the check", "^[A-Z]{3}[0-9]{3}$")


def _severity(description: str) -> Schema:
    return {"description": description, "enum": ["error", "warning", "info"]}


_SUMMARY = _closed(
    "Counts; those of severities leave suppressed findings out",
    files=_count("Manifests read"),
    components=_count("Components in them"),
    checks=_count("Checks selected"),
    error=_count("Errors"),
    warning=_count("Warnings"),
    info=_count("Infos"),
    suppressed=_count("Findings suppressed"),
    not_evaluated=_count("Pairs of a check and a component that could not be judged"),
    evaluated_share={
        "description": "Share of the pairs that could be judged; 1 where no check applies",
        "type": "number",
        "minimum": 0,
        "maximum": 1,
    },
)

_EVIDENCE = _closed(
    "A named figure of the arithmetic",
    name=_text("What the figure is"),
    value={
        "description": "In the canonical unit; null where it is infinite (`text` says so)",
        "type": ["number", "string", "null"],
    },
    unit=_text("Canonical unit, or the noun of what is counted"),
    text=_text("As a person writes it"),
)

_CLEARS = _closed(
    "A value that takes the finding away, all else equal",
    path=_text("Route of the field"),
    value=_text("As written in a manifest"),
    severity=_severity("The finding falls below this severity"),
)

_RELATED = _closed(
    "Another place that belongs to the finding",
    file=_text("File"),
    line=_count("Line, from 1", 1),
    column=_count("Column in code points, from 1", 1),
    message=_text("What it has to do with the finding"),
)

_SUPPRESSED: Schema = {
    **_closed(
        "What suppresses the finding; null where nothing does",
        by={"enum": ["inline", "waiver", "baseline", "new-since"]},
        reason=_optional_text("Why, where stated"),
        until=_optional_text("End of a waiver"),
    ),
    "type": ["object", "null"],
}

_FINDING = _closed(
    "One risk at one place",
    code=_code(),
    name=_text("Slug of the check"),
    severity=_severity("error: will fail at the declared load, promise or limit"),
    message=_text("One line, with the numbers"),
    file=_text("As given or found, with forward slashes"),
    line=_count("Line, from 1", 1),
    column=_count("Column in code points, from 1", 1),
    end_line=_count("Line of the end, from 1", 1),
    end_column=_count("Column of the end, exclusive", 1),
    path=_text("Route of the field, such as services.checkout.calls[ledger].retries"),
    component=_text("The component that the finding is about; empty for a whole manifest"),
    exposure={
        "description": "Demand over limit, larger is worse; null where there is none or it is infinite",
        "type": ["number", "null"],
    },
    evidence=_list("The figures", _EVIDENCE),
    formula=_text("How the figures follow from each other; may be empty"),
    clears_when=_list("What would clear it, each on its own", _CLEARS),
    unproven={"description": "True where a figure is missing and the profile is strict", "type": "boolean"},
    remedy=_text("What to do"),
    fingerprint=_text("Stays the same when lines and figures change"),
    related=_list("Other places", _RELATED),
    url=_text("Page of the check; may be empty"),
    suppressed=_SUPPRESSED,
)

_NOT_EVALUATED = _closed(
    "A check and the fields that it lacks",
    code=_code(),
    name=_text("Slug of the check"),
    needs=_list("Fields that would decide it", {"type": "string"}),
    count=_count("Components that it could not judge", 1),
    components=_list("The first twenty of them, all with --show-unknown", {"type": "string"}),
)
