"""Quorums: how many members there must be, how many may fail, and whether two sets must meet.

Sources: D. K. Gifford, "Weighted voting for replicated data", SOSP 1979 (R + W > N); L. Lamport, R. Shostak and
M. Pease, "The Byzantine generals problem", 1982; M. Castro and B. Liskov, "Practical Byzantine fault tolerance",
OSDI 1999 (3f + 1).
"""

from __future__ import annotations


def majority(voters: int) -> int:
    """The fewest of `voters` of which any two sets have a member in common."""
    return _count(voters) // 2 + 1


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
