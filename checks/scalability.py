"""The universal scalability law: more instances help less and less, and from a number on they harm."""

from __future__ import annotations

import math

from archlint.analysis.analyses import Analyses
from archlint.analysis.instances import fewest, greatest, instances_field, rate_of_one
from archlint.analysis.mesh import in_largest_cell
from archlint.analysis.scalability import Fit, Usl, fit
from archlint.analysis.thresholds import at_least, at_most, exceeds
from archlint.plugin import (
    ERROR,
    NONE,
    WARNING,
    Clear,
    Evidence,
    Finding,
    Iterator,
    Known,
    NotApplicable,
    Options,
    Service,
    Unknown,
    check,
    need,
    show,
    stated,
)
from archlint.records import dataclass

FORMULA = "C(N) = N / (1 + alpha (N - 1) + beta N (N - 1)), greatest at sqrt((1 - alpha) / beta)"


@dataclass(frozen=True, slots=True)
class Model:
    """The law of a service; `fitted` where its coefficients come from measurements."""

    law: Usl
    fitted: Fit | None

    @property
    def bends_in_sight(self) -> bool:
        """Whether the peak is stated or lies among the sizes that were measured, and is no extrapolation."""
        return self.fitted is None or (self.law.peak or math.inf) <= self.fitted.largest


@dataclass(frozen=True, slots=True)
class Gain(Options):
    """`least`: what the last replica must add, as a share of what a first one carries."""

    least: float = 0.25


def shares_state(service: Service) -> bool:
    """Whether the manifest says how capacity grows with the replicas."""
    capacity = service.spec.capacity
    return capacity is not None and (capacity.usl is not None or capacity.measured is not None)


def _model(service: Service) -> Model:
    """Raises Unknown where there are too few measurements to fit."""
    given = stated(service.spec, "capacity.usl")
    points = tuple((point.replicas, float(point.rate)) for point in stated(service.spec, "capacity.measured") or ())
    fitted = fit(points)
    if given is not None:
        return Model(Usl(float(given.alpha), float(given.beta)), None)
    if fitted is None:
        raise Unknown("capacity.usl", "capacity.measured")
    return Model(fitted.law, fitted)


def _in_cell(service: Service, instances: int) -> int:
    """Replicas that share state: those of the largest cell."""
    cells = stated(service.spec, "cells")
    if cells is None or cells == NONE or not cells.count:
        return max(1, instances)
    return max(1, in_largest_cell(instances, cells.count, cells.largest_share))


def _has_cells(service: Service) -> bool:
    return stated(service.spec, "cells") not in (None, NONE)


def _count_field(service: Service) -> str:
    name = instances_field(service)
    return name if isinstance(stated(service.spec, name), int) else f"{name}.max"


def _coefficients(model: Model) -> tuple[Evidence, ...]:
    rows = (Evidence("alpha", float(f"{model.law.alpha:.4g}")), Evidence("beta", float(f"{model.law.beta:.4g}")))
    if model.fitted is None:
        return rows
    return (*rows, Evidence("fit misses by", model.fitted.error, "fraction"))


@check("LAW030", "past-scalability-peak", severity=ERROR, applies=shares_state, subsumes=("LAW031",))
def past_scalability_peak(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """A service runs more replicas than carry most.

    What it finds: the replicas at peak load (of a cell, where there are cells) against the number that has the
    greatest capacity by the universal scalability law, N* = sqrt((1 - alpha) / beta), with coefficients as stated
    under `capacity.usl` or fitted to `capacity.measured` (three sizes or more). Past it is an error; a warning where
    only the maximum of autoscaling is past it, or where the peak lies beyond the sizes that were measured. With beta
    = 0 there is no peak. The coefficients that are often called typical (alpha 0.03, beta 0.0001) give 98 replicas,
    not about 20.

    Why it matters: replicas that must agree with each other cost every pair a little. Past the peak each replica
    takes more than it brings, so that autoscaling makes an overload worse.

    At 3 AM: the service scaled out to the maximum and throughput fell. Scale in to the number of the peak, and shed
    what that does not carry.

    How to fix: keep the maximum below the peak, and grow by shards or cells that share nothing. Then reduce what all
    replicas agree on: locks, counters, invalidations, full meshes.

    When it is wrong: the coefficients come from another version, or the replicas share nothing and the measurements
    bent because of something else, such as the load generator or a database.

    Sources: N. J. Gunther, "Guerrilla Capacity Planning", 2007, chapters 4 to 6; N. J. Gunther, "A simple capacity
    model of massively parallel transaction systems", CMG 1993.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          sessions:
            replicas: 120
            capacity: {usl: {alpha: 0.03, beta: 0.0001}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          sessions:
            replicas: 90
            capacity: {usl: {alpha: 0.03, beta: 0.0001}}
    """
    model = _model(service)
    peak = model.law.peak_instances
    if peak is None:
        return
    most, exact = need(service, greatest(service)), analyses.capacity.instances_at_peak(service)
    if _in_cell(service, most) <= peak:
        return
    sure = exact.value if isinstance(exact, Known) else fewest(service)
    count = sure.value if isinstance(sure, Known) else sure
    past = isinstance(count, int) and _in_cell(service, count) > peak
    instances = _in_cell(service, count if past and isinstance(count, int) else most)
    field = _count_field(service)
    carried = model.law.capacity(instances) / model.law.capacity(peak)
    yield Finding(
        at=service,
        field=field,
        severity=ERROR if past and model.bends_in_sight else WARNING,
        message=(
            f"{service.label} {'runs' if past else 'may scale to'} {show(instances, 'replicas')}"
            f"{' in a cell' if _has_cells(service) else ''}, past the {show(peak)} that carry most: "
            f"they carry {show(carried, 'fraction')} of that"
        ),
        exposure=instances / peak,
        evidence=(
            Evidence("replicas", instances),
            Evidence("replicas at the peak of capacity", peak),
            Evidence("capacity of the replicas", model.law.capacity(instances), "x"),
            Evidence("greatest capacity", model.law.capacity(peak), "x"),
            *_coefficients(model),
        ),
        formula=FORMULA,
        clears=() if _has_cells(service) else (Clear(field, peak, str(peak), WARNING),),
        remedy=f"Run no more than {show(peak, 'replicas')} that share state; grow by cells or shards beyond that.",
    )


@check("LAW031", "diminishing-returns", severity=WARNING, applies=shares_state, options=Gain)
def diminishing_returns(service: Service, analyses: Analyses, options: Gain) -> Iterator[Finding]:
    """The last replica of a service adds little.

    What it finds: services of which the last replica at peak load adds less than a quarter (the option `least`) of
    what one replica carries alone, by the universal scalability law. Past the peak of capacity LAW030 says so.

    Why it matters: the service is paid for in replicas and delivers in requests. Below a quarter, growth by a tenth
    needs almost half as many replicas again, and the peak is near.

    At 3 AM: doubling the replicas during a surge brought a few percent. Shed load instead.

    How to fix: split the service into cells or shards that share nothing, or remove what the replicas wait for: a
    lock, a counter, a shared cache.

    When it is wrong: the coefficients are of another version, or replicas are cheap and the load no longer grows.

    Sources: N. J. Gunther, "Guerrilla Capacity Planning", 2007, chapter 6 (effective capacity and its derivative).

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          sessions:
            replicas: 60
            capacity: {usl: {alpha: 0.03, beta: 0.0001}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          sessions:
            replicas: 20
            capacity: {usl: {alpha: 0.03, beta: 0.0001}}
    """
    law = _model(service).law
    count = need(service, analyses.capacity.instances_at_peak(service))
    instances = _in_cell(service, count)
    added = _added(law, instances)
    if added is None or added >= options.least or instances > (law.peak_instances or instances):
        return
    fair = _fair_count(law, options.least, instances)
    fixed = isinstance(stated(service.spec, "replicas"), int) and not _has_cells(service)
    yield Finding(
        at=service,
        field=_count_field(service),
        message=(
            f"the last of the {show(instances, 'replicas')} of {service.label} adds {show(added, 'fraction')} of "
            f"what one carries; {show(instances)} have the capacity of {show(law.capacity(instances))}"
        ),
        exposure=options.least / added if added > 0 else None,
        evidence=(
            Evidence("replicas", instances),
            Evidence("added by the last", added, "fraction"),
            Evidence("capacity of the replicas", law.capacity(instances), "x"),
            Evidence("least that is worth it", options.least, "fraction"),
            *_coefficients(_model(service)),
        ),
        formula=f"{FORMULA}; added = C(N) - C(N - 1)",
        clears=(Clear("replicas", fair, str(fair), WARNING),) if fixed else (),
        remedy="Split it into cells or shards that share nothing, or remove what its replicas wait for.",
    )


def _added(law: Usl, instances: int) -> float | None:
    return None if instances < 2 else law.capacity(instances) - law.capacity(instances - 1)


def _fair_count(law: Usl, least: float, most: int) -> int:
    """The largest number whose last replica adds enough: what is added falls with the number up to the peak."""
    low, high = 1, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if (_added(law, middle) or 0.0) >= least else (low, middle)
    return low


@check("LAW032", "usl-capacity-below-peak", severity=ERROR, applies=shares_state, subsumes=("LAW040", "LAW130"))
def usl_capacity_below_peak(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """Replicas that share state carry less than the peak load, though their rates add up to it.

    What it finds: peak load over the greatest capacity that the service can have, C(N) x the rate of one replica,
    at its replicas (with autoscaling, at the best number up to the maximum). The rate of one is fitted with the
    coefficients, or `capacity.per_replica` where these are stated. Cells add up. A measurement at that size which
    carried the load is believed over the fit.

    Why it matters: capacity plans multiply what one replica does. With contention of 3% twenty replicas do the work
    of twelve, and the plan is short by eight.

    At 3 AM: every replica is busy and throughput is far below replicas x rate of one, while profiles show waiting on
    a lock or on each other. Shed load; more replicas bring little.

    How to fix: raise the number of replicas where that still helps, split into cells, or remove what is serial.

    When it is wrong: the coefficients or `per_replica` come from another version or machine.

    Sources: N. J. Gunther, "Guerrilla Capacity Planning", 2007, chapters 5 and 6; B. Schwartz, "Practical Scalability
    Analysis with the Universal Scalability Law", 2015.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          sessions:
            replicas: 20
            load: {peak: 1500/s}
            capacity: {per_replica: 100/s, usl: {alpha: 0.03, beta: 0.0001}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          sessions:
            replicas: 20
            load: {peak: 1200/s}
            capacity: {per_replica: 100/s, usl: {alpha: 0.03, beta: 0.0001}}
    """
    if analyses.load.only_consumes(service):
        raise NotApplicable
    model = _model(service)
    one = Known(model.fitted.rate_of_one) if model.fitted is not None else rate_of_one(service)
    load = analyses.load.requests(service)
    most, rate = need(service, greatest(service), one)
    offered = load.value if isinstance(load, Known) else analyses.load.at_least(service)
    cells = stated(service.spec, "cells.count") if _has_cells(service) else None
    count, carried = _best(service, model, rate, max(1, most), cells or 1)
    if not exceeds(offered, carried):
        need(service, load)
        return
    least = "" if isinstance(load, Known) else "at least "
    yield Finding(
        at=service,
        field=_count_field(service),
        message=(
            f"{service.label} is offered {least}{show(offered, '/s')} at peak, its {show(count, 'replicas')} carry "
            f"{show(carried, '/s')}: contention and agreement leave "
            f"{show(carried / rate / count if rate else 0.0, 'fraction')} of each"
        ),
        exposure=offered / carried if carried else None,
        evidence=(
            Evidence("peak load", offered, "/s"),
            Evidence("replicas", count),
            Evidence("rate of one", rate, "/s"),
            Evidence("capacity", carried, "/s"),
            *_coefficients(model),
        ),
        formula=f"{FORMULA}; capacity = rate of one x C(N)",
        clears=tuple(_clears(service, model, rate, offered, carried)) if isinstance(load, Known) and not cells else (),
        remedy="Split it into cells or shards that share nothing, remove what is serial, or admit less.",
    )


def _best(service: Service, model: Model, rate: float, most: int, cells: int) -> tuple[int, float]:
    """The number of replicas with the greatest capacity that the service can have, and that capacity."""
    fixed = isinstance(stated(service.spec, "replicas"), int)
    each = max(1.0, most / cells)
    size = each if fixed else min(each, model.law.peak or each)
    carried = rate * model.law.capacity(size) * min(cells, most)
    points = stated(service.spec, "capacity.measured") or ()
    seen = [float(point.rate) for point in points if point.replicas == most or (not fixed and point.replicas <= most)]
    return round(size * cells), max([carried, *seen])


def _clears(service: Service, model: Model, rate: float, offered: float, carried: float) -> Iterator[Clear]:
    """Each input on its own."""
    needed = model.law.instances_for(offered / rate) if rate else None
    if needed is not None and stated(service.spec, "replicas") is not None:
        yield Clear(_count_field(service), needed, str(needed), WARNING)
    if stated(service.spec, "load.peak") is not None:
        peak = at_most(carried, "/s")
        yield Clear("load.peak", peak.value, peak.text, WARNING)
    if model.fitted is None and rate and rate == stated(service.spec, "capacity.per_replica"):
        slots, held = stated(service.spec, "capacity.concurrency"), stated(service.spec, "capacity.service_time")
        faster = at_least(offered / (carried / rate), "/s")
        if slots is None or not held or faster.value <= slots / held:
            yield Clear("capacity.per_replica", faster.value, faster.text, WARNING)
