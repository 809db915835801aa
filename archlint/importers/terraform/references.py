"""What the configuration in a plan refers to: expressions through variables and outputs of modules to resources."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archlint.importers.reading.tree import Part
from archlint.records import dataclass

MAX_STEPS = 2_000
_INDEX = re.compile(r"\[(?:\"((?:[^\"\\]|\\.)*)\"|([^\]]*))\]")
_IGNORED = frozenset({"local", "count", "path", "self", "terraform"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A resource by its address in the configuration, the instance that is named, and what of it is asked for."""

    address: str
    key: str | None
    attribute: str


class Configuration:
    """The modules of a plan's configuration, by their path of names."""

    def __init__(self, root: Part) -> None:
        self._modules: dict[tuple[str, ...], Part] = {}
        self.resources: dict[str, Part] = {}
        self._collect((), root, 0)

    def _collect(self, path: tuple[str, ...], module: Part, depth: int) -> None:
        self._modules[path] = module
        for resource in module["resources"].each():
            address = resource["address"].text()
            if address:
                self.resources[_within(path, address)] = resource
        for name, call in module["module_calls"].items():
            if depth < 30:
                self._collect((*path, name), call["module"], depth + 1)

    def references(self, expression: Part, path: tuple[str, ...]) -> list[Reference]:
        """The resources that an expression, or a block of them, depends on, as a module of that path sees it."""
        found: dict[Reference, None] = {}
        seen: set[tuple[tuple[str, ...], str]] = set()
        for text in _texts(expression, 0):
            found.update(dict.fromkeys(self._resolve(text, path, seen)))
        return [one for one in found if one.attribute or not _has_longer(one, found)]

    def _resolve(self, text: str, path: tuple[str, ...], seen: set[tuple[tuple[str, ...], str]]) -> Iterator[Reference]:
        if (path, text) in seen or len(seen) > MAX_STEPS:
            return
        seen.add((path, text))
        key = next((found[1] for found in _INDEX.finditer(text) if found[1] is not None), None)
        words = _INDEX.sub("", text).split(".")
        head = words[0]
        if head in _IGNORED or len(words) < 2:
            return
        if head == "each":
            return
        if head == "var":
            yield from self._of_variable(words, path, seen)
        elif head == "module":
            outputs = self._modules.get((*path, words[1]))
            if outputs is not None and len(words) > 2:
                expression = outputs["outputs"][words[2]]["expression"]
                for inner in _texts(expression, 0):
                    yield from self._resolve(inner, (*path, words[1]), seen)
        elif head == "data" and len(words) > 2:
            yield Reference(_within(path, ".".join(words[:3])), key, ".".join(words[3:]))
        else:
            yield Reference(_within(path, ".".join(words[:2])), key, ".".join(words[2:]))

    def _of_variable(
        self, words: list[str], path: tuple[str, ...], seen: set[tuple[tuple[str, ...], str]]
    ) -> Iterator[Reference]:
        """What the module is called with; a part of something that is put together of several tells nothing."""
        if not path:
            return
        given = self._modules[path[:-1]]["module_calls"][path[-1]]["expressions"][words[1]]
        texts = list(_texts(given, 0))
        roots = {".".join(_INDEX.sub("", text).split(".")[:2]) for text in texts}
        if len(words) > 2 and len(roots) > 1:
            return
        for text in texts:
            yield from self._resolve(text, path[:-1], seen)


def _has_longer(reference: Reference, found: dict[Reference, None]) -> bool:
    """References come with and without the attribute."""
    return any(other.address == reference.address and other.attribute for other in found)


def _within(path: tuple[str, ...], address: str) -> str:
    return ".".join([*(f"module.{name}" for name in path), address])


def _texts(expression: Part, depth: int) -> Iterator[str]:
    """The references of an expression, and of those inside a block."""
    if depth > 20:
        return
    for part in expression.each():
        yield from _texts(part, depth + 1)
    for key, part in expression.items():
        if key == "references" and part.is_list:
            yield from (text for one in part.each() if (text := one.text()))
        elif key != "constant_value":
            yield from _texts(part, depth + 1)
