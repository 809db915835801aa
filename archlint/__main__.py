"""`python -m archlint`, the same as the command `archlint`."""

from __future__ import annotations

from archlint.cli.main import run

if __name__ == "__main__":
    run()
