"""Names of other tools as names of the manifest's language."""

from __future__ import annotations

import re

_REFUSED = re.compile(r"[^A-Za-z0-9._-]+")


def as_name(text: str) -> str:
    """A name: what the language does not take becomes `-`. Empty where nothing is left of the text."""
    return _REFUSED.sub("-", text.strip()).strip("-._")


def slug(text: str) -> str:
    """A name in lower case, for titles such as `Internet Banking System`."""
    return as_name(text).lower()
