"""How hard a run judges what is not stated (contracts.md, Profiles).

|          | control not stated                  | quantity not stated      |
|----------|-------------------------------------|--------------------------|
| starter  | not evaluated                       | not evaluated            |
| standard | warning on a promised path, or info | not evaluated            |
| strict   | full severity                       | a warning, `unproven`    |

An explicit `none` is a finding in all three.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from archlint.engine.runner import Outcomes, Raised
from archlint.plugin import INFO, WARNING, Check, Element, Finding

if TYPE_CHECKING:
    from archlint.analysis.analyses import Analyses

PROFILES = ("starter", "standard", "strict")


def apply_profile(profile: str, outcomes: Outcomes, checks: dict[str, Check], analyses: Analyses) -> Outcomes:
    """The outcomes as the profile weighs them."""
    weigh: Callable[[Raised], Raised | None] = {
        "starter": lambda raised: None,
        "standard": lambda raised: _standard(raised, analyses),
        "strict": lambda raised: raised,
    }[profile]
    weighed = Outcomes(faults=outcomes.faults, clear=outcomes.clear, fired=outcomes.fired)
    weighed.unknown.update(outcomes.unknown)
    for raised in outcomes.raised:
        kept = weigh(raised) if raised.finding.unstated else raised
        if kept is not None:
            weighed.raised.append(kept)
        else:
            weighed.fired -= 1
            weighed.unknown[raised.check.code, (raised.finding.unstated,)].append(raised.finding.at)
    if profile == "strict":
        _fire_the_unknown(weighed, checks)
    return weighed


def _standard(raised: Raised, analyses: Analyses) -> Raised:
    full = raised.check.severity if raised.finding.severity is None else raised.finding.severity
    weight = min(full, WARNING) if analyses.promises.concern(raised.finding.at) else INFO
    return replace(raised, finding=replace(raised.finding, severity=weight))


def _fire_the_unknown(outcomes: Outcomes, checks: dict[str, Check]) -> None:
    """What cannot be shown safe is a warning at the first field that would decide it."""
    for (code, fields), elements in outcomes.unknown.items():
        check = checks[code]
        for element in elements:
            outcomes.raised.append(Raised(check, _unproven(check, element, fields), unproven=fields))
            outcomes.fired += 1
    outcomes.unknown.clear()


def _unproven(check: Check, element: Element, fields: tuple[str, ...]) -> Finding:
    listed = ", ".join(f"`{field}`" for field in fields)
    relative = next((field for field in fields if "*" not in field), "")
    return Finding(
        at=element,
        field=relative,
        severity=WARNING,
        message=f"{element.kind} {element.name} cannot be shown safe: {listed} not stated",
        remedy=f"State {listed}.",
        cause=f"unproven {check.code} {listed}",
    )
