"""Fields of Envoy's configuration, `snake_case` or `camelCase`, as protocol buffers allow."""

from __future__ import annotations

from archlint.importers.quantities import duration, seconds_of
from archlint.importers.reading.tree import Part


def of(part: Part, *names: str) -> Part:
    """Steps by field names in either spelling."""
    for name in names:
        head, *tail = name.split("_")
        part = part.first(name, head + "".join(word.capitalize() for word in tail))
    return part


def duration_of(part: Part) -> str | None:
    """As the manifest writes it; None for none, and for nothing."""
    found = seconds_of(part.text() or "")
    return duration(found) if found else None


def settings_of(item: Part) -> Part:
    """What a filter is told."""
    typed = of(item, "typed_config")
    return typed["value"] if typed["value"].is_mapping else typed if typed else item["config"]
