"""The system as a whole."""

from __future__ import annotations

from typing import Literal

from archlint.manifest.fields import Amount, Date, Growth, Label, MoneyFloor, Multiple, Name, OrNone
from archlint.manifest.models.base import Spec, needed, stated
from archlint.manifest.models.common import SloSpec, Tier

LanguageVersion = Literal[1]
AsOf = Date


class SystemSpec(Spec):
    """What the manifest describes."""

    name: Name = needed("Name of the system, by which other manifests refer to it.")
    description: Label | None = stated("What the system is for, in a sentence.")
    owner: Label | None = stated("Team that answers for the system.")
    domain: Label | None = stated("What it is about, such as payments; decides the consistency that it needs.")
    tier: Tier | None = stated("How much the business depends on it.")
    users: Amount | None = stated("Active users: the scale tier.")
    growth: Growth | None = stated("Growth of the load per month.")
    budget: MoneyFloor | None = stated("What the system may cost per month.")
    requires: list[Label] | None = stated("Capabilities that the system needs, by their names in the catalogue.")
    pattern: list[Name] | None = stated("System patterns that it follows.")
    surge: Multiple | None = stated("Factor on every flow's peak that must be survived.")
    slo: OrNone[SloSpec] | None = stated("Objective of the flows that state none.")
    tags: list[Label] | None = stated("Free words for your own use.")
