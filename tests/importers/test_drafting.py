"""From statements to a manifest: order, provenance, and what is left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.importers.draft import INSTANCES, Draft
from archlint.importers.finished import Finished, finish
from archlint.importers.names import as_name
from archlint.importers.reading.files import Origin, SourceFile
from archlint.importers.writing import body, commented, origin_comment, scalar
from archlint.manifest.loading import load
from archlint.manifest.reader import read

FILE = SourceFile("deploy.yaml", "a\nb\nc\nd\n")


def at(line: int) -> Origin:
    return Origin(FILE, 2 * (line - 1), 2 * line - 1)


def a_draft() -> Draft:
    return Draft(at(1), otherwise="shop")


def text_of(draft: Draft) -> str:
    text = commented(["Drafted."]) + body(finish(draft))
    assert load(text.encode(), "draft").problems == ()
    return text


def test_a_draft_is_a_manifest_in_the_order_of_the_language() -> None:
    draft = a_draft()
    store = draft.component("datastores", "db", at(2))
    store.state(INSTANCES, 3, at(2))
    store.state("technology", "postgresql@16", at(3))
    web = draft.component("services", "web", at(1))
    web.call("db", at(4), timeout="1s")
    web.state("deploy.drain", "30s", at(3))
    web.state(INSTANCES, 2, at(2).noted("by default"))
    assert text_of(draft) == (
        "# Drafted.\narchlint: 1\n\nsystem: {name: shop}\n\nservices:\n"
        "  web:  # from deploy.yaml:1\n"
        "    replicas: 2  # from deploy.yaml:2, by default\n"
        "    deploy: {drain: 30s}  # from deploy.yaml:3\n"
        "    calls:\n"
        "      - {to: db, timeout: 1s}  # from deploy.yaml:4\n"
        "\ndatastores:\n"
        "  db:  # from deploy.yaml:2\n"
        "    technology: postgresql@16  # from deploy.yaml:3\n"
        "    nodes: 3  # from deploy.yaml:2\n"
    )


def test_a_default_gives_way_to_what_is_stated_before_or_after() -> None:
    draft = a_draft()
    web = draft.component("services", "web", at(1))
    web.state("replicas", 1, at(1), default=True)
    web.state("replicas", 3, at(2))
    web.state("replicas", 1, at(3), default=True)
    assert "replicas: 3  # from deploy.yaml:2" in text_of(draft)
    assert draft.remarks == []


def test_the_first_statement_stands_and_another_is_remarked_on() -> None:
    draft = a_draft()
    web = draft.component("services", "web", at(1))
    web.state("replicas", 2, at(1))
    web.state("replicas", 2, at(2))
    assert draft.remarks == []
    web.state("replicas", 3, at(3))
    assert web.stated("replicas") == 2
    assert str(draft.remarks[0]) == (
        "deploy.yaml:3: note: services.web.replicas is `2` by deploy.yaml:1, `3` here; the first is kept"
    )


def test_none_and_more_of_it_do_not_clash() -> None:
    draft = a_draft()
    web = draft.component("services", "web", at(1))
    web.state("scheduling.disruption_budget", "none", at(1))
    web.state("scheduling.disruption_budget", {"min_available": 1}, at(2))
    assert web.stated("scheduling.disruption_budget") == "none"
    assert "is `none`" in draft.remarks[0].message


def test_sources_that_disagree_on_what_a_thing_is_the_more_telling_wins() -> None:
    draft = a_draft()
    draft.component("services", "db", at(1)).state(INSTANCES, 1, at(1))
    draft.component("datastores", "db", at(2)).state("technology", "mysql", at(2))
    draft.component("services", "db", at(3))
    data = finish(draft).data
    assert data["datastores"] == {"db": {"technology": "mysql", "nodes": 1}}
    assert "services" not in data


def test_what_leads_nowhere_is_left_out_and_told() -> None:
    draft = a_draft()
    web = draft.component("services", "web", at(1))
    web.call("gone", at(2))
    web.item("publishes", "events/orders", at(3))
    assert finish(draft).data["services"] == {"web": {}}
    assert [remark.message for remark in draft.remarks] == [
        "web needs `gone`, which no source describes; left out",
        "web needs `events/orders`, which no source describes; left out",
    ]


def test_calls_of_what_cannot_call_and_to_brokers_are_dependencies() -> None:
    draft = a_draft()
    draft.component("brokers", "mq", at(1))
    draft.component("caches", "cache", at(1)).call("web", at(2))
    draft.component("services", "web", at(1)).call("mq", at(3))
    data = finish(draft).data
    assert data["services"]["web"] == {"depends_on": [{"on": "mq"}]}
    assert data["caches"]["cache"] == {"depends_on": [{"on": "web"}]}


def test_topics_settings_teams() -> None:
    draft = a_draft()
    broker = draft.component("brokers", "mq", at(1))
    broker.topic("orders.v1", at(2)).state("partitions", 6, at(2))
    broker.entry("settings", "min.insync.replicas", 2, at(3))
    broker.state("owner", "team.a", at(4))
    draft.team("other", at(1))
    data = finish(draft).data
    assert data["brokers"]["mq"]["topics"] == {"orders.v1": {"partitions": 6}}
    assert data["brokers"]["mq"]["settings"] == {"min.insync.replicas": 2}
    assert set(data["teams"]) == {"other", "team.a"}
    text_of(draft)


def test_the_origin_of_what_is_not_stated_is_that_of_what_holds_it() -> None:
    draft = a_draft()
    draft.component("services", "web", at(2)).call("web2", at(3))
    draft.component("services", "web2", at(4))
    finished = finish(draft)
    assert str(finished.origin(("services", "web", "calls", 0, "timeout"))) == "deploy.yaml:3"
    assert str(finished.origin(("services", "web", "latency", "p99"))) == "deploy.yaml:2"
    assert finished.origin(("flows",)) is None


@given(st.text() | st.integers(-(10**12), 10**12) | st.booleans() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_scalar_is_read_back_as_it_was(value: Any) -> None:
    text = f"x-a: [{scalar(value)}, {scalar('k')}]\na: 1\n"
    document = read(text.encode("utf-8", "surrogatepass"), "a")
    if isinstance(value, str) and not all(map(_is_yaml, value)):
        return
    assert document.extensions[("x-a",)] == [value, "k"]


def _is_yaml(character: str) -> bool:
    return character.isprintable() or character in "\n\t"


@pytest.mark.parametrize(
    "word", ["null", "~", "true", "0x10", "1e3", ".5", "12:30", "- a", "a: b", "a #b", "@x", "&a", "*"]
)
def test_words_that_yaml_reads_as_something_else_are_quoted(word: str) -> None:
    assert read(f"a: {scalar(word)}\n".encode(), "a").data == {"a": word}


def test_an_empty_draft_is_valid() -> None:
    assert finish(a_draft()) == Finished({"archlint": 1, "system": {"name": "shop"}})
    text_of(a_draft())


def test_names_are_short_enough_for_a_key() -> None:
    assert as_name("a" * 249 + "--" + "b" * 3000) == "a" * 249
    assert as_name("\U0001f600") == ""


@pytest.mark.parametrize("text", ["\x1b[31m", "\x85", "\x7f", "\u2028", "\ufeff", "a\nb", "\ud800"])
def test_no_character_of_a_source_breaks_a_draft(text: str) -> None:
    assert scalar(text).isprintable()
    assert scalar(text).startswith('"')
    assert origin_comment(at(1).noted(text)).isprintable()
