"""The `json` format, described by schemas/report.schema.json: keys in a fixed order, one finding a line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from archlint.version import VERSION

if TYPE_CHECKING:
    from archlint.engine.results import NotEvaluated, RelatedPlace, Report, ReportedFinding, Summary
    from archlint.report import RenderOptions

COMPONENTS_LISTED = 20
SIGNIFICANT_DIGITS = 12


def render(report: Report, options: RenderOptions) -> str:
    """One finding a line: quick to write, easy to compare, and the encoder's C code does the work."""
    unknown = (_not_evaluated(group, options.show_unknown) for group in report.not_evaluated)
    members = (
        ("version", _text(1)),
        ("tool", _text({"name": "archlint", "version": VERSION})),
        ("today", _text(report.today.isoformat())),
        ("summary", _text(_summary(report.summary))),
        ("findings", _rows(_finding(finding) for finding in report.findings)),
        ("assumptions", _rows(report.assumptions)),
        ("not_evaluated", _rows(unknown)),
    )
    return "{\n" + ",\n".join(f' "{name}": {value}' for name, value in members) + "\n}\n"


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _rows(values: Iterable[object]) -> str:
    rows = ",\n".join(f"  {_text(value)}" for value in values)
    return f"[\n{rows}\n ]" if rows else "[]"


def _summary(summary: Summary) -> dict[str, Any]:
    return {
        "files": summary.files,
        "components": summary.components,
        "checks": summary.checks,
        "error": summary.error,
        "warning": summary.warning,
        "info": summary.info,
        "suppressed": summary.suppressed,
        "not_evaluated": summary.not_evaluated,
        "evaluated_share": number(summary.evaluated_share),
    }


def _finding(finding: ReportedFinding) -> dict[str, Any]:
    place = finding.place
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.label,
        "message": finding.message,
        "file": finding.file,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "path": finding.path,
        "component": finding.component,
        "exposure": None if finding.exposure is None else number(finding.exposure),
        "evidence": [
            {"name": row.name, "value": number(row.value), "unit": row.unit, "text": row.text}
            for row in finding.evidence
        ],
        "formula": finding.formula,
        "clears_when": [
            {"path": row.path, "value": row.value, "severity": row.severity} for row in finding.clears_when
        ],
        "unproven": finding.unproven,
        "remedy": finding.remedy,
        "fingerprint": finding.fingerprint,
        "related": [_related(other) for other in finding.related],
        "url": finding.url,
        "suppressed": _suppressed(finding),
    }


def _related(other: RelatedPlace) -> dict[str, Any]:
    place = other.place
    return {"file": other.file, "line": place.line, "column": place.column, "message": other.message}


def _suppressed(finding: ReportedFinding) -> dict[str, str | None] | None:
    if finding.suppressed is None:
        return None
    return {
        "by": finding.suppressed.by,
        "reason": finding.suppressed.reason,
        "until": finding.suppressed.until,
    }


def _not_evaluated(group: NotEvaluated, everything: bool) -> dict[str, Any]:
    components = group.components if everything else group.components[:COMPONENTS_LISTED]
    return {
        "code": group.code,
        "name": group.name,
        "needs": list(group.needs),
        "count": group.count,
        "components": list(components),
    }


def number(value: float | str) -> float | str | None:
    """Without the noise of binary fractions; None for what JSON cannot write."""
    if isinstance(value, str):
        return value
    if not math.isfinite(value):
        return None
    rounded = float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded
