"""What a service of a Compose file is: a service, a store, a broker, a job, or clients that stand in for users."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType

from archlint.importers.compose.interpolation import UNKNOWN
from archlint.importers.compose.service import Service
from archlint.importers.draft import Section
from archlint.importers.reading.files import Origin
from archlint.importers.technologies import Recognised, is_load_generator, of_image, of_slug
from archlint.records import dataclass

HOLDS_DATA = ("datastores", "caches", "brokers")

_SERVERS: Mapping[str, str] = MappingProxyType(
    {
        "postgres": "postgresql", "mysqld": "mysql", "mariadbd": "mariadb", "mongod": "mongodb",
        "redis-server": "redis", "valkey-server": "valkey", "etcd": "etcd", "nats-server": "nats",
        "rabbitmq-server": "rabbitmq",
        "memcached": "memcached", "cockroach": "cockroachdb",
    }
)  # fmt: skip
_PROBES: Mapping[str, str] = MappingProxyType(
    {
        "pg_isready": "postgresql", "redis-cli": "redis", "valkey-cli": "valkey", "mysqladmin": "mysql",
        "mongosh": "mongodb", "mongo": "mongodb", "rabbitmq-diagnostics": "rabbitmq", "rabbitmqctl": "rabbitmq",
        "cqlsh": "cassandra", "nodetool": "cassandra", "etcdctl": "etcd", "mariadb-admin": "mariadb",
        "clickhouse-client": "clickhouse", "cypher-shell": "neo4j",
    }
)  # fmt: skip
_CLIENTS = frozenset(
    {
        "psql", "pg_dump", "pg_dumpall", "pg_restore", "redis-cli", "valkey-cli", "mysql", "mysqldump", "mongo",
        "mongosh", "mongodump", "cqlsh", "etcdctl", "rabbitmqadmin", "kafka-topics", "kafka-topics.sh", "kafka-configs",
        "cub", "rpk", "curl", "wget", "mc", "nats",
    }
)  # fmt: skip
_BROKER_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "KAFKA_PROCESS_ROLES": "kafka", "KAFKA_ADVERTISED_LISTENERS": "kafka", "KAFKA_CFG_PROCESS_ROLES": "kafka",
        "KAFKA_CFG_ADVERTISED_LISTENERS": "kafka", "KAFKA_CONTROLLER_QUORUM_VOTERS": "kafka",
        "ZOOKEEPER_CLIENT_PORT": "zookeeper", "ZOO_MY_ID": "zookeeper", "ETCD_ADVERTISE_CLIENT_URLS": "etcd",
        "OPENSEARCH_JAVA_OPTS": "opensearch", "ES_JAVA_OPTS": "elasticsearch",
    }
)  # fmt: skip
"""Variables that only a server of the technology reads."""
_STORE_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "MYSQL_ROOT_PASSWORD": "mysql", "MYSQL_ROOT_PASSWORD_FILE": "mysql", "MARIADB_ROOT_PASSWORD": "mariadb",
        "MARIADB_ROOT_PASSWORD_FILE": "mariadb", "MONGO_INITDB_ROOT_USERNAME": "mongodb",
        "MONGO_INITDB_DATABASE": "mongodb", "POSTGRES_HOST_AUTH_METHOD": "postgresql",
        "POSTGRES_INITDB_ARGS": "postgresql", "POSTGRES_PASSWORD": "postgresql", "POSTGRES_DB": "postgresql",
    }
)  # fmt: skip
"""Variables that servers read, and that their clients are given too: they decide where the name is a store's."""
_STORE_NAME = re.compile(r"(^|[-_.])(db|database|sql|mysql|postgres|postgresql|pg|mongo|mongodb|mariadb)[-_.]?\d*$")
_NOT_A_STORE = frozenset(
    {
        "migrate", "migration", "migrations", "init", "seed", "setup", "backup", "wait", "admin", "ui", "exporter",
        "proxy", "client", "test", "tests", "api",
    }
)  # fmt: skip
_VARIABLE_IMAGE = re.compile(r"\$\{?(\w+?)_(?:IMAGE|IMG)(?:_\w+)?\b")
_BESIDE = frozenset(
    {
        "exporter", "proxy", "ui", "manager", "operator", "commander", "insight", "express", "admin", "dashboard",
        "console", "web",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """The section of the manifest that a service belongs to, its technology where it is recognised, and by what."""

    section: Section
    technology: Recognised | None
    origin: Origin


def kind_of(service: Service, ends: bool) -> Kind:
    """`ends`: whether another service waits for it to have completed."""
    if ends or service.runs_once or _is_a_client_tool(service):
        return Kind("jobs", None, service.origin)
    if is_load_generator(service.key, service.image_text):
        return Kind("clients", None, service.origin)
    if service.spec["provider"]:
        return Kind("externals", None, service.origin)
    found = _technology(service)
    if found is not None:
        return Kind(found[0].section, *found)
    if _is_named_as_a_store(service):
        return Kind("datastores", None, service.origin.noted("a store by its name"))
    return Kind("services", None, service.origin)


def _is_a_client_tool(service: Service) -> bool:
    """A client of a store that is run from the store's own image."""
    image = service.image
    if image is None or of_image(image.value) is None or service.is_kept_running:
        return False
    script = [word.rpartition("/")[2].rstrip(";") for word in service.script]
    return not any(word in _SERVERS or word == "server" for word in script) and any(word in _CLIENTS for word in script)


def _technology(service: Service) -> tuple[Recognised, Origin] | None:
    image = service.spec["image"].origin or service.origin
    text = service.image_text
    known = of_image(text)
    if known is not None:
        return (known, image) if "redis-sentinel" not in service.words[:1] else None
    raw = service.spec["image"].last
    variable = _VARIABLE_IMAGE.match(str(raw.value)) if raw is not None else None
    if variable is not None and text.startswith(UNKNOWN):
        known = of_slug(variable[1].lower().replace("_", "-"))
        if known is not None:
            return known, image.noted("by the name of the variable")
    return _by_conduct(service)


def _by_conduct(service: Service) -> tuple[Recognised, Origin] | None:
    """By what only a server of a technology is told, runs, or is asked; last by its name."""
    own = {key: variable for key, variable in service.environment.items() if variable.own}
    for key, slug in _BROKER_KEYS.items():
        if key in own:
            return _recognised(slug, own[key].origin)
    if service.words and (program := service.words[0].rpartition("/")[2]) in _SERVERS:
        return _recognised(_SERVERS[program], service.arguments[0][0].origin)
    probed = _probed(service)
    if probed is not None:
        return probed
    if _is_named_as_a_store(service) or _STORE_NAME.search(service.program[1]):
        for key, slug in _STORE_KEYS.items():
            if key in own:
                return _recognised(slug, own[key].origin)
    return _by_name(service)


def _probed(service: Service) -> tuple[Recognised, Origin] | None:
    """By a health check that asks the server beside it: without a host, or on its own."""
    words = [word.rpartition("/")[2] for word in service.test]
    program = next((word for word in words if word in _PROBES), None)
    if program is None:
        return None
    for flag, host in pairwise(words):
        if flag in ("-h", "--host", "-host") and host not in ("localhost", "127.0.0.1", service.key):
            return None
    return _recognised(_PROBES[program], service.spec.at("healthcheck", "test").origin or service.origin)


def _by_name(service: Service) -> tuple[Recognised, Origin] | None:
    """A service that is built here, or whose image is not known, under the name of a store's or broker's technology."""
    known = of_slug(re.sub(r"[-_.]?\d+$", "", service.key.lower()))
    if known is None or known.section not in HOLDS_DATA:
        return None
    image = service.program[1]
    if image and UNKNOWN not in service.image_text:
        words = set(re.split(r"[-_.]", image))
        if not image.startswith(service.tokens[0][:5]) or words & _BESIDE:
            return None
    return _recognised(known.slug, service.origin.noted("by its name"))


def _recognised(slug: str, origin: Origin) -> tuple[Recognised, Origin] | None:
    known = of_slug(slug)
    return None if known is None else (known, origin)


def _is_named_as_a_store(service: Service) -> bool:
    return bool(_STORE_NAME.search(service.key.lower())) and _NOT_A_STORE.isdisjoint(service.tokens)
