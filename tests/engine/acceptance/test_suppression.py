from __future__ import annotations

import datetime

import pytest

from archlint.engine.acceptance.suppression import suppressed, worsened
from archlint.engine.results import Report, ReportedFinding, Summary, Suppressed
from archlint.manifest.problems import Place
from archlint.plugin import ERROR, INFO, WARNING, Severity
from archlint.records import dataclass, field


@dataclass(slots=True)
class By:
    """Suppresses some codes, and remembers which findings it was shown."""

    by: str
    codes: tuple[str, ...] = ()
    shown: list[str] = field(default_factory=list)

    def suppress(self, finding: ReportedFinding) -> Suppressed | None:
        self.shown.append(finding.code)
        return Suppressed(self.by) if finding.code in self.codes else None


def finding(code: str, severity: Severity = WARNING) -> ReportedFinding:
    return ReportedFinding(code, "some-name", severity, "m", "a.yaml", Place(1, 1, 1, 2), "system", "", "shop", "v1:0")


def report(*findings: ReportedFinding) -> Report:
    summary = Summary(1, 1, 3, 0, 0, 0, 0, 4, 5, 6)
    return Report(findings, (), summary, datetime.date(2026, 11, 15))


def test_the_first_that_matches_is_named_and_all_are_asked() -> None:
    first, second, third = By("inline"), By("waiver", ("LAW020",)), By("baseline", ("LAW020",))
    result = suppressed(report(finding("LAW020")), [first, second, third])
    assert [f.suppressed for f in result.findings] == [Suppressed("waiver")]
    assert first.shown == second.shown == third.shown == ["LAW020"]


def test_a_later_round_asks_again_and_keeps_the_flag() -> None:
    waived = suppressed(report(finding("LAW020")), [By("waiver", ("LAW020",))])
    baseline = By("baseline", ("LAW020",))
    (kept,) = suppressed(waived, [baseline]).findings
    assert (kept.suppressed, baseline.shown) == (Suppressed("waiver"), ["LAW020"])


def test_the_summary_counts_what_is_left() -> None:
    findings = finding("LAW020", ERROR), finding("LAW022", ERROR), finding("LAW120"), finding("OPS010", INFO)
    summary = suppressed(report(*findings), [By("inline", ("LAW022", "OPS010"))]).summary
    assert (summary.error, summary.warning, summary.info, summary.suppressed) == (1, 1, 0, 2)
    assert (summary.clear, summary.fired, summary.not_evaluated) == (4, 5, 6)


@pytest.mark.parametrize("code", [f"MAN00{n}" for n in range(1, 7)])
def test_errors_of_a_manifest_are_shown_to_no_suppressor(code: str) -> None:
    every = By("baseline", (code,))
    assert suppressed(report(finding(code)), [every]).findings == (finding(code),)
    assert every.shown == []


def test_nothing_to_suppress_with_changes_nothing() -> None:
    before = report(finding("LAW020"))
    assert suppressed(before, []) is before


@pytest.mark.parametrize(
    ("exposure", "accepted", "outgrown"),
    [
        (1.5, 1.3, True),
        (1.35, 1.3, False),
        (1.1, 1.0, False),
        (1.11, 1.0, True),
        (1.3, 1.5, False),
        (None, 1.3, False),
        (1.5, None, False),
    ],
)
def test_a_tenth_more_is_still_accepted(exposure: float | None, accepted: float | None, outgrown: bool) -> None:
    assert worsened(exposure, accepted) is outgrown
