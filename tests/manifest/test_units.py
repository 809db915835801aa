from __future__ import annotations

import math
import pickle
import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.manifest.units import (
    Dimension,
    Ranged,
    UnitError,
    example,
    format_quantity,
    parse_count,
    parse_growth,
    parse_quantity,
    parse_rate,
    pattern,
)

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
DAY = 86400.0
MONTH = 30.4375 * DAY


def read(value: object, dimension: Dimension) -> float | UnitError:
    try:
        return parse_quantity(value, dimension)
    except UnitError as error:
        return error


def refused(value: object, dimension: Dimension) -> UnitError:
    with pytest.raises(UnitError) as caught:
        parse_quantity(value, dimension)
    return caught.value


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("200ms", "duration", 0.2),
        ("50us", "duration", 50e-6),
        ("1s", "duration", 1.0),
        ("5m", "duration", 300.0),
        ("24h", "duration", DAY),
        ("180d", "duration", 180 * DAY),
        ("2w", "duration", 14 * DAY),
        ("200 ms", "duration", 0.2),
        (0, "duration", 0.0),
        ("0", "duration", 0.0),
        ("0s", "duration", 0.0),
        ("1200/s", "rate", 1200.0),
        ("1.2k/s", "rate", 1200.0),
        ("40k/s", "rate", 40e3),
        ("60/m", "rate", 1.0),
        ("60/min", "rate", 1.0),
        ("3600/h", "rate", 1.0),
        ("3600/hour", "rate", 1.0),
        ("5M/day", "rate", 5e6 / DAY),
        ("2M/d", "rate", 2e6 / DAY),
        ("1/month", "rate", 1 / MONTH),
        ("12/year", "rate", 1 / MONTH),
        ("4KiB", "bytes", 4096.0),
        ("800GB", "bytes", 800e9),
        ("1kB", "bytes", 1000.0),
        ("12B", "bytes", 12.0),
        ("2PiB", "bytes", 2 * 1024.0**5),
        ("30MB/s", "throughput", 30e6),
        ("20GB/month", "throughput", 20e9 / MONTH),
        ("99.95%", "fraction", 0.9995),
        ("99.9%", "fraction", 0.999),
        ("100%", "fraction", 1.0),
        ("1.5x", "multiple", 1.5),
        ("20000 USD/month", "money", 20000.0),
        ("40k USD/month", "money", 40000.0),
        ("12 USD/year", "money", 1.0),
        ("0.02 USD/GB", "transfer_price", 0.02),
        (12, "count", 12.0),
        (12.0, "count", 12.0),
        ("1.6G", "count", 1.6e9),
        ("8.19G", "count", 8.19e9),
        ("10M", "amount", 10e6),
        ("50k users", "amount", 50e3),
        ("200 sessions", "amount", 200.0),
        (0.3, "amount", 0.3),
        ("5%/month", "growth", 0.05),
        ("120%/month", "growth", 1.2),
    ],
)
def test_every_form_of_the_language_is_read(text: object, dimension: Dimension, value: float) -> None:
    assert parse_quantity(text, dimension) == pytest.approx(value, rel=1e-12)


def test_growth_of_other_periods_is_compounded() -> None:
    assert (1 + parse_growth("60%/year")) ** 12 == pytest.approx(1.6)


@pytest.mark.parametrize(
    ("text", "dimension", "low", "high"),
    [
        ("800..1500/s", "rate", 800, 1500),
        ("800/s..1500/s", "rate", 800, 1500),
        ("800/s..1.5k/s", "rate", 800, 1500),
        ("1k..2k/s", "rate", 1000, 2000),
        ("0..2k/s", "rate", 0, 2000),
        ("1..5ms", "duration", 0.001, 0.005),
        ("99..99.9%", "fraction", 0.99, 0.999),
        ("50k..80k users", "amount", 50e3, 80e3),
        ("1..3%/month", "growth", 0.01, 0.03),
    ],
)
def test_a_range_has_two_ends_and_counts_as_the_worst(text: str, dimension: Dimension, low: float, high: float) -> None:
    for worst in ("low", "high"):
        value = parse_quantity(text, dimension, worst)
        assert isinstance(value, Ranged)
        assert value.low == pytest.approx(low)
        assert value.high == pytest.approx(high)
        assert float(value) == (value.low if worst == "low" else value.high)


def test_a_range_survives_pickling() -> None:
    value = pickle.loads(pickle.dumps(parse_rate("800..1500/s", "low")))
    assert (float(value), value.low, value.high) == (800, 800, 1500)


@pytest.mark.parametrize(
    ("value", "dimension", "message"),
    [
        (1200, "rate", "1200 has no unit; write a rate such as 1200/s"),
        ("1200", "rate", "`1200` has no unit; write a rate such as 1200/s"),
        ("1.2k", "rate", "`1.2k` is not a rate; write one such as 1200/s"),
        (30, "duration", "30 has no unit; write a duration such as 30s or 30ms"),
        (0.999, "fraction", "0.999 has no unit; write a percentage such as 99.9%"),
        (99.9, "fraction", "99.9 has no unit; write a percentage such as 99.9%"),
        (3, "multiple", "3 has no unit; write a multiple such as 3x"),
        ("1.6B", "count", "`1.6B` has no known unit; write 1.6G"),
        ("1B/day", "rate", "`1B/day` has no known unit; write 1G/day"),
        ("5 sec", "duration", "`5 sec` has no known unit; write 5s"),
        ("5min", "duration", "`5min` has no known unit; write 5m"),
        ("1200 rps", "rate", "`1200 rps` has no known unit; write 1200/s"),
        ("10 KB", "bytes", "`10 KB` has no known unit; write 10kB"),
        ("10Gi", "bytes", "`10Gi` has no known unit; write 10GiB"),
        ("12 USD", "money", "`12 USD` has no known unit; write 12 USD/month"),
        (
            "50 EUR/month",
            "money",
            "`50 EUR/month` is not an amount of money per time; write one such as 20000 USD/month",
        ),
        ("200ms", "rate", "`200ms` is not a rate; write one such as 1200/s"),
        ("10 million users", "amount", "`10 million users` is not a number; write one such as 50k"),
        ("5 ms", "amount", "`5 ms` is not a number; write one such as 50k"),
        ("fast", "duration", "`fast` is not a duration; write one such as 200ms"),
        ("1h30m", "duration", "`1h30m` is not a duration; write one such as 200ms"),
        ("1..5", "duration", "`1..5` has no unit; write a duration such as 5s or 5ms"),
        ("1ms..5s", "duration", "the ends of `1ms..5s` have different units; write both in s"),
        (
            "1..2k/s",
            "rate",
            "`1..2k/s` leaves open whether its first end is 1 or 1k; write 1k..2k/s, or both ends without k",
        ),
    ],
)
def test_a_missing_or_wrong_unit_says_what_to_write(value: object, dimension: Dimension, message: str) -> None:
    error = refused(value, dimension)
    assert (str(error), error.kind) == (message, "unit")


@pytest.mark.parametrize(
    ("value", "dimension", "message"),
    [
        ("-5/s", "rate", "-5/s is negative; write zero or more"),
        (-1, "count", "-1 is negative; write zero or more"),
        ("130%", "fraction", "`130%` is above 100%"),
        (math.nan, "rate", "nan is not a finite number"),
        (math.inf, "amount", "inf is not a finite number"),
        (10**400, "amount", f"1{'0' * 36}... is not a finite number"),
        ("1.5", "count", "`1.5` is not a whole number"),
        (1.5, "count", "1.5 is not a whole number"),
        ("5..1ms", "duration", "the range `5..1ms` runs backwards; write the lower end first, then the higher"),
        ("5..5s", "duration", "the range `5..5s` is empty; write the lower end first, then the higher"),
        ("6..12", "count", "`6..12` is a range; write one count such as 12"),
        (True, "rate", "true is not a rate; write one such as 1200/s"),
        ([], "rate", "a list is not a rate; write one such as 1200/s"),
        ({}, "duration", "a mapping is not a duration; write one such as 200ms"),
        (None, "bytes", "nothing is not a size; write one such as 4KiB"),
    ],
)
def test_a_value_out_of_range_says_why(value: object, dimension: Dimension, message: str) -> None:
    error = refused(value, dimension)
    assert (str(error), error.kind) == (message, "range")


def test_huge_numbers_are_refused_not_infinite() -> None:
    for text, dimension in [("9" * 400 + "/s", "rate"), ("9" * 300 + "T/s", "rate"), ("100%/s", "growth")]:
        assert "is not a finite number" in str(refused(text, dimension))  # type: ignore[arg-type]


def test_a_count_is_an_int() -> None:
    assert parse_count("1.6G") == 1_600_000_000
    assert isinstance(parse_count("1.6G"), int)


@pytest.mark.parametrize(
    ("value", "dimension", "text"),
    [
        (1200, "rate", "1.2k/s"),
        (4 / DAY, "rate", "4/d"),
        (0.5, "rate", "30/m"),
        (0.45, "duration", "450ms"),
        (90, "duration", "90s"),
        (DAY, "duration", "1d"),
        (5400, "duration", "90m"),
        (4096, "bytes", "4KiB"),
        (800e9, "bytes", "800GB"),
        (30e6, "throughput", "30MB/s"),
        (0.9995, "fraction", "99.95%"),
        (1 / 3, "fraction", "33.3%"),
        (0.99999, "fraction", "99.999%"),
        (2.5, "multiple", "2.5x"),
        (40000, "money", "40k USD/month"),
        (0.02, "transfer_price", "0.02 USD/GB"),
        (768, "count", "768"),
        (1000, "count", "1000"),
        (1.6e9, "count", "1.6G"),
        (0.05, "growth", "5%/month"),
        (0, "rate", "0/s"),
        (0, "duration", "0s"),
        (0, "money", "0 USD/month"),
        (-3, "duration", "-3s"),
        (math.inf, "duration", "infinite"),
        (math.nan, "duration", "unknown"),
    ],
)
def test_quantities_are_shown_short(value: float, dimension: Dimension, text: str) -> None:
    assert format_quantity(value, dimension) == text


def magnitudes(dimension: Dimension) -> st.SearchStrategy[float]:
    if dimension == "fraction":
        return st.floats(1e-6, 1.0)
    if dimension == "count":
        return st.integers(0, 10**15).map(float)
    return st.floats(1e-9, 1e18)


@pytest.mark.parametrize("dimension", DIMENSIONS)
@given(data=st.data())
def test_what_is_shown_reads_back_within_half_a_percent(dimension: Dimension, data: st.DataObject) -> None:
    value = data.draw(magnitudes(dimension))
    text = format_quantity(value, dimension)
    assert parse_quantity(text, dimension) == pytest.approx(value, rel=0.00500001)
    assert re.search(pattern(dimension), text)


@given(fraction=st.floats(1e-6, 0.5))
def test_what_a_percentage_leaves_to_one_is_kept_too(fraction: float) -> None:
    shown = parse_quantity(format_quantity(1 - fraction, "fraction"), "fraction")
    assert 1 - shown == pytest.approx(fraction, rel=0.0051)


SPELLINGS = (
    "|k|M|G|B|K|ms|s|m|h|w|/s|k/s|/day|GB|KiB|GB/month|%|x| USD/month|k USD/month| USD/GB|%/month"
    "| users|k users|..5| rps"
)
UNITS = st.sampled_from(SPELLINGS.split("|"))


@pytest.mark.parametrize("dimension", DIMENSIONS)
@given(low=st.integers(0, 9), dots=st.sampled_from(["", ".", ".."]), high=st.integers(0, 99), unit=UNITS)
def test_the_schema_allows_all_that_the_parser_reads(
    dimension: Dimension, low: int, dots: str, high: int, unit: str
) -> None:
    text = f"{low}{dots}{high}{unit}"
    result, allowed = read(text, dimension), re.search(pattern(dimension), text) is not None
    if isinstance(result, UnitError):
        # A schema cannot compare the ends of a range, nor numbers within text.
        assert not allowed or ".." in text or result.kind == "range"
    else:
        zero_without_unit = re.fullmatch(r"[0.]+", text) is not None
        assert allowed or zero_without_unit


@given(value=st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.integers())))
def test_any_value_is_read_or_refused(value: object) -> None:
    for dimension in DIMENSIONS:
        result = read(value, dimension)
        assert str(result) if isinstance(result, UnitError) else result >= 0


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_the_example_of_a_dimension_is_one(dimension: Dimension) -> None:
    assert parse_quantity(example(dimension), dimension) > 0
    assert re.search(pattern(dimension), example(dimension))
