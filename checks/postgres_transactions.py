"""PostgreSQL: transactions that stay open while their client does something else, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from archlint.analysis.analyses import Analyses
from archlint.analysis.callers import calls_to, pooler_of
from archlint.analysis.configuration import setting, time
from archlint.analysis.retries import follows_request
from archlint.analysis.technology import is_postgresql
from archlint.analysis.thresholds import exceeds
from archlint.plugin import (
    NONE,
    WARNING,
    Call,
    Caller,
    Component,
    Datastore,
    Evidence,
    External,
    Finding,
    Known,
    NotApplicable,
    Related,
    Service,
    Unknown,
    check,
    show,
    stated,
)

IDLE = "idle_in_transaction_session_timeout"
ANY_TRANSACTION = "transaction_timeout"

MILLISECOND = 1e-3
"""Unit of a bare number in the server's configuration."""


class Held(NamedTuple):
    """A connection that is held while another component is waited for."""

    call: Call
    other: Call
    hold: float
    own: float
    elsewhere: float


@check("LIM122", "idle-in-transaction", severity=WARNING, applies=is_postgresql)
def idle_in_transaction(store: Datastore, analyses: Analyses) -> Iterator[Finding]:
    """Nothing ends a transaction that its client has left open.

    What it finds: PostgreSQL stores without `idle_in_transaction_session_timeout` or `transaction_timeout`, which are
    off by default: where one is stated to be 0, and, where none is stated, where a caller holds a connection
    (`pool.hold`) so long that the store's own latency and a call to a service or an external both fit in: a transaction
    that is open while something else is waited for. Where holds are short the absence is harmless, and where they are
    not stated it is not evaluated. Silent where the setting is made by the caller, or where a pooler on the way ends
    such transactions (`idle_transaction_timeout` of PgBouncer).

    Why it matters: an open transaction keeps its row locks and its snapshot. Others queue behind the locks, vacuum
    can remove nothing that is younger, tables bloat and transaction IDs age. While what it waits for is slow, all
    connections of the pool come to stand so.

    At 3 AM: sessions `idle in transaction` in pg_stat_activity, with a state_change of long ago, and all others wait
    for locks. End the oldest with pg_terminate_backend.

    How to fix: make remote calls before or after the transaction, never inside. Set the timeout to seconds for the
    roles of applications; a longer one for people.

    When it is wrong: the connection is held so long by many statements, without anything else in between.

    Sources: PostgreSQL Global Development Group, PostgreSQL Documentation, section 19.11.1, "Statement Behavior"
    (idle_in_transaction_session_timeout, transaction_timeout), 2025,
    https://www.postgresql.org/docs/current/runtime-config-client.html; PgBouncer, "Configuration"
    (idle_transaction_timeout), https://www.pgbouncer.org/config.html.

    Risky:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {calls: [{to: orders, access: write, pool: {size: 10, hold: 400ms}}, {to: cards, access: write}]}
        datastores:
          orders: {technology: postgresql@16, latency: {mean: 4ms, p99: 20ms}}
        externals:
          cards: {provider: example, measured: {latency_p99: 300ms}}

    Safe:
        archlint: 1
        system: {name: shop}
        services:
          checkout: {calls: [{to: orders, access: write, pool: {size: 10, hold: 12ms}}, {to: cards, access: write}]}
        datastores:
          orders: {technology: postgresql@16, latency: {mean: 4ms, p99: 20ms}}
        externals:
          cards: {provider: example, measured: {latency_p99: 300ms}}
    """
    off = None
    for key in (IDLE, ANY_TRANSACTION):
        made = setting(store, key)
        limit = None if made is None else time(made.value, MILLISECOND)
        if limit is not None and limit > 0:
            return
        off = made if made is not None and made.key.lower() == IDLE else off
    calls = [call for call in calls_to(store) if not _ends_idle(call)]
    if not calls:
        raise NotApplicable
    held, missing = _held_across(store, calls)
    if off is not None or held is not None:
        yield _idle_finding(store, held, said=off is not None)
    elif missing:
        raise Unknown(*missing)


def _ends_idle(call: Call) -> bool:
    """Whether the caller, or a pooler on the way, ends transactions that are left open."""
    pooler = pooler_of(call)
    found = [setting(call.caller, IDLE, ANY_TRANSACTION)]
    if any(made is not None and (time(made.value, MILLISECOND) or 0) > 0 for made in found):
        return True
    made = None if pooler is None else setting(pooler, "idle_transaction_timeout", "transaction_timeout")
    return made is not None and (time(made.value) or 0) > 0


def _held_across(store: Datastore, calls: list[Call]) -> tuple[Held | None, set[str]]:
    """The connection that is held longest across another call, and what is missing to know of others."""
    found: list[Held] = []
    missing: set[str] = set()
    for call in calls:
        others = _remote(call)
        if not others:
            continue
        hold, own = stated(call.spec, "pool.hold"), _of_store(store)
        if hold is None or own is None:
            missing.update(("services.*.calls.pool.hold",) if hold is None else ("latency.mean",))
            continue
        own *= max(1.0, call.spec.per_request)
        if not exceeds(hold, own):
            continue
        for other in others:
            elsewhere = _of_other(other)
            if isinstance(elsewhere, Unknown):
                missing.update(elsewhere.fields)
            elif not exceeds(own + elsewhere.value, hold):
                found.append(Held(call, other, hold, own, elsewhere.value))
    longest = max(found, key=lambda held: held.hold, default=None)
    return longest, missing


def _remote(call: Call) -> list[Call]:
    """The other calls of the same request that leave for something that may take its time."""
    caller: Caller = call.caller
    return [
        other
        for other in caller.calls
        if other is not call
        and follows_request(other)
        and isinstance(other.target, Service | External)
        and (not call.operation or not other.operation or call.operation == other.operation)
    ]


def _of_store(store: Datastore) -> float | None:
    """What one access takes: a percentile where no mean is stated, which is on the safe side."""
    return next((time for time in (stated(store.spec, f"latency.{q}") for q in ("mean", "p50", "p99")) if time), None)


def _of_other(call: Call) -> Known[float] | Unknown:
    fields = ("latency.mean", "latency.p50", "latency.p99", "measured.latency_p99", "sla.latency_p99")
    target: Component | None = call.target
    known = (stated(target.spec, field) for field in fields) if target is not None else ()
    found = next((value for value in known if value not in (None, NONE)), None)
    return Unknown("services.*.latency.mean") if found is None else Known(float(found))


def _idle_finding(store: Datastore, held: Held | None, *, said: bool) -> Finding:
    ends = f"nothing ends a transaction that stays open in {store.label}"
    why = f"`{IDLE}` is 0" if said else f"no `{IDLE}` is stated, and PostgreSQL has none by default"
    shown = (
        f"; {held.call.caller.label} holds a connection for {show(held.hold, 's')}, in which {show(held.own, 's')} of "
        f"{store.label} and {show(held.elsewhere, 's')} of {held.other.target.label} fit"
        if held is not None and held.other.target is not None
        else ""
    )
    return Finding(
        at=store,
        field=f"settings.{IDLE}",
        message=f"{ends}: {why}{shown}",
        exposure=held.hold / (held.own + held.elsewhere) if held is not None else None,
        evidence=(
            (
                Evidence("connection held", held.hold, "s"),
                Evidence("in the store", held.own, "s"),
                Evidence("in the other call", held.elsewhere, "s"),
            )
            if held is not None
            else ()
        ),
        formula="connection held >= in the store + in the other call" if held is not None else "",
        remedy="Make remote calls outside of transactions, and set the timeout to seconds for the applications' roles.",
        related=(Related(held.call, "holds the connection", "pool.hold"),) if held is not None else (),
        unstated="" if said else f"settings.{IDLE}",
    )
