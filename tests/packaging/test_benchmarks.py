"""The benchmark runs and finds what it seeds; how long anything takes is no matter of a test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


def generated(services: int) -> str:
    command = [sys.executable, "-m", "benchmarks.generate", str(services)]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_the_generator_writes_the_same_bytes_every_time() -> None:
    assert generated(30) == generated(30)


def test_the_generator_writes_as_many_services_as_asked_for() -> None:
    document = yaml.load(generated(30), Loader=yaml.CSafeLoader)
    assert len(document["services"]) == 30


@pytest.mark.slow
def test_the_benchmark_runs() -> None:
    command = [sys.executable, "-m", "benchmarks.run", "--smoke"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "| archlint check |" in result.stdout
