"""What was seen of a running system: who called whom. What never happened while somebody looked is not in it."""

from __future__ import annotations

import re
from typing import Any

from archlint.importers.draft import Draft, Section
from archlint.importers.names import as_name
from archlint.importers.reading.files import Origin
from archlint.importers.technologies import Recognised, is_load_generator, of_slug, of_words
from archlint.records import dataclass, field

_WORD = re.compile(r"[a-z0-9]+")
_BESIDE = frozenset(
    {
        "exporter", "proxy", "ui", "manager", "operator", "admin", "consumer", "producer", "client", "service", "api",
        "worker", "gateway", "adapter", "sync", "connector", "connect", "bridge", "writer", "reader", "listener",
        "publisher", "subscriber", "loader", "importer", "processor", "streams", "app", "server", "handler",
    }
)  # fmt: skip
"""Words of what stands beside a store and is none."""
_INTERNAL = re.compile(r"\.(svc|local|internal|lan|intern|corp|cluster|consul)(\.|$)")
_ADDRESS = re.compile(r"[\d.]+|\[?[0-9a-f]*:[0-9a-f:.]*\]?|localhost|host\.docker\.internal", re.IGNORECASE)


@dataclass(slots=True)
class Seen:
    """A component that was seen, with what is known of it beside its calls."""

    origin: Origin
    section: Section = "services"
    technology: str | None = None
    facts: dict[str, tuple[Any, Origin]] = field(default_factory=dict)


@dataclass(slots=True)
class Call:
    """Calls from one component to another. `protocols` are all that were seen."""

    origin: Origin
    note: str = ""
    count: int = 0
    protocols: dict[str, None] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


class Graph:
    """Components by name and the calls between them, in the order in which they are first seen."""

    def __init__(self) -> None:
        self.components: dict[str, Seen] = {}
        self.calls: dict[tuple[str, str], Call] = {}

    def add(self, name: str, origin: Origin, section: Section = "services", technology: str | None = None) -> str:
        """The name under which a component is drafted; empty where nothing is left of it."""
        name = as_name(name)
        if name:
            seen = self.components.setdefault(name, Seen(origin, section, technology))
            if seen.section == "services":
                seen.section = section
            seen.technology = seen.technology or technology
        return name

    def call(self, source: str, target: str, origin: Origin, protocol: str | None = None) -> Call:
        """A call between components that were added. A component's calls of itself are kept, and not drafted."""
        call = self.calls.setdefault((source, target), Call(origin))
        call.count += 1
        if protocol:
            call.protocols[protocol] = None
        return call

    def draft(self, draft: Draft) -> None:
        self._tell_stores()
        for name, seen in self.components.items():
            component = draft.component(seen.section, name, seen.origin)
            component.state("technology", seen.technology, seen.origin)
            for key, (value, origin) in seen.facts.items():
                component.state(key, value, origin)
        for (source, target), call in self.calls.items():
            caller, callee = draft.find(source), draft.find(target)
            if caller is None or callee is None or caller.name == callee.name or callee.section == "clients":
                continue
            stated = caller.call(callee.name, call.origin.noted(call.note) if call.note else call.origin)
            for key, value in call.facts.items():
                stated.state(key, value, call.origin)
            if len(call.protocols) == 1 and callee.section != "brokers":
                stated.state("protocol", next(iter(call.protocols)), call.origin)

    def _tell_stores(self) -> None:
        """What calls nobody and is named as a store, is one; what is named as a load generator, stands for users."""
        callers = {source for source, target in self.calls if source != target}
        for name, seen in self.components.items():
            if seen.section != "services":
                continue
            if is_load_generator(name):
                seen.section = "clients"
            elif name not in callers and (known := store_by_name(name)) is not None:
                seen.section, seen.technology = known.section, known.slug
                seen.origin = seen.origin.noted("a store by its name")


def store_by_name(name: str) -> Recognised | None:
    """The store, cache or broker whose name a component bears, as `redis-cart` and `mysqldb` do."""
    words = _WORD.findall(name.lower())
    if not _BESIDE.isdisjoint(words):
        return None
    known = of_words(" ".join(words)) or of_slug(name.lower().removesuffix("db"))
    return known if known is not None and known.section != "services" else None


def is_bare_address(host: str) -> bool:
    """Whether a host names a machine, not what runs there."""
    return bool(_ADDRESS.fullmatch(host))


def is_outside(host: str) -> bool:
    """Whether a host is named as those of the Internet are."""
    return "." in host and not _INTERNAL.search(host) and not is_bare_address(host)
