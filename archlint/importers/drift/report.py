"""Drift as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from archlint.importers.drift.comparison import Drift

_TITLES = {"differs": "differs", "only-in-manifest": "only in the manifest", "only-in-source": "only in the source"}


def as_text(manifest: str, drifts: Sequence[Drift]) -> str:
    """One paragraph a difference: what, and both places; then how many there are."""
    if not drifts:
        return f"no drift: {manifest} and the sources agree on what both state\n"
    lines = [line for drift in drifts for line in _paragraph(manifest, drift)]
    counts = ", ".join(
        f"{count} {title}" for kind, title in _TITLES.items() if (count := sum(d.kind == kind for d in drifts))
    )
    return "\n".join([*lines, f"drift: {counts}"]) + "\n"


def _paragraph(manifest: str, drift: Drift) -> Iterator[str]:
    yield f"drift [{drift.kind}] {drift.message}"
    yield f"  --> {manifest}:{drift.place.line}:{drift.place.column} {drift.route}"
    if drift.origin is not None:
        place = drift.origin.place
        note = f" {drift.origin.note}" if drift.origin.note else ""
        yield f"  --> {drift.origin.file.name}:{place.line}:{place.column}{note}"
    yield ""


def as_json(manifest: str, drifts: Sequence[Drift]) -> str:
    rows = [_row(manifest, drift) for drift in drifts]
    return json.dumps({"version": 1, "manifest": manifest, "drift": rows}, indent=2, ensure_ascii=False) + "\n"


def _row(manifest: str, drift: Drift) -> dict[str, Any]:
    origin = drift.origin
    source = None
    if origin is not None:
        source = {"file": origin.file.name, "line": origin.place.line, "column": origin.place.column}
    return {
        "kind": drift.kind,
        "path": drift.route,
        "component": drift.component,
        "message": drift.message,
        "stated": drift.stated,
        "found": drift.found,
        "manifest": {"file": manifest, "line": drift.place.line, "column": drift.place.column},
        "source": source,
    }
