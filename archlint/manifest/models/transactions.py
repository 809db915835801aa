"""Work that changes several stores and must happen wholly or not at all."""

from __future__ import annotations

from typing import Literal

from archlint.manifest.fields import Duration, Either, Flag, Label, OrNone, Rate, Reference
from archlint.manifest.models.base import Spec, needed, stated
from archlint.manifest.models.common import IdempotencySpec, IdempotencyWord


class StepSpec(Spec):
    """One step of a transaction."""

    do: Label = needed("What the step does.")
    on: Reference | None = stated("Component that does it.")
    undo: OrNone[Label] | None = stated("What takes it back.")
    timeout: OrNone[Duration] | None = stated("Time after which the step has failed.")
    idempotency: Either[IdempotencySpec, IdempotencyWord] | None = stated(
        "Why the step can be repeated: a key, by nature, compare-and-set, or `none`."
    )


class TransactionSpec(Spec):
    """Work over several stores."""

    description: Label | None = stated("What the transaction is for.")
    owner: Label | None = stated("Team that answers for it.")
    protocol: Literal["2pc", "saga"] | None = stated("Two-phase commit, or steps that can be taken back.")
    orchestrator: OrNone[Reference] | None = stated("Component that drives the steps.")
    state: OrNone[Reference] | None = stated("Store that keeps how far a transaction has come.")
    synchronous: Flag | None = stated("Whether the user waits for the last step.")
    monitored: Flag | None = stated("Whether somebody is told of transactions that are stuck.")
    rate: Rate | None = stated("Highest rate of transactions.")
    steps: list[StepSpec] | None = stated("The steps in order.")
