"""Queueing: what arrives faster than it is served waits, and waits grow without bound near the limit."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.analysis.analyses import Analyses
from archlint.analysis.instances import greatest, instances_field, rate_of_one, scale, servers
from archlint.analysis.thresholds import at_least, at_most, exceeds
from archlint.analysis.utilisation import BUSY, Station
from archlint.plugin import (
    ERROR,
    WARNING,
    Cache,
    Clear,
    Component,
    Datastore,
    Evidence,
    Finding,
    Known,
    Network,
    NotApplicable,
    Service,
    Severity,
    Unknown,
    check,
    need,
    show,
    stated,
)
from archlint.records import dataclass


def _is_judged(component: Component) -> bool:
    if isinstance(component, Network):
        return stated(component.spec, "capacity.rate") is not None
    return isinstance(component, Service | Datastore | Cache)


@check("LAW130", "utilisation", severity=ERROR, applies=_is_judged)
def utilisation(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """The load at peak reaches what the component can serve, or makes requests wait longer than promised.

    What it finds: for a service, peak load over replicas x the rate of one (`capacity.per_replica`, or slots over
    service time where that is less). At or over 1 with all the replicas that there can be, it is an error. Below,
    it is a warning where the 99th percentile of the wait at a replica (Erlang C, arrivals spread at random) is
    longer than the p99 objective leaves beside the service time; where slots, service time or objective are not
    stated, from 70% of `per_replica` with all replicas. Where the slots are what binds, LAW020 names the cause. For a
    store or cache: reads over `capacity.reads` plus writes over `capacity.writes`; for a network: load over
    `capacity.rate`.

    Why it matters: at a utilisation of 1 the queue never drains. Before that, the wait grows as 1 / (1 - utilisation):
    twice as long at 90% as at 80%.

    At 3 AM: latency climbs while nothing is broken; every queue is full, timeouts begin, and retries add to the load.
    Shed the least important traffic, add replicas, and take retries away.

    How to fix: add replicas (or capacity of the store), make the work of a request smaller, or cache and shed.

    When it is wrong: `per_replica` was measured on another version or machine, or the peaks of several callers that
    are added up never fall together. Where `latency.p99` was measured at peak and lies inside the objective, the
    measurement is believed and no warning is given.

    Sources: L. Kleinrock, Queueing Systems, Volume 1: Theory, 1975, chapter 3; A. K. Erlang, "Solution of some problems
    in the theory of probabilities of significance in automatic telephone exchanges", 1917.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          receipts:
            replicas: 5
            load: {peak: 320/s}
            capacity: {per_replica: 60/s}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          receipts:
            replicas: 8
            load: {peak: 320/s}
            capacity: {per_replica: 60/s}
    """
    if isinstance(component, Service):
        yield from _of_service(component, analyses)
    elif isinstance(component, Network):
        yield from _of_parts(component, [_part(component, analyses, "load.peak", "capacity.rate")])
    else:
        parts = [_part(component, analyses, f"load.{access}", f"capacity.{access}") for access in ("reads", "writes")]
        yield from _of_parts(component, parts)


def _of_service(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """The stated parts alone may decide: at least so much load, at most so many replicas."""
    if analyses.load.only_consumes(service):
        raise NotApplicable
    load, rate, most = analyses.load.requests(service), rate_of_one(service), greatest(service)
    offered = load.value if isinstance(load, Known) else analyses.load.at_least(service)
    if isinstance(rate, Unknown) or isinstance(most, Unknown) or not most.value * rate.value:
        need(service, load, rate, most)
        raise NotApplicable
    objective = analyses.capacity.latency_objective(service)
    station = _station(service, objective, offered, rate.value)
    if offered >= most.value * rate.value:
        yield _overload(service, station, most.value, isinstance(load, Known))
        return
    need(service, load)
    if _meets_its_objective(service, objective):
        return
    count = most.value
    if station.knows_waits:
        count = need(service, analyses.capacity.instances_at_peak(service))
    elif rate.value != stated(service.spec, "capacity.per_replica"):
        return
    if station.is_strained(count):
        yield _strain(service, station, count)


def _station(service: Service, objective: float | None, offered: float, rate: float) -> Station:
    """`slack` is what the objective leaves beside the mean service time."""
    count, held = servers(service), stated(service.spec, "capacity.service_time")
    slack = max(0.0, objective - held) if objective is not None and held is not None else None
    return Station(offered, rate, count.value if isinstance(count, Known) else None, held, slack)


def _meets_its_objective(service: Service, objective: float | None) -> bool:
    """Whether the p99 that was measured at peak, waits included, lies inside what is promised."""
    measured = None if objective is None else stated(service.spec, "latency.p99")
    return measured is not None and objective is not None and bool(measured <= objective)


def _overload(service: Service, station: Station, count: int, known: bool) -> Finding:
    busy = station.utilisation(count)
    return Finding(
        at=service,
        field=_field(service),
        severity=ERROR,
        message=(
            f"{service.label} is offered {'' if known else 'at least '}{show(station.load, '/s')} at peak, "
            f"its {show(count, 'replicas')} serve {show(count * station.rate_of_one, '/s')}"
        ),
        exposure=busy,
        evidence=_figures(station, count),
        formula="utilisation = peak load / (replicas x rate of one)",
        clears=tuple(_clears(service, station, count, WARNING)) if known else (),
        remedy="Add replicas, or make each serve more; until then shed what exceeds them.",
    )


def _strain(service: Service, station: Station, count: int) -> Finding:
    wait, busy = station.wait(count), station.utilisation(count)
    if wait is None or station.slack is None:
        said, exposure = f"no more than {show(BUSY, 'fraction')} leaves room for bursts", busy / BUSY
        more: tuple[Evidence, ...] = ()
    else:
        room = f"the objective leaves {show(station.slack, 's')}"
        said = f"spread at random, 1% of requests wait over {show(wait, 's')}, {room}"
        exposure = wait / station.slack if station.slack else busy / BUSY
        more = (Evidence("p99 wait", wait, "s"), Evidence("slack", station.slack, "s"))
    return Finding(
        at=service,
        field=_field(service),
        severity=WARNING,
        message=f"{service.label} is {show(busy, 'fraction')} busy at peak ({show(count, 'replicas')}): {said}",
        exposure=exposure,
        evidence=(*_figures(station, count), *more),
        formula="utilisation = peak load / (replicas x rate of one); wait of M/M/c at each replica (Erlang C)",
        clears=tuple(_clears(service, station, count, WARNING)),
        remedy="Add replicas, or make the work of a request smaller.",
    )


def _figures(station: Station, count: int) -> tuple[Evidence, ...]:
    return (
        Evidence("peak load", station.load, "/s"),
        Evidence("replicas", count),
        Evidence("rate of one", station.rate_of_one, "/s"),
        Evidence("utilisation", station.utilisation(count), "fraction"),
    )


def _field(service: Service) -> str:
    """Where the number of replicas is stated."""
    name = instances_field(service)
    if stated(service.spec, name) is None:
        return "zones"
    return name if isinstance(stated(service.spec, name), int) else f"{name}.max"


def _clears(service: Service, station: Station, count: int, severity: Severity) -> Iterator[Clear]:
    """The replicas; and where these are fixed, the load."""
    size, needed = scale(service), station.instances_needed()
    if not isinstance(size, Known) or not size.value.is_fixed:
        return
    if needed is not None and isinstance(stated(service.spec, "replicas"), int):
        yield Clear("replicas", needed, str(needed), severity)
    if stated(service.spec, "load.peak") is not None and not station.knows_waits:
        peak = at_most(BUSY * count * station.rate_of_one, "/s")
        yield Clear("load.peak", peak.value, peak.text, severity)


@dataclass(frozen=True, slots=True)
class _Part:
    """One kind of load on a component as a whole: at least `load` of what it can carry, `missing` the rest."""

    load_field: str
    capacity_field: str
    load: float = 0.0
    capacity: float | None = None
    missing: tuple[str, ...] = ()

    @property
    def busy(self) -> float:
        return self.load / self.capacity if self.capacity else 0.0


def _part(component: Component, analyses: Analyses, load_field: str, capacity_field: str) -> _Part:
    capacity = stated(component.spec, capacity_field)
    access = load_field.rpartition(".")[2]
    if isinstance(component, Network):
        load, least = analyses.load.requests(component), analyses.load.at_least(component)
    else:
        load = analyses.load.reads(component) if access == "reads" else analyses.load.writes(component)
        least = analyses.load.access_at_least(component, access)
    if isinstance(load, Known) and load.value == 0:
        return _Part(load_field, capacity_field)
    missing = () if isinstance(load, Known) else load.fields
    if capacity is None:
        missing = (*missing, capacity_field)
    return _Part(load_field, capacity_field, least, capacity, missing)


def _of_parts(component: Component, parts: list[_Part]) -> Iterator[Finding]:
    for part in parts:
        if part.capacity == 0 and part.load:
            yield _carries_none(component, part)
            return
    busy, missing = sum(part.busy for part in parts), [name for part in parts for name in part.missing]
    if not exceeds(busy, BUSY):
        if missing:
            raise Unknown(*missing)
        return
    largest = max(parts, key=lambda part: part.busy)
    sums = " and ".join(
        f"{show(p.load, '/s')} of {show(p.capacity, '/s')} {p.load_field.rpartition('.')[2]}"
        for p in parts
        if p.capacity and p.load
    )
    yield Finding(
        at=component,
        field=largest.capacity_field,
        severity=ERROR if busy >= 1 else WARNING,
        message=f"{component.label} is {'at least ' if missing else ''}{show(busy, 'fraction')} busy at peak: {sums}",
        exposure=busy,
        evidence=(
            *(Evidence(p.load_field, p.load, "/s") for p in parts if p.capacity),
            *(Evidence(p.capacity_field, p.capacity, "/s") for p in parts if p.capacity),
            Evidence("utilisation", busy, "fraction"),
        ),
        formula="utilisation = sum of load / capacity",
        clears=() if missing else tuple(_clears_of_parts(component, largest, busy)),
        remedy="Raise what it can carry, or take load off it: a cache before it, fewer calls a request, batches.",
    )


def _carries_none(component: Component, part: _Part) -> Finding:
    return Finding(
        at=component,
        field=part.capacity_field,
        message=f"{component.label} is offered {show(part.load, '/s')} at peak and states a {part.capacity_field} of 0",
        evidence=(Evidence(part.load_field, part.load, "/s"), Evidence(part.capacity_field, 0.0, "/s")),
        formula="utilisation = sum of load / capacity",
        remedy="State what it can carry, or send this load elsewhere.",
    )


def _clears_of_parts(component: Component, largest: _Part, busy: float) -> Iterator[Clear]:
    room = BUSY - (busy - largest.busy)
    if room <= 0:
        return
    capacity = at_least(largest.load / room, "/s")
    yield Clear(largest.capacity_field, capacity.value, capacity.text, WARNING)
    if stated(component.spec, largest.load_field) is not None:
        load = at_most(room * (largest.capacity or 0.0), "/s")
        yield Clear(largest.load_field, load.value, load.text, WARNING)
