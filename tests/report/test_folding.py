from __future__ import annotations

from typing import TYPE_CHECKING

from archlint.engine.results import ReportedFinding, Suppressed
from archlint.plugin import Severity
from archlint.report import RenderOptions, render
from archlint.report.folding import folded

if TYPE_CHECKING:
    from tests.report.conftest import MakeFinding, MakeReport


def alike(make_finding: MakeFinding, count: int, **changes: object) -> list[ReportedFinding]:
    given = {"cause": "timeout not stated", "severity": Severity.WARNING, **changes}
    return [make_finding(at=(n + 1, 1, 2), message=f"call {n} has no timeout", **given) for n in range(count)]


def test_ten_findings_of_one_cause_are_all_shown(make_finding: MakeFinding) -> None:
    assert [fold.others for fold in folded(alike(make_finding, 10))] == [()] * 10


def test_eleven_fold_into_the_first(make_finding: MakeFinding) -> None:
    findings = alike(make_finding, 11)
    (fold,) = folded(findings)
    assert fold.finding is findings[0]
    assert fold.others == tuple(findings[1:])


def test_findings_without_a_cause_never_fold(make_finding: MakeFinding) -> None:
    assert len(folded(alike(make_finding, 30, cause=""))) == 30


def test_causes_codes_and_severities_fold_apart(make_finding: MakeFinding) -> None:
    findings = [
        *alike(make_finding, 6),
        *alike(make_finding, 6, cause="other"),
        *alike(make_finding, 6, code="ABC009"),
        *alike(make_finding, 6, severity=Severity.ERROR),
    ]
    assert len(folded(findings)) == 24


def test_suppressed_findings_do_not_count(make_finding: MakeFinding) -> None:
    findings = alike(make_finding, 10) + alike(make_finding, 5, suppressed=Suppressed("waiver"))
    assert len(folded(findings)) == 10


def test_each_text_format_shows_the_count_and_the_first_places(
    make_report: MakeReport, make_finding: MakeFinding
) -> None:
    report = make_report(*alike(make_finding, 14))
    places = ", ".join(f"shop.archlint.yaml:{line}:1" for line in range(2, 7))
    for format in ("full", "concise", "grouped"):
        text = render(report, format, RenderOptions())
        assert text.count("has no timeout") == 1
        assert f"13 more with the same cause: {places} and 8 more" in text
        assert "\n14 warnings in 1 file" in text


def test_json_has_them_all(make_report: MakeReport, make_finding: MakeFinding) -> None:
    text = render(make_report(*alike(make_finding, 14)), "json", RenderOptions())
    assert text.count("has no timeout") == 14
