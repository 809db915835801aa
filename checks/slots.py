"""Slots, connections and memory that requests hold while they are inside: Little's law where one of them runs out."""

from __future__ import annotations

import math
from collections.abc import Iterator

from archlint.analysis.amplification import is_hard
from archlint.analysis.analyses import Analyses
from archlint.analysis.breakers import can_trip, is_stated
from archlint.analysis.latency import time_held, tries_of_slow
from archlint.analysis.queueing import littles_concurrency
from archlint.analysis.retries import follows_request, waits
from archlint.analysis.thresholds import at_least, at_most, exceeds
from archlint.analysis.values import Derived, lower_bound_sum
from archlint.analysis.values import stated as value_of
from archlint.plugin import (
    ERROR,
    WARNING,
    Call,
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

HEADROOM = 0.75
"""The share of a pool in use from which requests begin to find none free (the framework's detection metric)."""


def _has_a_pool(call: Call) -> bool:
    return is_stated(call.spec.pool) and isinstance(call.caller, Service) and call.spec.phase == "runtime"


@check("LAW021", "pool-below-littles-law", severity=ERROR, needs=("pool.size",), states=("pool",), applies=_has_a_pool)
def pool_below_littles_law(call: Call, analyses: Analyses) -> Iterator[Finding]:
    """The connections that are in use at peak are more than the pools hold.

    What it finds: calls per second x the time that each holds a connection (`pool.hold`), against instances x
    `processes` x `pool.size` x `connections.streams`. Over what the pools hold it is an error; over 75% of it a
    warning, for calls come in bursts. Calls that name the same pool are added up. Where no hold time is stated, the
    target's mean latency stands in for it, which it is no shorter than, and gives a warning at most.

    Why it matters: a request that finds no connection waits for one, and holds a thread and memory meanwhile. The
    store is idle, for what is short is the way to it.

    At 3 AM: "timeout waiting for connection from pool" while the store's processor does next to nothing. Look for
    what holds connections too long, a slow query or a call to another service inside a transaction, before you raise
    a pool.

    How to fix: hold connections for a shorter time, or size the pool at rate x hold / 0.75 and see that the store
    accepts the sum of all pools (LAW022).

    When it is wrong: the hold time was measured under load and holds the wait for the connection itself.

    Sources: J. D. C. Little, "A Proof for the Queuing Formula L = lambda W", Operations Research 9(3), 1961; B.
    Wooldridge, "About Pool Sizing", HikariCP wiki, https://github.com/brettwooldridge/HikariCP/wiki/About-Pool-Sizing

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            replicas: 4
            load: {peak: 2000/s}
            calls: [{to: ledger, pool: {size: 5, hold: 15ms}}]
        datastores:
          ledger: {}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            replicas: 4
            load: {peak: 2000/s}
            calls: [{to: ledger, pool: {size: 12, hold: 15ms}}]
        datastores:
          ledger: {}
    """
    sharing = _sharing(call)
    if sharing[0] is not call:
        raise NotApplicable
    size, count = need(call, "pool.size", analyses.capacity.most_at_peak(call.caller))
    exact = analyses.capacity.instances_at_peak(call.caller)
    in_use, missing = lower_bound_sum(_in_use(each, analyses) for each in sharing)
    each = size * (stated(call.caller.spec, "processes") or 1) * (stated(call.spec, "connections.streams") or 1)
    offered, available = in_use.value, each * count
    if not available or not exceeds(offered, HEADROOM * available):
        need(call, *(() if missing is None else (missing,)), exact)
        return
    certain = exceeds(offered, available) and all(stated(c.spec, "pool.hold") is not None for c in sharing)
    yield Finding(
        at=call,
        field="pool.size",
        severity=ERROR if certain else WARNING,
        message=(
            f"{call.label} uses {'' if missing is None else 'at least '}{show(offered, 'connections')} at peak, "
            f"the pools of {show(count, 'instances')} hold {show(available)}"
        ),
        exposure=offered / available,
        evidence=(
            Evidence("connections in use", offered),
            Evidence("instances", count),
            Evidence("connections of one instance", each),
            Evidence("connections", available),
        ),
        formula="in use = sum of calls per second x hold; connections = instances x processes x pool size x streams",
        clears=tuple(_clears_of_pool(call, sharing, offered, available, size)) if missing is None else (),
        remedy="Hold each connection for less time, or make the pool larger if the store accepts the sum of all pools.",
        related=tuple(Related(other, "takes from the same pool", "pool.name") for other in sharing[1:]),
    )


def _sharing(call: Call) -> list[Call]:
    """The calls of the caller that take from the same pool, in their order."""
    name = stated(call.spec, "pool.name")
    if name is None:
        return [call]
    return [other for other in call.caller.calls if stated(other.spec, "pool.name") == name]


def _in_use(call: Call, analyses: Analyses) -> Derived[float]:
    """Connections that the calls hold at once, over all instances."""
    hold, rate = stated(call.spec, "pool.hold"), analyses.load.of_call(call)
    if hold is None and call.target is not None:
        hold = stated(call.target.spec, "latency.mean")
    if hold is None or isinstance(rate, Unknown):
        fields = ("pool.hold",) if hold is None else ()
        return Unknown(*fields, *(rate.fields if isinstance(rate, Unknown) else ()))
    return Known(littles_concurrency(rate.value, float(hold)), "derived")


def _clears_of_pool(call: Call, sharing: list[Call], offered: float, available: float, size: int) -> Iterator[Clear]:
    needed = at_least(size * offered / (HEADROOM * available))
    yield Clear("pool.size", needed.value, needed.text, WARNING)
    if len(sharing) == 1 and stated(call.spec, "pool.hold") is not None:
        hold = at_most(float(stated(call.spec, "pool.hold")) * HEADROOM * available / offered, "s")
        yield Clear("pool.hold", hold.value, hold.text, WARNING)


def _holds_a_slot(call: Call) -> bool:
    return isinstance(call.caller, Service) and follows_request(call)


@check(
    "LAW024",
    "slow-dependency-holds-all-slots",
    severity=ERROR,
    applies=_holds_a_slot,
    subsumes=("PRM090",),
)
def slow_dependency_holds_all_slots(call: Call, analyses: Analyses) -> Iterator[Finding]:
    """While one dependency is slow, the requests that wait for it hold every slot of the caller.

    What it finds: requests per second that make the call x the longest that each waits for it (tries x timeout +
    waits), against instances x `capacity.concurrency`. Tries count where timeouts are retried. An error where other
    traffic shares the slots: requests that do not make this call, or could do without it. A warning where every
    request needs it anyway: then the slots are lost to requests that were to fail, and the caller comes back later.
    Silent with a bulkhead or an adaptive limit smaller than the slots, a pool with an `acquire_timeout` that leaves
    slots free, a circuit breaker that sees enough calls to open, or a propagated deadline.

    Why it matters: a dependency that fails costs what depends on it. A dependency that is slow costs everything that
    shares threads with it, and that is how one slow provider takes down a whole site.

    At 3 AM: all threads stand in calls to one dependency, and pages that never use it are down too. Cut that call
    off, by a flag, a breaker or a timeout of milliseconds; restarting helps until the slots are full again.

    How to fix: bound the calls in flight (`bulkhead: {max_concurrent}`) below the slots, shorten the timeout to slots
    / rate, or add a breaker whose window sees enough calls.

    When it is wrong: the caller is asynchronous, and what it calls slots is no limit of requests that wait.

    Sources: J. D. C. Little, "A Proof for the Queuing Formula L = lambda W", Operations Research 9(3), 1961; M.
    Nygard, "Release It!", 2nd edition, chapters 4 and 5, Pragmatic Bookshelf, 2018; B. Christensen, "Fault Tolerance
    in a High Volume, Distributed System", Netflix Technology Blog, 2012.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            replicas: 4
            load: {peak: 200/s}
            capacity: {concurrency: 32}
            calls: [{to: cards, access: write, share: 50%, timeout: 2s}]
        externals:
          cards: {provider: example}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            replicas: 4
            load: {peak: 200/s}
            capacity: {concurrency: 32}
            calls: [{to: cards, access: write, share: 50%, timeout: 2s, bulkhead: {max_concurrent: 16}}]
        externals:
          cards: {provider: example}
    """
    if _is_held_apart(call, analyses):
        return
    held = need(call, time_held(call, analyses.retries))
    if held == math.inf:
        raise NotApplicable  # no-timeout or unbounded-retry names the cause
    slots = value_of(stated(call.caller.spec, "capacity.concurrency"), "services.*.capacity.concurrency")
    rate, each, count = need(call, analyses.load.of_call(call), slots, analyses.capacity.most_at_peak(call.caller))
    rate /= max(1.0, call.spec.per_request)
    waiting, available = littles_concurrency(rate, held), each * count
    if not available or not exceeds(waiting, available):
        need(call, analyses.capacity.instances_at_peak(call.caller))
        return
    if _pool_leaves_slots(call, rate / count, each) or _are_too_few_anyway(call, available, analyses):
        return
    others = _others_share(call, rate, analyses)
    yield Finding(
        at=call,
        field="bulkhead.max_concurrent",
        severity=ERROR if others else WARNING,
        message=(
            f"{call.label}: while it is slow, {show(waiting, 'requests')} wait for it ({show(rate, '/s')} x "
            f"{show(held, 's')}) and hold all {show(available, 'slots')} of {call.caller.label}"
            f"{', which other requests need too' if others else ''}"
        ),
        exposure=waiting / available,
        evidence=(
            Evidence("requests that make the call", rate, "/s"),
            Evidence("longest wait", held, "s"),
            Evidence("requests waiting", waiting),
            Evidence("instances", count),
            Evidence("slots", available),
        ),
        formula="requests waiting = requests per second x longest wait; slots = instances x concurrency",
        clears=tuple(_clears_of_slots(call, rate, each, available)),
        remedy=(
            f"Bound the calls in flight to fewer than the {show(each)} slots of an instance, "
            "or wait for a shorter time."
        ),
    )


def _is_held_apart(call: Call, analyses: Analyses) -> bool:
    """Whether something but the slots bounds the calls in flight, or ends them."""
    spec = call.spec
    if is_stated(spec.bulkhead):
        slots, bound = stated(call.caller.spec, "capacity.concurrency"), stated(spec, "bulkhead.max_concurrent")
        places = None if bound is None else bound + (stated(spec, "bulkhead.max_waiting") or 0)
        if places is None or slots is None or places < slots:
            return True
    if is_stated(spec.adaptive_concurrency):
        slots, most = stated(call.caller.spec, "capacity.concurrency"), stated(spec, "adaptive_concurrency.max")
        if most is None or slots is None or most < slots:
            return True
    if can_trip(call, analyses.capacity) is not False:
        return True
    return spec.deadline == "propagated" and not analyses.retries.is_endless(call.caller)


def _pool_leaves_slots(call: Call, rate: float, slots: float) -> bool:
    """Whether so many requests hold a connection, or wait for one no longer than allowed, that slots stay free."""
    size, limit = stated(call.spec, "pool.size"), stated(call.spec, "pool.acquire_timeout")
    if not isinstance(size, int) or limit == "none":
        return False
    connections = size * (stated(call.caller.spec, "processes") or 1) * (stated(call.spec, "connections.streams") or 1)
    if connections >= slots:
        return False
    limit = need(call, "pool.acquire_timeout")
    return bool(connections + rate * limit < slots)


def _are_too_few_anyway(call: Call, available: float, analyses: Analyses) -> bool:
    """Whether the slots do not even suffice while nothing is slow: LAW020 names that cause."""
    load, time = analyses.load.requests(call.caller), stated(call.caller.spec, "capacity.service_time")
    return isinstance(load, Known) and time is not None and exceeds(load.value * time, available)


def _others_share(call: Call, rate: float, analyses: Analyses) -> bool:
    """Whether requests use the slots that could succeed without the call."""
    requests = analyses.load.requests(call.caller)
    return not is_hard(call) or (isinstance(requests, Known) and exceeds(requests.value, rate))


def _clears_of_slots(call: Call, rate: float, each: float, available: float) -> Iterator[Clear]:
    """A bulkhead that leaves a slot, or a timeout so short that not all are held."""
    waiting = stated(call.spec, "bulkhead.max_waiting") or 0
    if each > 1 + waiting and call.spec.bulkhead != "none":
        places = math.ceil(each) - 1 - int(waiting)
        yield Clear("bulkhead.max_concurrent", places, str(places), WARNING)
    tries, pauses = tries_of_slow(call), waits(call)
    plain = stated(call.spec, "retries.per_try_timeout") is None and isinstance(call.spec.timeout, float)
    if not plain or not isinstance(tries, Known):
        return
    pause = pauses.value if tries.value > 1 and isinstance(pauses, Known) else 0.0
    longest = (available / rate - pause) / tries.value
    if longest > 0:
        limit = at_most(longest, "s")
        yield Clear("timeout", limit.value, limit.text, WARNING)
