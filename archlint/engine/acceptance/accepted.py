"""When a finding that was accepted comes back: it has outgrown the exposure or the severity of that time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from archlint.engine.acceptance.suppression import worsened
from archlint.engine.results import EvidenceRow, Report, ReportedFinding
from archlint.plugin import Severity
from archlint.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Accepted:
    """How bad a finding was when it was accepted."""

    severity: Severity
    exposure: float | None

    def outgrown_by(self, finding: ReportedFinding) -> bool:
        return finding.severity > self.severity or worsened(finding.exposure, self.exposure)

    def rows(self, finding: ReportedFinding, exposure_at: str, severity_at: str) -> Iterator[EvidenceRow]:
        """What has risen, under the given names, as it was."""
        if self.exposure is not None and worsened(finding.exposure, self.exposure):
            yield EvidenceRow(exposure_at, self.exposure, "", exposure_text(self.exposure))
        if finding.severity > self.severity:
            yield EvidenceRow(severity_at, self.severity.label, "", self.severity.label)


class Remembers(Protocol):
    def remembered(self, finding: ReportedFinding) -> Iterator[EvidenceRow]:
        """What a finding that has come back was when it was accepted."""


def with_remembered(report: Report, memories: Sequence[Remembers]) -> Report:
    """The report with what findings that came back were before, as their last evidence."""

    def told(finding: ReportedFinding) -> ReportedFinding:
        if finding.suppressed is not None:
            return finding
        rows = tuple(row for memory in memories for row in memory.remembered(finding))
        return replace(finding, evidence=(*finding.evidence, *rows)) if rows else finding

    return replace(report, findings=tuple(map(told, report.findings)))


def exposure_text(exposure: float) -> str:
    """Two decimals, which tell 1.30 from 1.35; three digits where that is too long or too short."""
    return f"{exposure:.2f}" if 0.1 <= exposure < 1000 else f"{exposure:.3g}"
