"""Limits on destructive actions."""

from __future__ import annotations

from archlint.manifest.fields import DurationFloor, Flag, InstancesOrShare, Label, OrNone, Reference
from archlint.manifest.models.base import Control, needed, stated


class GuardSpec(Control):
    """What keeps one command from destroying too much."""

    action: Label = needed("What is guarded: delete-volume, scale-down, drop-table...")
    on: list[Reference] | None = stated("Components that it could destroy.")
    limit: OrNone[InstancesOrShare] | None = stated("Most that one command may touch.")
    minimum: OrNone[InstancesOrShare] | None = stated("What must be left.")
    dry_run: Flag | None = stated("Whether it first shows what it would do.")
    soft: Flag | None = stated("Whether what was deleted can be had back.")
    retention: DurationFloor | None = stated("How long it can be had back.")
