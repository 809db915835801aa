"""Which configuration holds where: the nearest file, and those that it extends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from archlint.engine.configuration.file import (
    NAMES,
    PYPROJECT,
    ConfigurationFile,
    Mistake,
    read,
    shown,
)
from archlint.engine.errors import UsageError
from archlint.manifest.problems import Path
from archlint.records import dataclass
from archlint.version import VERSION


@dataclass(frozen=True, slots=True)
class Stated:
    """A value that a configuration states, and where: `path` within the settings of `file`."""

    value: Any
    file: ConfigurationFile
    path: Path

    @property
    def origin(self) -> str:
        return self.file.origin(self.path)

    def located(self, relative: str) -> str:
        """A path that the value names, absolute: paths start from the folder of the file that states them."""
        return os.path.normpath(os.path.join(self.file.folder, os.path.expanduser(relative)))

    def error(self, message: str, *below: str | int) -> UsageError:
        """What is wrong with the value, or with what lies in it."""
        return self.file.error([Mistake((*self.path, *below), message)])


@dataclass(frozen=True, slots=True)
class Configuration:
    """The files that hold, each extending the one before it; none where nothing is configured."""

    files: tuple[ConfigurationFile, ...] = ()

    def stated(self, key: str) -> Stated | None:
        """What the highest file that states a key says of it."""
        for file in reversed(self.files):
            if key in file.data:
                return Stated(file.data[key], file, (key,))
        return None

    def entries(self, key: str) -> dict[str, Stated]:
        """The entries of a table, those of higher files in place of the lower ones' of the same name."""
        found: dict[str, Stated] = {}
        for file in self.files:
            for name, value in file.data.get(key, {}).items():
                found.pop(name, None)
                found[name] = Stated(value, file, (key, name))
        return found


NOTHING = Configuration()


class Configurations:
    """Finds the configuration of a folder: reads each file once and asks the disk once for each folder.

    `only` is a file that holds everywhere, whatever lies nearer; `isolated` means that no file is read.
    """

    def __init__(self, only: str | None = None, isolated: bool = False) -> None:
        self._by_folder: dict[str, Configuration] = {}
        self._everywhere = NOTHING if isolated else self._named(only) if only is not None else None

    def of_run(self) -> Configuration:
        """The configuration of the current folder."""
        return self.of_folder(os.getcwd())

    def of_manifest(self, name: str) -> Configuration:
        """The configuration nearest above a manifest, by the name that reports use."""
        return self.of_folder(os.path.dirname(os.path.abspath(name)))

    def of_folder(self, folder: str) -> Configuration:
        """Of an absolute path. Raises UsageError for a configuration with mistakes."""
        if self._everywhere is not None:
            return self._everywhere
        passed: list[str] = []
        found: Configuration | None = None
        while found is None:
            found = self._by_folder.get(folder)
            if found is None:
                passed.append(folder)
                found = _in(folder)
                parent = os.path.dirname(folder)
                if found is None and (parent == folder or os.path.exists(os.path.join(folder, ".git"))):
                    found = NOTHING
                folder = parent
        self._by_folder.update(dict.fromkeys(passed, found))
        return found

    def _named(self, path: str) -> Configuration:
        file = read(os.path.abspath(path))
        if file is None:
            raise UsageError(f"{shown(path)}: has no table [tool.archlint]")
        return _whole(file)


def _in(folder: str) -> Configuration | None:
    """The configuration that stands in a folder itself. Raises UsageError where there are two."""
    found = [file for name in (*NAMES, PYPROJECT) if os.path.isfile(path := os.path.join(folder, name))
             if (file := read(path)) is not None]  # fmt: skip
    if len(found) > 1:
        names = " and ".join(file.name for file in found)
        raise UsageError(f"{names} both configure archlint for one folder; keep one of them")
    return _whole(found[0]) if found else None


def _whole(file: ConfigurationFile) -> Configuration:
    """A file with those that it extends, all of them right as far as that can be seen without the checks."""
    files = [file]
    while (base := _extended(files[-1])) is not None:
        if any(base.path == known.path for known in files):
            raise files[-1].error([Mistake(("extend",), f"{files[-1].name} extends itself, through {base.name}")])
        files.append(base)
    return Configuration(tuple(reversed(files)))


def _extended(file: ConfigurationFile) -> ConfigurationFile | None:
    _refuse_mistakes(file)
    if "extend" not in file.data:
        return None
    stated = Stated(file.data["extend"], file, ("extend",))
    path = stated.located(stated.value)
    if not os.path.isfile(path):
        raise stated.error(f"`{stated.value}` is no file")
    base = read(path)
    if base is None:
        raise stated.error(f"`{stated.value}` has no table [tool.archlint]")
    return base


def _refuse_mistakes(file: ConfigurationFile) -> None:
    from archlint.engine.configuration.keys import mistakes

    found = list(_version_mistakes(file)) or list(mistakes(file.data))
    if found:
        raise file.error(found)


def _version_mistakes(file: ConfigurationFile) -> Iterator[Mistake]:
    """Before all others: a key that this version does not know is then explained."""
    wanted = file.data.get("required-version")
    if not isinstance(wanted, str) or not wanted:
        return
    from archlint.engine.configuration.requirements import RequirementError, satisfies

    try:
        if not satisfies(VERSION, wanted):
            yield Mistake(("required-version",), f"requires archlint {wanted}; this is {VERSION}")
    except RequirementError as error:
        yield Mistake(("required-version",), str(error))
