"""Waivers: what they cover, until when, up to which exposure; and that they are needed."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from archlint.cli.check import command
from archlint.engine.configuration.settings import alike
from archlint.engine.registration import load_registry
from archlint.engine.results import EvidenceRow, Report, ReportedFinding, Suppressed
from archlint.engine.selection import Layer, selected
from archlint.engine.session import Request, check_sources
from archlint.engine.sources.discovery import Source
from archlint.testing import TODAY, lint

WHOLE = {"reason": "being resized", "owner": "payments", "until": "2027-03-31"}
LOADED = """\
archlint: 1
system: {name: shop}
services:
  checkout:
    replicas: 10
    load: {peak: %s/s}
    capacity: {concurrency: 100, service_time: 100ms}
  search:
    replicas: 10
    load: {peak: 20k/s}
    capacity: {concurrency: 100, service_time: 100ms}
"""
"""LAW020 twice: with 1,000 slots each, the exposure of checkout is its peak over 10,000/s, of search 2."""

CHECKOUT, SEARCH = (f"services.{name}.capacity.concurrency" for name in ("checkout", "search"))


def with_waivers(*waivers: Mapping[str, object], peak: str = "13k") -> str:
    return LOADED % peak + "waivers:\n" + "".join(f"  - {json.dumps(waiver)}\n" for waiver in waivers)


def waived(report: Report, by: str = "waiver") -> list[str]:
    return [finding.path for finding in report.findings if finding.suppressed and finding.suppressed.by == by]


def hygiene(report: Report) -> list[tuple[str, str]]:
    return [(f.code, f.path) for f in report.findings if f.code in ("MAN011", "MAN012", "MAN013")]


def finding(report: Report, path: str, code: str = "LAW020") -> ReportedFinding:
    return next(f for f in report.findings if (f.code, f.path) == (code, path))


@pytest.mark.parametrize(
    ("path", "covered"),
    [
        (None, [CHECKOUT, SEARCH]),
        ("services", [CHECKOUT, SEARCH]),
        ("services.checkout", [CHECKOUT]),
        ("services.checkout.capacity", [CHECKOUT]),
        ("services.checkout.capacity.concurrency", [CHECKOUT]),
        ('services["checkout"]', [CHECKOUT]),
        ("services.*", [CHECKOUT, SEARCH]),
        ("*.search", [SEARCH]),
        ("services.*.capacity.concurrency", [CHECKOUT, SEARCH]),
        ("services.check", []),
        ("services.checkout.capacity.concurrency.x", []),
        ("services.checkout.capacity.service_time", []),
        ("services.*.*.*.*", []),
        ("services.checkout[0]", []),
        ("checkout", []),
    ],
)
def test_a_waiver_covers_its_route_and_what_lies_below(path: str | None, covered: list[str]) -> None:
    where = {} if path is None else {"path": path}
    report = lint(with_waivers({"check": "LAW020", **where, **WHOLE}))
    assert waived(report) == covered
    assert hygiene(report) == ([] if covered else [("MAN011", "waivers[LAW020]")])
    assert report.summary.suppressed == len(covered)


def test_items_of_lists_are_named() -> None:
    text = f"""\
archlint: 1
system: {{name: shop}}
services:
  checkout: {{calls: [{{to: ledger}}, {{to: prices}}, {{to: ledger, access: write}}]}}
  prices: {{}}
datastores:
  ledger: {{nodes: 3}}
waivers:
  - {json.dumps({"check": "PRM092", "path": "services.checkout.calls[ledger#2]", **WHOLE})}
  - {json.dumps({"check": "no-timeout", "path": "services.*.calls[prices]", **WHOLE})}
"""
    expected = ["services.checkout.calls[prices].timeout", "services.checkout.calls[ledger#2].timeout"]
    assert sorted(waived(lint(text))) == sorted(expected)


def test_what_suppresses_is_told() -> None:
    report = lint(with_waivers({"check": "LAW020", "path": "services.checkout", **WHOLE}))
    assert finding(report, CHECKOUT).suppressed == Suppressed("waiver", "being resized", "2027-03-31")
    assert finding(report, SEARCH).suppressed is None


@pytest.mark.parametrize("name", ["LAW121", "littles-law", "LAW02", "MAN002", "kafka/partitions_per_cluster"])
def test_another_check_is_not_waived(name: str) -> None:
    assert waived(lint(with_waivers({"check": name, **WHOLE}))) == []


@pytest.mark.parametrize(
    ("until", "holds"), [("2026-11-14", False), ("2026-11-15", True), ("2026-11-16", True), ("1999-12-31", False)]
)
def test_a_waiver_holds_through_its_last_day(until: str, holds: bool) -> None:
    report = lint(with_waivers({"check": "LAW020", **WHOLE, "until": until}), today=datetime.date(2026, 11, 15))
    assert waived(report) == ([CHECKOUT, SEARCH] if holds else [])
    assert hygiene(report) == ([] if holds else [("MAN012", "waivers[LAW020].until")])


@pytest.mark.parametrize("missing", ["owner", "reason", "until"])
def test_an_incomplete_waiver_suppresses_nothing(missing: str) -> None:
    rest = {key: value for key, value in WHOLE.items() if key != missing}
    report = lint(with_waivers({"check": "LAW020", **rest}))
    assert waived(report) == []
    assert hygiene(report) == [("MAN013", f"waivers[LAW020].{missing}")]


@pytest.mark.parametrize(
    ("peak", "at", "holds"),
    [
        ("13k", 1.3, True),
        ("13.5k", 1.3, True),
        ("14.2k", 1.3, True),
        ("14.4k", 1.3, False),
        ("15k", 1.3, False),
        ("15k", None, True),
        ("15k", 2, True),
        ("11k", 1, True),
        ("13k", 1, False),
    ],
)
def test_a_finding_returns_when_it_has_outgrown_what_was_waived(peak: str, at: float | None, holds: bool) -> None:
    limit = {} if at is None else {"at": at}
    report = lint(with_waivers({"check": "LAW020", "path": "services.checkout", **WHOLE, **limit}, peak=peak))
    assert waived(report) == ([CHECKOUT] if holds else [])
    assert hygiene(report) == []
    told = finding(report, CHECKOUT).evidence[-1]
    assert (told.name == "waived at") is not holds
    if not holds:
        assert at is not None
        assert told == EvidenceRow("waived at", at, "", f"{at:.2f}")


def test_at_says_nothing_of_a_finding_without_an_exposure() -> None:
    text = """\
archlint: 1
system: {name: shop}
services:
  checkout: {calls: [{to: ledger}]}
datastores:
  ledger: {nodes: 3}
waivers:
"""
    assert len(waived(lint(text + f"  - {json.dumps({'check': 'PRM092', **WHOLE, 'at': 1})}\n"))) == 1


def test_a_second_waiver_may_accept_more() -> None:
    accepted = {"check": "LAW020", "path": "services.checkout", **WHOLE}
    report = lint(with_waivers({**accepted, "at": 1}, {**accepted, "at": 1.3, "reason": "again"}))
    assert finding(report, CHECKOUT).suppressed == Suppressed("waiver", "again", "2027-03-31")
    assert [row.name for row in finding(report, CHECKOUT).evidence if row.name == "waived at"] == []
    assert hygiene(report) == []


def test_an_ignore_comes_first_and_the_waiver_still_counts_as_used() -> None:
    text = with_waivers({"check": "LAW020", "path": "services.checkout", **WHOLE})
    text = text.replace("service_time: 100ms}", "service_time: 100ms}  # archlint: ignore[LAW020] known", 1)
    report = lint(text)
    assert finding(report, CHECKOUT).suppressed == Suppressed("inline", "known")
    assert [f.code for f in report.findings if f.code.startswith("MAN01")] == []


def test_two_waivers_of_one_finding_are_both_used() -> None:
    report = lint(with_waivers({"check": "LAW020", **WHOLE}, {"check": "LAW020", "path": "services.search", **WHOLE}))
    assert (waived(report), hygiene(report)) == ([CHECKOUT, SEARCH], [])


def test_unused_is_said_only_of_checks_that_ran() -> None:
    text = with_waivers({"check": "PRM092", **WHOLE}, {"check": "OPS010", **WHOLE})
    registry = load_registry()

    def unused(*select: str) -> list[tuple[str, str]]:
        settings = alike(selected(registry, [Layer(select=select)]))
        return hygiene(check_sources([Source("a.yaml", text.encode())], Request(today=TODAY), settings, registry))

    assert unused("MAN011", "PRM092", "OPS010") == [("MAN011", "waivers[PRM092]"), ("MAN011", "waivers[OPS010]")]
    assert unused("MAN011", "PRM092") == [("MAN011", "waivers[PRM092]")]
    assert unused("MAN011") == []
    assert unused("PRM092", "OPS010") == []


def test_unused_is_not_said_where_the_check_could_not_judge() -> None:
    waiver = {"check": "LAW020", "path": "services.checkout", **WHOLE}
    text = with_waivers(waiver).replace("load: {peak: 13k/s}", "tier: critical")
    assert hygiene(lint(text)) == []
    assert hygiene(lint(with_waivers({**waiver, "path": "services.search.replicas"}))) == [
        ("MAN011", "waivers[LAW020]")
    ]


def test_a_waiver_waives_in_its_own_manifest_only() -> None:
    registry = load_registry()
    first = with_waivers({"check": "LAW020", **WHOLE})
    second = (LOADED % "13k").replace("shop", "store")
    sources = [Source("a.yaml", first.encode()), Source("b.yaml", second.encode())]
    report = check_sources(sources, Request(today=TODAY), alike(registry.checks), registry)
    assert [(f.file, f.path) for f in report.findings if f.suppressed] == [("a.yaml", CHECKOUT), ("a.yaml", SEARCH)]


def test_what_judges_waivers_cannot_be_waived() -> None:
    report = lint(with_waivers({"check": "MAN011", **WHOLE}, {"check": "unknown-technology", **WHOLE}))
    assert [(f.code, f.path, f.message) for f in report.findings if f.code == "MAN011"] == [
        ("MAN011", "waivers[MAN011].check", "the waiver can suppress nothing: `MAN011` cannot be waived"),
        ("MAN011", "waivers[unknown-technology]", "nothing in this manifest needs the waiver of `unknown-technology`"),
    ]


def test_a_waiver_takes_what_no_ignore_may() -> None:
    text = LOADED % "1k" + f"waivers:\n  - {json.dumps({'check': 'MAN015', **WHOLE})}\n"
    report = lint(text + "datastores:\n  ledger: {technology: homegrown-db, nodes: 3}\n")
    assert waived(report) == ["datastores.ledger.technology"]


def test_formats_list_or_leave_out_what_is_waived(tmp_path: Path) -> None:
    """json and sarif list it, flagged; the others leave it out; the text counts it. It does not fail the run."""
    file = tmp_path / "archlint.yaml"
    file.write_text(with_waivers({"check": "LAW020", **WHOLE}))

    def output(format: str) -> str:
        select = ["--select", "LAW020,MAN011", "--today", "2026-11-15"]
        done = CliRunner().invoke(command, [str(file), "--format", format, *select], standalone_mode=False)
        assert done.return_value == 0
        return done.stdout

    (first, second) = json.loads(output("json"))["findings"]
    flag = {"by": "waiver", "reason": "being resized", "until": "2027-03-31"}
    assert first["suppressed"] == second["suppressed"] == flag
    results = json.loads(output("sarif"))["runs"][0]["results"]
    assert [result["suppressions"][0]["properties"]["by"] for result in results] == ["waiver", "waiver"]
    for format in ("text", "concise", "junit", "github", "gitlab", "markdown"):
        assert "LAW020" not in output(format)
    assert "2 suppressed" in output("text")


@given(st.permutations(["checkout", "search", "basket"]), st.integers(0, 3))
def test_a_waiver_does_not_care_where_things_stand(order: list[str], gap: int) -> None:
    blocks = {
        name: f"  {name}: {{replicas: 1, load: {{peak: 13k/s}}, capacity: {{concurrency: 1, service_time: 100ms}}}}\n"
        for name in order
    }
    waiver = json.dumps({"check": "LAW020", "path": "services.search", **WHOLE, "at": 1300})
    head = f"archlint: 1\nsystem: {{name: shop}}\nwaivers:\n  - {waiver}\nservices:\n"
    report = lint(head + ("# a word\n\n" * gap).join(blocks[name] for name in order))
    assert waived(report) == [SEARCH]
