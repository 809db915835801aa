"""Variables in the values of Compose files: `$NAME`, `${NAME:-default}` and their kin, nested or not."""

from __future__ import annotations

import re
from collections.abc import Mapping

from archlint.records import dataclass

UNKNOWN = "\u01c0"
"""Stands in a text for what a variable without a value would be: a letter that is part of no host name."""

MAX_LENGTH = 100_000
MAX_DEPTH = 30

_BEGIN = re.compile(r"\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(:?[-?+]|\})?)")
_INNER = re.compile(r"\$\$|\$\{|\}")


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its variables filled in; `missing` are those without a value, for which UNKNOWN stands."""

    value: str
    missing: tuple[str, ...] = ()

    @property
    def known(self) -> str | None:
        """The text, where all of it is known and there is any."""
        return None if self.missing else self.value.strip() or None


def interpolate(text: str, variables: Mapping[str, str]) -> Text:
    if "$" not in text:
        return Text(text)
    missing: dict[str, None] = {}
    value = _filled(text, variables, missing, 0)
    if len(value) > MAX_LENGTH:
        return Text(UNKNOWN, ("$",))
    return Text(value, tuple(missing))


def _filled(text: str, variables: Mapping[str, str], missing: dict[str, None], depth: int) -> str:
    pieces: list[str] = []
    at, length = 0, 0
    while length <= MAX_LENGTH and (found := _BEGIN.search(text, at)) is not None:
        pieces += [text[at : found.start()], piece := ""]
        escaped, bare, braced, operator = found.groups()
        at = found.end()
        if escaped:
            piece = "$"
        elif bare or operator == "}":
            piece = _value(bare or braced, variables, missing)
        elif operator is not None:
            end = _closing(text, at)
            alternative = text[at : end - 1]
            at = end
            piece = _chosen(braced, operator, alternative, variables, missing, depth)
        else:
            piece = UNKNOWN  # not a form that there is
        pieces[-1] = piece
        length += len(piece)
    return "".join([*pieces, text[at:]])


def _value(name: str, variables: Mapping[str, str], missing: dict[str, None]) -> str:
    if name in variables:
        return variables[name]
    missing[name] = None
    return UNKNOWN


def _chosen(
    name: str, operator: str, alternative: str, variables: Mapping[str, str], missing: dict[str, None], depth: int
) -> str:
    """What `${NAME<operator>alternative}` stands for; with a colon an empty value counts as none."""
    value = variables.get(name)
    given = value is not None and (value != "" or ":" not in operator)
    if operator.endswith("+"):
        return _filled(alternative, variables, missing, depth + 1) if given and depth < MAX_DEPTH else ""
    if given and value is not None:
        return value
    if operator.endswith("-") and depth < MAX_DEPTH:
        return _filled(alternative, variables, missing, depth + 1)
    missing[name] = None
    return UNKNOWN


def _closing(text: str, at: int) -> int:
    """Where the brace ends that was opened before `at`; the end of the text where it never does."""
    depth = 1
    for found in _INNER.finditer(text, at):
        if found[0] == "${":
            depth += 1
        elif found[0] == "}":
            depth -= 1
        if depth == 0:
            return found.end()
    return len(text) + 1
