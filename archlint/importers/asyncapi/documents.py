"""AsyncAPI documents of versions 2 and 3 as channels, and what the application that they describe does with them."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.importers.asyncapi.servers import Server, read_servers
from archlint.importers.reading.tree import Part
from archlint.importers.references import References
from archlint.records import dataclass, field


@dataclass(frozen=True, slots=True)
class Channel:
    """`address` is None where it is not known before the application runs; `servers` are those that carry it."""

    key: str
    address: str | None
    part: Part
    servers: tuple[Server, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """What the application does with a channel. `bindings` are its own and those of its traits, the first first."""

    sends: bool
    channel: Channel
    part: Part
    bindings: tuple[Part, ...]
    messages: tuple[Part, ...]


@dataclass(slots=True)
class Document:
    """One document. `servers` are all of it."""

    root: Part
    servers: tuple[Server, ...]
    channels: list[Channel] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)


def read_document(root: Part, references: References) -> Document:
    servers = read_servers(root, references)
    document = Document(root, tuple(servers.values()))
    if (root["asyncapi"].text() or "").startswith("2."):
        _Second(document, references).read()
    else:
        _Third(document, references, servers).read()
    return document


def bindings_of(part: Part, references: References) -> Iterator[Part]:
    """The bindings of a channel, operation or message, then those of its traits."""
    yield references.resolve(part["bindings"], "note")
    for trait in part["traits"].each():
        yield references.resolve(references.resolve(trait, "note")["bindings"], "note")


class _Second:
    """Version 2 tells from the view of who uses the application: where they subscribe, it sends."""

    def __init__(self, document: Document, references: References) -> None:
        self._document, self._references = document, references

    def read(self) -> None:
        for address, entry in self._document.root["channels"].items():
            part = self._references.resolve(entry)
            channel = Channel(address, address, part, self._servers(part))
            self._document.channels.append(channel)
            for word, sends in (("publish", False), ("subscribe", True)):
                operation = self._references.resolve(part[word])
                if operation.is_mapping:
                    self._document.operations.append(self._operation(sends, channel, operation))

    def _servers(self, part: Part) -> tuple[Server, ...]:
        names = {name.text() for name in part["servers"].each()}
        return tuple(server for server in self._document.servers if not names or server.key in names)

    def _operation(self, sends: bool, channel: Channel, part: Part) -> Operation:
        message = self._references.resolve(part["message"], "note")
        several = [self._references.resolve(one, "note") for one in message["oneOf"].each()]
        return Operation(sends, channel, part, tuple(bindings_of(part, self._references)), tuple(several or [message]))


class _Third:
    """Version 3 tells from the view of the application."""

    def __init__(self, document: Document, references: References, servers: dict[int, Server]) -> None:
        self._document, self._references, self._by_id = document, references, servers
        self._channels: dict[int, Channel] = {}

    def read(self) -> None:
        for key, entry in self._document.root["channels"].items():
            self._channel(key, self._references.resolve(entry))
        for entry in self._document.root["operations"].values():
            operation = self._references.resolve(entry)
            action = operation["action"].text()
            if action in ("send", "receive"):
                self._operation(action == "send", operation, operation["channel"])
                answer = self._references.resolve(operation["reply"])
                self._operation(action == "receive", answer, answer["channel"], is_reply=True)

    def _channel(self, key: str, part: Part) -> Channel:
        known = self._channels.get(id(part.value))
        if known is None and part.is_mapping:
            address = part["address"].text() if "address" in part.value else key
            known = self._channels[id(part.value)] = Channel(key, address, part, self._servers(part))
            self._document.channels.append(known)
        return known or Channel(key, None, part, ())

    def _servers(self, part: Part) -> tuple[Server, ...]:
        if not any(part["servers"].each()):
            return self._document.servers
        named = (self._references.resolve(server) for server in part["servers"].each())
        return tuple(server for one in named if (server := self._by_id.get(id(one.value))) is not None)

    def _operation(self, sends: bool, part: Part, reference: Part, is_reply: bool = False) -> None:
        if not reference and is_reply:
            return
        channel = self._channel(
            str(reference["$ref"].text() or "").rpartition("/")[2], self._references.resolve(reference)
        )
        listed = [self._references.resolve(one, "note") for one in part["messages"].each()]
        messages = listed or [self._references.resolve(one, "note") for one in channel.part["messages"].values()]
        bindings = () if is_reply else tuple(bindings_of(part, self._references))
        self._document.operations.append(Operation(sends, channel, part, bindings, tuple(messages)))
