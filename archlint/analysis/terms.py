"""The limits that hold for all components that run one technology in one way, ready to be compared with figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from archlint.analysis.call_measures import CALL_MEASURES
from archlint.analysis.growth import FIXED
from archlint.analysis.measured import Measurer, Subject
from archlint.analysis.measurers import MEASURERS
from archlint.analysis.raised import Bound

if TYPE_CHECKING:
    from archlint.knowledge.technology import Limit, Setting, Technology
    from archlint.system.elements import Component

Level = Literal["hard", "quota", "beyond", "near"]

LEVELS: tuple[Level, ...] = ("hard", "quota", "beyond", "near")
"""Gravest first: a hard limit passed; a quota or default; what is advised or tested; near one of the first two."""

NEAR = 0.8
"""The share of a hard limit, quota or default from which a component is near it."""

_LEVEL_OF_KIND: Mapping[str, Level] = {
    "hard": "hard", "quota": "quota", "default": "quota", "recommended": "beyond", "tested": "beyond",
}  # fmt: skip


class Rule(NamedTuple):
    """A limit that binds, or that might: then with the fields in `missing` that would decide.

    `plain` is what it comes to where the manifest does not raise it, which it can where `movable`. `levels` are
    those at which it can be breached, its own first.
    """

    limit: Limit
    missing: tuple[str, ...]
    plain: Bound
    levels: tuple[Level, ...]
    movable: bool

    @classmethod
    def of(cls, limit: Limit, missing: tuple[str, ...]) -> Rule:
        fields = tuple("technology" if name == "version" else name for name in missing)
        plain = Bound(limit, limit.amount, certain=not missing)
        return cls(limit, fields, plain, _levels_of(limit), limit.raisable or limit.per_key is not None)


class Alternatives(NamedTuple):
    """Limits of one id whose conditions are open. `one_binds`: however it is run, one of them holds."""

    rules: tuple[Rule, ...]
    one_binds: bool


class Rules(NamedTuple):
    """The limits on one measure: `decided` bind, of `undecided` some may."""

    measure: str
    measurer: Measurer
    decided: tuple[Rule, ...]
    undecided: tuple[Alternatives, ...]
    levels: frozenset[Level]

    @classmethod
    def of(cls, measure: str, rules: Sequence[Rule], ways: Sequence[Setting]) -> Rules:
        by_id: dict[str, list[Rule]] = {}
        for rule in rules:
            if rule.missing:
                by_id.setdefault(rule.limit.id, []).append(rule)
        return cls(
            measure,
            MEASURERS[measure][1],
            tuple(rule for rule in rules if not rule.missing),
            tuple(Alternatives(tuple(group), _one_binds(group, ways)) for group in by_id.values()),
            frozenset(level for rule in rules for level in rule.levels),
        )


class Terms:
    """What holds for all components that run one technology in one way: its limits, by measure."""

    __slots__ = ("_by_kind", "_rules", "defaults", "fields", "technology")

    def __init__(self, technology: Technology, setting: Setting) -> None:
        self.technology = technology
        self.fields = {default.key: default.field for default in technology.defaults if default.field}
        self.defaults = {default.field: default.value for default in technology.defaults_in(setting) if default.field}
        self._by_kind: dict[tuple[type[Component], bool], tuple[Rules, ...]] = {}
        applicable = technology.applicable(setting)
        rules: dict[str, list[Rule]] = {}
        for limit, missing in (*((limit, ()) for limit in applicable.decided), *applicable.undecided):
            if limit.measure is not None and limit.kind in _LEVEL_OF_KIND:
                rules.setdefault(limit.measure, []).append(Rule.of(limit, missing))
        ways = technology.ways(setting) if applicable.undecided else ()
        self._rules = tuple(Rules.of(measure, found, ways) for measure, found in rules.items())

    def rules_for(self, subject: Subject) -> tuple[Rules, ...]:
        """Those on measures that the subject has."""
        kind = type(subject.component), bool(subject.protocol)
        if kind not in self._by_kind:
            self._by_kind[kind] = tuple(rules for rules in self._rules if has_measure(subject, rules.measure))
        return self._by_kind[kind]


def _one_binds(group: Sequence[Rule], ways: Sequence[Setting]) -> bool:
    return all(any(rule.limit.condition.holds(way) for rule in group) for way in ways)


def has_measure(subject: Subject, measure: str) -> bool:
    return isinstance(subject.component, MEASURERS[measure][0]) and (not subject.protocol or measure in CALL_MEASURES)


def _levels_of(limit: Limit) -> tuple[Level, ...]:
    """The levels at which a limit can be breached."""
    level = _LEVEL_OF_KIND[limit.kind]
    grows = limit.direction == "max" and limit.measure not in FIXED
    return (level, "near") if level in ("hard", "quota") and grows else (level,)
