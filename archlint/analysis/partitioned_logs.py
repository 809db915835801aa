"""Brokers that keep topics in partitions, as Kafka does: which they are, and what their configuration says.

A figure stands in a field of the manifest, or in `settings` under the technology's own key (of the topic, else of the
broker), or nowhere: then the technology's default holds, which the catalogue knows for a version and mode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from archlint.analysis.technology import technology_of
from archlint.analysis.values import Known, Unknown
from archlint.system.elements import NONE, Broker, Component, Element, Publish, Topic, stated

if TYPE_CHECKING:
    from archlint.analysis.analyses import Analyses
    from archlint.knowledge.technology import Technology

REPLICATION_KEY = "default.replication.factor"
IN_SYNC_KEY = "min.insync.replicas"
UNCLEAN_KEY = "unclean.leader.election.enable"

_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0"})
_ACKS = {"all": "all", "-1": "all", "1": "leader", "0": "none"}


class Said(NamedTuple):
    """A value, and where it stands: `field` of `at`. `by_default` where nobody states it."""

    value: Any
    at: Element
    field: str
    by_default: bool = False

    @property
    def mark(self) -> str:
        """What the name of a figure gets that nobody stated."""
        return " (default)" if self.by_default else ""


def keeps_partitions(component: Component, analyses: Analyses) -> bool:
    """Whether each partition has copies on as many brokers as its replication factor says."""
    named = technology_of(component)
    if named is None:
        return False
    from archlint.knowledge.conduct import does

    return does(analyses.knowledge.resolve(named) or named.partition("@")[0].lower(), "keeps-partitions")


def waits_for_in_sync(component: Component, analyses: Analyses) -> bool:
    """Whether a write may wait for the copies that are in step, which not all that speak Kafka's protocol know."""
    technology = _technology(component, analyses)
    return technology is not None and any(d.field == "min_insync_replicas" for d in technology.defaults)


def runs_version(component: Component, versions: str) -> bool | None:
    """Whether its version lies in a range such as `>=3.7`; None where none is stated, or too coarse a one."""
    from archlint.knowledge.technology import VersionRange

    return VersionRange(versions).admits((technology_of(component) or "").partition("@")[2] or None)


def setting(component: Component, *keys: str) -> Said | None:
    """The first of the keys that the settings of a topic state, or those of its broker."""
    for owner in (component, component.broker) if isinstance(component, Topic) else (component,):
        settings = getattr(owner.spec, "settings", None) or {}
        for key in keys:
            if settings.get(key) is not None:
                return Said(settings[key], owner, f'settings["{key}"]')
    return None


def default(component: Component, key: str, analyses: Analyses) -> Known[Any] | Unknown:
    """What the technology does where nothing is configured; unknown where its version or mode would decide."""
    technology = _technology(component, analyses)
    if technology is None:
        return Unknown(key)
    from archlint.knowledge.technology import Setting

    keeper = component.broker if isinstance(component, Topic) else component
    version = (technology_of(component) or "").partition("@")[2] or None
    state = technology.completed(Setting(getattr(keeper.spec, "mode", None), version))
    known = [entry for entry in technology.defaults if entry.key == key]
    for entry in known:
        if entry.condition.holds(state):
            return Known(entry.value, "default", (key,))
    missing = {name for entry in known for name in entry.condition.undecided(state)}
    fields = {"version": "technology", "mode": "mode", "tier": "settings.tier"}
    return Unknown(*(fields[name] for name in missing)) if missing else Unknown(key)


def copies(topic: Topic) -> Said | None:
    """Copies of each partition, the first included."""
    if topic.spec.replication_factor is not None:
        return Said(int(topic.spec.replication_factor), topic, "replication_factor")
    return _counted(setting(topic.broker, REPLICATION_KEY))


def least_in_sync(topic: Topic, analyses: Analyses) -> Said | None:
    """Copies that must be in step for a write to be accepted."""
    if topic.spec.min_insync_replicas is not None:
        return Said(int(topic.spec.min_insync_replicas), topic, "min_insync_replicas")
    said = _counted(setting(topic, IN_SYNC_KEY))
    if said is not None:
        return said
    found = default(topic, IN_SYNC_KEY, analyses)
    return Said(int(found.value), topic, "min_insync_replicas", by_default=True) if isinstance(found, Known) else None


def acks(publish: Publish, analyses: Analyses) -> Said | None:
    """Whose acknowledgement the producer waits for: `none`, `leader` or `all`."""
    if publish.spec.acks is not None:
        return Said(publish.spec.acks, publish, "acks")
    said = setting(publish.publisher, "acks")
    if said is not None and str(said.value) in _ACKS:
        return said._replace(value=_ACKS[str(said.value)])
    found = default(publish.topic, "acks", analyses) if publish.topic is not None else None
    return Said(found.value, publish, "acks", by_default=True) if isinstance(found, Known) else None


def unclean(component: Broker | Topic) -> Said | None:
    """Whether a copy that is not in step may become the leader, as the component's own settings say."""
    settings = component.spec.settings or {}
    value = str(settings.get(UNCLEAN_KEY, "")).lower()
    if value not in _TRUE | _FALSE:
        return None
    return Said(value in _TRUE, component, f'settings["{UNCLEAN_KEY}"]')


def bears_loss(publish: Publish) -> bool:
    """Whether the publisher states that a lost message does no harm, or is found again."""
    reconciled = stated(publish.spec, "reconciliation") not in (None, NONE)
    return publish.spec.acks == NONE or publish.spec.on_failure == "drop" or reconciled


def can_wait(publish: Publish) -> bool:
    """Whether the request that publishes does not fail while the broker takes nothing."""
    return publish.spec.via in ("outbox", "cdc") or publish.spec.on_failure in ("buffer", "drop")


def _counted(said: Said | None) -> Said | None:
    try:
        return said and said._replace(value=int(said.value))
    except (TypeError, ValueError):
        return None


def _technology(component: Component, analyses: Analyses) -> Technology | None:
    named = technology_of(component)
    return None if named is None else analyses.knowledge.technology(named)
