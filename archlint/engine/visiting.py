"""One check on its way through the subjects of its kind.

What a check always needs is decided once per set of stated fields, and whom it applies to once for all checks that
ask the same: at ten thousand components most pairs are decided without calling the check.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from archlint.engine.outcomes import Outcomes, Raised
from archlint.plugin import Check, Element, Finding, NotApplicable, Options, Unknown, stated
from archlint.records import dataclass

if TYPE_CHECKING:
    from archlint.analysis.analyses import Analyses

Applies = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Applicable:
    """The subjects that a predicate accepts, and how it failed on the first that it failed on."""

    subjects: list[Element]
    failure: str = ""


class Visited:
    """The subjects of some checks, in groups by the needed fields that they do not state."""

    def __init__(self, subjects: Sequence[Element], visitors: Iterable[Check]) -> None:
        needs = sorted({need for check in visitors for need in check.needs})
        self._groups = _by_missing(subjects, needs)
        self._applicable: dict[tuple[Applies, int], Applicable] = {}

    def of(self, check: Check) -> Iterator[tuple[tuple[str, ...], Applicable]]:
        """Those that the check applies to, by what of its own needs they do not state."""
        for number, (missing, members) in enumerate(self._groups):
            lacking = tuple(need for need in check.needs if need in missing)
            yield lacking, Applicable(members) if check.applies is None else self._those(check.applies, number)

    def _those(self, applies: Applies, group: int) -> Applicable:
        key = applies, group
        if key not in self._applicable:
            self._applicable[key] = _applicable(applies, self._groups[group][1])
        return self._applicable[key]


def _by_missing(subjects: Sequence[Element], needs: list[str]) -> list[tuple[frozenset[str], list[Element]]]:
    if not needs:
        return [(frozenset(), list(subjects))]
    groups: dict[frozenset[str], list[Element]] = defaultdict(list)
    for subject in subjects:
        spec = subject.spec
        groups[frozenset([need for need in needs if stated(spec, need) is None])].append(subject)
    return list(groups.items())


def _applicable(applies: Applies, subjects: list[Element]) -> Applicable:
    found, failure = [], ""
    for subject in subjects:
        try:
            if applies(subject):
                found.append(subject)
        except (Exception, SystemExit) as error:
            failure = failure or failed_on(subject, error)
    return Applicable(found, failure)


def failed_on(subject: Element, error: BaseException) -> str:
    return f"failed on {subject.kind} `{subject.name}`: {type(error).__name__}: {error}"


class Visit:
    """One check and what it says of its subjects. `failure`: how it failed first, empty where it did not."""

    __slots__ = ("analyses", "check", "failure", "options", "outcomes")

    def __init__(self, check: Check, analyses: Analyses, options: Options | None, outcomes: Outcomes) -> None:
        self.check = check
        self.analyses = analyses
        self.options = options
        self.outcomes = outcomes
        self.failure = ""

    def all(self, visited: Visited) -> None:
        for missing, applicable in visited.of(self.check):
            self._note_failure(applicable.failure)
            if missing and applicable.subjects:
                self.outcomes.unknown[self.check.code, missing].extend(applicable.subjects)
            elif applicable.subjects:
                self._judge(applicable.subjects)

    def _judge(self, subjects: list[Element]) -> None:
        """The inner loop of a run: a call of the check, which mostly finds nothing, and the count of its outcome."""
        outcomes, function, code = self.outcomes, self.check.function, self.check.code
        raised, judged = outcomes.raised, outcomes.judged
        try:
            others = self._other_arguments()
        except (Exception, SystemExit) as error:
            self._note_failure(failed_on(subjects[0], error))
            return
        for subject in subjects:
            before = len(raised)
            try:
                for finding in function(subject, *others):
                    raised.append(self._raised(subject, finding))
            except NotApplicable:
                if len(raised) == before:
                    continue
            except Unknown as unknown:
                if len(raised) == before:
                    outcomes.unknown[code, unknown.fields].append(subject)
                    continue
            except (Exception, SystemExit) as error:
                self._note_failure(failed_on(subject, error))
                continue
            judged[subject.system] += 1
            if len(raised) > before:
                outcomes.fired += 1
            else:
                outcomes.clear += 1

    def _raised(self, subject: Element, finding: object) -> Raised:
        if not isinstance(finding, Finding):
            raise TypeError(f"yields a {type(finding).__name__}, not a Finding")
        return Raised(self.check, subject, finding)

    def _other_arguments(self) -> tuple[object, ...]:
        code = getattr(self.check.function, "__code__", None)
        if code is not None and code.co_argcount <= 2:
            return (self.analyses,)
        if self.options is None:
            self.options = self.check.options()
        return self.analyses, self.options

    def _note_failure(self, failure: str) -> None:
        """Only the first failure is told: one defect would else be told ten thousand times."""
        self.failure = self.failure or failure
