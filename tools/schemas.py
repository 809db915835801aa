"""Write what is generated from the models: schemas/ and archlint/manifest/compiled.py; run by `make schemas`."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

from archlint.checks import MODULES
from archlint.engine.configuration import schema as configuration
from archlint.engine.registration import registry_of
from archlint.engine.rule_files import schema as rules
from archlint.knowledge.schema import technology_schema
from archlint.manifest import schema as manifest
from archlint.manifest.compiling import write_compiled
from archlint.report import schema as report

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "schemas"
COMPILED = ROOT / "archlint" / "manifest" / "compiled.py"


def write_all(folder: Path) -> None:
    manifest.write_schemas(folder)
    report.write_schemas(folder)
    rules.write_schemas(folder)
    # Of the checks that archlint brings: what else is installed here is no part of it.
    configuration.write_schemas(folder, registry_of(*map(import_module, MODULES)).checks)
    technology = json.dumps(technology_schema(), indent=2) + "\n"
    (folder / "technology.schema.json").write_text(technology, encoding="utf-8")


if __name__ == "__main__":
    write_all(Path(sys.argv[1]) if len(sys.argv) > 1 else SCHEMAS)
    if len(sys.argv) == 1:
        write_compiled(COMPILED)
