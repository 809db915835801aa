"""Data gravity: distance costs money by the byte and time by the round trip."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.gravity import RARE, Geography, is_in_request, sequential_time
from archlint.analysis.thresholds import at_least, at_most, exceeds
from archlint.analysis.transfer import Moved, Transfer
from archlint.plugin import (
    ERROR,
    INFO,
    WARNING,
    Call,
    Clear,
    Element,
    Evidence,
    Finding,
    Iterator,
    NotApplicable,
    Options,
    Related,
    Service,
    Severity,
    System,
    Unknown,
    check,
    show,
    stated,
)
from archlint.records import dataclass

NAMED = 4
"""Further transfers that a finding names as related."""

FORMULA = "sum of mean rate x (payload + response) x share that crosses x price x 2,629,800 s a month"


@dataclass(frozen=True, slots=True)
class Share(Options):
    """`most`: the share of the system's budget that transfers may cost."""

    most: float = 0.10


@check("LAW070", "cross-region-transfer-cost", severity=WARNING, options=Share)
def cross_region_transfer_cost(system: System, analyses: Analyses, options: Share) -> Iterator[Finding]:
    """Moving data between regions takes a large part of the budget.

    What it finds: mean load x (payload + response) of each call and message that leaves its region, and of each write
    that is replicated to another one, x the price of the link, over a month. More than 10% of `system.budget` (the
    option `most`) is a warning, at the dearest of them. It is a lower bound: what can be answered in the caller's own
    region counts as answered there, and sizes that are not stated count as nothing.

    Why it matters: the bill grows with traffic and with every copy, and no dashboard of the service shows it. Moving a
    terabyte costs about as much as computing on it a hundred times.

    At 3 AM: it does not page. It is found in the bill of last month, and the traffic that made it is gone.

    How to fix: answer where the data is (a replica or cache in each region, calls that stay in theirs), send less
    (compress, ask for fields, send differences), and aggregate before crossing.

    When it is wrong: the price of the link is a list price, and yours is another.

    Sources: J. Gray, "Distributed computing economics", ACM Queue 6(3), 2008,
    https://doi.org/10.1145/1394127.1394131; Amazon Web Services, "Overview of data transfer costs for common
    architectures", 2021.

    Risky:
        archlint: 1
        system: {name: shop, budget: 10000 USD/month}
        topology:
          regions: {eu: {zones: [eu-a]}, us: {zones: [us-a]}}
          links: [{between: [eu, us], rtt: 75ms, price: 0.02 USD/GB}]
        services:
          web: {zones: [us-a], load: {mean: 500/s}, calls: [{to: catalogue, payload: 2kB, response: 60kB}]}
          catalogue: {zones: [eu-a]}

    Safe:
        archlint: 1
        system: {name: shop, budget: 10000 USD/month}
        topology:
          regions: {eu: {zones: [eu-a]}, us: {zones: [us-a]}}
          links: [{between: [eu, us], rtt: 75ms, price: 0.02 USD/GB}]
        services:
          web: {zones: [us-a], load: {mean: 500/s}, calls: [{to: catalogue, payload: 2kB, response: 60kB}]}
          catalogue: {zones: [eu-a, us-a]}
    """
    if not analyses.geography.is_wide:
        raise NotApplicable
    moved = analyses.transfers.of(system, "region")
    if not moved.transfers and not moved.missing:
        return
    yield from _costs(system, moved, options.most, WARNING, "between regions")


@check("LAW072", "cross-zone-transfer-cost", severity=INFO, options=Share)
def cross_zone_transfer_cost(system: System, analyses: Analyses, options: Share) -> Iterator[Finding]:
    """Moving data between zones takes a large part of the budget.

    What it finds: as LAW070, for links between zones of one region that state a price. Where none is stated, what comes
    to or goes from a managed technology costs what its provider's list says, as far as the catalogue knows it. Requests
    are taken to spread over the zones of their target alike, whichever zone they come from.

    Why it matters: with three zones two of three requests cross one, and both directions are billed. At a high rate of
    large answers that is more than the machines cost.

    At 3 AM: it does not page.

    How to fix: prefer targets in the caller's own zone, with a fallback to the others; let consumers read from the
    nearest copy; compress.

    When it is wrong: requests already stay in their zone where they can, which the manifest cannot say.

    Sources: J. Gray, "Distributed computing economics", ACM Queue 6(3), 2008; Amazon Web Services, "Overview of data
    transfer costs for common architectures", 2021.

    Risky:
        archlint: 1
        system: {name: shop, budget: 1000 USD/month}
        topology:
          regions: {eu: {zones: [eu-a, eu-b]}}
          links: [{between: [eu-a, eu-b], price: 0.02 USD/GB}]
        services:
          web: {zones: [eu-a, eu-b], load: {mean: 500/s}, calls: [{to: images, payload: 1kB, response: 50kB}]}
          images: {zones: [eu-a, eu-b]}

    Safe:
        archlint: 1
        system: {name: shop, budget: 20000 USD/month}
        topology:
          regions: {eu: {zones: [eu-a, eu-b]}}
          links: [{between: [eu-a, eu-b], price: 0.02 USD/GB}]
        services:
          web: {zones: [eu-a, eu-b], load: {mean: 500/s}, calls: [{to: images, payload: 1kB, response: 50kB}]}
          images: {zones: [eu-a, eu-b]}
    """
    if not analyses.transfers.has_zone_prices(system):
        raise NotApplicable
    moved = analyses.transfers.of(system, "zone")
    if not moved.transfers and not moved.missing:
        return
    yield from _costs(system, moved, options.most, INFO, "between zones")


def _costs(system: System, moved: Moved, most: float, severity: Severity, where: str) -> Iterator[Finding]:
    budget = stated(system.spec, "budget")
    if budget is None or not exceeds(moved.cost, most * budget):
        lacking = (*(("budget",) if budget is None else ()), *moved.missing)
        if lacking:
            raise Unknown(*lacking)
        return
    first, *others = moved.transfers
    share = moved.cost / budget if budget else 1.0
    yield Finding(
        at=first.at,
        field=first.field,
        key=where,
        severity=severity,
        message=(
            f"moving data {where} costs {'at least ' if moved.missing else ''}{show(moved.cost, 'USD/month')}, "
            f"{show(share, 'fraction')} of the budget; most of it {first.what}, {show(first.cost, 'USD/month')}"
        ),
        exposure=moved.cost / (most * budget) if most * budget else None,
        evidence=(
            Evidence("cost", moved.cost, "USD/month"),
            Evidence("budget", budget, "USD/month"),
            Evidence("share of the budget", share, "fraction"),
            Evidence("dearest", first.what),
            Evidence("cost of the dearest", first.cost, "USD/month"),
            Evidence("mean rate of the dearest that crosses", first.rate, "/s"),
            Evidence("size of one transfer", first.size, "B"),
            *((Evidence("price of the dearest", first.source),) if first.source else ()),
        ),
        formula=FORMULA,
        clears=tuple(_smaller(moved, first, most * budget, severity)),
        remedy="Answer it where the data is, with a copy or a cache there; else send less and compress it.",
        related=tuple(
            Related(other.at, f"{other.what}: {show(other.cost, 'USD/month')}", other.field) for other in others[:NAMED]
        ),
    )


def _smaller(moved: Moved, first: Transfer, allowed: float, severity: Severity) -> Iterator[Clear]:
    """The size at which the whole fits, where the one stated size of one call makes all of the cost."""
    value = stated(first.at.spec, first.field)
    if moved.missing or any(transfer.at is not first.at or transfer.size != value for transfer in moved.transfers):
        return
    size = at_most(first.size * allowed / moved.cost, "B")
    yield Clear(first.field, size.value, size.text, severity)


@dataclass(frozen=True, slots=True)
class _Step:
    """The time on the wire of one call of a request, from the region that waits longest."""

    call: Call
    origin: str
    rtt: float
    time: float


@check("LAW071", "chatty-across-regions", severity=ERROR)
def chatty_across_regions(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """Round trips to another region alone take longer than the objective allows.

    What it finds: for each service the calls of a request that leave its region, one after the other: `per_request`
    over `parallel`, rounded up, x the round trip to the nearest region that can answer (the primary's for writes),
    calls of one `stage` side by side. More than the p99 that the service, or a flow which waits for it, promises is an
    error. Calls that are asynchronous, by the clock, or made by less than 1% of requests do not count; nor do replicas
    of less than 1% in a region. Distance alone: whatever the other side does comes on top.

    Why it matters: a loop over a list that was instant in one region is a second over an ocean, and no machine makes it
    faster.

    At 3 AM: after a move of one component to another region all its callers are slow by the same multiple of the round
    trip, and everything is healthy. Move it back.

    How to fix: ask once for everything (a batch call, a join at the other side), call in parallel, keep a copy or cache
    in the region, or move the caller to the data.

    When it is wrong: `per_request` is the largest number of calls and a rare one.

    Sources: P. Deutsch and J. Gosling, "The eight fallacies of distributed computing", 1994 to 1997 (latency is zero);
    D. Abadi, "Consistency tradeoffs in modern distributed database system design", IEEE Computer 45(2), 2012.

    Risky:
        archlint: 1
        system: {name: shop}
        topology:
          regions: {eu: {zones: [eu-a]}, us: {zones: [us-a]}}
          links: [{between: [eu, us], rtt: 75ms}]
        services:
          web: {zones: [us-a], slo: {latency_p99: 800ms}, calls: [{to: prices, per_request: 20}]}
          prices: {zones: [eu-a]}

    Safe:
        archlint: 1
        system: {name: shop}
        topology:
          regions: {eu: {zones: [eu-a]}, us: {zones: [us-a]}}
          links: [{between: [eu, us], rtt: 75ms}]
        services:
          web: {zones: [us-a], slo: {latency_p99: 800ms}, calls: [{to: prices, per_request: 20, parallel: 10}]}
          prices: {zones: [eu-a]}
    """
    geography = analyses.geography
    if not geography.is_wide:
        raise NotApplicable
    calls = [call for call in service.calls if is_in_request(call) and call.target is not None]
    if not calls:
        raise NotApplicable
    steps, missing = list[_Step](), list[str]()
    for call in calls:
        found = _step(call, geography)
        if isinstance(found, Unknown):
            missing.extend(found.fields)
        elif found is not None:
            steps.append(found)
    total = max((_in_sequence(steps, operation) for operation in {step.call.operation for step in steps}), default=0.0)
    promised = geography.objectives.get(service)
    if promised is None or not exceeds(total, promised.seconds):
        lacking = [*missing, *(["slo.latency_p99"] if promised is None and (steps or missing) else [])]
        if lacking:
            raise Unknown(*lacking)
        return
    yield _chatty(service, steps, total, promised.seconds, promised.by)


def _step(call: Call, geography: Geography) -> _Step | Unknown | None:
    """None where the call can be answered in every region that makes it."""
    assert call.target is not None
    origins, ends = geography.regions(call.caller), geography.answering(call, call.target)
    if not origins or not ends:
        return Unknown("zones")
    worst: _Step | None = None
    for origin, share in origins.items():
        rtt = 0.0 if share <= RARE else geography.nearest(origin, ends)
        if rtt is None:
            return Unknown("topology.links")
        if rtt and (worst is None or rtt > worst.rtt):
            worst = _Step(call, origin, rtt, sequential_time(call.spec.per_request, call.spec.parallel, rtt))
    return worst


def _in_sequence(steps: list[_Step], operation: str) -> float:
    """Seconds on the wire of a request of one operation: its stages one after the other."""
    stages: dict[object, float] = {}
    for step in steps:
        if step.call.operation in ("", operation):
            stage = step.call if step.call.spec.stage is None else step.call.spec.stage
            stages[stage] = max(step.time, stages.get(stage, 0.0))
    return sum(stages.values())


def _chatty(service: Service, steps: list[_Step], total: float, limit: float, by: Element) -> Finding:
    worst = min(steps, key=lambda step: (-step.time, step.call.name))
    trips = round(worst.time / worst.rtt)
    waits = show(trips, "round trip" if trips == 1 else "round trips")
    spec = worst.call.spec
    loops, left = trips > 1, limit - (total - worst.time)
    clears: tuple[Clear, ...] = ()
    if loops and len(steps) == 1 and left >= worst.rtt:
        rounds = int(left / worst.rtt + 1e-9)
        fewer, wider = at_most(rounds * max(1, spec.parallel)), at_least(spec.per_request / rounds)
        clears = (
            Clear("per_request", fewer.value, fewer.text, ERROR),
            Clear("parallel", wider.value, wider.text, ERROR),
        )
    return Finding(
        at=worst.call,
        field="per_request" if loops else "locality",
        message=(
            f"a request of {service.label} spends {show(total, 's')} on the wire between regions, over the "
            f"{show(limit, 's')} that {by.name} promises: {worst.call.label} takes {waits} "
            f"of {show(worst.rtt, 's')} from {worst.origin}"
        ),
        exposure=total / limit if limit else None,
        evidence=(
            Evidence("round trips one after the other", trips),
            Evidence("round trip", worst.rtt, "s"),
            Evidence("on the wire between regions", total, "s"),
            Evidence("p99 objective", limit, "s"),
        ),
        formula="sum over stages of ceil(calls per request / in parallel) x RTT",
        clears=clears,
        remedy="Ask once for everything, call in parallel, keep a copy in the region, or move the caller to the data.",
        related=(
            *((Related(by, f"promises {show(limit, 's')}"),) if by is not service else ()),
            *(
                Related(step.call, f"adds {show(step.time, 's')}", "per_request")
                for step in steps[:NAMED]
                if step is not worst
            ),
        ),
    )
