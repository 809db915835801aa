"""Small statements that resources of several kinds have in common."""

from __future__ import annotations

import re
from decimal import Decimal

from archlint.importers.cloud.resources import Cloud, Resource
from archlint.importers.cloud.values import Value
from archlint.importers.configuration import known_keys
from archlint.importers.draft import INSTANCES, Component, Statement
from archlint.importers.quantities import duration, size
from archlint.importers.reading.files import Origin

GIB = 1024**3
MIB = 1024**2
DAY = 86_400
_VERSION = re.compile(r"\d+(?:\.\d+){0,2}")
_SETTING = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:,/-]{0,60}")


def state_seconds(statement: Statement, field: str, value: Value, unit: float = 1) -> None:
    """A time; what is not positive states nothing."""
    number = value.number()
    if number is not None and number > 0:
        statement.state(field, duration(number * unit if unit != 1 else value.integer() or number), value.origin)


def state_milliseconds(statement: Statement, field: str, value: Value) -> None:
    number = value.integer()
    if number is not None and number > 0:
        statement.state(field, duration(Decimal(number) / 1000), value.origin)


def state_size(statement: Statement, field: str, value: Value, unit: int) -> None:
    number = value.number()
    if number is not None and number > 0:
        statement.state(field, size(number * unit), value.origin)


def state_count(statement: Statement, field: str, value: Value, least: int = 0) -> None:
    number = value.integer()
    if number is not None and number >= least:
        statement.state(field, number, value.origin)


def state_setting(component: Statement, key: str, value: Value) -> None:
    """What its own configuration says: a number, a flag, or a plain word."""
    text = value.text()
    if text is None or not _SETTING.fullmatch(text):
        return
    whole = value.integer()
    component.entry("settings", key, text if whole is None or str(whole) != text else whole, value.origin)


def state_tier(component: Statement, tier: str | None, origin: Origin) -> None:
    if tier is not None:
        component.entry("settings", "tier", tier, origin)


def state_zones(component: Component, values: Value) -> None:
    """Zones by name, where all of them are known."""
    parts = list(values.part.each()) if values.part.is_list else [values.part]
    zones = [text for part in parts if (text := Value(part, values.known).text())]
    if zones and len(zones) == len(parts):
        component.state("zones", sorted(dict.fromkeys(zones)), values.origin)


def state_words(component: Component, field: str, values: list[Value]) -> None:
    """A zone for each instance: a list where they are spread evenly, else a count for each."""
    names = [value.text() or "" for value in values]
    if not all(names):
        return
    counts = {name: names.count(name) for name in sorted(set(names))}
    if len(set(counts.values())) == 1:
        component.state(field, list(counts), values[0].origin)
    else:
        for name, count in counts.items():
            component.entry(field, name, count, values[0].origin)


def state_subnet_zones(component: Component, subnets: Value, cloud: Cloud) -> None:
    """The zones of the subnets that are named, where all of them are known."""
    reached = cloud.reached(subnets, "aws_subnet")
    named = len(list(subnets.part.each())) if subnets.part.is_list else 1
    zones = [subnet.get("availability_zone").text() for subnet in reached]
    if reached and all(zones) and (len(reached) >= named or named == 0):
        component.state("zones", sorted({zone for zone in zones if zone}), subnets.origin.noted("zones of the subnets"))


def state_technology(component: Component, slug: str, version: Value) -> None:
    """A technology, with the version where it is told as a number."""
    found = _VERSION.match((version.text() or "").removeprefix("v"))
    component.state("technology", f"{slug}@{found[0]}" if found else slug, version.origin)


def state_bounds(component: Component, least: Value, most: Value) -> None:
    """Fewest and most instances; one number where they are the same."""
    low, high = least.integer(), most.integer()
    if low is not None and low == high:
        component.state(INSTANCES, low, least.origin)
        return
    for name, number, value in (("min", low, least), ("max", high, most)):
        if number is not None and number >= 0:
            component.state(f"{INSTANCES}.{name}", number, value.origin)


def state_parameters(component: Component, slug: str, groups: list[Resource]) -> None:
    """What parameter groups say of keys that are known."""
    keys = frozenset(known_keys(slug).values())
    for group in groups:
        told = group.get("parameter", "parameters")
        pairs = [(one.get("name").text(), one.get("value")) for one in told.blocks() if one.get("name")]
        for key, value in pairs or list(told.items()):
            if key in keys:
                state_setting(component, key or "", value)
