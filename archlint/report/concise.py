"""The `concise` format: one finding a line, as editors and problem matchers read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archlint.report.closing import closing
from archlint.report.folding import Fold, folded, place_of
from archlint.report.style import paint, visible

if TYPE_CHECKING:
    from archlint.engine.results import Report
    from archlint.report import RenderOptions


def render(report: Report, options: RenderOptions) -> str:
    lines = [_line(fold, options.color) + "\n" for fold in folded(report.findings)]
    return "".join(lines) + closing(report, options)


def _line(fold: Fold, color: bool) -> str:
    finding = fold.finding
    severity = paint(finding.severity.label, finding.severity.label, color)
    more = f" ({fold.places})" if fold.others else ""
    return f"{place_of(finding)}: {severity} {finding.code}[{finding.name}] {visible(finding.message)}{more}"
