"""The settings of a manifest: profile < configuration < command line, and each manifest by its own."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from archlint.engine import session
from archlint.engine.configuration.options import options_of
from archlint.engine.configuration.search import Configurations
from archlint.engine.configuration.settings import CommandLine, Settings, SettingsFinder
from archlint.engine.configuration.shown import shown
from archlint.engine.errors import UsageError
from archlint.engine.registry import Registry
from archlint.engine.results import Report
from archlint.engine.selection import Layer, split
from archlint.engine.session import Request
from archlint.plugin import WARNING, Check, Options, Severity
from archlint.records import dataclass

if TYPE_CHECKING:
    from tests.engine.conftest import MakeRegistry

LAW020, LAW121, PRM070, OFF900 = "LAW020", "LAW121", "PRM070", "OFF900"
NAMES = {LAW020: "below-littles-law", LAW121: "single-zone", PRM070: "retry-unsafe", OFF900: "seldom-asked"}
DEFAULT = {LAW020, LAW121, PRM070}


@dataclass(frozen=True, slots=True)
class Zones(Options):
    """Of every type that an option may have."""

    least: int = 2
    share_of: float = 0.5
    named: tuple[str, ...] = ("a",)
    kind: Literal["zone", "region"] = "zone"
    strict: bool = False
    label: str | None = None

    def __post_init__(self) -> None:
        if self.least < 0:
            raise ValueError(f"`least` is {self.least}; it counts zones")


def made(code: str) -> Check:
    options = Zones if code == LAW121 else Options
    return Check(code, NAMES[code], WARNING, "System", lambda *_: (), default=code != OFF900, options=options)


CHECKS = {code: made(code) for code in sorted(NAMES)}
REGISTRY = Registry(
    tuple(CHECKS.values()), (), (), {key: check for check in CHECKS.values() for key in (check.code, check.name)}
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


def write(text: str, name: str = "archlint.toml") -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, "utf-8")


def finder(layer: Layer | None = None, profile: str | None = None) -> SettingsFinder:
    return SettingsFinder(REGISTRY, CommandLine(layer or Layer(), profile), Configurations())


def of(manifest: str = "archlint.yaml", layer: Layer | None = None, profile: str | None = None) -> Settings:
    return finder(layer, profile)(manifest)


def codes(settings: Settings) -> set[str]:
    return {check.code for check in settings.checks}


def given(select: str | None = None, extend: str = "", ignore: str = "") -> Layer:
    return Layer(None if select is None else split([select]), split([extend]), split([ignore]))


TABLE: dict[str, tuple[str, Layer, set[str]]] = {
    "nothing said: the checks' own defaults": ("", given(), DEFAULT),
    "the configuration selects": ('select = ["LAW"]', given(), {LAW020, LAW121}),
    "the configuration adds": ('extend-select = ["OFF900"]', given(), {*DEFAULT, OFF900}),
    "the configuration ignores": ('ignore = ["single-zone"]', given(), {LAW020, PRM070}),
    "within it the longest decides": ('select = ["LAW020"]\nignore = ["LAW"]', given(), {LAW020}),
    "within it ignore wins a tie": ('select = ["LAW"]\nignore = ["LAW"]', given(), set()),
    "an empty selection selects nothing": ("select = []", given(), set()),
    "the command line's selection replaces": ('select = ["LAW"]', given("PRM"), {PRM070}),
    "and the configuration's addition": ('extend-select = ["OFF900"]', given("PRM"), {PRM070}),
    "the command line's selection brings back": ('ignore = ["LAW020"]', given("LAW"), {LAW020, LAW121}),
    "the command line adds": ('select = ["LAW"]', given(extend="PRM"), {LAW020, LAW121, PRM070}),
    "an addition outranks a longer ignore below": ('ignore = ["LAW020"]', given(extend="LAW"), DEFAULT),
    "the command line ignores": ('select = ["LAW020", "PRM"]', given(ignore="LAW"), {PRM070}),
    "a file's ignores are above the selection": (
        'select = ["LAW020", "PRM"]\n[per-file-ignores]\n"*.yaml" = ["LAW"]', given(), {PRM070}),
    "and below the command line": ('[per-file-ignores]\n"*.yaml" = ["ALL"]', given(extend="LAW020"), {LAW020}),
    "a file's ignores are of that file": ('[per-file-ignores]\n"other.yaml" = ["ALL"]', given(), DEFAULT),
    "a profile selects nothing": ('profile = "strict"', given(), DEFAULT),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_truth_table_of_the_layers(case: str) -> None:
    text, layer, expected = TABLE[case]
    write(text)
    assert codes(of(layer=layer)) == expected


def test_what_is_extended_is_a_layer_below() -> None:
    write('select = ["LAW"]\nignore = ["LAW020"]', "base.toml")
    write('extend = "base.toml"\nextend-select = ["LAW", "PRM"]')
    assert codes(of()) == {LAW020, LAW121, PRM070}
    write('extend = "base.toml"\nignore = ["LAW121"]')
    assert codes(of()) == set()
    write('extend = "base.toml"\nselect = ["PRM"]')
    assert codes(of()) == {PRM070}


@pytest.mark.parametrize(
    ("pattern", "manifest", "matches"),
    [
        ("legacy/", "legacy/a.archlint.yaml", True),
        ("legacy/**", "legacy/deep/archlint.yaml", True),
        ("legacy/**", "archlint.yaml", False),
        ("*.archlint.yaml", "deep/er/a.archlint.yaml", True),
        ("/archlint.yaml", "deep/archlint.yaml", False),
    ],
)
def test_patterns_of_files_start_from_the_configuration(pattern: str, manifest: str, matches: bool) -> None:
    write(f'[per-file-ignores]\n"{pattern}" = ["LAW"]', "sub/archlint.toml")
    assert codes(of(f"sub/{manifest}")) == ({PRM070} if matches else DEFAULT)
    assert codes(of(manifest)) == DEFAULT


def test_profile() -> None:
    assert of().profile == "standard"
    assert of(profile="starter").profile == "starter"
    write('profile = "strict"')
    assert of().profile == "strict"
    assert of(profile="starter").profile == "starter"


def test_the_longest_selector_of_severities_decides() -> None:
    write('[severity]\nLAW = "info"\nLAW121 = "error"\nLAW12 = "warning"\nALL = "warning"')
    assert of().severities == {
        LAW020: Severity.INFO, LAW121: Severity.ERROR, PRM070: Severity.WARNING, OFF900: Severity.WARNING,
    }  # fmt: skip


def test_options_are_typed_by_the_check() -> None:
    write('[checks.single-zone]\nleast = 3\nshare-of = 1\nnamed = ["b"]\nkind = "region"\nstrict = true\nlabel = "x"')
    assert of().options == {LAW121: Zones(3, 1.0, ("b",), "region", True, "x")}
    assert type(of().options[LAW121].share_of) is float  # type: ignore[attr-defined]


def test_options_of_extended_files_go_together() -> None:
    write("[checks.LAW121]\nleast = 3\nshare_of = 0.1\n", "base.toml")
    write('extend = "base.toml"\n[checks.single-zone]\nshare-of = 0.2\n')
    assert of().options == {LAW121: Zones(3, 0.2)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('select = ["LAW", "LAW02l"]', "1:18: no check matches the selector `LAW02l`; did you mean `LAW020`?"),
        ('extend-select = ["x"]', "1:18: no check matches the selector `x`"),
        ('ignore = ["single-zome"]', "1:11: no check matches the selector `single-zome`; did you mean `single-zone`?"),
        ('[per-file-ignores]\n"a" = ["PRM071"]', "2:8: no check matches the selector `PRM071`; did you mean `PRM070`?"),
        ('[severity]\nLAW9 = "info"', "2:1: no check matches the selector `LAW9`"),
        ('[severity]\nMAN001 = "info"', "2:1: `MAN001` is an error in the manifest itself, which has one severity"),
        ("[checks.LAW122]", "1:9: no check `LAW122`; did you mean `LAW121`?"),
        ("[checks.MAN001]", "1:9: `MAN001` has no options"),
        ("[checks]\nLAW121.leest = 1", "2:8: LAW121 single-zone has no option `leest`; did you mean `least`?"),
        ("checks.LAW121.share_off = 1", "1:15: LAW121 single-zone has no option `share_off`; did you mean `share-of`?"),
        ("checks.PRM070.least = 1", "1:15: PRM070 retry-unsafe has no options"),
        ("[checks]\nLAW121 = {}\nsingle-zone = {}", "3:1: `LAW121` and `single-zone` are one check; keep one table"),
        ("[checks.LAW121]\nleast = 1.5", "2:9: `least` of LAW121 takes an integer, not 1.5"),
        ("[checks.LAW121]\nleast = true", "2:9: `least` of LAW121 takes an integer, not a boolean"),
        ('[checks.LAW121]\nshare-of = "x"', "2:12: `share-of` of LAW121 takes a number, not a string"),
        ('[checks.LAW121]\nkind = "x"', "2:8: `kind` of LAW121 takes one of zone, region, not a string"),
        ("[checks.LAW121]\nnamed = [1]", "2:9: `named` of LAW121 takes a string, not a list"),
        ("[checks.LAW121]\nnamed = 1", "2:9: `named` of LAW121 takes a list, each item a string, not 1"),
        ("[checks.LAW121]\nlabel = 1", "2:9: `label` of LAW121 takes a string, not 1"),
        ("[checks.LAW121]\nleast = -1", "1:9: LAW121 single-zone: `least` is -1; it counts zones"),
    ],
)
def test_what_only_the_checks_can_tell_is_an_error_with_its_place(text: str, message: str) -> None:
    write(text)
    with pytest.raises(UsageError) as raised:
        of()
    assert str(raised.value).startswith(f"archlint.toml:{message}")


def test_an_error_in_what_is_extended_is_told_there() -> None:
    write('select = ["LAW9"]', "base.toml")
    write('extend = "base.toml"\nselect = ["PRM"]')
    with pytest.raises(UsageError, match=r"^base\.toml:1:11: "):
        of()


def test_the_command_line_is_refused_even_where_nothing_is_read() -> None:
    with pytest.raises(UsageError, match="no check matches the selector `LAW9`"):
        finder(given("LAW9"))
    with pytest.raises(UsageError, match="`lenient` is no profile; choose one of starter, standard, strict"):
        finder(profile="lenient")


def test_manifests_that_are_judged_alike_share_their_settings() -> None:
    write('[per-file-ignores]\n"a/" = ["LAW"]')
    write("", "b/archlint.toml")
    found = finder()
    assert found("archlint.yaml") is found("x/archlint.yaml")
    assert found("a/1.yaml") is found("a/2.yaml") is not found("archlint.yaml")
    assert found("b/archlint.yaml") is not found("archlint.yaml")


def test_an_option_of_a_type_that_no_configuration_can_say() -> None:
    @dataclass(frozen=True, slots=True)
    class Odd(Options):
        at: bytes = b""

    check = Check("ODD001", "odd", WARNING, "System", lambda *_: (), options=Odd)
    _, (mistake,) = options_of(check, {"at": "x"})
    assert mistake.message == "`at` of ODD001 takes nothing that a configuration can say, not a string"


def test_where_every_value_comes_from() -> None:
    write('select = ["LAW"]\nignore = ["LAW020"]\n[checks.LAW121]\nleast = 3', "base.toml")
    write('extend = "base.toml"\nignore = ["PRM"]\nseverity.LAW = "info"\n[per-file-ignores]\n"b*" = ["OFF"]')
    assert shown(["a.yaml", "b.yaml"], finder(given(extend="OFF"), "strict")) == [
        (
            [name],
            [
                ("select", ["LAW"], "base.toml:1:1"),
                ("extend-select", ["OFF"], "command line"),
                ("ignore", ["LAW020"], "base.toml:2:1"),
                ("ignore", ["PRM"], "archlint.toml:2:1"),
                *([('per-file-ignores."b*"', ["OFF"], "archlint.toml:5:1")] if name == "b.yaml" else []),
                ("profile", "strict", "command line"),
                ("severity.LAW", "info", "archlint.toml:3:10"),
                ("checks.LAW121.least", 3, "base.toml:4:1"),
                ("checks that run", [LAW121, OFF900], "all of the above"),
            ],
        )
        for name in ("a.yaml", "b.yaml")
    ]


SEEN = '''
@dataclass(frozen=True, slots=True)
class Least(Options):
    least: int = 2


@check("ACM001", "too-few", severity=WARNING, options=Least)
def too_few(service: Service, analyses: Analyses, options: Least) -> Iterator[Finding]:
    """Too few."""
    if (need(service, "replicas") or 0) < options.least:
        clears = tuple(
            Clear("replicas", value, str(value), severity)
            for value, severity in ((1.0, ERROR), (float(options.least), WARNING))
        )
        yield Finding(at=service, field="replicas", message=f"below {options.least}", severity=ERROR, clears=clears)


@check("ACM002", "broken", severity=WARNING, default=False)
def broken(service: Service, analyses: Analyses) -> Iterator[Finding]:
    """Fails."""
    raise KeyError(service.system.name)
    yield
'''
MANIFEST = "archlint: 1\nsystem: {{name: {0}}}\nservices: {{web: {{{1}}}}}\n"


@pytest.fixture
def registry(registry_from: MakeRegistry) -> Registry:
    made: Registry = registry_from(
        "from archlint.plugin import Clear, Evaluation\nfrom archlint.records import dataclass\n" + SEEN
    )
    return made


def check_all(registry: Registry, **options: Any) -> Report:
    request = Request(datetime.date(2026, 11, 15), configurations=Configurations(), **options)
    return session.run(request, registry)


def findings(report: Report) -> list[tuple[str, str, str]]:
    return [(finding.file, finding.severity.label, finding.message) for finding in report.findings]


def test_manifests_of_one_run_are_judged_each_by_its_own_settings(registry: Registry) -> None:
    for name in ("a", "b", "c", "d"):
        write(MANIFEST.format(name, "replicas: 1"), f"{name}/archlint.yaml")
    write("[checks.ACM001]\nleast = 3", "a/archlint.toml")
    write('severity.ACM = "info"', "b/archlint.toml")
    write('ignore = ["ALL"]', "c/archlint.toml")
    report = check_all(registry)
    assert findings(report) == [
        ("a/archlint.yaml", "error", "below 3"),
        ("b/archlint.yaml", "info", "below 2"),
        ("d/archlint.yaml", "error", "below 2"),
    ]
    assert (report.summary.checks, report.summary.fired, report.summary.clear) == (1, 3, 0)
    assert findings(check_all(registry, select=("ACM001",)))[2][0] == "c/archlint.yaml"


def test_what_is_not_evaluated_is_counted_over_all_settings(registry: Registry) -> None:
    for name in ("a", "b"):
        write(MANIFEST.format(name, ""), f"{name}/archlint.yaml")
    write('profile = "strict"', "b/archlint.toml")
    report = check_all(registry)
    assert [(f.file, f.unproven) for f in report.findings] == [("b/archlint.yaml", True)]
    assert [(group.code, group.count) for group in report.not_evaluated] == [("ACM001", 1)]


def test_with_one_severity_for_all_only_what_takes_the_finding_away_clears_it(registry: Registry) -> None:
    write(MANIFEST.format("a", "replicas: 0"), "archlint.yaml")
    (finding,) = check_all(registry).findings
    assert [(row.value, row.severity) for row in finding.clears_when] == [("1.0", "error"), ("2.0", "warning")]
    write('severity.ACM001 = "info"')
    (finding,) = check_all(registry).findings
    assert [(row.value, row.severity) for row in finding.clears_when] == [("2.0", "info")]


def test_a_check_that_fails_under_several_settings_is_told_once(registry: Registry) -> None:
    for name in ("a", "b"):
        write(MANIFEST.format(name, "replicas: 2"), f"{name}/archlint.yaml")
    write('profile = "strict"', "b/archlint.toml")
    report = check_all(registry, select=("ACM002",))
    assert [(fault.name, fault.message.split(": ")[0]) for fault in report.faults] == [
        ("ACM002", "failed on service `web`")
    ]


def test_the_scope_of_a_run_is_of_each_system(registry: Registry) -> None:
    for name in ("a", "b"):
        write(MANIFEST.format(name, "replicas: 1"), f"{name}/archlint.yaml")
    write('ignore = ["ACM"]', "b/archlint.toml")
    scope = check_all(registry).scope
    assert (scope.judged("ACM001", "a"), scope.judged("ACM001", "b")) == (True, False)
