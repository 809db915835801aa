"""Redis and Valkey: what a restart loses, against the loss that can be borne."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from archlint.analysis.analyses import Analyses
from archlint.analysis.configuration import flag, setting
from archlint.analysis.thresholds import exceeds
from archlint.checks.redis_memory import is_redis
from archlint.plugin import (
    ERROR,
    NONE,
    WARNING,
    Cache,
    Clear,
    Component,
    Evidence,
    Finding,
    NotApplicable,
    Severity,
    Unknown,
    check,
    show,
    stated,
)

SAVE = "3600 1 300 100 60 10000"
"""Pairs of seconds and changes after which a snapshot is made, unless others are configured."""

SYNCED = {"always": 0.0, "everysec": 1.0, "no": 30.0}
"""Seconds of writes that the log of commands lacks after a crash, by `appendfsync`; `no` leaves it to Linux."""


class Loss(NamedTuple):
    """Seconds of writes that a restart after a crash loses: at least and at most, why, and the setting that says so.

    `said` is False where that is the default.
    """

    least: float
    most: float
    why: str
    key: str
    said: bool


@check("LIM131", "redis-persistence-against-rpo", severity=ERROR, applies=is_redis)
def redis_persistence_against_rpo(component: Component, analyses: Analyses) -> Iterator[Finding]:
    """The persistence of a Redis store loses more at a crash than its RPO allows.

    What it finds: stores that state an `rpo` and of which one loss takes all copies at once: the loss of an instance
    where there is one copy, of a zone where all nodes are in one. What is lost then follows from `settings`:
    `appendonly` with `appendfsync` always (nothing), everysec (1 s, the default) or no (30 s, when Linux flushes);
    without it the interval of snapshots by `save` (60 s to 1 h by default), and with neither all of it. It is an error
    where even the shortest interval is over the RPO, a warning where only the longest is, in quiet times. Copies in
    several zones, and their lag, are LAW013's. Where `durability` says when writes are safe, and no setting does,
    this is silent.

    Why it matters: a store in memory is as durable as its last write to disk. Under its defaults that may be an hour
    ago, and nothing reports the gap.

    At 3 AM: the process was killed, is up again after seconds, and answers with the state of an hour ago; clients see
    old carts and reuse old numbers. Keep the file that is there before it restarts again, and replay from what
    published the writes.

    How to fix: `appendonly yes`, and `appendfsync always` where not one write may be lost, or a store of record that
    acknowledges after it has written. Replicas in other zones cover crashes of one node.

    When it is wrong: all can be rebuilt from elsewhere. Then it is a cache, or its RPO is longer.

    Sources: Redis, "Redis persistence", 2026,
    https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/; Redis source, redis.conf (save,
    appendonly, appendfsync), 2024,
    https://github.com/redis/redis/blob/4f8cdc2a1ea53e42955af758aabffee67cb455dd/redis.conf.

    Risky:
        archlint: 1
        system: {name: shop}
        datastores:
          carts: {technology: redis@7, nodes: 1, rpo: 10s, settings: {appendonly: "no", save: "900 1"}}

    Safe:
        archlint: 1
        system: {name: shop}
        datastores:
          carts: {technology: redis@7, nodes: 1, rpo: 10s, settings: {appendonly: "yes", appendfsync: everysec}}
    """
    spec = component.spec
    rpo = stated(spec, "rpo")
    if stated(spec, "replica_of") is not None or (rpo is None and isinstance(component, Cache)):
        raise NotApplicable
    loss = _loss(component)
    if not loss.said and spec.durability is not None:
        raise NotApplicable
    if rpo is None:
        raise Unknown("rpo")
    kinds = _kinds_that_take_all(component)
    if not kinds:
        raise NotApplicable
    borne = {kind: time for kind in kinds if (time := _of_kind(rpo, kind)) is not None}
    if not borne:
        raise Unknown(f"rpo.{kinds[0]}")
    kind = min(borne, key=lambda name: borne[name])
    if exceeds(loss.most, borne[kind]):
        yield _finding(component, loss, borne[kind], kind)


def _loss(component: Component) -> Loss:
    log = setting(component, "appendonly")
    on = None if log is None else flag(log.value)
    if log is not None and on is None:
        raise Unknown(log.field)
    if on:
        sync = setting(component, "appendfsync")
        how = "everysec" if sync is None else str(sync.value).lower()
        how = "no" if sync is not None and sync.value is False else how
        if how not in SYNCED:
            raise Unknown("settings.appendfsync")
        seconds = SYNCED[how]
        by_default = "" if sync is not None else " by default"
        return Loss(seconds, seconds, f"`appendfsync` is {how}{by_default}", "appendfsync", sync is not None)
    return _of_snapshots(component, off=log is not None)


def _of_snapshots(component: Component, *, off: bool) -> Loss:
    made = setting(component, "save")
    text = SAVE if made is None else str(made.value).strip().strip("\"'")
    said = off or made is not None
    if made is not None and (text == "" or flag(made.value) is False or text.lower() == NONE):
        return Loss(math.inf, math.inf, "neither `appendonly` nor `save` writes anything to disk", "appendonly", True)
    figures = text.split()
    if not figures or len(figures) % 2 or not all(figure.isdigit() for figure in figures):
        raise Unknown("settings.save")
    seconds = [float(figure) for figure in figures[::2]]
    by_default = "" if made is not None else ", by default"
    between = show(min(seconds), "s") + (f" to {show(max(seconds), 's')}" if len(set(seconds)) > 1 else "")
    return Loss(min(seconds), max(seconds), f"snapshots are {between} apart{by_default}", "appendonly", said)


def _kinds_that_take_all(component: Component) -> tuple[str, ...]:
    """The losses, smallest first, after which no copy is left but what is on disk."""
    spec = component.spec
    nodes, zones = stated(spec, "nodes"), stated(spec, "zones")
    factor = stated(spec, "replication.factor")
    if stated(spec, "replication.mode") == NONE or factor == 1 or nodes == 1:
        return ("instance", "host", "zone")
    shards = stated(spec, "shards")
    copies = factor if factor is not None else nodes / shards if nodes and shards else nodes
    if copies is None:
        raise Unknown("nodes")
    if copies < 2:
        return ("instance", "host", "zone")
    return ("zone",) if zones not in (None, NONE) and len(zones) == 1 else ()


def _of_kind(rpo: Any, kind: str) -> float | None:
    """A bare value means the loss of an instance or a zone."""
    value = rpo if isinstance(rpo, int | float) else getattr(rpo, kind, None)
    return None if value is None else float(value)


def _finding(component: Component, loss: Loss, allowed: float, kind: str) -> Finding:
    severity: Severity = ERROR if exceeds(loss.least, allowed) else WARNING
    lost = loss.least if severity is ERROR else loss.most
    all_of_it = math.isinf(lost)
    figure = "all of its data" if all_of_it else f"up to {show(loss.most, 's')} of writes"
    longest = (
        () if all_of_it else (Evidence("lost at least", loss.least, "s"), Evidence("lost at most", loss.most, "s"))
    )
    article = "an" if kind == "instance" else "a"
    return Finding(
        at=component,
        field=f"settings.{loss.key}",
        severity=severity,
        message=(
            f"{component.label} loses {figure} with {article} {kind}, and its RPO is {show(allowed, 's')}: {loss.why}"
        ),
        exposure=lost / allowed if allowed and not all_of_it else None,
        evidence=(*longest, Evidence("RPO", allowed, "s"), Evidence("persistence", loss.why)),
        formula="lost at a restart > RPO",
        clears=tuple(_clears(component, loss, allowed)),
        remedy=(
            "Set `appendonly` to yes and `appendfsync` to always, or keep what may not be lost in a store that "
            "acknowledges after it has written."
            if allowed < SYNCED["everysec"]
            else "Set `appendonly` to yes, with `appendfsync` everysec."
        ),
        unstated="" if loss.said else f"settings.{loss.key}",
    )


def _clears(component: Component, loss: Loss, allowed: float) -> Iterator[Clear]:
    if not loss.said:
        return
    if loss.key == "appendfsync":
        how = "everysec" if allowed >= SYNCED["everysec"] else "always"
        yield Clear("settings.appendfsync", how, how, WARNING)
        return
    sync = setting(component, "appendfsync")
    kept = SYNCED.get("everysec" if sync is None else str(sync.value).lower(), math.inf)
    if kept <= allowed:
        yield Clear("settings.appendonly", "yes", "yes", WARNING)
