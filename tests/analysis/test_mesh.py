"""What members of a full mesh hold, by counting the links."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from archlint.analysis.mesh import held_by_each, in_largest_cell, most_members, pairs


@given(st.integers(0, 60))
def test_pairs_are_counted(n: int) -> None:
    assert pairs(n) == len(list(combinations(range(n), 2)))


@given(st.integers(1, 10**5), st.integers(1, 50))
def test_both_ends_of_every_link_are_held(n: int, each: int) -> None:
    assert n * held_by_each(n, each) == 2 * each * pairs(n)


@given(st.integers(0, 10**6), st.integers(1, 50))
def test_the_largest_mesh_is_the_last_under_the_ceiling(ceiling: int, each: int) -> None:
    most = most_members(ceiling, each)
    assert most is not None
    assert held_by_each(most, each) <= ceiling < held_by_each(most + 1, each)


def test_a_mesh_without_threads_has_no_largest() -> None:
    assert most_members(100, 0) is None
    assert held_by_each(0, 5) == held_by_each(1, 5) == 0


def test_cells_divide_the_members() -> None:
    assert in_largest_cell(10, 4) == 3
    assert in_largest_cell(10, 4, 0.5) == 5
    assert in_largest_cell(10, 0) == 10
    assert in_largest_cell(10, 1) == 10


@given(st.integers(1, 1000), st.integers(1, 20), st.integers(1, 100))
def test_more_members_never_hold_less(n: int, more: int, cells: int) -> None:
    assert in_largest_cell(n + more, cells) >= in_largest_cell(n, cells)
    assert in_largest_cell(n, cells + more) <= in_largest_cell(n, cells)
