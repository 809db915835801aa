"""Blocks of one's own in a manifest: `x-<name>`, which the language leaves alone, with a JSON Schema for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from archlint.records import dataclass
from archlint.system.elements import Element, Outside

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"x-[a-z0-9]+(-[a-z0-9]+)*\Z")


@dataclass(frozen=True, slots=True)
class Extension:
    """The block `name` of a plug-in, wherever it stands in a manifest, and the JSON Schema that it has to meet.

    Kept in a global name of one of the plug-in's modules, it is found there. What does not meet the schema is
    MAN002. `$ref` leads to places within the schema only. Raises ValueError for a malformed name.
    """

    name: str
    schema: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise ValueError(f"{self.name!r} is not the name of a block: `x-` and lower-case words joined by hyphens")

    def of(self, element: Element) -> Any:
        """The block of an element as the manifest has it, None where it is not stated. `defaults` give none."""
        if isinstance(element, Outside):
            return None
        return element.system.document.extensions.get((*element.path, self.name))
