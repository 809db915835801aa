"""The manifest itself: what nothing reaches, what nobody knows, and how much could be judged."""

from __future__ import annotations

import datetime
import re
from typing import Any

from archlint.analysis.analyses import Analyses
from archlint.plugin import (
    INFO,
    WARNING,
    Broker,
    Client,
    Component,
    Element,
    Evaluation,
    Evidence,
    Finding,
    Item,
    Iterator,
    Job,
    Options,
    Service,
    System,
    Topic,
    check,
    show,
    stated,
)
from archlint.records import dataclass


def _can_be_unreachable(component: Component) -> bool:
    """Clients and jobs begin things; a service may be an entry, where no flow and no client says which are."""
    if isinstance(component, Client | Job):
        return False
    system = component.system
    return not isinstance(component, Service) or bool(system.flows or system.clients)


@check("MAN010", "component-unreachable", severity=WARNING, applies=_can_be_unreachable)
def component_unreachable(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """Nothing in the manifest reaches the component.

    What it finds: a component that is no flow's entry, that no call, publish, dependency, fallback or failover
    names, and that consumes nothing. A service that states a load of its own, or depends on a broker (whose
    queues may not be written down), counts as reached. Services are judged only where the manifest says by flows
    or clients where requests come in.

    Why it matters: either the component is dead weight, or a dependency on it is missing from the manifest.
    Then every analysis of paths, loads and failures is wrong about it.

    At 3 AM: the outage runs along an edge that the picture does not have.

    How to fix: add the call, publish, dependency or flow that uses it, or remove the component.

    When it is wrong: the component serves another system whose manifest is not in this run.

    Sources: archlint's own; Google, Site Reliability Engineering, 2016, chapter 32 (dependencies are listed in a
    production readiness review), https://sre.google/sre-book/evolving-sre-engagement-model/

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {calls: [{to: ledger}]}
        datastores:
          ledger: {nodes: 3}
          legacy: {nodes: 1}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {calls: [{to: ledger}, {to: legacy}]}
        datastores:
          ledger: {nodes: 3}
          legacy: {nodes: 1}
    """
    if _is_reached(component):
        return
    yield Finding(
        at=component,
        message=f"nothing in the manifest reaches the {component.kind} {component.label}",
        remedy="Add the call, publish, dependency or flow that uses it, or remove it.",
    )


def _is_reached(component: Component) -> bool:
    if any(edge.source is not component for edge in component.incoming):
        return True
    if any(flow.system is component.system for flow in component.entered_by):
        return True
    if isinstance(component, Service):
        reads_a_broker = any(isinstance(target, Broker) for edge in component.outgoing for target in edge.targets)
        return reads_a_broker or bool(component.consumes) or stated(component.spec, "load.peak") is not None
    if isinstance(component, Topic):
        return bool(component.publishers or component.consumers)
    return isinstance(component, Broker) and any(_is_reached(topic) for topic in component.topics.values())


@check(
    "MAN015",
    "unknown-technology",
    severity=INFO,
    applies=lambda component: getattr(component.spec, "technology", None) is not None,
)
def unknown_technology(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """The catalogue does not know the technology that a component states.

    What it finds: a `technology:` that is neither in the catalogue nor among the names that it recognises.

    Why it matters: no limit, default or failure behaviour of the technology can be checked.

    At 3 AM: the limit that stopped the component stands in its documentation, and nobody was told of it.

    How to fix: use the catalogue's name (`archlint catalog technologies`), or leave the field out.

    When it is wrong: the technology is your own, or too rare for the catalogue. Waive the finding there.

    Sources: archlint's own catalogue.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          ledger: {technology: postgresq}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          ledger: {technology: postgresql@16}
    """
    technology = component.spec.technology
    if analyses.knowledge.recognises(technology):
        return
    near = next(iter(analyses.knowledge.similar(technology)), None)
    yield Finding(
        at=component,
        field="technology",
        message=f"the catalogue does not know `{technology}`, so no limit of it can be checked",
        remedy=f"Did you mean `{near}`?" if near else "Use a name of `archlint catalog technologies`.",
    )


@dataclass(frozen=True, slots=True)
class SaysLittle(Options):
    """`least`: the share of applicable checks, 0 to 1, below which a manifest says too little."""

    least: float = 0.5


UNLOCKING_FIELDS = 5
WORTH_SAYING = 5
"""Checks that the best field must help to decide: below that, the manifest is small rather than silent."""


@check("MAN020", "manifest-says-little", severity=INFO, options=SaysLittle)
def manifest_says_little(evaluation: Evaluation, analyses: Analyses, options: SaysLittle) -> Iterator[Finding]:
    """Most of what could be checked lacks its inputs.

    What it finds: the share of pairs of a check and a component that could be judged is below half (the option
    `least`), with the five fields that would decide most of the rest.

    Why it matters: unknown is not a pass. A short report of a manifest that says little is no good news.

    At 3 AM: the risk that struck was one that nobody had written down.

    How to fix: state the fields it names, from the top; each decides the number of checks beside it.

    When it is wrong: the manifest is a first draft, and you know it.

    Sources: archlint's own.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {calls: [{to: ledger, retries: {attempts: 3}}]}
          search: {calls: [{to: ledger, retries: {attempts: 3}}]}
          basket: {calls: [{to: ledger, retries: {attempts: 3}}]}
          orders: {calls: [{to: ledger, retries: {attempts: 3}}]}
          prices: {calls: [{to: ledger, retries: {attempts: 3}}]}
        datastores:
          ledger: {model: relational}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            replicas: 24
            load: {peak: 10k/s}
            capacity: {per_replica: 600/s, concurrency: 64, service_time: 100ms}
    """
    best = evaluation.missing[:UNLOCKING_FIELDS]
    if evaluation.share >= options.least or not best or best[0][1] < WORTH_SAYING:
        return
    fields = ", ".join(f"`{name}` ({count})" for name, count in best)
    yield Finding(
        at=evaluation,
        message=f"only {show(evaluation.share, 'fraction')} of the checks that apply could be judged",
        evidence=(Evidence("evaluated share", evaluation.share, "fraction"),),
        remedy=f"State {fields}: the number says how many checks each would help to decide.",
    )


MORE = 1.2
LESS = 0.8


@check("MAN030", "derived-and-stated-load-differ", severity=WARNING)
def derived_and_stated_load_differ(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """The load that a component states is not the load that its callers add up to.

    What it finds: derived over stated load, above 1.2 (a warning) or below 0.8 (an info). The derived load is the
    sum over flows, clients, jobs and periodic calls of rate x share x calls per request along the edges, with
    the misses of caches.

    Why it matters: every capacity check of the component stands on the stated figure. Above 1.2 it is too small
    for what the manifest itself sends there; below 0.8 there are callers that the manifest does not know.

    At 3 AM: the component was sized for the load of last year's callers.

    How to fix: measure the peak again and state that; or mend the share, the rate or the missing caller.

    When it is wrong: the peaks of the callers do not fall together, so that their sum is more than ever arrives.

    Sources: archlint's own; the sum over paths follows the traffic equations of J. R. Jackson, "Networks of Waiting
    Lines", Operations Research 5(4), 1957.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {load: {peak: 1000/s}, calls: [{to: prices, per_request: 3}]}
          prices: {load: {peak: 1000/s}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {load: {peak: 1000/s}, calls: [{to: prices, per_request: 3}]}
          prices: {load: {peak: 2800/s}}
    """
    for field, derived in _derived(component, analyses):
        own = stated(component.spec, field)
        if not isinstance(own, int | float) or not own:
            continue
        ratio = derived / own
        if LESS <= ratio <= MORE:
            continue
        says = "its callers add up to more" if ratio > MORE else "there are callers that the manifest does not know"
        yield Finding(
            at=component,
            field=field,
            severity=WARNING if ratio > MORE else INFO,
            message=(
                f"{component.label} states {show(own, '/s')}, the manifest sends it {show(derived, '/s')}: {says}"
            ),
            exposure=ratio if ratio > MORE else None,
            evidence=(
                Evidence("derived load", derived, "/s"),
                Evidence("stated load", own, "/s"),
                Evidence("derived over stated", ratio, "x"),
            ),
            formula="derived load = sum of rate x share x per_request over what calls it",
            remedy="Measure the peak and state it, or mend the rates and shares of the calls that lead here.",
        )


def _derived(component: Component, analyses: Analyses) -> Iterator[tuple[str, float]]:
    """The loads that a component states and that follow from the rest of the manifest as well."""
    load = getattr(component.spec, "load", None)
    if load is None or isinstance(component, Topic | Client):
        return
    if getattr(load, "peak", None) is not None:
        derived = analyses.load.derived(component)
        if not isinstance(derived, Exception):
            yield "load.peak", derived.value
    for part in ("reads", "writes"):
        if getattr(load, part, None) is not None:
            derived = analyses.load.derived_part(component, part)
            if not isinstance(derived, Exception):
                yield f"load.{part}", derived.value


_PAST_ONLY = frozenset({"proven", "as_of"})
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AFTER_YEAR = re.compile(r"-(?<=[0-9]{4}-)[0-9]{2}-[0-9]{2}")
"""The rest of a date: a pattern that begins with a character is found ten times as fast."""


@check("MAN032", "date-in-the-future", severity=WARNING)
def date_in_the_future(system: System, analyses: Analyses) -> Iterator[Finding]:
    """A control is said to have been proven, or figures to have been true, on a day that has not come.

    What it finds: `proven:` and `as_of:` with a date after today.

    Why it matters: the date stands for evidence. A date to come is a plan or a slip of the pen, and every age that
    is counted from it is wrong.

    At 3 AM: the failover that was marked as proven has never been tried.

    How to fix: state the day on which it was seen to work, or leave the field out until then.

    When it is wrong: the clock of the machine is wrong; give the day with `--today`.

    Sources: archlint's own.

    Risky:
        archlint: 1
        system: {name: shop}
        verification: {game_day: {proven: 2031-03-01}}

    Safe:
        archlint: 1
        system: {name: shop}
        verification: {game_day: {proven: 2026-09-30}}
    """
    if not _names_a_day_to_come(system.document.text, analyses.today):
        return
    for path, day in _dates(system.document.data, ()):
        if day > analyses.today:
            yield Finding(
                at=_holder(system, path[:-1]),
                field=str(path[-1]),
                message=f"`{path[-1]}` is {day.isoformat()}, after today ({analyses.today.isoformat()})",
                remedy="State the day on which it was seen to work, or leave it out until then.",
            )


def _names_a_day_to_come(text: str, today: datetime.date) -> bool:
    """A cheap look first: most manifests name no date after today at all, or only ends of certificates."""
    days = (text[found.start() - 4 : found.end()] for found in _AFTER_YEAR.finditer(text))
    return max(days, default="") > today.isoformat()


def _dates(data: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], datetime.date]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        if key in _PAST_ONLY and isinstance(value, str) and _ISO_DATE.fullmatch(value):
            yield (*path, key), datetime.date.fromisoformat(value)
        elif isinstance(value, dict | list):
            yield from _dates(value, (*path, key))


def _holder(system: System, path: tuple[str | int, ...]) -> Element:
    """The component that a path lies in, else the bare place."""
    component = system.components.get(str(path[1])) if len(path) > 1 else None
    if component is not None and path[: len(component.path)] == component.path:
        return Item(component, component.name, path, None)
    return Element(system, str(path[0]) if path else system.name, path, None)
