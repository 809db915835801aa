"""What datastores, caches and brokers state alike: nodes, replication, failover, durability, backup."""

from __future__ import annotations

from typing import Literal

from archlint.manifest.fields import (
    Bytes,
    BytesFloor,
    Count,
    Duration,
    DurationFloor,
    Either,
    EitherOrNone,
    Flag,
    Fraction,
    Name,
    OrNone,
    Rate,
    RateFloor,
    Reference,
)
from archlint.manifest.models.base import Control, Spec, stated
from archlint.manifest.models.common import (
    ComponentSpec,
    ConnectionsSpec,
    Domains,
    HealthCheckSpec,
    LatencySpec,
    SloSpec,
)
from archlint.manifest.models.scheduling import SCHEDULING, SchedulingSpec

Scope = Literal["instance", "host", "zone", "region", "provider"]
Consistency = Literal["linearizable", "serializable", "snapshot", "read-committed", "causal", "bounded", "eventual"]


class MemberSpec(Spec):
    """A copy, or several alike."""

    zone: Name | None = stated("Zone of the copy.")
    region: Name | None = stated("Region of the copy, where the zone is not stated.")
    count: Count | None = stated("Number of copies described.")
    mode: Literal["sync", "semi-sync", "async"] | None = stated("Whether writes wait for this copy.")
    votes: Flag | None = stated("Whether the copy votes for the leader.")
    lag_p99: Duration | None = stated("99th percentile of its lag.")


class ReplicationSpec(Spec):
    """How writes reach the copies."""

    mode: Literal["sync", "semi-sync", "async", "quorum", "multi-leader", "none"] | None = stated(
        "Which copies a write waits for."
    )
    factor: Count | None = stated("Copies of each datum, the first included.")
    lag_p99: Duration | None = stated("99th percentile of the lag of copies.")
    voters: Count | None = stated("Nodes that vote for the leader.")
    write_quorum: Count | None = stated("Copies that acknowledge a write before it counts.")
    read_quorum: Count | None = stated("Copies asked by a read.")
    members: list[MemberSpec] | None = stated("The copies one by one, where they differ.")


class FailoverSpec(Control):
    """How another node takes over."""

    automatic: Flag | None = stated("Whether it happens without a person.")
    scope: Scope | None = stated("Largest loss that it covers.")
    fencing: Flag | None = stated("Whether the old leader is kept from writing.")
    time: Duration | None = stated("Time from the loss to the first accepted write, detection included.")
    to: Reference | None = stated("Component that takes over, where it is not a node of this one.")
    controller: Reference | None = stated("Component that decides and carries it out.")
    max_lag: OrNone[Duration] | None = stated("Lag beyond which a copy is not promoted.")


class RecoverySpec(Spec):
    """A time for each class of failure."""

    instance: DurationFloor | None = stated("After the loss of one instance.")
    host: DurationFloor | None = stated("After the loss of a host.")
    rack: DurationFloor | None = stated("After the loss of a rack.")
    zone: DurationFloor | None = stated("After the loss of a zone.")
    region: DurationFloor | None = stated("After the loss of a region.")
    provider: DurationFloor | None = stated("After the loss of a provider.")
    account: DurationFloor | None = stated("After the loss of an account.")
    corruption: DurationFloor | None = stated("After data was damaged or deleted.")


Recovery = Either[DurationFloor, RecoverySpec]
"""By class of failure; a bare value means the loss of an instance or a zone."""


class DurabilitySpec(Spec):
    """When an acknowledged write survives."""

    acknowledged_after: Literal["memory", "os", "fsync", "quorum"] | None = stated(
        "What has happened to a write when it is acknowledged."
    )
    fsync_every: Duration | None = stated("Time between two writes to disk.")


class BackupSpec(Control):
    """Copies that survive the store."""

    every: Duration | None = stated("Time between two backups.")
    point_in_time: OrNone[Duration] | None = stated("Loss when restoring to any moment, from the log.")
    retention: DurationFloor | None = stated("How long backups are kept.")
    location: Literal["same-zone", "same-region", "other-region", "other-account", "other-provider"] | None = stated(
        "Where backups are kept."
    )
    domains: Domains | None = stated("Failure domains of the backups, by kind.")
    restore_time: Duration | None = stated("Time that a full restore takes.")


class StoreLoadSpec(Spec):
    """Demand on the whole store at peak."""

    reads: Rate | None = stated("Highest rate of reads, whole store.")
    writes: Rate | None = stated("Highest rate of writes, whole store.")
    reads_mean: Rate | None = stated("Mean rate of reads over 30 days, whole store.")
    writes_mean: Rate | None = stated("Mean rate of writes over 30 days, whole store.")


class StoreCapacitySpec(Spec):
    """What the whole store can carry."""

    reads: RateFloor | None = stated("Highest rate of reads, whole store.")
    writes: RateFloor | None = stated("Highest rate of writes, whole store.")


class DiskSpec(Spec):
    """Disk of one node."""

    size: BytesFloor | None = stated("Space of one node.")
    alert_at: OrNone[Fraction] | None = stated("Use at which somebody is told.")
    shared_with: list[Reference] | None = stated("Components that write to the same disk.")


class ConsensusSpec(Spec):
    """How nodes agree."""

    faults: Count | None = stated("Byzantine faults that must be survived.")
    election_timeout: DurationFloor | None = stated("Silence after which a leader is replaced.")
    heartbeat: Duration | None = stated("Time between two signs of life of the leader.")


class NodesSpec(ComponentSpec):
    """A component made of nodes that hold data."""

    mode: Name | None = stated("Mode of the technology: cluster, kraft, sentinel, or any other name.")
    nodes: Count | None = stated("Number of nodes.")
    zones: Either[list[Name], dict[Name, Count]] | None = stated(
        "Zones of the nodes: a list for an even spread, or a number for each."
    )
    on_partition: Literal["reject", "serve"] | None = stated(
        "What a part cut off from the others does: reject (CP) or serve (AP)."
    )
    failover: OrNone[FailoverSpec] | None = stated("How another node takes over.")
    replication: OrNone[ReplicationSpec] | None = stated("How writes reach the copies.")
    durability: DurabilitySpec | None = stated("When an acknowledged write survives.")
    consensus: ConsensusSpec | None = stated("How nodes agree.")
    rto: Recovery | None = stated("Time within which the component must serve again, by class of failure.")
    rpo: Recovery | None = stated("Loss of data that can be borne, as a time, by class of failure.")
    backup: OrNone[BackupSpec] | None = stated("Copies that survive the component.")
    slo: OrNone[SloSpec] | None = stated("What the component promises.")
    latency: LatencySpec | None = stated("What callers see at peak.")
    connections: ConnectionsSpec | None = stated("Connections that are accepted.")
    disk: DiskSpec | None = stated("Disk of one node.")
    size: Bytes | None = stated("Data held: one logical copy.")
    shards: Count | None = stated("Parts into which the data is split.")
    health_check: EitherOrNone[HealthCheckSpec, list[HealthCheckSpec]] | None = stated(
        "Probe of each node, or several."
    )
    scheduling: OrNone[SchedulingSpec] | None = stated(SCHEDULING)
