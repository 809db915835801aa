"""What checks said: four outcomes a pair of check and subject, and the findings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from archlint.engine.results import Fault
from archlint.plugin import Check, Element, Finding
from archlint.records import dataclass, field

if TYPE_CHECKING:
    from archlint.system.elements import System


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

    def count(self, subjects: Sequence[Element], unjudged: Sequence[Element], fired: int) -> None:
        """Of one check and subjects in the order of their systems: those that it could not judge, how many fired."""
        self.fired += fired
        self.clear += len(subjects) - len(unjudged) - fired
        system = subjects[0].system
        if system is subjects[-1].system:
            self.judged[system] += len(subjects) - len(unjudged)
        else:
            self.judged.update(subject.system for subject in subjects)
            self.judged.subtract(subject.system for subject in unjudged)

    def add(self, other: Outcomes) -> None:
        self.raised += other.raised
        for key, elements in other.unknown.items():
            self.unknown[key] += elements
        self.faults += other.faults
        self.clear += other.clear
        self.fired += other.fired
        self.judged += other.judged
