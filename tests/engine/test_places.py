"""Where a finding is: the route of the field to change, and the span of the last part of it that stands there."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from archlint.engine.places import Located, locate, route_of
from archlint.manifest.loading import load
from archlint.system.elements import Element, System
from archlint.system.workspace import link

if TYPE_CHECKING:
    from collections.abc import Callable


def system_of(text: str, name: str = "archlint.yaml") -> System:
    loaded = load(textwrap.dedent(text).encode(), name)
    assert loaded.problems == ()
    return next(iter(link([loaded]).systems.values()))


def under_caret(located: Located, element: Element) -> str:
    """The text that the span covers; every span of a finding lies on one line."""
    place = located.place
    assert place.line == place.end_line
    line = element.system.document.text.splitlines()[place.line - 1]
    return line[place.column - 1 : place.end_column - 1]


SHOP = """\
archlint: 1
system: {name: shop}
defaults:
  call: {timeout: 500ms, retries: {attempts: 2}}
services:
  web:
    replicas: 2
    load: {peak: 10/s}
    zones: [a, b]
    calls:
      - {access: read, to: db}
      - to: audit
      - {to: db, timeout: 20ms}
    publishes:
      - {to: events/orders, rate: 1/s}
    depends_on: [{phase: startup, on: db}]
  audit:
    consumes:
      - group: audit
        from: events/orders
datastores:
  db:
    settings: {max_connections: 100, "log.retention": 7}
brokers:
  events: {topics: {orders: {}, orders.v1: {}}}
jobs:
  "7": {every: 1h, calls: [{to: web}]}
"""


@pytest.fixture(scope="module")
def shop() -> System:
    return system_of(SHOP)


def web(system: System) -> Element:
    return system.services["web"]


ELEMENTS: dict[str, Callable[[System], Element]] = {
    "the system": lambda system: system,
    "a service": web,
    "the first call": lambda system: system.services["web"].calls[0],
    "the second call": lambda system: system.services["web"].calls[1],
    "the third call": lambda system: system.services["web"].calls[2],
    "a publish": lambda system: system.services["web"].publishes[0],
    "a consume": lambda system: system.services["audit"].consumes[0],
    "a dependency": lambda system: system.services["web"].depends_on[0],
    "a store": lambda system: system.datastores["db"],
    "a topic": lambda system: system.topics["events/orders.v1"],
    "the call of a job": lambda system: system.jobs["7"].calls[0],
}

PLACES = [
    ("the system", "", "system", 2, "system"),
    ("the system", "name", "system.name", 2, "name"),
    ("the system", "owner", "system.owner", 2, "system"),
    ("a service", "", "services.web", 6, "web"),
    ("a service", "replicas", "services.web.replicas", 7, "replicas"),
    ("a service", "load.peak", "services.web.load.peak", 8, "peak"),
    ("a service", "load.mean", "services.web.load.mean", 8, "load"),
    ("a service", "capacity.concurrency", "services.web.capacity.concurrency", 6, "web"),
    ("a service", "zones[1]", "services.web.zones[1]", 9, "b"),
    ("a service", "zones[7]", "services.web.zones", 9, "zones"),
    ("the first call", "", "services.web.calls[db]", 11, "db"),
    ("the first call", "access", "services.web.calls[db].access", 11, "access"),
    ("the first call", "fallback", "services.web.calls[db].fallback", 11, "db"),
    ("the second call", "", "services.web.calls[audit]", 12, "audit"),
    ("the third call", "", "services.web.calls[db#2]", 13, "db"),
    ("the third call", "timeout", "services.web.calls[db#2].timeout", 13, "timeout"),
    ("a publish", "acks", "services.web.publishes[events/orders].acks", 15, "events/orders"),
    ("a consume", "", "services.audit.consumes[events/orders]", 20, "events/orders"),
    ("a consume", "group", "services.audit.consumes[events/orders].group", 19, "group"),
    ("a consume", "dead_letter", "services.audit.consumes[events/orders].dead_letter", 20, "events/orders"),
    ("a dependency", "fallback", "services.web.depends_on[db].fallback", 16, "db"),
    ("a store", "settings.max_connections", "datastores.db.settings.max_connections", 23, "max_connections"),
    ("a store", 'settings["log.retention"]', 'datastores.db.settings["log.retention"]', 23, '"log.retention"'),
    ("a store", 'settings["log.age"]', 'datastores.db.settings["log.age"]', 23, "settings"),
    ("a topic", "retention", 'brokers.events.topics["orders.v1"].retention', 25, "orders.v1"),
    ("the call of a job", "timeout", "jobs.7.calls[web].timeout", 27, "web"),
]


@pytest.mark.parametrize(("element", "field", "route", "line", "text"), PLACES)
def test_route_and_span(shop: System, element: str, field: str, route: str, line: int, text: str) -> None:
    subject = ELEMENTS[element](shop)
    located = locate(subject, field)
    assert located.path == route == route_of(subject, field)
    assert (located.file, located.place.line) == ("archlint.yaml", line)
    assert under_caret(located, subject) == text


def test_what_a_default_supplied_is_at_the_component_with_the_default_related(shop: System) -> None:
    call = ELEMENTS["the first call"](shop)
    for field, line, text in (("timeout", 4, "timeout"), ("retries.attempts", 4, "attempts")):
        located = locate(call, field)
        assert located.path == f"services.web.calls[db].{field}"
        assert under_caret(located, call) == "db"
        (related,) = located.related
        assert (related.file, related.message) == ("archlint.yaml", "the default that says so")
        found = Located("", "", related.place)
        assert (related.place.line, under_caret(found, call)) == (line, text)


def test_an_absent_field_below_a_default_leads_to_the_default(shop: System) -> None:
    located = locate(ELEMENTS["the first call"](shop), "retries.jitter")
    (related,) = located.related
    assert under_caret(Located("", "", related.place), web(shop)) == "retries"


def test_what_is_stated_beside_a_default_has_nothing_related(shop: System) -> None:
    assert locate(ELEMENTS["the third call"](shop), "timeout").related == ()
    assert locate(ELEMENTS["the third call"](shop), "fallback").related == ()


SHARED = """\
archlint: 1
system: {name: shop}
x-small: &small {concurrency: 8, service_time: 10ms}
x-base: &base
  replicas: 2
  capacity: {concurrency: 16}
services:
  web:
    capacity: *small
  api:
    <<: *base
    tier: critical
  job:
    <<: [*base]
    replicas: 3
"""


@pytest.mark.parametrize(
    ("name", "field", "line", "text", "anchor_line", "anchor"),
    [
        ("web", "capacity.concurrency", 9, "*small", 3, "&small"),
        ("api", "capacity.concurrency", 11, "*base", 4, "&base"),
        ("api", "replicas", 11, "*base", 4, "&base"),
        ("job", "capacity", 14, "*base", 4, "&base"),
    ],
)
def test_what_comes_through_an_alias_is_there_with_the_anchor_related(
    name: str, field: str, line: int, text: str, anchor_line: int, anchor: str
) -> None:
    service = system_of(SHARED).services[name]
    located = locate(service, field)
    assert (located.path, located.place.line) == (f"services.{name}.{field}", line)
    assert under_caret(located, service) == text
    (related,) = located.related
    assert related.message == "the anchor that it comes from"
    assert (related.place.line, under_caret(Located("", "", related.place), service)) == (anchor_line, anchor)


@pytest.mark.parametrize(("name", "field", "text"), [("api", "tier", "tier"), ("job", "replicas", "replicas")])
def test_what_stands_beside_a_merge_key_is_at_itself(name: str, field: str, text: str) -> None:
    service = system_of(SHARED).services[name]
    located = locate(service, field)
    assert (under_caret(located, service), located.related) == (text, ())


def test_an_absent_field_below_an_alias_is_at_the_alias() -> None:
    service = system_of(SHARED).services["web"]
    located = locate(service, "capacity.per_replica")
    assert under_caret(located, service) == "capacity"
    assert located.path == "services.web.capacity.per_replica"


def test_columns_count_code_points() -> None:
    text = 'archlint: 1\nsystem: {name: shop}\nservices: {web: {x-note: "é😀", replicas: 2}}\n'
    service = system_of(text).services["web"]
    place = locate(service, "replicas").place
    line = text.splitlines()[2]
    assert (place.column, place.end_column) == (line.index("replicas") + 1, line.index("replicas") + 9)


def test_lines_break_at_lf_crlf_and_cr_only() -> None:
    text = 'archlint: 1\r\nsystem: {name: shop}\rservices:\n  web: {x-note: "a\u2028b\u0085c", replicas: 2}\n'
    service = system_of(text).services["web"]
    assert locate(service, "replicas").place.line == 4


def test_a_component_outside_the_run_is_at_the_system(shop: System) -> None:
    system = system_of("archlint: 1\nsystem: {name: shop}\nservices: {web: {calls: [{to: pay/ledger}]}}\n")
    target = system.services["web"].calls[0].target
    assert target is not None
    located = locate(target, "load.peak")
    assert (located.path, located.place.line) == ("system", 2)


def test_routes_of_very_many_twins_are_counted_once() -> None:
    calls = ", ".join(["{to: db}"] * 20_000)
    system = system_of(
        f"archlint: 1\nsystem: {{name: shop}}\ndatastores: {{db: {{}}}}\nservices: {{web: {{calls: [{calls}]}}}}\n"
    )
    routes = [route_of(call) for call in system.calls]
    assert routes[0] == "services.web.calls[db]"
    assert routes[-1] == "services.web.calls[db#20000]"
    assert len(set(routes)) == 20_000
