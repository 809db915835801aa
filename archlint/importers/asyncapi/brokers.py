"""The brokers behind the servers of several documents: one for each host, under one name; and their topics."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from archlint.importers.asyncapi.servers import Server
from archlint.importers.draft import Component, Draft, Statement
from archlint.importers.names import as_name, slug
from archlint.importers.reading.files import Origin
from archlint.records import dataclass, field

_PARAMETER = re.compile(r"\{([^{}]*)\}")


@dataclass(slots=True)
class Group:
    """The servers that are one broker."""

    servers: list[Server] = field(default_factory=list)
    component: Component | None = None
    topics: dict[str, str] = field(default_factory=dict)
    """Names of topics by their addresses, whatever the parameters in them are called."""
    names: set[str] = field(default_factory=set)
    """All names of its topics."""


class Brokers:
    """Collects the servers of all documents first, so that the names do not depend on the order of files."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._by_host: dict[str, Group] = {}
        self._unplaced: dict[str, Group] = {}
        self._taken: dict[str, Group] = {}

    def collect(self, server: Server) -> None:
        group = next((self._by_host[host] for host in server.hosts if host in self._by_host), Group())
        group.servers.append(server)
        for host in server.hosts:
            self._by_host[host] = group
        if not server.hosts:
            self._unplaced.setdefault(server.family, group)

    def component(self, server: Server) -> Component:
        """The broker that a server is, in the draft."""
        group = self._group(server)
        if group.component is None:
            name = next(name for name in self._names(group) if self._is_free(name))
            self._taken[name] = group
            known = self._draft.component("brokers", name, server.part.origin)
            known.state("technology", server.technology, (server.part["protocol"] or server.part).origin)
            group.component = known
        return group.component

    def topic(self, server: Server, address: str, origin: Origin) -> tuple[str, Statement]:
        """The topic of an address as a reference, `broker/topic`, and what is stated of it."""
        broker, group = self.component(server), self._group(server)
        shape = _PARAMETER.sub("{}", address)
        if shape not in group.topics:
            group.topics[shape] = _unused(topic_name(address), group.names)
            group.names.add(group.topics[shape])
        name = group.topics[shape]
        noted = origin if name == address else origin.noted(f"its address is {address}")
        return f"{broker.name}/{name}", broker.topic(name, noted)

    def _group(self, server: Server) -> Group:
        for host in server.hosts:
            return self._by_host[host]
        return self._only(server.family) or self._unplaced.setdefault(server.family, Group([server]))

    def _only(self, family: str) -> Group | None:
        """The only broker that has a host and speaks the protocol: what states no server is taken to use it."""
        groups: list[Group] = []
        for group in self._by_host.values():
            if (not family or group.servers[0].family == family) and not any(group is known for known in groups):
                groups.append(group)
        return groups[0] if len(groups) == 1 else None

    def _names(self, group: Group) -> Iterator[str]:
        """Names by which a group may go, the best first."""
        hosts = sorted({host for server in group.servers for host in server.hosts})
        for host in hosts:
            for known in (host, host.split(".")[0], host.split(".")[0].removesuffix("-kafka-bootstrap")):
                found = self._draft.find(known)
                if found is not None and found.section == "brokers" and known not in self._taken:
                    yield known
        keys = {server.telling_key for server in group.servers}
        technology = group.servers[0].technology
        if len(keys) == 1 and (key := keys.pop()) is not None:
            yield slug(key)
        if len(hosts) == 1 and not group.servers[0].is_local:
            yield as_name(hosts[0])
        yield from filter(None, (technology, group.servers[0].family))
        yield from (as_name(host) for host in hosts)
        number = 1
        while True:
            yield f"broker-{number}" if number > 1 else "broker"
            number += 1

    def _is_free(self, name: str) -> bool:
        found = self._draft.find(name)
        return bool(name) and name not in self._taken and (found is None or found.section == "brokers")


def topic_name(address: str) -> str:
    """An address as a name: `streetlight/{id}` is `streetlight-id`."""
    plain = _PARAMETER.sub(r"\1", re.sub(r"^[^/:]+:/*", "", address) if "://" in address else address)
    return as_name(plain.replace("#", "all").replace("*", "any").replace("+", "any")) or "root"


def _unused(name: str, taken: Collection[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found
