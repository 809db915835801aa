"""What has been shown by test, and when."""

from __future__ import annotations

from archlint.manifest.fields import (
    Count,
    Duration,
    DurationFloor,
    Flag,
    FractionFloor,
    Label,
    Name,
    OrNone,
    RateFloor,
    Reference,
)
from archlint.manifest.models.base import Control, Spec, needed, stated


class LoadTestSpec(Control):
    """A test under load."""

    flow: Name | None = stated("Flow that was loaded; all unless stated.")
    profile: Name | None = stated("Shape of the load: recorded-traffic, zipf, uniform, or any other name.")
    peak: RateFloor | None = stated("Highest rate that was held.")
    duration: DurationFloor | None = stated("How long the peak was held.")
    endurance: OrNone[DurationFloor] | None = stated("How long a moderate load was held.")
    environment: Name | None = stated("Where: production, staging, or any other name.")


class ChaosSpec(Control):
    """Failures made on purpose."""

    environment: Name | None = stated("Where: production, staging, or any other name.")
    scenarios: list[Name] | None = stated("What was made to fail: instance-loss, zone-loss, failover...")
    targets: list[Reference] | None = stated("Components that were made to fail; all unless stated.")


class GameDaySpec(Control):
    """An incident played through by the people on call."""

    scenarios: list[Name] | None = stated("What was played.")


class TestsSpec(Spec):
    """Automatic tests."""

    unit: Count | None = stated("Number of unit tests.")
    integration: Count | None = stated("Number of integration tests.")
    e2e: Count | None = stated("Number of tests of the whole system.")
    coverage: FractionFloor | None = stated("Share of the code that they run.")


class InvariantSpec(Control):
    """Something that must always hold."""

    name: Label = needed("What must hold.")
    monitored: Flag | None = stated("Whether it is watched in production.")
    on: list[Reference] | None = stated("Components whose data it speaks of.")


class ProofSpec(Control):
    """A property shown with a tool."""

    tool: Label | None = stated("Tool that showed it.")
    on: list[Reference] | None = stated("Components of which it was shown.")


class RestoreTestSpec(Control):
    """A backup that was read back."""

    on: list[Reference] | None = stated("Stores that were restored.")
    duration: Duration | None = stated("Time that the restore took.")


class VerificationSpec(Spec):
    """What has been shown by test, and when."""

    load_test: OrNone[LoadTestSpec] | None = stated("A test under load.")
    chaos: OrNone[ChaosSpec] | None = stated("Failures made on purpose.")
    game_day: OrNone[GameDaySpec] | None = stated("An incident played through.")
    tests: TestsSpec | None = stated("Automatic tests.")
    invariants: list[InvariantSpec] | None = stated("What must always hold.")
    linearizability: OrNone[ProofSpec] | None = stated("A test of histories against linearizability.")
    formal_spec: OrNone[ProofSpec] | None = stated("A design checked by a model checker or a proof.")
    restore_test: OrNone[RestoreTestSpec] | None = stated("A backup that was read back.")
