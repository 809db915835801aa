"""Runs the checks over the systems of a run, each system by its own settings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from archlint.engine.outcomes import Outcomes, Raised
from archlint.engine.profiles import apply_profile
from archlint.engine.results import Fault
from archlint.engine.runner import run_checks
from archlint.engine.subsumption import without_subsumed
from archlint.plugin import Check, Clear, Finding, Severity
from archlint.records import replace

if TYPE_CHECKING:
    from archlint.analysis.analyses import Analyses
    from archlint.engine.configuration.settings import Settings, SettingsOf
    from archlint.system.elements import System


class Judges:
    """The systems of a run in groups, one for the systems of the same settings."""

    def __init__(
        self,
        systems: Iterable[System],
        settings_of: SettingsOf,
        analyses: Analyses,
        timeout: float,
        distributions: Mapping[str, str],
    ) -> None:
        self._groups: dict[int, tuple[Settings, list[System]]] = {}
        for system in systems:
            settings = settings_of(system.document.name)
            self._groups.setdefault(id(settings), (settings, []))[1].append(system)
        self._analyses = analyses
        self._timeout = timeout
        self._distributions = distributions

    def run(self, checks: Collection[Check]) -> Outcomes:
        """What these checks say of the systems whose settings select them: weighed by profiles and severities,
        less what other findings explain."""
        whole = Outcomes()
        for settings, systems in self._groups.values():
            whole.add(self._of_group(settings, systems, checks))
        return without_subsumed(replace(whole, faults=_each_once(whole.faults)))

    def _of_group(self, settings: Settings, systems: Iterable[System], checks: Collection[Check]) -> Outcomes:
        outcomes = run_checks(
            [check for check in settings.checks if check in checks],
            systems,
            self._analyses,
            settings.options,
            timeout=self._timeout,
            distributions=self._distributions,
        )
        by_code = {check.code: check for check in settings.checks}
        outcomes = apply_profile(settings.profile, outcomes, by_code, self._analyses)
        return _with_severities(outcomes, settings.severities)


def all_checks(settings: Iterable[Settings]) -> tuple[Check, ...]:
    """The checks of several settings, by code."""
    by_code = {check.code: check for one in settings for check in one.checks}
    return tuple(by_code[code] for code in sorted(by_code))


def _with_severities(outcomes: Outcomes, severities: Mapping[str, Severity]) -> Outcomes:
    if not severities:
        return outcomes
    return replace(outcomes, raised=[_weighed(raised, severities) for raised in outcomes.raised])


def _weighed(raised: Raised, severities: Mapping[str, Severity]) -> Raised:
    severity = severities.get(raised.check.code)
    if severity is None:
        return raised
    clears = _that_clear(raised.finding, severity)
    return replace(raised, finding=replace(raised.finding, severity=severity, clears=clears))


def _that_clear(finding: Finding, severity: Severity) -> tuple[Clear, ...]:
    """The values that take the finding away: with one severity for all, none only takes it down."""
    furthest: dict[tuple[object, str], Clear] = {}
    for clear in finding.clears:
        known = furthest.get((clear.at, clear.field))
        if known is None or clear.severity < known.severity:
            furthest[clear.at, clear.field] = clear
    return tuple(replace(clear, severity=severity) for clear in furthest.values())


def _each_once(faults: Iterable[Fault]) -> list[Fault]:
    """A check that fails under several settings is told once."""
    first: dict[tuple[str, str], Fault] = {}
    for fault in faults:
        first.setdefault((fault.kind, fault.name), fault)
    return list(first.values())
