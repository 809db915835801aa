"""Findings and reports made by hand, so that a format is tested without an engine."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from archlint.engine.results import (
    ClearRow,
    EvidenceRow,
    Fault,
    NotEvaluated,
    RelatedPlace,
    Report,
    ReportedFinding,
    Rule,
    Summary,
    Suppressed,
)
from archlint.manifest.problems import Place
from archlint.plugin import ERROR, INFO, WARNING, Check, Finding, Service, Severity, check

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


@check("ABC001", "too-few-slots", severity=ERROR)
def too_few_slots(service: Service) -> Iterator[Finding]:
    """The peak needs more slots than there are.

    What it finds: services whose slots are fewer than the requests in flight.

    Why it matters: what finds no slot waits or is refused.

    Risky:
        archlint: 1

    Safe:
        archlint: 1
    """
    yield from ()


@check("ACM002", "too-slow", severity=WARNING, status="preview", default=False)
def too_slow(service: Service) -> Iterator[Finding]:
    """An answer takes longer than promised."""
    yield from ()


def check_of(function: Any) -> Check:
    made: Check = function.check
    return made


@pytest.fixture
def rules() -> tuple[Rule, ...]:
    """One of archlint, one of a plug-in."""
    return (Rule(check_of(too_few_slots)), Rule(check_of(too_slow), "archlint-acme", "1.2"))


@pytest.fixture
def everything(
    make_report: MakeReport,
    make_finding: MakeFinding,
    rich_finding: ReportedFinding,
    unknowns: tuple[NotEvaluated, ...],
    rules: tuple[Rule, ...],
) -> Report:
    """A report that has everything that a report may have, and text that is markup somewhere."""
    odd = 'a | b <b>`c|d`</b> & "e" @team *f* 100% a,b:c\n\x1b\ufffe [g](1)'
    odd_file = "größe 1/a,b:c.archlint.yaml"
    return make_report(
        make_finding(code="ACM002", name="too-slow", severity=INFO, at=(1, 1, 2), message=odd, file=odd_file),
        rich_finding,
        make_finding(at=(6, 5, 9), fingerprint="v1:1111111111111111", message="the twin of the finding before"),
        make_finding(
            code="ACM002", name="too-slow", severity=WARNING, fingerprint="v1:2222222222222222", component="",
            path="", place=Place(7, 5, 9, 31), message="ledger answers in 90ms, 50ms are promised",
        ),
        make_finding(
            fingerprint="v1:3333333333333333", path="services.checkout.calls[ledger]",
            suppressed=Suppressed("waiver", "moves in May", "2027-05-31"),
        ),
        make_finding(fingerprint="v1:4444444444444444", suppressed=Suppressed("baseline")),
        not_evaluated=unknowns,
        assumptions=("services.checkout.replicas=12",),
        faults=(
            Fault("check", "ABC001", "failed on service `a`: ZeroDivisionError: division by zero"),
            Fault("plug-in", "own", "ImportError: no module", "archlint-own 1.2"),
        ),
        sources={"shop.archlint.yaml": SOURCE, "clean.archlint.yaml": "archlint: 1\n", odd_file: "archlint: 1\n"},
        rules=rules,
        locations={"shop.archlint.yaml": "deploy/shop.archlint.yaml"},
    )  # fmt: skip
