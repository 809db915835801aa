"""Murphy's law, tiers: what is critical is only as good as what it cannot do without."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.plugin import (
    WARNING,
    Broker,
    Client,
    Component,
    Dependency,
    Evidence,
    Finding,
    Iterator,
    Job,
    NotApplicable,
    Related,
    Topic,
    Unknown,
    check,
    stated,
)

NAMED = 3
"""Callers that a message names; the rest are counted."""

_REMEDIES = {"call": "required", "depends_on": "required", "publish": "on_failure", "runs_on": "runs_on"}
"""The field of an edge's item that takes the component off the hard path."""


@check("LAW129", "critical-depends-on-lower-tier", severity=WARNING)
def critical_depends_on_lower_tier(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """A critical component cannot do without one of a lower tier.

    What it finds: components whose stated tier is below critical and that a critical one needs for its requests: a
    call, a publish or a run-time dependency that is required, waits for its answer and has no fallback. A
    topic has the tier of its broker. Calls that only some operations make count where a flow with an objective uses
    these. One finding a component of the lower tier, at the call of the first by name that needs it, the others
    related.

    Why it matters: tiers decide who is paged, what is staged how slowly, and what is shed first. A critical
    component that waits for a best-effort one fails as often as that one, at hours when nobody answers for it.

    At 3 AM: the critical page fires, the cause is a component without on-call, and its team is asleep. Cut the
    call (a flag, a default answer) before you try to repair it.

    How to fix: make the call optional: a fallback, a queue, `required: false`. Or raise the tier of what is needed,
    and run it accordingly.

    When it is wrong: the tier says how important the component is to its own users, not how it is run.

    Sources: Treynor, Dahlin, Rau and Beyer, "The calculus of service availability", ACM Queue 15(2), 2017,
    https://queue.acm.org/detail.cfm?id=3096459 (critical dependencies).

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {tier: critical, calls: [{to: prices}]}
          prices: {tier: best-effort}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {tier: critical, calls: [{to: prices, fallback: {use: cached}}]}
          prices: {tier: best-effort}
    """
    if isinstance(component, Topic):
        raise NotApplicable  # judged with its broker
    needing = [edge for edge in _incoming(component) if _is_needed(edge) and _is_promised(edge, analyses)]
    needing.sort(key=lambda edge: edge.source.label)  # whatever the order of the manifest, the same place
    if not needing:
        raise NotApplicable
    tier = stated(component.spec, "tier")
    if tier is None:
        raise Unknown("tier")
    if tier == "critical":
        return
    sources = list(dict.fromkeys(edge.source for edge in needing))
    names = ", ".join(source.label for source in sources[:NAMED])
    more = f" and {len(sources) - NAMED} more" if len(sources) > NAMED else ""
    verb = "is critical and cannot" if len(sources) == 1 else "are critical and cannot"
    first, *others = needing
    yield Finding(
        at=first.item,
        field=_REMEDIES.get(first.kind, ""),
        key=component.name,
        message=f"{names}{more} {verb} serve without {component.label}, which is {tier}",
        evidence=(Evidence("tier", tier), Evidence("critical components that need it", len(sources))),
        remedy=f"Let the request succeed without {component.label} (a fallback, a queue), or run it as critical.",
        related=(
            Related(component, f"{component.label} is {tier}", "tier"),
            *(Related(edge.item, "needs it too", _REMEDIES.get(edge.kind, "")) for edge in others),
        ),
    )


def _incoming(component: Component) -> Iterator[Dependency]:
    yield from component.incoming
    for topic in component.topics.values() if isinstance(component, Broker) else ():
        yield from topic.incoming


def _is_needed(edge: Dependency) -> bool:
    """Whether a critical component cannot do without the target; one of several alternatives is enough."""
    if not edge.hard or len(edge.targets) != 1 or isinstance(edge.source, Client | Job | Topic):
        return False
    return stated(edge.source.spec, "tier") == "critical" and edge.phase == "runtime" and _is_caused(edge)


def _is_promised(edge: Dependency, analyses: Analyses) -> bool:
    """Whether all requests need it, or those of a flow with an objective: an operation of its own may be minor."""
    item = edge.item
    names = {getattr(item, "operation", ""), *(getattr(item.spec, "only_in", None) or ())} - {""}
    return not names or not names.isdisjoint(analyses.promises.causes)


def _is_caused(edge: Dependency) -> bool:
    """Whether requests cause it: periodic work fails without them."""
    spec = edge.item.spec
    return getattr(spec, "every", None) is None and (edge.kind != "call" or spec.rate is None)
