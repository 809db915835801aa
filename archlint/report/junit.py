"""The `junit` format: a suite for each manifest, a failed test case for each finding, one that passed where none is.

`time` is always 0: readers want the attribute, and a report holds no clock.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from archlint.records import dataclass
from archlint.report.closing import fault_line
from archlint.report.notes import notes
from archlint.report.style import visible

if TYPE_CHECKING:
    from archlint.engine.results import Fault, Report, ReportedFinding
    from archlint.report import RenderOptions

_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_NEVER_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 cannot hold even as a reference; `visible` has escaped the controls that it cannot."""


@dataclass(frozen=True, slots=True)
class _Suite:
    name: str
    cases: list[str]
    failures: int = 0
    errors: int = 0

    @property
    def counts(self) -> str:
        return f'tests="{len(self.cases)}" failures="{self.failures}" errors="{self.errors}"'


def render(report: Report, options: RenderOptions) -> str:
    suites = list(_suites(report))
    cases = sum(len(suite.cases) for suite in suites)
    failures, errors = sum(suite.failures for suite in suites), sum(suite.errors for suite in suites)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="archlint" tests="{cases}" failures="{failures}" errors="{errors}" time="0">',
        *(line for suite in suites for line in _written(suite)),
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _suites(report: Report) -> Iterator[_Suite]:
    """One for each file that was read or has findings, one for faults; never none: readers take that for an error."""
    found: defaultdict[str, list[ReportedFinding]] = defaultdict(list)
    for finding in report.unsuppressed:
        found[finding.file].append(finding)
    for file in sorted({*report.sources, *found}):
        yield _suite(report.location_of(file), found[file])
    if report.faults:
        yield _Suite("archlint", [_fault(fault) for fault in report.faults], errors=len(report.faults))
    elif not report.sources and not found:
        yield _Suite("archlint", [_case("archlint", "no manifest")])


def _suite(file: str, findings: list[ReportedFinding]) -> _Suite:
    if not findings:
        return _Suite(file, [_case(file, "no findings", file=file)])
    seen: Counter[str] = Counter()
    cases = []
    for finding in findings:
        name = f"{finding.code}[{finding.name}] {finding.path}".rstrip()
        seen[name] += 1
        cases.append(_failed(file, name if seen[name] == 1 else f"{name} ({seen[name]})", finding))
    return _Suite(file, cases, failures=len(cases))


def _written(suite: _Suite) -> Iterator[str]:
    yield f' <testsuite name="{_said(suite.name)}" {suite.counts} skipped="0" time="0">'
    yield from suite.cases
    yield " </testsuite>"


def _failed(file: str, name: str, finding: ReportedFinding) -> str:
    place = finding.place
    details = "\n".join(
        [
            f"{_said(file)}:{place.line}:{place.column}: {_said(finding.message)}",
            *(_said(f"{label}: {text}") for label, text in notes(finding)),
        ]
    )
    failure = f'<failure type="{finding.severity.label}" message="{_said(finding.message)}">{details}</failure>'
    return _case(file, name, failure, file=file, line=str(place.line))


def _fault(fault: Fault) -> str:
    text = _said(fault_line(fault))
    return _case("archlint", f"{fault.kind} {fault.name}", f'<error type="fault" message="{text}">{text}</error>')


def _case(group: str, name: str, outcome: str = "", **where: str) -> str:
    given = {"classname": group, "name": name, **where, "time": "0"}
    attributes = " ".join(f'{key}="{_said(value)}"' for key, value in given.items())
    return f"  <testcase {attributes}>{outcome}</testcase>" if outcome else f"  <testcase {attributes}/>"


def _said(text: str) -> str:
    """On one line, as an attribute or as text."""
    return _NEVER_XML.sub(lambda found: f"\\u{ord(found.group()):04x}", visible(text)).translate(_MARKUP)
