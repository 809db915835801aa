"""What `--statistics` makes of every text format: how many findings each check has, the most frequent first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from archlint.report.closing import closing
from archlint.report.style import paint

if TYPE_CHECKING:
    from archlint.engine.results import Report
    from archlint.plugin import Severity
    from archlint.report import RenderOptions

Kind = tuple[str, str, "Severity"]


def render(report: Report, options: RenderOptions) -> str:
    found: Counter[Kind] = Counter((f.code, f.name, f.severity) for f in report.unsuppressed)
    if not found:
        return closing(report, options)
    widest = len(f"{max(found.values()):,}")
    rows = [_row(kind, found[kind], widest, options.color) + "\n" for kind in sorted(found, key=_order(found))]
    return "".join(rows) + "\n" + closing(report, options)


def _order(found: Counter[Kind]) -> Callable[[Kind], tuple[int, str, int]]:
    return lambda kind: (-found[kind], kind[0], -kind[2])


def _row(kind: Kind, count: int, widest: int, color: bool) -> str:
    code, name, severity = kind
    label = severity.label
    return f"{count:>{widest},}  {paint(label, label, color)}{' ' * (7 - len(label))}  {code}[{name}]"
