"""One grammar for quantities: text with a unit becomes a float in a canonical unit, and back.

Canonical units: seconds, requests per second, bytes, bytes per second, a fraction of one, a multiple, USD per
month, USD per GB, a plain count, and growth as a fraction per month. A month is 30.4375 days.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Literal

from archlint.manifest.formatting import format_quantity
from archlint.manifest.grammar import (
    ALIASES,
    GRAMMARS,
    MONTH,
    NOT_THINGS,
    SCALES,
    Dimension,
    Grammar,
    Unit,
    decimal,
    example,
    noun,
    pattern,
)

__all__ = [
    "MONTH",
    "Dimension",
    "Ranged",
    "UnitError",
    "Worst",
    "example",
    "format_quantity",
    "noun",
    "parse_bytes",
    "parse_count",
    "parse_duration",
    "parse_fraction",
    "parse_growth",
    "parse_money",
    "parse_multiple",
    "parse_quantity",
    "parse_rate",
    "parse_throughput",
    "parse_transfer_price",
    "pattern",
]

Worst = Literal["low", "high"]
ErrorKind = Literal["unit", "range"]


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


_END = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?) ?(.*)")
_THING = re.compile(r"([kMGT]?) ([A-Za-z][A-Za-z-]+)")


def parse_quantity(value: object, dimension: Dimension, worst: Worst = "high") -> float:
    """The quantity in its canonical unit; a range is a `Ranged` whose value is its worst end.

    Raises UnitError.
    """
    if isinstance(value, str):
        return _parse_text(value, dimension, worst)
    grammar = GRAMMARS[dimension]
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
    text = _short(text)
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
    highest = _read(high_number, high_unit, text, dimension)
    lowest = _read(low_number, low_unit, text, dimension)
    if lowest >= highest:
        problem = "is empty" if lowest == highest else "runs backwards"
        raise UnitError(f"the range `{text}` {problem}; write the lower end first, then the higher", "range")
    return Ranged(lowest, highest, worst)


def _unit_of_first(number: str, unit: str, last: Unit, text: str, dimension: Dimension) -> str:
    """The unit of a range's first end where it is not spelled as the last one's."""
    if unit == "":
        if last.scale and float(number):
            raise UnitError(
                f"`{text}` leaves open whether its first end is {number} or {number}{last.scale};"
                f" write {number}{last.scale}..{text.partition('..')[2]}, or both ends without {last.scale}",
                "unit",
            )
        return last.base
    if unit in SCALES and last.base and GRAMMARS[dimension].scaled:
        return unit + last.base
    if _unit(number, unit, text, dimension).base != last.base:
        raise UnitError(f"the ends of `{text}` have different units; write both in {last.base}", "unit")
    return unit


def _end(part: str, text: str, dimension: Dimension) -> tuple[str, str]:
    """The number of one end as written, and its unit without spaces and without what is counted."""
    match = _END.fullmatch(part.strip())
    if match is None:
        grammar = GRAMMARS[dimension]
        raise UnitError(f"`{text}` is not {grammar.noun}; {_such_as(grammar)}", "unit")
    number, unit = match[1], match[2].rstrip()
    if dimension == "amount":
        thing = _THING.fullmatch(part.strip().removeprefix(number))
        if thing and thing[2] not in NOT_THINGS:
            return number, thing[1]
    return number, unit.replace(" ", "")


def _read(number: str, unit: str, text: str, dimension: Dimension) -> float:
    value = _proper(float(number), text)
    factor = 1.0 if value == 0 and unit == "" else _unit(number, unit, text, dimension).factor
    result = _proper(_convert(value, factor, dimension), text)
    if result > GRAMMARS[dimension].ceiling:
        raise UnitError(f"`{text}` is above 100%", "range")
    if dimension == "count":
        # 8.19 * 1e9 is 8189999999.999999.
        whole = float(round(result))
        if abs(result - whole) > 1e-9 * whole:
            raise UnitError(f"`{text}` is not a whole number", "range")
        return whole
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
    grammar = GRAMMARS[dimension]
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
    for spelling in (unit, unit.lower(), unit[:1] + ALIASES.get(unit[1:], "?")):
        alias = ALIASES.get(spelling, spelling)
        if alias in grammar.units:
            return alias
    if unit + "B" in grammar.units or unit.upper() + "B" in grammar.units:
        return unit + "B" if unit + "B" in grammar.units else unit.upper() + "B"
    alike = [known for known in grammar.units if known.lower() == unit.lower()]
    return alike[0] if len(alike) == 1 or (alike and alike[0].endswith("B")) else None


def _with_unit(number: float, dimension: Dimension) -> str:
    """The bare number as its author most likely meant it."""
    plain = decimal(number)
    match dimension:
        case "duration":
            return f"{plain}s or {plain}ms"
        case "fraction":
            return f"{decimal(number * 100 if number <= 1 else number)}%"
        case "bytes":
            return f"{plain}B or {plain}MB"
        case "throughput":
            return f"{plain}B/s or {plain}MB/s"
        case _:
            example = GRAMMARS[dimension].example
            return plain + example.lstrip("0123456789.")


def _without_unit(shown: str, number: float, dimension: Dimension) -> UnitError:
    meant = _with_unit(number, dimension)
    return UnitError(f"{shown} has no unit; write {GRAMMARS[dimension].noun} such as {meant}", "unit")


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
