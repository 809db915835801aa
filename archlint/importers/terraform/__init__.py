"""Terraform and OpenTofu: plans and states as `show -json` writes them, and states as they are kept."""

from __future__ import annotations

from archlint.importers.cloud.drafting import draft_resources
from archlint.importers.cloud.resources import Cloud
from archlint.importers.draft import Draft
from archlint.importers.gathering import Sources
from archlint.importers.reading.files import SourceFile
from archlint.importers.reading.tree import Part
from archlint.importers.terraform.plan import Plan

TITLE = "a plan or state of Terraform in JSON"


def recognises(file: SourceFile) -> bool:
    return any(_kind(part) for part in file.documents)


def _kind(part: Part) -> str | None:
    """Where a document keeps its resources."""
    if part["format_version"]:
        if part["planned_values"].is_mapping:
            return "planned_values"
        if part["values"].is_mapping:
            return "values"
        if part["terraform_version"] and (part["configuration"] or part["prior_state"]):
            return "prior_state"
        return "values" if part["terraform_version"] else None
    return "resources" if part["terraform_version"] and part["lineage"] and part["resources"].is_list else None


def draft_from(sources: Sources, draft: Draft) -> None:
    cloud = Cloud()
    for at, part in enumerate(part for file in sources.files for part in file.documents):
        kind = _kind(part)
        if kind is not None:
            Plan(part, kind, str(at), cloud).add()
    draft_resources(cloud, draft)
