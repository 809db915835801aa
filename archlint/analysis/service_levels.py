"""What providers promise of managed technologies, as the catalogue tells: contracts, not measurements."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archlint.analysis.instances import zones
from archlint.analysis.survival import spreads_itself
from archlint.analysis.technology import technology_of
from archlint.system.elements import Component, Topic, stated

if TYPE_CHECKING:
    from archlint.knowledge.catalogue import Catalogue
    from archlint.knowledge.technology import Limit, Technology

_ELSEWHERE = ("API endpoint", "control plane")
"""How the scope begins of what does not serve requests: of a cluster, what manages it, not what runs on it."""


class ServiceLevel(NamedTuple):
    """`text` names the promise and its year; `name` is the limit's in the catalogue."""

    availability: float
    text: str
    name: str


def service_level(component: Component, knowledge: Catalogue) -> ServiceLevel | None:
    """Of its technology, run as the manifest says; None where there is none, or where its condition is open.

    A topic has none of its own: it is as available as its broker.
    """
    named = None if isinstance(component, Topic) else technology_of(component)
    technology = None if named is None else knowledge.technology(named)
    if named is None or technology is None or not any(_counts(limit) for limit in technology.limits):
        return None
    held = _held(component, named, technology)
    if not held:
        return None
    limit = max(held, key=lambda limit: (str(limit.condition) != "", -limit.amount))
    return ServiceLevel(limit.amount, f"SLA of {technology.name}, {limit.source.year}", limit.name)


def _counts(limit: Limit) -> bool:
    return limit.kind == "sla" and not limit.scope.startswith(_ELSEWHERE)


def _held(component: Component, named: str, technology: Technology) -> list[Limit]:
    from archlint.knowledge.technology import Setting

    tier = stated(component.spec, "settings.tier")
    setting = technology.completed(
        Setting(
            getattr(component.spec, "mode", None),
            named.partition("@")[2] or None,
            _spread(component) if tier is None else str(tier),
        )
    )
    return [limit for limit in technology.limits if _counts(limit) and limit.condition.holds(setting)]


def _spread(component: Component) -> str | None:
    """The tier that promises speak of, where it follows from the zones."""
    count = len(zones(component))
    if count:
        return "multi-az" if count > 1 else "single-az"
    return "multi-az" if spreads_itself(component) else None
