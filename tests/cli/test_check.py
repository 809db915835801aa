from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from archlint.cli.check import FAIL_LEVELS, PROFILES
from archlint.engine import exit_codes, profiles, session
from archlint.engine.results import Fault, Report
from archlint.plugin import Severity
from archlint.report.schema import report_schema

if TYPE_CHECKING:
    from tests.cli.conftest import Run

MISSPELT = """\
archlint: 1
system: {name: shop}
services:
  checkout:
    replcas: 2
"""
CLEAN = "archlint: 1\nsystem: {name: shop}\n"


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "archlint.yaml"
    file.write_text(MISSPELT, encoding="utf-8")
    return file


def faulty(monkeypatch: pytest.MonkeyPatch, *faults: Fault) -> None:
    """Make every run end with these faults."""
    real = session.run

    def run(request: session.Request) -> Report:
        from dataclasses import replace

        return replace(real(request), faults=faults)

    monkeypatch.setattr(session, "run", run)


def test_the_current_folder_is_linted_by_default(archlint: Run, manifest: Path) -> None:
    result = archlint("check", "--format", "concise", "--today", "2026-11-15")
    assert result.code == exit_codes.FINDINGS
    assert result.err == ""
    assert result.out.startswith("archlint.yaml:5:5: error MAN002[schema-violation] `replcas` ")
    assert result.out.endswith("dated 2026-11-15\n")


def test_the_default_format_shows_the_line_and_a_caret(archlint: Run, manifest: Path) -> None:
    assert "\n5 |     replcas: 2\n  |     ^^^^^^^\n" in archlint("check").out


def test_nothing_found_is_0(archlint: Run, manifest: Path) -> None:
    manifest.write_text(CLEAN)
    result = archlint("check")
    assert result.code == exit_codes.CLEAN
    assert result.out.startswith("no findings in 1 file, 0 components\n")


@pytest.mark.parametrize("option", [("--exit-zero",), ("--fail-on", "never")])
def test_findings_may_be_made_harmless(archlint: Run, manifest: Path, option: tuple[str, ...]) -> None:
    assert archlint("check", *option).code == exit_codes.CLEAN


def test_choices_are_those_of_the_engine() -> None:
    assert PROFILES == profiles.PROFILES
    assert [*(level.label for level in sorted(Severity, reverse=True)), "never"] == list(FAIL_LEVELS)


def test_json_validates_and_stands_alone_on_standard_output(archlint: Run, manifest: Path) -> None:
    result = archlint("check", "--format", "json", "--today", "2026-11-15")
    document = json.loads(result.out)
    jsonschema.Draft202012Validator(report_schema()).validate(document)
    assert document["today"] == "2026-11-15"
    assert [(f["code"], f["line"], f["column"]) for f in document["findings"]] == [("MAN002", 5, 5)]
    assert result.code == exit_codes.FINDINGS


def test_the_environment_gives_format_and_date(archlint: Run, manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHLINT_FORMAT", "json")
    monkeypatch.setenv("ARCHLINT_TODAY", "2027-02-03")
    assert json.loads(archlint("check").out)["today"] == "2027-02-03"
    assert archlint("check", "--format", "concise", "--today", "2028-01-01").out.endswith("dated 2028-01-01\n")


@pytest.mark.parametrize(("name", "value"), [("ARCHLINT_FORMAT", "sarf"), ("ARCHLINT_TODAY", "15.11.2026")])
def test_a_wrong_environment_is_wrong_usage_and_names_the_variable(
    archlint: Run, manifest: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    result = archlint("check")
    assert result.code == exit_codes.USAGE
    assert value in result.err
    assert name in result.err


def test_today_is_the_clock_where_nothing_is_said(archlint: Run, manifest: Path) -> None:
    before = datetime.date.today()
    stated = json.loads(archlint("check", "--format", "json").out)["today"]
    assert stated in {before.isoformat(), datetime.date.today().isoformat()}


def test_output_takes_the_report_away_from_standard_output(archlint: Run, manifest: Path) -> None:
    result = archlint("check", "--format", "json", "--output", "out/report.json")
    assert (result.code, result.out) == (exit_codes.FINDINGS, "")
    assert json.loads(Path("out/report.json").read_text())["version"] == 1


def test_further_outputs_stand_beside_standard_output(archlint: Run, manifest: Path) -> None:
    result = archlint("check", "-o", "json=a.json", "-o", "concise=b.txt", "--format", "grouped")
    assert result.out.startswith("archlint.yaml\n  checkout\n")
    assert json.loads(Path("a.json").read_text())["version"] == 1
    assert Path("b.txt").read_text().startswith("archlint.yaml:5:5: ")


def test_color_reaches_files_only_when_always(archlint: Run, manifest: Path) -> None:
    archlint("check", "-o", "a.txt")
    assert "\x1b[" not in Path("a.txt").read_text()
    archlint("check", "-o", "a.txt", "--color", "always")
    assert "\x1b[" in Path("a.txt").read_text()
    assert "\x1b[" in archlint("check", "--color", "always").out
    assert "\x1b[" not in archlint("check", "--format", "json", "--color", "always").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "sarf=x"), "`sarf` is no format"),
        (("-o", "json="), "names no file"),
        (("-o", "a", "-o", "b"), "--output takes one FILE"),
        (("-o", "json=a", "-o", "concise=./a"), "--output names one file twice"),
        (("-o", "."), "cannot write .: Is a directory"),
        (("--today", "tomorrow"), "`tomorrow` is no date; write one as 2026-11-15"),
        (("--select", "LAW999"), "no check matches the selector `LAW999`"),
        (("--stdin-filename", "x.yaml"), "--stdin-filename names what `-` reads"),
        (("--profile", "lenient"), "'lenient' is not one of"),
        (("nowhere.yaml",), "nowhere.yaml: no such file"),
        (("-", "archlint.yaml"), "`-` reads standard input"),
        (("--set", "services"), "services"),
        (("--scale-load", "fast"), "fast"),
    ],
)
def test_wrong_usage_is_2_and_says_what_is_wrong(
    archlint: Run, manifest: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = archlint("check", *arguments)
    assert result.code == exit_codes.USAGE
    assert message in result.err
    assert result.out == ""
    assert "Traceback" not in result.err


def test_no_manifest_is_2_unless_accepted(archlint: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert archlint("check").code == exit_codes.USAGE
    assert "no manifest below ." in archlint("check").err
    result = archlint("check", "--allow-empty", "--format", "json")
    assert result.code == exit_codes.CLEAN
    assert json.loads(result.out)["findings"] == []


def test_a_dash_reads_standard_input(archlint: Run) -> None:
    result = archlint("check", "-", "--format", "concise", stdin=MISSPELT.encode())
    assert result.out.startswith("<stdin>:5:5: error MAN002")
    named = archlint("check", "-", "--stdin-filename", "x.yaml", "--format", "concise", stdin=MISSPELT.encode())
    assert named.out.startswith("x.yaml:5:5: error MAN002")


def test_a_named_file_is_read_whatever_its_name(archlint: Run, manifest: Path) -> None:
    manifest.rename("other.txt")
    assert archlint("check", "other.txt").code == exit_codes.FINDINGS


def test_a_what_if_is_listed(archlint: Run, manifest: Path) -> None:
    manifest.write_text("archlint: 1\nsystem: {name: shop}\nservices:\n  checkout: {replicas: 2}\n")
    result = archlint("check", "--set", "services.checkout.replicas=3")
    assert result.code == exit_codes.CLEAN
    assert "assumed: " in result.out
    assert "services.checkout.replicas" in result.out
    listed: dict[str, Any] = json.loads(archlint("check", "--scale-load", "2x", "--format", "json").out)
    assert listed["assumptions"]


CHECK_FAULT = Fault("check", "ABC001", "failed on service `a`: KeyError: 'x'")
PLUGIN_FAULT = Fault("plug-in", "own", "ImportError: none", "archlint-own 1.2")


@pytest.mark.parametrize(
    ("faults", "code"),
    [((CHECK_FAULT,), exit_codes.INTERNAL), ((CHECK_FAULT, PLUGIN_FAULT), exit_codes.USAGE)],
)
@pytest.mark.parametrize("option", [(), ("--exit-zero",)])
def test_faults_outweigh_findings(
    archlint: Run, manifest: Path, monkeypatch: pytest.MonkeyPatch,
    faults: tuple[Fault, ...], code: int, option: tuple[str, ...],
) -> None:  # fmt: skip
    faulty(monkeypatch, *faults)
    assert archlint("check", *option).code == code


def test_faults_are_named_once_in_every_format(archlint: Run, manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faulty(monkeypatch, CHECK_FAULT)
    line = "fault: check ABC001 failed: failed on service `a`: KeyError: 'x'\n"
    text = archlint("check")
    assert line in text.out
    assert text.err == ""
    machine = archlint("check", "--format", "json")
    assert machine.err == line
    json.loads(machine.out)
