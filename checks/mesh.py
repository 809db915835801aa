"""Metcalfe: what grows with the number of pairs, or with the number of nodes, meets a ceiling that does not."""

from __future__ import annotations

from typing import Any

from archlint.analysis.analyses import Analyses
from archlint.analysis.instances import greatest, instances_field, rate_of_one, surge
from archlint.analysis.mesh import held_by_each, in_largest_cell, most_members, pairs
from archlint.analysis.thresholds import at_least, exceeds
from archlint.plugin import (
    ERROR,
    NONE,
    WARNING,
    Cache,
    Call,
    Clear,
    Client,
    Component,
    Datastore,
    Evidence,
    External,
    Finding,
    Iterator,
    Job,
    Known,
    Network,
    Related,
    Service,
    Unknown,
    check,
    need,
    show,
    stated,
)

NEAR = 0.8
"""Share of a ceiling or capacity from which growth that is usual in a quarter reaches it."""

HELD = ("thread", "connection", "socket", "descriptor", "peer", "file")
"""Words in the name of a ceiling that peers use up."""

NAMED = 5
"""Callers that a finding names as related; the rest are counted."""


def is_meshed(service: Service) -> bool:
    return bool(stated(service.spec, "peers.mesh") == "full")


def _ceiling(service: Service) -> Any:
    """The ceiling that peers use up: by what it grows with, else by its name, else the only one."""
    ceilings = stated(service.spec, "ceilings") or ()
    for ceiling in ceilings:
        if ceiling.grows_with in ("instances", "peers", "replicas"):
            return ceiling
    for ceiling in ceilings:
        if any(word in ceiling.name.lower() for word in HELD):
            return ceiling
    return None


@check("LAW090", "mesh-over-ceiling", severity=ERROR, states=("peers",), applies=is_meshed, subsumes=("LIM007",))
def mesh_over_ceiling(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """Each instance of a full mesh holds more for its peers than it may.

    What it finds: (n - 1) x `peers.threads_each` against the ceiling that peers use up (of `ceilings`: one that grows
    with the instances, else one named after threads, connections, sockets, descriptors or peers), with n the most
    instances, those of a deploy's surge included, of the largest cell where there are cells. Over the ceiling is an
    error, from 80% a warning.

    Why it matters: the links of a full mesh grow with the square of its members, and each member meets the ceiling at
    the same moment. Adding capacity is then what breaks the fleet.

    At 3 AM: instances were added and all of the fleet fails at once, old and new, with errors of threads or
    descriptors. Take the new ones away, and restart the rest in small groups: what starts talks to all others again.

    How to fix: fewer, larger instances now; then cells, or a hierarchy in place of the full mesh. Raise the ceiling
    where the operating system allows.

    When it is wrong: `threads_each` counts what is opened only for some of the peers.

    Sources: Amazon Web Services, "Summary of the Amazon Kinesis event in the Northern Virginia (US-EAST-1) Region",
    2020, https://aws.amazon.com/message/11201/; B. Metcalfe, "Metcalfe's law after 40 years of Ethernet", IEEE
    Computer 46(12), 2013.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          front:
            replicas: 1200
            peers: {mesh: full, threads_each: 1}
            ceilings: [{name: threads, max: 1000}]

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          front:
            replicas: 700
            peers: {mesh: full, threads_each: 1}
            ceilings: [{name: threads, max: 1000}]
    """
    ceiling = _ceiling(service)
    limit = Unknown("ceilings") if ceiling is None else Known(float(ceiling.max))
    most, each, room = need(service, greatest(service), "peers.threads_each", limit)
    added = surge(service, most)
    members = _in_largest_cell(service, most + added)
    held = held_by_each(members, each)
    if not exceeds(held, NEAR * room):
        return
    name, fits = ceiling.name, most_members(NEAR * room, each)
    field = instances_field(service)
    field = field if isinstance(stated(service.spec, field), int) else f"{field}.max"
    clears: tuple[Clear, ...] = ()
    if fits is not None and members == most and fits >= 1:
        clears = (Clear(field, fits, str(fits), WARNING),)
    yield Finding(
        at=service,
        field=field,
        severity=ERROR if exceeds(held, room) else WARNING,
        message=(
            f"each of up to {show(members)} instances of {service.label} holds {show(held)} {name} for its peers, "
            f"and may hold {show(room)}"
        ),
        exposure=held / room if room else None,
        evidence=(
            Evidence("instances in a mesh", members),
            Evidence("held for each peer", each),
            Evidence("held by an instance", held),
            Evidence("ceiling", room),
            Evidence("links of the mesh", pairs(members)),
        ),
        formula="held = (n - 1) x held for each peer; links = n (n - 1) / 2",
        clears=clears,
        remedy="Use fewer instances, cells, or a hierarchy in place of the full mesh.",
    )


def _in_largest_cell(service: Service, instances: int) -> int:
    cells = stated(service.spec, "cells")
    if cells is None or cells == NONE or not cells.count:
        return instances
    return in_largest_cell(instances, cells.count, cells.largest_share)


def _polls(component: Component) -> Iterator[Call]:
    """Calls that each instance of their callers makes every so often."""
    for edge in component.incoming:
        call = edge.item
        if edge.kind == "call" and isinstance(call, Call) and call.spec.every and not isinstance(call.caller, Job):
            yield call


def _is_polled(component: Component) -> bool:
    return isinstance(component, Service | Datastore | Cache | Network | External) and any(_polls(component))


@check("LAW092", "per-node-cost-times-nodes", severity=ERROR, applies=_is_polled, subsumes=("LAW020", "LAW130"))
def per_node_cost_times_nodes(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """Agents that call home add up to more than what they call can serve.

    What it finds: calls that instances make by the clock (`every`), times all the instances that there can be of their
    callers (the deploy's surge aside), against the capacity of what they call: a service's most replicas x the rate of
    one, a store's or cache's reads or writes, a network's or external's rate. More than it can serve is an error, more
    than 80% a warning. Load from requests comes on top and is LAW130's.

    Why it matters: an agent costs its control plane the same whether there is work or not, and the fleet grows without
    anybody asking the control plane. Each restart of it meets all agents at once.

    At 3 AM: the control plane answers slowly though nobody uses it, and recovers only when agents are stopped. Raise
    the interval by configuration before restarting anything.

    How to fix: lengthen the interval, send differences in place of everything, put an aggregator on each rack or zone,
    or let the control plane shed agents.

    When it is wrong: the agents share one connection that batches their calls.

    Sources: Amazon Web Services, "Avoiding overload in distributed systems by putting the smaller service in control",
    Amazon Builders' Library; B. Metcalfe, "Metcalfe's law after 40 years of Ethernet", IEEE Computer 46(12), 2013.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          agent: {replicas: 20000, calls: [{to: registry, every: 10s, phase: control}]}
          registry: {replicas: 3, plane: control, capacity: {per_replica: 500/s}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          agent: {replicas: 20000, calls: [{to: registry, every: 30s, phase: control}]}
          registry: {replicas: 3, plane: control, capacity: {per_replica: 500/s}}
    """
    calls = list(_polls(component))
    rates = {call: _rate(call, analyses) for call in calls}
    rate = sum(found.value for found in rates.values() if isinstance(found, Known))
    missing = [found for found in rates.values() if isinstance(found, Unknown)]
    capacity = _capacity(component, calls)
    room = need(component, capacity, *missing) if isinstance(capacity, Unknown) else capacity.value
    if not exceeds(rate, NEAR * room):
        if missing:
            need(component, *missing)
        return
    yield _finding(component, room, rates, rate, bool(missing))


def _rate(call: Call, analyses: Analyses) -> Known[float] | Unknown:
    found = analyses.load.of_call(call)
    targets = len(call.targets) or 1
    return Known(found.value / targets) if isinstance(found, Known) else found


def _capacity(component: Component, calls: list[Call]) -> Known[float] | Unknown:
    """What the component can serve in all."""
    if isinstance(component, Service):
        most, one = greatest(component), rate_of_one(component)
        missing = [name for item in (most, one) if isinstance(item, Unknown) for name in item.fields]
        if isinstance(most, Unknown) or isinstance(one, Unknown):
            return Unknown(*missing)
        return Known(most.value * one.value)
    if isinstance(component, Datastore | Cache):
        field = "capacity.writes" if all(call.spec.access == "write" for call in calls) else "capacity.reads"
    else:
        field = "capacity.rate"
        limit = stated(component.spec, "rate_limit")
        if isinstance(limit, float | int):
            return Known(float(limit))
    value = stated(component.spec, field)
    return Unknown(field) if value is None else Known(float(value))


def _finding(
    component: Component,
    room: float,
    rates: dict[Call, Known[float] | Unknown],
    rate: float,
    partly: bool,
) -> Finding:
    known = {call: found.value for call, found in rates.items() if isinstance(found, Known)}
    first = min(known, key=lambda call: (-known[call], call.caller.label))
    agents = _agents(first)
    clears: tuple[Clear, ...] = ()
    if len(rates) == 1 and room:
        longer = at_least(float(first.spec.every) * rate / (NEAR * room), "s")
        clears = (Clear("every", longer.value, longer.text, WARNING),)
    kind = "" if isinstance(first.caller, Client) else "instances of "
    many = first.caller.label if agents is None else f"{show(agents)} {kind}{first.caller.label}"
    others = " and others" if len(rates) > 1 else ""
    return Finding(
        at=first,
        field="every",
        key=component.name,
        concerns=(component, first),
        severity=ERROR if exceeds(rate, room) else WARNING,
        message=(
            f"{many}{others} call {component.label} by the clock, {'at least ' if partly else ''}"
            f"{show(rate, '/s')} in all, and it serves {show(room, '/s')}"
        ),
        exposure=rate / room if room else None,
        evidence=(
            Evidence("calls by the clock", rate, "/s"),
            Evidence("capacity", room, "/s"),
            *((Evidence("instances that call most", agents),) if agents is not None else ()),
        ),
        formula="sum of instances x calls / interval, against capacity",
        clears=() if partly else clears,
        remedy=f"Lengthen the interval, send only differences, or put aggregators between them and {component.label}.",
        related=tuple(Related(call, f"adds {show(known[call], '/s')}", "every") for call in list(known)[:NAMED]),
    )


def _agents(call: Call) -> float | None:
    if isinstance(call.caller, Client):
        return stated(call.caller.spec, "concurrent")  # type: ignore[no-any-return]
    most = greatest(call.caller)
    return float(most.value) if isinstance(most, Known) else None
