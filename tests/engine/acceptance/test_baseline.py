"""What a baseline accepts, when a finding comes back, and what lies outside the scope of a run."""

from __future__ import annotations

import datetime
import json
import random
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from archlint.engine import session
from archlint.engine.acceptance.baseline import Baseline, Entry, baseline_of, compare, pruned, rounded, written
from archlint.engine.acceptance.baseline_file import read_baseline, render_baseline
from archlint.engine.errors import UsageError
from archlint.engine.results import EvidenceRow, Report, Suppressed
from archlint.engine.scope import covers
from archlint.engine.session import Request
from archlint.manifest.reader import read
from archlint.plugin import ERROR, INFO, WARNING
from archlint.records import replace
from archlint.testing import lint

if TYPE_CHECKING:
    from archlint.engine.registry import Registry
    from tests.engine.conftest import MakeRegistry

SYSTEMS = Path(__file__).parents[3] / "fixtures" / "systems"
MANIFESTS = sorted(path.name for path in SYSTEMS.glob("*.archlint.yaml"))
TODAY = datetime.date(2026, 11, 15)
FILE = ".archlint-baseline.json"
CHECKS = """
@check("ACM001", "overloaded", severity=WARNING)
def overloaded(service: Service, analyses: Analyses) -> Iterator[Finding]:
    '''A service takes more than it bears.'''
    ratio = need(service, "load.peak") / 100
    if ratio > 1:
        yield Finding(at=service, field="load.peak", message=f"{ratio}", exposure=ratio,
                      severity=ERROR if service.spec.tier == "critical" else None)

@check("ACM002", "unnamed-zone", severity=INFO)
def unnamed_zone(service: Service, analyses: Analyses) -> Iterator[Finding]:
    '''A service stands in zone b.'''
    for index, zone in enumerate(service.spec.zones or ()):
        if zone == "b":
            yield Finding(at=service, field=f"zones[{index}]", message="in b")
"""
SHOP = """\
archlint: 1
system: {name: shop}
services:
  web: {load: {peak: 130/s}, zones: [a, b]}
"""
PAY = SHOP.replace("shop", "pay").replace("130/s", "200/s")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)


@pytest.fixture
def registry(registry_from: MakeRegistry) -> Registry:
    return registry_from(CHECKS)


def write(**texts: str) -> None:
    for name, text in texts.items():
        Path(f"{name}.archlint.yaml").write_text(text, encoding="utf-8")


def run(registry: Registry, *paths: str, **options: Any) -> Report:
    return session.run(Request(TODAY, paths, **options), registry)


def accept(registry: Registry, *paths: str, reason: str | None = None, **options: Any) -> Baseline:
    """`archlint baseline write`."""
    before, report = read_baseline(FILE, must_exist=False), run(registry, *paths, **options)
    after = written(before, report, compare(before, report), reason)
    Path(FILE).write_text(render_baseline(after), encoding="utf-8")
    return after


def prune(registry: Registry, *paths: str, whole: bool = False, **options: Any) -> Baseline:
    """`archlint baseline prune`."""
    before, report = read_baseline(FILE), run(registry, *paths, **options)
    after = pruned(before, compare(before, report, whole))
    Path(FILE).write_text(render_baseline(after), encoding="utf-8")
    return after


def check(registry: Registry, *paths: str, **options: Any) -> list[str]:
    """The codes that `archlint check --baseline` shows."""
    return [finding.code for finding in run(registry, *paths, baseline=FILE, **options).unsuppressed]


def rows(baseline: Baseline) -> list[tuple[str, str, float | None]]:
    return [(entry.system, entry.code, entry.exposure) for entry in baseline.entries.values()]


def test_what_is_accepted_is_suppressed_and_says_why(registry: Registry) -> None:
    write(shop=SHOP)
    accept(registry, reason="from before")
    report = run(registry, baseline=FILE)
    assert [finding.suppressed for finding in report.findings] == [Suppressed("baseline", "from before")] * 2
    assert (report.summary.warning, report.summary.info, report.summary.suppressed) == (0, 0, 2)


@pytest.mark.parametrize(
    ("peak", "returns"), [("130/s", False), ("135/s", False), ("143/s", False), ("143.1/s", True), ("150/s", True)]
)
def test_a_finding_comes_back_above_11_tenths_of_its_exposure(registry: Registry, peak: str, returns: bool) -> None:
    write(shop=SHOP)
    accept(registry)
    write(shop=SHOP.replace("130/s", peak))
    assert check(registry) == ["ACM001"] * returns


def test_what_comes_back_says_how_bad_it_was_and_stays_the_same_finding(registry: Registry) -> None:
    write(shop=SHOP)
    (entry, _) = accept(registry).entries.values()
    write(shop=SHOP.replace("130/s", "150/s").replace("{load", "{tier: critical, load"))
    (finding,) = run(registry, baseline=FILE).unsuppressed
    assert finding.fingerprint == entry.fingerprint
    assert finding.evidence == (
        EvidenceRow("baselined at", 1.3, "", "1.30"),
        EvidenceRow("baselined as", "warning", "", "warning"),
    )


def test_a_finding_comes_back_when_its_severity_rises(registry: Registry) -> None:
    write(shop=SHOP)
    accept(registry)
    write(shop=SHOP.replace("{load", "{tier: critical, load"))
    assert check(registry) == ["ACM001"]
    accept(registry)
    write(shop=SHOP)
    assert check(registry) == []


def test_without_an_exposure_on_both_sides_only_the_severity_counts(registry: Registry) -> None:
    write(shop=SHOP)
    entry = accept(registry).entries
    unmeasured = baseline_of(replace(item, exposure=None) for item in entry.values())
    Path(FILE).write_text(render_baseline(unmeasured))
    write(shop=SHOP.replace("130/s", "900/s"))
    assert check(registry) == []


def test_an_exposure_that_grows_in_small_steps_still_comes_back(registry: Registry) -> None:
    write(shop=SHOP)
    accept(registry)
    for peak, codes in (("138/s", []), ("142/s", []), ("146/s", ["ACM001"])):
        write(shop=SHOP.replace("130/s", peak))
        assert check(registry) == codes


def test_writing_replaces_what_the_run_judged_and_keeps_reasons(registry: Registry) -> None:
    write(shop=SHOP)
    accept(registry, reason="old")
    write(shop=SHOP.replace("130/s", "110/s").replace("web", "api") + "  web: {load: {peak: 120/s}}\n")
    after = accept(registry, reason="new")
    assert [(entry.route, entry.exposure, entry.reason) for entry in after.entries.values()] == [
        ("services.api.load.peak", 1.1, "new"),
        ("services.web.load.peak", 1.2, "old"),
        ("services.api.zones[1]", None, "new"),
    ]


def test_files_that_are_not_read_keep_their_entries(registry: Registry) -> None:
    write(shop=SHOP, pay=PAY)
    before = accept(registry)
    write(shop="archlint: 1\nsystem: {name: shop}\n", pay="archlint: 1\nsystem: {name: pay}\n")
    report = run(registry, "shop.archlint.yaml")
    compared = compare(before, report)
    assert [entry.system for entry in compared.stale] == ["shop", "shop"]
    assert [entry.system for entry in compared.unjudged] == ["pay", "pay"]
    assert rows(accept(registry, "shop.archlint.yaml")) == [("pay", "ACM001", 2.0), ("pay", "ACM002", None)]


def test_checks_that_are_not_selected_keep_their_entries(registry: Registry) -> None:
    write(shop=SHOP)
    accept(registry)
    write(shop="archlint: 1\nsystem: {name: shop}\n")
    assert rows(accept(registry, ignore=("ACM001",))) == [("shop", "ACM001", 1.3)]
    assert rows(prune(registry, select=("ACM002",))) == [("shop", "ACM001", 1.3)]
    assert rows(prune(registry)) == []


@pytest.mark.parametrize("broken", ["archlint: [", SHOP.replace("zones", "zoens"), SHOP + "  api: {calls: [{to: x}]}"])
def test_a_system_with_manifest_errors_keeps_its_entries(registry: Registry, broken: str) -> None:
    write(shop=SHOP)
    before = accept(registry)
    write(shop=broken.replace("130/s", "1/s"))
    compared = compare(before, run(registry), whole=True)
    assert compared.stale == ()
    assert not compared.holds
    assert accept(registry) == prune(registry, whole=True) == before


def test_errors_of_a_manifest_are_never_accepted(registry: Registry) -> None:
    write(shop=SHOP + "  api: {calls: [{to: nowhere}]}\n")
    after = accept(registry)
    assert {entry.code for entry in after.entries.values()} == {"ACM001", "ACM002"}
    (error,) = [finding for finding in run(registry).findings if finding.code == "MAN004"]
    forced = Entry(error.fingerprint, "MAN004", "shop", error.path, ERROR)
    Path(FILE).write_text(render_baseline(baseline_of([*after.entries.values(), forced])))
    assert check(registry) == ["MAN004"]


def test_what_could_not_be_judged_is_not_stale(registry: Registry) -> None:
    write(shop=SHOP + "  api: {load: {peak: 300/s}}\n")
    before = accept(registry)
    write(shop=SHOP.replace("load: {peak: 130/s}, ", "").replace("[a, b]", "[a]") + "  api: {load: {peak: 1/s}}\n")
    compared = compare(before, run(registry))
    assert [entry.route for entry in compared.unjudged] == ["services.web.load.peak"]
    assert [entry.route for entry in compared.stale] == ["services.api.load.peak", "services.web.zones[1]"]


def test_pruning_only_removes(registry: Registry) -> None:
    write(shop=SHOP + "  api: {load: {peak: 300/s}, tier: critical}\n")
    accept(registry, reason="old")
    write(shop=SHOP.replace("130/s", "140/s") + "  api: {load: {peak: 200/s}}\n  new: {load: {peak: 500/s}}\n")
    after = prune(registry).entries.values()
    assert [(entry.route, entry.exposure, entry.severity) for entry in after] == [
        ("services.api.load.peak", 3.0, ERROR),
        ("services.web.load.peak", 1.3, WARNING),
        ("services.web.zones[1]", None, INFO),
    ]
    write(shop="archlint: 1\nsystem: {name: shop}\n")
    assert prune(registry) == Baseline()


def test_a_system_that_is_gone_is_stale_only_where_all_was_read(registry: Registry) -> None:
    write(shop=SHOP, pay=PAY)
    accept(registry)
    Path("pay.archlint.yaml").unlink()
    assert len(prune(registry).entries) == 4
    write(pay="archlint: [")
    assert len(prune(registry, whole=True).entries) == 4
    Path("pay.archlint.yaml").unlink()
    assert rows(prune(registry, whole=True)) == [("shop", "ACM001", 1.3), ("shop", "ACM002", None)]


@pytest.mark.parametrize(
    ("paths", "folder", "expected"),
    [
        ((".",), "", True),
        (("..",), "", True),
        (("deep",), "", False),
        (("deep", "."), "deep", True),
        (("dee",), "deep", False),
    ],
)
def test_paths_cover_a_folder(paths: tuple[str, ...], folder: str, expected: bool) -> None:
    assert covers(paths, folder) is expected


def test_a_suppressed_finding_needs_no_entry_and_keeps_one(registry: Registry) -> None:
    write(shop=SHOP)
    before, report = accept(registry), run(registry)
    waived = replace(report, findings=tuple(replace(f, suppressed=Suppressed("waiver")) for f in report.findings))
    assert compare(before, waived).holds
    assert compare(Baseline(), waived).holds
    assert pruned(before, compare(before, waived)) == before
    assert rows(written(before, waived, compare(before, waived))) == []


@pytest.mark.parametrize(
    ("exposure", "stored"),
    [(1 / 3, 0.333333), (123456789.0, 123457000.0), (0.0, 0.0), (float("inf"), None), (None, None)],
)
def test_exposures_are_stored_without_the_noise_of_sums(exposure: float | None, stored: float | None) -> None:
    assert rounded(exposure) == stored


# The file.


def test_the_file_has_one_finding_a_line_and_is_sorted(registry: Registry) -> None:
    write(shop=SHOP, pay=PAY)
    accept(registry, reason="déjà vu")
    text = Path(FILE).read_text(encoding="utf-8")
    first, second, *rows, last, end = text.splitlines()
    assert (first, second, last, end) == ("{", ' "version": 1,', " ]", "}")
    assert rows[0] == ' "findings": ['
    assert [json.loads(row.rstrip(","))["system"] for row in rows[1:]] == ["pay", "pay", "shop", "shop"]
    assert rows[3].endswith(
        '"code": "ACM001", "system": "shop", "route": "services.web.load.peak", "exposure": 1.3, '
        '"severity": "warning", "reason": "déjà vu"},'
    )


ENTRIES = st.builds(
    Entry,
    fingerprint=st.text("0123456789abcdef", min_size=16, max_size=16).map("v1:{}".format),
    code=st.text(max_size=6),
    system=st.text(max_size=6),
    route=st.text(),
    severity=st.sampled_from([ERROR, WARNING, INFO]),
    exposure=st.none() | st.floats(0, 1e9).map(rounded),
    reason=st.none() | st.text(),
)


@given(st.lists(ENTRIES, unique_by=lambda entry: entry.fingerprint), st.randoms())
@settings(max_examples=50, deadline=None)
def test_what_is_written_is_read_whatever_the_order(entries: list[Entry], order: random.Random) -> None:
    text = render_baseline(baseline_of(entries))
    order.shuffle(entries)
    assert render_baseline(baseline_of(entries)) == text
    place = Path("round.json")
    place.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert render_baseline(read_baseline("round.json")) == text


GOOD = (
    '{"fingerprint": "v1:1", "code": "C", "system": "s", "route": "r", '
    '"exposure": 1, "severity": "info", "reason": null}'
)


def good(old: str = "", new: str = "") -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("[", r":2:1: no JSON: expecting value"),
        (f"[\n{GOOD}\n<<<<<<< ours\n{GOOD}]", r":3:1: no JSON: expecting ',' delimiter \(a conflict of a merge\?\)"),
        (f"[\n{GOOD},\n  3]", r":3:3: an entry is a mapping"),
        (f"[{GOOD},\n{GOOD}]", r":2:1: v1:1 stands twice"),
        (f"[\n  {good('exposure', 'exposre')}]", r":2:3: `exposre` is no key of an entry; did you mean `exposure`"),
        (f"[{good(': 1,', ': -1,')}]", r":1:29: `exposure` is a number from 0, or null, not -1"),
        (f"[{good(': 1,', ': true,')}]", r":1:29: `exposure` is a number from 0, or null, not true"),
        (f"[{good(': 1,', ': 1e999,')}]", r":1:29: `exposure` is a number from 0, or null, not Infinity"),
        (f"[{good(': 1,', ': NaN,')}]", r":1:1: no baseline: NaN is no number of JSON"),
        (f"[{good('info', 'fatal')}]", r"`severity` is one of error, warning, info, not \"fatal\""),
        (f"[{good('null', '3')}]", r"`reason` is a text, or null, not 3"),
        ("[" + good('"system": "s", ') + "]", r"`system` is missing"),
        ("[" + good('"C"', "7") + "]", r"`code` is a text, not 7"),
        ("{}", r':1:1: no baseline: it is a mapping with "version" and "findings"'),
        ("[" * 100_000, r": no (JSON|baseline): "),
    ],
)
def test_a_malformed_file_is_refused_with_its_place(rows: str, message: str) -> None:
    Path(FILE).write_text(f'{{"version": 1, "findings": {rows}\n}}\n', encoding="utf-8")
    with pytest.raises(UsageError, match=rf"^{FILE}.*{message}"):
        read_baseline(FILE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r":1:1: no JSON: expecting value"),
        (b"[]", r":1:1: no baseline: it is a mapping"),
        (b'{"version": 2, "findings": []}', r":1:1: version 2 is none that this archlint reads \(1\)"),
        (b'{"version": true, "findings": []}', r":1:1: version true is none"),
        (b'{"version": 1, "findings": [], "x": 1}', r":1:1: `x` is no key of a baseline"),
        (b'{"version": 1,\n "\xff": []}', r":2:3: not UTF-8"),
    ],
)
def test_what_is_no_baseline_is_refused_with_its_place(content: bytes, message: str) -> None:
    Path(FILE).write_bytes(content)
    with pytest.raises(UsageError, match=rf"^{FILE}{message}.*; mend it, or delete it and write it anew$"):
        read_baseline(FILE)


def test_a_mark_of_the_byte_order_and_other_ends_of_lines_are_read() -> None:
    Path(FILE).write_bytes(b"\xef\xbb\xbf" + f'{{"findings": [{GOOD}],\r\n"version": 1}}\r\n'.encode())
    assert list(read_baseline(FILE).entries) == ["v1:1"]


def test_a_baseline_that_is_named_and_absent_is_wrong_usage(registry: Registry) -> None:
    write(shop=SHOP)
    with pytest.raises(UsageError, match=r"^nowhere\.json: no such baseline; make one with"):
        run(registry, baseline="nowhere.json")
    Path("folder").mkdir()
    with pytest.raises(UsageError, match=r"^folder: cannot be read: Is a directory"):
        run(registry, baseline="folder")


# Edits that change nothing: real manifests, with the built-in checks.


@cache
def accepted(name: str) -> tuple[Baseline, str]:
    text = (SYSTEMS / name).read_text(encoding="utf-8")
    report = lint(text, name=name, today=TODAY)
    baseline = Baseline()
    return written(baseline, report, compare(baseline, report)), text


def differences(name: str, text: str) -> list[str]:
    """What a baseline of the manifest as it stands finds wrong with another text of it."""
    compared = compare(accepted(name)[0], lint(text, name="other.yaml", today=TODAY))
    assert compared.errors == ()
    return [
        *(f"{f.code} {f.path}" for f in (*compared.missing, *compared.outgrown)),
        *(e.route for e in compared.stale),
    ]


def reordered(node: Any, order: random.Random) -> Any:
    if isinstance(node, dict):
        items = list(node.items())
        order.shuffle(items)
        return {key: reordered(value, order) for key, value in items}
    return [reordered(item, order) for item in node] if isinstance(node, list) else node


@pytest.mark.parametrize("name", MANIFESTS)
def test_moved_lines_change_nothing(name: str) -> None:
    text = accepted(name)[1]
    assert differences(name, "# a new first line\n\n" + text.replace("\n", "\n\n")) == []


@pytest.mark.parametrize("name", MANIFESTS)
@given(seed=st.integers(0))
@settings(
    max_examples=8, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate]
)  # a seed has no smaller one
def test_reordered_keys_change_nothing(name: str, seed: int) -> None:
    data = read(accepted(name)[1].encode(), name).data
    assert differences(name, json.dumps(reordered(data, random.Random(seed)))) == []


@pytest.mark.parametrize("name", MANIFESTS)
def test_items_added_before_change_nothing_of_what_was_there(name: str) -> None:
    data = read(accepted(name)[1].encode(), name).data
    assert data is not None
    added = {"zz-sink": {"model": "relational", "nodes": 3}}
    data["datastores"] = {**added, **data.get("datastores", {})}
    before = {entry.route for entry in accepted(name)[0].entries.values()}
    for service in data["services"].values():
        if service.get("calls"):
            service["calls"] = [{"to": "zz-sink"}, *service["calls"]]
    compared = compare(accepted(name)[0], lint(json.dumps(data), name="other.yaml", today=TODAY))
    assert [finding.path for finding in compared.missing if finding.path in before] == []
    assert [entry.route for entry in compared.stale] == []
