"""Findings and reports made by hand, so that a format is tested without an engine."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from archlint.engine.results import (
    ClearRow,
    EvidenceRow,
    NotEvaluated,
    RelatedPlace,
    Report,
    ReportedFinding,
    Summary,
)
from archlint.manifest.problems import Place
from archlint.plugin import Severity

SOURCE = """\
archlint: 1
system: {name: shop}
services:
  checkout:
    replicas: 12
    load: {peak: 10k/s}
    calls:
      - to: ledger
        retries: {attempts: 3}
"""

MakeFinding = Callable[..., ReportedFinding]
MakeReport = Callable[..., Report]


@pytest.fixture
def make_finding() -> MakeFinding:
    def make(**changes: Any) -> ReportedFinding:
        place = changes.pop("at", (5, 5, 13))
        given: dict[str, Any] = {
            "code": "ABC001",
            "name": "too-few-slots",
            "severity": Severity.ERROR,
            "message": "checkout needs 1,000 slots at peak, its 12 replicas hold 768",
            "file": "shop.archlint.yaml",
            "place": Place(place[0], place[1], place[0], place[2]),
            "path": "services.checkout.replicas",
            "component": "checkout",
            "system": "shop",
            "fingerprint": "v1:0123456789abcdef",
        }
        return ReportedFinding(**(given | changes))

    return make


@pytest.fixture
def make_report() -> MakeReport:
    def make(*findings: ReportedFinding, **changes: Any) -> Report:
        shown = [finding.severity for finding in findings if finding.suppressed is None]
        summary = Summary(
            files=1,
            components=14,
            checks=30,
            error=shown.count(Severity.ERROR),
            warning=shown.count(Severity.WARNING),
            info=shown.count(Severity.INFO),
            suppressed=len(findings) - len(shown),
            clear=117,
            fired=2,
            not_evaluated=1,
        )
        given: dict[str, Any] = {
            "findings": findings,
            "not_evaluated": (),
            "summary": summary,
            "today": datetime.date(2026, 11, 15),
            "sources": {"shop.archlint.yaml": SOURCE},
        }
        return Report(**(given | changes))

    return make


@pytest.fixture
def rich_finding(make_finding: MakeFinding) -> ReportedFinding:
    """A finding that has everything that a finding may have."""
    return make_finding(
        exposure=1000 / 768,
        evidence=(
            EvidenceRow("demand", 1000.0, "slots", "1,000 slots"),
            EvidenceRow("supply", 768.0, "slots", "768 slots"),
        ),
        formula="demand = peak × service time = 10k/s × 100ms",
        clears_when=(
            ClearRow("services.checkout.replicas", "16", "error"),
            ClearRow("services.checkout.capacity.service_time", "76ms", "error"),
        ),
        remedy="Raise `replicas` to 16.",
        related=(RelatedPlace("shop.archlint.yaml", Place(6, 5, 6, 9), "the peak is stated here"),),
        url="https://example.org/ABC001",
    )


@pytest.fixture
def unknowns() -> tuple[NotEvaluated, ...]:
    return (
        NotEvaluated(
            "ABC001", "too-few-slots", ("load.peak",), 2, ("services.basket", "services.search")
        ),
        NotEvaluated(
            "ABC002", "too-slow", ("latency.mean", "load.peak"), 30,
            tuple(f"services.s{n:02}" for n in range(30)),
        ),
    )  # fmt: skip
