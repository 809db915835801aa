from __future__ import annotations

import pytest

from archlint.manifest.comments import Comment, directives
from archlint.manifest.problems import Place
from archlint.manifest.reader import read


def found(source: str) -> list[Comment]:
    return directives(read(source.encode(), "archlint.yaml"))


def test_a_trailing_comment_is_found() -> None:
    source = "a: 1\nb: 2  # archlint: ignore[LAW121] for now  \n"
    assert found(source) == [Comment("ignore[LAW121] for now", Place(2, 7, 2, 41), alone=False)]


def test_a_comment_alone_on_its_line_is_found() -> None:
    assert found("a:\n  #archlint:ignore[X]\n  b: 1\n") == [Comment("ignore[X]", Place(2, 3, 2, 22), alone=True)]


@pytest.mark.parametrize(
    "source",
    [
        'a: "x # archlint: ignore[X]"\n',
        "a: 'x\n  # archlint: ignore[X]'\n",
        "a: |\n  # archlint: ignore[X]\n  text\n",
        "a: >-\n  text\n\n  # archlint: ignore[X]\n",
        "? 'k # archlint: x'\n: 1\n",
        "a: x# archlint: ignore[X]\n",
        "archlint: 1\n",
        "a: 1 # see archlint: ignore[X]\n",
        "a: 1 # old # archlint: ignore[X]\n",
        "# archlint is here\na: 1\n",
        "# archlint ignore this part\na: 1\n",
        "# Archlint: see below\na: 1\n",
    ],
)
def test_other_text_is_no_directive(source: str) -> None:
    assert found(source) == []


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("# archlint: x\na: 1\n", 1),
        ("a: | # archlint: x\n  # text\nb: 1\n", 1),
        ("a: |\n  text\n# archlint: x\nb: 1\n", 3),
        ("a: |\n  text\n # archlint: x\nb: 1\n", 3),
        ("a: &n # archlint: x\n  text\n", 1),
        ("a: one\n  two # archlint: x\n", 2),
        ("a: [1, # archlint: x\n  2]\n", 1),
        ("a: 'x # y' # archlint: x\n", 1),
        ("a: 1\n# archlint: x", 2),
        ("a: 1\r\nb: 2 # archlint: x\r\n", 2),
        ("a:\n  b: # archlint: x\n    c: 1\n", 2),
    ],
)
def test_directives_are_found_wherever_comments_stand(source: str, line: int) -> None:
    (comment,) = found(source)
    assert comment.text == "x"
    assert comment.place.line == line


def test_an_unreadable_manifest_has_no_directives() -> None:
    assert found("a: [ # archlint: x\n") == []


@pytest.mark.parametrize(
    ("comment", "mark", "text"),
    [
        ("# archlint : ignore[X] y", "archlint :", "ignore[X] y"),
        ("# archlint : so", "archlint :", "so"),
        ("# archlint ignore[X]", "archlint", "ignore[X]"),
        ("# Archlint: Ignore [X]", "Archlint:", "Ignore [X]"),
    ],
)
def test_a_slip_of_the_pen_is_found_with_what_was_written(comment: str, mark: str, text: str) -> None:
    assert [(one.mark, one.text) for one in found(f"a: 1 {comment}\n")] == [(mark, text)]
