"""What is new since a revision: the workspace as git has it against the working tree."""

from __future__ import annotations

import datetime
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from archlint.engine import exit_codes, session
from archlint.engine.errors import UsageError
from archlint.engine.results import EvidenceRow, Report, Suppressed
from archlint.engine.session import Request, exit_code
from archlint.engine.sources.git import Repository
from archlint.engine.sources.gitignore import Rules, parse

if TYPE_CHECKING:
    from archlint.engine.registry import Registry
    from tests.engine.conftest import MakeRegistry

TODAY = datetime.date(2026, 11, 15)
CHECKS = """
@check("ACM001", "overloaded", severity=WARNING)
def overloaded(service: Service, analyses: Analyses) -> Iterator[Finding]:
    '''A service takes more than it bears.'''
    if service.name == "raises":
        raise ValueError("no")
    ratio = need(service, "load.peak") / 100
    if ratio > 1:
        yield Finding(at=service, field="load.peak", message=f"{ratio}", exposure=ratio,
                      severity=ERROR if service.spec.tier == "critical" else None)
"""
SHOP = """\
archlint: 1
system: {name: shop}
services:
  web: {load: {peak: 130/s}}
"""
PAY = SHOP.replace("shop", "pay")
MORE = "  api: {load: {peak: 300/s}}\n"


@pytest.fixture
def registry(registry_from: MakeRegistry) -> Registry:
    return registry_from(CHECKS)


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "nobody")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "nobody@example.org")
    git("init", "-q", "-b", "main")
    return place


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout.strip()


def write(**texts: str) -> None:
    for name, text in texts.items():
        Path(f"{name}.archlint.yaml").write_text(text, encoding="utf-8")


def commit(**texts: str) -> str:
    write(**texts)
    git("add", "--all")
    git("commit", "-q", "-m", "a commit", "--allow-empty")
    return git("rev-parse", "HEAD")


def run(registry: Registry, *paths: str, since: str = "main", **options: Any) -> Report:
    return session.run(Request(TODAY, paths, new_since=since, **options), registry)


def new(report: Report) -> list[tuple[str, str]]:
    return [(finding.system, finding.path) for finding in report.unsuppressed]


def test_what_stood_there_is_suppressed_and_what_is_new_is_not(registry: Registry) -> None:
    base = commit(shop=SHOP)
    write(shop=SHOP + MORE)
    report = run(registry)
    assert new(report) == [("shop", "services.api.load.peak")]
    (old,) = [finding for finding in report.findings if finding.suppressed]
    assert old.suppressed == Suppressed("new-since", f"stood at main ({base[:10]})")
    assert (report.summary.warning, report.summary.suppressed) == (1, 1)


@pytest.mark.parametrize(("peak", "is_new"), [("100.1/s", False), ("135/s", False), ("143/s", False), ("150/s", True)])
def test_what_is_worse_by_more_than_a_tenth_is_new(registry: Registry, peak: str, is_new: bool) -> None:
    commit(shop=SHOP)
    write(shop=SHOP.replace("130/s", peak))
    assert new(run(registry)) == [("shop", "services.web.load.peak")] * is_new


def test_what_is_worse_says_how_it_was(registry: Registry) -> None:
    commit(shop=SHOP)
    write(shop=SHOP.replace("130/s", "150/s").replace("{load", "{tier: critical, load"))
    (finding,) = run(registry).unsuppressed
    assert finding.evidence == (
        EvidenceRow("exposure at main", 1.3, "", "1.30"),
        EvidenceRow("severity at main", "warning", "", "warning"),
    )


def test_the_old_side_is_where_the_branch_began_and_not_the_tip(registry: Registry) -> None:
    commit(shop=SHOP)
    git("checkout", "-q", "-b", "branch")
    commit(shop=SHOP)
    git("checkout", "-q", "main")
    commit(shop=SHOP + MORE)
    git("checkout", "-q", "branch")
    write(shop=SHOP + MORE)
    assert new(run(registry)) == [("shop", "services.api.load.peak")]


def test_tags_and_abbreviations_are_revisions(registry: Registry) -> None:
    base = commit(shop=SHOP)
    git("tag", "-a", "v1", "-m", "a tag")
    commit(shop=SHOP + MORE)
    for revision in ("v1", base, base[:8], "HEAD~1", "main@{1}"):
        assert new(run(registry, since=revision)) == [("shop", "services.api.load.peak")]


def test_lines_files_and_folders_may_move(registry: Registry) -> None:
    commit(shop=SHOP)
    Path("deep/er").mkdir(parents=True)
    Path("shop.archlint.yaml").rename("deep/er/archlint.yml")
    Path("deep/er/archlint.yml").write_text("# moved\n\n" + SHOP)
    assert new(run(registry)) == []


def test_the_old_side_is_the_whole_workspace_whatever_the_paths(registry: Registry) -> None:
    Path("deep").mkdir()
    commit(**{"shop": SHOP, "deep/pay": PAY})
    write(**{"shop": SHOP + MORE, "deep/pay": PAY + MORE})
    assert new(run(registry, "shop.archlint.yaml")) == [("shop", "services.api.load.peak")]
    Path("shop.archlint.yaml").rename("deep/shop.archlint.yaml")
    assert new(run(registry, "deep/shop.archlint.yaml")) == [("shop", "services.api.load.peak")]
    os.chdir("deep")
    assert new(run(registry)) == [("pay", "services.api.load.peak"), ("shop", "services.api.load.peak")]


def test_files_that_a_search_passes_over_are_no_part_of_the_old_side(registry: Registry) -> None:
    for folder in (".hidden", "node_modules/deep"):
        Path(folder).mkdir(parents=True)
    commit(**{".hidden/shop": SHOP, "node_modules/deep/shop": SHOP, "other": PAY})
    write(shop=SHOP)
    assert new(run(registry)) == [("shop", "services.web.load.peak")]


def test_a_folder_or_a_file_that_is_named_is_part_of_the_old_side(registry: Registry) -> None:
    Path(".hidden").mkdir()
    Path("shop.yaml").write_text(SHOP)
    commit(**{".hidden/pay": PAY})
    assert new(run(registry, ".hidden", "shop.yaml")) == []
    assert new(run(registry, "-", stdin=SHOP.encode(), stdin_filename="shop.yaml")) == []
    assert new(run(registry, "-", stdin=SHOP.encode(), stdin_filename="none/other.yaml")) != []


def test_what_the_run_excludes_is_excluded_on_both_sides(registry: Registry) -> None:
    Path("a-copy").mkdir()
    commit(**{"a-copy/shop": SHOP.replace("130/s", "900/s"), "shop": SHOP})
    write(shop=SHOP.replace("130/s", "150/s"))
    exclude = (Rules(os.getcwd(), parse(["a-copy"])),)
    assert new(run(registry, exclude=exclude)) == [("shop", "services.web.load.peak")]
    assert new(run(registry, "shop.archlint.yaml")) == [("shop", "services.web.load.peak")]
    Path(".gitignore").write_text("a-copy/\n")
    assert new(run(registry)) == [("shop", "services.web.load.peak")]
    assert new(run(registry, "a-copy")) == []


def test_links_of_the_old_tree_lead_to_what_they_led_to(registry: Registry) -> None:
    Path("real").mkdir()
    Path("real/shop.yaml").write_text(SHOP)
    Path("shop.archlint.yaml").symlink_to("real/shop.yaml")
    Path("again.archlint.yaml").symlink_to("shop.archlint.yaml")
    Path("lost.archlint.yaml").symlink_to("/nowhere/x")
    Path("round.archlint.yaml").symlink_to("round.archlint.yaml")
    commit()
    Path("lost.archlint.yaml").unlink()
    Path("round.archlint.yaml").unlink()
    assert new(run(registry)) == []


def test_names_that_git_would_quote(registry: Registry) -> None:
    Path("tab\tle “ä”").mkdir()
    commit(**{"tab\tle “ä”/shop": SHOP, "new\nline": PAY})
    assert new(run(registry)) == []


def test_errors_of_a_manifest_are_always_shown(registry: Registry) -> None:
    broken = SHOP + "  api: {calls: [{to: nowhere}]}\n"
    commit(shop=broken)
    report = run(registry)
    assert [finding.code for finding in report.unsuppressed] == ["MAN004"]
    assert exit_code(report) == exit_codes.FINDINGS


def test_findings_of_a_file_that_was_broken_are_new(registry: Registry) -> None:
    commit(shop="archlint: [")
    write(shop=SHOP)
    assert new(run(registry)) == [("shop", "services.web.load.peak")]


def test_an_assumption_is_about_the_working_tree(registry: Registry) -> None:
    commit(shop=SHOP)
    assert new(run(registry, scale_load="1.05x")) == []
    report = run(registry, scale_load="2x")
    assert new(report) == [("shop", "services.web.load.peak")]
    assert report.assumptions != ()
    assert new(run(registry, overrides=("services.web.load.peak=50/s",))) == []


def test_a_check_that_fails_on_the_old_side_alone_is_a_fault(registry: Registry) -> None:
    base = commit(shop=SHOP + "  raises: {}\n")
    write(shop=SHOP)
    report = run(registry)
    assert [(fault.name, fault.message) for fault in report.faults] == [
        ("ACM001", f"at main ({base[:10]}): failed on service `raises`: ValueError: no")
    ]
    assert exit_code(report) == exit_codes.INTERNAL


def test_a_check_that_fails_on_both_sides_is_one_fault(registry: Registry) -> None:
    commit(shop=SHOP + "  raises: {}\n")
    assert len(run(registry).faults) == 1


def test_nothing_is_written_or_checked_out(registry: Registry, repository: Path) -> None:
    commit(shop=SHOP)
    write(shop=SHOP + MORE, pay=PAY)

    def state() -> dict[str, tuple[int, int]]:
        found = {str(path): path.lstat() for path in repository.rglob("*")}
        return {path: (status.st_mtime_ns, status.st_size) for path, status in found.items()}

    before = state()
    run(registry)
    assert state() == before


def test_a_repository_without_manifests_then(registry: Registry) -> None:
    commit()
    write(shop=SHOP)
    assert new(run(registry)) == [("shop", "services.web.load.peak")]


@pytest.mark.parametrize(
    "revision",
    ["--upload-pack=touch stolen", "-h", "", " ", "main\nmain", "main\0", "--", "--all"],
)
def test_what_is_no_revision_does_not_reach_git(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, revision: str
) -> None:
    commit(shop=SHOP)

    def refuse(*arguments: object) -> None:
        raise AssertionError(arguments)

    monkeypatch.setattr(Repository, "_git", refuse)
    with pytest.raises(UsageError, match="is no revision of git"):
        run(registry, since=revision)


@pytest.mark.parametrize("revision", ["nowhere", "main..HEAD", "main:shop.archlint.yaml", "^main", "0" * 40])
def test_a_revision_that_is_unknown_says_how_to_get_it(registry: Registry, revision: str) -> None:
    commit(shop=SHOP)
    with pytest.raises(UsageError, match=r"git knows no revision `.*` here; in a shallow clone, .*`fetch-depth: 0`"):
        run(registry, since=revision)


def test_a_shallow_clone_without_a_common_commit_says_how_to_get_it(registry: Registry, repository: Path) -> None:
    commit(shop=SHOP)
    git("branch", "other")
    commit(shop=SHOP + MORE)
    git("checkout", "-q", "other")
    commit(pay=PAY)
    clone = repository.parent / "clone"
    git("clone", "-q", "--depth=1", "--no-single-branch", f"file://{repository}", str(clone))
    os.chdir(clone)
    with pytest.raises(
        UsageError, match=r"no common commit of `origin/main` and HEAD in this shallow clone.*fetch-depth: 0"
    ):
        run(registry, since="origin/main")
    with pytest.raises(UsageError, match=r"git knows no revision `HEAD~1` here.*fetch-depth: 0"):
        run(registry, since="HEAD~1")


def test_histories_without_a_common_commit(registry: Registry) -> None:
    commit(shop=SHOP)
    git("checkout", "-q", "--orphan", "other")
    commit(shop=SHOP + MORE)
    with pytest.raises(UsageError, match=r"^`main` and HEAD have no commit in common$"):
        run(registry)


def test_a_repository_without_a_commit(registry: Registry) -> None:
    write(shop=SHOP)
    with pytest.raises(UsageError, match="there is no commit yet"):
        run(registry, since="HEAD")


def test_outside_of_a_repository(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "outside").mkdir()
    os.chdir(tmp_path / "outside")
    write(shop=SHOP)
    with pytest.raises(UsageError, match=r"outside is in no working tree of git: not a git repository"):
        run(registry)


def test_paths_in_two_repositories(registry: Registry) -> None:
    Path("inner").mkdir()
    git("init", "-q", "inner")
    write(**{"shop": SHOP, "inner/pay": PAY})
    with pytest.raises(UsageError, match="the paths are in several"):
        run(registry, ".", "inner")


def test_without_git(registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write(shop=SHOP)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="git is needed to compare with a revision"):
        run(registry)


def test_the_variables_of_a_hook_do_not_lead_astray(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(shop=SHOP)
    Path("deep").mkdir()
    write(**{"deep/pay": PAY})
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index.lock")
    os.chdir("deep")
    assert new(run(registry)) == [("pay", "services.web.load.peak")]


def test_the_folder_may_be_reached_through_a_link(registry: Registry, repository: Path) -> None:
    Path("deep").mkdir()
    commit(**{"deep/shop": SHOP})
    link = repository.parent / "link"
    link.symlink_to(repository / "deep")
    os.chdir(link)
    assert new(run(registry)) == []
    assert new(run(registry, str(link))) == []
