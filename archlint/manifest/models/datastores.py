"""Datastores: the stores of record."""

from __future__ import annotations

from typing import Literal

from archlint.manifest.fields import (
    Amount,
    Count,
    Duration,
    DurationFloor,
    Flag,
    Label,
    Name,
    OrNone,
    PositiveCount,
    Rate,
    Reference,
    Throughput,
)
from archlint.manifest.models.base import Control, Spec, needed, stated
from archlint.manifest.models.common import PartitionKey, ReconciliationSpec
from archlint.manifest.models.services import TenancySpec
from archlint.manifest.models.storage import Consistency, NodesSpec, StoreCapacitySpec, StoreLoadSpec

DataModel = Literal[
    "relational",
    "key-value",
    "document",
    "wide-column",
    "search",
    "object",
    "coordination",
    "time-series",
    "graph",
]
SchemaChange = Literal["expand-contract", "online", "offline"]
ConflictResolution = Literal["none", "last-write-wins", "version-vectors", "crdt", "merge", "application", "manual"]


class CounterSpec(Spec):
    """A number that only grows, in a column or counter of limited width."""

    name: Label = needed("Which counter: a column, a sequence, the transaction ID.")
    bits: PositiveCount | None = stated("Width of the value range in bits: 31 for a signed 32-bit integer.")
    signed: Flag | None = stated("Whether one of these bits is the sign.")
    now: Amount | None = stated("Present value.")
    rate: Rate | None = stated("How fast it grows.")


class IndexesSpec(Spec):
    """Secondary indexes."""

    count: Count | None = stated("Indexes that each write must maintain.")
    global_secondary: Count | None = stated("Those partitioned by another key than the data.")


class AntiEntropySpec(Control):
    """What finds and repairs copies that differ."""

    every: Duration | None = stated("Time within which all data has been compared.")


class DeleteSpec(Spec):
    """What deleting does."""

    mode: Literal["hard", "soft", "tombstone"] | None = stated("Whether the datum goes at once, or a mark stays.")
    retention: DurationFloor | None = stated("How long a deleted datum or its mark is kept.")


class DatastoreSpec(NodesSpec):
    """A store of record."""

    model: DataModel | None = stated("Shape of the data.")
    primary: Name | None = stated("Zone of the node that takes writes.")
    reads_from: Literal["primary", "replicas", "any"] | None = stated("Nodes that answer reads.")
    consistency: Consistency | None = stated("What a read may see of earlier writes.")
    load: StoreLoadSpec | None = stated("Demand on the whole store.")
    capacity: StoreCapacitySpec | None = stated("What the whole store can carry.")
    growth: Throughput | None = stated("Data added per time: one logical copy.")
    records: Amount | None = stated("Number of records.")
    indexes: IndexesSpec | None = stated("Secondary indexes.")
    partition_key: PartitionKey | None = stated("How the data spreads over the shards.")
    replica_of: Reference | None = stated("Store whose copy this is.")
    counters: list[CounterSpec] | None = stated("Numbers that can run out.")
    schema_changes: SchemaChange | None = stated("How the schema is changed while the store serves.")
    conflict_resolution: ConflictResolution | None = stated("What becomes of concurrent writes.")
    anti_entropy: OrNone[AntiEntropySpec] | None = stated("What finds and repairs copies that differ.")
    delete: DeleteSpec | None = stated("What deleting does.")
    reconciliation: OrNone[ReconciliationSpec] | None = stated("What compares it with another store.")
    tenancy: OrNone[TenancySpec] | None = stated("Tenants that share the store.")
