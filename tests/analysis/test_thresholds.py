"""Values at which findings go away: on the safe side, and written so that they are read back exactly."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.analysis.thresholds import at_least, at_most, exceeds, fewest
from archlint.manifest.units import parse_duration, parse_rate


@pytest.mark.parametrize(
    ("value", "unit", "low", "high"),
    [
        (0.0768, "s", "76.8ms", "76.8ms"),
        (0.07685, "s", "76.8ms", "76.9ms"),
        (12.345, "s", "12.3s", "12.4s"),
        (0.0000123456, "s", "12.3us", "12.4us"),
        (7680.4, "/s", "7680/s", "7681/s"),
        (0.012345, "/s", "0.0123/s", "0.0124/s"),
        (83.2, "", "83", "84"),
        (83.0000000000001, "", "83", "83"),
        (0.0, "/s", "0/s", "0/s"),
    ],
)
def test_rounding(value: float, unit: str, low: str, high: str) -> None:
    assert (at_most(value, unit).text, at_least(value, unit).text) == (low, high)


@given(st.floats(1e-5, 1e7), st.sampled_from(["s", "/s"]))
def test_a_threshold_is_read_back_and_lies_on_its_side(value: float, unit: str) -> None:
    read = parse_duration if unit == "s" else parse_rate
    low, high = at_most(value, unit), at_least(value, unit)
    assert math.isclose(read(low.text), low.value)
    assert math.isclose(read(high.text), high.value)
    assert not exceeds(low.value, value)
    assert not exceeds(value, high.value)
    assert high.value - low.value <= value * 0.0101


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_the_fewest_that_are_enough(start: int, needed: int) -> None:
    assert fewest(lambda count: count >= needed, start) == max(start, needed)


def test_no_count_is_enough() -> None:
    assert fewest(lambda count: False, 1, most=1000) is None


def test_binary_fractions_do_not_exceed() -> None:
    assert not exceeds(0.1 + 0.2, 0.3)
    assert exceeds(0.3001, 0.3)
