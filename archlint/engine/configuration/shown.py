"""`--show-settings`: every value that manifests are judged by, and where it came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from archlint.engine.configuration.search import Configuration, Stated
from archlint.engine.configuration.settings import (
    DEFAULT_PROFILE,
    CommandLine,
    Settings,
    SettingsFinder,
    matching_ignores,
)
from archlint.engine.selection import Layer

Row = tuple[str, Any, str]
"""A key, its value, and where the value came from."""

COMMAND_LINE = "command line"
DEFAULT = "default"


def shown(names: Iterable[str], finder: SettingsFinder) -> list[tuple[list[str], list[Row]]]:
    """Of manifests by name: those with the same settings and origins together."""
    groups: list[tuple[list[str], list[Row]]] = []
    by_settings: dict[tuple[int, int], list[str]] = {}
    for name in names:
        settings, configuration = finder(name), finder.configuration_of(name)
        key = id(settings), id(configuration)
        if key not in by_settings:
            by_settings[key] = []
            groups.append((by_settings[key], list(_rows(name, settings, configuration, finder.command_line))))
        by_settings[key].append(name)
    return groups


def _rows(name: str, settings: Settings, configuration: Configuration, given: CommandLine) -> Iterator[Row]:
    yield from _selection(configuration, given.layer)
    for stated in matching_ignores(configuration, name):
        yield _row(stated)
    yield _profile(configuration, given)
    for key in ("severity", "checks"):
        for stated in configuration.entries(key).values():
            yield from _leaves(stated)
    yield "checks that run", [check.code for check in settings.checks], "all of the above"


def _profile(configuration: Configuration, given: CommandLine) -> Row:
    if given.profile is not None:
        return "profile", given.profile, COMMAND_LINE
    stated = configuration.stated("profile")
    return ("profile", DEFAULT_PROFILE, DEFAULT) if stated is None else _row(stated)


def _selection(configuration: Configuration, given: Layer) -> Iterator[Row]:
    """A selection replaces those of lower layers; what is added or ignored, all layers say."""
    stated = configuration.stated("select")
    if given.select is not None:
        yield "select", list(given.select), COMMAND_LINE
    elif stated is not None:
        yield _row(stated)
    else:
        yield "select", [], DEFAULT
    for key, on_top in (("extend-select", given.extend_select), ("ignore", given.ignore)):
        for file in configuration.files:
            if key in file.data:
                yield _row(Stated(file.data[key], file, (key,)))
        if on_top:
            yield key, list(on_top), COMMAND_LINE


def _leaves(stated: Stated) -> Iterator[Row]:
    if not isinstance(stated.value, dict):
        yield _row(stated)
        return
    for name, value in stated.value.items():
        yield from _leaves(Stated(value, stated.file, (*stated.path, name)))


def _row(stated: Stated) -> Row:
    return ".".join(map(_quoted, stated.path)), stated.value, stated.origin


def _quoted(part: object) -> str:
    text = str(part)
    return text if text.replace("-", "").replace("_", "").isalnum() else f'"{text}"'
