"""The `gitlab` format: a code quality report, which GitLab shows in a merge request."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from archlint.plugin import Severity
from archlint.report.style import visible

if TYPE_CHECKING:
    from archlint.engine.results import Report, ReportedFinding
    from archlint.report import RenderOptions

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def render(report: Report, options: RenderOptions) -> str:
    """One finding a line; an empty list where there is none."""
    seen: Counter[str] = Counter()
    rows = []
    for finding in report.unsuppressed:
        seen[finding.fingerprint] += 1
        issue = _issue(finding, report.location_of(finding.file), seen[finding.fingerprint])
        rows.append(f" {json.dumps(issue, ensure_ascii=False)}")
    return "[\n" + ",\n".join(rows) + "\n]\n" if rows else "[]\n"


def _issue(finding: ReportedFinding, file: str, ordinal: int) -> dict[str, Any]:
    """GitLab shows no `check_name`, so the code stands in the text; it merges issues of one fingerprint."""
    return {
        "description": f"{finding.code}[{finding.name}] {visible(finding.message)}",
        "check_name": finding.code,
        "fingerprint": finding.fingerprint + (f":{ordinal}" if ordinal > 1 else ""),
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": file.removeprefix("./"),
            "lines": {"begin": finding.place.line, "end": finding.place.end_line},
        },
    }
