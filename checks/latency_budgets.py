"""Latency budgets: what is promised of a request, and what the calls on its way take."""

from __future__ import annotations

import math

from archlint.analysis.analyses import Analyses
from archlint.analysis.breakers import is_stated
from archlint.analysis.objectives import LatencyLimit, limits_of
from archlint.analysis.promises import Promises
from archlint.analysis.retries import follows_request
from archlint.analysis.tail import Part, field_of, leaves, section_of, share_quantile
from archlint.analysis.thresholds import at_least, exceeds
from archlint.plugin import (
    ERROR,
    WARNING,
    Call,
    Clear,
    Evidence,
    Finding,
    Flow,
    Iterator,
    NotApplicable,
    Related,
    Service,
    Severity,
    Unknown,
    check,
    show,
    stated,
)


def _calls_one(call: Call) -> bool:
    return isinstance(call.caller, Service) and follows_request(call) and leaves(call) == 1


@check("LAW061", "slo-tighter-than-dependency", severity=ERROR, applies=_calls_one, subsumes=("LAW063",))
def slo_tighter_than_dependency(call: Call, analyses: Analyses) -> Iterator[Finding]:
    """A latency is promised that a dependency of the request does not meet.

    What it finds: a synchronous call, required or not, whose target's latency is over the caller's objective (its
    own, else of the flows that enter it) at the quantile 1 - (1-q)/share, the one that decides among the requests
    that make the call. A quantile that is not stated is bounded by those below it. Silent with a hedge, and for what
    the caller does not wait for: longer than timeout and tries it waits for nothing.

    Why it matters: a promise that one dependency breaks is broken however fast the rest is. An optional call that is
    waited for breaks it as well.

    At 3 AM: the latency objective burns and the service's own work takes milliseconds. Trace one slow request: all of
    it is one call. Cut it off by its timeout, if there is a fallback.

    How to fix: promise what the dependency allows, or take it off the request: make the call `async`, cache its
    answer, or give it a timeout inside the objective with a fallback.

    When it is wrong: the target's quantiles cover other requests than these.

    Sources: J. Dean and L. A. Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013; B. Treynor et al.,
    "The Calculus of Service Availability", ACM Queue 15(2), 2017.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            slo: {latency_p99: 500ms}
            calls: [{to: cards, access: write, timeout: 2s}]
        externals:
          cards: {latency: {p99: 800ms}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            slo: {latency_p99: 1s}
            calls: [{to: cards, access: write, timeout: 2s}]
        externals:
          cards: {latency: {p99: 800ms}}
    """
    limits = list(analyses.objectives.latency_limits(call))
    if not limits:
        raise NotApplicable
    if is_stated(call.spec.hedge):
        return
    latency, missing = analyses.latencies.seen_by_caller(call), []
    for limit in limits:
        part = Part(latency, limit.share)
        among = share_quantile(limit.q, limit.share)
        slowest = part.least(limit.q)
        if exceeds(slowest, limit.seconds):
            yield _tighter(call, limit, among, slowest)
            return
        if among > 0 and latency.most(among) > limit.seconds:
            missing.append(f"{section_of(call.target)}.*.{field_of(among)}")
    if missing:
        raise Unknown(*missing)


def _tighter(call: Call, limit: LatencyLimit, among: float, slowest: float) -> Finding:
    return Finding(
        at=limit.at,
        field=limit.field,
        message=(
            f"{limit.at.name} promises a {limit.name} of {show(limit.seconds, 's')}, {call.label} alone takes "
            f"{show(slowest, 's')} or more there (its p{100 * among:.4g})"
        ),
        exposure=slowest / limit.seconds if limit.seconds else None,
        evidence=(
            Evidence("objective", limit.seconds, "s"),
            Evidence("requests that make the call", limit.share, "fraction"),
            Evidence("quantile of the call", among),
            Evidence("latency of the call there, at least", slowest, "s"),
        ),
        formula="quantile of the call = 1 - (1 - q) / share",
        clears=_looser(limit, slowest, ERROR),
        remedy="Promise what the dependency allows, or take the call off the request: async, cached, or cut off early.",
        related=(Related(call, "the call that takes longer", "timeout"),),
        concerns=(call, limit.at),
        key=call.name,
    )


def _looser(limit: LatencyLimit, seconds: float, severity: Severity) -> tuple[Clear, ...]:
    """The objective that would hold, where it is stated at its own element."""
    if stated(limit.at.spec, limit.field) is None:
        return ()
    value = at_least(seconds, "s")
    return (Clear(limit.field, value.value, value.text, severity, at=limit.at),)


def _promises_a_latency(flow: Flow) -> bool:
    return flow.entry is not None and any(limits_of(flow, Promises.objective(flow), 1.0))


@check("LAW063", "flow-latency-over-budget", severity=ERROR, applies=_promises_a_latency)
def flow_latency_over_budget(flow: Flow, analyses: Analyses) -> Iterator[Finding]:
    """The calls of a flow take longer than it promises.

    What it finds: the critical path of a flow, stage by stage and through components that state no latency, against
    each latency that the flow promises. An error where the entry's own latency, or the largest part alone, is over
    it. Percentiles are never added: of the sum only an interval is known. Its upper end takes each of the k parts at
    the quantile 1 - (1-q)/k, which holds whatever depends on what; over the budget it is a warning. Where the entry
    states a latency inside the budget, that is believed: it holds everything that the entry waits for.

    Why it matters: a budget is spent by calls in a row. Every team is inside its own objective, and the journey is not.

    At 3 AM: the page is slow and every service on it is green. Trace it: the sum is what nobody owns.

    How to fix: run calls side by side (equal `stage`), take one off the request, make the largest part faster, or
    promise what the interval allows.

    When it is wrong: as a warning, where parts are slow at different times: the sum is mostly well below the upper end.

    Sources: J. Dean and L. A. Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013; G. Boole's
    inequality, in W. Feller, "An Introduction to Probability Theory and Its Applications", volume 1, chapter IV,
    1968.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          web:
            calls:
              - {to: stock, access: read, timeout: 1s}
              - {to: prices, access: read, timeout: 1s}
          stock: {latency: {p99: 90ms, p999: 180ms}}
          prices: {latency: {p99: 70ms, p999: 150ms}}
        flows:
          browse: {entry: web, slo: {latency_p99: 300ms}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          web:
            latency: {p99: 190ms}
            calls:
              - {to: stock, access: read, timeout: 1s}
              - {to: prices, access: read, timeout: 1s}
          stock: {latency: {p99: 90ms, p999: 180ms}}
          prices: {latency: {p99: 70ms, p999: 150ms}}
        flows:
          browse: {entry: web, slo: {latency_p99: 300ms}}
    """
    path, entry = analyses.latencies.path(flow), analyses.latencies.at_entry(flow)
    if path is None:
        raise NotApplicable
    missing = []
    for limit in limits_of(flow, Promises.objective(flow), 1.0):
        bounds, own = path.bounds(limit.q), entry.least(limit.q)
        if exceeds(max(own, bounds.low), limit.seconds):
            step = path.slowest(limit.q) if bounds.low > own else None
            slowest = None if step is None else step.call
            yield _over_budget(flow, limit, max(own, bounds.low), entry.most(limit.q), slowest)
            return
        if not exceeds(entry.most(limit.q), limit.seconds):
            continue
        if exceeds(bounds.high, limit.seconds) and bounds.high < math.inf:
            yield _may_be_over(flow, limit, max(own, bounds.low), bounds.high, 1 - bounds.tail, path.leaves)
            return
        missing.append(f"services.*.{field_of(limit.q)}")
    if missing:
        raise Unknown(*missing)


def _over_budget(flow: Flow, limit: LatencyLimit, low: float, high: float, slowest: Call | None) -> Finding:
    entry = flow.entry.label if flow.entry is not None else flow.name
    part = f"{entry} by itself" if slowest is None else f"{slowest.label} alone"
    return Finding(
        at=flow,
        field=limit.field,
        message=(
            f"{flow.name} promises a {limit.name} of {show(limit.seconds, 's')}, {part} takes {show(low, 's')} or more"
        ),
        exposure=low / limit.seconds if limit.seconds else None,
        evidence=(
            Evidence("budget", limit.seconds, "s"),
            Evidence("largest part, at least", low, "s"),
            Evidence("at most", high if high < math.inf else "not known", "s"),
        ),
        formula="latency of the flow >= largest part alone",
        clears=_looser(limit, low, ERROR),
        remedy="Make this part faster, take it off the request, or promise what it allows.",
        related=(Related(slowest, "the largest part", "timeout"),) if slowest is not None else (),
    )


def _may_be_over(flow: Flow, limit: LatencyLimit, low: float, high: float, q: float, parts: int) -> Finding:
    return Finding(
        at=flow,
        field=limit.field,
        severity=WARNING,
        message=(
            f"{flow.name} promises a {limit.name} of {show(limit.seconds, 's')}, its {parts} calls take between "
            f"{show(low, 's')} (the largest alone) and {show(high, 's')} (each at its p{100 * q:.4g})"
        ),
        exposure=high / limit.seconds if limit.seconds else None,
        evidence=(
            Evidence("budget", limit.seconds, "s"),
            Evidence("calls", parts),
            Evidence("quantile of each", q),
            Evidence("at least", low, "s"),
            Evidence("at most", high, "s"),
        ),
        formula="at least: largest part at q; at most: sum of the parts at 1 - (1 - q) / calls",
        clears=_looser(limit, high, WARNING),
        remedy="Run calls side by side, take one off the request, or state the latency that was measured at the entry.",
    )
