"""How a message that is too large is told: everything that refuses it, the smallest limit first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archlint.analysis.limits import Breach
from archlint.checks.limit_findings import (
    evidence_of,
    field_of,
    figure_of,
    lifted,
    limit_in_words,
    limit_name,
    raised,
    says,
    severity_of,
    source_of,
    written_size,
)
from archlint.plugin import Clear, Evidence, Finding, Severity


def finding_of(breaches: Sequence[Breach]) -> Finding:
    """Of all limits that one message passes; there is one at least."""
    breach = breaches[0]
    severity = max(severity_of(each) for each in breaches)
    more = "".join(f"; {_behind(each)}" for each in breaches[1:])
    return Finding(
        at=breach.measured.at,
        field=field_of(breach),
        severity=severity,
        message=f"{says(breach)}; {limit_in_words(breach)} ({source_of(breach.bound)}){more}",
        exposure=breach.exposure,
        evidence=(*evidence_of(breach), *_others(breaches[1:])),
        formula=breach.measured.formula,
        clears=tuple(_clears(breaches, severity)),
        remedy=_remedy(breaches),
        explains=_same(breaches),
        key=breach.bound.limit.name,
    )


def _behind(breach: Breach) -> str:
    limit, said = breach.bound.limit, breach.bound.said
    how = "" if said else " at most" if limit.kind == "hard" else " by default"
    what = f"`{said or limit.key}`" if said or limit.key else limit.name
    return f"{what} allows {figure_of(breach, breach.bound.amount)}{how}"


def _others(breaches: Sequence[Breach]) -> Iterator[Evidence]:
    for breach in breaches:
        yield Evidence(f"{breach.bound.limit.id} {limit_name(breach.bound)}", breach.bound.amount, "B")


def _same(breaches: Sequence[Breach]) -> tuple[str, ...]:
    """Limits on the same figure, those that it keeps to as well: the general checks may have chosen any of them."""
    breach = breaches[0]
    measure = breach.bound.limit.measure
    return tuple(dict.fromkeys(x.name for x in breach.subject.technology.limits if x.measure == measure))


def _remedy(breaches: Sequence[Breach]) -> str:
    keys = [f"`{each.bound.limit.key}`" for each in breaches if each.bound.limit.raisable and each.bound.limit.key]
    least = breaches[0]
    fits = f"Send a reference, or pieces of at most {figure_of(least, least.bound.amount)}"
    if least.bound.limit.lifted_by is not None and not least.bound.said:
        return f"{fits}; or {lifted(least.bound)}, and state it. Beyond the limit {least.bound.limit.breaks}."
    if len(keys) < len(breaches):
        return f"{fits}. Beyond the limit {least.bound.limit.breaks}."
    together = " and ".join(keys) + (" together" if len(keys) > 1 else "")
    return f"{fits}; or raise {together}, and state it. Beyond the limit {least.bound.limit.breaks}."


def _clears(breaches: Sequence[Breach], severity: Severity) -> Iterator[Clear]:
    breach = breaches[0]
    measured, knob = breach.measured, breach.measured.knob
    if knob is not None and measured.field and not measured.missing:
        value = knob.at(breach.bound.amount)
        yield Clear(measured.field, value, written_size(value), severity, measured.at)
    alone = len(breaches) == 1 and breach.bound.limit.raisable and not breach.bound.said
    if alone and not measured.missing:
        yield raised(breach, measured.value)
