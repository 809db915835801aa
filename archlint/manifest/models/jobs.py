"""Work that a clock starts."""

from __future__ import annotations

from archlint.manifest.fields import Count, Duration, DurationFloor, Either, Flag, Label, Name, OrNone
from archlint.manifest.models.base import stated
from archlint.manifest.models.calls import CallSpec, PublishSpec
from archlint.manifest.models.common import ComponentSpec
from archlint.manifest.models.scheduling import SCHEDULING, SchedulingSpec


class JobSpec(ComponentSpec):
    """Work that a clock starts."""

    every: DurationFloor | None = stated("Time between two starts.")
    at: Label | None = stated("When it starts: a time of day in quotes, or a cron expression.")
    jitter: OrNone[DurationFloor] | None = stated("Time over which starts are spread at random.")
    duration_max: Duration | None = stated("Longest time that it takes.")
    overlap: Flag | None = stated("Whether a run may start before the last one has ended.")
    replicas: Count | None = stated("Instances that start together.")
    zones: Either[list[Name], dict[Name, Count]] | None = stated("Zones that it can run in.")
    scheduling: OrNone[SchedulingSpec] | None = stated(SCHEDULING)
    calls: list[CallSpec] | None = stated("Calls that one run makes.")
    publishes: list[PublishSpec] | None = stated("Messages that one run publishes.")
