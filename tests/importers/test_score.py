"""Score files: what the golden draft does not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from archlint.importers.importing import Asked, Imported, import_sources
from archlint.manifest.loading import load

FIXTURES = Path(__file__).parents[2] / "fixtures" / "imports" / "score"
HEAD = "apiVersion: score.dev/v1b1\n"


def imported(folder: Path, text: str) -> Imported:
    (folder / "score.yaml").write_text(text)
    found = import_sources([Asked("score", (str(folder / "score.yaml"),))], "test")
    assert not found.components or load(found.text().encode(), "draft").problems == ()
    return found


def test_numbers_of_components(tmp_path: Path) -> None:
    data = imported(tmp_path, (FIXTURES / "checkout.yaml").read_text()).finished.data
    sizes = {name: len(part) for name, part in data.items() if name not in ("archlint", "system")}
    assert sizes == {"services": 2, "datastores": 2, "caches": 1, "brokers": 1, "externals": 1}


def test_no_secret_is_shown(tmp_path: Path) -> None:
    found = imported(tmp_path, (FIXTURES / "checkout.yaml").read_text())
    shown = [found.text(), *map(str, found.remarks), *(file.shown for file in found.files)]
    assert not any("hunter2" in text for text in shown)


def test_a_resource_with_an_id_is_one_for_all_workloads(tmp_path: Path) -> None:
    one = HEAD + "metadata: {name: one}\ncontainers: {c: {image: .}}\nresources: {db: {type: mysql, id: main}}\n"
    two = HEAD + "metadata: {name: two}\ncontainers: {c: {image: .}}\nresources: {store: {type: mysql, id: main}}\n"
    data = imported(tmp_path, f"{one}---\n{two}").finished.data
    assert data["datastores"] == {"main": {"technology": "mysql"}}
    assert data["services"]["two"] == {"depends_on": [{"on": "main"}]}


def test_a_workload_that_is_not_there(tmp_path: Path) -> None:
    text = (
        HEAD + "metadata: {name: one}\ncontainers: {c: {image: .}}\nresources: {o: {type: service, params: {name: x}}}"
    )
    found = imported(tmp_path, text)
    assert [remark.message for remark in found.remarks] == ["the workload `x` is in no file that was read; left out"]


@pytest.mark.parametrize(
    "rest",
    [
        "metadata: {name: a}\ncontainers: {c: 5, d: [x], e: {variables: [x], files: 7, resources: {limits: [a]}}}",
        "metadata: {name: a}\ncontainers: {}\nresources: {db: , x: {type: [a]}, y: {type: redis, id: {a: b}}}",
        "metadata: [a]\ncontainers: {c: {image: .}}",
        "metadata: {name: '--'}\ncontainers: {c: {image: .}}\nresources: [a]",
        "metadata: {name: a}\ncontainers: {c: {image: redis, command: {a: b}, args: x, livenessProbe: true}}",
        "metadata: {name: a}\ncontainers: {c: {image: .}}\nresources: {a: {type: redis, id: a}, '..': {type: redis}}",
    ],
)
def test_no_shape_is_trusted(tmp_path: Path, rest: str) -> None:
    imported(tmp_path, HEAD + rest)
