"""Variables: `.env` files, and the environment of a service. Values are looked into, never shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from archlint.importers.compose.interpolation import Text, interpolate
from archlint.importers.compose.layers import Layers, Scope
from archlint.importers.reading.files import Origin, SourceFile
from archlint.importers.reading.tree import Fields, Items, Part
from archlint.records import dataclass

_LINE = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*(?:=[ \t]*([^\r\n]*))?$", re.MULTILINE)
_QUOTED = re.compile(r"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"")
_SECRET = re.compile(r"pass|secret|token|credential|api.?key|auth|private", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a service's environment. `text` is None where it comes from whoever starts the service."""

    key: str
    text: Text | None
    origin: Origin
    own: bool = True
    """Whether the service itself states it, rather than a file that services may share."""


def variables_of(file: SourceFile, known: Mapping[str, str]) -> Iterator[tuple[str, Text | None, Origin]]:
    """The entries of an env file, each filled in from those before it and from `known`."""
    values = dict(known)
    for found in _LINE.finditer(file.text):
        key, raw = found[1], found[2]
        origin = Origin(file, found.start(1), found.end(1))
        if raw is None:
            yield key, None, origin
            continue
        file.conceal(*found.span(2))
        text = _value(raw.strip(), values)
        if not text.missing:
            values[key] = text.value
        yield key, text, origin


def _value(raw: str, values: Mapping[str, str]) -> Text:
    quoted = _QUOTED.match(raw)
    if quoted is None:
        return interpolate(re.split(r"\s#", raw, maxsplit=1)[0].rstrip(), values)
    if quoted[1] is not None:
        return Text(quoted[1])
    return interpolate(re.sub(r"\\(.)", r"\1", quoted[2]), values)


def environment_of(stated: Layers, scope: Scope) -> Iterator[Variable]:
    """What `environment` states, as a mapping or as a list, in each of the layers; later ones replace earlier ones."""
    for part in stated.parts:
        for key, value in part.items():
            value.conceal()
            text = scope.text(value) if value.value is not None else _passed_on(key, scope.of(part.file))
            yield Variable(key, text if value.value is not None or text else None, value.origin)
        for item in part.each():
            yield from _entry(item, scope)


def _entry(item: Part, scope: Scope) -> Iterator[Variable]:
    """`KEY=value`, or `KEY` alone."""
    key, equals, value = (item.text() or "").partition("=")
    if not key:
        return
    variables = scope.of(item.file)
    if not equals:
        yield Variable(key, _passed_on(key, variables), item.origin)
        return
    origin = item.value_origin
    at = item.file.text.find("=", origin.start, origin.end)
    item.file.conceal(at if at >= 0 else origin.start, origin.end)
    yield Variable(key, interpolate(value, variables), item.origin)


def _passed_on(key: str, variables: Mapping[str, str]) -> Text | None:
    return Text(variables[key]) if key in variables else None


def conceal_named_secrets(document: Part) -> None:
    """Keep out of every report what stands under a name of secrets anywhere, inline files, and values for anchors."""
    waiting = [document.value]
    while waiting:
        value = waiting.pop()
        for key in value if isinstance(value, Fields) else ():
            inner = value[key]
            if isinstance(inner, Fields | Items):
                waiting.append(inner)
            elif key == "content" or key.startswith("x-") or _SECRET.search(key):
                document.file.conceal(*value.values_at[key])
        waiting += [inner for inner in value if isinstance(inner, Fields)] if isinstance(value, Items) else []


def conceal_secrets(part: Part) -> None:
    """Keep arguments that look like they hold a secret out of every report."""
    if part.is_list:
        if any(_SECRET.search(item.text() or "") for item in part.each()):
            for item in part.each():
                item.conceal()
    elif _SECRET.search(part.text() or ""):
        part.conceal()
