from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archlint.engine.results import Fault, Report, Suppressed
from archlint.manifest.problems import Place
from archlint.plugin import Severity
from archlint.report import RenderOptions, render

if TYPE_CHECKING:
    from tests.report.conftest import MakeFinding, MakeReport


def lines_of(report: Report) -> list[str]:
    return render(report, "github", RenderOptions()).splitlines()


def commands_of(report: Report) -> list[tuple[str, dict[str, str], str]]:
    """Level, properties and data of each line, unescaped as a runner does it."""
    found = []
    for line in lines_of(report):
        match = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line)
        assert match is not None, line
        properties = dict(pair.split("=", 1) for pair in match[2].split(","))
        found.append((match[1], {name: unescaped(value) for name, value in properties.items()}, unescaped(match[3])))
    return found


def unescaped(text: str) -> str:
    for escape, sign in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, sign)
    return text


def test_a_finding_is_one_command(make_report: MakeReport, make_finding: MakeFinding) -> None:
    assert lines_of(make_report(make_finding(remedy="Raise `replicas` to 16."))) == [
        "::error file=shop.archlint.yaml,line=5,endLine=5,col=5,endColumn=13,title=ABC001 too-few-slots"
        "::checkout needs 1,000 slots at peak, its 12 replicas hold 768%0Ahelp: Raise `replicas` to 16."
    ]


def test_nothing_is_nothing(make_report: MakeReport) -> None:
    assert render(make_report(), "github", RenderOptions()) == ""


def test_columns_stand_only_where_the_place_is_on_one_line(make_report: MakeReport, make_finding: MakeFinding) -> None:
    ((_, properties, _),) = commands_of(make_report(make_finding(place=Place(5, 5, 7, 1))))
    assert properties == {
        "file": "shop.archlint.yaml", "line": "5", "endLine": "7", "title": "ABC001 too-few-slots",
    }  # fmt: skip


def test_the_worst_come_first(make_report: MakeReport, make_finding: MakeFinding) -> None:
    order = (Severity.INFO, Severity.ERROR, Severity.WARNING, Severity.ERROR)
    report = make_report(*(make_finding(severity=s, message=str(n)) for n, s in enumerate(order)))
    assert [(level, text) for level, _, text in commands_of(report)] == [
        ("error", "1"),
        ("error", "3"),
        ("warning", "2"),
        ("notice", "0"),
    ]


def test_no_text_can_end_a_property_or_begin_a_command(make_report: MakeReport, make_finding: MakeFinding) -> None:
    text = "100% a:b,c::error file=x::y\r\n::set-output name=a::b"
    ((level, properties, data),) = commands_of(make_report(make_finding(file=text, message=text)))
    assert level == "error"
    shown = text.replace("\r\n", "\\r\\n")
    assert (properties["file"], data) == (shown, shown)


def test_a_percent_sign_is_escaped_first(make_report: MakeReport, make_finding: MakeFinding) -> None:
    (line,) = lines_of(make_report(make_finding(message="%0A")))
    assert line.endswith("::%250A")


def test_the_file_is_named_from_the_root_of_the_repository(make_report: MakeReport, make_finding: MakeFinding) -> None:
    report = make_report(make_finding(), locations={"shop.archlint.yaml": "deploy/shop.archlint.yaml"})
    ((_, properties, _),) = commands_of(report)
    assert properties["file"] == "deploy/shop.archlint.yaml"


def test_suppressed_findings_are_left_out(make_report: MakeReport, make_finding: MakeFinding) -> None:
    assert lines_of(make_report(make_finding(suppressed=Suppressed("inline")))) == []


def test_a_fault_is_an_error_before_all_findings(make_report: MakeReport, make_finding: MakeFinding) -> None:
    report = make_report(make_finding(), faults=(Fault("check", "ABC001", "failed on service `a`: ValueError: no"),))
    assert lines_of(report)[0] == (
        "::error title=archlint::fault: check ABC001 failed: failed on service `a`: ValueError: no"
    )
