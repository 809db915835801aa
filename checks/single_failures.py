"""Murphy's law, single failures: what one loss stops, and what that spends of an error budget."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.cuts import SinglePoint
from archlint.analysis.domains import Domain
from archlint.analysis.instances import instances_field
from archlint.analysis.survival import least_instances, redundancy
from archlint.checks.single_points import (
    FORMULA,
    domain_finding,
    evidence_of,
    is_run_here,
    severity_of,
    stopped_flows,
    what_it_stops,
    words_of_spending,
)
from archlint.plugin import (
    ERROR,
    NONE,
    WARNING,
    Clear,
    Component,
    Finding,
    Iterator,
    Network,
    NotApplicable,
    Service,
    Severity,
    Topic,
    Unknown,
    check,
    need,
    stated,
)


@check("LAW120", "single-point-of-failure", severity=ERROR, applies=is_run_here, subsumes=("LIM110",))
def single_point_of_failure(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """Losing one instance of a component stops a flow.

    What it finds: components of which one instance, once lost, stops a flow with an objective: a single replica
    or node, nodes that cannot lose one without their quorum or a part of the data, a leader that nothing
    replaces, a topic with one copy. Expected downtime is failures a year x recovery. It is an error when that
    is over the flow's error budget, or when a single failure of a kind to be expected within a year spends a
    whole window's budget; else a warning. Where no flow has an objective, every service that nothing calls
    counts as an entry, and the finding is for information. Instances that others run (`externals`) are left to
    what is promised and measured of them.

    Why it matters: instances fail several times a year, whatever the provider. With one instance, each failure is
    an outage as long as the restart; with two it is a blip.

    At 3 AM: one pod or node is gone and everything above it returns errors. Restart it, and look at what the host
    says; nothing else can serve meanwhile.

    How to fix: run two instances or more, on different hosts and zones. Let a store fail over by itself. Or make
    the call optional, with a fallback that serves without it. A restart that is stated (a liveness probe's
    interval and failures, and `startup`) and fits the budget is enough.

    When it is wrong: the instance restarts faster than the manifest says, or the provider of the technology
    spreads it over zones by itself and the manifest names another technology.

    Sources: Ford and others, "Availability in globally distributed storage systems", OSDI 2010, section 3
    (failures of instances); Beyer and others, "Site Reliability Engineering", 2016, chapter 3 (error budgets).

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 1}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 2}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}
    """
    failures = analyses.single_failures
    if not failures.carries(component):
        raise NotApplicable
    point = failures.instance(component)
    if isinstance(point, Unknown):
        raise Unknown(*point.fields)
    severity = None if point is None else severity_of(point)
    if point is None or severity is None:
        return
    what, field, remedy = _weakness(component)
    yield Finding(
        at=component,
        field=field,
        severity=severity,
        message=f"{component.label} {what} stops {what_it_stops(point)}{words_of_spending(point)}",
        exposure=point.exposure,
        evidence=evidence_of(point),
        formula=FORMULA,
        clears=_clears(component, field, severity),
        remedy=remedy,
        related=stopped_flows(point),
    )


@check("LAW121", "single-zone", severity=ERROR, applies=is_run_here)
def single_zone(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """Losing one zone stops a flow.

    What it finds: zones whose loss stops a flow with an objective, because a component has all its instances
    there, or a leader whose failover does not reach beyond a zone; or because a component and what stands in for
    it share the zone. One finding a zone; the first component that it stops is the place, the others are related.
    A component with one instance has a finding of its own (LAW120), and so has a quorum of which too few members
    stand elsewhere (LAW152). It is an error when the expected downtime is over the error budget, else a warning;
    without any objective it is for information.

    Why it matters: a zone is the largest thing that a provider says may fail at any time, and it takes hours to
    come back. All instances in one zone are one instance.

    At 3 AM: everything in one zone times out at once, and the provider's page is still green. Move traffic to
    the zones that live; if there are none, wait, or restore elsewhere.

    How to fix: spread the instances over two zones or more, and let the failover's scope be the zone.

    When it is wrong: the zone named is not one of a cloud but a label of the same rooms, or its availability is
    far better than the default: state it under `topology`.

    Sources: Amazon Web Services, "AWS post-event summaries", 2025; Gunawi and others, "Why does the cloud stop
    computing?", SoCC 2016.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 4, zones: [eu-1a]}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 4, zones: [eu-1a, eu-1b]}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}
    """
    failures = analyses.single_failures
    if not failures.carries(component) or isinstance(component, Topic):
        raise NotApplicable
    points = failures.zones(component)
    if isinstance(points, Unknown):
        raise Unknown(*points.fields)
    for point in points:
        severity = severity_of(point)
        if severity is not None:
            yield domain_finding(point, severity, *_zone_remedy(component))


@check("LAW124", "shared-failure-domain", severity=ERROR)
def shared_failure_domain(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """Losing one building, rack, feed, account or other shared thing stops a flow.

    What it finds: failure domains, stated under `domains` or around a zone, whose loss stops a flow with an
    objective: all replicas of a component stand in it, a component and its stand-in share it, or it takes
    down a component together with what should fail it over. One finding a domain, with the severity of LAW120.
    Regions, providers and accounts are silent while the budget bears their loss, and images and update windows
    tell only of a component and its stand-in: replicas share them by nature. Of a kind without a known rate the
    finding is for information.

    Why it matters: redundancy counts failures that come alone. Copies on one rack, one power feed or one image
    fail together, and the failover that depends on what has failed never runs.

    At 3 AM: all copies are down at the same second although dashboards show them on different machines. Look for
    what they share: rack, feed, switch, version, account.

    How to fix: spread the instances over several domains of that kind; put the stand-in, and what decides a
    failover, where the loss cannot reach it.

    When it is wrong: the label names something that is itself redundant (two feeds under one name).

    Sources: Barroso, Hoelzle and Ranganathan, "The Datacenter as a Computer", 3rd edition, 2018, chapter 7; Ford
    and others, "Availability in globally distributed storage systems", OSDI 2010, section 4 (correlated failures).

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 4, domains: {rack: r07}}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 4, domains: {rack: [r07, r08]}}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}
    """
    failures = analyses.single_failures
    if not failures.carries(component) or not failures.has_domains(component):
        raise NotApplicable
    points = failures.domains(component)
    if isinstance(points, Unknown):
        raise Unknown(*points.fields)
    for point in points:
        severity = severity_of(point)
        if severity is not None:
            field, remedy = _domain_remedy(component, point)
            yield domain_finding(point, severity, field, remedy)


def _weakness(component: Component) -> tuple[str, str, str]:
    """What is weak, in words that end in "losing it"; the field of the first remedy; the remedy."""
    name = component.label
    if isinstance(component, Topic):
        field = "replication_factor" if stated(component.spec, "replication_factor") == 1 else "min_insync_replicas"
        if field == "replication_factor":
            return "has one copy: losing its node", field, f"Keep three copies of {name}."
        return "takes no writes with a copy less: losing one", field, "Require fewer copies in step than there are."
    field = "nodes" if isinstance(component, Network) else instances_field(component)
    count = need(component, least_instances(component))
    if count <= 1:
        bounds = stated(component.spec, f"{field}.min") is not None
        noun = field.removesuffix("s")
        where = f"{field}.min" if bounds else field
        return f"has 1 {noun}: losing it", where, f"Run {name} with two {field} or more, on different hosts."
    if stated(component.spec, "replication.mode") == NONE or stated(component.spec, "replication.factor") == 1:
        field = "replication.mode" if stated(component.spec, "replication.mode") == NONE else "replication.factor"
        return f"keeps one copy on {count} nodes: losing any", field, f"Keep copies of the data of {name}."
    size = need(component, redundancy(component))
    if size.leader:
        return "has a leader that nothing replaces: losing it", "failover", f"Let another node of {name} take over."
    return (
        f"needs {size.needed} of {size.copies} members: losing one",
        field,
        f"Run {name} with an odd number of members, three or more.",
    )


def _clears(component: Component, field: str, severity: Severity) -> tuple[Clear, ...]:
    """Of services and networks alone: whether a second node saves a store depends on its replication too."""
    if isinstance(component, Service | Network):
        return (Clear(field, 2, "2", min(severity, WARNING)),)
    return ()


def _zone_remedy(component: Component) -> tuple[str, str]:
    zones = stated(component.spec, "zones")
    if zones is None or zones == NONE or len(zones) <= 1:
        return "zones", f"Spread {component.label} over more zones."
    size = need(component, redundancy(component))
    if not size.leader:
        return "zones", f"Spread {component.label} over three zones, so that each holds less than half."
    field = "failover" if stated(component.spec, "failover") == NONE else "failover.scope"
    return field, f"Let {component.label} fail over to another zone."


def _domain_remedy(component: Component, point: SinglePoint) -> tuple[str, str]:
    element = point.element
    assert isinstance(element, Domain)
    if point.cause == "rescuer":
        field = "failover.controller" if stated(component.spec, "failover.controller") else "failover.to"
        return field, f"Keep what fails {component.label} over out of {element.label}."
    if stated(component.spec, f"domains.{element.kind}") is not None:
        return f"domains.{element.kind}", f"Spread {component.label} over more than {element.label}."
    return "zones", f"Spread {component.label} over zones outside {element.label}."
