"""From paths to manifests: what is read, under which name, once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archlint.engine.errors import UsageError
from archlint.engine.sources.discovery import (
    READ_AT_MOST,
    discover,
    display_name,
    is_manifest,
    read_source,
    repository_root,
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(*names: str) -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def found(*paths: str) -> list[str]:
    return [path.as_posix() for path in discover([Path(path) for path in paths])]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("archlint.yaml", True),
        ("archlint.yml", True),
        ("shop.archlint.yaml", True),
        ("shop.archlint.yml", True),
        ("archlint.toml", False),
        ("myarchlint.yaml", False),
        ("archlint.yaml.bak", False),
        ("shop.yaml", False),
        ("Archlint.yaml", False),
    ],
)
def test_names_of_manifests(name: str, expected: bool) -> None:
    assert is_manifest(name) is expected


def test_folders_are_searched_at_any_depth_and_sorted() -> None:
    write("b/archlint.yaml", "a/z/shop.archlint.yml", "a/archlint.yaml", "archlint.yml", "a/notes.yaml")
    assert found(".") == ["a/archlint.yaml", "a/z/shop.archlint.yml", "archlint.yml", "b/archlint.yaml"]
    assert found("a") == ["a/archlint.yaml", "a/z/shop.archlint.yml"]


def test_a_named_file_is_read_whatever_its_name() -> None:
    write("notes.txt", "a/archlint.yaml")
    assert found("notes.txt", "a") == ["a/archlint.yaml", "notes.txt"]


@pytest.mark.parametrize("hidden", [".git", ".venv", ".cache/deep", "node_modules", "__pycache__", "venv"])
def test_hidden_and_installed_folders_are_not_entered(hidden: str) -> None:
    write(f"{hidden}/archlint.yaml", "seen/archlint.yaml")
    assert found(".") == ["seen/archlint.yaml"]
    assert found(hidden, f"{hidden}/archlint.yaml") == [f"{hidden}/archlint.yaml"]


def test_nothing_is_found_in_an_empty_folder() -> None:
    assert found(".") == []


def test_a_folder_named_like_a_manifest_is_a_folder() -> None:
    write("archlint.yaml/archlint.yaml")
    assert found(".") == ["archlint.yaml/archlint.yaml"]


@pytest.mark.parametrize("paths", [(".", "archlint.yaml"), ("archlint.yaml", "./archlint.yaml"), (".", ".")])
def test_nothing_is_read_twice(paths: tuple[str, ...]) -> None:
    write("archlint.yaml")
    assert found(*paths) == ["archlint.yaml"]


def test_a_link_to_a_manifest_is_the_same_manifest() -> None:
    write("a/archlint.yaml")
    Path("b.archlint.yaml").symlink_to("a/archlint.yaml")
    assert found(".") == ["b.archlint.yaml"]
    assert found("a", "b.archlint.yaml") == ["a/archlint.yaml"]


def test_a_loop_of_folders_ends() -> None:
    write("a/archlint.yaml")
    Path("a/again").symlink_to(Path.cwd())
    assert found(".") == ["a/archlint.yaml"]


def test_the_order_does_not_depend_on_how_paths_are_written(folder: Path) -> None:
    write("a.archlint.yaml", "b.archlint.yaml")
    assert [Path(p).name for p in found("a.archlint.yaml", str(folder / "b.archlint.yaml"))] == [
        "a.archlint.yaml",
        "b.archlint.yaml",
    ]


@pytest.mark.parametrize("path", ["nowhere", "nowhere/archlint.yaml", "file/below", "x" * 5000, "a\0b"])
def test_a_path_that_is_not_there(path: str) -> None:
    write("file")
    with pytest.raises(UsageError, match="no such file or folder"):
        discover([Path(path)])


def test_a_link_to_nowhere_cannot_be_read() -> None:
    Path("archlint.yaml").symlink_to("nowhere")
    (path,) = discover([Path("archlint.yaml")])
    with pytest.raises(UsageError, match=r"^archlint\.yaml: cannot be read: No such file or directory$"):
        read_source(path)


def test_a_link_to_itself_cannot_be_read() -> None:
    Path("archlint.yaml").symlink_to("archlint.yaml")
    (path,) = discover([Path()])
    with pytest.raises(UsageError, match="cannot be read: Too many levels"):
        read_source(path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may read everything")
def test_a_folder_that_may_not_be_read() -> None:
    write("closed/archlint.yaml")
    Path("closed").chmod(0)
    try:
        with pytest.raises(UsageError, match="closed: cannot be read: Permission denied"):
            discover([Path()])
    finally:
        Path("closed").chmod(0o755)


def test_no_more_is_read_than_a_manifest_may_have() -> None:
    with open("archlint.yaml", "wb") as stream:
        stream.truncate(READ_AT_MOST + 5)
    assert len(read_source(Path("archlint.yaml")).content) == READ_AT_MOST


def test_names_are_relative_to_the_current_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a/archlint.yaml", "other/archlint.yaml")
    assert read_source(folder / "a" / "archlint.yaml").name == "a/archlint.yaml"
    assert read_source(Path("./a/../a/archlint.yaml")).name == "a/archlint.yaml"
    monkeypatch.chdir("a")
    assert read_source(Path("../other/archlint.yaml")).name == "../other/archlint.yaml"
    assert read_source(folder / "other" / "archlint.yaml").name == (folder / "other" / "archlint.yaml").as_posix()


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes")
def test_a_name_that_is_no_text_can_still_be_shown(folder: Path) -> None:
    name = os.fsdecode(b"caf\xe9.archlint.yaml")
    write(name)
    assert display_name(Path(name)) == "caf\ufffd.archlint.yaml"
    command = [sys.executable, "-m", "archlint", "check", "--format", "json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert "caf\ufffd.archlint.yaml" in done.stdout.decode()


def test_the_root_of_the_repository(folder: Path) -> None:
    write("repo/a/b/archlint.yaml", "repo/.git", "alone/archlint.yaml")
    assert repository_root(Path("repo/a/b")) == folder / "repo"
    assert repository_root(Path("repo/a/b/archlint.yaml")) == folder / "repo"
    assert repository_root(Path("repo")) == folder / "repo"
