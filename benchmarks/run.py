"""Measure archlint against other tools and against reading alone: `python -m benchmarks.run [--check]`.

Everything is measured in one run, from a wheel in an environment of its own (an editable install slows every
start of Python down), interleaved, as whole processes; medians are printed as a markdown table. Every run has
to give the expected exit code and the same bytes as the first one; the findings are counted once per file.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.generate import SEEDED, TODAY, manifest
from tools.wheel import ROOT, build_wheel

SCAN = """\
import sys, time, yaml
text = open(sys.argv[1], encoding="utf-8").read()
start = time.perf_counter()
for _ in yaml.parse(text, Loader=yaml.CSafeLoader): pass
print(time.perf_counter() - start, file=sys.stderr)
"""

PASS, YAMLLINT, SCHEMA, ARCHLINT, SCAN_ONLY = (
    "python -c pass",
    "yamllint",
    "check-jsonschema, draft-07",
    "archlint check",
    "yaml.parse alone",
)


class BenchmarkError(Exception):
    """A run did not do what is measured: other exit code, other output, other findings."""


@dataclass(frozen=True, slots=True)
class Case:
    """One command on one file; `services` is 0 for a command that reads none."""

    name: str
    services: int
    command: tuple[str, ...]
    exit_code: int


@dataclass(slots=True)
class Timing:
    case: Case
    seconds: list[float] = field(default_factory=list)
    inside: list[float] = field(default_factory=list)
    output: bytes | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@dataclass(frozen=True, slots=True)
class Aim:
    """A ratio of two medians and the most that it may be."""

    text: str
    over: tuple[str, int]
    under: tuple[str, int]
    limit: float


def aims(cold: int, middle: int, large: int) -> tuple[Aim, ...]:
    return (
        Aim(f"{cold} services, cold: archlint / check-jsonschema", (ARCHLINT, cold), (SCHEMA, cold), 0.75),
        Aim(f"{large:,} services: archlint / yaml.parse alone", (ARCHLINT, large), (SCAN_ONLY, large), 7),
        Aim(f"archlint, {large:,} services / {middle:,} services", (ARCHLINT, large), (ARCHLINT, middle), 11),
    )


def environment(folder: Path) -> Path:
    """The folder of executables of a fresh environment with the wheel and the tools to compare with."""
    wheel = build_wheel(ROOT, folder / "wheel")
    base = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(base)], check=True)
    bin_folder = base / "bin"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wanted = [str(wheel), "yamllint", "check-jsonschema"]
    subprocess.run([*pip, "--python", str(bin_folder / "python"), "install", *wanted], check=True)
    return bin_folder


def write_manifests(folder: Path, sizes: Iterable[int]) -> dict[int, Path]:
    files = {size: folder / f"{size}.archlint.yaml" for size in sizes}
    for size, file in files.items():
        file.write_text(manifest(size), encoding="utf-8")
    return files


def write_schema(bin_folder: Path, folder: Path) -> Path:
    command = [str(bin_folder / "archlint"), "schema", "manifest", "--draft", "7"]
    schema = folder / "manifest.draft-07.json"
    schema.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    return schema


def cold_cases(bin_folder: Path, services: int, file: Path, schema: Path) -> list[Case]:
    python, archlint = str(bin_folder / "python"), str(bin_folder / "archlint")
    yamllint = (str(bin_folder / "yamllint"), "-d", "relaxed", str(file))
    checked = (str(bin_folder / "check-jsonschema"), "--schemafile", str(schema), str(file))
    return [
        Case(PASS, 0, (python, "-c", "pass"), 0),
        Case(YAMLLINT, services, yamllint, 0),
        Case(SCHEMA, services, checked, 0),
        Case(ARCHLINT, services, (archlint, "check", str(file), "--today", TODAY), 1),
    ]


def scale_cases(bin_folder: Path, services: int, file: Path) -> list[Case]:
    python, archlint = str(bin_folder / "python"), str(bin_folder / "archlint")
    return [
        Case(SCAN_ONLY, services, (python, "-c", SCAN, str(file)), 0),
        Case(ARCHLINT, services, (archlint, "check", str(file), "--today", TODAY), 1),
    ]


def expect_seeded_findings(bin_folder: Path, file: Path) -> None:
    command = [str(bin_folder / "archlint"), "check", str(file), "--today", TODAY, "--format", "json"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 1:
        raise BenchmarkError(f"{file.name}: exit code {result.returncode} instead of 1\n{result.stderr}")
    found = Counter(finding["code"] for finding in json.loads(result.stdout)["findings"])
    if found != Counter(SEEDED):
        raise BenchmarkError(f"{file.name}: findings {dict(sorted(found.items()))}, expected {list(SEEDED)}")


def measure(timing: Timing) -> None:
    start = time.perf_counter()
    result = subprocess.run(timing.case.command, capture_output=True)
    timing.seconds.append(time.perf_counter() - start)
    name = f"{timing.case.name}, {timing.case.services} services"
    if result.returncode != timing.case.exit_code:
        raise BenchmarkError(f"{name}: exit code {result.returncode}\n{result.stderr.decode(errors='replace')}")
    if timing.output is not None and timing.output != result.stdout:
        raise BenchmarkError(f"{name}: another output than the first time")
    timing.output = result.stdout
    if timing.case.name == SCAN_ONLY:
        timing.inside.append(float(result.stderr))


def measure_interleaved(cases: Sequence[Case], rounds: int) -> list[Timing]:
    """One unmeasured run of each first, which fills the file cache and compiles the modules."""
    timings = [Timing(case) for case in cases]
    for case in cases:
        measure(Timing(case))
    for _ in range(rounds):
        for timing in timings:
            measure(timing)
    return timings


def table(timings: Sequence[Timing], base: str) -> str:
    """Rows of one size; ratios are over the median of the case called `base`."""
    reference = next(timing.median for timing in timings if timing.case.name == base)
    rows = [f"| command | median ms | x {base} |", "|---|--:|--:|"]
    for timing in timings:
        inside = f" ({statistics.median(timing.inside) * 1000:.0f} in process)" if timing.inside else ""
        milliseconds = f"{timing.median * 1000:.0f}{inside}"
        rows.append(f"| {timing.case.name} | {milliseconds} | {timing.median / reference:.2f} |")
    return "\n".join(rows)


def judge(wanted: Iterable[Aim], timings: Iterable[Timing]) -> tuple[str, bool]:
    medians = {(timing.case.name, timing.case.services): timing.median for timing in timings}
    rows = ["| aim | at most | measured | |", "|---|--:|--:|---|"]
    met = True
    for aim in wanted:
        ratio = medians[aim.over] / medians[aim.under]
        met = met and ratio <= aim.limit
        verdict = "met" if ratio <= aim.limit else "**missed**"
        rows.append(f"| {aim.text} | {aim.limit:g}x | {ratio:.2f}x | {verdict} |")
    return "\n".join(rows), met


def run(sizes: tuple[int, int, int], rounds: tuple[int, int]) -> tuple[str, bool]:
    """The report, and whether every aim is met; `rounds` of the cold start and of the large files."""
    cold, middle, large = sizes
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bin_folder = environment(folder)
        files = write_manifests(folder, sizes)
        schema = write_schema(bin_folder, folder)
        for file in files.values():
            expect_seeded_findings(bin_folder, file)
        starts = measure_interleaved(cold_cases(bin_folder, cold, files[cold], schema), rounds[0])
        scales = [case for size in (middle, large) for case in scale_cases(bin_folder, size, files[size])]
        scaled = measure_interleaved(scales, rounds[1])
        parts = [f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}"]
        parts.append(f"{cold} services ({files[cold].stat().st_size / 1000:.1f} kB), cold:")
        parts.append(table(starts, PASS))
        for size in (middle, large):
            parts.append(f"{size:,} services ({files[size].stat().st_size / 1e6:.2f} MB):")
            parts.append(table([timing for timing in scaled if timing.case.services == size], SCAN_ONLY))
    verdict, met = judge(aims(*sizes), starts + scaled)
    return "\n\n".join([*parts, verdict]), met


def main() -> int:
    parser = argparse.ArgumentParser(description="measure archlint from a wheel")
    parser.add_argument("--check", action="store_true", help="exit 1 where an aim is missed")
    parser.add_argument("--smoke", action="store_true", help="small files, one round: does it run at all?")
    options = parser.parse_args()
    sizes, rounds = ((10, 20, 50), (1, 1)) if options.smoke else ((10, 1_000, 10_000), (15, 5))
    try:
        report, met = run(sizes, rounds)
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    print(report)
    return 0 if met or not options.check else 1


if __name__ == "__main__":
    sys.exit(main())
