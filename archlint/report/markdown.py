"""The `markdown` format: for a comment on a pull request, or the summary of a step in a pipeline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING

from archlint.report.closing import counted, counts, coverage, fault_line, unknown
from archlint.report.folding import Fold, folded
from archlint.report.notes import advice, reasons
from archlint.report.style import visible

if TYPE_CHECKING:
    from archlint.engine.results import NotEvaluated, Report, ReportedFinding
    from archlint.report import RenderOptions

LARGEST_TABLE = 24_000
LARGEST_DETAILS = 32_000
"""Characters: a comment on GitHub has room for 65,536."""

_CODE = re.compile("(`[^`]+`)")
_MARKUP = re.compile(r"([\\`*_\[\]~|$#])")
_MENTION = re.compile(r"@(?=\w)")


def render(report: Report, options: RenderOptions) -> str:
    folds = sorted(folded(report.findings), key=lambda fold: -fold.finding.severity)
    blocks = [
        f"### archlint: {counts(report.summary)}",
        *(f"**{text_of(fault_line(fault))}**" for fault in report.faults),
        *_table(folds, report),
        *_details(folds, report),
        *_not_evaluated(report.not_evaluated, options.show_unknown),
        *(f"Assumed: {text_of(assumption)}" for assumption in report.assumptions),
        f"<sub>{escape(coverage(report))}</sub>",
    ]
    return "\n\n".join(blocks) + "\n"


def _table(folds: list[Fold], report: Report) -> Iterator[str]:
    if not folds:
        return
    rows = list(_within(LARGEST_TABLE, (_row(fold, report) for fold in folds)))
    yield "\n".join(["| Severity | Place | Code | Finding |", "| --- | --- | --- | --- |", *rows])
    if len(rows) < len(folds):
        yield f"The table leaves out {counted(len(folds) - len(rows), 'finding')}, none worse than these."


def _row(fold: Fold, report: Report) -> str:
    finding = fold.finding
    more = f" ({len(fold.others):,} more with the same cause)" if fold.others else ""
    cells = (
        finding.severity.label,
        code_of(f"{report.location_of(finding.file)}:{finding.place.line}"),
        f"{finding.code} {finding.name}",
        text_of(finding.message) + more,
    )
    return f"| {' | '.join(_in_cell(cell) for cell in cells)} |"


def _details(folds: list[Fold], report: Report) -> Iterator[str]:
    """Folded, so that the comment stays short until somebody wants to know why."""
    if folds:
        blocks = _within(LARGEST_DETAILS, (_block(fold, report) for fold in folds))
        yield "\n\n".join(["<details>\n<summary>Figures and remedies</summary>", *blocks, "</details>"])


def _block(fold: Fold, report: Report) -> str:
    finding = fold.finding
    items = (f"- {text_of(label)}: {text}" for label, text in _items(fold, report))
    return "\n".join((f"**{finding.code}** {text_of(finding.message)}", "", *items))


def _items(fold: Fold, report: Report) -> Iterator[tuple[str, str]]:
    """Labels, and texts that are markdown already."""
    finding = fold.finding
    yield "at", " ".join(code_of(text) for text in (_place(finding, report), finding.path) if text)
    yield from ((label, text_of(text)) for label, text in reasons(finding))
    for other in finding.related:
        where = code_of(f"{report.location_of(other.file)}:{other.place.line}:{other.place.column}")
        yield "related", f"{text_of(other.message)} ({where})"
    if fold.others:
        yield "also", text_of(fold.places)
    yield from ((label, f"<{text}>" if label == "see" else text_of(text)) for label, text in advice(finding))


def _place(finding: ReportedFinding, report: Report) -> str:
    return f"{report.location_of(finding.file)}:{finding.place.line}:{finding.place.column}"


def _not_evaluated(groups: tuple[NotEvaluated, ...], everything: bool) -> Iterator[str]:
    if not groups:
        return
    yield f"Not evaluated: {text_of(unknown(groups))}"
    if everything:
        rows = map(_missing, groups)
        yield "\n".join(["<details>", "<summary>What is missing where</summary>", "", *rows, "", "</details>"])


def _missing(group: NotEvaluated) -> str:
    needs, components = (code_of(", ".join(names)) for names in (group.needs, group.components))
    return f"- {group.code} {group.name} needs {needs} on {components}"


def _within(budget: int, blocks: Iterable[str]) -> Iterator[str]:
    """Blocks as long as they fit together, the first one always."""
    taken = 0
    for block in blocks:
        if taken and taken + len(block) > budget:
            return
        taken += len(block)
        yield block


def text_of(text: str) -> str:
    """Plain text as markdown: what stands in backticks is code, everything else is shown as it is."""
    parts = _CODE.split(visible(text))
    return "".join(part if index % 2 else _literal(part) for index, part in enumerate(parts))


def code_of(text: str) -> str:
    """As code, which a backtick inside would end too early."""
    return f"`{visible(text).replace('`', chr(39))}`"


def _literal(text: str) -> str:
    """Neither markup nor HTML, and nobody is notified."""
    return _MENTION.sub("@<!-- -->", escape(_MARKUP.sub(r"\\\1", text), quote=False))


def _in_cell(text: str) -> str:
    """A bar inside code ends a cell too; elsewhere it is escaped already."""
    return re.sub(r"(?<!\\)\|", r"\\|", text)
