"""Write every generated schema into schemas/; `make schemas` runs this after a change of the models."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from archlint.knowledge.schema import technology_schema
from archlint.manifest import schema as manifest
from archlint.report import schema as report

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"


def write_all(folder: Path) -> None:
    manifest.write_schemas(folder)
    report.write_schemas(folder)
    technology = json.dumps(technology_schema(), indent=2) + "\n"
    (folder / "technology.schema.json").write_text(technology, encoding="utf-8")


if __name__ == "__main__":
    write_all(Path(sys.argv[1]) if len(sys.argv) > 1 else SCHEMAS)
