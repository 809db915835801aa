"""Spans of traces, as Jaeger, OpenTelemetry (also Tempo) and Zipkin write them in JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from archlint.importers.reading.files import Origin
from archlint.importers.reading.tree import Part
from archlint.records import dataclass

Key = tuple[str, str]
"""Of a span: its trace and its id."""

_READ = frozenset(
    {
        "span.kind", "error", "otel.status_code", "peer.service", "server.address", "net.peer.name", "peer.hostname",
        "peer.address", "net.sock.peer.name", "http.host", "http.url", "url.full", "http.method", "http.request.method",
        "rpc.system", "rpc.system.name", "upstream_cluster.name", "upstream_cluster", "istio.canonical_service",
        "istio.namespace", "db.system", "db.system.name", "db.type", "db.name", "db.namespace", "db.instance",
        "db.operation", "db.operation.name", "db.statement", "db.query.text", "messaging.system",
        "messaging.destination.name", "messaging.destination.template", "messaging.destination",
        "message_bus.destination", "messaging.destination.temporary", "messaging.destination.anonymous",
        "messaging.temp_destination", "messaging.operation", "messaging.operation.type", "messaging.operation.name",
        "messaging.consumer.group.name", "messaging.kafka.consumer.group", "messaging.consumer_group",
        "sql.query", "kafka.topic", "rabbit.queue", "rabbit.exchange", "rabbit.routing_key", "jms.queue", "jms.topic",
        "messaging.rabbitmq.destination.routing_key", "messaging.rabbitmq.routing_key",
    }
)  # fmt: skip
_SECRETIVE = re.compile(
    r"url|target|query|statement|header|body|token|auth|password|cookie|secret|session|connection_string|argument"
)
_KINDS = MappingProxyType({"1": "internal", "2": "server", "3": "client", "4": "producer", "5": "consumer"})


@dataclass(slots=True)
class Span:
    """`parent` is None for the first of a trace; `shared` tells a span that the server has under its client's id."""

    key: Key
    parent: Key | None
    links: tuple[Key, ...]
    service: str
    kind: str
    tags: Mapping[str, str]
    seconds: float | None
    failed: bool
    follows: bool
    shared: bool
    origin: Origin

    def tag(self, *keys: str) -> str | None:
        """The first of these tags that the span has."""
        return next((self.tags[key] for key in keys if self.tags.get(key)), None)


def jaeger_traces(part: Part) -> Iterator[Part]:
    """The traces of an answer of Jaeger, of a list, or of a trace by itself."""
    listed = part["data"] if part["data"].is_list else part
    for trace in (part,) if part["spans"].is_list else listed.each():
        if trace["spans"].is_list and trace["processes"].is_mapping:
            yield trace


def of_jaeger(part: Part) -> Iterator[Span]:
    for trace in jaeger_traces(part):
        names = {key: process["serviceName"].text() or "" for key, process in trace["processes"].items()}
        for span in trace["spans"].each():
            service = names.get(span["processID"].text() or "") or span["process"]["serviceName"].text()
            if service and span["spanID"]:
                yield _of_jaeger(span, service)


def _of_jaeger(span: Part, service: str) -> Span:
    tags = _tags((tag["key"].text(), tag["value"]) for tag in span["tags"].each())
    trace = span["traceID"].text() or ""
    references = [
        (reference["refType"].text() or "CHILD_OF", _key(reference, "traceID", "spanID", trace))
        for reference in span["references"].each()
    ]
    parent = next((key for kind, key in references if kind == "CHILD_OF"), None)
    follows = parent is None and bool(references)
    if follows:
        parent = references[0][1]
    if parent is None and (id := span["parentSpanID"].text()) not in (None, "0"):
        parent = (trace, str(id))
    duration = span["duration"].number()
    return Span(
        key=(trace, span["spanID"].text() or ""),
        parent=parent,
        links=tuple(key for _, key in references if key != parent),
        service=service,
        kind=(tags.get("span.kind") or "").lower(),
        tags=tags,
        seconds=duration / 1e6 if duration is not None else None,
        failed=_failed(tags),
        follows=follows,
        shared=False,
        origin=span.origin,
    )


def open_telemetry_resources(part: Part) -> Iterator[Part]:
    """What OpenTelemetry calls resource spans: of the collector's files, of Tempo, and of Jaeger's newer interface."""
    for holder in (part, part["trace"], part["result"], part["data"]):
        for key in ("resourceSpans", "resource_spans", "batches"):
            yield from holder[key].each()
    for one in part.each():
        yield from one["resourceSpans"].each()


def of_open_telemetry(part: Part) -> Iterator[Span]:
    for resource in open_telemetry_resources(part):
        attributes = _tags(_attributes(resource["resource"]), {"service.name"})
        service = attributes.get("service.name")
        scopes = resource.first("scopeSpans", "scope_spans", "instrumentationLibrarySpans")
        for span in (span for scope in scopes.each() for span in scope["spans"].each()):
            if service and span.first("spanId", "span_id"):
                yield _of_open_telemetry(span, service)


def _of_open_telemetry(span: Part, service: str) -> Span:
    tags = _tags(_attributes(span))
    trace = span.first("traceId", "trace_id").text() or ""
    parent = span.first("parentSpanId", "parent_span_id").text()
    kind = span["kind"].text() or ""
    start, end = (span.first(f"{word}TimeUnixNano", f"{word}_time_unix_nano").integer() for word in ("start", "end"))
    return Span(
        key=(trace, span.first("spanId", "span_id").text() or ""),
        parent=(trace, parent) if parent and parent.strip("0") else None,
        links=tuple(_key(link, "traceId", "spanId", trace) for link in span["links"].each()),
        service=service,
        kind=_KINDS.get(kind) or kind.removeprefix("SPAN_KIND_").lower(),
        tags=tags,
        seconds=(end - start) / 1e9 if start and end and end >= start else None,
        failed=_failed(tags) or (span["status"]["code"].text() or "") in ("2", "STATUS_CODE_ERROR"),
        follows=False,
        shared=False,
        origin=span.origin,
    )


def zipkin_spans(part: Part) -> Iterator[Part]:
    """The spans of a trace of Zipkin, or of a list of traces."""
    for one in part.each():
        for span in one.each() if one.is_list else (one,):
            if span["traceId"] and span["id"] and span["localEndpoint"].is_mapping:
                yield span


def of_zipkin(part: Part) -> Iterator[Span]:
    for span in zipkin_spans(part):
        service = span["localEndpoint"]["serviceName"].text()
        if service:
            yield _of_zipkin(span, service)


def _of_zipkin(span: Part, service: str) -> Span:
    tags = _tags(span["tags"].items())
    remote = span["remoteEndpoint"]["serviceName"].text()
    if remote:
        tags = {**tags, "peer.service": remote}
    trace, parent = span["traceId"].text() or "", span["parentId"].text()
    duration = span["duration"].number()
    return Span(
        key=(trace, span["id"].text() or ""),
        parent=(trace, parent) if parent else None,
        links=(),
        service=service,
        kind=(span["kind"].text() or "").lower(),
        tags=tags,
        seconds=duration / 1e6 if duration is not None else None,
        failed=bool(span["tags"]["error"]),
        follows=False,
        shared=span["shared"].flag() is True,
        origin=span.origin,
    )


def _key(reference: Part, trace: str, span: str, own: str) -> Key:
    return reference[trace].text() or own, reference[span].text() or ""


def _attributes(part: Part) -> Iterator[tuple[str | None, Part]]:
    for attribute in part["attributes"].each():
        value = attribute["value"]
        yield (
            attribute["key"].text(),
            value.first("stringValue", "intValue", "boolValue", "doubleValue", "string_value", "int_value"),
        )


def _tags(pairs: Iterator[tuple[str | None, Part]], wanted: frozenset[str] | set[str] = _READ) -> dict[str, str]:
    """The tags that are read. Those that may hold what nobody should see are kept out of reports."""
    tags = {}
    for key, value in pairs:
        if key is None:
            continue
        if _SECRETIVE.search(key):
            value.conceal()
        if key in wanted and (text := value.text()) is not None:
            tags[key] = text
    return tags


def _failed(tags: Mapping[str, str]) -> bool:
    return (tags.get("error") or "false").lower() != "false" or tags.get("otel.status_code") == "ERROR"
