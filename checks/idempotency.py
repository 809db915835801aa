"""Idempotency: what may happen twice must do no harm twice."""

from __future__ import annotations

from archlint.analysis.analyses import Analyses
from archlint.analysis.retries import AMBIGUOUS, is_retried
from archlint.plugin import (
    ERROR,
    Cache,
    Call,
    Consume,
    Finding,
    Iterator,
    NotApplicable,
    Publish,
    Topic,
    Unknown,
    check,
)

IN_THE_SAME_TRANSACTION = frozenset({"outbox", "cdc", "transaction"})


def _may_change_something(call: Call) -> bool:
    return bool(call.spec.access != "read")


@check("PRM070", "retry-without-idempotency", severity=ERROR, applies=_may_change_something)
def retry_without_idempotency(call: Call, analyses: Analyses) -> Iterator[Finding]:
    """A write is repeated after a failure that does not say whether the first one was done.

    What it finds: calls that write and are retried (or hedged) after a timeout, a 5xx or a reset, and say neither
    that the write is idempotent by nature, nor that a key or a compare-and-set recognises the repetition.
    `retries.on` that is not stated counts as any failure. Silent where only refused connections, 429 or conflicts
    are retried, for these say that nothing was done; where a step of a transaction on the same target states its
    idempotency; and for writes to a cache that state nothing, for a copy written twice is the same copy.

    Why it matters: after a timeout the write may be done, under way, or lost. To repeat it is right in one of
    three cases and books twice in the other two.

    At 3 AM: customers are charged twice, for minutes of slowness and not of failure: the target did all it was
    asked, late. Switch the retries off, then search the target for pairs of equal requests.

    How to fix: send a key that identifies the request and stays the same in all tries, and let the target keep
    it together with the result, in the transaction of the write, for longer than all tries can last.

    When it is wrong: the target recognises repetitions by the content of the request. State that:
    `idempotency: natural` or `compare-and-set`.

    Sources: P. Helland, "Idempotence Is Not a Medical Condition", ACM Queue 10(4), 2012. B. Leach, "Designing
    robust and predictable APIs with idempotency", Stripe, 2017.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            calls: [{to: bank, access: write, retries: {attempts: 2, on: [timeout]}, idempotency: none}]
        externals:
          bank: {}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout:
            calls: [{to: bank, access: write, retries: {attempts: 2, on: [timeout]}, idempotency: {key: payment-id}}]
        externals:
          bank: {}
    """
    spec = call.spec
    if spec.idempotency not in (None, "none"):
        return
    missing = ["access", "idempotency"] if spec.access is None and spec.idempotency is None else []
    how = _repetition(call)
    if how is None:
        missing.append("retries.attempts")
    if spec.idempotency is None and _is_harmless_target(call):
        return
    if missing:
        raise Unknown(*missing)
    lack = "nothing recognises" if spec.idempotency else "it does not say what recognises"
    yield Finding(
        at=call,
        field="idempotency",
        message=f"{call.label} {'writes and ' if spec.access else ''}is {how}, and {lack} a repetition",
        unstated="" if spec.idempotency else "idempotency",
        remedy="Send a key that stays the same in all tries and let the target remember it, or do not retry.",
    )


def _repetition(call: Call) -> str | None:
    """How the call comes to be repeated, None where nobody says. Raises NotApplicable where it never is."""
    spec = call.spec
    if spec.hedge is not None and spec.hedge != "none":
        return "sent twice where the first is slow"
    if spec.retries is None:
        return None
    if not is_retried(call):
        raise NotApplicable
    if spec.retries.on is None:
        return "retried after any failure"
    ambiguous = [kind for kind in spec.retries.on if kind in AMBIGUOUS]
    if not ambiguous:
        raise NotApplicable
    return f"retried after {' or '.join('any failure' if kind == 'any' else kind for kind in ambiguous)}"


def _is_harmless_target(call: Call) -> bool:
    if call.targets and all(isinstance(target, Cache) for target in call.targets):
        return True
    steps = (step for transaction in call.system.transactions.values() for step in transaction.spec.steps or ())
    return any(step.on == call.name and step.idempotency not in (None, "none") for step in steps)


@check("PRM072", "duplicate-delivery-unhandled", severity=ERROR)
def duplicate_delivery_unhandled(consume: Consume, analyses: Analyses) -> Iterator[Finding]:
    """A consumer gets messages more than once and has nothing that recognises the second.

    What it finds: consumers of topics that deliver at least once (stated, or what the broker's technology does
    unless told otherwise) without `dedupe`. Silent for at-most-once and exactly-once delivery, and where the
    consumer's work is idempotent elsewhere: each of its writes states a key, compare-and-set or `natural`, and
    what it publishes goes out by an outbox, CDC or a transaction.

    Why it matters: a consumer that fails between its work and its acknowledgement gets the message again; so
    does the whole group at each rebalance, and every redrive of dead letters repeats what half succeeded.

    At 3 AM: after a deploy or a rebalance totals are too high, mails are sent twice, stock is negative; the
    broker's figures look healthy. Stop the consumer before anything is redriven, and find the doubled ids.

    How to fix: remember the ids of messages in the store that the work writes, in the same transaction, for
    longer than a redelivery can come; or make the write itself idempotent, and state that.

    When it is wrong: the consumer only refreshes something, such as a cache: state `dedupe: natural`.

    Sources: "Message Delivery Semantics", Apache Kafka documentation, Design. P. Helland, "Idempotence Is Not a
    Medical Condition", ACM Queue 10(4), 2012.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          mailer: {consumes: [{from: events/orders, dedupe: none}]}
        brokers:
          events: {topics: {orders: {delivery: at-least-once}}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          mailer: {consumes: [{from: events/orders, dedupe: {by: order-id, ttl: 7d}}]}
        brokers:
          events: {topics: {orders: {delivery: at-least-once}}}
    """
    if consume.spec.dedupe not in (None, "none"):
        return
    why = _delivered_again(consume.topic, analyses)
    if _is_idempotent_elsewhere(consume):
        return
    lack = "has nothing that" if consume.spec.dedupe else "does not say what"
    yield Finding(
        at=consume,
        field="dedupe",
        message=f"{consume.consumer.label} gets messages of {consume.name} more than once ({why}) "
        f"and {lack} recognises the second",
        unstated="" if consume.spec.dedupe else "dedupe",
        remedy="Remember the ids of handled messages in the transaction of the work, or make the work idempotent.",
    )


def _delivered_again(topic: Topic | None, analyses: Analyses) -> str:
    """Why a message comes again. Raises NotApplicable where it does not, Unknown where nobody says."""
    delivery = None if topic is None else topic.spec.delivery
    if delivery is not None:
        if delivery != "at-least-once":
            raise NotApplicable
        return "at-least-once delivery"
    technology = None if topic is None else topic.broker.spec.technology
    if technology is not None:
        slug = analyses.knowledge.resolve(technology) or technology.partition("@")[0].lower()
        if analyses.knowledge.delivers_again(slug):
            return f"at-least-once delivery, which {slug} does unless told otherwise"
    raise Unknown("brokers.*.topics.*.delivery")


def _is_idempotent_elsewhere(consume: Consume) -> bool:
    """Whether all that the consumer is stated to change can be changed twice without harm."""
    caller = consume.consumer
    effects = [call for call in caller.calls if _may_change_something(call)]
    safe = (call.spec.idempotency not in (None, "none") for call in effects)
    return bool(effects) and all(safe) and all(_goes_with_the_write(publish) for publish in caller.publishes)


def _goes_with_the_write(publish: Publish) -> bool:
    return publish.spec.via in IN_THE_SAME_TRANSACTION
