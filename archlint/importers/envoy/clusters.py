"""Clusters of Envoy: what a proxy passes requests to, as components."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from archlint.importers.draft import INSTANCES, Component, Draft, Section
from archlint.importers.envoy.fields import duration_of, of
from archlint.importers.names import as_name
from archlint.importers.reading.tree import Part
from archlint.records import dataclass, field

_OWN_HOSTS = frozenset({"127.0.0.1", "localhost", "0.0.0.0", "::1"})
_ADDRESS = re.compile(r"[\d.]+|[0-9a-fA-F:]*:[0-9a-fA-F:]*")
_PUBLIC = re.compile(r"(?:[\w-]+\.)+(?:com|net|org|io|dev|app|ai|cloud|co|eu|de|uk|gov|edu)\.?")


@dataclass(slots=True)
class Cluster:
    """A cluster, with the components that its endpoints are."""

    part: Part
    name: str
    hosts: list[tuple[str, Part]]
    targets: list[str] = field(default_factory=list)


def hosts_of(cluster: Part) -> Iterator[tuple[str, Part]]:
    """The endpoints of a cluster: host, and the part that says its locality."""
    for group in of(cluster, "load_assignment")["endpoints"].each():
        for endpoint in of(group, "lb_endpoints").each():
            address = of(endpoint["endpoint"], "address", "socket_address", "address")
            yield (address.text() or "").lower(), group
    for item in cluster["hosts"].each():
        yield (of(item, "socket_address", "address").text() or "").lower(), item


def is_itself(cluster: Cluster, document: Part, listeners: Sequence[Part]) -> bool:
    """Whether a cluster leads back to the proxy, to its statistics or another of its listeners."""
    own = {_port(listener["address"]) for listener in (*listeners, document["admin"])}
    ports = [
        _port(of(endpoint["endpoint"], "address"))
        for group in of(cluster.part, "load_assignment")["endpoints"].each()
        for endpoint in of(group, "lb_endpoints").each()
    ]
    here = bool(cluster.hosts) and all(host in _OWN_HOSTS for host, _ in cluster.hosts)
    return here and bool(ports) and all(port in own and port is not None for port in ports)


def _port(address: Part) -> int | None:
    return of(address, "socket_address", "port_value").integer()


def draft_cluster(cluster: Cluster, known: tuple[Section, str] | None, proxy: Component, draft: Draft) -> None:
    origin = cluster.part["name"].value_origin
    found = {host: component for host, _ in cluster.hosts if (component := draft.reached_by(host)) is not None}
    if found and len(found) == len({host for host, _ in cluster.hosts}):
        cluster.targets = list(dict.fromkeys(component.name for component in found.values()))
        targets = [component for component in found.values() if component.name != proxy.name]
    else:
        target = draft.component(*_kind(cluster, known), origin)
        targets, cluster.targets = [target], [target.name]
        if known is not None:
            target.state("technology", known[1], origin)
        _state_places(cluster, target)
    for target in dict.fromkeys(targets):
        _state_health(cluster.part, target)


def _kind(cluster: Cluster, known: tuple[Section, str] | None) -> tuple[Section, str]:
    hosts = list(dict.fromkeys(host for host, _ in cluster.hosts))
    host = hosts[0] if len(hosts) == 1 else ""
    if host and _PUBLIC.fullmatch(host) and known is None:
        return "externals", as_name(host)
    named = host if host and host not in _OWN_HOSTS and not _ADDRESS.fullmatch(host) else ""
    return known[0] if known else "services", as_name(named.partition(".")[0]) or as_name(cluster.name) or "upstream"


def _state_places(cluster: Cluster, target: Component) -> None:
    """How many endpoints there are, and in which zones, where all of them are written down."""
    if len(cluster.hosts) < 2 or target.section == "externals":
        return
    origin = of(cluster.part, "load_assignment").origin
    target.state(INSTANCES, len(cluster.hosts), origin.noted("its endpoints"))
    localities = [of(group, "locality") for _, group in cluster.hosts]
    regions = {locality["region"].text() for locality in localities}
    zones: dict[str, int] = {}
    for locality in localities:
        zone, region = locality["zone"].text(), locality["region"].text()
        if not zone:
            return
        name = as_name(f"{region}-{zone}" if region and len(regions) > 1 else zone)
        zones[name] = zones.get(name, 0) + 1
    for name, count in zones.items():
        target.entry("zones", name, count, origin.noted("the localities of its endpoints"))


def _state_health(cluster: Part, target: Component) -> None:
    for check in of(cluster, "health_checks").each():
        stated = target.item("health_check", "balancer", of(cluster, "health_checks").origin)
        for name, key in (("interval", "interval"), ("timeout", "timeout")):
            stated.state(name, duration_of(check[key]), check[key].origin)
        failures = of(check, "unhealthy_threshold")
        stated.state("failures", failures.integer(), failures.origin)
        return
