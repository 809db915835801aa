"""Quorums and failure domains: what takes so many members at once that the rest cannot agree."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.cuts import SinglePoint
from archlint.analysis.domains import Domain
from archlint.analysis.survival import is_own, redundancy
from archlint.checks.single_points import NAMED, severity_of, stopped_flows
from archlint.plugin import (
    ERROR,
    NONE,
    Broker,
    Cache,
    Component,
    Datastore,
    Evidence,
    Finding,
    Iterator,
    Known,
    NotApplicable,
    Related,
    Severity,
    Unknown,
    check,
    need,
    show,
    stated,
)


def holds_votes(component: Component) -> bool:
    return isinstance(component, Datastore | Cache | Broker)


@check(
    "LAW152", "quorum-lost-with-a-domain", severity=ERROR, applies=holds_votes, subsumes=("LAW121", "LAW122", "LAW124")
)
def quorum_lost_with_a_domain(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """One failure domain holds so many members that the rest has no quorum.

    What it finds: zones, regions, racks and other domains whose loss leaves a store or broker without its quorum
    though members are left elsewhere, and stops a flow with an objective. An error where the expected downtime is over
    the flow's error budget, or one failure spends that of a window; else a warning. It stands in place of LAW121,
    LAW122 and LAW124, which speak of components that are lost as a whole.

    Why it matters: three members in two zones survive the loss of a node and not that of a zone. They look redundant
    on every diagram.

    At 3 AM: two of three members went with a zone, the last one is up and refuses. Bring one member of the lost zone
    back elsewhere; forcing the last one to go on alone loses what it had not heard.

    How to fix: place members in three domains or more, so that none holds half of them. With two, add a witness in a
    third.

    When it is wrong: the two zones fail together anyway, or a witness in a third is not in the manifest.

    Sources: D. K. Gifford, "Weighted voting for replicated data", SOSP 1979; etcd, "FAQ: failure tolerance",
    https://etcd.io/docs/v3.6/faq/; Ford and others, "Availability in globally distributed storage systems", OSDI 2010.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 4, zones: [eu-1a, eu-1b], calls: [{to: ledger}]}
        datastores:
          ledger: {nodes: 3, zones: {eu-1a: 2, eu-1b: 1}, replication: {mode: quorum, factor: 3}}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 4, zones: [eu-1a, eu-1b], calls: [{to: ledger}]}
        datastores:
          ledger: {nodes: 3, zones: [eu-1a, eu-1b, eu-1c], replication: {mode: quorum, factor: 3}}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}
    """
    failures = analyses.single_failures
    size = redundancy(component)
    if not is_own(component) or not failures.carries(component) or not isinstance(size, Known):
        raise NotApplicable
    if size.value.leader or size.value.needed < 2 or size.value.needed == size.value.copies:
        raise NotApplicable
    missing: list[str] = []
    points: list[SinglePoint] = []
    others = False
    for found in (failures.zones(component), failures.regions(component), failures.domains(component)):
        if isinstance(found, Unknown):
            missing.extend(found.fields)
            continue
        own = [point for point in found if _is_partial(point, analyses)]
        points.extend(own)
        others = others or len(own) < len(found)
    for point in points:
        severity = severity_of(point)
        if severity is not None:
            yield _quorum_finding(component, point, severity, alone=not others)
    if missing:
        raise Unknown(*missing)


def _is_partial(point: SinglePoint, analyses: Analyses) -> bool:
    """Whether all that it stops have members left elsewhere, too few for a quorum."""
    element = point.element
    if not isinstance(element, Domain) or point.cause != "replicas":
        return False
    for component in point.components:
        size, share = redundancy(component), analyses.single_failures.losses.shares(component).get(element)
        if not isinstance(size, Known) or size.value.leader or share is None or share.whole:
            return False
    return True


def _quorum_finding(component: Component, point: SinglePoint, severity: Severity, *, alone: bool) -> Finding:
    element = point.element
    assert isinstance(element, Domain)
    size = need(component, redundancy(component))
    flows = [hit.flow.name if hit.flow is not None else hit.entry.label for hit in point.hits]
    stopped = ", ".join(flows[:NAMED]) + (f" and {len(flows) - NAMED} more" if len(flows) > NAMED else "")
    rows = [Evidence("copies", size.copies), Evidence("needed", size.needed), Evidence("stops", stopped)]
    failure, budget = point.failure, point.worst.budget
    spent = ""
    if failure is not None:
        rows.append(Evidence("expected downtime a year", failure.downtime * point.worst.share, "s"))
        rows.append(Evidence("basis", failure.basis))
        if budget is not None:
            rows.append(Evidence("budget a year", budget.in_year, "s"))
            year = show(failure.downtime * point.worst.share, "s")
            spent = f"; {year} a year expected of the {show(budget.in_year, 's')} that the objective leaves"
    field = "domains." + element.kind if stated(component.spec, f"domains.{element.kind}") is not None else "zones"
    if stated(component.spec, "zones") in (None, NONE) and stated(component.spec, "replication.members") is not None:
        field = "replication.members"
    return Finding(
        at=component,
        field=field,
        severity=severity,
        key=f"{element.kind} {element.name}",
        message=(
            f"without {element.label} {component.label} has fewer than the {show(size.needed)} of "
            f"{show(size.copies)} members that it needs: its loss stops {stopped}{spent}"
        ),
        exposure=point.exposure,
        evidence=tuple(rows),
        formula="members left < quorum; expected downtime = failures a year x recovery",
        remedy=f"Place members of {component.label} in three domains or more, so that none holds half of them.",
        related=(
            *(Related(other, "loses its quorum too", "zones") for other in point.components if other is not component),
            *stopped_flows(point),
        ),
        concerns=() if alone else (component.system,),
    )
