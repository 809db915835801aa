"""From plug-ins to the registry: found, loaded, registered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import ModuleType

from archlint.engine.plugins import EntryPoint, PluginError, find_entry_points, load_modules
from archlint.engine.registry import Registry, reserved
from archlint.engine.results import Fault
from archlint.extension import Extension
from archlint.plugin import Check
from archlint.records import dataclass, field


def load_registry(entry_points: Iterable[EntryPoint] | None = None, rules: Sequence[str] = ()) -> Registry:
    """Load every plug-in; one that fails is a fault with its distribution's name, the others are kept.

    `rules` are files whose rules are checks as well. Raises UsageError for whatever is wrong in these.
    """
    registry = _loaded(tuple(entry_points) if entry_points is not None else find_entry_points())
    if not rules:
        return registry
    from archlint.engine.rule_files.file import with_rules

    return with_rules(registry, rules)


def _loaded(found: tuple[EntryPoint, ...]) -> Registry:
    owned: dict[str, EntryPoint] = {}
    brought: list[_Brought] = []
    faults: list[Fault] = []
    for entry in found:
        try:
            brought.append(_brought_by(entry, owned))
        except PluginError as error:
            faults.append(Fault("plug-in", entry.name, str(error), entry.label))
            continue
        owned.update(dict.fromkeys(brought[-1].keys, entry))
    return _registry(brought, tuple(faults), found, owned)


def registry_of(*modules: ModuleType) -> Registry:
    """A registry of the checks of some modules alone, for the test kit. Raises PluginError for a clash."""
    return _registry([_without_clash(_THE_TEST, modules, {})])


_THE_TEST = EntryPoint("", "", "test", "")
_NOBODY: Mapping[str, EntryPoint] = {}


@dataclass(frozen=True, slots=True)
class _Brought:
    """What one plug-in brings: checks by their code, and blocks by their name."""

    checks: dict[str, Check] = field(default_factory=dict)
    extensions: dict[str, Extension] = field(default_factory=dict)

    @property
    def keys(self) -> Iterator[str]:
        """All that nobody else may bring."""
        for check in self.checks.values():
            yield from (check.code, check.name)
        yield from self.extensions


def _registry(
    brought: Iterable[_Brought],
    faults: tuple[Fault, ...] = (),
    entry_points: tuple[EntryPoint, ...] = (),
    owners: Mapping[str, EntryPoint] = _NOBODY,
) -> Registry:
    checks: dict[str, Check] = {}
    extensions: dict[str, Extension] = {}
    for part in brought:
        checks |= part.checks
        extensions |= part.extensions
    ordered = tuple(checks[code] for code in sorted(checks))
    by_key = {key: check for check in ordered for key in (check.code, check.name)}
    blocks = tuple(extensions[name] for name in sorted(extensions))
    return Registry(ordered, faults, entry_points, by_key, owners, blocks)


def _brought_by(entry: EntryPoint, owned: Mapping[str, EntryPoint]) -> _Brought:
    """What one plug-in brings: all of it, or nothing where a part clashes or nothing is there."""
    brought = _without_clash(entry, load_modules(entry), owned)
    if not brought.checks and not brought.extensions:
        raise PluginError(entry, f"`{entry.value}` defines no check; name the modules whose text holds them")
    return brought


def _without_clash(entry: EntryPoint, modules: Iterable[ModuleType], owned: Mapping[str, EntryPoint]) -> _Brought:
    brought = _Brought()
    keys: dict[str, Check | Extension] = {}
    for module in modules:
        for check in checks_of(module):
            for key in (check.code, check.name):
                _refuse_clash(entry, key, owned.get(key), keys.get(key) not in (None, check))
                keys[key] = check
            brought.checks[check.code] = check
        for extension in _extensions_of(module):
            key = extension.name
            _refuse_clash(entry, key, owned.get(key), keys.get(key, extension) is not extension)
            keys[key] = brought.extensions[key] = extension
    return brought


def _refuse_clash(entry: EntryPoint, key: str, owner: EntryPoint | None, is_own: bool) -> None:
    kind = "block" if key.startswith("x-") else "check"
    if reserved(key):
        raise PluginError(entry, f"`{key}` belongs to archlint itself")
    if owner is not None:
        raise PluginError(entry, f"`{key}` is already a {kind} of {owner.label}")
    if is_own:
        raise PluginError(entry, f"`{key}` is given to two of its {kind}s")


def _extensions_of(module: ModuleType) -> Iterator[Extension]:
    return (value for value in vars(module).values() if isinstance(value, Extension))


def checks_of(module: ModuleType) -> Iterator[Check]:
    """The checks that a module defines, in the order of its text; imported ones are not its own."""
    for value in vars(module).values():
        if callable(value):
            check = vars(value).get("check") if hasattr(value, "__dict__") else None
            if isinstance(check, Check) and check.module == module.__name__:
                yield check
