"""What a file of another tool holds: mappings and lists that know where their parts stand, and a way to walk them.

No importer trusts the shape of what it reads: to step into something that is not there, or is something else, gives a
part without a value, which is false, has no items, and stands where the last thing did that was there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archlint.importers.reading.files import Origin, SourceFile

Span = tuple[int, int]


class Fields(dict[str, Any]):
    """A mapping. `keys_at` and `values_at` hold the span of each key and value, as indexes of characters."""

    __slots__ = ("keys_at", "values_at")

    def __init__(self) -> None:
        super().__init__()
        self.keys_at: dict[str, Span] = {}
        self.values_at: dict[str, Span] = {}


class Items(list[Any]):
    """A list. `values_at` holds the span of each item."""

    __slots__ = ("values_at",)

    def __init__(self) -> None:
        super().__init__()
        self.values_at: list[Span] = []


def pointed_at(value: Any, span: Span) -> Span:
    """What to point at for a value that has no key: of a mapping its name or first key, not the whole block."""
    if isinstance(value, Fields) and value:
        name = value.values_at.get("name")
        return name if name is not None and isinstance(value["name"], str) else next(iter(value.keys_at.values()))
    return (span[0], span[0]) if isinstance(value, Fields | Items) else span


class Part:
    """A value of a file with the span to point at: its key in a mapping, itself in a list.

    `name` is the key or index under which it stands in what holds it.
    """

    __slots__ = ("_span", "_value_span", "file", "name", "value")

    def __init__(self, file: SourceFile, value: Any, span: Span, value_span: Span, name: str | int = "") -> None:
        self.file, self.value, self.name = file, value, name
        self._span, self._value_span = span, value_span

    def __bool__(self) -> bool:
        return self.value is not None

    def __getitem__(self, key: str | int) -> Part:
        value = self.value
        if isinstance(value, Fields) and isinstance(key, str) and key in value:
            return Part(self.file, value[key], value.keys_at[key], value.values_at[key], key)
        if isinstance(value, Items) and isinstance(key, int) and -len(value) <= key < len(value):
            span = value.values_at[key]
            return Part(self.file, value[key], pointed_at(value[key], span), span, key)
        return Part(self.file, None, self._span, self._value_span, key)

    def at(self, *keys: str | int) -> Part:
        """Several steps at once."""
        part = self
        for key in keys:
            part = part[key]
        return part

    def first(self, *keys: str) -> Part:
        """The first of these keys that has a value."""
        return next((part for key in keys if (part := self[key])), self[keys[0]])

    def items(self) -> Iterator[tuple[str, Part]]:
        """The entries of a mapping."""
        if isinstance(self.value, Fields):
            for key in self.value:
                yield key, self[key]

    def values(self) -> Iterator[Part]:
        """The values of a mapping."""
        if isinstance(self.value, Fields):
            for key in self.value:
                yield self[key]

    def each(self) -> Iterator[Part]:
        """The items of a list."""
        if isinstance(self.value, Items):
            for at in range(len(self.value)):
                yield self[at]

    @property
    def origin(self) -> Origin:
        return Origin(self.file, *self._span)

    @property
    def value_origin(self) -> Origin:
        """Of the value itself, where `origin` is that of its key."""
        return Origin(self.file, *self._value_span)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.value, Fields)

    @property
    def is_list(self) -> bool:
        return isinstance(self.value, Items)

    def text(self) -> str | None:
        """The value of a scalar as it would be written; None for what is none, or empty."""
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        if isinstance(self.value, int | float):
            return str(self.value)
        return self.value.strip() or None if isinstance(self.value, str) else None

    def integer(self) -> int | None:
        """A whole number, be it written as text."""
        number = self.number()
        return int(number) if number is not None and number == int(number) else None

    def number(self) -> float | None:
        """A finite number, be it written as text."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float | str):
            return None
        try:
            number = float(self.value)
        except (ValueError, OverflowError):
            return None
        return number if abs(number) < 1e300 else None  # false for what is not a number

    def flag(self) -> bool | None:
        """True or false, be it written as text."""
        if isinstance(self.value, str):
            return {"true": True, "yes": True, "false": False, "no": False}.get(self.value.strip().lower())
        return self.value if isinstance(self.value, bool) else None

    def conceal(self) -> None:
        """Keeps the value out of every report."""
        self.file.conceal(*self._value_span)
