"""From the bytes of a manifest to plain data, its places, and what is wrong with it as YAML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archlint.manifest.building import Builder
from archlint.manifest.decoding import decode
from archlint.manifest.problems import Path, Place, Problem
from archlint.manifest.spans import Nodes, SpanIndex
from archlint.records import dataclass, field, replace


@dataclass(slots=True)
class Document:
    """One manifest as read: `data` is None where it cannot be read at all."""

    name: str
    text: str
    data: dict[str, Any] | None
    spans: SpanIndex
    problems: list[Problem] = field(default_factory=list)
    nulls: list[Path] = field(default_factory=list)
    extensions: dict[Path, Any] = field(default_factory=dict)


def read(source: bytes, name: str) -> Document:
    """Reads one manifest. Whatever is wrong with it is in `problems`, in the order of the text.

    Explicit nulls and empty values are MAN002, left out of `data` and listed in `nulls`. Blocks under keys
    beginning `x-` are taken out of `data` into `extensions`, nulls kept. Every alias gets a copy of its own.
    """
    text, problem = decode(source)
    if problem is not None:
        return Document(name, text, None, SpanIndex(text, Nodes()), [problem])
    builder = Builder(text)
    data = builder.document()
    problems = sorted(_placed(builder.problems, builder.spans), key=lambda placed: placed[0])
    extensions = dict(builder.extensions)
    found = [problem for _, problem in problems]
    return Document(name, text, data, builder.spans, found, builder.nulls, extensions)


def _placed(problems: list[Problem], spans: SpanIndex) -> Iterator[tuple[Place, Problem]]:
    for problem in problems:
        place = problem.place or spans.place_of(problem.path, problem.on)
        yield place, replace(problem, place=place)
