"""One cause makes one finding: a check's findings replace those of the checks that it subsumes."""

from __future__ import annotations

from archlint.engine.runner import Outcomes, Raised
from archlint.plugin import Element
from archlint.records import replace

_ANY = ""
"""Stands for every key; a finding without a key is explained by those that name none."""


def without_subsumed(outcomes: Outcomes) -> Outcomes:
    """Drop every finding that a finding of a subsuming check on one of the same elements explains.

    A finding that names the keys of what it explains leaves the others standing. What could only not be shown safe
    explains nothing.
    """
    explained: set[tuple[str, Element, str]] = set()
    for raised in outcomes.raised:
        if raised.unproven:
            continue
        keys = raised.finding.explains or (_ANY,)
        for code in raised.check.subsumes:
            explained.update((code, element, key) for element in _concerns(raised) for key in keys)
    if not explained:
        return outcomes
    kept = [raised for raised in outcomes.raised if not _is_explained(raised, explained)]
    return replace(outcomes, raised=kept)


def _concerns(raised: Raised) -> tuple[Element, ...]:
    return raised.finding.concerns or (raised.finding.at,)


def _is_explained(raised: Raised, explained: set[tuple[str, Element, str]]) -> bool:
    code, keys = raised.check.code, {_ANY, raised.finding.key}
    return any((code, element, key) in explained for element in _concerns(raised) for key in keys)
