"""Checked records of the catalogue's files -> the objects they stand for."""

from __future__ import annotations

import re
from dataclasses import replace

from archlint.knowledge.facts import ELEMENTS, Estimate, FailureRate, Law
from archlint.knowledge.measures import MEASURES, UNITS, Dimension
from archlint.knowledge.reading import Record
from archlint.knowledge.technology import (
    CARRIERS,
    CONFIDENCES,
    DIRECTIONS,
    LIMIT_KINDS,
    PROVENANCES,
    TECHNOLOGY_KINDS,
    Condition,
    Default,
    Limit,
    Source,
    Technology,
    VersionRange,
)

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LIMIT_ID = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
NEEDS_URL = ("hard", "quota", "sla")


def build_technology(record: Record, slug: str) -> tuple[Technology, bool]:
    """The technology, and whether it extends the one of the same slug below it."""
    if record.text("slug") != slug:
        record.fail(f"`slug` must be `{slug}`, as the file is named", "slug")
    technology = Technology(
        slug,
        record.text("name"),
        record.choices("kinds", TECHNOLOGY_KINDS),
        tuple(_build_limit(item, slug) for item in record.records("limits")),
        record.texts("aliases"),
        _modes(record),
        tuple(_build_default(item) for item in record.records("defaults")),
    )
    extends = record.flag("extends")
    _refuse_twins(record, technology)
    record.done()
    return technology, extends


def extended(base: Technology, addition: Technology) -> Technology:
    """`base` with the addition's entries; an entry of the same key gives way."""
    limits = {_limit_key(limit): limit for limit in base.limits}
    limits |= {_limit_key(limit): limit for limit in addition.limits}
    defaults = {_default_key(default): default for default in base.defaults}
    defaults |= {_default_key(default): default for default in addition.defaults}
    return replace(
        addition,
        limits=tuple(limits.values()),
        defaults=tuple(defaults.values()),
        aliases=tuple(dict.fromkeys((*base.aliases, *addition.aliases))),
        modes={**base.modes, **addition.modes},
    )


def read_aliases(record: Record) -> dict[str, str]:
    """Alias -> slug."""
    return {alias: record.text(alias) for alias in record.names()}


def build_law(record: Record) -> Law:
    law = Law(
        record.text("id"),
        record.text("name"),
        record.text("statement"),
        record.text("formula"),
        record.text("example"),
        record.text("detect"),
        record.texts("mitigate"),
        record.text("costs"),
        tuple(_build_source(item) for item in record.records("sources")),
        _pairs(record.optional_record("symbols")),
        record.texts("corrections"),
    )
    record.done()
    return law


def build_failure_rate(record: Record) -> FailureRate:
    recovery = record.optional_record("recovery")
    rate = FailureRate(
        record.choice("element", ELEMENTS),
        record.text("name"),
        record.text("covers"),
        _build_estimate(record.record("failures_per_year"), None),
        None if recovery is None else _build_estimate(recovery, "seconds"),
    )
    record.done()
    return rate


def _build_limit(record: Record, slug: str) -> Limit:
    limit = Limit(
        slug,
        record.text("id"),
        record.number("value"),
        record.choice("unit", UNITS),
        record.text("scope"),
        record.choice("kind", LIMIT_KINDS),
        record.text("breaks"),
        _build_source(record.record("source")),
        record.choice("confidence", CONFIDENCES),
        record.choice("provenance", PROVENANCES, "source"),
        record.choice("direction", DIRECTIONS, "max"),
        _measure(record),
        record.optional_text("key"),
        _condition(record.optional_record("condition")),
        record.optional_text("error"),
        record.optional_text("note"),
    )
    record.done()
    _refuse_unfit(record, limit)
    return limit


def _refuse_unfit(record: Record, limit: Limit) -> None:
    if not LIMIT_ID.fullmatch(limit.id):
        record.fail(f"`{limit.id}` must be lower-case words joined by `_`", "id")
    unit, bounds = UNITS[limit.unit], limit.bounds
    if bounds is not None and bounds.dimension != unit.dimension:
        record.fail(f"`{unit.name}` does not fit `{bounds.name}`, which is {bounds.dimension}", "unit")
    if limit.kind in NEEDS_URL and limit.source.url is None:
        record.fail(f"a limit of kind {limit.kind} needs the URL of its source", "source")


def _refuse_twins(record: Record, technology: Technology) -> None:
    keys = [_limit_key(limit) for limit in technology.limits]
    for index, key in enumerate(keys):
        if key in keys[:index]:
            place = f"limits[{index}]"
            record.fail(f"{place}: `{key[0]}` is written twice under one condition", "limits")


def _limit_key(limit: Limit) -> tuple[str, str, str]:
    return limit.id, str(limit.condition), limit.provenance


def _default_key(default: Default) -> tuple[str, str, str]:
    return default.key, default.of, str(default.condition)


def _build_default(record: Record) -> Default:
    unit = record.choice("unit", UNITS, "")
    value = record.scalar("value")
    if unit:
        value = record.number("value") * UNITS[unit].factor
    default = Default(
        record.text("key"),
        record.choice("of", CARRIERS),
        value,
        _build_source(record.record("source")),
        record.optional_text("field"),
        _condition(record.optional_record("condition")),
        record.optional_text("note"),
    )
    record.done()
    return default


def _build_estimate(record: Record, dimension: Dimension | None) -> Estimate:
    """In seconds where the figure is a duration; a bare number otherwise."""
    factor = UNITS[record.choice("unit", _units_of(dimension))].factor if dimension else 1.0
    low, typical, high = (record.number(name) * factor for name in ("low", "typical", "high"))
    if not low <= typical <= high:
        record.fail("`low`, `typical`, `high` must rise", "typical")
    estimate = Estimate(
        low,
        typical,
        high,
        _build_source(record.record("source")),
        record.choice("confidence", CONFIDENCES),
        record.choice("provenance", PROVENANCES, "source"),
        record.optional_text("note"),
    )
    record.done()
    return estimate


def _build_source(record: Record) -> Source:
    url = record.optional_text("url")
    if url is not None and not url.startswith(("https://", "http://")):
        record.fail(f"`{url}` is not a web address", "url")
    source = Source(
        record.text("title"), record.year("year"), url, record.optional_text("author"),
        record.optional_text("place"),
    )  # fmt: skip
    record.done()
    return source


def _condition(record: Record | None) -> Condition:
    if record is None:
        return Condition()
    condition = Condition(record.optional_text("mode"), _range(record, "versions"), record.optional_text("tier"))
    record.done()
    return condition


def _range(record: Record, name: str) -> VersionRange | None:
    text = record.optional_text(name)
    try:
        return None if text is None else VersionRange.parse(text)
    except ValueError as error:
        record.fail(str(error), name)


def _modes(record: Record) -> dict[str, VersionRange]:
    modes = record.optional_record("modes")
    if modes is None:
        return {}
    return {name: found for name in modes.names() if (found := _range(modes, name))}


def _measure(record: Record) -> str | None:
    name = record.optional_text("measure")
    if name is not None and name not in MEASURES:
        record.fail(f"`{name}` is not a measure", "measure")
    return name


def _pairs(record: Record | None) -> tuple[tuple[str, str], ...]:
    return () if record is None else tuple((key, record.text(key)) for key in record.names())


def _units_of(dimension: Dimension) -> tuple[str, ...]:
    return tuple(name for name, unit in UNITS.items() if unit.dimension == dimension)
