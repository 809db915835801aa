"""Notes about several objects in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from archlint.importers.draft import Draft
from archlint.importers.kubernetes.objects import Object


def listed(names: Sequence[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def tell(draft: Draft, items: Sequence[Object], one: str, many: str) -> None:
    """`Service a selects ...` or `3 Services select ...: a, b, c`; nothing for no objects."""
    if len(items) == 1:
        draft.note(f"{items[0]} {one}", items[0].origin)
    elif items:
        kinds = {item.plain_kind for item in items}
        names = listed([item.name if len(kinds) == 1 else str(item) for item in items])
        of_kind = f" of kind {items[0].plain_kind}" if len(kinds) == 1 else ""
        draft.note(f"{len(items)} objects{of_kind} {many}: {names}", items[0].origin)
