"""What a report says below the message of a finding: labels and texts, in the order in which a reader needs them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archlint.engine.results import ClearRow, RelatedPlace, ReportedFinding

Note = tuple[str, str]


def notes(finding: ReportedFinding, also: str = "") -> Iterator[Note]:
    """All of them; `also` names the places of findings that this one stands for."""
    yield from reasons(finding)
    yield from (("related", f"{other.message} ({_place_of(other)})") for other in finding.related)
    if also:
        yield "also", also
    yield from advice(finding)


def reasons(finding: ReportedFinding) -> Iterator[Note]:
    """The figures, how they follow from each other, and which value would clear the finding."""
    yield from ((row.name, row.text) for row in finding.evidence)
    if finding.formula:
        yield "formula", finding.formula
    if finding.unproven:
        yield "not shown safe", f"not stated: {', '.join(finding.needs)}"
    yield from (("clears when", text) for text in _clears(finding.clears_when))


def advice(finding: ReportedFinding) -> Iterator[Note]:
    if finding.remedy:
        yield "help", finding.remedy
    if finding.url:
        yield "see", finding.url


def _clears(rows: tuple[ClearRow, ...]) -> Iterator[str]:
    """`services.checkout.replicas = 16`, with the severity where the rows clear different ones."""
    differ = len({row.severity for row in rows}) > 1
    for row in rows:
        yield f"{row.path} = {row.value}" + (f" (clears the {row.severity})" if differ else "")


def _place_of(other: RelatedPlace) -> str:
    return f"{other.file}:{other.place.line}:{other.place.column}"
