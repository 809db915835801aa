"""A draft put into a manifest that a person wrote: only new text, each old byte where it was."""

from __future__ import annotations

import difflib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archlint.importers.draft import INSTANCES, Draft
from archlint.importers.finished import Finished, finish
from archlint.importers.merging import MergeError, difference, merge
from archlint.importers.reading.files import Origin, SourceFile
from archlint.manifest.loading import load
from archlint.manifest.reader import read

FILE = SourceFile("k8s.yaml", "x\n" * 50)


def at(line: int) -> Origin:
    return Origin(FILE, 2 * (line - 1), 2 * line - 1)


def a_draft() -> Finished:
    draft = Draft(at(1))
    web = draft.component("services", "web", at(1))
    web.state(INSTANCES, 2, at(2))
    web.state("deploy.drain", "30s", at(3))
    web.state("health_check", "none", at(4))
    web.call("db", at(5), timeout="1s")
    web.call("mail", at(6))
    draft.component("services", "mail", at(7)).state(INSTANCES, 1, at(8))
    draft.component("datastores", "db", at(9)).state("technology", "mysql", at(9))
    return finish(draft)


def merged(text: str, names: dict[str, str] | None = None) -> str:
    document = read(text.encode(), "archlint.yaml")
    result = merge(document, a_draft(), names or {}).text
    kept = [line for line in difflib.ndiff(text.splitlines(), result.splitlines()) if line.startswith("- ")]
    # A line in braces may grow; nothing of it may go.
    grown = [line[2:] for line in kept]
    for line in grown:
        assert any(_is_within(line, other) for other in result.splitlines()), line
    return result


def _is_within(line: str, other: str) -> bool:
    rest = iter(other)
    return all(character in rest for character in line)


def test_fields_components_and_sections_are_added_and_nothing_changes() -> None:
    text = (
        "# ours\narchlint: 1\nsystem: {name: shop}   # keep\n\nservices:\n"
        "  web:                # the front\n    replicas: 5   # more than deployed\n    calls:\n"
        "      - to: db   # main\n        timeout: 2s\n\n# the end\n"
    )
    assert merged(text) == (
        "# ours\narchlint: 1\nsystem: {name: shop}   # keep\n\nservices:\n"
        "  web:                # the front\n    replicas: 5   # more than deployed\n    calls:\n"
        "      - to: db   # main\n        timeout: 2s\n"
        "      - {to: mail}  # from k8s.yaml:6\n"
        "    health_check: none  # from k8s.yaml:4\n"
        "    deploy: {drain: 30s}  # from k8s.yaml:3\n"
        "  mail:  # from k8s.yaml:7\n    replicas: 1  # from k8s.yaml:8\n"
        "\n# the end\n"
        "\ndatastores:\n  db:  # from k8s.yaml:9\n    technology: mysql  # from k8s.yaml:9\n"
    )


def test_mappings_and_lists_in_braces_grow_within_them() -> None:
    text = (
        "archlint: 1\nsystem: {name: shop}\nservices: {web: {calls: [{to: db, timeout: 2s}]}}\ndatastores: {db: {}}\n"
    )
    result = merged(text)
    assert "calls: [{to: db, timeout: 2s}, {to: mail}]" in result
    assert "deploy: {drain: 30s}" in result
    assert "datastores: {db: {technology: mysql}}" in result
    assert load(result.encode(), "a").problems == ()


def test_other_indentation_and_line_ends_are_kept() -> None:
    text = (
        "archlint: 1\r\nsystem:\r\n    name: shop\r\nservices:\r\n    web:\r\n        calls:\r\n        - to: db\r\n"
        "          timeout: 2s"
    )
    result = merged(text)
    assert "\r\n        - {to: mail}" in result
    assert "\r\n        health_check: none" in result
    assert "\r\n    mail:" in result
    assert "\n" not in result.replace("\r\n", "")


def test_names_that_differ_in_case_or_by_map_are_one() -> None:
    text = "archlint: 1\nsystem: {name: s}\nservices:\n  Web: {replicas: 1}\n  post: {}\ndatastores: {db: {}}\n"
    result = merged(text, {"post": "mail"})
    assert "  web:" not in result
    assert "  mail:" not in result
    assert "post: {replicas: 1}" in result


def test_a_component_that_a_person_put_elsewhere_stays_there() -> None:
    text = "archlint: 1\nsystem: {name: s}\nexternals:\n  db: {}\n"
    assert "datastores" not in merged(text)


def test_what_comes_from_an_alias_is_left_alone_and_told() -> None:
    text = "archlint: 1\nsystem: {name: s}\nx-base: &base {replicas: 3}\nservices:\n  web: *base\n"
    result = merge(read(text.encode(), "a"), a_draft(), {})
    assert any(route.startswith("services.web.") for route in result.left_out)
    assert "  web: *base\n" in result.text


def test_nothing_to_add_is_no_difference() -> None:
    document = read(merged("archlint: 1\nsystem: {name: s}\n").encode(), "a")
    again = merge(document, a_draft(), {})
    assert (again.added, difference(document, again)) == (0, "")


def test_what_would_not_be_valid_is_refused() -> None:
    text = "archlint: 1\nsystem: {name: s}\nservices:\n  web: {}\nteams:\n  a: {}\n"
    draft = Draft(at(1))
    draft.component("services", "web", at(1)).state("replicas", "many", at(1))
    with pytest.raises(MergeError, match="would not be valid"):
        merge(read(text.encode(), "a"), finish(draft), {})


@given(st.data())
def test_merging_twice_is_merging_once(data: st.DataObject) -> None:
    lines = ["archlint: 1", "system: {name: s}"]
    if data.draw(st.booleans()):
        lines += ["services:", "  web:", "    description: x  # y"]
        if data.draw(st.booleans()):
            lines.append("    calls: [{to: db}]" if data.draw(st.booleans()) else "    calls:\n    - {to: db}")
    if data.draw(st.booleans()):
        lines.append("datastores: {db: {}}")
    else:
        lines += ["externals:", "  db:", "    description: theirs"]
    once = merged("\n".join(lines) + data.draw(st.sampled_from(["", "\n", "\n\n"])))
    assert merged(once) == once


HEAD = "archlint: 1\nsystem: {name: s}\n"
STYLES = {
    "empty braces": HEAD + "services: {}\n",
    "a comma before the end": HEAD + "services: {web: {tier: critical,}, mail: {},}\n",
    "braces over lines": HEAD + "services: {\n  web: {tier: critical},  # the web, }\n  mail: {}   # mail\n}\n",
    "braces over lines, a comma before the end": HEAD + "services: {\n  web: {},   # web, x }\n  }  # end\n",
    "empty braces over lines": HEAD + "datastores: {\n}\n",
    "wrapped braces": HEAD + "services:\n  web: {tier: critical,\n        replicas: 5} # c\n",
    "all in braces": "{archlint: 1, system: {name: s}, services: {web: {calls: [{to: db},]}}}",
    "brackets over lines": HEAD + "services:\n  web:\n    calls: [\n      {to: db},  # x\n    ]\n",
    "empty brackets": HEAD + "services:\n  web:\n    calls: []\n    depends_on: []\n",
    "a merge key": HEAD + "x-d: &d {tier: critical}\nservices:\n  web:\n    <<: *d\n  mail: {<<: *d}\n",
    "extensions alone": HEAD + "services:\n  web:\n    x-note: hi\n  x-all: {a: b}\n",
    "a text that ends in breaks": HEAD + "services:\n  web:\n    description: |+\n      long\n\n\n",
    "a text to the end of the file": HEAD + "services:\n  web:\n    description: |\n      long",
    "markers": "%YAML 1.2\n---\n" + HEAD + "services:\n  web: {}\n...\n# after\n",
    "explicit keys": "? archlint\n: 1\n? system\n: name: s\n? services\n: web:\n    tier: critical\n",
    "tags": HEAD + "services: !!map\n  web: !!map\n    tier: !!str critical\n",
    "tabs": HEAD + "services:\t# \t tab\n  web:\t#\tx\n    tier: critical\t\n",
    "CRLF": (HEAD + "# x\nservices:\n  web: {}\ndatastores: {}\n").replace("\n", "\r\n"),
    "CR": (HEAD + "services:\n  web:\n    tier: critical\n").replace("\n", "\r"),
    "dashes alone": HEAD + "services:\n  web:\n    calls:\n      -\n        to: db\n      - # c\n        to: mail\n",
}


@pytest.mark.parametrize("text", STYLES.values(), ids=STYLES)
def test_every_style_of_writing_is_kept(text: str) -> None:
    result = merged(text)
    assert _is_within(text, result)
    loaded = load(result.encode(), "a")
    assert loaded.problems == ()
    assert loaded.document.data is not None
    assert loaded.document.data["services"].keys() == {"web", "mail"}
    assert loaded.document.data["datastores"]["db"]["technology"] == "mysql"
    assert merged(result) == result
    assert ("\n" in result) == ("\n" in text) or "\r" not in text


def test_json_stays_json() -> None:
    text = '{"archlint": 1,\n "system": {"name": "s"},\n "services": {"web": {}\n }\n}\n'
    data = json.loads(merged(text))
    assert data["services"]["web"]["deploy"] == {"drain": "30s"}
    assert data["datastores"] == {"db": {"technology": "mysql"}}


def test_what_an_alias_uses_elsewhere_is_left_alone() -> None:
    text = HEAD + "services:\n  web: &web\n    tier: critical\n  mail: *web\n"
    result = merge(read(text.encode(), "a"), a_draft(), {})
    assert "services.web.replicas" in result.left_out
    data = read(result.text.encode(), "a").data
    assert data is not None
    assert data["services"]["web"] == {"tier": "critical"}


def test_defaults_that_a_person_wrote_are_not_overridden() -> None:
    text = HEAD + "defaults: {service: {replicas: 4, deploy: {strategy: rolling}}}\nservices:\n  web: {}\n"
    data = read(merged(text).encode(), "a").data
    assert data is not None
    assert data["services"]["web"].keys() == {"health_check", "deploy", "calls"}


@pytest.mark.parametrize(
    "web",
    ["{depends_on: [{on: db}, {on: mail}]}", "{operations: {buy: {calls: [{to: db}, {to: Mail}]}}}"],
)
def test_a_relation_is_stated_once(web: str) -> None:
    assert "calls" not in merged(HEAD + f"services:\n  web: {web}\n").replace("{calls: [{to: db}, {to: Mail}]}", "")


def test_references_have_the_names_of_the_manifest() -> None:
    result = merged(HEAD + "services: {web: {}, MAIL: {}}\ndatastores: {Data: {}}\n", {"Data": "db"})
    assert "calls: [{to: Data, timeout: 1s}, {to: MAIL}]" in result
