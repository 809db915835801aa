"""What a manifest says of a limit: under `limits`, in a field of its own, or under `settings`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from archlint.analysis.configuration import size, time
from archlint.analysis.values import Unknown
from archlint.manifest.units import Dimension, UnitError, parse_quantity
from archlint.system.elements import Element, Topic, stated

if TYPE_CHECKING:
    from archlint.analysis.measured import Measured, Subject
    from archlint.knowledge.technology import Limit

_DIMENSIONS: Mapping[str, Dimension] = {
    "bytes": "bytes", "seconds": "duration", "per_second": "rate", "bytes_per_second": "throughput",
    "fraction": "fraction", "count": "amount",
}  # fmt: skip


class Bound(NamedTuple):
    """A limit as it binds one subject. `said` is the field that raised it, or "" where the catalogue's value holds.

    `certain` is False where the manifest does not say whether the limit's condition holds.
    """

    limit: Limit
    amount: float
    said: str = ""
    certain: bool = True

    def exposure(self, measured: float) -> float:
        """Demand over limit, 1 at the limit, larger is worse."""
        demand, supply = (measured, self.amount) if self.limit.direction == "max" else (self.amount, measured)
        if supply == 0:
            return math.inf if demand > 0 else 0.0
        return demand / supply


def bound(subject: Subject, measured: Measured, limit: Limit, *, certain: bool) -> Bound | Unknown:
    """The limit with the value that the manifest raised it to."""
    said = _said(subject, measured, limit) if limit.raisable or limit.per_key is not None else None
    if said is None:
        return Bound(limit, limit.amount, certain=certain)
    if isinstance(said, Unknown):
        return said
    name, amount = said
    return Bound(limit, amount, name, certain)


def _said(subject: Subject, measured: Measured, limit: Limit) -> tuple[str, float] | Unknown | None:
    own = subject.fields.get(limit.key or "")
    for owner in _owners(subject, measured):
        spec = owner.spec
        raised, settings = getattr(spec, "limits", None), getattr(spec, "settings", None)
        if raised and limit.raisable:
            for name in (limit.id, limit.name):
                if name in raised:
                    return f"limits.{name}", float(raised[name])
        if own is not None:
            value = stated(spec, own)
            if isinstance(value, int | float):
                return own, float(value) * (limit.per_key or 1.0)
        for key in (limit.key, *limit.also):
            if settings and key is not None and key in settings:
                amount = configured(settings[key], limit)
                if (amount == 0 and limit.zero == "default") or (amount is None and limit.lifted_by is not None):
                    continue
                return Unknown(f"settings.{key}") if amount is None else (f"settings.{key}", amount)
    return None


def _owners(subject: Subject, measured: Measured) -> Iterator[Element]:
    component = subject.component
    yield component
    if isinstance(component, Topic):
        yield component.broker
    yield from measured.owners


def configured(value: object, limit: Limit) -> float | None:
    """A setting in the canonical unit, endless where it sets none at all; None where it cannot be read."""
    if limit.lifted_by is not None and str(value).lower() == limit.lifted_by.lower():
        return math.inf
    amount = _amount(value, limit)
    if amount is None or math.isnan(amount):
        return None
    none_at_all = amount < 0 or (amount == 0 and limit.zero == "unlimited")
    return math.inf if none_at_all else amount * (limit.per_key or 1.0)


def _amount(value: object, limit: Limit) -> float | None:
    from archlint.knowledge.measures import UNITS

    dimension = UNITS[limit.unit].dimension
    factor = UNITS[limit.key_unit].factor if limit.key_unit is not None else 1.0
    if isinstance(value, bool):
        return None
    try:
        return float(value) * factor  # type: ignore[arg-type]  # text that is no number raises
    except (TypeError, ValueError):
        pass
    try:
        return parse_quantity(value, _DIMENSIONS[dimension])
    except (UnitError, KeyError):
        return _as_configured(str(value), dimension)


_CLOCK = re.compile(r"(?:(\d+)\.)?(\d\d):(\d\d):(\d\d)")
_RANGE = re.compile(r"(\d+)[\s-]+(\d+)")


def _as_configured(text: str, dimension: str) -> float | None:
    """A figure as only configuration files write it: `200mb`, `00:10:00`, `1024 65535`, `unlimited`."""
    if text.strip().lower() == "unlimited":
        return math.inf
    if dimension == "bytes":
        return size(text)
    if dimension == "seconds":
        clock = _CLOCK.fullmatch(text)
        if clock is None:
            return time(text)
        days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return 86400 * days + 3600 * hours + 60 * minutes + seconds
    between = _RANGE.fullmatch(text) if dimension == "count" else None
    return None if between is None else max(0.0, float(between[2]) - float(between[1]) + 1)
