"""Inline ignores: where they act, what they name, and what is malformed in them."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.checks.hygiene import MalformedIgnore
from archlint.engine.configuration.settings import Settings, alike
from archlint.engine.registration import load_registry
from archlint.engine.results import Fault, Suppressed
from archlint.engine.selection import Layer, selected
from archlint.engine.session import Request, check_sources, run
from archlint.engine.sources.discovery import Source
from archlint.records import replace
from archlint.testing import TODAY, lint

if TYPE_CHECKING:
    from archlint.engine.results import Report, ReportedFinding
    from tests.engine.conftest import MakeRegistry

PLAIN = """\
archlint: 1
system: {name: shop}
services:
  checkout:
    calls:
      - to: ledger
        access: read
        retries: none
  search:
    calls:
      - {to: ledger, access: read, retries: none}
datastores:
  ledger: {nodes: 3, backup: {every: 1d, location: other-region}}
"""
"""Two calls without a timeout (PRM092), on lines 6 and 11."""


def with_comment(line: int, comment: str, text: str = PLAIN) -> str:
    """The text with a comment at the end of one of its lines."""
    lines = text.splitlines()
    lines[line - 1] += f"  {comment}"
    return "\n".join(lines) + "\n"


def with_line(before: int, comment: str, text: str = PLAIN) -> str:
    """The text with a comment alone on a line, before one of its lines."""
    lines = text.splitlines()
    return "\n".join([*lines[: before - 1], comment, *lines[before - 1 :]]) + "\n"


def ignored(report: Report) -> list[str]:
    """The routes of suppressed findings, which are all inline."""
    found = [finding for finding in report.findings if finding.suppressed is not None]
    assert all(finding.suppressed and finding.suppressed.by == "inline" for finding in found)
    return [finding.path for finding in found]


def hygiene(report: Report, code: str = "") -> list[tuple[str, int, str]]:
    return [
        (f.code, f.place.line, f.message)
        for f in report.findings
        if f.code == code or (not code and f.code in ("MAN014", "MAN016"))
    ]


def first(report: Report, code: str) -> ReportedFinding:
    return next(finding for finding in report.findings if finding.code == code)


MARKED = "# archlint: ignore[PRM092]"
CHECKOUT, SEARCH = "services.checkout.calls[ledger].timeout", "services.search.calls[ledger].timeout"


@pytest.mark.parametrize(
    ("text", "acts_on"),
    [
        (with_comment(6, "# archlint: ignore[PRM092] why"), [CHECKOUT]),
        (with_comment(6, "# archlint: ignore[no-timeout]"), [CHECKOUT]),
        (with_comment(6, "# archlint: ignore[OPS010, PRM092]"), [CHECKOUT]),
        (with_line(6, "# archlint: ignore[PRM092]"), [CHECKOUT]),
        (with_line(6, "# archlint: ignore[PRM092]\n\n# so\n      \n      # more"), [CHECKOUT]),
        (with_line(6, "# archlint: ignore[OPS010]\n# archlint: ignore[PRM092]"), [CHECKOUT]),
        (with_line(11, "                # archlint: ignore[PRM092]"), [SEARCH]),
        (with_comment(11, MARKED, with_comment(6, MARKED)), [CHECKOUT, SEARCH]),
        (with_comment(5, "# archlint: ignore[PRM092]"), []),
        (with_comment(7, "# archlint: ignore[PRM092]"), []),
        (with_line(5, "# archlint: ignore[PRM092]"), []),
        (with_line(7, "# archlint: ignore[PRM092]"), []),
        (with_comment(6, "# archlint: ignore[OPS010]"), []),
        (with_comment(6, "# archlint: ignore[PRM09]"), []),
        (with_comment(6, "# archlint: ignore[PRM]"), []),
        (with_comment(6, "# archlint: ignore[ALL]"), []),
        (with_comment(6, "# archlint: ignore[*]"), []),
        (with_comment(6, "# archlint: ignore[prm092]"), []),
        (with_comment(6, "# archlint: ignore"), []),
        (with_comment(6, "# archlint: ignore PRM092"), []),
        (with_comment(6, "# archlint: ignore[]"), []),
        (with_comment(6, "# archlint : ignore[PRM092]"), []),
        (with_comment(6, "# archlint: ignore [PRM092]"), []),
        (with_comment(6, "# archlint: ignore[PRM092"), []),
        (with_comment(6, "# archlint: ignore[PRM092][OPS010]"), []),
        (with_comment(6, "# archlint: ignore[OPS010] # archlint: ignore[PRM092]"), []),
        (with_comment(6, "# archlint: ignore-file[PRM092]"), []),
        (with_comment(6, "# Archlint: ignore[PRM092]"), []),
        (PLAIN.replace("{to: ledger,", f"{{to: ledger, protocol: '{MARKED}',"), []),
        (PLAIN.replace("\n", "\r\n").replace("ledger\r", "ledger # archlint: ignore[PRM092]\r", 1), [CHECKOUT]),
    ],
)  # fmt: skip
def test_an_ignore_acts_on_its_line_and_on_nothing_else(text: str, acts_on: list[str]) -> None:
    report = lint(text)
    assert ignored(report) == acts_on
    assert sum(f.code == "PRM092" for f in report.findings) == 2
    assert report.summary.suppressed == len(acts_on)


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("# archlint: ignore[PRM092]", None),
        ("# archlint: ignore[PRM092]   the client gives up.  ", "the client gives up."),
        ("# archlint: ignore[PRM092]: see ADR-7", "see ADR-7"),
        ("#archlint:ignore[ PRM092,no-timeout, ] - see #7", "see #7"),
    ],
)
def test_what_follows_the_brackets_is_the_reason(comment: str, reason: str | None) -> None:
    assert first(lint(with_comment(6, comment)), "PRM092").suppressed == Suppressed("inline", reason)


@pytest.mark.parametrize(
    ("comment", "messages"),
    [
        ("# archlint: ignore", ["an ignore names no check in brackets"]),
        ("# archlint: ignore[ , ]", ["an ignore names no check between its brackets"]),
        ("# archlint: ignore [PRM092]", ["a space stands between `ignore` and its brackets"]),
        ("# archlint: ignore[PRM092", ["an ignore never closes its brackets"]),
        ("# archlint: ignore[[PRM092]]", ["an ignore has brackets within its brackets"]),
        ("# archlint: ignore-file[PRM092]", ["`ignore-file[PRM092]` tells archlint nothing that it knows"]),
        ("# archlint:", ["`` tells archlint nothing that it knows"]),
        ("# archlint : ignore[PRM092]", ["`archlint :` is not how a comment for archlint begins"]),
        ("# archlint: ignore[PRM092, LAW]", ["`LAW` stands for many checks"]),
        ("# archlint: ignore[PRM092, law121]", ["`law121` is no check and no limit"]),
        ("# archlint: ignore[LAW121 PRM092]", ["`LAW121 PRM092` is no check and no limit"]),
        ("# archlint: ignore[PRM092, unknown-reference]", ["`unknown-reference` cannot be ignored"]),
        *[(f"# archlint: ignore[PRM092, MAN0{n:02}]", [f"`MAN0{n:02}` cannot be ignored"])
          for n in (1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16)],
        ("# archlint: ignore[PRM092, x, y]", ["`x` is no check and no limit", "`y` is no check and no limit"]),
    ],
)  # fmt: skip
def test_what_is_malformed_is_a_finding_at_the_comment(comment: str, messages: list[str]) -> None:
    report = lint(with_comment(6, comment))
    assert hygiene(report) == [("MAN016", 6, message) for message in messages]
    assert first(report, "MAN016").place.column == 21


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("PRM0922", "Did you mean `PRM092`?"),
        ("no-timeuot", "Did you mean `no-timeout`?"),
        ("prm092", "Did you mean `PRM092`?"),
        ("qqqqqq", "`archlint catalog checks` lists codes and slugs."),
        ("MAN002", "Mend what it finds."),
        ("MAN014", "Mend what it finds, or deselect it."),
        ("MAN015", "Waive it instead."),
        ("PRM", "Name each check, by its code or slug."),
    ],
)
def test_a_wrong_name_comes_with_what_to_do(name: str, remedy: str) -> None:
    assert first(lint(with_comment(6, f"# archlint: ignore[{name}]")), "MAN016").remedy == remedy


def test_each_name_is_unused_by_itself() -> None:
    report = lint(with_comment(6, "# archlint: ignore[OPS020, no-timeout, LAW124] so"))
    assert hygiene(report, "MAN014") == [
        ("MAN014", 6, "nothing on line 6 needs the ignore of `LAW124`"),
        ("MAN014", 6, "nothing on line 6 needs the ignore of `OPS020`"),
    ]
    assert ignored(report) == [CHECKOUT]


def linted(text: str, *select: str, overrides: tuple[str, ...] = ()) -> Report:
    registry = load_registry()
    settings = alike(selected(registry, [Layer(select=select or None)]))
    request = Request(today=TODAY, overrides=overrides)
    return check_sources([Source("a.yaml", text.encode())], request, settings, registry)


UNUSED = with_comment(7, "# archlint: ignore[PRM092, OPS010]")


def unused(report: Report) -> list[str]:
    return [finding.key for finding in report.findings if finding.code == "MAN014"]


def test_unused_is_said_only_of_checks_that_ran() -> None:
    assert unused(linted(UNUSED, "MAN014", "PRM092", "OPS010")) == ["OPS010", "PRM092"]
    assert unused(linted(UNUSED, "MAN014", "PRM092")) == ["PRM092"]
    assert unused(linted(UNUSED, "MAN014")) == []
    assert unused(linted(UNUSED, "PRM092", "OPS010")) == []


def test_unused_is_said_by_the_settings_of_the_file() -> None:
    registry = load_registry()
    few = Settings(tuple(check for check in registry.checks if check.code != "OPS010"))
    every = Settings(registry.checks)
    sources = [Source("a.yaml", UNUSED.encode()), Source("b.yaml", UNUSED.replace("shop", "store").encode())]
    settings = {"a.yaml": few, "b.yaml": every}
    report = check_sources(sources, Request(today=TODAY), settings.__getitem__, registry)
    found = [(finding.file, finding.key) for finding in report.findings if finding.code == "MAN014"]
    assert found == [("a.yaml", "PRM092"), ("b.yaml", "OPS010"), ("b.yaml", "PRM092")]


def test_unused_is_not_said_where_the_file_has_errors() -> None:
    for broken in ("x: 1\n", "jobs: {nightly: {every: 1d, calls: [{to: ledgr}]}}\n"):
        report = lint(UNUSED + broken)
        assert hygiene(report, "MAN014") == []
        assert {finding.code for finding in report.findings} & {"MAN002", "MAN004"}


def test_unused_is_not_said_under_assumptions() -> None:
    text = with_comment(6, "# archlint: ignore[PRM092]")
    assumed = linted(text, overrides=("services.checkout.calls[ledger].timeout=1s",))
    assert (ignored(assumed), unused(assumed)) == ([], [])


def test_unused_is_not_said_of_what_could_not_be_judged() -> None:
    assert unused(lint(with_comment(6, "# archlint: ignore[PRM092]"), profile="starter")) == []


def test_unused_is_not_said_of_a_check_that_failed(registry_from: MakeRegistry) -> None:
    registry = registry_from("""
        @check("ACM001", "broken-check", severity=INFO)
        def broken(service: Service, analyses: Analyses) -> Iterator[Finding]:
            '''Fails.'''
            raise RuntimeError("no")
            yield

        @check("ACM002", "told-ignores", severity=INFO)
        def told(ignore: Ignore, analyses: Analyses) -> Iterator[Finding]:
            '''Tells what is unused.'''
            yield Finding(at=ignore, message=f"{ignore.names} {ignore.unused} {ignore.reason}")
    """)
    report = lint(with_comment(4, "# archlint: ignore[ACM001] a b"), registry=registry)
    assert [f.message for f in report.findings] == ["('ACM001',) () a b"]
    assert [fault.name for fault in report.faults] == ["ACM001"]


def test_what_judges_ignores_cannot_be_ignored(registry_from: MakeRegistry) -> None:
    registry = registry_from("""
        @check("ACM002", "no-ignores", severity=INFO)
        def no_ignores(ignore: Ignore, analyses: Analyses) -> Iterator[Finding]:
            '''No ignores here.'''
            yield Finding(at=ignore, message="; ".join(mistake.message for mistake in ignore.mistakes))
    """)
    report = lint(with_comment(4, "# archlint: ignore[no-ignores]"), registry=registry)
    assert [(f.message, f.suppressed) for f in report.findings] == [("`no-ignores` cannot be ignored", None)]


def test_a_name_may_belong_to_a_plug_in_that_did_not_load() -> None:
    registry = replace(load_registry(), faults=(Fault("plug-in", "acme", "ImportError: x", "acme 1.0"),))
    text = with_comment(6, "# archlint: ignore[ACM001, PRM]")
    assert hygiene(lint(text, registry=registry)) == [("MAN016", 6, "`PRM` stands for many checks")]


LIMITED = """\
archlint: 1
system: {name: shop}
brokers:
  events:
    technology: kafka@3.6
    mode: zookeeper
    nodes: 300
    topics: {orders: {partitions: 400000, replication_factor: 3}}
"""


@pytest.mark.parametrize(
    ("name", "suppresses"),
    [
        ("kafka/partitions_per_cluster", True),
        ("partitions_per_cluster", True),
        ("beyond-recommended", True),
        ("rabbitmq/partitions_per_cluster", False),
        ("partitions_per", False),
        ("kafka", False),
    ],
)
def test_a_limit_is_named_with_or_without_its_technology(name: str, suppresses: bool) -> None:
    report = lint(with_comment(8, f"# archlint: ignore[{name}]", LIMITED))
    assert (first(report, "LIM004").suppressed is not None) is suppresses
    assert bool(hygiene(report, "MAN016")) is not suppresses


def test_an_option_asks_for_a_reason() -> None:
    text = with_comment(6, "# archlint: ignore[PRM092]", with_comment(11, "# archlint: ignore[PRM092] so"))
    registry = load_registry()
    asks = Settings(registry.checks, options={"MAN016": MalformedIgnore(require_reason=True)})
    report = check_sources([Source("a.yaml", text.encode())], Request(today=TODAY), lambda name: asks, registry)
    assert hygiene(report) == [("MAN016", 6, "the ignore of `PRM092` gives no reason")]
    assert ignored(report) == [CHECKOUT, SEARCH]
    assert hygiene(lint(text)) == []


def test_only_the_file_of_the_comment_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.archlint.yaml").write_text(with_comment(6, "# archlint: ignore[PRM092]"))
    Path("b.archlint.yaml").write_text(PLAIN.replace("shop", "store"))
    report = run(Request(today=datetime.date(2026, 11, 15)))
    assert [(f.file, f.path) for f in report.findings if f.suppressed] == [("a.archlint.yaml", CHECKOUT)]


LINES = PLAIN.splitlines()
IGNORE = "# archlint: ignore[PRM092] known"
fillers = st.lists(
    st.sampled_from(["", "   ", "# a word", "      # archlint: ignore[LAW999]", "# archlint is great", "#"]), max_size=4
)


@given(st.sampled_from([6, 11]), st.booleans(), st.lists(fillers, min_size=len(LINES) + 1, max_size=len(LINES) + 1))
def test_comments_and_blank_lines_never_change_what_an_ignore_acts_on(
    line: int, alone: bool, between: list[list[str]]
) -> None:
    """They may stand between an ignore and its line, too."""
    lines: list[str] = []
    for number, text in enumerate(LINES, 1):
        if number == line and alone:
            lines.append(IGNORE)
        lines += between[number - 1]
        lines.append(f"{text}  {IGNORE}" if number == line and not alone else text)
    report = lint("\n".join([*lines, *between[-1]]) + "\n")
    assert ignored(report) == [CHECKOUT if line == 6 else SEARCH]


MOVED = st.permutations([LINES[3:8], LINES[8:11]])


@given(MOVED, st.booleans(), st.integers(0, 3))
def test_an_ignore_moves_with_its_lines(blocks: list[list[str]], alone: bool, gap: int) -> None:
    marked = []
    for block in blocks:
        for text in block:
            mine = text == "      - to: ledger"
            marked += [IGNORE] if mine and alone else []
            marked.append(f"{text} {IGNORE}" if mine and not alone else text)
        marked += ["# between"] * gap
    assert ignored(lint("\n".join([*LINES[:3], *marked, *LINES[11:]]) + "\n")) == [CHECKOUT]
