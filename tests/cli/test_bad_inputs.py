"""What nobody should hand to a linter and somebody does: each gives a place or a plain message, never a trace."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archlint.engine import exit_codes

if TYPE_CHECKING:
    from tests.cli.conftest import Run

HEAD = "archlint: 1\nsystem: {name: shop}\n"
SERVICE = HEAD + "services:\n  checkout:\n    "

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)
INPUTS: dict[str, tuple[bytes, str, int]] = {
    "not YAML": (b"archlint: 1\nsystem: {name: shop\nservices: ]\n", "MAN001", 3),
    "a tab": (b"archlint: 1\nsystem:\n\tname: shop\n", "MAN001", 3),
    "NUL": (b"archlint: 1\nsystem: {name: s\x00hop}\n", "MAN001", 2),
    "Latin-1": ("archlint: 1\nsystem: {name: caf\xe9}\n".encode("latin-1"), "MAN001", 2),
    "UTF-16": (HEAD.encode("utf-16"), "MAN001", 1),
    "empty": (b"", "MAN001", 1),
    "a comment alone": (b"# nothing\n", "MAN001", 1),
    "two documents": ((HEAD + "---\n" + HEAD).encode(), "MAN001", 3),
    "a list at the top": (b"- archlint: 1\n", "MAN001", 1),
    "a text at the top": (b"archlint\n", "MAN001", 1),
    "a key twice": ((HEAD + "system: {name: other}\n").encode(), "MAN003", 3),
    "an alias bomb": ((HEAD + "x-bomb:\n" + "".join(f"  {line}\n" for line in BOMB.splitlines())).encode(),
                      "MAN006", 8),
    "a cycle of aliases": ((HEAD + "x-loop: &loop [*loop]\n").encode(), "MAN006", 3),
    "100,000 brackets": (b"[" * 100_000, "MAN006", 1),
    "65 levels": ((HEAD + "x-deep: " + "[" * 64 + "]" * 64 + "\n").encode(), "MAN006", 3),
    "50 MB": (b"# " + b"x" * 50_000_000, "MAN006", 1),
    "not a number": ((SERVICE + "load: {peak: .nan}\n").encode(), "MAN002", 5),
    "a negative rate": ((SERVICE + "load: {peak: -5/s}\n").encode(), "MAN002", 5),
    "more than all": ((SERVICE + "slo: {availability: 130%}\n").encode(), "MAN002", 5),
    "a word for a truth value": ((SERVICE + 'calls: [{to: checkout, required: "no"}]\n').encode(), "MAN002", 5),
    "a null": ((SERVICE + "replicas: null\n").encode(), "MAN002", 5),
    "an empty value": ((SERVICE + "replicas:\n").encode(), "MAN002", 5),
    "an unknown key": ((SERVICE + "replcas: 2\n").encode(), "MAN002", 5),
    "an unknown reference": ((SERVICE + "calls: [{to: ledgr}]\n").encode(), "MAN004", 5),
}  # fmt: skip


@pytest.mark.parametrize("name", INPUTS)
def test_a_bad_manifest_is_a_finding_with_a_place(archlint: Run, tmp_path: Path, name: str) -> None:
    content, code, line = INPUTS[name]
    file = tmp_path / "archlint.yaml"
    file.write_bytes(content)
    result = archlint("check", str(file), "--format", "json")
    findings = json.loads(result.out)["findings"]
    assert result.code == exit_codes.FINDINGS
    own = [found for found in findings if found["code"] == code]
    assert [found["line"] for found in own] == [line], findings
    assert result.err == ""


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("format", ["full", "concise", "grouped"])
def test_every_text_format_shows_it(archlint: Run, tmp_path: Path, name: str, format: str) -> None:
    content, code, _ = INPUTS[name]
    result = archlint("check", "-", "--format", format, stdin=content)
    assert result.code == exit_codes.FINDINGS
    assert f"{code}[" in result.out
    assert len(result.out) < 4_000
    assert result.err == ""


def test_a_folder_without_manifests_is_wrong_usage(archlint: Run, tmp_path: Path) -> None:
    result = archlint("check", str(tmp_path))
    assert (result.code, result.out) == (exit_codes.USAGE, "")
    assert "no manifest below" in result.err


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may read everything")
def test_an_unreadable_file_is_wrong_usage(archlint: Run, tmp_path: Path) -> None:
    file = tmp_path / "archlint.yaml"
    file.write_text(HEAD)
    file.chmod(0)
    result = archlint("check", str(file))
    assert (result.code, result.out) == (exit_codes.USAGE, "")
    assert "cannot be read: Permission denied" in result.err


def test_a_link_to_nowhere_is_wrong_usage(archlint: Run, tmp_path: Path) -> None:
    file = tmp_path / "archlint.yaml"
    file.symlink_to(tmp_path / "nowhere")
    result = archlint("check", str(file))
    assert (result.code, result.out) == (exit_codes.USAGE, "")
    assert "cannot be read" in result.err
