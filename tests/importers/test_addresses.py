"""Which hosts a text of configuration names."""

from __future__ import annotations

import pytest

from archlint.importers.addresses import Address, addresses, configured, named_hosts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("http://cart:7070/api?x=1", [Address("cart", "http", 7070)]),
        ("postgres://me:secret@db.shop.svc:5432/x", [Address("db.shop.svc", "postgres", 5432)]),
        ("jdbc:postgresql://db/x", [Address("db", "postgresql", None)]),
        ("mongodb://u:p@a:27017,b:27017/x", [Address("a", "mongodb", 27017), Address("b", "mongodb", 27017)]),
        ("kafka-1:9092,kafka-2:9092", [Address("kafka-1", None, 9092), Address("kafka-2", None, 9092)]),
        ("host=db user=me password=x", [Address("db")]),
        ("Server=tcp:sql,1433;Database=x;Password=y", [Address("sql", None, 1433)]),
        ("me:1234@tcp(db:3306)/x", [Address("db", None, 3306)]),
        ("me:1234@db:5432/x", [Address("db", None, 5432)]),
        ("a.b-" * 50_000, []),
        ("http://localhost:80 127.0.0.1:80 0.0.0.0:9", []),
        ("10.0.0.1:80", []),
        ("12:30", []),
        ("a:b:c", []),
        ("dns:///cart:7070", [Address("cart", "dns", 7070)]),
        ("server.1=zoo1:2888:3888;2181", [Address("zoo1", None, 2888)]),
        ("http://[::1]:80/", []),
        ("http://h:99999/", []),
        ("--url=http://cart:1 --to cart:1", [Address("cart", "http", 1), Address("cart", None, 1)]),
    ],
)
def test_addresses(text: str, found: list[Address]) -> None:
    assert list(addresses(text)) == found


def test_a_bare_host_is_one_only_where_hosts_are_due() -> None:
    assert list(named_hosts("redis-cart")) == [Address("redis-cart")]
    assert list(named_hosts("a, b")) == [Address("a"), Address("b")]
    assert list(named_hosts("some words.")) != [Address("some words.")]
    assert Address("true") in named_hosts("true")  # whether that is a host, the components decide


def test_credentials_are_not_kept() -> None:
    assert "secret" not in repr(list(named_hosts("redis://:secret@cache:6379 amqp://u:secret@mq")))


@pytest.mark.parametrize(
    ("name", "value", "hosts"),
    [
        ("DB_HOST", "db", ["db"]),
        ("spring.redis.host", "cache", ["cache"]),
        ("mongoHost", "documents", ["documents"]),
        ("--seeds", "scylla,scylla2", ["scylla", "scylla2"]),
        ("KAFKA_ADVERTISED_HOST_NAME", "kafka", []),
        ("CORS_ORIGIN", "http://web:3000", []),
        ("NO_PROXY", "db,cache", []),
        ("DB_TYPE", "postgres", []),
        ("SERVER_ROLE", "web", []),
        ("REDIS_IMAGE", "redis:7", []),
        ("GREETING", "hello", []),
        ("ANYTHING", "see http://web:80/x", ["web"]),
        ("", "db", []),
    ],
)
def test_the_name_of_a_variable_says_whether_its_words_are_hosts(name: str, value: str, hosts: list[str]) -> None:
    assert [address.host for address in configured(name, value)] == hosts
