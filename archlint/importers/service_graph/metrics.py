"""Service graphs as metrics: as Prometheus scrapes them or answers in JSON, and as OpenTelemetry exports them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from archlint.importers.draft import Draft, Section
from archlint.importers.observed import Graph, store_by_name
from archlint.importers.reading.files import Origin, SourceFile
from archlint.importers.reading.tree import Part
from archlint.records import dataclass

_SERIES = re.compile(
    r"^(?:traces_service_graph_request_total|istio_requests_total|istio_tcp_connections_opened_total)"
    r"\{([^\n]*)\}[ \t]+(\S+)",
    re.MULTILINE,
)
_COUNTERS = ("traces_service_graph_request_total", "traces_service_graph_request")
_LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')
_ENDS = (
    (("client",), ("server",)),
    (
        ("source_canonical_service", "source_app", "source_workload"),
        ("destination_canonical_service", "destination_app", "destination_service_name", "destination_workload"),
    ),
)
_NOBODY = frozenset({"", "unknown", "none", "PassthroughCluster", "BlackHoleCluster", "InboundPassthroughClusterIpv4"})
_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Series:
    """One series: who calls whom, by its labels. `value` is None where it is no number."""

    labels: Mapping[str, str]
    value: float | None
    origin: Origin

    @property
    def ends(self) -> tuple[str, str] | None:
        for sources, targets in _ENDS:
            source = next((self.labels[name] for name in sources if self._says(name)), None)
            target = next((self.labels[name] for name in targets if self._says(name)), None)
            if source is not None and target is not None:
                return source, target
        return None

    def _says(self, name: str) -> bool:
        return self.labels.get(name, "") not in _NOBODY

    @property
    def has_ends(self) -> bool:
        """Whether it is a series of a service graph, be its ends known or not."""
        return any(
            any(map(self.labels.__contains__, end)) and "le" not in self.labels for pair in _ENDS for end in pair
        )


def is_exposition(file: SourceFile) -> bool:
    return _SERIES.search(file.text) is not None


def exposed(file: SourceFile) -> Iterator[Series]:
    for found in _SERIES.finditer(file.text):
        yield Series(dict(_LABEL.findall(found[1])), _number(found[2]), Origin(file, found.start(), found.end()))


def is_answer(part: Part) -> bool:
    result = _result(part)
    first = [result[at] for at in range(_LOOKED_AT) if result[at]]
    return bool(first) and all(one["metric"].is_mapping for one in first) and any(one.ends for one in of_answer(part))


def _result(part: Part) -> Part:
    return part["data"]["result"] if part["data"]["resultType"].text() in ("vector", "matrix") else part["data"]["none"]


def of_answer(part: Part) -> Iterator[Series]:
    """Of a range the largest value counts: whether there was a call at all."""
    for one in _result(part).each():
        labels = {key: value.text() or "" for key, value in one["metric"].items()}
        values = [_number(pair[1].text() or "") for pair in (one["value"], *one["values"].each())]
        known = [value for value in values if value is not None]
        yield Series(labels, max(known) if known else None, one["metric"].origin)


def exported(part: Part) -> Iterator[Series]:
    """Of an export of OpenTelemetry's collector the counters of requests."""
    for resource in part["resourceMetrics"].each():
        for metric in (metric for scope in resource["scopeMetrics"].each() for metric in scope["metrics"].each()):
            if (metric["name"].text() or "") in _COUNTERS:
                for point in metric["sum"]["dataPoints"].each():
                    pairs = (
                        (one["key"].text(), one["value"]["stringValue"].text()) for one in point["attributes"].each()
                    )
                    labels = {key: value or "" for key, value in pairs if key is not None}
                    yield Series(labels, point.first("asInt", "asDouble").number(), metric["name"].origin)


def is_export(part: Part) -> bool:
    return next(exported(part), None) is not None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number == number else None  # not a number is equal to nothing


def read_series(series: Iterable[Series], graph: Graph, draft: Draft) -> None:
    silent = 0
    for one in series:
        ends = one.ends
        if ends is None:
            silent += one.has_ends
        elif one.value:
            _read(one, *ends, graph)
    if silent:
        draft.note(f"{silent} series name only one end of a call, or none; left out")


def _read(one: Series, client: str, server: str, graph: Graph) -> None:
    """`connection_type` tells what sends no spans itself; a user is nobody's service."""
    kind = one.labels.get("connection_type", "")
    known = store_by_name(server) if kind == "database" else None
    section: Section = (known.section if known is not None else "datastores") if kind == "database" else "services"
    is_user = client == "user" and (kind == "virtual_node" or not kind)
    source = graph.add(client, one.origin, "clients" if is_user else "services")
    target = graph.add(server, one.origin, section, known.slug if known is not None else None)
    if source and target:
        protocol = one.labels.get("request_protocol") or None
        call = graph.call(source, target, one.origin, protocol if protocol in ("http", "grpc", "tcp") else None)
        if kind == "messaging_system":
            call.facts["async"] = True
