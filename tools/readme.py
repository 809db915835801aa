"""Run the example of README.md and write its output into place, after a change of a report or a check."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
MANIFEST = re.compile(r"<!-- example: manifest -->\n```yaml\n(.*?)```\n", re.DOTALL)
OUTPUT = re.compile(r"(<!-- example: output of archlint (.*?) -->\n```text\n)(.*?)(```\n<!-- example: end -->)", re.S)


def run(manifest: str, arguments: list[str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "archlint.yaml").write_text(manifest, encoding="utf-8")
        command = [sys.executable, "-m", "archlint", *arguments, "--color", "never"]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if result.returncode != 1:
        raise RuntimeError(f"exit code {result.returncode} instead of 1: {result.stderr}")
    return result.stdout


def refreshed(text: str) -> str:
    """The text with the example's output replaced by what archlint says today."""
    manifest, output = MANIFEST.search(text), OUTPUT.search(text)
    if manifest is None or output is None:
        raise RuntimeError("the marks around the example are gone")
    said = run(manifest[1], output[2].split())
    return text[: output.start()] + output[1] + said + output[4] + text[output.end() :]


if __name__ == "__main__":
    README.write_text(refreshed(README.read_text(encoding="utf-8")), encoding="utf-8")
