"""What never comes up: against trying it out, and whatever the order in which it is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from archlint.analysis.bootstrap import Need, circles, unmet

Plain = Need[int, bool]
NODES = range(7)
RANK = {node: node for node in NODES}

needs_of_a_system = st.lists(
    st.builds(
        Need,
        st.sampled_from(NODES),
        st.lists(st.sampled_from(NODES), min_size=1, max_size=3).map(tuple),
        st.booleans(),
    ),
    max_size=14,
)


def started(needs: list[Plain]) -> set[int]:
    """By trying: start whatever can start, until nothing more does."""
    up: set[int] = set()
    while True:
        able = {
            node
            for node in NODES
            if node not in up and all(up.intersection(n.alternatives) for n in needs if n.source == node)
        }
        if not able:
            return up
        up |= able


def closes(why: bool) -> bool:
    return why


@given(needs_of_a_system)
def test_what_is_never_met_is_what_a_trial_finds(needs: list[Plain]) -> None:
    up = started(needs)
    assert unmet(needs) == [need for need in needs if not up.intersection(need.alternatives)]


@given(needs_of_a_system)
def test_each_circle_is_one_of_unmet_needs_and_closed_by_such_a_need(needs: list[Plain]) -> None:
    left = unmet(needs)
    for circle in circles(needs, closes, RANK):
        following = (*circle.members[1:], circle.members[0])
        for member, need, target in zip(circle.members, circle.needs, following, strict=True):
            assert need.source == member
            assert target in need.alternatives
            assert need in left
        assert circle.needs[-1].why
        assert len(set(circle.members)) == len(circle.members)
        assert set(circle.others).isdisjoint(circle.members)


@given(needs_of_a_system)
def test_where_something_never_starts_there_is_a_circle(needs: list[Plain]) -> None:
    closing = [Need(need.source, need.alternatives, True) for need in needs]
    stuck = [node for node in NODES if node not in started(closing)]
    assert bool(circles(closing, closes, RANK)) == bool(stuck)


@given(needs_of_a_system, st.randoms())
def test_the_order_of_the_needs_changes_no_circle(needs: list[Plain], random: object) -> None:
    shuffled = list(needs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    told = [(circle.members, circle.others) for circle in circles(needs, closes, RANK)]
    assert [(circle.members, circle.others) for circle in circles(shuffled, closes, RANK)] == told


@given(needs_of_a_system, st.sampled_from(NODES))
def test_one_more_alternative_never_stops_anything(needs: list[Plain], node: int) -> None:
    more = [Need(need.source, (*need.alternatives, node), need.why) for need in needs]
    assert started(more) >= started(needs)
    assert {need.source for need in unmet(more)} <= {need.source for need in unmet(needs)}


def test_the_shortest_circle_of_a_group_is_told_and_the_rest_counted() -> None:
    around = [Need(node, ((node + 1) % 5,), True) for node in range(5)]
    (circle,) = circles([*around, Need(3, (1,), True)], closes, RANK)
    assert (circle.members, circle.others) == ((1, 2, 3), (0, 4))


def test_an_alternative_that_starts_opens_a_circle() -> None:
    assert circles([Need(0, (1, 2), True), Need(1, (0,), True)], closes, RANK) == []


def test_a_circle_that_nothing_closes_is_left_out() -> None:
    assert circles([Need(0, (1,), False), Need(1, (0,), False)], closes, RANK) == []


def test_ten_thousand_that_wait_for_one_are_one_circle() -> None:
    rank = {node: node for node in range(10_000)}
    needs = [Need(node, (0,), True) for node in range(1, 10_000)]
    (circle,) = circles([*needs, Need(0, (9_999,), True)], closes, rank)
    assert (circle.members, circle.others) == ((0, 9_999), ())
