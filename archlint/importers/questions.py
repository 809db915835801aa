"""What a draft does not say and would be worth saying first: the fields that most checks wait for."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from archlint.engine.results import Report
from archlint.engine.session import Request, run
from archlint.manifest.models import SECTIONS
from archlint.manifest.routes import RouteError, parse_route
from archlint.records import dataclass, field

_NAMED = frozenset(name for name, section in SECTIONS.items() if section.shape == "named")
_LISTS = ("calls", "depends_on", "publishes", "consumes")
_PLAIN = re.compile(r"([a-z]+)\.[A-Za-z0-9_-]+\.((?!topics\.|operations\.)[a-z_]+(?:\.[a-z_]+)*)")
_ITEMS = re.compile(rf"\b({'|'.join(_LISTS)})(?:\.\*)?\.")


@dataclass(frozen=True, slots=True)
class Question:
    """A field that is not stated. `components` are those that lack it; `unlocks` counts judgements that wait for it.

    `route` is where to state it, with `*` for names where several lack it; `field` is its end, as checks call it.
    """

    route: str
    field: str
    checks: tuple[str, ...]
    components: tuple[str, ...]
    unlocks: int


@dataclass(slots=True)
class _Waiting:
    """What waits for one field of one kind of component."""

    name: str
    checks: set[str] = field(default_factory=set)
    components: dict[str, None] = field(default_factory=dict)
    routes: dict[str, None] = field(default_factory=dict)
    count: int = 0
    weight: float = 0.0


def questions_of(report: Report) -> tuple[Question, ...]:
    """The fields that checks lack, those first that would let most judgements be made.

    A judgement that lacks several fields counts for each by its part, so that a field which decides alone is first.
    """
    waiting: dict[str, _Waiting] = {}
    for group in report.not_evaluated:
        for name in group.needs:
            for component in group.components:
                route = _route(component, name)
                held = waiting.setdefault(_pattern(route), _Waiting(name))
                held.checks.add(group.code)
                held.components[component] = held.routes[route] = None
                held.count += 1
                held.weight += 1 / len(group.needs)
    ranked = sorted(waiting.items(), key=lambda item: (-item[1].weight, item[0]))
    return tuple(
        Question(
            next(iter(held.routes)) if len(held.routes) == 1 else pattern,
            held.name, tuple(sorted(held.checks)), tuple(held.components), held.count,
        )
        for pattern, held in ranked
    )  # fmt: skip


def _route(component: str, field: str) -> str:
    """Where to state a field that a check lacks of a component; some name it from the top."""
    whole = field if field.partition(".")[0] in SECTIONS else f"{component}.{field}"
    return _ITEMS.sub(r"\1[*].", whole)


def _pattern(route: str) -> str:
    """A route with `*` for names, which are every second part of it as far as what lacks the field goes."""
    plain = _PLAIN.fullmatch(route)
    if plain is not None and plain[1] in _NAMED:  # nearly all of them
        return f"{plain[1]}.*.{plain[2]}"
    try:
        parts = parse_route(route.replace("[*]", '["*"]'))
    except RouteError:
        return route
    words: list[str] = []
    for part in parts:
        of_list = bool(words) and words[-1] in _LISTS
        if of_list and part.bracketed:
            words[-1] += "[*]"
        elif (len(words) == 1 and words[0] in _NAMED) or words[-1:] in (["topics"], ["operations"]):
            words.append("*")
        else:
            words.append(part.name or "*")
    return ".".join(words)


def ask(text: str, name: str, today: datetime.date) -> tuple[Question, ...]:
    """The questions that a drafted manifest leaves open."""
    return questions_of(run(Request(today=today, paths=("-",), stdin=text.encode(), stdin_filename=name)))


def as_lines(questions: Sequence[Question], most: int = 10) -> list[str]:
    """The first questions as lines of a column each: field, what it would decide."""
    shown = questions[:most]
    width = max((len(question.route) for question in shown), default=0)
    return [f"  {q.route:<{width}}  {q.unlocks} judgement{'s' * (q.unlocks != 1)}: {_checks(q.checks)}" for q in shown]


def _checks(codes: Sequence[str]) -> str:
    return ", ".join(codes) if len(codes) <= 4 else f"{', '.join(codes[:3])} and {len(codes) - 3} more"
