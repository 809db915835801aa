"""The `sarif` format (SARIF 2.1.0, OASIS), in the form that GitHub's code scanning takes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from archlint.report.closing import fault_line
from archlint.report.json_report import number
from archlint.report.notes import advice, reasons
from archlint.report.sarif_rules import LEVELS, Components, components_of

if TYPE_CHECKING:
    from archlint.engine.results import Fault, RelatedPlace, Report, ReportedFinding, Suppressed
    from archlint.manifest.problems import Place
    from archlint.report import RenderOptions

Object = dict[str, Any]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "archlint/v1"
"""A key of our own: the one that GitHub reads, its upload computes from the line's text."""

_ROOT = "%SRCROOT%"
_EXPANDED_DEPTH = 6
_IN_SOURCE = ("inline", "waiver")
_LINK = re.compile(r"\[(?=[^\[\]]*\]\()")
_LINK_SIGNS = re.compile(r"[\[\]\\]")


def render(report: Report, options: RenderOptions) -> str:
    components = components_of(report)
    run = {
        "tool": components.tool,
        "invocations": [_invocation(report, components)],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, report, components) for finding in report.findings],
        "properties": {"today": report.today.isoformat(), "assumptions": list(report.assumptions)},
    }
    return _written({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, _EXPANDED_DEPTH) + "\n"


def _invocation(report: Report, components: Components) -> Object:
    return {
        "executionSuccessful": not report.faults,
        "toolExecutionNotifications": [_notification(fault, components) for fault in report.faults],
    }


def _notification(fault: Fault, components: Components) -> Object:
    rule = {"associatedRule": components.reference(fault.name)} if fault.kind == "check" else {}
    return {"level": "error", "message": {"text": fault_line(fault)}, **rule}


def _result(finding: ReportedFinding, report: Report, components: Components) -> Object:
    """With one location: GitHub uses no second one."""
    related = {"relatedLocations": list(_related(finding, report))} if finding.related else {}
    return {
        **components.rule_of(finding.code),
        "level": LEVELS[finding.severity],
        "message": {"text": "\n".join(_message(finding))},
        "locations": [_location(finding, report)],
        **related,
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "suppressions": [_suppression(finding.suppressed)] if finding.suppressed else [],
        "properties": _properties(finding),
    }


def _message(finding: ReportedFinding) -> Iterator[str]:
    """The first line is the title of an alert; GitHub shows a related place only where a text links to it."""
    yield f"{_unlinked(finding.message)}."
    yield from (f"{label}: {_unlinked(text)}" for label, text in reasons(finding))
    for index, other in enumerate(finding.related, 1):
        yield f"related: [{_LINK_SIGNS.sub(_escaped, other.message)}]({index})"
    yield from (f"{label}: {_unlinked(text)}" for label, text in advice(finding))


def _unlinked(text: str) -> str:
    """What only looks like a link is none; other brackets are left as they are."""
    return _LINK.sub(_escaped, text)


def _escaped(sign: re.Match[str]) -> str:
    return "\\" + sign.group()


def _location(finding: ReportedFinding, report: Report) -> Object:
    physical = _physical(report.location_of(finding.file), finding.place)
    if not finding.path:
        return {"physicalLocation": physical}
    logical = {"fullyQualifiedName": finding.path, "kind": "property"}
    return {"physicalLocation": physical, "logicalLocations": [logical]}


def _related(finding: ReportedFinding, report: Report) -> Iterator[Object]:
    for index, other in enumerate(finding.related, 1):
        yield _related_location(index, other, report.location_of(other.file))


def _related_location(index: int, other: RelatedPlace, file: str) -> Object:
    return {"id": index, "physicalLocation": _physical(file, other.place), "message": {"text": other.message}}


def _physical(file: str, place: Place) -> Object:
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    return {"artifactLocation": _artifact(file), "region": region}


def _artifact(file: str) -> Object:
    """Relative to the root of the repository; absolute only for a file outside that was named so."""
    if os.path.isabs(file):
        return {"uri": Path(file).as_uri()}
    return {"uri": quote(file.removeprefix("./"), errors="surrogateescape"), "uriBaseId": _ROOT}


def _suppression(suppressed: Suppressed) -> Object:
    """Ignores and waivers stand in the manifest, a baseline and an older revision beside it."""
    until = f"until {suppressed.until}" if suppressed.until else ""
    justification = ", ".join(filter(None, (suppressed.reason, until)))
    return {
        "kind": "inSource" if suppressed.by in _IN_SOURCE else "external",
        "status": "accepted",
        **({"justification": justification} if justification else {}),
        "properties": {"by": suppressed.by},
    }


def _properties(finding: ReportedFinding) -> Object:
    exposure = None if finding.exposure is None else number(finding.exposure)
    return {
        "component": finding.component,
        **({} if exposure is None else {"exposure": exposure}),
        **({"unproven": True} if finding.unproven else {}),
    }


def _written(value: Any, depth: int, margin: str = "") -> str:
    """Indented down to `depth`, what lies deeper on one line."""
    inner = margin + " "
    if not depth or not value or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    if isinstance(value, dict):
        members = (f"{json.dumps(name)}: {_written(member, depth - 1, inner)}" for name, member in value.items())
        return f"{{\n{inner}" + f",\n{inner}".join(members) + f"\n{margin}}}"
    return f"[\n{inner}" + f",\n{inner}".join(_written(item, depth - 1, inner) for item in value) + f"\n{margin}]"
