"""A manifest in the making: what the sources say, field by field, each with where it came from.

Several sources write into one draft. What was stated first stands; what another source says otherwise is kept as a
remark. `finished.py` turns a draft into the data of a manifest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from archlint.importers.reading.files import Origin
from archlint.records import dataclass

Section = Literal["clients", "services", "datastores", "caches", "brokers", "externals", "networks", "jobs"]
Level = Literal["error", "note"]
Resolver = Callable[[str, str], str | None]
"""From a host name and the namespace, or whatever a source calls it, that it is used in, to a component's name."""

INSTANCES = "instances"
"""How many of a component run, stated before it is known whether the manifest calls them replicas or nodes."""

_SPECIFIC: tuple[Section, ...] = ("datastores", "caches", "brokers", "networks", "externals", "jobs", "clients")
"""Sections that say more of a component than `services`, where one source knows better than another."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value as the manifest writes it: text, number, true or false, or a list of these.

    `default`: it holds because the source says nothing else, so that another source may.
    """

    value: Any
    origin: Origin
    default: bool = False


class Branch:
    """A mapping of the draft."""

    __slots__ = ("fields", "origin")

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.fields: dict[str, Leaf | Branch | Listing] = {}


class Listing:
    """A list of mappings, such as the calls of a service. `named` holds those that were added, by name."""

    __slots__ = ("items", "named", "origin")

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.items: list[Branch] = []
        self.named: dict[str, Branch] = {}


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person should know of an import: an error where something could not be read, else a note."""

    level: Level
    message: str
    file: str = ""
    origin: Origin | None = None

    def __str__(self) -> str:
        where = str(self.origin) if self.origin is not None else self.file
        return f"{where}: {self.level}: {self.message}" if where else f"{self.level}: {self.message}"


class Statement:
    """A mapping of the draft that can be added to: a component, or an item of one of its lists."""

    def __init__(self, draft: Draft, branch: Branch, route: str) -> None:
        self._draft, self._branch, self.route = draft, branch, route

    @property
    def origin(self) -> Origin:
        return self._branch.origin

    def state(self, field: str, value: Any, origin: Origin, *, default: bool = False) -> None:
        """State a field, `deploy.drain` for one in a mapping. None states nothing; a mapping states its fields.

        What is stated already stands; where the value is another one, the draft remarks on it. A `default` gives way.
        """
        if value is None:
            return
        if isinstance(value, Mapping):
            for name, part in value.items():
                self.state(f"{field}.{name}", part, origin, default=default)
            return
        *outer, name = field.split(".")
        branch = self._branch
        for part in outer:
            inner = branch.fields.setdefault(part, Branch(origin))
            if not isinstance(inner, Branch):  # an explicit `none`, or a scalar, where another source says more
                self._draft.differs(self.route, field, inner, value, origin)
                return
            branch = inner
        stated = Leaf(value, origin, default)
        known = branch.fields.setdefault(name, stated)
        if isinstance(known, Leaf) and known.default and not default:
            branch.fields[name] = stated
        elif not default and (not isinstance(known, Leaf) or known.value != value):
            self._draft.differs(self.route, field, known, value, origin)

    def entry(self, field: str, key: str, value: Any, origin: Origin) -> None:
        """State one entry of a mapping whose keys may be any text, such as `settings`."""
        known = self._inner(field, origin).fields.setdefault(key, Leaf(value, origin))
        if not isinstance(known, Leaf) or known.value != value:
            self._draft.differs(self.route, f"{field}.{key}", known, value, origin)

    def mapping(self, field: str, key: str, origin: Origin) -> Statement:
        """An entry that is a mapping itself, such as one topic of `topics`; it may stay empty."""
        branch = self._inner(field, origin).fields.setdefault(key, Branch(origin))
        assert isinstance(branch, Branch)
        return Statement(self._draft, branch, ".".join(filter(None, (self.route, field, key))))

    def _inner(self, field: str, origin: Origin) -> Branch:
        branch = self._branch.fields.setdefault(field, Branch(origin))
        assert isinstance(branch, Branch)
        return branch

    def stated(self, field: str) -> Any:
        """The value of a field that is stated, else None."""
        node: Leaf | Branch | Listing | None = self._branch
        for part in field.split("."):
            node = node.fields.get(part) if isinstance(node, Branch) else None
        return node.value if isinstance(node, Leaf) else node


class Component(Statement):
    """A service, store, broker... of the draft."""

    def __init__(self, draft: Draft, section: Section, name: str, branch: Branch) -> None:
        super().__init__(draft, branch, f"{section}.{name}")
        self.section, self.name = section, name

    def item(self, field: str, name: str, origin: Origin, **stated: Any) -> Statement:
        """An item of a list, by the field that names it: `item("consumes", "events/orders", origin)`.

        `stated` are fields of it; in their names `_` at the end is left out, so that `async_` can be written.
        """
        listing = self._branch.fields.setdefault(field, Listing(origin))
        if not isinstance(listing, Listing):  # an explicit `none`, where another source says more
            self._draft.differs(self.route, field, listing, name, origin)
            listing = Listing(origin)
        branch = listing.named.get(name)
        if branch is None:
            branch = listing.named[name] = Branch(origin)
            branch.fields[_NAMING[field]] = Leaf(name, origin)
            listing.items.append(branch)
        statement = Statement(self._draft, branch, f"{self.route}.{field}[{name}]")
        for key, value in stated.items():
            statement.state(key.removesuffix("_"), value, origin)
        return statement

    def call(self, to: str, origin: Origin, **stated: Any) -> Statement:
        return self.item("calls", to, origin, **stated)

    def depend(self, on: str, origin: Origin, **stated: Any) -> Statement:
        return self.item("depends_on", on, origin, **stated)

    def topic(self, name: str, origin: Origin) -> Statement:
        """A topic of a broker."""
        return self.mapping("topics", name, origin)

    def holds(self, field: str, name: str) -> bool:
        """Whether a list has an item of that name."""
        listing = self._branch.fields.get(field)
        return isinstance(listing, Listing) and name in listing.named

    def items(self, field: str) -> Iterator[tuple[str, Statement]]:
        """What a list holds, by name."""
        listing = self._branch.fields.get(field)
        for branch in listing.items if isinstance(listing, Listing) else ():
            leaf = branch.fields[_NAMING[field]]
            name = str(leaf.value) if isinstance(leaf, Leaf) else ""
            yield name, Statement(self._draft, branch, f"{self.route}.{field}[{name}]")


_NAMING = {"calls": "to", "depends_on": "on", "publishes": "to", "consumes": "from", "health_check": "kind"}
"""Lists of mappings, and the field that tells the items of each apart."""


class Draft:
    """What the sources of one import say. `top` holds what stands outside components, such as `system.owner`.

    `name` is the system's name whatever sources say, `otherwise` its name where none of them says one.
    """

    def __init__(self, origin: Origin, name: str | None = None, otherwise: str = "system") -> None:
        self.top = Statement(self, Branch(origin), "")
        self.remarks: list[Remark] = []
        self._components: dict[str, Component] = {}
        self._resolvers: list[Resolver] = []
        self._named, self._otherwise = name, otherwise

    @property
    def name(self) -> str:
        return self._named or str(self.top.stated("system.name") or self._otherwise)

    def __iter__(self) -> Iterator[Component]:
        return iter(self._components.values())

    def find(self, name: str) -> Component | None:
        return self._components.get(name)

    def resolve_by(self, resolver: Resolver) -> None:
        """Let later sources find components by the names that this one's are reached by."""
        self._resolvers.append(resolver)

    def reached_by(self, host: str, space: str = "") -> Component | None:
        """The component that a host name leads to from within `space`, by what sources know; else that of the name."""
        for resolve in self._resolvers:
            name = resolve(host, space)
            if name is not None:
                return self.find(name)
        return self.find(host.partition(".")[0]) if not self._resolvers else None

    def component(self, section: Section, name: str, origin: Origin) -> Component:
        """The component of that name, new or known. Sources that disagree on what it is: the more telling wins."""
        known = self._components.get(name)
        if known is None:
            known = self._components[name] = Component(self, section, name, Branch(origin))
        elif known.section == "services" and section in _SPECIFIC:
            self._components[name] = known = Component(self, section, name, known._branch)
        return known

    def team(self, name: str, origin: Origin) -> None:
        """A team that owns components."""
        self.top.mapping("teams", name, origin)

    def error(self, message: str, origin: Origin | None = None, file: str = "") -> None:
        self.remarks.append(Remark("error", message, file, origin))

    def note(self, message: str, origin: Origin | None = None, file: str = "") -> None:
        self.remarks.append(Remark("note", message, file, origin))

    def differs(self, route: str, field: str, known: Leaf | Branch | Listing, value: Any, origin: Origin) -> None:
        """Two sources say different things: the first stands."""
        kept = f"is `{known.value}` by" if isinstance(known, Leaf) else "is told in parts by"
        where = ".".join(filter(None, (route, _shown_field(field))))
        self.note(f"{where} {kept} {known.origin}, `{value}` here; the first is kept", origin)


def _shown_field(field: str) -> str:
    first, dot, rest = field.partition(".")
    return ("replicas" if first == INSTANCES else first) + dot + rest
