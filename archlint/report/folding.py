"""Many findings with one cause read as one: the first, a count and the first places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from archlint.records import dataclass
from archlint.report.style import visible

if TYPE_CHECKING:
    from archlint.engine.results import ReportedFinding

LARGEST_UNFOLDED = 10
PLACES_SHOWN = 5

Cause = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Fold:
    """A finding that is shown, and those that it stands for."""

    finding: ReportedFinding
    others: tuple[ReportedFinding, ...] = ()

    @property
    def places(self) -> str:
        """`14 more with the same cause: shop.yaml:3:5, ...`, empty where the finding stands alone."""
        if not self.others:
            return ""
        shown = ", ".join(place_of(finding) for finding in self.others[:PLACES_SHOWN])
        rest = len(self.others) - PLACES_SHOWN
        more = f" and {rest:,} more" if rest > 0 else ""
        return f"{len(self.others):,} more with the same cause: {shown}{more}"


def place_of(finding: ReportedFinding) -> str:
    return f"{visible(finding.file)}:{finding.place.line}:{finding.place.column}"


def folded(findings: Iterable[ReportedFinding]) -> tuple[Fold, ...]:
    """The unsuppressed findings in their order, each large group of one cause at the place of its first."""
    shown = [finding for finding in findings if finding.suppressed is None]
    groups: defaultdict[Cause, list[ReportedFinding]] = defaultdict(list)
    for finding in shown:
        groups[_cause(finding)].append(finding)
    return tuple(
        Fold(finding, tuple(group[1:]) if _folds(group) else ())
        for finding in shown
        for group in (groups[_cause(finding)],)
        if finding is group[0] or not _folds(group)
    )


def _folds(group: list[ReportedFinding]) -> bool:
    return bool(group[0].cause) and len(group) > LARGEST_UNFOLDED


def _cause(finding: ReportedFinding) -> Cause:
    """Severities are kept apart: a fold never hides an error behind a warning."""
    return (finding.code, finding.cause, finding.severity)
