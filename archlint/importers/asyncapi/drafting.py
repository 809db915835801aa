"""From AsyncAPI documents to the draft."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from archlint.importers.asyncapi.bindings import (
    Fact,
    consume_facts,
    dead_letter,
    delivery,
    key_name,
    topic_facts,
    topic_name,
    weakest,
)
from archlint.importers.asyncapi.brokers import Brokers
from archlint.importers.asyncapi.documents import Channel, Document, Operation, bindings_of
from archlint.importers.asyncapi.servers import DIRECT, FAMILIES, Server, live
from archlint.importers.contracts import application, first_sentence
from archlint.importers.draft import Component, Draft, Statement
from archlint.importers.reading.tree import Part
from archlint.importers.references import References


class Drafting:
    """Takes all documents before it drafts any: names of brokers, and whom a message reaches, show in all of them."""

    def __init__(self, draft: Draft, references: References) -> None:
        self._draft, self._references = draft, references
        self._brokers = Brokers(draft)
        self._documents: list[Document] = []
        self._deliveries: dict[str, tuple[Statement, list[Fact]]] = {}
        self._talks: dict[str, dict[str, None]] = {}

    def add(self, document: Document) -> None:
        self._documents.append(document)
        for server in _drafted(document.servers):
            self._brokers.collect(server)

    def draft(self) -> None:
        applications = [self._application(document) for document in self._documents]
        for document, component in zip(self._documents, applications, strict=True):
            self._remark_on(document)
            servers = self._servers_of_channels(document)
            for channel in document.channels:
                for server in servers[id(channel)]:
                    self._topic(server, channel)
            for operation in document.operations:
                for server in servers.get(id(operation.channel), ()):
                    found = self._topic(server, operation.channel)
                    if found is not None:
                        self._edge(operation, component, server, *found)
                self._talk(operation, component)
        for statement, facts in self._deliveries.values():
            if (fact := weakest(facts)) is not None:
                statement.state(*fact)
        self._remark_on_talks()

    def _application(self, document: Document) -> Component:
        name = document.root.file.name
        stem = os.path.splitext(os.path.basename(name))[0]
        return application(self._draft, document.root, stem)

    # -- topics

    def _servers_of_channels(self, document: Document) -> dict[int, list[Server]]:
        """The brokers that carry each channel, by its identity; by bindings alone where no server is named."""
        kept = set(map(id, _drafted(document.servers)))
        found = {}
        for channel in document.channels:
            found[id(channel)] = [server for server in channel.servers if id(server) in kept]
        if not document.servers:
            protocols: dict[int, dict[str, None]] = {}
            for operation in document.operations:
                protocols.setdefault(id(operation.channel), {}).update(dict.fromkeys(self._bound(operation)))
            for channel in document.channels:
                found[id(channel)] = self._unnamed(channel, list(protocols.get(id(channel), {})))
        return found

    def _unnamed(self, channel: Channel, protocols: list[str]) -> list[Server]:
        """The broker that there must be, though no document names it."""
        own = self._references.resolve(channel.part["bindings"], "note")
        protocols = [*(name for name, _ in own.items()), *protocols]
        family = next((FAMILIES[protocol] for protocol in protocols if protocol in FAMILIES), "")
        is_direct = bool(protocols) and all(protocol in DIRECT for protocol in protocols)
        is_path = (channel.address or "/").startswith("/")  # of a URL
        return [] if not family and (is_direct or is_path) else [Server("", family, (), channel.part)]

    def _bound(self, operation: Operation) -> Iterator[str]:
        """The protocols that an operation and its messages have bindings for."""
        parts = [*operation.bindings]
        for message in operation.messages:
            parts += bindings_of(message, self._references)
        for part in parts:
            yield from (name for name, _ in part.items())

    def _topic(self, server: Server, channel: Channel) -> tuple[str, Statement] | None:
        binding = self._binding(self._references.resolve(channel.part["bindings"], "note"), server)
        address = topic_name(server.family, binding) or channel.address
        if address is None:
            return None
        origin = (channel.part["address"] or channel.part).origin
        if not server.hosts:
            origin = origin.noted("no server is stated")
        reference, topic = self._brokers.topic(server, address, origin)
        said = channel.part.first("description", "summary")
        if topic.stated("description") is None:
            topic.state("description", first_sentence(said.text()), said.origin)
        for fact in topic_facts(server.family, binding):
            topic.state(*fact)
        registry = self._references.resolve(server.part["bindings"], "note")["kafka"]["schemaRegistryUrl"]
        topic.state("schema.registry", True if registry.text() else None, registry.origin)
        return reference, topic

    def _binding(self, bindings: Part, server: Server) -> Part:
        """What the bindings say for the protocol of a server."""
        own = bindings[server.protocol]
        return self._references.resolve(own or bindings[server.family], "note")

    # -- operations

    def _edge(
        self, operation: Operation, component: Component, server: Server, reference: str, topic: Statement
    ) -> None:
        bindings = [self._binding(part, server) for part in operation.bindings]
        origin = (operation.part["action"] or operation.part).origin
        for message in operation.messages:
            self._key(message, server, topic)
        for binding in bindings:
            if (fact := delivery(server.family, binding)) is not None:
                self._deliveries.setdefault(reference, (topic, []))[1].append(fact)
        if operation.sends:
            component.item("publishes", reference, origin)
            return
        consumed = component.item("consumes", reference, origin)
        channel = self._binding(self._references.resolve(operation.channel.part["bindings"], "note"), server)
        facts: dict[str, Fact] = {}
        for binding in bindings or [channel["nothing"]]:
            for fact in consume_facts(server.family, binding, channel):
                if fact[1] is not None:
                    facts.setdefault(fact[0], fact)
        for fact in facts.values():
            consumed.state(*fact)
        letters = dead_letter(server.family, channel)
        if (name := letters.text()) is not None:
            consumed.state("dead_letter", self._brokers.topic(server, name, letters.origin)[0], letters.origin)

    def _key(self, message: Part, server: Server, topic: Statement) -> None:
        if server.family != "kafka" or topic.stated("key") is not None:
            return
        for bindings in bindings_of(message, self._references):
            key = self._binding(bindings, server)["key"]
            name = key_name(self._references.resolve(key, "note"), key["$ref"].text())
            if name is not None:
                topic.state("key", name, key.origin)
                return

    # -- what is not drafted

    def _talk(self, operation: Operation, component: Component) -> None:
        """Messages without a broker: who calls whom is not said."""
        for server in operation.channel.servers:
            if server.protocol in DIRECT and server.hosts:
                self._talks.setdefault(f"{server.protocol}://{server.hosts[0]}", {})[component.name] = None

    def _remark_on_talks(self) -> None:
        for address, names in self._talks.items():
            if len(names) > 1:
                who = ", ".join(sorted(names))
                self._draft.note(f"{who} exchange messages at {address} without a broker; who calls whom is not said")

    def _remark_on(self, document: Document) -> None:
        drafted = set(map(id, _drafted(document.servers)))
        left = [server for server in document.servers if server.family and id(server) not in drafted]
        if left:
            names = ", ".join(server.key for server in left)
            self._draft.note(f"servers of other environments are left out: {names}", left[0].part.origin)
        for server in document.servers:
            if not server.family and server.protocol not in DIRECT:
                what = f"the protocol `{server.protocol}`" if server.protocol else "a server without a protocol"
                self._draft.note(
                    f"{what} is not known: whether {server.key} is a broker, cannot be said", server.part.origin
                )
        unknown = [channel for channel in document.channels if channel.address is None]
        if unknown:
            keys = ", ".join(channel.key for channel in unknown)
            self._draft.note(
                f"channels whose address is not known beforehand are left out: {keys}", unknown[0].part.origin
            )


def _drafted(servers: Iterable[Server]) -> list[Server]:
    """The brokers among the servers, of one environment for each protocol."""
    brokers: dict[str, list[Server]] = {}
    for server in servers:
        if server.family and (server.hosts or server.part):
            brokers.setdefault(server.family, []).append(server)
    return [server for alike in brokers.values() for server in live(alike)]
