"""What a failover costs: the longest time that a promise bears is where the exposure passes one."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archlint.analysis.downtime import YEAR, Budget, Failure
from archlint.analysis.takeovers import Takeover

MONTH = 30 * 86400.0

promises = st.floats(0.9, 0.99999)
rates = st.floats(0.05, 20)
shares = st.floats(0.01, 1)
windows = st.one_of(st.none(), st.floats(86400, 365 * 86400))


def takeover(time: float, per_year: float, promise: float, window: float | None, share: float = 1.0) -> Takeover:
    lost = 1 - promise
    budget = Budget(promise, lost * YEAR, None if window is None else lost * window)
    return Takeover(time, Failure(per_year, time, "given"), budget, share, None)


def exposure(*given: float | None) -> float:
    found = takeover(*given).exposure(with_objective=True)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_one_failover_and_those_of_a_year_are_held_against_their_budgets() -> None:
    assert exposure(1296.0, 1.0, 0.999, MONTH) == pytest.approx(0.5)  # of 43.2 minutes a window
    assert exposure(5259.6, 3.0, 0.999, None) == pytest.approx(0.5)  # of 8.766 hours a year
    assert exposure(20 * 3600.0, 0.2, 0.999, MONTH) == pytest.approx(4 / 8.766)  # not to be expected within a year


@given(promises, rates, shares, windows)
def test_the_longest_time_that_is_borne_spends_all(
    promise: float, rate: float, share: float, window: float | None
) -> None:
    longest = takeover(1.0, rate, promise, window, share).bearable
    assume(math.isfinite(longest))
    assert exposure(longest, rate, promise, window, share) == pytest.approx(1.0)


@given(st.floats(0, 1e6), promises, rates, shares, windows)
def test_a_longer_failover_never_spends_less(
    time: float, promise: float, rate: float, share: float, window: float | None
) -> None:
    assert exposure(time * 1.5 + 1, rate, promise, window, share) >= exposure(time, rate, promise, window, share)


def test_without_a_promise_there_is_nothing_to_spend() -> None:
    assert Takeover(60.0, None, None, 1.0, None).exposure(with_objective=True) is None
    assert Takeover(60.0, None, None, 1.0, 30.0).exposure(with_objective=False) is None
    assert Takeover(60.0, None, None, 1.0, 30.0).exposure(with_objective=True) == 2.0
    assert Takeover(60.0, None, None, 1.0, 0.0).exposure(with_objective=True) == math.inf
