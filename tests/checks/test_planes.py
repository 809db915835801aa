"""The control plane on the data path: what fixtures cannot say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from archlint.engine.results import Report
from archlint.testing import lint

OPERATIONS = {"monitoring": {"detection": "5m"}, "response": {"acknowledge": "5m", "mitigate": "20m"}}


def report_of(call: dict[str, Any], *, plane: dict[str, Any] | None = None, **sections: Any) -> Report:
    manifest: dict[str, Any] = {
        "archlint": 1,
        "system": {"name": "shop"},
        "services": {"web": {"calls": [{"to": "settings", **call}]}},
        "datastores": {"settings": {"plane": "control", **(plane or {})}},
        "flows": {"buy": {"entry": "web", "slo": {"availability": "99.9%"}}},
        **sections,
    }
    report = lint(json.dumps(manifest), select=("LAW128",))
    assert report.faults == ()
    assert not [finding for finding in report.findings if finding.code.startswith("MAN")]
    return report


def severities(report: Report) -> list[str]:
    return [finding.severity.label for finding in report.findings]


def missing(report: Report) -> list[tuple[str, ...]]:
    return [group.needs for group in report.not_evaluated]


def test_of_a_copy_it_must_be_said_how_long_it_lasts() -> None:
    report = report_of({"fallback": {"use": "cached"}})
    assert (severities(report), missing(report)) == ([], [("services.*.calls.fallback.max_age",)])


def test_of_a_cache_in_between_it_must_be_said_what_it_does_on_an_error() -> None:
    caches = {"copies": {"backed_by": "settings"}}
    report = report_of({"to": "copies"}, caches=caches)
    assert (severities(report), missing(report)) == ([], [("caches.*.on_error",)])


@pytest.mark.parametrize(
    ("plane", "age", "expected"),
    [
        ({}, "30m", []),
        ({}, "29m", ["warning"]),
        ({"rto": "1h"}, "30m", ["warning"]),
        ({"rto": {"instance": "1h"}}, "1h", []),
        ({"rto": {"zone": "1h"}}, "30m", []),
        ({"rto": "1h", "failover": {"automatic": True, "time": "20s"}}, "20s", []),
        ({"failover": {"automatic": False, "time": "20s"}}, "20s", ["warning"]),
    ],
)
def test_a_copy_must_last_until_the_control_plane_is_back(plane: dict[str, Any], age: str, expected: list[str]) -> None:
    call = {"fallback": {"use": "cached", "max_age": age}}
    assert severities(report_of(call, plane=plane, operations=OPERATIONS)) == expected


def test_where_nobody_says_how_long_a_recovery_takes_any_copy_is_enough() -> None:
    assert severities(report_of({"fallback": {"use": "cached", "max_age": "1s"}})) == []


@pytest.mark.parametrize(("slo", "expected"), [({"availability": "99.9%"}, "warning"), ("none", "info")])
def test_where_nothing_is_promised_it_is_for_information(slo: Any, expected: str) -> None:
    assert severities(report_of({}, flows={"buy": {"entry": "web", "slo": slo}})) == [expected]


def test_a_critical_component_counts_without_a_flow() -> None:
    web = {"tier": "critical", "calls": [{"to": "settings"}]}
    assert severities(report_of({}, flows={}, services={"web": web})) == ["warning"]
    assert severities(report_of({}, flows={}, services={"web": web | {"plane": "control"}})) == []


def test_what_the_control_plane_needs_is_its_own_affair() -> None:
    services = {"web": {"calls": [{"to": "api"}]}, "api": {"plane": "control", "calls": [{"to": "settings"}]}}
    (finding,) = report_of({}, services=services).findings
    assert finding.path == "services.web.calls[api].fallback"


def test_a_hundred_that_wait_for_one_control_plane_make_one_finding() -> None:
    names = [f"s{number:03}" for number in range(100)]
    services: dict[str, Any] = {name: {"calls": [{"to": "settings"}]} for name in names}
    services["web"] = {"calls": [{"to": name} for name in names]}
    (finding,) = report_of({}, services=services).findings
    assert finding.message.startswith("s000, s001 and 98 more cannot serve without settings (control plane): buy stops")
