"""What the patterns need to state: reservations, projections, snapshots, shadow traffic, filters."""

from __future__ import annotations

from typing import Literal

from archlint.manifest.fields import (
    Amount,
    AmountFloor,
    BytesFloor,
    Count,
    Duration,
    DurationFloor,
    Flag,
    Fraction,
    Label,
    OrNone,
    Rate,
    RateFloor,
    Reference,
)
from archlint.manifest.models.base import Control, Spec, stated


class PatternSpec(Spec):
    """What each of them may state."""

    description: Label | None = stated("What it is for.")
    owner: Label | None = stated("Team that answers for it.")


class ReservationSpec(PatternSpec):
    """Something held for a while: a seat, stock, an amount of money."""

    store: Reference | None = stated("Store that keeps the reservation.")
    ttl: OrNone[DurationFloor] | None = stated("Time after which it lapses.")
    lock: Reference | None = stated("Lock of `locks` that guards it.")
    lock_ttl: OrNone[Duration] | None = stated("Time that its lock can be held, where `lock` is not stated.")
    rate: Rate | None = stated("Highest rate of reservations.")


class ProjectionSpec(PatternSpec):
    """A read model built from events."""

    source: Reference | None = stated("Topic or store that it is built from.", alias="from")
    to: Reference | None = stated("Store or cache that holds it.")
    lag_p99: Duration | None = stated("99th percentile of its lag.")
    max_lag: DurationFloor | None = stated("Lag that is promised.")
    rebuildable: Flag | None = stated("Whether it can be built anew from its source.")
    rebuild_time: Duration | None = stated("Time that this takes.")
    fallback: OrNone[Reference] | None = stated("Component that answers reads when the projection lags.")


class SnapshotSpec(PatternSpec, Control):
    """A checkpoint that shortens a replay."""

    of: Reference | None = stated("Store, topic or service whose state it holds.")
    every: OrNone[Duration] | None = stated("Time between two snapshots.")
    every_events: Amount | None = stated("Events between two snapshots.")
    events: Amount | None = stated("Events to replay where there is no snapshot.")
    replay_rate: RateFloor | None = stated("Events replayed per second.")
    restore_time: Duration | None = stated("Time to load a snapshot.")


class ShadowSpec(PatternSpec):
    """A copy of traffic sent to another version."""

    of: Reference | None = stated("Component whose traffic is copied.")
    to: Reference | None = stated("Component that gets the copy.")
    share: Fraction | None = stated("Share of the traffic that is copied.")
    side_effects: Literal["none", "suppressed", "real"] | None = stated(
        "Whether the copy can change anything outside: not by its nature, prevented, or yes."
    )


class FilterSpec(PatternSpec):
    """A Bloom filter or its like."""

    on: Reference | None = stated("Component whose keys it holds.")
    kind: Literal["bloom", "cuckoo", "quotient", "other"] | None = stated("Which structure.")
    keys: Amount | None = stated("Keys that it holds.")
    bits: AmountFloor | None = stated("Bits of the whole filter.")
    memory: BytesFloor | None = stated("Size of the whole filter, where the bits are not stated.")
    hashes: Count | None = stated("Hash functions.")
    false_positives: Fraction | None = stated("Share of false positives that can be borne.")
