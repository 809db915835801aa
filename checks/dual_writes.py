"""Dual writes: a store and a topic that one crash sets apart."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.retries import follows_request
from archlint.plugin import (
    ERROR,
    WARNING,
    Call,
    Caller,
    Datastore,
    Finding,
    Iterator,
    NotApplicable,
    Publish,
    Related,
    Unknown,
    check,
)

LOG_BASED = frozenset({"outbox", "transactional-outbox", "cdc", "change-data-capture"})
"""Micro-patterns by which a service says that its messages come from its store."""


def _may_be_direct(publish: Publish) -> bool:
    spec = publish.spec
    if spec.via is None and LOG_BASED.intersection(publish.publisher.spec.patterns or ()):
        return False
    return spec.via in (None, "direct") and spec.on_failure != "drop"


@check("PRM190", "dual-write", severity=ERROR, applies=_may_be_direct)
def dual_write(publish: Publish, analyses: Analyses) -> Iterator[Finding]:
    """One request writes a store and publishes a message by itself, and nothing joins the two.

    What it finds: publishers whose requests write a datastore and also publish with `via: direct`. An error where
    it is the same request: the same operation, or no operations are declared and every request makes the write.
    A warning where it may be another one, where a reconciliation is stated, or where only messages cause the
    work. Silent for `via: outbox`, `cdc` and `transaction`, for messages that may be dropped, and for work that
    only messages cause whose write is idempotent: the next delivery makes up for what was lost between the two,
    unless the consumer remembers ids (`dedupe: {by: ...}`) and throws that delivery away.

    Why it matters: a crash, a deploy or a timeout between the two leaves an order that nobody ships, or ships
    an order that was rolled back. Retrying does not help, for the process that would retry is gone, and no
    error is counted.

    At 3 AM: a customer's order is in the store and nowhere else, and no log says why. Compare the store with
    what consumers have for the time around the last restarts, and publish what is missing.

    How to fix: write the message into an outbox table in the transaction of the state and let a relay publish
    it, or derive the messages from the store's log (CDC). Consumers must bear duplicates then.

    When it is wrong: the message is a hint that consumers do without.

    Sources: M. Kleppmann, "Designing Data-Intensive Applications", chapter 11, O'Reilly, 2017. C. Richardson,
    "Microservices Patterns", chapter 3 (transactional outbox), Manning, 2018.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          orders:
            calls: [{to: orders-db, access: write}]
            publishes: [{to: events/orders, via: direct}]
        datastores:
          orders-db: {}
        brokers:
          events: {topics: {orders: {}}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          orders:
            calls: [{to: orders-db, access: write}]
            publishes: [{to: events/orders, via: outbox}]
        datastores:
          orders-db: {}
        brokers:
          events: {topics: {orders: {}}}
    """
    pairs = [(call, together) for call in _store_calls(publish) if (together := _together(call, publish)) is not None]
    writes = [(call, together) for call, together in pairs if call.spec.access == "write" and not _is_redone(call)]
    if not writes:
        if any(call.spec.access is None for call, _ in pairs):
            raise Unknown("calls.*.access", *(() if publish.spec.via else ("via",)))
        if not pairs:
            raise NotApplicable
        return
    certain = any(
        together and not _is_reconciled(publish, call) and not _is_caused_by_messages(call) for call, together in writes
    )
    names = " and ".join(dict.fromkeys(call.targets[0].label for call, _ in writes))
    how = "publishes directly" if publish.spec.via else "publishes, by a road that is not stated,"
    yield Finding(
        at=publish,
        field="via",
        severity=ERROR if certain else WARNING,
        message=f"{publish.publisher.label} writes {names} and {how} to {publish.name}: "
        f"a crash between the two leaves one without the other",
        unstated="" if publish.spec.via else "via",
        related=tuple(Related(call, "the write", field="to") for call, _ in writes),
        remedy="Publish from an outbox that the store's transaction writes, or from the store's log (CDC).",
    )


def _store_calls(publish: Publish) -> Iterator[Call]:
    for call in publish.publisher.calls:
        stores = call.targets and isinstance(call.targets[0], Datastore)
        if stores and call.spec.access != "read" and call.spec.phase == "runtime":
            yield call


def _together(call: Call, publish: Publish) -> bool | None:
    """Whether the request that publishes also makes the call; None where it never does, False where it may."""
    cause = publish.spec.cause
    operations = getattr(publish.publisher.spec, "operations", None) or {}
    if cause is not None and cause not in operations:
        return True if cause == call.name else None
    published = _scope(publish.operation or cause, publish.spec.only_in)
    called = _scope(call.operation, call.spec.only_in)
    if not called or not published:
        return bool(call.spec.share == 1 and not called)
    if not published.isdisjoint(called):
        return bool(call.spec.share == 1)
    comparable = published <= operations.keys() and called <= operations.keys()
    return None if comparable else False


def _scope(operation: str | None, only_in: list[str] | None) -> frozenset[str]:
    """The operations or flows that something belongs to; empty where every request may do it."""
    return frozenset({operation} if operation else only_in or ())


def _is_caused_by_messages(call: Call) -> bool:
    """Whether only messages that come again until they are acknowledged make the caller call."""
    caller: Caller = call.caller
    called = any(edge.kind == "call" for edge in caller.incoming)
    entered = any(flow.system is caller.system for flow in caller.entered_by)
    again = all(consume.topic is None or consume.topic.spec.delivery != "at-most-once" for consume in caller.consumes)
    return bool(caller.consumes) and again and follows_request(call) and not called and not entered


def _is_redone(call: Call) -> bool:
    """Whether the next delivery repeats the write, without harm, and all after it.

    Not where ids of messages are remembered: a second delivery that is recognised publishes nothing.
    """
    idempotent = call.spec.idempotency not in (None, "none")
    remembers = any(hasattr(consume.spec.dedupe, "by") for consume in call.caller.consumes)
    return idempotent and not remembers and _is_caused_by_messages(call)


def _is_reconciled(publish: Publish, call: Call) -> bool:
    stated = (publish.spec.reconciliation, call.targets[0].spec.reconciliation)
    return any(reconciliation not in (None, "none") for reconciliation in stated)
