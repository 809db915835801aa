"""What a single loss does to a component: nothing, an outage, or an outage unless another component acts.

Single losses only: whether what is left carries the load is another question (LAW125).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from archlint.analysis.domains import SOFTWARE, Domain, Share, Topologies, host_of, primary_stands_in
from archlint.analysis.instances import scale
from archlint.analysis.values import Basis, Known, Unknown
from archlint.records import dataclass
from archlint.system.elements import (
    NONE,
    Broker,
    Cache,
    Component,
    Datastore,
    Network,
    Service,
    Topic,
    stated,
)

if TYPE_CHECKING:
    from archlint.knowledge.conduct import Conduct

REACH = {"instance": 0, "host": 1, "zone": 2, "region": 3, "provider": 4}
"""Scopes of a failover by size. Racks, power feeds and buildings count as parts of a zone."""


_OF_INSTANCES = (Service, Datastore, Cache, Broker, Topic)


@dataclass(frozen=True, slots=True)
class Redundancy:
    """`needed` of `copies` must be left; `leader`: one takes the writes, and another must take over for it."""

    copies: int
    needed: int
    leader: bool = False


@dataclass(frozen=True, slots=True)
class Fate:
    """What a loss does: nothing; an outage (`lost`), but for `rescuers`, each of which must act.

    `unknown` names the fields that would decide it.
    """

    lost: bool = False
    rescuers: tuple[Component, ...] = ()
    unknown: tuple[str, ...] = ()


SURVIVES = Fate()


def spreads_itself(component: Component) -> bool:
    """Whether its provider runs it over the zones of a region."""
    technology = getattr(host_of(component).spec, "technology", None)
    return isinstance(technology, str) and _does(technology.partition("@")[0].lower(), "spreads-over-zones")


def elects_itself(technology: str | None) -> bool:
    """Whether what is named, without a version, works while a majority is up, whatever is said of replication."""
    return bool(technology) and _does(str(technology), "elects-by-majority")


def _does(technology: str, conduct: Conduct) -> bool:
    from archlint.knowledge.conduct import does  # a manifest that names no technology needs no table

    return does(technology, conduct)


def least_instances(component: Component) -> Known[int] | Unknown:
    """The least number of instances: what autoscaling may go down to counts for redundancy."""
    component = host_of(component)
    if isinstance(component, Network):
        count = stated(component.spec, "nodes")
        return Known(count) if isinstance(count, int) else Unknown("nodes")
    size = scale(component)
    if isinstance(size, Known):
        return _count(size.value.least, size.basis)
    for field in ("replication.factor", "replication.voters"):
        copies = stated(component.spec, field)
        if isinstance(copies, int):
            return Known(copies, "derived")
    return size


@lru_cache
def _count(count: int, basis: Basis) -> Known[int]:
    return Known(count, basis)


def redundancy(component: Component) -> Known[Redundancy] | Unknown:
    """How many copies of a component there are, and how many of them it needs."""
    if isinstance(component, Topic):
        return _of_topic(component)
    count = least_instances(component)
    if isinstance(count, Unknown):
        return count
    if count.value <= 1 or isinstance(component, Service | Network):
        return _known(count.value, min(1, count.value))
    if isinstance(component, Broker):
        voters = stated(component.spec, "voters")
        return _known(voters, majority(voters)) if voters else _known(count.value, 1)
    return _of_store(component, count.value)


@lru_cache
def _known(copies: int, needed: int, *, leader: bool = False) -> Known[Redundancy]:
    return Known(Redundancy(copies, needed, leader), "derived")


def majority(voters: int) -> int:
    return voters // 2 + 1


def _of_store(store: Component, nodes: int) -> Known[Redundancy] | Unknown:
    spec = store.spec
    mode = stated(spec, "replication.mode")
    if mode == NONE:
        return _known(nodes, nodes)
    factor = stated(spec, "replication.factor") or nodes
    if factor == 1:
        return _known(nodes, nodes)
    quorum = _quorum(store, nodes, factor, mode)
    if quorum is not None:
        return Known(quorum, "derived")
    if mode in ("sync", "semi-sync", "async") or stated(spec, "failover") is not None:
        return _known(factor, 1, leader=True)
    return Unknown("replication.mode")


def _quorum(store: Component, nodes: int, factor: int, mode: str | None) -> Redundancy | None:
    """Copies of which a quorum must be left; None where one node takes all writes, or nothing is known."""
    spec = store.spec
    voters = stated(spec, "replication.voters")
    asked = [q for q in (stated(spec, f"replication.{name}_quorum") for name in ("write", "read")) if q]
    if asked:
        return Redundancy(factor, min(factor, max(asked)))
    if mode == "multi-leader":
        return Redundancy(factor, 1)
    technology = str(stated(spec, "technology") or "").partition("@")[0]
    elects = elects_itself(technology) or stated(spec, "model") == "coordination"
    if mode == "quorum" or (mode is None and (elects or voters)):
        copies = voters or factor
        return Redundancy(copies, majority(copies))
    return None


def _of_topic(topic: Topic) -> Known[Redundancy] | Unknown:
    factor = stated(topic.spec, "replication_factor")
    if not factor:
        nodes = least_instances(topic)
        alone = isinstance(nodes, Known) and nodes.value <= 1
        return Known(Redundancy(1, 1)) if alone else Unknown("replication_factor")
    waits = any(publish.spec.acks in (None, "all") for publish in topic.publishers)
    in_step = stated(topic.spec, "min_insync_replicas") or 1
    return _known(factor, min(factor, in_step) if waits else 1)


def fate_of_instance(component: Component, size: Known[Redundancy] | Unknown) -> Fate:
    """What the loss of one instance does to a component of that redundancy."""
    if isinstance(size, Unknown):
        return Fate(unknown=size.fields)
    if isinstance(component, Topic) and _alone(component):
        return SURVIVES  # the broker's only node is the one cause
    if not size.value.copies:
        return SURVIVES  # scaled to nothing at rest: an instance is started for each burst of requests
    return _bridged(component, _verdict(component, size.value, 1, reach=0))


def fate_in(
    component: Component, size: Known[Redundancy] | Unknown, domain: Domain, share: Share, topologies: Topologies
) -> Fate:
    """What the loss of all that stands in a domain does to a component of that redundancy."""
    if isinstance(size, Unknown):
        if share.whole and not isinstance(component, Topic):
            return _bridged(component, _outage(component))
        spread = isinstance(component, Service | Network | Broker)
        return SURVIVES if spread else Fate(unknown=size.fields)
    if not size.value.copies:
        return SURVIVES
    lost = _copies_in(size.value, share)
    reach = REACH.get(domain.kind, 0 if domain.kind in SOFTWARE else REACH["zone"])
    leader = size.value.leader and primary_stands_in(component, domain, topologies)
    rule = size.value if leader == size.value.leader else Redundancy(size.value.copies, size.value.needed, leader)
    return _bridged(component, _verdict(component, rule, lost, reach))


def _copies_in(size: Redundancy, share: Share) -> int:
    """Copies that a domain holds: they are spread over the places as evenly as can be."""
    if share.whole:
        return size.copies
    if share.instances is not None and share.total is not None and size.copies >= share.total:
        return min(size.copies, share.instances)
    return min(size.copies, share.places * math.ceil(size.copies / share.of))


def _verdict(component: Component, size: Redundancy, lost: int, reach: int) -> Fate:
    if size.copies - lost < size.needed:
        return _outage(component)
    return _taken_over(component, reach) if size.leader and lost else SURVIVES


def _outage(component: Component) -> Fate:
    """All is lost: only another component that takes over can serve."""
    return Fate(lost=True, rescuers=stand_ins(component))


def _taken_over(store: Component, reach: int) -> Fate:
    """The leader is lost and copies are left: one of them must take over."""
    failover = stated(store.spec, "failover")
    if failover is None:
        return Fate(unknown=("failover",))
    if failover == NONE:
        return Fate(lost=True)
    scope = stated(store.spec, "failover.scope")
    if scope is None and reach > REACH["instance"]:
        return Fate(unknown=("failover.scope",))
    if scope is not None and REACH[scope] < reach:
        return Fate(lost=True)
    controllers = _named(store, "failover_controller")
    return Fate(lost=True, rescuers=controllers) if controllers else SURVIVES


def stand_ins(component: Component) -> tuple[Component, ...]:
    """What takes over for the component when it is lost as a whole."""
    return _named(component, "failover_to")


def _named(component: Component, kind: str) -> tuple[Component, ...]:
    return tuple(edge.targets[0] for edge in component.outgoing if edge.kind == kind)


def _bridged(component: Component, fate: Fate) -> Fate:
    """A cache whose callers may go past it: unless `on_error` says so, nobody knows whether they do."""
    if not isinstance(component, Cache) or component.backed_by is None or not (fate.lost or fate.unknown):
        return fate
    return Fate(unknown=("on_error",)) if component.spec.on_error is None else fate


def _alone(topic: Topic) -> bool:
    nodes = least_instances(topic)
    return isinstance(nodes, Known) and nodes.value <= 1


def is_own(component: Component) -> bool:
    """Whether the component consists of instances that this system runs: what LAW120 can speak of."""
    if isinstance(component, Network):
        return component.spec.kind not in ("sidecar", "backbone", "resolver") or component.spec.nodes is not None
    return isinstance(component, _OF_INSTANCES)
