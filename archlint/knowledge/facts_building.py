"""Checked records of laws and failure rates -> the objects they stand for."""

from __future__ import annotations

import re

from archlint.knowledge.building import build_source
from archlint.knowledge.facts import ELEMENTS, Estimate, FailureRate, Law
from archlint.knowledge.measures import UNITS, Dimension
from archlint.knowledge.reading import Record
from archlint.knowledge.technology import CONFIDENCES, PROVENANCES

_SELECTOR = re.compile(r"[A-Z]{3}[0-9]{2,3}")


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
        tuple(build_source(item) for item in record.records("sources")),
        _pairs(record.optional_record("symbols")),
        record.texts("corrections"),
        record.texts("aliases"),
        record.texts("checks"),
    )
    record.done()
    if not all(map(_SELECTOR.fullmatch, law.checks)):
        record.fail("`checks` are codes, or their beginnings such as `LAW02`", "checks")
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
        build_source(record.record("source")),
        record.choice("confidence", CONFIDENCES),
        record.choice("provenance", PROVENANCES, "source"),
        record.optional_text("note"),
    )
    record.done()
    return estimate


def _pairs(record: Record | None) -> tuple[tuple[str, str], ...]:
    return () if record is None else tuple((key, record.text(key)) for key in record.names())


def _units_of(dimension: Dimension) -> tuple[str, ...]:
    return tuple(name for name, unit in UNITS.items() if unit.dimension == dimension)
