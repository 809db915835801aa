"""The text of a drafted manifest: block style, each field followed by where it came from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from archlint.importers.finished import Finished
from archlint.importers.reading.files import Origin
from archlint.manifest.problems import Path
from archlint.manifest.scalars import resolve

_PLAIN = re.compile(r"[A-Za-z0-9_/.+][A-Za-z0-9_/.+@%() -]*(?::(?=\S)[A-Za-z0-9_/.+@%() -]+)*")
_UNWRITABLE = re.compile(r"[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""What a double-quoted scalar of JSON may hold as it is, and one of YAML may not or hides."""
_FLOW_WIDTH = 100


def commented(heading: list[str]) -> str:
    """Lines of text as comments."""
    return "".join(f"# {line}".rstrip() + "\n" for line in heading)


def body(finished: Finished) -> str:
    """The manifest without a heading."""
    lines: list[str] = []
    for name, value in finished.data.items():
        if isinstance(value, dict):
            lines.append("")
        lines += _entry(name, value, (name,), finished, 0)
    return "\n".join(lines) + "\n"


def render(name: str, value: Any, path: Path, finished: Finished) -> list[str]:
    """The lines of one field, not indented."""
    return list(_entry(name, value, path, finished, 0))


def _entry(name: str, value: Any, path: Path, finished: Finished, depth: int) -> Iterator[str]:
    indent = "  " * depth
    key = scalar(name)
    origin = finished.origins.get(path)
    if isinstance(value, dict) and value and not _fits_one_line(value, path, finished):
        yield f"{indent}{key}:{origin_comment(origin if len(path) == 2 else None)}"
        for inner, part in value.items():
            yield from _entry(inner, part, (*path, inner), finished, depth + 1)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        yield f"{indent}{key}:"
        for at, item in enumerate(value):
            yield from _item(item, (*path, at), finished, depth + 1)
    else:
        yield f"{indent}{key}: {flow(value)}{origin_comment(origin or _only_origin(path, finished))}"


def _item(value: Any, path: Path, finished: Finished, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if not isinstance(value, dict) or _fits_one_line(value, path, finished):
        yield f"{indent}- {flow(value)}{origin_comment(finished.origins.get(path))}"
        return
    lead = "- "
    for name, part in value.items():
        first, *rest = _entry(name, part, (*path, name), finished, depth + 1)
        yield f"{indent}{lead}{first.lstrip()}"
        yield from rest
        lead = "  "


def _fits_one_line(value: dict[str, Any], path: Path, finished: Finished) -> bool:
    """What one line of a source says stands on one line, unless it is a component."""
    if len(path) == 2 or any(isinstance(part, dict) for part in value.values()):
        return False
    origins = {str(finished.origins.get((*path, name))) for name in value}
    return len(origins) == 1 and len(flow(value)) <= _FLOW_WIDTH


def _only_origin(path: Path, finished: Finished) -> Origin | None:
    return next((origin for at, origin in finished.origins.items() if at[: len(path)] == path), None)


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(name)}: {flow(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """A scalar as YAML 1.2 reads it back."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    if _PLAIN.fullmatch(value) and not value.endswith((" ", ":")) and resolve(value) == value:
        return value
    return _UNWRITABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def origin_comment(origin: Origin | None) -> str:
    """Where a field came from, to follow it on its line."""
    if origin is None:
        return ""
    note = f", {origin.note}" if origin.note else ""
    return f"  # from {_visible(str(origin) + note)}"


def _visible(text: str) -> str:
    return text if text.isprintable() else "".join(each if each.isprintable() else "?" for each in text)
