"""What `archlint catalog` lists: items of one kind, as a table or as json (contracts.md, Commands)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from archlint.report.json_report import number

if TYPE_CHECKING:
    from archlint.engine.registry import ManifestError
    from archlint.knowledge.catalogue import Catalogue
    from archlint.knowledge.facts import Law
    from archlint.knowledge.technology import Limit, Source
    from archlint.plugin import Check

Item = dict[str, Any]

COLUMNS: dict[str, tuple[str, ...]] = {
    "kinds": ("id", "count"),
    "checks": ("id", "name", "severity", "subject", "summary"),
    "laws": ("id", "name", "formula"),
    "limits": ("id", "kind", "value", "unit", "condition", "provenance", "breaks"),
    "technologies": ("id", "name", "kinds", "limits"),
}
"""The kinds, and the members of an item that the table shows."""


def as_json(kind: str, items: Iterable[Item]) -> str:
    """One item a line."""
    rows = ",\n".join("  " + json.dumps(item, ensure_ascii=False, allow_nan=False) for item in items)
    body = f"[\n{rows}\n ]" if rows else "[]"
    return f'{{\n "version": 1,\n "kind": {json.dumps(kind)},\n "items": {body}\n}}\n'


def as_table(items: Sequence[Item], columns: Sequence[str]) -> str:
    """Left-aligned columns, the last one as long as it is."""
    rows = [[_cell(item[column]) for column in columns] for item in items]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


def check_items(checks: Iterable[Check], errors: Iterable[ManifestError], laws: Sequence[Law]) -> list[Item]:
    """Sorted by code; MAN001 to MAN006 stand among them, because findings carry their codes."""
    items = [
        *(_check_item(check, laws) for check in checks),
        *(
            {"id": e.code, "name": e.name, "severity": e.severity.label, "subject": "Manifest",
             "summary": e.summary, "needs": [], "subsumes": [], "laws": [], "status": "stable", "since": "0.1",
             "default": True}
            for e in errors
        ),
    ]  # fmt: skip
    return sorted(items, key=lambda item: str(item["id"]))


def _check_item(check: Check, laws: Sequence[Law]) -> Item:
    from archlint.engine.documentation import page_of

    return {
        "id": check.code,
        "name": check.name,
        "severity": check.severity.label,
        "subject": check.subject,
        "summary": page_of(check).summary,
        "needs": list(check.needs),
        "subsumes": list(check.subsumes),
        "laws": [law.id for law in laws if law.carries(check.code)],
        "status": check.status,
        "since": check.since,
        "default": check.default,
    }


def limit_item(limit: Limit) -> Item:
    return {
        "id": limit.name,
        "technology": limit.technology,
        "kind": limit.kind,
        "value": number(limit.value),
        "unit": limit.unit,
        "source": _short_source(limit.source),
        "direction": limit.direction,
        "scope": limit.scope,
        "measure": limit.measure,
        "condition": str(limit.condition),
        "breaks": limit.breaks,
        "error": limit.error,
        "note": limit.note,
        "confidence": limit.confidence,
        "provenance": limit.provenance,
    }


def _short_source(source: Source) -> Item:
    return {"title": source.title, "url": source.url, "year": source.year}


def technology_items(catalogue: Catalogue) -> list[Item]:
    return list(_technologies(catalogue))


def _technologies(catalogue: Catalogue) -> Iterator[Item]:
    for slug in catalogue.slugs():
        technology = catalogue.technology(slug)
        if technology is not None:
            yield {
                "id": slug,
                "name": technology.name,
                "kinds": list(technology.kinds),
                "aliases": list(technology.aliases),
                "limits": len(technology.limits),
            }


def law_item(law: Law, checks: Iterable[Check]) -> Item:
    """With the codes of those of `checks` that stand on it."""
    return {
        "id": law.id,
        "name": law.name,
        "aliases": list(law.aliases),
        "statement": law.statement,
        "formula": law.formula,
        "symbols": dict(law.symbols),
        "example": law.example,
        "detect": law.detect,
        "mitigate": list(law.mitigate),
        "costs": law.costs,
        "corrections": list(law.corrections),
        "sources": [source._asdict() for source in law.sources],
        "checks": [check.code for check in checks if law.carries(check.code)],
    }


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,}"
    return " ".join(str(value or "").split())
