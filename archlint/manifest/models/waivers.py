"""Findings that are accepted for a while, and why."""

from __future__ import annotations

from archlint.manifest.fields import Amount, Date, Label
from archlint.manifest.models.base import Spec, needed, stated


class WaiverSpec(Spec):
    """A finding that is accepted until a day."""

    check: Label = needed("Code, slug or limit of the check.")
    path: Label | None = stated("Route of the finding; everything below it unless it names one.")
    reason: Label | None = stated("Why the risk is taken.")
    owner: Label | None = stated("Who takes it.")
    until: Date | None = stated("Last day on which the waiver holds.")
    at: Amount | None = stated("Exposure that was accepted; the finding comes back when it has worsened by a tenth.")
