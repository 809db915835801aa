"""Memory of an instance: what the requests inside it take, beside what it holds anyway."""

from __future__ import annotations

import math
from collections.abc import Iterator

from archlint.analysis.analyses import Analyses
from archlint.analysis.thresholds import exceeds
from archlint.analysis.values import Derived
from archlint.plugin import (
    ERROR,
    WARNING,
    Clear,
    Evidence,
    Finding,
    Known,
    Service,
    Unknown,
    check,
    need,
    show,
    stated,
)

MEGABYTE = 1e6


@check(
    "LAW025",
    "memory-below-in-flight-work",
    severity=ERROR,
    needs=("memory.limit", "memory.working_set", "memory.per_request"),
)
def memory_below_in_flight_work(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """The requests inside an instance take more memory than its limit leaves.

    What it finds: `memory.working_set` + requests inside x `memory.per_request` over `memory.limit`. An error where
    the requests of a healthy peak are enough: peak of an instance x its mean time. A warning where it takes a slow
    dependency: then requests stay for the longest of the calls' tries, until slots (`capacity.concurrency`) and queue
    (`queue.depth`) are full; the smaller of both counts.

    Why it matters: an instance over its limit is killed with all requests inside it. Their retries and its share of
    the load go to the others, which are killed next.

    At 3 AM: instances restart one after the other with "out of memory", each lives shorter than the last, and a
    dependency became slow shortly before. Bound what is let in, in front of them if it must be; more memory only if
    it is quick.

    How to fix: bound the queue and the slots at (limit - working set) / memory of a request, shorten timeouts, or
    raise the limit.

    When it is wrong: `per_request` is the largest request, and those in flight are mostly small.

    Sources: J. D. C. Little, "A Proof for the Queuing Formula L = lambda W", Operations Research 9(3), 1961; B. Beyer
    et al. (ed.), "Site Reliability Engineering", chapter 22, O'Reilly, 2016.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            replicas: 4
            load: {peak: 400/s}
            capacity: {concurrency: 200, service_time: 50ms}
            queue: {depth: 400}
            memory: {working_set: 1GB, per_request: 2MB, limit: 2GB}
            calls: [{to: ledger, access: write, timeout: 10s}]
        datastores:
          ledger: {}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            replicas: 4
            load: {peak: 400/s}
            capacity: {concurrency: 200, service_time: 50ms}
            queue: {depth: 200}
            memory: {working_set: 1GB, per_request: 2MB, limit: 2GB}
            calls: [{to: ledger, access: write, timeout: 10s}]
        datastores:
          ledger: {}
    """
    limit, held, each = need(service, "memory.limit", "memory.working_set", "memory.per_request")
    places = _places(service)
    usual, longest = _inside(service, analyses) if each else (Known(0.0), Known(0.0))
    certain = isinstance(usual, Known) and exceeds(held + min(usual.value, _most(places)) * each, limit)
    inside = (
        min(usual.value, _most(places)) if certain and isinstance(usual, Known) else min(map(_most, (places, longest)))
    )
    if not exceeds(held + inside * each, limit):
        return
    if not certain:
        need(service, places, longest)
    total = held + inside * each
    yield Finding(
        at=service,
        field="memory.limit",
        severity=ERROR if certain else WARNING,
        message=(
            f"{service.label} takes {show(total, 'B')} with {show(math.ceil(inside), 'requests')} in an instance "
            f"{'at peak' if certain else 'while a dependency is slow'}, its limit is {show(limit, 'B')}"
        ),
        exposure=total / limit if limit else None,
        evidence=(
            Evidence("working set", held, "B"),
            Evidence("requests in an instance", inside),
            Evidence("memory of a request", each, "B"),
            Evidence("memory in use", total, "B"),
            Evidence("limit", limit, "B"),
        ),
        formula=(
            "memory in use = working set + requests in an instance x memory of a request; requests in an instance = "
            + (
                "peak of an instance x mean time"
                if certain
                else "min(peak of an instance x longest time, slots + queue)"
            )
        ),
        clears=tuple(_clears(service, total, (limit - held) / each if each else math.inf, certain)),
        remedy="Let fewer requests in, by a shorter queue or fewer slots, or raise the limit.",
    )


def _most(bound: Derived[float]) -> float:
    return bound.value if isinstance(bound, Known) else math.inf


def _places(service: Service) -> Derived[float]:
    """Slots and places in the queue of one instance."""
    slots, queue = stated(service.spec, "capacity.concurrency"), stated(service.spec, "queue")
    depth = 0.0 if queue == "none" else math.inf if queue == "unbounded" else stated(service.spec, "queue.depth")
    if depth == math.inf:
        return Known(math.inf)
    missing = {"capacity.concurrency": slots, "queue.depth": depth}
    names = [name for name, value in missing.items() if value is None]
    return Unknown(*names) if names or slots is None or depth is None else Known(float(slots) + float(depth))


def _inside(service: Service, analyses: Analyses) -> tuple[Derived[float], Derived[float]]:
    """Requests inside one instance at peak: usually, and while the slowest of its dependencies is slow."""
    load, count = analyses.load.requests(service), analyses.capacity.instances_at_peak(service)
    mean = stated(service.spec, "latency.mean")
    mean = stated(service.spec, "capacity.service_time") if mean is None else mean
    missing = [name for item in (load, count) if isinstance(item, Unknown) for name in item.fields]
    if mean is None:
        missing.append("capacity.service_time")
    if missing or mean is None or isinstance(load, Unknown) or isinstance(count, Unknown):
        unknown = Unknown(*missing)
        return unknown, unknown
    rate, slow = load.value / max(1, count.value), analyses.latencies.worst_of(service)
    if isinstance(slow, Unknown):
        return Known(rate * mean), slow
    return Known(rate * mean), Known(rate * (mean + slow.value))


def _clears(service: Service, total: float, room: float, certain: bool) -> Iterator[Clear]:
    megabytes = math.ceil(total / MEGABYTE - 1e-9)
    yield Clear("memory.limit", megabytes * MEGABYTE, f"{megabytes}MB", ERROR if certain else WARNING)
    slots, depth = stated(service.spec, "capacity.concurrency"), stated(service.spec, "queue.depth")
    if not certain and slots is not None and isinstance(depth, int | float) and slots <= room < math.inf:
        places = math.floor(room + 1e-9) - math.ceil(slots)
        yield Clear("queue.depth", places, str(places), WARNING)
