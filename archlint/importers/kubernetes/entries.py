"""How requests come in from outside the cluster: Ingress, Gateway API, Services of type LoadBalancer."""

from __future__ import annotations

from collections.abc import Iterator

from archlint.importers.draft import Component, Draft, Statement
from archlint.importers.kubernetes.directory import Directory
from archlint.importers.kubernetes.objects import Object, Objects
from archlint.importers.kubernetes.telling import tell
from archlint.importers.quantities import duration, seconds_of
from archlint.importers.reading.files import Origin
from archlint.importers.reading.tree import Part
from archlint.records import dataclass

CLIENTS = "outside"
ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
_ROUTED = tuple(f"{kind}.gateway.networking.k8s.io" for kind in ROUTES)
INGRESS_ROUTES = ("IngressRoute.traefik.io", "IngressRoute.traefik.containo.us", "HTTPProxy.projectcontour.io")
OPENSHIFT_ROUTE = "Route.route.openshift.io"


@dataclass(frozen=True, slots=True)
class Entry:
    """A Service that something leads requests to; `rule` is what says more of how."""

    service: str
    namespace: str
    origin: Origin
    rule: Part | None = None


def state_entries(objects: Objects, directory: Directory, draft: Draft) -> None:
    """One population of clients, which calls all that is open to it."""
    lost: dict[Object, None] = {}
    clients: Component | None = None
    for item, entries in _all(objects):
        for entry in entries:
            target = directory.named(entry.namespace, entry.service)
            if target is None:
                if item.kind != "Service":
                    lost[item] = None
                continue
            if clients is None:
                clients = draft.component("clients", _name(draft), entry.origin)
                clients.state("description", "whatever calls from outside the cluster", entry.origin)
            call = clients.call(target.name, entry.origin)
            if entry.rule is not None:
                _state_rule(call, entry.rule)
    tell(
        draft,
        list(lost),
        "leads to a Service that these files do not describe",
        "lead to Services that are not described",
    )


def _name(draft: Draft) -> str:
    known = draft.find(CLIENTS)
    return CLIENTS if known is None or known.section == "clients" else f"{CLIENTS}-clients"


def _all(objects: Objects) -> Iterator[tuple[Object, Iterator[Entry]]]:
    for item in objects.of("Ingress"):
        yield item, _of_ingress(item)
    for item in objects.of(*ROUTES, *_ROUTED):
        yield item, _of_route(item)
    for item in objects.of(*INGRESS_ROUTES):
        yield item, _of_routes(item)
    for item in objects.of(OPENSHIFT_ROUTE):
        yield item, _of_backends(item, [item.spec["to"], *item.spec["alternateBackends"].each()])
    for item in objects.of("Service"):
        if item.spec["type"].text() in ("LoadBalancer", "NodePort"):
            origin = item.spec["type"].origin
            yield item, iter([Entry(item.name, item.namespace, origin)])


def _of_ingress(item: Object) -> Iterator[Entry]:
    backends = [item.spec["defaultBackend"], item.spec["backend"]]
    for rule in item.spec["rules"].each():
        backends += [path["backend"] for path in rule["http"]["paths"].each()]
    for backend in backends:
        name = backend["service"]["name"] if backend["service"]["name"] else backend["serviceName"]
        if name.text():
            yield Entry(name.text() or "", item.namespace, name.origin)


def _of_route(item: Object) -> Iterator[Entry]:
    parents = list(item.spec["parentRefs"].each())
    if parents and all(parent["kind"].text() == "Service" for parent in parents):
        return  # a route between services
    for rule in item.spec["rules"].each():
        for reference in rule["backendRefs"].each():
            if reference["kind"].text() in (None, "Service") and reference["weight"].integer() != 0:
                name, space = reference["name"], reference["namespace"].text() or item.namespace
                yield Entry(name.text() or "", space, name.origin, rule)


def _of_routes(item: Object) -> Iterator[Entry]:
    for route in item.spec["routes"].each():
        yield from _of_backends(item, list(route["services"].each()))


def _of_backends(item: Object, backends: list[Part]) -> Iterator[Entry]:
    for backend in backends:
        if backend["kind"].text() in (None, "Service") and backend["name"].text():
            space = backend["namespace"].text() or item.namespace
            yield Entry(backend["name"].text() or "", space, backend["name"].origin)


def _state_rule(call: Statement, rule: Part) -> None:
    """Time limits and retries of a route; `attempts` of the Gateway API counts retries."""
    timeouts, retry = rule["timeouts"], rule["retry"]
    whole, one = (seconds_of(timeouts[name].text() or "") for name in ("request", "backendRequest"))
    if whole:
        call.state("timeout", duration(whole), timeouts["request"].origin)
    attempts = retry["attempts"].integer()
    if attempts is not None and attempts >= 0:
        call.state("retries.attempts", attempts + 1, retry["attempts"].origin.noted("the first try included"))
    if one and (whole or attempts):
        call.state("retries.per_try_timeout", duration(one), timeouts["backendRequest"].origin)
    elif one:
        call.state("timeout", duration(one), timeouts["backendRequest"].origin)
