"""What a System is made of: components and what joins them, linked, each with its place in the manifest.

Elements are plain slotted objects around the validated models (`spec`). They know their concrete path, so
that a finding can name its place; they know nothing of analyses. Absent things are `None` or empty; the
text "none" is a stated absence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archlint.manifest.manifest import Manifest
    from archlint.manifest.reader import Document
    from archlint.system.suppressions import Ignore, Waiver

Path = tuple[str | int, ...]

NONE = "none"

ATTRIBUTES = {
    "async": "asynchronous",
    "for": "cause",
    "from": "source",
    "in": "only_in",
    "schema": "message_schema",
    "with": "against",
}
"""Fields whose names in the manifest cannot be names of attributes."""


def stated(spec: Any, field: str) -> Any:
    """The value at a dotted field of a model, None where any step of it is not stated.

    A step into an explicit "none" or into a scalar (`replicas: 6` asked for `replicas.max`) gives None,
    except that "none" itself comes back when the field ends there or below: what is stated to be absent
    has no unknown parts.
    """
    while True:
        try:
            step, attribute, field = _STEPS[field]
        except KeyError:
            step, attribute, field = _noted(field)
        kind = type(spec)
        if kind is dict:
            spec = spec.get(step)
        elif kind is str:
            return NONE if spec == NONE else None
        else:
            spec = getattr(spec, attribute, None)
        if spec is None or not field:
            return spec


_STEPS: dict[str, tuple[str, str, str]] = {}
"""The first key of a dotted field, the attribute that holds it, and the rest: checks ask for few fields, very often."""


def _noted(field: str) -> tuple[str, str, str]:
    step, _, further = field.partition(".")
    found = _STEPS[field] = step, ATTRIBUTES.get(step, step), further
    return found


class Element:
    """Anything that has a place in a manifest."""

    __slots__ = ("name", "path", "spec", "system")
    kind: ClassVar[str] = "element"

    def __init__(self, system: System, name: str, path: Path, spec: Any) -> None:
        self.system = system
        self.name = name
        self.path = path
        self.spec = spec

    @property
    def component(self) -> Component | None:
        """The component that the element is or belongs to; None for what belongs to none."""
        return None

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"


class Component(Element):
    """A named part of the system: what can fail, be called and be lost with a domain."""

    __slots__ = ("depends_on", "entered_by", "incoming", "outgoing")
    kind = "component"

    def __init__(self, system: System, name: str, path: Path, spec: Any) -> None:
        super().__init__(system, name, path, spec)
        self.outgoing: list[Dependency] = []
        self.incoming: list[Dependency] = []
        self.depends_on: list[DependsOn] = []
        self.entered_by: list[Flow] = []

    @property
    def component(self) -> Component:
        return self

    @property
    def label(self) -> str:
        """The name, led by the system's where the run holds several systems."""
        return f"{self.system.name}/{self.name}" if len(self.system.workspace) > 1 else self.name


class Caller(Component):
    """A component that makes calls and publishes and consumes messages."""

    __slots__ = ("calls", "consumes", "publishes")

    def __init__(self, system: System, name: str, path: Path, spec: Any) -> None:
        super().__init__(system, name, path, spec)
        self.calls: list[Call] = []
        self.publishes: list[Publish] = []
        self.consumes: list[Consume] = []


class Service(Caller):
    __slots__ = ()
    kind = "service"


class Client(Caller):
    """A population outside the system that calls in."""

    __slots__ = ()
    kind = "client"


class Job(Caller):
    """Work that the clock starts."""

    __slots__ = ()
    kind = "job"


class Datastore(Component):
    __slots__ = ()
    kind = "datastore"


class Cache(Component):
    __slots__ = ("backed_by",)
    kind = "cache"

    def __init__(self, system: System, name: str, path: Path, spec: Any) -> None:
        super().__init__(system, name, path, spec)
        self.backed_by: Component | None = None


class Broker(Component):
    __slots__ = ("topics",)
    kind = "broker"

    def __init__(self, system: System, name: str, path: Path, spec: Any) -> None:
        super().__init__(system, name, path, spec)
        self.topics: dict[str, Topic] = {}


class Topic(Component):
    """A topic or queue of a broker; its `name` is `broker/topic`."""

    __slots__ = ("broker", "consumers", "publishers")
    kind = "topic"

    def __init__(self, system: System, name: str, path: Path, spec: Any, broker: Broker) -> None:
        super().__init__(system, name, path, spec)
        self.broker = broker
        self.publishers: list[Publish] = []
        self.consumers: list[Consume] = []


class External(Component):
    """Something that others run and the system needs."""

    __slots__ = ()
    kind = "external"


class Network(Component):
    """A backbone, NAT, balancer, pooler or resolver between components."""

    __slots__ = ()
    kind = "network"


class Outside(Component):
    """A component of a system that this run does not hold: present, and unknown in every respect."""

    __slots__ = ()
    kind = "component outside the run"


class Item(Element):
    """Something that belongs to a component: a call, a publish, a consume, a dependency."""

    __slots__ = ("owner",)

    def __init__(self, owner: Component, name: str, path: Path, spec: Any) -> None:
        super().__init__(owner.system, name, path, spec)
        self.owner = owner

    @property
    def component(self) -> Component:
        return self.owner


class Call(Item):
    """A call from `caller` to `targets`; several targets are alternatives, one of which is enough.

    `operation` names the operation of the caller that makes it, "" where every request may make it.
    """

    __slots__ = ("caller", "fallback", "operation", "targets", "through")
    kind = "call"

    def __init__(self, caller: Caller, path: Path, spec: Any, operation: str = "") -> None:
        super().__init__(caller, spec.to or "", path, spec)
        self.caller = caller
        self.operation = operation
        self.targets: tuple[Component, ...] = ()
        self.fallback: Component | None = None
        self.through: tuple[Component, ...] = ()

    @property
    def target(self) -> Component | None:
        """The only target; None where the call has alternatives or its reference did not resolve."""
        return self.targets[0] if len(self.targets) == 1 else None

    @property
    def label(self) -> str:
        """How messages name the call."""
        names = " or ".join(target.label for target in self.targets) or self.name
        return f"{self.caller.label} -> {names}"


class Publish(Item):
    """What a component writes to a topic."""

    __slots__ = ("operation", "publisher", "topic")
    kind = "publish"

    def __init__(self, publisher: Caller, path: Path, spec: Any, operation: str = "") -> None:
        super().__init__(publisher, spec.to, path, spec)
        self.publisher = publisher
        self.operation = operation
        self.topic: Topic | None = None


class Consume(Item):
    """What a component reads from a topic."""

    __slots__ = ("consumer", "dead_letter", "topic")
    kind = "consume"

    def __init__(self, consumer: Caller, path: Path, spec: Any) -> None:
        super().__init__(consumer, spec.source, path, spec)
        self.consumer = consumer
        self.topic: Topic | None = None
        self.dead_letter: Topic | None = None


class DependsOn(Item):
    """A stated dependency that is no call: at start-up, recovery, deploy, for control, or at run time."""

    __slots__ = ("fallback", "targets")
    kind = "dependency"

    def __init__(self, owner: Component, path: Path, spec: Any) -> None:
        super().__init__(owner, spec.on, path, spec)
        self.targets: tuple[Component, ...] = ()
        self.fallback: Component | None = None


class Dependency:
    """An edge of the system: `source` needs one of `targets`, because of `item`.

    `kind` says by which road: "call", "publish", "consume", "depends_on", "backed_by", "runs_on",
    "through", "topic" (a topic needs its broker). `hard`: the source cannot do its work without it at run
    time (design.md 3.1). `phase` is one of startup, runtime, recovery, deploy, control. `fallback` is the
    component that stands in where the target is lost.
    """

    __slots__ = ("fallback", "hard", "item", "kind", "phase", "source", "targets")

    def __init__(
        self,
        source: Component,
        targets: tuple[Component, ...],
        kind: str,
        item: Element,
        *,
        hard: bool,
        phase: str = "runtime",
        fallback: Component | None = None,
    ) -> None:
        self.source = source
        self.targets = targets
        self.kind = kind
        self.item = item
        self.hard = hard
        self.phase = phase
        self.fallback = fallback

    def __repr__(self) -> str:
        return f"<{self.kind} {self.source.name} -> {[t.name for t in self.targets]}>"


class Flow(Element):
    """A user journey: what is promised for what. `entry` is the component that it enters."""

    __slots__ = ("entry",)
    kind = "flow"

    def __init__(self, system: System, name: str, path: Path, spec: Any) -> None:
        super().__init__(system, name, path, spec)
        self.entry: Component | None = None

    @property
    def component(self) -> Component | None:
        return self.entry


class Transaction(Element):
    __slots__ = ()
    kind = "transaction"


class Lock(Element):
    __slots__ = ()
    kind = "lock"


class Team(Element):
    __slots__ = ()
    kind = "team"


class System(Element):
    """One manifest, linked. Mappings keep the order of the manifest.

    `ordinals` is what `format_route` has counted of the document so far. `ignores` and `waivers` are empty until
    it is known what they suppressed.
    """

    __slots__ = (
        "brokers",
        "caches",
        "clients",
        "components",
        "datastores",
        "dependencies",
        "document",
        "externals",
        "flows",
        "ignores",
        "jobs",
        "locks",
        "manifest",
        "networks",
        "ordinals",
        "outside",
        "services",
        "teams",
        "topics",
        "transactions",
        "waivers",
        "workspace",
    )
    kind = "system"

    def __init__(self, document: Document, manifest: Manifest, workspace: Mapping[str, System]) -> None:
        name = manifest.system.name
        super().__init__(self, name, ("system",), manifest.system)
        self.document = document
        self.manifest = manifest
        self.workspace = workspace
        self.components: dict[str, Component] = {}
        self.services: dict[str, Service] = {}
        self.datastores: dict[str, Datastore] = {}
        self.caches: dict[str, Cache] = {}
        self.brokers: dict[str, Broker] = {}
        self.topics: dict[str, Topic] = {}
        self.externals: dict[str, External] = {}
        self.networks: dict[str, Network] = {}
        self.clients: dict[str, Client] = {}
        self.jobs: dict[str, Job] = {}
        self.flows: dict[str, Flow] = {}
        self.teams: dict[str, Team] = {}
        self.transactions: dict[str, Transaction] = {}
        self.locks: dict[str, Lock] = {}
        self.outside: dict[str, Outside] = {}
        self.ordinals: dict[int, list[int]] = {}
        self.dependencies: list[Dependency] = []
        self.ignores: list[Ignore] = []
        self.waivers: list[Waiver] = []

    @property
    def callers(self) -> Iterator[Caller]:
        yield from self.services.values()
        yield from self.clients.values()
        yield from self.jobs.values()

    @property
    def calls(self) -> Iterator[Call]:
        for caller in self.callers:
            yield from caller.calls

    @property
    def publishes(self) -> Iterator[Publish]:
        for caller in self.callers:
            yield from caller.publishes

    @property
    def consumes(self) -> Iterator[Consume]:
        for caller in self.callers:
            yield from caller.consumes
