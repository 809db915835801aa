"""The `github` format: workflow commands that GitHub Actions shows as annotations of the changed files.

GitHub keeps ten annotations of each level a step, so the worst come first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archlint.plugin import Severity
from archlint.report.closing import fault_line
from archlint.report.style import visible

if TYPE_CHECKING:
    from archlint.engine.results import Report, ReportedFinding
    from archlint.report import RenderOptions

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_IN_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTIES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def render(report: Report, options: RenderOptions) -> str:
    """Empty where there is nothing to say."""
    faults = (_command("error", {"title": "archlint"}, fault_line(fault)) for fault in report.faults)
    worst_first = sorted(report.unsuppressed, key=lambda finding: -finding.severity)
    return "".join([*faults, *(_annotation(finding, report.location_of(finding.file)) for finding in worst_first)])


def _annotation(finding: ReportedFinding, file: str) -> str:
    place = finding.place
    properties = {"file": visible(file), "line": str(place.line), "endLine": str(place.end_line)}
    if place.line == place.end_line:  # else GitHub refuses columns
        properties |= {"col": str(place.column), "endColumn": str(place.end_column)}
    properties["title"] = f"{finding.code} {finding.name}"
    remedy = f"\nhelp: {visible(finding.remedy)}" if finding.remedy else ""
    return _command(_LEVELS[finding.severity], properties, visible(finding.message) + remedy)


def _command(level: str, properties: dict[str, str], data: str) -> str:
    written = ",".join(f"{name}={value.translate(_IN_PROPERTIES)}" for name, value in properties.items())
    return f"::{level} {written}::{data.translate(_IN_DATA)}\n"
