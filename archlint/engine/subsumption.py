"""One cause makes one finding: a check's findings replace those of the checks that it subsumes."""

from __future__ import annotations

from archlint.engine.outcomes import Outcomes, Raised
from archlint.plugin import Element
from archlint.records import replace


def without_subsumed(outcomes: Outcomes) -> Outcomes:
    """Drop every finding that a finding of a subsuming check on one of the same elements explains.

    A finding that names the keys of what it explains leaves those of other keys standing. What could only not be
    shown safe explains nothing.
    """
    explained: dict[tuple[str, Element], set[str]] = {}
    for raised in outcomes.raised:
        if raised.unproven:
            continue
        for code in raised.check.subsumes:
            for element in _concerns(raised):
                explained.setdefault((code, element), set()).update(raised.finding.explains or (_ALL,))
    if not explained:
        return outcomes
    kept = [raised for raised in outcomes.raised if not _is_explained(raised, explained)]
    return replace(outcomes, raised=kept)


_ALL = ""
"""Stands for every key: one without a key is a check's only finding of its kind on an element."""


def _concerns(raised: Raised) -> tuple[Element, ...]:
    return raised.finding.concerns or (raised.finding.at,)


def _is_explained(raised: Raised, explained: dict[tuple[str, Element], set[str]]) -> bool:
    code, key = raised.check.code, raised.finding.key
    found = (explained.get((code, element)) for element in _concerns(raised))
    return any(keys is not None and (not key or key in keys or _ALL in keys) for keys in found)
