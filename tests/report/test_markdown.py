from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from archlint.engine.results import Fault, NotEvaluated, Report, ReportedFinding, Suppressed
from archlint.plugin import Severity
from archlint.report import RenderOptions, render
from archlint.report.markdown import LARGEST_DETAILS, LARGEST_TABLE

if TYPE_CHECKING:
    from tests.report.conftest import MakeFinding, MakeReport

LARGEST_COMMENT = 65_536


class Page(HTMLParser):
    """What a reader sees: the text of each table cell, all text, and every tag."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.text = ""
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "td":
            self._in_cell = True
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag != "td"

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in_cell:
            self.cells[-1] += data


def markdown(report: Report, **options: bool) -> str:
    return render(report, "markdown", RenderOptions(**options))


def page_of(text: str) -> Page:
    page = Page()
    page.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))
    return page


def test_a_finding_is_a_row_and_its_figures_are_folded(make_report: MakeReport, rich_finding: ReportedFinding) -> None:
    page = page_of(markdown(make_report(rich_finding)))
    assert page.cells == [
        "error",
        "shop.archlint.yaml:5",
        "ABC001 too-few-slots",
        "checkout needs 1,000 slots at peak, its 12 replicas hold 768",
    ]
    assert "details" in page.tags
    for text in (
        "at: shop.archlint.yaml:5:5 services.checkout.replicas",
        "demand: 1,000 slots",
        "formula: demand = peak × service time = 10k/s × 100ms",
        "clears when: services.checkout.capacity.service_time = 76ms",
        "related: the peak is stated here (shop.archlint.yaml:6:5)",
        "help: Raise replicas to 16.",
        "see: https://example.org/ABC001",
    ):
        assert text in page.text


def test_a_clean_report_is_two_lines(make_report: MakeReport) -> None:
    assert markdown(make_report()) == (
        "### archlint: no findings in 1 file, 14 components\n\n"
        "<sub>checked 119 of 120 check-component pairs (99%) with 30 checks, dated 2026-11-15</sub>\n"
    )


def test_rows_are_ordered_by_severity(make_report: MakeReport, make_finding: MakeFinding) -> None:
    order = (Severity.INFO, Severity.ERROR, Severity.WARNING, Severity.ERROR)
    report = make_report(*(make_finding(severity=s, message=str(n)) for n, s in enumerate(order)))
    cells = page_of(markdown(report)).cells
    assert list(zip(cells[::4], cells[3::4], strict=True)) == [
        ("error", "1"), ("error", "3"), ("warning", "2"), ("info", "0"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "a | b",
        "a \\| b \\ c",
        "<b>bold</b> <script>alert(1)</script> &amp; <!-- x",
        "*f* _g_ ~~h~~ [i](http://j) ![k](l)",
        "one ` backtick | and \\",
        "# no heading $x$",
        "</details> </summary>",
    ],
)
def test_text_is_shown_as_it_is(text: str, make_report: MakeReport, make_finding: MakeFinding) -> None:
    page = page_of(markdown(make_report(make_finding(message=text, remedy=text))))
    assert page.cells[3::4] == [text]
    assert page.text.count(text) == 3
    assert not {"b", "script", "em", "s", "a", "img", "h1"} & set(page.tags)
    assert page.tags.count("details") == 1


def test_what_stands_in_backticks_is_code_even_with_a_bar(make_report: MakeReport, make_finding: MakeFinding) -> None:
    page = page_of(markdown(make_report(make_finding(message="`a|<b>` and `c_d`"))))
    assert page.cells[3] == "a|<b> and c_d"
    assert "b" not in page.tags


def test_a_route_or_a_file_cannot_end_its_code(make_report: MakeReport, make_finding: MakeFinding) -> None:
    page = page_of(markdown(make_report(make_finding(path='["a`b|c"]', file="d`e|f.yaml"))))
    assert page.cells[1] == "d'e|f.yaml:5"
    assert """d'e|f.yaml:5:5 ["a'b|c"]""" in page.text


def test_nobody_is_notified(make_report: MakeReport, make_finding: MakeFinding) -> None:
    text = markdown(make_report(make_finding(message="owned by @payments, see a@b")))
    assert not re.search(r"@\w", text)


def test_controls_and_line_breaks_are_escaped(make_report: MakeReport, make_finding: MakeFinding) -> None:
    assert page_of(markdown(make_report(make_finding(message="a\n\x1b[2Jb")))).cells[3] == "a\\n\\x1b[2Jb"


def test_findings_of_one_cause_are_one_row(make_report: MakeReport, make_finding: MakeFinding) -> None:
    report = make_report(*(make_finding(cause="timeout not stated", at=(n, 1, 2)) for n in range(1, 13)))
    page = page_of(markdown(report))
    assert page.cells[3].endswith(" (11 more with the same cause)")
    assert "also: 11 more with the same cause: shop.archlint.yaml:2:1, " in page.text


def test_a_large_report_fits_into_a_comment_and_says_what_it_leaves_out(
    make_report: MakeReport, make_finding: MakeFinding
) -> None:
    findings = [make_finding(message=f"{n} " + "x" * 150, remedy="y" * 300) for n in range(1000)]
    text = markdown(make_report(*findings))
    rows = len(page_of(text).cells) // 4
    assert LARGEST_TABLE + LARGEST_DETAILS < len(text) + 2000 < LARGEST_COMMENT
    assert f"The table leaves out {1000 - rows} findings, none worse than these." in text


def test_suppressed_findings_are_left_out_and_counted(make_report: MakeReport, make_finding: MakeFinding) -> None:
    text = markdown(make_report(make_finding(suppressed=Suppressed("inline"))))
    assert text.startswith("### archlint: no findings in 1 file")
    assert "30 checks, 1 suppressed" in text
    assert "|" not in text


def test_what_could_not_be_judged_is_one_line_or_all(
    make_report: MakeReport, unknowns: tuple[NotEvaluated, ...]
) -> None:
    report = make_report(not_evaluated=unknowns)
    brief, whole = page_of(markdown(report)), page_of(markdown(report, show_unknown=True))
    line = "Not evaluated: 32 pairs of 2 checks; most wanted: load.peak (32), latency.mean (30)"
    assert line in brief.text
    assert line in whole.text
    listed = "ABC001 too-few-slots needs load.peak on services.basket, services.search"
    assert listed not in brief.text
    assert listed in whole.text


def test_faults_and_assumptions_are_named(make_report: MakeReport) -> None:
    fault = Fault("check", "ABC001", "failed on service `a`: ValueError: no")
    text = page_of(markdown(make_report(faults=(fault,), assumptions=("services.a.replicas=3",)))).text
    assert "fault: check ABC001 failed: failed on service a: ValueError: no" in text
    assert "Assumed: services.a.replicas=3" in text
