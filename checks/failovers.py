"""Murphy's law, what should save a promise: one region that is not enough for it, a failover not shown to work."""

from __future__ import annotations

from functools import lru_cache

from archlint.analysis.analyses import Analyses
from archlint.analysis.cuts import SinglePoint
from archlint.analysis.domains import Domain, places_known
from archlint.analysis.downtime import Budget
from archlint.analysis.promises import Promises
from archlint.analysis.survival import elects_itself, fate_of_instance, redundancy, spreads_itself
from archlint.plugin import (
    ERROR,
    NONE,
    WARNING,
    Broker,
    Cache,
    Component,
    Datastore,
    Evidence,
    Finding,
    Iterator,
    Network,
    NotApplicable,
    Related,
    Service,
    Unknown,
    check,
    need,
    show,
    stated,
)

NAMED = 4
"""Flows and components that a message names; the rest are counted."""


def _is_run_here(component: Component) -> bool:
    return isinstance(component, Service | Datastore | Cache | Broker | Network)


@check("LAW122", "single-region-for-the-promise", severity=ERROR, applies=_is_run_here)
def single_region_for_the_promise(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """Losing one region stops a flow whose promise cannot bear it.

    What it finds: regions whose loss stops a flow with an objective, where the expected downtime of the region
    (failures a year x recovery, or its stated availability) is over the flow's error budget. One finding a region;
    the first component that it stops is the place, the others are related. Silent while the budget bears the loss:
    one region is a fair choice for 99.9%. What one instance or one zone already stops has a finding of its own
    (LAW120, LAW121).

    Why it matters: a promise of 99.995% leaves 26 minutes a year. A region is lost seldom, but for hours, and one
    such day spends the budgets of many years.

    At 3 AM: every zone of the region fails at once, and so does the provider's console there. Nothing can be moved
    that does not already run elsewhere; tell the customers, and restore from the backups in another region if it
    lasts.

    How to fix: run the components in a second region, and let the stores follow; or promise what one region can
    keep.

    When it is wrong: the region is a label for rooms that fail independently, or its availability is far better
    than the default: state it under `topology`.

    Sources: Amazon Web Services, "AWS post-event summaries", 2025,
    https://aws.amazon.com/premiumsupport/technology/pes/; B. Beyer and others, "Site Reliability Engineering", 2016,
    chapter 3 (error budgets).

    Risky:
        archlint: 1
        system: {name: shop}
        topology: {regions: {eu-1: {zones: [eu-1a, eu-1b]}}}
        services:
          checkout: {replicas: 4, zones: [eu-1a, eu-1b]}
        flows:
          buy: {entry: checkout, slo: {availability: 99.999%, window: 30d}}

    Safe:
        archlint: 1
        system: {name: shop}
        topology: {regions: {eu-1: {zones: [eu-1a, eu-1b]}}}
        services:
          checkout: {replicas: 4, zones: [eu-1a, eu-1b]}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}
    """
    if not analyses.promises.flows or not analyses.single_failures.carries(component):
        raise NotApplicable
    points = analyses.single_failures.regions(component)
    placed = bool(_regions(component, analyses)) or spreads_itself(component)
    if isinstance(points, Unknown) or not (points or placed):
        if _is_borne(component, analyses):
            return
        if isinstance(points, Unknown):
            raise points
        raise Unknown("topology.regions" if places_known(component) else "zones")
    for point in points:
        if not point.draft and point.exposure is not None and point.exposure >= 1:
            yield _region_finding(point, point.exposure)


def _regions(component: Component, analyses: Analyses) -> list[Domain]:
    return [domain for domain in analyses.single_failures.losses.shares(component) if domain.kind == "region"]


def _is_borne(component: Component, analyses: Analyses) -> bool:
    """Whether every promise bears the loss of any region that the component may stand in."""
    failures = analyses.single_failures.failures
    regions = _regions(component, analyses) or [Domain("region", "")]
    losses = [failure for region in regions if (failure := failures.of_domain(region)) is not None]
    budget = _strictest(analyses.promises)
    return budget is None or all(budget.spent(failure) < 1 for failure in losses)


@lru_cache(maxsize=1)
def _strictest(promises: Promises) -> Budget | None:
    """The smallest budget of any flow: found once, for thousands of components ask."""
    budgets = (Budget.of(promises.objective(flow)) for flow in promises.flows)
    return min((each for each in budgets if each is not None), key=lambda each: each.in_year, default=None)


def _region_finding(point: SinglePoint, exposure: float) -> Finding:
    element, first = point.element, point.place
    assert isinstance(element, Domain)
    failure, worst = point.failure, point.worst
    assert failure is not None
    assert worst.budget is not None
    names = _listed([component.label for component in point.components])
    flows = _listed([hit.flow.name for hit in point.hits if hit.flow is not None])
    year, left = show(failure.downtime * worst.share, "s"), show(worst.budget.in_year, "s")
    promise = show(worst.budget.availability, "fraction")
    does = "stand in for each other and share" if point.cause == "alternatives" else "cannot serve without"
    others = [other for other in point.components if other is not first]
    return Finding(
        at=first,
        field="zones",
        severity=ERROR,
        message=f"{names} {does} {element.label}: its loss stops {flows}; "
        f"{year} a year expected of the {left} that {promise} leaves",
        exposure=exposure,
        evidence=_evidence(point, flows),
        formula="expected downtime = failures a year x recovery; exposure = expected downtime / budget of a year",
        remedy=f"Run {first.label} in a second region as well, or promise what {element.label} alone can keep.",
        related=(
            *(Related(other, f"is lost with {element.label}", "zones") for other in others),
            *(Related(hit.flow, "is stopped") for hit in point.hits[:NAMED] if hit.flow is not None),
        ),
        key=f"{element.kind} {element.name}",
    )


def _evidence(point: SinglePoint, flows: str) -> tuple[Evidence, ...]:
    failure, worst = point.failure, point.worst
    assert failure is not None
    assert worst.budget is not None
    rows = [Evidence("flows", flows)]
    if not failure.summed:
        rows += [Evidence("failures a year", failure.per_year), Evidence("recovery", failure.recovery, "s")]
    rows.append(Evidence("basis", failure.basis))
    if worst.share < 1:
        rows.append(Evidence("share of requests", worst.share, "fraction"))
    rows.append(Evidence("expected downtime a year", failure.downtime * worst.share, "s"))
    rows.append(Evidence("budget a year", worst.budget.in_year, "s"))
    return tuple(rows)


def _listed(names: list[str]) -> str:
    """a, b and c; or the first few and how many more."""
    if len(names) > NAMED:
        names = [*names[: NAMED - 1], f"{len(names) - NAMED + 1} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _may_fail_over(component: Component) -> bool:
    return isinstance(component, Datastore | Cache | Broker) and not spreads_itself(component)


@check("LAW123", "failover-manual-or-unproven", severity=WARNING, applies=_may_fail_over)
def failover_manual_or_unproven(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """A promise rests on a failover that waits for a person, or that nobody has seen work.

    What it finds: stores, caches and brokers on the hard path of a flow with an objective that survive the loss of
    an instance or a zone only because another node, or the component that `failover.to` names, takes over; where
    that failover is manual (`automatic: false`), or has no date on which it was last seen to work (`proven`).
    Silent for quorums and for technologies that elect by themselves, and where `verification.chaos` has shown the
    scenario `failover`. Without any failover the loss is a single point of failure (LAW120).

    Why it matters: a person needs minutes to wake up and more to decide; 99.95% leaves 22 minutes a month. And a
    failover that was never tried fails by the things that nobody wrote down: a stale address, a missing grant,
    a copy that lags.

    At 3 AM: the leader is gone and nothing takes writes. Promote the copy with the least lag, after making sure that
    the old leader cannot write any more, and point the clients to it.

    How to fix: let the failover start by itself, with fencing; then kill the leader in a test, under load, and write
    down the date in `failover.proven`.

    When it is wrong: people decide on purpose since losing writes is worse than waiting, and the promise has been
    agreed with that time in it; waive it with that reason.

    Sources: GitHub, "October 21 post-incident analysis", 2018,
    https://github.blog/2018-10-30-oct21-post-incident-analysis/; GitLab, "Postmortem of database outage of January
    31", 2017, https://about.gitlab.com/blog/2017/02/10/postmortem-of-database-outage-of-january-31/.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 4, calls: [{to: ledger}]}
        datastores:
          ledger:
            nodes: 2
            replication: {mode: sync}
            failover: {automatic: false, scope: zone, time: 20m, proven: 2026-09-20}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 4, calls: [{to: ledger}]}
        datastores:
          ledger:
            nodes: 2
            replication: {mode: sync}
            failover: {automatic: true, scope: zone, time: 25s, proven: 2026-09-20}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}
    """
    if component not in analyses.promises.promised or not _rests_on_failover(component, analyses):
        raise NotApplicable
    automatic, time = stated(component.spec, "failover.automatic"), stated(component.spec, "failover.time")
    name, evidence = component.label, () if time is None else (Evidence("failover time", float(time), "s"),)
    takes = "" if time is None else f", which takes {show(float(time), 's')}"
    if automatic is False:
        yield Finding(
            at=component,
            field="failover.automatic",
            message=f"{name} serves again after a loss only by a failover that a person starts{takes}",
            evidence=evidence,
            remedy=f"Let {name} fail over by itself, with the old leader fenced, and prove it by a test.",
        )
        return
    if stated(component.spec, "failover.proven") is None and not _shown_by_chaos(component):
        yield Finding(
            at=component,
            field="failover.proven",
            message=f"{name} serves again after a loss only by a failover that nobody has seen work",
            evidence=evidence,
            remedy=f"Make {name} fail over in a test under load, and state the date in `failover.proven`.",
            unstated="failover.proven",
        )
        return
    need(component, "failover.automatic")


def _rests_on_failover(component: Component, analyses: Analyses) -> bool:
    """Whether a failover saves the component from the loss of an instance or zone; raises Unknown if none can tell."""
    failover = stated(component.spec, "failover")
    if failover == NONE or (isinstance(component, Cache) and component.backed_by is not None):
        return False
    if _is_rescued(component, analyses):
        return True
    if elects_itself(str(stated(component.spec, "technology") or "").partition("@")[0].lower()):
        return False
    if isinstance(component, Broker):
        return failover is not None and not _elects_leaders(component)
    size = need(component, redundancy(component))
    if size.leader and failover is None:
        raise Unknown("failover")
    return bool(size.leader)


def _is_rescued(component: Component, analyses: Analyses) -> bool:
    """Whether another component is stated to take over when an instance or a zone is lost with all that it holds."""
    if not stated(component.spec, "failover.to"):
        return False
    if fate_of_instance(component, redundancy(component)).rescuers:
        return True
    losses = analyses.single_failures.losses
    zones = (node for node in losses.own[component] if isinstance(node, Domain) and node.kind == "zone")
    return any(losses.rescuers(component, zone) for zone in zones)


def _elects_leaders(broker: Broker) -> bool:
    """Whether its voters, or the copies of its topics, choose leaders among themselves."""
    copies = (stated(topic.spec, "replication_factor") or 1 for topic in broker.topics.values())
    return stated(broker.spec, "voters") is not None or any(count > 1 for count in copies)


def _shown_by_chaos(component: Component) -> bool:
    """Whether failures made on purpose have shown the failover to work."""
    verification = component.system.manifest.verification
    scenarios, targets = stated(verification, "chaos.scenarios"), stated(verification, "chaos.targets")
    if stated(verification, "chaos.proven") is None or "failover" not in (scenarios or ()):
        return False
    return targets is None or component.name in targets
