"""How the time of a run grows with the manifest, for manifests of many shapes: `python -m benchmarks.shapes`.

Each shape is linted at a tenth of the size and at the whole, to a text and to a JSON report. Times are those of
the processor, start of the program included, the least of some rounds: other work on the machine counts little.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generate import TODAY, manifest
from benchmarks.shape_manifests import SHAPES
from tools.wheel import ROOT

FORMATS = ("full", "json")
MOST_GROWTH = 11.0
ALL_SHAPES: dict[str, Callable[[int], str]] = {"groups": manifest, **SHAPES}


@dataclass(frozen=True, slots=True)
class Growth:
    """Processor seconds of one shape in one format, at a tenth of the size and at the whole."""

    shape: str
    format: str
    small: float
    large: float

    @property
    def ratio(self) -> float:
        return self.large / self.small


def seconds(file: Path, format: str) -> float:
    """Of one run. Raises RuntimeError where it ends otherwise than clean or with findings."""
    command = [sys.executable, "-m", "archlint", "check", str(file), "--today", TODAY, "--format", format]
    with open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen(command, stdout=nowhere, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{file.name}: exit code {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def measure(shape: str, services: int, rounds: int, folder: Path) -> Iterator[Growth]:
    files = [folder / f"{shape}-{size}.archlint.yaml" for size in (services // 10, services)]
    for file, size in zip(files, (services // 10, services), strict=True):
        file.write_text(ALL_SHAPES[shape](size), encoding="utf-8")
    for format in FORMATS:
        small, large = (min(seconds(file, format) for _ in range(rounds)) for file in files)
        yield Growth(shape, format, small, large)


def row(growth: Growth) -> str:
    verdict = "" if growth.ratio <= MOST_GROWTH else f" **over {MOST_GROWTH:g}**"
    cells = (growth.shape, growth.format, f"{growth.small:.2f}", f"{growth.large:.2f}", f"{growth.ratio:.1f}{verdict}")
    return f"| {' | '.join(cells)} |"


def main() -> int:
    parser = argparse.ArgumentParser(description="measure how the time of a run grows with the manifest")
    parser.add_argument("shapes", nargs="*", metavar="SHAPE", help=f"of {', '.join(ALL_SHAPES)}; all if none")
    parser.add_argument("--services", type=int, default=10_000, help="a multiple of 100 (default: 10000)")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--check", action="store_true", help=f"exit 1 where ten times as much takes {MOST_GROWTH:g}x")
    options = parser.parse_args()
    unknown = [shape for shape in options.shapes if shape not in ALL_SHAPES]
    if unknown or options.services <= 0 or options.services % 100:
        parser.error(f"no shape `{unknown[0]}`" if unknown else "--services must be a positive multiple of 100")
    print(f"| shape | format | s, {options.services // 10:,} | s, {options.services:,} | growth |")
    print("|---|---|--:|--:|--:|")
    met = True
    with tempfile.TemporaryDirectory() as folder:
        for shape in options.shapes or ALL_SHAPES:
            for growth in measure(shape, options.services, options.rounds, Path(folder)):
                print(row(growth), flush=True)
                met = met and growth.ratio <= MOST_GROWTH
    return 0 if met or not options.check else 1


if __name__ == "__main__":
    sys.exit(main())
