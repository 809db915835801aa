"""A valid manifest without pydantic: the plans that are generated from the models, carried out.

`compiled.py` says for each model which keys it takes and how each value is read. What a plan does not foresee
raises Deviation, UnitError or another ValueError, or KeyError: no problem is worded here, the models do that.
Classes and readers are made when a manifest first states what needs them, since few files use most of the language.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from archlint.manifest import readings
from archlint.manifest.compiled import MODELS, TYPES
from archlint.manifest.readings import chooser
from archlint.manifest.units import parse_quantity

_SEPARATORS = frozenset("\x1c\x1d\x1e\x1f")
"""White space in Python that is none in the models' patterns."""

Plan = tuple[Any, ...]
"""What a value is: the name of a reader below and its arguments, all of them constants."""
Reader = Callable[[Any], Any]


class Deviation(ValueError):  # noqa: N818 - no error of the user: the models say what it is
    """The manifest is not what the plans foresee."""


class Spec:
    """One mapping of a manifest, with the attributes of its model.

    An instance holds what is stated, its class the defaults. It cannot be changed.
    """

    FIELDS: tuple[str, ...] = ()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a manifest is never changed: `{name}` of {type(self).__name__}")

    def __delattr__(self, name: str) -> None:
        self.__setattr__(name, None)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        stated = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({stated})"

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.FIELDS)

    def _complete(self) -> None:
        """What the model's own validator does once the fields are read."""


class CallSpec(Spec):
    """A call: the part of its model that is code, no field."""

    to: Any
    any_of: Any

    @property
    def targets(self) -> tuple[str, ...]:
        """All components that can answer the call, in the order of the manifest."""
        return tuple(self.any_of) if self.any_of is not None else (str(self.to),)

    def _complete(self) -> None:
        if (self.to is None) == (self.any_of is None):
            raise Deviation
        if isinstance(self.to, Spec):
            vars(self).update(to=None, any_of=vars(self.to)["any_of"])


BASES: dict[str, type[Spec]] = {"CallSpec": CallSpec}
"""What compiled classes derive from where a model has code of its own."""


def section_reader(type_name: str) -> Reader:
    """What reads one item of a section whose model, or type, has this name."""
    return _model(type_name) if type_name in MODELS else reader(TYPES[type_name])


@cache
def reader(plan: Plan) -> Reader:
    kind, *arguments = plan
    return _MAKERS[kind](*arguments)


class _Fields(dict[str, tuple[str, Reader]]):
    """By its key in the manifest, the attribute that a field becomes and what reads it; KeyError for no field."""

    def __init__(self, plans: tuple[tuple[str, str, Plan], ...]) -> None:
        super().__init__()
        self._plans = {key: (name, plan) for key, name, plan in plans}

    def __missing__(self, key: str) -> tuple[str, Reader]:
        name, plan = self._plans[key]
        found = self[key] = (name, reader(plan))
        return found


@cache
def _model(name: str) -> Reader:
    plans, needed, defaults = MODELS[name]
    base = BASES.get(name, Spec)
    names = tuple(attribute for _, attribute, _ in plans)
    made: Any = type(name, (base,), {**dict.fromkeys(names), **dict(defaults), "FIELDS": names, "__module__": __name__})
    fields, new, last = _Fields(plans), object.__new__, None if base is Spec else base._complete

    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise Deviation
        spec = new(made)
        values = spec.__dict__
        for key, stated in value.items():
            attribute, read_field = fields[key]
            values[attribute] = read_field(stated)
        for attribute in needed:
            values[attribute]
        if last:
            last(spec)
        return spec

    return read


def _quantity(dimensions: Any, worst: Any, least: float) -> Reader:
    if len(dimensions) == 1 and not least:
        return partial(parse_quantity, dimension=dimensions[0], worst=worst)
    return partial(readings.quantity, dimensions=dimensions, worst=worst, least=least)


def _text(pattern: str) -> Reader:
    if pattern == r"\S":
        return _not_blank
    # Not `$`, which allows a line feed after the end in Python and none in the models.
    matches = re.compile(pattern.removeprefix("^").removesuffix("$")).fullmatch

    def read(value: Any) -> Any:
        if type(value) is str and matches(value):
            return value
        raise Deviation

    return read


def _not_blank(value: Any) -> Any:
    if type(value) is str and value and (not value.isspace() or not _SEPARATORS.isdisjoint(value)):
        return value
    raise Deviation


def _word(words: tuple[Any, ...], spellings: tuple[tuple[Any, Any], ...]) -> Reader:
    """One of `words`, or what is another spelling of one."""
    allowed = {(type(word), word): word for word in words}
    allowed.update({(type(other), other): word for other, word in spellings})

    def read(value: Any) -> Any:
        if isinstance(value, dict | list):
            raise Deviation
        return allowed[type(value), value]

    return read


def _flag() -> Reader:
    def read(value: Any) -> Any:
        if value is True or value is False:
            return value
        raise Deviation

    return read


def _list(item: Plan, least: int, most: int | None) -> Reader:
    read_item = reader(item)

    def read(value: Any) -> Any:
        if type(value) is not list or len(value) < least or (most is not None and len(value) > most):
            raise Deviation
        return [read_item(stated) for stated in value]

    return read


def _named(key: Plan, item: Plan) -> Reader:
    read_key, read_item = reader(key), reader(item)

    def read(value: Any) -> Any:
        if type(value) is not dict:
            raise Deviation
        return {read_key(name): read_item(stated) for name, stated in value.items()}

    return read


def _by_kind(arms: tuple[tuple[str, Plan], ...], text: bool) -> Reader:
    """The arm of a union that the kind of the node chooses."""
    readers = {tag: reader(plan) for tag, plan in arms}
    words = next((plan[1] for tag, plan in arms if tag == "@word"), ())
    choose = chooser(frozenset(readers), frozenset(words), text)

    def read(value: Any) -> Any:
        return readers[choose(value)](value)  # type: ignore[index]  # None is a KeyError

    return read


_MAKERS: dict[str, Callable[..., Reader]] = {
    "model": _model,
    "quantity": _quantity,
    "bound": lambda worst: partial(readings.bound, worst=worst),
    "whole": lambda least: partial(readings.whole, least=least),
    "count or share": lambda worst: partial(readings.count_or_share, worst=worst),
    "text": _text,
    "word": _word,
    "flag": _flag,
    "date": lambda: readings.day,
    "setting": lambda: readings.setting,
    "list": _list,
    "named": _named,
    "by kind": _by_kind,
}
