"""How a breach of a documented limit is told: its words, its arithmetic, its remedy, what would clear it."""

from __future__ import annotations

import datetime
import math

from archlint.analysis.growth import after, figures_date, growth_of, month_name
from archlint.analysis.limits import Breach
from archlint.analysis.raised import Bound
from archlint.analysis.thresholds import at_least, at_most
from archlint.analysis.values import Unknown
from archlint.plugin import ERROR, WARNING, Clear, Element, Evidence, Finding, Iterator, Severity, Topic, show

_UNITS = {"bytes": "B", "seconds": "s", "per_second": "/s", "bytes_per_second": "B/s", "fraction": "fraction"}

_SHORT = frozenset(_UNITS.values())
_SINGULAR = {"entries": "entry", "processes": "process", "proxies": "proxy", "queries": "query", "indexes": "index"}


def finding_of(breach: Breach, today: datetime.date) -> Finding:
    measured, limit = breach.measured, breach.bound.limit
    month = _month(breach, today) if breach.level == "near" else None
    reached = f", and reached in {month} at the stated growth" if month else ""
    return Finding(
        at=measured.at,
        field=field_of(breach),
        severity=severity_of(breach),
        message=f"{says(breach)}; {limit_in_words(breach)}{reached} ({source_of(breach.bound)})",
        exposure=breach.exposure if math.isfinite(breach.exposure) else None,
        evidence=(*evidence_of(breach), *((Evidence("reached", month),) if month else ())),
        formula=measured.formula,
        clears=tuple(_clears(breach)),
        remedy=_remedy(breach),
        key=limit.name,
    )


def says(breach: Breach) -> str:
    """What the manifest asks for."""
    at_most_so = "at least " if breach.measured.missing else ""
    return breach.measured.says.replace("{}", at_most_so + figure_of(breach, breach.measured.value))


def _month(breach: Breach, today: datetime.date) -> str | None:
    """In which a limit that is near is met, where the growth is stated."""
    component, limit = breach.subject.component, breach.bound.limit
    growth = growth_of(component, limit.measure or "")
    if growth is None or isinstance(growth, Unknown):
        return None
    months = growth.months_to(1 / breach.exposure)
    date = after(figures_date(component, today), months) if math.isfinite(months) else None
    return None if date is None else month_name(date)


def severity_of(breach: Breach) -> Severity:
    """An error only where the breach is certain, and the figure of the limit too."""
    bound, limit = breach.bound, breach.bound.limit
    if not limit.can_err or not bound.certain or not breach.measured.certain:
        return WARNING
    if breach.level == "hard":
        return ERROR
    refused = limit.error is not None and limit.confidence == "high"
    return ERROR if breach.level == "quota" and (limit.kind == "quota" or bound.said or refused) else WARNING


def _unit(breach: Breach) -> str:
    """Of the measure and the limit: canonical, or the noun that the limit counts."""
    measure = breach.bound.limit.bounds
    dimension = "count" if measure is None else measure.dimension
    return _UNITS.get(dimension, breach.bound.limit.unit)


def figure_of(breach: Breach, value: float) -> str:
    unit = _unit(breach)
    return show(value, _SINGULAR.get(unit, unit.removesuffix("s")) if value == 1 and unit not in _SHORT else unit)


def limit_in_words(breach: Breach) -> str:
    bound, limit = breach.bound, breach.bound.limit
    name, figure = _technology(breach), figure_of(breach, bound.amount)
    if limit.direction == "min":
        return f"{name} is recommended to have at least {figure}"
    if breach.level == "beyond":
        return f"{name} " + ("was tested up to " if limit.kind == "tested" else "is recommended for at most ") + figure
    near = f"that is {breach.exposure:.0%} of the limit: " if breach.level == "near" else ""
    if bound.said:
        return f"{near}`{bound.said}` allows {figure}"
    if limit.kind == "quota":
        return f"{near}the quota of {name} is {figure}"
    return f"{near}{name} takes {figure} {'at most' if limit.kind == 'hard' else 'by default'}"


def _technology(breach: Breach) -> str:
    mode = breach.bound.limit.condition.mode
    return breach.subject.technology.name + (f" in {mode} mode" if mode else "")


def source_of(bound: Bound) -> str:
    return f"{bound.limit.name}; {bound.limit.source.title}, {bound.limit.source.year}"


def field_of(breach: Breach) -> str:
    """What the first remedy changes; where that is the limit itself, the field that sets it."""
    if breach.measured.field is not None:
        return breach.measured.field
    return _setting_field(breach)


def _setting_field(breach: Breach) -> str:
    """The field that states the limit's value: as the manifest does, else as it could. No dotted keys in routes."""
    bound, limit = breach.bound, breach.bound.limit
    said = bound.said
    if not said:
        unstated = f"settings.{limit.key}" if limit.key else ""
        said = breach.subject.fields.get(limit.key or "", unstated)
    return said if said and said.count(".") <= 1 else f"limits.{limit.id}"


def limit_name(bound: Bound) -> str:
    """A value that nobody stated is marked as the technology's default."""
    return "limit (default)" if bound.limit.kind == "default" and not bound.said else "limit"


def evidence_of(breach: Breach) -> Iterator[Evidence]:
    limit, unit = breach.bound.limit, _unit(breach)
    for term in breach.measured.terms:
        yield Evidence(term.name, term.value, term.unit)
    measure = limit.bounds.name.replace("_", " ") if limit.bounds is not None else "measured"
    yield Evidence(measure, breach.measured.value, unit)
    yield Evidence(limit_name(breach.bound), breach.bound.amount, unit)
    yield Evidence("what breaks", limit.breaks)
    if limit.error is not None:
        yield Evidence("what users see", limit.error)
    if limit.source.url is not None:
        yield Evidence("source", limit.source.url)


def _remedy(breach: Breach) -> str:
    """What to do, and how to say that it was done."""
    bound, limit = breach.bound, breach.bound.limit
    if breach.level == "beyond" or limit.kind == "hard":
        move = "at least" if limit.direction == "min" else "at most"
        return f"Bring it to {move} {figure_of(breach, bound.amount)}. Beyond the limit {limit.breaks}."
    if limit.lifted_by is not None and not bound.said:
        return f"Ask for less, or {lifted(bound)}, and state it under `settings`. Beyond the limit {limit.breaks}."
    what = f"`{limit.key}`" if limit.key else "the quota"
    advised = ""
    if breach.advised is not None:
        advised = (
            f" Raising it is no way out: at most {figure_of(breach, breach.advised.amount)} is recommended"
            f" ({source_of(breach.advised)})."
        )
    state = "" if bound.said else f" If it is raised already, state it: {_statement(breach)}."
    return f"Ask for less, or raise {what}.{state}{advised} Beyond the limit {limit.breaks}."


def lifted(bound: Bound) -> str:
    """How to take away a limit that one value of its key does."""
    return f"set `{bound.limit.key}: {bound.limit.lifted_by}`"


def _statement(breach: Breach) -> str:
    """How the manifest would say that the limit is raised."""
    limit = breach.bound.limit
    own = breach.subject.fields.get(limit.key or "")
    if own is not None:
        return f"`{own}`"
    return f"`settings: {{{limit.key}: ...}}`" if limit.key else f"`limits: {{{limit.id}: ...}}`"


def _clears(breach: Breach) -> Iterator[Clear]:
    """The field of the measure on its own, where the measure follows from it; then the limit's own setting."""
    measured, bound = breach.measured, breach.bound
    share = breach.share
    knob = measured.knob
    if knob is not None and not measured.missing and measured.field:
        grows = (bound.limit.direction == "max") != knob.inverse
        value = knob.at(bound.amount * share)
        if value > 0 and math.isfinite(value):
            text = _written(value, knob.unit, down=grows)
            yield Clear(measured.field, value, text, WARNING, at=measured.at)
    if bound.limit.raisable and not bound.said and breach.sole and not measured.missing:
        yield raised(breach, measured.value / share)


def raised(breach: Breach, value: float) -> Clear:
    """The limit, raised so far that `value` is allowed."""
    text = _written(value, _raised_unit(breach), down=False)
    return Clear(f"limits.{breach.bound.limit.id}", value, text, WARNING, keeper_of(breach))


def keeper_of(breach: Breach) -> Element:
    """Whose configuration holds the limit: of a topic the broker's; of a protocol the caller's."""
    component = breach.subject.component
    return component.broker if isinstance(component, Topic) else component


def _raised_unit(breach: Breach) -> str:
    unit = _unit(breach)
    return unit if unit in _SHORT else ""


def written_size(value: float) -> str:
    """The largest round size that is not above `value`, in bytes."""
    return _written(value, "B", down=True)


def _written(value: float, unit: str, *, down: bool) -> str:
    if unit != "B":
        return (at_most(value, unit) if down else at_least(value, unit)).text
    name, size = next(((name, size) for name, size in _SIZES if value >= size), _SIZES[-1])
    digits = max(0, 2 - int(math.log10(value / size)))
    steps = value / size * 10**digits
    whole = math.floor(steps + 1e-6) if down else math.ceil(steps - 1e-6)
    return f"{whole / 10**digits:g}{name}"


_SIZES = (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10), ("B", 1))
