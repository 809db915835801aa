"""Which routes lie where checks could not judge: an index of places, held against the definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.engine.acceptance.undecided import Undecided

ROUTES = st.text(alphabet="ab.[]", max_size=8)


def is_within(inner: str, outer: str) -> bool:
    return inner.startswith(outer) and (not outer or inner == outer or inner[len(outer)] in ".[")


@given(st.lists(st.tuples(st.sampled_from(["shop", "bank"]), ROUTES), max_size=4), ROUTES)
def test_a_route_is_touched_by_what_it_holds_and_what_holds_it(places: list[tuple[str, str]], route: str) -> None:
    expected = any(
        system == "shop" and (is_within(route, place) or is_within(place, route)) for system, place in places
    )
    assert Undecided(places).touches("shop", route) is expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("", True),
        ("services.web", True),
        ("services.web.calls[ledger].timeout", True),
        ("services.web.calls[ledger]", True),
        ("services.web.call", False),
        ("services.webshop", False),
        ("services.web.calls[prices]", False),
    ],
)
def test_names_that_begin_alike_are_not_one_in_the_other(place: str, expected: bool) -> None:
    assert Undecided([("shop", place)]).touches("shop", "services.web.calls[ledger]") is expected
