"""The test kit: it accepts what is right, and refuses each way in which a fixture can say nothing."""

from __future__ import annotations

import datetime
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

from archlint.analysis.analyses import Analyses
from archlint.engine.registration import registry_of
from archlint.engine.registry import Registry
from archlint.plugin import (
    ERROR,
    INFO,
    WARNING,
    Evidence,
    Finding,
    Iterator,
    Service,
    check,
    need,
)
from archlint.testing import TODAY, Mismatch, cases, examples_fail, expectation, lint, main, undocumented, verify


@check("ACM001", "too-many-replicas", severity=ERROR)
def too_many_replicas(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """A service has more than ten replicas.

    What it finds: more than ten.

    Why it matters: they cost.

    At 3 AM: nothing.

    How to fix: fewer.

    When it is wrong: always.

    Sources: none.

    Risky:
        archlint: 1
        system: {name: shop}
        services: {web: {replicas: 11}}

    Safe:
        archlint: 1
        system: {name: shop}
        services: {web: {replicas: 10}}
    """
    count = need(service, "replicas")
    if count > 10:
        yield Finding(
            at=service,
            field="replicas",
            message=f"{service.name} has {count}, more than 10",
            exposure=count / 10,
            evidence=(Evidence("replicas", count), Evidence("most", "ten")),
        )


@check("ACM002", "failing-on-cue", severity=WARNING)
def failing_on_cue(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """It fails for a service named `fail`."""
    if service.name == "fail":
        raise RuntimeError("on cue")
    yield from ()


@check("ACM003", "undocumented-check", severity=INFO)
def undocumented_check(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """No sentence

    Risky:
        archlint: 1
        system: {name: shop, ownr: x}
    """
    yield from ()


@pytest.fixture
def registry() -> Registry:
    module = ModuleType(__name__)
    for function in (too_many_replicas, failing_on_cue, undocumented_check):
        setattr(module, function.__name__, function)
    return registry_of(module)


HEAD = "archlint: 1\nsystem: {name: shop}\nservices:\n"
RISKY = HEAD + "  web: {replicas: 13}\n"
RIGHT = """\
findings:
  - route: services.web.replicas
    line: 4
    column: 9
    severity: error
    message: has 13
    exposure: 1.3
    evidence: {replicas: 13, most: ten}
"""


class Fixtures:
    def __init__(self, folder: Path, registry: Registry) -> None:
        self.folder = folder
        self.registry = registry

    def write(self, name: str, text: str, code: str = "ACM001") -> None:
        (self.folder / code).mkdir(exist_ok=True)
        (self.folder / code / name).write_text(textwrap.dedent(text), encoding="utf-8")

    def verify(self) -> None:
        found = cases(self.folder, self.registry)
        assert found
        for case in found:
            verify(case)


@pytest.fixture
def fixtures(tmp_path: Path, registry: Registry) -> Fixtures:
    return Fixtures(tmp_path, registry)


def test_what_is_right_is_accepted(fixtures: Fixtures) -> None:
    fixtures.write("risky.yaml", RISKY)
    fixtures.write("risky.expected.yaml", RIGHT)
    fixtures.write("safe_ten.yml", HEAD + "  web: {replicas: 10}\n")
    fixtures.write("notes.txt", "not a fixture")
    (fixtures.folder / "README.md").write_text("neither")
    fixtures.verify()
    assert [str(case) for case in cases(fixtures.folder)] == ["ACM001-risky", "ACM001-safe_ten"]


WRONG = [
    ("exposure: 1.3", "exposure: 1.31", "exposure 1.3, expected 1.31"),
    ("    exposure: 1.3\n", "", "exposure 1.3, expected None"),
    ("replicas: 13, ", "", "evidence "),
    ("replicas: 13", "replicas: 14", "evidence "),
    ("most: ten", "most: nine", "evidence "),
    ("line: 4", "line: 3", "expected .*'services.web.replicas', 3, 'error'"),
    ("column: 9", "column: 8", "column 9, expected 8"),
    ("severity: error", "severity: warning", "expected .*'warning'"),
    ("services.web.replicas", "services.web", "expected .*'services.web', 4"),
    ("message: has 13", "message: has 14", "lacks 'has 14'"),
    ("message", "massage", "a finding states"),
    ("    line: 4\n", "", "a finding states"),
    ("findings:", "today: 2026-11-15\nfindngs:", "has something other than"),
    (RIGHT, "", "its .expected.yaml is missing, or expects no finding"),
    (RIGHT, "findings: []", "its .expected.yaml is missing, or expects no finding"),
    (RIGHT, "- a list", "has something other than"),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG)
def test_an_expectation_that_does_not_hold(fixtures: Fixtures, old: str, new: str, message: str) -> None:
    assert old in RIGHT
    fixtures.write("risky.yaml", RISKY)
    fixtures.write("risky.expected.yaml", RIGHT.replace(old, new))
    with pytest.raises(Mismatch, match=message):
        fixtures.verify()


def test_figures_may_differ_by_a_thousandth(fixtures: Fixtures) -> None:
    fixtures.write("risky.yaml", RISKY)
    fixtures.write("risky.expected.yaml", RIGHT.replace("1.3", "1.3009").replace("replicas: 13", "replicas: 13.01"))
    fixtures.verify()


def test_every_finding_of_the_check_is_expected(fixtures: Fixtures) -> None:
    fixtures.write("risky.yaml", RISKY + "  api: {replicas: 20}\n")
    fixtures.write("risky.expected.yaml", RIGHT)
    with pytest.raises(Mismatch, match=r"services\.api\.replicas line 5 error: api has 20"):
        fixtures.verify()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("safe.yaml", RISKY, "expected \\[\\]"),
        ("safe.yaml", HEAD + "  web: {}\n", "not evaluated, for the lack of .*replicas"),
        ("safe.yaml", HEAD + "  web: {replcas: 3}\n", "the safe manifest has errors: .*MAN002"),
        ("safe.yaml", HEAD + "  fail: {replicas: 3}\n", "ACM002 failed on service `fail`: RuntimeError: on cue"),
        ("risky.yaml", RISKY, "its .expected.yaml is missing"),
        ("other.yaml", RISKY, "a fixture is named risky"),
        ("safe2.expected.yaml", RIGHT, "stands beside no fixture"),
    ],
)
def test_a_fixture_that_says_nothing(fixtures: Fixtures, name: str, text: str, message: str) -> None:
    fixtures.write(name, text)
    with pytest.raises(Mismatch, match=message):
        fixtures.verify()


@pytest.mark.parametrize("folder", ["ACM009", "too-many-replicas"])
def test_a_folder_of_no_check(fixtures: Fixtures, folder: str) -> None:
    fixtures.write("safe.yaml", HEAD + "  web: {replicas: 3}\n", code=folder)
    with pytest.raises(Mismatch, match=f"there is no check {folder}"):
        fixtures.verify()


def test_date_and_profile_are_the_expectations_own(fixtures: Fixtures) -> None:
    fixtures.write("safe.yaml", HEAD + "  web: {replicas: 3}\n")
    fixtures.write("safe.expected.yaml", "today: 2027-01-02\nprofile: strict\n")
    (case,) = cases(fixtures.folder)
    assert (case.today, case.profile, case.fires) == (datetime.date(2027, 1, 2), "strict", False)


def test_an_expectation_can_be_written_by_the_kit(fixtures: Fixtures) -> None:
    fixtures.write("risky.yaml", RISKY)
    (case,) = cases(fixtures.folder, fixtures.registry)
    fixtures.write("risky.expected.yaml", expectation(case))
    fixtures.verify()


def test_lint_is_one_manifest_under_every_check(registry: Registry) -> None:
    report = lint(RISKY, registry=registry)
    assert [finding.code for finding in report.findings] == ["ACM001"]
    assert (report.today, report.summary.checks) == (TODAY, 3)
    assert lint(RISKY.encode(), registry=registry) == report


def test_documentation_has_its_sections_and_examples(registry: Registry) -> None:
    whole, _, bare = registry.checks
    assert list(undocumented(whole)) == []
    assert list(examples_fail(whole, registry)) == []
    assert len(list(undocumented(bare))) == 8
    assert "the summary is no sentence" in list(undocumented(bare))
    failures = list(examples_fail(bare, registry))
    assert failures[0].startswith("`Risky:` is no valid manifest: ['MAN002 ")
    assert "`Risky:` does not fire" in failures


def test_the_command_verifies_folders_with_rules(capsys: pytest.CaptureFixture[str]) -> None:
    example = Path(__file__).resolve().parents[1] / "examples" / "archlint-example-plugin"
    folder = example / "fixtures" / "checks"
    assert main(["--rules", str(example / "rules.yaml"), str(folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == ["passed: EXM101-risky", "passed: EXM101-safe"]
    assert lines[0] == "failed: EXM001-risky: there is no check EXM001"


def test_the_command_prints_what_a_check_says_now(capsys: pytest.CaptureFixture[str]) -> None:
    manifest = Path(__file__).resolve().parents[1] / "fixtures" / "checks" / "LAW020" / "risky.yaml"
    assert main([str(manifest)]) == 0
    assert "severity: error" in capsys.readouterr().out
