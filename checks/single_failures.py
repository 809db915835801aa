"""Murphy's law, single failures: what one loss stops, and what that spends of an error budget."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.cuts import SinglePoint, is_wide
from archlint.analysis.domains import Domain
from archlint.analysis.instances import instances_field
from archlint.analysis.survival import least_instances, redundancy
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
    Network,
    NotApplicable,
    Related,
    Service,
    Severity,
    Topic,
    Unknown,
    check,
    need,
    show,
    stated,
)

NAMED = 4
"""Flows and components that a message names; the rest are counted."""


def is_run_here(component: Component) -> bool:
    """Whether the system itself runs instances of the component."""
    return isinstance(component, Service | Datastore | Cache | Broker | Topic | Network)


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
    severity = None if point is None else _severity(point)
    if point is None or severity is None:
        return
    what, field, remedy = _weakness(component)
    yield Finding(
        at=component,
        field=field,
        severity=severity,
        message=f"{component.label} {what} stops {_names_of_hits(point)}{_spent(point)}",
        exposure=point.exposure,
        evidence=_evidence(point),
        formula=_FORMULA,
        clears=_clears(component, field, severity),
        remedy=remedy,
        related=_flows(point),
    )


@check("LAW121", "single-zone", severity=ERROR, applies=is_run_here)
def single_zone(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """Losing one zone stops a flow.

    What it finds: zones whose loss stops a flow with an objective, because a component has all its instances
    there, or so many that the rest has no quorum, or a leader whose failover does not reach beyond a zone; or
    because a component and what stands in for it share the zone. One finding a zone; the first component that
    it stops is the place, the others are related. A component with one instance has a finding of its own
    (LAW120). It is an error when the expected downtime is over the error budget, else a warning; without any
    objective it is for information.

    Why it matters: a zone is the largest thing that a provider says may fail at any time, and it takes hours to
    come back. All instances in one zone are one instance.

    At 3 AM: everything in one zone times out at once, and the provider's page is still green. Move traffic to
    the zones that live; if there are none, wait, or restore elsewhere.

    How to fix: spread the instances over three zones (a quorum needs three), and let the failover's scope be the
    zone.

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
        severity = _severity(point)
        if severity is not None:
            yield _finding(point, severity, *_zone_remedy(component))


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
        severity = _severity(point)
        if severity is not None:
            field, remedy = _domain_remedy(component, point)
            yield _finding(point, severity, field, remedy)


_FORMULA = (
    "expected downtime = failures a year x recovery; exposure = the larger of a year's downtime over a year's "
    "budget and, for what fails yearly, one failure over a window's budget"
)


def _severity(point: SinglePoint) -> Severity | None:
    """None where the loss is inside the budget and shown or fair to be so."""
    wide = isinstance(point.element, Domain) and is_wide(point.element) and point.cause != "rescuer"
    exposure = point.exposure
    if exposure is not None and exposure >= 1 and not point.draft:
        return ERROR
    if wide or (exposure is not None and point.failure is not None and point.failure.shown):
        return None
    if point.draft or (point.failure is None and point.cause == "replicas"):
        return INFO
    return WARNING


def _finding(point: SinglePoint, severity: Severity, field: str, remedy: str) -> Finding:
    element = point.element
    assert isinstance(element, Domain)
    first, others = point.place, [other for other in point.components if other is not point.place]
    names = _listed([component.label for component in point.components])
    why = {
        "replicas": f"{names} cannot serve without {element.label}",
        "alternatives": f"{names} stand in for each other and share {element.label}",
        "rescuer": f"what should save {names} from the loss of {element.label} is lost with it",
    }[point.cause]
    return Finding(
        at=first,
        field=field,
        severity=severity,
        message=f"{why}: its loss stops {_names_of_hits(point)}{_spent(point)}",
        exposure=point.exposure,
        evidence=_evidence(point),
        formula=_FORMULA,
        remedy=remedy,
        related=(*(Related(other, f"is lost with {element.label}", field) for other in others), *_flows(point)),
        key=f"{element.kind} {element.name}",
    )


def _names_of_hits(point: SinglePoint) -> str:
    return _listed([hit.flow.name if hit.flow is not None else hit.entry.label for hit in point.hits])


def _listed(names: list[str]) -> str:
    """a, b and c; or the first few and how many more."""
    if len(names) > NAMED:
        names = [*names[: NAMED - 1], f"{len(names) - NAMED + 1} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _spent(point: SinglePoint) -> str:
    """What the exposure says, in words: one failure of a window's budget, or a year's downtime of a year's."""
    failure, worst = point.failure, point.worst
    budget = worst.budget
    if failure is None or budget is None or point.draft:
        return ""
    promise = show(budget.availability, "fraction")
    at_once = budget.spent_at_once(failure, worst.share)
    if budget.in_window is not None and at_once > budget.spent_in_year(failure, worst.share):
        one = show(failure.recovery * worst.share, "s")
        return f"; one failure spends {one} of the {show(budget.in_window, 's')} that {promise} leaves in a window"
    year = show(failure.downtime * worst.share, "s")
    return f"; {year} a year expected of the {show(budget.in_year, 's')} that {promise} leaves"


def _evidence(point: SinglePoint) -> tuple[Evidence, ...]:
    rows = [Evidence("flows" if not point.draft else "entries", _names_of_hits(point))]
    failure, worst = point.failure, point.worst
    if failure is None:
        return tuple(rows)
    if not failure.summed:
        rows.append(Evidence("failures a year", failure.per_year))
        rows.append(Evidence("recovery", failure.recovery, "s"))
    rows.append(Evidence("basis", failure.basis))
    if worst.share < 1:
        rows.append(Evidence("share of requests", worst.share, "fraction"))
    rows.append(Evidence("expected downtime a year", failure.downtime * worst.share, "s"))
    if worst.budget is not None:
        rows.append(Evidence("budget a year", worst.budget.in_year, "s"))
        if worst.budget.in_window is not None:
            rows.append(Evidence("budget a window", worst.budget.in_window, "s"))
    return tuple(rows)


def _flows(point: SinglePoint) -> tuple[Related, ...]:
    return tuple(Related(hit.flow, "is stopped") for hit in point.hits[:NAMED] if hit.flow is not None)


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
