"""From a manifest and sources to their drift."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from archlint.engine.errors import UsageError
from archlint.engine.sources.discovery import discover, read_source
from archlint.importers.drift.comparison import Drift, compare
from archlint.importers.importing import Asked, Imported, import_sources, module_of
from archlint.manifest.loading import Loaded, load
from archlint.records import dataclass


class InvalidManifestError(Exception):
    """The manifest is not valid; `lines` say why, each with its place."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


@dataclass(slots=True)
class Found:
    """The drift of a manifest, by its name, and the import that it was held against."""

    manifest: str
    drifts: tuple[Drift, ...]
    imported: Imported


def find_drift(manifest: str, asked: Sequence[Asked], names: Mapping[str, str], ignored: Iterable[str] = ()) -> Found:
    """`names` gives the source's name of a component, `ignored` are patterns of routes that may differ.

    Raises UsageError for what is not there, InvalidManifestError for a manifest that is not valid.
    """
    path = _one(manifest)
    source = read_source(path)
    stated = _sound(load(source.content, source.name))
    imported = import_sources(asked)
    if not imported.components:
        raise UsageError("nothing that was read describes a component: there is nothing to compare with")
    unknown = [name for name in names if name not in _components(stated)]
    if unknown:
        raise UsageError(f"--map {unknown[0]}={names[unknown[0]]}: the manifest has no component `{unknown[0]}`")
    draft = _sound(load(imported.text().encode(), "draft"))
    patterns = tuple(pattern.replace("[", "[[]") for pattern in ignored)  # routes have brackets: these mean themselves
    drifts = tuple(
        drift
        for drift in compare(stated, draft, imported.finished, names)
        if not (drift.kind == "only-in-manifest" and _is_partial(imported))
        and not any(fnmatchcase(drift.route, pattern) for pattern in patterns)
    )
    return Found(source.name, drifts, imported)


def contradictions(stated: Loaded, imported: Imported) -> Iterator[str]:
    """A line for each field that sources state otherwise than a manifest does."""
    if not imported.components:
        return
    draft = _sound(load(imported.text().encode(), "draft"))
    for drift in compare(stated, draft, imported.finished, {}):
        if drift.kind == "differs":
            where = f"{stated.document.name}:{drift.place.line}"
            yield f"{where}: note: {drift.message} ({drift.origin}); what stands in the manifest is kept"


def _is_partial(imported: Imported) -> bool:
    """Whether no source that was read shows all there is, so that what it lacks is no drift."""
    return all(getattr(module_of(source), "IS_PARTIAL", False) for source in imported.sources)


def _one(manifest: str) -> Path:
    """A named file, or the only manifest of a folder."""
    found = discover([Path(manifest)])
    if len(found) == 1:
        return found[0]
    what = "no manifest" if not found else f"{len(found)} manifests"
    raise UsageError(f"{what} below {manifest}; name the one to compare")


def _components(loaded: Loaded) -> set[str]:
    data = loaded.document.data or {}
    return {name for section in data.values() if isinstance(section, dict) for name in section}


def _sound(loaded: Loaded) -> Loaded:
    if loaded.manifest is None:
        raise InvalidManifestError([_line(loaded.document.name, problem) for problem in loaded.problems])
    return loaded


def _line(name: str, problem: object) -> str:
    place = getattr(problem, "place", None)
    where = f"{name}:{place.line}:{place.column}" if place is not None else name
    return f"{where}: error: {getattr(problem, 'code', '')} {getattr(problem, 'message', '')}"
