"""What permissions and settings reveal: who may do what with which resource, and whose address it is given."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.importers.addresses import addresses
from archlint.importers.cloud.aws_compute import containers, tasks_of
from archlint.importers.cloud.aws_entries import behind
from archlint.importers.cloud.resources import Cloud, Resource
from archlint.importers.cloud.topics import consume, is_topic, topic_of
from archlint.importers.cloud.values import Value
from archlint.importers.draft import Component
from archlint.importers.reading.files import Origin
from archlint.records import dataclass

_PUBLISHES = ("sqs:SendMessage", "sns:Publish", "kinesis:PutRecord", "events:PutEvents", "firehose:PutRecord")
_CONSUMES = ("sqs:ReceiveMessage", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:SubscribeToShard")
_READS = (
    "dynamodb:Get", "dynamodb:BatchGet", "dynamodb:Query", "dynamodb:Scan", "dynamodb:PartiQLSelect", "s3:Get",
    "s3:List", "s3:Head",
)  # fmt: skip
_WRITES = (
    "dynamodb:Put", "dynamodb:Update", "dynamodb:Delete", "dynamodb:BatchWrite", "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate", "s3:Put", "s3:Delete",
)  # fmt: skip
_CALLS = (
    "lambda:Invoke", "states:StartExecution", "states:StartSyncExecution", "dynamodb:", "s3:", "es:ESHttp", "rds-db:",
    "rds-data:", "elasticache:Connect", "execute-api:Invoke", "aoss:", "elasticfilesystem:Client", "kafka-cluster:",
    "lambda:*", "states:*", "*",
)  # fmt: skip

SAM_POLICIES = {
    "DynamoDBCrudPolicy": ("aws_dynamodb_table", "dynamodb:GetItem", "dynamodb:PutItem"),
    "DynamoDBReadPolicy": ("aws_dynamodb_table", "dynamodb:GetItem"),
    "DynamoDBWritePolicy": ("aws_dynamodb_table", "dynamodb:PutItem"),
    "SQSSendMessagePolicy": ("aws_sqs_queue", "sqs:SendMessage"),
    "SQSPollerPolicy": ("aws_sqs_queue", "sqs:ReceiveMessage"),
    "SNSPublishMessagePolicy": ("aws_sns_topic", "sns:Publish"),
    "KinesisCrudPolicy": ("aws_kinesis_stream", "kinesis:PutRecord"),
    "KinesisStreamReadPolicy": ("aws_kinesis_stream", "kinesis:GetRecords"),
    "FirehoseWritePolicy": ("aws_kinesis_firehose_delivery_stream", "firehose:PutRecord"),
    "FirehoseCrudPolicy": ("aws_kinesis_firehose_delivery_stream", "firehose:PutRecord"),
    "EventBridgePutEventsPolicy": ("aws_cloudwatch_event_bus", "events:PutEvents"),
    "LambdaInvokePolicy": ("aws_lambda_function", "lambda:InvokeFunction"),
    "StepFunctionsExecutionPolicy": ("aws_sfn_state_machine", "states:StartExecution"),
    "S3ReadPolicy": ("aws_s3_bucket", "s3:GetObject"),
    "S3WritePolicy": ("aws_s3_bucket", "s3:PutObject"),
    "S3CrudPolicy": ("aws_s3_bucket", "s3:GetObject", "s3:PutObject"),
    "S3FullAccessPolicy": ("aws_s3_bucket", "s3:GetObject", "s3:PutObject"),
}
"""Templates of policies: the type of what their only parameter names, and actions that show what they allow."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions that are allowed on named resources; no actions where only the resources are known."""

    actions: tuple[str, ...]
    on: Value
    type: str | None = None

    @property
    def origin(self) -> Origin:
        return self.on.origin


def relate_by_policies(cloud: Cloud) -> None:
    """Roles whose policies name resources say what those that have the role do with them."""
    grants = _grants_by_role(cloud)
    for resource in cloud:
        component = resource.component
        if component is None or component.section not in ("services", "jobs"):
            continue
        for role in _roles(resource, cloud):
            for grant in grants.get(role.id, ()):
                allow(resource, component, grant, cloud)
        for grant in _of_sam(resource.get("policies")):
            allow(resource, component, grant, cloud)


def _roles(resource: Resource, cloud: Cloud) -> list[Resource]:
    values = [resource.get("role", "role_arn", "iam_instance_profile")]
    if resource.type == "aws_ecs_service":
        values = [task.get("task_role_arn") for task in tasks_of(resource, cloud)]
    found = {}
    for value in values:
        for role in cloud.reached(value, "aws_iam_role", "aws_iam_instance_profile"):
            held = [role] if role.type == "aws_iam_role" else cloud.reached(role.get("role", "roles"), "aws_iam_role")
            found.update({one.id: one for one in held})
    return list(found.values())


def _grants_by_role(cloud: Cloud) -> dict[str, list[Grant]]:
    grants: dict[str, list[Grant]] = {}
    for role in cloud.of("aws_iam_role"):
        for policy in role.get("inline_policy", "policies").blocks():
            grants.setdefault(role.id, []).extend(_of_document(policy.get("policy", "policy_document"), cloud))
    for own in cloud.of("aws_iam_role_policy", "aws_iam_policy"):
        for role in cloud.reached(own.get("role", "roles"), "aws_iam_role"):
            grants.setdefault(role.id, []).extend(_of_policy(own, cloud))
    for attachment in cloud.of("aws_iam_role_policy_attachment", "aws_iam_policy_attachment"):
        for role in cloud.reached(attachment.get("role", "roles"), "aws_iam_role"):
            for managed in cloud.reached(attachment.get("policy_arn"), "aws_iam_policy"):
                grants.setdefault(role.id, []).extend(_of_policy(managed, cloud))
    return grants


def _of_policy(policy: Resource, cloud: Cloud) -> Iterator[Grant]:
    yield from _of_document(policy.get("policy", "policy_document"), cloud)


def _of_document(value: Value, cloud: Cloud) -> Iterator[Grant]:
    """The grants of a document in JSON; of the data source that it is made by; or only what it names."""
    document = value.embedded()
    if document.get("Statement"):
        yield from _of_statements(document.get("Statement"))
        return
    sources = cloud.reached(value, "aws_iam_policy_document")
    for source in sources:
        yield from _of_statements(source.get("statement"))
    if not sources and value.targets():
        yield Grant((), value)


def _of_statements(statements: Value) -> Iterator[Grant]:
    for statement in statements.blocks():
        if (statement.get("Effect", "effect").text() or "Allow") == "Allow":
            actions = statement.get("Action", "actions").texts()
            yield Grant(tuple(actions), statement.get("Resource", "resources"))


def _of_sam(policies: Value) -> Iterator[Grant]:
    for policy in policies.blocks():
        if policy.get("Statement"):
            yield from _of_statements(policy.get("Statement"))
            continue
        for name, parameters in policy.items():
            if name in SAM_POLICIES:
                type, *actions = SAM_POLICIES[name]
                for _, parameter in list(parameters.items())[:1]:
                    yield Grant(tuple(actions), parameter, type)


def allow(resource: Resource, component: Component, grant: Grant, cloud: Cloud) -> None:
    """What may be done with a resource by name is taken to be done."""
    targets = cloud.reached(grant.on)
    if not targets and grant.type is not None:
        named = cloud.named(grant.type, grant.on.text() or "")
        targets = [named] if named is not None else []
    for target in targets:
        if target.component is not None and target is not resource:
            _relate(component, target, target.component, grant, cloud)


def _relate(component: Component, target: Resource, other: Component, grant: Grant, cloud: Cloud) -> None:
    actions, origin = grant.actions, grant.origin
    if (is_topic(target) and target.id not in cloud.dead_letters) or _any(actions, _PUBLISHES):
        if _any(actions, _PUBLISHES) and is_topic(target) and component.section in ("services", "jobs"):
            component.item("publishes", topic_of(target), origin)
        if _any(actions, _CONSUMES):
            consume(component, target, origin, cloud)
        if not actions or any(action.endswith("*") for action in actions):
            _need(component, target, other, origin, cloud)
    elif _any(actions, _CONSUMES):
        consume(component, target, origin, cloud)
    elif other.section in ("services", "datastores", "caches", "networks") and (not actions or _any(actions, _CALLS)):
        _call(component, other, grant)


def _call(component: Component, other: Component, grant: Grant) -> None:
    reads, writes = _any(grant.actions, _READS), _any(grant.actions, _WRITES)
    access = ("read" if reads else "write") if reads != writes else None
    if component.holds("calls", other.name) or component.holds("depends_on", other.name):
        return
    component.call(other.name, grant.origin, access=access)


def _any(actions: tuple[str, ...], prefixes: tuple[str, ...]) -> bool:
    return any(action.startswith(prefixes) for action in actions)


def relate_by_settings(cloud: Cloud) -> None:
    """A component that is given the address or name of another one needs it."""
    for resource in cloud:
        component = resource.component
        if component is None or component.section != "services":
            continue
        for value in _settings(resource, cloud):
            for target in _named(value, cloud):
                if target.component is not None and target.component is not component:
                    _need(component, target, target.component, value.origin, cloud)
        for script in _scripts(resource, cloud):
            for target in _addressed(script, cloud):
                if target.component is not None and target.component is not component:
                    _need(component, target, target.component, script.origin, cloud)


def _settings(resource: Resource, cloud: Cloud) -> Iterator[Value]:
    """Environments; their values are never shown."""
    for body in (resource.body, *resource.others):
        for variables in _environments(body):
            yield from _concealed(variables)
        for one in body.get("connection_string").blocks():
            one.get("value").part.conceal()
            yield one.get("value")
        for container in _containers(body):
            yield from _pairs(container)
    for task in tasks_of(resource, cloud) if resource.type == "aws_ecs_service" else ():
        if not task.get("container_definitions").part.is_list:
            task.get("container_definitions").part.conceal()
        for container in containers(task):
            yield from _pairs(container)


def _environments(body: Value) -> Iterator[Value]:
    yield body.at("environment").get("variables")
    yield body.get("app_settings")
    yield body.get("environment_variables")
    yield body.at("service_config").get("environment_variables")
    image = body.at("source_configuration", "image_repository", "image_configuration")
    yield image.get("runtime_environment_variables")


def _containers(body: Value) -> Iterator[Value]:
    template = body.at("template")
    for place in (template, template.at("spec")):
        yield from place.get("containers", "container").blocks()


def _pairs(container: Value) -> Iterator[Value]:
    """Environments that are lists of names and values."""
    for pair in container.get("environment", "env").blocks():
        pair.get("value").part.conceal()
        yield pair.get("value")


def _scripts(resource: Resource, cloud: Cloud) -> Iterator[Value]:
    """What instances run when they start."""
    for body in (resource.body, *resource.others):
        yield from (body.get(name) for name in _STARTED)
    started = resource.get("launch_configuration", "launch_configuration_name")
    for value in (started, resource.get("launch_template")):
        for launch in cloud.reached(value):
            if launch.type.startswith(("aws_launch", "AWS::AutoScaling::Launch", "AWS::EC2::Launch")):
                yield launch.at("launch_template_data").get("user_data")
                yield from (launch.get(name) for name in _STARTED)


def _addressed(script: Value, cloud: Cloud) -> Iterator[Resource]:
    """Stores whose names a script is given, and balancers whose addresses it is given: other names are for tools."""
    script.part.conceal()
    text = " ".join(script.templates())
    for target in _named(script, cloud):
        section = target.component.section if target.component is not None else ""
        is_address = any(f"${{{target.id}.{name}}}" in text for name in _ADDRESSES)
        if section in ("datastores", "caches", "brokers") or (section == "networks" and is_address):
            yield target


_STARTED = ("user_data", "start_script")
_ADDRESSES = ("DNSName", "dns_name", "Endpoint.Address", "endpoint", "invoke_url")


def _concealed(variables: Value) -> Iterator[Value]:
    yield variables if not variables.part.is_mapping else Value(variables.part["\0"], variables.known)
    if not isinstance(variables.part.value, dict):
        return
    for value in variables.values():
        value.part.conceal()
        yield value
    extra = getattr(variables.part.value, "targets", ())
    if extra:
        yield variables


def _named(value: Value, cloud: Cloud) -> list[Resource]:
    found = {one.id: one for one in cloud.reached(value)}
    text = value.text() or ""
    for address in addresses(text) if len(text) < 10_000 else ():
        id = cloud.identify(address.host)
        one = cloud.follow(id) if id is not None else None
        if one is not None:
            found[one.id] = one
    return list(found.values())


def _need(component: Component, target: Resource, other: Component, origin: Origin, cloud: Cloud) -> None:
    """An edge, unless another says more of the two already."""
    lists = ("calls", "depends_on", "publishes", "consumes")
    known = {name.partition("/")[0] for field in lists for name, _ in component.items(field)}
    if other.name in known:
        return
    if other.section == "brokers":
        if target.id not in cloud.dead_letters:
            component.depend(other.name, origin)
        return
    if other.section == "networks":
        passed = behind(target, cloud)
        if passed is not None and passed[0] is not component and passed[0].name not in known:
            component.call(passed[0].name, origin, through=list(passed[1]))
            return
    if other.section != "clients":
        component.call(other.name, origin)
