"""Circles on the way back: what fixtures cannot say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from archlint.engine.results import Report
from archlint.testing import lint

STARTS_WITH = {"on": "a", "phase": "startup"}


def report_of(services: dict[str, Any], **sections: Any) -> Report:
    promise = {"flows": {"buy": {"entry": next(iter(services)), "slo": {"availability": "99.9%"}}}}
    manifest = {"archlint": 1, "system": {"name": "shop"}, "services": services, **promise, **sections}
    report = lint(json.dumps(manifest), select=("LAW126", "LAW127"))
    assert report.faults == ()
    assert not [finding for finding in report.findings if finding.code.startswith("MAN")]
    return report


def found(report: Report) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity.label) for finding in report.findings]


def missing(report: Report) -> list[tuple[str, ...]]:
    return [group.needs for group in report.not_evaluated if group.code == "LAW127"]


def test_a_system_that_tells_only_of_requests_is_not_judged() -> None:
    assert missing(report_of({"a": {"calls": [{"to": "b"}]}, "b": {}})) == [("services.*.depends_on",)]
    assert missing(report_of({"a": {"calls": [{"to": "b"}]}, "b": {"depends_on": []}})) == []


def test_a_way_in_counts_only_where_it_is_said_what_it_needs() -> None:
    services = {
        "network": {"depends_on": [{"on": "tool", "phase": "control"}]},
        "tool": {"calls": [{"to": "network"}]},
    }
    access: dict[str, Any] = {"break_glass": True}
    assert found(report_of(services)) == [("LAW127", "error")]
    unknown = report_of(services, operations={"access": access})
    assert (found(unknown), missing(unknown)) == ([], [("operations.access.depends_on",)])
    assert found(report_of(services, operations={"access": access | {"depends_on": []}})) == []
    assert found(report_of(services, operations={"access": access | {"depends_on": ["tool"]}})) == [("LAW127", "error")]


def test_a_circle_of_requests_that_some_make_is_told_once_with_that_of_the_start() -> None:
    services = {
        "a": {"calls": [{"to": "b", "share": "20%"}], "depends_on": [{"on": "b", "phase": "startup"}]},
        "b": {"calls": [{"to": "a", "share": "20%"}]},
    }
    assert found(report_of(services)) == [("LAW127", "info")]


def test_a_circle_of_requests_without_end_has_no_second_finding() -> None:
    services = {"a": {"calls": [{"to": "b"}]}, "b": {"calls": [{"to": "a"}], "depends_on": [STARTS_WITH]}}
    assert found(report_of(services)) == [("LAW126", "error")]


def test_what_a_draft_says_of_calls_makes_no_error() -> None:
    drafted = {"a": {"calls": [{"to": "b"}]}, "b": {"depends_on": [STARTS_WITH]}}
    assert found(report_of(drafted, flows={})) == [("LAW127", "warning")]
    written = {"a": {"depends_on": [{"on": "b", "phase": "startup"}]}, "b": {"depends_on": [STARTS_WITH]}}
    assert found(report_of(written, flows={})) == [("LAW127", "error")]


@pytest.mark.parametrize(
    "call",
    [
        {"to": "b", "async": True},
        {"to": "b", "required": False},
        {"to": "b", "every": "1m"},
        {"to": "b", "phase": "control"},
        {"to": "b", "phase": "deploy"},
        {"to": "b", "fallback": {"use": "default"}},
        {"any_of": ["b", "c"]},
    ],
    ids=str,
)
def test_a_call_that_can_be_left_undone_closes_no_circle(call: dict[str, Any]) -> None:
    assert found(report_of({"a": {"calls": [call]}, "b": {"depends_on": [STARTS_WITH]}, "c": {}})) == []


def test_an_absent_fallback_is_none() -> None:
    depends = STARTS_WITH | {"fallback": "none"}
    assert found(report_of({"a": {"calls": [{"to": "b"}]}, "b": {"depends_on": [depends]}})) == [("LAW127", "error")]


def test_a_hundred_that_are_changed_through_what_needs_them_make_one_finding() -> None:
    names = [f"s{number:03}" for number in range(100)]
    services: dict[str, Any] = {name: {"depends_on": [{"on": "plane", "phase": "control"}]} for name in names}
    services["plane"] = {"calls": [{"to": name} for name in names]}
    report = report_of(services)
    assert found(report) == [("LAW127", "error")]
    assert report.findings[0].message.endswith("; 99 more with them")


def test_calls_towards_a_control_plane_say_who_is_changed_through_whom() -> None:
    def fires(call: dict[str, Any], plane: str | None) -> bool:
        services: dict[str, Any] = {
            "agent": {"calls": [call]},
            "plane": {"calls": [{"to": "agent"}], **({"plane": plane} if plane else {})},
        }
        return bool(found(report_of(services)))

    assert fires({"to": "plane", "phase": "control"}, "control")
    assert not fires({"to": "plane", "phase": "control"}, None)
