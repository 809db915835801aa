"""What a draft does not say and would be worth saying first: the fields that most checks wait for."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from archlint.engine.results import Report
from archlint.engine.session import Request, run
from archlint.records import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """A field that is not stated. `components` are those that lack it; `unlocks` counts judgements that wait for it."""

    field: str
    checks: tuple[str, ...]
    components: tuple[str, ...]
    unlocks: int


def questions_of(report: Report) -> tuple[Question, ...]:
    """The fields that checks lack, those first that would let most judgements be made.

    A judgement that lacks several fields counts for each by its part, so that a field which decides alone is first.
    """
    checks: dict[str, dict[str, None]] = {}
    components: dict[str, dict[str, None]] = {}
    weights: dict[str, float] = {}
    counts: dict[str, int] = {}
    for group in report.not_evaluated:
        for field in group.needs:
            checks.setdefault(field, {})[group.code] = None
            components.setdefault(field, {}).update(dict.fromkeys(group.components))
            weights[field] = weights.get(field, 0.0) + group.count / len(group.needs)
            counts[field] = counts.get(field, 0) + group.count
    ranked = sorted(weights, key=lambda field: (-weights[field], field))
    return tuple(
        Question(field, tuple(sorted(checks[field])), tuple(components[field]), counts[field]) for field in ranked
    )


def ask(text: str, name: str, today: datetime.date) -> tuple[Question, ...]:
    """The questions that a drafted manifest leaves open."""
    return questions_of(run(Request(today=today, paths=("-",), stdin=text.encode(), stdin_filename=name)))


def as_lines(questions: Sequence[Question], most: int = 10) -> list[str]:
    """The first questions as lines of a column each: field, what it would decide."""
    shown = questions[:most]
    width = max((len(question.field) for question in shown), default=0)
    return [f"  {q.field:<{width}}  {q.unlocks} judgement{'s' * (q.unlocks != 1)}: {_checks(q.checks)}" for q in shown]


def _checks(codes: Sequence[str]) -> str:
    return ", ".join(codes) if len(codes) <= 4 else f"{', '.join(codes[:3])} and {len(codes) - 3} more"
