"""Circuit breakers: where one is missing, and where one is there that never opens."""

from __future__ import annotations

import math

from archlint.analysis.amplification import is_hard
from archlint.analysis.analyses import Analyses
from archlint.analysis.breakers import calls_a_breaker, is_stated, largest_single_cause
from archlint.analysis.latency import time_held
from archlint.analysis.retries import follows_request, try_limit
from archlint.analysis.thresholds import at_least, at_most, exceeds
from archlint.plugin import (
    WARNING,
    Call,
    Clear,
    Evidence,
    External,
    Finding,
    Iterator,
    Known,
    NotApplicable,
    Service,
    Unknown,
    check,
    need,
    show,
    stated,
)

SHORT = 1.0
"""A time limit of a try, in seconds, after which nobody still waits who would have waited for a page."""


def _could_use_a_breaker(call: Call) -> bool:
    return isinstance(call.caller, Service) and follows_request(call) and not is_stated(call.spec.circuit_breaker)


@check("PRM090", "no-circuit-breaker", severity=WARNING, applies=_could_use_a_breaker)
def no_circuit_breaker(call: Call, analyses: Analyses) -> Iterator[Finding]:
    """Nothing stops the calls to a dependency that fails.

    What it finds: calls without a circuit breaker, only where that matters: to an external service that requests
    cannot do without, or where the requests that wait for a slow target hold all slots of the caller (LAW024 then
    says so in place of this check). Silent with a bulkhead and a timeout of a second or less, with outlier ejection
    or an adaptive limit, and for work that waits in a queue.

    Why it matters: without a breaker each request finds out by itself that a provider is down, and waits its whole
    timeout for it. The provider in turn gets the full load, and the retries, at the moment it tries to come back.

    At 3 AM: the provider has an incident and you have one too. Switch the call off by a flag, or set its timeout to
    milliseconds; raise it again when the provider is back.

    How to fix: a breaker for each dependency that opens at half of the calls failing, tries one call after some
    seconds, and has a fallback where there is one.

    When it is wrong: the client library of the provider has a breaker: state it.

    Sources: M. Nygard, "Release It!", 2nd edition, chapter 5, Pragmatic Bookshelf, 2018; M. Fowler, "CircuitBreaker",
    2014, https://martinfowler.com/bliki/CircuitBreaker.html

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            tier: critical
            calls: [{to: cards, access: write, timeout: 2s, circuit_breaker: none}]
        externals:
          cards: {provider: example}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            tier: critical
            calls:
              - {to: cards, access: write, timeout: 2s, circuit_breaker: {error_rate: 50%, window: 10s, min_calls: 20}}
        externals:
          cards: {provider: example}
    """
    spec = call.spec
    if isinstance(call.caller, Service) and analyses.load.only_consumes(call.caller):
        raise NotApplicable
    if is_stated(spec.outlier_ejection) or is_stated(spec.adaptive_concurrency) or _is_cut_short(call):
        return
    outside = any(isinstance(target, External) for target in call.targets) and is_hard(call)
    if not outside and not _holds_all_slots(call, analyses):
        return
    yield Finding(
        at=call,
        field="circuit_breaker",
        message=f"{call.label}: nothing stops the calls while the target fails, and each request waits for it",
        unstated="" if spec.circuit_breaker else "circuit_breaker",
        remedy="Add a breaker that opens when half of the calls fail, with a fallback where there is one.",
    )


def _is_cut_short(call: Call) -> bool:
    limit = try_limit(call)
    return is_stated(call.spec.bulkhead) and isinstance(limit, Known) and limit.value <= SHORT


def _holds_all_slots(call: Call, analyses: Analyses) -> bool:
    """LAW024's arithmetic, where its figures are known."""
    if is_stated(call.spec.bulkhead) or call.spec.deadline == "propagated":
        return False
    held, rate = time_held(call, analyses.retries), analyses.load.of_call(call)
    slots, count = stated(call.caller.spec, "capacity.concurrency"), analyses.capacity.most_at_peak(call.caller)
    if isinstance(held, Unknown) or isinstance(rate, Unknown) or isinstance(count, Unknown) or slots is None:
        return False
    if held.value == math.inf or stated(call.spec, "pool.size") is not None:
        return False
    return exceeds(rate.value / max(1.0, call.spec.per_request) * held.value, slots * count.value)


def _has_a_breaker(call: Call) -> bool:
    return isinstance(call.caller, Service) and is_stated(call.spec.circuit_breaker)


@check("PRM093", "breaker-cannot-trip", severity=WARNING, states=("circuit_breaker",), applies=_has_a_breaker)
def breaker_cannot_trip(call: Call, analyses: Analyses) -> Iterator[Finding]:
    """A circuit breaker is there and never opens.

    What it finds: fewer calls in the breaker's window than `min_calls`, at peak and with all retries: each instance
    of the caller counts for itself, and with `per: instance` for each instance of the target. And a breaker over a
    store in shards whose fullest shard has a smaller share of the calls than `error_rate`: losing a shard does not
    open it.

    Why it matters: a breaker that never opens is found in the incident that it was built for. Both causes grow with
    success: more instances share the calls, more shards share the failures.

    At 3 AM: the dependency fails, the dashboards show all breakers closed, and requests wait. Lower its `min_calls`
    by configuration, or switch the call off by hand.

    How to fix: a lower `min_calls` or a longer window; a breaker for each shard (`per: partition`). Open it once in a
    test and state that date as `proven`.

    When it is wrong: a mesh or a shared store counts for all instances together.

    Sources: M. Brooker, "Will circuit breakers solve my problems?", 2022,
    https://brooker.co.za/blog/2022/02/16/circuit-breakers.html; resilience4j documentation, "CircuitBreaker"
    (minimumNumberOfCalls), https://resilience4j.readme.io/docs/circuitbreaker

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            replicas: 24
            load: {peak: 60/s}
            calls:
              - {to: cards, access: write, timeout: 2s, circuit_breaker: {error_rate: 50%, window: 10s, min_calls: 50}}
        externals:
          cards: {provider: example}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            replicas: 24
            load: {peak: 60/s}
            calls:
              - {to: cards, access: write, timeout: 2s, circuit_breaker: {error_rate: 50%, window: 10s, min_calls: 20}}
        externals:
          cards: {provider: example}
    """
    yield from _below_a_shard(call)
    breaker = call.spec.circuit_breaker
    least = need(call, "circuit_breaker.min_calls")
    if not least:
        return
    rate, window = need(call, calls_a_breaker(call, analyses.capacity), "circuit_breaker.window")
    seen = rate * window
    if not exceeds(least, seen):
        return
    fewer = at_most(seen)
    longer = at_least(least / rate, "s") if rate else None
    yield Finding(
        at=call,
        field="circuit_breaker.min_calls",
        message=(
            f"the breaker of {call.label} sees {show(seen, 'calls')} in its window of {show(window, 's')} at peak "
            f"({show(rate, '/s')} of an instance) and opens from {show(least, 'calls')} on: it never does"
        ),
        exposure=least / seen if seen else None,
        evidence=(
            Evidence("calls of an instance", rate, "/s"),
            Evidence("window", window, "s"),
            Evidence("calls in the window", seen),
            Evidence("least calls", least),
        ),
        formula="calls in the window = calls of an instance, retries included, x window",
        clears=(
            Clear("circuit_breaker.min_calls", fewer.value, fewer.text, WARNING),
            *((Clear("circuit_breaker.window", longer.value, longer.text, WARNING),) if longer is not None else ()),
        ),
        remedy="Lower `min_calls` or make the window longer, and open it once in a test.",
        key="calls" if breaker.per is None else str(breaker.per),
    )


def _below_a_shard(call: Call) -> Iterator[Finding]:
    """A breaker over all shards that one of them does not open."""
    breaker, target = call.spec.circuit_breaker, call.target
    if target is None or breaker.error_rate is None or breaker.per not in (None, "dependency"):
        return
    share = largest_single_cause(target)
    if share == 1 or not exceeds(breaker.error_rate, share):
        return
    yield Finding(
        at=call,
        field="circuit_breaker.per",
        message=(
            f"the breaker of {call.label} opens at {show(breaker.error_rate, 'fraction')} of failures, the loss of the "
            f"fullest shard fails {show(share, 'fraction')} of the calls"
        ),
        exposure=breaker.error_rate / share,
        evidence=(
            Evidence("error rate that opens it", breaker.error_rate, "fraction"),
            Evidence("calls to the fullest shard", share, "fraction"),
        ),
        formula="share of failures of one lost shard = max(1 / shards, hottest)",
        clears=(Clear("circuit_breaker.per", "partition", "partition", WARNING),),
        remedy="Give each shard a breaker of its own: `per: partition`.",
        key="shard",
    )
