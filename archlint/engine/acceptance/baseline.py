"""The baseline: findings that were there when somebody began, accepted with the exposure that they had.

An entry is matched by its fingerprint. It belongs to a run's scope when the run judged its system and selected
its check; what lies outside is neither stale nor touched. For that, entries carry their system.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from archlint.engine.acceptance.accepted import Accepted
from archlint.engine.acceptance.undecided import Undecided
from archlint.engine.manifest_errors import MANIFEST_ERRORS
from archlint.engine.results import EvidenceRow, Report, ReportedFinding, Suppressed
from archlint.engine.scope import Scope
from archlint.engine.sources.discovery import display_name
from archlint.plugin import Severity
from archlint.records import dataclass, field

DEFAULT_FILE = ".archlint-baseline.json"
_DIGITS = 6
"""Significant digits of a stored exposure: what differs beyond them is the order of a sum."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted finding. `route` is for readers: it may hold an index, which the fingerprint does not."""

    fingerprint: str
    code: str
    system: str
    route: str
    severity: Severity
    exposure: float | None = None
    reason: str | None = None

    @property
    def accepted(self) -> Accepted:
        return Accepted(self.severity, self.exposure)

    def outgrown_by(self, finding: ReportedFinding) -> bool:
        return self.accepted.outgrown_by(finding)

    @property
    def order(self) -> tuple[str, str, str, str]:
        return (self.system, self.code, self.route, self.fingerprint)


@dataclass(frozen=True, slots=True)
class Baseline:
    """The entries by fingerprint, as suppressor."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    file: str = DEFAULT_FILE

    @property
    def name(self) -> str:
        """The file as messages show it."""
        return display_name(Path(self.file))

    def suppress(self, finding: ReportedFinding) -> Suppressed | None:
        entry = self.entries.get(finding.fingerprint)
        if entry is None or entry.outgrown_by(finding):
            return None
        return Suppressed("baseline", entry.reason)

    def remembered(self, finding: ReportedFinding) -> Iterator[EvidenceRow]:
        entry = self.entries.get(finding.fingerprint)
        if entry is not None:
            yield from entry.accepted.rows(finding, "baselined at", "baselined as")


def baseline_of(entries: Iterable[Entry], file: str = DEFAULT_FILE) -> Baseline:
    return Baseline({entry.fingerprint: entry for entry in sorted(entries, key=lambda entry: entry.order)}, file)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A baseline held against a run.

    `missing` are findings that no entry accepts, `outgrown` those that have outgrown theirs, `stale` the entries
    of the scope without a finding. Of the entries in `unjudged` the run can say nothing: they lie outside its
    scope, or their checks were not evaluated. `errors` are those of manifests, which no baseline accepts.
    """

    missing: tuple[ReportedFinding, ...]
    outgrown: tuple[ReportedFinding, ...]
    stale: tuple[Entry, ...]
    unjudged: tuple[Entry, ...]
    errors: tuple[ReportedFinding, ...]

    @property
    def holds(self) -> bool:
        return not (self.missing or self.outgrown or self.stale or self.errors)


def compare(baseline: Baseline, report: Report, whole: bool = False) -> Comparison:
    """`report` is a run without the baseline; what an ignore or a waiver suppresses needs no entry, and keeps one.

    `whole`: the run read all that the baseline is of, so that a system that no file names is gone.
    """
    entries, acceptable = baseline.entries, _acceptable(report)
    found = {finding.fingerprint for finding in report.findings}
    absent = [entry for entry in entries.values() if entry.fingerprint not in found]
    inside = [entry for entry in absent if _in_scope(entry, report.scope, whole)]
    stale = {entry.fingerprint for entry in inside} - _undecided(inside, report.scope)
    return Comparison(
        missing=tuple(finding for finding in acceptable if finding.fingerprint not in entries),
        outgrown=tuple(f for f in acceptable if f.fingerprint in entries and entries[f.fingerprint].outgrown_by(f)),
        stale=tuple(entry for entry in absent if entry.fingerprint in stale),
        unjudged=tuple(entry for entry in absent if entry.fingerprint not in stale),
        errors=tuple(finding for finding in report.findings if finding.code in MANIFEST_ERRORS),
    )


def written(baseline: Baseline, report: Report, compared: Comparison, reason: str | None = None) -> Baseline:
    """The entries of the scope replaced by the findings of the run; reasons stay, `reason` is for those without."""
    dropped = {entry.fingerprint for entry in compared.stale}
    dropped |= {finding.fingerprint for finding in report.findings}
    kept = [entry for entry in baseline.entries.values() if entry.fingerprint not in dropped]
    found = [_entry(finding, baseline.entries.get(finding.fingerprint), reason) for finding in _acceptable(report)]
    return baseline_of([*kept, *found], baseline.file)


def pruned(baseline: Baseline, compared: Comparison) -> Baseline:
    """Without the stale entries of the scope, and otherwise as it was."""
    stale = {entry.fingerprint for entry in compared.stale}
    kept = (entry for entry in baseline.entries.values() if entry.fingerprint not in stale)
    return baseline_of(kept, baseline.file)


def _acceptable(report: Report) -> list[ReportedFinding]:
    return [f for f in report.findings if f.suppressed is None and f.code not in MANIFEST_ERRORS]


def _entry(finding: ReportedFinding, before: Entry | None, reason: str | None) -> Entry:
    stated = before.reason if before is not None else None
    return Entry(
        fingerprint=finding.fingerprint,
        code=finding.code,
        system=finding.system,
        route=finding.path,
        severity=finding.severity,
        exposure=rounded(finding.exposure),
        reason=stated or reason,
    )


def rounded(exposure: float | None) -> float | None:
    """None too for what JSON has no number for."""
    if exposure is None or exposure != exposure or exposure in (float("inf"), float("-inf")):
        return None
    return float(f"{exposure:.{_DIGITS}g}")


def _in_scope(entry: Entry, scope: Scope, whole: bool) -> bool:
    gone = whole and scope.named is not None and entry.system not in scope.named
    return scope.judged(entry.code, entry.system) or (gone and entry.code in scope.codes)


def _undecided(entries: Sequence[Entry], scope: Scope) -> set[str]:
    """Fingerprints of entries whose check could not judge a subject at, above or below their route."""
    places: dict[str, list[tuple[str, str]]] = {entry.code: [] for entry in entries}
    for code, system, route in scope.undecided(places):
        places[code].append((system, route))
    undecided = {code: Undecided(there) for code, there in places.items()}
    return {entry.fingerprint for entry in entries if undecided[entry.code].touches(entry.system, entry.route)}
