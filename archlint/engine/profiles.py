"""How hard a run judges what is not stated (contracts.md, Profiles).

|          | control not stated                  | quantity not stated      |
|----------|-------------------------------------|--------------------------|
| starter  | not evaluated                       | not evaluated            |
| standard | warning on a promised path, or info | not evaluated            |
| strict   | full severity                       | a warning, `unproven`    |

An explicit `none` is a finding in all three.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from archlint.engine.outcomes import Outcomes, Raised
from archlint.plugin import INFO, WARNING, Check, Element, Finding
from archlint.records import replace
from archlint.system.elements import ATTRIBUTES

if TYPE_CHECKING:
    from archlint.analysis.analyses import Analyses

PROFILES = ("starter", "standard", "strict")


def apply_profile(profile: str, outcomes: Outcomes, checks: dict[str, Check], analyses: Analyses) -> Outcomes:
    """The outcomes as the profile weighs them."""
    if profile == "starter":
        return _without_unstated(outcomes)
    if profile == "strict":
        return _with_unproven(outcomes, checks)
    raised = [_standard(raised, analyses) if raised.finding.unstated else raised for raised in outcomes.raised]
    return replace(outcomes, raised=raised)


def _without_unstated(outcomes: Outcomes) -> Outcomes:
    """A pair that fired for nothing but unstated controls is not evaluated, for the lack of all of them."""
    kept = [raised for raised in outcomes.raised if not raised.finding.unstated]
    fired = {(raised.check.code, raised.subject) for raised in kept}
    lacking: dict[tuple[str, Element], list[str]] = {}
    for raised in outcomes.raised:
        pair = raised.check.code, raised.subject
        if pair not in fired:
            lacking.setdefault(pair, []).append(raised.finding.unstated)
    unknown: dict[tuple[str, tuple[str, ...]], list[Element]] = defaultdict(list)
    unknown.update({group: list(elements) for group, elements in outcomes.unknown.items()})
    for (code, subject), fields in lacking.items():
        unknown[code, tuple(dict.fromkeys(fields))].append(subject)
    return replace(outcomes, raised=kept, unknown=unknown, fired=outcomes.fired - len(lacking))


def _standard(raised: Raised, analyses: Analyses) -> Raised:
    full = raised.check.severity if raised.finding.severity is None else raised.finding.severity
    weight = min(full, WARNING) if analyses.promises.concern(raised.finding.at) else INFO
    return replace(raised, finding=replace(raised.finding, severity=weight))


def _with_unproven(outcomes: Outcomes, checks: dict[str, Check]) -> Outcomes:
    """What cannot be shown safe is a warning at the first field that would decide it."""
    unproven = [
        Raised(checks[code], element, _unproven(checks[code], element, fields), unproven=fields)
        for (code, fields), elements in outcomes.unknown.items()
        for element in elements
    ]
    return replace(outcomes, raised=[*outcomes.raised, *unproven], unknown={}, fired=outcomes.fired + len(unproven))


def _unproven(check: Check, element: Element, fields: tuple[str, ...]) -> Finding:
    listed = ", ".join(f"`{field}`" for field in fields)
    own = next((field for field in fields if _is_field_of(element, field)), "")
    return Finding(
        at=element,
        field=own,
        severity=WARNING,
        message=f"{element.kind} {element.name} cannot be shown safe: {listed} not stated",
        remedy=f"State {listed}.",
        cause=f"unproven {check.code} {listed}",
    )


def _is_field_of(element: Element, field: str) -> bool:
    """Whether a missing field is one of the element itself: derived figures lack fields of others."""
    step = field.split(".", 1)[0]
    return element.spec is not None and hasattr(element.spec, ATTRIBUTES.get(step, step))
