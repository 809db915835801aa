"""From the bytes of a file to its manifest, or to all that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archlint.manifest.problems import Place, Problem, Related
from archlint.manifest.reader import Document, read
from archlint.manifest.validation import validate
from archlint.records import dataclass, replace

if TYPE_CHECKING:
    from archlint.manifest.manifest import Manifest
    from archlint.manifest.overrides import Applied, OverrideError, Overrides

_UNREADABLE = ("MAN001", "MAN006")


@dataclass(frozen=True, slots=True)
class Loaded:
    """One file. `document.data` is what the file states with the assumptions applied, before its defaults.

    Every problem has its place. `unmatched` holds the options that changed nothing in this file: an error of
    the run when they changed nothing in any (`overrides.raise_unmatched`).
    """

    document: Document
    manifest: Manifest | None
    problems: tuple[Problem, ...] = ()
    assumptions: tuple[str, ...] = ()
    unmatched: tuple[OverrideError, ...] = ()


def load(source: bytes, name: str, overrides: Overrides | None = None) -> Loaded:
    return load_document(read(source, name), overrides)


def load_document(document: Document, overrides: Overrides | None = None) -> Loaded:
    """As `load`, of a file that has been read: for many assumptions about one file."""
    if document.data is None or any(problem.code in _UNREADABLE for problem in document.problems):
        return Loaded(document, None, _placed(document.problems, document))
    if overrides is None:
        manifest, problems = validate(document)
        return _loaded(document, manifest, problems)
    return _assumed(document, overrides)


def _assumed(document: Document, overrides: Overrides) -> Loaded:
    from archlint.manifest.overrides import AssumedSpans, apply_overrides

    assert document.data is not None
    applied = apply_overrides(document.data, overrides)
    spans = AssumedSpans(document.spans, tuple(applied.changed))
    assumed = replace(document, data=applied.data, spans=spans)
    manifest, problems = validate(assumed)
    loaded = _loaded(assumed, manifest, [_naming_option(problem, applied) for problem in problems])
    return replace(loaded, assumptions=tuple(applied.assumptions), unmatched=tuple(applied.unmatched))


def _loaded(document: Document, manifest: Manifest | None, problems: list[Problem]) -> Loaded:
    if not document.problems and not problems:
        return Loaded(document, manifest)
    return Loaded(document, None, _placed([*document.problems, *problems], document))


def _placed(problems: list[Problem], document: Document) -> tuple[Problem, ...]:
    return tuple(sorted((_with_place(problem, document) for problem in problems), key=_order))


def _with_place(problem: Problem, document: Document) -> Problem:
    """What comes through an alias or a `<<` is reported there, with the anchor beside it."""
    if problem.place is not None:
        return problem
    place = document.spans.place_of(problem.path, problem.on)
    anchor = document.spans.anchor_of(problem.path)
    related = () if anchor is None else (Related("the anchor is here", anchor),)
    return replace(problem, place=place, related=(*problem.related, *related))


def _order(problem: Problem) -> tuple[Place, str, str]:
    assert problem.place is not None
    return problem.place, problem.code, problem.message


def _naming_option(problem: Problem, applied: Applied) -> Problem:
    """A value that an option gave has no place in the file: the message names the option."""
    for length in range(len(problem.path), 0, -1):
        option = applied.changed.get(problem.path[:length])
        if option is not None:
            return replace(problem, message=f"{problem.message} (given by {option})")
    return problem
