"""Plug-ins and rules as users have them: installed from wheels, run by the real command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from archlint.engine import exit_codes
from archlint.version import VERSION

if TYPE_CHECKING:
    from tests.plugins.conftest import Environment, Site

pytestmark = pytest.mark.xdist_group("plugins")

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "archlint-example-plugin"
RULES = str(EXAMPLE / "rules.yaml")
MANIFEST = """\
archlint: 1
system: {name: shop}
services:
  reports:
    tier: critical
    replicas: 2
    zones: [a]
    load: {peak: 1000/s, mean: 1/s}
    capacity: {concurrency: 10, service_time: 100ms}
    x-cost: {centre: CC7, monthly: 300 USD/month}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "archlint.yaml").write_text(MANIFEST)
    return folder


def report_of(output: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(output)
    return report


def codes(output: str) -> set[str]:
    return {finding["code"] for finding in report_of(output)["findings"]}


def test_the_example_is_listed_and_explained(environment: Environment, project: Path) -> None:
    listed = environment.archlint("plugins", cwd=project)
    assert listed.stdout.splitlines()[2:] == [
        "archlint-example-plugin 1.0.0", "  EXM001 requests-cost-too-much", "  x-cost",
    ]  # fmt: skip
    assert listed.returncode == exit_codes.CLEAN
    version = environment.archlint("--version", cwd=project)
    assert version.stdout == f"archlint {VERSION}\narchlint-example-plugin 1.0.0\n"
    explained = environment.archlint("explain", "EXM001", cwd=project)
    assert "highest = 50.0" in explained.stdout


def test_the_example_finds_with_its_options(environment: Environment, project: Path) -> None:
    run = environment.archlint("check", "--select", "EXM", "--format", "json", cwd=project)
    (finding,) = report_of(run.stdout)["findings"]
    assert (finding["code"], finding["line"], finding["column"]) == ("EXM001", 10, 27)
    assert finding["exposure"] == pytest.approx(2.28, abs=0.01)
    (project / "archlint.toml").write_text("[checks.EXM001]\nhighest = 200.0\n")
    assert codes(environment.archlint("check", "--select", "EXM", "--format", "json", cwd=project).stdout) == set()


def test_the_block_of_the_example_is_validated(environment: Environment, project: Path) -> None:
    (project / "archlint.yaml").write_text(MANIFEST.replace("monthly", "montly"))
    run = environment.archlint("check", cwd=project)
    assert "`montly` is not a field here; did you mean `monthly`? (`x-cost` of archlint-example-plugin)" in run.stdout
    assert "archlint.yaml:10:27" in run.stdout
    assert run.returncode == exit_codes.FINDINGS


def test_the_rules_of_the_example_find_and_are_explained(environment: Environment, project: Path) -> None:
    run = environment.archlint("check", "--rules", RULES, "--select", "EXM101", "--format", "json", cwd=project)
    (finding,) = report_of(run.stdout)["findings"]
    assert finding["message"] == "reports is critical and stands in 1 of 2 zones"
    assert (finding["path"], finding["line"]) == ("services.reports.zones", 7)
    assert run.returncode == exit_codes.FINDINGS
    explained = environment.archlint("explain", "--rules", RULES, "EXM101", cwd=project)
    assert "The platform team takes one zone at a time" in explained.stdout
    assert "EXM101" in environment.archlint("catalog", "checks", "--rules", RULES, cwd=project).stdout
    sarif = environment.archlint("check", "--rules", RULES, "--format", "sarif", cwd=project)
    assert "EXM101" in sarif.stdout


def test_the_fixtures_of_the_example_hold(environment: Environment, project: Path) -> None:
    command = ("-m", "archlint.testing", "--rules", RULES, str(EXAMPLE / "fixtures" / "checks"))
    run = environment.run(str(environment.python), *command, cwd=project)
    assert [line.split(":")[0] for line in run.stdout.splitlines()] == ["passed"] * 4, run.stdout + run.stderr
    assert run.returncode == 0


CHECK = """
from __future__ import annotations
import time
from archlint.plugin import *

@check("BAD001", "bad-check", severity=WARNING)
def bad(service: Service, analyses: object) -> Iterator[Finding]:
    '''Is bad.'''
    yield Finding(at=service, message="bad")
"""
RAISES_AT_IMPORT = "raise RuntimeError('no licence')"
CLASHES = CHECK.replace("BAD001", "LAW020")
FAULTS = {
    "raises at import": (
        RAISES_AT_IMPORT, exit_codes.USAGE, "plug-in own of archlint-bad 1.0 failed: RuntimeError: no licence",
    ),
    "clashes": (CLASHES, exit_codes.USAGE, f"failed: `LAW020` is already a check of archlint {VERSION}"),
    "clashes with another plug-in": (
        CHECK.replace("BAD001", "EXM001"), exit_codes.USAGE,
        "plug-in example of archlint-example-plugin 1.0.0 failed: `EXM001` is already a check of archlint-bad 1.0",
    ),
    "raises": (
        CHECK + "    raise KeyError('x')\n", exit_codes.INTERNAL,
        "check BAD001 of archlint-bad 1.0 failed: failed on service `reports`: KeyError: 'x'",
    ),
    "changes the model": (
        CHECK + "    service.spec.zones.append('b')\n", exit_codes.INTERNAL,
        "check BAD001 of archlint-bad 1.0 failed: changes the model, which is put back: a list of 1, now of 2",
    ),
    "hangs": (
        CHECK + "    time.sleep(600)\n", exit_codes.INTERNAL,
        "check BAD001 of archlint-bad 1.0 failed: took longer than 1.5 s and was stopped",
    ),
    "ends the process": (
        CHECK + "    raise SystemExit(0)\n", exit_codes.INTERNAL, "check BAD001 of archlint-bad 1.0 failed: failed on",
    ),
    "is for another API": (
        "api_version = '9.0'\n" + CHECK.replace("from __future__ import annotations\n", ""), exit_codes.USAGE,
        "plug-in own of archlint-bad 1.0 failed: `archlint_bad` is written for version 9.0 of the plug-in API",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
@pytest.mark.parametrize("format", ["text", "json"])
def test_a_bad_plug_in_is_named_and_the_others_run(
    environment: Environment, site: Site, project: Path, case: str, format: str
) -> None:
    text, code, message = FAULTS[case]
    site.plug_in("archlint-bad", text)
    command = ("check", "--rules", RULES, "--check-timeout", "1.5", "--format", format)
    run = environment.archlint(*command, cwd=project, site=site.folder)
    assert run.returncode == code, run.stdout + run.stderr
    assert message in (run.stdout if format == "text" else run.stderr)
    expected = {"LAW020", "EXM101"} | ({"EXM001"} if "another" not in case else set())
    if format == "json":
        assert expected <= codes(run.stdout)
    else:
        assert all(code in run.stdout for code in expected)


def test_bad_plug_ins_are_faults_of_the_listing(environment: Environment, site: Site, project: Path) -> None:
    site.plug_in("archlint-bad", RAISES_AT_IMPORT)
    run = environment.archlint("plugins", cwd=project, site=site.folder)
    assert "fault: plug-in own of archlint-bad 1.0 failed: RuntimeError: no licence" in run.stdout
    assert run.returncode == exit_codes.USAGE


def test_a_rule_file_with_mistakes_is_wrong_usage(environment: Environment, project: Path) -> None:
    (project / "rules.yaml").write_text(Path(RULES).read_text().replace("size(zones) >=", "size(zons) >="))
    run = environment.archlint("check", "--rules", "rules.yaml", cwd=project)
    assert (run.returncode, run.stdout) == (exit_codes.USAGE, "")
    assert run.stderr == "error: rules.yaml:8:21: no variable `zons` here; did you mean `zones`?\n"
