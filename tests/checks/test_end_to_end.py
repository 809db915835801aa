"""What fixtures cannot say of promises, dependencies and budgets: who speaks for whom, and what is not evaluated."""

from __future__ import annotations

from archlint.engine.results import Report
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop}\n"
BUY = "flows:\n  buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}\n"
CHANGES = "changes:\n  code: {per: 1/day, failure_rate: 1%, restore: 5m, steps: [1%], bake: 10m}\n"


def codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings if finding.code.startswith("LAW10")]


def needs(report: Report, code: str) -> list[str]:
    return sorted(field for group in report.not_evaluated if group.code == code for field in group.needs)


def system(calls: str, externals: str, more: str = CHANGES) -> Report:
    services = f"services:\n  checkout: {{replicas: 4, zones: [a, b], calls: [{calls}]}}\n"
    return lint(f"{HEAD}{services}externals: {{{externals}}}\n{BUY}{more}")


def test_a_dependency_that_explains_a_shortfall_speaks_for_the_flow() -> None:
    report = system("{to: bank}", "bank: {measured: {availability: 99.5%}}")
    assert codes(report) == ["LAW102"]


def test_two_dependencies_that_explain_it_together_speak_for_the_flow() -> None:
    told = "bank: {measured: {availability: 99.5%}}, tax: {measured: {availability: 99.6%}}"
    assert codes(system("{to: bank}, {to: tax}", told)) == ["LAW102", "LAW102"]


def test_a_shortfall_that_is_left_is_reported_beside_the_dependency() -> None:
    told = "bank: {measured: {availability: 99.5%}}, tax: {measured: {availability: 99.94%}}"
    more = "fraud: {measured: {availability: 99.93%}}"
    report = system("{to: bank}, {to: tax}, {to: fraud}", f"{told}, {more}")
    assert sorted(codes(report)) == ["LAW100", "LAW102", "LAW103", "LAW103"]


def test_changes_that_explain_a_shortfall_speak_for_the_flow() -> None:
    report = system("", "bank: {}", "changes:\n  code: {per: 5/day, failure_rate: 5%, restore: 10m}\n")
    assert codes(report) == ["LAW104"]


def test_single_points_that_explain_a_shortfall_speak_for_the_flow() -> None:
    """Each one alone is over the budget, so LAW120 has an error for it."""
    services = "services:\n  checkout: {replicas: 1, zones: [a]}\n"
    promise = BUY.replace("99.9%", "99.999%")
    report = lint(f"{HEAD}{services}{promise}{CHANGES}")
    assert "LAW120" in {finding.code for finding in report.findings}
    assert "LAW100" not in codes(report)


def test_what_nobody_knows_is_not_evaluated() -> None:
    report = system("{to: bank}", "bank: {provider: northbank}")
    assert codes(report) == []
    assert needs(report, "LAW100") == ["externals.bank.measured.availability"]
    assert needs(report, "LAW102") == ["measured.availability"]
    assert needs(report, "LAW103") == ["measured.availability"]


def test_the_stated_parts_decide_alone_where_they_are_enough() -> None:
    told = "bank: {provider: northbank}, tax: {sla: {availability: 99.93%}}, fraud: {sla: {availability: 99.93%}}"
    report = system("{to: bank}, {to: tax}, {to: fraud}", told)
    assert sorted(codes(report)) == ["LAW100", "LAW103", "LAW103"]
    assert needs(report, "LAW100") == []


def test_an_unknown_that_cannot_matter_is_no_obstacle() -> None:
    """The fallback bears the flow whatever the first provider does."""
    told = "bank: {provider: northbank}, other: {measured: {availability: 99.99%}}"
    report = system("{to: bank, fallback: {use: alternate, to: other}}", told)
    assert codes(report) == []
    assert needs(report, "LAW100") == []


def test_without_any_figures_of_changes_availability_is_not_judged_sound() -> None:
    assert needs(system("", "bank: {}", ""), "LAW100") == ["changes"]
    partial = "changes:\n  code: {per: 1/day, restore: 5m}\n"
    assert needs(system("", "bank: {}", partial), "LAW100") == ["changes.code.failure_rate"]
    assert needs(system("", "bank: {}", partial), "LAW104") == ["changes.code.failure_rate"]


def test_steps_that_may_not_be_watched_are_not_judged_sound() -> None:
    unwatched = "changes:\n  code: {per: 5/day, failure_rate: 5%, restore: 10m, steps: [1%, 10%]}\n"
    report = system("", "bank: {}", unwatched)
    assert codes(report) == []
    assert needs(report, "LAW104") == ["changes.code.bake"]
    assert needs(report, "LAW100") == ["changes.code.bake"]


def test_a_promise_of_nothing_is_nobodys_business() -> None:
    text = f"{HEAD}services: {{checkout: {{replicas: 1}}}}\nflows: {{buy: {{entry: checkout}}}}\n"
    report = lint(text)
    assert codes(report) == []
    assert needs(report, "LAW100") == needs(report, "LAW104") == needs(report, "LAW105") == []


def test_a_promise_of_everything_has_no_budget() -> None:
    report = lint(f"{HEAD}services: {{checkout: {{replicas: 2}}}}\n{BUY.replace('99.9%', '100%')}{CHANGES}")
    assert [f.exposure for f in report.findings if f.code == "LAW104"] == [float("inf")]
    assert report.faults == ()


def test_recovery_by_people_needs_its_times_and_a_window() -> None:
    services = "services: {checkout: {replicas: 2}}\n"
    assert needs(lint(HEAD + services + BUY), "LAW105") == [
        "operations.monitoring.detection",
        "operations.response.acknowledge",
        "operations.response.mitigate",
    ]
    unbounded = BUY.replace(", window: 30d", "")
    assert needs(lint(HEAD + services + unbounded), "LAW105") == ["slo.window"]


def test_a_system_wide_window_serves_a_flow_that_states_none() -> None:
    head = HEAD.replace("name: shop", "name: shop, slo: {availability: 99%, window: 30d}")
    times = "operations: {monitoring: {detection: 1m}, response: {acknowledge: 1m, mitigate: 1m}}\n"
    text = head + "services: {checkout: {replicas: 2}}\n" + BUY.replace(", window: 30d", "") + times
    assert needs(lint(text), "LAW105") == []


def test_one_finding_a_dependency_names_all_flows() -> None:
    services = (
        "services:\n  checkout: {replicas: 4, calls: [{to: bank}]}\n  returns: {replicas: 4, calls: [{to: bank}]}\n"
    )
    flows = BUY + "  return: {entry: returns, slo: {availability: 99.99%}}\n"
    report = lint(f"{HEAD}{services}externals: {{bank: {{measured: {{availability: 99.5%}}}}}}\n{flows}{CHANGES}")
    found = [finding for finding in report.findings if finding.code == "LAW102"]
    assert len(found) == 1
    assert "99.99% that return promises" in found[0].message
    assert len(found[0].related) == 2
