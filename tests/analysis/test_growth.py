"""When figures that grow meet their limits, and from which day that is counted."""

from __future__ import annotations

import datetime
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.analysis.analyses import Analyses
from archlint.analysis.growth import FIXED, GROWING, Growth, figures_date
from archlint.knowledge.catalogue import Catalogue
from archlint.knowledge.measures import MEASURES
from archlint.manifest.loading import load
from archlint.system.workspace import link

TODAY = datetime.date(2026, 11, 15)


def analyses_of(text: str, catalogue: Catalogue | None = None) -> Analyses:
    loaded = load(f"archlint: 1\nsystem: {{name: shop}}\n{text}".encode(), "shop.archlint.yaml")
    assert [problem.message for problem in loaded.problems] == []
    return Analyses(link([loaded]).systems, catalogue or Catalogue(), TODAY)


@given(st.floats(0.001, 2), st.floats(1.01, 50), st.booleans())
def test_growth_meets_its_factor_in_the_month_that_is_told(rate: float, factor: float, compound: bool) -> None:
    growth = Growth(rate, compound, "growth")
    assert growth.factor_after(growth.months_to(factor)) == pytest.approx(factor)
    assert growth.months_to(factor) <= growth.months_to(factor * 1.1)


def test_what_does_not_grow_never_meets_its_limit() -> None:
    assert Growth(0, True, "growth").months_to(2) == math.inf
    assert Growth(-0.1, False, "growth").months_to(2) == math.inf
    assert Growth(0, True, "growth").months_to(0.9) == 0


def test_measures_that_grow_or_never_do_are_of_the_table() -> None:
    assert set(MEASURES) >= GROWING | FIXED
    assert not GROWING & FIXED


@pytest.mark.parametrize(
    ("own", "whole", "expected"),
    [("", "", TODAY), ("", "as_of: 2026-05-01\n", datetime.date(2026, 5, 1)),
     (", as_of: 2026-06-01", "as_of: 2026-05-01\n", datetime.date(2026, 6, 1))],
)  # fmt: skip
def test_figures_are_as_old_as_the_nearest_date_says(own: str, whole: str, expected: datetime.date) -> None:
    analyses = analyses_of(whole + f"datastores: {{db: {{technology: postgresql@16, nodes: 1{own}}}}}")
    assert figures_date(analyses.systems["shop"].components["db"], TODAY) == expected
