"""The figures of a manifest against the documented limits of the technologies that it names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from archlint.analysis.broker_measures import BROKER_MEASURES
from archlint.analysis.measured import Measured, Measurers, Subject
from archlint.analysis.store_measures import STORE_MEASURES
from archlint.analysis.technology import technology_of
from archlint.analysis.thresholds import exceeds
from archlint.analysis.values import Unknown
from archlint.manifest.units import Dimension, UnitError, parse_quantity
from archlint.system.elements import Component, Element, Topic, stated

if TYPE_CHECKING:
    from archlint.analysis.analyses import Analyses
    from archlint.knowledge.technology import Limit, Setting, Technology

Level = Literal["hard", "quota", "beyond", "near"]

LEVELS: tuple[Level, ...] = ("hard", "quota", "beyond", "near")
"""Gravest first: a hard limit passed; a quota or default; what is advised or tested; near one of the first two."""

NEAR = 0.8
"""The share of a hard limit, quota or default from which a component is near it."""

MEASURERS: Measurers = {**BROKER_MEASURES, **STORE_MEASURES}
"""What can be computed; limits on other measures are not judged."""

FIXED = frozenset({"topic_name_length"})
"""Measures that do not grow: near their limit is as good as far from it."""

_LEVEL_OF_KIND: Mapping[str, Level] = {
    "hard": "hard", "quota": "quota", "default": "quota", "recommended": "beyond", "tested": "beyond",
}  # fmt: skip
_DIMENSIONS: Mapping[str, Dimension] = {
    "bytes": "bytes", "seconds": "duration", "per_second": "rate", "bytes_per_second": "throughput",
    "fraction": "fraction", "count": "amount",
}  # fmt: skip


class Bound(NamedTuple):
    """A limit as it binds one subject. `said` is the field that raised it, or "" where the catalogue's value holds.

    `certain` is False where the manifest does not say whether the limit's condition holds.
    """

    limit: Limit
    amount: float
    said: str = ""
    certain: bool = True

    def exposure(self, measured: float) -> float:
        """Demand over limit, 1 at the limit, larger is worse."""
        demand, supply = (measured, self.amount) if self.limit.direction == "max" else (self.amount, measured)
        if supply == 0:
            return math.inf if demand > 0 else 0.0
        return demand / supply


class Breach(NamedTuple):
    """A measure that a limit does not allow, or hardly.

    `advised` is an advised limit that is passed too. `sole` says that no second limit of the level stands behind
    this one, so that raising it helps.
    """

    level: Level
    bound: Bound
    measured: Measured
    subject: Subject
    advised: Bound | None = None
    sole: bool = True

    @property
    def share(self) -> float:
        """Of the limit, from which the breach counts."""
        return NEAR if self.level == "near" else 1.0

    @property
    def exposure(self) -> float:
        return self.bound.exposure(self.measured.value)


class Judged:
    """What the limits of its technology say of one component.

    `unknown` holds, by level, the fields without which some limit of that level cannot be judged.
    """

    __slots__ = ("breaches", "levels", "unknown")

    def __init__(self) -> None:
        self.levels: set[Level] = set()
        self.breaches: list[Breach] = []
        self.unknown: dict[Level, set[str]] = {level: set() for level in LEVELS}

    def lacks(self, limits: Iterable[Limit], fields: Iterable[str]) -> None:
        for limit in limits:
            for level in _levels_of(limit):
                self.unknown[level].update(fields)


Candidate = tuple["Limit", tuple[str, ...]]
"""A limit that binds, or that might: then with the fields that would decide."""


class Terms(NamedTuple):
    """What holds for all components that run one technology in one way: its limits, by measure."""

    technology: Technology
    limits: Mapping[str, Sequence[Candidate]]
    fields: Mapping[str, str]
    defaults: Mapping[str, float | str | bool]

    @classmethod
    def of(cls, technology: Technology, setting: Setting) -> Terms:
        applicable = technology.applicable(setting)
        limits: dict[str, list[Candidate]] = {}
        for limit, missing in (*((limit, ()) for limit in applicable.decided), *applicable.undecided):
            if limit.measure in MEASURERS and limit.kind in _LEVEL_OF_KIND:
                fields = tuple("technology" if name == "version" else name for name in missing)
                limits.setdefault(limit.measure or "", []).append((limit, fields))
        own = {default.key: default.field for default in technology.defaults if default.field}
        defaults = {default.field: default.value for default in technology.defaults_in(setting) if default.field}
        return cls(technology, limits, own, defaults)


class Measures:
    """The measures of every component, and what the limits of its technology make of them."""

    def __init__(self, analyses: Analyses) -> None:
        self.analyses = analyses
        self._judged: dict[Component, Judged | None] = {}
        self._terms: dict[tuple[str, str | None, str | None], Terms | None] = {}

    def judge(self, component: Component) -> Judged | None:
        """None where the technology is not stated, or not in the catalogue."""
        if component not in self._judged:
            terms = self._terms_of(component)
            self._judged[component] = None if terms is None else _judge(self._subject(component, terms), terms)
        return self._judged[component]

    def of(self, component: Component, measure: str) -> list[Measured | Unknown]:
        """One measure of a component; empty where it has no meaning there."""
        terms = self._terms_of(component)
        return [] if terms is None else list(_measure(self._subject(component, terms), measure))

    def _subject(self, component: Component, terms: Terms) -> Subject:
        return Subject(component, terms.technology, terms.fields, terms.defaults, self.analyses)

    def _terms_of(self, component: Component) -> Terms | None:
        named = technology_of(component)
        if named is None:
            return None
        keeper = component.broker if isinstance(component, Topic) else component
        mode, tier = getattr(keeper.spec, "mode", None), (getattr(keeper.spec, "settings", None) or {}).get("tier")
        key = (named, mode, None if tier is None else str(tier))
        if key not in self._terms:
            self._terms[key] = self._load(*key)
        return self._terms[key]

    def _load(self, named: str, mode: str | None, tier: str | None) -> Terms | None:
        technology = self.analyses.knowledge.technology(named)
        if technology is None:
            return None
        from archlint.knowledge.technology import Setting

        return Terms.of(technology, Setting(mode, named.partition("@")[2] or None, tier))


def _judge(subject: Subject, terms: Terms) -> Judged:
    judged = Judged()
    for measure, limits in terms.limits.items():
        for measured in _measure(subject, measure):
            for limit, _ in limits:
                judged.levels.update(_levels_of(limit))
            if isinstance(measured, Unknown):
                judged.lacks((limit for limit, _ in limits), measured.fields)
            else:
                _compare(subject, measured, limits, judged)
    return judged


def _measure(subject: Subject, measure: str) -> Iterator[Measured | Unknown]:
    kinds, measurer = MEASURERS[measure]
    if isinstance(subject.component, kinds):
        yield from measurer(subject)


def _compare(subject: Subject, measured: Measured, limits: Sequence[Candidate], judged: Judged) -> None:
    """The gravest breach of one measure, and what is open about the limits that it does not pass."""
    found: list[Breach] = []
    for bounds, missing in _alternatives(subject, measured, limits):
        if not bounds:
            judged.lacks((limit for limit, _ in limits if limit.id in missing[1:]), missing[:1])
            continue
        passed = [exceeds(bound.exposure(measured.value), 1) for bound in bounds]
        mildest = min(bounds, key=lambda bound: bound.exposure(measured.value))
        level = _level(mildest, measured)
        if level is not None:
            found.append(Breach(level, mildest, measured, subject))
        if all(passed) and not (measured.missing and mildest.limit.direction == "min"):
            continue
        open_fields = missing if any(passed) else ()
        judged.lacks((bound.limit for bound in bounds), (*open_fields, *measured.missing))
    if found:
        judged.breaches.append(_gravest(found))


def _alternatives(
    subject: Subject, measured: Measured, limits: Sequence[Candidate]
) -> Iterator[tuple[list[Bound], tuple[str, ...]]]:
    """Each decided limit by itself; those of one id whose conditions are open together, and what would decide.

    No bound where a setting that raises the limit cannot be read: then the setting's field and the limit's id.
    """
    open_bounds: dict[str, tuple[list[Bound], set[str]]] = {}
    for limit, missing in limits:
        bound = _bound(subject, measured, limit, certain=not missing)
        if isinstance(bound, Unknown):
            yield [], (*bound.fields, limit.id)
        elif not missing:
            yield [bound], ()
        else:
            bounds, fields = open_bounds.setdefault(limit.id, ([], set()))
            bounds.append(bound)
            fields.update(missing)
    for bounds, fields in open_bounds.values():
        yield bounds, tuple(sorted(fields))


def _level(bound: Bound, measured: Measured) -> Level | None:
    limit, exposure = bound.limit, bound.exposure(measured.value)
    if limit.direction == "min" and measured.missing:
        return None
    if exceeds(exposure, 1):
        return _LEVEL_OF_KIND[limit.kind]
    near = "near" in _levels_of(limit) and exceeds(exposure, NEAR)
    return "near" if near else None


def _levels_of(limit: Limit) -> tuple[Level, ...]:
    """The levels at which a limit can be breached."""
    level = _LEVEL_OF_KIND[limit.kind]
    grows = limit.direction == "max" and limit.measure not in FIXED
    return (level, "near") if level in ("hard", "quota") and grows else (level,)


def _gravest(found: list[Breach]) -> Breach:
    worst = min(found, key=lambda breach: (LEVELS.index(breach.level), -breach.exposure))
    advised = [breach.bound for breach in found if breach.level == "beyond"] if worst.level == "quota" else []
    return worst._replace(
        advised=min(advised, key=lambda bound: bound.amount, default=None),
        sole=sum(breach.level == worst.level for breach in found) == 1,
    )


# What the manifest says of a limit


def _bound(subject: Subject, measured: Measured, limit: Limit, *, certain: bool) -> Bound | Unknown:
    """The limit with the value that the manifest raised it to."""
    said = _said(subject, measured, limit) if limit.raisable or limit.per_key is not None else None
    if said is None:
        return Bound(limit, limit.amount, certain=certain)
    if isinstance(said, Unknown):
        return said
    name, amount = said
    return Bound(limit, amount, name, certain)


def _said(subject: Subject, measured: Measured, limit: Limit) -> tuple[str, float] | Unknown | None:
    """Where the manifest says the limit, and its value: under `limits`, in a field of its own, under `settings`."""
    own = subject.fields.get(limit.key or "")
    for owner in _owners(subject, measured):
        raised = getattr(owner.spec, "limits", None) or {}
        for name in (limit.id, limit.name):
            if name in raised and limit.raisable:
                return f"limits.{name}", float(raised[name])
        value = stated(owner.spec, own) if own is not None else None
        if own is not None and isinstance(value, int | float):
            return own, float(value) * (limit.per_key or 1.0)
        settings = getattr(owner.spec, "settings", None) or {}
        for key in (limit.key, *limit.also):
            if key is not None and key in settings:
                amount = _read(settings[key], limit)
                return Unknown(f"settings.{key}") if amount is None else (f"settings.{key}", amount)
    return None


def _owners(subject: Subject, measured: Measured) -> list[Element]:
    component = subject.component
    keepers = (component, component.broker) if isinstance(component, Topic) else (component,)
    return list(dict.fromkeys((*keepers, *measured.owners)))


def _read(value: object, limit: Limit) -> float | None:
    """A setting in the canonical unit, below zero for none at all; None where it cannot be read."""
    from archlint.knowledge.measures import UNITS

    dimension = UNITS[limit.unit].dimension
    factor = UNITS[limit.key_unit].factor if limit.key_unit is not None else 1.0
    try:
        if isinstance(value, bool):
            return None
        amount = float(value) * factor  # type: ignore[arg-type]  # text that is no number raises
    except (TypeError, ValueError):
        try:
            amount = parse_quantity(value, _DIMENSIONS[dimension])
        except (UnitError, KeyError):
            return None
    return math.inf if amount < 0 else amount * (limit.per_key or 1.0)
