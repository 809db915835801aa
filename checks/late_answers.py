"""Answers that come after the timeout: failures that a healthy target and a healthy caller make together."""

from __future__ import annotations

import math
from collections.abc import Iterator

from archlint.analysis.analyses import Analyses
from archlint.analysis.breakers import is_stated
from archlint.analysis.latency import tries_of_slow
from archlint.analysis.objectives import flows_making
from archlint.analysis.promises import Promises
from archlint.analysis.retries import follows_request, try_limit
from archlint.analysis.tail import Quantiles, field_of, slow_share
from archlint.analysis.thresholds import at_least, exceeds
from archlint.plugin import (
    WARNING,
    Call,
    Clear,
    Evidence,
    Finding,
    NotApplicable,
    Related,
    Unknown,
    check,
    need,
    show,
    stated,
)
from archlint.records import dataclass


def _can_fail(call: Call) -> bool:
    spec = call.spec
    covered = is_stated(spec.fallback) or is_stated(spec.hedge)
    return follows_request(call) and bool(spec.required) and not covered and spec.timeout != "none"


@check("LAW065", "timeout-cuts-into-slo", severity=WARNING, applies=_can_fail)
def timeout_cuts_into_slo(call: Call, analyses: Analyses) -> Iterator[Finding]:
    """A timeout gives up so many good answers that these failures alone exceed what the objective allows.

    What it finds: the share of the target's answers that take longer than the timeout, by its stated quantiles, to
    the power of the tries, x the share of requests that make the call, over 1 - availability objective: the caller's
    own, or that of the strictest flow whose requests need the caller. Tries count where timeouts are retried, and are
    taken as independent. Silent with a fallback or a hedge, and for calls that may fail.

    Why it matters: the target is healthy by its own figures and so is the caller, and yet users see errors all day:
    each answer that comes a millisecond late is a failure.

    At 3 AM: it is no incident, it is every day: an error rate that does not move, all of it timeouts of one call. In
    an incident, when the target slows down a little, it is a cliff. Raise the timeout if the callers' own limits
    allow.

    How to fix: set the timeout above the quantile that the objective needs (the 99.9th for three nines), make the
    target faster in its tail, or retry once with a budget.

    When it is wrong: the quantiles were measured under another load than the objective covers.

    Sources: J. Dean and L. A. Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013; M. Brooker,
    "Timeouts, retries, and backoff with jitter", Amazon Builders' Library, 2019.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          web:
            slo: {availability: 99.9%}
            calls: [{to: stock, access: read, timeout: 150ms}]
          stock: {latency: {p50: 20ms, p99: 200ms}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          web:
            slo: {availability: 99.9%}
            calls: [{to: stock, access: read, timeout: 150ms}]
          stock: {latency: {p50: 20ms, p99: 90ms, p999: 140ms}}
    """
    promise, target = _promise(call, analyses), call.target
    if promise is None or target is None or promise.share <= 0:
        raise NotApplicable
    latency = analyses.latencies.quantiles(target)
    limit, tries = need(call, try_limit(call), tries_of_slow(call))
    losses = _Losses(promise.share, max(1, round(call.spec.per_request)), tries)
    lost, most = losses.of(latency.exceeding(limit)), losses.of(1 - latency.within(limit))
    if not exceeds(lost, promise.budget):
        if exceeds(most, promise.budget):
            raise Unknown(f"{_section(call)}.*.{field_of(losses.quantile(promise.budget))}")
        return
    yield Finding(
        at=call,
        field="timeout" if stated(call.spec, "retries.per_try_timeout") is None else "retries.per_try_timeout",
        message=(
            f"{call.label} gives up {show(latency.exceeding(limit), 'fraction')} of the answers or more after "
            f"{show(limit, 's')}: {show(lost, 'fraction')} of requests fail, {promise.by} allows "
            f"{show(promise.budget, 'fraction')}"
        ),
        exposure=lost / promise.budget if promise.budget else None,
        evidence=(
            Evidence("timeout", limit, "s"),
            Evidence("answers that come later", latency.exceeding(limit), "fraction"),
            Evidence("tries", tries),
            Evidence("requests that make the call", promise.share, "fraction"),
            Evidence("requests that fail", lost, "fraction"),
            Evidence("allowed by the objective", promise.budget, "fraction"),
        ),
        formula="requests that fail >= answers that come later ^ tries x requests that make the call",
        clears=(_long_enough(call, latency, losses, promise.budget),),
        remedy="Set the timeout above the quantile that the objective needs, or make the target faster in its tail.",
        related=(Related(target, "its latency", "latency"),),
    )


@dataclass(frozen=True, slots=True)
class _Promise:
    """Failures that an objective allows, who promises it, and the share of its requests that make the call."""

    budget: float
    by: str
    share: float


def _promise(call: Call, analyses: Analyses) -> _Promise | None:
    """A call that only some requests make counts for the flow that makes it, and for no other."""
    own = stated(call.caller.spec, "slo.availability")
    if call.operation or call.spec.only_in:
        return _of_flows(call)
    if isinstance(own, float):
        return _Promise(1 - own, f"the objective of {call.caller.label}", min(1.0, call.spec.share))
    found = analyses.objectives.availability(call.caller)
    if found is None:
        return None
    return _Promise(1 - found.value, f"flow {found.flow.name}", found.share * min(1.0, call.spec.share))


def _of_flows(call: Call) -> _Promise | None:
    """The strictest of the flows that enter the caller for one of the operations, or are named themselves."""
    strictest: _Promise | None = None
    for flow in flows_making(call):
        objective = getattr(Promises.objective(flow), "availability", None)
        if objective is None:
            continue
        if strictest is None or 1 - objective < strictest.budget:
            strictest = _Promise(1 - objective, f"flow {flow.name}", min(1.0, call.spec.share))
    return strictest


@dataclass(frozen=True, slots=True)
class _Losses:
    """What becomes of late answers: the share of requests that fail."""

    share: float
    leaves: int
    tries: float

    def of(self, late: float) -> float:
        return self.share * slow_share(math.pow(late, self.tries), self.leaves)

    def quantile(self, budget: float) -> float:
        """The quantile of the target that must lie within the timeout."""
        allowed = min(1.0, budget / self.share / self.leaves)
        return 1 - math.pow(allowed, 1 / self.tries) if self.tries else 1.0


def _long_enough(call: Call, latency: Quantiles, losses: _Losses, budget: float) -> Clear:
    """The slowest stated quantile that must not be given up."""
    needed = max(value for p, value in latency.points if exceeds(losses.of(1 - p), budget))
    limit = at_least(needed, "s")
    field = "timeout" if stated(call.spec, "retries.per_try_timeout") is None else "retries.per_try_timeout"
    return Clear(field, limit.value, limit.text, WARNING)


def _section(call: Call) -> str:
    """The section of the manifest in which the target stands."""
    target = call.target
    return str(target.path[0]) if target is not None else "services"
