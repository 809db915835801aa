"""What fixtures cannot say of the checks of PostgreSQL: what is missing, and which finding stands for a cause."""

from __future__ import annotations

import pytest

from archlint.engine.results import Report
from archlint.knowledge.catalogue import Catalogue
from archlint.testing import lint

HEAD = "archlint: 1\nas_of: 2026-11-15\nsystem: {name: shop}\n"


def codes(report: Report, *families: str) -> list[str]:
    return [finding.code for finding in report.findings if finding.code in families]


def needs(report: Report, code: str) -> list[tuple[str, ...]]:
    return [tuple(group.needs) for group in report.not_evaluated if group.code == code]


def test_the_names_are_those_of_the_catalogue() -> None:
    from archlint.analysis.technology import POSTGRESQL

    technology = Catalogue().technology("postgresql")
    assert technology is not None
    assert {technology.slug, *technology.aliases} == POSTGRESQL


def counters(text: str, technology: str = "postgresql@16") -> Report:
    return lint(HEAD + f"datastores: {{db: {{technology: {technology}, counters: [{text}]}}}}\n")


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("{name: xid}", {"counters.now", "counters.rate"}),
        ("{name: xid, now: 100M}", {"counters.rate"}),
        ("{name: xid, rate: 10/s}", {"counters.now"}),
        ("{name: id, now: 1G}", {"counters.bits"}),
        ("{name: id, bits: 31, now: 1G}", {"counters.rate"}),
    ],
)
def test_what_is_missing_of_a_counter_is_named(text: str, missing: set[str]) -> None:
    (found,) = needs(counters(text), "LIM120")
    assert set(found) == missing


def test_an_age_alone_decides_where_it_is_too_high() -> None:
    assert needs(counters("{name: xid, now: 1.5G}"), "LIM120") == []
    assert codes(counters("{name: xid, now: 1.5G}"), "LIM120") == ["LIM120"]


def test_a_counter_is_told_of_once() -> None:
    text = "{name: xid, now: 2.1G, rate: 10/s}, {name: id, bits: 31, now: 2.1G, rate: 1/s}"
    assert codes(counters(text), "LIM120", "LIM008") == ["LIM120", "LIM120"]


def test_transaction_ids_are_no_sequence_that_only_grows() -> None:
    assert codes(counters("{name: xid, now: 150M, rate: 1k/s}"), "LIM120", "LIM008") == []


@pytest.mark.parametrize("technology", ["mysql@8", "rds", "aurora"])
def test_other_technologies_are_left_to_the_general_check(technology: str) -> None:
    report = counters("{name: id, bits: 31, now: 2.1G, rate: 1/s}", technology)
    assert codes(report, "LIM120", "LIM008") == ["LIM008"]


def of_calls(store: str, calls: str) -> Report:
    text = (
        f"services: {{web: {{calls: [{calls}]}}}}\ndatastores: {{db: {{technology: postgresql@16{store}}}}}\n"
        "externals: {cards: {provider: example}}\n"
    )
    return lint(HEAD + text)


def test_what_is_missing_of_a_hold_is_named() -> None:
    cards = ", {to: cards, access: write}"
    assert needs(of_calls("", "{to: db, access: write}" + cards), "LIM122") == [("services.*.calls.pool.hold",)]
    held = "{to: db, access: write, pool: {size: 4, hold: 9ms}}"
    assert needs(of_calls("", held + cards), "LIM122") == [("latency.mean",)]
    known = of_calls(", latency: {mean: 2ms}", held + cards)
    assert needs(known, "LIM122") == [("services.*.latency.mean",)]
    assert codes(known, "LIM122") == []


def test_a_transaction_cannot_wait_for_what_is_never_called() -> None:
    report = of_calls("", "{to: db, access: write}")
    assert codes(report, "LIM122") == []
    assert needs(report, "LIM122") == []


def test_a_hold_no_longer_than_the_store_itself_waits_for_nothing() -> None:
    calls = "{to: db, access: write, pool: {size: 4, hold: 9ms}}, {to: cards, access: write}"
    report = of_calls(", latency: {p99: 9ms}", calls)
    assert codes(report, "LIM122") == []
    assert needs(report, "LIM122") == []


def test_without_a_slot_there_is_nothing_to_bound() -> None:
    report = of_calls(", settings: {max_slot_wal_keep_size: -1}", "{to: db, access: write}")
    assert codes(report, "LIM121") == []
    assert needs(report, "LIM121") == []


def test_a_bound_that_cannot_be_read_is_not_evaluated() -> None:
    text = (
        "services: {capture: {technology: debezium, calls: [{to: db, access: read}]}}\n"
        "datastores: {db: {technology: postgresql@16, settings: {max_slot_wal_keep_size: plenty}}}\n"
    )
    assert needs(lint(HEAD + text), "LIM121") == [("settings.max_slot_wal_keep_size",)]
