"""Quantities of Kubernetes, such as `250m`, `64Mi` and `1e3`."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from archlint.importers.quantities import size
from archlint.importers.reading.tree import Part

_QUANTITY = re.compile(r"([+-]?(?:\d{1,24}(?:\.\d{0,12})?|\.\d{1,12}))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?")
_MOST = Decimal(2) ** 63
_POWERS = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_FACTORS = {suffix: Decimal(10) ** power for suffix, power in _POWERS.items()}
_FACTORS |= {f"{prefix}i": Decimal(1024) ** power for power, prefix in enumerate("KMGTPE", start=1)}


@lru_cache(maxsize=1024)
def quantity(text: str) -> Decimal | None:
    """The number that a quantity stands for; None for what is none."""
    found = _QUANTITY.fullmatch(text)
    if found is None:
        return None
    number, suffix, exponent = found.groups()
    value = Decimal(number)
    if suffix:
        value *= _FACTORS[suffix]
    return value * Decimal(10) ** int(exponent) if exponent else value


def amount(part: Part) -> Decimal | None:
    text = part.text()
    found = quantity(text) if text is not None else None
    return found if found is not None and 0 <= found < _MOST else None


def number(value: Decimal) -> int | float:
    """As the manifest writes it."""
    return int(value) if value == value.to_integral_value() else float(value)


def bytes_of(part: Part) -> str | None:
    """`64MiB`."""
    found = amount(part)
    return size(int(found)) if found is not None and found >= 1 else None


def count_or_share(part: Part) -> int | str | None:
    """`2` or `25%`."""
    text = part.text() or ""
    if text.endswith("%") and text[:-1].isdigit():
        return text
    found = part.integer()
    return found if found is not None and 0 <= found < _MOST else None
