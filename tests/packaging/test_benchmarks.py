"""The benchmark runs and finds what it seeds; how long anything takes is no matter of a test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from archlint.manifest.loading import load
from benchmarks.shape_manifests import SHAPES

ROOT = Path(__file__).resolve().parents[2]


def generated(services: int, *shape: str) -> str:
    command = [sys.executable, "-m", "benchmarks.generate", str(services), *shape]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_the_generator_writes_the_same_bytes_every_time() -> None:
    assert generated(30) == generated(30)


def test_the_generator_writes_as_many_services_as_asked_for() -> None:
    document = yaml.load(generated(30), Loader=yaml.CSafeLoader)
    assert len(document["services"]) == 30


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_a_valid_manifest_of_its_size(shape: str) -> None:
    loaded = load(SHAPES[shape](100).encode(), f"{shape}.archlint.yaml")
    assert loaded.problems == ()
    assert loaded.manifest is not None
    assert len(loaded.manifest.services) == 100


def test_the_generator_writes_a_shape() -> None:
    assert generated(10, "chain") == generated(10, "chain") == SHAPES["chain"](10)


@pytest.mark.slow
def test_the_growth_of_every_shape_is_measured() -> None:
    command = [sys.executable, "-m", "benchmarks.shapes", "--services", "100", "--rounds", "1"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert all(f"| {shape} | json |" in result.stdout for shape in SHAPES)


@pytest.mark.slow
def test_the_benchmark_runs() -> None:
    command = [sys.executable, "-m", "benchmarks.run", "--smoke"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "| archlint check |" in result.stdout
