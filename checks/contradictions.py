"""Figures of one manifest that cannot all be true."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from archlint.analysis.analyses import Analyses
from archlint.plugin import (
    ERROR,
    NONE,
    Cache,
    Call,
    Caller,
    Component,
    Datastore,
    Evidence,
    Finding,
    Iterator,
    Service,
    System,
    check,
    show,
    stated,
)

TOLERANCE = 1.1
"""How far two measured figures may disagree before one of them must be wrong."""

Contradiction = tuple[str, str, tuple[Evidence, ...]]
"""The field to mend, what is wrong in words, and the figures."""


@check("MAN031", "figures-contradict", severity=ERROR)
def figures_contradict(system: System, analyses: Analyses) -> Iterator[Finding]:
    """Two figures of the manifest cannot both be true.

    What it finds: percentiles out of order (p50 above p99); a minimum above its maximum; a mean above the peak;
    `capacity.per_replica` above 1.1 x concurrency / service_time; a mean latency below the sum of the means of
    the callees that a request must wait for, one after the other; more copies than nodes, or counts of zones that
    do not add up to the instances; a primary outside the store's zones; a store that resolves conflicts by last
    write wins and claims to be linearizable; a hedge or a cached fallback on a write; a request's deadline on
    work that outlives the request.

    Why it matters: every figure is an input of other checks. A contradiction says that at least one of them was
    guessed, and that what was computed from it is worth nothing.

    At 3 AM: the dashboard and the document disagree, and nobody knows which one the system was sized by.

    How to fix: measure both figures again and state what was measured.

    When it is wrong: the two figures were measured over different traffic or at different times.

    Sources: for per_replica: J. D. C. Little, Operations Research 9(3), 1961; for linearizability and last write
    wins: M. Kleppmann, Designing Data-Intensive Applications, 2017, chapters 5 and 9.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            latency: {p50: 80ms, p99: 60ms}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            latency: {p50: 60ms, p99: 60ms}
    """
    for component in system.components.values():
        for field, message, evidence in _of_component(component):
            yield _finding(component, field, message, evidence)
    for flow in system.flows.values():
        for field, message, evidence in (*_of_objective(flow.spec, "slo"), *_of_load(flow.spec, "")):
            yield _finding(flow, field, message, evidence)
    for call in system.calls:
        for field, message, evidence in _of_call(call):
            yield _finding(call, field, message, evidence)


def _finding(at: Any, field: str, message: str, evidence: tuple[Evidence, ...]) -> Finding:
    name = at.label if isinstance(at, Component | Call) else at.name
    return Finding(
        at=at,
        field=field,
        message=f"{name}: {message}",
        evidence=evidence,
        remedy="Measure both figures again and state what was measured.",
    )


def _of_component(component: Component) -> Iterator[Contradiction]:
    spec = component.spec
    if getattr(spec, "latency", None) is not None:
        yield from _of_percentiles(spec.latency, "latency.", ("p50", "p90", "p95", "p99", "p999"))
    if getattr(spec, "slo", None) is not None:
        yield from _of_objective(spec, "slo")
    if isinstance(component, Service):
        yield from _of_load(spec, "load")
        yield from _of_replicas(component)
        yield from _of_throughput(component)
    if isinstance(component, Datastore | Cache):
        yield from _of_nodes(component)
    if isinstance(component, Datastore):
        yield from _of_consistency(component)
    if isinstance(component, Caller):
        yield from _of_mean_latency(component)
    yield from _of_zones(component)


def _of_percentiles(latency: Any, prefix: str, names: tuple[str, ...]) -> Iterator[Contradiction]:
    """A percentile is never below a lower one."""
    known = [(name, value) for name in names if (value := getattr(latency, name, None)) is not None]
    for (low, less), (high, more) in pairwise(known):
        if less > more:
            yield (
                prefix + low,
                f"{low} ({show(less, 's')}) is above {high} ({show(more, 's')})",
                (Evidence(low, less, "s"), Evidence(high, more, "s")),
            )


def _of_objective(spec: Any, field: str) -> Iterator[Contradiction]:
    slo = getattr(spec, field, None)
    if slo is None or slo == NONE:
        return
    names = ("latency_p50", "latency_p90", "latency_p95", "latency_p99", "latency_p999")
    yield from _of_percentiles(slo, f"{field}.", names)


def _of_load(spec: Any, field: str) -> Iterator[Contradiction]:
    """The 30-day mean is at most the peak, and the highest second at least the peak minute."""
    load, prefix = (getattr(spec, field, None), f"{field}.") if field else (spec, "")
    mean, peak, burst = getattr(load, "mean", None), getattr(load, "peak", None), getattr(load, "burst", None)
    if mean is not None and peak is not None and mean > peak:
        yield (
            f"{prefix}mean",
            f"the mean load ({show(mean, '/s')}) is above the peak ({show(peak, '/s')})",
            (Evidence("mean", mean, "/s"), Evidence("peak", peak, "/s")),
        )
    if burst is not None and peak is not None and burst < peak:
        yield (
            f"{prefix}burst",
            f"the highest second ({show(burst, '/s')}) is below the highest minute ({show(peak, '/s')})",
            (Evidence("burst", burst, "/s"), Evidence("peak", peak, "/s")),
        )


def _of_replicas(service: Service) -> Iterator[Contradiction]:
    if isinstance(service.spec.replicas, int):
        return
    least, most = stated(service.spec, "replicas.min"), stated(service.spec, "replicas.max")
    if least is not None and most is not None and least > most:
        yield (
            "replicas.min",
            f"at least {least} replicas, and at most {most}",
            (Evidence("min", least), Evidence("max", most)),
        )


def _of_throughput(service: Service) -> Iterator[Contradiction]:
    """No replica serves more than its slots let through: per_replica <= concurrency / service_time."""
    capacity = service.spec.capacity
    if capacity is None or None in (capacity.per_replica, capacity.concurrency) or not capacity.service_time:
        return
    possible = capacity.concurrency / capacity.service_time
    if capacity.per_replica > TOLERANCE * possible:
        yield (
            "capacity.per_replica",
            f"a replica is said to serve {show(capacity.per_replica, '/s')}, its slots let "
            f"{show(possible, '/s')} through ({show(capacity.concurrency)} / {show(capacity.service_time, 's')})",
            (
                Evidence("per_replica", capacity.per_replica, "/s"),
                Evidence("concurrency / service_time", possible, "/s"),
            ),
        )


def _of_nodes(store: Datastore | Cache) -> Iterator[Contradiction]:
    nodes, factor = store.spec.nodes, stated(store.spec, "replication.factor")
    if isinstance(factor, int) and nodes is not None and factor > nodes:
        yield (
            "replication.factor",
            f"{factor} copies of each datum on {show(nodes, 'nodes')}",
            (Evidence("factor", factor), Evidence("nodes", nodes)),
        )
    for quorum in ("write_quorum", "read_quorum") if isinstance(factor, int) else ():
        size = stated(store.spec, f"replication.{quorum}")
        if isinstance(size, int) and size > factor:
            yield (
                f"replication.{quorum}",
                f"a quorum of {size} among {show(factor, 'copies')}",
                (Evidence(quorum, size), Evidence("factor", factor)),
            )
    reserve, most = stated(store.spec, "connections.reserve"), stated(store.spec, "connections.max")
    if reserve is not None and most is not None and reserve > most:
        yield (
            "connections.reserve",
            f"{show(reserve, 'connections')} are kept back of {most}",
            (Evidence("reserve", reserve), Evidence("max", most)),
        )


def _of_consistency(store: Datastore) -> Iterator[Contradiction]:
    spec = store.spec
    if spec.conflict_resolution == "last-write-wins" and spec.consistency in ("linearizable", "serializable"):
        yield (
            "conflict_resolution",
            f"last write wins drops acknowledged writes, so it is not {spec.consistency}",
            (),
        )
    zones = stated(spec, "zones")
    if spec.primary is not None and zones is not None and zones != NONE and spec.primary not in zones:
        yield ("primary", f"the primary is in {spec.primary}, and the store is not", ())


def _of_zones(component: Component) -> Iterator[Contradiction]:
    """Counts by zone add up to the instances, where both are fixed."""
    zones = stated(component.spec, "zones")
    if not isinstance(zones, dict):
        return
    field = "replicas" if isinstance(component, Service) else "nodes"
    count = stated(component.spec, field)
    if isinstance(count, int) and sum(zones.values()) != count:
        total = sum(zones.values())
        yield (
            field,
            f"{show(count, field)}, and {total} in its zones",
            (Evidence(field, count), Evidence("in zones", total)),
        )


def _of_mean_latency(caller: Caller) -> Iterator[Contradiction]:
    """Means add: a request that waits for one callee after another takes at least the sum of their means.

    Only calls that every request makes, one after the other, with a known mean of their target count.
    """
    own = stated(caller.spec, "latency.mean")
    if own is None:
        return
    waited = [call for call in caller.calls if _is_waited_for(call)]
    if not waited:
        return
    means = {call: stated(call.targets[0].spec, "latency.mean") for call in waited}
    total = sum(mean * call.spec.per_request / max(1, call.spec.parallel) for call, mean in means.items() if mean)
    if own * TOLERANCE < total:
        names = ", ".join(call.targets[0].name for call, mean in means.items() if mean)
        yield (
            "latency.mean",
            f"a mean of {show(own, 's')}, and its requests wait {show(total, 's')} for {names}",
            (Evidence("mean latency", own, "s"), Evidence("sum of the means it waits for", total, "s")),
        )


def _is_waited_for(call: Call) -> bool:
    spec = call.spec
    if spec.share != 1 or call.operation or spec.only_in:
        return False  # only some requests make it
    background = spec.asynchronous or spec.rate is not None or spec.every is not None
    return (
        call.target is not None
        and not background
        and spec.phase == "runtime"
        and spec.stage is None
        and spec.hedge is None
        and spec.required
    )


def _of_call(call: Call) -> Iterator[Contradiction]:
    spec = call.spec
    if spec.access == "write" and spec.hedge is not None and spec.hedge != NONE:
        yield ("hedge", "a hedged write is done twice", ())
    if spec.access == "write" and stated(spec, "fallback.use") == "cached":
        yield ("fallback.use", "a cached answer stands in for a write, which is then lost", ())
    if spec.asynchronous and spec.deadline == "propagated":
        yield ("deadline", "the request's deadline ends a call that is meant to outlive the request", ())
    if spec.retries is not None and spec.retries != NONE:
        yield from _of_retries(spec.retries, spec.timeout)


def _of_retries(policy: Any, whole: Any) -> Iterator[Contradiction]:
    base, longest = policy.base, policy.max
    if isinstance(base, float) and isinstance(longest, float) and base > longest:
        yield (
            "retries.base",
            f"the first wait ({show(base, 's')}) is above the longest ({show(longest, 's')})",
            (Evidence("base", base, "s"), Evidence("max", longest, "s")),
        )
    one = policy.per_try_timeout
    if isinstance(one, float) and isinstance(whole, float) and one > whole:
        yield (
            "retries.per_try_timeout",
            f"one try may take {show(one, 's')}, all of them {show(whole, 's')}",
            (Evidence("per_try_timeout", one, "s"), Evidence("timeout", whole, "s")),
        )
