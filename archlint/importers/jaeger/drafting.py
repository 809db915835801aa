"""From traces to the draft: calls, messages, and latencies where enough of them were seen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from archlint.importers.draft import Component, Draft
from archlint.importers.jaeger.naming import PeerNames
from archlint.importers.jaeger.peers import Message, Peer, message_of, peer_of, protocol_of, writes
from archlint.importers.jaeger.spans import Span
from archlint.importers.jaeger.tracing import Traces
from archlint.importers.names import as_name
from archlint.importers.observed import Graph, is_outside
from archlint.importers.quantities import duration

LEAST = 100
PERCENTILES = ((0.5, "p50", LEAST), (0.95, "p95", LEAST), (0.99, "p99", 1000))
"""Percentiles, and in how many traces a component has to be seen for each."""


class Tracing:
    """What the spans of all files say."""

    def __init__(self, spans: Sequence[Span], graph: Graph, draft: Draft) -> None:
        self._traces, self._graph, self._draft = Traces(spans), graph, draft
        self._answered: set[int] = set()
        self._messages: list[tuple[Span, Message]] = []
        self._brokers: list[str] = []
        """Of each message the name of its broker."""
        self._times: dict[str, list[float]] = {}
        self._seen_in: dict[str, set[str]] = {}
        """Of each component the traces whose times count."""

    def read(self) -> None:
        for span in self._traces.spans:
            self._graph.add(self._traces.name(span), span.origin)
            if span.kind == "server":
                self._time(self._traces.name(span), span)
        self._crossings()
        self._nested()
        peers = list(self._peers())
        names = PeerNames({source for source, _ in self._graph.calls})
        for _, peer in peers:
            names.collect(peer)
        for span, peer in peers:
            self._call(span, peer, names)
        for _, message in self._messages:
            names.collect(message.broker)
        for span, message in self._messages:
            broker = names.name(message.broker)
            self._brokers.append(self._graph.add(broker, span.origin, "brokers", message.broker.technology))
        self._latencies()

    def draft_messages(self) -> None:
        """After the components are drafted: topics belong to their brokers."""
        for name, (span, message) in zip(self._brokers, self._messages, strict=True):
            broker = self._draft.find(name)
            component = self._draft.find(self._traces.name(span))
            topic = as_name(message.topic)
            if broker is None or broker.section != "brokers" or component is None or not topic:
                continue
            origin = span.origin if topic == message.topic else span.origin.noted(f"its name is {message.topic}")
            broker.topic(topic, origin)
            _message(component, f"{broker.name}/{topic}", span, message)

    def _crossings(self) -> None:
        for parent, span in self._traces.crossings():
            source, target = self._traces.name(parent), self._traces.name(span)
            self._answered.add(id(parent))
            is_message = span.kind == "consumer" or parent.kind == "producer"
            if is_message and self._is_passed_on(parent, span):
                continue
            call = self._graph.call(source, target, span.origin, protocol_of(span) or protocol_of(parent))
            if is_message or span.follows:
                call.facts.setdefault("async", True)
            elif writes(span):
                call.facts["access"] = "write"

    def _is_passed_on(self, producer: Span, consumer: Span) -> bool:
        """Whether a broker lies between the two. A producer that does not name the topic sent what was consumed."""
        sent, taken = message_of(producer), message_of(consumer)
        if sent is None and taken is not None and producer.kind == "producer":
            self._messages.append((producer, Message(taken.broker, taken.topic, True, None)))
        return sent is not None or taken is not None

    def _nested(self) -> None:
        """Of calls within a call, as a library's in a driver's, the one that tells more stands for both."""
        for span in self._traces.spans:
            parent = self._traces.parent(span) if span.kind == "client" else None
            if parent is not None and parent.kind in ("client", "producer") and parent.service == span.service:
                known = peer_of(parent)
                tells = message_of(parent) is not None or (known is not None and known.kind == "store")
                self._answered.add(id(span if tells else parent))

    def _peers(self) -> Iterator[tuple[Span, Peer]]:
        unnamed: list[Span] = []
        for span in self._traces.spans:
            message = message_of(span)
            if message is not None:
                self._messages.append((span, message))
            elif id(span) not in self._answered and _calls_out(span):
                peer = peer_of(span)
                if peer is not None:
                    yield span, peer
                elif span.kind == "client":
                    unnamed.append(span)
        if unnamed:
            what = "call names" if len(unnamed) == 1 else "calls name"
            self._draft.note(f"{len(unnamed)} {what} no host, store or service; left out", unnamed[0].origin)

    def _call(self, span: Span, peer: Peer, names: PeerNames) -> None:
        source = self._traces.name(span)
        known = self._traces.find(peer.name) or self._traces.find(peer.host) if peer.kind == "other" else None
        if known is None:
            section = peer.section
            if peer.kind == "other" and peer.host is not None and is_outside(peer.host):
                section = "externals"
            known = self._graph.add(names.name(peer), span.origin.noted("sends no spans"), section, peer.technology)
            self._time(known, span)
        if not known:
            return
        call = self._graph.call(source, known, span.origin, protocol_of(span) if peer.kind == "other" else None)
        if writes(span):
            call.facts["access"] = "write"

    def _time(self, name: str, span: Span) -> None:
        if span.seconds is not None and not span.failed:
            self._times.setdefault(name, []).append(span.seconds)
            self._seen_in.setdefault(name, set()).add(span.key[0])

    def _latencies(self) -> None:
        for name, times in self._times.items():
            seen, traces = self._graph.components.get(name), len(self._seen_in[name])
            if seen is None or traces < LEAST:
                continue
            times.sort()
            note = f"of {len(times)} answers in {traces} traces; whether at peak is not known"
            for share, field, least in PERCENTILES:
                if traces >= least:
                    value = times[math.ceil(share * len(times)) - 1]
                    seen.facts[f"latency.{field}"] = duration(_rounded(value)), seen.origin.noted(note)


def _calls_out(span: Span) -> bool:
    return span.kind in ("client", "producer", "consumer") or (not span.kind and "db.type" in span.tags)


def _message(component: Component, topic: str, span: Span, message: Message) -> None:
    if message.publishes:
        component.item("publishes", topic, span.origin)
        return
    consumed = component.item("consumes", topic, span.origin)
    if consumed.stated("group") is None:
        consumed.state("group", message.group, span.origin)


def _rounded(seconds: float) -> float:
    """To three digits; below a microsecond nothing is told apart."""
    if seconds <= 0:
        return 0.0
    return round(seconds, max(0, min(6, 2 - math.floor(math.log10(seconds)))))
