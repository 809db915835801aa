"""From the tree of a manifest to typed sections, or to everything that is wrong with it, in one go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from archlint.manifest import specs
from archlint.manifest.defaults import merge_defaults
from archlint.manifest.manifest import Manifest
from archlint.manifest.models import SECTIONS, Section
from archlint.manifest.problems import Problem
from archlint.manifest.specs import Deviation

if TYPE_CHECKING:
    from archlint.manifest.reader import Document

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def validate(document: Document) -> tuple[Manifest | None, list[Problem]]:
    """The manifest, or None and all that is wrong with it, ordered by place.

    A valid manifest never meets pydantic: its values are those of `specs`, equal to the models' attribute by
    attribute, which is why the sections of a Manifest are typed as models.
    """
    try:
        return compiled(document.data or {}), []
    except (ValueError, KeyError):  # what deviates from the plans is for the models to word
        pass
    from archlint.manifest.diagnosis import diagnose

    return diagnose(document)


def compiled(stated: dict[str, Any]) -> Manifest:
    """The manifest of a tree. Raises ValueError or KeyError, without words, where the tree is not valid."""
    sections: dict[str, Any] = {}
    if "defaults" in stated:
        sections["defaults"] = _section(SECTIONS["defaults"], stated["defaults"])
    for key, value in merge_defaults(stated).items():
        if key not in sections:
            sections[key] = _section(SECTIONS[key], value)
    for key, section in SECTIONS.items():
        if section.required and key not in sections:
            raise Deviation
    return Manifest(**sections)


def _section(section: Section, value: Any) -> Any:
    read = specs.section_reader(section.model)
    if section.shape == "one":
        return read(value)
    if section.shape == "list" and isinstance(value, list):
        return [read(item) for item in value]
    if section.shape == "named" and isinstance(value, dict) and all(map(_NAME.fullmatch, value)):
        return {name: read(item) for name, item in value.items()}
    raise Deviation
