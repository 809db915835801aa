from __future__ import annotations

from pathlib import Path

import pytest

from archlint.knowledge.catalogue import Catalogue, CatalogueError

OWN = """\
slug: etcd
name: etcd (house rules)
kinds: [datastore]
{extends}limits:
  - id: database_size
    value: 4
    unit: GiB
    scope: member
    kind: default
    key: quota-backend-bytes
    measure: database_size
    breaks: the platform team is called
    confidence: high
    source: {{title: House rules, year: 2026}}
"""


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are read, in order."""
    names: list[str] = []
    read_text = Path.read_text

    def counted(self: Path, encoding: str | None = None, errors: str | None = None) -> str:
        names.append(self.name)
        return read_text(self, encoding, errors)

    monkeypatch.setattr(Path, "read_text", counted)
    return names


def own_folder(folder: Path, text: str, slug: str = "etcd") -> Catalogue:
    (folder / f"{slug}.yaml").write_text(text, encoding="utf-8")
    return Catalogue([folder])


def test_listing_slugs_opens_nothing(opened: list[str]) -> None:
    assert {"etcd", "kafka", "postgresql"} <= set(Catalogue().slugs())
    assert opened == []


def test_a_technology_opens_its_own_file_once(opened: list[str]) -> None:
    catalogue = Catalogue()
    for name in ("kafka", "kafka@3.9", "etcd", "kafka"):
        assert catalogue.technology(name) is not None
    assert opened == ["kafka.yaml", "etcd.yaml"]


def test_an_alias_opens_the_table_of_aliases_and_one_technology(opened: list[str]) -> None:
    technology = Catalogue().technology("Postgres@16")
    assert technology is not None
    assert technology.slug == "postgresql"
    assert opened == ["aliases.yaml", "postgresql.yaml"]


@pytest.mark.parametrize("name", ["abacus", "", "../laws", "technologies/kafka", "kafka.yaml", "KÄFKA"])
def test_what_is_not_known_is_none(name: str) -> None:
    assert Catalogue().technology(name) is None


def test_similar_names_are_offered() -> None:
    assert Catalogue().similar("postgress") == ("postgresql",)
    assert Catalogue().similar("kafak@3")[0] == "kafka"


def test_limits_are_found_by_technology_and_by_name() -> None:
    catalogue = Catalogue()
    assert [x.value for x in catalogue.limits("etcd/request_size")] == [1.5]
    assert len(catalogue.limits("etcd")) > 15
    assert catalogue.limits("etcd/moons") == catalogue.limits("abacus") == ()


def test_an_own_technology_replaces_the_built_in_one(tmp_path: Path) -> None:
    technology = own_folder(tmp_path, OWN.format(extends="")).technology("etcd")
    assert technology is not None
    assert [(x.id, x.value) for x in technology.limits] == [("database_size", 4)]


def test_an_own_technology_that_extends_changes_one_limit_and_keeps_the_others(tmp_path: Path) -> None:
    technology = own_folder(tmp_path, OWN.format(extends="extends: true\n")).technology("etcd")
    built_in = Catalogue().technology("etcd")
    assert technology is not None
    assert built_in is not None
    assert technology.name == "etcd (house rules)"
    assert [x.value for x in technology.limits_named("database_size")] == [4]
    assert len(technology.limits) == len(built_in.limits)
    assert technology.defaults == built_in.defaults


def test_a_new_technology_is_found_by_its_alias(tmp_path: Path) -> None:
    text = "slug: abacus\nname: Abacus\nkinds: [datastore]\naliases: [beads]\n"
    catalogue = own_folder(tmp_path, text, "abacus")
    assert catalogue.resolve("beads@2") == "abacus"
    assert "abacus" in catalogue.slugs()


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="is not a folder"):
        Catalogue([tmp_path / "none"]).slugs()


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("slug: abacus\nname: [a\n", "is not YAML", (3, 1)),
        ("slug: abacus\nname: A\nname: B\n", "`name` is written twice", (3, 1)),
        ("- slug: abacus\n", "a mapping with text keys", (1, 1)),
        ("# nothing\n", "a mapping with text keys", (1, 1)),
        ("", "is empty", (1, 1)),
        ("slug: beads\nname: A\nkinds: [cache]\n", "as the file is named", (1, 7)),
        ("slug: abacus\nname: A\nkinds: [engine]\n", "`engine` is not one of kinds", (3, 8)),
        ("slug: abacus\nname: A\nkinds: [cache]\nlimit: []\n", "`limit` is not known here", (4, 8)),
        ("slug: abacus\nname:\nkinds: [cache]\n", "`name` is empty", (2, 6)),
        ("slug: abacus\nname: A\nkinds: [cache]\nlimits: [3]\n", "a mapping with text keys", (4, 10)),
        ("slug: !!python/name:os.system abacus\n", "could not determine a constructor", (1, 7)),
        ("slug: &a [*a]\nname: A\n", "`slug` must be a text", (1, 7)),
    ],
)
def test_a_fault_is_told_with_its_place(text: str, message: str, place: tuple[int, int], tmp_path: Path) -> None:
    with pytest.raises(CatalogueError) as caught:
        own_folder(tmp_path, text, "abacus").technology("abacus")
    error = caught.value
    assert message in error.message
    assert (error.line, error.column) == place
    assert str(error).startswith(f"{tmp_path / 'abacus.yaml'}:{place[0]}:{place[1]}: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"slug: \xff\n", "is not UTF-8"),
        (b"slug: a\0\n", "is not YAML"),
        (b"[" * 100_000, "is not YAML"),
        (b"#" * (1 << 20) + b"\n", "larger than 1 MiB"),
    ],
)
def test_hostile_content_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "abacus.yaml").write_bytes(content)
    with pytest.raises(CatalogueError, match=message):
        Catalogue([tmp_path]).technology("abacus")


def test_extensions_are_left_alone(tmp_path: Path) -> None:
    text = "slug: abacus\nname: A\nkinds: [cache]\nx-owner: {team: beads}\n"
    assert own_folder(tmp_path, text, "abacus").technology("abacus") is not None
