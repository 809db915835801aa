"""The settings of a run: the command line over the environment over the configuration over the defaults."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from archlint.cli.parameters import Output, output_of
from archlint.engine.configuration.search import Configuration, Configurations, Stated
from archlint.records import dataclass

if TYPE_CHECKING:
    from archlint.engine.sources.gitignore import Rules

F = TypeVar("F", bound=Callable[..., Any])

COMMAND_LINE = "command line"
DEFAULT = "default"

_OPTIONS = (
    click.option("--config", metavar="FILE", envvar="ARCHLINT_CONFIG", show_envvar=True,
                 help="Use this configuration for everything, instead of the nearest."),
    click.option("--isolated", is_flag=True, help="Use no configuration."),
    click.option("--exclude", multiple=True, metavar="GLOB",
                 help="Leave out what matches, as .gitignore writes patterns (repeatable)."),
    click.option("--force-exclude", is_flag=True, help="Leave it out even where it is named in PATHS."),
)  # fmt: skip


def configuration_options(function: F) -> F:
    """--config, --isolated, --exclude and --force-exclude, in this order."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it came from; `stated` where that is a configuration."""

    value: Any
    source: str = DEFAULT
    stated: Stated | None = None

    @property
    def origin(self) -> str:
        return self.source if self.stated is None else self.stated.origin


class RunSettings:
    """What holds for a whole run. Every method raises UsageError for a value of a configuration that will not do."""

    def __init__(self, context: click.Context) -> None:
        given = context.params
        self._context = context
        self.configurations = Configurations(given["config"], given["isolated"])
        self._configuration: Configuration = self.configurations.of_run()

    def setting(self, key: str, parameter: str | None = None) -> Setting:
        """Of a key, and of the parameter of the command line that says the same."""
        name = parameter or key
        value = self._context.params.get(name)
        source = self._context.get_parameter_source(name)
        if source is ParameterSource.COMMANDLINE:
            return Setting(value, COMMAND_LINE)
        if source is ParameterSource.ENVIRONMENT:
            return Setting(value, f"ARCHLINT_{key.upper()}")
        stated = self._configuration.stated(key)
        return Setting(value) if stated is None else Setting(stated.value, stated=stated)

    def given(self, parameter: str) -> Any:
        """The value of a parameter where the command line or the environment states it, None elsewhere."""
        source = self._context.get_parameter_source(parameter)
        is_stated = source in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
        return self._context.params[parameter] if is_stated else None

    @property
    def format(self) -> str:
        return str(self.setting("format").value)

    @property
    def fail_on(self) -> str:
        return str(self._fail_on.value)

    @property
    def _fail_on(self) -> Setting:
        if self._context.params.get("exit_zero"):
            return Setting("never", COMMAND_LINE)
        return self.setting("fail-on", "fail_on")

    def outputs(self) -> tuple[Output, ...]:
        setting = self.setting("output", "outputs")
        stated = setting.stated
        if stated is None:
            return tuple(setting.value)
        return tuple(_output(stated, text, *below) for text, below in _each(stated))

    def baseline(self) -> str | None:
        setting = self.setting("baseline")
        return setting.value if setting.stated is None else setting.stated.located(setting.value)

    def exclude(self) -> tuple[Rules, ...]:
        setting = self.setting("exclude")
        if not setting.value:
            return ()
        from archlint.engine.sources.gitignore import Rules, parse

        folder = os.getcwd() if setting.stated is None else setting.stated.file.folder
        return (Rules(folder, parse(_from_here(pattern) for pattern in setting.value)),)

    def technologies(self) -> tuple[Path, ...]:
        return technologies_of(self._configuration)

    def rules(self) -> tuple[str, ...]:
        setting = self.setting("rules")
        return tuple(setting.value) if setting.stated is None else rules_of(self._configuration)

    def shown(self) -> Iterator[tuple[str, Any, str]]:
        """Each key of the run with its value and where that came from."""
        from archlint.engine.configuration.keys import KEYS

        for key in (key.name for key in KEYS if key.of == "run"):
            parameter = {"output": "outputs", "fail-on": "fail_on"}.get(key, key)
            setting = self._fail_on if key == "fail-on" else self.setting(key, parameter)
            value = setting.value
            if key == "output" and setting.stated is None:
                value = [f"{o.format}={o.file}" if o.format else o.file for o in setting.value]
            yield key, value if value is not None else [], setting.origin


def nearest() -> Configuration:
    """That of the run, for commands that take no other."""
    return Configurations(os.environ.get("ARCHLINT_CONFIG")).of_run()


def technologies_of(configuration: Configuration) -> tuple[Path, ...]:
    stated = configuration.stated("technologies")
    return () if stated is None else tuple(_folder(stated, text, *below) for text, below in _each(stated))


def rules_of(configuration: Configuration) -> tuple[str, ...]:
    stated = configuration.stated("rules")
    return () if stated is None else tuple(stated.located(text) for text, _ in _each(stated))


def _each(stated: Stated) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The texts of a value that is one or a list of them, each with its path below the value."""
    if isinstance(stated.value, str):
        yield stated.value, ()
    else:
        yield from ((text, (index,)) for index, text in enumerate(stated.value))


def _output(stated: Stated, text: str, *below: int) -> Output:
    try:
        output = output_of(text)
    except click.BadParameter as error:
        raise stated.error(error.message, *below) from error
    return Output(stated.located(output.file), output.format)


def _folder(stated: Stated, text: str, *below: int) -> Path:
    path = Path(stated.located(text))
    if not path.is_dir():
        raise stated.error(f"`{text}` is no folder", *below)
    return path


def _from_here(pattern: str) -> str:
    """`./generated` is meant as the path that it looks like."""
    return pattern[1:] if pattern.startswith("./") else pattern


def settings_as_text(run: Iterable[tuple[str, Any, str]], manifests: Iterable[tuple[list[str], Any]]) -> str:
    """The settings of the run, then those of the manifests, each set with the manifests that it is for."""
    lines = ["# the run", *_lines(run)]
    for names, settings in manifests:
        lines += ["", *(f"# {name}" for name in names), *_lines(settings)]
    return "\n".join(lines) + "\n"


def _lines(settings: Iterable[tuple[str, Any, str]]) -> Iterator[str]:
    for key, value, origin in settings:
        yield f"{key} = {json.dumps(value, ensure_ascii=False)}  # {origin}"


def settings_as_json(run: Iterable[tuple[str, Any, str]], manifests: Iterable[tuple[list[str], Any]]) -> str:
    document = {
        "version": 1,
        "run": _rows(run),
        "manifests": [{"files": names, "settings": _rows(settings)} for names, settings in manifests],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _rows(settings: Iterable[tuple[str, Any, str]]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value, "origin": origin} for key, value, origin in settings]
