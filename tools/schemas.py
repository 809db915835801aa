"""Write every generated schema into schemas/; `make schemas` runs this after a change of the models."""

from __future__ import annotations

from pathlib import Path

from archlint.manifest.schema import write_schemas

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"

if __name__ == "__main__":
    write_schemas(SCHEMAS)
