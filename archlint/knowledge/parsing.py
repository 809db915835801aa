"""YAML -> plain data, straight from the parser's events: the files of a run are read in its start-up time.

As in a manifest: scalars by YAML 1.2, no key twice, no tags but those of plain data. An alias is its anchor's value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml
from yaml.events import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, StreamEndEvent

from archlint.manifest.scalars import resolve, tagged

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Where PyYAML was built without libyaml, its own parser reads the same, more slowly."""


def parse(text: str) -> Any:
    """The only document of a text, None where there is none. Raises yaml.YAMLError or RecursionError."""
    parser = LOADER(text)
    try:
        parser.get_event()  # the stream begins
        if isinstance(parser.get_event(), StreamEndEvent):
            return None
        data = _Composer(parser.get_event).value()
        parser.get_event()  # the document ends
        following = parser.get_event()
        if not isinstance(following, StreamEndEvent):
            raise _fault("a second document begins", following)
        return data
    finally:
        parser.dispose()


class _Composer:
    """Builds one document from the events that it is fed."""

    def __init__(self, following: Callable[[], Any]) -> None:
        self._following = following
        self._anchors: dict[str, Any] = {}

    def value(self) -> Any:
        return self._of(self._following())

    def _of(self, event: Any) -> Any:
        kind = type(event)
        if kind is ScalarEvent:
            value = _scalar(event)
            if event.anchor is not None:
                self._anchors[event.anchor] = value
            return value
        if kind is AliasEvent:
            if event.anchor not in self._anchors:
                raise _fault(f"found undefined alias `{event.anchor}`", event)
            return self._anchors[event.anchor]
        if event.tag is not None and not event.implicit:
            raise _no_constructor(event)
        return self._mapping(event) if kind is MappingStartEvent else self._sequence(event)

    def _mapping(self, start: Any) -> dict[Any, Any]:
        data: dict[Any, Any] = {}
        if start.anchor is not None:
            self._anchors[start.anchor] = data
        while type(event := self._following()) is not MappingEndEvent:
            key = self._of(event)
            if isinstance(key, list | dict):
                raise _fault("a key must be a scalar", event)
            if key in data:
                raise _fault(f"`{key}` is written twice", event)
            data[key] = self.value()
        return data

    def _sequence(self, start: Any) -> list[Any]:
        data: list[Any] = []
        if start.anchor is not None:
            self._anchors[start.anchor] = data
        while type(event := self._following()) is not SequenceEndEvent:
            data.append(self._of(event))
        return data


def _scalar(event: Any) -> Any:
    if event.tag is None or event.tag == "!":
        return resolve(event.value) if event.implicit[0] else event.value
    try:
        return tagged(event.value, event.tag)
    except ValueError:
        raise _no_constructor(event) from None


def _no_constructor(event: Any) -> yaml.YAMLError:
    return _fault(f"could not determine a constructor for the tag `{event.tag}`", event)


def _fault(problem: str, event: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(None, None, problem, event.start_mark)
