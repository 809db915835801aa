"""What calls pass on their way: balancers, gateways, translators, resolvers, poolers, sidecars, backbones."""

from __future__ import annotations

from archlint.manifest.fields import (
    AmountFloor,
    Count,
    Duration,
    Either,
    EitherOrNone,
    Name,
    OrNone,
    RateFloor,
    ThroughputFloor,
)
from archlint.manifest.models.base import Spec, stated
from archlint.manifest.models.common import (
    ComponentSpec,
    ConnectionsSpec,
    HealthCheckSpec,
    LatencySpec,
    LoadSpec,
    RateLimit,
    SloSpec,
)


class NetworkCapacitySpec(Spec):
    """What the whole network component can carry."""

    rate: RateFloor | None = stated("Requests or queries that it carries.")
    throughput: ThroughputFloor | None = stated("Bytes that it carries.")
    concurrency: AmountFloor | None = stated("Requests or flows that it carries at once.")
    new_connections: RateFloor | None = stated("Connections that it can open.")


class NetworkSpec(ComponentSpec):
    """Something that calls pass on their way."""

    kind: Name | None = stated("backbone, nat, balancer, gateway, resolver, pooler, sidecar or any other name.")
    nodes: Count | None = stated("Number of nodes.")
    zones: Either[list[Name], dict[Name, Count]] | None = stated(
        "Zones of the nodes: a list for an even spread, or a number for each."
    )
    capacity: NetworkCapacitySpec | None = stated("What it can carry as a whole.")
    load: LoadSpec | None = stated("Demand on it as a whole.")
    latency: LatencySpec | None = stated("Time that it adds to a call.")
    timeout: OrNone[Duration] | None = stated("Time after which it gives up a request in flight.")
    idle_timeout: OrNone[Duration] | None = stated("Time after which it drops an idle connection.")
    connections: ConnectionsSpec | None = stated("Connections that it accepts or, for a pooler, opens.")
    rate_limit: RateLimit | None = stated("Rate that it admits.")
    health_check: EitherOrNone[HealthCheckSpec, list[HealthCheckSpec]] | None = stated(
        "Probe of the targets behind it, or several."
    )
    slo: OrNone[SloSpec] | None = stated("What it promises.")
