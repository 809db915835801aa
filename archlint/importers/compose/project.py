"""The services of a Compose project: its files over each other, with what they include and extend."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from archlint.importers.compose.environment import conceal_named_secrets, variables_of
from archlint.importers.compose.layers import Layers, Scope
from archlint.importers.draft import Draft
from archlint.importers.gathering import Sources, report
from archlint.importers.reading.files import SourceError, SourceFile
from archlint.importers.reading.tree import Part

MAX_CHAIN = 100
"""Services that may extend one another, and files that may include one another, before it is refused."""


class Project:
    """What the files of one project say, not yet understood."""

    def __init__(self, sources: Sources, draft: Draft) -> None:
        self._sources, self._draft = sources, draft
        self.scope = Scope()
        self.files: list[SourceFile] = []
        self._stated: dict[str, list[Part]] = {}
        self._top: list[Part] = []
        self._folders: dict[SourceFile, str] = {}

    def add(self, files: Iterable[SourceFile]) -> None:
        """Files that were given, each over the ones before it; the first one's folder holds the variables."""
        given = list(files)
        folder = _folder(given[0])
        variables = self._dotenv(given[0], folder)
        for file in given:
            self._add(file, folder, variables, ())

    def _add(self, file: SourceFile, folder: str, variables: Mapping[str, str], above: tuple[SourceFile, ...]) -> None:
        if file in self.files:
            return
        self.files.append(file)
        self.scope.give(file, variables)
        self._folders.setdefault(file, folder)
        for document in file.documents:
            for item in document["include"].each():
                self._include(item, file, variables, (*above, file))
            conceal_named_secrets(document)
            self._top.append(document)
            for name, service in document["services"].items():
                self._stated.setdefault(name, []).append(service)

    def _dotenv(self, file: SourceFile, folder: str, path: str = ".env") -> Mapping[str, str]:
        at = os.path.join(folder, path)
        if not Path(at).is_file():
            return {}
        try:
            read = self._sources.beside(os.path.relpath(at, _folder(file) or "."), file)
        except SourceError as error:
            self._draft.note(f"{path} is not read: {error}", file=file.name)
            return {}
        return {key: text.value for key, text, _ in variables_of(read, {}) if text is not None and not text.missing}

    def _include(
        self, item: Part, file: SourceFile, variables: Mapping[str, str], above: tuple[SourceFile, ...]
    ) -> None:
        paths = [item["path"], *item["path"].each()] if item.is_mapping else [item]
        folder = None
        for part in paths:
            text = self.scope.text(part)
            path = None if text is None else text.known
            if text is None:
                continue
            if path is None or "://" in path or path.startswith("git@"):
                self._draft.note("an include that lies elsewhere, or is named by a variable, is not read", part.origin)
                continue
            try:
                included = self._sources.beside(self._seen_from(file, path), file)
                self._refuse_circle(included, above)
            except SourceError as error:
                self._draft.error(f"include `{path}`: {error}", part.origin)
                continue
            if folder is None:
                folder, variables = self._surroundings(item, included, file, variables)
            try:
                self._add(included, folder, variables, above)
            except SourceError as error:
                report(self._draft, error)

    def _surroundings(
        self, item: Part, included: SourceFile, file: SourceFile, variables: Mapping[str, str]
    ) -> tuple[str, Mapping[str, str]]:
        """The folder and the variables of what is included."""
        stated = self.scope.text(item["project_directory"])
        folder = os.path.join(_folder(file), stated.known) if stated and stated.known else _folder(included)
        own: dict[str, str] = {}
        env_files = [item["env_file"], *item["env_file"].each()]
        for part in env_files:
            if path := part.text():
                own |= self._dotenv(file, _folder(file), path)
        if not any(part.text() for part in env_files):
            own |= self._dotenv(included, folder)
        return folder, {**own, **variables}

    def _seen_from(self, file: SourceFile, path: str) -> str:
        """A path that a file names, which is relative to the project's folder, as seen from the file."""
        folder = os.path.relpath(self._folders.get(file, _folder(file)) or ".", _folder(file) or ".")
        return os.path.normpath(os.path.join(folder, path))

    def _refuse_circle(self, included: SourceFile, above: tuple[SourceFile, ...]) -> None:
        if included in above or len(above) > MAX_CHAIN:
            chain = [*above[above.index(included) if included in above else 0 :], included]
            names = " -> ".join(file.name for file in chain[:6])
            raise SourceError(included.name, f"files include one another without an end: {names}")

    def services(self) -> dict[str, Layers]:
        """Each service as all files together state it."""
        return {name: Layers(self._extended(name), self.scope, name) for name in self._stated}

    def section(self, name: str) -> Layers:
        """What stands outside services, such as `networks`."""
        return Layers((part[name] for part in self._top if part.is_mapping and name in part.value), self.scope, name)

    def _extended(self, name: str) -> list[Part]:
        """The parts that state a service, those of the services that it extends below its own."""
        services: Mapping[str, list[Part]] = self._stated
        levels = [services[name]]
        chain = [(levels[0][0].file.name, name)]
        while (extends := _extends(levels[-1])) is not None:
            try:
                wanted, services = self._extension(extends, services)
                base = services.get(wanted)
                if base is None:
                    raise SourceError("", f"{name} extends `{wanted}`, which is not there")
                step = (base[0].file.name, wanted)
                if step in chain or len(chain) > MAX_CHAIN:
                    names = " -> ".join(service for _, service in [*chain[:6], step])
                    raise SourceError("", f"services extend one another without an end: {names}")
            except SourceError as error:
                self._draft.error(f"extends: {error}", extends.origin)
                break
            chain.append(step)
            levels.append(base)
        return [part for level in reversed(levels) for part in level]

    def _extension(self, extends: Part, services: Mapping[str, list[Part]]) -> tuple[str, Mapping[str, list[Part]]]:
        """The name of the service that is extended, and the services among which it is found."""
        named = self.scope.text(extends["service"] if extends.is_mapping else extends)
        if named is None or named.known is None:
            raise SourceError("", "`extends` does not say which service")
        stated = self.scope.text(extends["file"])
        if stated is None:
            return named.known, services
        if stated.known is None:
            raise SourceError("", "the file that `extends` names depends on a variable without a value")
        try:
            file = self._sources.beside(self._seen_from(extends.file, stated.known), extends.file)
        except SourceError as error:
            raise SourceError(error.file, f"`{stated.known}`: {error}") from error
        self.scope.give(file, self.scope.of(extends.file))
        self._folders.setdefault(file, _folder(file))
        return named.known, {name: [part] for document in file.documents for name, part in document["services"].items()}


def _folder(file: SourceFile) -> str:
    return os.path.dirname(file.path) if file.path is not None else ""


def _extends(parts: list[Part]) -> Part | None:
    return next((part["extends"] for part in reversed(parts) if part["extends"]), None)
