"""The checks of the plug-in and the rules beside it, on their fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest

from archlint.testing import Case, cases, examples_fail, lint, rules, undocumented, verify

HERE = Path(__file__).resolve().parent.parent
REGISTRY = rules(HERE / "rules.yaml")


@pytest.mark.parametrize("case", cases(HERE / "fixtures" / "checks", REGISTRY), ids=str)
def test_fixtures(case: Case) -> None:
    verify(case)


@pytest.mark.parametrize("code", ["EXM001", "EXM101"])
def test_the_page_is_whole_and_its_examples_true(code: str) -> None:
    check = REGISTRY.find(code)
    assert check is not None
    assert list(undocumented(check)) == []
    assert list(examples_fail(check, REGISTRY)) == []


def test_a_block_that_is_wrong_has_a_place() -> None:
    report = lint("archlint: 1\nsystem: {name: shop}\nservices:\n  web: {x-cost: {center: CC1}}\n", registry=REGISTRY)
    assert [(f.code, f.place.line, f.place.column) for f in report.findings] == [("MAN002", 4, 9), ("MAN002", 4, 18)]
