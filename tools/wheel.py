"""Build the wheel from what git knows, outside the checkout: `python tools/wheel.py OUT` prints its path.

OUT/sources keeps what it was built from. Stale `build/` folders and ignored files would otherwise slip into a
wheel that is built in the checkout.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def known_files(root: Path) -> list[Path]:
    """Tracked files and new ones that are not ignored, relative to `root`, without deleted ones."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]
    listing = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    names = sorted(name for name in listing.split("\0") if name)
    return [Path(name) for name in names if (root / name).exists()]


def copy_sources(root: Path, to: Path) -> None:
    for file in known_files(root):
        target = to / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / file, target, follow_symlinks=False)


def build_wheel(root: Path, out: Path) -> Path:
    sources = out / "sources"
    copy_sources(root, sources)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(out), str(sources)], check=True)
    (wheel,) = out.glob("archlint-*.whl")
    return wheel


if __name__ == "__main__":
    print(build_wheel(ROOT, Path(sys.argv[1])))
