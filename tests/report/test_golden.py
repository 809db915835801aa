"""Every format over the same reports, byte for byte. `UPDATE_GOLDEN=1 pytest tests/report` writes the files anew."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archlint.engine.results import Report
from archlint.engine.session import Request, run
from archlint.report import FORMATS, RenderOptions, render

if TYPE_CHECKING:
    from tests.report.conftest import MakeReport

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).parent / "golden"
SUFFIXES = {"json": "json", "sarif": "sarif", "junit": "junit.xml", "gitlab": "gitlab.json", "markdown": "md"}
MANIFESTS = ("fixtures/checks/LAW020/risky.yaml", "fixtures/checks/MAN002/risky.yaml")
CASES = ("everything", "nothing", "manifests")

ReportOf = Callable[[str], Report]


@pytest.fixture
def report_of(everything: Report, make_report: MakeReport, monkeypatch: pytest.MonkeyPatch) -> ReportOf:
    monkeypatch.chdir(ROOT)
    for module in ("json_report", "sarif_rules"):
        monkeypatch.setattr(f"archlint.report.{module}.VERSION", "1.2.3")
    makers: dict[str, Callable[[], Report]] = {
        "everything": lambda: everything,
        "nothing": make_report,
        "manifests": of_manifests,
    }
    return lambda case: makers[case]()


def of_manifests() -> Report:
    """Of a run; without the pages of its checks, which change more often than the format does."""
    request = Request(paths=MANIFESTS, select=("LAW020",), today=datetime.date(2026, 11, 15))
    return replace(run(request), rules=())


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("format", sorted(FORMATS.keys() - {"text"}))
def test_the_format_is_what_its_golden_file_holds(format: str, case: str, report_of: ReportOf) -> None:
    hold(f"{case}.{SUFFIXES.get(format, f'{format}.txt')}", render(report_of(case), format, RenderOptions()))


@pytest.mark.parametrize("case", CASES)
def test_statistics_are_what_their_golden_file_holds(case: str, report_of: ReportOf) -> None:
    hold(f"{case}.statistics.txt", render(report_of(case), "text", RenderOptions(statistics=True)))


def hold(name: str, text: str) -> None:
    file = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_bytes(text.encode())
    assert text.encode() == file.read_bytes()
