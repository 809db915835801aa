"""CloudFormation templates, in YAML and JSON, also those of the Serverless Application Model."""

from __future__ import annotations

from pathlib import PurePath

from archlint.importers.cloud.drafting import draft_resources
from archlint.importers.cloud.kinds import canonical
from archlint.importers.cloud.resources import Cloud, Resource
from archlint.importers.cloud.values import Value
from archlint.importers.cloudformation import sam
from archlint.importers.cloudformation.template import Template, is_template
from archlint.importers.cloudformation.templates import templates_of
from archlint.importers.draft import Draft
from archlint.importers.gathering import Sources
from archlint.importers.reading.files import SourceFile
from archlint.importers.reading.tree import Fields, Part

TITLE = "a CloudFormation template"

_INIT = "AWS::CloudFormation::Init"
_NAMES = (
    "FunctionName", "QueueName", "TopicName", "TableName", "BucketName", "StateMachineName", "DBInstanceIdentifier",
    "DBClusterIdentifier", "RoleName", "ClusterName", "ServiceName", "DomainName", "LoadBalancerName", "Name",
)  # fmt: skip


def recognises(file: SourceFile) -> bool:
    return any(is_template(part) for part in file.documents)


def draft_from(sources: Sources, draft: Draft) -> None:
    cloud = Cloud()
    templates = templates_of(sources, draft)
    serverless = sam.Serverless(sources)
    for template in templates:
        for name, part in template.resources():
            _add(template, name, part, cloud, serverless, is_only=len(templates) == 1)
    draft_resources(cloud, draft, serverless.relate)


def _scope(template: Template) -> str:
    """What tells the resources of one template from those of others: the stack's name in the one that nests it."""
    if len(template.nested_as) == 1:
        return template.nested_as[0]
    return PurePath(template.file.name).stem.removesuffix(".template")


def _with_script(properties: Part, script: Part) -> None:
    """Keep what an instance is set up with when it starts, which templates state beside the properties."""
    if script and isinstance(properties.value, Fields):
        origin, own = script.origin, script.value_origin
        properties.value["StartScript"] = script.value
        properties.value.keys_at["StartScript"] = (origin.start, origin.end)
        properties.value.values_at["StartScript"] = (own.start, own.end)


def _add(template: Template, name: str, part: Part, cloud: Cloud, serverless: sam.Serverless, is_only: bool) -> None:
    type = part["Type"].text() or ""
    properties = sam.with_globals(part["Properties"], type, template)
    resolved = template.resolved(properties)
    _with_script(resolved, template.resolved(part["Metadata"][_INIT]))
    body = Value(resolved, cloud)
    scope = "" if is_only else _scope(template)
    resource = Resource(
        template.id(name), canonical(sam.TYPES.get(type, type)), name, scope, body, part.origin, is_complete=True
    )
    resource.physical = next((text for key in _NAMES if (text := Value(body.part[key], cloud).text())), None)
    cloud.add(resource)
    serverless.keep(resource, type, template.resolved(part["Connectors"]), template, cloud)
