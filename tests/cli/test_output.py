from __future__ import annotations

import io
import os
import stat
import sys
from pathlib import Path

import pytest

from archlint.cli.output import options_for_terminal, to_file, to_stdout, use_color
from archlint.engine.errors import UsageError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "stream", "environment", "colored"),
    [
        ("auto", Terminal(), {}, True),
        ("auto", io.StringIO(), {}, False),
        ("auto", Terminal(), {"TERM": "dumb"}, False),
        ("auto", Terminal(), {"NO_COLOR": "1"}, False),
        ("auto", Terminal(), {"NO_COLOR": ""}, True),
        ("auto", io.StringIO(), {"FORCE_COLOR": "1"}, True),
        ("auto", io.StringIO(), {"FORCE_COLOR": "0"}, False),
        ("auto", Terminal(), {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("always", io.StringIO(), {"NO_COLOR": "1"}, True),
        ("never", Terminal(), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_who_decides_about_color(choice: str, stream: io.StringIO, environment: dict[str, str], colored: bool) -> None:
    assert use_color(choice, stream, environment) is colored


@pytest.mark.parametrize(("encoding", "ascii"), [("utf-8", False), ("UTF_8", False), ("cp1252", True)])
def test_only_unicode_terminals_get_signs(monkeypatch: pytest.MonkeyPatch, encoding: str, ascii: bool) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert options_for_terminal("never").ascii is ascii


def test_text_takes_the_encoding_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    to_stdout("10 × 2 …\n")
    to_stdout("10 × 2 …\n", "utf-8")
    assert raw.getvalue() == b"10 x 2 ...\n" + "10 × 2 …\n".encode()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a full device")
def test_a_full_disk_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    full = io.TextIOWrapper(open("/dev/full", "wb", buffering=0), encoding="utf-8")  # noqa: SIM115
    with full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(UsageError, match="cannot write to standard output: No space left"):
            to_stdout("text")
        monkeypatch.undo()


def test_a_file_is_replaced_and_its_folders_are_made(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "out.txt"
    to_file(str(target), "first, longer\n")
    to_file(str(target), "second ×\n")
    assert target.read_bytes() == "second ×\n".encode()
    assert [path.name for path in target.parent.iterdir()] == ["out.txt"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out.txt"
    target.write_text("old")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(UsageError, match=r"cannot write .*out\.txt: Permission denied"):
        to_file(str(target), "new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("out.txt", "old")]


def test_permissions_follow_the_umask_and_then_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    old = os.umask(0o027)
    try:
        to_file(str(target), "x")
        assert stat.S_IMODE(target.stat().st_mode) == 0o640
        target.chmod(0o604)
        to_file(str(target), "y")
        assert stat.S_IMODE(target.stat().st_mode) == 0o604
    finally:
        os.umask(old)


def test_links_stay_links_and_devices_stay_devices(tmp_path: Path) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    link.symlink_to(real)
    to_file(str(link), "x")
    assert link.is_symlink()
    assert real.read_text() == "x"
    to_file(os.devnull, "x")
    assert not os.path.isfile(os.devnull)


def test_a_folder_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot write .*: Is a directory"):
        to_file(str(tmp_path), "x")
