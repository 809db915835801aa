"""Locks, leases and leaderships that work waits for."""

from __future__ import annotations

from typing import Literal

from archlint.manifest.fields import Duration, DurationFloor, Flag, Label, OrNone, Rate, Reference
from archlint.manifest.models.base import Control, stated


class LockSpec(Control):
    """Something that one at a time may hold."""

    description: Label | None = stated("What the lock protects.")
    owner: Label | None = stated("Team that answers for it.")
    scope: Literal["global", "region", "zone", "service", "tenant", "table", "key", "row", "leader"] | None = stated(
        "What one lock covers; `leader` for the right to lead."
    )
    store: Reference | None = stated("Component that keeps the lock.")
    holders: list[Reference] | None = stated("Components that take it.")
    rate: Rate | None = stated("How often one and the same lock is taken.")
    hold: Duration | None = stated("Mean time that it is held.")
    timeout: OrNone[Duration] | None = stated("Longest wait for it.")
    ttl: OrNone[DurationFloor] | None = stated("Time after which it is free again by itself.")
    fencing: Flag | None = stated("Whether a former holder is kept from writing.")
