"""Where text goes: standard output in its own encoding, files whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TextIO

from archlint.engine.errors import UsageError
from archlint.records import replace
from archlint.report import RenderOptions
from archlint.report.style import encoded

_LEAST_WIDTH, _LARGEST_WIDTH = 60, 160
_GUTTER = 9  # the digits of a line number, and what frames it


_PLAIN = RenderOptions()


def options_for_terminal(color: str, options: RenderOptions = _PLAIN) -> RenderOptions:
    """The options with how standard output wants a text report."""
    stream = sys.stdout
    return replace(
        options,
        color=use_color(color, stream, os.environ),
        ascii=not _encoding(stream).lower().replace("_", "-").startswith("utf"),
        width=_width(stream),
    )


def use_color(choice: str, stream: TextIO, environment: Mapping[str, str]) -> bool:
    """The option decides, then NO_COLOR, then FORCE_COLOR, then whether a terminal reads the stream."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"


def to_stdout(text: str, encoding: str | None = None) -> None:
    """`encoding` is that of a machine format; None means what the terminal takes.

    A reader that is gone (`archlint check | head`) is no error. Raises UsageError when the disk is full.
    """
    stream = sys.stdout.buffer
    try:
        stream.write(encoded(text, encoding or _encoding(sys.stdout)))
        stream.flush()
    except BrokenPipeError:
        discard_stdout()
    except OSError as error:
        raise UsageError(f"cannot write to standard output: {error.strerror}") from error


def to_file(path: str, text: str, mark: bool = False) -> None:
    """In UTF-8, in place of an older file only when all is written. Raises UsageError where it cannot be.

    With `mark`, it begins with a byte order mark.
    """
    data = encoded(text, "utf-8-sig" if mark else "utf-8")
    try:
        target = os.path.realpath(path)
        if os.path.exists(target) and not os.path.isfile(target):
            with open(target, "wb") as stream:  # a device or a pipe cannot be replaced; a folder says so
                stream.write(data)
        else:
            _replace(target, data)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def _replace(target: str, data: bytes) -> None:
    folder, name = os.path.split(target)
    os.makedirs(folder, exist_ok=True)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    # Not the tempfile module: its files are for the owner alone, whatever the umask says.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(data)
        with suppress(FileNotFoundError):
            os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _encoding(stream: TextIO) -> str:
    return getattr(stream, "encoding", None) or "utf-8"


def _width(stream: TextIO) -> int:
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return RenderOptions().width
    return max(_LEAST_WIDTH, min(columns - _GUTTER, _LARGEST_WIDTH))


def discard_stdout() -> None:
    """What is still buffered goes nowhere, so that the flush at the end of the process is silent."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
