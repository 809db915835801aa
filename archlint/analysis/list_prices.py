"""What providers ask for, by their list: used where a manifest states no price."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archlint.analysis.technology import technology_of

if TYPE_CHECKING:
    from archlint.knowledge.catalogue import Catalogue
    from archlint.system.elements import Component

CROSS_ZONE = "cross_zone_price"


class ListPrice(NamedTuple):
    """`amount` in USD per GB; `text` names the list and its year."""

    amount: float
    text: str


def between_zones(component: Component, knowledge: Catalogue) -> ListPrice | None:
    """Of a byte that comes to or from a component of a managed technology in another zone.

    Where each direction is billed, a byte is billed twice: once as it leaves, once as it arrives.
    """
    named = technology_of(component)
    technology = None if named is None else knowledge.technology(named)
    if technology is None:
        return None
    found = next((x for x in technology.limits_named(CROSS_ZONE) if x.kind == "price" and not str(x.condition)), None)
    if found is None:
        return None
    times = 2 if "each direction" in found.scope else 1
    return ListPrice(found.amount * times, f"list price of {technology.name}, {found.source.year}")
