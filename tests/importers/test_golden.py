"""Each file of fixtures/imports with a draft beside it is drafted as it stands there, to the byte.

`UPDATE_GOLDEN=1` writes the drafts anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archlint.engine.session import Request, run
from archlint.importers.importing import Asked, import_sources
from archlint.manifest.loading import load

FIXTURES = Path(__file__).parents[2] / "fixtures" / "imports"
SUFFIX = ".draft.yaml"
CASES = sorted(
    path
    for path in FIXTURES.glob("*/*")
    if not path.name.endswith(SUFFIX) and (path.parent / f"{path.stem}{SUFFIX}").exists()
)


def ident(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", CASES, ids=ident)
def test_a_file_is_drafted_as_it_stands_beside_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    text = import_sources([Asked(path.parent.name, (path.name,))]).text()
    golden = path.parent / f"{path.stem}{SUFFIX}"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", CASES, ids=ident)
def test_a_draft_is_valid_and_fails_no_build(path: Path) -> None:
    golden = (path.parent / f"{path.stem}{SUFFIX}").read_bytes()
    assert load(golden, "draft").problems == ()
    import datetime

    report = run(Request(today=datetime.date(2026, 11, 15), paths=("-",), stdin=golden))
    assert report.summary.error == 0
    assert report.faults == ()


@pytest.mark.parametrize("path", CASES, ids=ident)
def test_auto_recognises_a_file_as_its_own_source_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    assert import_sources([Asked("auto", (path.name,))]).sources == (path.parent.name,)
