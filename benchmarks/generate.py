"""A large manifest, the same bytes every time: `python -m benchmarks.generate 1000 > big.archlint.yaml`.

Ten services, a store, a cache and a topic make a group; a group serves one flow and calls into the next one.
Every stated load is the one that the flow's peak gives, and capacities leave room for the loss of a zone, so
that a group is healthy. Group 0 carries the risks named in SEEDED, whatever the size: a benchmark whose
findings grow with the input would measure printing.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from string import Template

GROUP = 10
GROUPS_A_BROKER = 20
GROUPS_A_TEAM = 4
TODAY = "2026-11-20"
SEEDED = ("LAW132", "PRM070", "PRM081")

HEADER = """\
archlint: 1
as_of: 2026-11-15
system:
  name: generated
  owner: team-000
  users: 10M
  growth: 3%/month
  slo: {availability: 99.5%, window: 30d}
topology:
  regions:
    eu-1: {zones: [eu-1a, eu-1b, eu-1c]}
defaults:
  call: {timeout: 500ms, deadline: propagated}
operations:
  monitoring: {signals: [latency, traffic, errors, saturation], runs_on: [], out_of_band: true, detection: 2m}
  response: {acknowledge: 5m, mitigate: 15m}
"""

SERVICE = Template("""\
  $name-$g:
    owner: $team
    tier: $tier
    replicas: $replicas
    zones: [eu-1a, eu-1b, eu-1c]
    load: {peak: $peak/s}
    capacity: {per_replica: $per_replica/s, concurrency: 32, service_time: ${service_time}ms}
    latency: {mean: ${latency}ms, p99: ${p99}ms}
    queue: $queue
""")

CALLS = {
    "edge": """\
    calls:
      - {to: identity-$g, access: read, timeout: 100ms}
      - {to: catalog-$g, access: read, timeout: 450ms, share: 80%}
      - {to: cart-$g, access: write, timeout: 200ms, share: 30%}
      - {to: checkout-$g, access: write, timeout: 1500ms, share: 20%}
""",
    "identity": """\
    calls:
      - to: sessions-$g
        access: read
        timeout: 20ms
        fallback: {use: alternate, to: orders-db-$g, proven: 2026-10-20}
""",
    "catalog": """\
    calls:
      - {to: sessions-$g, access: read, timeout: 20ms, fallback: {use: alternate, to: orders-db-$g}}
      - to: search-$g
        access: read
        share: 30%
        timeout: 150ms
        retries: {attempts: 2, on: [timeout], backoff: exponential, base: 10ms, jitter: $jitter}
        idempotency: natural
""",
    "cart": """\
    calls: [{to: orders-db-$g, access: write, timeout: 100ms, pool: {size: 5, hold: 4ms}}]
""",
    "checkout": """\
    calls:
      - to: payment-$g
        access: write
        timeout: 400ms
        retries: {attempts: 2, on: [timeout], backoff: exponential, base: 20ms, jitter: full}
        idempotency: $idempotency
      - {to: inventory-$g, access: write, timeout: 200ms}
      - {to: orders-db-$g, access: write, timeout: 100ms, pool: {size: 5, hold: 4ms}}
      - {to: notify-$next, access: write, timeout: 50ms, async: true, required: false}
    publishes:
      - {to: events-$broker/orders-$g, rate: $orders/s, via: outbox, acks: all, on_failure: buffer}
""",
    "payment": """\
    calls: [{to: orders-db-$g, access: write, timeout: 100ms, pool: {size: 5, hold: 4ms}}]
""",
    "inventory": """\
    calls: [{to: orders-db-$g, access: write, timeout: 100ms, pool: {size: 5, hold: 4ms}}]
""",
}

CONSUMER = Template("""\
  shipping-$g:
    owner: $team
    tier: important
    replicas: 3
    zones: [eu-1a, eu-1b, eu-1c]
    consumes:
      - from: events-$broker/orders-$g
        group: shipping
        instances: 3
        per_instance: 100/s
        dedupe: {by: order_id, ttl: 14d}
        dead_letter: events-$broker/dead-letters
        max_deliveries: 5
        redrive: false
        max_lag: 10m
""")

STORE = Template("""\
  orders-db-$g:
    owner: $team
    technology: postgresql@16
    model: relational
    nodes: 3
    zones: [eu-1a, eu-1b, eu-1c]
    primary: eu-1a
    replication: {mode: sync, factor: 3, lag_p99: 20ms}
    reads_from: primary
    consistency: linearizable
    on_partition: reject
    failover: {automatic: true, scope: zone, fencing: true, time: 25s, proven: 2026-09-14}
    rto: {zone: 60s, region: 4h}
    rpo: {zone: 0s, region: 1d}
    size: ${size}GB
    load: {reads: $misses/s, writes: $writes/s}
    capacity: {reads: 20k/s, writes: 4k/s}
    connections: {max: 400}
    backup: {every: 1d, point_in_time: 5m, retention: 35d, location: other-region, proven: 2026-10-02}
""")

CACHE = Template("""\
  sessions-$g:
    owner: $team
    technology: redis@7
    mode: cluster
    nodes: 6
    zones: [eu-1a, eu-1b, eu-1c]
    backed_by: orders-db-$g
    on_partition: reject
    hit_ratio: 95%
    ttl: 30m
    strategy: aside
    invalidation: explicit
    stampede_protection: coalescing
    on_error: pass-through
    load: {reads: $lookups/s}
    capacity: {reads: 50k/s}
    hottest_key: 5/s
""")

BROKER = Template("""\
  events-$broker:
    owner: $team
    technology: kafka@3.9
    mode: kraft
    nodes: 6
    zones: [eu-1a, eu-1b, eu-1c]
    topics:
      dead-letters: {partitions: 6, replication_factor: 3, min_insync_replicas: 2, retention: 30d}
""")

TOPIC = Template("""\
      orders-$g: {partitions: 6, replication_factor: 3, min_insync_replicas: 2, retention: 7d, \
schema: {compatibility: backward}, key: order_id}
""")

FLOW = Template("""\
  buy-$g: {entry: edge-$g, peak: $peak/s, slo: {availability: 99.5%, latency_p99: 2s, window: 30d}}
""")


@dataclass(frozen=True, slots=True)
class Role:
    """A service of a group: the part of the flow's requests that reaches it, latencies in milliseconds."""

    name: str
    share: float
    replicas: int
    latency: int
    p99: int
    tier: str = "critical"


ROLES = (
    Role("edge", 1.0, 6, 70, 400),
    Role("identity", 1.0, 6, 4, 20),
    Role("catalog", 0.8, 6, 15, 60),
    Role("search", 0.24, 3, 8, 30),
    Role("cart", 0.3, 3, 6, 30),
    Role("checkout", 0.2, 3, 30, 150),
    Role("payment", 0.2, 3, 8, 40),
    Role("inventory", 0.2, 3, 6, 30),
    Role("notify", 0.2, 3, 5, 20, "best-effort"),
)


def peak_of(group: int) -> int:
    """Requests per second at the group's entry, a multiple of 50: every share of it is a short figure."""
    return 50 * (2 + group % 7)


def values_of(group: int, groups: int) -> dict[str, str]:
    peak = peak_of(group)
    return {
        "g": f"{group:04}",
        "next": f"{(group + 1) % groups:04}",
        "team": f"team-{group // GROUPS_A_TEAM:03}",
        "broker": f"{group // GROUPS_A_BROKER:02}",
        "peak": f"{peak:g}",
        "orders": f"{0.2 * peak:g}",
        "lookups": f"{1.8 * peak:g}",
        "misses": f"{1.8 * 0.05 * peak:g}",
        "writes": f"{0.9 * peak:g}",
        "size": f"{100 + 10 * (group % 31)}",
        "jitter": "none" if group == 0 else "full",
        "idempotency": "none" if group == 0 else "{key: request-id, ttl: 24h}",
    }


def service(role: Role, group: int, values: dict[str, str], groups: int) -> str:
    # notify is called by the checkout of the group before.
    source = (group - 1) % groups if role.name == "notify" else group
    peak = role.share * peak_of(source)
    after_zone_loss = role.replicas * 2 // 3
    unbounded = group == 0 and role.name == "search"
    own = {
        "name": role.name,
        "tier": role.tier,
        "replicas": role.replicas,
        "peak": f"{peak:g}",
        "per_replica": max(100, math.ceil(peak / after_zone_loss / 0.5)),
        "service_time": role.latency,
        "latency": role.latency,
        "p99": role.p99,
        "queue": "unbounded" if unbounded else f"{{depth: {20 + group % 11}, timeout: 50ms, on_full: reject}}",
    }
    return SERVICE.substitute(values | own) + Template(CALLS.get(role.name, "")).substitute(values)


def teams(groups: int) -> list[str]:
    count = math.ceil(groups / GROUPS_A_TEAM)
    return [
        "teams:\n",
        *(f"  team-{team:03}: {{size: {5 + team % 4}, on_call: true}}\n" for team in range(count)),
    ]


def brokers(all_values: list[dict[str, str]]) -> list[str]:
    parts = ["brokers:\n"]
    for group, values in enumerate(all_values):
        if group % GROUPS_A_BROKER == 0:
            parts.append(BROKER.substitute(values))
        parts.append(TOPIC.substitute(values))
    return parts


def manifest(services: int) -> str:
    """A valid manifest with that many services, a multiple of ten; about 600 bytes a service."""
    if services <= 0 or services % GROUP:
        raise ValueError(f"the number of services must be a positive multiple of {GROUP}, not {services}")
    groups = services // GROUP
    all_values = [values_of(group, groups) for group in range(groups)]
    parts = [HEADER, *teams(groups), "services:\n"]
    for group, values in enumerate(all_values):
        parts += [service(role, group, values, groups) for role in ROLES]
        parts.append(CONSUMER.substitute(values))
    parts += ["datastores:\n", *(STORE.substitute(values) for values in all_values)]
    parts += ["caches:\n", *(CACHE.substitute(values) for values in all_values)]
    parts += brokers(all_values)
    parts += ["flows:\n", *(FLOW.substitute(values) for values in all_values)]
    return "".join(parts)


def main(services: str, shape: str = "") -> None:
    """Write a manifest of that many services; `shape` is one of `benchmarks.shape_manifests`."""
    from benchmarks.shape_manifests import SHAPES

    sys.stdout.write((SHAPES[shape] if shape else manifest)(int(services)))


if __name__ == "__main__":
    main(*sys.argv[1:])
