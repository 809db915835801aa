"""Where a configuration of Envoy uses clusters: routes, proxies of TCP, filters, telemetry."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.importers.draft import Section
from archlint.importers.envoy.fields import of, settings_of
from archlint.importers.reading.files import Origin
from archlint.importers.reading.tree import Part
from archlint.records import dataclass

_FILTERS: tuple[tuple[str, Section, str], ...] = (
    ("redis_proxy", "caches", "redis"),
    ("kafka_broker", "brokers", "kafka"),
    ("mongo_proxy", "datastores", "mongodb"),
    ("mysql_proxy", "datastores", "mysql"),
    ("postgres_proxy", "datastores", "postgresql"),
    ("zookeeper_proxy", "datastores", "zookeeper"),
)
"""Filters that speak the protocol of one technology, and what stands behind them."""
ASIDE = ("access_log", "tracing", "stats_sinks", "http_tracer")
"""What uses clusters without a request that waits."""


@dataclass(frozen=True, slots=True)
class Use:
    """That a cluster is used, where, and what says more of how."""

    cluster: str
    origin: Origin
    route: Part | None = None
    shared: Part | None = None
    aside: bool = False
    required: bool = True


def filters_of(listener: Part) -> Iterator[Part]:
    """The filters of a listener, each with the settings that it has."""
    for chain in (*of(listener, "filter_chains").each(), of(listener, "default_filter_chain")):
        yield from chain["filters"].each()


def technologies_of(listener: Part) -> Iterator[tuple[Use, tuple[Section, str]]]:
    filters = list(filters_of(listener))
    names = " ".join(f"{item['name'].text()} {settings_of(item)['@type'].text()}" for item in filters)
    for word, section, slug in _FILTERS:
        if word in names or word.replace("_", "") in names.lower():
            for item in filters:
                for cluster, where in named_in(item):
                    yield Use(cluster, where), (section, slug)


def uses_of(listener: Part) -> Iterator[Use]:
    for item in filters_of(listener):
        settings = settings_of(item)
        for host in of(settings, "route_config", "virtual_hosts").each():
            for route in host["routes"].each():
                yield from _of_route(route["route"], host)
        for one in of(settings, "http_filters").each():
            inner = settings_of(one)
            required = not of(inner, "failure_mode_allow").flag()
            if of(inner, "rate_limit_service"):
                required = bool(of(inner, "failure_mode_deny").flag())
            for cluster, where in named_in(inner):
                yield Use(cluster, where, required=required)
        for key in ASIDE:
            for cluster, where in named_in(of(settings, key)):
                yield Use(cluster, where, aside=True)
        if not of(settings, "route_config") and not of(settings, "http_filters"):
            for cluster, where in named_in(settings):
                yield Use(cluster, where)


def _of_route(action: Part, host: Part) -> Iterator[Use]:
    name = action["cluster"]
    if name.text():
        yield Use(name.text() or "", name.origin, action, host)
    for item in of(action, "weighted_clusters")["clusters"].each():
        if item["weight"].integer() != 0 and item["name"].text():
            yield Use(item["name"].text() or "", item["name"].origin, action, host)


def named_in(part: Part) -> Iterator[tuple[str, Origin]]:
    """All clusters that a part of the configuration names, at any depth."""
    for key, inner in part.items():
        if key in ("cluster", "cluster_name", "clusterName", "collector_cluster", "collectorCluster") and inner.text():
            yield inner.text() or "", inner.origin
        elif key in ("weighted_clusters", "weightedClusters"):
            for item in inner["clusters"].each():
                if item["name"].text():
                    yield item["name"].text() or "", item["name"].origin
        else:
            yield from named_in(inner)
    for inner in part.each():
        yield from named_in(inner)
