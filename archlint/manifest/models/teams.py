"""Teams that own components."""

from __future__ import annotations

from archlint.manifest.fields import Count, Flag, Label
from archlint.manifest.models.base import Spec, stated


class TeamSpec(Spec):
    """A team."""

    description: Label | None = stated("What the team does.")
    size: Count | None = stated("Number of people.")
    on_call: Flag | None = stated("Whether somebody of the team can be woken at any hour.")
    contact: Label | None = stated("Where to reach the team: a channel, an address, a rota.")
