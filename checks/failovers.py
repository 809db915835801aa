"""Murphy's law, what should save a promise: one region that is not enough for it, a failover not shown to work."""

from __future__ import annotations

import math

from archlint.analysis.analyses import Analyses
from archlint.analysis.domains import Domain, places_known
from archlint.analysis.downtime import Budget
from archlint.analysis.survival import elects_itself, fate_of_instance, redundancy, spreads_itself
from archlint.analysis.takeovers import Takeover
from archlint.analysis.thresholds import at_most, exceeds
from archlint.checks.single_points import domain_finding, is_run_here, severity_of
from archlint.plugin import (
    ERROR,
    INFO,
    NONE,
    WARNING,
    Broker,
    Cache,
    Clear,
    Component,
    Datastore,
    Evidence,
    Finding,
    Iterator,
    NotApplicable,
    Topic,
    Unknown,
    check,
    need,
    show,
    stated,
)


@check("LAW122", "single-region-for-the-promise", severity=ERROR, applies=is_run_here)
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
    if isinstance(component, Topic) or not analyses.promises.flows or not analyses.single_failures.carries(component):
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
        if severity_of(point) is ERROR:
            remedy = f"Run {point.place.label} in a second region as well, or promise what one region can keep."
            yield domain_finding(point, ERROR, "zones", remedy)


def _regions(component: Component, analyses: Analyses) -> list[Domain]:
    return [domain for domain in analyses.single_failures.losses.shares(component) if domain.kind == "region"]


def _is_borne(component: Component, analyses: Analyses) -> bool:
    """Whether every promise bears the loss of any region that the component may stand in."""
    failures = analyses.single_failures.failures
    regions = _regions(component, analyses) or [Domain("region", "")]
    losses = [failure for region in regions if (failure := failures.of_domain(region)) is not None]
    budget = Budget.of(analyses.promises.strictest)
    return budget is None or all(budget.spent(failure) < 1 for failure in losses)


def _may_fail_over(component: Component) -> bool:
    return isinstance(component, Datastore | Cache | Broker) and not spreads_itself(component)


@check("LAW123", "failover-manual-or-unproven", severity=WARNING, applies=_may_fail_over)
def failover_manual_or_unproven(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """A promise rests on a failover that waits for a person, that nobody has seen work, or that takes too long.

    What it finds: stores, caches and brokers on the hard path of a flow with an objective that survive the loss of
    an instance or a zone only because another node, or the component that `failover.to` names, takes over; where
    that failover is manual (`automatic: false`), or has no date on which it was last seen to work (`proven`), or takes
    more time than the promise has: failures a year x `failover.time` against a year's error budget, and one failover
    against that of a window. A manual failover that is proven, and whose time fits the budget and the store's `rto`, is
    a fair choice, and is for information. Silent for quorums and for technologies that elect by themselves; a failover
    counts as proven as well where `verification.chaos` has shown the scenario `failover`. Without any failover the loss
    is a single point of failure (LAW120).

    Why it matters: a person needs minutes to wake up and more to decide; 99.95% leaves 22 minutes a month. And a
    failover that was never tried fails by the things that nobody wrote down: a stale address, a missing grant,
    a copy that lags.

    At 3 AM: the leader is gone and nothing takes writes. Promote the copy with the least lag, after making sure that
    the old leader cannot write any more, and point the clients to it.

    How to fix: let the failover start by itself, with fencing; then kill the leader in a test, under load, and write
    down the date in `failover.proven`. Where people decide on purpose, since losing writes is worse than waiting,
    rehearse it and state the time that it took, from the loss to the first write.

    When it is wrong: the component fails far less often than the default says; state what was measured.

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
            failover: {automatic: false, scope: zone, time: 20m}
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
    automatic = stated(component.spec, "failover.automatic")
    proven = stated(component.spec, "failover.proven") is not None or _shown_by_chaos(component)
    if not proven:
        yield _unproven(component, manual=automatic is False)
        return
    if automatic is True and analyses.objectives.availability(component) is None:
        return
    _, time = need(component, "failover.automatic", "failover.time")
    takeover = Takeover.of(component, float(time), analyses.single_failures, analyses.objectives)
    exposure = takeover.exposure(with_objective=automatic is False)
    if automatic is False or (exposure is not None and exceeds(exposure, 1.0)):
        yield _takes_long(component, takeover, exposure, manual=automatic is False)


def _unproven(component: Component, *, manual: bool) -> Finding:
    name, time = component.label, stated(component.spec, "failover.time")
    takes = "" if time is None or not manual else f", which takes {show(float(time), 's')}"
    that = f"that a person starts{takes}, and that nobody has seen work" if manual else "that nobody has seen work"
    prove = f"Make {name} fail over in a test under load, and state the date in `failover.proven`."
    fence = f"Let {name} fail over by itself, with the old leader fenced, and prove it by a test."
    return Finding(
        at=component,
        field="failover.automatic" if manual else "failover.proven",
        message=f"{name} serves again after a loss only by a failover {that}",
        evidence=() if time is None else (Evidence("failover time", float(time), "s"),),
        remedy=fence if manual else prove,
        unstated="" if manual else "failover.proven",
    )


_FORMULA = (
    "exposure = the largest of failures a year x failover time / budget of a year, failover time / budget of a window, "
    "and, of a manual one, failover time / rto"
)


def _takes_long(component: Component, takeover: Takeover, exposure: float | None, *, manual: bool) -> Finding:
    within = exposure is None or not exceeds(exposure, 1.0)
    name, time = component.label, show(takeover.time, "s")
    what = f"a failover that a person starts; it is proven and takes {time}" if manual else f"a failover of {time}"
    limits = [takeover.bearable, *([takeover.objective] if manual and takeover.objective is not None else [])]
    longest = at_most(min(limits), "s") if math.isfinite(min(limits)) else None
    return Finding(
        at=component,
        field="failover.automatic" if manual else "failover.time",
        severity=INFO if within else WARNING,
        message=f"{name} serves again after a loss only by {what}{_measured(takeover, within=within, manual=manual)}",
        exposure=exposure,
        evidence=tuple(_evidence(takeover, manual=manual)),
        formula=_FORMULA,
        clears=() if within or longest is None else (Clear("failover.time", longest.value, longest.text, WARNING),),
        remedy=f"Let {name} fail over by itself, with the old leader fenced, and prove it by a test."
        if manual
        else f"Let {name} find out sooner that its leader is lost, or promise what the failover can keep.",
    )


def _measured(takeover: Takeover, *, within: bool, manual: bool) -> str:
    """Against what its time is held, in words: the limit that it takes the largest part of."""
    budget, failure = takeover.budget, takeover.failure
    whole = takeover.exposure(with_objective=manual)
    if manual and takeover.objective is not None and whole == takeover.time / takeover.objective:
        return f", {'within' if within else 'over'} the {show(takeover.objective, 's')} of its own objective"
    if failure is None or budget is None:
        return ""
    verb, promise = "of" if within else "over", show(budget.availability, "fraction")
    if budget.in_window is not None and budget.spent_at_once(failure, takeover.share) == whole:
        one = show(failure.recovery * takeover.share, "s")
        return f"; one spends {one} {verb} the {show(budget.in_window, 's')} that {promise} leaves in a window"
    year = show(failure.downtime * takeover.share, "s")
    return f"; {year} a year expected {verb} the {show(budget.in_year, 's')} that {promise} leaves"


def _evidence(takeover: Takeover, *, manual: bool) -> Iterator[Evidence]:
    yield Evidence("failover time", takeover.time, "s")
    if manual and takeover.objective is not None:
        yield Evidence("recovery time objective", takeover.objective, "s")
    failure, budget = takeover.failure, takeover.budget
    if failure is None or budget is None:
        return
    yield Evidence("failures a year", failure.per_year)
    yield Evidence("basis", failure.basis)
    if takeover.share < 1:
        yield Evidence("share of requests", takeover.share, "fraction")
    yield Evidence("expected downtime a year", failure.downtime * takeover.share, "s")
    yield Evidence("budget a year", budget.in_year, "s")
    if budget.in_window is not None:
        yield Evidence("budget a window", budget.in_window, "s")


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
