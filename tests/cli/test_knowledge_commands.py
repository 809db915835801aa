"""The commands explain, catalog and schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from archlint.cli import checks
from archlint.engine import exit_codes
from archlint.engine.registry import Registry
from archlint.engine.results import Fault
from archlint.plugin import WARNING, Check, Finding, Iterator, Options, Service, check

if TYPE_CHECKING:
    from tests.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[2]


def docstring() -> str:
    return """A service states no owner.

    What it finds: services without `owner`.
      Even small ones.

    Why it matters: nobody is called.

    At 3 AM: call everybody.

    Risky:
        services:
          checkout: {replicas: 2}
    """


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Check:
    """One check alone in the registry."""

    def no_owner(service: Service, analyses: object, options: Options) -> Iterator[Finding]:
        raise NotImplementedError

    no_owner.__doc__ = docstring()
    attached = check("ABC001", "no-owner", severity=WARNING, needs=("owner",), subsumes=("ABC002",), since="0.2")(
        no_owner
    )
    made: Check = attached.check  # type: ignore[attr-defined]
    registry = Registry((made,), (), (), {"ABC001": made, "no-owner": made})
    monkeypatch.setattr("archlint.engine.registration.load_registry", lambda **_: registry)
    return made


@pytest.mark.parametrize("topic", ["ABC001", "abc001", "no-owner", "No-Owner"])
def test_explain_finds_a_check_by_code_or_name(archlint: Run, known: Check, topic: str) -> None:
    result = archlint("explain", topic)
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "ABC001 no-owner\n\n"
        "A service states no owner.\n\n"
        "severity  warning\n"
        "subject   Service\n"
        "needs     owner\n"
        "subsumes  ABC002\n"
        "since     0.2\n"
        "status    stable\n"
        "default   on\n\n"
        "What it finds\n"
        "  Services without `owner`.\n"
        "  Even small ones.\n\n"
        "Why it matters\n"
        "  Nobody is called.\n\n"
        "At 3 AM\n"
        "  Call everybody.\n\n"
        "Example: risky\n"
        "    services:\n"
        "      checkout: {replicas: 2}\n"
    )


def test_explain_as_markdown(archlint: Run, known: Check) -> None:
    text = archlint("explain", "ABC001", "--format", "markdown").out
    assert text.startswith("# ABC001 no-owner\n\nA service states no owner.\n\n- **severity**: warning\n")
    assert "\n## At 3 AM\n\nCall everybody.\n" in text
    assert text.endswith("```yaml\nservices:\n  checkout: {replicas: 2}\n```\n")


def test_explain_as_json(archlint: Run, known: Check) -> None:
    document = json.loads(archlint("explain", "ABC001", "--format", "json").out)
    assert (document["version"], document["kind"]) == (1, "check")
    assert document["item"]["id"] == "ABC001"
    assert document["item"]["needs"] == ["owner"]
    assert list(document["item"]["sections"]) == ["What it finds", "Why it matters", "At 3 AM"]


def test_explain_on_a_terminal_is_styled(archlint: Run, known: Check) -> None:
    result = archlint("explain", "ABC001", "--color", "always")
    assert "\x1b[" in result.out
    assert "Call everybody." in result.out


def test_explain_into_a_file(archlint: Run, known: Check, tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    result = archlint("explain", "ABC001", "--format", "markdown", "--output", str(file), "--color", "always")
    assert result.out == ""
    assert file.read_text().startswith("# ABC001 no-owner\n")


@pytest.mark.parametrize(
    ("topic", "hint"),
    [
        ("no-ownr", "did you mean `no-owner`?"),
        ("abc01", "did you mean `ABC001`?"),
        ("little-law", "did you mean `littles-law`?"),
        ("amdal", "did you mean `amdahl`?"),
        ("kafkaa", "did you mean `kafka`?"),
        ("kafka/partitions", "did you mean `kafka/partitions_per_cluster`?"),
        ("kafkka/partitions_per_cluster", "did you mean `kafka/partitions_per_cluster`?"),
        ("kafkka/size", "did you mean `kafka`?"),
        ("shema-violation", "did you mean `schema-violation`?"),
        ("xyzzy", "`archlint catalog` tells what kinds there are, and `archlint catalog KIND` lists one"),
    ],
)
def test_explain_suggests_what_was_meant(archlint: Run, known: Check, topic: str, hint: str) -> None:
    result = archlint("explain", topic)
    assert (result.code, result.out) == (exit_codes.USAGE, "")
    assert result.err == f"error: no topic `{topic}`; {hint}\n"


@pytest.mark.parametrize("topic", ["MAN002", "schema-violation"])
def test_explain_knows_the_errors_of_manifests(archlint: Run, known: Check, topic: str) -> None:
    assert archlint("explain", topic).out.startswith("MAN002 schema-violation\n")


def test_every_check_can_be_explained(archlint: Run) -> None:
    items = json.loads(archlint("catalog", "checks", "--format", "json").out)["items"]
    for item in items:
        for format in ("text", "markdown", "json"):
            assert archlint("explain", item["id"], "--format", format).code == 0


def test_a_plug_in_that_does_not_load_is_named_and_the_rest_serves(
    archlint: Run, known: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Fault("plug-in", "own", "ImportError: none", "archlint-own 1.2")
    registry = Registry((known,), (fault,), (), {"ABC001": known})
    monkeypatch.setattr("archlint.engine.registration.load_registry", lambda **_: registry)
    for arguments in (("explain", "ABC001"), ("catalog", "checks"), ("catalog",)):
        result = archlint(*arguments)
        assert result.code == exit_codes.USAGE
        assert result.err == "fault: plug-in own of archlint-own 1.2 failed: ImportError: none\n"
        assert result.out
    assert checks.known_checks()[1] == exit_codes.USAGE


def test_the_catalog_of_checks_is_a_table(archlint: Run, known: Check) -> None:
    lines = archlint("catalog", "checks").out.splitlines()
    assert lines[0] == "ABC001  no-owner               warning  Service   A service states no owner."
    assert [line.split()[0] for line in lines[1:]] == [f"MAN00{n}" for n in range(1, 7)]


def test_the_catalog_of_checks_as_json(archlint: Run, known: Check) -> None:
    document = json.loads(archlint("catalog", "checks", "--format", "json").out)
    assert list(document) == ["version", "kind", "items"]
    assert (document["version"], document["kind"]) == (1, "checks")
    assert document["items"][0] == {
        "id": "ABC001",
        "name": "no-owner",
        "severity": "warning",
        "subject": "Service",
        "summary": "A service states no owner.",
        "needs": ["owner"],
        "subsumes": ["ABC002"],
        "laws": [],
        "status": "stable",
        "since": "0.2",
        "default": True,
    }
    assert all(list(item) == list(document["items"][0]) for item in document["items"])


def test_the_catalog_of_limits_states_values_and_sources(archlint: Run) -> None:
    document = json.loads(archlint("catalog", "limits", "--format", "json").out)
    limits = document["items"]
    assert {limit["technology"] for limit in limits} >= {"etcd", "kafka", "postgresql"}
    for limit in limits:
        assert {"id", "technology", "kind", "value", "unit", "source"} <= set(limit)
        assert set(limit["source"]) == {"title", "url", "year"}
    assert [limit["id"].split("/")[0] for limit in limits] == [limit["technology"] for limit in limits]


@pytest.mark.parametrize("kind", ["checks", "laws", "limits", "technologies"])
def test_every_kind_has_a_table_and_a_json_form(archlint: Run, kind: str) -> None:
    document = json.loads(archlint("catalog", kind, "--format", "json").out)
    lines = archlint("catalog", kind).out.splitlines()
    assert document["kind"] == kind
    assert [line.split()[0] for line in lines] == [item["id"] for item in document["items"]]


def test_the_catalog_without_a_kind_counts(archlint: Run) -> None:
    document = json.loads(archlint("catalog", "--format", "json").out)
    assert [item["id"] for item in document["items"]] == ["checks", "laws", "limits", "technologies"]
    assert all(item["count"] > 0 for item in document["items"])


def test_an_unknown_kind_is_wrong_usage(archlint: Run) -> None:
    assert archlint("catalog", "limit").code == exit_codes.USAGE


@pytest.mark.parametrize(
    ("arguments", "file"),
    [
        ((), "manifest.schema.json"),
        (("manifest", "--draft", "7"), "manifest.draft-07.schema.json"),
        (("report",), "report.schema.json"),
        (("report", "--draft", "7"), "report.draft-07.schema.json"),
        (("technology",), "technology.schema.json"),
    ],
)
def test_schema_prints_the_installed_file(archlint: Run, arguments: tuple[str, ...], file: str) -> None:
    result = archlint("schema", *arguments)
    assert (result.code, result.err) == (0, "")
    assert result.out == (ROOT / "schemas" / file).read_text(encoding="utf-8")
    document = json.loads(result.out)
    jsonschema.validators.validator_for(document).check_schema(document)


def test_schema_into_a_file(archlint: Run, tmp_path: Path) -> None:
    assert archlint("schema", "report", "--output", str(tmp_path / "s.json")).out == ""
    assert json.loads((tmp_path / "s.json").read_text())["title"] == "archlint report"


def test_explain_tells_where_the_limits_of_a_technology_stand(archlint: Run, known: Check) -> None:
    result = archlint("explain", "kafka/nonsense")
    assert (result.code, result.out) == (exit_codes.USAGE, "")
    assert result.err == "error: no limit `nonsense` of `kafka`; `archlint explain kafka` lists them\n"
