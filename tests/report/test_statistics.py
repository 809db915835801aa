from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archlint.engine.results import Suppressed
from archlint.plugin import Severity
from archlint.report import FORMATS, TEXT_FORMATS, RenderOptions, render

if TYPE_CHECKING:
    from tests.report.conftest import MakeFinding, MakeReport

COUNTED = RenderOptions(statistics=True)


def test_checks_are_counted_the_most_frequent_first(make_report: MakeReport, make_finding: MakeFinding) -> None:
    slow = {"code": "ABC002", "name": "too-slow"}
    report = make_report(
        *(make_finding(severity=Severity.INFO, **slow) for _ in range(10)),
        make_finding(severity=Severity.WARNING, **slow),
        make_finding(),
        make_finding(code="ABC000", name="too-new"),
        make_finding(suppressed=Suppressed("inline")),
    )
    assert render(report, "text", COUNTED).startswith(
        "11  ABC002[too-slow]  1 warning, 10 info\n"
        " 1  ABC000[too-new]  error\n"
        " 1  ABC001[too-few-slots]  error\n"
        "\n"
        "2 errors, 1 warning, 10 info in 1 file"
    )


def test_nothing_found_has_no_table(make_report: MakeReport) -> None:
    assert render(make_report(), "text", COUNTED) == render(make_report(), "text", RenderOptions())


@pytest.mark.parametrize("format", TEXT_FORMATS)
def test_all_text_formats_count_alike(format: str, make_report: MakeReport, make_finding: MakeFinding) -> None:
    assert render(make_report(make_finding()), format, COUNTED).startswith("1  ABC001[too-few-slots]  error\n\n")


@pytest.mark.parametrize("format", sorted(FORMATS.keys() - set(TEXT_FORMATS)))
def test_other_formats_do_not_change(format: str, make_report: MakeReport, make_finding: MakeFinding) -> None:
    report = make_report(make_finding())
    assert render(report, format, COUNTED) == render(report, format, RenderOptions())
