"""Ceilings of a component's own: threads, descriptors, tables, whatever it states under `ceilings`."""

from __future__ import annotations

from typing import Any

from archlint.analysis.analyses import Analyses
from archlint.analysis.instances import greatest, instances_field, surge
from archlint.analysis.thresholds import exceeds
from archlint.plugin import (
    ERROR,
    WARNING,
    Component,
    Evidence,
    Finding,
    Iterator,
    Known,
    Unknown,
    check,
    show,
    stated,
)

NEAR = 0.8
"""Share of a ceiling from which on it is near."""

INSTANCES = frozenset({"instances", "replicas", "nodes", "peers"})
LOAD = frozenset({"load", "requests", "traffic"})


def _has_ceilings(component: Component) -> bool:
    return bool(getattr(component.spec, "ceilings", None))


@check("LIM007", "own-ceiling-exceeded", severity=ERROR, states=("ceilings",), applies=_has_ceilings)
def own_ceiling_exceeded(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """At its maximum scale a component passes a ceiling of its own.

    What it finds: `use` of each of `ceilings` against its `max`, with the use scaled up from the value `at` which it
    was seen to the largest that the manifest allows of what it grows with: instances at their maximum with those of a
    deploy's surge, or the peak load times `system.surge`; in proportion, or with its square where `scale` says so.
    Beyond the ceiling is an error, beyond 80% a warning. What grows with something else is taken as it is today.

    Why it matters: ceilings that nobody draws on a dashboard (threads, file descriptors, rows of a routing table) are
    met by all instances at once, and by scaling out: the very act that was to help.

    At 3 AM: capacity was added and the whole fleet fails. Take the new instances away first; only then look.

    How to fix: raise the ceiling, lower what one instance uses, or cap the scale below it. Split into cells what grows
    with the square.

    When it is wrong: the use does not grow with what is stated.

    Sources: Amazon Web Services, "Summary of the Amazon Kinesis event in the Northern Virginia (US-EAST-1) Region",
    2020, https://aws.amazon.com/message/11201/.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          front:
            replicas: {min: 20, max: 80}
            ceilings: [{name: descriptors, max: 1024, use: 400, at: 20, grows_with: instances}]

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          front:
            replicas: {min: 20, max: 80}
            ceilings: [{name: descriptors, max: 8192, use: 400, at: 20, grows_with: instances}]
    """
    missing: set[str] = set()
    for index, ceiling in enumerate(stated(component.spec, "ceilings")):
        use = _use(component, ceiling, analyses)
        if isinstance(use, Unknown):
            missing.update(use.fields)
        elif exceeds(use.value.at_most, NEAR * float(ceiling.max)):
            yield _finding(component, index, ceiling, use.value)
    if missing:
        raise Unknown(*missing)


class _Use:
    """What is used today, by how much more at the largest scale, and the figures behind that."""

    __slots__ = ("factor", "terms", "today")

    def __init__(self, today: float, factor: float = 1.0, terms: tuple[Evidence, ...] = ()) -> None:
        self.today = today
        self.factor = factor
        self.terms = terms

    @property
    def at_most(self) -> float:
        return self.today * self.factor


def _use(component: Component, ceiling: Any, analyses: Analyses) -> Known[_Use] | Unknown:
    if ceiling.use is None:
        return Unknown("ceilings.use")
    today, grows_with = float(ceiling.use), (ceiling.grows_with or "").lower()
    largest = _largest(component, grows_with, analyses)
    if largest is None or exceeds(today, float(ceiling.max)):
        return Known(_Use(today))
    if isinstance(largest, Unknown) or not ceiling.at:
        missing = largest.fields if isinstance(largest, Unknown) else ()
        return Unknown(*missing, *(() if ceiling.at else ("ceilings.at",)))
    growth = max(1.0, largest.value / float(ceiling.at))
    unit = "/s" if grows_with in LOAD else ""
    terms = (
        Evidence(f"{grows_with} then", float(ceiling.at), unit),
        Evidence(f"{grows_with} at most", largest.value, unit),
    )
    return Known(_Use(today, growth**2 if ceiling.scale == "quadratic" else growth, terms))


def _largest(component: Component, grows_with: str, analyses: Analyses) -> Known[float] | Unknown | None:
    """Of what the use grows with; None where it is nothing that the manifest bounds."""
    if grows_with in INSTANCES:
        most = greatest(component)
        return most if isinstance(most, Unknown) else Known(float(most.value + surge(component, most.value)))
    if grows_with in LOAD:
        load = analyses.load.requests(component)
        return load if isinstance(load, Unknown) else Known(load.value * float(component.system.spec.surge or 1.0))
    return None


def _finding(component: Component, index: int, ceiling: Any, use: _Use) -> Finding:
    room = float(ceiling.max)
    then = "" if use.factor == 1 else " at its largest scale"
    ends = {"crash": "it then crashes", "isolate": "it is then cut off", "reject": "it then refuses work"}
    end = ends.get(ceiling.on_reach or "", "")
    return Finding(
        at=component,
        field=f"ceilings[{index}].max",
        severity=ERROR if exceeds(use.at_most, room) else WARNING,
        message=(
            f"{component.label} uses {show(use.at_most)} {ceiling.name}{then}, and may use {show(room)}"
            + (f": {end}" if end else "")
        ),
        exposure=use.at_most / room if room else None,
        evidence=(
            Evidence("in use", use.today),
            *use.terms,
            *((Evidence("in use at most", use.at_most),) if use.factor != 1 else ()),
            Evidence("ceiling", room),
        ),
        formula="" if use.factor == 1 else (
            "in use x (most / then)" + ("^2" if ceiling.scale == "quadratic" else "")
        ),
        remedy=f"Raise the ceiling, lower what is used, or cap `{instances_field(component)}` below it.",
        key=ceiling.name,
    )  # fmt: skip
