"""Manifests of other shapes than the healthy groups of `benchmarks.generate`, each of which once was, or could be,
more than linear: long paths, many entries, hubs, flows that share all they use, many zones, many findings.

`python -m benchmarks.generate 1000 chain > chain.archlint.yaml` writes one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from random import Random

HEADER = """\
archlint: 1
as_of: 2026-11-15
system: {name: shaped}
"""
PLACED = "replicas: 3, zones: [eu-1a, eu-1b, eu-1c]"
PROMISE = "slo: {availability: 99.9%, latency_p99: 1s, window: 30d}"
ZONES = 100
ZONES_OF_ONE = 10
CALLS_OF_ONE = 3
REACH_OF_ONE = 50
"""How far ahead a service of a random draft calls: far enough to branch, near enough to leave many paths."""


def name(number: int) -> str:
    return f"service-{number:05}"


def service(number: int, body: str, *calls: str) -> str:
    listed = f", calls: [{', '.join(calls)}]" if calls else ""
    return f"  {name(number)}: {{{body}{listed}}}\n"


def call(target: str, body: str = "access: read, timeout: 100ms") -> str:
    return f"{{to: {target}, {body}}}"


def flow(number: int, entry: int) -> str:
    return f"  flow-{number:05}: {{entry: {name(entry)}, peak: 50/s, {PROMISE}}}\n"


def sections(**contents: Iterable[str]) -> str:
    return HEADER + "".join(f"{section}:\n{''.join(lines)}" for section, lines in contents.items())


def chain(services: int) -> str:
    """Each calls the next; one flow enters the first."""
    calls = [service(i, PLACED, call(name(i + 1))) for i in range(services - 1)]
    return sections(services=[*calls, service(services - 1, PLACED)], flows=[flow(0, 0)])


def ring(services: int) -> str:
    """Each calls the next, the last the first; one flow enters the first."""
    calls = [service(i, PLACED, call(name((i + 1) % services))) for i in range(services)]
    return sections(services=calls, flows=[flow(0, 0)])


def draft(services: int) -> str:
    """Random calls without flows and objectives: whatever nothing calls is an entry."""
    random = Random(services)
    return sections(services=[_with_random_calls(i, services, random) for i in range(services)])


def _with_random_calls(number: int, end: int, random: Random) -> str:
    ahead = range(number + 1, min(end, number + REACH_OF_ONE))
    targets = random.sample(ahead, min(len(ahead), random.randrange(CALLS_OF_ONE)))
    return service(number, PLACED, *(call(name(target)) for target in targets))


def store(services: int) -> str:
    """All call one store."""
    calling = call("ledger", "access: write, timeout: 100ms, pool: {size: 5, hold: 4ms}")
    ledger = "  ledger: {technology: postgresql@16, nodes: 3, connections: {max: 400000}}\n"
    return sections(services=[service(i, PLACED, calling) for i in range(services)], datastores=[ledger])


def topic(services: int) -> str:
    """One half publishes to a topic, the other half consumes it."""
    body = f"{PLACED}, load: {{peak: 10/s}}, publishes: [{{to: events/orders, rate: 10/s, via: outbox}}]"
    publishing = [service(i, body) for i in range(services // 2)]
    consuming = [_consumer(i) for i in range(services // 2, services)]
    topics = "  events: {technology: kafka@3.9, nodes: 6, topics: {orders: {partitions: 6, replication_factor: 3}}}\n"
    return sections(services=[*publishing, *consuming], brokers=[topics])


def _consumer(number: int) -> str:
    return service(number, f"{PLACED}, consumes: [{{from: events/orders, group: group-{number}, instances: 3}}]")


def flows(services: int) -> str:
    """A tenth are entries of flows of their own, all of which use all of the rest."""
    entries = services // 10
    fronts = [service(i, PLACED, call(name(entries))) for i in range(entries)]
    core = [service(i, PLACED, *_children(i, entries, services)) for i in range(entries, services)]
    return sections(services=[*fronts, *core], flows=[flow(i, i) for i in range(entries)])


def losses(services: int) -> str:
    """As `flows`, with a single replica of everything: each loss stops each flow."""
    return flows(services).replace(PLACED, "replicas: 1, zones: [eu-1a]")


def operations(services: int) -> str:
    """A gateway before groups of ten, each of which it calls for one flow only."""
    calls = [call(name(i), f"timeout: 1s, in: [flow-{i:05}]") for i in range(1, services, 10)]
    chained = [
        service(i, PLACED, *([call(name(i + 1))] if i % 10 and i < services - 1 else [])) for i in range(1, services)
    ]
    return sections(services=[service(0, PLACED, *calls), *chained], flows=[flow(i, 0) for i in range(1, services, 10)])


def topics(services: int) -> str:
    """A topic for each service, all on one broker in one zone."""
    lines = [_with_topic(i) for i in range(services)]
    named = ", ".join(f"topic-{i:05}: {{partitions: 3, replication_factor: 3}}" for i in range(services))
    broker = f"  events: {{technology: kafka@3.9, nodes: 3, zones: [eu-1a], topics: {{{named}}}}}\n"
    return sections(services=lines, brokers=[broker], flows=[flow(0, 0)])


def _with_topic(number: int) -> str:
    publishes = f"publishes: [{{to: events/topic-{number:05}, rate: 10/s, acks: all}}]"
    return service(number, f"{PLACED}, {publishes}", *([call(name(number - 1))] if number else []))


def _children(number: int, first: int, end: int) -> Iterator[str]:
    """Of a tree in which each service calls two."""
    for child in (2 * (number - first) + first + 1, 2 * (number - first) + first + 2):
        if child < end:
            yield call(name(child))


def zones(services: int) -> str:
    """A hundred zones, ten of which hold each service; a flow for every ten services."""
    all_zones = [f"zone-{zone:02}" for zone in range(ZONES)]
    topology = f"  regions: {{eu-1: {{zones: [{', '.join(all_zones)}]}}}}\n"
    placed = [(all_zones * 2)[i % ZONES : i % ZONES + ZONES_OF_ONE] for i in range(services)]
    bodies = [f"replicas: {ZONES_OF_ONE}, zones: [{', '.join(held)}]" for held in placed]
    lines = [service(i, body, *([call(name(i + 1))] if i % 10 < 9 else [])) for i, body in enumerate(bodies)]
    return sections(topology=[topology], services=lines, flows=[flow(i, i) for i in range(0, services, 10)])


def alternatives(services: int) -> str:
    """A chain in which each can do without the next as long as the one after that is up."""
    last = services - 1
    steps = [_with_fallback(i, name(i + 1), name(min(i + 2, last))) for i in range(last - 1)]
    ends = [service(last - 1, PLACED, call(name(last))), service(last, PLACED)]
    return sections(services=[*steps, *ends], flows=[flow(0, 0)])


def _with_fallback(number: int, target: str, other: str) -> str:
    return service(number, PLACED, call(target, f"timeout: 100ms, fallback: {{use: alternate, to: {other}}}"))


def findings(services: int) -> str:
    """Each retries without a backoff: findings by the thousand."""
    policy = "access: write, timeout: 100ms, retries: {attempts: 3, on: [timeout], backoff: none}"
    return sections(
        services=[service(i, PLACED, call("ledger", policy)) for i in range(services)],
        datastores=["  ledger: {nodes: 3}\n"],
    )


SHAPES: dict[str, Callable[[int], str]] = {
    "chain": chain,
    "ring": ring,
    "draft": draft,
    "store": store,
    "topic": topic,
    "flows": flows,
    "losses": losses,
    "operations": operations,
    "zones": zones,
    "topics": topics,
    "alternatives": alternatives,
    "findings": findings,
}
