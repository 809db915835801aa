"""The expressions of rules: CEL, and what they are worth at an element."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archlint.engine.errors import UsageError
from archlint.engine.rule_files.chains import Chain, chains_of, tokens_of
from archlint.engine.rule_files.fields import ITEM, Plans, suggestion, unknown_field
from archlint.engine.rule_files.values import Environment
from archlint.plugin import NONE, Unknown, quantity
from archlint.records import dataclass

EXTRA = "rules"
"""The extra of archlint that brings the library of CEL."""

_SYNTAX = re.compile(r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?(.*)")


class ExpressionError(Exception):
    """What is wrong with the text of an expression, and at which index of it."""

    def __init__(self, message: str, index: int = 0) -> None:
        super().__init__(message)
        self.index = index


class StatedAbsent(Exception):  # noqa: N818 - an outcome
    """An expression has no value because fields that it counts with are stated to be absent."""

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__(*fields)
        self.fields = tuple(fields)


class RuleFailed(Exception):  # noqa: N818 - the word for it
    """An expression that has no value at an element, through a fault of its own."""


@dataclass(slots=True)
class Expression:
    """One expression, sound as far as can be said without an element."""

    source: str
    program: Any
    chains: tuple[Chain, ...]

    @property
    def roots(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(chain.root for chain in self.chains))

    def value(self, environment: Environment, subject: str) -> Any:
        """Raises Unknown, StatedAbsent or RuleFailed where there is none."""
        try:
            return self.program.execute(_context(environment))
        except Exception as error:
            missing, absent = self._lacking(environment, subject)
            if missing and (isinstance(error, KeyError | RuntimeError) or not absent):
                raise Unknown(*missing) from None
            if absent:
                raise StatedAbsent(absent) from None
            if isinstance(error, KeyError):  # of an item that no chain leads to: its last step is all that is known
                raise Unknown(str(error.args[0])) from None
            raise RuleFailed(_first_sentence(error)) from None

    def holds(self, environment: Environment, subject: str) -> bool:
        value = self.value(environment, subject)
        if not isinstance(value, bool):
            raise RuleFailed(f"the value is {value!r}, where true or false is due")
        return value

    def _lacking(self, environment: Environment, subject: str) -> tuple[list[str], list[str]]:
        """The fields that are not stated, and those that are stated to be absent."""
        missing: list[str] = []
        absent: list[str] = []
        for chain in self.chains:
            if chain.root in environment.missing:
                missing.extend(environment.missing[chain.root])
                continue
            outcomes = set(_outcomes(environment.values.get(chain.root), chain.needed))
            if "missing" in outcomes:
                missing.append(field_of(chain, subject))
            elif "absent" in outcomes:
                absent.append(field_of(chain, subject))
        return _outermost(missing), _outermost(absent)


def _outermost(fields: list[str]) -> list[str]:
    """Without repetition, and without what lies below another of them."""
    return [
        field
        for field in dict.fromkeys(fields)
        if not any(field.startswith((f"{other}.", f"{other}[")) for other in fields)
    ]


def field_of(chain: Chain, subject: str) -> str:
    """As a field of the subject, or of the variable where that is another."""
    parts = chain.needed if chain.root == subject else (chain.root, *chain.needed)
    return ".".join(parts).replace(f".{ITEM}", ITEM)


def _outcomes(value: Any, parts: tuple[str, ...]) -> Iterator[str]:
    """What becomes of a chain, for each item of the lists on its way."""
    if value == NONE and isinstance(value, str):
        yield "absent"
    elif not parts:
        yield "stated"
    elif isinstance(value, list) and parts[0] == ITEM:
        for item in value:
            yield from _outcomes(item, parts[1:])
    elif isinstance(value, dict) and parts[0] != ITEM:
        if parts[0] in value:
            yield from _outcomes(value[parts[0]], parts[1:])
        else:
            yield "missing"


def _context(environment: Environment) -> Any:
    """Made once for all expressions of a rule: to hand the values over takes most of the time."""
    if environment.context is None:
        environment.context = _cel().Context(variables=environment.values, functions={"quantity": quantity})
    return environment.context


def _cel() -> Any:
    try:
        import cel
    except ImportError as error:
        raise UsageError(
            f"rules need the extra `{EXTRA}`, which is not installed: pip install 'archlint[{EXTRA}]'"
        ) from error
    return cel


def _first_sentence(error: Exception) -> str:
    text = " ".join(str(error.args[0] if error.args else error).split())
    return (text[:1].lower() + text[1:]).partition(". ")[0].rstrip(".")


def compiled(source: str, variables: Mapping[str, Plans]) -> Expression:
    """Raises ExpressionError for what is no CEL, and for variables, fields and quantities that do not exist."""
    try:
        program = _cel().compile(source)
    except ValueError as error:
        raise _syntax_error(source, str(error)) from None
    chains = tuple(chains_of(source))
    for chain in chains:
        if chain.root not in variables:
            near = suggestion(chain.root, variables) or f"; there are {', '.join(variables)}"
            raise ExpressionError(f"no variable `{chain.root}` here{near}", chain.places[0])
        unknown = unknown_field(variables[chain.root], chain.parts)
        if unknown is not None:
            at, near = unknown
            before = ".".join((chain.root, *chain.parts[:at])).replace(f".{ITEM}", ITEM)
            what = "items" if chain.parts[at] == ITEM else f"field `{chain.parts[at]}`"
            raise ExpressionError(f"`{before}` has no {what}{near}", chain.places[min(at + 1, len(chain.places) - 1)])
    _refuse_bad_quantities(source)
    return Expression(source, program, chains)


def _syntax_error(source: str, text: str) -> ExpressionError:
    found = _SYNTAX.search(text)
    if found is None:
        return ExpressionError(text)
    lines = source.split("\n")
    line, column = int(found[1]), int(found[2])
    index = sum(len(before) + 1 for before in lines[: line - 1]) + column - 1
    message = found[3].partition(" expecting ")[0].replace("mismatched input '<EOF>'", "the expression ends too early")
    return ExpressionError(f"no CEL: {message}", min(index, max(len(source) - 1, 0)))


def _refuse_bad_quantities(source: str) -> None:
    tokens = tokens_of(source)
    for name, opening, text in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if name.text == "quantity" and opening.text == "(" and text.kind == "text":
            try:
                quantity(text.text.strip("\"'"))
            except ValueError as error:
                raise ExpressionError(str(error), text.start) from None
