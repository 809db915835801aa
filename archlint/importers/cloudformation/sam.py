"""The Serverless Application Model: what its resources, events and connectors stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archlint.importers.cloud import access, aws_entries, aws_events, aws_messaging, topics
from archlint.importers.cloud.access import Grant
from archlint.importers.cloud.facts import state_milliseconds
from archlint.importers.cloud.resources import Cloud, Resource
from archlint.importers.cloud.values import Value
from archlint.importers.cloudformation.intrinsics import substituted
from archlint.importers.cloudformation.template import Template, merged, without
from archlint.importers.draft import Component, Draft
from archlint.importers.gathering import Sources
from archlint.importers.reading.files import Origin, SourceError
from archlint.importers.reading.tree import Part
from archlint.records import dataclass

TYPES: Mapping[str, str] = {
    "AWS::Serverless::Function": "aws_lambda_function",
    "AWS::Serverless::StateMachine": "aws_sfn_state_machine",
    "AWS::Serverless::SimpleTable": "aws_dynamodb_table",
    "AWS::Serverless::Api": "aws_api_gateway_rest_api",
    "AWS::Serverless::HttpApi": "aws_apigatewayv2_api",
    "AWS::Serverless::WebSocketApi": "aws_apigatewayv2_api",
    "AWS::Serverless::GraphQLApi": "aws_appsync_graphql_api",
    "AWS::Serverless::Connector": "connector",
}
_CREATED = {"SQS": "sqs", "SNS": "sns"}


def with_globals(properties: Part, type: str, template: Template) -> Part:
    """The properties of a resource with those that a template states for all of its kind."""
    if not type.startswith("AWS::Serverless::"):
        return properties
    shared = template.part["Globals"][type.rpartition("::")[2]]
    for variable in shared["Environment"]["Variables"].values():
        variable.conceal()
    # What every function is told says of none that it uses it, unless its role is made elsewhere.
    return merged(properties, shared if properties["Role"] else without(shared, "Environment"))


@dataclass(frozen=True, slots=True)
class _Connector:
    source: Resource
    part: Part
    template: Template


class Serverless:
    """What the transform of the model adds to a template."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._connectors: list[_Connector] = []
        self._functions: list[tuple[Resource, Template]] = []

    def keep(self, resource: Resource, type: str, connectors: Part, template: Template, cloud: Cloud) -> None:
        """Take in a resource, with what the transform makes of its properties."""
        for connector in connectors.values():
            self._connectors.append(_Connector(resource, connector["Properties"], template))
        if type == "AWS::Serverless::Connector":
            self._connectors.append(_Connector(resource, resource.body.part, template))
        if type in ("AWS::Serverless::Function", "AWS::Serverless::StateMachine"):
            self._functions.append((resource, template))
        if type == "AWS::Serverless::Function":
            _beside(resource, "EventInvokeConfig", "aws_lambda_function_event_invoke_config", cloud)
            _beside(resource, "FunctionUrlConfig", "aws_lambda_function_url", cloud)
        if resource.type == "aws_sfn_state_machine":
            self._define(resource, template, cloud)

    def _define(self, resource: Resource, template: Template, cloud: Cloud) -> None:
        """Read the definition from where the template says, and put in what it substitutes."""
        variables = {name: value.part.value for name, value in resource.get("DefinitionSubstitutions").items()}
        part = self._definition(resource, template)
        if part is not None:
            spans = (part.origin.start, part.origin.end), (part.value_origin.start, part.value_origin.end)
            resource.others.append(Value(Part(part.file, substituted(part.value, variables), *spans), cloud))

    def _definition(self, resource: Resource, template: Template) -> Part | None:
        for name in ("Definition", "DefinitionString"):
            if resource.get(name):
                return resource.get(name).part if resource.get("DefinitionSubstitutions") else None
        uri = resource.get("DefinitionUri").text()
        if uri is None or "://" in uri:
            return None
        try:
            documents = self._sources.beside(uri, template.file).documents
        except SourceError:
            return None  # made when the application is built
        return documents[0] if documents and documents[0].is_mapping else None

    def relate(self, cloud: Cloud, draft: Draft) -> None:
        for resource, template in self._functions:
            component = resource.component
            if component is None:
                continue
            _deploy(resource, component)
            for name, event in resource.get("Events").items():
                _event(_Event(resource, component, name, event, template, cloud, draft))
            _created_destinations(resource, component, cloud, draft)
        for connector in self._connectors:
            _connect(connector, cloud)


def _beside(resource: Resource, property: str, type: str, cloud: Cloud) -> None:
    """A property that stands for a resource of its own."""
    value = resource.get(property)
    if value:
        own = Resource(f"{resource.id}:{property}", type, resource.label, "", value, value.origin, is_complete=True)
        cloud.add(own)
        cloud.attach(resource, own)


def _deploy(resource: Resource, component: Component) -> None:
    kind = resource.at("DeploymentPreference").get("Type")
    if (kind.text() or "").startswith(("Canary", "Linear")):
        component.state("deploy.strategy", "canary", kind.origin)


@dataclass(frozen=True, slots=True)
class _Event:
    resource: Resource
    component: Component
    name: str
    value: Value
    template: Template
    cloud: Cloud
    draft: Draft

    @property
    def type(self) -> str:
        return self.value.get("Type").text() or ""

    @property
    def properties(self) -> Value:
        return self.value.get("Properties")

    @property
    def origin(self) -> Origin:
        return self.value.origin


def _event(event: _Event) -> None:
    handler = _EVENTS.get(event.type)
    if handler is not None and event.properties.get("Enabled").flag() is not False:
        handler(event)


def _polled(event: _Event) -> None:
    """Queues and streams that the service polls for the function."""
    properties, cloud = event.properties, event.cloud
    source = cloud.single(properties.get("Queue", "Stream", "Broker", "Cluster"))
    if source is None or source.component is None:
        return
    polling = Resource(event.name, "aws_lambda_event_source_mapping", event.name, "", properties, event.origin, True)
    for topic in properties.get("Topics", "Queues").texts() or [""]:
        item = topics.consume(event.component, source, event.origin, cloud, topic)
        if item is not None and source.component.section == "brokers":
            aws_messaging.poll(item, polling, source, cloud)


def _pushed(event: _Event) -> None:
    topic = event.cloud.single(event.properties.get("Topic"), "aws_sns_topic")
    if topic is not None:
        topics.consume(event.component, topic, event.origin, event.cloud)


def _bucket(event: _Event) -> None:
    for _, bucket in event.cloud.components(event.properties.get("Bucket")):
        event.component.depend(bucket.name, event.origin.noted("its events start it"))


def _users(event: _Event) -> None:
    for _, pool in event.cloud.components(event.properties.get("UserPool")):
        event.component.depend(pool.name, event.origin.noted("its events start it"))


def _ruled(event: _Event) -> None:
    properties = event.properties
    if properties.get("State").text() == "DISABLED":
        return
    bus = aws_events.bus_of(properties.get("EventBusName"), event.cloud, event.draft, event.origin)
    item = topics.consume(event.component, bus, event.origin, event.cloud) if bus is not None else None
    if item is not None:
        aws_events.retry_and_bury(item, properties, event.cloud)


def _clocked(event: _Event) -> None:
    properties = event.properties
    if properties.get("State").text() == "DISABLED":
        return
    expression = properties.get("Schedule", "ScheduleExpression")
    aws_events.start_by_clock(
        f"{event.resource.label}-{event.name}", "", expression, [], event.cloud, event.draft, event.component
    )


def _requested(event: _Event) -> None:
    """Requests through a gateway, one that the template states or that the transform adds."""
    is_rest = event.type == "Api"
    properties = event.properties
    named = properties.get("RestApiId", "ApiId")
    gateway = event.cloud.single(named, "aws_api_gateway_rest_api", "aws_apigatewayv2_api")
    if gateway is None and not named:
        name = event.template.id("ServerlessRestApi" if is_rest else "ServerlessHttpApi")
        nothing = Value(properties.part["\0"], event.cloud)
        tier = "rest" if is_rest else "http"
        gateway = aws_entries.implicit_gateway(name, tier, event.origin, nothing, event.cloud, event.draft)
    if gateway is None or gateway.component is None:
        return
    event.cloud.lead(gateway, event.resource, event.origin)
    if gateway.component.stated("timeout") is None:
        state_milliseconds(gateway.component, "timeout", properties.get("TimeoutInMillis"))


_EVENTS: Mapping[str, Callable[[_Event], None]] = {
    **dict.fromkeys(("SQS", "Kinesis", "DynamoDB", "MSK", "MQ", "DocumentDB"), _polled),
    **dict.fromkeys(("EventBridgeRule", "CloudWatchEvent"), _ruled),
    **dict.fromkeys(("Schedule", "ScheduleV2"), _clocked),
    **dict.fromkeys(("Api", "HttpApi"), _requested),
    "SNS": _pushed,
    "S3": _bucket,
    "Cognito": _users,
}


def _created_destinations(resource: Resource, component: Component, cloud: Cloud, draft: Draft) -> None:
    """A destination that only has a type is made by the transform; an event bus may be the account's own."""
    for key in ("OnSuccess", "OnFailure"):
        destination = resource.at("EventInvokeConfig", "DestinationConfig").get(key)
        type = destination.get("Type").text() or ""
        named = destination.get("Destination")
        if (
            type in _CREATED
            and not named
            and isinstance(destination.part.value, dict)
            and "Destination" not in (destination.part.value)
        ):
            technology = _CREATED[type]
            name = f"{component.name}-{'success' if key == 'OnSuccess' else 'failure'}"
            broker = draft.component("brokers", name, destination.origin)
            broker.state("technology", technology, destination.origin.noted("made by the transform"))
            broker.topic(name, destination.origin)
            component.item("publishes", f"{name}/{name}", destination.origin)
        elif type == "EventBridge" and (named.template() or "").endswith("event-bus/default"):
            nothing = Value(named.part["\0"], cloud)
            bus = aws_events.bus_of(nothing, cloud, draft, destination.origin)
            if bus is not None:
                component.item("publishes", topics.topic_of(bus), destination.origin)


def _connect(connector: _Connector, cloud: Cloud) -> None:
    """What a connector permits its source to do, or the other way round where the destination polls."""
    part, template = connector.part, connector.template
    source = connector.source if not part["Source"] else _end(part["Source"], template, cloud)
    destinations = part["Destination"]
    every = list(destinations.each()) if destinations.is_list else [destinations]
    permissions = [one.text() for one in part["Permissions"].each()]
    for one in every:
        target = _end(one, template, cloud)
        if source is None or target is None or source.component is None or target.component is None:
            continue
        if source.component.section in ("services", "jobs"):
            _permit(source, source.component, target, permissions, part, cloud)
        elif source.component.section == "brokers":
            if not _consumes(target.component, source):
                topics.consume(target.component, source, part.origin, cloud)
        elif source.component.section == "networks":
            cloud.lead(source, target, part.origin)
        elif not target.component.holds("calls", source.component.name):
            target.component.depend(source.component.name, part.origin.noted("its events start it"))


def _consumes(component: Component, source: Resource) -> bool:
    assert source.component is not None
    return any(name.partition("/")[0] == source.component.name for name, _ in component.items("consumes"))


def _end(part: Part, template: Template, cloud: Cloud) -> Resource | None:
    id = part["Id"].text()
    return cloud.follow(template.id(id)) if id else cloud.single(Value(part["Arn"], cloud))


def _permit(
    source: Resource, component: Component, target: Resource, permissions: list[str | None], part: Part, cloud: Cloud
) -> None:
    allowed = permissions[0].lower() if len(permissions) == 1 and permissions[0] in ("Read", "Write") else None
    assert target.component is not None
    if topics.is_topic(target):
        if "Write" in permissions:
            component.item("publishes", topics.topic_of(target), part.origin)
        if "Read" in permissions:
            topics.consume(component, target, part.origin, cloud)
    elif target.component is not component and target.component.section in ("services", "datastores", "caches"):
        if not component.holds("calls", target.component.name):
            component.call(target.component.name, part.origin, access=allowed)
    elif target.component is not component:
        access.allow(source, component, Grant((), Value(part, cloud)), cloud)
