"""Names of other tools as names of the manifest's language."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 250
"""Characters: what Kubernetes takes; a key of YAML may have a thousand."""
_REFUSED = re.compile(r"[^A-Za-z0-9._-]+")


def as_name(text: str) -> str:
    """A name: letters lose their accents, what else is not taken becomes `-`. Empty where nothing is left."""
    if not text.isascii():
        text = "".join(mark for mark in unicodedata.normalize("NFD", text) if not unicodedata.combining(mark))
    return _REFUSED.sub("-", text.strip()).strip("-._")[:_LONGEST].rstrip("-._")


def slug(text: str) -> str:
    """A name in lower case, for titles such as `Internet Banking System`."""
    return as_name(text).lower()


def normal(name: str) -> str:
    """Names that differ in case and in `_` for `-` are one."""
    return name.lower().replace("_", "-")
