"""Waits and surges: what the load at peak does to latency, and what a multiple of it does to capacity."""

from __future__ import annotations

import math

from archlint.analysis.analyses import Analyses
from archlint.analysis.instances import greatest, instances_field, rate_of_one, scale, servers
from archlint.analysis.objectives import LatencyLimit, limits_of
from archlint.analysis.promises import Promises
from archlint.analysis.queueing import MMc
from archlint.analysis.surges import refuses_excess
from archlint.analysis.tail import NAMES
from archlint.analysis.thresholds import at_least, exceeds, fewest
from archlint.plugin import (
    ERROR,
    WARNING,
    Cache,
    Clear,
    Component,
    Datastore,
    Evidence,
    Finding,
    Iterator,
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


def _promises_a_latency(service: Service) -> bool:
    slo = stated(service.spec, "slo")
    if slo is not None and any(limits_of(service, slo)):
        return True
    return any(any(limits_of(flow, Promises.objective(flow))) for flow in service.entered_by)


@check(
    "LAW131",
    "queueing-delay-over-slo",
    severity=ERROR,
    applies=_promises_a_latency,
    subsumes=("LAW130",),
)
def queueing_delay_over_slo(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """Requests wait for a free server longer than the latency objective leaves.

    What it finds: the quantile of the wait (Erlang C) against the objective at the same quantile, less the mean
    service time. An error where it is too long although one queue feeds all servers of all replicas: no balancer does
    better. A warning where it is too long with a queue at each replica that arrivals reach at random; at p99 LAW130
    gives that warning. Servers of a replica are min(concurrency, rate of one x service time). Where a latency within
    the objective was measured at peak, that is believed. Overload is LAW130's, and consumers let messages wait.

    Why it matters: the wait does not show in a test of one request. It begins some way below full utilisation and
    grows like 1 / (1 - utilisation): it is what users feel first of too little capacity.

    At 3 AM: latency is high in the tail, service times are as ever, and the processors are busy. Add replicas; a
    faster query helps twice, for it makes the wait shorter too.

    How to fix: add replicas, shorten the service time, or let one queue feed several replicas (least requests, pull).

    When it is wrong: service times vary much less than an exponential distribution: constant ones halve the wait.

    Sources: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic
    telephone exchanges", 1917; L. Kleinrock, Queueing Systems, Volume 1: Theory, 1975, chapter 3.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            replicas: 2
            load: {peak: 37/s}
            capacity: {concurrency: 2, service_time: 100ms}
            slo: {latency_p99: 400ms}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            replicas: 5
            load: {peak: 37/s}
            capacity: {concurrency: 2, service_time: 100ms}
            slo: {latency_p99: 400ms}
    """
    if analyses.load.only_consumes(service):
        raise NotApplicable
    measured = analyses.latencies.quantiles(service)
    limits = [limit for limit in analyses.objectives.latency_at(service) if measured.most(limit.q) > limit.seconds]
    if not limits:
        return
    load, each, held, count = need(
        service,
        analyses.load.requests(service),
        servers(service),
        "capacity.service_time",
        analyses.capacity.instances_at_peak(service),
    )
    if not count or not held or load * held >= count * each:
        raise NotApplicable  # utilisation names the cause
    for limit in limits:
        finding = _wait(service, limit, load, each, held, count)
        if finding is not None:
            yield finding
            return


def _wait(service: Service, limit: LatencyLimit, load: float, each: int, held: float, count: int) -> Finding | None:
    slack = limit.seconds - held
    pooled = MMc(load, held, each * count).wait_quantile(limit.q)
    alone = MMc(load / count, held, each).wait_quantile(limit.q)
    certain = exceeds(pooled, slack)
    if slack <= 0 or not (certain or (exceeds(alone, slack) and limit.q != NAMES["p99"])):
        return None
    wait = pooled if certain else alone
    how = "with one queue for all replicas" if certain else "with a queue at each replica"
    return Finding(
        at=service,
        field=_field(service),
        severity=ERROR if certain else WARNING,
        message=(
            f"{service.label}: {show(1 - limit.q, 'fraction')} of requests wait over {show(wait, 's')} at peak, {how}"
            f" ({count} x {each} servers); the {limit.name} objective leaves {show(slack, 's')}"
        ),
        exposure=wait / slack,
        evidence=(
            Evidence("peak load", load, "/s"),
            Evidence("replicas", count),
            Evidence("servers of a replica", each),
            Evidence("service time", held, "s"),
            Evidence("wait with one queue", pooled, "s"),
            Evidence("wait with a queue at each replica", alone, "s"),
            Evidence("slack", slack, "s"),
        ),
        formula="wait of M/M/c at the quantile of the objective (Erlang C); slack = objective - mean service time",
        clears=tuple(_enough(service, limit, load, each, held)) if certain else (),
        remedy="Add replicas, or make the service time shorter.",
        related=(Related(limit.at, "the objective", limit.field),) if limit.at is not service else (),
    )


def _enough(service: Service, limit: LatencyLimit, load: float, each: int, held: float) -> Iterator[Clear]:
    if not isinstance(stated(service.spec, "replicas"), int):
        return
    needed = fewest(
        lambda n: n > 0 and not exceeds(MMc(load, held, each * n).wait_quantile(limit.q), limit.seconds - held), 1
    )
    if needed is not None:
        yield Clear("replicas", needed, str(needed), ERROR)


def _field(component: Component) -> str:
    name = instances_field(component)
    if stated(component.spec, name) is None:
        return "zones"
    return name if isinstance(stated(component.spec, name), int) else f"{name}.max"


def _can_be_surged(component: Component) -> bool:
    return isinstance(component, Service | Datastore | Cache)


@check("LAW135", "surge-not-survivable", severity=ERROR, applies=_can_be_surged)
def surge_not_survivable(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """The surge that must be survived is more than the component can serve with all that it may have.

    What it finds: peak load x surge (`flows.*.surge`, else `system.surge`) over the most replicas x the rate of one,
    or of a store or cache reads / `capacity.reads` + writes / `capacity.writes` over 1. An error; a warning where
    load shedding, a rate limit or a bounded queue refuses what is too much: then some fail and the rest are served. A
    flow's surge is no larger than the rate limit lets in where it enters. Overload without a surge is LAW130's.

    Why it matters: the campaign, the sale and the recovery after an outage come once, and all at once.

    At 3 AM: the load graph is a wall, and everything behind the narrowest part fails, what has room as well. Shed at
    the entry down to what that part serves.

    How to fix: raise the maximum, and see that quotas and stores carry it; or refuse what is too much at the entry.

    When it is wrong: the surge does not reach this component: a cache or a queue before it takes it.

    Sources: L. Kleinrock, Queueing Systems, Volume 1: Theory, 1975, chapter 2 (stability); B. Beyer et al. (ed.),
    "Site Reliability Engineering", chapters 21 and 22, O'Reilly, 2016.

    Risky:
        archlint: 1
        system: {name: shop, surge: 3x}
        services:
          checkout:
            replicas: {min: 4, max: 8}
            load: {peak: 300/s}
            capacity: {per_replica: 100/s}

    Safe:
        archlint: 1
        system: {name: shop, surge: 3x}
        services:
          checkout:
            replicas: {min: 4, max: 9}
            load: {peak: 300/s}
            capacity: {per_replica: 100/s}
    """
    factor = analyses.surges.at(component)
    if factor <= 1 or (isinstance(component, Service) and analyses.load.only_consumes(component)):
        raise NotApplicable
    busy, figures, missing = (
        _of_service(component, analyses) if isinstance(component, Service) else _of_store(component, analyses)
    )
    if exceeds(busy, 1.0):
        raise NotApplicable  # it is too much without a surge: utilisation
    if not exceeds(busy * factor, 1.0):
        if missing:
            raise Unknown(*missing)
        return
    refused = refuses_excess(component)
    field = _field(component) if isinstance(component, Service) else _fullest(component, analyses)
    rest = f", {show(1 - 1 / (busy * factor), 'fraction')} of it is refused" if refused else ""
    yield Finding(
        at=component,
        field=field,
        severity=WARNING if refused else ERROR,
        message=(
            f"{component.label} is {show(busy, 'fraction')} busy at peak with all that it may have, a surge of "
            f"{show(factor, 'x')} needs {show(busy * factor, 'fraction')}{rest}"
        ),
        exposure=busy * factor,
        evidence=(
            *figures,
            Evidence("surge", factor, "x"),
            Evidence("utilisation in the surge", busy * factor, "fraction"),
        ),
        formula="utilisation in the surge = peak load x surge / capacity at maximum scale",
        clears=tuple(_carries(component, factor, analyses)),
        remedy="Raise what it can carry, or refuse the excess where it enters.",
    )


_Busy = tuple[float, tuple[Evidence, ...], tuple[str, ...]]


def _of_service(service: Component, analyses: Analyses) -> _Busy:
    rate, most = need(service, rate_of_one(service), greatest(service))
    load = analyses.load.requests(service)
    offered = load.value if isinstance(load, Known) else analyses.load.at_least(service)
    figures = (Evidence("peak load", offered, "/s"), Evidence("replicas", most), Evidence("rate of one", rate, "/s"))
    missing = load.fields if isinstance(load, Unknown) else ()
    return (offered / (most * rate) if most * rate else math.inf), figures, missing


def _of_store(store: Component, analyses: Analyses) -> _Busy:
    """By the parts that are known; parts without load count for nothing."""
    busy, figures, missing = 0.0, [], []
    for part in ("reads", "writes"):
        load = analyses.load.reads(store) if part == "reads" else analyses.load.writes(store)
        if isinstance(load, Known) and not load.value:
            continue
        capacity = stated(store.spec, f"capacity.{part}")
        offered = analyses.load.access_at_least(store, part)
        missing += [*(load.fields if isinstance(load, Unknown) else ()), *([] if capacity else [f"capacity.{part}"])]
        if capacity:
            busy += offered / capacity
            figures += [Evidence(part, offered, "/s"), Evidence(f"capacity for {part}", capacity, "/s")]
    return busy, tuple(figures), tuple(missing)


def _fullest(store: Component, analyses: Analyses) -> str:
    """The capacity of which the load takes most."""
    used = {}
    for part in ("reads", "writes"):
        capacity = stated(store.spec, f"capacity.{part}")
        used[f"capacity.{part}"] = analyses.load.access_at_least(store, part) / capacity if capacity else 0.0
    return max(used, key=lambda field: used[field])


def _carries(component: Component, factor: float, analyses: Analyses) -> Iterator[Clear]:
    size, rate, load = scale(component), rate_of_one(component), analyses.load.requests(component)
    known = isinstance(size, Known) and isinstance(rate, Known) and isinstance(load, Known)
    if not isinstance(component, Service) or not known or "replicas" not in _field(component):
        return
    assert isinstance(rate, Known)
    assert isinstance(load, Known)
    needed = at_least(load.value * factor / rate.value)
    yield Clear(_field(component), needed.value, needed.text, WARNING)
