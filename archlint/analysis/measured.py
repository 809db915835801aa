"""A quantity that limits of technologies bound, as a manifest gives it.

`archlint/knowledge/measures.py` says what each measure is; `broker_measures` and `store_measures` compute them. A
measurer yields nothing where the measure has no meaning, an Unknown where the manifest leaves it open, and a
Measured otherwise, which is a lower bound where some of its parts are missing. Named tuples, for they are quick to
define: a start pays for each class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from archlint.analysis.values import Unknown

if TYPE_CHECKING:
    from archlint.analysis.analyses import Analyses
    from archlint.knowledge.technology import Technology
    from archlint.system.elements import Component, Element


class Subject(NamedTuple):
    """A component whose technology is in the catalogue, and how the manifest says that it is run.

    `fields` names, by configuration key, the fields of the manifest that state the same; `defaults` holds, by such a
    field, what the technology does where nothing is configured.
    """

    component: Component
    technology: Technology
    fields: Mapping[str, str]
    defaults: Mapping[str, float | str | bool]
    analyses: Analyses


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
    come true. `owners` are those whose settings may set the limit.
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


Found = Iterator[Measured | Unknown]
Measurers = Mapping[str, tuple[tuple[type["Component"], ...], Callable[[Subject], Found]]]


def lacking(condition: bool, field: str) -> tuple[str, ...]:
    return (field,) if condition else ()
