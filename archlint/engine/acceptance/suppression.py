"""Findings that somebody accepted: they stay in the report, flagged, and no longer count (contracts.md).

The order is inline, waiver, baseline, new-since. Every suppressor that matches counts as used; the first
stands in `finding.suppressed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from archlint.engine.manifest_errors import MANIFEST_ERRORS
from archlint.engine.results import Report, ReportedFinding, Summary, Suppressed
from archlint.plugin import Severity
from archlint.records import replace

TOLERANCE = 1.1
"""A finding that was accepted returns when its exposure is above this multiple of what was accepted."""


class Suppressor(Protocol):
    def suppress(self, finding: ReportedFinding) -> Suppressed | None:
        """How the finding is suppressed, None where it is not; whoever answers remembers that it was used."""


def suppressed(report: Report, suppressors: Sequence[Suppressor]) -> Report:
    """The report with findings flagged by the first of `suppressors` that matches, and counted again.

    All are asked, so that each knows whether it was used; what is flagged already stays so. Errors of a
    manifest are shown to none.
    """
    if not suppressors:
        return report
    findings = tuple(_flagged(finding, suppressors) for finding in report.findings)
    return replace(report, findings=findings, summary=counted(report.summary, findings))


def _flagged(finding: ReportedFinding, suppressors: Sequence[Suppressor]) -> ReportedFinding:
    if finding.code in MANIFEST_ERRORS:
        return finding
    answers = [answer for suppressor in suppressors if (answer := suppressor.suppress(finding)) is not None]
    if not answers or finding.suppressed is not None:
        return finding
    return replace(finding, suppressed=answers[0])


def counted(summary: Summary, findings: Sequence[ReportedFinding]) -> Summary:
    """The summary with the severities of `findings` that nothing suppresses."""
    shown = [finding.severity for finding in findings if finding.suppressed is None]
    return replace(
        summary,
        error=shown.count(Severity.ERROR),
        warning=shown.count(Severity.WARNING),
        info=shown.count(Severity.INFO),
        suppressed=len(findings) - len(shown),
    )


def worsened(exposure: float | None, accepted: float | None) -> bool:
    """Whether a finding has outgrown the exposure that was accepted; never where either has none."""
    return exposure is not None and accepted is not None and exposure > TOLERANCE * accepted
