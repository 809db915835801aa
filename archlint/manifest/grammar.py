"""How each dimension of the manifest's quantities is written: units, scale letters, misspellings, patterns."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, NamedTuple

from archlint.records import dataclass

Dimension = Literal[
    "duration",
    "rate",
    "bytes",
    "throughput",
    "fraction",
    "multiple",
    "money",
    "transfer_price",
    "count",
    "amount",
    "growth",
]

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
WEEK = 7 * DAY
MONTH = 30.4375 * DAY
YEAR = 12 * MONTH

SCALES: Mapping[str, float] = MappingProxyType({"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12})
DURATIONS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
PERIODS = {
    "/s": 1.0,
    "/m": MINUTE,
    "/min": MINUTE,
    "/h": HOUR,
    "/hour": HOUR,
    "/d": DAY,
    "/day": DAY,
    "/month": MONTH,
    "/year": YEAR,
}
BYTES = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15} | {
    f"{prefix}iB": 1024.0**power for power, prefix in enumerate("KMGTP", start=1)
}


class Unit(NamedTuple):
    """One spelling of a unit: what it is after its scale letter, and what one of it is worth."""

    scale: str
    base: str
    factor: float


@dataclass(frozen=True, slots=True)
class Grammar:
    """How one dimension is written."""

    noun: str
    example: str
    scaled: bool
    bases: Mapping[str, float]
    units: Mapping[str, Unit]
    separator: str = ""
    ceiling: float = math.inf


def _grammar(
    noun: str,
    example: str,
    bases: Mapping[str, float],
    *,
    scaled: bool = False,
    separator: str = "",
    ceiling: float = math.inf,
) -> Grammar:
    scales = SCALES if scaled else {"": 1.0}
    units = {
        scale + base: Unit(scale, base, times * factor)
        for scale, times in scales.items()
        for base, factor in bases.items()
    }
    return Grammar(noun, example, scaled, bases, units, separator, ceiling)


def _per(periods: Mapping[str, float], unit: str = "", factor: float = 1.0) -> dict[str, float]:
    return {unit + period: factor / seconds for period, seconds in periods.items()}


GRAMMARS: Mapping[Dimension, Grammar] = MappingProxyType(
    {
        "duration": _grammar("a duration", "200ms", DURATIONS),
        "rate": _grammar("a rate", "1200/s", _per(PERIODS), scaled=True),
        "bytes": _grammar("a size", "4KiB", BYTES),
        "throughput": _grammar(
            "a size per time",
            "30MB/s",
            {text: f for unit, size in BYTES.items() for text, f in _per(PERIODS, unit, size).items()},
        ),
        "fraction": _grammar("a percentage", "99.9%", {"%": 0.01}, ceiling=1.0),
        "multiple": _grammar("a multiple", "1.5x", {"x": 1.0}),
        "money": _grammar(
            "an amount of money per time",
            "20000 USD/month",
            _per(PERIODS, "USD", MONTH),
            scaled=True,
            separator=" ",
        ),
        "transfer_price": _grammar("a price per volume", "0.02 USD/GB", {"USD/GB": 1.0}, scaled=True, separator=" "),
        "count": _grammar("a count", "12", {"": 1.0}, scaled=True),
        "amount": _grammar("a number", "50k", {"": 1.0}, scaled=True),
        "growth": _grammar("a growth", "5%/month", {f"%{p}": MONTH / seconds for p, seconds in PERIODS.items()}),
    }
)

NOT_THINGS = frozenset(
    [*DURATIONS, *BYTES, "USD", "sec", "min", "thousand", "million", "billion", "trillion", "mn", "bn"]
)
MISSPELT: Mapping[str, str] = MappingProxyType(
    {
        "us": "µs usec",
        "ms": "msec millis milliseconds",
        "s": "sec secs second seconds",
        "m": "min mins minute minutes",
        "h": "hour hours",
        "d": "day days",
        "w": "week weeks",
        "/s": "rps qps tps req/s requests/s /sec /second",
        "/min": "/minute",
        "%": "percent",
        "x": "times",
        "B": "bytes",
        "KiB": "Ki",
        "MiB": "Mi",
        "GiB": "Gi",
        "TiB": "Ti",
        "M": "million",
        "G": "billion bn",
        "USD/month": "USD",
    }
)
ALIASES = MappingProxyType({word: unit for unit, words in MISSPELT.items() for word in words.split()})


def decimal(number: float, digits: int = 12) -> str:
    """Plain decimal notation with at most so many significant digits, no trailing zeros."""
    if number == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(number))))
    text = f"{round(number, digits - 1 - math.floor(math.log10(abs(number)))):.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_NUMBER = r"[0-9]+(\.[0-9]+)?"


@lru_cache(maxsize=32)
def pattern(dimension: Dimension) -> str:
    """A regular expression for JSON Schema (ECMA 262 and Python); it cannot compare the ends of a range."""
    grammar = GRAMMARS[dimension]
    scale = " ?[kMGT]?" if grammar.scaled else ""
    if dimension == "amount":
        return rf"^({_NUMBER}{scale}\.\.)?{_NUMBER}{scale}( [A-Za-z][A-Za-z-]+)?$"
    if dimension == "count":
        return rf"^{_NUMBER}{scale}$"
    base = "(" + "|".join(re.escape(base).replace(r"\-", "-") for base in grammar.bases) + ")"
    return rf"^({_NUMBER}{scale} ?{base}?\.\.)?{_NUMBER}{scale} ?{base}$"


def example(dimension: Dimension) -> str:
    """A quantity as a person would write it."""
    return GRAMMARS[dimension].example


def noun(dimension: Dimension) -> str:
    """The dimension in words, with its article."""
    return GRAMMARS[dimension].noun
