"""What is known of a figure: its value and what it rests on, or the fields that would decide it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import fsum
from typing import Any, Generic, Literal, TypeAlias, TypeVar, overload

from archlint.records import dataclass

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")

Basis: TypeAlias = Literal["stated", "derived", "default"]


class Unknown(Exception):  # noqa: N818 - not an error: a check that lacks its inputs is "not evaluated"
    """The fields whose absence leaves a figure undecided, as sorted, unique routes.

    Kept as a value wherever figures are derived; raised only by what needs the figure now.
    """

    def __init__(self, *fields: str) -> None:
        if not fields:
            raise ValueError("an unknown figure names at least one field")
        self.fields: tuple[str, ...] = fields if len(fields) == 1 else tuple(sorted(set(fields)))
        self.args = self.fields

    def __str__(self) -> str:
        return f"not stated: {', '.join(self.fields)}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unknown) and self.fields == other.fields

    def __hash__(self) -> int:
        return hash(self.fields)

    def within(self, route: str) -> Unknown:
        """The same fields, read as relative to `route`."""
        return Unknown(*(_join(route, field) for field in self.fields))


def _join(route: str, field: str) -> str:
    if not route:
        return field
    return route + field if field.startswith("[") else f"{route}.{field}"


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """A figure and what it rests on. `sources` are the routes and defaults it was made from."""

    value: T
    basis: Basis = "stated"
    sources: tuple[str, ...] = ()


Derived: TypeAlias = Known[T] | Unknown


def stated(value: T | None, route: str) -> Derived[T]:
    """A field of the manifest: unknown where it is not stated."""
    return Unknown(route) if value is None else Known(value, "stated", (route,))


def assumed(value: T, source: str) -> Known[T]:
    """A figure that nobody stated, taken from a default called `source`."""
    return Known(value, "default", (source,))


def require(derived: Derived[T]) -> T:
    """The bare value. Raises Unknown: a fresh one, so that the kept value gathers no tracebacks."""
    if isinstance(derived, Unknown):
        raise Unknown(*derived.fields)
    return derived.value


@overload
def combine(function: Callable[[A], T], first: Derived[A], /) -> Derived[T]: ...
@overload
def combine(function: Callable[[A, B], T], first: Derived[A], second: Derived[B], /) -> Derived[T]: ...
@overload
def combine(
    function: Callable[[A, B, C], T], first: Derived[A], second: Derived[B], third: Derived[C], /
) -> Derived[T]: ...
@overload
def combine(function: Callable[..., T], /, *derived: Derived[Any]) -> Derived[T]: ...
def combine(function: Callable[..., T], /, *derived: Derived[Any]) -> Derived[T]:
    """`function` of the values, or one Unknown that unites the fields of all that are unknown.

    A result that rests on a default, however indirectly, is itself of basis "default".
    """
    known, unknown = _split(derived)
    if unknown is not None:
        return unknown
    return Known(function(*[item.value for item in known]), _basis(known), _sources(known))


def gather(items: Iterable[Derived[T]]) -> Derived[list[T]]:
    """All the values, in order, or one Unknown that unites the fields of all that are unknown."""
    known, unknown = _split(items)
    if unknown is not None:
        return unknown
    return Known([item.value for item in known], _basis(known), _sources(known))


def total(items: Iterable[Derived[float]]) -> Derived[float]:
    """The sum, unknown as soon as one term is. The sum of nothing is a derived 0."""
    return combine(fsum, gather(items))


def lower_bound_sum(items: Iterable[Derived[float]]) -> tuple[Known[float], Unknown | None]:
    """The sum of what is known, and what is missing from it (None: the sum is complete).

    A lower bound only where no term can be negative. It decides a limit that the stated parts alone exceed.
    """
    known, unknown = _split(items)
    return Known(fsum(item.value for item in known), _basis(known), _sources(known)), unknown


def first_known(preferred: Derived[T], *others: Derived[T]) -> Derived[T]:
    """The first that is known, in order of preference; if none is, what the preferred one lacks."""
    return next((item for item in (preferred, *others) if isinstance(item, Known)), preferred)


def _split(items: Iterable[Derived[T]]) -> tuple[list[Known[T]], Unknown | None]:
    known: list[Known[T]] = []
    fields: list[str] = []
    for item in items:
        if isinstance(item, Unknown):
            fields.extend(item.fields)
        else:
            known.append(item)
    return known, Unknown(*fields) if fields else None


def _basis(items: Iterable[Known[Any]]) -> Basis:
    return "default" if any(item.basis == "default" for item in items) else "derived"


def _sources(items: Iterable[Known[Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(source for item in items for source in item.sources))
