"""`archlint plugins` and `--version`: what is installed beside archlint."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archlint.engine import exit_codes
from archlint.version import VERSION

if TYPE_CHECKING:
    from tests.cli.conftest import Run

CHECK = """
from archlint.plugin import *
COST = Extension("x-cost", {})
@check("ZED001", "zed-name", severity=INFO)
def zed(service: Service, analyses: object) -> Iterator[Finding]:
    '''Finds nothing.'''
    yield from ()
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two distributions: one that works, one that does not."""
    for name, module, text in (("archlint_zed", "zed_checks", CHECK), ("archlint_bad", "bad_checks", "1 / 0")):
        metadata = tmp_path / f"{name}-1.5.dist-info"
        metadata.mkdir()
        (metadata / "entry_points.txt").write_text(f"[archlint.checks]\nown = {module}\n")
        (tmp_path / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "zed_checks", raising=False)


def test_plug_ins_are_listed_with_what_they_bring(archlint: Run, installed: None) -> None:
    result = archlint("plugins")
    lines = result.out.splitlines()
    assert lines[0] == f"archlint {VERSION}"
    assert lines[2:] == [
        "archlint-bad 1.5",
        "  1 fault",
        "archlint-zed 1.5",
        "  ZED001 zed-name",
        "  x-cost",
        "fault: plug-in own of archlint-bad 1.5 failed: ZeroDivisionError: division by zero",
    ]
    assert result.code == exit_codes.USAGE


def test_plug_ins_as_json(archlint: Run, installed: None) -> None:
    result = archlint("plugins", "--format", "json")
    listed = json.loads(result.out)
    assert (listed["version"], listed["kind"]) == (1, "plugins")
    bad, zed = listed["items"][1:]
    assert bad["faults"] == [{"name": "own", "message": "ZeroDivisionError: division by zero"}]
    assert zed == {
        "distribution": "archlint-zed",
        "version": "1.5",
        "entry_points": [{"name": "own", "value": "zed_checks"}],
        "checks": [{"id": "ZED001", "name": "zed-name"}],
        "blocks": ["x-cost"],
        "faults": [],
    }


def test_the_version_names_plug_ins_without_importing_them(archlint: Run, installed: None) -> None:
    result = archlint("--version")
    assert (result.code, result.out) == (0, f"archlint {VERSION}\narchlint-bad 1.5\narchlint-zed 1.5\n")
    assert not {"zed_checks", "bad_checks"} & sys.modules.keys()


def test_without_plug_ins_there_is_archlint(archlint: Run) -> None:
    result = archlint("plugins")
    assert result.code == exit_codes.CLEAN
    assert len(result.out.splitlines()) == 2
    assert archlint("--version").out == f"archlint {VERSION}\n"
