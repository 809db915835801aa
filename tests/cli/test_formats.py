"""All formats through the command line: several in one run, empty ones, and files named as their repository does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from archlint.engine import exit_codes
from archlint.report import FORMATS

if TYPE_CHECKING:
    from tests.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[2]
DATED = ("--today", "2026-11-15")
MISSPELT = "archlint: 1\nsystem: {name: shop}\nservices:\n  checkout:\n    replcas: 2\n"
CLEAN = "archlint: 1\nsystem: {name: shop}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in a repository, entered."""
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "deploy" / "a b"
    folder.mkdir(parents=True)
    (folder / "archlint.yaml").write_text(MISSPELT, encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


def outputs(folder: Path) -> list[str]:
    return [argument for format in FORMATS for argument in ("-o", f"{format}={folder / format}")]


def test_one_run_writes_every_format_as_runs_of_their_own_do(archlint: Run, folder: Path, tmp_path: Path) -> None:
    together = archlint("check", "--format", "concise", *DATED, *outputs(tmp_path / "out"))
    assert together.code == exit_codes.FINDINGS
    for format in FORMATS:
        alone = archlint("check", "--format", format, *DATED)
        assert (alone.code, alone.err) == (exit_codes.FINDINGS, "")
        assert (tmp_path / "out" / format).read_text(encoding="utf-8") == alone.out


def test_every_format_is_valid_where_nothing_is_found(archlint: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "archlint.yaml").write_text(CLEAN, encoding="utf-8")
    hold_empty(archlint("check", "--select", "LAW020", *DATED, *outputs(tmp_path / "out")).code, tmp_path / "out")


def test_every_format_is_valid_where_there_is_no_manifest(archlint: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "archlint.yaml").unlink()
    hold_empty(archlint("check", "--allow-empty", *DATED, *outputs(tmp_path / "out")).code, tmp_path / "out")


def hold_empty(code: int, out: Path) -> None:
    assert code == exit_codes.CLEAN
    assert json.loads((out / "json").read_text(encoding="utf-8"))["findings"] == []
    assert json.loads((out / "sarif").read_text(encoding="utf-8"))["runs"][0]["results"] == []
    assert json.loads((out / "gitlab").read_text(encoding="utf-8")) == []
    assert (out / "github").read_bytes() == b""
    assert (out / "markdown").read_text(encoding="utf-8").startswith("### archlint: no findings in ")
    suites = ElementTree.parse(out / "junit").getroot()
    assert (suites.get("tests"), suites.get("failures")) == ("1", "0")


def test_formats_for_a_forge_name_files_from_the_root_of_the_repository(archlint: Run, folder: Path) -> None:
    assert archlint("check", "--format", "concise").out.startswith("archlint.yaml:5:5: ")
    sarif = json.loads(archlint("check", "--format", "sarif").out)
    physical = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "deploy/a%20b/archlint.yaml", "uriBaseId": "%SRCROOT%"}
    for format in ("github", "gitlab", "junit", "markdown"):
        assert "deploy/a b/archlint.yaml" in archlint("check", "--format", format).out


def test_a_link_to_a_manifest_is_the_manifest(archlint: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "linked.yaml").symlink_to(folder / "archlint.yaml")
    issues = json.loads(archlint("check", str(tmp_path / "linked.yaml"), "--format", "gitlab").out)
    assert [issue["location"]["path"] for issue in issues] == ["deploy/a b/archlint.yaml"]


def test_a_file_outside_the_repository_keeps_its_name(archlint: Run, folder: Path, tmp_path: Path) -> None:
    (folder / ".git").mkdir()
    (tmp_path / "other.yaml").write_text(MISSPELT, encoding="utf-8")
    issues = json.loads(archlint("check", "../../other.yaml", "--format", "gitlab").out)
    assert [issue["location"]["path"] for issue in issues] == ["../../other.yaml"]


def test_statistics_count_instead_of_listing(archlint: Run, folder: Path) -> None:
    result = archlint("check", "--statistics", *DATED)
    assert result.code == exit_codes.FINDINGS
    assert result.out.startswith("1  MAN002[schema-violation]  error\n\n1 error in 1 file")


def test_statistics_do_not_change_what_machines_read(archlint: Run, folder: Path) -> None:
    arguments = ("check", "--format", "json", *DATED)
    assert archlint(*arguments, "--statistics").out == archlint(*arguments).out


def test_a_sarif_report_tells_the_rules_that_ran(archlint: Run, folder: Path) -> None:
    sarif = json.loads(archlint("check", "--format", "sarif", "--select", "LAW020").out)
    rules = [rule["id"] for rule in sarif["runs"][0]["tool"]["driver"]["rules"]]
    assert rules == ["LAW020", "MAN001", "MAN002", "MAN003", "MAN004", "MAN005", "MAN006"]


def test_every_format_has_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    def write(seed: str) -> dict[str, bytes]:
        out = tmp_path / seed
        command = [sys.executable, "-m", "archlint", "check", "fixtures/systems", "--exit-zero", *DATED, *outputs(out)]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        return {file.name: file.read_bytes() for file in out.iterdir()}

    first = write("1")
    assert first.keys() == FORMATS.keys()
    assert write("2") == first
