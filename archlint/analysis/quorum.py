"""Quorums: how many members there must be, how many may fail, and whether two sets must meet.

Sources: D. K. Gifford, "Weighted voting for replicated data", SOSP 1979 (R + W > N); L. Lamport, R. Shostak and
M. Pease, "The Byzantine generals problem", 1982; M. Castro and B. Liskov, "Practical Byzantine fault tolerance",
OSDI 1999 (3f + 1).
"""

from __future__ import annotations

from archlint.analysis import survival
from archlint.analysis.survival import elects_itself, least_instances
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import NONE, Broker, Component, stated


def majority(voters: int) -> int:
    """The fewest of `voters` of which any two sets have a member in common."""
    return survival.majority(_count(voters))


def crashes_survived(voters: int) -> int:
    """How many voters may stop while a majority is left; 0 for none or one."""
    return max(0, _count(voters) - majority(voters))


def quorums_meet(copies: int, write: int, read: int) -> bool:
    """Whether every read asks a copy that took the last write: R + W > N."""
    return read + write > copies


def writes_meet(copies: int, write: int) -> bool:
    """Whether two writes have a copy in common, which can order them: 2 W > N."""
    return 2 * write > copies


def byzantine_members(faults: int) -> int:
    """The fewest members that agree although `faults` of them lie: 3f + 1."""
    return 3 * _count(faults) + 1


def byzantine_faults(members: int) -> int:
    """How many of the members may lie: floor((n - 1) / 3), 0 for none."""
    return max(0, (_count(members) - 1) // 3)


def _count(value: int) -> int:
    if value < 0:
        raise ValueError(f"a number of members is not negative: {value}")
    return value


def slug_of(component: Component) -> str:
    """The technology without its version; empty where none is stated."""
    return str(stated(component.spec, "technology") or "").partition("@")[0].lower()


def copies_of(component: Component) -> Known[int] | Unknown:
    """Copies of one datum; a broker's are those of its topics."""
    if isinstance(component, Broker):
        factors = [topic.spec.replication_factor for topic in component.topics.values()]
        return Unknown("topics.*.replication_factor") if None in factors else Known(max(factors, default=1))
    mode, factor = stated(component.spec, "replication.mode"), stated(component.spec, "replication.factor")
    if mode == NONE:
        return Known(1)
    if isinstance(factor, int):
        return Known(factor)
    members = stated(component.spec, "replication.members")
    if isinstance(members, list):
        return Known(sum(1 if member.count is None else member.count for member in members), "derived")
    count = least_instances(component)
    if isinstance(count, Known) and count.value <= 1:
        return Known(1)
    return count if mode is not None else Unknown("replication.factor")


def write_quorum(store: Component, present: int) -> Known[int] | Unknown:
    """Copies that a write waits for, the leader's own included; `present` are those that vote."""
    own, mode = stated(store.spec, "replication.write_quorum"), stated(store.spec, "replication.mode")
    voters = stated(store.spec, "replication.voters") or present
    if own:
        return Known(own)
    if mode in ("sync", "semi-sync", "async", NONE):
        return Known({"sync": max(1, voters), "semi-sync": 2}.get(mode, 1))
    if mode == "quorum" or (mode is None and elects_itself(slug_of(store))):
        return Known(majority(voters))
    return Unknown("replication.mode")
