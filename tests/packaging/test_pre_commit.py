"""The hooks, by really running pre-commit in the repository of a user."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from identify import identify

from archlint.engine.sources.discovery import is_manifest

pytestmark = pytest.mark.xdist_group("pre-commit")

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "pre-commit.md"
EXAMPLE = re.compile(r"<!-- example: (pre-commit[^>]*?) -->\n```yaml\n(.*?)```\n", re.DOTALL)

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
UNRELATED = SAFE.replace("shop", "depot").replace("checkout", "shelves")


def loaded(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


ALL: dict[str, dict[str, Any]] = {hook["id"]: hook for hook in loaded(ROOT / ".pre-commit-hooks.yaml")}
OFFERED = {id: hook for id, hook in ALL.items() if id != "archlint-drift"}
"""The hooks that check manifests."""


def examples(file: Path) -> dict[str, str]:
    return dict(EXAMPLE.findall(file.read_text(encoding="utf-8")))


# The patterns

MANIFESTS = (
    "archlint.yaml",
    "archlint.yml",
    "payments.archlint.yaml",
    "teams/payments/archlint.yaml",
    "teams/payments/eu.west-1.archlint.yml",
    ".archlint.yaml",
    "a folder/naïve.archlint.yaml",
)
CONFIGURATION = ("archlint.toml", ".archlint.toml", "teams/payments/archlint.toml", ".archlint-baseline.json")
OTHERS = (
    "README.md",
    "pyproject.toml",
    "compose.yaml",
    "myarchlint.yaml",
    "archlint.yaml.bak",
    "archlint.yaml/notes.txt",
    "archlint_yaml",
    "archlint-rules.yaml",
    "archlint.json",
    "team.archlint.toml",
    "archlint-baseline.json",
    "old.archlint-baseline.json",
    ".archlint_cache/entry.yaml",
    "ARCHLINT.YAML",
)


def triggers(pattern: str, name: str) -> bool:
    """As pre-commit decides it: a search in the path from the repository's root, with forward slashes."""
    return re.search(pattern, name) is not None


@pytest.mark.parametrize("name", MANIFESTS)
def test_manifests_trigger_both_hooks(name: str) -> None:
    assert all(triggers(hook["files"], name) for hook in OFFERED.values())


@pytest.mark.parametrize("name", CONFIGURATION)
def test_configuration_triggers_only_the_hook_that_checks_everything(name: str) -> None:
    assert [hook for hook in OFFERED if triggers(OFFERED[hook]["files"], name)] == ["archlint"]


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_trigger_no_hook(name: str) -> None:
    assert not any(triggers(hook["files"], name) for hook in OFFERED.values())


@given(st.text("archlint.yml", max_size=30) | st.from_regex(r"[a-z.]{0,9}\.?archlint\.ya?ml[a-z.]?", fullmatch=True))
def test_the_hooks_and_discovery_agree_on_what_a_manifest_is_called(name: str) -> None:
    assert triggers(OFFERED["archlint-files"]["files"], name) == is_manifest(name)


@pytest.mark.parametrize("name", [Path(name).name for name in MANIFESTS])
def test_manifests_have_the_type_that_the_hook_for_files_asks_for(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(SAFE, encoding="utf-8")
    assert set(OFFERED["archlint-files"]["types"]) <= identify.tags_from_path(str(tmp_path / name))


def test_the_pattern_for_pyproject_adds_nothing_else() -> None:
    documented = yaml.safe_load(examples(GUIDE)["pre-commit with pyproject.toml"])["repos"][0]["hooks"][0]["files"]
    offered = OFFERED["archlint"]["files"]
    names = (*MANIFESTS, *CONFIGURATION, *OTHERS)
    assert [name for name in names if triggers(documented, name) != triggers(offered, name)] == ["pyproject.toml"]


def test_the_readme_and_the_guide_show_the_same_configuration() -> None:
    assert examples(ROOT / "README.md")["pre-commit"] == examples(GUIDE)["pre-commit"]


# Real commits


def environment(home: Path) -> dict[str, str]:
    """That of the tests, without what a hook, make or a user's own configuration would bring into it."""
    foreign = re.compile("GIT_|PRE_COMMIT|ARCHLINT_|MAKE|MFLAGS|VIRTUAL_ENV|SKIP$|PYTHONPATH$|FORCE_COLOR$")
    kept = {name: value for name, value in os.environ.items() if not foreign.match(name)}
    names = {f"GIT_{who}_{what}": "test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return kept | names | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PRE_COMMIT_HOME": str(home)}


@dataclass(frozen=True, slots=True)
class Repository:
    folder: Path
    environment: dict[str, str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """The result has standard error, which is where hooks write, in its standard output."""
        streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.run(command, cwd=self.folder, env=self.environment, timeout=300, **streams)

    def git(self, *arguments: str) -> str:
        result = self.run("git", *arguments)
        assert result.returncode == 0, result.stdout
        return result.stdout.strip()

    def pre_commit(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "pre_commit", *arguments)

    def commit(self, files: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
        for name, text in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text, encoding="utf-8")
        self.git("add", "--all")
        return self.run("git", "commit", "--quiet", "--message", "change", *options)

    @property
    def commits(self) -> int:
        return len(self.run("git", "rev-list", "--all").stdout.splitlines())


def new_repository(folder: Path, home: Path) -> Repository:
    folder.mkdir(exist_ok=True)
    repository = Repository(folder, environment(home))
    repository.git("init", "--quiet", "--initial-branch=main")
    return repository


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps clones and environments: one for all tests, so that archlint is installed once."""
    return tmp_path_factory.mktemp("pre-commit-home")


@pytest.fixture(scope="session")
def archlint(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository whose only commit holds the working tree, new and changed files included."""
    folder = tmp_path_factory.mktemp("archlint")
    runpy.run_path(str(ROOT / "tools" / "wheel.py"))["copy_sources"](ROOT, folder)
    repository = new_repository(folder, home)
    assert repository.commit({}).returncode == 0
    return repository


@dataclass(frozen=True, slots=True)
class User:
    """A user's repositories: each with a hook of archlint in its configuration, committed and installed."""

    folder: Path
    home: Path
    archlint: Repository

    def with_hook(self, hook: dict[str, Any]) -> Repository:
        repository = new_repository(self.folder, self.home)
        source = {"repo": str(self.archlint.folder), "rev": self.archlint.git("rev-parse", "HEAD"), "hooks": [hook]}
        configuration = yaml.safe_dump({"repos": [source]})
        assert repository.commit({".pre-commit-config.yaml": configuration, "README.md": "Shop\n"}).returncode == 0
        installed = repository.pre_commit("install", "--install-hooks")
        assert installed.returncode == 0, installed.stdout
        return repository


@pytest.fixture
def user(tmp_path: Path, home: Path, archlint: Repository) -> User:
    return User(tmp_path / "shop", home, archlint)


def outcome(output: str) -> str:
    """The last word of the hook's line."""
    found = re.search(r"^archlint.*?\.\.+(?:\(.*\))?(Passed|Failed|Skipped)$", output, re.MULTILINE)
    assert found, output
    return found[1]


def test_a_risky_manifest_stops_the_commit(user: User) -> None:
    shop = user.with_hook({"id": "archlint"})
    result = shop.commit({"architecture/archlint.yaml": RISKY})
    assert (result.returncode, outcome(result.stdout), shop.commits) == (1, "Failed", 1), result.stdout
    assert "architecture/archlint.yaml:7:16" in result.stdout
    assert "LAW020" in result.stdout


def test_a_manifest_that_does_not_parse_stops_the_commit(user: User) -> None:
    shop = user.with_hook({"id": "archlint"})
    result = shop.commit({"archlint.yaml": "archlint: 1\nsystem: {name: shop\n"})
    assert (result.returncode, outcome(result.stdout), shop.commits) == (1, "Failed", 1), result.stdout
    assert "MAN001" in result.stdout


def test_a_safe_manifest_is_committed(user: User) -> None:
    shop = user.with_hook({"id": "archlint"})
    result = shop.commit({"archlint.yaml": SAFE})
    assert (result.returncode, outcome(result.stdout), shop.commits) == (0, "Passed", 2), result.stdout


def test_what_is_committed_is_judged_not_what_is_still_being_edited(user: User) -> None:
    shop = user.with_hook({"id": "archlint"})
    (shop.folder / "archlint.yaml").write_text(SAFE, encoding="utf-8")
    shop.git("add", "archlint.yaml")
    (shop.folder / "archlint.yaml").write_text(RISKY, encoding="utf-8")
    result = shop.run("git", "commit", "--quiet", "--message", "change")
    assert (result.returncode, outcome(result.stdout)) == (0, "Passed"), result.stdout
    assert (shop.folder / "archlint.yaml").read_text(encoding="utf-8") == RISKY


@pytest.mark.parametrize("name", ["README.md", "src/main.py", "compose.yaml", "pyproject.toml"])
def test_other_files_are_committed_without_a_check_even_beside_a_risky_manifest(user: User, name: str) -> None:
    shop = user.with_hook({"id": "archlint"})
    assert shop.commit({"archlint.yaml": RISKY}, "--no-verify").returncode == 0
    result = shop.commit({name: "# changed\n"})
    assert (result.returncode, outcome(result.stdout), shop.commits) == (0, "Skipped", 3), result.stdout


@pytest.mark.parametrize("name", ["archlint.toml", ".archlint.toml"])
def test_a_change_of_the_configuration_is_checked(user: User, name: str) -> None:
    shop = user.with_hook({"id": "archlint"})
    assert shop.commit({"archlint.yaml": RISKY}, "--no-verify").returncode == 0
    result = shop.commit({name: 'fail-on = "error"\n'})
    assert (result.returncode, outcome(result.stdout), shop.commits) == (1, "Failed", 2), result.stdout
    assert "LAW020" in result.stdout


def test_the_hook_checks_every_manifest_when_one_changes(user: User) -> None:
    shop = user.with_hook({"id": "archlint"})
    assert shop.commit({"archlint.yaml": RISKY}, "--no-verify").returncode == 0
    result = shop.commit({"depot/archlint.yaml": UNRELATED})
    assert (result.returncode, outcome(result.stdout)) == (1, "Failed"), result.stdout
    assert "checkout" in result.stdout


def test_the_hook_for_files_checks_what_changes_and_nothing_else(user: User) -> None:
    shop = user.with_hook({"id": "archlint-files"})
    assert shop.commit({"archlint.yaml": RISKY}, "--no-verify").returncode == 0
    safe = shop.commit({"depot/archlint.yaml": UNRELATED})
    assert (safe.returncode, outcome(safe.stdout)) == (0, "Passed"), safe.stdout
    risky = shop.commit({"archlint.yaml": RISKY + "    tier: important\n"})
    assert (risky.returncode, outcome(risky.stdout)) == (1, "Failed"), risky.stdout


def test_the_hook_for_drift_stops_a_commit_that_only_changes_what_is_deployed(user: User) -> None:
    (hook,) = yaml.safe_load(examples(GUIDE)["pre-commit with drift"])["repos"][0]["hooks"]
    shop = user.with_hook(hook)
    manifest = "archlint: 1\nsystem: {name: shop}\nservices: {web: {replicas: 2}}\n"
    compose = "services: {web: {image: shop/web, deploy: {replicas: 2}}}\n"
    same = shop.commit({"archlint.yaml": manifest, "compose.yaml": compose})
    assert (same.returncode, outcome(same.stdout)) == (0, "Passed"), same.stdout
    changed = shop.commit({"compose.yaml": compose.replace("2", "1")})
    assert (changed.returncode, outcome(changed.stdout)) == (1, "Failed"), changed.stdout
    assert "`services.web.replicas` is 2, the source says 1" in changed.stdout
    unrelated = shop.commit({"README.md": "Shop, again\n", "compose.yaml": compose})
    assert unrelated.returncode == 0, unrelated.stdout


def test_a_deletion_alone_runs_no_hook(user: User) -> None:
    shop = user.with_hook({"id": "archlint"})
    assert shop.commit({"archlint.yaml": RISKY, "depot/archlint.yaml": UNRELATED}, "--no-verify").returncode == 0
    (shop.folder / "depot" / "archlint.yaml").unlink()
    result = shop.commit({})
    assert (result.returncode, outcome(result.stdout)) == (0, "Skipped"), result.stdout
    assert shop.pre_commit("run", "--all-files").returncode == 1


def test_options_and_paths_of_the_configuration_reach_archlint(user: User) -> None:
    (hook,) = yaml.safe_load(examples(GUIDE)["pre-commit with options"])["repos"][0]["hooks"]
    shop = user.with_hook(hook)
    quiet = shop.commit({"architecture/archlint.yaml": SAFE, "elsewhere/archlint.yaml": RISKY})
    assert (quiet.returncode, outcome(quiet.stdout)) == (0, "Passed"), quiet.stdout
    assert "1 file" in quiet.stdout  # verbose
    warned = shop.commit({"architecture/archlint.yaml": SAFE.replace("replicas: 20", "replicas: 12")})
    assert (warned.returncode, outcome(warned.stdout)) == (1, "Failed"), warned.stdout
    assert "warning" in warned.stdout


def test_pyproject_is_checked_where_the_configuration_says_so(user: User) -> None:
    (hook,) = yaml.safe_load(examples(GUIDE)["pre-commit with pyproject.toml"])["repos"][0]["hooks"]
    shop = user.with_hook(hook)
    assert shop.commit({"archlint.yaml": RISKY}, "--no-verify").returncode == 0
    result = shop.commit({"pyproject.toml": '[tool.archlint]\nfail-on = "error"\n'})
    assert (result.returncode, outcome(result.stdout)) == (1, "Failed"), result.stdout


# archlint's own configuration


def test_archlint_uses_its_own_hook() -> None:
    own = {hook["id"]: hook for repo in loaded(ROOT / ".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]}
    assert "archlint check" in own["archlint-files"]["entry"]
    for key in ("name", "types", "require_serial"):
        assert own["archlint-files"][key] == OFFERED["archlint-files"][key]


def test_its_own_hook_runs_on_a_clone_with_the_archlint_of_the_working_tree(archlint: Repository, home: Path) -> None:
    clone = Repository(home / "clone", environment(home) | {"PYTHON": sys.executable})
    archlint.git("clone", "--quiet", str(archlint.folder), str(clone.folder))
    result = clone.pre_commit("run", "archlint-files", "--all-files")
    assert (result.returncode, outcome(result.stdout)) == (0, "Passed"), result.stdout
    (clone.folder / "fixtures" / "systems" / "broken.archlint.yaml").write_text(RISKY, encoding="utf-8")
    clone.git("add", "--all")
    result = clone.pre_commit("run", "archlint-files")
    assert (result.returncode, outcome(result.stdout)) == (1, "Failed"), result.stdout
