"""What a user sees of a defect of archlint: a text that is ready to be pasted into a report."""

from __future__ import annotations

import platform
import shlex
import sys
import traceback
from collections.abc import Sequence

from archlint.version import VERSION


def crash_report(error: BaseException, arguments: Sequence[str]) -> str:
    trace = "".join(traceback.format_exception(error)).rstrip()
    return "\n".join(
        (
            "error: archlint failed; this is a defect of archlint, not of a manifest",
            "please report it with the lines below",
            "",
            "```text",
            f"archlint {VERSION}, Python {platform.python_version()}, {sys.platform}",
            f"command: {shlex.join(['archlint', *arguments])}",
            trace,
            "```",
        )
    )
