"""A quantity that limits of technologies bound, as a manifest gives it.

`archlint/knowledge/measures.py` says what each measure is; the modules `*_measures` beside this one compute them. A
measurer yields nothing where the measure has no meaning, an Unknown where the manifest leaves it open, and a
Measured otherwise, which is a lower bound where some of its parts are missing. Named tuples, for they are quick to
define: a start pays for each class.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from archlint.analysis.instances import greatest, instances_field
from archlint.analysis.values import Unknown
from archlint.system.elements import stated

if TYPE_CHECKING:
    from archlint.analysis.analyses import Analyses
    from archlint.knowledge.technology import Technology
    from archlint.system.elements import Component, Element


class Subject(NamedTuple):
    """A component whose technology is in the catalogue, and how the manifest says that it is run.

    `fields` names, by configuration key, the fields of the manifest that state the same; `defaults` holds, by such a
    field, what the technology does where nothing is configured. Where the technology is a `protocol`, the component
    is one that speaks it, and only those of its calls count.
    """

    component: Component
    technology: Technology
    fields: Mapping[str, str]
    defaults: Mapping[str, float | str | bool]
    analyses: Analyses
    protocol: str = ""


class Term(NamedTuple):
    """A named figure of the arithmetic, in a canonical unit or a noun."""

    name: str
    value: float
    unit: str = ""


class Knob(NamedTuple):
    """How the measure follows one field: value = factor x field + rest, or factor / field."""

    factor: float = 1.0
    rest: float = 0.0
    inverse: bool = False
    unit: str = ""

    def at(self, value: float) -> float:
        """What the field must be for the measure to be `value`."""
        return self.factor / value if self.inverse else (value - self.rest) / self.factor


class Measured(NamedTuple):
    """A measure of one subject. `at` and `field` are what the first remedy changes.

    `field` is None where that is the limit's own setting. `says` holds `{}` where the figure goes. `missing` are
    the fields without which the value is a lower bound. `certain` is False for an upper bound that may never
    come true. `owners` are those whose settings may set the limit. `most` bounds a value from above that `missing`
    leaves open.
    """

    value: float
    at: Element
    field: str | None
    says: str
    terms: tuple[Term, ...] = ()
    formula: str = ""
    missing: tuple[str, ...] = ()
    certain: bool = True
    knob: Knob | None = None
    owners: tuple[Element, ...] = ()
    most: float | None = None


Found = Iterator[Measured | Unknown]
Measurer = Callable[[Subject], Found]
Measurers = Mapping[str, tuple[tuple[type["Component"], ...], Measurer]]


def lacking(condition: bool, field: str) -> tuple[str, ...]:
    return (field,) if condition else ()


def of_field(field: str, says: str, unit: str = "", *, needed: bool = False) -> Measurer:
    """Measures what one field of the component states.

    Where it is not stated, the technology's own default holds, which no limit of the technology forbids; unless the
    figure is `needed`: then it is unknown.
    """

    def measure(subject: Subject) -> Found:
        component, value = subject.component, stated(subject.component.spec, field)
        if isinstance(value, int | float):
            yield Measured(float(value), component, field, f"{component.label} {says}", knob=Knob(unit=unit))
        elif value is None and needed:
            yield Unknown(field)

    return measure


def ratio(measurer: Measurer, over: str, noun: str, says: str, *, unit: str = "", whole: bool = False) -> Measurer:
    """A measure divided by a number that the component states: its `nodes` where `over` is "", else that field."""

    def measure(subject: Subject) -> Found:
        count, field, unknown = divisor(subject, over)
        for found in measurer(subject):
            if isinstance(found, Unknown) or unknown:
                missing = found.fields if isinstance(found, Unknown) else ()
                yield Unknown(*missing, *unknown)
                continue
            value = found.value / count
            yield found._replace(
                value=math.ceil(value - 1e-9) if whole else value,
                at=subject.component,
                field=field,
                says=f"{says.replace('{label}', subject.component.label)}",
                terms=(Term("in all", found.value, unit), Term(noun, count)),
                formula=f"in all / {noun}",
                knob=Knob(factor=found.value, inverse=True),
            )

    return measure


def divisor(subject: Subject, over: str) -> tuple[float, str, tuple[str, ...]]:
    """The number, the field that states it, and what is missing; a field other than `nodes` is 1 unless stated."""
    if over:
        return float(max(1, stated(subject.component.spec, over) or 1)), over, ()
    field, nodes = instances_field(subject.component), greatest(subject.component)
    if isinstance(nodes, Unknown):
        return 1.0, field, nodes.fields
    if not isinstance(stated(subject.component.spec, field), int):
        field = f"{field}.max" if field == "replicas" else field
    return float(nodes.value), field, () if nodes.value else (field,)
