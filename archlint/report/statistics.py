"""What `--statistics` makes of every text format: how many findings each check has, the most frequent first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from archlint.plugin import Severity
from archlint.report.closing import closing
from archlint.report.style import paint

if TYPE_CHECKING:
    from archlint.engine.results import Report
    from archlint.report import RenderOptions


def render(report: Report, options: RenderOptions) -> str:
    severities: dict[tuple[str, str], Counter[Severity]] = {}
    for finding in report.unsuppressed:
        severities.setdefault((finding.code, finding.name), Counter())[finding.severity] += 1
    if not severities:
        return closing(report, options)
    most_first = sorted(severities.items(), key=lambda item: (-item[1].total(), item[0]))
    widest = len(f"{most_first[0][1].total():,}")
    rows = (
        f"{counts.total():>{widest},}  {code}[{name}]  {_by_severity(counts, options.color)}\n"
        for (code, name), counts in most_first
    )
    return "".join(rows) + "\n" + closing(report, options)


def _by_severity(counts: Counter[Severity], color: bool) -> str:
    """`18 warning, 46 info`; one severity alone needs no count."""
    found = [severity for severity in reversed(Severity) if counts[severity]]
    texts = [s.label if len(found) == 1 else f"{counts[s]:,} {s.label}" for s in found]
    return ", ".join(paint(text, s.label, color) for s, text in zip(found, texts, strict=True))
