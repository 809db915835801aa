"""What keeps the house in order: arrows, the list of packages, no path of a machine in a tracked file."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
INSTALLED = ("archlint", "checks", "schemas")
MACHINE_PATH = re.compile(r"(?<![\w.~>)-])/(?:work|home|root|Users|tmp|private|mnt)/[\w.]")


@cache
def tracked() -> tuple[Path, ...]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return tuple(Path(name) for name in listing.stdout.split("\0") if name)


def text_of(file: Path) -> str:
    path = ROOT / file
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def setuptools_table() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(text_of(Path("pyproject.toml")))["tool"]["setuptools"]
    return table


def importable_name(folder: Path) -> str:
    parts = folder.parts if folder.parts[0] == "archlint" else ("archlint", *folder.parts)
    return ".".join(parts)


def test_dependencies_point_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_package_folder_is_in_the_list_of_packages() -> None:
    folders = {file.parent for file in tracked() if file.name == "__init__.py" and file.parts[0] in INSTALLED}
    assert sorted(setuptools_table()["packages"]) == sorted(importable_name(folder) for folder in folders)


def test_no_top_level_package_but_archlint() -> None:
    packages = {file.parts[0] for file in tracked() if file.name == "__init__.py"}
    tops = packages - {"examples"}  # which hold distributions of their own
    assert tops <= set(INSTALLED)
    assert {name.split(".")[0] for name in setuptools_table()["packages"]} == {"archlint"}


def test_checks_and_schemas_are_links_inside_the_package() -> None:
    for name in ("checks", "schemas"):
        assert (ROOT / "archlint" / name).resolve() == ROOT / name


def test_no_tracked_file_names_a_path_of_a_machine() -> None:
    named = [f"{file}: {found.group()}" for file in tracked() for found in MACHINE_PATH.finditer(text_of(file))]
    assert named == []
