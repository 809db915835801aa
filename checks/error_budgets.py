"""Error budgets: what changes spend of them, and what people can repair within them."""

from __future__ import annotations

import math
from typing import Any

from archlint.analysis.analyses import Analyses
from archlint.analysis.availability import FlowAvailability
from archlint.analysis.budget_owners import spent
from archlint.analysis.changes import QUANTITIES, Change, classes_of, detection_time
from archlint.analysis.downtime import YEAR
from archlint.analysis.parts import Own
from archlint.analysis.survival import redundancy
from archlint.analysis.thresholds import at_most, exceeds
from archlint.plugin import (
    ERROR,
    NONE,
    WARNING,
    Clear,
    Datastore,
    Element,
    Evidence,
    Finding,
    Flow,
    Iterator,
    Known,
    NotApplicable,
    Related,
    Severity,
    System,
    Unknown,
    check,
    show,
    stated,
)
from archlint.records import dataclass

NEAR = 0.75
"""The part of an error budget above which changes leave too little for failures."""

NAMED = 4


def has_flows(system: System) -> bool:
    return bool(system.flows)


@check("LAW104", "changes-spend-the-budget", severity=ERROR, applies=has_flows, subsumes=("LAW100",))
def changes_spend_the_budget(system: System, analyses: Analyses) -> Iterator[Finding]:
    """Harmful changes alone spend a flow's error budget.

    What it finds: changes a year x the share of them that does harm x the time to undo one x the share of users that
    it reaches before it is noticed, summed over the classes of change and held against a year's error budget. The
    share is the first of `steps` while each is watched (`bake`) at least as long as trouble takes to be detected,
    and the step that has been reached by then where it is not; without steps, what `scope` says that one of them
    reaches. Over the budget it is an error, over three quarters of it a warning. The flow with the tightest budget
    counts; classes that state no figures are left out. With it LAW100 is silent about flows that would keep their
    promise otherwise.

    Why it matters: most outages of a running system begin with a change. Four deploys a day of which one in thirty
    is bad, undone in ten minutes, cost more than 99.9% allows, and nothing has failed by itself yet.

    At 3 AM: it began minutes after a deploy or a change of configuration. Take that back first, look for the cause
    later.

    How to fix: release to 1% first and watch it for longer than detection takes; roll back by machine; test what
    the last bad changes had in common.

    When it is wrong: `failure_rate` counts changes that were taken back before any user noticed.

    Sources: Beyer and others, "Site Reliability Engineering", 2016, chapter 3 (error budgets) and chapter 8 (release
    engineering); Forsgren, Humble and Kim, "Accelerate", 2018 (change failure rate, time to restore).

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 6}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}
        changes:
          code: {per: 5/day, failure_rate: 5%, restore: 10m}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 6}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}
        changes:
          code: {per: 5/day, failure_rate: 5%, restore: 10m, steps: [1%, 10%, 50%], bake: 15m}
    """
    rows = [row for row in analyses.budget_owners.changes(system) if row[0].budget is not None]
    if not rows or not system.manifest.changes:
        raise NotApplicable
    flow, changes, exposure = rows[0]
    if exceeds(exposure, NEAR):
        over = [row[0].flow for row in rows if exceeds(row[2], NEAR)]
        severity = ERROR if exceeds(exposure, 1.0) else WARNING
        yield _of_changes(flow, changes, severity, over, analyses)
        return
    lacking = _lacking(system, changes, flow)
    if lacking:
        raise Unknown(*lacking)


def _lacking(system: System, changes: tuple[Change, ...], flow: FlowAvailability) -> list[str]:
    """Fields that may still bring the changes over the budget: of classes that state a part of their figures."""
    assert flow.budget is not None
    fields = [
        f"changes.{name}.{field}"
        for name, spec in classes_of(system).items()
        for field in QUANTITIES
        if getattr(spec, field) is None and (not changes or _states_some(spec))
    ]
    if exceeds(spent(sum(one.worst_downtime for one in changes) / YEAR, flow.budget), NEAR):
        fields.extend(f"changes.{one.name}.bake" for one in changes if one.worst_downtime > one.downtime)
    return fields


def _states_some(spec: Any) -> bool:
    return any(getattr(spec, field) is not None for field in QUANTITIES)


def _of_changes(
    flow: FlowAvailability, changes: tuple[Change, ...], severity: Severity, over: list[Flow], analyses: Analyses
) -> Finding:
    budget = flow.budget
    assert budget is not None
    worst = max(changes, key=lambda one: one.downtime)
    total = sum(one.downtime for one in changes)
    exposure = spent(total / YEAR, budget)
    others = "" if len(changes) == 1 else f" and those of {', '.join(c.name for c in changes if c is not worst)}"
    at = Element(worst.system, worst.name, ("changes", worst.name), worst.system.manifest.changes[worst.name])
    explained = tuple(one for one in over if analyses.budget_owners.explains(one))
    return Finding(
        at=at,
        field="steps" if worst.share.least > 0.1 else "failure_rate",
        severity=severity,
        message=(
            f"changes of {worst.name}{others} cost {show(total, 's')} a year of the {show(budget.in_year, 's')} that "
            f"{show(budget.availability, 'fraction')} of {flow.flow.name} leaves "
            f"({show(worst.per_year, '')} a year, {show(worst.failure_rate, 'fraction')} of them bad, "
            f"{show(worst.restore, 's')} to undo, {show(worst.share.least, 'fraction')} of users)"
        ),
        exposure=exposure,
        evidence=(
            Evidence("changes a year", worst.per_year),
            Evidence("failure rate", worst.failure_rate, "fraction"),
            Evidence("restore", worst.restore, "s"),
            Evidence("exposed share", worst.share.least, "fraction"),
            Evidence("downtime by changes a year", total, "s"),
            Evidence("budget a year", budget.in_year, "s"),
            *([] if budget.in_window is None else [Evidence("budget a window", budget.in_window, "s")]),
        ),
        formula="downtime = sum of changes a year x failure rate x restore x exposed share",
        clears=_clears_of_change(worst, exposure) if len(changes) == 1 else (),
        remedy="Release in steps that are watched longer than detection takes, and undo bad changes by machine.",
        related=tuple(Related(one, "has this budget", "slo.availability") for one in over[:NAMED]),
        concerns=(at, *explained),
    )


def _clears_of_change(change: Change, exposure: float) -> tuple[Clear, ...]:
    rate = at_most(change.failure_rate * NEAR / exposure, "fraction")
    restore = at_most(change.restore * NEAR / exposure, "s")
    return (
        Clear("failure_rate", rate.value, rate.text, WARNING),
        Clear("restore", restore.value, restore.text, WARNING),
    )


@dataclass(frozen=True, slots=True)
class Repair:
    """One recovery by people, in seconds; a part that is not stated counts as nothing."""

    detection: float | None
    acknowledge: float | None
    mitigate: float | None

    @property
    def total(self) -> float:
        return sum(part or 0.0 for part in (self.detection, self.acknowledge, self.mitigate))

    @property
    def missing(self) -> tuple[str, ...]:
        names = {
            "operations.monitoring.detection": self.detection,
            "operations.response.acknowledge": self.acknowledge,
            "operations.response.mitigate": self.mitigate,
        }
        return tuple(name for name, value in names.items() if value is None)


@check("LAW105", "promise-needs-automation", severity=ERROR, applies=has_flows)
def promise_needs_automation(system: System, analyses: Analyses) -> Iterator[Finding]:
    """One recovery by people spends more than a window's error budget.

    What it finds: the time to detect trouble, to acknowledge the alert and to mitigate, against what the objective
    of a flow allows in its window. Where the flow needs a store whose failover is stated to be manual or absent (and
    not to fit the budget all the same), or takes changes that people roll back and of which one is over the budget
    too, it is an error, at that place. Else it is a warning at the response, unless
    the manifest shows that what is known to fail recovers in time: rollbacks of changes, and failovers, that are
    automatic or within the budget.

    Why it matters: 99.99% leaves 4.3 minutes in 30 days. Nobody wakes, logs in, understands and acts in that time;
    the first incident that needs a person breaks the promise for the month.

    At 3 AM: the pager has rung for two minutes and the budget is already spent. The promise was broken at design
    time, not by the one on call.

    How to fix: let machines do what people would do first: fail over, roll back, drain a zone, shed load. Detect in
    seconds. Or promise what people can hold.

    When it is wrong: trouble of this kind hits only a small share of users, and the objective counts requests.

    Sources: Treynor, Dahlin, Rau and Beyer, "The Calculus of Service Availability", ACM Queue 15(2), 2017; Beyer and
    others, "Site Reliability Engineering", 2016, chapter 7 (automation).

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 6, calls: [{to: ledger}]}
        datastores:
          ledger: {nodes: 3, replication: {mode: sync, factor: 3}, failover: {automatic: false}}
        flows:
          buy: {entry: checkout, slo: {availability: 99.99%, window: 30d}}
        operations:
          monitoring: {detection: 2m}
          response: {acknowledge: 5m, mitigate: 15m}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {replicas: 6, calls: [{to: ledger}]}
        datastores:
          ledger: {nodes: 3, replication: {mode: sync, factor: 3}, failover: {automatic: false}}
        flows:
          buy: {entry: checkout, slo: {availability: 99.9%, window: 30d}}
        operations:
          monitoring: {detection: 2m}
          response: {acknowledge: 5m, mitigate: 15m}
    """
    flows = [flow for flow in analyses.budget_owners.flows if flow.flow.system is system]
    if not flows:
        raise NotApplicable
    repair = _repair(system)
    timed = sorted((flow for flow in flows if _window(flow) is not None), key=lambda flow: _window(flow) or 0.0)
    broken = [flow for flow in timed if exceeds(repair.total, _window(flow) or 0.0)]
    by_people = [place for flow in broken for place in _by_people(flow)]
    if by_people:
        yield from _at_places(broken, repair)
    elif broken and not all(_is_covered(flow) for flow in broken):
        yield _of_repair(broken, repair, _response(system), "mitigate", WARNING, "one recovery by people")
    if len(timed) < len(flows):
        raise Unknown("slo.window")
    if repair.missing and len(broken) < len(timed):
        raise Unknown(*repair.missing)


def _repair(system: System) -> Repair:
    operations = system.manifest.operations
    values = [stated(operations, f"response.{field}") for field in ("acknowledge", "mitigate")]
    return Repair(detection_time(system), *(None if v is None or v == NONE else float(v) for v in values))


def _window(flow: FlowAvailability) -> float | None:
    return None if flow.budget is None else flow.budget.in_window


def _at_places(broken: list[FlowAvailability], repair: Repair) -> Iterator[Finding]:
    """One finding for each thing that people recover, with the flows that need it, tightest budget first."""
    needed: dict[tuple[Any, str, str], list[FlowAvailability]] = {}
    for flow in broken:
        for path, field, what in _by_people(flow):
            needed.setdefault((path, field, what), []).append(flow)
    for (path, field, what), flows in needed.items():
        system = flows[0].flow.system
        at = system.components.get(path[1]) or Element(system, path[1], path, system.manifest.changes.get(path[1]))
        yield _of_repair(flows, repair, at, field, ERROR, what)


def _by_people(flow: FlowAvailability) -> Iterator[tuple[tuple[str, str], str, str]]:
    """What people recover of a flow, too slowly: the path of its element, the field that says so, and words for it."""
    for store in _led_stores(flow):
        if _fits(store, flow):
            continue
        if stated(store.spec, "failover") == NONE:
            yield ("datastores", store.name), "failover", f"{store.label} does not fail over: one recovery by people"
        elif stated(store.spec, "failover.automatic") is False:
            yield ("datastores", store.name), "failover.automatic", f"people fail {store.label} over, which"
    for one in flow.felt_changes:
        manual = stated(one.system.manifest.changes[one.name], "rollback") in ("manual", NONE)
        if manual and one.failure_rate and not _is_bearable(one, flow):
            yield ("changes", one.name), "rollback", f"people roll changes of {one.name} back, which"


def _fits(store: Datastore, flow: FlowAvailability) -> bool:
    """Whether a failover of the store is stated to take no longer than the budget allows."""
    told = stated(store.spec, "failover.time")
    return isinstance(told, float) and told <= (_window(flow) or 0.0)


def _is_bearable(change: Change, flow: FlowAvailability) -> bool:
    """Whether a bad change ends, or hits so few, that the budget bears one."""
    return not exceeds(change.restore * change.share.least, _window(flow) or 0.0)


def _led_stores(flow: FlowAvailability) -> Iterator[Datastore]:
    """Stores of the flow's own system that it cannot do without, of which one node takes the writes."""
    for part in flow.required:
        store = part.of if isinstance(part, Own) else None
        if isinstance(store, Datastore) and store.system is flow.flow.system:
            size = redundancy(store)
            if isinstance(size, Known) and size.value.leader:
                yield store


def _is_covered(flow: FlowAvailability) -> bool:
    """Whether the manifest shows that what is known to fail recovers in time: bad changes, and lost leaders."""
    bearable = {one.name for one in flow.felt_changes if _is_bearable(one, flow)}
    rollbacks = {
        name: spec.rollback for name, spec in classes_of(flow.flow.system).items() if spec.rollback is not None
    }
    undone = bool(rollbacks) and all(how == "automatic" or name in bearable for name, how in rollbacks.items())
    stores = _led_stores(flow)
    return undone and all(stated(store.spec, "failover.automatic") is True or _fits(store, flow) for store in stores)


def _response(system: System) -> Element:
    response = getattr(system.manifest.operations, "response", None)
    return Element(system, "response", ("operations", "response"), response)


def _of_repair(
    flows: list[FlowAvailability], repair: Repair, at: Element, field: str, severity: Severity, what: str
) -> Finding:
    worst = flows[0]
    budget = worst.budget
    assert budget is not None
    window = budget.in_window or 0.0
    least = "" if not repair.missing else "at least "
    return Finding(
        at=at,
        field=field,
        severity=severity,
        message=(
            f"{what} takes {least}{show(repair.total, 's')} to detect, acknowledge and mitigate; "
            f"{show(budget.availability, 'fraction')} of {worst.flow.name} leaves {show(window, 's')} in a window"
        ),
        exposure=repair.total / window if window else math.inf,
        evidence=(
            Evidence("flow", worst.flow.name),
            *(
                Evidence(name, value, "s")
                for name, value in (
                    ("detection", repair.detection),
                    ("acknowledge", repair.acknowledge),
                    ("mitigate", repair.mitigate),
                )
                if value is not None
            ),
            Evidence("one recovery by people", repair.total, "s"),
            Evidence("budget a window", window, "s"),
        ),
        formula="one recovery by people = detection + acknowledge + mitigate; budget = (1 - objective) x window",
        clears=tuple(_clears_of_repair(repair, window, at, severity)),
        remedy=_remedy(at, field),
        related=tuple(Related(flow.flow, "has this budget", "slo.availability") for flow in flows[:NAMED]),
    )


def _clears_of_repair(repair: Repair, window: float, at: Element, severity: Severity) -> Iterator[Clear]:
    left = window - (repair.detection or 0.0) - (repair.acknowledge or 0.0)
    if left > 0 and repair.mitigate is not None:
        mitigate = at_most(left, "s")
        yield Clear("mitigate", mitigate.value, mitigate.text, WARNING, at=_response(at.system))


def _remedy(at: Element, field: str) -> str:
    if field == "rollback":
        return f"Let a machine roll changes of {at.name} back as soon as the step that is watched goes wrong."
    if field.startswith("failover"):
        return f"Let {at.name} fail over by itself, or promise what people can hold."
    return "Let machines fail over, roll back and shed load before people are called, or promise what people can hold."
