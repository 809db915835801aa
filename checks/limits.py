"""Production limits: what the technologies that a system uses can take, as their own documents say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from archlint.analysis.analyses import Analyses
from archlint.analysis.technology import technology_of
from archlint.analysis.thresholds import at_least, at_most
from archlint.plugin import (
    ERROR,
    WARNING,
    Clear,
    Component,
    Evidence,
    Finding,
    Iterator,
    NotApplicable,
    Severity,
    Topic,
    Unknown,
    check,
    show,
)

if TYPE_CHECKING:  # what computes is imported where a manifest names a technology
    from archlint.analysis.limits import Bound, Breach, Level

_UNITS = {"bytes": "B", "seconds": "s", "per_second": "/s", "bytes_per_second": "B/s", "fraction": "fraction"}

_SHORT = frozenset(_UNITS.values())
_SINGULAR = {"entries": "entry", "processes": "process"}


def _names_a_technology(component: Component) -> bool:
    return technology_of(component) is not None


@check("LIM001", "hard-limit-exceeded", severity=ERROR, applies=_names_a_technology)
def hard_limit_exceeded(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """The system asks more of a technology than it can ever do.

    What it finds: a figure of the manifest beyond a hard limit of the component's technology, one that no setting
    raises. A figure of the catalogue that could not be verified gives a warning.

    Why it matters: there is nothing to tune. The request, message or object is refused, or the component stops.

    At 3 AM: one kind of request fails, always and at once, with the same error from the technology itself;
    retries only repeat it. Refuse or split the input at the edge.

    How to fix: change the design: split the payload, shard the data, keep large objects elsewhere and pass a
    reference.

    When it is wrong: the version in use differs from the one that the source speaks of, or what is stated never
    reaches the technology in one piece.

    Sources: the documents that `archlint explain TECHNOLOGY` names for each limit; for the example: PostgreSQL
    Global Development Group, PostgreSQL Documentation, Appendix K, "PostgreSQL Limits", 2025,
    https://www.postgresql.org/docs/current/limits.html.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          reports:
            calls: [{to: archive, access: write, payload: 1.4GiB}]
        datastores:
          archive: {technology: postgresql@16}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          reports:
            calls: [{to: archive, access: write, payload: 8MiB}]
        datastores:
          archive: {technology: postgresql@16}
    """
    yield from _findings(component, analyses, "hard")


@check("LIM002", "quota-or-default-exceeded", severity=ERROR, applies=_names_a_technology)
def quota_or_default_exceeded(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """The system needs more than a quota or a default setting allows, and does not say that it was raised.

    What it finds: a figure of the manifest beyond a quota of the provider or a default of the technology. The value
    that the manifest states under `limits`, under `settings`, or in a field of its own (`connections.max`) counts
    in its place. It is an error for a quota, for a value that the manifest itself states, and for a default beyond
    which the technology is documented to refuse what is certain to come; else, where only a maximum that may
    never be reached is beyond it (pools at their largest, a full batch), a warning. Connections of a store that
    states `connections.max` are LAW022's.

    Why it matters: defaults are made for a first try. The one that was never raised is found by the first peak.

    At 3 AM: "too many clients", "message too large", "database space exceeded": errors that no deploy explains,
    because growth caused them. Raise the setting if it takes no restart; else reduce what asks.

    How to fix: raise the setting in the configuration, with the memory and disk that it takes, and state it in the
    manifest; or ask the provider to raise the quota, which takes days.

    When it is wrong: the setting was raised long ago and the manifest does not say so. State it.

    Sources: the documents that `archlint explain TECHNOLOGY` names for each limit; for the example: "etcd
    documentation: System limits", 2026, https://etcd.io/docs/v3.7/dev-guide/limit/.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          config: {technology: etcd@3.5, nodes: 3, size: 3GiB}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          config: {technology: etcd@3.5, nodes: 3, size: 3GiB, settings: {quota-backend-bytes: 6GiB}}
    """
    yield from _findings(component, analyses, "quota")


@check("LIM003", "near-limit", severity=WARNING, applies=_names_a_technology)
def near_limit(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """The system is close to a limit: above 80% of it.

    What it finds: a figure of the manifest above 80% of a hard limit, a quota or a default setting, and not beyond
    it. Raised values count as in LIM002. Silent for what cannot grow, such as the length of a name.

    Why it matters: the last fifth is gone sooner than a raise, a migration or a new shard is ready, and the
    peak of the year comes in between.

    At 3 AM: nothing yet. This is the finding that spares the night.

    How to fix: raise the setting now, or plan the change that lowers the figure, and alert at 80%.

    When it is wrong: the figure does not grow and has no peaks.

    Sources: the documents that `archlint explain TECHNOLOGY` names for each limit; for the margin: B. Beyer, C.
    Jones, J. Petoff, N. R. Murphy (eds.), Site Reliability Engineering, 2016, chapter 18, "Software Engineering in
    SRE" (capacity planning), https://sre.google/sre-book/software-engineering-in-sre/.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          config: {technology: etcd@3.5, nodes: 3, size: 1.8GiB}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          config: {technology: etcd@3.5, nodes: 3, size: 600MiB}
    """
    yield from _findings(component, analyses, "near")


@check("LIM004", "beyond-recommended", severity=WARNING, applies=_names_a_technology)
def beyond_recommended(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """The system goes beyond what is advised for a technology, or beyond all that was ever tested.

    What it finds: a figure of the manifest beyond a limit that the technology's makers recommend, or beyond the
    largest published test. Where the limit depends on a mode or version that the manifest does not state, only a
    figure beyond all of them fires.

    Why it matters: nothing refuses the next one. The cost shows later, and all at once: in a failover, a restart, a
    rebalance, an election.

    At 3 AM: a routine restart takes an hour instead of a minute, or a failover does not end.

    How to fix: come back below the figure (more nodes, fewer partitions, another shard), or measure failover and
    recovery at your own size.

    When it is wrong: you have tested recovery at this size, on this version and hardware. Waive it with the
    date of the test.

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
            nodes: 8
            topics: {orders: {partitions: 9600, replication_factor: 3}}
    """
    yield from _findings(component, analyses, "beyond")


def _findings(component: Component, analyses: Analyses, level: Level) -> Iterator[Finding]:
    judged = analyses.measures.judge(component)
    if judged is None or level not in judged.levels:
        raise NotApplicable
    for breach in judged.breaches:
        if breach.level == level:
            yield _finding(breach)
    if judged.unknown[level]:
        raise Unknown(*judged.unknown[level])


def _finding(breach: Breach) -> Finding:
    measured, limit = breach.measured, breach.bound.limit
    at_most_so = "at least " if measured.missing else ""
    figure = at_most_so + _figure(breach, measured.value)
    return Finding(
        at=measured.at,
        field=_field(breach),
        severity=_severity(breach),
        message=f"{measured.says.replace('{}', figure)}; {_limit_in_words(breach)} ({_source(breach.bound)})",
        exposure=breach.exposure if math.isfinite(breach.exposure) else None,
        evidence=tuple(_evidence(breach)),
        formula=measured.formula,
        clears=tuple(_clears(breach)),
        remedy=_remedy(breach),
        key=limit.name,
    )


def _severity(breach: Breach) -> Severity:
    """An error only where the breach is certain, and the figure of the limit too."""
    bound, limit = breach.bound, breach.bound.limit
    if not limit.can_err or not bound.certain or not breach.measured.certain:
        return WARNING
    if breach.level == "hard":
        return ERROR
    refused = limit.error is not None and limit.confidence == "high"
    return ERROR if breach.level == "quota" and (limit.kind == "quota" or bound.said or refused) else WARNING


def _unit(breach: Breach) -> str:
    """Of the measure and the limit: canonical, or the noun that the limit counts."""
    measure = breach.bound.limit.bounds
    dimension = "count" if measure is None else measure.dimension
    return _UNITS.get(dimension, breach.bound.limit.unit)


def _figure(breach: Breach, value: float) -> str:
    unit = _unit(breach)
    return show(value, _SINGULAR.get(unit, unit.removesuffix("s")) if value == 1 and unit not in _SHORT else unit)


def _limit_in_words(breach: Breach) -> str:
    bound, limit = breach.bound, breach.bound.limit
    name, figure = _technology(breach), _figure(breach, bound.amount)
    if limit.direction == "min":
        return f"{name} is recommended to have at least {figure}"
    if breach.level == "beyond":
        return f"{name} " + ("was tested up to " if limit.kind == "tested" else "is recommended for at most ") + figure
    near = f"that is {breach.exposure:.0%} of the limit: " if breach.level == "near" else ""
    if bound.said:
        return f"{near}`{bound.said}` allows {figure}"
    if limit.kind == "quota":
        return f"{near}the quota of {name} is {figure}"
    return f"{near}{name} takes {figure} {'at most' if limit.kind == 'hard' else 'by default'}"


def _technology(breach: Breach) -> str:
    mode = breach.bound.limit.condition.mode
    return breach.subject.technology.name + (f" in {mode} mode" if mode else "")


def _source(bound: Bound) -> str:
    return f"{bound.limit.name}; {bound.limit.source.title}, {bound.limit.source.year}"


def _field(breach: Breach) -> str:
    """What the first remedy changes; where that is the limit itself, the field that sets it."""
    if breach.measured.field is not None:
        return breach.measured.field
    return _setting_field(breach)


def _setting_field(breach: Breach) -> str:
    """The field that states the limit's value: as the manifest does, else as it could. No dotted keys in routes."""
    bound, limit = breach.bound, breach.bound.limit
    said = bound.said
    if not said:
        unstated = f"settings.{limit.key}" if limit.key else ""
        said = breach.subject.fields.get(limit.key or "", unstated)
    return said if said and said.count(".") <= 1 else f"limits.{limit.id}"


def _evidence(breach: Breach) -> Iterator[Evidence]:
    limit, unit = breach.bound.limit, _unit(breach)
    for term in breach.measured.terms:
        yield Evidence(term.name, term.value, term.unit)
    measure = limit.bounds.name.replace("_", " ") if limit.bounds is not None else "measured"
    yield Evidence(measure, breach.measured.value, unit)
    yield Evidence("limit", breach.bound.amount, unit)
    yield Evidence("what breaks", limit.breaks)
    if limit.error is not None:
        yield Evidence("what users see", limit.error)
    if limit.source.url is not None:
        yield Evidence("source", limit.source.url)


def _remedy(breach: Breach) -> str:
    """What to do, and how to say that it was done."""
    bound, limit = breach.bound, breach.bound.limit
    if breach.level == "beyond" or limit.kind == "hard":
        move = "at least" if limit.direction == "min" else "at most"
        return f"Bring it to {move} {_figure(breach, bound.amount)}. Beyond the limit {limit.breaks}."
    what = f"`{limit.key}`" if limit.key else "the quota"
    advised = ""
    if breach.advised is not None:
        advised = (
            f" Raising it is no way out: at most {_figure(breach, breach.advised.amount)} is recommended"
            f" ({_source(breach.advised)})."
        )
    state = "" if bound.said else f" If it is raised already, state it: {_statement(breach)}."
    return f"Ask for less, or raise {what}.{state}{advised} Beyond the limit {limit.breaks}."


def _statement(breach: Breach) -> str:
    """How the manifest would say that the limit is raised."""
    limit = breach.bound.limit
    own = breach.subject.fields.get(limit.key or "")
    if own is not None:
        return f"`{own}`"
    return f"`settings: {{{limit.key}: ...}}`" if limit.key else f"`limits: {{{limit.id}: ...}}`"


def _clears(breach: Breach) -> Iterator[Clear]:
    """The field of the measure on its own, where the measure follows from it; then the limit's own setting."""
    measured, bound = breach.measured, breach.bound
    share = breach.share
    knob = measured.knob
    if knob is not None and not measured.missing and measured.field:
        grows = (bound.limit.direction == "max") != knob.inverse
        value = knob.at(bound.amount * share)
        if value > 0 and math.isfinite(value):
            text = _written(value, knob.unit, down=grows)
            yield Clear(measured.field, value, text, WARNING, at=measured.at)
    if bound.limit.raisable and not bound.said and breach.sole and not measured.missing:
        raised = measured.value / share
        keeper = breach.subject.component
        at = keeper.broker if isinstance(keeper, Topic) else keeper
        yield Clear(f"limits.{bound.limit.id}", raised, _written(raised, _raised_unit(breach), down=False), WARNING, at)


def _raised_unit(breach: Breach) -> str:
    unit = _unit(breach)
    return unit if unit in _SHORT else ""


def _written(value: float, unit: str, *, down: bool) -> str:
    if unit != "B":
        return (at_most(value, unit) if down else at_least(value, unit)).text
    name, size = next(((name, size) for name, size in _SIZES if value >= size), _SIZES[-1])
    digits = max(0, 2 - int(math.log10(value / size)))
    steps = value / size * 10**digits
    whole = math.floor(steps + 1e-6) if down else math.ceil(steps - 1e-6)
    return f"{whole / 10**digits:g}{name}"


_SIZES = (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10), ("B", 1))
