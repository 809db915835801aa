"""Istio: what VirtualServices and DestinationRules say of calls between services that other sources describe.

A rule holds for all that call a host. Rules that are bound to gateways hold for what comes from outside the mesh.
"""

from __future__ import annotations

from collections.abc import Iterator

from archlint.importers.draft import Component, Draft, Statement
from archlint.importers.envoy.words import retried_on
from archlint.importers.gathering import Sources
from archlint.importers.kubernetes.objects import Object
from archlint.importers.names import as_name
from archlint.importers.quantities import duration, seconds_of, share
from archlint.importers.reading.files import Origin, SourceFile
from archlint.importers.reading.tree import Part
from archlint.records import dataclass

TITLE = "Istio rules"
OF_CALLS = True
"""Read after the sources that know of the calls."""

OUTSIDE = "outside"
_MESH = "mesh"
_GROUP = ".istio.io/"
_READ = frozenset({"VirtualService", "DestinationRule"})
_SILENT = frozenset(
    {"Gateway", "PeerAuthentication", "RequestAuthentication", "AuthorizationPolicy", "Telemetry", "Sidecar"}
)


def recognises(file: SourceFile) -> bool:
    return any(_is_rule(item) for document in file.documents for item in _items(document))


def draft_from(sources: Sources, draft: Draft) -> None:
    rules = [rule for file in sources.files for document in file.documents for rule in _rules(document)]
    calls = _Calls(draft)
    for rule in rules:
        if rule.kind == "VirtualService":
            _state_routes(rule, calls)
    for rule in rules:
        if rule.kind == "DestinationRule":
            _state_policy(rule, calls)
    calls.tell()
    _tell_unknown(rules, draft)


def _items(document: Part) -> Iterator[Part]:
    if document["items"].is_list:
        yield from document["items"].each()
    else:
        yield document


def _is_rule(part: Part) -> bool:
    return _GROUP in f".{part['apiVersion'].text() or ''}" and part["kind"].text() is not None


def _rules(document: Part) -> Iterator[Object]:
    for part in _items(document):
        if _is_rule(part):
            metadata = part["metadata"]
            yield Object(
                part, part["kind"].text() or "", metadata["name"].text() or "", metadata["namespace"].text() or ""
            )


class _Calls:
    """The calls of a draft by what they go to, and what was said of those that nobody makes."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._alone = next(iter(draft), None) is None
        self._to: dict[str, list[tuple[Component, Statement]]] = {}
        self._lost: dict[str, Origin] = {}
        self._uncalled: dict[str, Origin] = {}
        for component in draft:
            for name, call in component.items("calls"):
                self._to.setdefault(name, []).append((component, call))

    def component(self, host: Part, namespace: str) -> Component | None:
        """What a host is; where no other source describes what runs, a service of that name."""
        text = host.text() or ""
        found = self._draft.reached_by(text, namespace)
        if found is None and self._alone and text and not text.startswith("*"):
            name = as_name(text.partition(".")[0])
            return self._draft.component("services", name, host.origin) if name else None
        if found is None and text:
            self._lost.setdefault(text, host.origin)
        return found

    def to(self, host: Part, namespace: str, wanted: bool = True) -> list[Statement]:
        """The calls from within the mesh to a host. `wanted`: whether something is to be said of them."""
        component = self.component(host, namespace)
        if component is None:
            return []
        found = [call for caller, call in self._to.get(component.name, ()) if caller.name != OUTSIDE]
        if not found and wanted:
            self._uncalled.setdefault(component.name, host.origin)
        return found

    def from_outside(self, host: Part, namespace: str) -> list[Statement]:
        component = self.component(host, namespace)
        if component is None:
            return []
        clients = self._draft.component("clients", OUTSIDE, host.origin)
        clients.state("description", "whatever calls from outside the cluster", host.origin)
        return [clients.call(component.name, host.origin)]

    def tell(self) -> None:
        for found, what in (
            (self._lost, "which no other source describes: give the Kubernetes objects too (`--with kubernetes=PATH`)"),
            (self._uncalled, "which nothing that is known calls"),
        ):
            if found:
                names, origin = ", ".join(list(found)[:5]), next(iter(found.values()))
                more = f" and {len(found) - 5} more" if len(found) > 5 else ""
                self._draft.note(f"rules of Istio are about calls to {names}{more}, {what}; left out", origin)

    def note(self, message: str, origin: Origin) -> None:
        self._draft.note(message, origin)


# VirtualService


@dataclass(frozen=True, slots=True)
class _Route:
    """A route of a VirtualService: where requests go, and whether all requests may take it."""

    part: Part
    host: Part
    is_default: bool


def _state_routes(rule: Object, calls: _Calls) -> None:
    gateways = [gateway.text() for gateway in rule.spec["gateways"].each()]
    inside, outside = not gateways or _MESH in gateways, any(gateway != _MESH for gateway in gateways)
    routes = list(_routes(rule.spec))
    faults = next((route.part["fault"] for route in routes if route.part["fault"]), None)
    if faults is not None:
        calls.note(
            f"VirtualService {rule.name} injects faults, a test that is none of the design; left out", faults.origin
        )
    hosts = dict.fromkeys(route.host.text() or "" for route in routes)
    for host in hosts:
        to_host = [route for route in routes if route.host.text() == host]
        chosen = next((route for route in to_host if route.is_default), to_host[0])
        if len({_said(route.part) for route in to_host}) > 1:
            calls.note(
                f"VirtualService {rule.name} says other things for some requests to {host}; left out",
                chosen.part.origin,
            )
        statements = calls.to(chosen.host, rule.namespace, bool(_said(chosen.part).strip())) if inside else []
        statements += calls.from_outside(chosen.host, rule.namespace) if outside else []
        for call in statements:
            _state_route(call, chosen.part)


def _routes(spec: Part) -> Iterator[_Route]:
    for kind in ("http", "tls", "tcp"):
        for route in spec[kind].each():
            is_default = not any(True for _ in route["match"].each())
            for destination in route["route"].each():
                host = destination["destination"]["host"]
                if host.text() and destination["weight"].integer() != 0:
                    yield _Route(route, host, is_default)


def _said(route: Part) -> str:
    retries = route["retries"]
    return " ".join(part.text() or "" for part in (route["timeout"], *(part for _, part in retries.items())))


def _state_route(call: Statement, route: Part) -> None:
    whole, retries = seconds_of(route["timeout"].text() or ""), route["retries"]
    tries, one = retries["attempts"].integer(), seconds_of(retries["perTryTimeout"].text() or "")
    retried = tries is not None and tries > 0
    if whole is not None:
        call.state("timeout", duration(whole) if whole else "none", route["timeout"].origin)
    elif one:
        call.state("timeout", duration(one), retries["perTryTimeout"].origin)
    if tries == 0:
        call.state("retries", "none", retries["attempts"].origin)
    if not retried or tries is None:
        return
    call.state("retries.attempts", tries + 1, retries["attempts"].origin.noted("the first try included"))
    on = retried_on(retries["retryOn"].text() or "")
    call.state("retries.on", on or None, retries["retryOn"].origin)
    if whole:
        limit = duration(one) if one else duration(whole)
        origin = (
            retries["perTryTimeout"].origin if one else route["timeout"].origin.noted("for each try too, by default")
        )
        call.state("retries.per_try_timeout", limit, origin)
    state_envoy_waits(call, retries.origin)


def state_envoy_waits(call: Statement, origin: Origin) -> None:
    """Envoy waits longer before each retry, at random; nothing changes that."""
    call.state("retries.backoff", "exponential", origin.noted("Envoy's way"))
    call.state("retries.jitter", "full", origin.noted("Envoy's way"))


# DestinationRule


def _state_policy(rule: Object, calls: _Calls) -> None:
    policy = rule.spec["trafficPolicy"]
    says_more = [subset for subset in rule.spec["subsets"].each() if subset["trafficPolicy"]]
    if says_more or policy["portLevelSettings"]:
        what = "subsets" if says_more else "ports"
        calls.note(f"DestinationRule {rule.name} says other things for some {what}; left out", rule.origin)
    pool, outliers = policy["connectionPool"], policy["outlierDetection"]
    for call in calls.to(rule.spec["host"], rule.namespace, bool(pool or outliers)):
        _state_pool(call, pool)
        _state_outliers(call, outliers)


def _state_pool(call: Statement, pool: Part) -> None:
    """Limits of one caller's proxy, and so of one instance of the caller."""
    http, tcp = pool["http"], pool["tcp"]
    for field, part in (
        ("bulkhead.max_concurrent", http["http2MaxRequests"]),
        ("bulkhead.max_waiting", http["http1MaxPendingRequests"]),
        ("connections.streams", http["maxConcurrentStreams"]),
        ("pool.size", tcp["maxConnections"]),
    ):
        found = part.integer()
        if field == "pool.size" and http:
            continue  # a connection may carry many requests at once
        if found is not None and 0 < found < 2**31 - 1:  # which stands for no limit
            call.state(field, found, part.origin)
    idle = seconds_of(http["idleTimeout"].text() or "")
    if idle:
        call.state("connections.idle_timeout", duration(idle), http["idleTimeout"].origin)


def _state_outliers(call: Statement, outliers: Part) -> None:
    if not outliers:
        return
    failures = outliers.first("consecutive5xxErrors", "consecutiveErrors", "consecutiveGatewayErrors")
    count = failures.integer()
    if count == 0:
        return
    origin = failures.origin if count is not None else outliers.origin.noted("Envoy's default")
    call.state("outlier_ejection.failures", count if count is not None else 5, origin)
    for field, key in (("interval", "interval"), ("ejection_time", "baseEjectionTime")):
        if found := seconds_of(outliers[key].text() or ""):
            call.state(f"outlier_ejection.{field}", duration(found), outliers[key].origin)
    most = outliers["maxEjectionPercent"].number()
    if most is not None and 0 <= most <= 100:
        call.state("outlier_ejection.max_ejected", share(most / 100), outliers["maxEjectionPercent"].origin)


def _tell_unknown(rules: list[Object], draft: Draft) -> None:
    unknown: dict[str, list[Object]] = {}
    for rule in rules:
        if rule.kind not in _READ | _SILENT:
            unknown.setdefault(rule.kind, []).append(rule)
    for kind, found in unknown.items():
        count = f"{len(found)} objects" if len(found) > 1 else "one object"
        draft.note(f"objects of kind {kind} (Istio) are not understood; {count} left out", found[0].origin)
