"""Traces of Jaeger, OpenTelemetry, Tempo and Zipkin in JSON, and the dependencies that are drawn from them.

What was seen is stated: that services call each other, stores and brokers. A trace says how long one request took, not
how many there are: no rates are drafted.
"""

from __future__ import annotations

from collections.abc import Iterator

from archlint.importers.draft import Draft
from archlint.importers.gathering import Sources
from archlint.importers.jaeger.drafting import Tracing
from archlint.importers.jaeger.spans import (
    Span,
    jaeger_traces,
    of_jaeger,
    of_open_telemetry,
    of_zipkin,
    open_telemetry_resources,
    zipkin_spans,
)
from archlint.importers.observed import Graph
from archlint.importers.reading.files import SourceFile
from archlint.importers.reading.tree import Part

TITLE = "traces, or dependencies between services that were traced"
IS_PARTIAL = True

_LOOKED_AT = 5


def recognises(file: SourceFile) -> bool:
    return any(_holds_spans(part) or _holds_dependencies(part) for part in file.documents)


def _holds_spans(part: Part) -> bool:
    return (
        next(jaeger_traces(part), None) is not None
        or any(map(_has_scopes, open_telemetry_resources(part)))
        or next(zipkin_spans(part), None) is not None
    )


def _has_scopes(resource: Part) -> bool:
    return resource.first("scopeSpans", "scope_spans", "instrumentationLibrarySpans").is_list


def _dependencies(part: Part) -> Part:
    return next((part[key] for key in ("data", "dependencies") if part[key].is_list), part)


def _holds_dependencies(part: Part) -> bool:
    """Also an empty answer is one of some kind, but not known to be of this."""
    listed = _dependencies(part)
    first = [listed[at] for at in range(_LOOKED_AT) if listed[at]]
    return bool(first) and all(
        one["parent"].text() and one["child"].text() and one["callCount"].integer() is not None for one in first
    )


def _spans(part: Part) -> Iterator[Span]:
    yield from of_jaeger(part)
    yield from of_open_telemetry(part)
    yield from of_zipkin(part)


def draft_from(sources: Sources, draft: Draft) -> None:
    graph = Graph()
    spans: list[Span] = []
    for part in (part for file in sources.files for part in file.documents):
        if _holds_dependencies(part):
            _draw(part, graph)
        else:
            spans += _spans(part)
    tracing = Tracing(spans, graph, draft)
    tracing.read()
    graph.draft(draft)
    tracing.draft_messages()


def _draw(part: Part, graph: Graph) -> None:
    for one in _dependencies(part).each():
        parent, child = one["parent"], one["child"]
        source = graph.add(parent.text() or "", parent.origin)
        target = graph.add(child.text() or "", child.origin)
        if source and target:
            graph.call(source, target, child.origin)
