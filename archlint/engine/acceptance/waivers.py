"""Waivers: findings that somebody accepts until a day, `waivers:` in the manifest (contracts.md).

A waiver holds for the check and the route that it names, and for everything below the route; through its last
day; and, where it states `at`, until the exposure is more than a tenth above that. Without an owner, a reason and a
last day it suppresses nothing.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from archlint.engine.acceptance.accepted import exposure_text
from archlint.engine.acceptance.suppression import worsened
from archlint.engine.acceptance.targets import Target, Targets
from archlint.engine.results import EvidenceRow, Report, ReportedFinding, Suppressed
from archlint.manifest.routes import Part, RouteError, parse_route
from archlint.records import dataclass
from archlint.system.elements import System
from archlint.system.suppressions import Mistake, Waiver


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a waiver speaks of. `route` is empty for the whole manifest."""

    waiver: Waiver
    target: Target
    route: tuple[Part, ...] = ()

    def covers(self, finding: ReportedFinding) -> bool:
        return self.target.is_of(finding) and (not self.route or _lies_below(self.route, parse_route(finding.path)))


class Waivers:
    """The waivers of a run, as a suppressor; each stands in the `waivers` of its system."""

    def __init__(self, systems: Iterable[System], targets: Targets, today: datetime.date) -> None:
        self._targets = targets
        self._scopes: dict[str, list[_Scope]] = {}
        for system in systems:
            system.waivers = [
                self._read(Waiver(system, ("waivers", number), spec, today))
                for number, spec in enumerate(system.manifest.waivers)
            ]

    def suppress(self, finding: ReportedFinding) -> Suppressed | None:
        answers = []
        for waiver in self._speaking_of(finding):
            waiver.matches += 1
            if waiver.holds and not worsened(finding.exposure, waiver.spec.at):
                answers.append(_suppressed(waiver))
        return answers[0] if answers else None

    def remembered(self, finding: ReportedFinding) -> Iterator[EvidenceRow]:
        """What was accepted of a finding that has outgrown it."""
        for waiver in self._speaking_of(finding):
            accepted = waiver.spec.at
            if waiver.holds and accepted is not None and worsened(finding.exposure, accepted):
                yield EvidenceRow("waived at", accepted, "", exposure_text(accepted))
                return

    def settle(self, report: Report) -> None:
        """Note in each waiver whether it was needed."""
        for scope in (scope for scopes in self._scopes.values() for scope in scopes):
            waiver, beginning = scope.waiver, _beginning(scope.route)
            if not waiver.matches:
                waiver.unused = self._targets.decided(scope.target, waiver.system, beginning, report)

    def _speaking_of(self, finding: ReportedFinding) -> Iterator[Waiver]:
        return (scope.waiver for scope in self._scopes.get(finding.file, ()) if scope.covers(finding))

    def _read(self, waiver: Waiver) -> Waiver:
        target, route = self._targets.waived(waiver.name), _route(waiver)
        waiver.mistake = next((read for read in (target, route) if isinstance(read, Mistake)), None)
        if isinstance(target, Target) and not isinstance(route, Mistake):
            scopes = self._scopes.setdefault(waiver.system.document.name, [])
            scopes.append(_Scope(waiver, target, route))
        return waiver


def _suppressed(waiver: Waiver) -> Suppressed:
    until = waiver.spec.until
    return Suppressed("waiver", waiver.spec.reason, until.isoformat() if until else None)


def _route(waiver: Waiver) -> tuple[Part, ...] | Mistake:
    text = waiver.spec.path
    if text is None:
        return ()
    try:
        return parse_route(text)
    except RouteError as error:
        return Mistake(f"`{text}` is no route: {error.message}", "Copy the route of the finding.", text, "path")


def _lies_below(route: Sequence[Part], path: Sequence[Part]) -> bool:
    return len(route) <= len(path) and all(map(_is, route, path))


def _is(part: Part, step: Part) -> bool:
    """`*` is any name; a name in brackets and one after a dot are the same."""
    if part.any:
        return True
    return (part.name, part.index, part.twin) == (step.name, step.index, step.twin)


def _beginning(route: Sequence[Part]) -> str:
    """The route as far as it names one place only."""
    text = ""
    for part in takewhile(lambda part: not part.any, route):
        text += f".{part}" if text and not part.bracketed else str(part)
    return text
