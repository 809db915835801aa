"""Services: programs that serve requests or consume messages."""

from __future__ import annotations

from typing import Literal

from archlint.manifest.fields import (
    Amount,
    AmountFloor,
    Bound,
    Bytes,
    BytesFloor,
    Count,
    Duration,
    DurationFloor,
    Either,
    EitherOrNone,
    Flag,
    Fraction,
    InstancesOrShare,
    Label,
    Name,
    OrNone,
    PositiveCount,
    RateFloor,
    Reference,
)
from archlint.manifest.models.base import Control, Spec, needed, stated
from archlint.manifest.models.calls import CallSpec, PublishSpec
from archlint.manifest.models.common import (
    ComponentSpec,
    HealthCheckSpec,
    IdempotencyWord,
    LatencySpec,
    LoadSpec,
    RateLimit,
    SloSpec,
)
from archlint.manifest.models.scheduling import SCHEDULING, SchedulingSpec

ScalingMetric = Literal["concurrency", "cpu", "memory", "queue", "rate", "latency", "schedule"]


class ReplicasSpec(Spec):
    """Bounds between which the number of instances moves."""

    min: Count | None = stated("Fewest instances.")
    max: Count | None = stated("Most instances.")


class AutoscalingSpec(Control):
    """What changes the number of instances."""

    metric: ScalingMetric | None = stated("What it scales on.")
    target: Fraction | None = stated("Utilisation that it steers to.")
    reaction: Duration | None = stated("Time from a rise in load to the decision to add instances.")
    startup: Duration | None = stated("Time from the decision until a new instance serves.")
    needs: list[Reference] | None = stated("Components without which it cannot add an instance.")


class MeasuredRateSpec(Spec):
    """One measurement of throughput against size."""

    replicas: PositiveCount = needed("Instances during the measurement.")
    rate: RateFloor = needed("Rate that they carried together.")


class UslSpec(Spec):
    """Coefficients of the universal scalability law."""

    alpha: Amount = needed("Contention: the part of the work that waits for the others.")
    beta: Amount = needed("Coherency: what each pair of instances costs.")


class ServiceCapacitySpec(Spec):
    """What the instances can carry."""

    per_replica: RateFloor | None = stated("Highest rate of one instance at which its objective was seen to hold.")
    concurrency: AmountFloor | None = stated("Requests that one instance works on at once.")
    service_time: Duration | None = stated("Mean time that a request holds one of them, without queueing.")
    serial_fraction: Fraction | None = stated("Part of the work that all instances do one after the other.")
    usl: UslSpec | None = stated("Coefficients of the universal scalability law.")
    measured: list[MeasuredRateSpec] | None = stated("Rates carried by different numbers of instances.")


class QueueSpec(Control):
    """Where requests wait for a free slot."""

    depth: Bound | None = stated("Requests that may wait, per instance; `unbounded` where nothing bounds them.")
    timeout: Duration | None = stated("Longest time that a request waits.")
    on_full: Literal["reject", "block", "drop-oldest"] | None = stated("What happens to one more request.")
    order: Literal["fifo", "lifo"] | None = stated("Which waiting request is served next.")


class LoadSheddingSpec(Control):
    """What is refused when there is too much."""

    policy: Label | None = stated("How it is chosen: priority, random, by client, or any other name.")
    threshold: Fraction | None = stated("Utilisation above which requests are refused.")


class MemorySpec(Spec):
    """Memory of one instance."""

    working_set: Bytes | None = stated("Memory in use without any request, per instance.")
    per_request: Bytes | None = stated("Memory that one request in flight takes.")
    limit: BytesFloor | None = stated("Memory at which an instance is killed.")


class ApiSpec(Spec):
    """The interface that others depend on."""

    version: Label | None = stated("Version of the interface; `none` where it has none.")
    consumers: Count | None = stated("Number of other systems or teams that use it.")
    deprecation_window: OrNone[DurationFloor] | None = stated("Notice given before something is removed.")
    contract_tests: Flag | None = stated("Whether tests of the consumers run before a release.")


class DeploySpec(Spec):
    """How new instances replace old ones."""

    max_unavailable: InstancesOrShare | None = stated("Instances that may be missing during a deploy.")
    max_surge: InstancesOrShare | None = stated("Instances that may exist beyond the usual number.")
    drain: OrNone[DurationFloor] | None = stated("Time that an old instance has to finish its requests.")
    strategy: Literal["rolling", "blue-green", "canary", "recreate"] | None = stated("Order of replacement.")


class CellsSpec(Control):
    """Independent copies of the service, each with its own part of the users."""

    count: Count | None = stated("Number of cells.")
    largest_share: Fraction | None = stated("Share of the load in the largest cell.")
    tested_size: RateFloor | None = stated("Load up to which one cell was tested.")


class PeersSpec(Spec):
    """Instances that hold connections to each other."""

    mesh: Literal["full", "partial", "none"] | None = stated("Who holds connections to whom.")
    threads_each: Count | None = stated("Threads or connections that an instance holds for each peer.")


class TenancySpec(Spec):
    """Tenants that share the component."""

    tenants: Amount | None = stated("Number of tenants.")
    isolation: Literal["none", "quota", "pool", "cell"] | None = stated("What keeps one from another's share.")


class DedupeSpec(Control):
    """How a consumer recognises a message that it has seen."""

    by: Label = needed("Field that identifies a message.")
    ttl: DurationFloor | None = stated("How long it is remembered.")


class BatchSpec(Spec):
    """Messages that are handled together."""

    size: Count | None = stated("Most messages in a batch.")
    delay: Duration | None = stated("Longest wait for a batch to fill.")


class ConsumeSpec(Control):
    """Messages that a service takes from a topic."""

    source: Reference = needed("Topic, as `broker/topic`.", alias="from")
    group: Label | None = stated("Consumer group.")
    instances: Count | None = stated("Consumers in the group.")
    per_instance: RateFloor | None = stated("Messages that one consumer handles per second.")
    processing: LatencySpec | None = stated("Time that one message takes.")
    batch: Either[Count, BatchSpec] | None = stated("Messages taken at once.")
    lease: DurationFloor | None = stated("Time after which an unacknowledged message is delivered again.")
    dedupe: Either[DedupeSpec, IdempotencyWord] | None = stated("Why a second delivery does no harm.")
    dead_letter: OrNone[Reference] | None = stated("Topic for messages that cannot be handled.")
    max_deliveries: Either[PositiveCount, Literal["unlimited"]] | None = stated(
        "Deliveries of one message before it is given up."
    )
    redrive: Flag | None = stated("Whether dead letters are put back into the topic.")
    replay: Flag | None = stated("Whether the consumer reads the topic from its beginning, at start or to rebuild.")
    max_lag: DurationFloor | None = stated("How far the consumer may fall behind.")


class OperationSpec(Spec):
    """One kind of request that a service serves."""

    description: Label | None = stated("What the operation does.")
    share: Fraction | None = stated("Share of the service's requests.")
    calls: list[CallSpec] | None = stated("Calls that only this operation makes.")
    publishes: list[PublishSpec] | None = stated("Messages that only this operation publishes.")
    latency: LatencySpec | None = stated("Latency of this operation at peak.")


class ServiceSpec(ComponentSpec):
    """A program that serves requests or consumes messages."""

    replicas: Either[Count, ReplicasSpec] | None = stated("Number of instances, or its bounds.")
    zones: Either[list[Name], dict[Name, Count]] | None = stated(
        "Zones of the instances: a list for an even spread, or a number for each."
    )
    processes: Count | None = stated("Processes in one instance; each has its own pools.")
    autoscaling: OrNone[AutoscalingSpec] | None = stated("What changes the number of instances.")
    load: LoadSpec | None = stated("Demand on the whole service.")
    capacity: ServiceCapacitySpec | None = stated("What the instances can carry.")
    latency: LatencySpec | None = stated("What callers see at peak.")
    slo: OrNone[SloSpec] | None = stated("What the service promises.")
    queue: Either[QueueSpec, Literal["unbounded", "none"]] | None = stated(
        "Where requests wait; `unbounded` if nothing bounds it, `none` if one without a slot is refused."
    )
    rate_limit: RateLimit | None = stated("Rate that the whole service admits.")
    load_shedding: OrNone[LoadSheddingSpec] | None = stated("What is refused when there is too much.")
    memory: MemorySpec | None = stated("Memory of one instance.")
    health_check: EitherOrNone[HealthCheckSpec, list[HealthCheckSpec]] | None = stated(
        "Probe of each instance, or several."
    )
    api: OrNone[ApiSpec] | None = stated("The interface that others depend on.")
    deploy: DeploySpec | None = stated("How new instances replace old ones.")
    startup: Duration | None = stated("Time from start until an instance serves.")
    idle_timeout: OrNone[Duration] | None = stated("Time after which the service closes an idle connection.")
    stateful: Flag | None = stated("Whether an instance keeps state that is lost with it.")
    cells: OrNone[CellsSpec] | None = stated("Independent copies, each with its own part of the users.")
    peers: OrNone[PeersSpec] | None = stated("Connections between the instances.")
    tenancy: OrNone[TenancySpec] | None = stated("Tenants that share the service.")
    scheduling: OrNone[SchedulingSpec] | None = stated(SCHEDULING)
    operations: dict[Name, OperationSpec] | None = stated("Kinds of request, where they differ.")
    calls: list[CallSpec] | None = stated("Calls that the service makes.")
    publishes: list[PublishSpec] | None = stated("Messages that the service publishes.")
    consumes: list[ConsumeSpec] | None = stated("Messages that the service takes from topics.")
