"""Every check has fixtures that fire it and near misses that do not, and a whole page of documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from archlint.engine.manifest_errors import MANIFEST_ERRORS, ManifestError
from archlint.engine.registration import load_registry
from archlint.plugin import Check
from archlint.testing import Case, cases, examples_fail, undocumented, verify

FIXTURES = Path(__file__).parents[2] / "fixtures" / "checks"
CHECKS = load_registry().checks
DOCUMENTED = (*CHECKS, *MANIFEST_ERRORS.values())


@pytest.mark.parametrize("case", cases(FIXTURES), ids=str)
def test_fixture_says_what_is_expected(case: Case) -> None:
    verify(case)


@pytest.mark.parametrize("code", [*(check.code for check in CHECKS), *MANIFEST_ERRORS])
def test_check_has_a_risky_and_a_safe_fixture(code: str) -> None:
    found = {case.fires for case in cases(FIXTURES) if case.code == code}
    assert found == {True, False}


@pytest.mark.parametrize("check", DOCUMENTED, ids=lambda check: check.code)
def test_documentation_is_whole(check: Check | ManifestError) -> None:
    assert list(undocumented(check)) == []


@pytest.mark.parametrize("check", DOCUMENTED, ids=lambda check: check.code)
def test_examples_of_the_documentation_hold(check: Check | ManifestError) -> None:
    assert list(examples_fail(check)) == []
