"""The fields that an expression of CEL names, found by a scan of its text.

It is for messages, so it may be simple: which field does not exist, which one is not stated, which one is stated to be
absent. What an expression is worth, the library of CEL alone says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from archlint.engine.rule_files.fields import ITEM

_TOKEN = re.compile(
    r"""(?P<text>[rRbB]{0,2}(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))"""
    r"""|(?P<number>\d[\w.]*)|(?P<name>[A-Za-z_]\w*)|(?P<space>\s+|//[^\n]*)|(?P<other>.)""",
    re.DOTALL,
)
_MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})
_WORDS = frozenset(
    {"true", "false", "null", "in", "int", "uint", "double", "bool", "string", "bytes", "list", "map", "type"}
    | {"duration", "timestamp", "dyn", "optional"}
)


class Chain(NamedTuple):
    """A field that an expression names: a variable, the steps below it, and where each of them stands."""

    root: str
    parts: tuple[str, ...]
    places: tuple[int, ...]
    tested: bool = False

    @property
    def needed(self) -> tuple[str, ...]:
        """What has to be stated for a value: `has` asks only what stands before the last step."""
        return self.parts[:-1] if self.tested else self.parts


class Token(NamedTuple):
    kind: str
    text: str
    start: int


def tokens_of(source: str) -> list[Token]:
    found = (Token(str(match.lastgroup), match.group(), match.start()) for match in _TOKEN.finditer(source))
    return [token for token in found if token.kind != "space"]


def chains_of(source: str) -> Iterator[Chain]:
    """The fields that an expression names; the variables of `all` and the like stand for what they run over."""
    tokens = [*tokens_of(source), Token("end", "", len(source)), Token("end", "", len(source))]
    bound: dict[str, Chain | None] = {}  # None: for what is itself computed
    filtered: dict[int, Chain | None] = {}  # by the token of its opening bracket, what a filter runs over
    at = 0
    while tokens[at].kind != "end":
        token = tokens[at]
        at += 1
        if token.kind != "name" or token.text in _WORDS:
            continue
        if _follows_a_value(tokens, at - 1):
            if token.text in _MACROS and tokens[at + 1].kind == "name":
                over = filtered.get(_opening(tokens, at - 3))
                filtered[at] = over if token.text == "filter" else None
                bound[tokens[at + 1].text] = over and _items_of(over)
                at += 2
            continue
        if tokens[at].text == "(":  # a function
            continue
        tested = at > 2 and tokens[at - 2].text == "(" and tokens[at - 3].text == "has"
        parts, places, at = _steps(tokens, at, token.start)
        method = parts.pop() if tokens[at].text == "(" and parts else ""
        chain = _over(Chain(token.text, tuple(parts), tuple(places[: len(parts) + 1]), tested), bound)
        if method in _MACROS and tokens[at + 1].kind == "name":
            bound[tokens[at + 1].text] = chain and _items_of(chain)
            filtered[at] = chain if method == "filter" else None
            at += 2
        if chain is not None and (method or parts or token.text not in bound):
            yield chain


def _follows_a_value(tokens: list[Token], at: int) -> bool:
    """Whether a name is a step below something computed: `f(x).name`, or `x.?name`."""
    before = tokens[at - 1].text if at else ""
    return before == "." or (before == "?" and at > 1 and tokens[at - 2].text == ".")


def _opening(tokens: list[Token], at: int) -> int:
    """The token of the bracket that the one at `at` closes, -1 where that is no closing bracket."""
    depth = 0
    while at >= 0:
        depth += (tokens[at].text == ")") - (tokens[at].text == "(")
        if depth <= 0:
            return at if tokens[at].text == "(" else -1
        at -= 1
    return -1


def _steps(tokens: list[Token], at: int, first: int) -> tuple[list[str], list[int], int]:
    """The steps that follow a variable, where each stands, the variable included, and the token after them."""
    parts: list[str] = []
    places = [first]
    while True:
        here, following = tokens[at], tokens[at + 1]
        if here.text == "." and following.kind == "name":
            parts.append(following.text)
            places.append(following.start)
            at += 2
        elif here.text == "[" and following.kind in ("text", "number") and tokens[at + 2].text == "]":
            parts.append(following.text.strip("\"'") if following.kind == "text" else ITEM)
            places.append(following.start)
            at += 3
        else:
            return parts, places, at


def _over(chain: Chain, bound: Mapping[str, Chain | None]) -> Chain | None:
    """The chain from a variable of the rule; None where it begins with what is computed."""
    if chain.root not in bound:
        return chain
    over = bound[chain.root]
    if over is None:
        return None
    places = (*(chain.places[0] for _ in over.places), *chain.places[1:])
    return Chain(over.root, over.parts + chain.parts, places, chain.tested)


def _items_of(chain: Chain) -> Chain:
    return Chain(chain.root, (*chain.parts, ITEM), (*chain.places, chain.places[-1]))
