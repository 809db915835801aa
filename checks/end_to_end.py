"""The end-to-end principle: what a flow can provide is the product of what all its parts provide."""

from __future__ import annotations

import math

from archlint.analysis.analyses import Analyses
from archlint.analysis.availability import TIGHT, Contribution, FlowAvailability
from archlint.analysis.blocks import Interval
from archlint.analysis.budget_owners import Held, over
from archlint.analysis.depth import longest_chain
from archlint.analysis.downtime import YEAR, Budget
from archlint.analysis.thresholds import exceeds
from archlint.plugin import (
    ERROR,
    INFO,
    WARNING,
    Call,
    Clear,
    Component,
    Element,
    Evidence,
    External,
    Finding,
    Flow,
    Iterator,
    NotApplicable,
    Options,
    Related,
    Severity,
    Unknown,
    check,
    show,
    stated,
)
from archlint.records import dataclass

OWNED = 0.5
"""The part of an error budget from which a single dependency is said to own it: no other two can have as much."""

NAMED = 3
"""Contributors that evidence names."""


def has_entry(flow: Flow) -> bool:
    """Whether it is known where the flow's requests enter."""
    return flow.entry is not None


@check("LAW100", "availability-below-slo", severity=ERROR, applies=has_entry)
def availability_below_slo(flow: Flow, analyses: Analyses) -> Iterator[Finding]:
    """A flow promises more than all its parts together can provide.

    What it finds: the availability of a flow, computed over the copies of each component, the failure domains that
    they share, the calls that a request cannot do without, fallbacks, and the downtime that changes cause; parts
    that several paths share count once. What was measured comes before what a contract promises (`sla`, else the SLA
    of a managed technology), and that before what is usual for the kind. Below the objective by usual figures it is a
    warning; an error only if even the favourable end of each figure leaves it below: there a contract counts as kept
    in full, and what is not known as perfect. Where a dependency, the changes or single failures explain the shortfall
    alone or together, the findings about them (LAW102, LAW104, LAW120, LAW121, LAW124) stand for this one.

    Why it matters: each required part has failures of its own, and they add up. Five parts of 99.9% make 99.5%:
    five times the downtime that any of them has.

    At 3 AM: there is no single culprit. Every incident is short and well handled, and the budget of the quarter is
    gone after a month. Look at what costs most, not at what failed last.

    How to fix: begin with the largest contributor. Give its callers a fallback, make the call optional or
    asynchronous, spread its copies; roll changes out in steps that are watched. Or promise what can be kept.

    When it is wrong: parts fail together for reasons that the manifest does not state (then fewer failures are
    seen, and longer ones), or the usual figures are too bad for your hosts: state `measured.availability`.

    Sources: Treynor, Dahlin, Rau and Beyer, "The Calculus of Service Availability", ACM Queue 15(2), 2017; Amazon
    Web Services, "Well-Architected Framework, Reliability Pillar", availability with hard dependencies; Fleming,
    "A reliability model for common mode failures in redundant safety systems", General Atomic GA-A13284, 1974.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 3, calls: [{to: payments}, {to: tax}, {to: fraud}]}
        externals:
          payments: {measured: {availability: 99.95%}}
          tax: {measured: {availability: 99.94%}}
          fraud: {measured: {availability: 99.93%}}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 3, calls: [{to: payments}, {to: tax}, {to: fraud, fallback: {use: default}}]}
        externals:
          payments: {measured: {availability: 99.97%}}
          tax: {measured: {availability: 99.95%}}
          fraud: {measured: {availability: 99.93%}}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}
        changes:
          code: {per: 1/day, failure_rate: 2%, restore: 5m, steps: [1%, 10%], bake: 10m}
    """
    found = analyses.availability.of(flow)
    budget = found.budget
    if budget is None:
        raise NotApplicable
    if _surely_kept(found, budget):
        if found.unquantified_changes:
            raise Unknown(*found.unquantified_changes)
        return
    if over(found.at("usual").high, budget):
        if not analyses.budget_owners.single_failures_explain(flow):
            certain = over(found.at("high").high, budget)
            yield _below_slo(found, budget, ERROR if certain else WARNING, analyses)
        return
    lacking = [*found.unquantified_changes, *(found.lacks if over(found.at("doubtful").low, budget) else ())]
    if lacking:
        raise Unknown(*lacking)


def _surely_kept(found: FlowAvailability, budget: Budget) -> bool:
    """Whether the budget is kept with all that the flow may use, which is quickly told."""
    return not exceeds(found.lost_at_most, (1 - TIGHT) * budget.in_year / YEAR)


def _below_slo(found: FlowAvailability, budget: Budget, severity: Severity, analyses: Analyses) -> Finding:
    flow, usual, most = found.flow, found.at("usual"), found.contributions(NAMED)
    lost, expected = 1.0 - usual.high, show(usual.high, "fraction")
    worst = f", most of it {_named(most[0])}" if most else ""
    return Finding(
        at=flow,
        field="slo.availability",
        severity=severity,
        message=(
            f"{flow.name} promises {show(budget.availability, 'fraction')} and can be expected to provide {expected}"
            f"{'' if _is_tight(usual) else ' at best'}: {show(lost * YEAR, 's')} a year down, "
            f"{show(budget.in_year, 's')} allowed{worst}"
        ),
        exposure=lost / (budget.in_year / YEAR) if budget.in_year else math.inf,
        evidence=(*_evidence(found, budget, most), *_sources(most, analyses)),
        formula=(
            "availability = sum over the states of failure domains of their probability x the product of all "
            "that a request needs, fallbacks counted as 1 - the product of what must fail"
        ),
        clears=_clears_of_promise(flow, usual.low),
        remedy=_remedy(most),
        related=tuple(_related(most)),
    )


def _is_tight(interval: Interval) -> bool:
    return interval.high - interval.low <= TIGHT


def _named(one: Contribution) -> str:
    return f"{one.label} ({show(one.downtime, 's')} a year)"


def _evidence(found: FlowAvailability, budget: Budget, most: list[Contribution]) -> Iterator[Evidence]:
    usual = found.at("usual")
    yield Evidence("availability computed", usual.high, "fraction")
    if not _is_tight(usual):
        yield Evidence("at least (bound)", usual.low, "fraction")
    yield Evidence("at the unfavourable end", found.at("low").low, "fraction")
    yield Evidence("at the favourable end", found.at("high").high, "fraction")
    yield Evidence("objective", budget.availability, "fraction")
    yield Evidence("expected downtime a year", (1.0 - usual.high) * YEAR, "s")
    yield Evidence("budget a year", budget.in_year, "s")
    if budget.in_window is not None:
        yield Evidence("budget a window", budget.in_window, "s")
    for one in most:
        yield Evidence(f"{one.label} a year", one.downtime, "s")


def _sources(most: list[Contribution], analyses: Analyses) -> Iterator[Evidence]:
    """Who promises what the manifest does not say."""
    for one in most:
        figure = analyses.availability.parts.figure_of_whole(one.part)
        if figure is not None and figure.source:
            yield Evidence(f"{one.label} rests on", figure.source)


def _clears_of_promise(flow: Flow, availability: float) -> tuple[Clear, ...]:
    """The largest promise that can be kept, where the flow has one of its own."""
    if stated(flow.spec, "slo.availability") is None or not 0.0 < availability < 1.0:
        return ()
    digits = max(1, 1 - math.floor(math.log10(1.0 - availability)) - 2)
    percent = math.floor(availability * 100 * 10**digits) / 10**digits
    return (Clear("slo.availability", percent / 100, f"{percent:.{digits}f}%", WARNING),)


def _remedy(most: list[Contribution]) -> str:
    if not most:
        return "Promise what can be kept."
    return f"Begin with {most[0].label}: let requests do without it, make it redundant, or promise less."


def _related(most: list[Contribution]) -> Iterator[Related]:
    for one in most:
        component = getattr(one.part, "of", None)
        if isinstance(component, Component):
            yield Related(component, f"costs {show(one.downtime, 's')} a year")


@dataclass(frozen=True, slots=True)
class Depth(Options):
    """`most`: calls that may follow one another."""

    most: int = 5


@check("LAW101", "call-depth", severity=INFO, applies=has_entry, options=Depth, default=False)
def call_depth(flow: Flow, analyses: Analyses, options: Depth) -> Iterator[Finding]:
    """Many calls follow one another before a request is answered.

    What it finds: the longest chain of required, synchronous calls below a flow's entry, where it has more calls
    than the option `most` (5 unless configured). Off by default: depth by itself is no failure.

    Why it matters: each hop multiplies the chance of failure and adds its latency, its timeout and its retries to
    those above. With ten hops of 99.99% a promise of 99.9% is gone.

    At 3 AM: the error is seen at the top and made at the bottom, and every team between has to be asked.

    How to fix: call what is needed from the entry, side by side; merge services that only pass requests on; move
    work off the request.

    When it is wrong: the hops are within one process or one host.

    Sources: Saltzer, Reed and Clark, "End-to-end arguments in system design", ACM Transactions on Computer Systems
    2(4), 1984; Treynor and others, "The Calculus of Service Availability", ACM Queue 15(2), 2017.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          a: {calls: [{to: b}]}
          b: {calls: [{to: c}]}
          c: {calls: [{to: d}]}
          d: {calls: [{to: e}]}
          e: {calls: [{to: f}]}
          f: {calls: [{to: g}]}
          g: {replicas: 2}
        flows: {buy: {entry: a}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          a: {calls: [{to: b}, {to: c}, {to: d}, {to: e}, {to: f}, {to: g}]}
          b: {replicas: 2}
          c: {replicas: 2}
          d: {replicas: 2}
          e: {replicas: 2}
          f: {replicas: 2}
          g: {replicas: 2}
        flows: {buy: {entry: a}}
    """
    chain = longest_chain(flow, analyses.single_failures.losses.ways)
    calls = len(chain) - 1
    if calls <= options.most:
        return
    yield Finding(
        at=flow,
        field="entry",
        message=f"{flow.name} waits for {calls} calls in a row: {_written(chain)}",
        exposure=calls / options.most if options.most else math.inf,
        evidence=(Evidence("calls in a row", calls), Evidence("at most", options.most)),
        formula="the product of the availabilities, and the sum of the latencies, of all hops",
        remedy=f"Let {chain[0].label} call what it needs side by side, or move work off the request.",
    )


def _written(chain: tuple[Component, ...]) -> str:
    names = [component.label for component in chain]
    if len(names) > 10:
        names = [*names[:5], "...", *names[-4:]]
    return " -> ".join(names)


def can_be_told(component: Component) -> bool:
    """Whether somebody says of the component as a whole how available it is, or nobody else can."""
    spec = component.spec
    if isinstance(component, External) or getattr(spec, "technology", None) is not None:
        return True
    parts = [part for name in ("measured", "sla", "slo") if (part := getattr(spec, name, None)) is not None]
    return any(stated(part, "availability") is not None for part in parts)


@check("LAW102", "promise-above-dependency", severity=ERROR, applies=can_be_told, subsumes=("LAW100",))
def promise_above_dependency(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """A flow promises more than a dependency that it cannot do without provides.

    What it finds: components with an availability of their own (`measured`, `sla`, the SLA of a managed technology as
    the catalogue knows it, or the `slo` of a service) that leave a flow less than it promises even if all else never
    failed. Only the requests that make the call count.
    Measured it is an error; only promised by contract, or by another team, a warning: a contract says what is paid
    back, not what happens. A dependency that is measured is judged by that alone. One finding a dependency, at the
    call that leads to it; with it LAW100 is silent about flows that would keep their promise otherwise.

    Why it matters: nothing that the caller does well makes up for what it waits for. A flow is at most as available
    as its least available required part.

    At 3 AM: the provider's page is red, all of yours is green, and users see errors. There is nothing to restart.

    How to fix: let requests succeed without it: a fallback, a second provider, a queue for what may happen later.
    Else promise less than it provides: a tenth of the budget for each of several dependencies is a good rule.

    When it is wrong: retries hide most of its failures from callers, and it was measured before them.

    Sources: Treynor, Dahlin, Rau and Beyer, "The Calculus of Service Availability", ACM Queue 15(2), 2017 (the rule
    of the extra nine).

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 3, calls: [{to: bank}]}
        externals:
          bank: {measured: {availability: 99.8%}}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 3, calls: [{to: bank, fallback: {use: queue, to: jobs/payments}}]}
        externals:
          bank: {measured: {availability: 99.8%}}
        brokers:
          jobs: {nodes: 3, topics: {payments: {replication_factor: 3, min_insync_replicas: 2}}}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}
    """
    held = _held_by(component, analyses)
    short = [one for one in held if exceeds(one.exposure, 1.0)]
    if not short:
        return
    explained = tuple(one.flow for one in short if analyses.budget_owners.explains(one.flow))
    yield _of_dependency(
        short,
        severity=ERROR if short[0].basis == "measured" else WARNING,
        claim="less than the {promise} that {flow} promises",
        concerns=explained,
    )


@check("LAW103", "error-budget-owned-by-one", severity=INFO, applies=can_be_told)
def error_budget_owned_by_one(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """One dependency spends more than half of a flow's error budget.

    What it finds: a component whose own availability (`measured`, else `sla`) leaves a flow less than half of its
    error budget for everything else, changes included. Above the whole budget it is LAW102.

    Why it matters: the promise is kept while nothing else goes wrong. What is left for your own releases and
    failures is less than what somebody else spends.

    At 3 AM: a small incident of your own breaks the objective of the month, because most of it was gone already.

    How to fix: a fallback for the calls that wait for it, or another provider beside it.

    When it is wrong: nearly all that the flow does is that dependency, and both are run by one team.

    Sources: Treynor, Dahlin, Rau and Beyer, "The Calculus of Service Availability", ACM Queue 15(2), 2017.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 3, calls: [{to: bank}]}
        externals:
          bank: {measured: {availability: 99.93%}}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 3, calls: [{to: bank}]}
        externals:
          bank: {measured: {availability: 99.99%}}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}
    """
    held = [one for one in _held_by(component, analyses) if one.basis != "promise"]
    if not held:
        raise NotApplicable
    owned = [one for one in held if exceeds(one.exposure, OWNED)]
    if owned and not exceeds(owned[0].exposure, 1.0):
        yield _of_dependency(
            owned, severity=INFO, claim="and so {spends} {part} of the error budget of {flow}", concerns=()
        )


def _held_by(component: Component, analyses: Analyses) -> tuple[Held, ...]:
    """The flows that the component bounds, most first; unknown where one needs it and nothing is known of it."""
    held = analyses.budget_owners.of_dependency(component)
    if not held:
        if analyses.budget_owners.unknown(component):
            raise Unknown("measured.availability")
        raise NotApplicable
    return held


def _of_dependency(found: list[Held], *, severity: Severity, claim: str, concerns: tuple[Flow, ...]) -> Finding:
    worst = found[0]
    name, flow, budget = worst.dependency.label, worst.flow, worst.budget
    lost = (1.0 - worst.ceiling) * YEAR
    words = claim.format(
        promise=show(budget.availability, "fraction"),
        flow=flow.name,
        part=show(worst.exposure, "fraction"),
        spends="spends" if worst.basis == "measured" else "may spend",
    )
    at, field = _place(worst)
    return Finding(
        at=at,
        field=field,
        severity=severity,
        message=f"{name} {_source(worst)} leaves {show(worst.ceiling, 'fraction')} at most, {words}",
        exposure=worst.exposure,
        evidence=(
            Evidence("flow", flow.name),
            Evidence("availability with it", worst.ceiling, "fraction"),
            Evidence("basis", worst.source or worst.basis),
            Evidence("objective", budget.availability, "fraction"),
            Evidence("expected downtime a year", lost, "s"),
            Evidence("budget a year", budget.in_year, "s"),
            *([] if budget.in_window is None else [Evidence("budget a window", budget.in_window, "s")]),
        ),
        formula="exposure = (1 - availability with it) / (1 - objective)",
        remedy=f"Let requests of {flow.name} succeed without {name}, or promise less than it provides.",
        related=tuple(Related(one.flow, "waits for it", "slo.availability") for one in found[:NAMED]),
        concerns=(worst.dependency, *concerns),
    )


def _source(held: Held) -> str:
    spec = held.dependency.spec
    if held.basis == "measured":
        return f"(measured {show(stated(spec, 'measured.availability'), 'fraction')})"
    contract = stated(spec, "sla.availability")
    if contract is not None:
        return f"(by contract {show(contract, 'fraction')})"
    if held.source:
        return f"({held.source})"
    return f"(which promises {show(stated(spec, 'slo.availability'), 'fraction')})"


def _place(held: Held) -> tuple[Element, str]:
    """The first call of the flow that waits for it; else the promise."""
    for edge in held.dependency.incoming:
        if edge.hard and isinstance(edge.item, Call) and edge.kind == "call":
            return edge.item, "fallback"
    return held.flow, "slo.availability"
