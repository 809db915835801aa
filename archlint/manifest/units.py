"""One grammar for quantities: text with a unit becomes a float in a canonical unit, and back.

Canonical units: seconds, requests per second, bytes, bytes per second, a fraction of one, a multiple, USD per
month, USD per GB, a plain count, and growth as a fraction per month. A month is 30.4375 days.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, NamedTuple

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
Worst = Literal["low", "high"]
ErrorKind = Literal["unit", "range"]

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
WEEK = 7 * DAY
MONTH = 30.4375 * DAY
YEAR = 12 * MONTH

SCALES: Mapping[str, float] = MappingProxyType({"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12})
_DURATIONS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_PERIODS = {
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
_BYTES = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15} | {
    f"{prefix}iB": 1024.0**power for power, prefix in enumerate("KMGTP", start=1)
}


class UnitError(ValueError):
    """A quantity that cannot be read: a `unit` missing or wrong, or a value out of `range`."""

    def __init__(self, message: str, kind: ErrorKind) -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind


class Ranged(float):
    """A range such as `800..1500/s`. As a number it is its worst end for the field that states it."""

    low: float
    high: float

    def __new__(cls, low: float, high: float, worst: Worst = "high") -> Ranged:
        ranged = super().__new__(cls, high if worst == "high" else low)
        ranged.low, ranged.high = low, high
        return ranged

    def __getnewargs__(self) -> tuple[float, float, Worst]:  # type: ignore[override]
        return self.low, self.high, "high" if float(self) == self.high else "low"


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


_GRAMMARS: Mapping[Dimension, Grammar] = MappingProxyType(
    {
        "duration": _grammar("a duration", "200ms", _DURATIONS),
        "rate": _grammar("a rate", "1200/s", _per(_PERIODS), scaled=True),
        "bytes": _grammar("a size", "4KiB", _BYTES),
        "throughput": _grammar(
            "a size per time",
            "30MB/s",
            {text: f for unit, size in _BYTES.items() for text, f in _per(_PERIODS, unit, size).items()},
        ),
        "fraction": _grammar("a percentage", "99.9%", {"%": 0.01}, ceiling=1.0),
        "multiple": _grammar("a multiple", "1.5x", {"x": 1.0}),
        "money": _grammar(
            "an amount of money per time",
            "20000 USD/month",
            _per(_PERIODS, "USD", MONTH),
            scaled=True,
            separator=" ",
        ),
        "transfer_price": _grammar(
            "a price per volume", "0.02 USD/GB", {"USD/GB": 1.0}, scaled=True, separator=" "
        ),
        "count": _grammar("a count", "12", {"": 1.0}, scaled=True),
        "amount": _grammar("a number", "50k", {"": 1.0}, scaled=True),
        "growth": _grammar(
            "a growth", "5%/month", {f"%{p}": MONTH / seconds for p, seconds in _PERIODS.items()}
        ),
    }
)

_END = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?) ?(.*)")
_THING = re.compile(r"([kMGT]?) ([A-Za-z][A-Za-z-]+)")
_NOT_THINGS = frozenset(
    [*_DURATIONS, *_BYTES, "USD", "sec", "min", "thousand", "million", "billion", "trillion", "mn", "bn"]
)
_MISSPELT: Mapping[str, str] = MappingProxyType(
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
_ALIASES = MappingProxyType({word: unit for unit, words in _MISSPELT.items() for word in words.split()})


def parse_quantity(value: object, dimension: Dimension, worst: Worst = "high") -> float:
    """The quantity in its canonical unit; a range is a `Ranged` whose value is its worst end.

    Raises UnitError.
    """
    if isinstance(value, str):
        return _parse_text(value, dimension, worst)
    grammar = _GRAMMARS[dimension]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnitError(f"{_kind_of(value)} is not {grammar.noun}; {_such_as(grammar)}", "range")
    number = _proper(value, f"{value}")
    if number and dimension not in ("count", "amount"):
        raise _without_unit(f"{value}", number, dimension)
    if dimension == "count" and not number.is_integer():
        raise UnitError(f"{value} is not a whole number", "range")
    return number


def parse_duration(value: object, worst: Worst = "high") -> float:
    """Seconds."""
    return parse_quantity(value, "duration", worst)


def parse_rate(value: object, worst: Worst = "high") -> float:
    """Per second."""
    return parse_quantity(value, "rate", worst)


def parse_bytes(value: object, worst: Worst = "high") -> float:
    """Bytes."""
    return parse_quantity(value, "bytes", worst)


def parse_throughput(value: object, worst: Worst = "high") -> float:
    """Bytes per second."""
    return parse_quantity(value, "throughput", worst)


def parse_fraction(value: object, worst: Worst = "high") -> float:
    """A fraction from 0 to 1."""
    return parse_quantity(value, "fraction", worst)


def parse_multiple(value: object, worst: Worst = "high") -> float:
    """A factor."""
    return parse_quantity(value, "multiple", worst)


def parse_money(value: object, worst: Worst = "high") -> float:
    """USD per month."""
    return parse_quantity(value, "money", worst)


def parse_transfer_price(value: object, worst: Worst = "high") -> float:
    """USD per GB."""
    return parse_quantity(value, "transfer_price", worst)


def parse_count(value: object) -> int:
    """A whole number."""
    return int(parse_quantity(value, "count"))


def parse_growth(value: object, worst: Worst = "high") -> float:
    """A fraction per month, compounded from other periods."""
    return parse_quantity(value, "growth", worst)


@lru_cache(maxsize=65536)
def _parse_text(text: str, dimension: Dimension, worst: Worst) -> float:
    low, dots, high = text.strip().partition("..")
    if not dots:
        return _read(*_end(low, text, dimension), text, dimension)
    if dimension == "count":
        raise UnitError(f"`{text}` is a range; write one count such as 12", "range")
    return _parse_range(low, high, text, dimension, worst)


def _parse_range(low: str, high: str, text: str, dimension: Dimension, worst: Worst) -> float:
    low_number, low_unit = _end(low, text, dimension)
    high_number, high_unit = _end(high, text, dimension)
    if low_unit != high_unit:
        last = _unit(high_number, high_unit, text, dimension)
        low_unit = _unit_of_first(low_number, low_unit, last, text, dimension)
    ends = _read(low_number, low_unit, text, dimension), _read(high_number, high_unit, text, dimension)
    if ends[0] >= ends[1]:
        problem = "is empty" if ends[0] == ends[1] else "runs backwards"
        raise UnitError(f"the range `{text}` {problem}; write the lower end first, then the higher", "range")
    return Ranged(*ends, worst=worst)


def _unit_of_first(number: str, unit: str, last: Unit, text: str, dimension: Dimension) -> str:
    """The unit of a range's first end where it is not spelled as the last one's."""
    if unit == "":
        if last.scale:
            raise UnitError(
                f"`{text}` leaves open whether its first end is {number} or {number}{last.scale};"
                f" write {number}{last.scale}..{text.partition('..')[2]}, or both ends without {last.scale}",
                "unit",
            )
        return last.base
    if unit in SCALES and last.base and _GRAMMARS[dimension].scaled:
        return unit + last.base
    if _unit(number, unit, text, dimension).base != last.base:
        raise UnitError(f"the ends of `{text}` have different units; write both in {last.base}", "unit")
    return unit


def _end(part: str, text: str, dimension: Dimension) -> tuple[str, str]:
    """The number of one end as written, and its unit without spaces and without what is counted."""
    match = _END.fullmatch(part.strip())
    if match is None:
        grammar = _GRAMMARS[dimension]
        raise UnitError(f"`{text}` is not {grammar.noun}; {_such_as(grammar)}", "unit")
    number, unit = match[1], match[2].rstrip()
    if dimension == "amount":
        thing = _THING.fullmatch(part.strip().removeprefix(number))
        if thing and thing[2] not in _NOT_THINGS:
            return number, thing[1]
    return number, unit.replace(" ", "")


def _read(number: str, unit: str, text: str, dimension: Dimension) -> float:
    value = _proper(float(number), text)
    factor = 1.0 if value == 0 and unit == "" else _unit(number, unit, text, dimension).factor
    result = _proper(_convert(value, factor, dimension), text)
    if result > _GRAMMARS[dimension].ceiling:
        raise UnitError(f"`{text}` is above 100%", "range")
    if dimension == "count":
        result = round(result, 6)
        if not result.is_integer():
            raise UnitError(f"`{text}` is not a whole number", "range")
    return result


def _convert(value: float, factor: float, dimension: Dimension) -> float:
    if dimension == "fraction":
        # 99.9 / 100 is the float nearest to 0.999, 99.9 * 0.01 is not.
        return value / 100
    if dimension == "growth" and factor != 1.0:
        try:
            return math.expm1(math.log1p(value / 100) * factor)
        except OverflowError:
            return math.inf
    return value / 100 if dimension == "growth" else value * factor


def _unit(number: str, unit: str, text: str, dimension: Dimension) -> Unit:
    grammar = _GRAMMARS[dimension]
    found = grammar.units.get(unit)
    if found is not None:
        return found
    if unit == "":
        raise _without_unit(f"`{text}`", float(number), dimension)
    meant = _meant(unit, grammar)
    if meant is not None:
        raise UnitError(f"`{text}` has no known unit; write {number}{grammar.separator}{meant}", "unit")
    raise UnitError(f"`{text}` is not {grammar.noun}; {_such_as(grammar)}", "unit")


def _meant(unit: str, grammar: Grammar) -> str | None:
    """The spelling that a wrong unit most likely stands for, if there is one."""
    if grammar.scaled and unit[:1] == "B" and "G" + unit[1:] in grammar.units:
        return "G" + unit[1:]
    for spelling in (unit, unit.lower(), unit[:1] + _ALIASES.get(unit[1:], "?")):
        alias = _ALIASES.get(spelling, spelling)
        if alias in grammar.units:
            return alias
    if unit + "B" in grammar.units or unit.upper() + "B" in grammar.units:
        return unit + "B" if unit + "B" in grammar.units else unit.upper() + "B"
    alike = [known for known in grammar.units if known.lower() == unit.lower()]
    return alike[0] if len(alike) == 1 or (alike and alike[0].endswith("B")) else None


def _with_unit(number: float, dimension: Dimension) -> str:
    """The bare number as its author most likely meant it."""
    plain = _decimal(number)
    match dimension:
        case "duration":
            return f"{plain}s or {plain}ms"
        case "fraction":
            return f"{_decimal(number * 100 if number <= 1 else number)}%"
        case "bytes":
            return f"{plain}B or {plain}MB"
        case "throughput":
            return f"{plain}B/s or {plain}MB/s"
        case _:
            example = _GRAMMARS[dimension].example
            return plain + example.lstrip("0123456789.")


def _without_unit(shown: str, number: float, dimension: Dimension) -> UnitError:
    meant = _with_unit(number, dimension)
    return UnitError(f"{shown} has no unit; write {_GRAMMARS[dimension].noun} such as {meant}", "unit")


def _such_as(grammar: Grammar) -> str:
    return f"write one such as {grammar.example}"


def _proper(value: float, shown: str) -> float:
    """The value as a float, if it is finite and not negative."""
    if value < 0:
        raise UnitError(f"{shown} is negative; write zero or more", "range")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise UnitError(f"{_short(shown)} is not a finite number", "range")
    return number


def _short(shown: str) -> str:
    return shown if len(shown) <= 40 else f"{shown[:37]}..."


def _kind_of(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return "nothing" if value is None else f"{value}"


def _decimal(number: float, digits: int = 12) -> str:
    """Plain decimal notation with at most so many significant digits, no trailing zeros."""
    if number == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(number))))
    text = f"{round(number, digits - 1 - math.floor(math.log10(abs(number)))):.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_SCALED_RATES = tuple((f"{scale}/s", factor) for scale, factor in SCALES.items())
_SHOWN: Mapping[Dimension, tuple[tuple[str, float], ...]] = MappingProxyType(
    {
        "duration": tuple((unit, seconds) for unit, seconds in _DURATIONS.items() if unit != "w"),
        "rate": (("/year", 1 / YEAR), ("/d", 1 / DAY), ("/h", 1 / HOUR), ("/m", 1 / MINUTE), *_SCALED_RATES),
        "bytes": tuple(_BYTES.items()),
        "throughput": (("B/d", 1 / DAY), *((f"{unit}/s", size) for unit, size in _BYTES.items())),
        "multiple": (("x", 1.0),),
        "money": tuple((f"{scale} USD/month", factor) for scale, factor in SCALES.items()),
        "transfer_price": ((" USD/GB", 1.0),),
        "count": tuple(SCALES.items()),
        "amount": tuple(SCALES.items()),
        "growth": (("%/month", 0.01),),
    }
)


def format_quantity(value: float, dimension: Dimension) -> str:
    """The shortest pleasant text, within 0.5% of the value: `1.2k/s`, `90s`, `4KiB`, `99.95%`."""
    if not math.isfinite(value):
        return "unknown" if math.isnan(value) else "infinite"
    if value < 0:
        return f"-{format_quantity(-value, dimension)}"
    if dimension == "fraction":
        return f"{_percent(value)}%"
    if value == 0:
        return "0" + {"duration": "s", "rate": "/s", "bytes": "B", "throughput": "B/s"}.get(
            dimension, _SHOWN[dimension][0][0]
        )
    if dimension in ("count", "amount") and value < 10_000 and value == int(value):
        return str(int(value))
    return min(_candidates(value, dimension))[-1]


def _candidates(value: float, dimension: Dimension) -> Iterator[tuple[bool, int, float, float, str]]:
    """Spellings with what makes one better: a number from 1 to 1000, then short, exact, in a large unit."""
    for unit, factor in _SHOWN[dimension]:
        shown = _decimal(value / factor, 3)
        number = float(shown)
        unhandy = not 1 <= number < 1000
        error = round(abs(number * factor - value) / value, 6)
        far = abs(math.log10(number)) if unhandy else 0.0
        yield unhandy, len(shown) + len(unit) if not unhandy else math.ceil(far), error, -factor, shown + unit


def _percent(fraction: float) -> str:
    """Percent with the digits that tell the fraction, and what it leaves to one, within 0.5%."""
    near = min(fraction, 1 - fraction) if 0 < fraction < 1 else fraction
    for places in range(9):
        shown = round(fraction * 100, places)
        if abs(shown / 100 - fraction) <= 0.005 * near:
            return _decimal(shown)
    return _decimal(fraction * 100)


_NUMBER = r"[0-9]+(\.[0-9]+)?"


@lru_cache(maxsize=32)
def pattern(dimension: Dimension) -> str:
    """A regular expression for JSON Schema (ECMA 262 and Python); it cannot compare the ends of a range."""
    grammar = _GRAMMARS[dimension]
    scale = " ?[kMGT]?" if grammar.scaled else ""
    if dimension == "amount":
        return rf"^({_NUMBER}{scale}\.\.)?{_NUMBER}{scale}( [A-Za-z][A-Za-z-]+)?$"
    if dimension == "count":
        return rf"^{_NUMBER}{scale}$"
    base = "(" + "|".join(re.escape(base).replace(r"\-", "-") for base in grammar.bases) + ")"
    return rf"^({_NUMBER}{scale} ?{base}?\.\.)?{_NUMBER}{scale} ?{base}$"


def example(dimension: Dimension) -> str:
    """A quantity as a person would write it."""
    return _GRAMMARS[dimension].example


def noun(dimension: Dimension) -> str:
    """The dimension in words, with its article."""
    return _GRAMMARS[dimension].noun
