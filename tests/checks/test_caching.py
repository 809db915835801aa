"""What the fixtures of caches and dual writes cannot say."""

from __future__ import annotations

import pytest

from archlint.engine.results import Report, ReportedFinding
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop}\n"


def of(report: Report, code: str) -> list[ReportedFinding]:
    return [finding for finding in report.findings if finding.code == code]


def needs_of(report: Report, code: str) -> list[tuple[str, ...]]:
    return [group.needs for group in report.not_evaluated if group.code == code]


def cached(cache: str, store: str) -> str:
    return HEAD + f"caches:\n  prices: {{backed_by: db, {cache}}}\ndatastores:\n  db: {{{store}}}\n"


WARM = "nodes: 4, replication: none, hit_ratio: 95%, load: {reads: 2000/s}"


@pytest.mark.parametrize(
    ("cache", "store", "needs"),
    [
        ("nodes: 3", "capacity: {reads: 500/s}", [("hit_ratio", "load.reads")]),
        ("hit_ratio: 90%", "nodes: 1", [("datastores.*.capacity.reads", "load.reads")]),
        (WARM, "capacity: {reads: 2500/s}", []),
    ],
)
def test_a_cache_whose_loss_cannot_be_computed_is_not_passed(
    cache: str, store: str, needs: list[tuple[str, ...]]
) -> None:
    assert needs_of(lint(cached(cache, store)), "PRM112") == needs


def test_misses_alone_decide_where_the_store_states_no_load() -> None:
    """The store derives its reads from the misses: 100/s of them, and 475/s more when a node is lost."""
    (found,) = of(lint(cached(WARM, "capacity: {reads: 500/s}")), "PRM112")
    assert found.severity.label == "error"
    assert found.exposure == pytest.approx(1.15)


@pytest.mark.parametrize(("capacity", "severities"), [(2000, []), (1999, ["warning"])])
def test_an_empty_cache_sends_on_all_its_reads_whatever_the_hit_ratio(capacity: int, severities: list[str]) -> None:
    report = lint(cached("nodes: 2, load: {reads: 2000/s}", f"capacity: {{reads: {capacity}/s}}"))
    assert [f.severity.label for f in of(report, "PRM112")] == severities
    assert needs_of(report, "PRM112") == ([] if severities else [("hit_ratio",)])


@pytest.mark.parametrize(
    ("capacity", "severities"),
    [(574, ["error"]), (575, ["warning"]), (1999, ["warning"]), (2000, [])],
)
def test_the_capacities_that_clear_are_exact(capacity: int, severities: list[str]) -> None:
    found = of(lint(cached(WARM, f"load: {{reads: 100/s}}, capacity: {{reads: {capacity}/s}}")), "PRM112")
    assert [f.severity.label for f in found] == severities
    assert all(row.value in ("575/s", "2000/s") for f in found for row in f.clears_when)


def test_two_caches_before_one_store_are_two_findings() -> None:
    text = cached(WARM, "load: {reads: 100/s}, capacity: {reads: 300/s}")
    text = text.replace("datastores:", f"  stocks: {{backed_by: db, {WARM}}}\ndatastores:")
    found = of(lint(text), "PRM112")
    assert len({f.fingerprint for f in found}) == 2


@pytest.mark.parametrize(
    ("failover", "severity"),
    [("failover: {automatic: true}", None), ("failover: {automatic: false}", "error"), ("mode: cluster", "warning")],
)
def test_copies_survive_only_with_a_failover_that_acts_alone(failover: str, severity: str | None) -> None:
    cache = WARM.replace("replication: none", "replication: {factor: 2}") + f", zones: [a, b], {failover}"
    found = of(lint(cached(cache, "load: {reads: 100/s}, capacity: {reads: 600/s}")), "PRM112")
    by_a_loss = [f.severity.label for f in found if "flush" not in f.message]
    assert by_a_loss == ([] if severity is None else [severity])


@pytest.mark.parametrize(("profile", "severities"), [("starter", []), ("standard", ["info"]), ("strict", ["warning"])])
def test_profiles_weigh_a_missing_ttl(profile: str, severities: list[str]) -> None:
    report = lint(cached("strategy: aside", ""), profile=profile)
    assert [f.severity.label for f in of(report, "PRM110")] == severities


def orders(call: str, publish: str) -> str:
    return HEAD + (
        f"services:\n  orders:\n    calls: [{{to: db, {call}}}]\n"
        f"    publishes: [{{to: events/orders, {publish}}}]\n"
        "datastores:\n  db: {}\nbrokers:\n  events: {topics: {orders: {}}}\n"
    )


@pytest.mark.parametrize(
    ("publish", "needs"),
    [("via: direct", ("calls.*.access",)), ("rate: 1/s", ("calls.*.access", "via"))],
)
def test_a_dual_write_is_not_passed_where_the_access_is_not_stated(publish: str, needs: tuple[str, ...]) -> None:
    assert needs_of(lint(orders("timeout: 1s", publish)), "PRM190") == [needs]


@pytest.mark.parametrize(("cause", "fires"), [("db", True), ("bank", False)])
def test_a_message_belongs_to_the_call_that_it_names(cause: str, fires: bool) -> None:
    report = lint(orders("access: write", f"via: direct, for: {cause}"))
    assert bool(of(report, "PRM190")) is fires


def consumer(dedupe: str, delivery: str = "at-least-once") -> str:
    text = orders("access: write, idempotency: natural", "via: direct")
    text = text.replace("    calls:", f"    consumes: [{{from: events/carts, dedupe: {dedupe}}}]\n    calls:")
    return text.replace("{orders: {}}", f"{{orders: {{}}, carts: {{delivery: {delivery}}}}}")


@pytest.mark.parametrize(
    ("text", "severities"),
    [
        (consumer("natural"), []),
        (consumer("{by: id, ttl: 7d}"), ["warning"]),
        (consumer("natural", delivery="at-most-once"), ["error"]),
        (consumer("natural") + "flows:\n  buy: {entry: orders}\n", ["error"]),
        (consumer("natural") + "clients:\n  app: {calls: [{to: orders}]}\n", ["error"]),
    ],
)
def test_a_delivery_that_comes_again_makes_up_for_what_was_lost(text: str, severities: list[str]) -> None:
    assert [f.severity.label for f in of(lint(text), "PRM190")] == severities


def test_a_dual_write_names_the_write_beside_it() -> None:
    found = of(lint(orders("access: write", "via: direct")), "PRM190")
    assert [related.message for related in found[0].related] == ["the write"]
