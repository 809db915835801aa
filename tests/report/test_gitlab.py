from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from archlint.engine.results import Report, Suppressed
from archlint.plugin import Severity
from archlint.report import RenderOptions, render

if TYPE_CHECKING:
    from tests.report.conftest import MakeFinding, MakeReport

FORMAT = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./|/).+"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""What GitLab's documentation of code quality reports asks for."""


def issues_of(report: Report) -> list[dict[str, Any]]:
    issues: list[dict[str, Any]] = json.loads(render(report, "gitlab", RenderOptions()))
    jsonschema.Draft202012Validator(FORMAT).validate(issues)
    fingerprints = [issue["fingerprint"] for issue in issues]
    assert len(set(fingerprints)) == len(fingerprints)
    return issues


def test_a_finding_is_an_issue(make_report: MakeReport, make_finding: MakeFinding) -> None:
    assert issues_of(make_report(make_finding())) == [
        {
            "description": "ABC001[too-few-slots] checkout needs 1,000 slots at peak, its 12 replicas hold 768",
            "check_name": "ABC001",
            "fingerprint": "v1:0123456789abcdef",
            "severity": "major",
            "location": {"path": "shop.archlint.yaml", "lines": {"begin": 5, "end": 5}},
        }
    ]


def test_an_empty_report_is_an_empty_list(make_report: MakeReport) -> None:
    assert render(make_report(), "gitlab", RenderOptions()) == "[]\n"


@pytest.mark.parametrize(
    ("severity", "name"), [(Severity.ERROR, "major"), (Severity.WARNING, "minor"), (Severity.INFO, "info")]
)
def test_severities_have_the_names_of_gitlab(
    severity: Severity, name: str, make_report: MakeReport, make_finding: MakeFinding
) -> None:
    (issue,) = issues_of(make_report(make_finding(severity=severity)))
    assert issue["severity"] == name


def test_equal_fingerprints_are_told_apart(make_report: MakeReport, make_finding: MakeFinding) -> None:
    issues = issues_of(make_report(make_finding(), make_finding(), make_finding()))
    assert [issue["fingerprint"] for issue in issues] == [
        "v1:0123456789abcdef",
        "v1:0123456789abcdef:2",
        "v1:0123456789abcdef:3",
    ]


def test_the_path_is_that_of_the_repository(make_report: MakeReport, make_finding: MakeFinding) -> None:
    report = make_report(
        make_finding(),
        make_finding(file="./b.yaml"),
        locations={"shop.archlint.yaml": "deploy/größe 1.yaml"},
    )
    assert [issue["location"]["path"] for issue in issues_of(report)] == ["deploy/größe 1.yaml", "b.yaml"]


def test_suppressed_findings_are_left_out(make_report: MakeReport, make_finding: MakeFinding) -> None:
    assert issues_of(make_report(make_finding(suppressed=Suppressed("baseline")))) == []


def test_the_report_has_no_byte_order_mark(make_report: MakeReport, make_finding: MakeFinding) -> None:
    assert render(make_report(make_finding()), "gitlab", RenderOptions()).startswith("[\n {")
