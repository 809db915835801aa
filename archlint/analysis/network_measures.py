"""Measures of balancers, gateways, proxies, resolvers and poolers: archlint/knowledge/measures.py says what each is."""

from __future__ import annotations

from archlint.analysis.callers import calls_at, connections_of, mean_time, most_instances, of_pool
from archlint.analysis.measured import Found, Knob, Measured, Measurers, Subject, Term, lacking, of_field, ratio
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import Call, Client, Component, Network, stated


def upstream_wait(subject: Subject) -> Found:
    """What is behind the network must answer before it gives up."""
    network = subject.component
    for target in _behind(network):
        p99 = stated(target.spec, "latency.p99")
        if p99 is None:
            yield Unknown("services.*.latency.p99")
            continue
        yield Measured(
            p99, target, "latency.p99", f"{network.label} waits {{}} for one request in a hundred to {target.label}",
            knob=Knob(unit="s"), owners=(network,),
        )  # fmt: skip


def network_throughput(subject: Subject) -> Found:
    load, network = subject.analyses.load, subject.component
    total, missing = 0.0, set[str]()
    for call in calls_at(network):
        rate, spec = load.of_call(call), call.spec
        missing.update(rate.fields if isinstance(rate, Unknown) else ())
        missing.update(lacking(spec.payload is None, "services.*.calls.payload"))
        missing.update(lacking(spec.response is None, "services.*.calls.response"))
        if isinstance(rate, Known):
            total += rate.value * ((spec.payload or 0.0) + (spec.response or 0.0))
    if total:
        yield Measured(
            total, network, "load", f"{network.label} carries {{}}", formula="sum of rate x (payload + response)",
            missing=tuple(sorted(missing)),
        )  # fmt: skip
    elif missing:
        yield Unknown(*missing)


def requests_in_flight(subject: Subject) -> Found:
    """Little's law over what passes: each request is held until its target has answered."""
    load, network = subject.analyses.load, subject.component
    total, missing = 0.0, set[str]()
    for call in calls_at(network):
        rate = load.of_call(call)
        targets = [target for target in call.targets if target is not network]
        mean = mean_time(targets[0]) if len(targets) == 1 else None
        missing.update(rate.fields if isinstance(rate, Unknown) else ())
        missing.update(lacking(mean is None, "services.*.latency.mean"))
        total += rate.value * mean if isinstance(rate, Known) and mean is not None else 0.0
    if total:
        yield Measured(
            total, network, "load", f"{network.label} holds {{}} at once at peak",
            formula="sum of rate x mean latency of the target", missing=tuple(sorted(missing)),
        )  # fmt: skip
    elif missing:
        yield Unknown(*missing)


def client_connections(subject: Subject) -> Found:
    """What callers open to the network: their pools, and one connection for each client of a population."""
    network, total, terms = subject.component, 0, list[Term]()
    missing: set[str] = set()
    certain = True
    for holder, count, lacks in _connections(network):
        missing.update(lacks)
        total += count
        certain = certain and isinstance(holder, Client)
        terms += [Term(f"from {holder.label}", count)] if count else []
    if total:
        yield Measured(
            total, network, None, f"the callers of {network.label} open up to {{}} to it", terms=tuple(terms),
            formula="sum of pool size x processes x instances; one for each client",
            missing=tuple(sorted(missing)), certain=certain,
        )  # fmt: skip
    elif missing:
        yield Unknown(*missing)


def _connections(network: Component) -> list[tuple[Component, int, tuple[str, ...]]]:
    calls = calls_at(network)
    if getattr(network.spec, "kind", None) != "pooler":
        return list(connections_of(calls))
    seen: dict[tuple[Component, str], Call] = {}
    for index, call in enumerate(calls):
        name = stated(call.spec, "pool.name")
        seen.setdefault((call.caller, str(index) if name is None else f"pool {name}"), call)
    return [(call.caller, *of_pool(call)) for call in seen.values()]


def targets(subject: Subject) -> Found:
    network = subject.component
    counts = [(target, most_instances(target)) for target in _behind(network)]
    known = [(target, count.value) for target, count in counts if isinstance(count, Known)]
    missing = sorted({name for _, count in counts if isinstance(count, Unknown) for name in count.fields})
    if known:
        yield Measured(
            sum(count for _, count in known), network, "", f"{network.label} has {{}} behind it",
            terms=tuple(Term(f"of {target.label}", count) for target, count in known),
            formula="sum of most instances + deploy surge", missing=tuple(missing),
        )  # fmt: skip
    elif missing:
        yield Unknown(*missing)


def target_groups(subject: Subject) -> Found:
    behind = _behind(subject.component)
    if behind:
        yield Measured(len(behind), subject.component, "", f"{subject.component.label} has {{}} behind it")


def proxies(subject: Subject) -> Found:
    """One beside each instance of whoever calls through the mesh, and of whoever is called through it."""
    network = subject.component
    joined: dict[Component, None] = {}
    for call in calls_at(network):
        joined.update(dict.fromkeys((call.caller, *(target for target in call.targets if target is not network))))
    inside = [part for part in joined if not isinstance(part, Client)]
    counts = [most_instances(part) for part in inside]
    total = sum(count.value for count in counts if isinstance(count, Known))
    missing = sorted({name for count in counts if isinstance(count, Unknown) for name in count.fields})
    if total:
        yield Measured(
            total, network, "", f"{network.label} joins {{}}", formula="sum of most instances + deploy surge",
            missing=tuple(missing),
        )  # fmt: skip
    elif missing:
        yield Unknown(*missing)


def dns_ttl(subject: Subject) -> Found:
    network = subject.component
    ttl = stated(getattr(network.system.manifest, "operations", None), "dns.ttl")
    if isinstance(ttl, int | float):
        yield Measured(float(ttl), network, None, f"resolvers keep the names of {network.system.name} for {{}}")


def _behind(network: Component) -> list[Component]:
    """Targets of the calls that pass, each once."""
    found = (target for call in calls_at(network) for target in call.targets if target is not network)
    return list(dict.fromkeys(found))


_NODE = "each node of {label} holds {}"

NETWORK_MEASURES: Measurers = {
    "client_connections": ((Network,), client_connections),
    "client_connections_per_node": ((Network,), ratio(client_connections, "", "nodes",
                                                      "callers open up to {} to each node of {label}", whole=True)),
    "dns_ttl": ((Network,), dns_ttl),
    "network_idle_timeout": ((Network,), of_field("idle_timeout", "drops a connection that was idle for {}", "s")),
    "network_throughput": ((Network,), network_throughput),
    "network_timeout": ((Network,), of_field("timeout", "gives up a request after {}", "s")),
    "proxies": ((Network,), proxies),
    "requests_in_flight": ((Network,), requests_in_flight),
    "requests_in_flight_per_node": ((Network,), ratio(requests_in_flight, "", "nodes", f"{_NODE} at once at peak")),
    "server_connections": ((Network,), of_field("connections.max", "opens up to {} from each node")),
    "target_groups": ((Network,), target_groups),
    "targets": ((Network,), targets),
    "upstream_wait": ((Network,), upstream_wait),
}  # fmt: skip
"""By name: the components that have the measure, and what computes it for one of them."""
