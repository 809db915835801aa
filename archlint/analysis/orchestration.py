"""What runs on Kubernetes, and which of the controls that keep it running there are stated.

A control that nobody states is told apart from one that is stated to be absent (`none`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from archlint.analysis.instances import fewest, greatest
from archlint.analysis.values import Known, Unknown
from archlint.records import dataclass
from archlint.system.elements import NONE, Call, Component, Consume, Network, Publish, stated

if TYPE_CHECKING:
    from archlint.knowledge.catalogue import Catalogue

PLATFORMS = frozenset({"aks", "eks", "gke", "k3s", "kubernetes", "openshift"})
"""Technologies that schedule pods."""

EVERY_HOST = "every-host"
"""The spread of what each host runs once, as Kubernetes' DaemonSets do."""

HOSTS = frozenset({"host", "hypervisor", "machine", "node", "rack"})
"""Kinds of failure domain that hold a few instances: a list of them says that instances stand apart."""


@dataclass(frozen=True, slots=True)
class Absent:
    """A control that is missing. `said`: the manifest states so itself."""

    field: str
    said: bool


def is_platform(component: Component) -> bool:
    """Whether others are stated to run on it."""
    return any(edge.kind == "runs_on" for edge in component.incoming)


def is_scheduled(component: Component, knowledge: Catalogue) -> bool:
    """Whether the manifest says that Kubernetes runs the component: by `scheduling`, `runs_on` or `technology`."""
    scheduling = stated(component.spec, "scheduling")
    if scheduling is not None:
        return bool(scheduling != NONE)
    if any(_schedules(host, knowledge) for host in _hosts(component)):
        return True
    return _schedules(component, knowledge) and not is_platform(component) and _works(component)


def _hosts(component: Component) -> list[Component]:
    """What it runs on, what that runs on, and so on."""
    found: dict[Component, None] = {}
    waiting = [component]
    for one in waiting:
        below = [target for edge in one.outgoing if edge.kind == "runs_on" for target in edge.targets]
        waiting += [host for host in below if host not in found]
        found.update(dict.fromkeys(below))
    return list(found)


def _schedules(component: Component, knowledge: Catalogue) -> bool:
    technology = stated(component.spec, "technology")
    if not isinstance(technology, str):
        return False
    return (knowledge.resolve(technology) or technology.partition("@")[0].lower()) in PLATFORMS


def _works(component: Component) -> bool:
    """Whether it does work of its own, as a bare cluster does not."""
    own = any(isinstance(edge.item, Call | Publish | Consume) for edge in component.outgoing)
    return own or bool(component.entered_by) or is_called(component)


def is_called(component: Component) -> bool:
    """Whether requests are sent to its instances."""
    return bool(component.entered_by) or any(edge.kind in ("call", "through") for edge in component.incoming)


# Placement


def unspread(component: Component) -> Absent | Unknown | None:
    """What would keep two instances off one host, where nothing does; None where something does, or there is one."""
    wanted = [stated(component.spec, f"scheduling.{name}") for name in ("anti_affinity", "spread")]
    if any(word not in (None, NONE) for word in wanted):
        return None
    said = NONE in wanted
    if not said and _stands_apart(component):
        return None
    most = greatest(component)
    if isinstance(most, Unknown):
        return most
    return Absent("scheduling.anti_affinity", said) if most.value > 1 else None


def _stands_apart(component: Component) -> bool:
    zones = stated(component.spec, "zones")
    domains = stated(component.spec, "domains")
    apart = [zones] if isinstance(zones, list | dict) else []
    apart += [named for kind, named in domains.items() if kind in HOSTS] if isinstance(domains, dict) else []
    return any(isinstance(places, list | dict) and len(places) > 1 for places in apart)


# Disruption budgets


@dataclass(frozen=True, slots=True)
class Blocked:
    """A budget that lets no instance go: `kept` of `instances` must stay; None where the number is not stated."""

    field: str
    kept: int | None
    instances: int | None


def budget_of(component: Component) -> Absent | Blocked | Unknown | None:
    """What is wrong with what evictions must leave; None where they may take some instances and not all."""
    budget = stated(component.spec, "scheduling.disruption_budget")
    least = fewest(component)
    if (isinstance(least, Known) and least.value == 0) or stated(component.spec, "scheduling.spread") == EVERY_HOST:
        return None  # drains pass over what every host runs
    if budget is None or budget == NONE:
        return Absent("scheduling.disruption_budget", budget == NONE)
    return _blocked(budget, least)


def _blocked(budget: Any, least: Known[int] | Unknown) -> Blocked | Unknown | None:
    count = least.value if isinstance(least, Known) else None
    if budget.max_unavailable is not None:
        field = "scheduling.disruption_budget.max_unavailable"
        return Blocked(field, count, count) if budget.max_unavailable == 0 else None
    field, share = "scheduling.disruption_budget.min_available", budget.min_available
    if share is None:
        return Unknown(field)
    if count is None:
        everything = not isinstance(share, int) and share == 1
        return Blocked(field, None, None) if everything else Unknown(*least.fields)  # type: ignore[union-attr]
    kept = share if isinstance(share, int) else math.ceil(share * count - 1e-9)  # Kubernetes rounds up
    return Blocked(field, kept, count) if kept >= count else None


# Probes


def probe_kinds(component: Component) -> frozenset[str | None] | None:
    """Kinds of its probes, None among them where one does not say its kind; None where nothing is stated.

    A probe of the balancer before the instances counts: it takes one out of service like a readiness probe.
    """
    own = stated(component.spec, "health_check")
    kinds = None if own is None else frozenset() if own == NONE else frozenset(probe.kind for probe in _listed(own))
    balanced = any(_is_probed(network) for network in _networks_before(component))
    return frozenset({*(kinds or ()), "balancer"}) if balanced else kinds


def _listed(probes: Any) -> list[Any]:
    return probes if isinstance(probes, list) else [probes]


def _networks_before(component: Component) -> list[Network]:
    calls = [edge.item for edge in component.incoming if isinstance(edge.item, Call) and component in edge.targets]
    passed = [network for call in calls for network in call.through]
    callers = [edge.source for edge in component.incoming]
    return [network for network in (*passed, *callers) if isinstance(network, Network)]


def _is_probed(network: Network) -> bool:
    return stated(network.spec, "health_check") not in (None, NONE)


# Processor and memory


def unreserved(component: Component) -> list[Absent]:
    """Processor, memory or both, where nothing is reserved: Kubernetes takes a limit for the request."""
    requests = stated(component.spec, "scheduling.requests")
    lacks = [
        name
        for name in ("cpu", "memory")
        if not _has(component, f"scheduling.requests.{name}") and not _has(component, f"scheduling.limits.{name}")
    ]
    if len(lacks) == len(("cpu", "memory")) and requests in (None, NONE):
        return [Absent("scheduling.requests", requests == NONE)]
    return [Absent(f"scheduling.requests.{name}", requests == NONE) for name in lacks]


def unlimited(component: Component) -> list[Absent]:
    """Memory and processor without a limit; `memory.limit` is one too."""
    said = stated(component.spec, "scheduling.limits") == NONE
    lacks = [name for name in ("memory", "cpu") if not _has(component, f"scheduling.limits.{name}")]
    if "memory" in lacks and _has(component, "memory.limit"):
        lacks.remove("memory")
    return [Absent(f"scheduling.limits.{name}", said) for name in lacks]


def _has(component: Component, field: str) -> bool:
    return isinstance(stated(component.spec, field), int | float)
