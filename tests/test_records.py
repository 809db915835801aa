"""Records are dataclasses in all that a user of one can see."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from typing import Any, ClassVar

import pytest

from archlint import records


@records.dataclass(frozen=True, slots=True)
class Point:
    """Has a method, a constant and a default."""

    x: float
    y: float = 0.0
    AXES: ClassVar[int] = 2

    @property
    def sum(self) -> float:
        return self.x + self.y


@records.dataclass(frozen=True, slots=True)
class Named(Point):
    name: str = "origin"
    note: str = records.field(default="", compare=False)


@records.dataclass(slots=True)
class Log:
    lines: list[str] = records.field(default_factory=list)
    most: int = 3


@records.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    limit: int
    strict: bool = False

    def __post_init__(self) -> None:
        if self.limit < 0:
            raise ValueError("the limit is negative")


@records.dataclass(frozen=True, slots=True, order=True)
class Version:
    major: int
    minor: int = 0


DEFAULTS: dict[Any, dict[str, Any]] = {Point: {"y": 0.0}, Options: {"strict": False}}


@pytest.mark.parametrize("few", range(30))
def test_values_come_by_place_and_by_name(few: int) -> None:
    """The first instances are made in another way than the rest."""
    assert (Point(1).x, Point(1).y, Point(y=2, x=1).sum, Point.AXES) == (1, 0.0, 3, 2)
    assert Named(1, 2, "a").name == "a"
    assert Options(limit=1).strict is False
    assert repr(Named(1)) == "Named(x=1, y=0.0, name='origin', note='')"


@pytest.mark.parametrize(
    ("made", "args", "values"),
    [
        (Point, (), {}),
        (Point, (1, 2, 3), {}),
        (Point, (1,), {"z": 2}),
        (Point, (1,), {"x": 2}),
        (Point, (), {"y": 2}),
        (Options, (1,), {}),
        (Options, (), {"strict": True}),
    ],
)
def test_wrong_arguments_are_refused(made: Any, args: tuple[int, ...], values: dict[str, Any]) -> None:
    fresh: Any = records.dataclass(frozen=True, kw_only=made is Options)(
        type(made.__name__, (), {"__annotations__": made.__annotations__, **DEFAULTS[made]})
    )
    for _ in range(2):
        with pytest.raises(TypeError, match=r"__init__\(\)"):
            fresh(*args, **values)


@pytest.mark.parametrize("few", range(30))
def test_each_instance_has_a_list_of_its_own(few: int) -> None:
    first, second = Log(), Log(most=1)
    first.lines.append("a")
    first.most = 5
    assert (first.lines, second.lines, first.most, second.most) == (["a"], [], 5, 1)


def test_frozen_records_do_not_change() -> None:
    point: Any = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.x
    log: Any = Log()
    with pytest.raises(AttributeError):
        log.other = 1


def test_equal_values_make_equal_records() -> None:
    assert Point(1) == Point(1, 0.0) != Point(2)
    assert Named(1, note="a") == Named(1, note="b")
    assert hash(Named(1, note="a")) == hash(Named(1, note="b"))
    assert Named(1, name="origin") != Point(1)
    assert Log() == Log()
    with pytest.raises(TypeError):
        hash(Log())


def test_ordered_records_compare_like_tuples() -> None:
    assert sorted([Version(2), Version(1, 5), Version(1)]) == [Version(1), Version(1, 5), Version(2)]
    assert Version(1) <= Version(1)
    with pytest.raises(TypeError):
        assert Version(1) < (1, 0)  # type: ignore[operator]


def test_replace_runs_the_checks_again() -> None:
    assert records.replace(Point(1, 2), y=3) == Point(1, 3)
    point: Any = Point(1, 2)
    assert point.__replace__(y=3) == Point(1, 3)  # copy.replace of Python 3.13
    with pytest.raises(ValueError, match="negative"):
        records.replace(Options(limit=1), limit=-1)


@pytest.mark.parametrize("record", [Point(1), Named(1, 2, "a", "b"), Log(["a"], 2), Options(limit=1), Version(1)])
def test_records_can_be_copied_and_sent(record: Any) -> None:
    assert copy.copy(record) == copy.deepcopy(record) == pickle.loads(pickle.dumps(record)) == record


def test_patterns_match_records() -> None:
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)


def test_the_functions_of_dataclasses_take_records() -> None:
    assert dataclasses.is_dataclass(Named)
    assert [stated.name for stated in dataclasses.fields(Named)] == ["x", "y", "name", "note"]
    assert dataclasses.fields(Log)[1].default == 3
    assert dataclasses.asdict(Log(["a"])) == {"lines": ["a"], "most": 3}
    assert dataclasses.replace(Point(1), x=2) == Point(2)


def test_a_dataclass_can_derive_from_a_record() -> None:
    @dataclasses.dataclass(frozen=True)
    class Weighed(Point):
        weight: float = 1.0

    assert (Weighed(1, 2).weight, Weighed(1, 2, 3).sum) == (1.0, 3)
    assert [stated.name for stated in dataclasses.fields(Weighed)] == ["x", "y", "weight"]


def test_records_import_neither_dataclasses_nor_inspect() -> None:
    check = "import sys, archlint.records; print([name for name in ('dataclasses', 'inspect') if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert run.stdout == "[]\n", run.stderr
