"""An environment with the wheel of archlint, its extra for rules, and the example plug-in; made once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "archlint-example-plugin"


@dataclass(frozen=True, slots=True)
class Environment:
    python: Path

    def archlint(self, *arguments: str, cwd: Path, site: Path | None = None) -> subprocess.CompletedProcess[str]:
        return self.run(str(self.python.with_name("archlint")), *arguments, cwd=cwd, site=site)

    def run(self, *command: str, cwd: Path, site: Path | None = None) -> subprocess.CompletedProcess[str]:
        """`site` is a folder of further distributions."""
        others = {name: value for name, value in os.environ.items() if not name.startswith(("ARCHLINT_", "PYTHON"))}
        path = {} if site is None else {"PYTHONPATH": str(site)}
        return subprocess.run(command, cwd=cwd, env=others | path, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    base = tmp_path_factory.mktemp("environment")
    built = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "wheel.py"), str(base / "wheel")],
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    shutil.copytree(EXAMPLE, base / "example", ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(base / "venv")], check=True)
    python = Path(sysconfig.get_path("scripts", "venv", {"base": str(base / "venv")})) / "python"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", str(python)]
    subprocess.run([*pip, "install", f"{built.stdout.strip()}[rules]", str(base / "example")], check=True)
    return Environment(python)


@dataclass(frozen=True, slots=True)
class Site:
    """A folder of distributions of one module each."""

    folder: Path

    def plug_in(self, name: str, text: str, version: str = "1.0") -> None:
        module = name.replace("-", "_")
        metadata = self.folder / f"{module}-{version}.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (metadata / "entry_points.txt").write_text(f"[archlint.checks]\nown = {module}\n")
        (self.folder / f"{module}.py").write_text(textwrap.dedent(text), encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site")
