"""Backstage catalogues: systems, components, resources, who owns them, and which APIs and parts they depend on."""

from __future__ import annotations

from archlint.importers.backstage.catalogue import Catalogue, is_entity
from archlint.importers.draft import Draft
from archlint.importers.gathering import Sources
from archlint.importers.reading.files import SourceFile

TITLE = "a Backstage catalogue"


def recognises(file: SourceFile) -> bool:
    return any(is_entity(part) for part in file.documents)


def draft_from(sources: Sources, draft: Draft) -> None:
    from archlint.importers.backstage.drafting import Drafting

    Drafting(Catalogue(draft).read(sources), draft).run()
