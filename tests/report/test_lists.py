"""The formats `concise` and `grouped`."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from archlint.plugin import Severity
from archlint.report import RenderOptions, render

if TYPE_CHECKING:
    from tests.report.conftest import MakeFinding, MakeReport

END = """\
1 error, 1 warning, 1 info in 1 file, 14 components
checked 119 of 120 check-component pairs (99%) with 30 checks, dated 2026-11-15
"""


def test_concise_is_one_line_a_finding(make_report: MakeReport, make_finding: MakeFinding) -> None:
    report = make_report(
        make_finding(),
        make_finding(at=(12, 3, 9), severity=Severity.WARNING, message="two\nlines"),
        make_finding(at=(14, 3, 9), severity=Severity.INFO, message="other", code="ABC002", name="too-slow"),
    )
    needs = "checkout needs 1,000 slots at peak, its 12 replicas hold 768"
    assert render(report, "concise", RenderOptions()) == (
        f"shop.archlint.yaml:5:5: error ABC001[too-few-slots] {needs}\n"
        "shop.archlint.yaml:12:3: warning ABC001[too-few-slots] two\\nlines\n"
        "shop.archlint.yaml:14:3: info ABC002[too-slow] other\n" + END
    )


def test_grouped_is_by_file_and_component(make_report: MakeReport, make_finding: MakeFinding) -> None:
    report = make_report(
        make_finding(component="", message="the file", severity=Severity.INFO, at=(1, 1, 2)),
        make_finding(message="first"),
        make_finding(at=(12, 3, 9), severity=Severity.WARNING, message="second"),
        make_finding(component="ledger", message="third", file="b.yaml"),
    )
    assert render(report, "grouped", RenderOptions()).startswith(
        dedent("""\
            shop.archlint.yaml
              (the manifest)
                 1:1  info     ABC001[too-few-slots] the file
              checkout
                 5:5  error    ABC001[too-few-slots] first
                12:3  warning  ABC001[too-few-slots] second

            b.yaml
              ledger
                5:5  error    ABC001[too-few-slots] third

            2 errors, 1 warning, 1 info in 1 file""")
    )
