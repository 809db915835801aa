"""What documents of interfaces, OpenAPI and AsyncAPI, have in common: the application that they describe."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archlint.importers.draft import Component, Draft
from archlint.importers.names import slug
from archlint.importers.reading.tree import Part

_KINDS = ("api", "service", "app", "application", "server", "rest", "http", "async", "events", "event")
"""Words at the end of a title that say what the document is, not what it is about."""
_INTERNAL = re.compile(r"^[^.]+$|\.svc$|\.svc\.|\.internal$|\.local$")
_LONGEST = 160


def application(draft: Draft, document: Part, file_stem: str, hosts: Sequence[str] = ()) -> Component:
    """The component that a document describes: one that other sources know, or a new one.

    It is known by the name of an internal host, or by its title, with or without words such as `API`.
    """
    info = document["info"]
    title = info["title"]
    name = slug(title.text() or "") or slug(re.split(r"[:/]", document["id"].text() or file_stem)[-1]) or "application"
    spellings = (*(host.split(".")[0] for host in hosts if _INTERNAL.search(host)), *_spellings(name))
    known = next((found for known in spellings if (found := draft.find(known)) is not None), None)
    if known is None or known.section not in ("services", "externals", "jobs", "networks"):
        known = draft.component("services", name, (title or info or document).origin)
    said = info.first("summary", "description")
    if known.stated("description") is None:
        known.state("description", first_sentence(said.text()), said.origin)
    version = info["version"]
    known.state("api.version", _version(version), version.origin)
    return known


def _spellings(name: str) -> list[str]:
    words = name.split("-")
    while len(words) > 1 and words[-1] in _KINDS:
        words.pop()
    stem = "-".join(words)
    return list(dict.fromkeys((name, stem, f"{stem}-service", f"{stem}-api", f"{stem}service")))


def _version(part: Part) -> str | None:
    """As it is written: `1.10` is no number."""
    text = part.text()
    if text is not None and not isinstance(part.value, str):
        origin = part.value_origin
        text = origin.file.text[origin.start : origin.end].strip() or text
    return text if text is not None and len(text) <= _LONGEST else None


def first_sentence(text: str | None) -> str | None:
    """What a longer description begins with, without headings; None for what has no short beginning."""
    for line in (text or "").splitlines():
        line = line.strip()
        if line and not line.startswith(("#", "!", "<", "=", "-", "*", "|", "`")):
            sentence = re.split(r"(?<=[.!?])\s", line, maxsplit=1)[0]
            return sentence if len(sentence) <= _LONGEST else None
    return None
