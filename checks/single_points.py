"""How a single loss is told: its words, its figures, how much it matters."""

from __future__ import annotations

from archlint.analysis.cuts import SinglePoint, is_wide
from archlint.analysis.domains import Domain
from archlint.plugin import (
    ERROR,
    INFO,
    WARNING,
    Broker,
    Cache,
    Component,
    Datastore,
    Evidence,
    Finding,
    Network,
    Related,
    Service,
    Severity,
    Topic,
    show,
)

NAMED = 4
"""Flows and components that a message names; the rest are counted."""


def is_run_here(component: Component) -> bool:
    """Whether the system itself runs instances of the component."""
    return isinstance(component, Service | Datastore | Cache | Broker | Topic | Network)


FORMULA = (
    "expected downtime = failures a year x recovery; exposure = the larger of a year's downtime over a year's "
    "budget and, for what fails yearly, one failure over a window's budget"
)


def severity_of(point: SinglePoint) -> Severity | None:
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


def domain_finding(point: SinglePoint, severity: Severity, field: str, remedy: str) -> Finding:
    element = point.element
    assert isinstance(element, Domain)
    first, others = point.place, [other for other in point.components if other is not point.place]
    names = listed([component.label for component in point.components])
    why = {
        "replicas": f"{names} cannot serve without {element.label}",
        "alternatives": f"{names} stand in for each other and share {element.label}",
        "rescuer": f"what should save {names} from the loss of {element.label} is lost with it",
    }[point.cause]
    return Finding(
        at=first,
        field=field,
        severity=severity,
        message=f"{why}: its loss stops {what_it_stops(point)}{words_of_spending(point)}",
        exposure=point.exposure,
        evidence=evidence_of(point),
        formula=FORMULA,
        remedy=remedy,
        related=(*(Related(other, f"is lost with {element.label}", field) for other in others), *stopped_flows(point)),
        key=f"{element.kind} {element.name}",
    )


def names_of_hits(point: SinglePoint) -> str:
    return listed([hit.flow.name if hit.flow is not None else hit.entry.label for hit in point.hits])


def what_it_stops(point: SinglePoint) -> str:
    """In words: flows; of a draft, where some operations alone may need it, work of its entries."""
    return f"work of {names_of_hits(point)}" if point.draft else names_of_hits(point)


def listed(names: list[str]) -> str:
    """a, b and c; or the first few and how many more."""
    if len(names) > NAMED:
        names = [*names[: NAMED - 1], f"{len(names) - NAMED + 1} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def words_of_spending(point: SinglePoint) -> str:
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


def evidence_of(point: SinglePoint) -> tuple[Evidence, ...]:
    rows = [Evidence("flows" if not point.draft else "entries", names_of_hits(point))]
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


def stopped_flows(point: SinglePoint) -> tuple[Related, ...]:
    return tuple(Related(hit.flow, "is stopped") for hit in point.hits[:NAMED] if hit.flow is not None)
