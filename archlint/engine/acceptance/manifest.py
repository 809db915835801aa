"""What the manifest itself accepts: its ignores and waivers act, then the checks run that judge these."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archlint.engine.acceptance.accepted import with_remembered
from archlint.engine.acceptance.ignores import Ignores
from archlint.engine.acceptance.suppression import counted, suppressed
from archlint.engine.acceptance.targets import Targets
from archlint.engine.acceptance.waivers import Waivers
from archlint.engine.outcomes import Outcomes
from archlint.engine.reporting import Judged, build_report
from archlint.engine.results import Report, Summary
from archlint.engine.subjects import ACCEPTANCES
from archlint.plugin import Check
from archlint.records import replace

Judge = Callable[[Sequence[Check]], Outcomes]


def with_acceptances(report: Report, judged: Judged, targets: Targets, judge: Judge) -> Report:
    """The report with what is ignored and waived in the manifests, and with what checks say of that.

    `judge` runs checks over the systems of the run.
    """
    systems = judged.workspace.systems.values()
    ignores, waivers = Ignores(systems, targets), Waivers(systems, targets, judged.today)
    report = with_remembered(suppressed(report, [ignores, waivers]), [waivers])
    ignores.settle(report)
    waivers.settle(report)
    later = [check for check in judged.checks if check.subject in ACCEPTANCES]
    return _joined(report, build_report(replace(judged, files=[]), judge(later))) if later else report


def _joined(report: Report, later: Report) -> Report:
    """Both in one, in the order of reports. Their checks differ, and so do their fingerprints."""
    findings = tuple(sorted((*report.findings, *later.findings), key=lambda finding: finding.order))
    unevaluated = {**report.scope.unevaluated, **later.scope.unevaluated}
    groups = sorted((*report.not_evaluated, *later.not_evaluated), key=lambda group: (group.code, group.needs))
    return replace(
        report,
        findings=findings,
        not_evaluated=tuple(groups),
        summary=counted(_added(report.summary, later.summary), findings),
        faults=(*report.faults, *later.faults),
        scope=replace(report.scope, unevaluated=unevaluated),
    )


def _added(summary: Summary, later: Summary) -> Summary:
    return replace(
        summary,
        clear=summary.clear + later.clear,
        fired=summary.fired + later.fired,
        not_evaluated=summary.not_evaluated + later.not_evaluated,
    )
