"""Time limits that do not fit each other: of a queue and its callers, of a caller and what it calls."""

from __future__ import annotations

import math
from collections.abc import Iterator

from archlint.analysis.amplification import calls_to, ends_given_up_work
from archlint.analysis.analyses import Analyses
from archlint.analysis.instances import rate_of_one
from archlint.analysis.latency import AFTER_A_WHOLE_TRY, time_held
from archlint.analysis.retries import follows_request, is_awaited, is_retried, try_limit
from archlint.analysis.thresholds import at_least, at_most, exceeds
from archlint.plugin import (
    ERROR,
    WARNING,
    Call,
    Caller,
    Clear,
    Evidence,
    Finding,
    Known,
    NotApplicable,
    Related,
    Service,
    Unknown,
    check,
    need,
    show,
    stated,
)


def _is_called(service: Service) -> bool:
    return any(is_awaited(call) for call in calls_to(service))


@check("LAW023", "queue-outlives-deadline", severity=WARNING, needs=("queue",), applies=_is_called)
def queue_outlives_deadline(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """Requests wait in a queue for longer than their callers wait for the answer.

    What it finds: the longest wait, the smaller of `queue.timeout` and `queue.depth` / the rate of an instance, plus
    the service time, over the smallest timeout of the callers. Callers whose deadline is propagated, or whose
    cancellation stops the work, do not count. Silent for a queue that serves the newest first (`order: lifo`). A
    queue that nothing bounds is LAW132's.

    Why it matters: what is served last has been given up already. Once the queue is full, everything that is served
    has been given up: the service works at full rate and answers nobody, and the callers' retries keep the queue
    full.

    At 3 AM: throughput is normal, the processor is busy, and every caller sees timeouts. Empty the queue (a restart
    does) and let in less; it comes back at once when the queue is short.

    How to fix: bound the queue at (timeout - service time) x rate of an instance, or its `timeout` below the
    callers'; propagate deadlines, or serve the newest first.

    When it is wrong: the caller with the short timeout rarely calls while the queue is long.

    Sources: D. Yanacek, "Avoiding insurmountable queue backlogs", Amazon Builders' Library, 2019; B. Beyer et al.
    (ed.), "Site Reliability Engineering", chapter 22, O'Reilly, 2016; B. Maurer, "Fail at Scale", ACM Queue 13(8),
    2015.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          web:
            calls: [{to: stock, access: read, timeout: 500ms}]
          stock:
            capacity: {per_replica: 100/s, service_time: 40ms}
            queue: {depth: 200, timeout: 5s}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          web:
            calls: [{to: stock, access: read, timeout: 500ms}]
          stock:
            capacity: {per_replica: 100/s, service_time: 40ms}
            queue: {depth: 40, timeout: 5s}
    """
    queue = service.spec.queue
    callers = [call for call in calls_to(service) if is_awaited(call) and not ends_given_up_work(call)]
    if isinstance(queue, str) or queue.order == "lifo" or not callers:
        raise NotApplicable
    limits = [(limit.value, call) for call in callers if isinstance(limit := try_limit(call), Known)]
    patience, impatient = min(limits, key=lambda item: item[0], default=(math.inf, callers[0]))
    served, rate = stated(service.spec, "capacity.service_time"), rate_of_one(service)
    depth, limit = queue.depth, queue.timeout
    drain = depth / rate.value if depth is not None and isinstance(rate, Known) and rate.value else None
    bounds = [bound for bound in (drain, limit) if bound is not None]
    longest = min(bounds, default=math.inf)
    if not exceeds(longest + (served or 0.0), patience):
        if len(limits) < len(callers):
            raise Unknown("services.*.calls.*.timeout")
        need(service, "capacity.service_time")
        return
    need(service, "queue.timeout", "queue.depth", rate)
    if patience <= (served or 0.0):
        raise NotApplicable  # no queue is short enough: the timeout itself is the cause
    total = longest + (served or 0.0)
    yield Finding(
        at=service,
        field="queue.timeout" if longest == limit else "queue.depth",
        message=(
            f"a request of {service.label} waits up to {show(longest, 's')} in its queue and is served for "
            f"{show(served or 0.0, 's')}, {impatient.caller.label} gives up after {show(patience, 's')}"
        ),
        exposure=total / patience,
        evidence=(
            *((Evidence("time to serve a full queue", drain, "s"),) if drain is not None else ()),
            *((Evidence("time limit of the queue", limit, "s"),) if limit is not None else ()),
            Evidence("longest wait", longest, "s"),
            Evidence("service time", served or 0.0, "s"),
            Evidence("callers' timeout", patience, "s"),
        ),
        formula="longest wait = min(time limit of the queue, depth / rate of one); + service time > callers' timeout",
        clears=tuple(_clears_of_queue(patience - (served or 0.0), rate.value if isinstance(rate, Known) else 0.0)),
        remedy=f"Let nobody wait for longer than {show(patience - (served or 0.0), 's')}, or pass the deadline on.",
        related=(Related(impatient, f"gives up after {show(patience, 's')}", "timeout"),),
    )


def _clears_of_queue(room: float, rate: float) -> Iterator[Clear]:
    limit = at_most(room, "s")
    yield Clear("queue.timeout", limit.value, limit.text, WARNING)
    depth = math.floor(room * rate + 1e-9)
    yield Clear("queue.depth", depth, str(depth), WARNING)


def _waits_for_a_caller(call: Call) -> bool:
    target = call.target
    return isinstance(target, Caller) and bool(target.calls) and is_awaited(call)


@check("LAW064", "timeout-inversion", severity=ERROR, applies=_waits_for_a_caller, subsumes=("PRM082",))
def timeout_inversion(call: Call, analyses: Analyses) -> Iterator[Finding]:
    """What is called goes on for longer than its caller waits.

    What it finds: a call whose target waits for a call of its own, tries and waits included, for longer than the
    timeout of the first. A warning: the work after the timeout is wasted. An error where the first caller also tries
    again after a timeout: then the target works at several tries of the same request. Silent where the inner call has
    a propagated deadline, or the outer one is cancelled. Where retries of the inner call outlast all callers and
    nobody above retries, PRM082 says so; a call that nothing ends is PRM092's or PRM082's.

    Why it matters: time limits must shrink on the way inwards. Where they do not, a slow dependency keeps every layer
    above busy with requests that are gone, and each retry starts one more.

    At 3 AM: the inner service shows few errors and long calls, the outer one only timeouts, and the load inside is a
    multiple of that outside. Shorten the inner timeout, and take the outer retries away.

    How to fix: make the inner timeout, times its tries and with its waits, shorter than the outer; or propagate the
    deadline, so that it shortens itself.

    When it is wrong: the target answers early and goes on with work that is wanted; then the call is `async`.

    Sources: M. Brooker, "Timeouts, retries, and backoff with jitter", Amazon Builders' Library, 2019; B. Beyer et al.
    (ed.), "Site Reliability Engineering", chapter 22 ("Latency and Deadlines"), O'Reilly, 2016.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          web:
            calls: [{to: orders, access: read, timeout: 1s, retries: {attempts: 3, on: [timeout]}}]
          orders:
            calls: [{to: stock, access: read, timeout: 2s}]
          stock: {}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          web:
            calls: [{to: orders, access: read, timeout: 1s, retries: {attempts: 3, on: [timeout]}}]
          orders:
            calls: [{to: stock, access: read, timeout: 800ms}]
          stock: {}
    """
    if call.spec.cancellation is True or not isinstance(call.target, Caller):
        raise NotApplicable
    inner = [(held, c) for c in call.target.calls if _goes_on(c) and (held := time_held(c, analyses.retries))]
    outer = try_limit(call)
    known = [(held.value, c) for held, c in inner if isinstance(held, Known) and held.value < math.inf]
    longest, slowest = max(known, key=lambda item: item[0], default=(0.0, call))
    if isinstance(outer, Unknown) or not exceeds(longest, outer.value):
        need(call, outer, *(held.within("services.*.calls.*") for held, _ in inner if isinstance(held, Unknown)))
        return
    again = _tries_again(call)
    if not again and _is_unbounded_retrys(slowest, longest, analyses):
        raise NotApplicable
    yield Finding(
        at=slowest,
        field="timeout" if stated(slowest.spec, "retries.per_try_timeout") is None else "retries.per_try_timeout",
        severity=ERROR if again else WARNING,
        message=(
            f"{slowest.label} goes on for up to {show(longest, 's')}, {call.caller.label} gives up after "
            f"{show(outer.value, 's')}{' and tries again meanwhile' if again else ': the rest is wasted'}"
        ),
        exposure=longest / outer.value if outer.value else None,
        evidence=(
            Evidence("longest inner wait", longest, "s"),
            Evidence("outer timeout", outer.value, "s"),
        ),
        formula="longest inner wait = tries x time limit of a try + waits; > outer timeout",
        clears=tuple(_clears_of_inversion(slowest, longest, outer.value, call)),
        remedy=f"Let {slowest.label} end within {show(outer.value, 's')}, or pass the deadline on.",
        related=(Related(call, f"gives up after {show(outer.value, 's')}", "timeout"),),
        concerns=(slowest,),
        key=call.caller.name,
    )


def _goes_on(call: Call) -> bool:
    return follows_request(call) and call.spec.deadline != "propagated"


def _tries_again(call: Call) -> bool:
    policy = call.spec.retries
    if not is_retried(call) or policy is None or policy == "none":
        return False
    return policy.on is None or not AFTER_A_WHOLE_TRY.isdisjoint(policy.on)


def _is_unbounded_retrys(call: Call, held: float, analyses: Analyses) -> bool:
    """Whether PRM082 has the same cause: retries without which the call would fit, and every caller gives up."""
    patience = analyses.retries.patience(call.caller)
    return is_retried(call) and isinstance(patience, Known) and held > patience.value


def _clears_of_inversion(inner: Call, longest: float, outer: float, call: Call) -> Iterator[Clear]:
    if not is_retried(inner) and isinstance(inner.spec.timeout, float):
        limit = at_most(outer, "s")
        yield Clear("timeout", limit.value, limit.text, WARNING)
    if stated(call.spec, "retries.per_try_timeout") is None:
        limit = at_least(longest, "s")
        yield Clear("timeout", limit.value, limit.text, WARNING, at=call)
