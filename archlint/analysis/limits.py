"""The figures of a manifest against the documented limits of the technologies that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from archlint.analysis.accounts import Accounts, Peers
from archlint.analysis.call_measures import CALL_MEASURES
from archlint.analysis.growth import FIXED, GROWING
from archlint.analysis.measured import Measured, Subject
from archlint.analysis.measurers import MEASURERS
from archlint.analysis.raised import Bound, bound
from archlint.analysis.technology import protocols_of, technology_of
from archlint.analysis.thresholds import exceeds
from archlint.analysis.transaction_measures import Involved
from archlint.analysis.values import Unknown
from archlint.system.elements import Component, Topic

if TYPE_CHECKING:
    from archlint.analysis.analyses import Analyses
    from archlint.knowledge.technology import Limit, Setting, Technology

Level = Literal["hard", "quota", "beyond", "near"]

LEVELS: tuple[Level, ...] = ("hard", "quota", "beyond", "near")
"""Gravest first: a hard limit passed; a quota or default; what is advised or tested; near one of the first two."""

NEAR = 0.8
"""The share of a hard limit, quota or default from which a component is near it."""

_LEVEL_OF_KIND: Mapping[str, Level] = {
    "hard": "hard", "quota": "quota", "default": "quota", "recommended": "beyond", "tested": "beyond",
}  # fmt: skip


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

    `unknown` holds, by level, the fields without which some limit of that level cannot be judged; `held` what was
    compared with a limit that surely binds, whether the limit holds or not; `lacks_of_growing` the fields without
    which a figure that grows cannot be told.
    """

    __slots__ = ("breaches", "held", "lacks_of_growing", "levels", "unknown")

    def __init__(self) -> None:
        self.levels: set[Level] = set()
        self.breaches: list[Breach] = []
        self.held: list[Breach] = []
        self.lacks_of_growing: set[str] = set()
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
    """The measures of every component, and what the limits of its technologies make of them."""

    def __init__(self, analyses: Analyses) -> None:
        self.analyses = analyses
        self._judged: dict[Component, Judged | None] = {}
        self._terms: dict[tuple[str, str | None, str | None], Terms | None] = {}

    def judge(self, component: Component) -> Judged | None:
        """None where neither its technology nor a protocol that it speaks is in the catalogue."""
        if component not in self._judged:
            judged = Judged()
            found = list(self._subjects(component))
            for subject, terms in found:
                _judge(subject, terms, judged)
            self._judged[component] = judged if found else None
        return self._judged[component]

    def of(self, component: Component, measure: str) -> list[Measured | Unknown]:
        """One measure of a component; empty where it has no meaning there."""
        subject = self.subject(component)
        return [] if subject is None else list(_measure(subject, measure))

    def subject(self, component: Component) -> Subject | None:
        """The component under its own technology; None where that is not in the catalogue."""
        terms = self._terms_of(component)
        return None if terms is None else self._under(component, terms)

    @cached_property
    def involved(self) -> Involved:
        """Transactions by the components that they concern."""
        return Involved(self.analyses.systems)

    def account_of(self, subject: Subject) -> Peers:
        """The components of the same technology, account and region."""
        return self._accounts.of(subject.component)

    @cached_property
    def _accounts(self) -> Accounts:
        return Accounts(self.analyses, self.subject)

    def _subjects(self, component: Component) -> Iterator[tuple[Subject, Terms]]:
        terms = self._terms_of(component)
        if terms is not None:
            yield self._under(component, terms), terms
        for protocol in protocols_of(component):
            terms = self._terms_named(protocol, None, None)
            if terms is not None:
                yield self._under(component, terms, protocol), terms

    def _under(self, component: Component, terms: Terms, protocol: str = "") -> Subject:
        return Subject(component, terms.technology, terms.fields, terms.defaults, self.analyses, protocol)

    def _terms_of(self, component: Component) -> Terms | None:
        named = technology_of(component)
        if named is None:
            return None
        keeper = component.broker if isinstance(component, Topic) else component
        mode, tier = getattr(keeper.spec, "mode", None), (getattr(keeper.spec, "settings", None) or {}).get("tier")
        return self._terms_named(named, mode, None if tier is None else str(tier))

    def _terms_named(self, named: str, mode: str | None, tier: str | None) -> Terms | None:
        key = named, mode, tier
        if key not in self._terms:
            self._terms[key] = self._load(*key)
        return self._terms[key]

    def _load(self, named: str, mode: str | None, tier: str | None) -> Terms | None:
        technology = self.analyses.knowledge.technology(named)
        if technology is None:
            return None
        from archlint.knowledge.technology import Setting

        return Terms.of(technology, Setting(mode, named.partition("@")[2] or None, tier))


def _judge(subject: Subject, terms: Terms, judged: Judged) -> None:
    for measure, limits in terms.limits.items():
        for measured in _measure(subject, measure):
            for limit, _ in limits:
                judged.levels.update(_levels_of(limit))
            if isinstance(measured, Unknown):
                judged.lacks((limit for limit, _ in limits), measured.fields)
                judged.lacks_of_growing.update(measured.fields if measure in GROWING else ())
            else:
                _compare(subject, measured, limits, judged)


def _measure(subject: Subject, measure: str) -> Iterator[Measured | Unknown]:
    kinds, measurer = MEASURERS[measure]
    if isinstance(subject.component, kinds) and (not subject.protocol or measure in CALL_MEASURES):
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
        if not missing:
            judged.held.append(Breach(level or _LEVEL_OF_KIND[mildest.limit.kind], mildest, measured, subject))
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
        found = bound(subject, measured, limit, certain=not missing)
        if isinstance(found, Unknown):
            yield [], (*found.fields, limit.id)
        elif not missing:
            yield [found], ()
        else:
            bounds, fields = open_bounds.setdefault(limit.id, ([], set()))
            bounds.append(found)
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
