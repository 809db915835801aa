"""The figures of a manifest against the documented limits of the technologies that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from archlint.analysis.accounts import Accounts, Peers
from archlint.analysis.growth import GROWING
from archlint.analysis.measured import Measured, Subject
from archlint.analysis.measurers import MEASURERS
from archlint.analysis.raised import Bound, bound
from archlint.analysis.technology import protocols_of, technology_of
from archlint.analysis.terms import LEVELS, NEAR, Alternatives, Level, Rule, Rules, Terms, has_measure
from archlint.analysis.thresholds import exceeds
from archlint.analysis.transaction_measures import Involved
from archlint.analysis.values import Unknown
from archlint.system.elements import Component, Topic, stated

if TYPE_CHECKING:
    from archlint.analysis.analyses import Analyses


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
    compared with a limit that surely binds, whether the limit holds or not; `lacking`, by measure, the same fields as
    `unknown`; `lacks_of_growing` those without which a figure that grows cannot be told.
    """

    __slots__ = ("breaches", "held", "lacking", "lacks_of_growing", "levels", "unknown")

    def __init__(self) -> None:
        self.levels: set[Level] = set()
        self.breaches: list[Breach] = []
        self.held: list[Breach] = []
        self.lacks_of_growing: set[str] = set()
        self.lacking: dict[str, set[str]] = {}
        self.unknown: dict[Level, set[str]] = {level: set() for level in LEVELS}

    def lacks(self, rule: Rule, fields: Iterable[str]) -> None:
        if fields:
            self.lacking.setdefault(rule.limit.measure or "", set()).update(fields)
        for level in rule.levels:
            self.unknown[level].update(fields)


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

    def limits_on(self, component: Component, measure: str) -> Iterator[Bound]:
        """Those that surely bind one measure of a component, whatever the measure is, as the manifest raises them."""
        for subject, terms in self._subjects(component):
            nothing = Measured(0.0, component, None, "")
            rules = next((rules for rules in terms.rules_for(subject) if rules.measure == measure), None)
            for rule in rules.decided if rules is not None else ():
                found = bound(subject, nothing, rule.limit, certain=True)
                if not isinstance(found, Unknown):
                    yield found

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

        return Terms(technology, Setting(mode, named.partition("@")[2] or None, tier))


def _judge(subject: Subject, terms: Terms, judged: Judged) -> None:
    for rules in terms.rules_for(subject):
        for measured in rules.measurer(subject):
            judged.levels |= rules.levels
            if isinstance(measured, Unknown):
                for rule in (*rules.decided, *chain.from_iterable(group.rules for group in rules.undecided)):
                    judged.lacks(rule, measured.fields)
                judged.lacks_of_growing.update(measured.fields if rules.measure in GROWING else ())
            else:
                _compare(subject, measured, rules, judged)


def _measure(subject: Subject, measure: str) -> Iterator[Measured | Unknown]:
    if has_measure(subject, measure):
        yield from MEASURERS[measure][1](subject)


def _compare(subject: Subject, measured: Measured, rules: Rules, judged: Judged) -> None:
    """The gravest breach of one measure, and what is open about the limits that it does not pass."""
    found: list[Breach] = []
    for rule in rules.decided:
        if rule.levels[0] == "beyond" and _is_measured(subject, rules.measure):
            continue
        bounds = bound(subject, measured, rule.limit, certain=True) if rule.movable else rule.plain
        if isinstance(bounds, Unknown):
            judged.lacks(rule, bounds.fields)
            continue
        exposure = bounds.exposure(measured.value)
        level = _level(rule, exposure, measured)
        breach = Breach(level or rule.levels[0], bounds, measured, subject)
        judged.held.append(breach)
        if level is not None:
            found.append(breach)
        if measured.missing and (rule.limit.direction == "min" or not exceeds(exposure, 1)):
            judged.lacks(rule, () if _holds_at_most(measured, bounds) else measured.missing)
    for group in rules.undecided:
        found += _compare_alternatives(subject, measured, group, judged)
    if found:
        judged.breaches.append(_gravest(found))


_OWN_FIGURES = {"partition_write_throughput": "capacity.partition_throughput"}
"""Measures of a topic of which its broker may state what it was measured to take: better than any advice."""


def _is_measured(subject: Subject, measure: str) -> bool:
    component, field = subject.component, _OWN_FIGURES.get(measure)
    return field is not None and isinstance(component, Topic) and stated(component.broker.spec, field) is not None


def _compare_alternatives(
    subject: Subject, measured: Measured, group: Alternatives, judged: Judged
) -> Iterator[Breach]:
    """Of limits of one id, one of which binds: only a figure beyond all of them is a breach, of the mildest.

    Where it may be that none binds, such as limits of one plan while no plan is stated, there is no breach.
    """
    bounds: list[tuple[Rule, Bound]] = []
    for rule in group.rules:
        found = bound(subject, measured, rule.limit, certain=False)
        if isinstance(found, Unknown):
            judged.lacks(rule, found.fields)
        else:
            bounds.append((rule, found))
    if not bounds:
        return
    passed = [exceeds(found.exposure(measured.value), 1) for _, found in bounds]
    rule, mildest = min(bounds, key=lambda pair: pair[1].exposure(measured.value))
    level = _level(rule, mildest.exposure(measured.value), measured) if group.one_binds else None
    if level is not None:
        yield Breach(level, mildest, measured, subject)
    if all(_holds_at_most(measured, found) for _, found in bounds):
        return
    if all(passed) and group.one_binds and not (measured.missing and rule.limit.direction == "min"):
        return
    missing = (name for rule, _ in bounds for name in rule.missing) if any(passed) else ()
    lacks = (*missing, *measured.missing)
    for rule, _ in bounds:
        judged.lacks(rule, lacks)


def _holds_at_most(measured: Measured, found: Bound) -> bool:
    """Whether the limit holds by far, whatever is not stated."""
    return measured.most is not None and not exceeds(found.exposure(measured.most), NEAR)


def _level(rule: Rule, exposure: float, measured: Measured) -> Level | None:
    if exposure <= NEAR or (rule.limit.direction == "min" and measured.missing):
        return None
    if exceeds(exposure, 1):
        return rule.levels[0]
    return "near" if len(rule.levels) > 1 and exceeds(exposure, NEAR) else None


def _gravest(found: list[Breach]) -> Breach:
    worst = min(found, key=lambda breach: (LEVELS.index(breach.level), -breach.exposure))
    advised = [breach.bound for breach in found if breach.level == "beyond"] if worst.level == "quota" else []
    return worst._replace(
        advised=min(advised, key=lambda bound: bound.amount, default=None),
        sole=sum(breach.level == worst.level for breach in found) == 1,
    )
