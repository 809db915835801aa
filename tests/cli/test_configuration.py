"""Configuration on the command line, sentence by sentence of contracts.md."""

from __future__ import annotations

import json
import os
import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml

from archlint.cli.check import FAIL_LEVELS
from archlint.engine.configuration import keys as configuration_keys
from archlint.engine.configuration.schema import config_schema
from archlint.engine.registration import load_registry
from archlint.report import FORMATS

if TYPE_CHECKING:
    from tests.cli.conftest import Run

UNKNOWN_TECHNOLOGY = "MAN015"
ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "configuration.md"
SHOP = """\
archlint: 1
x-calls: [&write {to: ledger, access: write, timeout: 1s, idempotency: none, retries: {attempts: 3}}]
system: {name: shop}
services:
  web: {replicas: 3, calls: [*write]}
datastores:
  ledger: {nodes: 1}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ARCHLINT_CONFIG", raising=False)
    (tmp_path / ".git").mkdir()
    return tmp_path


def write(text: str, name: str = "archlint.toml") -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, "utf-8")


def codes(archlint: Run, *arguments: str) -> list[tuple[str, str]]:
    result = archlint("check", "--format", "json", *arguments)
    assert result.err == ""
    return sorted({(f["file"], f["code"]) for f in json.loads(result.out)["findings"]})


def setting(archlint: Run, key: str, *arguments: str) -> tuple[object, str]:
    """Of the run, with its origin."""
    result = archlint("check", "--show-settings", "--format", "json", "--allow-empty", *arguments)
    assert (result.code, result.err) == (0, "")
    return next((row["value"], row["origin"]) for row in json.loads(result.out)["run"] if row["key"] == key)


def shown(archlint: Run, key: str, *arguments: str) -> str:
    """The line of a setting of the run."""
    result = archlint("check", "--show-settings", "--allow-empty", *arguments)
    assert (result.code, result.err) == (0, "")
    return next(line for line in result.out.splitlines() if line.startswith(f"{key} = "))


def files(archlint: Run, *arguments: str) -> list[str]:
    result = archlint("check", "--show-files", *arguments)
    assert (result.code, result.err) == (0, "")
    return result.out.splitlines()


def test_a_mistake_is_exit_code_2_with_its_place_its_line_and_a_caret(archlint: Run) -> None:
    write(SHOP, "archlint.yaml")
    write('# mine\nselct = ["LAW"]\n')
    result = archlint("check")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        'error: archlint.toml:2:1: unknown key `selct`; did you mean `select`?\n   2 | selct = ["LAW"]\n     | ^^^^^\n'
    )


def test_the_command_line_is_over_the_environment_over_the_file_over_the_default(
    archlint: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(archlint, "format") == 'format = "text"  # default'
    write('format = "markdown"')
    assert shown(archlint, "format") == 'format = "markdown"  # archlint.toml:1:1'
    monkeypatch.setenv("ARCHLINT_FORMAT", "sarif")
    assert shown(archlint, "format") == 'format = "sarif"  # ARCHLINT_FORMAT'
    assert shown(archlint, "format", "--format", "github") == 'format = "github"  # command line'


def test_the_format_of_the_file_is_the_one_that_is_written(archlint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write(SHOP, "archlint.yaml")
    write('format = "json"')
    assert json.loads(archlint("check").out)["version"] == 1
    monkeypatch.setenv("ARCHLINT_FORMAT", "concise")
    assert archlint("check").out.startswith("archlint.yaml:")
    assert archlint("check", "--format", "markdown").out.startswith("#")


def test_fail_on(archlint: Run) -> None:
    write(SHOP, "archlint.yaml")
    write('fail-on = "never"\nselect = ["PRM070"]\nseverity.ALL = "error"')
    assert archlint("check").code == 0
    assert archlint("check", "--fail-on", "error").code == 1
    write('fail-on = "info"\nselect = ["PRM070"]\nseverity.ALL = "info"')
    assert archlint("check").code == 1
    assert archlint("check", "--exit-zero").code == 0
    assert setting(archlint, "fail-on", "--exit-zero") == ("never", "command line")


def test_output_lies_beside_the_configuration(archlint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write(SHOP, "deep/archlint.yaml")
    write('output = ["json=out/report.json", "sarif=out/report.sarif"]')
    monkeypatch.chdir("deep")
    assert archlint("check").out != ""
    assert sorted(os.listdir("../out")) == ["report.json", "report.sarif"]
    archlint("check", "--output", "json=here.json")
    assert Path("here.json").is_file()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('output = "jsn=x"', "archlint.toml:1:10: `jsn` is no format"),
        ('output = ["a", "json="]', "archlint.toml:1:16: `json=` names no file"),
        ('output = ["a", "b"]', "--output takes one FILE; write further ones as FORMAT=FILE"),
        ('technologies = ["nowhere"]', "archlint.toml:1:17: `nowhere` is no folder"),
        ('baseline = "nowhere.json"', "nowhere.json"),
        ('require-plugins = ["acme-checks"]', "archlint.toml:1:20: the plug-in `acme-checks` is not installed"),
    ],
)
def test_values_of_a_run_that_will_not_do(archlint: Run, text: str, message: str) -> None:
    write(SHOP, "archlint.yaml")
    write(text)
    result = archlint("check")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: ")
    assert message in result.err.splitlines()[0]


def test_each_manifest_has_the_nearest_configuration_and_the_run_that_of_the_current_folder(archlint: Run) -> None:
    write(SHOP, "a/archlint.yaml")
    write(SHOP.replace("shop", "b"), "b/archlint.yaml")
    write('select = ["PRM070"]\nfail-on = "never"')
    write('select = ["LAW121"]\nfail-on = "info"', "b/archlint.toml")
    assert codes(archlint) == [("a/archlint.yaml", "PRM070")]
    assert archlint("check", "b").code == 0
    write('select = ["PRM070"]\nseverity.PRM = "error"', "b/archlint.toml")
    assert codes(archlint, "b") == [("b/archlint.yaml", "PRM070")]


def test_config_holds_for_everything(archlint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write(SHOP, "b/archlint.yaml")
    write("[broken", "b/archlint.toml")
    write('select = ["PRM070"]', "other.toml")
    write("select = []", "none.toml")
    assert archlint("check").code == 2
    assert codes(archlint, "--config", "other.toml") == [("b/archlint.yaml", "PRM070")]
    monkeypatch.setenv("ARCHLINT_CONFIG", "none.toml")
    assert codes(archlint) == []
    assert codes(archlint, "--config", "other.toml") == [("b/archlint.yaml", "PRM070")]
    assert ("b/archlint.yaml", "PRM070") in codes(archlint, "--isolated")


def test_standard_input_has_the_configuration_of_its_name(archlint: Run) -> None:
    write("select = []", "a/archlint.toml")
    for name, expected in (("a/x.yaml", 0), ("x.yaml", 1)):
        result = archlint("check", "-", "--stdin-filename", name, "--format", "json", stdin=SHOP.encode())
        assert bool(json.loads(result.out)["findings"]) == bool(expected)


def test_the_baseline_of_the_configuration_is_used_by_check_and_kept_by_baseline(
    archlint: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(SHOP, "deep/archlint.yaml")
    write('baseline = "accepted.json"\nseverity.PRM070 = "error"\nselect = ["PRM070"]')
    assert archlint("check").code == 2
    monkeypatch.chdir("deep")
    assert archlint("baseline", "write").code == 0
    assert Path("../accepted.json").is_file()
    assert archlint("check").code == 0
    assert archlint("check", "--isolated", "--select", "PRM070", "--fail-on", "warning").code == 1
    assert archlint("baseline", "check").code == 0


def test_excluding_once_does_not_prune(archlint: Run) -> None:
    write(SHOP, "a/archlint.yaml")
    write(SHOP.replace("shop", "b"), "b/archlint.yaml")
    archlint("baseline", "write")
    before = Path(".archlint-baseline.json").read_text()
    assert archlint("baseline", "prune", "--exclude", "b/").code == 0
    assert Path(".archlint-baseline.json").read_text() == before
    write('ignore = ["ALL"]', "b/archlint.toml")
    assert archlint("baseline", "prune").code == 0
    assert Path(".archlint-baseline.json").read_text() == before


def test_show_files_and_exclude(archlint: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("archlint.yaml", "gen/archlint.yaml", "gen/kept/archlint.yaml", "old/a.archlint.yaml", "old/b.yaml"):
        write(SHOP, name)
    write("/gen/*\n!/gen/kept/\n", ".gitignore")
    assert files(archlint) == ["archlint.yaml", "gen/kept/archlint.yaml", "old/a.archlint.yaml"]
    assert files(archlint, "--exclude", "old/", "--exclude", "./gen") == ["archlint.yaml"]
    write('exclude = ["/old"]')
    assert files(archlint) == ["archlint.yaml", "gen/kept/archlint.yaml"]
    assert files(archlint, "--exclude", "kept") == ["archlint.yaml", "old/a.archlint.yaml"]
    monkeypatch.chdir("gen")
    assert files(archlint) == ["kept/archlint.yaml"]
    assert files(archlint, "../old") == ["../old/a.archlint.yaml"]
    assert files(archlint, "--workspace") == [str(folder / "archlint.yaml"), "kept/archlint.yaml"]


def test_what_is_named_is_read_even_where_it_is_left_out_unless_forced(archlint: Run) -> None:
    write(SHOP, "gen/archlint.yaml")
    write(SHOP, "old/archlint.yaml")
    write("gen/\n", ".gitignore")
    write('exclude = ["old"]')
    named = ("gen/archlint.yaml", "old/archlint.yaml")
    assert files(archlint, *named) == list(named)
    assert files(archlint, "gen") == ["gen/archlint.yaml"]
    assert files(archlint, "--force-exclude", *named) == []
    assert archlint("check", "--force-exclude", *named).code == 0
    assert archlint("check", "--force-exclude", "nowhere.yaml").code == 2
    assert archlint("check", "--force-exclude").code == 2
    write(SHOP, "archlint.yaml")
    assert files(archlint, "--force-exclude", "archlint.yaml", *named) == ["archlint.yaml"]


def test_the_hook_that_names_files_leaves_out_what_is_excluded() -> None:
    hooks = {hook["id"]: hook["entry"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    assert hooks == {
        "archlint": "archlint check",
        "archlint-files": "archlint check --force-exclude",
        "archlint-drift": "archlint drift",
    }


def test_show_settings_says_where_each_value_came_from(archlint: Run) -> None:
    write(SHOP, "a/archlint.yaml")
    write(SHOP.replace("shop", "b"), "b/archlint.yaml")
    write('extend = "../base.toml"\nprofile = "strict"\n[checks.MAN020]\nleast = 0.9\n', "b/archlint.toml")
    write('select = ["PRM070", "MAN020"]\n[severity]\nPRM = "info"\n', "base.toml")
    result = archlint("check", "--show-settings", "--ignore", "MAN", "--fail-on", "warning")
    assert (result.code, result.err) == (0, "")
    run, a, b = result.out.split("\n\n")
    assert run.startswith("# the run\n")
    assert 'fail-on = "warning"  # command line\n' in run
    assert a.startswith('# a/archlint.yaml\nselect = []  # default\nignore = ["MAN"]  # command line\nprofile = ')
    assert b == (
        "# b/archlint.yaml\n"
        'select = ["PRM070", "MAN020"]  # base.toml:1:1\n'
        'ignore = ["MAN"]  # command line\n'
        'profile = "strict"  # b/archlint.toml:2:1\n'
        'severity.PRM = "info"  # base.toml:3:1\n'
        "checks.MAN020.least = 0.9  # b/archlint.toml:4:1\n"
        'checks that run = ["PRM070"]  # all of the above\n'
    )


def renamed(etcd: str) -> str:
    """A copy of etcd's file under a name of its own; its aliases stay where they are."""
    text = re.sub(r"^slug: etcd$", "slug: acme-store", etcd, flags=re.MULTILINE)
    return re.sub(r"^aliases: .*\n", "", text, flags=re.MULTILINE)


def test_own_technologies_are_known(archlint: Run) -> None:
    write(SHOP.replace("nodes: 1", "nodes: 1, technology: acme-store"), "archlint.yaml")
    built_in = resources.files("archlint.knowledge.technologies").joinpath("etcd.yaml").read_text("utf-8")
    write(renamed(built_in), "deep/ours/acme-store.yaml")
    write('technologies = "ours"', "deep/archlint.toml")
    assert ("archlint.yaml", UNKNOWN_TECHNOLOGY) in codes(archlint)
    assert ("archlint.yaml", UNKNOWN_TECHNOLOGY) not in codes(archlint, "--config", "deep/archlint.toml")


def test_the_catalogue_and_explanations_know_what_is_configured(archlint: Run) -> None:
    built_in = resources.files("archlint.knowledge.technologies").joinpath("etcd.yaml").read_text("utf-8")
    write(renamed(built_in), "ours/acme-store.yaml")
    assert "acme-store" not in archlint("catalog", "technologies").out
    write('technologies = "ours"\nrules = "rules.yaml"')
    assert "acme-store" in archlint("catalog", "technologies").out
    result = archlint("explain", "LAW121")
    assert (result.code, result.out) == (2, "")
    assert "rules.yaml" in result.err


def test_a_mistake_in_an_own_technology_is_exit_code_2_with_its_place(archlint: Run) -> None:
    write(SHOP, "archlint.yaml")
    write("name: Acme Store\n", "ours/acme-store.yaml")
    write('technologies = "ours"')
    result = archlint("check")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: ")
    assert "ours/acme-store.yaml:1:1: " in result.err


def test_the_names_of_formats_and_levels_are_those_of_the_command_line() -> None:
    assert tuple(FORMATS) == configuration_keys.FORMATS
    assert FAIL_LEVELS == configuration_keys.FAIL_LEVELS


SAMPLES = [
    "",
    'extend = "a.toml"\nrequired-version = ">=0.1"',
    'select = ["LAW"]\nextend-select = []\nignore = ["x"]\nprofile = "strict"',
    '[per-file-ignores]\n"a/**" = ["LAW"]\n[severity]\nLAW121 = "info"\n[checks.MAN020]\nleast = 1',
    'format = "sarif"\noutput = "x"\nfail-on = "never"\nbaseline = "b"\nexclude = ["a"]\ntechnologies = ["t"]',
    'output = ["a"]\ntechnologies = "t"\nrequire-plugins = ["acme"]',
    "selct = []",
    'select = "LAW"',
    "select = [1]",
    'profile = "x"',
    'severity.LAW = "fatal"',
    "jobs = 2",
    'baseline = ""',
    "checks.MAN020 = 1",
    "checks.MAN020.leest = 1",
    'checks.MAN020.least = "x"',
]


@pytest.mark.parametrize("draft", ["2020-12", "7"])
@pytest.mark.parametrize("text", SAMPLES)
def test_the_schema_says_what_the_reader_says(archlint: Run, text: str, draft: str) -> None:
    import tomllib

    from archlint.engine.configuration.keys import mistakes
    from archlint.engine.configuration.options import options_of

    schema = json.loads(archlint("schema", "config", "--draft", draft).out)
    data = tomllib.loads(text)
    found = list(mistakes(data))
    check = load_registry().find("MAN020")
    assert check is not None
    if not found and "checks" in data:
        found = options_of(check, data["checks"]["MAN020"])[1]
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    assert bool(list(validator(schema).iter_errors(data))) == bool(found)


def test_the_schema_describes_every_key() -> None:
    schema = config_schema(())
    assert list(schema["properties"]) == list(configuration_keys.BY_NAME)
    assert all("Default: " in described["description"] for described in schema["properties"].values())


def test_every_key_is_documented() -> None:
    text = GUIDE.read_text("utf-8")
    assert sorted(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)) == sorted(configuration_keys.BY_NAME)


def test_the_examples_of_the_documentation_hold(archlint: Run) -> None:
    write(SHOP, "deep/archlint.yaml")
    first, second = re.findall(r"```toml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    write(first)
    write(second, "deep/archlint.toml")
    assert archlint("check", "--show-settings").code == 0
    write('# mine\nselct = ["LAW"]\n')
    message = "".join(f"    {line}\n" for line in archlint("check", "--show-settings").err.splitlines())
    assert message in GUIDE.read_text("utf-8")
