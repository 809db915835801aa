"""Little's law: what is in flight is rate times time, and slots, pools and connections must hold it."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.instances import scale
from archlint.analysis.queueing import littles_concurrency
from archlint.plugin import ERROR, WARNING, Clear, Evidence, Finding, Iterator, Service, check, need, show, stated

HEADROOM = 0.75
"""The share of slots in use at which requests begin to find none free (the framework's detection metric)."""


@check("LAW020", "concurrency-below-littles-law", severity=ERROR, needs=("capacity.concurrency",))
def concurrency_below_littles_law(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """The requests in flight at peak need more concurrency slots than the replicas have.

    What it finds: peak load x service time, the requests that are in flight at once, against replicas x
    `capacity.concurrency`. Over the slots it is an error; over 75% of them a warning, for arrivals come in
    bursts. Where only `latency.mean` is stated, it stands in for the service time and gives at most a warning,
    because it may count waiting that holds no slot.

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
    held = stated(service.spec, "capacity.service_time")
    time_field = "latency.mean" if held is None and stated(service.spec, "latency.mean") is not None else ""
    time_field = time_field or "capacity.service_time"
    load, replicas = analyses.load.requests(service), analyses.capacity.instances_at_peak(service)
    rate, time, slots, count = need(service, load, time_field, "capacity.concurrency", replicas)
    offered, available = littles_concurrency(rate, time), count * slots
    exposure = offered / available if available else float("inf")
    if exposure <= HEADROOM:
        return
    certain = exposure > 1 and time_field == "capacity.service_time"
    yield Finding(
        at=service,
        field="capacity.concurrency",
        severity=ERROR if certain else WARNING,
        message=(
            f"{service.label} needs {show(offered, 'concurrent requests')} at peak "
            f"({show(rate, '/s')} x {show(time, 's')}), its {show(count, 'replicas')} hold {show(available)}"
        ),
        exposure=exposure,
        evidence=(
            Evidence("peak load", rate, "/s"),
            Evidence("time in service", time, "s"),
            Evidence("requests in flight", offered),
            Evidence("replicas", count),
            Evidence("slots", available),
        ),
        formula="in flight = peak load x time in service; slots = replicas x concurrency",
        clears=tuple(_clears(service, offered, slots, count)),
        remedy=f"Add replicas or slots until {show(offered / HEADROOM)} requests fit, or hold each slot for less time.",
    )


def _clears(service: Service, offered: float, slots: float, count: int) -> Iterator[Clear]:
    """Each input on its own: slots a replica, then replicas where their number is fixed."""
    needed = -(-offered / HEADROOM // count) if count else 0
    yield Clear("capacity.concurrency", needed, f"{needed:.0f}", WARNING)
    size = scale(service)
    if not isinstance(size, Exception) and size.value.least == size.value.most and slots:
        replicas = -(-offered / HEADROOM // slots)
        yield Clear("replicas", replicas, f"{replicas:.0f}", WARNING)
