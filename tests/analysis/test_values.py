from __future__ import annotations

import operator
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.analysis.values import (
    Derived,
    Known,
    Unknown,
    assumed,
    combine,
    first_known,
    gather,
    lower_bound_sum,
    require,
    stated,
    total,
)

peak = stated(1200.0, "load.peak")
mean = stated(0.05, "latency.mean")
no_load: Derived[float] = stated(None, "load.peak")
no_latency: Derived[float] = stated(None, "latency.mean")

FIELDS = st.lists(st.text("abc.", min_size=1, max_size=3), min_size=1, max_size=4)
DERIVED = st.one_of(
    st.builds(Known, st.floats(0, 1e6), st.sampled_from(["stated", "derived", "default"])),
    FIELDS.map(lambda fields: Unknown(*fields)),
)


def test_a_field_that_is_not_stated_is_unknown() -> None:
    assert no_load == Unknown("load.peak")
    assert stated(0.0, "load.peak") == Known(0.0, "stated", ("load.peak",))


def test_unknown_names_each_field_once_in_order() -> None:
    unknown = Unknown("load.peak", "latency.mean", "load.peak")
    assert unknown.fields == ("latency.mean", "load.peak")
    assert str(unknown) == "not stated: latency.mean, load.peak"
    assert len({unknown, Unknown("latency.mean", "load.peak")}) == 1


def test_unknown_must_name_a_field() -> None:
    with pytest.raises(ValueError, match="at least one field"):
        Unknown()


def test_unknown_crosses_process_borders() -> None:
    assert pickle.loads(pickle.dumps(Unknown("b", "a"))) == Unknown("a", "b")


def test_relative_fields_become_routes() -> None:
    assert Unknown("load.peak", "[0].rate").within("services.checkout").fields == (
        "services.checkout.load.peak",
        "services.checkout[0].rate",
    )
    assert Unknown("load.peak").within("") == Unknown("load.peak")


def test_require_hands_out_the_value_or_raises_a_fresh_unknown() -> None:
    assert require(peak) == 1200.0
    with pytest.raises(Unknown) as caught:
        require(no_load)
    assert caught.value == no_load
    assert caught.value is not no_load


def test_combining_keeps_what_the_result_was_made_from() -> None:
    assert combine(operator.mul, peak, mean) == Known(60.0, "derived", ("load.peak", "latency.mean"))


def test_combining_unites_all_that_is_missing() -> None:
    assert combine(operator.mul, no_load, no_latency) == Unknown("latency.mean", "load.peak")
    assert combine(operator.mul, peak, no_latency) == no_latency


def test_what_rests_on_a_default_stays_marked() -> None:
    once = combine(operator.mul, peak, assumed(0.1, "default service time"))
    twice = combine(lambda x: 2 * x, once)
    assert twice == Known(240.0, "default", ("load.peak", "default service time"))


def test_a_partial_sum_says_what_it_leaves_out() -> None:
    known, missing = lower_bound_sum([peak, no_load, stated(300.0, "burst")])
    assert known == Known(1500.0, "derived", ("load.peak", "burst"))
    assert missing == no_load


def test_the_sum_of_nothing_is_a_complete_zero() -> None:
    assert lower_bound_sum([]) == (Known(0.0, "derived"), None)
    assert total([]) == Known(0.0, "derived")


def test_the_first_known_wins_and_the_preferred_one_names_what_is_missing() -> None:
    assert first_known(no_load, peak, mean) == peak
    assert first_known(no_latency, no_load) == no_latency


@given(st.lists(DERIVED))
def test_sums_agree_on_what_is_missing(items: list[Derived[float]]) -> None:
    known, missing = lower_bound_sum(items)
    whole = total(items)
    assert whole == (known if missing is None else missing)
    assert isinstance(gather(items), Unknown) == (missing is not None)
