"""Which services of a Compose project reach which: by the addresses in their settings and arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from archlint.importers.addresses import Address, addresses, configured, is_about_callers, named_hosts, words_of_name
from archlint.importers.compose.interpolation import UNKNOWN, Text
from archlint.importers.compose.layers import Layers
from archlint.importers.compose.service import Service
from archlint.importers.reading.files import Origin
from archlint.importers.technologies import SCHEMES
from archlint.records import dataclass

_STRONG = frozenset(
    {
        "host", "hostname", "addr", "address", "url", "uri", "endpoint", "server", "servers", "brokers", "dsn",
        "connection", "broker",
    }
)  # fmt: skip
_TELEMETRY = re.compile(
    r"^OTEL_|OTLP|^JAEGER|^ZIPKIN|ZIPKIN_|^DD_|STATSD|^LOKI|^SENTRY|^TRACELOOP|TRACING|TRACES?_ENDPOINT|ELASTIC_APM|^FLUENT"
    r"|PUSHGATEWAY|^management\.zipkin",
    re.IGNORECASE,
)
_PORTS: Mapping[int, str] = {
    27017: "mongodb", 5432: "postgresql", 3306: "mysql", 6379: "redis", 9042: "cassandra", 5672: "rabbitmq",
    9092: "kafka", 11211: "memcached", 2181: "zookeeper", 9200: "elasticsearch", 7687: "neo4j",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reach:
    """That a service holds the address of another. `technology` is what the address says that it speaks to."""

    to: str
    origin: Origin
    telemetry: bool = False
    technology: str | None = None


class Directory:
    """The names under which the services of a project reach each other."""

    def __init__(self, services: Mapping[str, Service], configs: Layers) -> None:
        self._services = services
        self._configs = configs
        self._names: dict[str, dict[str, None]] = {}
        for key, service in services.items():
            for name in (key, *_further_names(service)):
                self._names.setdefault(name.lower(), {})[key] = None

    def configs_of(self, service: Service) -> Iterator[tuple[Text, Origin]]:
        """The texts of the configuration files that stand in the Compose file itself."""
        for item in service.spec["configs"].each():
            name = (item["source"] if item.is_mapping else item).text()
            content = self._configs[name]["content"] if name is not None else None
            if content is not None and (text := content.text()) is not None and (part := content.last) is not None:
                part.conceal()
                yield text, part.origin

    def find(self, host: str, asking: Service) -> tuple[str, ...]:
        """The services that a host stands for to one of them; those that it shares no network with among them."""
        named = {alias.lower(): key for key, alias in _links(asking)}
        wanted = host.lower().rstrip(".")
        found = (named[wanted],) if wanted in named else tuple(self._names.get(wanted, ()))
        if len(found) > 1 and wanted in self._services:
            found = (wanted,)
        return tuple(key for key in found if key in self._services and key != asking.key)

    def share_a_network(self, one: Service, other: Service) -> bool:
        """True where it cannot be said."""
        return _meet(self._network_of(one), self._network_of(other))

    def _network_of(self, service: Service) -> set[str] | None:
        seen = set()
        while (beside := _beside(service)) is not None and beside in self._services and beside not in seen:
            seen.add(beside)
            service = self._services[beside]
        networks = service.networks
        return None if networks is None else set(networks)


def _meet(one: set[str] | None, other: set[str] | None) -> bool:
    return one is None or other is None or not one.isdisjoint(other)


def _beside(service: Service) -> str | None:
    """The service whose network it lives in."""
    mode = service.spec["network_mode"].known() or ""
    return mode.removeprefix("service:") if mode.startswith("service:") else None


def _further_names(service: Service) -> Iterator[str]:
    for key in ("container_name", "hostname"):
        if name := service.spec[key].known():
            yield name
    for network in (service.networks or {}).values():
        for alias in network["aliases"].each():
            text = network.scope.text(alias)
            if text is not None and text.known is not None:
                yield text.known


def _links(service: Service) -> Iterator[tuple[str, str]]:
    """Services that `links` names, with the names that it gives them."""
    for part in service.spec["links"].each():
        key, _, alias = (part.text() or "").partition(":")
        if key:
            yield key, alias or key


def reached(service: Service, directory: Directory) -> Iterator[Reach]:
    """What a service holds addresses of, the first place of each."""
    seen: set[tuple[str, bool]] = set()
    for reach in _all_reached(service, directory):
        if (reach.to, reach.telemetry) not in seen:
            seen.add((reach.to, reach.telemetry))
            yield reach


def _all_reached(service: Service, directory: Directory) -> Iterator[Reach]:
    for variable in service.environment.values():
        if variable.text is None:
            continue
        telemetry = bool(_TELEMETRY.search(variable.key))
        for address in configured(variable.key, variable.text.value):
            technology = _technology(address, variable.key)
            for key in directory.find(address.host, service):
                yield Reach(key, variable.origin, telemetry, technology)
    yield from _in_arguments(service, directory)
    for text, origin in directory.configs_of(service):
        for address in addresses(text.value):
            for key in directory.find(address.host, service):
                yield Reach(key, origin, False, _technology(address, ""))
    for part in service.spec["links"].each():
        for key in directory.find((part.text() or "").partition(":")[0], service):
            yield Reach(key, part.origin)
    beside = _beside(service)
    mode = service.spec["network_mode"].last
    if beside is not None and mode is not None:
        for key in directory.find(beside, service):
            yield Reach(key, mode.origin.noted("lives in its network"))


def _technology(address: Address, name: str) -> str | None:
    if address.scheme is not None and address.scheme in SCHEMES:
        return SCHEMES[address.scheme]
    return _PORTS.get(address.port) if address.port is not None else None


def _in_arguments(service: Service, directory: Directory) -> Iterator[Reach]:
    before = ""
    for part, word in service.arguments:
        flag, equals, value = word.partition("=")
        if word.startswith("-") and equals:
            found = configured(flag, value)
        elif before.startswith("-") and "=" not in before:
            found = named_hosts(word) if before == "-h" else configured(before, word)
        else:
            found = addresses(word)
        for address in found:
            for key in directory.find(address.host, service):
                yield Reach(key, part.origin, False, _technology(address, flag))
        before = word


def hints_of(service: Service) -> dict[str, Origin]:
    """What variables without a value are named as addresses of, such as `cart` for `CART_ADDR`."""
    hints: dict[str, Origin] = {}
    for variable in service.environment.values():
        text = variable.text
        if text is not None and UNKNOWN not in text.value:
            continue
        for name in (variable.key, *(text.missing if text is not None else ())):
            words = words_of_name(name)
            if len(words) > 1 and words[-1] in _STRONG:
                hints.setdefault(_stem(words), variable.origin.noted("by the name of the variable"))
    return hints


def hinted(hints: Mapping[str, Origin], key: str, slug: str | None) -> Origin | None:
    """Where a service is named so; by its technology too, where `slug` is given."""
    return hints.get("".join(words_of_name(key))) or hints.get(slug or "")


def is_telemetry(origin: Origin) -> bool:
    """Whether the text at an origin begins with the name of a variable that telemetry is sent by."""
    return bool(_TELEMETRY.match(origin.file.text[origin.start : origin.end].lstrip("\"'- ")))


def _stem(words: list[str]) -> str:
    stem = "".join(words[:-1])
    return {"postgres": "postgresql", "mongo": "mongodb", "rabbit": "rabbitmq", "es": "elasticsearch"}.get(stem, stem)


def unresolved(service: Service) -> Iterator[str]:
    """Variables that look like addresses and have no value."""
    for variable in service.environment.values():
        missing = variable.text.missing if variable.text is not None else (variable.key,)
        for name in missing:
            words = words_of_name(name)
            if words and words[-1] in _STRONG and not is_about_callers(name):
                yield name
