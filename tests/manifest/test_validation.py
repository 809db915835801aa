from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import Any, get_origin

import pytest
from pydantic import TypeAdapter, ValidationError

from archlint.manifest import wording
from archlint.manifest.diagnosis import SUGGESTIONS, concrete
from archlint.manifest.manifest import Manifest
from archlint.manifest.models import SECTIONS, load
from archlint.manifest.problems import Problem
from archlint.manifest.reader import read
from archlint.manifest.shapes import Arm, arms, fields
from archlint.manifest.validation import validate
from archlint.manifest.wording import closest, plain, thing

HEAD = "archlint: 1\nsystem: {name: shop}\n"


def problems(body: str, head: str = HEAD) -> list[tuple[str, tuple[str | int, ...], str, int, int, str]]:
    """Code, path, on, line (of the body), column and message of each problem."""
    document = read((head + body).encode(), "archlint.yaml")
    found = validate(document)[1]
    placed = [(problem, document.spans.place_of(problem.path, problem.on)) for problem in found]
    skipped = head.count("\n")
    return [(one.code, one.path, one.on, at.line - skipped, at.column, one.message) for one, at in placed]


def only(body: str, head: str = HEAD) -> tuple[str, tuple[str | int, ...], str, int, int, str]:
    (problem,) = problems(body, head)
    return problem


def message(body: str) -> str:
    return only(body)[-1]


def manifest(body: str) -> Manifest:
    found, wrong = validate(read((HEAD + body).encode(), "archlint.yaml"))
    assert wrong == []
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("one", "of"),
    [
        ("    replcas{}: 1\n", "services:\n  web:\n"),
        ("  s{}: {{tier: critical{}}}\n", "services:\n"),
        ("servces{}: {{}}\n", ""),
    ],
)
def test_only_the_first_misspelt_words_are_looked_up(monkeypatch: pytest.MonkeyPatch, one: str, of: str) -> None:
    """To look for what was meant takes a millisecond or two, and a file may have a hundred thousand words."""
    looked_up: set[str] = set()
    closest, has_field = wording.closest, wording._has_field

    def near(word: str, candidates: Iterable[str]) -> str | None:
        looked_up.add(word)
        return closest(word, candidates)

    def is_below(alternatives: Iterable[Arm], key: str) -> bool:
        looked_up.add(key)
        return has_field(alternatives, key)

    monkeypatch.setattr(wording, "closest", near)
    monkeypatch.setattr(wording, "_has_field", is_below)
    count = SUGGESTIONS + 50
    found = problems(of + "".join(one.format(at, at) for at in range(count)))
    suggested = [text for *_, text in found if "did you mean" in text]
    assert (len(found), len(looked_up), len(suggested)) == (count, SUGGESTIONS, SUGGESTIONS)


def test_sections_that_are_not_there_are_empty() -> None:
    found = manifest("")
    assert (found.archlint, found.system.name, found.as_of) == (1, "shop", None)
    assert (found.services, found.guards, found.topology) == ({}, [], None)


def test_the_manifest_has_every_section_and_no_other() -> None:
    assert sorted(Manifest.__dataclass_fields__) == sorted(SECTIONS)


def test_quantities_are_held_in_canonical_units_and_names_keep_their_order() -> None:
    found = manifest("services:\n  b: {load: {peak: 1.2k/s}}\n  a: {queue: {timeout: 200ms}}\n")
    assert list(found.services) == ["b", "a"]
    load = found.services["b"].load
    assert load is not None
    assert load.peak == 1200


def test_defaults_are_merged_before_validation() -> None:
    found = manifest("defaults: {call: {timeout: 500ms}}\nservices: {a: {calls: [{to: b}]}}\n")
    calls = found.services["a"].calls
    assert calls is not None
    assert calls[0].timeout == 0.5


def test_an_unknown_field_names_the_one_that_was_meant() -> None:
    assert only("services:\n  checkout:\n    replcas: 12\n") == (
        "MAN002",
        ("services", "checkout", "replcas"),
        "key",
        3,
        5,
        "`replcas` is not a field of a service; did you mean `replicas`?",
    )


def test_a_text_is_not_true_or_false() -> None:
    assert only('services:\n  a:\n    calls: [{to: b, required: "no"}]\n') == (
        "MAN002",
        ("services", "a", "calls", 0, "required"),
        "value",
        3,
        31,
        '`required` takes true or false, not the text "no"',
    )


def test_a_word_outside_a_vocabulary_names_the_vocabulary_and_the_nearest_word() -> None:
    assert only("services: {a: {tier: crit}}\n") == (
        "MAN002",
        ("services", "a", "tier"),
        "value",
        1,
        22,
        "`tier` is one of critical, important, best-effort, not `crit`; did you mean `critical`?",
    )


def test_a_section_of_names_is_no_list() -> None:
    assert only("services: [checkout]\n") == (
        "MAN002",
        ("services",),
        "value",
        1,
        11,
        "`services` is a mapping of names, not a list",
    )


def test_a_number_without_its_unit_is_man005() -> None:
    assert only("services: {a: {load: {peak: 1200}}}\n") == (
        "MAN005",
        ("services", "a", "load", "peak"),
        "value",
        1,
        29,
        "`peak`: 1200 has no unit; write a rate such as 1200/s",
    )


def test_a_missing_field_is_reported_at_what_lacks_it() -> None:
    assert only("flows:\n  buy: {peak: 3/s}\n") == ("MAN002", ("flows", "buy"), "key", 2, 3, "a flow needs `entry`")


def test_what_every_manifest_needs() -> None:
    assert problems("services: {}\n", head="") == [
        ("MAN002", (), "key", 1, 1, "a manifest needs `archlint`"),
        ("MAN002", (), "key", 1, 1, "a manifest needs `system`"),
    ]


def test_a_version_of_the_language_that_is_not_known() -> None:
    assert only("archlint: 2\nsystem: {name: shop}\n", head="") == (
        "MAN002",
        ("archlint",),
        "value",
        1,
        11,
        "`archlint` is the version of the language; this release reads 1, not 2",
    )


def test_a_bad_name_is_reported_at_the_name() -> None:
    words = "names begin with a letter or a digit and go on with letters, digits, `.`, `_` and `-`"
    assert only("services:\n  check out: {}\n") == (
        "MAN002",
        ("services", "check out"),
        "key",
        2,
        3,
        f"`check out` is not a name; {words}",
    )
    assert only("brokers:\n  events:\n    topics:\n      a b: {}\n")[1:5] == (
        ("brokers", "events", "topics", "a b"),
        "key",
        4,
        7,
    )


def test_a_model_that_refuses_a_mapping_as_a_whole_is_reported_at_its_name() -> None:
    assert only("services:\n  a:\n    calls:\n      - {access: read}\n") == (
        "MAN002",
        ("services", "a", "calls", 0),
        "key",
        4,
        10,
        "a call names its target once: write either `to` or `any_of`",
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("servces: {}\n", "`servces` is not a section of a manifest; did you mean `services`?"),
        ("zzz: {}\n", "`zzz` is not a section of a manifest"),
        ("topology: [a]\n", "`topology` is a mapping, not a list"),
        ("guards: {a: {}}\n", "`guards` is a list, not a mapping"),
        ("services: {a: 3}\n", "a service is a mapping, not 3"),
        ("services: {a: {calls: [ledger]}}\n", 'a call is a mapping, not the text "ledger"'),
        ("services: {a: {peak: 3/s}}\n", "`peak` is not a field of a service; it stands under `load`"),
        (
            "services: {a: {calls: [{to: b, retries: {tier: critical}}]}}\n",
            "`tier` is not a field of `retries`; it is a field of a service",
        ),
        ("services: {a: {load: {zzz: 3}}}\n", "`zzz` is not a field of `load`"),
        ("services: {a: {owner: 3}}\n", "`owner` takes some text, not 3; a number or date goes in quotes"),
        ("services: {a: {autoscaling: [1]}}\n", "`autoscaling` takes a mapping or `none`, not a list"),
        (
            "services: {a: {calls: [{to: b, retries: {on: [conect]}}]}}\n",
            "each of `on` is one of connect, timeout, 5xx, 429, reset, conflict, any, not `conect`;"
            " did you mean `connect`?",
        ),
        ("services: {a: {calls: [{to: b, share: 130%}]}}\n", "`share`: `130%` is above 100%"),
        ("services: {a: {load: {peak: -5/s}}}\n", "`peak`: -5/s is negative; write zero or more"),
        ("services: {a: {calls: [{to: b, retries: {attempts: 0}}]}}\n", "`attempts`: 0 is below 1"),
        ("as_of: 2026-13-01\n", "`as_of`: `2026-13-01` is not a day of the calendar"),
        ("as_of: soon\n", '`as_of` takes a date as YYYY-MM-DD, not the text "soon"'),
        ("topology: {links: [{between: [a]}]}\n", "`between` has at least 2 items, not 1"),
        ("services: {a: {patterns: outbox}}\n", '`patterns` takes a list, not the text "outbox"; write [outbox]'),
        ("brokers: {e: {topics: [orders]}}\n", "`topics` is a mapping of names, not a list"),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_a_person(body: str, said: str) -> None:
    assert message(body) == said


def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    body = "flows: {buy: {peak: 3}}\nservices:\n  a: {tier: crit, replcas: 3}\n  b: {load: {peak: 3}}\nzzz: 1\n"
    assert [(line, column) for *_, line, column, _ in problems(body)] == [
        (1, 9),
        (1, 21),
        (3, 13),
        (3, 19),
        (4, 20),
        (5, 1),
    ]


def test_a_null_is_reported_by_the_reader_alone() -> None:
    assert problems("services: {a: {calls: [{to: }]}}\nflows: {buy: {entry: }}\n") == []
    assert problems("system: {name: }\n", head="archlint: 1\n") == []
    assert problems("system:\n", head="archlint: 1\n") == []


def test_a_required_section_without_a_value_makes_no_manifest() -> None:
    assert validate(read(b"archlint: 1\nsystem:\n", "archlint.yaml")) == (None, [])


def test_a_problem_of_defaults_is_reported_once_and_at_defaults() -> None:
    body = "defaults: {call: {timeout: 5}}\nservices: {a: {calls: [{to: b}, {to: c}]}}\n"
    assert only(body)[:5] == ("MAN005", ("defaults", "call", "timeout"), "value", 1, 28)


@pytest.mark.parametrize(
    ("loc", "path"),
    [
        (("retries", "@mapping", "attempts"), ("retries", "attempts")),
        (("retries", "@mapping", "on", 1), ("retries", "on", 1)),
        (("topics", "a b", "[key]"), ("topics", "a b")),
        (("retries", "function-before[read(), float]"), ("retries",)),
        (("retries", "@mapping", "gone"), ("retries",)),
        ((), ()),
    ],
)
def test_a_location_keeps_what_leads_somewhere_in_the_data(
    loc: tuple[str | int, ...], path: tuple[str | int, ...]
) -> None:
    data = {"retries": {"attempts": 3, "on": ["a", "b"]}, "topics": {"a b": {}}}
    assert concrete(loc, data) == path


def test_keys_that_look_like_marks_of_a_location_are_kept() -> None:
    assert concrete(("settings", "@mapping"), {"settings": {"@mapping": 1}}) == ("settings", "@mapping")


def test_values_are_named_as_a_person_would() -> None:
    values: list[object] = [True, None, 3, 1.5, float("nan"), "x", {}, []]
    words = ["true", "nothing", "3", "1.5", ".nan", 'the text "x"', "a mapping", "a list"]
    assert [plain(value) for value in values] == words
    assert plain("a" * 100) == f'the text "{"a" * 57}..."'


def test_only_near_words_are_suggested() -> None:
    assert closest("Critical", ["critical", "important"]) == "critical"
    assert closest("zzz", ["critical", "important"]) is None


# -- every error that the models can raise, in words

BAD_VALUES: tuple[object, ...] = ("zz zz", "", 1.5, -1, True, [], [[]], {"zz": 1}, [{"zz": 1}])
JARGON = re.compile(
    r"Input should|valid (string|integer|boolean|number|dictionary|list)|extra_forbidden|dictionary|instance of|"
    r"[a-z]Spec\b|Literal|pydantic|discriminator|\btag\b|union|Value error|Extra inputs|Field required|None"
)

Path = tuple[str | int, ...]


def routes(arm: Arm, path: Path, seen: set[type]) -> Iterator[Path]:
    """A path to every field of every model, each model once."""
    if arm.model and arm.model not in seen:
        seen.add(arm.model)
        yield (*path, "zz")
        for key, info in fields(arm.model).items():
            yield (*path, key)
            for part in arms(info.annotation, tuple(info.metadata)):
                yield from routes(part, (*path, key), seen)
    elif arm.items:
        step: str | int = "aa" if get_origin(arm.type) is dict else 0
        yield (*path, step)
        for part in arms(arm.items):
            yield from routes(part, (*path, step), seen)


def all_routes() -> list[Path]:
    seen: set[type] = set()
    return [path for key in SECTIONS for arm in arms(load(key)) for path in [(key,), *routes(arm, (key,), seen)]]


def nested(path: Path, value: Any) -> Any:
    for step in reversed(path):
        value = {step: value} if isinstance(step, str) else [value]
    return value


def refused(path: Path) -> Iterator[Problem]:
    for value in BAD_VALUES:
        data = {"archlint": 1, "system": {"name": "shop"}, **nested(path, value)}
        yield from validate(read(json.dumps(data).encode(), "archlint.yaml"))[1]


@pytest.mark.slow
def test_no_message_has_the_words_of_a_library() -> None:
    said = {problem.message for path in all_routes() for problem in refused(path)}
    assert len(said) > 1000
    assert [one for one in sorted(said) if JARGON.search(one)] == []
    assert [one for one in sorted(said) if "cannot be nothing" in one or one.endswith(".")] == []


def test_the_models_raise_no_error_that_has_no_words() -> None:
    raised: set[str] = set()
    adapters = {key: TypeAdapter(load(key)) for key in SECTIONS}
    for path in all_routes():
        for value in BAD_VALUES:
            try:
                adapters[str(path[0])].validate_python(nested(path[1:], value))
            except ValidationError as errors:
                raised |= {error["type"] for error in errors.errors(include_url=False)}
    assert raised == {
        "archlint_unit",
        "archlint_value",
        "dict_type",
        "extra_forbidden",
        "list_type",
        "literal_error",
        "missing",
        "model_type",
        "too_short",
    }


def test_things_are_called_by_their_kind() -> None:
    seen: set[type] = set()
    items: dict[str, None] = {}
    for path in (path for key in SECTIONS for arm in arms(load(key)) for path in routes(arm, (key,), seen)):
        if path[-1] == "zz" and path[-2] in ("aa", 0):
            items[thing(path[:-1])] = None
    words = (
        "a broker, a cache, a call, a ceiling, a certificate, a class of changes, a client, a consume, a counter,"
        " a dependency, a filter, a flow, a guard, a job, a link, a lock, a measurement, a member, a network,"
        " a projection, a publish, a region, a reservation, a shadow, a snapshot, a step, a team, a topic,"
        " a transaction, a waiver, a zone, an external service, an invariant, an operation"
    )
    assert ", ".join(sorted(items)) == words
    assert thing(("services", "checkout")) == "a service"
    assert thing(("datastores", "ledger")) == "a datastore"


def test_a_good_manifest_costs_no_words() -> None:
    script = (
        "import sys; from archlint.manifest.loading import load;"
        "assert load(b'archlint: 1\\nsystem: {name: shop}\\nservices: {a: {}}\\n', 'x').manifest;"
        "print([name for name in ('archlint.manifest.wording', 'archlint.manifest.shapes',"
        " 'archlint.manifest.overrides', 'archlint.manifest.models.datastores') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
