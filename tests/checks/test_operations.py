"""What fixtures cannot say of the checks of operations: what is not evaluated, and what is no business of theirs."""

from __future__ import annotations

import pytest

from archlint.engine.results import Report
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop}\n"


def needs(report: Report, code: str) -> list[tuple[str, ...]]:
    return [group.needs for group in report.not_evaluated if group.code == code]


def severities(report: Report, code: str) -> list[str]:
    return [finding.severity.label for finding in report.findings if finding.code == code]


@pytest.mark.parametrize(("profile", "found"), [("starter", []), ("standard", ["info"]), ("strict", ["warning"])])
def test_an_unstated_backup_is_weighed_by_the_profile(profile: str, found: list[str]) -> None:
    report = lint(HEAD + "datastores: {orders: {nodes: 1}}\n", profile=profile)
    assert severities(report, "OPS010") == found
    assert needs(report, "OPS010") == ([("backup",)] if profile == "starter" else [])


@pytest.mark.parametrize("profile", ["starter", "standard", "strict"])
def test_no_backup_stated_is_a_warning_in_every_profile(profile: str) -> None:
    report = lint(HEAD + "datastores: {orders: {nodes: 1, backup: none}}\n", profile=profile)
    assert severities(report, "OPS010") == ["warning"]


def test_a_projection_that_cannot_be_rebuilt_needs_a_backup() -> None:
    text = "datastores: {index: {backup: none}}\nprojections: {p: {to: index, rebuildable: false}}\n"
    assert severities(lint(HEAD + text), "OPS010") == ["warning"]


def test_monitoring_that_says_nothing_of_what_it_runs_on_is_not_evaluated() -> None:
    report = lint(HEAD + "services: {web: {replicas: 2}}\noperations: {monitoring: {signals: [errors]}}\n")
    assert needs(report, "OPS020") == [("operations.monitoring.runs_on",)]


@pytest.mark.parametrize("operations", ["", "operations: {monitoring: none}\n", "operations: {dns: {providers: 2}}\n"])
def test_without_monitoring_there_is_nothing_that_could_depend(operations: str) -> None:
    report = lint(HEAD + "services: {web: {replicas: 2}}\n" + operations)
    assert severities(report, "OPS020") == []
    assert needs(report, "OPS020") == []


def test_a_component_outside_the_run_is_not_evaluated() -> None:
    text = "services: {web: {replicas: 2}}\noperations: {monitoring: {runs_on: [platform/metrics]}}\n"
    assert needs(lint(HEAD + text), "OPS020") == [("operations.monitoring.runs_on",)]
