"""One region under a promise, and failovers: what fixtures cannot say."""

from __future__ import annotations

import pytest

from archlint.engine.results import Report
from archlint.testing import lint

SHOP = """
archlint: 1
system: {{name: shop}}
{topology}
services: {{web: {{replicas: 2, {web}}}}}
datastores: {{db: {{nodes: 2, zones: [a, b], replication: {{mode: sync}}, {db}}}}}
flows: {{buy: {{entry: web, slo: {{availability: {promise}, window: 30d}}}}}}
"""


def report_of(*, web: str = "zones: [a, b], calls: [{to: db}]", db: str, promise: str, topology: str = "") -> Report:
    report = lint(SHOP.format(web=web, db=db, promise=promise, topology=topology))
    assert report.faults == ()
    return report


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings if finding.code in ("LAW120", "LAW122", "LAW123")]


def missing(report: Report, code: str) -> list[tuple[str, ...]]:
    return [group.needs for group in report.not_evaluated if group.code == code]


PROVEN = "failover: {automatic: true, scope: region, proven: 2026-09-20}"
REGION = "topology: {regions: {eu: {zones: [a, b]}}}"


@pytest.mark.parametrize(("promise", "expected"), [("99.99%", []), ("99.995%", ["LAW122"])])
def test_the_budget_of_the_promise_decides_whether_one_region_is_enough(promise: str, expected: list[str]) -> None:
    assert codes(report_of(db=PROVEN, promise=promise, topology=REGION)) == expected


def test_where_things_stand_is_asked_only_of_a_promise_that_cannot_bear_a_region() -> None:
    assert missing(report_of(db=PROVEN, promise="99.9%", web="calls: [{to: db}]"), "LAW122") == []
    strict = missing(report_of(db=PROVEN, promise="99.999%", web="calls: [{to: db}]"), "LAW122")
    assert sorted(strict) == [("topology.regions",), ("zones",)]


@pytest.mark.parametrize(
    ("db", "needs"),
    [
        ("tier: critical", ("failover",)),
        ("failover: {scope: zone, proven: 2026-09-20}", ("failover.automatic", "failover.time")),
        ("failover: {automatic: true, scope: zone, proven: 2026-09-20}", ("failover.time",)),
        ("failover: {automatic: false, scope: zone, proven: 2026-09-20}", ("failover.time",)),
    ],
)
def test_what_is_not_said_of_a_failover_is_not_judged(db: str, needs: tuple[str, ...]) -> None:
    report = report_of(db=db, promise="99.9%")
    assert codes(report) == []
    assert missing(report, "LAW123") == [needs]


def test_a_failover_that_is_stated_not_to_exist_is_a_single_point_of_failure() -> None:
    assert codes(report_of(db="failover: none", promise="99.9%")) == ["LAW120"]


@pytest.mark.parametrize(("targets", "expected"), [("[db]", []), ("[web]", ["LAW123"])])
def test_a_test_of_other_components_proves_nothing(targets: str, expected: list[str]) -> None:
    chaos = f"verification: {{chaos: {{proven: 2026-10-08, scenarios: [failover], targets: {targets}}}}}"
    report = report_of(db="failover: {automatic: true, scope: zone}", promise="99.9%", topology=chaos)
    assert codes(report) == expected


@pytest.mark.parametrize(
    ("failover", "expected"),
    [
        ("automatic: false, time: 20m", ["warning"]),
        ("automatic: false, time: 20m, proven: 2026-09-20", ["info"]),
        ("automatic: false, time: 44m, proven: 2026-09-20", ["warning"]),
        ("automatic: true, time: 43m, proven: 2026-09-20", []),
        ("automatic: true, time: 44m, proven: 2026-09-20", ["warning"]),
    ],
)
def test_a_failover_is_judged_by_its_proof_its_time_and_who_starts_it(failover: str, expected: list[str]) -> None:
    report = report_of(db=f"failover: {{scope: zone, {failover}}}", promise="99.9%")
    assert [finding.severity.label for finding in report.findings if finding.code == "LAW123"] == expected


@pytest.mark.parametrize(("rto", "expected"), [("20m", "info"), ("19m", "warning"), ("{zone: 19m}", "warning")])
def test_a_manual_failover_keeps_what_the_store_promises_itself(rto: str, expected: str) -> None:
    db = f"failover: {{automatic: false, scope: zone, time: 20m, proven: 2026-09-20}}, rto: {rto}"
    report = report_of(db=db, promise="99.9%")
    assert [finding.severity.label for finding in report.findings if finding.code == "LAW123"] == [expected]


def test_the_share_of_requests_that_need_the_store_spends_that_share() -> None:
    db = "failover: {automatic: true, scope: zone, time: 80m, proven: 2026-09-20}"
    report = report_of(db=db, promise="99.9%", web="zones: [a, b], calls: [{to: db, share: 50%}]")
    assert codes(report) == []


def test_without_an_availability_nothing_is_asked_of_its_time() -> None:
    db = "failover: {automatic: true, scope: zone, proven: 2026-09-20}"
    manifest = SHOP.format(web="zones: [a, b], calls: [{to: db}]", db=db, promise="99.9%", topology="")
    report = lint(manifest.replace("availability: 99.9%", "latency_p99: 1s"))
    assert (codes(report), missing(report, "LAW123")) == ([], [])
