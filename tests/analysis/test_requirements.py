from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.analysis import requirements
from archlint.analysis.requirements import Group, Requirements, all_of

NODES = st.integers(0, 8)
LONG = 100_000


@st.composite
def any_group(draw: st.DrawFn) -> Group[int]:
    alternatives = draw(st.lists(NODES, min_size=1, max_size=4, unique=True))
    return Group(tuple(alternatives), draw(st.integers(1, len(alternatives))))


SYSTEMS = st.dictionaries(NODES, st.lists(any_group(), max_size=3), min_size=1)
PLAIN_SYSTEMS = st.dictionaries(NODES, st.lists(NODES, max_size=4).map(all_of), min_size=1)


def failed_by_definition(system: dict[int, list[Group[int]]], lost: set[int]) -> set[int]:
    """The least fixed point, read straight from the definition."""
    failed = set(lost)
    while True:
        more = {
            node
            for node, groups in system.items()
            if any(sum(other not in failed for other in g.alternatives) < g.needed for g in groups)
        }
        if more <= failed:
            return failed
        failed |= more


def test_all_that_needs_the_lost_fails_and_says_why() -> None:
    system = Requirements({"web": all_of(["shop"]), "shop": all_of(["ledger", "cache"]), "blog": []})
    assert system.failed_after(["ledger"]) == {"ledger": None, "shop": "ledger", "web": "shop"}


def test_an_alternative_keeps_it_up() -> None:
    system = Requirements({"shop": [Group(("card", "invoice"))]})
    assert list(system.failed_after(["card"])) == ["card"]
    assert system.failed_after(["card", "invoice"]) == {"card": None, "invoice": None, "shop": "invoice"}


def test_a_quorum_survives_a_minority() -> None:
    system = Requirements({"store": [Group(("v1", "v2", "v3"), needed=2)]})
    assert "store" not in system.failed_after(["v1"])
    assert "store" in system.failed_after(["v1", "v3"])


def test_a_zone_that_holds_two_voters_is_critical() -> None:
    voters = {"v1": all_of(["zone-a"]), "v2": all_of(["zone-a"]), "v3": all_of(["zone-b"])}
    system = Requirements({"store": [Group(("v1", "v2", "v3"), needed=2)], **voters})
    assert system.critical_elements("store", ["zone-a", "zone-b", "v1", "store"]) == ["zone-a", "store"]


def test_circles_alone_do_not_fail() -> None:
    system = Requirements({"a": all_of(["b"]), "b": [Group(("a", "c"))], "c": []})
    assert "b" not in system.failed_after(["c"])
    assert list(system.failed_after(["b"])) == ["b", "a"]


def test_what_is_not_part_of_the_system_changes_nothing() -> None:
    system = Requirements({"shop": all_of(["ledger"])})
    assert system.failed_after(["elsewhere"]) == {}
    assert system.critical_elements("shop", ["elsewhere", "ledger"]) == ["ledger"]
    with pytest.raises(KeyError):
        system.critical_elements("elsewhere", ["ledger"])


def test_order_does_not_depend_on_the_set_that_was_lost() -> None:
    system = Requirements({name: [] for name in ("c", "a", "b")})
    assert list(system.failed_after({"a", "b", "c"})) == ["c", "a", "b"]


def test_the_same_alternative_twice_is_one() -> None:
    assert Group(("a", "a", "b")) == Group(("a", "b"))


@pytest.mark.parametrize("group", [((), 1), (("a",), 0), (("a", "a"), 2)])
def test_groups_that_can_never_be_met_are_refused(group: tuple[tuple[str, ...], int]) -> None:
    with pytest.raises(ValueError, match="can never be met"):
        Group(*group)


@given(SYSTEMS, st.sets(NODES, max_size=3))
def test_failures_follow_from_the_definition(system: dict[int, list[Group[int]]], lost: set[int]) -> None:
    structure = Requirements(system)
    lost = {node for node in lost if node in structure}
    failed = structure.failed_after(lost)
    assert failed.keys() == failed_by_definition(system, lost)
    assert {node for node, cause in failed.items() if cause is None} == lost


@given(st.one_of(SYSTEMS, PLAIN_SYSTEMS), NODES, st.integers(1, 3))
def test_critical_elements_are_those_whose_loss_stops_the_entry(
    system: dict[int, list[Group[int]]], entry: int, chunk: int
) -> None:
    system.setdefault(entry, [])
    expected = [node for node in range(9) if entry in failed_by_definition(system, {node})]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requirements, "CHUNK", chunk)
        assert Requirements(system).critical_elements(entry, range(9)) == expected


def test_long_chains_are_linear() -> None:
    system = Requirements({i: all_of([i + 1]) for i in range(LONG)})
    assert len(system.failed_after([LONG])) == LONG + 1
    assert len(system.critical_elements(0, range(LONG + 1))) == LONG + 1


def test_long_rings_with_alternatives_settle() -> None:
    size = LONG // 10
    ring = {i: [Group(((i + 1) % size, size + i)), Group((size + i, 3 * size))] for i in range(size)}
    system = Requirements(ring)
    assert system.critical_elements(0, range(3 * size + 1)) == [0]


def test_a_chain_inside_a_circle_settles_whatever_way_it_runs() -> None:
    size = LONG // 50
    circle = {0: [Group((size - 1, size))], **{i: all_of([i - 1]) for i in range(1, size)}}
    entry = {-1: [Group(tuple(range(size)), needed=size - 1)]}
    assert Requirements({**circle, **entry}).critical_elements(-1, range(size)) == list(range(size - 1))
