"""The registry of checks: found, loaded, registered. The only state that a process keeps."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import ModuleType

from archlint.engine.manifest_errors import MANIFEST_ERRORS, ManifestError
from archlint.engine.plugins import EntryPoint, PluginError, find_entry_points, load_modules
from archlint.engine.results import Fault
from archlint.plugin import Check


@dataclass(frozen=True, slots=True)
class Registry:
    """The checks of a run, sorted by code, and the plug-ins that failed to bring theirs."""

    checks: tuple[Check, ...]
    faults: tuple[Fault, ...] = ()
    entry_points: tuple[EntryPoint, ...] = ()
    _by_key: dict[str, Check] = field(default_factory=dict)

    def find(self, key: str) -> Check | None:
        """The check of a code or a slug."""
        return self._by_key.get(key)

    def suggest(self, key: str) -> str | None:
        near = difflib.get_close_matches(key, [*self._by_key, *_names_of_errors()], n=1, cutoff=0.6)
        return near[0] if near else None


def _names_of_errors() -> Iterator[str]:
    for error in MANIFEST_ERRORS.values():
        yield error.code
        yield error.name


def load_registry(entry_points: Iterable[EntryPoint] | None = None) -> Registry:
    """Load every plug-in; one that fails is a fault with its distribution's name, the others are kept."""
    found = tuple(entry_points) if entry_points is not None else find_entry_points()
    checks: dict[str, Check] = {}
    owners: dict[str, EntryPoint] = {}
    faults: list[Fault] = []
    for entry in found:
        try:
            for module in load_modules(entry):
                for check in checks_of(module):
                    _register(check, entry, checks, owners)
        except PluginError as error:
            distribution = f"{entry.distribution} {entry.version}".strip()
            faults.append(Fault("plug-in", entry.name, str(error), distribution))
    ordered = tuple(checks[code] for code in sorted(checks))
    by_key = {key: check for check in ordered for key in (check.code, check.name)}
    return Registry(ordered, tuple(faults), found, by_key)


def registry_of(*modules: ModuleType) -> Registry:
    """A registry of the checks of some modules alone, for the test kit."""
    checks = {check.code: check for module in modules for check in checks_of(module)}
    ordered = tuple(checks[code] for code in sorted(checks))
    return Registry(ordered, (), (), {key: check for check in ordered for key in (check.code, check.name)})


def checks_of(module: ModuleType) -> Iterator[Check]:
    """The checks that a module defines, in the order of its text; imported ones are not its own."""
    for value in vars(module).values():
        check = getattr(value, "check", None)
        if isinstance(check, Check) and check.module == module.__name__:
            yield check


def _register(check: Check, entry: EntryPoint, checks: dict[str, Check], owners: dict[str, EntryPoint]) -> None:
    if check.code in MANIFEST_ERRORS:
        raise PluginError(entry, f"{check.code} belongs to archlint itself")
    for key in (check.code, check.name):
        owner = owners.get(key)
        if owner is not None:
            raise PluginError(entry, f"`{key}` is already a check of {owner.distribution} {owner.version}")
    checks[check.code] = check
    owners[check.code] = owners[check.name] = entry


__all__ = ["MANIFEST_ERRORS", "ManifestError", "Registry", "load_registry", "registry_of"]
