"""What fixtures cannot say of the checks of Redis: what is missing, and what profiles make of defaults."""

from __future__ import annotations

import pytest

from archlint.engine.results import Report
from archlint.knowledge.catalogue import Catalogue
from archlint.testing import lint

HEAD = "archlint: 1\nsystem: {name: shop}\n"


def of(fields: str, kind: str = "datastores", profile: str = "standard") -> Report:
    text = f"{kind}: {{kv: {{technology: redis@7{fields}}}}}\n"
    return lint(HEAD + text, profile=profile, select=("LIM130", "LIM131"))


def needs(report: Report, code: str) -> list[tuple[str, ...]]:
    return [tuple(group.needs) for group in report.not_evaluated if group.code == code]


def test_the_names_are_those_of_the_catalogue() -> None:
    from archlint.checks.redis_memory import NAMES

    technologies = [Catalogue().technology(slug) for slug in ("redis", "valkey")]
    assert {name for t in technologies if t is not None for name in (t.slug, *t.aliases)} == NAMES


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ("", ("rpo",)),
        (", rpo: 1s", ("nodes",)),
        (", rpo: {region: 1d}, nodes: 1", ("rpo.instance",)),
        (", rpo: 1s, nodes: 1, settings: {save: often}", ("settings.save",)),
        (", rpo: 1s, nodes: 1, settings: {appendonly: 'yes', appendfsync: hourly}", ("settings.appendfsync",)),
    ],
)
def test_what_is_missing_to_tell_the_loss_is_named(fields: str, missing: tuple[str, ...]) -> None:
    assert needs(of(fields), "LIM131") == [missing]


def test_where_durability_says_when_writes_are_safe_another_check_judges() -> None:
    report = of(", rpo: 0s, nodes: 1, durability: {acknowledged_after: fsync}")
    assert report.findings == ()
    assert needs(report, "LIM131") == []


def test_defaults_are_not_held_against_a_first_manifest() -> None:
    assert [f.code for f in of(", rpo: 1s, nodes: 1", profile="starter").findings] == []
    assert [f.severity.label for f in of(", rpo: 1s, nodes: 1").findings] == ["info"]
    assert [f.severity.label for f in of(", rpo: 1s, nodes: 1", profile="strict").findings] == ["error"]


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ("", ("memory.size", "memory.working_set")),
        (", memory: {size: 1GB}", ("memory.working_set",)),
        (", settings: {maxmemory-policy: volatile-lru}", ("ttl",)),
    ],
)
def test_what_is_missing_to_tell_whether_a_cache_fits_is_named(fields: str, missing: tuple[str, ...]) -> None:
    (found,) = needs(of(fields, "caches"), "LIM130")
    assert set(found) == set(missing)


def test_a_cache_with_nothing_behind_it_is_left_alone() -> None:
    report = of(", backed_by: none, settings: {maxmemory-policy: allkeys-lru}", "caches")
    assert report.findings == ()
