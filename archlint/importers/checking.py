"""Lints what other tools' files say, without a manifest: findings stand in those files."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence

from archlint.engine.configuration.settings import SettingsOf
from archlint.engine.errors import UsageError
from archlint.engine.registration import load_registry
from archlint.engine.registry import Registry
from archlint.engine.results import RelatedPlace, Report, ReportedFinding
from archlint.engine.session import Request, run, settings_finder
from archlint.engine.sources.discovery import repository_paths
from archlint.importers.importing import Asked, Imported, import_sources
from archlint.importers.reading.files import Origin
from archlint.manifest.problems import Place
from archlint.manifest.reader import Document, read
from archlint.manifest.routes import RouteError, parse_route, resolve
from archlint.plugin import Severity
from archlint.records import replace

_OF_WRITTEN_MANIFESTS = frozenset({"MAN010"})
"""Checks of what a person has forgotten to write. What a source does not draw, nobody has forgotten."""
_NOWHERE = Place(1, 1, 1, 1)


def check_from(asked: Sequence[Asked], request: Request, stdin: bytes | None = None) -> tuple[Report, Imported]:
    """The report on the system that the sources describe, each finding where a source states what it is about.

    Raises UsageError where nothing that was read describes a component and the request does not allow that.
    """
    imported = import_sources(asked, stdin=stdin)
    if not imported.components and not request.allow_empty:
        raise UsageError(_nothing(asked, imported))
    text = imported.text()
    name = os.path.join(_folder(asked), "archlint.yaml")
    registry = load_registry(rules=request.rules)
    report = run(replace(request, paths=("-",), stdin=text.encode(), stdin_filename=name), registry)
    relocation = _Relocation(imported, read(text.encode(), name), registry, settings_finder(request, registry))
    return relocation.report(report), imported


def _nothing(asked: Sequence[Asked], imported: Imported) -> str:
    paths = ", ".join(path for ask in asked for path in ask.paths)
    why = f": {imported.errors[0].message}" if imported.errors else ""
    return f"nothing below {paths} describes a component{why} (--allow-empty accepts that)"


def _folder(asked: Sequence[Asked]) -> str:
    """Where the configuration for the sources is looked for."""
    path = next((path for ask in asked for path in ask.paths if path != "-"), ".")
    return path if os.path.isdir(path) else os.path.dirname(path)


class _Relocation:
    """From the drafted manifest, which nobody sees, to the files that it was drafted from."""

    def __init__(self, imported: Imported, draft: Document, registry: Registry, settings_of: SettingsOf) -> None:
        self._imported, self._draft = imported, draft
        self._data = draft.data or {}
        self._codes = frozenset(check.code for check in registry.checks)
        self._settings_of = settings_of

    def report(self, report: Report) -> Report:
        moved = filter(self._is_wanted, map(self._finding, report.findings))
        findings = sorted(moved, key=lambda finding: (*finding.order, finding.key))
        sources = {file.name: file.shown for file in self._imported.files}
        told = Counter(finding.severity for finding in findings if finding.suppressed is None)
        counts = {severity.name.lower(): told[severity] for severity in Severity}
        summary = replace(report.summary, files=self._drawn_from(), **counts)
        return replace(
            report,
            findings=tuple(findings),
            sources=sources,
            summary=summary,
            locations=repository_paths(sources),
        )

    def _is_wanted(self, finding: ReportedFinding) -> bool:
        """Whether the configuration of the file that it moved to, `per-file-ignores` above all, has the check run."""
        if finding.code not in self._codes:
            return True
        return any(check.code == finding.code for check in self._settings_of(finding.file).checks)

    def _drawn_from(self) -> int:
        """How many files say something of the system: a folder holds others too."""
        return len({origin.file.name for origin in self._imported.finished.origins.values() if origin.file.name})

    def _finding(self, finding: ReportedFinding) -> ReportedFinding:
        if finding.code in _OF_WRITTEN_MANIFESTS:
            finding = replace(finding, severity=Severity.INFO)
        origin = self._origin(finding)
        related = tuple(self._related(finding))
        if origin is None:
            file = next((file.name for file in self._imported.files), finding.file)
            return replace(finding, file=file, place=_NOWHERE, related=related)
        return replace(finding, file=origin.file.name, place=origin.place, related=related)

    def _origin(self, finding: ReportedFinding) -> Origin | None:
        """Of the longest part of the finding's route that a source states."""
        try:
            path = resolve(parse_route(finding.path), self._data, absent=True) if finding.path else ()
        except RouteError:
            path = self._draft.spans.path_on(finding.place.line) or ()
        return self._known(self._imported.finished.origin(path))

    def _related(self, finding: ReportedFinding) -> Iterator[RelatedPlace]:
        for related in finding.related:
            path = self._draft.spans.path_on(related.place.line)
            origin = self._known(self._imported.finished.origin(path or ()))
            if origin is not None:
                yield RelatedPlace(origin.file.name, origin.place, related.message)

    @staticmethod
    def _known(origin: Origin | None) -> Origin | None:
        return origin if origin is not None and origin.file.name else None
