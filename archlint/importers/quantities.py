"""Figures of other tools as the manifest writes them, exactly."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from archlint.manifest.grammar import BYTES

_DURATIONS = (("d", 86_400), ("h", 3_600), ("m", 60))
_BINARY = ("TiB", "GiB", "MiB", "KiB")
_DECIMAL = ("TB", "GB", "MB", "kB")
_GO_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)")
_GO_UNITS = {
    "ns": Decimal("1e-9"), "us": Decimal("1e-6"), "µs": Decimal("1e-6"), "ms": Decimal("1e-3"),
    "s": Decimal(1), "m": Decimal(60), "h": Decimal(3_600), "d": Decimal(86_400),
}  # fmt: skip


def duration(seconds: float | Decimal) -> str:
    """`90s`, `500ms`, `7d`: the largest unit that holds the time in whole numbers."""
    exact = Decimal(str(seconds))
    if exact == 0:
        return "0s"
    for unit, length in _DURATIONS:
        if exact >= length and exact % length == 0:
            return f"{exact // length:f}{unit}"
    if exact % 1 == 0:
        return f"{exact:f}s" if exact == exact.to_integral() else f"{exact}s"
    milliseconds = exact * 1000
    if exact < 1 or milliseconds % 1 == 0:
        return f"{_plain(milliseconds)}ms"
    return f"{_plain(exact)}s"


def size(count: float) -> str:
    """`512MiB`, `10GB`: the largest unit, binary first, that holds the bytes in whole numbers."""
    number = int(count)
    for unit in (*_BINARY, *_DECIMAL):
        factor = int(BYTES[unit])
        if number >= factor and number % factor == 0:
            return f"{number // factor}{unit}"
    return f"{number}B"


def share(fraction: float) -> str:
    """`12.5%`."""
    return f"{_plain(Decimal(str(fraction)) * 100)}%"


def rate(per_second: float) -> str:
    """`120/s`."""
    return f"{_plain(Decimal(str(per_second)))}/s"


def seconds_of(text: str) -> Decimal | None:
    """The time that a duration of Go's, such as `1m30s` or `250ms`, stands for; None for what is none."""
    parts = _GO_DURATION.findall(text.strip())
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        return None
    try:
        return sum((Decimal(number) * _GO_UNITS[unit] for number, unit in parts), Decimal(0))
    except InvalidOperation:
        return None


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
