"""The value at which a finding goes away: rounded to the safe side and written as in a manifest."""

from __future__ import annotations

import math
from collections.abc import Callable

from archlint.records import dataclass

TOLERANCE = 1e-9
"""Relative: what lies over a limit by less than this is at the limit, and only binary fractions put it over."""

DIGITS = 3

_UNITS = {
    "s": (("us", 1e-6), ("ms", 1e-3), ("s", 1.0)),
    "/s": (("/s", 1.0),),
    "B": (("B", 1.0), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12)),
    "B/s": (("B/s", 1.0), ("kB/s", 1e3), ("MB/s", 1e6), ("GB/s", 1e9)),
    "fraction": (("%", 0.01),),
    "": (("", 1.0),),
}


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value in its canonical unit, and the text that means exactly this value."""

    value: float
    text: str


def exceeds(value: float, limit: float) -> bool:
    return value > limit * (1 + TOLERANCE)


def at_least(value: float, unit: str = "") -> Threshold:
    """The smallest round value that is not below `value`; `unit` is canonical, or empty for a whole number."""
    return _rounded(value, unit, math.ceil)


def at_most(value: float, unit: str = "") -> Threshold:
    """The largest round value that is not above `value`; `unit` is canonical, or empty for a whole number."""
    return _rounded(value, unit, math.floor)


def _rounded(value: float, unit: str, towards: Callable[[float], int]) -> Threshold:
    """Three digits, and whole numbers where these are more; counts are always whole."""
    name, factor = next(((n, f) for n, f in reversed(_UNITS[unit]) if value >= f), _UNITS[unit][0])
    number = value / factor
    places = max(0, DIGITS - 1 - math.floor(math.log10(number))) if unit and number > 0 else 0
    scaled = number * 10**places
    nudge = TOLERANCE * max(1.0, scaled)
    steps = towards(scaled - nudge if towards is math.ceil else scaled + nudge)
    rounded = steps / 10**places
    text = f"{rounded:.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return Threshold(float(text) * factor, text + name)


def fewest(enough: Callable[[int], bool], start: int, most: int = 10**6) -> int | None:
    """The smallest count from `start` on that is enough, if more is never worse; None beyond `most`."""
    low, step = max(start, 0), 1
    if enough(low):
        return low
    high = low + step
    while not enough(high):
        low, step = high, step * 2
        high = low + step
        if high > most:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
