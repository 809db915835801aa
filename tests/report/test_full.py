from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from archlint.engine.results import ClearRow, Fault, NotEvaluated, Report, ReportedFinding, Suppressed
from archlint.plugin import Severity
from archlint.report import RenderOptions, render

if TYPE_CHECKING:
    from tests.report.conftest import MakeFinding, MakeReport

PLAIN = RenderOptions()


def full(report: Report, options: RenderOptions = PLAIN) -> str:
    return render(report, "full", options)


def test_a_finding_shows_its_line_its_arithmetic_and_its_remedy(
    make_report: MakeReport, rich_finding: ReportedFinding
) -> None:
    assert full(make_report(rich_finding)) == dedent("""\
        error ABC001[too-few-slots]: checkout needs 1,000 slots at peak, its 12 replicas hold 768
         --> shop.archlint.yaml:5:5 services.checkout.replicas
          |
        5 |     replicas: 12
          |     ^^^^^^^^
          = demand: 1,000 slots
          = supply: 768 slots
          = formula: demand = peak × service time = 10k/s × 100ms
          = clears when: services.checkout.replicas = 16
          = clears when: services.checkout.capacity.service_time = 76ms
          = related: the peak is stated here (shop.archlint.yaml:6:5)
          = help: Raise `replicas` to 16.
          = see: https://example.org/ABC001

        1 error in 1 file, 14 components
        checked 119 of 120 check-component pairs (99%) with 30 checks, dated 2026-11-15
        """)


def test_text_is_another_name_of_full(make_report: MakeReport, rich_finding: ReportedFinding) -> None:
    report = make_report(rich_finding)
    assert render(report, "text", PLAIN) == full(report)


def test_nothing_found_still_says_what_was_looked_at(make_report: MakeReport) -> None:
    assert full(make_report()) == dedent("""\
        no findings in 1 file, 14 components
        checked 119 of 120 check-component pairs (99%) with 30 checks, dated 2026-11-15
        """)


def test_values_that_clear_different_severities_say_which(make_report: MakeReport, make_finding: MakeFinding) -> None:
    rows = (ClearRow("services.checkout.replicas", "16", "error"), ClearRow("load.peak", "7k/s", "warning"))
    text = full(make_report(make_finding(clears_when=rows)))
    assert "  = clears when: services.checkout.replicas = 16 (clears the error)\n" in text
    assert "  = clears when: load.peak = 7k/s (clears the warning)\n" in text


def test_an_unproven_finding_names_what_is_not_stated(make_report: MakeReport, make_finding: MakeFinding) -> None:
    text = full(make_report(make_finding(unproven=True, needs=("load.peak", "latency.mean"))))
    assert "  = not shown safe: not stated: load.peak, latency.mean\n" in text


def test_a_place_beyond_the_known_text_has_no_excerpt(make_report: MakeReport, make_finding: MakeFinding) -> None:
    text = full(make_report(make_finding(at=(99, 1, 2)), make_finding(file="other.yaml")))
    assert "^" not in text
    assert " --> other.yaml:5:5" in text


def test_lines_break_at_lf_crlf_and_cr_only(make_report: MakeReport, make_finding: MakeFinding) -> None:
    source = "\ufeffa: \u2028\r\nb: \x0c\rc: 3\nd: 4"
    text = full(make_report(make_finding(at=(4, 1, 2)), sources={"shop.archlint.yaml": source}))
    assert "4 | d: 4\n  | ^\n" in text


def test_suppressed_findings_are_counted_and_left_out(make_report: MakeReport, make_finding: MakeFinding) -> None:
    text = full(make_report(make_finding(suppressed=Suppressed("inline", "known"))))
    assert text.startswith("no findings in 1 file")
    assert "30 checks, 1 suppressed, dated 2026-11-15" in text


def test_assumptions_and_faults_are_named_before_the_counts(make_report: MakeReport) -> None:
    faults = (
        Fault("check", "ABC001", "failed on service `a`: ZeroDivisionError: division by zero"),
        Fault("plug-in", "own", "ImportError: no module", "archlint-own 1.2"),
    )
    assert full(make_report(assumptions=("services.a.replicas=3",), faults=faults)).startswith(
        "assumed: services.a.replicas=3\n"
        "fault: check ABC001 failed: failed on service `a`: ZeroDivisionError: division by zero\n"
        "fault: plug-in own of archlint-own 1.2 failed: ImportError: no module\n"
        "no findings in"
    )


def test_what_could_not_be_judged_is_one_line_with_the_most_wanted_fields(
    make_report: MakeReport, unknowns: tuple[NotEvaluated, ...]
) -> None:
    assert full(make_report(not_evaluated=unknowns)).endswith(
        "\nnot evaluated: 32 pairs of 2 checks; most wanted: load.peak (32), latency.mean (30); "
        "--show-unknown lists all\n"
    )


def test_show_unknown_lists_every_check_with_all_components(
    make_report: MakeReport, unknowns: tuple[NotEvaluated, ...]
) -> None:
    text = full(make_report(not_evaluated=unknowns), RenderOptions(show_unknown=True, width=50))
    assert text.endswith(
        "not evaluated:\n"
        "  ABC001[too-few-slots] needs load.peak on 2 components\n"
        "    services.basket, services.search\n"
        "  ABC002[too-slow] needs latency.mean, load.peak on 30 components\n"
        + "".join(
            "    " + ", ".join(f"services.s{n:02}" for n in range(first, first + 3)) + end + "\n"
            for first, end in [*((n, ",") for n in range(0, 27, 3)), (27, "")]
        )
    )


def test_the_share_is_rounded_down_so_that_100_percent_means_all(make_report: MakeReport) -> None:
    assert "(99%)" in full(make_report())
    assert "(100%)" not in full(make_report())


def test_color_wraps_whole_words_and_changes_no_text(make_report: MakeReport, rich_finding: ReportedFinding) -> None:
    import re

    colored = full(make_report(rich_finding), RenderOptions(color=True))
    assert colored.startswith("\x1b[1;31merror ABC001[too-few-slots]\x1b[0m: ")
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == full(make_report(rich_finding))


def test_text_of_a_manifest_cannot_act_on_the_terminal(make_report: MakeReport, make_finding: MakeFinding) -> None:
    source = 'a: "\x1b]0;title\x07"\n'
    finding = make_finding(message="`\x1b[2J\n\u202e` is odd", at=(1, 1, 2))
    text = full(make_report(finding, sources={"shop.archlint.yaml": source}))
    assert "`\\x1b[2J\\n\\u202e` is odd" in text
    assert "\x1b" not in text
    assert "\x07" not in text


def test_infos_are_counted_in_words(make_report: MakeReport, make_finding: MakeFinding) -> None:
    findings = [make_finding(severity=level) for level in (Severity.INFO, Severity.INFO, Severity.WARNING)]
    assert "\n1 warning, 2 info in 1 file, 14 components\n" in full(make_report(*findings))
