from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archlint.cli.main import COMMANDS
from archlint.engine import exit_codes
from archlint.version import VERSION

if TYPE_CHECKING:
    from tests.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("pydantic", "yaml", "jsonschema", "rich", "importlib.metadata")


def python(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [sys.executable, *arguments], capture_output=True, text=True, timeout=60, **options
    )


def test_version(archlint: Run) -> None:
    result = archlint("--version")
    assert (result.code, result.out, result.err) == (0, f"archlint {VERSION}\n", "")


def test_help_names_every_command_with_its_summary(archlint: Run) -> None:
    result = archlint("--help")
    assert result.code == 0
    for name, (_, summary) in COMMANDS.items():
        assert f"  {name}" in result.out
        assert summary in result.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_imports_nothing_heavy_for_it(archlint: Run, name: str) -> None:
    assert import_module(COMMANDS[name][0]).command.name == name
    assert archlint(name, "--help").out.startswith(f"Usage: archlint {name} ")


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["check", "--help"], ["schema", "report"]])
def test_what_needs_no_manifest_imports_no_library_for_one(arguments: list[str]) -> None:
    code = (
        "import sys; from archlint.cli.main import main\n"
        f"assert main({arguments!r}) == 0\n"
        f"loaded = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "assert not loaded, loaded"
    )
    result = python("-c", code)
    assert result.returncode == 0, result.stderr


def test_a_text_report_needs_no_rich_and_no_jsonschema() -> None:
    code = (
        "import sys; from archlint.cli.main import main\n"
        "assert main(['check', '-']) == 1\n"
        "loaded = [name for name in ('rich', 'jsonschema', 'importlib.metadata') if name in sys.modules]\n"
        "assert not {'rich', 'jsonschema'} & set(loaded), loaded"
    )
    result = python("-c", code, input="archlint: 1\n")
    assert result.returncode == 0, result.stderr


def test_no_command_is_wrong_usage(archlint: Run) -> None:
    assert archlint().code == exit_codes.USAGE


def test_an_unknown_command_suggests_a_known_one(archlint: Run) -> None:
    result = archlint("chek", ".")
    assert result.code == exit_codes.USAGE
    assert "no command `chek`; did you mean `check`?" in result.err
    assert result.out == ""


def test_an_unknown_option_is_wrong_usage(archlint: Run) -> None:
    result = archlint("check", "--selct", "LAW")
    assert result.code == exit_codes.USAGE
    assert "--select" in result.err


def test_an_unexpected_exception_gives_a_report_to_paste(archlint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("archlint.engine.session.run", fail)
    result = archlint("check", "a b")
    assert result.code == exit_codes.INTERNAL
    assert result.out == ""
    assert result.err.startswith("error: archlint failed; this is a defect of archlint, not of a manifest\n")
    assert f"```text\narchlint {VERSION}, Python " in result.err
    assert "\ncommand: archlint check 'a b'\n" in result.err
    assert result.err.endswith("ZeroDivisionError: division by zero\n```\n")


def test_an_interrupt_is_130(archlint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("archlint.engine.session.run", interrupt)
    assert archlint("check").code == exit_codes.INTERRUPTED


def test_the_process_ends_with_130_on_a_signal() -> None:
    code = (
        "import os, signal, sys, archlint.engine.session as session\n"
        "session.run = lambda request: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.argv = ['archlint', 'check']\n"
        "from archlint.cli.main import run; run()"
    )
    result = python("-c", code)
    assert result.returncode == 130
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("arguments", [["catalog", "limits"], ["--help"], ["schema", "report"]])
def test_a_reader_that_is_gone_is_no_error(arguments: list[str]) -> None:
    code = (
        "import sys; sys.argv = ['archlint', *sys.argv[1:]]\n"
        "sys.stdin.read()\n"  # until the reader of standard output is closed
        "from archlint.cli.main import run; run()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, errors = process.communicate(b"", timeout=60)
    assert process.returncode == 0
    assert errors == b""


def test_findings_decide_the_exit_code_even_when_nobody_reads_them() -> None:
    code = (
        "import io, sys; sys.argv = ['archlint', 'check', '-']\n"
        "data = sys.stdin.buffer.read(); sys.stdin = io.TextIOWrapper(io.BytesIO(data))\n"
        "from archlint.cli.main import run; run()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, errors = process.communicate(b"archlint: 1\n", timeout=60)
    assert process.returncode == 1
    assert errors == b""


def test_python_m_archlint_is_the_command() -> None:
    result = python("-m", "archlint", "--version")
    assert (result.returncode, result.stdout) == (0, f"archlint {VERSION}\n")


def test_the_json_report_is_utf_8_whatever_the_terminal_takes() -> None:
    result = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-m", "archlint", "check", "-", "--format", "json"],
        input="archlint: 1\nsystem: {name: shop}\nsérvices: {}\n".encode(),
        capture_output=True, timeout=60, env={"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert "sérvices" in json.loads(result.stdout.decode("utf-8"))["findings"][0]["message"]


def test_a_shell_may_ask_how_to_complete_a_line(archlint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_ARCHLINT_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "archlint ch")
    monkeypatch.setenv("COMP_CWORD", "1")
    result = archlint()
    assert (result.code, result.out) == (0, "plain,check\n")


def test_a_path_cannot_act_on_the_terminal(archlint: Run) -> None:
    result = archlint("check", "\x1b]0;x\x07")
    assert result.code == exit_codes.USAGE
    assert result.err == "error: \\x1b]0;x\\x07: no such file or folder\n"


@pytest.mark.parametrize("format", ["full", "concise", "grouped", "json"])
def test_the_same_input_gives_the_same_bytes_whatever_the_hash_seed(format: str) -> None:
    folder = str(ROOT / "fixtures" / "systems")
    runs = [
        python("-m", "archlint", "check", folder, "--format", format, "--today", "2026-11-15", "--show-unknown",
               env={"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"})
        for seed in ("1", "2", "3")
    ]  # fmt: skip
    assert runs[0].stdout
    assert {run.stdout for run in runs} == {runs[0].stdout}
    assert {run.stderr for run in runs} == {""}
