"""The `full` format: each finding with its source line, its arithmetic and its remedy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from archlint.report.closing import closing
from archlint.report.excerpt import Sources, excerpt
from archlint.report.folding import Fold, folded, place_of
from archlint.report.notes import notes
from archlint.report.style import paint, visible

if TYPE_CHECKING:
    from archlint.engine.results import Report, ReportedFinding
    from archlint.report import RenderOptions


def render(report: Report, options: RenderOptions) -> str:
    sources = Sources(report.sources)
    blocks = ["\n".join(_block(fold, sources, options)) + "\n\n" for fold in folded(report.findings)]
    return "".join(blocks) + closing(report, options)


def _block(fold: Fold, sources: Sources, options: RenderOptions) -> Iterator[str]:
    finding = fold.finding
    margin = " " * len(str(finding.place.line))
    yield _headline(finding, options.color)
    yield f"{margin}{paint('-->', 'place', options.color)} {place_of(finding)}{_route(finding)}"
    yield from _excerpt(finding, margin, sources, options)
    equals = paint("=", "place", options.color)
    for label, text in notes(finding, also=fold.places):
        role = "help" if label == "help" else "strong"
        yield f"{margin} {equals} {paint(label, role, options.color)}: {visible(text)}"


def _headline(finding: ReportedFinding, color: bool) -> str:
    severity = finding.severity.label
    code = paint(f"{severity} {finding.code}[{finding.name}]", severity, color)
    return f"{code}: {paint(visible(finding.message), 'strong', color)}"


def _route(finding: ReportedFinding) -> str:
    return f" {visible(finding.path)}" if finding.path else ""


def _excerpt(finding: ReportedFinding, margin: str, sources: Sources, options: RenderOptions) -> Iterator[str]:
    line = sources.line(finding.file, finding.place.line)
    if not line:
        return
    shown, carets = excerpt(line, finding.place, options.width, options.ascii)
    bar = paint("|", "place", options.color)
    yield f"{margin} {bar}"
    yield f"{paint(str(finding.place.line), 'place', options.color)} {bar} {shown}"
    yield f"{margin} {bar} {paint(carets, finding.severity.label, options.color)}"
