"""How an orchestrator places the instances of a component."""

from __future__ import annotations

from typing import Literal

from archlint.manifest.fields import Amount, Bytes, InstancesOrShare, Label, OrNone
from archlint.manifest.models.base import Spec, stated


class ComputeSpec(Spec):
    """Processor and memory of one instance."""

    cpu: Amount | None = stated("Processors, per instance; 0.5 is half of one.")
    memory: Bytes | None = stated("Memory, per instance.")


class DisruptionBudgetSpec(Spec):
    """How many instances voluntary disruptions must leave."""

    min_available: InstancesOrShare | None = stated("Instances that must stay.")
    max_unavailable: InstancesOrShare | None = stated("Instances that may be missing.")


class SchedulingSpec(Spec):
    """How an orchestrator places the instances."""

    priority: Label | None = stated("Class that decides who is evicted first.")
    anti_affinity: Literal["required", "preferred", "none"] | None = stated("Whether two instances may share a host.")
    spread: Literal["host", "every-host", "zone", "none"] | None = stated(
        "What instances are spread over; `every-host` where each host runs one, as a DaemonSet does."
    )
    disruption_budget: OrNone[DisruptionBudgetSpec] | None = stated("What evictions must leave running.")
    requests: OrNone[ComputeSpec] | None = stated("Processor and memory reserved for an instance.")
    limits: OrNone[ComputeSpec] | None = stated("Processor and memory that an instance may not exceed.")


SCHEDULING = (
    "How Kubernetes places the instances. Stated, it says that they run there, as a `runs_on` or `technology` of "
    "kubernetes, eks, gke or aks does; `none` where nothing places them."
)
"""Description of the field, the same wherever it stands."""
