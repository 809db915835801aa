"""The settings that a manifest is judged with: the command line over its configuration over the defaults."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping

from archlint.engine.configuration.file import Mistake
from archlint.engine.configuration.search import NOTHING, Configuration, Configurations, Stated
from archlint.engine.errors import UsageError
from archlint.engine.profiles import PROFILES
from archlint.engine.registry import MANIFEST_ERRORS, Registry
from archlint.engine.selection import ALL, Layer, selected, unknown_selector, weight
from archlint.plugin import Check, Options, Severity
from archlint.records import dataclass, field

DEFAULT_PROFILE = "standard"


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What the command line says of how manifests are judged; None where it says nothing."""

    layer: Layer = field(default_factory=Layer)
    profile: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How one manifest is judged. `options` and `severities` are by code and hold only what is configured."""

    checks: tuple[Check, ...]
    profile: str = DEFAULT_PROFILE
    options: Mapping[str, Options] = field(default_factory=dict)
    severities: Mapping[str, Severity] = field(default_factory=dict)


SettingsOf = Callable[[str], Settings]
"""The settings of a manifest, by the name that reports use; the same object for those that are judged alike."""


def alike(checks: Iterable[Check], profile: str = DEFAULT_PROFILE) -> SettingsOf:
    """One and the same for every manifest."""
    settings = Settings(tuple(checks), profile)
    return lambda name: settings


class SettingsFinder:
    """A SettingsOf that goes by the configurations of the manifests."""

    def __init__(self, registry: Registry, command_line: CommandLine, configurations: Configurations | None) -> None:
        if command_line.profile is not None and command_line.profile not in PROFILES:
            raise UsageError(f"`{command_line.profile}` is no profile; choose one of {', '.join(PROFILES)}")
        selected(registry, [command_line.layer])  # refuses what matches no check, even where there is no manifest
        self._registry = registry
        self.command_line = command_line
        self._configurations = configurations
        self._found: dict[tuple[int, tuple[str, ...]], Settings] = {}
        self._verified: dict[int, Configuration] = {}

    def configuration_of(self, name: str) -> Configuration:
        return NOTHING if self._configurations is None else self._configurations.of_manifest(name)

    def __call__(self, name: str) -> Settings:
        """Raises UsageError for a configuration that the checks do not bear out."""
        configuration = self.configuration_of(name)
        if id(configuration) not in self._verified:
            self._verified[id(configuration)] = configuration  # held, so that its id stays its own
            verify(configuration, self._registry)
        ignored = ignores_of(configuration, name)
        key = (id(configuration), ignored)
        if key not in self._found:
            self._found[key] = self._settings(configuration, ignored)
        return self._found[key]

    def _settings(self, configuration: Configuration, ignored: tuple[str, ...]) -> Settings:
        layers = [*layers_of(configuration), Layer(ignore=ignored), self.command_line.layer]
        profile = configuration.stated("profile")
        return Settings(
            checks=selected(self._registry, layers),
            profile=self.command_line.profile or (profile.value if profile else DEFAULT_PROFILE),
            options={} if configuration is NOTHING else _options(configuration, self._registry),
            severities={} if configuration is NOTHING else _severities(configuration, self._registry),
        )


def layers_of(configuration: Configuration) -> list[Layer]:
    """One for each file, the extended ones below those that extend them."""
    return [
        Layer(
            select=tuple(file.data["select"]) if "select" in file.data else None,
            extend_select=tuple(file.data.get("extend-select", ())),
            ignore=tuple(file.data.get("ignore", ())),
        )
        for file in configuration.files
    ]


def ignores_of(configuration: Configuration, name: str) -> tuple[str, ...]:
    """The selectors of all `per-file-ignores` whose pattern matches a manifest."""
    return tuple(selector for stated in matching_ignores(configuration, name) for selector in stated.value)


def matching_ignores(configuration: Configuration, name: str) -> list[Stated]:
    """The entries of `per-file-ignores` whose pattern matches; patterns start from the folder of their file."""
    entries = configuration.entries("per-file-ignores")
    if not entries:
        return []
    from archlint.engine.sources.gitignore import Rules, parse

    path = os.path.abspath(name)
    return [stated for pattern, stated in entries.items() if Rules(stated.file.folder, parse([pattern])).matches(path)]


def verify(configuration: Configuration, registry: Registry) -> None:
    """Raises ConfigurationError for what only the checks can tell: selectors and options that they do not know."""
    for file in configuration.files:
        mistakes = list(_mistakes(Configuration((file,)), registry))
        if mistakes:
            raise file.error(mistakes)


def verify_run(configuration: Configuration, registry: Registry) -> None:
    """Raises ConfigurationError for plug-ins that the configuration of the run requires and that are not there."""
    stated = configuration.stated("require-plugins")
    if stated is None:
        return
    from archlint.engine.configuration.requirements import missing_plugins

    there = {entry.distribution: entry.version for entry in registry.entry_points}
    mistakes = [Mistake(("require-plugins", index), text) for index, text in missing_plugins(stated.value, there)]
    if mistakes:
        raise stated.file.error(mistakes)


def _mistakes(alone: Configuration, registry: Registry) -> Iterator[Mistake]:
    for key in ("select", "extend-select", "ignore"):
        stated = alone.stated(key)
        yield from _unknown_in(stated, registry) if stated else ()
    for stated in alone.entries("per-file-ignores").values():
        yield from _unknown_in(stated, registry)
    for selector, stated in alone.entries("severity").items():
        problem = unknown_selector(selector, registry) or _always(selector, registry)
        if problem:
            yield Mistake(stated.path, problem, "key")
    yield from _option_mistakes(alone, registry)


def _unknown_in(stated: Stated, registry: Registry) -> Iterator[Mistake]:
    for index, selector in enumerate(stated.value):
        problem = unknown_selector(selector, registry)
        if problem:
            yield Mistake((*stated.path, index), problem)


def _always(selector: str, registry: Registry) -> str | None:
    """Why a selector gets no other severity: it means errors of manifests alone."""
    if any(weight(check, (selector,)) is not None for check in registry.checks) or selector == ALL:
        return None
    return f"`{selector}` is an error in the manifest itself, which has one severity"


def _option_mistakes(alone: Configuration, registry: Registry) -> Iterator[Mistake]:
    entries = alone.entries("checks")
    if not entries:
        return
    from archlint.engine.configuration.options import options_of

    seen: dict[str, str] = {}
    for name, stated in entries.items():
        check = registry.find(name)
        if check is None:
            yield Mistake(stated.path, _no_check(name, registry), "key")
        elif check.code in seen:
            yield Mistake(stated.path, f"`{seen[check.code]}` and `{name}` are one check; keep one table", "key")
        else:
            seen[check.code] = name
            for mistake in options_of(check, stated.value)[1]:
                on = mistake.on if mistake.path else "key"
                yield Mistake((*stated.path, *mistake.path), mistake.message, on)


def _no_check(name: str, registry: Registry) -> str:
    if any(name in (error.code, error.name) for error in MANIFEST_ERRORS.values()):
        return f"`{name}` has no options"
    near = registry.suggest(name)
    return f"no check `{name}`" + (f"; did you mean `{near}`?" if near else "")


def _options(configuration: Configuration, registry: Registry) -> dict[str, Options]:
    """Of all files together, option by option. Raises ConfigurationError where they do not go together."""
    merged: dict[str, dict[str, object]] = {}
    last: dict[str, Stated] = {}
    for file in configuration.files:
        for name, stated in Configuration((file,)).entries("checks").items():
            code = _code(name, registry)
            values = {option.replace("-", "_"): value for option, value in stated.value.items()}
            merged[code] = {**merged.get(code, {}), **values}
            last[code] = stated
    if not merged:
        return {}
    from archlint.engine.configuration.options import options_of

    found: dict[str, Options] = {}
    for code, values in merged.items():
        check = registry.find(code)
        options, mistakes = (None, []) if check is None else options_of(check, values)
        if options is None:
            raise last[code].error("; ".join(mistake.message for mistake in mistakes))
        found[code] = options
    return found


def _code(name: str, registry: Registry) -> str:
    check = registry.find(name)
    return check.code if check is not None else name


def _severities(configuration: Configuration, registry: Registry) -> dict[str, Severity]:
    """The longest selector decides; of equally long ones (a code and a name) that of the higher file, or the later."""
    stated = configuration.entries("severity")
    found: dict[str, Severity] = {}
    for check in registry.checks if stated else ():
        matching = [(found_weight, selector) for selector in stated
                    if (found_weight := weight(check, (selector,))) is not None]  # fmt: skip
        if matching:
            longest = max(length for length, _ in matching)
            selector = [selector for length, selector in matching if length == longest][-1]
            found[check.code] = Severity[stated[selector].value.upper()]
    return found
