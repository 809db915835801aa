"""The page of a law: what it says, how to compute with it, and the checks that stand on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from archlint.engine.documentation import page_of
from archlint.report.explanation import Explanation
from archlint.report.listing import law_item
from archlint.report.prose import bullets, cited, paragraph

if TYPE_CHECKING:
    from archlint.knowledge.facts import Law
    from archlint.plugin import Check

_DISAGREEING = "Where a common figure, or the framework's own, disagrees, the formula and the primary source decide:"


def explanation_of_law(law: Law, checks: Iterable[Check]) -> Explanation:
    """`checks` are all that are known."""
    own = [check for check in checks if law.carries(check.code)]
    return Explanation(
        kind="law",
        title=f"{law.name} ({law.id})",
        summary=paragraph(law.statement),
        properties={"also called": list(law.aliases)},
        sections={heading: text for heading, text in _sections(law, own).items() if text},
        examples={},
        item={**law_item(law, ()), "checks": [_check_item(check) for check in own]},
    )


def _sections(law: Law, checks: Sequence[Check]) -> dict[str, str]:
    corrections = f"{paragraph(_DISAGREEING)}\n\n{bullets(law.corrections)}" if law.corrections else ""
    symbols = bullets(f"{symbol}: {meaning}" for symbol, meaning in law.symbols)
    return {
        "Formula": "\n\n".join(filter(None, (paragraph(law.formula), symbols))),
        "Worked example": paragraph(law.example),
        "Detection": paragraph(law.detect),
        "Mitigation": bullets(law.mitigate),
        "Costs": paragraph(law.costs),
        "Corrections": corrections,
        "Sources": bullets(map(cited, law.sources)),
        "Checks": bullets(f"{c.code} {c.name} ({c.severity.label}): {page_of(c).summary}" for c in checks),
    }


def _check_item(check: Check) -> dict[str, Any]:
    return {
        "id": check.code,
        "name": check.name,
        "severity": check.severity.label,
        "summary": page_of(check).summary,
    }
