"""How a baseline stands to a run: what it does not accept, what it need not accept any more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from archlint.engine.acceptance.baseline import Baseline, Comparison, Entry
from archlint.engine.acceptance.baseline_file import row_of
from archlint.engine.results import ReportedFinding
from archlint.report.closing import counted
from archlint.report.folding import place_of
from archlint.report.json_report import number
from archlint.report.style import visible


def as_json(baseline: Baseline, compared: Comparison) -> str:
    """`baseline` is as it was compared, before anything is written."""
    document = {
        "version": 1,
        "baseline": baseline.name,
        "entries": len(baseline.entries),
        "missing": [_finding(finding) for finding in compared.missing],
        "outgrown": [_finding(f) | {"baselined": row_of(baseline.entries[f.fingerprint])} for f in compared.outgrown],
        "stale": [row_of(entry) for entry in compared.stale],
        "unjudged": [row_of(entry) for entry in compared.unjudged],
        "errors": [_finding(finding) for finding in compared.errors],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _finding(finding: ReportedFinding) -> dict[str, Any]:
    return {
        "fingerprint": finding.fingerprint,
        "code": finding.code,
        "system": finding.system,
        "route": finding.path,
        "exposure": None if finding.exposure is None else number(finding.exposure),
        "severity": finding.severity.label,
        "message": finding.message,
        "file": finding.file,
        "line": finding.place.line,
        "column": finding.place.column,
    }


def as_text(baseline: Baseline, compared: Comparison) -> str:
    """One line for each difference, and one that counts."""
    return "".join(f"{line}\n" for line in (*_differences(baseline, compared), _verdict(baseline, compared)))


def _differences(baseline: Baseline, compared: Comparison) -> Iterator[str]:
    for finding in compared.errors:
        yield f"never accepted: {_line(finding)}"
    for finding in compared.missing:
        yield f"missing: {_line(finding)}"
    for finding in compared.outgrown:
        before = ", ".join(f"{row.name} {row.text}" for row in baseline.remembered(finding))
        yield f"outgrown: {_line(finding)} ({before})"
    for entry in compared.stale:
        yield f"stale: {_entry(entry)}"


def _line(finding: ReportedFinding) -> str:
    return f"{place_of(finding)}: {finding.severity.label} {finding.code}[{finding.name}] {visible(finding.message)}"


def _entry(entry: Entry) -> str:
    return visible(f"{entry.code} {entry.system} {entry.route} ({entry.fingerprint})")


def _verdict(baseline: Baseline, compared: Comparison) -> str:
    counts = (
        (len(compared.errors), "never accepted"),
        (len(compared.missing), "missing"),
        (len(compared.outgrown), "outgrown"),
        (len(compared.stale), "stale"),
    )
    said = ", ".join(f"{count:,} {name}" for count, name in counts if count) or "holds"
    return f"{visible(baseline.name)}: {said}; {counted_entries(baseline)}{unjudged(compared)}"


def counted_entries(baseline: Baseline) -> str:
    count = len(baseline.entries)
    return "1 entry" if count == 1 else f"{count:,} entries"


def unjudged(compared: Comparison) -> str:
    count = len(compared.unjudged)
    return f", {count:,} of them not judged by this run" if count else ""


def as_change(action: str, before: Baseline, after: Baseline, compared: Comparison) -> str:
    """What writing or pruning did."""
    added = len(after.entries.keys() - before.entries.keys())
    removed = len(before.entries.keys() - after.entries.keys())
    changed = sum(1 for key, entry in after.entries.items() if key in before.entries and before.entries[key] != entry)
    counts = ((added, "added"), (removed, "removed"), (changed, "changed"))
    said = ", ".join(f"{count:,} {name}" for count, name in counts if count) or "nothing changed"
    line = f"{visible(after.name)} {action}: {said}; {counted_entries(after)}{unjudged(compared)}\n"
    if compared.errors:
        errors = counted(len(compared.errors), "manifest error")
        line += f"{errors}: no baseline accepts them, and entries of systems that they stop are kept\n"
    return line
