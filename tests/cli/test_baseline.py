"""`archlint baseline` and `archlint check --baseline`, as they are called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archlint.engine import exit_codes, session
from archlint.engine.results import Fault, Report
from archlint.records import replace

if TYPE_CHECKING:
    from tests.cli.conftest import Run

FILE = ".archlint-baseline.json"
ONE = "LAW020"
# 10,000/s x 100 ms are 1,000 requests at once; 12 x 64 are held: an exposure of 1.30.
SHOP = """\
archlint: 1
system: {name: shop}
services:
  web:
    replicas: 12
    load: {peak: 10k/s}
    capacity: {concurrency: 64, service_time: 100ms}
flows:
  browse: {entry: web, slo: {availability: 99.9%, window: 30d}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARCHLINT_TODAY", "2026-11-15")
    Path("archlint.yaml").write_text(SHOP)


def load(peak: str) -> None:
    Path("archlint.yaml").write_text(SHOP.replace("10k/s", peak))


def test_adopting_a_baseline(archlint: Run) -> None:
    assert archlint("check", "--select", ONE).code == exit_codes.FINDINGS
    written = archlint("baseline", "write", "--select", ONE, "--reason", "since 2024")
    assert (written.code, written.out) == (exit_codes.CLEAN, f"{FILE} written: 1 added; 1 entry\n")
    assert '"reason": "since 2024"}\n' in Path(FILE).read_text()
    assert archlint("check", "--select", ONE, "--baseline", FILE).code == exit_codes.CLEAN
    held = archlint("baseline", "check", "--select", ONE)
    assert (held.code, held.out) == (exit_codes.CLEAN, f"{FILE}: holds; 1 entry\n")


@pytest.mark.parametrize(("peak", "code"), [("10350/s", exit_codes.CLEAN), ("11600/s", exit_codes.FINDINGS)])
def test_130_stays_accepted_at_135_and_comes_back_at_150(archlint: Run, peak: str, code: int) -> None:
    archlint("baseline", "write", "--select", ONE)
    load(peak)
    result = archlint("check", "--select", ONE, "--baseline", FILE)
    assert result.code == code
    assert ("= baselined at: 1.30\n" in result.out) is (code == exit_codes.FINDINGS)


def test_check_lists_what_differs(archlint: Run) -> None:
    archlint("baseline", "write", "--select", ONE)
    load("12k/s")
    outgrown = archlint("baseline", "check", "--select", ONE)
    assert outgrown.code == exit_codes.FINDINGS
    first, last = outgrown.out.splitlines()
    assert first.startswith("outgrown: archlint.yaml:7:16: error LAW020[concurrency-below-littles-law] web needs ")
    assert first.endswith(" (baselined at 1.30)")
    assert last == f"{FILE}: 1 outgrown; 1 entry"
    load("1/s")
    stale = archlint("baseline", "check", "--select", ONE)
    assert stale.code == exit_codes.FINDINGS
    assert stale.out.startswith("stale: LAW020 shop services.web.capacity.concurrency (v1:")
    assert archlint("baseline", "prune", "--select", ONE).out == f"{FILE} pruned: 1 removed; 0 entries\n"
    assert json.loads(Path(FILE).read_text()) == {"version": 1, "findings": []}
    load("10k/s")
    missing = archlint("baseline", "check", "--select", ONE)
    assert missing.code == exit_codes.FINDINGS
    assert missing.out.startswith("missing: archlint.yaml:7:16: error LAW020")


def test_the_differences_as_json(archlint: Run) -> None:
    archlint("baseline", "write", "--select", ONE)
    load("12k/s")
    archlint("baseline", "check", "--select", ONE, "--format", "json", "-o", "out.json")
    document = json.loads(Path("out.json").read_text())
    assert {key: len(value) for key, value in document.items() if isinstance(value, list)} == {
        "missing": 0, "outgrown": 1, "stale": 0, "unjudged": 0, "errors": 0,
    }  # fmt: skip
    (outgrown,) = document["outgrown"]
    assert (outgrown["exposure"], outgrown["baselined"]["exposure"]) == (1.5625, 1.30208)
    assert (outgrown["file"], outgrown["line"], document["entries"]) == ("archlint.yaml", 7, 1)


def test_manifest_errors_are_told_and_never_written(archlint: Run) -> None:
    archlint("baseline", "write", "--select", ONE)
    before = Path(FILE).read_text()
    Path("archlint.yaml").write_text(SHOP.replace("replicas", "replcas"))
    for action in ("write", "prune"):
        result = archlint("baseline", action, "--select", ONE)
        assert result.code == exit_codes.FINDINGS
        assert "\n1 manifest error: no baseline accepts them" in result.out
        assert Path(FILE).read_text() == before
    checked = archlint("baseline", "check", "--select", ONE)
    assert checked.code == exit_codes.FINDINGS
    assert checked.out.startswith("never accepted: archlint.yaml:5:5: error MAN002")


@pytest.mark.parametrize(("kind", "code"), [("check", exit_codes.INTERNAL), ("plug-in", exit_codes.USAGE)])
def test_nothing_is_written_where_not_every_check_has_run(
    archlint: Run, monkeypatch: pytest.MonkeyPatch, kind: str, code: int
) -> None:
    archlint("baseline", "write")
    before = Path(FILE).read_text()
    assert json.loads(before)["findings"] != []
    real = session.run

    def run(request: session.Request) -> Report:
        return replace(real(request), findings=(), faults=(Fault(kind, "LAW999", "failed"),))

    monkeypatch.setattr(session, "run", run)
    for action, done in (("write", "written"), ("prune", "pruned")):
        result = archlint("baseline", action)
        assert (result.code, result.out) == (code, "")
        assert f"{FILE} is not {done}, because not every check has run\n" in result.err
        assert "LAW999" in result.err
    assert archlint("baseline", "check").code == code
    assert Path(FILE).read_text() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check", "--baseline", "nowhere.json"), "nowhere.json: no such baseline"),
        (("baseline", "check"), f"{FILE}: no such baseline; make one with `archlint baseline write`"),
        (("baseline", "prune", "--baseline", "x.json"), "x.json: no such baseline"),
        (("baseline", "write", "--set", "services.web.replicas=99"), "not what --set assumes; leave it out"),
        (("baseline", "write", "--scale-load", "2x"), "not what --scale-load assumes"),
        (("baseline", "prune", "--set", "services.web.replicas=99"), "not what --set assumes"),
        (("baseline", "write", "--select", "LAW999"), "no check matches the selector `LAW999`"),
        (("baseline", "write", "nowhere"), "nowhere: no such file"),
        (("baseline", "write", "--baseline", "."), ".: cannot be read: Is a directory"),
        (("baseline", "wirte"), "wirte"),
        (("check", "--new-since=--upload-pack=x"), "`--upload-pack=x` is no revision of git"),
    ],
)
def test_wrong_usage(archlint: Run, arguments: tuple[str, ...], message: str) -> None:
    result = archlint(*arguments)
    assert (result.code, result.out) == (exit_codes.USAGE, "")
    assert message in result.err
    assert not Path(FILE).exists()


def test_a_malformed_baseline_is_neither_used_nor_written_over(archlint: Run) -> None:
    Path(FILE).write_text('{"version": 1,\n "findings": [}\n')
    for arguments in (
        ("check", "--baseline", FILE),
        ("baseline", "write"),
        ("baseline", "check"),
        ("baseline", "prune"),
    ):
        result = archlint(*arguments)
        assert result.code == exit_codes.USAGE
        assert f"{FILE}:2:15: no JSON" in result.err
    assert Path(FILE).read_text() == '{"version": 1,\n "findings": [}\n'


def test_the_configuration_names_the_baseline_and_the_checks(archlint: Run) -> None:
    Path("deep").mkdir()
    Path("archlint.toml").write_text(f'baseline = "deep/accepted.json"\nselect = ["{ONE}"]\n')
    assert archlint("check").code == exit_codes.USAGE
    assert archlint("baseline", "write").out == "deep/accepted.json written: 1 added; 1 entry\n"
    assert archlint("check").code == exit_codes.CLEAN
    assert archlint("baseline", "check").code == exit_codes.CLEAN
    assert archlint("check", "--isolated").code == exit_codes.FINDINGS


def test_what_is_excluded_once_is_not_gone(archlint: Run) -> None:
    Path("pay.archlint.yaml").write_text(SHOP.replace("shop", "pay"))
    archlint("baseline", "write", "--select", ONE)
    held = archlint("baseline", "check", "--select", ONE, "--exclude", "pay.*")
    assert (held.code, held.out) == (exit_codes.CLEAN, f"{FILE}: holds; 2 entries, 1 of them not judged by this run\n")
    Path("pay.archlint.yaml").unlink()
    assert archlint("baseline", "check", "--select", ONE).code == exit_codes.FINDINGS
    assert archlint("baseline", "check", "--select", ONE, "archlint.yaml").code == exit_codes.CLEAN


def test_a_baseline_that_cannot_be_written(archlint: Run) -> None:
    Path("file").write_text("")
    result = archlint("baseline", "write", "--baseline", "file/x.json")
    assert result.code == exit_codes.USAGE
    assert "file/x.json" in result.err


def test_writing_twice_changes_nothing(archlint: Run) -> None:
    archlint("baseline", "write")
    before = Path(FILE).read_bytes()
    assert ": nothing changed; " in archlint("baseline", "write").out
    assert Path(FILE).read_bytes() == before
    assert [path.name for path in Path().iterdir() if path.name.startswith(".")] == [FILE]
