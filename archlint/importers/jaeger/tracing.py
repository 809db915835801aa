"""From spans to what was seen: a span whose parent is another service's is a call between the two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from archlint.importers.jaeger.spans import Key, Span
from archlint.importers.names import as_name
from archlint.importers.observed import is_outside

_SHARING = 4
"""Spans of one id that are looked at: that of a client and that of its server may share one."""


class Traces:
    """All spans of an import. Services are named as they name themselves, without the namespace that Istio adds."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = [span for span in spans if as_name(span.service)]
        self._by_key: dict[Key, list[Span]] = {}
        for span in self.spans:
            alike = self._by_key.setdefault(span.key, [])
            if len(alike) < _SHARING:
                alike.append(span)
        self._names = self._without_namespaces()
        self._known: dict[str, str] = {}
        for service in dict.fromkeys(span.service for span in self.spans):
            name = self._names.get(service) or as_name(service)
            self._known.setdefault(_normal(service), name)
            self._known.setdefault(_normal(name), name)

    def name(self, span: Span) -> str:
        return self._names.get(span.service) or as_name(span.service)

    def _without_namespaces(self) -> dict[str, str]:
        """Short names of services, where only one is called so."""
        services: dict[str, str | None] = {}
        for span in self.spans:
            namespace = span.tags.get("istio.namespace")
            is_long = namespace is not None and span.service.endswith(f".{namespace}")
            services[span.service] = as_name(span.service.removesuffix(f".{namespace}")) if is_long else None
        names = Counter(short or as_name(service) for service, short in services.items())
        return {service: short for service, short in services.items() if short and names[short] == 1}

    def parent(self, span: Span) -> Span | None:
        """The span that caused this one; where client and server share an id, the client's."""
        if span.shared or span.kind == "server":
            for other in self._by_key[span.key]:
                if other.kind == "client" and other is not span:
                    return other
        found = self._by_key.get(span.parent, []) if span.parent is not None else []
        return next((other for other in found if other.service == span.service), found[0] if found else None)

    def crossings(self) -> Iterator[tuple[Span, Span]]:
        """Spans with their parents in another service."""
        for span in self.spans:
            parent = self.parent(span)
            if parent is not None and parent.service != span.service:
                yield parent, span

    def find(self, host_or_name: str | None) -> str | None:
        """The service that sends spans of its own under that name, or on that host."""
        if not host_or_name:
            return None
        known = self._known.get(_normal(host_or_name))
        if known is None and not is_outside(host_or_name):
            known = self._known.get(_normal(host_or_name.split(".")[0]))
        return known


def _normal(name: str) -> str:
    return name.lower().split(".svc.")[0].replace("_", "-")
