"""Retries: waits that grow, waits that differ, and an end."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import Any

from archlint.analysis.analyses import Analyses
from archlint.analysis.instances import scale
from archlint.analysis.retries import (
    attempts,
    follows_request,
    is_retried,
    longest_duration,
    longest_waits,
    try_limit,
    waits,
)
from archlint.plugin import (
    ERROR,
    WARNING,
    Call,
    Clear,
    Client,
    Evidence,
    Finding,
    Iterator,
    Job,
    Known,
    NotApplicable,
    Service,
    Unknown,
    check,
    need,
    show,
    stated,
)

HERD = 10
"""Callers at once that no server notices."""

HERD_BUDGET = 0.2
"""A retry budget up to this share keeps a burst of retries within the load that was there before."""

TAKES_A_WHOLE_TRY = frozenset({"any", "timeout", "connect"})
"""Failures that last until the time limit of a try."""


@check("PRM080", "retry-without-backoff", severity=WARNING, states=("retries",), applies=is_retried)
def retry_without_backoff(call: Call, analyses: Analyses) -> Iterator[Finding]:
    """A failed call is tried again at once.

    What it finds: calls with retries whose `backoff` is `none`, or whose `base` is zero. A fixed wait counts as
    backoff. A circuit breaker or a budget does not replace it: both let the first tries through without a pause.

    Why it matters: a target that fails under load gets its failed requests back at the very moment of the
    failure. Three tries without a wait triple the load within milliseconds, and the cause of the failure, a
    restart, a failover, a full queue, has had no time to pass.

    At 3 AM: the target's request rate is a multiple of the usual while its users do nothing unusual. Switch
    retries off at the callers; the target recovers once the load is down to first attempts.

    How to fix: state `backoff: exponential` with a `base` about the target's usual latency, a `max`, and
    `jitter: full`.

    When it is wrong: the first retry always goes to another instance, and only after a refused connection.

    Sources: B. Beyer et al. (ed.), "Site Reliability Engineering", chapter 22, O'Reilly, 2016. M. Brooker,
    "Timeouts, retries, and backoff with jitter", Amazon Builders' Library, 2019.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          web:
            calls: [{to: stock, access: read, retries: {attempts: 3, backoff: none}}]
          stock: {}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          web:
            calls: [{to: stock, access: read, retries: {attempts: 3, backoff: exponential, base: 50ms, jitter: full}}]
          stock: {}
    """
    policy = call.spec.retries
    if policy.backoff is None:
        problem = "does not say how long it waits between tries"
        yield _at_once(call, "retries.backoff", problem, unstated="retries.backoff")
    elif policy.backoff == "none":
        yield _at_once(call, "retries.backoff", f"{_tries(call)} without a wait between tries")
    elif policy.base == 0:
        yield _at_once(call, "retries.base", f"{_tries(call)} with a first wait of zero")


def _tries(call: Call) -> str:
    count = attempts(call)
    if isinstance(count, Unknown):
        return "is retried"
    return "is retried for ever" if count.value == math.inf else f"is tried {show(count.value, 'times')}"


def _at_once(call: Call, field: str, problem: str, unstated: str = "") -> Finding:
    return Finding(
        at=call,
        field=field,
        message=f"{call.label} {problem}",
        unstated=unstated,
        remedy="Wait longer before each retry, up to a limit: `backoff: exponential` with `base` and `max`.",
    )


@check("PRM081", "retry-without-jitter", severity=WARNING, states=("retries",), applies=is_retried)
def retry_without_jitter(call: Call, analyses: Analyses) -> Iterator[Finding]:
    """The waits between tries are the same for every caller, so all of them come back together.

    What it finds: calls with backoff whose `jitter` is `none`. Where there is no backoff either, PRM080 speaks.
    Silent where no herd can form: a retry budget of at most 20%, or calls that are made one at a time by at most
    ten instances (jobs, periodic calls, calls at start).

    Why it matters: one failure hits many requests in the same instant. With equal waits they are retried in the
    same instant too, and again after the next wait: the backoff moves the peak, it does not flatten it.

    At 3 AM: the target's request rate shows spikes at fixed distances after a short fault, each as high as the
    first, and it fails at each spike. Shed the spikes at the target, or restart callers in small steps.

    How to fix: state `jitter: full` (each wait drawn from zero to its limit); `equal` and `decorrelated` do too.

    When it is wrong: the callers cannot fail at the same time, or the target takes all of them at once.

    Sources: M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          web:
            calls: [{to: stock, access: read, retries: {attempts: 3, backoff: exponential, base: 50ms, jitter: none}}]
          stock: {}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          web:
            calls: [{to: stock, access: read, retries: {attempts: 3, backoff: exponential, base: 50ms, jitter: full}}]
          stock: {}
    """
    policy = call.spec.retries
    waits_not_known = policy.backoff is None and policy.jitter is None
    if policy.backoff == "none" or waits_not_known or _is_no_herd(call):
        raise NotApplicable
    if policy.jitter in (None, "none"):
        problem = "retries after the same waits everywhere" if policy.jitter else "does not say how waits are spread"
        yield Finding(
            at=call,
            field="retries.jitter",
            message=f"{call.label} {problem}: callers that fail together come back together",
            unstated="" if policy.jitter else "retries.jitter",
            remedy="Draw each wait at random: `jitter: full`.",
        )


def _is_no_herd(call: Call) -> bool:
    budget = call.spec.retries.budget
    if budget is not None and budget != "none" and budget <= HERD_BUDGET:
        return True
    one_at_a_time = isinstance(call.caller, Job) or call.spec.phase == "startup" or call.spec.every is not None
    callers = _instances(call)
    return one_at_a_time and callers is not None and callers * call.spec.parallel <= HERD


def _instances(call: Call) -> float | None:
    if isinstance(call.caller, Service):
        size = scale(call.caller)
        return size.value.most if isinstance(size, Known) else None
    if isinstance(call.caller, Client):
        return call.caller.spec.concurrent  # type: ignore[no-any-return]
    return stated(call.caller.spec, "replicas") or 1


def _can_go_on(call: Call) -> bool:
    return is_retried(call) and call.spec.phase == "runtime"


@check("PRM082", "unbounded-retry", severity=ERROR, states=("retries",), applies=_can_go_on)
def unbounded_retry(call: Call, analyses: Analyses) -> Iterator[Finding]:
    """Retries go on for ever, or longer than anybody waits for the answer.

    What it finds: an error where `attempts` is `unlimited` and no deadline ends them (a propagated one, or a
    `timeout` over all tries beside `per_try_timeout`); a warning there where a retry budget bounds the load of
    them. A warning where the horizon, attempts x time limit of a try + the largest waits, is longer than the
    timeout of every caller. Silent where the deadline is propagated or callers cancel, where nobody waits (jobs,
    messages, clients), and at start, for a component that waits for its dependencies retries rightly.

    Why it matters: work that nobody waits for competes with work that somebody waits for. In an outage the old
    retries add up with the new requests, and the target cannot recover below that load. A message that is
    retried for ever also blocks all that are behind it.

    At 3 AM: the target serves at full rate and the callers see only timeouts: it answers requests that were
    given up. Stop the callers' retries, let the target drain, and admit load again in steps.

    How to fix: bound the attempts so that the horizon fits into the caller's timeout, and propagate deadlines.
    Put what cannot be done after that into a dead letter or a table to be looked at.

    When it is wrong: tries fail much faster than their time limit.

    Sources: B. Beyer et al. (ed.), "Site Reliability Engineering", chapter 22, O'Reilly, 2016. N. Bronson et al.,
    "Metastable Failures in Distributed Systems", HotOS 2021.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          web:
            calls: [{to: stock, access: read, timeout: 1s, retries: {attempts: unlimited, backoff: fixed, base: 1s}}]
          stock: {}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          web:
            calls: [{to: stock, access: read, timeout: 1s, retries: {attempts: 3, backoff: fixed, base: 100ms}}]
          stock: {}
        clients:
          browser: {calls: [{to: web, rate: 10/s, timeout: 10s}]}
    """
    tries = need(call, attempts(call))
    if tries == math.inf:
        yield from _unlimited(call, need(call, analyses.retries.cap(call)))
    else:
        yield from _outlasting(call, tries, analyses)


def _unlimited(call: Call, cap: float) -> Iterator[Finding]:
    if cap < math.inf:
        return
    budget = call.spec.retries.budget
    bounded_load = budget is not None and budget != "none"
    yield Finding(
        at=call,
        field="retries.attempts",
        severity=WARNING if bounded_load else ERROR,
        message=f"{call.label} is retried without end: attempts are unlimited and no deadline ends them",
        remedy="State how many attempts are made, and what becomes of the request after the last.",
    )


def _outlasting(call: Call, tries: float, analyses: Analyses) -> Iterator[Finding]:
    if not follows_request(call) or _is_cancelled(call):
        raise NotApplicable
    patience = need(call, analyses.retries.patience(call.caller))
    if patience == math.inf:
        raise NotApplicable
    one_try, horizon = need(call, try_limit(call), analyses.retries.horizon(call))
    if one_try == math.inf or horizon <= patience or not _fails_slowly(call):
        return
    pauses = need(call, waits(call))
    yield Finding(
        at=call,
        field="retries.attempts",
        severity=WARNING,
        message=(
            f"{call.label} goes on for up to {show(horizon, 's')} ({show(tries, 'tries')} of {show(one_try, 's')}, "
            f"{show(pauses, 's')} of waits), callers of {call.caller.label} give up after {show(patience, 's')}"
        ),
        exposure=horizon / patience if patience else None,
        evidence=(
            Evidence("attempts", tries),
            Evidence("time limit of a try", one_try, "s"),
            Evidence("largest waits", pauses, "s"),
            Evidence("horizon", horizon, "s"),
            Evidence("callers' patience", patience, "s"),
        ),
        formula="horizon = attempts x time limit of a try + largest waits",
        clears=(_fitting(call, tries, one_try, patience),),
        remedy=f"Make fewer or shorter tries, so that all fit into {show(patience, 's')}, and propagate the deadline.",
    )


def _fitting(call: Call, tries: float, one_try: float, patience: float) -> Clear:
    """The most attempts whose horizon fits; one attempt is no retry, however long it takes."""
    policy = call.spec.retries
    fewer = range(1, int(tries))
    count = max(1, bisect_right(fewer, patience, key=lambda n: longest_duration(n, one_try, _pauses(policy, n))))
    return Clear("retries.attempts", count, str(count), WARNING)


def _pauses(policy: Any, count: int) -> float:
    if policy.backoff == "none":
        return 0.0
    return longest_waits(count, policy.backoff, policy.base, policy.max, policy.jitter)


def _fails_slowly(call: Call) -> bool:
    kinds = call.spec.retries.on
    return kinds is None or not TAKES_A_WHOLE_TRY.isdisjoint(kinds)


def _is_cancelled(call: Call) -> bool:
    """Whether work that callers have given up is stopped: every incoming call says so."""
    called = False
    for edge in call.caller.incoming:
        if edge.kind == "call":
            if edge.item.spec.cancellation is not True:
                return False
            called = True
    return called
