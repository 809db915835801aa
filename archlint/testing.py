"""The test kit of checks: a fixture folder becomes test cases, for built-in checks and plug-ins alike.

A folder holds one sub-folder a check, named by its code:

    fixtures/checks/ACM001/risky.yaml             a manifest that the check fires on
    fixtures/checks/ACM001/risky.expected.yaml    what it must say of it, exactly
    fixtures/checks/ACM001/safe.yaml              a near miss: sound, nothing missing, and silent

Any number of `risky*.yaml` and `safe*.yaml`. The expectation lists every finding of that check:

    today: 2026-11-15          # optional, as `profile`; the date below by default
    select: [ACM]              # optional: the selectors of the checks that run; all of them by default
    findings:
      - {route: services.web.replicas, line: 7, column: 5, severity: error, exposure: 1.3,
         evidence: {offered load: 1200, capacity: 900}, message: "part of the message"}

`route`, `line` and `severity` are required; `exposure` and `evidence` are compared within 0.1%, and must be
given where the finding has them. In a test module:

    from archlint.testing import cases, verify

    @pytest.mark.parametrize("case", cases(Path("fixtures/checks")), ids=str)
    def test_fixtures(case): verify(case)

Rules of a file are checks as well: `cases(folder, rules("rules.yaml"))`. Without Python, on the command line:

    python -m archlint.testing --rules rules.yaml fixtures/checks
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from archlint.engine.configuration.settings import alike
from archlint.engine.documentation import SECTIONS, page_of
from archlint.engine.manifest_errors import MANIFEST_ERRORS, ManifestError
from archlint.engine.registration import load_registry
from archlint.engine.registry import Registry
from archlint.engine.results import Report, ReportedFinding
from archlint.engine.selection import Layer, selected
from archlint.engine.session import Request, check_sources
from archlint.engine.sources.discovery import Source
from archlint.plugin import Check
from archlint.records import dataclass, field

TODAY = datetime.date(2026, 11, 15)
"""The date of every fixture that states none."""

TOLERANCE = 1e-3

EXPECTED = ".expected"
_REQUIRED = frozenset({"route", "line", "severity"})
_COMPARED = _REQUIRED | {"column", "exposure", "evidence", "message"}


@dataclass(frozen=True, slots=True)
class Case:
    """One fixture: a manifest, the code it is about, and what is expected of it."""

    code: str
    manifest: Path
    fires: bool
    findings: tuple[dict[str, Any], ...] = ()
    today: datetime.date = TODAY
    profile: str = "standard"
    select: tuple[str, ...] = ("ALL",)
    registry: Registry | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.code}-{self.manifest.stem}"


class Mismatch(AssertionError):  # noqa: N818 - the word for it
    """A fixture that says one thing while the check says another; the message shows both."""


def cases(folder: Path, registry: Registry | None = None) -> list[Case]:
    """The cases below a folder, sorted.

    Raises Mismatch for a fixture that is named neither way, and for an expectation that is malformed or
    stands beside no fixture.
    """
    return [case for code in sorted(folder.iterdir()) if code.is_dir() for case in _cases_of(code, registry)]


def rules(*files: str | Path) -> Registry:
    """All checks that are installed, and those of rule files. Raises UsageError for what is wrong in these."""
    return load_registry(rules=[str(file) for file in files])


def _cases_of(code: Path, registry: Registry | None) -> Iterator[Case]:
    files = sorted(path for path in code.iterdir() if path.suffix in (".yaml", ".yml"))
    expectations = {path for path in files if path.stem.endswith(EXPECTED)}
    for manifest in files:
        if manifest not in expectations:
            expectations.discard(manifest.with_name(f"{manifest.stem}{EXPECTED}.yaml"))
            yield _case(manifest, registry)
    for alone in sorted(expectations):
        raise Mismatch(f"{alone}: stands beside no fixture")


def _case(manifest: Path, registry: Registry | None) -> Case:
    fires = manifest.name.startswith("risky")
    if not fires and not manifest.name.startswith("safe"):
        raise Mismatch(f"{manifest}: a fixture is named risky*.yaml or safe*.yaml")
    expected = _expected(manifest.with_name(f"{manifest.stem}{EXPECTED}.yaml"))
    return Case(
        code=manifest.parent.name,
        manifest=manifest,
        fires=fires,
        findings=tuple(expected.get("findings", ())),
        today=expected.get("today", TODAY),
        profile=expected.get("profile", "standard"),
        select=tuple(expected.get("select", ("ALL",))),
        registry=registry,
    )


def _expected(file: Path) -> dict[str, Any]:
    """An expectation with the fields that it may have: a misspelt one would be a figure that nobody compares."""
    content = (yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else None) or {}
    if not isinstance(content, dict) or not content.keys() <= {"today", "profile", "select", "findings"}:
        raise Mismatch(f"{file}: has something other than `today`, `profile`, `select` and `findings`")
    for finding in content.get("findings") or ():
        if not isinstance(finding, dict) or not _REQUIRED <= finding.keys() <= _COMPARED:
            raise Mismatch(f"{file}: a finding states {sorted(_REQUIRED)}, and of {sorted(_COMPARED)} what it has")
    return content


def lint(
    text: str | bytes,
    *,
    today: datetime.date = TODAY,
    profile: str = "standard",
    select: tuple[str, ...] = ("ALL",),
    name: str = "manifest.archlint.yaml",
    registry: Registry | None = None,
) -> Report:
    """The Report of one manifest under every check, the ones that are off by default included, or under some."""
    registry = registry if registry is not None else load_registry()
    content = text.encode() if isinstance(text, str) else text
    request = Request(today=today)
    checks = selected(registry, [Layer(select=select)])
    return check_sources([Source(name, content)], request, alike(checks, profile), registry)


def verify(case: Case) -> None:
    """Raises Mismatch unless the check says exactly what the fixture expects."""
    registry = case.registry if case.registry is not None else load_registry()
    if case.code not in MANIFEST_ERRORS and getattr(registry.find(case.code), "code", None) != case.code:
        raise Mismatch(f"{case}: there is no check {case.code}")
    if case.fires and not case.findings:
        raise Mismatch(f"{case}: its .expected.yaml is missing, or expects no finding")
    report = lint(
        case.manifest.read_bytes(),
        today=case.today,
        profile=case.profile,
        select=case.select,
        name=case.manifest.name,
        registry=registry,
    )
    if report.faults:
        raise Mismatch(f"{case}: {report.faults[0].name} {report.faults[0].message}")
    found = [finding for finding in report.findings if finding.code == case.code]
    _same_places(case, found)
    for finding, expected in zip(found, case.findings, strict=True):
        _same_figures(case, finding, expected)
    if not case.fires:
        _is_near_miss(case, report)


def _is_near_miss(case: Case, report: Report) -> None:
    """A safe manifest must be sound, and judged: a check that could not look has not passed."""
    broken = [f"{f.code} {f.message}" for f in report.findings if f.code in MANIFEST_ERRORS]
    if broken:
        raise Mismatch(f"{case}: the safe manifest has errors: {broken}")
    unknown = [group.needs for group in report.not_evaluated if group.code == case.code]
    if unknown:
        raise Mismatch(f"{case}: not evaluated, for the lack of {unknown}")


def _same_places(case: Case, found: list[ReportedFinding]) -> None:
    want = [(e["route"], e["line"], e["severity"]) for e in case.findings]
    have = [(f.path, f.place.line, f.severity.label) for f in found]
    if want != have:
        lines = "\n".join(f"  {f.path} line {f.place.line} {f.severity.label}: {f.message}" for f in found)
        raise Mismatch(f"{case}: expected {want}\nfound {have}\n{lines}")


def _same_figures(case: Case, finding: ReportedFinding, expected: dict[str, Any]) -> None:
    if "column" in expected and finding.place.column != expected["column"]:
        raise Mismatch(f"{case}: column {finding.place.column}, expected {expected['column']}")
    if not _close(finding.exposure, expected.get("exposure")):
        raise Mismatch(f"{case}: exposure {finding.exposure}, expected {expected.get('exposure')}")
    have = {row.name: row.value for row in finding.evidence}
    want = expected.get("evidence", {})
    if have.keys() != want.keys() or not all(_close(have[name], want[name]) for name in want):
        raise Mismatch(f"{case}: evidence {have}, expected {want}")
    if expected.get("message", "") not in finding.message:
        raise Mismatch(f"{case}: message {finding.message!r} lacks {expected['message']!r}")


def _close(have: float | str | None, want: float | str | None) -> bool:
    if isinstance(have, int | float) and isinstance(want, int | float):
        return math.isclose(have, want, rel_tol=TOLERANCE, abs_tol=1e-12)
    return have == want


def undocumented(check: Check | ManifestError) -> Iterator[str]:
    """What the documentation of a check lacks, in words; nothing where it is whole.

    Its example `Risky:` must make the check fire, and `Safe:` must not.
    """
    page = page_of(check)
    if not page.summary.endswith("."):
        yield "the summary is no sentence"
    for heading in SECTIONS:
        if not page.sections[heading]:
            yield f"the section `{heading}:` is missing"
    for heading, example in (("Risky", page.risky), ("Safe", page.safe)):
        if not example:
            yield f"the example `{heading}:` is missing"


def examples_fail(check: Check | ManifestError, registry: Registry | None = None) -> Iterator[str]:
    """What is wrong with the examples of a check's documentation, in words."""
    page = page_of(check)
    for heading, text, fires in (("Risky", page.risky, True), ("Safe", page.safe, False)):
        report = lint(text, registry=registry)
        broken = [
            f"{f.code} {f.message}" for f in report.findings if f.code in MANIFEST_ERRORS and f.code != check.code
        ]
        if broken:
            yield f"`{heading}:` is no valid manifest: {broken}"
        if fires != any(finding.code == check.code for finding in report.findings):
            yield f"`{heading}:` {'does not fire' if fires else 'fires'}"


def expectation(case: Case) -> str:
    """What the check says of a fixture now, in the form of its expectation: to review, then to keep."""
    report = lint(
        case.manifest.read_bytes(),
        today=case.today,
        profile=case.profile,
        select=case.select,
        name=case.manifest.name,
        registry=case.registry,
    )
    rows = [_row(finding) for finding in report.findings if finding.code == case.code]
    return yaml.safe_dump({"findings": rows}, sort_keys=False, allow_unicode=True, width=120)


def _row(finding: ReportedFinding) -> dict[str, Any]:
    row: dict[str, Any] = {
        "route": finding.path,
        "line": finding.place.line,
        "column": finding.place.column,
        "severity": finding.severity.label,
        "message": finding.message,
    }
    if finding.exposure is not None:
        row["exposure"] = float(f"{finding.exposure:.6g}")
    if finding.evidence:
        row["evidence"] = {evidence.name: _plain(evidence.value) for evidence in finding.evidence}
    return row


def _plain(value: float | str) -> float | int | str:
    if isinstance(value, str):
        return value
    return int(value) if float(value).is_integer() else float(f"{value:.6g}")


def main(arguments: list[str]) -> int:
    """Folders of fixtures are verified; for the manifest of a fixture, its expectation as it is now is printed."""
    import argparse

    parser = argparse.ArgumentParser(prog="python -m archlint.testing", description=main.__doc__)
    parser.add_argument("--rules", action="append", default=[], metavar="FILE", help="know the rules of this file")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    given = parser.parse_args(arguments)
    registry = rules(*given.rules)
    failed = 0
    for path in given.paths:
        if path.is_dir():
            failed += sum(not _holds(case) for case in cases(path, registry))
        else:
            print(expectation(Case(path.parent.name, path, fires=True, registry=registry)), end="")
    return 1 if failed else 0


def _holds(case: Case) -> bool:
    try:
        verify(case)
    except Mismatch as mismatch:
        print(f"failed: {mismatch}")
        return False
    print(f"passed: {case}")
    return True


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
