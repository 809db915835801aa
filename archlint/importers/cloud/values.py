"""What resources say: values of a file in which references to other resources are known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Protocol

from archlint.importers.reading.files import Origin
from archlint.importers.reading.tree import Fields, Items, Part
from archlint.records import dataclass

MAX_EMBEDDED = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Link:
    """A text that depends on resources: their ids, and the text, if known.

    Where one of them stands, the text has `${id}`, or `${id.attribute}`.
    """

    text: str
    targets: tuple[str, ...] = ()


class LinkedFields(Fields):
    """A mapping that was put together from resources, which ones is known for the whole only."""

    __slots__ = ("targets",)
    targets: tuple[str, ...]


class LinkedItems(Items):
    """A list that was put together from resources, which ones is known for the whole only."""

    __slots__ = ("targets",)
    targets: tuple[str, ...]


class Identities(Protocol):
    """Tells which resource a text such as an ARN or an address stands for."""

    def identify(self, text: str) -> str | None: ...


class Value:
    """A property of a resource. What is missing, or of another kind, is false and has no parts."""

    __slots__ = ("known", "part")

    def __init__(self, part: Part, known: Identities) -> None:
        self.part, self.known = part, known

    def __bool__(self) -> bool:
        return self.part.value is not None

    def get(self, *names: str) -> Value:
        """The first of these properties that there is, spelled `like_this` or `LikeThis`."""
        for name in names:
            for spelled in (name, pascal(name)):
                part = self.part[spelled]
                if part.value is not None:
                    return Value(part, self.known)
        return Value(self.part[names[0]], self.known)

    def at(self, *names: str) -> Value:
        """Several steps at once; a list on the way stands for its first item, as blocks of Terraform do."""
        value = self
        for name in names:
            value = value.get(name).block()
        return value

    def block(self) -> Value:
        """The value itself, or the first item of a list."""
        return Value(self.part[0], self.known) if self.part.is_list else self

    def blocks(self) -> Iterator[Value]:
        """The items of a list, or the value itself where it is one block."""
        if self.part.is_list:
            yield from (Value(part, self.known) for part in self.part.each())
        elif self.part.is_mapping:
            yield self

    def items(self) -> Iterator[tuple[str, Value]]:
        yield from ((key, Value(part, self.known)) for key, part in self.part.items())

    def values(self) -> Iterator[Value]:
        yield from (value for _, value in self.items())

    def texts(self) -> list[str]:
        """The texts of a list, or of one that stands alone."""
        parts = list(self.part.each()) if self.part.is_list else [self.part]
        return [text for part in parts if (text := Value(part, self.known).text())]

    def text(self) -> str | None:
        if isinstance(self.part.value, Link):
            return self.part.value.text if "${" not in self.part.value.text and self.part.value.text else None
        return self.part.text()

    def template(self) -> str | None:
        """The text with `${id}` where it names a resource."""
        return self.part.value.text if isinstance(self.part.value, Link) else self.part.text()

    def templates(self) -> Iterator[str]:
        """The texts in it, at any depth, that name resources."""
        held = [self.part.value]
        while held:
            value = held.pop()
            if isinstance(value, Link):
                yield value.text
            elif isinstance(value, dict | list):
                held += value.values() if isinstance(value, dict) else value

    def integer(self) -> int | None:
        return self.part.integer()

    def number(self) -> float | None:
        return self.part.number()

    def flag(self) -> bool | None:
        return self.part.flag()

    @property
    def origin(self) -> Origin:
        return self.part.origin

    def targets(self) -> tuple[str, ...]:
        """The ids of all resources that are named in it, at any depth, each once."""
        return tuple(dict.fromkeys(self._targets(self.part.value)))

    def _targets(self, value: Any) -> Iterator[str]:
        if isinstance(value, Link):
            yield from value.targets
            value = value.text
        if isinstance(value, LinkedFields | LinkedItems):
            yield from value.targets
        if isinstance(value, dict):
            for inner in value.values():
                yield from self._targets(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from self._targets(inner)
        elif isinstance(value, str) and "${" not in value:
            found = self.known.identify(value)
            if found is not None:
                yield found

    def embedded(self) -> Value:
        """The JSON that a text holds; the value itself where it is no text. References in it stay references."""
        template = None if self.part.is_mapping or self.part.is_list else self.template()
        if template is None or len(template) > MAX_EMBEDDED:
            return self
        try:
            data = json.loads(template)
        except (ValueError, RecursionError):
            return Value(Part(self.part.file, None, *self._spans()), self.known)
        targets = self.part.value.targets if isinstance(self.part.value, Link) else ()
        placed = _placed(data, self._spans()[1], targets)
        return Value(Part(self.part.file, placed, *self._spans()), self.known)

    def _spans(self) -> tuple[tuple[int, int], tuple[int, int]]:
        origin, own = self.part.origin, self.part.value_origin
        return (origin.start, origin.end), (own.start, own.end)


def _placed(data: Any, span: tuple[int, int], links: tuple[str, ...]) -> Any:
    """Data whose every part stands where the text that held it does."""
    if isinstance(data, dict):
        fields = Fields()
        for key, value in data.items():
            fields[key] = _placed(value, span, links)
            fields.keys_at[key] = fields.values_at[key] = span
        return fields
    if isinstance(data, list):
        items = Items()
        items.extend(_placed(value, span, links) for value in data)
        items.values_at = [span] * len(data)
        return items
    if isinstance(data, str):
        found = tuple(id for id in links if names(data, id))
        return Link(data, found) if found else data
    return data


def names(text: str, id: str) -> bool:
    """Whether a text has a place where a resource stands."""
    return f"${{{id}}}" in text or f"${{{id}." in text


def pascal(name: str) -> str:
    """`memory_size` as CloudFormation writes it: `MemorySize`."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))
