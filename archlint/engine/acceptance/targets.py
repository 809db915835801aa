"""What ignores and waivers name: a check by its code or slug, or a limit by its id."""

from __future__ import annotations

import re

from archlint.engine.acceptance.undecided import Undecided
from archlint.engine.configuration.settings import SettingsOf
from archlint.engine.registry import MANIFEST_ERRORS, Registry
from archlint.engine.results import Report, ReportedFinding
from archlint.engine.subjects import ACCEPTANCES
from archlint.knowledge.catalogue import Catalogue
from archlint.plugin import Check
from archlint.records import dataclass
from archlint.system.elements import System
from archlint.system.suppressions import Mistake

_PREFIX = re.compile(r"[A-Z]{1,3}[0-9]{0,2}|ALL|.*\*.*")
_LIMIT = re.compile(r"(?:([a-z0-9]+(?:-[a-z0-9]+)*)/)?([a-z0-9]+(?:_[a-z0-9]+)*)")
_ERRORS = frozenset(key for error in MANIFEST_ERRORS.values() for key in (error.code, error.name))
_OF_LIMITS = "LIM"
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Target:
    """A check by its code, or a limit: `technology/id`, or an id of any technology."""

    code: str = ""
    limit: str = ""

    def is_of(self, finding: ReportedFinding) -> bool:
        if self.code:
            return finding.code == self.code
        technology, _, limit = finding.key.rpartition("/")
        return bool(technology) and self.limit in (finding.key, limit)


class Targets:
    """Reads names, and knows which of them this run can say anything of."""

    def __init__(self, registry: Registry, catalogue: Catalogue, settings_of: SettingsOf) -> None:
        self._registry = registry
        self._catalogue = catalogue
        self._settings_of = settings_of
        self._undecided: dict[frozenset[str], Undecided] = {}

    def ignored(self, name: str) -> Target | Mistake | None:
        """What a name in an ignore stands for; None where it may belong to a plug-in that did not load."""
        target = self._target(name)
        check = self._registry.find(target.code) if isinstance(target, Target) else None
        if name in _ERRORS or (check is not None and not _can_be_ignored(check)):
            waivable = check is not None and check.subject not in ACCEPTANCES
            remedy = "Mend what it finds, or deselect it." if check else "Mend what it finds."
            return Mistake(f"`{name}` cannot be ignored", "Waive it instead." if waivable else remedy, name)
        return target

    def waived(self, name: str) -> Target | Mistake | None:
        """As `ignored`, for the name in a waiver."""
        target = self._target(name)
        check = self._registry.find(target.code) if isinstance(target, Target) else None
        if name in _ERRORS or (check is not None and check.subject in ACCEPTANCES):
            return Mistake(f"`{name}` cannot be waived", "Mend what it finds.", name, "check")
        return target._replace(field="check") if isinstance(target, Mistake) else target

    def decided(self, target: Target, system: System, route: str, report: Report) -> bool:
        """Whether the run would have found what the target names at the route, or below it.

        Not where its checks did not run or failed there, where its file has errors or one of its subjects could
        not be judged; nor under assumptions, which may have taken the finding away.
        """
        codes = self._codes(target)
        ran = {check.code for check in self._settings_of(system.document.name).checks}
        ran -= {fault.name for fault in report.faults}
        if report.assumptions or not codes <= ran or system.name not in report.scope.systems:
            return False
        if codes not in self._undecided:
            self._undecided[codes] = Undecided((name, route) for _, name, route in report.scope.undecided(codes))
        return not self._undecided[codes].touches(system.name, route)

    def _codes(self, target: Target) -> frozenset[str]:
        """Of the checks that may find what the target names."""
        if target.code:
            return frozenset((target.code,))
        return frozenset(check.code for check in self._registry.checks if check.code.startswith(_OF_LIMITS))

    def _target(self, name: str) -> Target | Mistake | None:
        check = self._registry.find(name)
        if check is not None:
            return Target(code=check.code)
        if _PREFIX.fullmatch(name):
            return Mistake(f"`{name}` stands for many checks", "Name each check, by its code or slug.", name)
        limit = self._limit(name)
        if limit:
            return Target(limit=limit)
        return None if self._registry.faults else self._unknown(name)

    def _limit(self, name: str) -> str:
        found = _LIMIT.fullmatch(name)
        if found is None:
            return ""
        if found[1]:
            limits = self._catalogue.limits(name)
            return limits[0].name if limits else ""
        return name if any(self._catalogue.limits(f"{slug}/{name}") for slug in self._catalogue.slugs()) else ""

    def _unknown(self, name: str) -> Mistake:
        near = self._registry.suggest(name)
        remedy = f"Did you mean `{near}`?" if near else "`archlint catalog checks` lists codes and slugs."
        return Mistake(f"`{shortened(name)}` is no check and no limit", remedy, name)


def _can_be_ignored(check: Check) -> bool:
    """Not what judges suppressions, nor MAN011 to MAN016, which contracts.md keeps whole."""
    return check.subject not in ACCEPTANCES and not "MAN011" <= check.code <= "MAN016"


def shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
