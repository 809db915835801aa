"""One name for each store, broker or service that is only known from those who call it."""

from __future__ import annotations

from collections.abc import Collection

from archlint.importers.jaeger.peers import Peer
from archlint.importers.names import as_name
from archlint.importers.observed import is_outside


class PeerNames:
    """Takes all peers first: those that tell only their technology are the one of that technology that has a name."""

    def __init__(self, taken: Collection[str]) -> None:
        self._taken = taken
        self._named: dict[tuple[str, str], dict[str, None]] = {}

    def collect(self, peer: Peer) -> None:
        if (name := _own_name(peer)) is not None:
            self._named.setdefault((peer.kind, peer.system), {})[name] = None

    def name(self, peer: Peer) -> str:
        """Never that of a service which calls others itself."""
        name = _own_name(peer) or self._by_technology(peer)
        return f"{name}-{as_name(peer.system) or peer.kind}" if peer.kind != "other" and name in self._taken else name

    def _by_technology(self, peer: Peer) -> str:
        named = list(self._named.get((peer.kind, peer.system), ()))
        if len(named) == 1:
            return named[0]
        plain = as_name(peer.system) or ("broker" if peer.kind == "broker" else "database")
        database = as_name(peer.database or "")
        return f"{plain}-{database}" if database and database != plain else plain


def _own_name(peer: Peer) -> str | None:
    """By what its callers call it, else by its host."""
    if peer.name:
        return as_name(peer.name) or None
    if not peer.host:
        return None
    is_whole = peer.kind == "other" and is_outside(peer.host)
    return as_name(peer.host if is_whole else peer.host.split(".")[0]) or None
