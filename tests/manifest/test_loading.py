from __future__ import annotations

import pytest

from archlint.manifest.loading import Loaded, load, load_document
from archlint.manifest.overrides import parse_overrides
from archlint.manifest.problems import Place
from archlint.manifest.reader import read

GOOD = b"""archlint: 1
system: {name: shop}
services:
  checkout:
    replicas: 12
    load: {peak: 1200/s}
    calls:
      - {to: ledger, timeout: 1s}
      - {to: search, timeout: 2s}
"""


def lines(loaded: Loaded) -> list[tuple[str, int, int, str]]:
    return [(one.code, one.place.line, one.place.column, one.message) for one in loaded.problems if one.place]


def assumed(*options: str, scale: str | None = None) -> Loaded:
    return load(GOOD, "archlint.yaml", parse_overrides(options, scale))


def test_a_good_file_has_a_manifest_and_no_problems() -> None:
    loaded = load(GOOD, "archlint.yaml")
    assert loaded.manifest is not None
    assert (loaded.problems, loaded.assumptions, loaded.unmatched) == ((), (), ())
    assert loaded.document.name == "archlint.yaml"


@pytest.mark.parametrize("source", [b"", b"a: [", b"\xff\xfe\x00", b"- a\n", b"a: 1\n---\nb: 2\n"])
def test_what_cannot_be_read_is_not_validated(source: bytes) -> None:
    loaded = load(source, "archlint.yaml")
    assert loaded.manifest is None
    assert [problem.code for problem in loaded.problems] == ["MAN001"]


def test_a_duplicate_key_does_not_hide_the_other_problems() -> None:
    source = b"archlint: 1\nsystem: {name: shop}\nservices:\n  a: {tier: crit}\n  a: {}\n  b: {load: {peak: 3}}\n"
    loaded = load(source, "archlint.yaml")
    assert loaded.manifest is None
    assert [(code, line, column) for code, line, column, _ in lines(loaded)] == [
        ("MAN002", 4, 13),
        ("MAN003", 5, 3),
        ("MAN005", 6, 20),
    ]


def test_a_duplicate_key_alone_makes_no_manifest() -> None:
    loaded = load(b"archlint: 1\nsystem: {name: shop}\nservices: {}\nservices: {}\n", "archlint.yaml")
    assert loaded.manifest is None
    assert [problem.code for problem in loaded.problems] == ["MAN003"]


def test_a_null_is_one_problem() -> None:
    loaded = load(b"archlint: 1\nsystem: {name: }\n", "archlint.yaml")
    assert lines(loaded) == [("MAN002", 2, 10, "`name` has no value: write `none`, or leave it out")]


def test_what_comes_through_an_alias_is_reported_there_with_the_anchor_beside_it() -> None:
    source = b"archlint: 1\nsystem: {name: shop}\nservices:\n  a: {load: &l {peak: 3}}\n  b: {load: *l}\n"
    first, second = load(source, "archlint.yaml").problems
    assert (first.place, first.related) == (Place(4, 23, 4, 24), ())
    assert second.place == Place(5, 13, 5, 15)
    assert [(one.message, one.place) for one in second.related] == [("the anchor is here", Place(4, 13, 4, 15))]


def test_assumptions_are_listed_and_change_the_manifest_and_not_the_file() -> None:
    loaded = assumed("services.checkout.replicas=6", scale="2x")
    assert loaded.manifest is not None
    checkout = loaded.manifest.services["checkout"]
    assert checkout.replicas == 6
    assert checkout.load is not None
    assert checkout.load.peak == 2400
    assert loaded.assumptions == ("every declared load x 2", "services.checkout.replicas = 6 (was 12)")
    assert loaded.document.text == GOOD.decode()
    assert loaded.document.data is not None
    assert loaded.document.data["services"]["checkout"]["replicas"] == 6


def test_a_value_that_an_option_gave_is_wrong_at_the_nearest_stated_place() -> None:
    assert lines(assumed("services.checkout.replicas=many")) == [
        (
            "MAN005",
            5,
            15,
            "`replicas`: `many` is not a count; write one such as 12 (given by --set services.checkout.replicas=many)",
        )
    ]


def test_a_wrong_value_of_a_field_that_the_file_does_not_state_is_at_what_holds_it() -> None:
    assert lines(assumed("services.checkout.queue.depth=deep")) == [
        (
            "MAN005",
            4,
            3,
            "`depth`: `deep` is not a number; write one such as 50k"
            " (given by --set services.checkout.queue.depth=deep)",
        )
    ]


def test_after_an_item_is_removed_the_list_is_the_place_of_the_others() -> None:
    spans = assumed("services.checkout.calls[ledger]=").document.spans
    assert spans.place_of(("services", "checkout", "calls", 0, "timeout"), "key") == Place(7, 5, 7, 10)
    assert spans.place_of(("services", "checkout", "replicas"), "key") == Place(5, 5, 5, 13)


def test_an_option_without_effect_is_handed_back() -> None:
    loaded = assumed("services.chekout.replicas=6")
    assert loaded.manifest is not None
    assert [str(error) for error in loaded.unmatched] == [
        "--set services.chekout.replicas=6: `services` has no `chekout`; did you mean `checkout`?"
    ]


def test_one_document_serves_many_assumptions() -> None:
    document = read(GOOD, "archlint.yaml")
    counts = [load_document(document, parse_overrides([f"services.checkout.replicas={n}"])) for n in (1, 2)]
    assert [one.manifest and one.manifest.services["checkout"].replicas for one in counts] == [1, 2]
    again = load_document(document).manifest
    assert again is not None
    assert again.services["checkout"].replicas == 12
