"""A run from paths to a report: workspaces, files that are broken, references that cross."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from archlint.engine import exit_codes, session
from archlint.engine.errors import UsageError
from archlint.engine.results import Report
from archlint.engine.session import Request, exit_code
from archlint.plugin import Severity

if TYPE_CHECKING:
    from archlint.engine.registry import Registry
    from tests.engine.conftest import MakeRegistry

ROOT = Path(__file__).parents[2]
TODAY = datetime.date(2026, 11, 15)
SHOP = """\
archlint: 1
system: {name: shop}
services:
  web:
    calls: [{to: pay/ledger}, {to: api}]
  api: {}
"""
PAY = "archlint: 1\nsystem: {name: pay}\ndatastores: {ledger: {nodes: 3}}\n"
CHECKS = """
@check("ACM001", "call-seen", severity=INFO)
def call_seen(call: Call, analyses: Analyses) -> Iterator[Finding]:
    '''A call reaches three nodes.'''
    if need(call.target, "nodes" if call.name != "api" else "replicas") == 3:
        yield Finding(at=call, message="three nodes", related=(Related(call.target, "its target"),))

@check("ACM002", "service-seen", severity=INFO)
def service_seen(service: Service, analyses: Analyses) -> Iterator[Finding]:
    '''There is a service.'''
    yield Finding(at=service, message=f"{service.label} is there")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def registry(registry_from: MakeRegistry) -> Registry:
    return registry_from("from archlint.plugin import Related\n" + CHECKS)


def write(**texts: str) -> None:
    for name, text in texts.items():
        Path(f"{name}.archlint.yaml").write_text(text, encoding="utf-8")


def run(registry: Registry, *paths: str, **options: Any) -> Report:
    return session.run(Request(TODAY, paths, **options), registry)


def codes(report: Report) -> list[tuple[str, str, int]]:
    return [(finding.code, finding.file, finding.place.line) for finding in report.findings]


def unknown(report: Report) -> list[tuple[str, tuple[str, ...], list[str]]]:
    return [(group.code, group.needs, list(group.components)) for group in report.not_evaluated]


def test_all_manifests_of_a_run_are_one_workspace(registry: Registry) -> None:
    write(shop=SHOP, pay=PAY)
    report = run(registry)
    assert ("ACM001", "shop.archlint.yaml", 5) in codes(report)
    (crossing,) = [finding for finding in report.findings if finding.code == "ACM001"]
    (related,) = crossing.related
    assert (related.file, related.place.line) == ("pay.archlint.yaml", 3)
    assert "shop/web is there" in [finding.message for finding in report.findings]
    assert (report.summary.files, report.summary.components) == (2, 3)


def test_a_system_outside_the_run_is_not_evaluated(registry: Registry) -> None:
    write(shop=SHOP, pay=PAY)
    report = run(registry, "shop.archlint.yaml")
    assert "MAN004" not in {finding.code for finding in report.findings}
    assert unknown(report) == [
        ("ACM001", ("nodes",), ["services.web.calls[pay/ledger]"]),
        ("ACM001", ("replicas",), ["services.web.calls[api]"]),
    ]
    assert exit_code(report) == exit_codes.CLEAN


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (PAY.replace("nodes", "nodse"), "MAN002"),
        (PAY.replace("nodes: 3", "nodes: 3, nodes: 3"), "MAN003"),
        (PAY + "caches: {ledger: {}}\n", "MAN003"),
        (PAY.replace("nodes: 3", "nodes: 3, size: 8"), "MAN005"),
    ],
)
def test_components_of_a_broken_file_are_present_and_unknown(registry: Registry, broken: str, code: str) -> None:
    write(shop=SHOP, pay=broken)
    report = run(registry)
    assert [finding.code for finding in report.findings if finding.code.startswith("MAN")] == [code]
    assert ("ACM001", ("nodes",), ["services.web.calls[pay/ledger]"]) in unknown(report)
    assert ("ACM002", "shop.archlint.yaml", 4) in codes(report)
    assert exit_code(report) == exit_codes.FINDINGS


def test_what_a_broken_file_does_not_name_is_an_unknown_reference(registry: Registry) -> None:
    write(shop=SHOP.replace("pay/ledger", "pay/ledgr"), pay=PAY.replace("nodes", "nodse"))
    assert ("MAN004", "shop.archlint.yaml", 5) in codes(run(registry))


def test_a_file_that_is_no_yaml_leaves_the_others_checked(registry: Registry) -> None:
    write(shop=SHOP, pay="archlint: [")
    report = run(registry)
    assert [finding.code for finding in report.findings] == ["MAN001", "ACM002", "ACM002"]


def test_an_unknown_reference_stops_only_what_crosses_it(registry: Registry) -> None:
    text = SHOP.replace("pay/ledger", "ledgr").replace("api: {}", "api: {replicas: 3}")
    write(shop=text)
    report = run(registry)
    assert codes(report) == [
        ("ACM002", "shop.archlint.yaml", 4),
        ("MAN004", "shop.archlint.yaml", 5),
        ("ACM001", "shop.archlint.yaml", 5),
        ("ACM002", "shop.archlint.yaml", 6),
    ]
    assert unknown(report) == [("ACM001", ("nodes",), ["services.web.calls[ledgr]"])]


def test_two_systems_of_one_name(registry: Registry) -> None:
    write(a=SHOP, b=SHOP.replace("web", "www"))
    report = run(registry)
    assert [c for c in codes(report) if c[0] != "ACM002"] == [("MAN003", "b.archlint.yaml", 2)]
    (second,) = [finding for finding in report.findings if finding.code == "MAN003"]
    assert second.message == "a second system is named `shop`; the first stands in a.archlint.yaml"
    (related,) = second.related
    assert (related.file, related.place.line, related.place.column) == ("a.archlint.yaml", 2, 16)
    assert {finding.file for finding in report.findings if finding.code == "ACM002"} == {"a.archlint.yaml"}


def test_standard_input(registry: Registry) -> None:
    report = run(registry, "-", stdin=SHOP.encode())
    assert {finding.file for finding in report.findings} == {"<stdin>"}
    report = run(registry, "-", stdin=SHOP.encode(), stdin_filename="a/b.yaml")
    assert {finding.file for finding in report.findings} == {"a/b.yaml"}
    with pytest.raises(UsageError, match="takes no other path beside it"):
        run(registry, "-", "x.yaml", stdin=b"")


def test_nothing_found(registry: Registry) -> None:
    Path("other.yaml").write_text(SHOP)
    with pytest.raises(UsageError, match=r"^no manifest below \.: a manifest is named archlint\.yaml or"):
        run(registry)
    report = run(registry, allow_empty=True)
    assert (report.findings, report.summary.files, exit_code(report)) == ((), 0, exit_codes.CLEAN)


def test_a_path_that_is_not_there_is_wrong_usage_even_where_empty_is_allowed(registry: Registry) -> None:
    for workspace in (False, True):
        with pytest.raises(UsageError, match="nowhere: no such file or folder"):
            run(registry, "nowhere", allow_empty=True, workspace=workspace)


def test_workspace_widens_to_the_repository(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".git").mkdir()
    Path("deep/er").mkdir(parents=True)
    write(pay=PAY)
    Path("deep/er/shop.txt").write_text(SHOP)
    assert run(registry, "deep/er/shop.txt").summary.files == 1
    report = run(registry, "deep/er/shop.txt", workspace=True)
    assert {finding.file for finding in report.findings} == {"deep/er/shop.txt"}
    assert report.summary.files == 2
    assert unknown(report) == [("ACM001", ("replicas",), ["services.web.calls[api]"])]
    monkeypatch.chdir("deep/er")
    assert {finding.file for finding in run(registry, "shop.txt", workspace=True).findings} == {"shop.txt"}
    assert run(registry, workspace=True).summary.files == 1


def test_an_unknown_profile_is_wrong_usage(registry: Registry) -> None:
    with pytest.raises(UsageError, match="`lenient` is no profile; choose one of starter, standard, strict"):
        run(registry, profile="lenient")


def test_selection_of_the_command_line(registry: Registry) -> None:
    write(shop=SHOP)
    report = run(registry, ignore=("ACM", "service-seen"))
    assert (report.findings, report.summary.checks) == ((), 0)
    assert run(registry, select=("ACM001",)).summary.checks == 1
    with pytest.raises(UsageError, match="no check matches the selector `ACM003`; did you mean"):
        run(registry, select=("ACM003",))


@pytest.mark.parametrize(
    ("severity", "fail_on", "code"),
    [
        (Severity.INFO, "error", 0),
        (Severity.WARNING, "error", 0),
        (Severity.ERROR, "error", 1),
        (Severity.INFO, "warning", 0),
        (Severity.WARNING, "warning", 1),
        (Severity.INFO, "info", 1),
        (Severity.ERROR, "never", 0),
    ],
)
def test_the_level_decides_the_exit_code(
    registry_from: MakeRegistry, severity: Severity, fail_on: str, code: int
) -> None:
    text = CHECKS.replace("severity=INFO", f"severity={severity.name}")
    write(shop=SHOP)
    report = run(registry_from("from archlint.plugin import Related\n" + text), select=("ACM002",))
    assert exit_code(report, fail_on) == code


def test_findings_are_in_their_total_order(registry: Registry) -> None:
    write(b=PAY.replace("datastores", "services").replace("nodes", "replicas"), a=SHOP)
    report = run(registry)
    keys = [(f.file, f.place.line, f.place.column, f.code) for f in report.findings]
    assert keys == sorted(keys)
    assert {f.file for f in report.findings} == {"a.archlint.yaml", "b.archlint.yaml"}


def every_byte(seed: str, *arguments: str) -> bytes:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-m", "archlint", "check", "fixtures/systems", "--today", "2026-11-15", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode in (exit_codes.CLEAN, exit_codes.FINDINGS), done.stderr.decode()
    assert done.stderr == b""
    return done.stdout


@pytest.mark.parametrize("profile", ["standard", "strict"])
def test_the_same_bytes_whatever_the_hash_seed(profile: str) -> None:
    arguments = ("--format", "json", "--show-unknown", "--profile", profile)
    first, second = (every_byte(seed, *arguments) for seed in ("0", "4711"))
    assert first == second
    document = json.loads(first)
    assert document["summary"]["files"] > 3
    assert document["findings"]
