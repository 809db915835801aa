"""Flows: user journeys and what is promised for each."""

from __future__ import annotations

from archlint.manifest.fields import Flag, Label, Multiple, Name, OrNone, Rate, Reference
from archlint.manifest.models.base import Spec, needed, stated
from archlint.manifest.models.common import SloSpec, Tier


class FlowSpec(Spec):
    """A user journey."""

    description: Label | None = stated("What the user does.")
    owner: Label | None = stated("Team that answers for the journey.")
    tier: Tier | None = stated("How much the business depends on it.")
    entry: Reference = needed("Component that the journey enters by.")
    operation: Name | None = stated("Operation of the entry that it uses.")
    peak: Rate | None = stated("Highest one-minute mean of first requests in 30 days.")
    mean: Rate | None = stated("Mean of first requests over 30 days.")
    burst: Rate | None = stated("Highest one-second rate.")
    surge: Multiple | None = stated("Factor on the peak that must be survived, where it is not the system's.")
    slo: OrNone[SloSpec] | None = stated("What is promised for the journey.")
    transactional: Flag | None = stated("Whether its writes must all happen, or none.")
