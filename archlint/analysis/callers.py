"""Who calls a component or passes a network: the calls, and the instances and connections behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archlint.analysis.instances import greatest, surge
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import NONE, Call, Client, Component, Job, Network, Topic, stated


def calls_to(component: Component, *, at_the_primary: bool = False) -> Iterator[Call]:
    """The calls that connect to a component; at its node that takes writes where the two are told apart."""
    elsewhere = at_the_primary and getattr(component.spec, "reads_from", None) == "replicas"
    for edge in component.incoming:
        call = edge.item
        if edge.kind != "call" or not isinstance(call, Call) or component not in edge.targets:
            continue
        if not (elsewhere and call.spec.access == "read"):
            yield call


def calls_at(component: Component) -> list[Call]:
    """The calls to a component and, where it is a network, those that pass it; each once."""
    passing = (edge.item for edge in component.incoming if edge.kind == "through")
    return list(dict.fromkeys((*calls_to(component), *(call for call in passing if isinstance(call, Call)))))


def most_instances(caller: Component) -> Known[float] | Unknown:
    """At their maximum and with the deploy surge."""
    if isinstance(caller, Job):
        return Known(float(caller.spec.replicas or 1))
    if isinstance(caller, Client):
        population = stated(caller.spec, "concurrent")
        return Unknown("clients.*.concurrent") if population is None else Known(float(population))
    most = greatest(caller)
    if isinstance(most, Unknown):
        return Unknown(*(f"services.*.{name}" for name in most.fields))
    return Known(float(most.value + surge(caller, most.value)))


def clients_of(component: Component) -> list[Component]:
    """Whoever holds a connection to a component: its callers; of a broker or topic also who publishes and consumes."""
    found: dict[Component, None] = dict.fromkeys(call.caller for call in calls_at(component))
    for topic in getattr(component, "topics", {}).values():
        found.update(dict.fromkeys(_ends(topic)))
    if isinstance(component, Topic):
        found.update(dict.fromkeys(_ends(component)))
    return list(found)


def _ends(topic: Topic) -> Iterator[Component]:
    yield from (publish.publisher for publish in topic.publishers)
    yield from (consume.consumer for consume in topic.consumers)


def connections_of(calls: Iterable[Call]) -> Iterator[tuple[Component, int, tuple[str, ...]]]:
    """By pool: who holds it (a caller, or the pooler on the way), its connections, and what is missing of them."""
    for call, pooler in pools_of(calls):
        count, missing = _of_pooler(pooler) if pooler is not None else of_pool(call)
        yield pooler or call.caller, count, missing


def pools_of(calls: Iterable[Call]) -> Iterator[tuple[Call, Network | None]]:
    """Each pool once, by its first call, with the pooler on the way: the calls of one caller share a pool by its name,
    and all that pass a pooler share that."""
    seen: set[tuple[Component, str]] = set()
    for call in calls:
        pooler = pooler_of(call)
        name = "" if pooler is not None else stated(call.spec, "pool.name")
        if name is not None:
            if (pooler or call.caller, name) in seen:
                continue
            seen.add((pooler or call.caller, name))
        yield call, pooler


def pooler_of(call: Call) -> Network | None:
    return next((n for n in call.through if isinstance(n, Network) and n.spec.kind == "pooler"), None)


def of_pool(call: Call) -> tuple[int, tuple[str, ...]]:
    """Connections that a call opens over all instances of its caller; a client holds one each."""
    size, count = stated(call.spec, "pool.size"), most_instances(call.caller)
    if size is None and isinstance(call.caller, Client):
        size = 1
    if not isinstance(size, int):
        return 0, ("services.*.calls.pool.size",)
    if isinstance(count, Unknown):
        return 0, count.fields
    return size * of_processes(call.caller) * int(count.value), ()


def of_processes(caller: Component) -> int:
    return int(stated(caller.spec, "processes") or 1)


def _of_pooler(pooler: Component) -> tuple[int, tuple[str, ...]]:
    most, nodes = stated(pooler.spec, "connections.max"), greatest(pooler)
    if not isinstance(most, int):
        return 0, ("networks.*.connections.max",)
    return most * (nodes.value if isinstance(nodes, Known) else 1), ()


def mean_time(component: Component) -> float | None:
    """Mean seconds that a request takes there at peak, None where it is not stated."""
    mean = stated(component.spec, "latency.mean")
    return None if mean is None or mean == NONE else float(mean)
