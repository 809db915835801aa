"""Runs checks over linked systems. Four outcomes a pair: not applicable, clear, fired, not evaluated.

What a check always needs is decided once per set of stated fields, not per component: at ten thousand
components most pairs are decided without calling the check.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from archlint.engine.results import Fault
from archlint.engine.subjects import SUBJECTS, subjects_of
from archlint.plugin import Check, Element, Evaluation, Finding, NotApplicable, Options, Unknown, stated
from archlint.records import dataclass, field

if TYPE_CHECKING:
    from archlint.analysis.analyses import Analyses
    from archlint.system.elements import System

EVALUATION = "Evaluation"
"""The subject of checks that run last, on what the others could judge."""


@dataclass(frozen=True, slots=True)
class Raised:
    """A finding, the check that raised it, and the subject that it visited (`finding.at` may be another element).

    `unproven` holds the fields that a strict run missed.
    """

    check: Check
    subject: Element
    finding: Finding
    unproven: tuple[str, ...] = ()


@dataclass(slots=True)
class Outcomes:
    """What the checks said: findings, and who could not judge whom for the lack of which fields."""

    raised: list[Raised] = field(default_factory=list)
    unknown: dict[tuple[str, tuple[str, ...]], list[Element]] = field(default_factory=lambda: defaultdict(list))
    faults: list[Fault] = field(default_factory=list)
    clear: int = 0
    fired: int = 0
    judged: Counter[System] = field(default_factory=Counter)

    @property
    def not_evaluated(self) -> int:
        return sum(len(elements) for elements in self.unknown.values())


def run_checks(
    checks: Sequence[Check],
    systems: Iterable[System],
    analyses: Analyses,
    options: Mapping[str, Options] | None = None,
) -> Outcomes:
    """Call every check on every subject of its kind; a check that raises is a fault, the others still run."""
    outcomes = Outcomes()
    by_kind: dict[str, list[Check]] = defaultdict(list)
    for check in checks:
        if check.subject not in SUBJECTS and check.subject != EVALUATION:
            outcomes.faults.append(Fault("check", check.code, f"visits `{check.subject}`, which is no subject"))
            continue
        by_kind[check.subject].append(check)
    systems = tuple(systems)
    last = by_kind.pop(EVALUATION, [])
    for kind, visitors in by_kind.items():
        subjects = [subject for system in systems for subject in subjects_of(system, kind)]
        _visit(visitors, subjects, analyses, options or {}, outcomes)
    if last:
        _visit(last, _evaluations(systems, outcomes), analyses, options or {}, outcomes)
    return outcomes


def _visit(
    visitors: list[Check],
    subjects: Sequence[Element],
    analyses: Analyses,
    options: Mapping[str, Options],
    outcomes: Outcomes,
) -> None:
    groups = _group(subjects, visitors)
    for check in visitors:
        visit = _Visit(check, analyses, options.get(check.code), outcomes)
        for missing_of, members in groups:
            visit.group(members, tuple(need for need in check.needs if need in missing_of))


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


def _group(subjects: Sequence[Element], visitors: list[Check]) -> list[tuple[frozenset[str], list[Element]]]:
    """Subjects by the set of needed fields that they do not state."""
    needs = sorted({need for check in visitors for need in check.needs})
    if not needs:
        return [(frozenset(), list(subjects))]
    groups: dict[frozenset[str], list[Element]] = defaultdict(list)
    for subject in subjects:
        spec = subject.spec
        groups[frozenset(need for need in needs if stated(spec, need) is None)].append(subject)
    return list(groups.items())


class _Visit:
    """One check on its way through the subjects."""

    __slots__ = ("analyses", "check", "failed", "options", "outcomes", "takes_options")

    def __init__(self, check: Check, analyses: Analyses, options: Options | None, outcomes: Outcomes) -> None:
        self.check = check
        self.analyses = analyses
        self.options = options
        self.outcomes = outcomes
        self.failed = False
        code = getattr(check.function, "__code__", None)
        self.takes_options = code is None or code.co_argcount > 2

    def group(self, subjects: list[Element], missing: tuple[str, ...]) -> None:
        applies = self.check.applies
        for subject in subjects:
            try:
                if applies is not None and not applies(subject):
                    continue
                if missing:
                    self.outcomes.unknown[self.check.code, missing].append(subject)
                else:
                    self._call(subject)
            except (Exception, SystemExit) as error:
                self._fault(subject, error)

    def _call(self, subject: Element) -> None:
        outcomes, check = self.outcomes, self.check
        before = len(outcomes.raised)
        missing: tuple[str, ...] = ()
        try:
            for finding in check.function(*self._arguments(subject)):
                if not isinstance(finding, Finding):
                    raise TypeError(f"yields a {type(finding).__name__}, not a Finding")
                outcomes.raised.append(Raised(check, subject, finding))
        except NotApplicable:
            if len(outcomes.raised) == before:
                return
        except Unknown as unknown:
            missing = unknown.fields
        if len(outcomes.raised) == before and missing:
            outcomes.unknown[check.code, missing].append(subject)
            return
        outcomes.judged[subject.system] += 1
        if len(outcomes.raised) > before:
            outcomes.fired += 1
        else:
            outcomes.clear += 1

    def _arguments(self, subject: Element) -> tuple[object, ...]:
        if not self.takes_options:
            return subject, self.analyses
        if self.options is None:
            self.options = self.check.options()
        return subject, self.analyses, self.options

    def _fault(self, subject: Element, error: BaseException) -> None:
        """Only the first failure is told: one defect would else be told ten thousand times."""
        if not self.failed:
            self.failed = True
            message = f"failed on {subject.kind} `{subject.name}`: {type(error).__name__}: {error}"
            self.outcomes.faults.append(Fault("check", self.check.code, message))
