"""What the fixtures of retries, idempotency and timeouts cannot say: what is not evaluated, and profiles."""

from __future__ import annotations

import pytest

from archlint.engine.results import Report
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop}\n"


def web_calls(call: str, rest: str = "  stock: {}\n") -> str:
    return HEAD + "services:\n  web:\n    calls: [{to: stock, " + call + "}]\n" + rest


def needs_of(report: Report, code: str) -> list[tuple[str, ...]]:
    return [group.needs for group in report.not_evaluated if group.code == code]


def codes_of(report: Report) -> list[str]:
    return [finding.code for finding in report.findings]


@pytest.mark.parametrize(
    ("call", "needs"),
    [
        ("timeout: 1s", [("access", "idempotency", "retries.attempts")]),
        ("access: write", [("retries.attempts",)]),
        ("idempotency: none", [("retries.attempts",)]),
        ("retries: {attempts: 2}", [("access", "idempotency")]),
        ("retries: none", []),
        ("access: read", []),
        ("access: write, idempotency: natural", []),
        ("access: write, retries: {attempts: 2, on: [connect]}", []),
    ],
)
def test_a_write_that_may_be_repeated_is_not_passed(call: str, needs: list[tuple[str, ...]]) -> None:
    assert needs_of(lint(web_calls(call)), "PRM070") == needs


def test_a_policy_without_a_number_of_attempts_retries() -> None:
    report = lint(web_calls("access: write, idempotency: none, retries: {backoff: none}"))
    assert {"PRM070", "PRM080"} <= set(codes_of(report))
    assert needs_of(report, "PRM082") == [("retries.attempts",)]


def test_explicit_absence_is_an_error_even_where_the_access_is_not_stated() -> None:
    report = lint(web_calls("idempotency: none, retries: {attempts: 2}"), profile="starter")
    assert "PRM070" in codes_of(report)


@pytest.mark.parametrize(("profile", "severities"), [("starter", []), ("standard", ["info"]), ("strict", ["error"])])
def test_profiles_weigh_a_missing_key(profile: str, severities: list[str]) -> None:
    report = lint(web_calls("access: write, retries: {attempts: 2}"), profile=profile)
    assert [f.severity.label for f in report.findings if f.code == "PRM070"] == severities


def test_the_patience_of_callers_that_state_no_timeout_is_not_known() -> None:
    call = "timeout: 1s, retries: {attempts: 3, backoff: none}"
    assert needs_of(lint(web_calls(call)), "PRM082") == [("services.*.calls.*.timeout",)]


def test_retries_of_work_that_nobody_awaits_may_take_long() -> None:
    job = "jobs:\n  nightly: {every: 1d, calls: [{to: web, access: read, timeout: none}]}\n"
    report = lint(web_calls("timeout: 1h, retries: {attempts: 9, backoff: none}", "  stock: {}\n" + job))
    assert needs_of(report, "PRM082") == []
    assert "PRM082" not in codes_of(report)


@pytest.mark.parametrize(("attempts", "fires"), [(2, False), (3, True)])
def test_the_attempts_that_clear_are_the_most_that_fit(attempts: int, fires: bool) -> None:
    call = f"timeout: 300ms, retries: {{attempts: {attempts}, backoff: exponential, base: 200ms, jitter: full}}"
    client = "clients:\n  app: {calls: [{to: web, rate: 1/s, timeout: 1s}]}\n"
    found = [f for f in lint(web_calls(call, "  stock: {}\n" + client)).findings if f.code == "PRM082"]
    assert bool(found) is fires
    assert [row.value for f in found for row in f.clears_when] == ["2"] * fires


def test_a_deadline_that_nobody_sets_ends_no_call_for_certain() -> None:
    report = lint(web_calls("timeout: none, deadline: propagated"))
    assert needs_of(report, "PRM092") == [("services.*.calls.*.timeout",)]


def test_jitter_is_not_asked_for_where_backoff_is_missing() -> None:
    report = lint(web_calls("retries: {attempts: 2}"))
    assert "PRM080" in codes_of(report)
    assert "PRM081" not in codes_of(report)


def test_the_delivery_of_an_unknown_broker_is_not_guessed() -> None:
    text = HEAD + "services:\n  mailer: {consumes: [{from: events/orders, dedupe: none}]}\n"
    text += "brokers:\n  events: {technology: homegrown, topics: {orders: {}}}\n"
    assert needs_of(lint(text), "PRM072") == [("brokers.*.topics.*.delivery",)]
