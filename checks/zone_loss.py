"""Loss of a zone: whether what is left carries the load."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.analysis.analyses import Analyses
from archlint.analysis.instances import fullest_zone, greatest, placement, rate_of_one, scale, zones
from archlint.analysis.thresholds import at_least, at_most, exceeds, fewest
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
from archlint.records import dataclass


def _is_spread(service: Service) -> bool:
    return len(zones(service)) > 1


@check("LAW125", "no-capacity-after-zone-loss", severity=ERROR, applies=_is_spread, subsumes=("LAW130",))
def no_capacity_after_zone_loss(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """The replicas that are left when the fullest zone fails do not carry the peak.

    What it finds: the replicas that run at peak, less those of the fullest of two or more zones, x the rate of one,
    against the peak load. Where autoscaling may add enough in the other zones it is a warning that says for how
    long capacity is missing: `autoscaling.reaction` and `startup`. Where it may not, it is an error on a promised path
    or a critical service, else a warning. Where not even all zones carry the peak, LAW020 or LAW130 say so instead.

    Why it matters: spreading over zones helps only if the others have the room. Three zones at 80% become two at
    120%: the loss of a third of the replicas becomes the loss of the service.

    At 3 AM: a zone is gone, and the replicas in the healthy zones fall over one after the other under the load of
    all. Shed load before adding replicas: other customers of the zone ask for the same machines at that minute.

    How to fix: run so many replicas that a zone less is enough (three zones: no more than two thirds busy at
    peak), or shed load by priority and prove it.

    When it is wrong: the peak is short and may be refused, or a fleet elsewhere takes the traffic over.

    Sources: B. Beyer et al., Site Reliability Engineering, 2016, chapter 18 (N+2 planning) and chapter 22 (cascading
    failures), https://sre.google/sre-book/addressing-cascading-failures/; Amazon Web Services, "Static stability using
    Availability Zones", Amazon Builders' Library, 2019,
    https://aws.amazon.com/builders-library/static-stability-using-availability-zones/

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          gateway:
            replicas: 9
            zones: [a, b, c]
            load: {peak: 800/s}
            capacity: {per_replica: 100/s}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          gateway:
            replicas: 12
            zones: [a, b, c]
            load: {peak: 800/s}
            capacity: {per_replica: 100/s}
    """
    if analyses.load.only_consumes(service):
        raise NotApplicable
    load, rate = analyses.load.requests(service), rate_of_one(service)
    exact, upper = analyses.capacity.instances_at_peak(service), analyses.capacity.most_at_peak(service)
    offered = load.value if isinstance(load, Known) else analyses.load.at_least(service)
    if not isinstance(rate, Known) or not isinstance(upper, Known) or not rate.value:
        need(service, load, rate, exact)
        raise NotApplicable
    loss = _Loss(service, offered, rate.value, upper.value, fullest_zone(service, upper.value))
    if not loss.left:
        raise NotApplicable  # one zone holds all that there is, whatever the list says: LAW121 tells
    if loss.is_carried or _is_failing_already(service, loss):
        need(service, load, exact)
        return
    gap = _gap(service)
    if loss.can_grow and gap is not None and _queue_holds(service, loss, gap):
        return
    yield _finding(loss, gap, analyses, known=isinstance(load, Known) and isinstance(exact, Known))


@dataclass(frozen=True, slots=True)
class _Loss:
    """`count` replicas run at peak, and the `lost` ones of the fullest zone are gone."""

    service: Service
    offered: float
    rate_of_one: float
    count: int
    lost: int

    @property
    def left(self) -> int:
        return self.count - self.lost

    @property
    def is_carried(self) -> bool:
        return not exceeds(self.offered, self.left * self.rate_of_one)

    @property
    def can_grow(self) -> bool:
        """Whether the largest number of replicas, less the fullest zone's, is more than run and is enough."""
        most = greatest(self.service)
        if not isinstance(most, Known) or most.value <= self.count:
            return False
        left = most.value - fullest_zone(self.service, most.value)
        return not exceeds(self.offered, left * self.rate_of_one)

    @property
    def needed(self) -> int | None:
        """The fewest replicas of which a zone less is enough."""

        def enough(count: int) -> bool:
            left = count - fullest_zone(self.service, count)
            return not exceeds(self.offered, left * self.rate_of_one)

        return fewest(enough, self.count)


def _is_failing_already(service: Service, loss: _Loss) -> bool:
    """Where all zones together do not carry the load, LAW020 or LAW130 says so at their maximum."""
    most = greatest(service)
    return isinstance(most, Known) and loss.offered >= most.value * loss.rate_of_one


def _gap(service: Service) -> float | None:
    """Seconds until autoscaling has made up for a loss, where both its parts are stated."""
    reaction = stated(service.spec, "autoscaling.reaction")
    startup = stated(service.spec, "autoscaling.startup")
    startup = stated(service.spec, "startup") if startup is None else startup
    if not isinstance(reaction, float) or not isinstance(startup, float):
        return None
    return reaction + startup


def _queue_holds(service: Service, loss: _Loss, gap: float) -> bool:
    """Whether what exceeds the capacity during the gap fits into the queues and may wait there for so long."""
    depth, timeout = stated(service.spec, "queue.depth"), stated(service.spec, "queue.timeout")
    if not isinstance(depth, float) or not isinstance(timeout, float):
        return False
    excess = (loss.offered - loss.left * loss.rate_of_one) * gap
    return excess <= loss.left * depth and loss.left * loss.rate_of_one * timeout >= excess


def _finding(loss: _Loss, gap: float | None, analyses: Analyses, *, known: bool) -> Finding:
    service, left = loss.service, loss.left
    held = left * loss.rate_of_one
    heavy = not loss.can_grow and analyses.promises.concern(service)
    return Finding(
        at=service,
        field=_field(loss),
        severity=ERROR if heavy else WARNING,
        message=(
            f"{service.label} loses {loss.lost} of {show(loss.count, 'replicas')} with its fullest zone: "
            f"the other {left} serve {show(held, '/s')} of {'' if known else 'at least '}"
            f"{show(loss.offered, '/s')} at peak{_until(loss, gap)}"
        ),
        exposure=loss.offered / held,
        evidence=(
            Evidence("peak load", loss.offered, "/s"),
            Evidence("replicas at peak", loss.count),
            Evidence("replicas in the fullest zone", loss.lost),
            Evidence("rate of one", loss.rate_of_one, "/s"),
            Evidence("capacity left", held, "/s"),
            *((Evidence("gap", gap, "s"),) if loss.can_grow and gap is not None else ()),
        ),
        formula="capacity left = (replicas at peak - replicas in the fullest zone) x rate of one",
        clears=tuple(_clears(loss)) if known else (),
        remedy="Run enough replicas that a zone less carries the peak, or shed load by priority.",
    )


def _until(loss: _Loss, gap: float | None) -> str:
    if not loss.can_grow:
        return ""
    return ", until autoscaling has added replicas" + (f" after {show(gap, 's')}" if gap is not None else "")


def _field(loss: _Loss) -> str:
    """The number of replicas where it is stated: the least one where autoscaling could add enough."""
    replicas = stated(loss.service.spec, "replicas")
    if replicas is None:
        return "zones"
    if isinstance(replicas, int):
        return "replicas"
    return "replicas.min" if loss.can_grow else "replicas.max"


def _clears(loss: _Loss) -> Iterator[Clear]:
    service, needed, size = loss.service, loss.needed, scale(loss.service)
    if needed is None or not isinstance(size, Known) or not placement(service, needed):
        return
    if not size.value.is_fixed:
        if needed <= size.value.most:
            yield Clear("replicas.min", needed, str(needed), WARNING)
        return
    if stated(service.spec, "replicas") is not None:
        yield Clear("replicas", needed, str(needed), WARNING)
    if stated(service.spec, "load.peak") is not None:
        peak = at_most(loss.left * loss.rate_of_one, "/s")
        yield Clear("load.peak", peak.value, peak.text, WARNING)
    if stated(service.spec, "capacity.per_replica") == loss.rate_of_one:
        yield from _faster(loss)


def _faster(loss: _Loss) -> Iterator[Clear]:
    """A faster replica, as far as its slots let it be."""
    slots, held = (stated(loss.service.spec, f"capacity.{name}") for name in ("concurrency", "service_time"))
    each = at_least(loss.offered / loss.left, "/s")
    if slots is None or not held or each.value <= slots / held:
        yield Clear("capacity.per_replica", each.value, each.text, WARNING)
