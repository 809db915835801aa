"""What `.gitignore` leaves out: git itself is asked, and must agree."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archlint.engine.sources.gitignore import Exclusion, Rules, parse

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is the judge")
PATHS = (
    "a",
    "b",
    "a.b",
    "ab",
    "A",
    "a/a",
    "a/b",
    "a/ab",
    "b/a",
    "b/a.b",
    "b/b/a",
    "a b",
    "b/#a",
    "b/!b",
    "a]",
    "b/-",
    "a1",
)


def leaves_out(patterns: Sequence[str], path: str) -> bool:
    return Rules("/r", parse(patterns)).matches(f"/r/{path}")


@pytest.mark.parametrize(
    ("patterns", "path", "expected"),
    [
        (["a"], "a", True),
        (["a"], "b/a", True),
        (["a"], "ab", False),
        (["/a"], "b/a", False),
        (["b/a"], "c/b/a", False),
        (["**/b/a"], "c/b/a", True),
        (["a/**"], "a/b/c", True),
        (["a/**"], "a", False),
        (["a/**/c"], "a/c", True),
        (["a/**/c"], "a/x/y/c", True),
        (["*.yaml"], "b/a.yaml", True),
        (["b/*.yaml"], "b/c/a.yaml", False),
        (["a/"], "a", False),
        (["a/"], "a/b", True),
        (["a?"], "ab", True),
        (["a?c"], "a/c", False),
        (["[ab]"], "b", True),
        (["[!ab]"], "b", False),
        (["[^ab]"], "c", True),
        (["[a-c]"], "b", True),
        (["[c-a]"], "c", True),
        (["[c-a]"], "b", False),
        (["[[:digit:]]"], "4", True),
        (["[a"], "[a", False),
        (["a\\"], "a", False),
        ([r"\#a"], "#a", True),
        (["#a"], "#a", False),
        ([r"\!a"], "!a", True),
        (["a  "], "a", True),
        ([r"a\ "], "a ", True),
        (["a\r"], "a", True),
        (["a*", "!ab"], "ab", False),
        (["!ab", "a*"], "ab", True),
        ([""], "a", False),
        (["."], "a", False),
    ],
)
def test_patterns(patterns: list[str], path: str, expected: bool) -> None:
    assert leaves_out(patterns, path) is expected


def test_what_lies_elsewhere_is_not_meant() -> None:
    assert Rules("/r", parse(["*"])).verdict("/s/a", False) is None
    assert Rules("/r", parse(["*"])).verdict("/rs", False) is None


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="")


def git_leaves_out(root: Path, paths: Sequence[str]) -> set[str]:
    command = ["git", "-c", "core.excludesFile=", "check-ignore", "-z", "--stdin", "--no-index"]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    done = subprocess.run(command, cwd=root, env=environment, input="\0".join(paths).encode(), capture_output=True)
    assert done.returncode in (0, 1), done.stderr
    return set(filter(None, done.stdout.decode().split("\0")))


def ours_leave_out(root: Path, paths: Sequence[str]) -> set[str]:
    exclusion = Exclusion()
    return {path for path in paths if exclusion.leaves_out_any(str(root / path))}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


@needs_git
def test_nested_files_negation_and_folders(repository: Path) -> None:
    files = {
        ".gitignore": "*.log\nbuild/\n/only-here\n!kept.log\nsecret/*\n!secret/shown\n",
        "deep/.gitignore": "!a.log\nlocal\n",
        "deep/er/.gitignore": "a.log\n!local\n",
        "build/kept.log": "", "a.log": "", "kept.log": "", "only-here": "", "deep/only-here": "", "deep/a.log": "",
        "deep/b.log": "", "deep/local": "", "deep/er/a.log": "", "deep/er/local": "", "secret/x": "",
        "secret/shown": "", "deep/build/x": "", "deep/x/build": "",
    }  # fmt: skip
    write(repository, files)
    expected = {
        "build/kept.log", "a.log", "only-here", "deep/b.log", "deep/local", "deep/er/a.log", "secret/x", "deep/build/x",
    }  # fmt: skip
    assert ours_leave_out(repository, list(files)) == git_leaves_out(repository, list(files)) == expected


def test_a_repository_ends_the_search_upwards_and_outside_of_one_nothing_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, {".gitignore": "a\n", "a": "", "inner/a": "", "inner/.git": "gitdir: elsewhere\n"})
    assert ours_leave_out(tmp_path, ["a", "inner/a"]) == set()
    (tmp_path / ".git").mkdir()
    assert ours_leave_out(tmp_path, ["a", "inner/a"]) == {"a"}


def test_rules_come_before_the_files(tmp_path: Path) -> None:
    write(tmp_path, {".git/x": "", ".gitignore": "a\n", "a": "", "b": ""})
    exclusion = Exclusion([Rules(str(tmp_path), parse(["b", "!a"]))])
    assert not exclusion.leaves_out_any(str(tmp_path / "a"))
    assert exclusion.leaves_out_any(str(tmp_path / "b"))


def test_a_file_that_is_no_utf8_or_has_a_byte_order_mark_or_windows_lines(tmp_path: Path) -> None:
    write(tmp_path, {".git/x": "", "one/a": "", "two/a": ""})
    (tmp_path / "one/.gitignore").write_bytes(b"\xff\r\na\r\n")
    (tmp_path / "two/.gitignore").write_bytes("\ufeffa".encode())
    assert ours_leave_out(tmp_path, ["one/a", "two/a"]) == {"one/a", "two/a"}


LINES = st.lists(st.text(alphabet="ab/*?[]!-^\\# .:1", min_size=1, max_size=7), min_size=1, max_size=4)


@needs_git
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES, nested=LINES)
def test_git_agrees_whatever_the_patterns(repository: Path, lines: list[str], nested: list[str]) -> None:
    write(repository, {".gitignore": "\n".join(lines), "b/.gitignore": "\n".join(nested)})
    assert ours_leave_out(repository, PATHS) == git_leaves_out(repository, PATHS)
