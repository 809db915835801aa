"""Quantities back to text, for messages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from archlint.manifest.grammar import BYTES, DAY, DURATIONS, HOUR, MINUTE, SCALES, YEAR, Dimension, decimal

_SCALED_RATES = tuple((f"{scale}/s", factor) for scale, factor in SCALES.items())
_SHOWN: Mapping[Dimension, tuple[tuple[str, float], ...]] = MappingProxyType(
    {
        "duration": tuple((unit, seconds) for unit, seconds in DURATIONS.items() if unit != "w"),
        "rate": (("/year", 1 / YEAR), ("/d", 1 / DAY), ("/h", 1 / HOUR), ("/m", 1 / MINUTE), *_SCALED_RATES),
        "bytes": tuple(BYTES.items()),
        "throughput": (("B/d", 1 / DAY), *((f"{unit}/s", size) for unit, size in BYTES.items())),
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
        shown = decimal(value / factor, 3)
        number = float(shown)
        unhandy = not 1 <= number < 1000
        error = round(abs(number * factor - value) / value, 6)
        far = abs(math.log10(number)) if unhandy else 0.0
        # 256KiB rather than 262kB: sizes are set in one system of units, and looked for in that.
        inexact = 2 if error and dimension in ("bytes", "throughput") else 0
        yield unhandy, math.ceil(far) if unhandy else len(shown) + len(unit) + inexact, error, -factor, shown + unit


def _percent(fraction: float) -> str:
    """Percent with the digits that tell the fraction, and what it leaves to one, within 0.5%."""
    near = min(fraction, 1 - fraction) if 0 < fraction < 1 else fraction
    for places in range(9):
        shown = round(fraction * 100, places)
        if abs(shown / 100 - fraction) <= 0.005 * near:
            return decimal(shown)
    return decimal(fraction * 100)
