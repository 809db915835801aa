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
        kind = items[0].plain_kind
        names = listed([item.name for item in items])
        draft.note(f"{len(items)} objects of kind {kind} {many}: {names}", items[0].origin)
