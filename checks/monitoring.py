"""Monitoring: whether it still works when what it watches does not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archlint.analysis.analyses import Analyses
from archlint.analysis.promises import hard_closure
from archlint.plugin import (
    ERROR,
    WARNING,
    Call,
    Component,
    Element,
    External,
    Finding,
    Iterator,
    NotApplicable,
    System,
    Unknown,
    check,
)

RUNS_ON = "operations.monitoring.runs_on"

WATCHERS = frozenset(
    {
        "alertmanager", "alloy", "cortex", "fluent-bit", "fluentd", "grafana", "graphite", "icinga", "influxdb",
        "jaeger", "loki", "mimir", "nagios", "opentelemetry-collector", "otel-collector", "prometheus",
        "pyroscope", "telegraf", "tempo", "thanos", "vector", "victoriametrics", "zabbix", "zipkin",
    }
)  # fmt: skip
"""Technologies that watch: a component of one is the monitoring itself, not what it watches."""


@check("OPS020", "monitoring-depends-on-what-it-watches", severity=ERROR)
def monitoring_depends_on_what_it_watches(system: System, analyses: Analyses) -> Iterator[Finding]:
    """The monitoring runs on a component of the system that it watches.

    What it finds: a component in `operations.monitoring.runs_on` that belongs to the system, or that needs one
    at run time without an alternative. A component that only watches (Prometheus and its kin, or one that gets
    nothing but asynchronous or optional calls) is the monitoring itself: then what it needs in turn is judged. An
    external counts where the system cannot do without it either. `out_of_band: true` does not silence it: the
    list contradicts it. `out_of_band: false` with nothing on the list is a warning.

    Why it matters: the outage takes the alarm with it. Detection then waits for users, and repair starts
    without the graphs that it needs.

    At 3 AM: no alert came, the dashboards do not load, and the first call is from a customer. Look from
    outside: a probe from another network, the provider's own metrics, logs on the machines.

    How to fix: run the path from measurement to pager on nothing that it watches: another account or provider,
    its own storage and queue, its own login; watch it with a dead man's switch.

    When it is wrong: the listed component belongs to the monitoring alone, and the manifest cannot tell. Move it
    out of the list, or make the calls to it asynchronous where they are.

    Sources: B. Beyer, C. Jones, J. Petoff, N. R. Murphy (eds.), Site Reliability Engineering, 2016, chapter 6,
    "Monitoring Distributed Systems", https://sre.google/sre-book/monitoring-distributed-systems/; Amazon Web
    Services, "Summary of the AWS Service Event in the Northern Virginia (US-EAST-1) Region", 2021,
    https://aws.amazon.com/message/12721/ (monitoring was impaired by the congestion that it should have shown).

    Risky:
        archlint: 1
        system: {name: shop}
        services: {web: {replicas: 3}}
        brokers: {events: {nodes: 3}}
        operations: {monitoring: {runs_on: [events]}}

    Safe:
        archlint: 1
        system: {name: shop}
        services: {web: {replicas: 3}}
        brokers: {events: {nodes: 3}}
        operations: {monitoring: {runs_on: [], out_of_band: true}}
    """
    operations = system.manifest.operations
    monitoring = operations.monitoring if operations is not None else None
    if monitoring is None or isinstance(monitoring, str):  # stated to be absent
        raise NotApplicable
    place = Element(system, "monitoring", ("operations", "monitoring"), monitoring)
    named, foreign = _named(system, monitoring.runs_on or ())
    watched = [road for component in named if (road := _road(system, component, named))]
    if watched:
        yield _finding(place, watched, monitoring)
    elif monitoring.out_of_band is False:
        yield _in_band(place)
    elif foreign or (monitoring.runs_on is None and monitoring.out_of_band is None):
        raise Unknown(RUNS_ON)


def _named(system: System, references: Iterable[str]) -> tuple[list[Component], bool]:
    """The components that the list names, and whether it names some that this run does not hold.

    A zone, a region or a domain may stand there by its name; it is no component.
    """
    found: list[Component] = []
    foreign = False
    for reference in references:
        head, _, rest = reference.partition("/")
        elsewhere = system.workspace.get(head)
        component = system.components.get(reference)
        if component is None and rest and elsewhere is not None:
            component = elsewhere.components.get(rest)
        if component is not None:
            found.append(component)
        elif rest:
            foreign = True
    return found, foreign


def _road(system: System, start: Component, named: list[Component]) -> tuple[Component, ...]:
    """From what the monitoring runs on to the first watched component that it needs; empty where it needs none."""
    if _is_watched(system, start, named):
        return (start,)
    for component in hard_closure([start]):
        if component is not start and _is_watched(system, component, named):
            return start, component
    return ()


def _is_watched(system: System, component: Component, named: list[Component]) -> bool:
    """Whether the component does the system's work, and not only that of watching it."""
    if component.system is not system:
        return False
    if isinstance(component, External):
        return any(edge.hard and edge.source not in named for edge in component.incoming)
    return not _watches(component, named)


def _watches(component: Component, named: list[Component]) -> bool:
    technology = getattr(component.spec, "technology", None) or ""
    if technology.partition("@")[0] in WATCHERS:
        return True
    users = [edge for edge in component.incoming if edge.source not in named]
    return bool(users) and all(
        isinstance(edge.item, Call) and (edge.item.spec.asynchronous or not edge.item.spec.required) for edge in users
    )


def _finding(place: Element, roads: list[tuple[Component, ...]], monitoring: Any) -> Finding:
    names = ", ".join(_in_words(road) for road in roads)
    lost = roads[0][-1]
    tie = "the system cannot do without either" if isinstance(lost, External) else "it watches"
    although = ", although `out_of_band: true` says otherwise" if monitoring.out_of_band else ""
    return Finding(
        at=place,
        field="runs_on",
        message=f"the monitoring runs on {names}, which {tie}: when {lost.label} fails, nobody is told{although}",
        remedy=(
            f"Run the path from measurement to pager without {lost.label}: in another account or on another provider,"
            " with its own storage and login."
        ),
    )


def _in_words(road: tuple[Component, ...]) -> str:
    return road[0].label if len(road) == 1 else f"{road[0].label} and through it on {road[1].label}"


def _in_band(place: Element) -> Finding:
    return Finding(
        at=place,
        field="out_of_band",
        severity=WARNING,
        message="the monitoring is stated to stop working when the system, its network or its login does",
        remedy="Run the path from measurement to pager outside the system's account, network and login.",
    )
