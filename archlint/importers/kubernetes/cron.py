"""Schedules of cron: how often they start something, where that is regular."""

from __future__ import annotations

import re

from archlint.importers.quantities import duration

_WORDS = {"@hourly": 3_600, "@daily": 86_400, "@midnight": 86_400, "@weekly": 604_800}
_EVERY = re.compile(r"@every (\d+)(s|m|h)")
_STEP = re.compile(r"(?:\*|0)/(\d+)")
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


def interval(schedule: str, seconds: bool = False) -> str | None:
    """`5m` for `*/5 * * * *`; None where the times between two starts differ. `seconds`: a field for them leads."""
    text = schedule.strip()
    if text in _WORDS:
        return duration(_WORDS[text])
    if every := _EVERY.fullmatch(text):
        return duration(int(every[1]) * {"s": 1, "m": _MINUTE, "h": _HOUR}[every[2]])
    fields = text.split()
    if seconds and len(fields) == 6:
        if not fields[0].isdigit():
            return None
        fields = fields[1:]
    if len(fields) != 5:
        return None
    found = _interval(*fields)
    return duration(found) if found else None


def _interval(minute: str, hour: str, day: str, month: str, weekday: str) -> int | None:
    if month not in ("*", "*/1") or day not in ("*", "?", "*/1"):
        return None
    weekly = re.fullmatch(r"[0-7]|(?i:sun|mon|tue|wed|thu|fri|sat)", weekday)
    if weekday not in ("*", "?") and not weekly:
        return None
    if minute.isdigit() and hour.isdigit():
        return 7 * _DAY if weekly else _DAY
    if weekly:
        return None
    if hour in ("*", "*/1"):
        return _stepped(minute, _MINUTE, 60)
    return _stepped(hour, _HOUR, 24) if minute.isdigit() else None


def _stepped(field: str, unit: int, whole: int) -> int | None:
    if field in ("*", "*/1"):
        return unit
    if field.isdigit():
        return unit * whole
    step = _STEP.fullmatch(field)
    return int(step[1]) * unit if step and int(step[1]) and whole % int(step[1]) == 0 else None
