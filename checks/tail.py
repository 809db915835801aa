"""Fan-out: a request that waits for many answers waits for the slowest of them."""

from __future__ import annotations

import math

from archlint.analysis.amplification import is_hard
from archlint.analysis.analyses import Analyses
from archlint.analysis.breakers import is_stated
from archlint.analysis.objectives import LatencyLimit
from archlint.analysis.retries import follows_request
from archlint.analysis.tail import NAMES, Part, field_of, leaf_quantile, leaves, section_of, share_quantile, slow_share
from archlint.analysis.thresholds import at_least, exceeds
from archlint.plugin import (
    ERROR,
    INFO,
    WARNING,
    Call,
    Clear,
    Evidence,
    Finding,
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


def _fans_out(call: Call) -> bool:
    return call.spec.per_request > 1 and isinstance(call.caller, Service) and follows_request(call) and leaves(call) > 1


@check("LAW060", "fan-out-tail", severity=ERROR, applies=_fans_out, subsumes=("LAW061", "LAW063"))
def fan_out_tail(call: Call, analyses: Analyses) -> Iterator[Finding]:
    """A request that waits for many answers is as slow as the slowest of them, and that is over the objective.

    What it finds: calls made several times for a request (`per_request`), whose target's latency at the quantile
    q^(1/n) is over the objective at q: with 100 leaves, a p99 of the request is a p99.99 of a leaf. Where only a
    share of requests makes the calls, q is 1 - (1-q)/share among those. An error where the slowest leaf alone is over
    the objective, a warning where it is over what the means of the other calls leave of it. Silent with a hedge or
    with partial results, and no leaf takes longer than it is waited for.

    Why it matters: 1% of slow answers are nothing for one call. Of requests with 100 of them, 63% meet a slow one.
    The p99 of the request is not the largest p99 of its parts: that is only the lower end of it.

    At 3 AM: every shard is healthy by its own p99, and the page that asks all of them is slow for most users. Find
    the slowest shards by their p99.9, and answer without them.

    How to fix: send a second request for the few that are late (`hedge`), answer with what has come
    (`partial_results`), ask fewer leaves, or make the leaf's tail shorter.

    When it is wrong: leaves are slow together and not by themselves; then the tail of a request is that of one leaf.

    Sources: J. Dean and L. A. Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013,
    https://cacm.acm.org/research/the-tail-at-scale/

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          search:
            slo: {latency_p99: 200ms}
            calls: [{to: shard, access: read, per_request: 100, parallel: 100, timeout: 1s}]
          shard: {latency: {p50: 5ms, p99: 40ms, p999: 300ms}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          search:
            slo: {latency_p99: 200ms}
            calls: [{to: shard, access: read, per_request: 10, parallel: 10, timeout: 1s}]
          shard: {latency: {p50: 5ms, p99: 40ms, p999: 150ms}}
    """
    limits = list(analyses.objectives.latency_limits(call))
    if not limits:
        raise NotApplicable
    if is_stated(call.spec.hedge) or call.spec.partial_results is True:
        return
    latency, missing = analyses.latencies.seen_by_caller(call), []
    for limit in limits:
        part = Part(latency, limit.share, leaves(call), max(1, call.spec.parallel))
        slowest, room = part.least(limit.q), limit.seconds - _means_of_others(call)
        leaf = leaf_quantile(share_quantile(limit.q, limit.share), part.count)
        if exceeds(slowest, max(0.0, room)):
            yield _slow_leaf(call, limit, part, leaf, slowest, room)
            return
        waves = math.ceil(part.count / part.parallel)
        if waves * latency.most(leaf) > room:
            beyond = leaf > max(NAMES.values())
            missing.append("partial_results" if beyond else f"{section_of(call.target)}.*.{field_of(leaf)}")
    if missing:
        raise Unknown(*missing)


def _slow_leaf(call: Call, limit: LatencyLimit, part: Part, leaf: float, slowest: float, room: float) -> Finding:
    alone = exceeds(slowest, limit.seconds)
    left = limit.seconds if alone else room
    met = limit.share * slow_share(part.latency.exceeding(left), part.count)
    return Finding(
        at=call,
        field="hedge",
        severity=ERROR if alone else WARNING,
        message=(
            f"{call.label}: the slowest of {part.count} answers takes {show(slowest, 's')} or more at the request's "
            f"{limit.name} (a leaf's p{100 * leaf:.6g}); the objective "
            f"{'is' if alone else 'leaves'} {show(max(0.0, left), 's')}"
        ),
        exposure=slowest / left if left > 0 else None,
        evidence=(
            Evidence("objective", limit.seconds, "s"),
            Evidence("left for the leaves", max(0.0, left), "s"),
            Evidence("leaves", part.count),
            Evidence("quantile of a leaf", leaf),
            Evidence("latency of a leaf there, at least", slowest, "s"),
            Evidence("requests that meet a leaf over it", met, "fraction"),
        ),
        formula="quantile of a leaf = q ^ (1 / leaves); requests that meet a slow leaf = 1 - (1 - p) ^ leaves",
        clears=_looser(limit, slowest + limit.seconds - left, ERROR if alone else WARNING),
        remedy="Send a second request for the answers that are late, or answer with those that have come.",
        related=(Related(limit.at, "the objective", limit.field),),
        concerns=(call, limit.at),
    )


def _means_of_others(call: Call) -> float:
    """What the other required calls of a request take on average, as far as it is known: means add."""
    total = 0.0
    for other in call.caller.calls:
        side_by_side = call.spec.stage is not None and other.spec.stage == call.spec.stage
        elsewhere = bool(other.operation or other.spec.only_in) and other.operation != call.operation
        if other is call or side_by_side or elsewhere or not is_hard(other) or other.target is None:
            continue
        waves = math.ceil(other.spec.per_request / max(1, other.spec.parallel))
        total += float(other.spec.share) * waves * float(stated(other.target.spec, "latency.mean") or 0.0)
    return total


def _looser(limit: LatencyLimit, seconds: float, severity: Severity) -> tuple[Clear, ...]:
    """The objective that would hold, where it is stated at its own element."""
    if stated(limit.at.spec, limit.field) is None:
        return ()
    value = at_least(seconds, "s")
    return (Clear(limit.field, value.value, value.text, severity, at=limit.at),)


@check("LAW062", "fan-out-without-partial-results", severity=INFO, applies=_fans_out, default=False)
def fan_out_without_partial_results(call: Call, analyses: Analyses) -> Iterator[Finding]:
    """A request asks many and fails, or waits, with any one of them.

    What it finds: calls made several at once for a request (`per_request` and `parallel` of two or more) that do not
    state `partial_results: true`. Silent with a hedge or a fallback, for calls that may fail and for writes.

    Why it matters: with n leaves a request is as slow as the slowest and fails as often as any: n times as often.

    At 3 AM: one shard is down and all searches fail, where a search without its results would have done.

    How to fix: answer with what has come after a time, and say that something is missing: `partial_results: true`.

    When it is wrong: an answer with a part missing is wrong, as a balance is.

    Sources: J. Dean and L. A. Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013 ("good enough").

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          search:
            calls: [{to: shard, access: read, per_request: 20, parallel: 20, partial_results: false}]
          shard: {}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          search:
            calls: [{to: shard, access: read, per_request: 20, parallel: 20, partial_results: true}]
          shard: {}
    """
    spec = call.spec
    if spec.parallel < 2 or spec.access == "write":
        raise NotApplicable
    if spec.partial_results is True or is_stated(spec.hedge) or not is_hard(call):
        return
    yield Finding(
        at=call,
        field="partial_results",
        message=f"{call.label}: a request needs all of {show(leaves(call), 'answers')} and fails with any",
        unstated="partial_results" if spec.partial_results is None else "",
        remedy="Answer with what has come after a time, and say that something is missing.",
    )
