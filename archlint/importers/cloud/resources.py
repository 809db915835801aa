"""The resources of an import, and what each of them is known by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from archlint.importers.cloud.kinds import KINDS
from archlint.importers.cloud.values import Value
from archlint.importers.reading.files import Origin
from archlint.importers.reading.tree import Part
from archlint.records import dataclass, field

if TYPE_CHECKING:
    from archlint.importers.draft import Component

_ARN = re.compile(r"arn:[\w-]+:([\w-]+):([\w-]*):(\w*):(.+)", re.DOTALL)
_INVOKED = re.compile(r"functions/(arn:[^/]+)/invocations")
_QUEUE_URL = re.compile(r"https?://(?:sqs[.-][\w.-]*|queue)\.amazonaws\.com(?:\.cn)?/\d+/([\w.-]+)")
_NAMED_BY = (
    "arn", "id", "self_link", "invoke_arn", "qualified_arn", "url", "dns_name", "address", "endpoint",
    "reader_endpoint",
    "domain_name", "bucket_domain_name", "bucket_regional_domain_name", "configuration_endpoint_address",
    "primary_endpoint_address", "default_hostname", "fqdn", "uri", "stream_arn", "execution_arn", "latest_version",
    "bootstrap_brokers", "bootstrap_brokers_tls", "connection_name", "private_dns", "public_dns", "repository_url",
    "default_action", "hostname", "bucket", "function_name", "name",
)  # fmt: skip
_SERVICES = {
    "sqs": "aws_sqs_queue", "sns": "aws_sns_topic", "lambda": "aws_lambda_function", "kinesis": "aws_kinesis_stream",
    "dynamodb": "aws_dynamodb_table", "s3": "aws_s3_bucket", "states": "aws_sfn_state_machine",
    "events": "aws_cloudwatch_event_bus", "kafka": "aws_msk_cluster", "rds": "aws_db_instance",
}  # fmt: skip
"""Services in ARNs, and the type of what they name most."""


@dataclass(slots=True)
class Resource:
    """One resource; several that are alike and may stand in for each other are one with a `count`.

    `label` is what the source calls it, `scope` the template or module that it stands in, `physical` its name in the
    cloud where that is known. `is_complete` tells sources that leave out what is not set from plans, which leave out
    what is not known yet.
    """

    id: str
    type: str
    label: str
    scope: str
    body: Value
    origin: Origin
    is_complete: bool = False
    count: int = 1
    key: str = ""
    physical: str | None = None
    others: list[Value] = field(default_factory=list)
    """The bodies of the other instances."""
    component: Component | None = None

    def get(self, *names: str) -> Value:
        return self.body.get(*names)

    def at(self, *names: str) -> Value:
        return self.body.at(*names)

    def is_unset(self, *names: str) -> bool:
        """Whether the source says that none of these properties is set: not merely that it is not known."""
        fields = self.body.part.value if self.body.part.is_mapping else {}
        spelled = [name for name in names if name in fields]
        if not spelled:
            return self.is_complete and not any(self.body.get(name) for name in names)
        return all(fields[name] in (None, "", [], {}) for name in spelled)


@dataclass(frozen=True, slots=True)
class Lead:
    """Where a network leads requests: to a resource by its id."""

    to: str
    origin: Origin


class Cloud:
    """All resources of an import, in the order of the files, and what stands for them in the draft."""

    def __init__(self) -> None:
        self._resources: dict[str, Resource] = {}
        self._known_as: dict[str, str | None] = {}
        self._belong_to: dict[str, str | None] = {}
        self._named: dict[tuple[str, str], str | None] = {}
        self._stands_for: dict[str, str] = {}
        self._attached: dict[str, list[Resource]] = {}
        self.leads: dict[str, list[Lead]] = {}
        self.dead_letters: set[str] = set()

    def add(self, resource: Resource) -> None:
        self._resources[resource.id] = resource
        self._index(resource, resource.body)

    def also(self, resource: Resource, body: Value) -> None:
        """A further instance of the same."""
        resource.others.append(body)
        self._index(resource, body)

    def _index(self, resource: Resource, body: Value) -> None:
        for name in _NAMED_BY:
            text = body.get(name).text() if body else None
            if text and len(text) > 3 and (":" in text or "." in text or name in ("arn", "id")):
                table = self._known_as if resource.type in KINDS else self._belong_to
                _know(table, text.strip(), resource.id)
        if resource.physical:
            key = (resource.type, resource.physical)
            self._named[key] = resource.id if self._named.setdefault(key, resource.id) == resource.id else None

    def identify(self, text: str) -> str | None:
        """The id of the resource that a text such as an ARN, a queue's URL or an id stands for."""
        text = text.strip()
        found = self._known_as.get(text) or self._belong_to.get(text)
        if found is not None or not text.startswith(("arn:", "http")):
            return found
        invoked = _INVOKED.search(text)
        if invoked:
            return self.identify(invoked[1])
        queue = _QUEUE_URL.match(text)
        named = ("aws_sqs_queue", queue[1]) if queue else arn_names(text)
        return self._named.get(named) if named else None

    def named(self, type: str, name: str) -> Resource | None:
        """The resource of that type and name in the cloud."""
        id = self._named.get((type, name))
        return self._resources.get(id) if id is not None else None

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._resources.values()))

    def of(self, *types: str) -> Iterator[Resource]:
        return (resource for resource in self if resource.type in types)

    def resource(self, id: str) -> Resource | None:
        return self._resources.get(id)

    def stand_for(self, id: str, of: str) -> None:
        """Let a resource stand for another one, as a function does for its aliases."""
        if id != of:
            self._stands_for[id] = of

    def attach(self, to: Resource, resource: Resource) -> None:
        """Keep a resource with the one that it says more of."""
        self._attached.setdefault(to.id, []).append(resource)

    def attached(self, to: Resource, *types: str) -> list[Resource]:
        return [one for one in self._attached.get(to.id, ()) if one.type in types]

    def lead(self, network: Resource, to: Resource, origin: Origin) -> None:
        """A network passes requests on to a resource."""
        known = self.leads.setdefault(network.id, [])
        if all(lead.to != to.id for lead in known) and to is not network:
            known.append(Lead(to.id, origin))

    def follow(self, id: str) -> Resource | None:
        """The resource that an id leads to."""
        for _ in range(10):
            if id not in self._stands_for:
                break
            id = self._stands_for[id]
        return self._resources.get(id)

    def reached(self, value: Value, *types: str) -> list[Resource]:
        """The resources that a value names, or those that stand for them; only of the types, where any are given."""
        found = {}
        for id in value.targets():
            resource = self.follow(id)
            if resource is not None and (not types or resource.type in types):
                found[resource.id] = resource
        return list(found.values())

    def components(self, value: Value) -> list[tuple[Resource, Component]]:
        """Those of the named resources that are components."""
        return [(one, one.component) for one in self.reached(value) if one.component is not None]

    def single(self, value: Value, *types: str) -> Resource | None:
        found = self.reached(value, *types)
        return found[0] if found else None


def _know(table: dict[str, str | None], text: str, id: str) -> None:
    """What two resources are known by tells neither. What belongs to one may have its name."""
    for name in (text, _host(text)):
        if name:
            table[name] = id if table.setdefault(name, id) == id else None


def _host(text: str) -> str:
    """The host of an address or endpoint; empty for what is none."""
    if text.startswith("arn:") or ("." not in text):
        return ""
    return text.rpartition("://")[2].partition("/")[0].partition(":")[0]


def arn_names(arn: str) -> tuple[str, str] | None:
    """The type and the name of what an ARN names, for the services whose names matter here."""
    matched = _ARN.fullmatch(arn)
    if not matched or matched[1] not in _SERVICES:
        return None
    service, rest = matched[1], matched[4]
    if service == "dynamodb":
        name = rest.removeprefix("table/").partition("/")[0]
    elif service == "lambda":
        name = rest.removeprefix("function:").partition(":")[0]
    elif service in ("kinesis", "states", "events", "kafka"):
        name = re.split(r"[/:]", rest)[1] if re.search(r"[/:]", rest) else rest
    elif service == "rds":
        name = rest.rpartition(":")[2]
    else:
        name = rest.partition("/")[0]
    return (_SERVICES[service], name) if name else None


def nothing(part: Part, known: Cloud) -> Value:
    """A value that says nothing, where a part stands."""
    return Value(part[""], known)
