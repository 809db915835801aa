"""Runs checks over linked systems. Four outcomes a pair: not applicable, clear, fired, not evaluated.

Checks of plug-ins run after the built-in ones, each by itself: what one changes in the model is put back before the
next one runs. Their derived figures are computed apart, so that nobody else sees what was computed meanwhile.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from archlint.engine.outcomes import Outcomes
from archlint.engine.results import Fault
from archlint.engine.subjects import SUBJECTS, subjects_of
from archlint.engine.time_limit import TimedOut, within
from archlint.engine.visiting import Visit, Visited
from archlint.plugin import Check, Element, Evaluation, Options

if TYPE_CHECKING:
    from archlint.analysis.analyses import Analyses
    from archlint.engine.snapshot import Snapshot
    from archlint.system.elements import System

CHECK_TIMEOUT = 30.0
"""Seconds that one check may take for all its subjects, unless the run says otherwise."""

EVALUATION = "Evaluation"
"""The subject of checks that run last, on what the others could judge."""


def run_checks(
    checks: Sequence[Check],
    systems: Iterable[System],
    analyses: Analyses,
    options: Mapping[str, Options] | None = None,
    *,
    timeout: float = CHECK_TIMEOUT,
    distributions: Mapping[str, str] | None = None,
) -> Outcomes:
    """Call every check on every subject of its kind. A check that raises, changes the model or takes longer than
    `timeout` seconds (0: any time) is a fault, and the others still run.

    `distributions` name the plug-in that a check is from, by its code.
    """
    return _Run(tuple(systems), analyses, options or {}, timeout, distributions or {}).of(checks)


class _Run:
    """Checks on their way through the systems of one run."""

    def __init__(
        self,
        systems: tuple[System, ...],
        analyses: Analyses,
        options: Mapping[str, Options],
        timeout: float,
        distributions: Mapping[str, str],
    ) -> None:
        self.systems = systems
        self.options = options
        self.timeout = timeout
        self.distributions = distributions
        self.outcomes = Outcomes()
        self._built_in = analyses
        self._of_plugins: dict[str, Analyses] = {}
        self._snapshot: Snapshot | None = None

    def of(self, checks: Iterable[Check]) -> Outcomes:
        first: list[Check] = []
        last: list[Check] = []
        for check in checks:
            if check.subject not in SUBJECTS and check.subject != EVALUATION:
                self._fault(check, f"visits `{check.subject}`, which is no subject")
            else:
                (last if check.subject == EVALUATION else first).append(check)
        self._all(first)
        if last:
            self._all(last)
        return self.outcomes

    def _all(self, checks: list[Check]) -> None:
        by_kind: dict[str, list[Check]] = defaultdict(list)
        for check in checks:
            if is_built_in(check):
                by_kind[check.subject].append(check)
        for kind, visitors in by_kind.items():
            visited = Visited(self._subjects(kind), visitors)
            for check in visitors:
                self._visit(check, visited, self._built_in, self.outcomes)
        for check in checks:
            if not is_built_in(check):
                self._guarded(check)

    def _subjects(self, kind: str) -> list[Element]:
        if kind == EVALUATION:
            return list(_evaluations(self.systems, self.outcomes))
        return [subject for system in self.systems for subject in subjects_of(system, kind)]

    def _visit(self, check: Check, visited: Visited, analyses: Analyses, outcomes: Outcomes) -> None:
        visit = Visit(check, analyses, self.options.get(check.code), outcomes)
        try:
            within(self.timeout, lambda: visit.all(visited))
        except TimedOut:
            visit.failure = f"took longer than {self.timeout:g} s and was stopped"
            self._forget(check)
        if visit.failure:
            self._fault(check, visit.failure)

    def _guarded(self, check: Check) -> None:
        """What a check that changes the model has found is left out: it may have judged its own change."""
        if self._snapshot is None:
            from archlint.engine.snapshot import Snapshot

            self._snapshot = Snapshot(self.systems)
        found = Outcomes()
        visited = Visited(self._subjects(check.subject), [check])
        self._visit(check, visited, self._analyses_for(check), found)
        changed = self._snapshot.restore()
        if changed is None:
            self.outcomes.add(found)
        else:
            self._fault(check, f"changes the model, which is put back: {changed}; what it found is left out")
            self._forget(check)

    def _analyses_for(self, check: Check) -> Analyses:
        """One for the checks of each distribution."""
        owner = self._owner(check)
        if owner not in self._of_plugins:
            self._of_plugins[owner] = _anew(self._built_in)
        return self._of_plugins[owner]

    def _forget(self, check: Check) -> None:
        """What was computed from a changed model, or was interrupted, is computed again for the next check."""
        if is_built_in(check):
            self._built_in = _anew(self._built_in)
        else:
            self._of_plugins.pop(self._owner(check), None)

    def _owner(self, check: Check) -> str:
        return self.distributions.get(check.code) or check.module.partition(".")[0]

    def _fault(self, check: Check, message: str) -> None:
        distribution = "" if is_built_in(check) else self.distributions.get(check.code, "")
        self.outcomes.faults.append(Fault("check", check.code, message, distribution))


def is_built_in(check: Check) -> bool:
    """Whether its code is archlint's own, which is known to leave the model alone."""
    return check.module.startswith("archlint.")


def _anew(analyses: Analyses) -> Analyses:
    return type(analyses)(analyses.systems, analyses.knowledge, analyses.today)


def _evaluations(systems: Iterable[System], outcomes: Outcomes) -> list[Evaluation]:
    """What the checks before could judge of each system."""
    undecided: Counter[System] = Counter()
    missing: dict[System, Counter[str]] = defaultdict(Counter)
    for (_, fields), elements in outcomes.unknown.items():
        for system, count in Counter(element.system for element in elements).items():
            undecided[system] += count
            missing[system].update(dict.fromkeys(fields, count))
    return [_evaluation(system, outcomes.judged[system], undecided[system], missing[system]) for system in systems]


def _evaluation(system: System, judged: int, undecided: int, missing: Mapping[str, int]) -> Evaluation:
    share = judged / (judged + undecided) if judged + undecided else 1.0
    return Evaluation(system, share, tuple(sorted(missing.items(), key=lambda pair: (-pair[1], pair[0]))))
