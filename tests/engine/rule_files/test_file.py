"""Rules that are written without Python: judged as any check, with a place for everything that is wrong in them."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator

from archlint.engine import exit_codes
from archlint.engine.documentation import page_of
from archlint.engine.errors import UsageError
from archlint.engine.registration import load_registry
from archlint.engine.rule_files.fields import SELECTABLE, variables
from archlint.engine.rule_files.schema import rules_schema
from archlint.engine.session import exit_code
from archlint.engine.subjects import SUBJECTS
from archlint.testing import lint

if TYPE_CHECKING:
    from archlint.engine.registry import Registry
    from archlint.engine.results import Report

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = """\
archlint: 1
system: {name: shop}
services:
  web:
    tier: critical
    replicas: {min: 2, max: 6}
    zones: [a, b]
    load: {peak: 1200/s}
    x-cost: {centre: CC1}
    calls:
      - {to: db, access: read, timeout: 5s}
      - {to: api, access: read, timeout: none}
      - {to: api, access: write}
  api: {tier: important, replicas: 3, load: {mean: 5/s}}
  batch: {}
datastores:
  db: {nodes: 3}
"""

Load = Callable[[str], "Registry"]


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """The registry with the rules of a text, which stands in rules.yaml."""
    monkeypatch.chdir(tmp_path)

    def load(text: str) -> Registry:
        Path("rules.yaml").write_text(text, encoding="utf-8")
        return load_registry((), rules=["rules.yaml"])

    return load


def rule(select: str, condition: str, message: str = "broken", **more: Any) -> str:
    stated = {"code": "ACM101", "name": "own-rule", "select": select, "condition": condition, "message": message}
    return yaml.safe_dump({"rules": [stated | more]}, sort_keys=False)


def judged(registry: Registry, text: str = MANIFEST) -> Report:
    return lint(text, registry=registry)


def fired(report: Report) -> list[str]:
    assert report.faults == ()
    return [finding.path for finding in report.findings]


def unknown(report: Report) -> dict[tuple[str, ...], list[str]]:
    return {group.needs: list(group.components) for group in report.not_evaluated}


CONDITIONS = {
    "a field": ("Service", 'service.tier == "critical"', ["services.api.tier"]),
    "a computed field": ("Service", "instances.least >= 3", ["services.web"]),
    "zones, however they are written": ("Service", "size(zones) >= 3", ["services.web.zones"]),
    "the load, stated or derived": ("Service", 'peak < quantity("1k/s")', ["services.web", "services.api"]),
    "another element": ("Call", 'targets.all(t, t.kind == "service")', ["services.web.calls[db]"]),
    "the caller": ("Call", 'call.access == "read" || caller.tier == "important"', ["services.web.calls[api#2].access"]),
    "the system": ("System", 'system.name == "x"', ["system"]),
    "a block of one's own": ("Service", 'service["x-cost"].centre == "CC2"', ["services.web.x-cost.centre"]),
    "a language default": (
        "Call",
        "!call.required",
        [f"services.web.calls[{t}].required" for t in ("db", "api", "api#2")],
    ),
    "every component": ("Component", 'component.kind == "service"', ["datastores.db"]),
    "the date": ("System", 'today < "2026-01-01"', ["system"]),
}


@pytest.mark.parametrize("case", CONDITIONS)
def test_a_condition_that_does_not_hold_is_a_finding(rules: Load, case: str) -> None:
    select, condition, expected = CONDITIONS[case]
    assert fired(judged(rules(rule(select, condition)))) == expected


def test_what_is_not_stated_is_not_evaluated(rules: Load) -> None:
    report = judged(rules(rule("Service", 'service.tier == "critical" && service.load.peak > 1.0')))
    assert fired(report) == ["services.api.tier"]
    assert unknown(report) == {("load.peak", "tier"): ["services.batch"]}


def test_what_does_not_matter_is_not_missed(rules: Load) -> None:
    report = judged(rules(rule("Service", 'service.load.peak > 1.0 || service.tier == "important"')))
    assert fired(report) == []
    assert unknown(report) == {("load.peak", "tier"): ["services.batch"]}


def test_an_item_of_a_list_that_states_too_little_is_named(rules: Load) -> None:
    report = judged(rules(rule("Service", "service.calls.all(c, c.payload < 1e6)")))
    assert unknown(report) == {("calls[].payload",): ["services.web"]}
    assert report.summary.clear == 2, "what calls nothing states all its calls"


@pytest.mark.parametrize(
    ("condition", "missing"),
    [
        ("service.calls.filter(c, c.access == 'read').all(d, d.payload > 1.0)", "calls[].payload"),
        ("service.calls.filter(c, true).filter(c, true).all(d, d.payload > 1.0)", "calls[].payload"),
        ("service.calls.map(c, c).all(d, d.payload > 1.0)", "payload"),
    ],
)
def test_an_item_of_what_is_computed_is_not_missed_either(rules: Load, condition: str, missing: str) -> None:
    report = judged(rules(rule("Service", condition, where='service.name == "web"')))
    assert unknown(report) == {(missing,): ["services.web"]}
    assert report.faults == ()


def test_has_asks_whether_a_field_is_stated(rules: Load) -> None:
    report = judged(rules(rule("Service", "has(service.tier)", "no tier")))
    assert fired(report) == ["services.batch.tier"]
    assert report.not_evaluated == ()


def test_a_computed_figure_says_what_it_lacks(rules: Load) -> None:
    assert unknown(judged(rules(rule("Service", "instances.least >= 2")))) == {("replicas",): ["services.batch"]}


def test_where_leaves_the_others_out(rules: Load) -> None:
    text = rule("Service", 'service.load.peak < quantity("1k/s")', where='service.tier == "critical"')
    report = judged(rules(text))
    assert fired(report) == ["services.web.load.peak"]
    assert unknown(report) == {("tier",): ["services.batch"]}


def test_a_control_that_is_stated_to_be_absent_breaks_the_condition(rules: Load) -> None:
    report = judged(rules(rule("Call", 'call.timeout <= quantity("10s")', "waits {{ call.timeout }}")))
    assert [(f.path, f.message) for f in report.findings] == [
        ("services.web.calls[api].timeout", "waits none (`timeout` is none)")
    ]
    assert unknown(report) == {("timeout",): ["services.web.calls[api#2]"]}


def test_a_rule_may_allow_that_a_control_is_absent(rules: Load) -> None:
    assert fired(judged(rules(rule("Call", 'call.timeout == "none" || call.timeout <= 10.0')))) == []


def test_where_never_selects_by_what_is_absent(rules: Load) -> None:
    report = judged(rules(rule("Call", "false", where="call.timeout > 1.0")))
    assert fired(report) == ["services.web.calls[db]"]


def test_a_message_has_figures_in_units_of_their_fields(rules: Load) -> None:
    message = (
        "{{ service.name }}: {{ service.load.peak }} on {{ instances.least }} in {{ zones }}, {{ service.slo.window }}"
    )
    report = judged(rules(rule("Service", "false", message, where='service.name == "web"')))
    (finding,) = report.findings
    assert finding.message == "web: 1.2k/s on 2 in a, b, not stated"
    assert {row.name: row.value for row in finding.evidence} == {"service.load.peak": 1200, "instances.least": 2}
    assert finding.formula == "false"


def test_a_finding_has_what_the_rule_says(rules: Load) -> None:
    text = rule(
        "Service", "false", where='service.tier == "critical"', severity="error", field="slo", remedy="State one."
    )
    (finding,) = judged(rules(text)).findings
    assert (finding.severity.label, finding.path, finding.remedy) == ("error", "services.web.slo", "State one.")
    assert (finding.place.line, finding.place.column) == (4, 3)


def test_options_are_variables_with_defaults(rules: Load) -> None:
    registry = rules(rule("Service", "instances.least >= options.least", options={"least": 3, "why": "x"}))
    (check,) = registry.checks
    assert check.options() == check.options(least=3, why="x")  # type: ignore[call-arg]
    assert fired(judged(registry)) == ["services.web"]


def test_the_page_of_a_rule(rules: Load) -> None:
    text = rule(
        "Service", "instances.least >= 3", where='service.tier == "critical"', remedy="Add some.",
        summary="A service has too few instances.",
        documentation={"at_3_am": "it is down.", "risky": "archlint: 1\nsystem: {name: shop}"},
    )  # fmt: skip
    page = page_of(rules(text).checks[0])
    assert page.summary == "A service has too few instances."
    assert page.sections["At 3 AM"].lower() == "it is down."
    assert page.sections["How to fix"] == "Add some."
    assert 'service.tier == "critical"' in page.sections["What it finds"]
    assert page.risky == "archlint: 1\nsystem: {name: shop}"


def test_a_rule_that_fails_is_named_with_its_place(rules: Load) -> None:
    report = judged(rules(rule("Service", "service.tier > 1")))
    (fault,) = report.faults
    assert (fault.kind, fault.name) == ("check", "ACM101")
    assert "RuleFailed: rules.yaml:5: no such overload" in fault.message
    assert exit_code(report) == exit_codes.INTERNAL


def test_a_condition_is_true_or_false(rules: Load) -> None:
    (fault,) = judged(rules(rule("Service", "1 + 1"))).faults
    assert "the value is 2, where true or false is due" in fault.message


WRONG = {
    "an unknown key": ("rules:\n  - {cod: 1}\n", ["2:6: `cod` is not a field here; did you mean `code`?"]),
    "no list": ("rules: {}\n", ["1:8: a mapping stands where a list is due"]),
    "another key": ("rule: []\n", ["1:1: `rule` is not a field here; did", "1:1: `rules` is missing"]),
    "nothing": ("", ["1:1: a rule file is a mapping: `rules:` and a list"]),
    "a list": ("- a\n", ["1:1: a rule file is a mapping: `rules:` and a list"]),
    "no YAML": ("rules: [\n", ["2:1: "]),
    "an unknown subject": (rule("Servce", "true"), ["4:11: `Servce` is not a value here; did you mean `Service`?"]),
    "a malformed code": (rule("Service", "true", code="A1"), ["2:9: `A1` does not match the pattern"]),
    "a code of archlint": (rule("Service", "true", code="MAN001"), ["2:9: `MAN001` belongs to archlint itself"]),
    "a field that nobody has": (rule("Service", "true", field="replcas"), ["7:10: `service` has no field `replcas`"]),
    "no route": (rule("Service", "true", field="a..b"), ["7:10: `a..b` is no field: "]),
    "an unclosed figure": (rule("Service", "true", "a {{ b"), ["6:14: `{{` is never closed by `}}`"]),
    "a figure of nothing": (rule("Service", "true", "a {{ servce.name }}"), ["6:17: no variable `servce` here"]),
    "an unknown field": (rule("Service", "service.replcas > 1"), ["5:22: `service` has no field `replcas`"]),
    "a field of an item": (
        rule("Service", "service.calls.all(c, c.timout > 1)"), ["5:37: `service.calls[]` has no field `timout`"],
    ),
    "a field of an item that is filtered": (
        rule("Service", "service.calls.filter(c, true).all(c, c.timout > 1)"), ["5:53: `service.calls[]` has no field"],
    ),
    "no field": (rule("Service", "service.tier.name == 1"), ["5:27: `service.tier` has no field `name`"]),
    "a variable of others": (rule("Service", "targets.size() > 1"), ["5:14: no variable `targets` here; there are "]),
    "no CEL": (rule("Service", "true &&"), ["5:20: no CEL: the expression ends too early"]),
    "no quantity": (rule("Service", "peak > quantity('7 parsecs')"), ["5:30: '7 parsecs' is no quantity"]),
    "no CEL in a block": (
        "rules:\n  - code: ACM101\n    name: own\n    select: Service\n    message: x\n"
        "    condition: |\n      true &&\n        service.teir == 1\n",
        ["8:17: `service` has no field `teir`; did you mean `tier`?"],
    ),
    "no CEL in a folded text": (
        "rules:\n  - {code: ACM101, name: own, select: Service, message: x, "
        "condition: true\n      && service.teir == 1}\n",
        ["2:60: `service` has no field `teir`; did you mean `tier`? (line 1, column 17 of the text)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_in_a_rule_file_has_a_place(rules: Load, case: str) -> None:
    text, expected = WRONG[case]
    with pytest.raises(UsageError) as caught:
        rules(text)
    lines = [line.removeprefix("error: rules.yaml:") for line in caught.value.lines]
    for start in expected:
        assert any(line.startswith(start) for line in lines), lines
    if not case.startswith(("an unknown key", "no YAML")):
        assert len(lines) == len(expected)


def test_all_that_is_wrong_is_told_in_order(rules: Load) -> None:
    first = rule("Service", "service.a > 1", "{{ b }}")
    second = rule("Call", "call.c > 1", name="own-rule").removeprefix("rules:\n")
    with pytest.raises(UsageError) as caught:
        rules(first + second)
    assert [line.split(": ")[1] for line in caught.value.lines] == [
        "rules.yaml:5:22", "rules.yaml:6:16", "rules.yaml:7:9", "rules.yaml:8:9", "rules.yaml:10:19",
    ]  # fmt: skip


def test_a_code_is_given_once_whoever_gives_it(rules: Load) -> None:
    rules(rule("Service", "true"))
    with pytest.raises(UsageError, match=r"`ACM101` is already a check of rules\.yaml"):
        load_registry((), rules=["rules.yaml", "rules.yaml"])


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yaml: cannot be read: No such file"):
        load_registry((), rules=["nowhere.yaml"])


def test_without_the_extra_an_error_says_how_to_get_it(rules: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_cel(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "cel":
            raise ModuleNotFoundError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_cel)
    with pytest.raises(UsageError, match=r"pip install 'archlint\[rules\]'"):
        rules(rule("Service", "true"))


def test_what_can_be_selected_can_be_visited() -> None:
    assert set(SELECTABLE) <= SUBJECTS.keys()
    for select in SELECTABLE:
        assert select.lower() in variables(select)


WORKING = (
    "double(instances.least) * 2.0 > 1.0",
    'service.name.startsWith("w") && service.name.matches("^w") && !service.name.endsWith("x")',
    "service.calls.filter(c, c.access == 'read').size() == 2",
    "service.calls.map(c, c.to).exists(t, t == 'db')",
    "has(service.tier) ? service.tier in ['critical', 'important'] : false",
    "size(service.calls) > 0 && service.calls[0].to == 'db'  // the first",
)


@pytest.mark.parametrize("condition", WORKING)
def test_what_expressions_may_use(rules: Load, condition: str) -> None:
    report = judged(rules(rule("Service", condition, where='service.name == "web"')))
    assert (fired(report), report.summary.clear) == ([], 1)


def test_a_component_outside_the_run_is_unknown(rules: Load) -> None:
    text = "archlint: 1\nsystem: {name: shop}\nservices:\n  web: {calls: [{to: other/pay, access: read}]}\n"
    report = judged(rules(rule("Call", 'targets.all(t, t.tier == "critical")')), text)
    assert unknown(report) == {("targets[].tier",): ["services.web.calls[other/pay]"]}


def test_the_rules_of_the_documentation_are_right(rules: Load) -> None:
    text = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    example = text.partition("```yaml\n")[2].partition("```")[0]
    assert rules(example).find("ACM101") is not None


def test_the_documentation_names_every_key_and_subject() -> None:
    text = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    properties = rules_schema()["properties"]["rules"]["items"]["properties"]
    for key in (*properties, *properties["documentation"]["properties"]):
        assert f"`{key}`" in text, key
    for select in SELECTABLE:
        assert re.search(rf"\b{select}\b", text), select


@pytest.mark.parametrize(("draft", "kind"), [("2020-12", Draft202012Validator), ("7", Draft7Validator)])
def test_the_schema_is_one(draft: str, kind: Any) -> None:
    schema = rules_schema(draft)
    kind.check_schema(schema)
    example = yaml.safe_load((ROOT / "examples" / "archlint-example-plugin" / "rules.yaml").read_text())
    assert list(kind(schema).iter_errors(example)) == []
