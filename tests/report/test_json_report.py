from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from archlint.engine.results import EvidenceRow, NotEvaluated, Report, ReportedFinding, Suppressed
from archlint.report import RenderOptions, render
from archlint.report.json_report import number
from archlint.report.schema import FILES, as_text, report_schema

if TYPE_CHECKING:
    from tests.report.conftest import MakeFinding, MakeReport

ROOT = Path(__file__).resolve().parents[2]

FINDING_KEYS = [
    "code", "name", "severity", "message", "file", "line", "column", "end_line", "end_column", "path",
    "component", "exposure", "evidence", "formula", "clears_when", "unproven", "remedy", "fingerprint",
    "related", "url", "suppressed",
]  # fmt: skip


def parsed(report: Report, **options: Any) -> dict[str, Any]:
    """The report as read back, after it was held against both schemas."""
    document: dict[str, Any] = json.loads(render(report, "json", RenderOptions(**options)))
    jsonschema.Draft202012Validator(report_schema()).validate(document)
    jsonschema.Draft7Validator(report_schema("7")).validate(document)
    return document


def test_keys_stand_in_the_documented_order(
    make_report: MakeReport, rich_finding: ReportedFinding, unknowns: tuple[NotEvaluated, ...]
) -> None:
    document = parsed(make_report(rich_finding, not_evaluated=unknowns, assumptions=("load x 2",)))
    assert list(document) == [
        "version", "tool", "today", "summary", "findings", "assumptions", "not_evaluated",
    ]  # fmt: skip
    assert list(document["summary"]) == [
        "files", "components", "checks", "error", "warning", "info", "suppressed", "not_evaluated",
        "evaluated_share",
    ]  # fmt: skip
    assert list(document["findings"][0]) == FINDING_KEYS
    assert list(document["not_evaluated"][0]) == ["code", "name", "needs", "count", "components"]


def test_a_finding_is_written_whole(make_report: MakeReport, rich_finding: ReportedFinding) -> None:
    (finding,) = parsed(make_report(rich_finding))["findings"]
    assert finding == {
        "code": "ABC001",
        "name": "too-few-slots",
        "severity": "error",
        "message": "checkout needs 1,000 slots at peak, its 12 replicas hold 768",
        "file": "shop.archlint.yaml",
        "line": 5,
        "column": 5,
        "end_line": 5,
        "end_column": 13,
        "path": "services.checkout.replicas",
        "component": "checkout",
        "exposure": 1.30208333333,
        "evidence": [
            {"name": "demand", "value": 1000, "unit": "slots", "text": "1,000 slots"},
            {"name": "supply", "value": 768, "unit": "slots", "text": "768 slots"},
        ],
        "formula": "demand = peak × service time = 10k/s × 100ms",
        "clears_when": [
            {"path": "services.checkout.replicas", "value": "16", "severity": "error"},
            {"path": "services.checkout.capacity.service_time", "value": "76ms", "severity": "error"},
        ],
        "unproven": False,
        "remedy": "Raise `replicas` to 16.",
        "fingerprint": "v1:0123456789abcdef",
        "related": [{"file": "shop.archlint.yaml", "line": 6, "column": 5, "message": "the peak is stated here"}],
        "url": "https://example.org/ABC001",
        "suppressed": None,
    }


def test_an_empty_report_is_valid_and_ends_with_a_newline(make_report: MakeReport) -> None:
    document = parsed(make_report())
    assert document["findings"] == document["not_evaluated"] == document["assumptions"] == []
    assert document["today"] == "2026-11-15"
    assert render(make_report(), "json", RenderOptions()).endswith("}\n")


def test_suppressed_findings_are_listed_and_flagged(make_report: MakeReport, make_finding: MakeFinding) -> None:
    document = parsed(make_report(make_finding(suppressed=Suppressed("waiver", "moving", "2027-01-31"))))
    assert document["findings"][0]["suppressed"] == {
        "by": "waiver", "reason": "moving", "until": "2027-01-31",
    }  # fmt: skip
    assert document["summary"]["suppressed"] == 1
    assert document["summary"]["error"] == 0


def test_at_most_twenty_components_stand_in_a_group_unless_all_are_asked_for(
    make_report: MakeReport, unknowns: tuple[NotEvaluated, ...]
) -> None:
    report = make_report(not_evaluated=unknowns)
    brief, whole = parsed(report), parsed(report, show_unknown=True)
    assert [len(group["components"]) for group in brief["not_evaluated"]] == [2, 20]
    assert [len(group["components"]) for group in whole["not_evaluated"]] == [2, 30]
    assert brief["not_evaluated"][1]["count"] == 30


def test_what_is_infinite_is_null_and_its_text_says_so(make_report: MakeReport, make_finding: MakeFinding) -> None:
    infinite = make_finding(exposure=math.inf, evidence=(EvidenceRow("wait", math.inf, "s", "unbounded"),))
    (finding,) = parsed(make_report(infinite))["findings"]
    assert finding["exposure"] is None
    assert finding["evidence"] == [{"name": "wait", "value": None, "unit": "s", "text": "unbounded"}]


def test_text_is_written_as_it_is(make_report: MakeReport, make_finding: MakeFinding) -> None:
    report = make_report(make_finding(message='日本 "quoted"\n\x1b'))
    assert "日本" in render(report, "json", RenderOptions())
    assert parsed(report)["findings"][0]["message"] == '日本 "quoted"\n\x1b'


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.1 + 0.2, "0.3"),
        (768.0, "768"),
        (-0.0, "0"),
        (1e300, "1e+300"),
        (1e-9, "1e-09"),
        (2 / 3, "0.666666666667"),
        ("none", '"none"'),
        (math.nan, "null"),
        (-math.inf, "null"),
    ],
)
def test_numbers_are_written_short_and_finite(value: float | str, written: str) -> None:
    assert json.dumps(number(value)) == written


@pytest.mark.parametrize("draft", sorted(FILES))
def test_the_schema_file_is_what_the_table_says(draft: str) -> None:
    assert (ROOT / "schemas" / FILES[draft]).read_text(encoding="utf-8") == as_text(report_schema(draft))


def test_the_schemas_are_schemas() -> None:
    jsonschema.Draft202012Validator.check_schema(report_schema())
    jsonschema.Draft7Validator.check_schema(report_schema("7"))


def test_the_schema_is_closed_and_misses_nothing(make_report: MakeReport, rich_finding: ReportedFinding) -> None:
    validator = jsonschema.Draft202012Validator(report_schema())
    document = parsed(make_report(rich_finding))
    for holder in (document, document["summary"], document["findings"][0], document["tool"]):
        holder["surprise"] = 1
        assert not validator.is_valid(document)
        del holder["surprise"]
    for key in FINDING_KEYS:
        value = document["findings"][0].pop(key)
        assert not validator.is_valid(document), key
        document["findings"][0][key] = value
