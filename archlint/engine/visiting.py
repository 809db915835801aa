"""One check on its way through the subjects of its kind.

What a check always needs is decided once per set of stated fields, and whom it applies to once for all checks that
ask the same: at ten thousand components most pairs are decided without calling the check.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archlint.engine.outcomes import Outcomes, Raised
from archlint.plugin import Check, Element, Finding, NotApplicable, Options, Unknown, stated
from archlint.records import dataclass
from archlint.system.elements import ATTRIBUTES

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
        self._shapes = {subject: _shape_of(subject.spec) for subject in subjects} if needs else {}
        self._groups = _by_missing(subjects, needs, self._shapes)
        self._applicable: dict[tuple[Applies | None, tuple[str, ...], int], Applicable] = {}

    def of(self, check: Check) -> Iterator[tuple[tuple[str, ...], Applicable]]:
        """Those that the check applies to, by what of its own needs they do not state."""
        for number, (missing, members) in enumerate(self._groups):
            lacking = tuple(need for need in check.needs if need in missing)
            alone = check.applies is None and not check.states
            yield lacking, Applicable(members) if alone else self._those(check, number)

    def _those(self, check: Check, number: int) -> Applicable:
        key = check.applies, check.states, number
        if key not in self._applicable:
            members = self._stating(check.states, number) if check.states else self._groups[number][1]
            found = Applicable(members) if check.applies is None else _applicable(check.applies, members)
            self._applicable[key] = found
        return self._applicable[key]

    def _stating(self, fields: tuple[str, ...], number: int) -> list[Element]:
        """Members of a group that state any of the fields, which is looked up once for all that state alike."""
        members = self._groups[number][1]
        shapes = [self._shapes.get(member) or _shape_of(member.spec) for member in members]
        names = {ATTRIBUTES.get(field, field) for field in fields}
        right = {shape for shape in set(shapes) if not names.isdisjoint(shape[1:])}
        return [member for member, shape in zip(members, shapes, strict=True) if shape in right]


_Shape = tuple[Any, ...]
"""The type of a spec, and the names of the attributes that say something. What has none is like no other."""


def _shape_of(spec: Any) -> _Shape:
    said = spec if type(spec) is dict else getattr(spec, "__dict__", None)
    if said is None:
        return (type(spec), id(spec))
    return (type(spec), *[name for name, value in said.items() if value is not None])


def _by_missing(
    subjects: Sequence[Element], needs: list[str], shapes: Mapping[Element, _Shape]
) -> list[tuple[frozenset[str], list[Element]]]:
    if not needs:
        return [(frozenset(), list(subjects))]
    decided: dict[_Shape, tuple[frozenset[str], list[str]]] = {}
    groups: dict[frozenset[str], list[Element]] = defaultdict(list)
    for subject in subjects:
        shape, spec = shapes[subject], subject.spec
        if shape not in decided:
            decided[shape] = _decided(spec, needs)
        lacking, nested = decided[shape]
        inner = [need for need in nested if stated(spec, need) is None]
        groups[lacking.union(inner) if inner else lacking].append(subject)
    return list(groups.items())


def _decided(spec: Any, needs: list[str]) -> tuple[frozenset[str], list[str]]:
    """What all specs of one shape lack, and what each of them may lack inside a field that it states."""
    lacking = frozenset([need for need in needs if stated(spec, need.partition(".")[0]) is None])
    return lacking, [need for need in needs if "." in need and need not in lacking]


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
        """The inner loop of a run: a call of the check, which mostly finds nothing.

        What is judged is counted as all subjects less those of which the check says something else.
        """
        outcomes, function, raised = self.outcomes, self.check.function, self.outcomes.raised
        try:
            others = self._other_arguments()
        except (Exception, SystemExit) as error:
            self._note_failure(failed_on(subjects[0], error))
            return
        fired, on = 0, None
        unjudged: list[Element] = []
        for subject in subjects:
            try:
                for finding in function(subject, *others):
                    raised.append(self._raised(subject, finding))
                    if on is not subject:
                        fired, on = fired + 1, subject
            except NotApplicable:
                if on is not subject:
                    unjudged.append(subject)
            except Unknown as unknown:
                if on is not subject:
                    outcomes.unknown[self.check.code, unknown.fields].append(subject)
                    unjudged.append(subject)
            except (Exception, SystemExit) as error:
                self._note_failure(failed_on(subject, error))
                unjudged.append(subject)
                fired -= on is subject
        outcomes.count(subjects, unjudged, fired)

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
