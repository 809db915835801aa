"""Classes of change: how each reaches production."""

from __future__ import annotations

from typing import Literal

from archlint.manifest.fields import (
    Duration,
    DurationFloor,
    Flag,
    Fraction,
    Label,
    OrNone,
    Rate,
    Reference,
)
from archlint.manifest.models.base import Control, stated
from archlint.manifest.models.common import OnBadInput, Rollback

ChangeScope = Literal["instance", "host", "cell", "zone", "region", "account", "provider", "global"]


class ChangeSpec(Control):
    """A class of change, such as code, configuration, content, rules, data, schema, operating-system."""

    description: Label | None = stated("What is changed.")
    per: Rate | None = stated("How often it is changed, such as `4/day`.")
    failure_rate: Fraction | None = stated("Share of changes that do harm.")
    restore: Duration | None = stated("Time from the harm to its end.")
    scope: ChangeScope | None = stated("How much one step of a change reaches at once.")
    steps: OrNone[list[Fraction]] | None = stated("Shares of traffic in turn, before all of it.")
    bake: OrNone[DurationFloor] | None = stated("Time that each step is watched.")
    rollback: Rollback | None = stated("How a bad change is taken back.")
    flags: Flag | None = stated("Whether a change can be switched off without a deploy.")
    validated: Flag | None = stated("Whether it is checked before it reaches any instance.")
    made_by: Literal["person", "machine"] | None = stated("Who makes the change.")
    window: OrNone[Label] | None = stated("When it may be made.")
    same_window_everywhere: Flag | None = stated("Whether all instances take it within the same window.")
    on_bad_input: OnBadInput | None = stated("What an instance does with a change that it cannot use.")
    strategy: Literal["expand-contract", "online", "offline"] | None = stated("How a schema is changed.")
    consumers: list[Reference] | None = stated("Components that take the change; all unless stated.")
