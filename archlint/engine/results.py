"""The Report: what a run found, as data. Every output format is made from this object alone."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

from archlint.engine.manifest_errors import ManifestError
from archlint.engine.plugins import BUILT_IN
from archlint.engine.scope import Scope
from archlint.manifest.problems import Place
from archlint.plugin import Check, Severity
from archlint.records import dataclass, field


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A named figure: its canonical value and unit, and the text that a person reads."""

    name: str
    value: float | str
    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class ClearRow:
    """One field that alone takes the finding away (down to below `severity`) at `value`."""

    path: str
    value: str
    severity: str


@dataclass(frozen=True, slots=True)
class RelatedPlace:
    file: str
    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class Suppressed:
    """By what a finding is suppressed: "inline", "waiver", "baseline" or "new-since"."""

    by: str
    reason: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class ReportedFinding:
    """A finding with its place, ready to be written in any format.

    `key` is the check's own, such as the name of a limit.
    """

    code: str
    name: str
    severity: Severity
    message: str
    file: str
    place: Place
    path: str
    component: str
    system: str
    fingerprint: str
    exposure: float | None = None
    evidence: tuple[EvidenceRow, ...] = ()
    formula: str = ""
    clears_when: tuple[ClearRow, ...] = ()
    unproven: bool = False
    needs: tuple[str, ...] = ()
    remedy: str = ""
    related: tuple[RelatedPlace, ...] = ()
    url: str = ""
    cause: str = ""
    key: str = ""
    suppressed: Suppressed | None = None

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """The order of reports: file, line, column, code, route."""
        return (self.file, self.place.line, self.place.column, self.code, self.path)


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """A check that could not judge `components` (named by their routes), because `needs` are not stated."""

    code: str
    name: str
    needs: tuple[str, ...]
    count: int
    components: Sequence[str]


@dataclass(frozen=True, slots=True)
class Fault:
    """A check or a plug-in that failed. `kind` is "check" (exit 3) or "plug-in" (exit 2)."""

    kind: str
    name: str
    message: str
    distribution: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """What the code of a finding stands for, and the distribution that brought it."""

    definition: Check | ManifestError
    distribution: str = BUILT_IN
    version: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of the run; the severities count unsuppressed findings only.

    `clear`, `fired` and `not_evaluated` count pairs of a check and a subject that it applies to.
    """

    files: int
    components: int
    checks: int
    error: int
    warning: int
    info: int
    suppressed: int
    clear: int
    fired: int
    not_evaluated: int

    @property
    def evaluated_share(self) -> float:
        """The share of the applicable pairs that could be judged, 1.0 where nothing applies."""
        judged = self.clear + self.fired
        total = judged + self.not_evaluated
        return judged / total if total else 1.0


@dataclass(frozen=True, slots=True)
class Report:
    """One run, whole; findings are in report order.

    `sources` are the texts of the files, for excerpts. `rules` are the checks that ran and the errors of
    manifests, by code. `locations` name a file as its repository does, for readers that know only that.
    `scope` is what the run was able to judge.
    """

    findings: tuple[ReportedFinding, ...]
    not_evaluated: tuple[NotEvaluated, ...]
    summary: Summary
    today: datetime.date
    assumptions: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    locations: Mapping[str, str] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)

    @property
    def unsuppressed(self) -> tuple[ReportedFinding, ...]:
        return tuple(finding for finding in self.findings if finding.suppressed is None)

    def location_of(self, file: str) -> str:
        return self.locations.get(file, file)
