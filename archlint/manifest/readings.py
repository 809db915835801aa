"""How single values of a manifest are read, whichever road they come by: the models' or the compiled one's.

Every function raises ValueError with the words for a value that does not belong; a `UnitError` tells more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from archlint.manifest.units import Dimension, UnitError, Worst, parse_quantity


class Share(float):
    """A percentage of instances, where a count of them may stand as well; 100% is 1.0."""


def quantity(value: object, dimensions: tuple[Dimension, ...], worst: Worst, least: float) -> float:
    """A quantity of one dimension, or of the first of several that reads it."""
    if len(dimensions) == 1:
        number = parse_quantity(value, dimensions[0], worst)
    elif isinstance(value, str):
        number = _any(value, dimensions, worst)
    else:
        number = parse_quantity(value, "amount", worst)
    if number < least:
        raise ValueError(f"{value} is below {least:g}")
    return number


def bound(value: object, worst: Worst) -> float:
    """An amount, or `unbounded`: infinity."""
    return math.inf if value == "unbounded" else parse_quantity(value, "amount", worst)


def whole(value: object, least: float) -> int:
    return int(quantity(value, ("count",), "high", least))


def count_or_share(value: object, worst: Worst) -> int | Share:
    if isinstance(value, str) and value.rstrip().endswith("%"):
        return Share(parse_quantity(value, "fraction", worst))
    return int(parse_quantity(value, "count"))


def day(value: object) -> date:
    # The language writes YYYY-MM-DD; fromisoformat takes other forms of ISO 8601 as well.
    if isinstance(value, str) and _is_dashed(value.removesuffix("\n")):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            problem = f"`{value}` is not a day of the calendar"
    else:
        problem = "write a date as YYYY-MM-DD"
    raise ValueError(problem)


def setting(value: object) -> str | int | float | bool:
    """A scalar as the technology's own configuration has it."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("write a finite number")
    if isinstance(value, str | int | float | bool):
        return value
    raise ValueError("a setting is text, a number, true or false")


def chooser(tags: frozenset[str], words: frozenset[str], text: bool) -> Callable[[object], str | None]:
    """What tells from the kind of a node which arm of a union reads it: its tag, None where no arm does.

    The tags are those of `fields.ByKind`; `text` says whether the arm of scalars takes any text.
    """
    # One word and another text: "write a mapping or `none`" helps more than "did you mean `none`".
    no_word = "@word" if len(words) > 1 else None

    def choose(value: object) -> str | None:
        if isinstance(value, str):
            if value in words:
                return "@word"
            scalar = text or not words or value[:1].isdigit() or value[:1] == "-"
            return "@scalar" if "@scalar" in tags and scalar else no_word
        if isinstance(value, dict):
            return "@mapping" if "@mapping" in tags else None
        if isinstance(value, list):
            return "@list" if "@list" in tags else None
        return "@scalar" if "@scalar" in tags else None

    return choose


def _is_dashed(text: str) -> bool:
    digits = text[:4] + text[5:7] + text[8:]
    return len(text) == 10 and text[4] == text[7] == "-" and digits.isascii() and digits.isdigit()


@lru_cache(maxsize=4096)
def _any(text: str, dimensions: tuple[Dimension, ...], worst: Worst) -> float:
    first: UnitError | None = None
    for dimension in dimensions:
        try:
            return parse_quantity(text, dimension, worst)
        except UnitError as error:
            first = first or error
    assert first is not None
    raise first
