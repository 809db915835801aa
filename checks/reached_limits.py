"""Limits that are not passed today: reached at the stated growth, or known from an old document."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from archlint.analysis.analyses import Analyses
from archlint.analysis.technology import may_have_limits
from archlint.analysis.thresholds import exceeds
from archlint.plugin import (
    INFO,
    WARNING,
    Broker,
    Clear,
    Component,
    Evidence,
    Finding,
    Iterator,
    NotApplicable,
    Options,
    Topic,
    Unknown,
    check,
    show,
)
from archlint.records import dataclass

if TYPE_CHECKING:  # what computes is imported where a manifest names a technology
    from archlint.analysis.growth import Growth
    from archlint.analysis.limits import Breach


@dataclass(frozen=True, slots=True)
class Horizon(Options):
    """How far ahead to look, in months."""

    months: float = 12.0


@check("LIM005", "reached-within-the-horizon", severity=WARNING, applies=may_have_limits, options=Horizon)
def reached_within_the_horizon(component: Component, analyses: Analyses, options: Horizon) -> Iterator[Finding]:
    """At the growth that is stated, a limit that holds today is met within a year.

    What it finds: a figure below a limit of the component's technology, whatever its kind, that passes it within
    twelve months (option `months`). Data grows by the store's `growth`, in equal steps; rates, and what follows from
    them, grow by the system's `growth`, compounded. Months count from the date on which the figures were true
    (`as_of`). Silent for a figure that is past or near a limit today: LIM001 to LIM004 tell of it.

    Why it matters: a new shard, a migration, a raised quota or a larger machine takes a quarter or two. Known in time
    it is a plan; found by the first refused write it is an outage.

    At 3 AM: nothing yet. In the named month: refused writes, full disks, throttled requests, on an ordinary day.

    How to fix: decide now what will take the growth (shards, archiving, a raised quota), and when it must be ready:
    before the named month, less the time that it takes.

    When it is wrong: growth is about to end, or data is about to be archived. State the growth that is expected.

    Sources: the documents that `archlint explain TECHNOLOGY` names for each limit; for planning ahead of demand: B.
    Beyer, C. Jones, J. Petoff, N. R. Murphy (eds.), Site Reliability Engineering, 2016, chapter 18, "Software
    Engineering in SRE", https://sre.google/sre-book/software-engineering-in-sre/.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          config: {technology: etcd@3.5, nodes: 3, size: 1GiB, growth: 150MiB/month}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          config: {technology: etcd@3.5, nodes: 3, size: 1GiB, growth: 50MiB/month}
    """
    from archlint.analysis.growth import GROWING, growth_of

    judged = analyses.measures.judge(component)
    held = [breach for breach in judged.held if breach.bound.limit.measure in GROWING] if judged else []
    if judged is None or not (held or judged.lacks_of_growing):
        raise NotApplicable
    missing = set(judged.lacks_of_growing)
    for measure, breaches in _by_measure(held).items():
        growth = growth_of(component, measure)
        if isinstance(growth, Unknown):
            missing.update(growth.fields)
        elif growth is not None:
            yield from _reached(breaches, growth, analyses, options.months)
    if missing:
        raise Unknown(*missing)


def _by_measure(held: list[Breach]) -> dict[str, list[Breach]]:
    """Those on whose figure no limit speaks today."""
    groups: dict[str, list[Breach]] = {}
    for breach in held:
        groups.setdefault(breach.bound.limit.measure or "", []).append(breach)
    return {measure: group for measure, group in groups.items() if not any(_speaks_today(breach) for breach in group)}


def _speaks_today(breach: Breach) -> bool:
    return breach.level == "near" or exceeds(breach.exposure, 1)


def _reached(breaches: list[Breach], growth: Growth, analyses: Analyses, horizon: float) -> Iterator[Finding]:
    """The limit that is met first."""
    from archlint.analysis.growth import MONTH, after, figures_date, month_name

    growing = [breach for breach in breaches if breach.bound.limit.direction == "max" and breach.exposure > 0]
    if not growing:
        return
    first = max(growing, key=lambda breach: breach.exposure)
    months = growth.months_to(1 / first.exposure)
    start = figures_date(first.subject.component, analyses.today)
    ahead = (analyses.today - start).total_seconds() / MONTH + horizon
    reached = after(start, months) if math.isfinite(months) else None
    if reached is not None and not exceeds(months, ahead):
        yield _finding(first, growth, month_name(reached), months, ahead)


def _finding(breach: Breach, growth: Growth, month: str, months: float, ahead: float) -> Finding:
    from archlint.checks.limit_findings import evidence_of, field_of, figure_of, limit_in_words, says, source_of

    added = show(growth.rate, "fraction") if growth.compound else figure_of(breach, growth.rate * breach.measured.value)
    return Finding(
        at=breach.measured.at,
        field=field_of(breach),
        message=(
            f"{says(breach)}, and {added} a month more: {limit_in_words(breach)}, reached in {month} "
            f"({source_of(breach.bound)})"
        ),
        exposure=breach.exposure * growth.factor_after(ahead),
        evidence=(
            *evidence_of(breach),
            Evidence("growth a month", growth.rate, "fraction"),
            Evidence("months until reached", months),
            Evidence("reached", month),
        ),
        formula="months = ln(limit / figure) / ln(1 + growth)" if growth.compound else (
            "months = (limit / figure - 1) / growth"
        ),
        clears=tuple(_clears(breach, growth, ahead)),
        remedy=(
            f"Make room before {month}, and begin in time. Beyond the limit {breach.bound.limit.breaks}."
        ),
        key=breach.bound.limit.name,
    )  # fmt: skip


def _clears(breach: Breach, growth: Growth, ahead: float) -> Iterator[Clear]:
    """A growth that meets the limit only after the horizon, and a limit that holds until then."""
    from archlint.analysis.growth import MONTH
    from archlint.checks.limit_findings import raised

    component, factor = breach.subject.component, 1 / breach.exposure
    if growth.compound:
        share = math.floor((factor ** (1 / ahead) - 1) * 10000) / 10000
        if share > 0:
            yield Clear("growth", share, f"{share * 100:g}%/month", WARNING, component.system)
    else:
        size = float(component.spec.size)
        megabytes = math.floor((factor - 1) / ahead * size / 1e6)
        if megabytes > 0:
            yield Clear(growth.field, megabytes * 1e6 / MONTH, f"{megabytes}MB/month", WARNING, component)
    if breach.bound.limit.raisable and not breach.bound.said:
        yield raised(breach, breach.measured.value * growth.factor_after(ahead))


@dataclass(frozen=True, slots=True)
class Age(Options):
    """Years after which a document is old, and the share of its limit from which that matters."""

    years: int = 2
    share: float = 0.5


@check("LIM006", "limit-older-than-two-years", severity=INFO, applies=may_have_limits, options=Age)
def limit_older_than_two_years(component: Component, analyses: Analyses, options: Age) -> Iterator[Finding]:
    """A limit that decides something here is known from a document more than two years old.

    What it finds: limits of the component's technology whose source is more than two calendar years old (option
    `years`) and of which the manifest uses half or more (option `share`), passed ones included. One finding a component
    names them all. Silent for limits that the manifest itself states a value of.

    Why it matters: providers raise quotas and projects remove limits, seldom with a notice. A plan that rests on an
    old figure shards too early or, where a limit was lowered, too late.

    At 3 AM: the figure in the runbook is not the one that the error message shows.

    How to fix: look the limit up in the present documentation or the provider's console. State the value in force
    under `limits`.

    When it is wrong: the limit follows from a format or protocol that does not change.

    Sources: the documents that `archlint explain TECHNOLOGY` names for each limit; for the example: "KIP-578: Add
    configuration to limit number of partitions", Apache Kafka, 2020,
    https://cwiki.apache.org/confluence/spaces/KAFKA/pages/148641509/.

    Risky:
        archlint: 1
        system: {name: shop}
        brokers:
          events:
            technology: kafka@3.6
            mode: zookeeper
            nodes: 6
            topics: {orders: {partitions: 9600, replication_factor: 3}}

    Safe:
        archlint: 1
        system: {name: shop}
        brokers:
          events:
            technology: kafka@3.6
            mode: zookeeper
            nodes: 30
            topics: {orders: {partitions: 9600, replication_factor: 3}}
    """
    held = () if isinstance(component, Topic) else _held(component, analyses)
    if not held:
        raise NotApplicable
    newest = analyses.today.year - options.years
    old = {
        breach.bound.limit.name: breach
        for breach in held
        if breach.bound.limit.source.year < newest and _matters(breach, options.share)
    }
    if not old:
        return
    names = ", ".join(f"{name} ({breach.bound.limit.source.year})" for name, breach in sorted(old.items()))
    oldest = min(breach.bound.limit.source.year for breach in old.values())
    yield Finding(
        at=component,
        field="" if next(iter(old.values())).subject.protocol else _field_of_technology(component),
        message=f"{component.label} comes near limits that old documents tell of: {names}",
        exposure=(analyses.today.year - oldest) / options.years,
        evidence=tuple(
            Evidence(name, f"{breach.bound.limit.source.title}, {breach.bound.limit.source.year}")
            for name, breach in sorted(old.items())
        ),
        remedy="Look the limits up in the present documentation, and state the values in force under `limits`.",
    )


def _held(component: Component, analyses: Analyses) -> Sequence[Breach]:
    """Of a broker those of its topics too: they run on the same technology."""
    parts = (component, *component.topics.values()) if isinstance(component, Broker) else (component,)
    found = [judged.held for part in parts if (judged := analyses.measures.judge(part)) is not None]
    return found[0] if len(found) == 1 else [breach for held in found for breach in held]


def _matters(breach: Breach, share: float) -> bool:
    """Whether the limit is passed, or may come to be."""
    from archlint.analysis.growth import FIXED

    limit = breach.bound.limit
    if breach.bound.said or exceeds(breach.exposure, 1):
        return not breach.bound.said
    return limit.direction == "max" and limit.measure not in FIXED and not exceeds(share, breach.exposure)


def _field_of_technology(component: Component) -> str:
    return "technology" if hasattr(component.spec, "technology") else ""
