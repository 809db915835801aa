"""Checked records of a technology's file -> the objects they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from archlint.knowledge.measures import MEASURES, UNITS, Dimension
from archlint.knowledge.reading import Record
from archlint.knowledge.technology import (
    CARRIERS,
    CONFIDENCES,
    DIRECTIONS,
    LIMIT_KINDS,
    PROVENANCES,
    TECHNOLOGY_KINDS,
    ZEROS,
    Condition,
    Default,
    Limit,
    Source,
    Technology,
    VersionRange,
)

LIMIT_ID = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
NEEDS_URL = ("hard", "quota", "sla")
DIMENSION_OF_KIND: Mapping[str, Dimension] = MappingProxyType({"sla": "fraction", "price": "money"})


def build_technology(record: Record, slug: str) -> tuple[Technology, bool]:
    """The technology, and whether it extends the one of the same slug below it."""
    if record.text("slug") != slug:
        record.fail(f"`slug` must be `{slug}`, as the file is named", "slug")
    technology = Technology(
        slug,
        record.text("name"),
        record.choices("kinds", TECHNOLOGY_KINDS),
        tuple(_build_limits(record, slug)),
        record.texts("aliases"),
        _modes(record),
        tuple(_build_default(item) for item in record.records("defaults")),
    )
    extends = record.flag("extends")
    record.done()
    return technology, extends


def extended(base: Technology, addition: Technology) -> Technology:
    """`base` with the addition's entries; an entry of the same key gives way."""
    limits = {_limit_key(limit): limit for limit in base.limits}
    limits |= {_limit_key(limit): limit for limit in addition.limits}
    defaults = {_default_key(default): default for default in base.defaults}
    defaults |= {_default_key(default): default for default in addition.defaults}
    return addition._replace(
        limits=tuple(limits.values()),
        defaults=tuple(defaults.values()),
        aliases=tuple(dict.fromkeys((*base.aliases, *addition.aliases))),
        modes={**base.modes, **addition.modes},
    )


def read_aliases(record: Record) -> dict[str, str]:
    """Alias -> slug."""
    return {alias: record.text(alias) for alias in record.names()}


def refuse_clashes(record: Record, slug: str, taken: Mapping[str, str]) -> None:
    """Raises CatalogueError for an alias in `taken` that stands for another technology."""
    for alias in record.texts("aliases"):
        holder = taken.get(alias, slug)
        if holder != slug:
            what = "is a technology itself" if holder == alias else f"is another name of `{holder}`"
            record.fail(f"the alias `{alias}` {what}", "aliases")


def _build_limits(record: Record, slug: str) -> Iterator[Limit]:
    """Raises CatalogueError for a second limit of one id under one condition."""
    seen: set[tuple[str, str, str]] = set()
    for item in record.records("limits"):
        limit = _build_limit(item, slug)
        key = _limit_key(limit)
        if key in seen:
            item.fail(f"`{limit.id}` is written twice under one condition", "id")
        seen.add(key)
        yield limit


def _build_limit(record: Record, slug: str) -> Limit:
    limit = Limit(
        slug,
        record.text("id"),
        record.number("value"),
        record.choice("unit", UNITS),
        record.text("scope"),
        record.choice("kind", LIMIT_KINDS),
        record.text("breaks"),
        build_source(record.record("source")),
        record.choice("confidence", CONFIDENCES),
        record.choice("provenance", PROVENANCES, "source"),
        record.choice("direction", DIRECTIONS, "max"),
        _measure(record),
        record.optional_text("key"),
        _condition(record.optional_record("condition")),
        record.optional_text("error"),
        record.optional_text("note"),
        record.texts("also"),
        None if (unit := record.choice("key_unit", UNITS, "")) == "" else unit,
        record.optional_number("per_key"),
        None if (zero := record.choice("zero", ZEROS, "")) == "" else zero,
        record.optional_text("lifted_by"),
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
    if limit.key_unit is not None and UNITS[limit.key_unit].dimension != unit.dimension:
        record.fail(f"`{limit.key_unit}` does not fit `{unit.name}`", "key_unit")
    wanted = DIMENSION_OF_KIND.get(limit.kind, unit.dimension)
    if unit.dimension != wanted:
        record.fail(f"`{unit.name}` does not fit a limit of kind {limit.kind}, which is {wanted}", "unit")
    if limit.kind == "sla" and limit.amount > 1:
        record.fail("an availability is at most 100%", "value")
    if limit.kind in NEEDS_URL and limit.source.url is None:
        record.fail(f"a limit of kind {limit.kind} needs the URL of its source", "source")


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
        build_source(record.record("source")),
        record.optional_text("field"),
        _condition(record.optional_record("condition")),
        record.optional_text("note"),
        unit or None,
    )
    record.done()
    return default


def build_source(record: Record) -> Source:
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
