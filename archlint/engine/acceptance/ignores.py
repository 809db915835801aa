"""Inline ignores: `# archlint: ignore[LAW121, single-zone] reason` (contracts.md).

At the end of a line it acts on findings whose place begins on that line; alone on a line, on the next one that
is neither blank nor a comment. What is malformed suppresses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from archlint.engine.acceptance.targets import Target, Targets, shortened
from archlint.engine.places import route_of
from archlint.engine.results import Report, ReportedFinding, Suppressed
from archlint.manifest.comments import MARK, Comment, directives
from archlint.manifest.spans import SpanIndex
from archlint.records import dataclass
from archlint.system.elements import System
from archlint.system.suppressions import Ignore, Mistake

_DIRECTIVE = re.compile(r"ignore\[([^\[\]]*)\](.*)")
_FORM = "Write `# archlint: ignore[CODE, ...] reason`."
_SEPARATORS = " \t:;,-–—"
_NOTHING = re.compile(r"[ \t]*(?:#[^\r\n]*)?")
_PASSED = re.compile(rf"(?:{_NOTHING.pattern}(?:\r\n|\r|\n))+")
"""Lines that are blank, or comments."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What a comment says: names and a reason, or what is wrong with it."""

    names: tuple[str, ...] = ()
    reason: str = ""
    mistake: Mistake | None = None


@dataclass(slots=True)
class _Acting:
    """One name of an ignore, and whether it suppressed anything."""

    ignore: Ignore
    name: str
    target: Target
    used: bool = False


class Ignores:
    """The ignores of a run, as a suppressor; each stands in the `ignores` of its system."""

    def __init__(self, systems: Iterable[System], targets: Targets) -> None:
        self._targets = targets
        self._acting: dict[tuple[str, int | None], list[_Acting]] = {}
        for system in systems:
            system.ignores = [self._read(system, comment) for comment in directives(system.document)]

    def suppress(self, finding: ReportedFinding) -> Suppressed | None:
        answers = []
        for acting in self._acting.get((finding.file, finding.place.line), ()):
            if acting.target.is_of(finding):
                acting.used = True
                answers.append(Suppressed("inline", acting.ignore.reason or None))
        return answers[0] if answers else None

    def settle(self, report: Report) -> None:
        """Note in each ignore which of its names were not needed."""
        for acting in (acting for group in self._acting.values() for acting in group):
            ignore = acting.ignore
            if not acting.used and self._targets.decided(acting.target, ignore.system, route_of(ignore), report):
                ignore.unused += (acting.name,)

    def _read(self, system: System, comment: Comment) -> Ignore:
        said, spans = _parse(comment), system.document.spans
        line = _line_after(comment, spans) if comment.alone else comment.place.line
        named = [(name, self._targets.ignored(name)) for name in said.names]
        mistakes = [read for _, read in named if isinstance(read, Mistake)]
        ignore = Ignore(
            system=system,
            text=f"{comment.mark} {comment.text}",
            path=(None if line is None else spans.path_on(line)) or system.path,
            place=comment.place,
            line=line,
            names=said.names,
            reason=said.reason,
            mistakes=tuple([said.mistake, *mistakes] if said.mistake else mistakes),
        )
        for name, read in named:
            if isinstance(read, Target):
                self._acting.setdefault((system.document.name, line), []).append(_Acting(ignore, name, read))
        return ignore


def _line_after(comment: Comment, spans: SpanIndex) -> int | None:
    """The next line that is neither blank nor a comment: adding one of either never moves an ignore."""
    end = spans.lines.begin(comment.place.end_line) + comment.place.end_column - 1
    passed = _PASSED.match(spans.text, end)
    if passed is None or _NOTHING.fullmatch(spans.text, passed.end()):
        return None
    return spans.lines.position(passed.end())[0]


def _parse(comment: Comment) -> _Said:
    found = _DIRECTIVE.fullmatch(comment.text)
    if comment.mark != MARK:
        return _Said(mistake=Mistake(f"`{comment.mark}` is not how a comment for archlint begins", _FORM))
    if found is None:
        return _Said(mistake=_malformed(comment.text))
    names = tuple(dict.fromkeys(name.strip() for name in found[1].split(",") if name.strip()))
    if not names:
        return _Said(mistake=Mistake("an ignore names no check between its brackets", _FORM))
    if found[2].startswith("[") or MARK in found[2]:
        text = shortened(comment.text)
        return _Said(mistake=Mistake(f"`{text}` is more than one ignore", "Name all checks in one pair of brackets."))
    return _Said(names, found[2].lstrip(_SEPARATORS))


def _malformed(text: str) -> Mistake:
    if not re.match(r"ignore(?![\w-])", text):
        return Mistake(f"`{shortened(text)}` tells archlint nothing that it knows", _FORM)
    if re.match(r"ignore[ \t]+\[", text):
        return Mistake("a space stands between `ignore` and its brackets", _FORM)
    if text.startswith("ignore["):
        what = "has brackets within its brackets" if "]" in text else "never closes its brackets"
        return Mistake(f"an ignore {what}", _FORM)
    return Mistake("an ignore names no check in brackets", _FORM)
