"""The `grouped` format: findings by file, then by component, for reading system by system."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from archlint.report.closing import closing
from archlint.report.folding import Fold, folded
from archlint.report.style import paint, visible

if TYPE_CHECKING:
    from archlint.engine.results import Report
    from archlint.report import RenderOptions

_WIDEST_SEVERITY = len("warning")


def render(report: Report, options: RenderOptions) -> str:
    files: dict[str, dict[str, list[Fold]]] = {}
    for fold in folded(report.findings):
        finding = fold.finding
        files.setdefault(finding.file, {}).setdefault(finding.component, []).append(fold)
    blocks = ["\n".join(_block(file, groups, options.color)) + "\n\n" for file, groups in files.items()]
    return "".join(blocks) + closing(report, options)


def _block(file: str, groups: dict[str, list[Fold]], color: bool) -> Iterator[str]:
    yield paint(visible(file), "strong", color)
    widest = max(len(_position(fold)) for folds in groups.values() for fold in folds)
    for component, folds in groups.items():
        yield f"  {visible(component) or '(the manifest)'}"
        for fold in folds:
            yield f"    {_position(fold):>{widest}}  {_text(fold, color)}"


def _position(fold: Fold) -> str:
    return f"{fold.finding.place.line}:{fold.finding.place.column}"


def _text(fold: Fold, color: bool) -> str:
    finding = fold.finding
    label = finding.severity.label
    severity = paint(label, label, color) + " " * (_WIDEST_SEVERITY - len(label))
    more = f" ({fold.places})" if fold.others else ""
    return f"{severity}  {finding.code}[{finding.name}] {visible(finding.message)}{more}"
