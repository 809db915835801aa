"""What the checks say of whole systems."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import yaml

from archlint.engine.results import Report
from archlint.plugin import INFO, WARNING
from archlint.testing import lint

SYSTEMS = Path(__file__).parents[2] / "fixtures" / "systems"


def report_of(name: str) -> Report:
    path = SYSTEMS / name
    return lint(path.read_bytes(), name=path.name, today=datetime.date(2026, 11, 20))


def test_the_storefront_lints_clean() -> None:
    """A healthy system gets no finding above info: for every check that was or will be added."""
    report = report_of("storefront.archlint.yaml")
    assert [f"{f.place.line} {f.code} {f.message}" for f in report.findings if f.severity > INFO] == []
    assert report.faults == ()


@pytest.mark.parametrize("path", sorted(SYSTEMS.glob("*.archlint.yaml")), ids=lambda path: path.name)
def test_every_system_is_a_valid_manifest(path: Path) -> None:
    report = report_of(path.name)
    assert [f.message for f in report.findings if f.code in {f"MAN00{n}" for n in range(1, 7)}] == []
    assert report.faults == ()


@pytest.mark.parametrize("name", ["payments-repaired.archlint.yaml", "parcels.archlint.yaml"])
def test_a_healthy_system_has_no_finding_above_info(name: str) -> None:
    report = report_of(name)
    assert [f"{f.place.line} {f.code} {f.message}" for f in report.findings if f.severity >= WARNING] == []


def test_every_seeded_risk_is_found_at_its_route_and_line() -> None:
    report = report_of("payments-risky.archlint.yaml")
    found = {(f.code, f.path, f.place.line) for f in report.findings}
    text = (SYSTEMS / "payments-risky.expected.yaml").read_text(encoding="utf-8")
    seeded = {(risk["code"], risk["route"], risk["line"]) for risk in yaml.safe_load(text)["expected"]}
    assert seeded - found == set()
