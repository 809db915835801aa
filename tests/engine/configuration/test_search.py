"""Which configuration holds where, and what is wrong with one: contracts.md, Configuration."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from archlint.engine.configuration.keys import BY_NAME, KEYS
from archlint.engine.configuration.search import Configuration, Configurations
from archlint.engine.errors import UsageError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository, and the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


def write(**files: str) -> None:
    """By name, `__` for a slash, `_` for a dot."""
    for name, text in files.items():
        path = Path(name.replace("__", "/").replace("_", "."))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def nearest(manifest: str = "archlint.yaml") -> Configuration:
    return Configurations().of_manifest(manifest)


def names(configuration: Configuration) -> list[str]:
    return [file.name for file in configuration.files]


def refused(manifest: str = "archlint.yaml") -> list[str]:
    with pytest.raises(UsageError) as raised:
        nearest(manifest)
    return str(raised.value).split("\n")


@pytest.mark.parametrize("name", ["archlint.toml", ".archlint.toml", "pyproject.toml"])
def test_each_name_counts(name: str) -> None:
    Path(name).write_text("[tool.archlint]\n" if name == "pyproject.toml" else "")
    assert names(nearest()) == [name]
    assert names(nearest("a/b/archlint.yaml")) == [name]


def test_the_nearest_above_the_manifest_holds_alone() -> None:
    write(archlint_toml='ignore = ["LAW"]', a__pyproject_toml="[tool.archlint]\nselect = []", a__b__c="")
    assert names(nearest("a/b/archlint.yaml")) == ["a/pyproject.toml"]
    assert nearest("a/b/archlint.yaml").stated("ignore") is None
    assert names(nearest("b/archlint.yaml")) == ["archlint.toml"]


def test_a_pyproject_without_the_table_is_passed_by() -> None:
    write(
        archlint_toml="", a__pyproject_toml='[project]\nname = "x"\n', b__pyproject_toml='x = "archlint"\n[tool]\na = 1'
    )
    assert names(nearest("a/archlint.yaml")) == names(nearest("b/archlint.yaml")) == ["archlint.toml"]


def test_another_tools_pyproject_is_not_even_parsed() -> None:
    write(pyproject_toml="[broken")
    assert names(nearest()) == []


@pytest.mark.parametrize("pair", [("archlint.toml", ".archlint.toml"), ("archlint.toml", "pyproject.toml")])
def test_two_in_one_folder_are_an_error(pair: tuple[str, str]) -> None:
    for name in pair:
        Path(name).write_text("[tool.archlint]\n" if name == "pyproject.toml" else "")
    assert refused() == [f"{pair[0]} and {pair[1]} both configure archlint for one folder; keep one of them"]


def test_a_pyproject_without_the_table_is_no_second_one() -> None:
    write(archlint_toml="", pyproject_toml="[tool.archlinter]\n")
    assert names(nearest()) == ["archlint.toml"]


@pytest.mark.parametrize("is_file", [False, True])
def test_the_search_ends_at_the_root_of_the_repository(is_file: bool) -> None:
    write(archlint_toml="", a__b__c="")
    if is_file:  # as in a worktree or a submodule
        Path("a/.git").write_text("gitdir: elsewhere")
    else:
        Path("a/.git").mkdir()
    assert names(nearest("a/b/archlint.yaml")) == names(nearest("a/archlint.yaml")) == []
    write(a__archlint_toml="")
    assert names(nearest("a/b/archlint.yaml")) == ["a/archlint.toml"]


def test_each_file_is_read_once() -> None:
    write(archlint_toml="", a__b__c="", a__d__c="")
    found = Configurations()
    first = found.of_manifest("a/b/archlint.yaml")
    assert found.of_manifest("a/d/archlint.yaml") is found.of_run() is first


def test_where_no_file_is_found_no_toml_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tomllib", None)
    assert names(nearest("a/archlint.yaml")) == []


def test_one_file_for_everything() -> None:
    write(archlint_toml="", other_toml='profile = "strict"', pyproject_toml="")
    configurations = Configurations("other.toml")
    assert names(configurations.of_run()) == names(configurations.of_manifest("a/archlint.yaml")) == ["other.toml"]
    with pytest.raises(UsageError, match=r"^nowhere\.toml: cannot be read: No such file or directory$"):
        Configurations("nowhere.toml")
    with pytest.raises(UsageError, match=r"^pyproject\.toml: has no table \[tool\.archlint\]$"):
        Configurations("pyproject.toml")


def test_isolated_reads_nothing() -> None:
    write(archlint_toml="[broken")
    assert names(Configurations("archlint.toml", isolated=True).of_run()) == []
    assert names(Configurations(isolated=True).of_manifest("archlint.yaml")) == []


def test_extend_puts_a_file_below() -> None:
    write(
        archlint_toml='profile = "strict"\nexclude = ["a"]\n[severity]\nLAW = "info"\nPRM = "info"\n',
        a__b__archlint_toml='extend = "../../archlint.toml"\nexclude = ["b"]\n[severity]\nLAW = "error"\n',
    )
    found = nearest("a/b/archlint.yaml")
    assert names(found) == ["archlint.toml", "a/b/archlint.toml"]
    profile, exclude = found.stated("profile"), found.stated("exclude")
    assert profile is not None
    assert exclude is not None
    assert (profile.value, profile.origin) == ("strict", "archlint.toml:1:1")
    assert (exclude.value, exclude.origin) == (["b"], "a/b/archlint.toml:2:1")
    severity = {name: (stated.value, stated.origin) for name, stated in found.entries("severity").items()}
    assert severity == {"PRM": ("info", "archlint.toml:5:1"), "LAW": ("error", "a/b/archlint.toml:4:1")}


def test_what_a_file_extends_may_extend_another_and_have_any_name() -> None:
    write(archlint_toml='extend = "team.toml"', team_toml='extend = "base/pyproject.toml"')
    write(base__pyproject_toml="[tool.archlint]\n")
    assert names(nearest()) == ["base/pyproject.toml", "team.toml", "archlint.toml"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"archlint_toml": 'extend = "no.toml"'}, "archlint.toml:1:10: `no.toml` is no file"),
        ({"archlint_toml": 'extend = "a.toml"', "a_toml": 'extend = "archlint.toml"'},
         "a.toml:1:10: a.toml extends itself, through archlint.toml"),
        ({"archlint_toml": 'extend = "pyproject.toml"', "pyproject_toml": ""},
         "archlint.toml:1:10: `pyproject.toml` has no table [tool.archlint]"),
        ({"archlint_toml": 'extend = "a.toml"', "a_toml": "x = 1"}, "a.toml:1:1: unknown key `x`"),
    ],
)  # fmt: skip
def test_what_cannot_be_extended(files: dict[str, str], message: str) -> None:
    write(**files)
    assert refused()[0].startswith(message)


@pytest.mark.parametrize("key", [key.name for key in KEYS])
def test_each_key_misspelt_is_an_error_with_its_place_and_a_suggestion(key: str) -> None:
    misspelt = key[:-2] + key[-1]
    write(archlint_toml=f"# first\n\n  {misspelt} = 1\n")
    assert refused() == [f"archlint.toml:3:3: unknown key `{misspelt}`; did you mean `{key}`?"]
    write(archlint_toml=f"[{misspelt}.x]\n")
    assert refused() == [f"archlint.toml:1:2: unknown key `{misspelt}`; did you mean `{key}`?"]


def test_an_underscore_for_a_hyphen_is_seen() -> None:
    write(archlint_toml="FAIL_ON = 1")
    assert refused() == ["archlint.toml:1:1: unknown key `FAIL_ON`; did you mean `fail-on`?"]


def test_a_key_like_no_other_gets_the_list_of_keys() -> None:
    write(archlint_toml="zzz = 1")
    assert refused() == [f"archlint.toml:1:1: unknown key `zzz`; choose one of {', '.join(BY_NAME)}"]


def test_in_a_pyproject_places_are_those_of_the_table() -> None:
    write(pyproject_toml='[project]\nselct = 1\n[tool.archlint]\nselct = ["LAW"]\n[tool.other]\nselct = 1\n')
    assert refused() == ["pyproject.toml:4:1: unknown key `selct`; did you mean `select`?"]
    write(pyproject_toml="[tool]\narchlint = 1\n")
    assert refused() == ["pyproject.toml:2:1: `tool.archlint` is a table"]


@pytest.mark.parametrize("key", ["jobs", "horizon"])
def test_a_key_that_nothing_serves_yet_is_refused(key: str) -> None:
    write(archlint_toml=f"{key} = 1")
    assert refused()[0].startswith(f"archlint.toml:1:1: `{key}` is not available in this version: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('select = "LAW"', '1:10: `select` takes a list of strings, not a string; write ["LAW"]'),
        ("select = 1", "1:10: `select` takes a list of strings, not an integer"),
        ('ignore = ["LAW", 2]', "1:18: item 2 of `ignore` takes a string, not an integer"),
        ('ignore = [\n  "",\n]', "2:3: item 1 of `ignore` is empty; leave it out"),
        ('profile = "stricct"', "1:11: `stricct` is no value of `profile`; did you mean `strict`?"),
        ('profile = "x"', "1:11: `x` is no value of `profile`; choose one of starter, standard, strict"),
        ("profile = true", "1:11: `profile` takes a string, not a boolean"),
        ("format = 1.5", "1:10: `format` takes a string, not a float"),
        ('fail-on = "warnings"', "1:11: `warnings` is no value of `fail-on`; did you mean `warning`?"),
        ("output = 1979-05-27", "1:10: `output` takes a string or a list of strings, not a date or time"),
        ("severity = []", "1:12: `severity` takes a table, not a list"),
        ('[severity]\nLAW = "fatal"', "2:7: `fatal` is no value of `severity.LAW`; choose one of error, warning, info"),
        ("[per-file-ignores]\n'a b' = 1", "2:9: `per-file-ignores.a b` takes a list of strings, not an integer"),
        ("checks = 1", "1:10: `checks` takes a table, not an integer"),
        ("[checks]\nMAN020 = 1", "2:10: `checks.MAN020` takes a table, not an integer"),
        ('baseline = ""', "1:12: `baseline` is empty; leave it out"),
        ('extend = ["a"]', "1:10: `extend` takes a string, not a list"),
    ],
)  # fmt: skip
def test_a_wrong_type_or_value_is_an_error_at_the_value(text: str, message: str) -> None:
    write(archlint_toml=text)
    assert refused() == [f"archlint.toml:{message}"]


def test_all_mistakes_of_a_file_are_told_in_its_order_each_with_its_line() -> None:
    write(archlint_toml='\tb = "é"  # c\nselect = [\n 1,\n]\na = 2\n')
    with pytest.raises(UsageError) as raised:
        nearest()
    assert [line for line in raised.value.lines if not line.startswith("error: ")] == [
        '   1 | \tb = "é"  # c', "     | \t^", "   3 |  1,", "     |  ^", "   5 | a = 2", "     | ^",
    ]  # fmt: skip
    assert [line.split(": ")[1] for line in raised.value.lines if line.startswith("error: ")] == [
        "archlint.toml:1:2", "archlint.toml:3:2", "archlint.toml:5:1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a = \n", "archlint.toml:1:5: is not TOML: invalid value"),
        (b"a = 1\nb", "archlint.toml:2:2: is not TOML: expected '=' after a key in a key/value pair"),
        (b"a = 1\na = 2\n", "archlint.toml:2:6: is not TOML: cannot overwrite a value"),
        (b"a = 1\n\xff", "archlint.toml:2:1: is not UTF-8"),
        (b"a = " + b"[" * 100_000, "archlint.toml: is nested too deep"),
    ],
)
def test_what_is_no_toml(content: bytes, message: str) -> None:
    Path("archlint.toml").write_bytes(content)
    assert refused() == [message]


def test_a_byte_order_mark_and_windows_lines_count_for_nothing() -> None:
    Path("archlint.toml").write_bytes("\ufeffprofile = 'strict'\r\nselct = 1\r\n".encode())
    assert refused() == ["archlint.toml:2:1: unknown key `selct`; did you mean `select`?"]


def test_the_required_version_is_asked_before_all_else() -> None:
    write(archlint_toml='required-version = ">=3, <4"\nof-the-future = 1\n')
    (message,) = refused()
    assert message.startswith("archlint.toml:1:20: requires archlint >=3, <4; this is ")
    write(archlint_toml='required-version = ">=0"\n')
    assert names(nearest()) == ["archlint.toml"]
    write(archlint_toml='required-version = "new"\n')
    assert refused()[0].startswith("archlint.toml:1:20: `new` is no condition on a version; write one as `>=0.1`")
