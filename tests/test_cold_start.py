"""A run on a valid manifest imports only what it needs: how fast it starts depends on little else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MANIFEST = """\
archlint: 1
as_of: 2026-11-15
system: {name: shop}
services:
  checkout: {replicas: 3, load: {peak: 100/s}, calls: [{to: ledger, timeout: 1s, retries: {attempts: 3}}]}
datastores:
  ledger: {technology: postgresql@16, nodes: 1}
flows:
  buy: {entry: checkout, peak: 100/s, slo: {availability: 99.9%, latency_p99: 2s}}
"""
NEEDLESS = (
    "_strptime", "concurrent.futures", "dataclasses", "difflib", "importlib.metadata", "importlib.resources",
    "jsonschema", "networkx", "pydantic", "pydantic_core", "rich", "subprocess", "tempfile", "tomllib",
)  # fmt: skip


@pytest.mark.parametrize("format", ["text", "concise", "json"])
def test_a_run_on_a_valid_manifest_imports_nothing_needless(tmp_path: Path, format: str) -> None:
    file = tmp_path / "archlint.yaml"
    file.write_text(MANIFEST, "utf-8")
    arguments = ["check", str(file), "--format", format, "--today", "2026-11-20"]
    script = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "from archlint.cli.main import main\n"
        f"code = main({arguments!r})\n"
        f"print(code, [name for name in {NEEDLESS!r} if name in set(sys.modules) - before], file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert run.stderr in ("0 []\n", "1 []\n")


def test_archlint_alone_imports_no_inspect() -> None:
    """click does; nothing of archlint may need it besides."""
    script = (
        "import sys\n"
        "from importlib import import_module\n"
        "before = set(sys.modules)\n"
        "import archlint.engine.session, archlint.checks\n"
        "for module in archlint.checks.MODULES: import_module(module)\n"
        "print([name for name in ('inspect', 'dataclasses') if name in set(sys.modules) - before])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.stdout == "[]\n", run.stderr
