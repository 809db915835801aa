"""docs/ci.md, executed: each recipe on a system with findings, on one without, and where there is no manifest.

Only what belongs to a CI service is played here: the order of steps, `if`, and the expressions of action.yml.
The packages are installed, and the commands run, for real.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from junitparser import JUnitXml

from archlint.version import VERSION

pytestmark = pytest.mark.xdist_group("packaging")

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
RECIPE = re.compile(r"<!-- recipe: ([^>]*?) -->\n```(?:sh|yaml|groovy)\n(.*?)```\n", re.DOTALL)
RECIPES: dict[str, str] = dict(RECIPE.findall(GUIDE))
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))

RISKY = """\
archlint: 1
system: {name: shop}
services:
  checkout:
    replicas: 2
    load: {peak: 1000/s}
    capacity: {concurrency: 10, service_time: 100ms}
"""
SAFE = RISKY.replace("replicas: 2", "replicas: 20")
CLOSE = RISKY.replace("replicas: 2", "replicas: 12")  # a warning
STATES: dict[str, str | None] = {"risky": RISKY, "safe": SAFE, "no manifest": None}
EXIT_CODES = {"risky": 1, "safe": 0, "no manifest": 2}

BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
SH = ("sh", "-e", "-c")

Result = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Machine:
    """Where jobs run: a Python with pip and nothing else, and a package index that has archlint."""

    environment: dict[str, str]
    action: Path

    @property
    def temporary(self) -> Path:
        return Path(self.environment["RUNNER_TEMP"])

    def run(self, shell: tuple[str, ...], script: str, folder: Path, more: Mapping[str, str] | None = None) -> Result:
        """Output and errors together, as a job's log shows them."""
        environment = self.environment | dict(more or {})
        streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.run([*shell, script], cwd=folder, env=environment, timeout=300, **streams)


@pytest.fixture(scope="session")
def machine(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    base = tmp_path_factory.mktemp("machine")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(base / "python")], check=True)
    scripts = sysconfig.get_path("scripts", "venv", {"base": str(base / "python")})
    pip = [sys.executable, "-m", "pip", "--quiet", "--python", f"{scripts}/python"]
    subprocess.run([*pip, "install", "pip"], check=True)
    foreign = re.compile("GIT_|GITHUB_|ARCHLINT_|FORCE_COLOR$|VIRTUAL_ENV|PYTHONPATH$")
    kept = {name: value for name, value in os.environ.items() if not foreign.match(name)}
    (base / "temporary").mkdir()
    shutil.copytree(wheel.parent / "sources", base / "action", symlinks=True)
    ours = {
        "PATH": f"{scripts}:{kept['PATH']}",
        "PIP_FIND_LINKS": f"{kept.get('PIP_FIND_LINKS', '')} {wheel.parent}".strip(),
        "RUNNER_TEMP": str(base / "temporary"),
        "GITHUB_ACTION_PATH": str(base / "action"),
    }
    return Machine(kept | ours, base / "action")


def checkout(folder: Path, manifest: str | None) -> Path:
    folder.mkdir()
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    if manifest is not None:
        (folder / "archlint.yaml").write_text(manifest, encoding="utf-8")
    return folder


@pytest.fixture(params=STATES)
def state(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(state: str, tmp_path: Path) -> Path:
    return checkout(tmp_path / "checkout", STATES[state])


def results(sarif: Path) -> list[str]:
    (run,) = json.loads(sarif.read_text(encoding="utf-8"))["runs"]
    return [result["ruleId"] for result in run["results"]]


# Plain shell


@pytest.mark.parametrize("recipe", ["shell", "shell by exit code"])
def test_the_shell_ends_with_the_exit_code_of_archlint(recipe: str, state: str, folder: Path, machine: Machine) -> None:
    script = RECIPES["shell"].splitlines()[0] + "\n" + RECIPES[recipe]
    result = machine.run(SH, script, folder)
    assert result.returncode == EXIT_CODES[state], result.stdout
    assert ("LAW020" in result.stdout) == (state == "risky")


def test_the_shell_tells_findings_from_what_was_not_judged(state: str, folder: Path, machine: Machine) -> None:
    result = machine.run(SH, RECIPES["shell"].splitlines()[0] + "\n" + RECIPES["shell by exit code"], folder)
    said = {
        "risky": "findings, see archlint.md",
        "safe": "no finding",
        "no manifest": "not judged: archlint ended with 2",
    }
    assert said[state] in result.stdout
    assert (folder / "archlint.md").exists() == (state != "no manifest")


def test_what_never_blocks_still_fails_where_nothing_was_judged(state: str, folder: Path, machine: Machine) -> None:
    result = machine.run(SH, RECIPES["shell"].splitlines()[0] + "\n" + RECIPES["shell that never blocks"], folder)
    assert result.returncode == {"risky": 0, "safe": 0, "no manifest": 2}[state], result.stdout
    if state != "no manifest":
        report = json.loads((folder / "archlint.json").read_text(encoding="utf-8"))
        assert [finding["code"] for finding in report["findings"]] == ["LAW020"] * (state == "risky")


# GitHub


@dataclass(slots=True)
class Job:
    """What a job on GitHub left behind; it fails with the first step that fails."""

    exit_code: int = 0
    log: str = ""
    summary: str = ""
    uploaded: list[Path] = field(default_factory=list)


def valued(text: str, values: Mapping[str, str]) -> str:
    """Text with each `${{ name }}` replaced; a name that is not among the values is an error."""
    return re.sub(r"\$\{\{ *(\S+) *\}\}", lambda found: values[found[1]], text)


def steps_of_action(given: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The steps of action.yml that run a script, with the inputs in place."""
    inputs = {name: given.get(name, about["default"]) for name, about in ACTION["inputs"].items()}
    assert set(given) <= set(inputs)
    values = {f"inputs.{name}": value for name, value in inputs.items()}
    values |= {"steps.python.outputs.python-path": sys.executable}
    for step in ACTION["runs"]["steps"]:
        if "run" in step:
            assert step["shell"] == "bash"
            assert "${{" not in step["run"]  # an input that became part of a script could run anything
            yield step | {"values": values}


def flattened(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for step in steps:
        if step.get("uses", "").startswith("OWNER/archlint@"):
            yield from steps_of_action(step.get("with", {}))
        elif not step.get("uses", "").startswith(("actions/checkout@", "actions/setup-python@")):
            yield step


def due(step: dict[str, Any], failed: bool, folder: Path) -> bool:
    condition = step.get("if", "")
    if failed and "always()" not in condition:
        return False
    return all((folder / name).exists() for name in re.findall(r"hashFiles\('(.*?)'\) != ''", condition))


def run_job(recipe: str, folder: Path, machine: Machine, inputs: Mapping[str, str] | None = None) -> Job:
    (workflow_job,) = yaml.safe_load(RECIPES[recipe])["jobs"].values()
    job, summary = Job(), machine.temporary / "summary"
    for step in flattened([step | ({"with": inputs} if inputs else {}) for step in workflow_job["steps"]]):
        if not due(step, job.exit_code != 0, folder):
            continue
        if "run" not in step:
            assert step["uses"].startswith("github/codeql-action/upload-sarif@")
            job.uploaded.append(folder / step["with"]["sarif_file"])
        elif step.get("name") != "Install archlint" or not (machine.temporary / "archlint").exists():
            summary.write_text("")
            values = step.get("values", {}) | {"runner.temp": str(machine.temporary)}
            variables = {name: valued(text, values) for name, text in step.get("env", {}).items()}
            where = folder / valued(step.get("working-directory", "."), values)
            result = machine.run(BASH, step["run"], where, variables | {"GITHUB_STEP_SUMMARY": str(summary)})
            job.exit_code, job.log = job.exit_code or result.returncode, job.log + result.stdout
            job.summary += summary.read_text(encoding="utf-8")
    return job


ANNOTATION = "::error file=archlint.yaml,line=7,endLine=7,col=16,"


def test_the_action_fails_on_findings_and_they_are_uploaded(state: str, folder: Path, machine: Machine) -> None:
    job = run_job("github with the action", folder, machine)
    assert job.exit_code == EXIT_CODES[state], job.log
    assert (ANNOTATION in job.log) == ("LAW020" in job.summary) == (state == "risky"), job.log
    assert [results(sarif) for sarif in job.uploaded] == {"risky": [["LAW020"]], "safe": [[]], "no manifest": []}[state]


def test_by_hand_the_step_passes_and_the_findings_are_uploaded(state: str, folder: Path, machine: Machine) -> None:
    job = run_job("github by hand", folder, machine)
    assert job.exit_code == {"risky": 0, "safe": 0, "no manifest": 2}[state], job.log
    assert (ANNOTATION in job.log) == ("LAW020" in job.summary) == (state == "risky"), job.log
    assert [results(sarif) for sarif in job.uploaded] == {"risky": [["LAW020"]], "safe": [[]], "no manifest": []}[state]


def test_inputs_of_the_action_reach_archlint_unharmed(tmp_path: Path, machine: Machine) -> None:
    folder = checkout(tmp_path / "checkout", RISKY)
    inner = folder / "a folder"
    inner.mkdir()
    (inner / "it's; $(exit 3).archlint.yaml").write_text(CLOSE, encoding="utf-8")
    inputs = {
        "args": "--fail-on=warning\n\nit's; $(exit 3).archlint.yaml\n",
        "sarif": "of the folder.sarif",
        "working-directory": "a folder",
    }
    job = run_job("github with the action", folder, machine, inputs)
    assert job.exit_code == 1, job.log
    assert "::warning file=a folder/it's; $(exit 3).archlint.yaml,line=7" in job.log
    assert results(inner / "of the folder.sarif") == ["LAW020"]


def test_the_guide_names_every_input_of_the_action() -> None:
    assert re.findall(r"^\| `([a-z-]+)` \|", GUIDE, re.MULTILINE) == list(ACTION["inputs"])


# GitLab and Jenkins


def test_gitlab_gets_both_reports_whatever_is_found(state: str, folder: Path, machine: Machine) -> None:
    job = yaml.safe_load(RECIPES["gitlab"])["archlint"]
    result = machine.run(SH, "\n".join(job["script"]), folder)
    assert result.returncode == EXIT_CODES[state], result.stdout
    assert job["artifacts"]["when"] == "always"
    quality, junit = (folder / job["artifacts"]["reports"][kind] for kind in ("codequality", "junit"))
    assert quality.exists() == junit.exists() == (state != "no manifest")
    if state != "no manifest":
        issues = json.loads(quality.read_text(encoding="utf-8"))
        assert ["LAW020" in issue["check_name"] for issue in issues] == [True] * (state == "risky")
        assert JUnitXml.fromfile(str(junit)).failures == (state == "risky")


@pytest.mark.skipif(find_spec("ensurepip") is None, reason="this Python cannot make an environment with pip")
@pytest.mark.parametrize("state", ["risky"], indirect=True)
def test_jenkins_gets_both_reports_though_the_stage_fails(state: str, folder: Path, machine: Machine) -> None:
    pipeline = RECIPES["jenkins"]
    (script,) = re.findall(r"sh '''\n(.*?)'''", pipeline, re.DOTALL)
    result = machine.run(("sh", "-xe", "-c"), script, folder)
    assert result.returncode == EXIT_CODES[state], result.stdout
    always = pipeline[pipeline.index("always {") :]
    (junit,), (sarif,) = re.findall(r"testResults: '(.*?)'", always), re.findall(r"sarif\(pattern: '(.*?)'\)", always)
    assert JUnitXml.fromfile(str(folder / junit)).failures == 1
    assert results(folder / sarif) == ["LAW020"]


# What the texts say


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ("github-workflows", RECIPES["github with the action"]),
        ("github-workflows", RECIPES["github by hand"]),
        ("gitlab-ci", RECIPES["gitlab"]),
        ("github-actions", (ROOT / "action.yml").read_text(encoding="utf-8")),
    ],
)
def test_files_for_ci_services_are_valid(schema: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "file.yml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", "file.yml"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_block_of_the_guide_is_a_recipe_that_a_test_runs() -> None:
    run_above = {"shell", "shell by exit code", "shell that never blocks", "gitlab", "jenkins"}
    assert set(RECIPES) == run_above | {"github with the action", "github by hand"}
    assert GUIDE.count("\n```") == 2 * len(RECIPES)


def test_the_texts_name_this_version() -> None:
    texts = {
        name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/pre-commit.md", "docs/ci.md")
    }
    named = {version for text in texts.values() for version in re.findall(r"(?:rev: |archlint@)v([\d.]+)", text)}
    assert named == {VERSION}
    assert set(re.findall(r"archlint==([\d.]+)\.\*", texts["docs/ci.md"])) == {VERSION.rpartition(".")[0]}
