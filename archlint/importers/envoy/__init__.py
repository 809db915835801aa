"""Static configurations of Envoy: a proxy, what it passes requests to, and how long and how often it tries."""

from __future__ import annotations

import os
from collections.abc import Sequence

from archlint.importers.draft import Component, Draft
from archlint.importers.envoy.calls import state_use
from archlint.importers.envoy.clusters import Cluster, draft_cluster, hosts_of, is_itself
from archlint.importers.envoy.fields import duration_of, of, settings_of
from archlint.importers.envoy.uses import ASIDE, Use, filters_of, named_in, technologies_of, uses_of
from archlint.importers.gathering import Sources
from archlint.importers.names import as_name
from archlint.importers.reading.files import SourceFile
from archlint.importers.reading.tree import Part

TITLE = "a static Envoy configuration"
OF_CALLS = True
"""Read after the sources that know what its clusters are."""

_GENERIC = frozenset(
    {"envoy", "config", "bootstrap", "envoy-config", "envoy-proxy", "proxy", "service-envoy", "envoy-demo"}
)


def recognises(file: SourceFile) -> bool:
    return any(_is_bootstrap(document) for document in file.documents)


def _is_bootstrap(document: Part) -> bool:
    static = of(document, "static_resources")
    return static["listeners"].is_list or static["clusters"].is_list


def draft_from(sources: Sources, draft: Draft) -> None:
    alone = len(sources.files) == 1
    for file in sources.files:
        for document in file.documents:
            if _is_bootstrap(document):
                _draft_proxy(document, file, alone, draft)


def _draft_proxy(document: Part, file: SourceFile, alone: bool, draft: Draft) -> None:
    static = of(document, "static_resources")
    origin = static.origin
    proxy = draft.component("services", _name(document, file, alone, draft), origin)
    proxy.state("technology", "envoy", origin)
    listeners = list(static["listeners"].each())
    slugs = {use.cluster: known for listener in listeners for use, known in technologies_of(listener)}
    clusters = {}
    for part in static["clusters"].each():
        cluster = Cluster(part, part["name"].text() or "", list(hosts_of(part)))
        if not is_itself(cluster, document, listeners):
            draft_cluster(cluster, slugs.get(cluster.name), proxy, draft)
        clusters[cluster.name] = cluster
    uses = [use for listener in listeners for use in uses_of(listener)]
    uses += [Use(cluster, where, aside=True) for key in ASIDE for cluster, where in named_in(of(document, key))]
    for use in uses:
        if (cluster_used := clusters.get(use.cluster)) is not None:
            state_use(proxy, cluster_used, use, draft)
    _state_control(document, proxy, clusters)
    _state_idle(listeners, proxy)
    _tell(document, uses, clusters, draft)


def _name(document: Part, file: SourceFile, alone: bool, draft: Draft) -> str:
    said = as_name(document["node"]["cluster"].text() or document["node"]["id"].text() or "")
    if said:
        return said
    stem = as_name(os.path.basename(file.name).rpartition(".")[0])
    folder = as_name(os.path.basename(os.path.dirname(os.path.abspath(file.path)))) if file.path else ""
    name = stem if stem and stem not in _GENERIC else "envoy"
    taken = draft.find(name)
    return f"{folder}-{name}" if folder and (taken is not None or (name == "envoy" and not alone)) else name


def _state_control(document: Part, proxy: Component, clusters: dict[str, Cluster]) -> None:
    """Where its configuration comes from: it serves on without, with what it was last told."""
    for name, where in named_in(of(document, "dynamic_resources")):
        for target in clusters[name].targets if name in clusters else ():
            if target != proxy.name:
                proxy.depend(target, where.noted("its configuration comes from there"), phase="control")


def _state_idle(listeners: Sequence[Part], proxy: Component) -> None:
    for listener in listeners:
        for item in filters_of(listener):
            idle = of(settings_of(item), "common_http_protocol_options", "idle_timeout")
            if idle.text() and proxy.stated("idle_timeout") is None:
                proxy.state("idle_timeout", duration_of(idle), idle.origin)


def _tell(document: Part, uses: Sequence[Use], clusters: dict[str, Cluster], draft: Draft) -> None:
    static = of(document, "static_resources")
    used = {use.cluster for use in uses} | {name for name, _ in named_in(of(document, "dynamic_resources"))}
    idle = [name for name in clusters if name not in used]
    if idle:
        names = ", ".join(idle[:5]) + (" ..." if len(idle) > 5 else "")
        draft.note(f"no static route leads to {names}: what uses it is not known", static["clusters"].origin)
    lost = sorted(name for name in used if name not in clusters)
    if lost:
        draft.note(f"routes lead to {', '.join(lost[:5])}, which is no static cluster; left out", static.origin)
    if "ocal_ratelimit" in document.file.text or "ocalRateLimit" in document.file.text:
        draft.note("a local rate limit holds for each proxy alone, whose number is not known; left out", static.origin)
