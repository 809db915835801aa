"""AsyncAPI and OpenAPI: what the golden drafts do not say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archlint.importers.importing import Asked, Imported, import_sources
from archlint.manifest.loading import load


def drafted(source: str, document: dict[str, Any], folder: Path, further: dict[str, Any] | None = None) -> Imported:
    """The draft of a document; `further` are files beside it."""
    for name, content in {"document.json": document, **(further or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    return import_sources([Asked(source, (str(folder / "document.json"),))])


def messages(imported: Imported) -> list[str]:
    return [f"{remark.level}: {remark.message}" for remark in imported.remarks]


def third(channels: Any = None, operations: Any = None, **rest: Any) -> dict[str, Any]:
    info = {"title": "App", "version": "1"}
    return {"asyncapi": "3.0.0", "info": info, "channels": channels or {}, "operations": operations or {}} | rest


KAFKA = {"bus": {"host": "kafka.example.net:9092", "protocol": "kafka"}}
CHANNEL = {"c": {"address": "orders"}}


def receive(channel: str = "c", **rest: Any) -> dict[str, Any]:
    return {"op": {"action": "receive", "channel": {"$ref": f"#/channels/{channel}"}} | rest}


def test_several_documents_of_one_system_have_the_counts_of_a_list_made_by_hand() -> None:
    shop = Path(__file__).parents[2] / "fixtures" / "imports" / "asyncapi" / "shop"
    data = import_sources([Asked("asyncapi", (str(shop),))]).finished.data
    assert sorted(data["services"]) == ["billing", "orders", "shopfront"]
    assert {name: sorted(broker["topics"]) for name, broker in data["brokers"].items()} == {
        "rabbit.shop.example.net": ["orders-where-placed"]
    }
    assert [len(service.get("publishes", [])) for _, service in sorted(data["services"].items())] == [0, 1, 0]
    assert [len(service.get("consumes", [])) for _, service in sorted(data["services"].items())] == [1, 0, 0]


def test_a_subscription_of_version_2_is_what_the_application_sends(tmp_path: Path) -> None:
    channels: dict[str, Any] = {"a": {"subscribe": {}}, "b": {"publish": {}}}
    document = {"asyncapi": "2.0.0", "info": {"title": "App"}, "channels": channels}
    app = drafted("asyncapi", document | {"servers": {"kafka": {"url": "k:9092", "protocol": "kafka"}}}, tmp_path)
    assert app.finished.data["services"]["app"] == {
        "publishes": [{"to": "kafka/a"}],
        "consumes": [{"from": "kafka/b"}],
    }


def test_an_answer_goes_to_the_channel_that_the_reply_names(tmp_path: Path) -> None:
    channels = CHANNEL | {"answers": {"address": "answers"}}
    document = third(channels, receive(reply={"channel": {"$ref": "#/channels/answers"}}), servers=KAFKA)
    service = drafted("asyncapi", document, tmp_path).finished.data["services"]["app"]
    assert service["publishes"] == [{"to": "bus/answers"}]
    assert service["consumes"] == [{"from": "bus/orders"}]


def test_a_broker_that_another_source_knows_is_the_same(tmp_path: Path) -> None:
    compose = tmp_path / "compose.yaml"
    compose.write_text("services:\n  kafka: {image: apache/kafka}\n  app: {image: app}\n")
    servers = {"production": {"host": "kafka:9092", "protocol": "kafka"}}
    (tmp_path / "app.json").write_text(json.dumps(third(CHANNEL, receive(), servers=servers)))
    asked = [Asked("compose", (str(compose),)), Asked("asyncapi", (str(tmp_path / "app.json"),))]
    data = import_sources(asked).finished.data
    assert list(data["brokers"]) == ["kafka"]
    assert data["services"]["app"]["consumes"] == [{"from": "kafka/orders"}]


def test_without_a_server_there_is_a_broker_all_the_same_but_not_for_paths_and_sockets(tmp_path: Path) -> None:
    assert list(drafted("asyncapi", third(CHANNEL, receive()), tmp_path).finished.data["brokers"]) == ["broker"]
    path = third({"c": {"address": "/orders"}}, receive())
    assert "brokers" not in drafted("asyncapi", path, tmp_path).finished.data
    socket = third({"c": {"address": "orders", "bindings": {"ws": {}}}}, receive())
    assert "brokers" not in drafted("asyncapi", socket, tmp_path).finished.data
    kafka = third({"c": {"address": "orders"}}, receive(bindings={"kafka": {"groupId": "g"}}))
    data = drafted("asyncapi", kafka, tmp_path).finished.data
    assert data["brokers"]["kafka"]["technology"] == "kafka"
    assert data["services"]["app"]["consumes"] == [{"from": "kafka/orders", "group": "g"}]


def test_the_broker_that_is_drafted_is_the_live_one(tmp_path: Path) -> None:
    servers = {
        "staging": {"host": "stage.example.net", "protocol": "mqtt"},
        "production": {"host": "live.example.net", "protocol": "mqtt"},
    }
    imported = drafted("asyncapi", third(CHANNEL, receive(), servers=servers), tmp_path)
    assert list(imported.finished.data["brokers"]) == ["live.example.net"]
    assert messages(imported) == ["note: servers of other environments are left out: staging"]


def test_a_message_arrives_as_the_weakest_quality_of_service_on_its_way_says(tmp_path: Path) -> None:
    ends = {"send": 2, "receive": 0}
    operations = {
        action: {"action": action, "channel": {"$ref": "#/channels/c"}, "bindings": {"mqtt": {"qos": qos}}}
        for action, qos in ends.items()
    }
    servers = {"hub": {"host": "hub.example.net", "protocol": "mqtt"}}
    data = drafted("asyncapi", third(CHANNEL, operations, servers=servers), tmp_path).finished.data
    assert data["brokers"]["hub"]["topics"] == {"orders": {"delivery": "at-most-once"}}


def test_addresses_that_come_to_one_name_stay_apart(tmp_path: Path) -> None:
    channels = {"a": {"address": "x/y"}, "b": {"address": "x-y"}, "c": {"address": "x/{n}"}, "d": {"address": "x/{m}"}}
    topics = drafted("asyncapi", third(channels, servers=KAFKA), tmp_path).finished.data["brokers"]["bus"]["topics"]
    assert list(topics) == ["x-y", "x-y-2", "x-n"]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("#/channels/none", "error: `#/channels/none` leads to nothing"),
        ("#/channels/c", "error: `#/channels/c` refers to itself"),
        ("../above.json#/x", "outside"),
        ("absent.json#/x", "error: `absent.json` is not read: cannot be read: No such file or directory"),
        ("https://example.net/x.json", "note: `https://example.net/x.json` is not fetched; what it says is left out"),
    ],
)
def test_a_reference_that_leads_nowhere_is_named(reference: str, message: str, tmp_path: Path) -> None:
    document = third({"c": {"$ref": reference}}, receive(), servers=KAFKA)
    imported = drafted("asyncapi", document, tmp_path)
    if message == "outside":
        folder = "lies outside the folder; give the folder that holds both"
        message = f"error: `../above.json` is not read: `../above.json` {folder}"
    assert messages(imported) == [message]
    assert imported.finished.data["services"] == {"app": {"api": {"version": "1"}}}


def test_circles_over_files_and_long_chains_end(tmp_path: Path) -> None:
    circle = third({"c": {"$ref": "other.json#/c"}}, receive(), servers=KAFKA)
    imported = drafted("asyncapi", circle, tmp_path, {"other.json": {"c": {"$ref": "document.json#/channels/c"}}})
    assert [message.split(": ")[0] for message in messages(imported)] == ["error"]
    chain = {f"c{at}": {"$ref": f"#/channels/c{at + 1}"} for at in range(500)}
    imported = drafted("asyncapi", third(chain, servers=KAFKA), tmp_path)
    assert "reached by more than 50 references" in messages(imported)[0]


def test_an_old_version_is_named(tmp_path: Path) -> None:
    document = {"asyncapi": "1.2.0", "info": {"title": "A"}, "topics": {}}
    assert messages(drafted("asyncapi", document, tmp_path)) == [
        "error: version 1.2.0 of AsyncAPI is not understood: 2 or 3 is"
    ]


@pytest.mark.parametrize("junk", [3, "x", [], [1], {}, None, [[]], {"a": [None]}, {"$ref": "#/a"}, {"$ref": 3}])
def test_any_shape_is_read_without_a_fault(junk: Any, tmp_path: Path) -> None:
    operation = {"action": "receive", "channel": {"$ref": "#/channels/c"}}
    documents = [
        ("asyncapi", third({"c": junk}, {"op": junk}, servers=junk)),
        (
            "asyncapi",
            third({"c": {"address": junk, "servers": junk, "messages": junk}}, {"op": operation | {"reply": junk}}),
        ),
        (
            "asyncapi",
            third({"c": {"bindings": junk}}, {"op": operation | {"bindings": junk, "traits": junk}}, servers=KAFKA),
        ),
        ("asyncapi", third({"c": {"bindings": {"kafka": junk}}}, servers={"s": {"host": junk, "protocol": "kafka"}})),
        (
            "asyncapi",
            third(
                {"c": {"bindings": {"kafka": {"partitions": junk, "topicConfiguration": junk, "topic": junk}}}},
                {"op": operation | {"messages": junk, "bindings": {"kafka": {"groupId": junk}}}},
                servers=KAFKA,
            ),
        ),
        ("asyncapi", {"asyncapi": "2.0.0", "info": junk, "channels": {"c": {"publish": {"message": junk}}}}),
        ("openapi", {"openapi": "3.0.0", "info": junk, "paths": {"/": junk}, "servers": junk}),
        ("openapi", {"openapi": "3.1.0", "info": {"title": junk, "version": junk}, "paths": {"/": {"get": junk}}}),
    ]
    for source, document in documents:
        imported = drafted(source, document, tmp_path)
        assert load(imported.text().encode(), "draft").problems == ()


def test_a_service_that_another_source_knows_gets_the_interface(tmp_path: Path) -> None:
    compose = tmp_path / "compose.yaml"
    compose.write_text("services:\n  prices: {image: prices}\n  stock-service: {image: stock}\n")
    for name, title, url in (("a", "Price List", "http://prices:8080"), ("b", "Stock API", "/v2")):
        document = {
            "openapi": "3.0.3",
            "info": {"title": title, "version": "2"},
            "paths": {},
            "servers": [{"url": url}],
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    asked = [Asked("compose", (str(compose),))] + [Asked("openapi", (str(tmp_path / f"{one}.json"),)) for one in "ab"]
    services = import_sources(asked).finished.data["services"]
    assert {name: service["api"] for name, service in services.items()} == {
        "prices": {"version": "2"},
        "stock-service": {"version": "2"},
    }


def test_deprecated_operations_and_callbacks_are_remarked_on_once(tmp_path: Path) -> None:
    paths = {f"/{at}": {"get": {"deprecated": True, "callbacks": {"c": {}}}} for at in range(7)}
    document = {"openapi": "3.0.3", "info": {"title": "A", "version": "1"}, "paths": paths}
    assert messages(drafted("openapi", document, tmp_path)) == [
        "note: a has deprecated operations, GET /0, GET /1, GET /2, GET /3, GET /4 and 2 more: until when they stay, "
        "the document does not say (api.deprecation_window)",
        "note: a calls addresses that its callers give (callbacks or webhooks); they are left out",
    ]


def test_names_lose_accents_and_documents_without_a_title_take_their_id(tmp_path: Path) -> None:
    titled = {"openapi": "3.0.3", "info": {"title": "Crème Brûlée API", "version": "1"}, "paths": {}}
    assert list(drafted("openapi", titled, tmp_path).finished.data["services"]) == ["creme-brulee-api"]
    by_id = {"asyncapi": "2.6.0", "id": "urn:net:example:orders", "info": {"title": " "}, "channels": {}}
    assert list(drafted("asyncapi", by_id, tmp_path).finished.data["services"]) == ["orders"]
