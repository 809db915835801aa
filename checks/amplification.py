"""Retry amplification: what the retries of all layers make of a load, and whether the system comes back from it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from archlint.analysis.amplification import Amplification, Overload, Storm
from archlint.analysis.analyses import Analyses
from archlint.analysis.retries import attempts, is_retried
from archlint.analysis.storms import MUCH, Hit, judge
from archlint.plugin import (
    ERROR,
    WARNING,
    Call,
    Clear,
    Evidence,
    Finding,
    Known,
    Related,
    Unknown,
    check,
    need,
    show,
    stated,
)

SEVERITY = {"trapped": ERROR, "by chance": WARNING, "many tries": WARNING, None: WARNING}


def _is_retried_at_run_time(call: Call) -> bool:
    return is_retried(call) and call.spec.phase == "runtime"


@check(
    "PRM083",
    "retry-amplification",
    severity=ERROR,
    states=("retries",),
    applies=_is_retried_at_run_time,
    subsumes=("PRM082", "PRM084"),
)
def retry_amplification(call: Call, analyses: Analyses) -> Iterator[Finding]:
    """Retries multiply the load on a failing component until it cannot come back.

    What it finds: A, the product of min(attempts, 1 + budget) over the layers above a component, clients included. A
    layer counts where the failure reaches it (a required call without a fallback) and where it retries such failures.
    An error where peak x A reaches the component's capacity and its queue can outlast the callers' timeout by far:
    then the state holds itself up when its cause is gone. A warning there where the queue is little longer than the
    timeout, for it may empty by chance; and wherever A is over 4. The innermost layer whose retries have no budget is
    named. Silent where the queue is bounded below the timeout or what is too much is refused, with a budget, a
    breaker that sees enough calls, or a deadline that is propagated to the component; and where the component serves
    even all tries with ease.

    Why it matters: three layers of three tries are 27 requests. The component that was slow for a second gets 27
    times its load, answers none in time, and the requests that it answers late are tried again: a metastable failure.
    It ends only when somebody takes load away.

    At 3 AM: the trigger is long over and the component is still at its limit, with a request rate that its users do
    not explain. Restarting it does not help. Take retries away, or let in a tenth of the load, and raise it once
    answers come in time.

    How to fix: retry at one layer only. Give it a budget (10% of first requests), propagate deadlines, bound the
    queue below the callers' timeout, and let a breaker end what is hopeless.

    When it is wrong: failures at the bottom are reported at once and as final, so that no layer above tries again.

    Sources: N. Bronson et al., "Metastable Failures in Distributed Systems", HotOS 2021; L. Huang et al., "Metastable
    Failures in the Wild", OSDI 2022; B. Beyer et al. (ed.), "Site Reliability Engineering", chapter 22 (3 retries at
    3 layers are 64 tries), O'Reilly, 2016.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          web:
            load: {peak: 400/s}
            calls: [{to: stock, access: read, timeout: 500ms, retries: {attempts: 3, backoff: fixed, base: 50ms}}]
          stock:
            replicas: 10
            capacity: {per_replica: 100/s}
            queue: unbounded

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          web:
            load: {peak: 400/s}
            calls:
              - {to: stock, access: read, timeout: 500ms, retries: {attempts: 3, backoff: none, budget: 10%}}
          stock:
            replicas: 10
            capacity: {per_replica: 100/s}
            queue: unbounded
    """
    need(call, attempts(call))
    amplification = analyses.amplification
    hits = [judge(target, storm, amplification) for target, storm in amplification.storms.get(call, ())]
    found = [hit for hit in hits if hit.verdict is not None and not _is_told_further_in(hit, call, amplification)]
    if found:
        yield _amplified(call, max(found, key=lambda hit: (SEVERITY[hit.verdict], hit.exposure)), amplification)
        return
    missing = [name for hit in hits for name in hit.missing]
    if missing:
        raise Unknown(*missing)


def _is_told_further_in(hit: Hit, call: Call, amplification: Amplification) -> bool:
    """Whether a warning of many tries is told by a layer further in, which multiplies what comes through this one."""
    if hit.verdict != "many tries":
        return False
    within = amplification.storms_within.get(call, ())
    return any(judge(target, storm, amplification).verdict is not None for target, storm in within)


def _amplified(call: Call, hit: Hit, amplification: Amplification) -> Finding:
    storm, overload = hit.storm, hit.overload if hit.verdict != "many tries" else None
    layers = " x ".join(show(tries) for tries in _factors(storm, amplification))
    others = tuple(layer for layer in storm.layers if layer is not call)
    return Finding(
        at=call,
        field="retries.budget",
        severity=SEVERITY[hit.verdict],
        message=f"{call.label}: with all retries ({layers}) {_said(hit, overload)}",
        exposure=hit.exposure,
        evidence=(
            Evidence("tries of a request", storm.tries if overload is None else overload.tries, "x"),
            *(_figures(overload) if overload is not None else ()),
        ),
        formula="tries = product of min(attempts, 1 + budget); no recovery: peak x tries >= capacity, wait > timeout",
        clears=tuple(_clears(call, hit, overload, amplification)),
        remedy="Retry at one layer only, give it a budget of 10%, and bound the queue below the callers' timeout.",
        related=tuple(Related(layer, "retries as well", "retries.attempts") for layer in others),
        concerns=(call, *others),
    )


def _said(hit: Hit, overload: Overload | None) -> str:
    if overload is None:
        return f"each request becomes up to {show(hit.storm.tries)} at {hit.target.label} when that fails"
    end = "it does not recover" if hit.verdict == "trapped" else "it recovers by chance only"
    wait = "without end" if overload.longest_wait == math.inf else f"up to {show(overload.longest_wait, 's')}"
    return (
        f"{show(overload.demand, '/s')} arrive at {hit.target.label}, which serves {show(overload.capacity, '/s')}; "
        f"they wait {wait} while callers give up after {show(overload.timeout, 's')}: {end}"
    )


def _factors(storm: Storm, amplification: Amplification) -> list[float]:
    return [amplification.own(c) if c is storm.call else amplification.relayed(c) for c in reversed(storm.layers)]


def _figures(overload: Overload) -> tuple[Evidence, ...]:
    return (
        Evidence("peak load", overload.load, "/s"),
        Evidence("with all tries", overload.demand, "/s"),
        Evidence("capacity", overload.capacity, "/s"),
        Evidence("longest wait", overload.longest_wait, "s"),
        Evidence("timeout", overload.timeout, "s"),
    )


def _clears(call: Call, hit: Hit, overload: Overload | None, amplification: Amplification) -> Iterator[Clear]:
    """Fewer attempts of this layer, where it alone brings the product below what can be borne."""
    own = attempts(call)
    factor = amplification.own(call) if call is hit.storm.call else amplification.relayed(call)
    if not isinstance(own, Known) or factor != own.value:
        return
    others = hit.storm.tries / factor
    if overload is None:
        most = math.floor(MUCH / others + 1e-9)
    elif overload.tries == hit.storm.tries:
        most = math.ceil(overload.capacity / overload.load / others - 1e-9) - 1
    else:
        return
    if 1 <= most < own.value:
        yield Clear("retries.attempts", most, str(most), SEVERITY[hit.verdict])


def _has_no_budget(call: Call) -> bool:
    return _is_retried_at_run_time(call) and stated(call.spec, "retries.budget") in (None, "none")


@check("PRM084", "no-retry-budget", severity=WARNING, states=("retries",), applies=_has_no_budget)
def no_retry_budget(call: Call, analyses: Analyses) -> Iterator[Finding]:
    """Retries without a budget, on a path where they multiply to more than four tries of a request.

    What it finds: a retried call without `retries.budget`, on a path over whose layers the tries of a request
    multiply to more than 4. Where PRM083 finds what this does to a component, it says so instead. A single layer of
    few attempts needs no budget for this check.

    Why it matters: attempts bound the retries of one request, a budget those of all: while everything fails, three
    attempts are three times the load, and a budget of 10% is 1.1 times.

    At 3 AM: see PRM083.

    How to fix: `budget: 10%`: retries up to a tenth of the first requests, which is enough for single failures.

    When it is wrong: the library keeps a budget by itself (Finagle, Linkerd, gRPC's throttling): state it.

    Sources: B. Beyer et al. (ed.), "Site Reliability Engineering", chapter 21 ("Deciding to Retry"), O'Reilly, 2016;
    M. Brooker, "Timeouts, retries, and backoff with jitter", Amazon Builders' Library, 2019.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          web:
            load: {peak: 100/s}
            calls: [{to: stock, access: read, timeout: 500ms, retries: {attempts: 5, budget: none}}]
          stock:
            replicas: 2
            capacity: {per_replica: 100/s}
            queue: {depth: 20, timeout: 100ms}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          web:
            load: {peak: 100/s}
            calls: [{to: stock, access: read, timeout: 500ms, retries: {attempts: 3, budget: none}}]
          stock:
            replicas: 2
            capacity: {per_replica: 100/s}
            queue: {depth: 20, timeout: 100ms}
    """
    need(call, attempts(call))
    tries = analyses.amplification.most_through(call)
    if tries <= MUCH:
        return
    budget = stated(call.spec, "retries.budget")
    yield Finding(
        at=call,
        field="retries.budget",
        message=f"{call.label} is retried without a budget, where a request becomes up to {show(tries)} tries",
        unstated="" if budget else "retries.budget",
        exposure=tries / MUCH,
        evidence=(Evidence("tries of a request", tries, "x"),),
        formula="tries = product of min(attempts, 1 + budget) over the layers of the path",
        remedy="State a budget of 10% of first requests.",
    )
