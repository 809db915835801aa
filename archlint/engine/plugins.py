"""Finding plug-ins: entry points of the group `archlint.checks`, read without importing anything.

The files are read directly: `importlib.metadata` costs more at start-up than everything else that a small
run does (26 to 35 ms for the import alone against 2.5 ms for reading 430 distributions).
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from archlint.records import dataclass
from archlint.version import PLUGIN_API

GROUP = "archlint.checks"
BUILT_IN = "archlint"

_REFERENCE = re.compile(r"(?P<module>[\w.]+)\s*(?::\s*(?P<attribute>[\w.]+)\s*)?(?:\[.*\]\s*)?")
"""`module:attribute [extras]`, as the specification of entry points has it; extras are obsolete."""


@dataclass(frozen=True, slots=True, order=True)
class EntryPoint:
    """One line of a distribution's entry_points.txt; `value` is `module` or `module:attribute`."""

    distribution: str
    version: str
    name: str
    value: str

    @property
    def label(self) -> str:
        """The distribution as messages name it."""
        return f"{self.distribution} {self.version}".strip()


class PluginError(Exception):
    """A plug-in that does not load; the message is for the user, `entry` says whose it is."""

    def __init__(self, entry: EntryPoint, message: str) -> None:
        super().__init__(message)
        self.entry = entry


def find_entry_points(search_path: Iterable[str] | None = None) -> tuple[EntryPoint, ...]:
    """The entry points of the group, sorted; built-in checks first, so that a clash names the newcomer.

    A distribution that stands on the path twice counts once: the first place wins, as for imports.
    """
    found: dict[tuple[str, str], EntryPoint] = {}
    for folder in search_path if search_path is not None else sys.path:
        for entry in _entry_points_of(folder or "."):
            found.setdefault((entry.distribution, entry.name), entry)
    return tuple(sorted(found.values(), key=lambda entry: (entry.distribution != BUILT_IN, entry)))


def _entry_points_of(folder: str) -> Iterator[EntryPoint]:
    try:
        with os.scandir(folder) as entries:
            metadata = sorted(e.path for e in entries if e.name.endswith((".dist-info", ".egg-info")))
    except OSError:
        return
    for path in metadata:
        try:
            text = Path(path, "entry_points.txt").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if GROUP in text:
            distribution, version = _name_and_version(Path(path))
            for name, value in _lines_of_group(text):
                yield EntryPoint(distribution, version, name, value)


def _lines_of_group(text: str) -> Iterator[tuple[str, str]]:
    """The `name = value` lines under `[archlint.checks]`, read as leniently as `importlib.metadata` reads them."""
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif section == GROUP and line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield name.strip(), value.strip()


def _name_and_version(metadata: Path) -> tuple[str, str]:
    """The name as package indexes write it: one distribution is found once, however its folder spells it."""
    name, _, version = metadata.name.removesuffix(".dist-info").removesuffix(".egg-info").partition("-")
    return re.sub(r"[-_.]+", "-", name).lower(), version or _version_within(metadata)


def _version_within(metadata: Path) -> str:
    """The folder beside the sources of an editable installation has no version in its name."""
    try:
        text = (metadata / "PKG-INFO").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(r"^Version: *(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def load_modules(entry: EntryPoint) -> tuple[ModuleType, ...]:
    """Import what an entry point names: a module of checks, or a tuple of module names.

    Raises PluginError with the cause in words, whatever the import raised, be it a call of `sys.exit`.
    """
    reference = _REFERENCE.fullmatch(entry.value)
    if reference is None:
        raise PluginError(entry, f"`{entry.value}` names no module; write `module` or `module:attribute`")
    try:
        named: Any = importlib.import_module(reference["module"])
        for step in filter(None, (reference["attribute"] or "").split(".")):
            named = getattr(named, step)
        modules = tuple(map(_module, (named,) if isinstance(named, str | ModuleType) else named))
    except (Exception, SystemExit) as error:
        raise PluginError(entry, f"{type(error).__name__}: {error}") from error
    for module in modules:
        _refuse_other_api(entry, module)
    return modules


def _refuse_other_api(entry: EntryPoint, module: ModuleType) -> None:
    """A module may say as `api_version` for which version of `archlint.plugin` it is written."""
    wanted = getattr(module, "api_version", PLUGIN_API)
    try:
        major, minor = map(int, str(wanted).split("."))
    except ValueError:
        raise PluginError(entry, f"`{wanted}` is no version of the plug-in API; write such as {PLUGIN_API}") from None
    ours = tuple(map(int, PLUGIN_API.split(".")))
    if major != ours[0] or minor > ours[1]:
        text = f"`{module.__name__}` is written for version {wanted} of the plug-in API, this archlint has {PLUGIN_API}"
        raise PluginError(entry, text)


def _module(named: object) -> ModuleType:
    module = importlib.import_module(named) if isinstance(named, str) else named
    if not isinstance(module, ModuleType):
        raise TypeError(f"{module!r} is neither a module nor the name of one")
    return module
