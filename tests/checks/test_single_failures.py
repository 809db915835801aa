"""Single failures, circles and tiers: what fixtures cannot say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from archlint.engine.results import Report, ReportedFinding
from archlint.testing import lint

SYSTEMS = Path(__file__).parents[2] / "fixtures" / "systems"
CODES = ("LAW120", "LAW121", "LAW124", "LAW126", "LAW129")


def report_of(services: dict[str, Any], availability: str = "99.9%", **sections: Any) -> Report:
    flow = {"entry": next(iter(services)), "slo": {"availability": availability, "window": "30d"}}
    data = {"archlint": 1, "system": {"name": "shop"}, "services": services, "flows": {"buy": flow}, **sections}
    report = lint(yaml.safe_dump(data, sort_keys=False))
    assert report.faults == ()
    return report


def found(report: Report, *codes: str) -> list[ReportedFinding]:
    return [finding for finding in report.findings if finding.code in (codes or CODES)]


def severities(report: Report, *codes: str) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity.label) for finding in found(report, *codes)]


def missing(report: Report, code: str) -> list[tuple[str, ...]]:
    return [group.needs for group in report.not_evaluated if group.code == code]


def test_the_seeded_risks_are_found_and_nothing_else_of_their_kind() -> None:
    path = SYSTEMS / "payments-risky.archlint.yaml"
    seeded = yaml.safe_load((SYSTEMS / "payments-risky.expected.yaml").read_text(encoding="utf-8"))["expected"]
    expected = [(e["code"], e["route"], e["line"]) for e in seeded if e["code"] in CODES]
    report = lint(path.read_bytes(), name=path.name)
    assert [(f.code, f.path, f.place.line) for f in found(report)] == expected


@pytest.mark.parametrize("name", ["payments-repaired", "parcels", "storefront"])
def test_healthy_systems_are_silent(name: str) -> None:
    path = SYSTEMS / f"{name}.archlint.yaml"
    assert found(lint(path.read_bytes(), name=path.name)) == []


@pytest.mark.parametrize("name", ["online-boutique", "sock-shop", "opentelemetry-demo"])
def test_drafts_are_told_for_information(name: str) -> None:
    path = SYSTEMS / f"{name}.archlint.yaml"
    findings = found(lint(path.read_bytes(), name=path.name), "LAW120", "LAW121", "LAW124", "LAW126")
    assert findings
    assert {finding.severity.label for finding in findings} == {"info"}


def test_two_replicas_clear_what_one_makes() -> None:
    (finding,) = found(report_of({"web": {"replicas": 1}}), "LAW120")
    assert [(entry.path, entry.value) for entry in finding.clears_when] == [("services.web.replicas", "2")]
    assert found(report_of({"web": {"replicas": 2}}), "LAW120") == []


def test_the_stricter_promise_decides_the_severity() -> None:
    assert severities(report_of({"web": {"replicas": 1}}, "99.9%"), "LAW120") == [("LAW120", "warning")]
    assert severities(report_of({"web": {"replicas": 1}}, "99.99%"), "LAW120") == [("LAW120", "error")]


def test_a_restart_that_is_over_the_budget_is_an_error() -> None:
    def with_startup(startup: str) -> Report:
        probe = {"kind": "liveness", "interval": "10s", "failures": 3}
        return report_of({"web": {"replicas": 1, "startup": startup, "health_check": probe}})

    assert severities(with_startup("42m"), "LAW120") == []
    assert severities(with_startup("43m"), "LAW120") == [("LAW120", "error")]


def test_one_instance_in_one_zone_makes_one_finding() -> None:
    report = report_of({"web": {"replicas": 1, "zones": ["a"], "domains": {"rack": "r1"}}})
    assert severities(report, "LAW120", "LAW121", "LAW124") == [("LAW120", "warning")]


def test_a_rack_inside_the_only_zone_makes_no_second_finding() -> None:
    report = report_of({"web": {"replicas": 3, "zones": ["a"], "domains": {"rack": "r1"}}})
    assert severities(report, "LAW120", "LAW121", "LAW124") == [("LAW121", "warning")]


@pytest.mark.parametrize("kind", ["provider", "account", "region"])
def test_what_holds_a_whole_system_is_silent_inside_the_budget(kind: str) -> None:
    assert found(report_of({"web": {"replicas": 3, "domains": {kind: "one"}}}), "LAW124") == []


def test_a_provider_over_the_budget_is_an_error() -> None:
    report = report_of({"web": {"replicas": 3, "domains": {"provider": "one"}}}, "99.995%")
    assert severities(report, "LAW124") == [("LAW124", "error")]


def test_a_region_over_the_budget_is_no_shared_domain() -> None:
    topology = {"regions": {"eu": {"zones": ["a", "b"]}}}
    services = {"web": {"replicas": 4, "zones": ["a", "b"], "domains": {"rack": ["r1", "r2"]}}}
    assert found(report_of(services, "99.9999%", topology=topology), "LAW124") == []


def test_an_external_is_left_to_its_own_promise() -> None:
    services = {"web": {"replicas": 2, "zones": ["a", "b"], "calls": [{"to": "cards"}]}}
    report = report_of(services, "99.999%", externals={"cards": {"provider": "psp"}})
    assert found(report, "LAW120", "LAW121", "LAW124") == []


def test_an_objective_without_availability_has_no_exposure() -> None:
    flow = {"entry": "web", "slo": {"latency_p99": "1s"}}
    (finding,) = found(report_of({"web": {"replicas": 1}}, flows={"buy": flow}), "LAW120")
    assert (finding.severity.label, finding.exposure) == ("warning", None)


@pytest.mark.parametrize(
    ("code", "services", "needs"),
    [
        ("LAW120", {"web": {"zones": ["a", "b"]}}, ("replicas",)),
        ("LAW121", {"web": {"replicas": 2}}, ("zones",)),
        ("LAW129", {"web": {"tier": "critical", "calls": [{"to": "api"}]}, "api": {}}, ("tier",)),
    ],
)
def test_what_is_missing_is_named(code: str, services: dict[str, Any], needs: tuple[str, ...]) -> None:
    assert missing(report_of(services), code) == [needs]


def test_a_cache_that_nobody_says_is_passed_by_is_not_judged() -> None:
    caches = {"sessions": {"nodes": 1, "backed_by": "ledger"}}
    stores = {"ledger": {"technology": "dynamodb"}}
    services = {"web": {"replicas": 2, "zones": ["a", "b"], "calls": [{"to": "sessions"}]}}
    report = report_of(services, caches=caches, datastores=stores)
    assert found(report, "LAW120") == []
    assert missing(report, "LAW120") == [("on_error",)]


def test_a_circle_is_an_error_only_where_something_is_promised() -> None:
    services = {"a": {"calls": [{"to": "b"}]}, "b": {"calls": [{"to": "a"}]}}
    assert severities(report_of(services), "LAW126") == [("LAW126", "error")]
    assert severities(report_of(services, flows={}), "LAW126") == [("LAW126", "info")]
