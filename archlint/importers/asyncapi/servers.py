"""The servers of an AsyncAPI document: brokers, and what is spoken to without one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from archlint.importers.reading.tree import Part
from archlint.importers.references import References
from archlint.importers.technologies import of_words
from archlint.records import dataclass

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "kafka": "kafka", "kafka-secure": "kafka",
        "amqp": "amqp", "amqps": "amqp", "rabbitmq": "amqp", "amqp1": "amqp1", "amqps1": "amqp1",
        "mqtt": "mqtt", "mqtts": "mqtt", "secure-mqtt": "mqtt", "mqtt-secure": "mqtt", "mqtt5": "mqtt",
        "nats": "nats", "nats-secure": "nats", "pulsar": "pulsar", "pulsar+ssl": "pulsar",
        "redis": "redis", "rediss": "redis", "sns": "sns", "sqs": "sqs", "googlepubsub": "googlepubsub",
        "kinesis": "kinesis", "eventbridge": "eventbridge", "servicebus": "servicebus",
        "solace": "solace", "ibmmq": "ibmmq", "ibmmq-secure": "ibmmq", "jms": "jms", "stomp": "stomp",
        "stomps": "stomp", "anypointmq": "anypointmq",
    }
)  # fmt: skip
"""Protocols of brokers, by the name of their bindings."""
_TECHNOLOGIES: Mapping[str, str] = MappingProxyType(
    {
        "kafka": "kafka", "amqp": "rabbitmq", "nats": "nats", "pulsar": "pulsar", "redis": "redis", "sns": "sns",
        "sqs": "sqs", "googlepubsub": "pubsub", "kinesis": "kinesis", "eventbridge": "eventbridge",
        "servicebus": "service-bus",
    }
)  # fmt: skip
_SPEAKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "kafka": ("redpanda", "msk", "event-hubs"),
        "mqtt": ("mosquitto", "rabbitmq", "nats", "activemq"),
        "amqp1": ("activemq", "rabbitmq", "service-bus", "event-hubs"),
        "stomp": ("activemq", "rabbitmq"),
        "jms": ("activemq",),
    }
)
"""Technologies that speak a protocol too: taken where the server is named after one."""
DIRECT = frozenset(
    {
        "ws", "wss", "websocket", "websockets", "http", "https", "sse", "grpc", "grpcs", "tcp", "socket.io", "socketio",
        "graphql", "ros2", "coap", "mercure",
    }
)  # fmt: skip
"""Protocols that are spoken without a broker."""
_LOCAL = re.compile(r"localhost|127\.|0\.0\.0\.0|host\.docker\.internal|\[?::1")
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_NOT_LIVE = frozenset(
    {
        "dev", "development", "test", "tests", "testing", "staging", "stage", "local", "localhost", "sandbox", "qa",
        "uat", "int", "integration", "preprod", "preproduction", "demo", "docker", "ci", "mock", "nonprod",
    }
)  # fmt: skip
_GENERIC = _NOT_LIVE | {
    "prod", "production", "live", "public", "private", "internal", "external", "default", "main", "server", "servers",
    "broker", "brokers", "cluster", "secure", "plain", "connection", "connections", "host", "url", "env", "environment",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Server:
    """A server under its key. `hosts` are without ports, and empty where only bindings tell that there is one."""

    key: str
    protocol: str
    hosts: tuple[str, ...]
    part: Part

    @property
    def family(self) -> str:
        return FAMILIES.get(self.protocol, "")

    @property
    def is_local(self) -> bool:
        return any(_LOCAL.match(host) for host in self.hosts)

    @property
    def technology(self) -> str | None:
        named = of_words(" ".join((self.key, *self.hosts)).replace(".", " "))
        if named is not None and named.slug in _SPEAKS.get(self.family, ()):
            return named.slug
        host = " ".join(self.hosts)
        if self.family == "kafka" and ".servicebus.windows.net" in host:
            return "event-hubs"
        if self.family == "kafka" and ".kafka." in host and host.endswith(".amazonaws.com"):
            return "msk"
        return _TECHNOLOGIES.get(self.family)

    @property
    def telling_key(self) -> str | None:
        """The key, where it says more than an environment or that it is a server."""
        return self.key if set(words(self.key)) - _GENERIC else None

    @property
    def is_live(self) -> bool:
        tags = " ".join(tag["name"].text() or "" for tag in self.part["tags"].each())
        said = [*words(self.key), *(word for tag in tags.split() if tag.startswith("env:") for word in words(tag))]
        return not _NOT_LIVE & set(said)


def words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def read_servers(document: Part, references: References) -> dict[int, Server]:
    """The servers of a document by the identity of what they resolve to, in order."""
    found: dict[int, Server] = {}
    for key, entry in document["servers"].items():
        part = references.resolve(entry)
        if part.is_mapping:
            found[id(part.value)] = _server(key, part, references)
    return found


def _server(key: str, part: Part, references: References) -> Server:
    variables = {name: references.resolve(entry, "note") for name, entry in part["variables"].items()}
    protocol = _filled(part["protocol"].text() or "", variables).lower()
    address = _filled(part.first("host", "url").text() or "", variables)
    scheme, separator, rest = address.partition("://")
    hosts = _hosts(rest if separator else address)
    return Server(key, protocol or (scheme.lower() if separator else ""), hosts, part)


def _filled(text: str, variables: Mapping[str, Part]) -> str:
    """With the default of each variable; the name of one that has none."""
    return _VARIABLE.sub(lambda found: _default(found[1], variables), text)


def _default(name: str, variables: Mapping[str, Part]) -> str:
    part = variables.get(name)
    return (part["default"].text() or part["enum"][0].text() or name) if part is not None else name


def _hosts(address: str) -> tuple[str, ...]:
    hosts = address.split("/")[0].rpartition("@")[2].split(",")
    return tuple(sorted({host for each in hosts if (host := re.sub(r":[^:\]]*$", "", each.strip()).lower())}))


def live(servers: Sequence[Server]) -> Iterator[Server]:
    """Those that are drafted: of several environments the live one, or else the first."""
    if len({server.hosts for server in servers}) < 2:
        yield from servers
        return
    kept = [server for server in servers if server.is_live] or [servers[0]]
    yield from (server for server in servers if server in kept or server.hosts == kept[0].hosts)
