"""What a finding says would clear it does, and the value just short of it does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from archlint.engine.configuration.settings import alike
from archlint.engine.registration import load_registry
from archlint.engine.results import ClearRow, ReportedFinding
from archlint.engine.session import Request, check_sources
from archlint.engine.sources.discovery import Source
from archlint.plugin import Severity
from archlint.testing import Case, cases

FIXTURES = Path(__file__).parents[2] / "fixtures" / "checks"
REGISTRY = load_registry()

_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)([^0-9]*)")


def findings(case: Case, *overrides: str) -> list[ReportedFinding]:
    """The findings of the fixture's check; only that one runs, so that no other takes a finding's place."""
    request = Request(today=case.today, overrides=overrides)
    checks = [check for check in REGISTRY.checks if check.code == case.code]
    source = Source(case.manifest.name, case.manifest.read_bytes())
    return list(check_sources([source], request, alike(checks, case.profile), REGISTRY).findings)


def clears() -> Iterator[Any]:
    for case in cases(FIXTURES):
        if case.fires:
            for finding in findings(case):
                for clear in finding.clears_when:
                    yield pytest.param(case, finding, clear, id=f"{case}-{clear.path}")


def is_left(case: Case, finding: ReportedFinding, clear: ClearRow, value: str) -> bool:
    """Whether the finding stands at the severity that the value is to clear, or above."""
    level = Severity[clear.severity.upper()]
    return any(
        (found.code, found.component, found.key) == (finding.code, finding.component, finding.key)
        and found.severity >= level
        for found in findings(case, f"{clear.path}={value}")
    )


def neighbours(text: str) -> list[str]:
    """The values one step of the last digit below and above, where the text is a number with its unit."""
    quantity = _QUANTITY.fullmatch(text)
    if quantity is None:
        return []
    number = Decimal(quantity[1])
    step = Decimal(1).scaleb(int(number.as_tuple().exponent))
    return [f"{value}{quantity[2]}" for value in (number - step, number + step) if value >= 0]


@pytest.mark.parametrize(("case", "finding", "clear"), list(clears()))
def test_a_clear_takes_the_finding_away_and_the_value_short_of_it_does_not(
    case: Case, finding: ReportedFinding, clear: ClearRow
) -> None:
    assert not is_left(case, finding, clear, clear.value)
    short = neighbours(clear.value)
    assert not short or any(is_left(case, finding, clear, value) for value in short)
