"""Compose files."""

from __future__ import annotations

from archlint.importers.draft import Draft
from archlint.importers.gathering import Sources
from archlint.importers.reading.files import SourceFile
from archlint.importers.technologies import of_image

TITLE = "a Compose file"


def recognises(file: SourceFile) -> bool:
    return any(part["services"].is_mapping for part in file.documents)


def draft_from(sources: Sources, draft: Draft) -> None:
    for file in sources.files:
        for document in file.documents:
            for name, service in document["services"].items():
                known = of_image(service["image"].text() or "")
                component = draft.component(known.section if known else "services", name, service.origin)
                if known:
                    component.state("technology", known.technology, service["image"].origin)
                for key, dependency in service["depends_on"].items():
                    component.depend(key, dependency.origin, phase="startup")
