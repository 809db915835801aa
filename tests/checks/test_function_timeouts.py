"""What fixtures cannot say of LIM180: what is not evaluated, and which findings it stands for."""

from __future__ import annotations

import pytest

from archlint.engine.results import Report
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop}\n"
EDGE = "networks: {edge: {technology: api-gateway, settings: {tier: rest}}}\n"


def needs(report: Report) -> set[str]:
    return {field for group in report.not_evaluated if group.code == "LIM180" for field in group.needs}


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("services: {f: {technology: lambda}}\n", {"latency.p99"}),
        ("jobs: {f: {technology: lambda, every: 1d}}\n", {"duration_max"}),
        (
            "services: {f: {technology: lambda, latency: {p99: 1s}, calls: [{to: b}]}, b: {}}\n",
            {"services.*.calls.*.timeout"},
        ),
        (
            "services: {a: {calls: [{to: b, through: [edge]}]}, b: {latency: {p99: 1s}, calls: [{to: c}]}, c: {}}\n"
            + EDGE,
            {"services.*.calls.*.timeout"},
        ),
    ],
)
def test_what_is_missing_is_named(text: str, fields: set[str]) -> None:
    report = lint(HEAD + text, select=("LIM180",))
    assert report.findings == ()
    assert needs(report) == fields


@pytest.mark.parametrize(
    "text",
    [
        "services: {a: {replicas: 2}}\n",
        "services: {a: {technology: jvm, latency: {p99: 1h}}}\n",
        "networks: {n: {kind: nat}}\n",
    ],
)
def test_what_ends_nothing_is_left_alone(text: str) -> None:
    report = lint(HEAD + text, select=("LIM180",))
    assert report.findings == ()
    assert needs(report) == set()


def test_it_stands_for_the_findings_on_the_same_limit_alone() -> None:
    text = (
        "services: {f: {technology: lambda, latency: {p99: 20m}, settings: {Timeout: 900}, memory: {limit: 20GiB}}}\n"
    )
    found = [(f.code, f.path) for f in lint(HEAD + text).findings if f.code.startswith("LIM")]
    assert found == [("LIM180", "services.f.latency.p99"), ("LIM001", "services.f.memory.limit")]


def test_a_default_is_marked_as_one() -> None:
    text = (
        "services: {f: {technology: lambda, latency: {p99: 1s}, calls: [{to: b, access: read, timeout: 5s}]},"
        " b: {latency: {p99: 1s}}}\n"
    )
    (finding,) = lint(HEAD + text, select=("LIM180",)).findings
    assert "killed after 3s by default" in finding.message
    assert any(row.name == "ends after (default)" for row in finding.evidence)
