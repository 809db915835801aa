"""Little's law: what is in flight is rate times time, and slots must hold it."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.analysis.analyses import Analyses
from archlint.analysis.instances import Scale, rate_of_one, scale
from archlint.analysis.queueing import littles_concurrency
from archlint.analysis.thresholds import at_least, at_most, exceeds
from archlint.plugin import (
    ERROR,
    WARNING,
    Clear,
    Evidence,
    Finding,
    Known,
    NotApplicable,
    Service,
    check,
    need,
    show,
    stated,
)
from archlint.records import replace

HEADROOM = 0.75
"""The share of slots in use at which requests begin to find none free (the framework's detection metric)."""


@check(
    "LAW020",
    "concurrency-below-littles-law",
    severity=ERROR,
    subsumes=("LAW130",),
)
def concurrency_below_littles_law(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """The requests in flight at peak need more concurrency slots than the replicas have.

    What it finds: peak load x service time, the requests that are in flight at once, against replicas x
    `capacity.concurrency`. Over the slots it is an error; over 75% of them a warning, for arrivals come in
    bursts. Where only `latency.mean` is stated, it stands in for the service time and gives at most a warning,
    because it may count waiting that holds no slot. Where the rate at which a replica met its objective
    (`capacity.per_replica`) is exceeded and is the tighter bound, LAW130 names that cause instead; a service that
    only consumes messages lets them wait, and is LAW133's.

    Why it matters: the law holds whatever the distributions are. When more requests are in flight than there
    are slots, the rest wait, the wait adds to the time that each request takes, and the queue grows until
    something gives up.

    At 3 AM: every replica shows all slots busy while the processor idles, latency climbs without end, and
    health checks start to fail. Add replicas or shed load now; raising timeouts makes it worse.

    How to fix: add replicas, raise the slots of each (if memory and processor carry it), or hold a slot for
    a shorter time: move slow calls off the request, cache, set tighter timeouts.

    When it is wrong: the stated service time counts waiting on a queue that holds no slot, or the peaks of
    several flows never fall together.

    Sources: J. D. C. Little, "A Proof for the Queuing Formula L = lambda W", Operations Research 9(3), 1961.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            replicas: 12
            load: {peak: 10k/s}
            capacity: {concurrency: 64, service_time: 100ms}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            replicas: 24
            load: {peak: 10k/s}
            capacity: {concurrency: 64, service_time: 100ms}
    """
    time_field = _time_field(service)
    if analyses.load.only_consumes(service):
        raise NotApplicable
    load, exact = analyses.load.requests(service), analyses.capacity.instances_at_peak(service)
    rate = load.value if isinstance(load, Known) else analyses.load.at_least(service)
    time, slots, count = need(service, time_field, "capacity.concurrency", analyses.capacity.most_at_peak(service))
    offered, available = littles_concurrency(rate, time), count * slots
    if not available or not exceeds(offered, HEADROOM * available) or _rate_binds(service, rate, count):
        need(service, load, exact)
        return
    known = isinstance(load, Known) and isinstance(exact, Known)
    certain = exceeds(offered, available) and time_field == "capacity.service_time"
    yield Finding(
        at=service,
        field="capacity.concurrency",
        severity=ERROR if certain else WARNING,
        message=(
            f"{service.label} needs {'' if known else 'at least '}{show(offered, 'concurrent requests')} at peak "
            f"({show(rate, '/s')} x {show(time, 's')}), its {show(count, 'replicas')} hold {show(available)}"
        ),
        exposure=offered / available,
        evidence=(
            Evidence("peak load", rate, "/s"),
            Evidence("time in service", time, "s"),
            Evidence("requests in flight", offered),
            Evidence("replicas", count),
            Evidence("slots", available),
        ),
        formula="in flight = peak load x time in service; slots = replicas x concurrency",
        clears=tuple(_clears(service, rate, time, slots, count)) if known else (),
        remedy=f"Add replicas or slots until {show(offered / HEADROOM)} requests fit, or hold each slot for less time.",
    )


def _time_field(service: Service) -> str:
    if stated(service.spec, "capacity.service_time") is not None:
        return "capacity.service_time"
    return "capacity.service_time" if stated(service.spec, "latency.mean") is None else "latency.mean"


def _rate_binds(service: Service, rate: float, count: int) -> bool:
    """Whether the stated rate of the replicas is exceeded, and is less than what their slots would let through."""
    per_replica, held = stated(service.spec, "capacity.per_replica"), stated(service.spec, "capacity.service_time")
    if per_replica is None or not held or rate < count * per_replica:
        return False
    return bool(per_replica < stated(service.spec, "capacity.concurrency") / held)


def _clears(service: Service, rate: float, time: float, slots: float, count: int) -> Iterator[Clear]:
    """Each input on its own. Where the number of replicas follows the load, only its bounds are inputs."""
    size = scale(service)
    if not isinstance(size, Known):
        return
    replicas = at_least(rate * time / HEADROOM / slots)
    if not size.value.is_fixed:
        one, free = rate_of_one(service), replace(size.value, most=10**9)
        wanted = free.at(rate, one.value) if isinstance(one, Known) else None
        yield from _clears_of_bounds(size.value, int(replicas.value), wanted or 0)
        return
    needed = at_least(rate * time / HEADROOM / count)
    yield Clear("capacity.concurrency", needed.value, needed.text, WARNING)
    if stated(service.spec, "replicas") is not None:
        yield Clear("replicas", replicas.value, replicas.text, WARNING)
    held = at_most(HEADROOM * count * slots / rate, "s")
    yield Clear(_time_field(service), held.value, held.text, WARNING)
    if stated(service.spec, "load.peak") is not None:
        peak = at_most(HEADROOM * count * slots / time, "/s")
        yield Clear("load.peak", peak.value, peak.text, WARNING)


def _clears_of_bounds(size: Scale, needed: int, wanted: int) -> Iterator[Clear]:
    """Up to the maximum the least number helps; beyond it more must be allowed, and autoscaling must ask for it."""
    if needed <= size.most:
        yield Clear("replicas.min", needed, str(needed), WARNING)
    elif wanted >= needed:
        yield Clear("replicas.max", needed, str(needed), WARNING)
