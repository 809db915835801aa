"""What environment and arguments say of a technology's own configuration: only keys that are known, never secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType

from archlint.knowledge.catalogue import Catalogue

_PREFIXES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "kafka": ("KAFKA_CFG_", "KAFKA_"),
        "zookeeper": ("ZOOKEEPER_", "ZOO_CFG_", "ZOO_"),
        "etcd": ("ETCD_",),
        "elasticsearch": ("",),
        "opensearch": ("",),
        "cassandra": ("CASSANDRA_CFG_",),
        "mysql": ("MYSQL_",),
        "mariadb": ("MARIADB_",),
        "redis": ("REDIS_",),
        "rabbitmq": ("RABBITMQ_",),
    }
)
"""What stands before a configuration key in the variables that the images of a technology read."""

_FURTHER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "kafka": (
            "offsets.topic.replication.factor", "transaction.state.log.replication.factor",
            "transaction.state.log.min.isr", "auto.create.topics.enable", "log.retention.bytes", "log.retention.ms",
            "log.segment.bytes", "num.io.threads", "num.network.threads", "auto.leader.rebalance.enable",
            "group.initial.rebalance.delay.ms", "log.flush.interval.messages",
        ),
        "postgresql": (
            "shared_buffers", "work_mem", "wal_level", "synchronous_standby_names", "archive_mode", "max_wal_size",
            "fsync", "full_page_writes", "hot_standby", "lock_timeout", "wal_keep_size",
        ),
        "mysql": ("sync_binlog", "binlog_format", "innodb_buffer_pool_size", "gtid_mode", "read_only"),
        "mariadb": ("sync_binlog", "binlog_format", "innodb_buffer_pool_size", "read_only", "max_connections"),
        "redis": ("maxmemory", "save", "cluster-enabled", "min-replicas-max-lag"),
        "valkey": ("maxmemory", "save", "cluster-enabled", "min-replicas-max-lag", "appendonly", "appendfsync"),
        "elasticsearch": ("discovery.type", "bootstrap.memory_lock"),
        "opensearch": ("discovery.type", "bootstrap.memory_lock"),
        "rabbitmq": ("cluster_partition_handling",),
        "etcd": ("auto-compaction-mode",),
        "mongodb": ("replSet", "wiredTigerCacheSizeGB", "oplogSize"),
        "memcached": ("-m", "-c", "-I", "-t"),
    }
)  # fmt: skip
"""Keys worth stating beside those of the catalogue's limits and defaults."""

_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.,:-]{0,60}|-1")
_NUMBER = re.compile(r"-?\d{1,15}")
_BETWEEN = re.compile(r"[._-]+")


@cache
def known_keys(slug: str) -> Mapping[str, str]:
    """The configuration keys of a technology, by a spelling that case and separators do not matter to."""
    return MappingProxyType({_spelling(key): key for key in _keys(slug)})


def _keys(slug: str) -> tuple[str, ...]:
    technology = Catalogue().technology(slug)
    found = dict.fromkeys(_FURTHER.get(slug, ()))
    if technology is not None:
        for limit in technology.limits:
            found.update(dict.fromkeys(key for key in (limit.key, *limit.also) if key))
        found.update(dict.fromkeys(default.key for default in technology.defaults))
    return tuple(found)


def _spelling(key: str) -> str:
    return key if len(key) <= 2 else _BETWEEN.sub(".", key.lower()).strip(".")


def from_environment(slug: str, key: str, value: str) -> tuple[str, str | int] | None:
    """The setting that a variable states, where it is one of those that are known."""
    keys = known_keys(slug)
    for prefix in _PREFIXES.get(slug, ()):
        if key.upper().startswith(prefix) and _spelling(key[len(prefix) :]) in keys and _VALUE.fullmatch(value):
            return keys[_spelling(key[len(prefix) :])], _scalar(value)
    return None


def from_arguments(slug: str, words: Sequence[str]) -> Iterator[tuple[int, str, str | int]]:
    """The settings that arguments state (`--key=value`, `--key value`, `-c key=value`), by the index of the word."""
    keys = known_keys(slug)
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        bare = name if name in keys else name.lstrip("-")
        if not equals:
            if not word.startswith("-"):
                continue
            value = words[at + 1] if at + 1 < len(words) else ""
        elif not word.startswith("-") and (at == 0 or words[at - 1] not in ("-c", "--set", "-O", "-E")):
            continue
        key = keys.get(bare if bare in keys else _spelling(bare))
        if key is not None and _VALUE.fullmatch(value):
            yield at, key, _scalar(value)


def _scalar(value: str) -> str | int:
    return int(value) if _NUMBER.fullmatch(value) else value


def words_of(texts: Iterable[str]) -> list[str]:
    """The words of a command that is one text, or several."""
    import shlex

    words: list[str] = []
    for text in texts:
        try:
            words += shlex.split(text, posix=True)
        except ValueError:
            words += text.split()
    return words
