"""Kubernetes objects: files and folders of manifests, as written or as Helm and Kustomize render them.

Objects are read as they stand; nothing is rendered. Names that pods reach each other by are resolved as the cluster
would, so that addresses in environments, arguments and ConfigMaps become calls. Secrets are never read.
"""

from __future__ import annotations

from archlint.importers.draft import Draft
from archlint.importers.gathering import Sources
from archlint.importers.kubernetes.objects import is_object, objects_of
from archlint.importers.reading.files import SourceFile

TITLE = "Kubernetes objects"


def recognises(file: SourceFile) -> bool:
    return any(map(is_object, file.documents))


def draft_from(sources: Sources, draft: Draft) -> None:
    from archlint.importers.kubernetes.drafting import draft_objects

    draft_objects(objects_of(sources.files), draft)
