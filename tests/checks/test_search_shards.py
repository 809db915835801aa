"""What fixtures cannot say of the shards of search clusters: what is missing, and which finding stands for a cause."""

from __future__ import annotations

import pytest

from archlint.engine.results import Report
from archlint.knowledge.catalogue import Catalogue
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop}\n"


def of(fields: str, technology: str = "elasticsearch@8") -> Report:
    return lint(HEAD + f"datastores: {{find: {{technology: {technology}{fields}}}}}\n")


def codes(report: Report) -> list[tuple[str, str]]:
    return [(f.code, f.severity.label) for f in report.findings if f.code in ("LIM140", "LIM002", "LIM004")]


def needs(report: Report) -> set[str]:
    return {field for group in report.not_evaluated if group.code == "LIM140" for field in group.needs}


def test_the_names_are_those_of_the_catalogue() -> None:
    from archlint.checks.search_shards import NAMES

    technologies = [Catalogue().technology(slug) for slug in ("elasticsearch", "opensearch")]
    assert {name for t in technologies if t is not None for name in (t.slug, *t.aliases)} == NAMES


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ("", {"shards"}),
        (", shards: 4, nodes: 3, replication: {factor: 2}", {"size"}),
        (", shards: 4, size: 9GB", {"nodes"}),
        (", shards: 4, size: 9GB, nodes: 3", {"replication.factor"}),
    ],
)
def test_what_is_missing_is_named(fields: str, missing: set[str]) -> None:
    assert needs(of(fields)) >= missing
    assert codes(of(fields)) == []


def test_the_parts_that_are_stated_may_decide_alone() -> None:
    assert codes(of(", shards: 4, size: 900GB")) == [("LIM140", "warning")]
    assert codes(of(", shards: 4k, nodes: 3, size: 90TB")) == [("LIM140", "error")]


def test_too_many_shards_are_told_of_once() -> None:
    assert codes(of(", shards: 4k, nodes: 3, size: 90TB, replication: {factor: 2}")) == [("LIM140", "error")]


def test_a_release_line_that_may_count_otherwise_is_not_held_to_the_old_rule() -> None:
    fields = ", shards: 600, nodes: 3, size: 9TB, replication: {factor: 2}, settings: {Xmx: 8g}"
    assert codes(of(fields)) == codes(of(fields, "elasticsearch@8.3")) == codes(of(fields, "elasticsearch")) == []
    assert codes(of(fields, "elasticsearch@8.2")) == [("LIM140", "warning")]
