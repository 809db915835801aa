"""Copies of which k must work, common causes, and published figures of availability."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from archlint.analysis.reliability import Placement, at_least_of, downtime, from_mean_times, redundant
from archlint.analysis.requirements import Group
from archlint.analysis.structure import StructureFunction

ORACLES = yaml.safe_load((Path(__file__).parent / "availability_oracles.yaml").read_text(encoding="utf-8"))
PERIODS = {"d": 86400.0, "h": 3600.0, "min": 60.0, "s": 1.0}


def oracles(model: str) -> list[Any]:
    rows = [row for row in ORACLES if row["model"] == model]
    assert rows
    return [pytest.param(row, id=row["id"]) for row in rows]


def agrees(found: float, row: dict[str, Any], expected: float) -> None:
    tolerance = row["tolerance"]
    assert found == pytest.approx(expected, rel=tolerance.get("rel"), abs=tolerance.get("abs"))


@pytest.mark.parametrize("row", oracles("availability.downtime"))
def test_downtime_is_as_published(row: dict[str, Any]) -> None:
    given = row["inputs"]
    agrees(downtime(given["availability"], given["period_days"] * 86400) / PERIODS[given["unit"]], row, row["expected"])


@pytest.mark.parametrize("row", oracles("availability.structure"))
def test_structures_are_as_published(row: dict[str, Any]) -> None:
    groups: dict[int, list[Group[int]]] = {}
    works: dict[int, float] = {}
    _build(row["inputs"]["structure"], groups, works)
    top = len(groups) - 1
    function = StructureFunction(top, groups.__getitem__, works.__contains__)
    found = function.probability([works[node] for node in function.variables])
    assert found.exact
    agrees(found.low, row, row["expected"])


def _build(structure: Any, groups: dict[int, list[Group[int]]], works: dict[int, float]) -> int:
    """Adds the nodes of a published structure; the number of its top node, which is the last."""
    if isinstance(structure, float):
        owned, up = list[Group[int]](), structure
    elif "k_of_n" in structure:
        rule = structure["k_of_n"]
        owned, up = [], at_least_of(rule["k"], rule["n"], rule["a"])
    else:
        (kind, parts), up = next(iter(structure.items())), 1.0
        below = [_build(part, groups, works) for part in parts]
        owned = [Group(tuple(below))] if kind == "parallel" else [Group((node,)) for node in below]
    number = len(groups)
    groups[number], works[number] = owned, up
    return number


@pytest.mark.parametrize("row", oracles("availability.mtbf"))
def test_mean_times_are_as_published(row: dict[str, Any]) -> None:
    agrees(from_mean_times(row["inputs"]["mtbf"], row["inputs"]["mttr"]), row, row["expected"])


@pytest.mark.parametrize("row", oracles("availability.requests"))
def test_failed_requests_are_as_published(row: dict[str, Any]) -> None:
    given, expected = row["inputs"], row["expected"]
    found = at_least_of(given["n"], given["n"], given["a"])
    agrees(found, row, expected["availability"])
    agrees(downtime(found, given["requests"]), row, expected["failures"])
    agrees(downtime(found, 30 * 24), row, expected["downtime_h_month"])


@pytest.mark.parametrize("row", oracles("availability.extra_nine"))
def test_the_rule_of_the_extra_nine(row: dict[str, Any]) -> None:
    given, expected = row["inputs"], row["expected"]
    year = 365 * 24 * 60
    agrees(downtime(given["slo"], year), row, expected["budget_min"])
    agrees(given["deps"] * downtime(given["dep_slo"], year), row, expected["deps_min"])


@given(st.integers(1, 60), st.integers(0, 60), st.floats(0, 1))
def test_k_of_n_equals_the_sum_of_all_ways(copies: int, needed: int, up: float) -> None:
    ways = math.fsum(
        math.comb(copies, k) * up**k * (1 - up) ** (copies - k) for k in range(min(needed, copies + 1), copies + 1)
    )
    assert at_least_of(needed, copies, up) == pytest.approx(ways, abs=1e-12)


@given(st.integers(1, 200), st.data(), st.floats(0, 1), st.floats(0, 1))
def test_redundancy_is_monotone(copies: int, data: st.DataObject, up: float, share: float) -> None:
    needed = data.draw(st.integers(1, copies))
    found = redundant(needed, copies, up, share)
    assert -1e-15 <= found <= 1.0
    assert redundant(needed, copies + 1, up, share) >= found - 1e-12
    assert redundant(needed, copies, min(1.0, up + 0.01), share) >= found - 1e-12
    assert redundant(min(copies, needed + 1), copies, up, share) <= found + 1e-12


def test_large_and_small_numbers_stay_finite() -> None:
    assert at_least_of(1, 100_000, 0.5) == 1.0
    assert at_least_of(50_000, 100_000, 0.9) == pytest.approx(1.0)
    assert at_least_of(50_000, 100_000, 0.5) == pytest.approx(0.501, abs=0.001)
    assert at_least_of(100_000, 100_000, 0.99999) == pytest.approx(0.99999**100_000, rel=1e-7)
    assert at_least_of(0, 5, 0.0) == 1.0
    assert at_least_of(6, 5, 1.0) == 0.0
    assert 1 - at_least_of(2, 3, 1 - 1e-6) == pytest.approx(3e-12, rel=1e-3)


def test_a_common_cause_bounds_what_copies_can_give() -> None:
    """Ten copies with a tenth of their failures in common are as available as that tenth allows."""
    assert redundant(1, 10, 0.99, 0.1) == pytest.approx(0.999, abs=1e-12)
    assert redundant(1, 10, 0.99, 0.0) == pytest.approx(1.0)
    assert redundant(1, 10, 0.99, 1.0) == pytest.approx(0.99)
    assert redundant(1, 1, 0.99, 0.1) == pytest.approx(0.99, abs=1e-5)


def test_what_domains_leave() -> None:
    placed = Placement(2, ((frozenset({"a"}), 2), (frozenset({"b"}), 1), (frozenset({"b", "rack"}), 1)))
    assert placed.copies == 4
    assert placed.domains == {"a", "b", "rack"}
    assert placed.left_after(frozenset()) == 4
    assert placed.left_after({"b"}) == 2
    assert placed.left_after({"rack"}) == 3
    assert placed.left_after({"a", "b"}) == 0
