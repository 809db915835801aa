"""What several sections state alike: the base of a component, objectives, loads, latencies, domains."""

from __future__ import annotations

from typing import Literal

from archlint.manifest.fields import (
    Amount,
    AmountFloor,
    Count,
    Date,
    Duration,
    DurationFloor,
    Either,
    EitherOrNone,
    Figure,
    FigureFloor,
    Flag,
    Fraction,
    FractionFloor,
    Label,
    Name,
    OrNone,
    Rate,
    RateFloor,
    Reference,
    Setting,
    Slug,
)
from archlint.manifest.models.base import Control, Spec, assumed, needed, stated

Tier = Literal["critical", "important", "best-effort"]
Phase = Literal["startup", "runtime", "recovery", "deploy", "control"]
Plane = Literal["control", "data"]
OnBadInput = Literal["crash", "reject", "last-known-good"]
Rollback = Literal["automatic", "manual", "none"]
IdempotencyWord = Literal["natural", "compare-and-set", "none"]

Domains = dict[Name, Either[Label, list[Label]]]
"""Failure domain by kind; a list spreads the instances evenly over several."""
Settings = dict[Label, Setting]


class SloSpec(Spec):
    """An objective: what users are promised."""

    availability: Fraction | None = stated("Share of requests that must succeed over the window.")
    latency_p50: DurationFloor | None = stated("Objective for the median latency that the caller sees.")
    latency_p90: DurationFloor | None = stated("Objective for the 90th percentile of latency.")
    latency_p95: DurationFloor | None = stated("Objective for the 95th percentile of latency.")
    latency_p99: DurationFloor | None = stated("Objective for the 99th percentile of latency.")
    latency_p999: DurationFloor | None = stated("Objective for the 99.9th percentile of latency.")
    completion: DurationFloor | None = stated("Time within which the asynchronous rest of the work is done.")
    window: Duration | None = stated("Period over which the objective is measured.")


class SlaSpec(Spec):
    """What a provider promises by contract; a contract is no measurement."""

    availability: FractionFloor | None = stated("Availability that the contract promises.")
    latency_p99: Duration | None = stated("99th percentile of latency that the contract promises.")
    source: Label | None = stated("Where the promise stands: a document or an address.")


class MeasuredSpec(Spec):
    """What was measured in production."""

    availability: FractionFloor | None = stated("Share of requests that succeeded.")
    latency_p99: Duration | None = stated("99th percentile of latency as callers saw it.")
    over: Duration | None = stated("Period that the measurement covers.")


class LatencySpec(Spec):
    """What the caller sees of successful requests at peak, queueing and dependencies included."""

    mean: Duration | None = stated("Mean latency at peak.")
    p50: Duration | None = stated("Median latency at peak.")
    p90: Duration | None = stated("90th percentile of latency at peak.")
    p95: Duration | None = stated("95th percentile of latency at peak.")
    p99: Duration | None = stated("99th percentile of latency at peak.")
    p999: Duration | None = stated("99.9th percentile of latency at peak.")


class LoadSpec(Spec):
    """Demand on the whole component, first requests only."""

    peak: Rate | None = stated("Highest one-minute mean of first requests in 30 days, whole component.")
    mean: Rate | None = stated("Mean of first requests over 30 days, whole component: for cost and growth.")
    burst: Rate | None = stated("Highest one-second rate, whole component.")


class FallbackSpec(Control):
    """What is done instead when a dependency fails."""

    use: Literal["cached", "default", "degrade", "queue", "alternate", "none"] = needed(
        "What stands in: a cached answer, a default, less, a queue, another component; `none` for nothing."
    )
    to: Reference | None = stated("Component or topic that stands in, for `alternate` and `queue`.")
    max_age: Duration | None = stated("How old a cached answer may be, and so how long an outage it bridges.")


class DependencySpec(Spec):
    """Something that a component needs without calling it for each request."""

    on: Reference = needed("Component that is needed.")
    phase: Phase = assumed("runtime", "When it is needed; at run time unless stated.")
    required: Flag = assumed(True, "Whether the component fails without it; yes unless stated.")
    fallback: OrNone[FallbackSpec] | None = stated("What is done when it is missing.")


class CeilingSpec(Spec):
    """A limit of the component's own, such as its number of threads."""

    name: Label = needed("What is limited.")
    max: FigureFloor = needed("Value at which the ceiling is reached, in any unit.")
    use: Figure | None = stated("Value in use, in the unit of `max`.")
    at: Figure | None = stated("Value of what it grows with (`grows_with`) when `use` was seen.")
    grows_with: Label | None = stated("What the use grows with: `instances`, `load`, or any other name.")
    scale: Literal["linear", "quadratic"] | None = stated("How the use grows with it.")
    on_reach: Literal["reject", "crash", "isolate"] | None = stated("What happens at the ceiling.")


class ComponentSpec(Spec):
    """What every component may state."""

    description: Label | None = stated("What the component is for, in a sentence.")
    owner: Label | None = stated("Team that answers for it; a name of `teams` where these are stated.")
    tier: Tier | None = stated("How much the system depends on it.")
    technology: Slug | None = stated("What it runs on: a slug of the technology catalogue, `@version` if needed.")
    tags: list[Label] | None = stated("Free words for your own use.")
    as_of: Date | None = stated("Date on which its figures were true, where it is not the manifest's.")
    sla: OrNone[SlaSpec] | None = stated("What its provider promises by contract.")
    measured: OrNone[MeasuredSpec] | None = stated("What was measured of it in production.")
    depends_on: list[DependencySpec] | None = stated("What it needs without calling it for each request.")
    runs_on: list[Reference] | None = stated("Components that it runs on, such as a cluster, and fails with.")
    domains: Domains | None = stated("Failure domains by kind: provider, account, image, power, update window...")
    common_cause: Fraction | None = stated("Share of its instances' failures that strike them together.")
    ceilings: list[CeilingSpec] | None = stated("Limits of its own, beside those of its technology.")
    limits: dict[Label, FigureFloor] | None = stated("Limits of the catalogue that were raised, by their id.")
    settings: Settings | None = stated("What its own configuration says, by the technology's keys.")
    plane: Plane | None = stated("Whether it serves requests (data) or only changes the system (control).")
    patterns: list[Name] | None = stated("Micro-patterns that it follows.")
    on_bad_input: OnBadInput | None = stated("What it does with input or configuration that it cannot use.")


class RateLimitSpec(Control):
    """How much the whole component admits."""

    rate: RateFloor = needed("Rate that is admitted, whole component.")
    burst: Amount | None = stated("Requests admitted at once above the rate.")
    per: Label | None = stated("What the rate is counted by: client, tenant, key...")


RateLimit = EitherOrNone[RateFloor, RateLimitSpec]


class IdempotencySpec(Control):
    """How a repeated request is recognised."""

    key: Label = needed("What identifies a request.")
    ttl: DurationFloor | None = stated("How long a key is remembered.")


class ConnectionsSpec(Spec):
    """Connections that a server accepts."""

    max: Count | None = stated("Connections accepted by the node that takes writes, or by each node of a network.")
    reserve: Count | None = stated("Connections kept for administration, which clients do not get.")


class HealthCheckSpec(Spec):
    """A probe of each instance."""

    kind: Literal["liveness", "readiness", "startup", "balancer"] | None = stated(
        "What a failing probe does: restart, take out of service, or hold back until started."
    )
    deep: Flag | None = stated("Whether the probe also asks the instance's own dependencies.")
    interval: Duration | None = stated("Time between probes of an instance.")
    timeout: DurationFloor | None = stated("Time after which a probe has failed.")
    failures: Count | None = stated("Failed probes in a row before action is taken.")
    startup_grace: DurationFloor | None = stated("Time after start during which failures do not count.")
    removal_limit: Fraction | None = stated("Largest share of instances that probes may take out at once.")
    when_all_fail: Literal["keep", "remove"] | None = stated(
        "Whether traffic still goes to the instances when all of them fail the probe."
    )


class PartitionKeySpec(Spec):
    """How data or messages spread over partitions."""

    name: Label | None = stated("Field whose value chooses the partition.")
    cardinality: AmountFloor | None = stated("Number of different values.")
    zipf: Amount | None = stated("Exponent of the Zipf distribution of accesses over the values.")
    hottest: Fraction | None = stated("Share of accesses that go to the most frequent value.")


PartitionKey = Either[Label, PartitionKeySpec]


class ReconciliationSpec(Control):
    """A comparison that finds what two places disagree on, and repairs it."""

    against: Reference | None = stated("Component that it is compared with.")
    every: Duration | None = stated("Time between two comparisons.")
    repairs: Flag | None = stated("Whether it also repairs what it finds.")
