"""Kiali's graph in JSON. Its nodes are workloads, versions of applications or services: one component for each name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archlint.importers.draft import Draft
from archlint.importers.names import as_name
from archlint.importers.observed import Graph, is_outside
from archlint.importers.quantities import duration, rate
from archlint.importers.reading.tree import Part
from archlint.records import dataclass

_MONTH = 30 * 86_400
_UNKNOWN = ("", "unknown", None)
_PROTOCOLS = ("http", "grpc", "tcp")
_REQUESTS = ("http", "grpc")
"""Protocols whose rates count requests; of others they count bytes."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node that stands for something. `where` tells namespaces apart; `is_service` is one that traffic passes."""

    name: str
    where: str
    part: Part
    is_service: bool
    host: str | None


def is_kiali(part: Part) -> bool:
    nodes = part["elements"]["nodes"]
    return bool(part["graphType"].text()) and nodes.is_list and all(node["data"]["nodeType"] for node in nodes.each())


def read_kiali(part: Part, graph: Graph, draft: Draft) -> None:
    _Kiali(part, graph, draft).read()


class _Kiali:
    def __init__(self, part: Part, graph: Graph, draft: Draft) -> None:
        self._part, self._graph, self._draft = part, graph, draft
        self._waypoints: dict[str, None] = {}
        self._nodes = dict(self._known_nodes())
        self._spread = self._several_namespaces()
        self._named = {(node.name, node.where): self._name(node) for node in self._nodes.values()}
        self._edges = [edge["data"] for edge in part["elements"]["edges"].each()]
        self._seconds = part["duration"].integer() or 0
        self._requests: dict[tuple[str, str], float] = {}

    def read(self) -> None:
        behind = self._behind_services()
        for id, node in self._nodes.items():
            if id not in behind:
                self._graph.add(self._name(node), node.part.origin, "externals" if _is_external(node) else "services")
        for edge in self._edges:
            source, target = (edge[end].text() or "" for end in ("source", "target"))
            if source in self._nodes and source not in behind:
                called = dict.fromkeys(
                    self._name(self._nodes[one]) for one in behind.get(target, [target]) if one in self._nodes
                )
                for name in called:
                    self._call(self._name(self._nodes[source]), name, edge, is_only=len(called) == 1)
            if target in self._waypoints and source in self._nodes:
                self._through_waypoint(self._nodes[source], edge)
        for pair, requests in self._requests.items():
            self._graph.calls[pair].note = f"{rate(round(requests, 2))} over {duration(self._seconds)}"
        self._loads(behind)

    # -- nodes

    def _known_nodes(self) -> Iterator[tuple[str, Node]]:
        for entry in self._part["elements"]["nodes"].each():
            data = entry["data"]
            id, kind = data["id"].text() or "", data["nodeType"].text()
            if data["isWaypoint"].flag():
                self._waypoints[id] = None
            elif kind in ("box", "unknown") or data["isEgressCluster"] or data["isDead"].flag():
                continue
            elif (node := _node(data, kind or "")) is not None:
                yield id, node

    def _several_namespaces(self) -> frozenset[str]:
        """Names that stand for different things in different namespaces."""
        where: dict[str, set[str]] = {}
        for node in self._nodes.values():
            where.setdefault(node.name, set()).update({node.where} - {""})
        return frozenset(name for name, spaces in where.items() if len(spaces) > 1)

    def _name(self, node: Node) -> str:
        return as_name(f"{node.where}-{node.name}" if node.name in self._spread and node.where else node.name)

    def _behind_services(self) -> Mapping[str, list[str]]:
        """For services whose traffic is seen to go on, where it goes on: they are no components themselves."""
        behind: dict[str, list[str]] = {}
        for edge in self._edges:
            source, target = edge["source"].text() or "", edge["target"].text() or ""
            ends = self._nodes.get(source), self._nodes.get(target)
            if ends[0] is not None and ends[1] is not None and ends[0].is_service and not ends[1].is_service:
                behind.setdefault(source, []).append(target)
        return behind

    # -- edges

    def _call(self, caller: str, called: str, edge: Part, is_only: bool) -> None:
        """Whose share of the rate is whose is not said where a service leads to several."""
        if caller == called:
            return
        protocol = edge["traffic"]["protocol"].text() or ""
        self._graph.call(caller, called, edge.origin, protocol if protocol in _PROTOCOLS else None)
        requests = edge["traffic"]["rates"][protocol].number()
        if protocol in _REQUESTS and requests and is_only and self._seconds > 0:
            self._requests[caller, called] = self._requests.get((caller, called), 0.0) + requests

    def _through_waypoint(self, caller: Node, edge: Part) -> None:
        """What a waypoint passes on, by the hosts that it answered for."""
        for response in edge["traffic"]["responses"].values():
            for host in (key for key, _ in response["hosts"].items()):
                name, _, rest = host.partition(":")[0].partition(".")
                where = rest.split(".")[0] or caller.where
                called = self._named.get((name, where))
                if called is not None and called != self._name(caller):
                    self._graph.call(self._name(caller), called, edge.origin)

    # -- loads

    def _loads(self, behind: Mapping[str, list[str]]) -> None:
        """Over a month or more, what was seen is the mean that the manifest means."""
        if self._seconds < _MONTH:
            return
        totals: dict[str, float] = {}
        for id, node in self._nodes.items():
            if id not in behind:
                for traffic in node.part["traffic"].each():
                    for protocol in _REQUESTS:
                        requests = traffic["rates"][f"{protocol}In"].number()
                        if requests:
                            totals[self._name(node)] = totals.get(self._name(node), 0.0) + requests
        for name, total in totals.items():
            seen = self._graph.components[name]
            seen.facts["load.mean"] = rate(round(total, 2)), seen.origin


def _node(data: Part, kind: str) -> Node | None:
    name = next((text for key in ("app", "service", "workload") if (text := data[key].text()) not in _UNKNOWN), None)
    if name is None:
        return None
    entry = data["isServiceEntry"]
    hosts = [host for part in entry["hosts"].each() if (host := part.text())]
    host = next(iter(hosts), name if kind == "service" else None)
    where = data["namespace"].text() or ""
    return Node(name, where if where not in _UNKNOWN else "", data, kind in ("service", "aggregate"), host)


def _is_external(node: Node) -> bool:
    """What the mesh knows to lie outside of it; names of its own services have no dots."""
    entry = node.part["isServiceEntry"]
    location = (entry["location"].text() or entry.text() or "").upper()
    return location == "MESH_EXTERNAL" or (location != "MESH_INTERNAL" and is_outside(node.host or ""))
