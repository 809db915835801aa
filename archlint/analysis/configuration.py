"""What a technology's own configuration says, in the ways that such files write flags, sizes and times."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from archlint.system.elements import Component

Value = str | int | float | bool

_TRUE = frozenset({"yes", "on", "true", "1", "enable", "enabled"})
_FALSE = frozenset({"no", "off", "false", "0", "disable", "disabled"})

_AMOUNT = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")

_SIZES: Mapping[str, float] = {
    "b": 1, "k": 2**10, "kb": 2**10, "kib": 2**10, "m": 2**20, "mb": 2**20, "mib": 2**20, "g": 2**30, "gb": 2**30,
    "gib": 2**30, "t": 2**40, "tb": 2**40, "tib": 2**40, "bytes": 1,
}  # fmt: skip
"""Configuration files mean powers of 1024, whatever they call them."""

_TIMES: Mapping[str, float] = {
    "us": 1e-6, "ms": 1e-3, "s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "d": 86400,
}  # fmt: skip


class Setting(NamedTuple):
    """A value that is configured, and the key that says so."""

    key: str
    value: Value

    @property
    def field(self) -> str:
        return f"settings.{self.key}"


def setting(component: Component, *keys: str) -> Setting | None:
    """The first of the keys that the component's `settings` state, in any case."""
    settings = getattr(component.spec, "settings", None) or {}
    lower = {key.lower(): key for key in settings}
    found = next((lower[key.lower()] for key in keys if key.lower() in lower), None)
    return None if found is None else Setting(found, settings[found])


def flag(value: Value) -> bool | None:
    """Yes or no, as configuration files spell them; None for what is neither."""
    text = str(value).strip().lower()
    return True if text in _TRUE else False if text in _FALSE else None


def size(value: Value, unit: float = 1.0) -> float | None:
    """Bytes; a bare number is in `unit` bytes. None where it is no size."""
    return _amount(value, _SIZES, unit)


def time(value: Value, unit: float = 1.0) -> float | None:
    """Seconds; a bare number is in `unit` seconds. None where it is no time."""
    return _amount(value, _TIMES, unit)


def _amount(value: Value, factors: Mapping[str, float], unit: float) -> float | None:
    if isinstance(value, bool):
        return None
    match = _AMOUNT.fullmatch(str(value))
    if match is None:
        return None
    factor = factors.get(match[2].lower()) if match[2] else unit
    return None if factor is None else float(match[1]) * factor
