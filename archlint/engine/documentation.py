"""The documentation of a check, read from its docstring: one source for explain, the reference and SARIF."""

from __future__ import annotations

import inspect
import re

from archlint.engine.manifest_errors import ManifestError
from archlint.plugin import Check
from archlint.records import dataclass

SECTIONS = ("What it finds", "Why it matters", "At 3 AM", "How to fix", "When it is wrong", "Sources")
EXAMPLES = ("Risky", "Safe")

_HEADING = re.compile(r"^(What it finds|Why it matters|At 3 AM|How to fix|When it is wrong|Sources|Risky|Safe):")


@dataclass(frozen=True, slots=True)
class Page:
    """A documentation: its summary, its sections by heading, and its two example manifests."""

    summary: str
    sections: dict[str, str]
    risky: str
    safe: str


def page_of(check: Check | ManifestError) -> Page:
    """Split a docstring at its fixed headings; what is missing is empty (the test kit refuses that).

    A heading stands at the left margin, `What it finds: text ...`, going on in the lines below it. The
    examples `Risky:` and `Safe:` are indented blocks of manifest.
    """
    text = inspect.cleandoc(check.documentation)
    blocks: dict[str, list[str]] = {"": []}
    current = ""
    for line in text.splitlines():
        match = _HEADING.match(line)
        if match:
            current = match.group(1)
            blocks[current] = [line[match.end() :].strip()]
        else:
            blocks[current].append(line)
    return Page(
        summary=_joined(blocks[""]),
        sections={heading: _prose(blocks.get(heading, [])) for heading in SECTIONS},
        risky=_dedented(blocks.get("Risky", [])),
        safe=_dedented(blocks.get("Safe", [])),
    )


def _joined(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines if line.strip())


def _prose(lines: list[str]) -> str:
    """The text of a section: it goes on after its heading in the docstring, and begins anew on a page."""
    text = _dedented(lines)
    return text[:1].upper() + text[1:]


def _dedented(lines: list[str]) -> str:
    head, rest = lines[:1], inspect.cleandoc("\n".join(["", *lines[1:]]))
    return "\n".join([*head, rest]).strip()
