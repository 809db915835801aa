"""Addresses in the configuration of other tools: which hosts a text names, by which protocol."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from archlint.records import dataclass

_URL = re.compile(r"(?<![a-zA-Z0-9+.-])([a-zA-Z][a-zA-Z0-9+.-]*)://([^\s\"'<>`]+)")
_HOST = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9_-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*"
_HOST_AND_PORT = re.compile(rf"(?<![\w./:-])({_HOST}):(\d{{1,5}})(?!\w|@|:(?!\d))")
_PAIRED = re.compile(
    rf"\b(?:host|hostname|server|addr|address|data source)\s*=\s*(?:tcp:)?({_HOST})(?:[,:](\d{{1,5}}))?(?![\w@])",
    re.IGNORECASE,
)
_WHOLE = re.compile(_HOST)
_NAMING_SCHEMES = ("dns", "passthrough")
"""Schemes of gRPC that say how a name is found: `dns:///cart:7070`, `dns://resolver/cart:7070`."""
_SEPARATORS = re.compile(r"[\s,;]+")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_HOSTS = frozenset(
    {
        "host", "hosts", "hostname", "hostnames", "addr", "addrs", "address", "addresses", "url", "urls", "uri", "uris",
        "endpoint", "endpoints", "server", "servers", "broker", "brokers", "bootstrap", "node", "nodes", "seed",
        "seeds", "peer", "peers", "contact", "upstream", "upstreams", "backend", "join", "retry", "dsn", "connect",
        "connection", "link", "target", "replicaof", "slaveof", "master", "primary", "leader", "zookeeper", "cluster",
        "route", "routes", "domain",
    }
)  # fmt: skip
"""Words in the names of variables and flags whose values are hosts."""
_OF_CALLERS = frozenset(
    {
        "allowed", "advertised", "advertise", "cors", "origin", "origins", "callback", "redirect", "virtual", "listen",
        "listener", "listeners", "bind", "trusted", "cookie",
    }
)  # fmt: skip
"""Words of those that name the service itself, or those that may call it."""
_NO_HOST = ("image", "version", "tag")
_NO_BARE_HOST = frozenset(
    {
        "name", "id", "ids", "mode", "type", "user", "username", "db", "database", "driver", "role", "scheme", "path",
        "prefix", "protocol", "class", "count", "engine", "kind",
    }
)  # fmt: skip
"""Last words of names whose values are words that may be those of hosts, and are not."""
_IGNORED = frozenset({"no_proxy", "NO_PROXY", "HOSTNAME", "SERVER_NAME", "KAFKA_HOST_NAME"})
_OWN = frozenset({"localhost", "0.0.0.0", "127.0.0.1", "host.docker.internal", "example.com", "example.org"})


@dataclass(frozen=True, slots=True)
class Address:
    """A host that a text names; credentials are not kept. `scheme` and `port` are None where the text does not say."""

    host: str
    scheme: str | None = None
    port: int | None = None


def addresses(text: str) -> Iterator[Address]:
    """The hosts that a text names by a URL, with a port or as `host=`, each once; never the machine itself."""
    seen: set[Address] = set()
    for address in (*_of_urls(text), *_with_ports(rest := _URL.sub(" ", text)), *_in_pairs(rest)):
        if address not in seen and address.host.lower() not in _OWN:
            seen.add(address)
            yield address


def named_hosts(text: str) -> Iterator[Address]:
    """As `addresses`, and the hosts of a text that is nothing but a list of hosts, with ports or without."""
    found = list(addresses(text))
    yield from found
    for word in _SEPARATORS.split(text.strip()):
        if _WHOLE.fullmatch(word) and not word.replace(".", "").isdigit() and word.lower() not in _OWN:
            yield Address(word)


def _of_urls(text: str) -> Iterator[Address]:
    for scheme, rest in _URL.findall(text):
        if scheme.lower() in _NAMING_SCHEMES:
            rest = rest.rpartition("/")[2]
        # Several hosts in one address, as MongoDB, Kafka and PostgreSQL take them.
        hosts = re.split(r"[/?#;]", rest, maxsplit=1)[0].rpartition("@")[2]
        for host in hosts.split(","):
            address = _split(host, scheme.lower())
            if address is not None:
                yield address


def _split(host: str, scheme: str) -> Address | None:
    try:
        parts = urlsplit(f"//{host}")
        name, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if not name or not _WHOLE.fullmatch(name):
        return None
    return Address(name, scheme.removeprefix("jdbc:"), port)


def _with_ports(text: str) -> Iterator[Address]:
    for host, port in _HOST_AND_PORT.findall(text):
        if not host.replace(".", "").isdigit() and 0 < int(port) < 65_536:
            yield Address(host, None, int(port))


def _in_pairs(text: str) -> Iterator[Address]:
    """As connection strings of ADO.NET, ODBC and libpq have them: `Host=db;Username=...`, `host=db port=5432`."""
    if "=" not in text:
        return
    for host, port in _PAIRED.findall(text):
        if not host.replace(".", "").isdigit():
            yield Address(host, None, int(port) if port and 0 < int(port) < 65_536 else None)


def words_of_name(name: str) -> list[str]:
    """The words of a name in any style: `DB_HOST`, `spring.redis.host`, `mongoHost`."""
    return [word.lower() for word in _WORD.findall(name)]


def is_about_callers(name: str) -> bool:
    """Whether a variable or flag of that name holds what names the program itself, or may call it."""
    return name in _IGNORED or not _OF_CALLERS.isdisjoint(words_of_name(name))


def configured(name: str, value: str) -> Iterator[Address]:
    """The hosts that a variable or flag names; bare ones only where its name says that hosts are due."""
    words = words_of_name(name)
    if is_about_callers(name) or (words and words[-1] in _NO_HOST):
        return iter(())
    bare = not _HOSTS.isdisjoint(words) and (words[-1] not in _NO_BARE_HOST or words[-2:] == ["host", "name"])
    return named_hosts(value) if bare else addresses(value)
