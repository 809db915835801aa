"""The schemas in schemas/ are the ones that the models give: `make schemas` writes them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_schemas_do_not_drift_from_the_models(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "tools" / "schemas.py"), str(tmp_path)], check=True)
    generated = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    stored = {file.name: file.read_bytes() for file in (ROOT / "schemas").glob("*.json")}
    assert sorted(generated) == sorted(stored)
    assert [name for name in generated if generated[name] != stored[name]] == []
