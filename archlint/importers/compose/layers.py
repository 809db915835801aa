"""Several files that say something of the same service, as one: the later over the earlier.

Nothing is copied: a step into a value steps into it in each of the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from archlint.importers.compose.interpolation import Text, interpolate
from archlint.importers.reading.files import Origin, SourceFile
from archlint.importers.reading.tree import Part

RESET, OVERRIDE = "!reset", "!override"


class Scope:
    """The variables that each file's values are filled in from."""

    def __init__(self) -> None:
        self._variables: dict[SourceFile, Mapping[str, str]] = {}

    def give(self, file: SourceFile, variables: Mapping[str, str]) -> None:
        self._variables.setdefault(file, variables)

    def of(self, file: SourceFile) -> Mapping[str, str]:
        return self._variables.get(file, {})

    def text(self, part: Part) -> Text | None:
        """The text of a scalar; None for what is none, or empty."""
        plain = part.text()
        return None if plain is None else interpolate(plain, self.of(part.file))


class Layers:
    """A value as several files state it, the first of them lowest. Without any it is false, and has no items."""

    __slots__ = ("name", "parts", "scope")

    def __init__(self, parts: Iterable[Part], scope: Scope, name: str = "") -> None:
        self.parts, self.scope, self.name = tuple(_standing(parts)), scope, name

    def __bool__(self) -> bool:
        return any(part.value is not None for part in self.parts)

    def __getitem__(self, key: str) -> Layers:
        return Layers((part[key] for part in self.parts if _has(part, key)), self.scope, key)

    def at(self, *keys: str) -> Layers:
        layers = self
        for key in keys:
            layers = layers[key]
        return layers

    @property
    def last(self) -> Part | None:
        """The value that stands, where it is one that later files replace as a whole."""
        stated = [part for part in self.parts if part.value is not None]
        return stated[-1] if stated else None

    @property
    def origin(self) -> Origin | None:
        last = self.last or (self.parts[-1] if self.parts else None)
        return None if last is None else last.origin

    def items(self) -> Iterator[tuple[str, Layers]]:
        """The entries of a mapping, in the order in which the files first state them."""
        keys = dict.fromkeys(key for part in self.parts if part.is_mapping for key, _ in part.items())
        for key in keys:
            inner = self[key]
            if inner.parts:
                yield key, inner

    def each(self) -> Iterator[Part]:
        """The items of a list, those of later files after those of earlier ones."""
        for part in self.parts:
            yield from part.each()

    def text(self) -> Text | None:
        last = self.last
        return None if last is None else self.scope.text(last)

    def known(self) -> str | None:
        """The text of a scalar where all of it is known."""
        text = self.text()
        return None if text is None else text.known

    def integer(self) -> int | None:
        known = self.known()
        try:
            return None if known is None else int(known)
        except ValueError:
            return None

    def flag(self) -> bool | None:
        return {"true": True, "yes": True, "false": False, "no": False}.get((self.known() or "").lower())


def _has(part: Part, key: str) -> bool:
    return part.is_mapping and key in part.value


def _standing(parts: Iterable[Part]) -> list[Part]:
    """What the tags `!reset` and `!override` leave of the layers."""
    standing: list[Part] = []
    for part in parts:
        if _has(part, RESET):
            standing.clear()
        elif _has(part, OVERRIDE):
            standing = [part[OVERRIDE]]
        else:
            standing.append(part)
    return standing
