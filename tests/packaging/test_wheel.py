"""The wheel holds what git holds, brings one name, and works from an empty environment."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.packaging.conftest import Environment

pytestmark = pytest.mark.xdist_group("packaging")

SIZE_LIMIT = 45_000_000
FOLDERS = {"archlint": "archlint", "checks": "archlint/checks", "schemas": "archlint/schemas"}

RISKY = """\
archlint: 1
as_of: 2026-11-15
system: {name: shop}
services:
  checkout:
    replicas: 2
    load: {peak: 1000/s}
    capacity: {concurrency: 10, service_time: 100ms}
"""


def names_to_install(sources: Path) -> set[str]:
    """Every file that git knows under the package's folders, by the name under which a wheel installs it."""
    return {
        f"{installed}/{file.relative_to(sources / folder).as_posix()}"
        for folder, installed in FOLDERS.items()
        for file in (sources / folder).rglob("*")
        if file.is_file()
    }


def names_in(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def test_the_wheel_holds_exactly_the_files_of_the_package(wheel: Path) -> None:
    packed = {name for name in names_in(wheel) if ".dist-info/" not in name}
    assert sorted(packed) == sorted(names_to_install(wheel.parent / "sources"))


def test_the_wheel_brings_no_top_level_name_but_archlint(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in names_in(wheel)}
    (information,) = tops - {"archlint"}
    assert information.startswith("archlint-")
    assert information.endswith(".dist-info")


def test_an_empty_environment_stays_small(environment: Environment) -> None:
    assert size_of(environment.site_packages) < SIZE_LIMIT


def test_the_command_tells_its_version(environment: Environment, tmp_path: Path) -> None:
    result = environment.run("--version", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "archlint" in result.stdout


def test_folders_called_checks_and_schemas_of_a_user_shadow_nothing(environment: Environment, tmp_path: Path) -> None:
    for name in ("checks", "schemas"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('imported from a user')\n")
    (tmp_path / "archlint.yaml").write_text(RISKY)
    result = environment.run("check", cwd=tmp_path)
    assert result.returncode == 1, result.stderr
    assert "LAW020" in result.stdout
    module = subprocess.run(
        [str(environment.python), "-m", "archlint", "check", "archlint.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (module.returncode, module.stdout) == (1, result.stdout), module.stderr
