"""explain and catalog of what is no check: laws, technologies, limits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from archlint.engine import exit_codes
from archlint.knowledge.catalogue import Catalogue

if TYPE_CHECKING:
    from tests.cli.conftest import Run

LAWS = [law.id for law in Catalogue().laws()]
TECHNOLOGY = """
slug: acmedb
name: Acme DB
kinds: [datastore]
aliases: [acme]
limits:
  - {id: rows, value: 5, unit: records, scope: table, kind: tested, breaks: it stops, confidence: low,
     source: &s {title: Acme wiki, year: 2026}}
  - {id: size, value: 2, unit: GiB, scope: store, kind: default, breaks: nothing, confidence: low, key: size_limit,
     provenance: framework, error: too large, note: a guess, source: *s}
defaults:
  - {key: wait, of: store, value: 1.5, unit: min, field: timeout, note: often raised, source: *s}
  - {key: durable, of: store, value: true, source: *s}
  - {key: mode, of: store, value: fast, condition: {versions: ">=2"}, source: *s}
  - {key: copies, of: store, value: 3, source: *s}
"""


def explained(archlint: Run, topic: str) -> dict[str, Any]:
    result = archlint("explain", topic, "--format", "json")
    assert (result.code, result.err) == (0, "")
    document: dict[str, Any] = json.loads(result.out)
    return document


@pytest.fixture
def own_technology(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose configuration names a folder with a technology of its own."""
    (tmp_path / "technologies").mkdir()
    (tmp_path / "technologies" / "acmedb.yaml").write_text(TECHNOLOGY)
    (tmp_path / "archlint.toml").write_text('technologies = ["technologies"]\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("law_id", LAWS)
def test_each_law_is_explained_in_each_format(archlint: Run, law_id: str) -> None:
    law = Catalogue().law(law_id)
    assert law is not None
    for format, mark in (("text", "\n"), ("markdown", "\n## ")):
        text = archlint("explain", law_id, "--format", format).out
        for heading in ("Formula", "Worked example", "Detection", "Mitigation", "Costs", "Sources"):
            assert f"{mark}{heading}\n" in text
        flat = " ".join(text.split())
        for part in (law.formula, law.example, law.detect, law.costs, *law.mitigate, *law.corrections):
            assert " ".join(part.split()) in flat
        assert all(source.title in flat and str(source.year) in flat for source in law.sources)
    document = explained(archlint, law_id)
    assert (document["version"], document["kind"], document["item"]["id"]) == (1, "law", law_id)


@pytest.mark.parametrize("topic", ["little", "Little's law", "LITTLES-LAW"])
def test_a_law_is_explained_by_its_other_names(archlint: Run, topic: str) -> None:
    assert archlint("explain", topic).out.startswith("Little's law (littles-law)\n\nThe mean number of requests inside")


def test_a_law_tells_the_checks_that_stand_on_it(archlint: Run) -> None:
    text = archlint("explain", "littles-law").out
    assert "\nChecks\n" in text
    assert "  - LAW020 concurrency-below-littles-law (error): The requests in flight at peak need more" in text
    checks = explained(archlint, "littles-law")["item"]["checks"]
    assert {"id", "name", "severity", "summary"} == set(checks[0])
    assert "LAW020" in [check["id"] for check in checks]
    assert "LAW130" not in [check["id"] for check in checks]


def test_a_law_tells_where_the_framework_errs(archlint: Run) -> None:
    text = " ".join(archlint("explain", "usl").out.split())
    assert "the formula and the primary source decide" in text
    assert "the framework puts the optimum for alpha 0.03 and beta 0.0001 near 20 nodes; the formula gives 98" in text


def test_a_check_names_its_law(archlint: Run) -> None:
    assert "\nstands on  Little's law (littles-law)\n" in archlint("explain", "LAW020").out
    assert "- **stands on**: Little's law (littles-law)\n" in archlint("explain", "LAW020", "--format", "markdown").out
    assert explained(archlint, "LAW020")["item"]["laws"] == ["littles-law"]
    assert "stands on" not in archlint("explain", "MAN010").out
    assert explained(archlint, "MAN010")["item"]["laws"] == []


def test_the_catalog_of_laws_lists_fifteen_with_their_checks(archlint: Run) -> None:
    document = json.loads(archlint("catalog", "laws", "--format", "json").out)
    assert (document["version"], document["kind"]) == (1, "laws")
    assert [item["id"] for item in document["items"]] == LAWS
    assert len(LAWS) == 15
    for item in document["items"]:
        assert {"id", "name", "formula", "example", "detect", "mitigate", "sources", "checks"} <= set(item)
    laws = {item["id"]: item["checks"] for item in document["items"]}
    checks = json.loads(archlint("catalog", "checks", "--format", "json").out)["items"]
    for check in checks:
        assert check["laws"] == [law_id for law_id in LAWS if check["id"] in laws[law_id]]


def test_a_technology_tells_its_limits_and_its_defaults(archlint: Run) -> None:
    text = " ".join(archlint("explain", "Apache-Kafka").out.split())
    assert text.startswith("Apache Kafka (kafka) What is known of Apache Kafka.")
    assert "modes zookeeper in versions <4.0, kraft in versions >=2.8" in text
    assert (
        "partitions_per_cluster: at most 200,000 partitions per cluster (recommended, mode zookeeper); KIP-578" in text
    )
    assert "message_size: at most 1,048,588 bytes per topic (default of `message.max.bytes`); " in text
    assert "2020; confidence high" in text
    assert "log.retention.hours of a topic, the field `retention`: 168 h; " in text
    item = explained(archlint, "kafka")["item"]
    assert [limit["id"] for limit in item["limits"]] == [limit.name for limit in Catalogue().limits("kafka")]
    retention = next(default for default in item["defaults"] if default["key"] == "log.retention.hours")
    assert (retention["value"], retention["unit"], retention["field"]) == (168, "h", "retention")


def test_a_limit_tells_the_figure_of_the_source_and_that_of_the_framework(archlint: Run) -> None:
    text = " ".join(archlint("explain", "kafka/partitions_per_cluster").out.split())
    for part in (
        "At most 200,000 partitions (recommended, mode zookeeper) ",
        "At most 2,000,000 partitions (tested, mode kraft) ",
        "At most 200,000 partitions (recommended, the framework's figure) ",
        "- confidence: medium ",
        "- provenance: the source says so ",
        '- source: "KIP-578: Add configuration to limit number of partitions", 2020, https://',
        "The framework says at most 200,000 partitions; the sources say at most 200,000 partitions (recommended, mode "
        "zookeeper), at most 2,000,000 partitions (tested, mode kraft). The sources decide",
    ):
        assert part in text
    document = explained(archlint, "kafka/partitions_per_cluster")
    assert (document["kind"], document["item"]["measure"]) == ("limit", "partitions_per_cluster")
    assert [entry["provenance"] for entry in document["item"]["entries"]] == ["source", "source", "framework"]


@pytest.mark.parametrize("format", ["text", "markdown", "json"])
def test_each_limit_and_technology_can_be_explained(archlint: Run, format: str) -> None:
    catalogue = Catalogue()
    for slug in catalogue.slugs():
        for topic in dict.fromkeys([slug, *(limit.name for limit in catalogue.limits(slug))]):
            result = archlint("explain", topic, "--format", format)
            assert (result.code, result.err) == (0, ""), topic


def test_the_technology_of_an_organisation_is_explained(archlint: Run, own_technology: Path) -> None:
    assert archlint("explain", "acme").out == (
        "Acme DB (acmedb)\n\n"
        "What is known of Acme DB. What breaks beyond a limit, and who says so, tells `archlint explain\n"
        "acmedb/LIMIT`.\n\n"
        "kinds        datastore\n"
        "also called  acme\n\n"
        "Limits\n"
        "  - rows: at most 5 records per table (tested); Acme wiki, 2026; confidence low\n"
        "  - size: at most 2 GiB per store (default of `size_limit`, the framework's figure); Acme wiki, 2026;\n"
        "    confidence low\n\n"
        "Defaults\n"
        "  - wait of a store, the field `timeout`: 1.5 min; often raised; Acme wiki, 2026\n"
        "  - durable of a store: true; Acme wiki, 2026\n"
        "  - mode of a store: fast (version >=2); Acme wiki, 2026\n"
        "  - copies of a store: 3; Acme wiki, 2026\n"
    )
    assert [default["value"] for default in explained(archlint, "acmedb")["item"]["defaults"]] == [1.5, True, "fast", 3]


@pytest.mark.parametrize(
    ("topic", "parts"),
    [
        ("etcd/database_size", ("- set by: quota-backend-bytes; 0 means the default ",)),
        ("nginx/body_size", ("- set by: client_max_body_size; 0 means no limit ",)),
        ("lambda/environment_concurrency", ("At most 1 request (default) ",)),
        ("bigtable/row_key_size", ("- provenance: not verified, so no error rests on it ",)),
        ("sqs/sla", ("A promise of Amazon SQS. ", "99.9% promised (sla) - per: region and month ")),
        ("s3/egress_price", ("A price of Amazon S3. ", " 0.09 USD/GB (price) ")),
    ],
)
def test_a_limit_is_told_in_the_words_of_its_kind(archlint: Run, topic: str, parts: tuple[str, ...]) -> None:
    text = " ".join(archlint("explain", topic).out.split())
    assert [part for part in parts if part not in text] == []


def test_a_figure_that_only_the_framework_has_makes_no_error(archlint: Run, own_technology: Path) -> None:
    assert archlint("explain", "acmedb/size").out == (
        "acmedb/size\n\n"
        "A limit of Acme DB. No figure of a manifest is held against it.\n\n"
        "technology  Acme DB (acmedb)\n\n"
        "At most 2 GiB (default, the framework's figure)\n"
        "  - per: store\n"
        "  - set by: size_limit\n"
        "  - beyond it: nothing\n"
        "  - error: too large\n"
        "  - note: a guess\n"
        "  - confidence: low\n"
        "  - provenance: the framework says so and names no source\n"
        '  - source: "Acme wiki", 2026\n\n'
        "Which figure decides\n"
        "  The framework says at most 2 GiB, and no source was found for it: it makes no finding an error.\n"
    )


def test_a_broken_technology_of_an_organisation_leaves_the_checks_explained(
    archlint: Run, own_technology: Path
) -> None:
    (own_technology / "technologies" / "acmedb.yaml").write_text("slug: other\n")
    assert archlint("explain", "LAW020").code == 0
    for arguments in (("explain", "acmedb"), ("explain", "nonsense"), ("catalog", "limits")):
        result = archlint(*arguments)
        assert result.code == exit_codes.USAGE
        assert "`slug` must be `acmedb`" in result.err


def test_the_limits_of_one_technology(archlint: Run) -> None:
    for name in ("postgresql", "pg"):
        items = json.loads(archlint("catalog", "limits", name, "--format", "json").out)["items"]
        assert {item["technology"] for item in items} == {"postgresql"}
        assert list(items[0])[:6] == ["id", "technology", "kind", "value", "unit", "source"]
    assert archlint("catalog", "limits", "postgresql").out.startswith("postgresql/")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("limits", "kafkaa"), "no technology `kafkaa`; did you mean `kafka`?"),
        (("limits", "xyzzy"), "no technology `xyzzy`; `archlint catalog technologies` lists them"),
        (("laws", "kafka"), "`kafka` is one argument too many: only `catalog limits` takes a technology"),
    ],
)
def test_what_no_list_is_of_is_wrong_usage(archlint: Run, arguments: tuple[str, ...], message: str) -> None:
    result = archlint("catalog", *arguments)
    assert (result.code, result.out, result.err) == (exit_codes.USAGE, "", f"error: {message}\n")


@pytest.mark.parametrize("command", [("explain",), ("catalog", "limits")])
def test_a_technology_that_is_only_known_by_name_is_told_as_such(
    archlint: Run, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Catalogue, "recognises", lambda self, name: name == "xyzzy")
    result = archlint(*command, "xyzzy")
    assert (result.code, result.out) == (exit_codes.USAGE, "")
    assert result.err == "error: `xyzzy` is a technology, but none of its limits is known\n"


@pytest.mark.parametrize("topic", ["", "/", "kafka/", "../kafka", "KAFKA/NONE"])
def test_what_is_nearly_a_topic_is_none(archlint: Run, topic: str) -> None:
    assert archlint("explain", topic).code == exit_codes.USAGE
