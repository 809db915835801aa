"""What README.md shows is what archlint says."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_output_of_the_example_is_real() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert runpy.run_path(str(ROOT / "tools" / "readme.py"))["refreshed"](text) == text
