"""Quorums against published tables and by looking at all sets."""

from __future__ import annotations

from itertools import combinations

import pytest

from archlint.analysis.quorum import (
    byzantine_faults,
    byzantine_members,
    crashes_survived,
    majority,
    quorums_meet,
    writes_meet,
)

# etcd FAQ, "failure tolerance": size, majority, tolerance. RabbitMQ's quorum queues have the same.
ETCD = [(1, 1, 0), (2, 2, 0), (3, 2, 1), (4, 3, 1), (5, 3, 2), (6, 4, 2), (7, 4, 3), (8, 5, 3), (9, 5, 4)]


@pytest.mark.parametrize(("size", "needed", "survived"), ETCD)
def test_majorities_match_the_table_of_etcd(size: int, needed: int, survived: int) -> None:
    assert (majority(size), crashes_survived(size)) == (needed, survived)


def test_a_quorum_over_two_data_centres_of_three_is_four() -> None:
    assert majority(3 + 3) == 4  # Cassandra's documentation, QUORUM


@pytest.mark.parametrize("n", range(1, 8))
def test_quorums_meet_exactly_where_every_two_sets_do(n: int) -> None:
    for write in range(1, n + 1):
        for read in range(1, n + 1):
            meet = all(set(w) & set(r) for w in combinations(range(n), write) for r in combinations(range(n), read))
            assert quorums_meet(n, write, read) == meet
            assert quorums_meet(n, write, write) == writes_meet(n, write)


def test_byzantine_members_and_faults_are_inverse() -> None:
    """Castro and Liskov 1999: 3f + 1; four tolerate one fault under both rules, five and seven tell them apart."""
    assert [byzantine_members(f) for f in range(4)] == [1, 4, 7, 10]
    assert [byzantine_faults(n) for n in (0, 1, 3, 4, 5, 6, 7)] == [0, 0, 0, 1, 1, 1, 2]
    assert all(byzantine_faults(byzantine_members(f)) == f for f in range(100))
    assert all(byzantine_faults(byzantine_members(f) - 1) == f - 1 for f in range(1, 100))


def test_no_member_survives_nothing() -> None:
    assert crashes_survived(0) == 0


def test_a_negative_number_of_members_is_refused() -> None:
    with pytest.raises(ValueError, match="not negative"):
        majority(-1)
