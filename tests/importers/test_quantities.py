"""Figures as the manifest writes them are exactly those that were read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.importers.quantities import duration, rate, seconds_of, share, size
from archlint.manifest.units import parse_bytes, parse_duration, parse_fraction, parse_rate


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.25, "250ms"), (1.5, "1500ms"), (30, "30s"), (90, "90s"), (120, "2m"), (86_400, "1d"), (7_200, "2h")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@given(st.integers(0, 10**10))
def test_a_duration_is_exact_to_the_microsecond(microseconds: int) -> None:
    exact = Decimal(microseconds) / 10**6
    assert parse_duration(duration(exact)) == pytest.approx(float(exact), rel=1e-12)


@given(st.integers(1, 2**50))
def test_a_size_is_exact(count: int) -> None:
    assert parse_bytes(size(count)) == count


@given(st.integers(0, 100_000))
def test_shares_and_rates(number: int) -> None:
    assert parse_fraction(share(number / 100_000)) == pytest.approx(number / 100_000, rel=1e-12)
    assert parse_rate(rate(number / 100)) == pytest.approx(number / 100, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1m30s", 90),
        ("250ms", 0.25),
        ("1h", 3600),
        ("0.5s", 0.5),
        ("10", None),
        ("", None),
        ("5 s", None),
        ("1y", None),
    ],
)
def test_durations_of_go(text: str, seconds: float | None) -> None:
    found = seconds_of(text)
    assert (None if found is None else float(found)) == seconds
