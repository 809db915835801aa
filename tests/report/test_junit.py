from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

from archlint.engine.results import Fault, Report, ReportedFinding, Suppressed
from archlint.plugin import Severity
from archlint.report import RenderOptions, render

if TYPE_CHECKING:
    from tests.report.conftest import MakeFinding, MakeReport


def parsed(report: Report) -> JUnitXml:
    read = JUnitXml.fromstring(render(report, "junit", RenderOptions()).encode())
    assert isinstance(read, JUnitXml)
    return read


def suites_of(report: Report) -> dict[str, list[TestCase]]:
    """The test cases by suite, after the counts were held against them."""
    read = parsed(report)
    suites: list[TestSuite] = list(read)
    for suite in suites:
        cases = list(suite)
        kinds = [type(result) for case in cases for result in case.result]
        assert (suite.tests, suite.failures, suite.errors) == (len(cases), kinds.count(Failure), kinds.count(Error))
    assert read.tests == sum(suite.tests for suite in suites)
    assert read.failures == sum(suite.failures for suite in suites)
    assert read.errors == sum(suite.errors for suite in suites)
    return {suite.name: list(suite) for suite in suites}


def test_a_finding_is_a_failed_test_case(make_report: MakeReport, rich_finding: ReportedFinding) -> None:
    ((name, (case,)),) = suites_of(make_report(rich_finding)).items()
    assert name == case.classname == "shop.archlint.yaml"
    assert case.name == "ABC001[too-few-slots] services.checkout.replicas"
    (failure,) = case.result
    assert (failure.type, failure.message) == (
        "error",
        "checkout needs 1,000 slots at peak, its 12 replicas hold 768",
    )
    assert failure.text.startswith("shop.archlint.yaml:5:5: checkout needs 1,000 slots at peak")
    assert "\ndemand: 1,000 slots\n" in failure.text
    assert "\nhelp: Raise `replicas` to 16.\n" in failure.text


def test_the_place_is_in_attributes(make_report: MakeReport, make_finding: MakeFinding) -> None:
    report = make_report(make_finding(), locations={"shop.archlint.yaml": "deploy/shop.archlint.yaml"})
    case = ElementTree.fromstring(render(report, "junit", RenderOptions()).encode()).find(".//testcase")
    assert case is not None
    assert (case.get("file"), case.get("line")) == ("deploy/shop.archlint.yaml", "5")


def test_a_clean_manifest_is_a_test_case_that_passed(make_report: MakeReport) -> None:
    ((name, (case,)),) = suites_of(make_report()).items()
    assert (name, case.name, case.result) == ("shop.archlint.yaml", "no findings", [])
    assert case.is_passed


def test_without_a_manifest_something_passed_all_the_same(make_report: MakeReport) -> None:
    ((name, (case,)),) = suites_of(make_report(sources={})).items()
    assert (name, case.name) == ("archlint", "no manifest")
    assert case.is_passed


def test_each_manifest_has_its_suite(make_report: MakeReport, make_finding: MakeFinding) -> None:
    suites = suites_of(make_report(make_finding(file="b.yaml"), sources={"a.yaml": "", "b.yaml": "", "c.yaml": ""}))
    assert {name: [case.is_passed for case in cases] for name, cases in suites.items()} == {
        "a.yaml": [True],
        "b.yaml": [False],
        "c.yaml": [True],
    }


def test_twins_have_different_names(make_report: MakeReport, make_finding: MakeFinding) -> None:
    (cases,) = suites_of(make_report(make_finding(), make_finding(), make_finding(path="load"))).values()
    assert [case.name for case in cases] == [
        "ABC001[too-few-slots] services.checkout.replicas",
        "ABC001[too-few-slots] services.checkout.replicas (2)",
        "ABC001[too-few-slots] load",
    ]


@pytest.mark.parametrize("severity", list(Severity))
def test_every_severity_fails_and_is_named(
    severity: Severity, make_report: MakeReport, make_finding: MakeFinding
) -> None:
    ((case,),) = suites_of(make_report(make_finding(severity=severity))).values()
    assert [result.type for result in case.result] == [severity.label]


def test_suppressed_findings_are_left_out(make_report: MakeReport, make_finding: MakeFinding) -> None:
    ((case,),) = suites_of(make_report(make_finding(suppressed=Suppressed("inline")))).values()
    assert case.is_passed


def test_a_fault_is_an_error(make_report: MakeReport) -> None:
    suites = suites_of(make_report(faults=(Fault("check", "ABC001", "failed on service `a`: ValueError: <no>"),)))
    assert list(suites) == ["shop.archlint.yaml", "archlint"]
    (case,) = suites["archlint"]
    assert case.name == "check ABC001"
    assert [type(result) for result in case.result] == [Error]
    assert case.result[0].message == "fault: check ABC001 failed: failed on service `a`: ValueError: <no>"


def test_any_text_gives_xml_that_can_be_read(make_report: MakeReport, make_finding: MakeFinding) -> None:
    """XML 1.0 cannot hold most controls, lone surrogates, U+FFFE and U+FFFF, not even as references."""
    text = "".join(map(chr, [*range(0x100), 0x2028, 0xD800, 0xDFFF, 0xFFFD, 0xFFFE, 0xFFFF, 0x1F600])) + "]]>"
    ((case,),) = suites_of(make_report(make_finding(message=text, path=text, file=text), sources={})).values()
    (failure,) = case.result
    assert "<" in failure.message
    assert "\\x00\\x01" in failure.message
    assert failure.message.endswith("\\u2028\\ud800\\udfff\ufffd\\ufffe\\uffff\U0001f600]]>")
