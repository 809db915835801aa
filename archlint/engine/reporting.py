"""From what reading, linking and the checks said to the Report: places, messages, fingerprints, order."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, overload

from archlint.engine.fingerprint import fingerprints
from archlint.engine.outcomes import Outcomes, Raised
from archlint.engine.places import locate, route_of
from archlint.engine.registry import MANIFEST_ERRORS
from archlint.engine.results import (
    ClearRow,
    EvidenceRow,
    Fault,
    NotEvaluated,
    RelatedPlace,
    Report,
    ReportedFinding,
    Rule,
    Summary,
)
from archlint.engine.scope import Scope
from archlint.manifest.loading import Loaded
from archlint.manifest.problems import Problem
from archlint.manifest.routes import Ordinals, format_route
from archlint.plugin import Check, Element, Finding, Severity
from archlint.records import dataclass, replace
from archlint.system.build import COMPONENT_SECTIONS
from archlint.system.workspace import Workspace

if TYPE_CHECKING:
    from archlint.engine.configuration.settings import SettingsOf

READABLE_DEPTH = 12
"""Parts of a route that a report shows: only what is nested beyond any field of the language has more."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was looked at: the files, the systems in them, and under which assumptions."""

    files: list[Loaded]
    workspace: Workspace
    checks: Sequence[Check]
    today: datetime.date
    assumptions: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    settings_of: SettingsOf | None = None

    def codes_of(self, name: str) -> frozenset[str]:
        """Of the checks that a file is judged by: its own, or all of the run."""
        checks = self.checks if self.settings_of is None else self.settings_of(name).checks
        return frozenset(check.code for check in checks)

    def problems(self, loaded: Loaded) -> Iterator[Problem]:
        yield from loaded.problems
        yield from self.workspace.problems[loaded.document.name]


def build_report(judged: Judged, outcomes: Outcomes, faults: Iterable[Fault] = ()) -> Report:
    """The Report, in its total order, with fingerprints."""
    ordinals: Ordinals = {}
    found = [_of_problem(problem, loaded, ordinals) for loaded in judged.files for problem in judged.problems(loaded)]
    found.extend(map(_of_check, outcomes.raised))
    # Twins stay as the checks yielded them: an order by message would change with the figures in it.
    found.sort(key=lambda finding: (*finding.order, finding.key))
    identities = [(f.code, f.system, f.path, f.key) for f in found]
    findings = tuple(
        replace(finding, fingerprint=identity)
        for finding, identity in zip(found, fingerprints(identities), strict=True)
    )
    return Report(
        findings=findings,
        not_evaluated=tuple(_not_evaluated(outcomes, {check.code: check.name for check in judged.checks})),
        summary=_summary(judged, outcomes, findings),
        today=judged.today,
        assumptions=judged.assumptions,
        faults=(*faults, *outcomes.faults),
        sources={loaded.document.name: loaded.document.text for loaded in judged.files},
        rules=judged.rules,
        scope=_scope(judged, outcomes),
    )


def _summary(judged: Judged, outcomes: Outcomes, findings: tuple[ReportedFinding, ...]) -> Summary:
    shown = [finding.severity for finding in findings if finding.suppressed is None]
    return Summary(
        files=len(judged.files),
        components=sum(len(system.components) for system in judged.workspace.systems.values()),
        checks=len(judged.checks),
        error=shown.count(Severity.ERROR),
        warning=shown.count(Severity.WARNING),
        info=shown.count(Severity.INFO),
        suppressed=len(findings) - len(shown),
        clear=outcomes.clear,
        fired=outcomes.fired,
        not_evaluated=outcomes.not_evaluated,
    )


def _scope(judged: Judged, outcomes: Outcomes) -> Scope:
    unsound = {loaded.document.name for loaded in judged.files if any(judged.problems(loaded))}
    systems = judged.workspace.systems
    return Scope(
        codes=frozenset(check.code for check in judged.checks),
        systems=frozenset(name for name, system in systems.items() if system.document.name not in unsound),
        named=_named(loaded.document.data for loaded in judged.files),
        unevaluated=outcomes.unknown,
        codes_of={name: judged.codes_of(system.document.name) for name, system in systems.items()},
    )


def _named(documents: Iterable[object]) -> frozenset[str] | None:
    names = [_name(data) for data in documents]
    return None if None in names else frozenset(name for name in names if name is not None)


def _name(data: object) -> str | None:
    system = data.get("system") if isinstance(data, dict) else None
    name = system.get("name") if isinstance(system, dict) else None
    return name if isinstance(name, str) else None


def _of_problem(problem: Problem, loaded: Loaded, ordinals: Ordinals) -> ReportedFinding:
    document = loaded.document
    error = MANIFEST_ERRORS[problem.code]
    path = format_route(problem.path[:READABLE_DEPTH], document.data, ordinals)
    data = document.data if isinstance(document.data, dict) else {}
    system = data.get("system")
    name = system.get("name") if isinstance(system, dict) else None
    place = problem.place or document.spans.place_of(problem.path, problem.on)
    return ReportedFinding(
        code=problem.code,
        name=error.name,
        severity=error.severity,
        message=problem.message,
        file=document.name,
        place=place,
        path=path,
        component=_component_of(problem),
        system=name if isinstance(name, str) else "",
        fingerprint="",
        remedy=problem.hint or "",
        related=tuple(RelatedPlace(item.file or document.name, item.place, item.message) for item in problem.related),
    )


def _component_of(problem: Problem) -> str:
    """The component that a problem lies in, by its path: the manifest may be too broken to have any."""
    in_component = len(problem.path) > 1 and problem.path[0] in COMPONENT_SECTIONS
    return str(problem.path[1]) if in_component else ""


def _of_check(raised: Raised) -> ReportedFinding:
    check, finding = raised.check, raised.finding
    located = locate(finding.at, finding.field)
    component = finding.at.component
    return ReportedFinding(
        code=check.code,
        name=check.name,
        severity=check.severity if finding.severity is None else finding.severity,
        message=finding.message,
        file=located.file,
        place=located.place,
        path=located.path,
        component=component.name if component is not None else "",
        system=finding.at.system.name,
        fingerprint="",
        exposure=finding.exposure,
        evidence=tuple(EvidenceRow(e.name, e.value, e.unit, e.text) for e in finding.evidence),
        formula=finding.formula,
        clears_when=tuple(_clears(finding)),
        unproven=bool(raised.unproven),
        needs=raised.unproven,
        remedy=finding.remedy,
        related=located.related + tuple(_related(finding)),
        cause=finding.cause or (f"{finding.unstated} not stated" if finding.unstated else ""),
        key=finding.key,
    )


def _clears(finding: Finding) -> Iterator[ClearRow]:
    for clear in finding.clears:
        route = route_of(clear.at or finding.at, clear.field)
        yield ClearRow(route, clear.text, clear.severity.label)


def _related(finding: Finding) -> Iterator[RelatedPlace]:
    for related in finding.related:
        located = locate(related.at, related.field)
        yield RelatedPlace(located.file, located.place, related.message)


def _not_evaluated(outcomes: Outcomes, names: Mapping[str, str]) -> list[NotEvaluated]:
    groups = [
        NotEvaluated(code, names[code], fields, len(elements), _Routes(elements))
        for (code, fields), elements in outcomes.unknown.items()
    ]
    return sorted(groups, key=lambda group: (group.code, group.needs))


class _Routes(Sequence[str]):
    """The routes of elements, made when somebody reads them: a report shows at most the first few of thousands."""

    __slots__ = ("_elements",)

    def __init__(self, elements: Sequence[Element]) -> None:
        self._elements = elements

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[str, ...]: ...
    def __getitem__(self, at: int | slice) -> str | tuple[str, ...]:
        if isinstance(at, slice):
            return tuple(route_of(element) for element in self._elements[at])
        return route_of(self._elements[at])

    def __len__(self) -> int:
        return len(self._elements)
