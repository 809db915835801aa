"""The file of a baseline: JSON, one finding a line, sorted, so that a review sees which finding came or went."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from archlint.engine.acceptance.baseline import Baseline, Entry, baseline_of
from archlint.engine.errors import UsageError
from archlint.engine.sources.discovery import display_name
from archlint.plugin import Severity

VERSION = 1

_SEVERITIES = {severity.label: severity for severity in sorted(Severity, reverse=True)}
_TEXTS = ("fingerprint", "code", "system", "route", "severity")
_KEYS = ("fingerprint", "code", "system", "route", "exposure", "severity", "reason")
_HELP = "mend it, or delete it and write it anew"


def render_baseline(baseline: Baseline) -> str:
    lines = (json.dumps(row_of(entry), ensure_ascii=False, allow_nan=False) for entry in baseline.entries.values())
    rows = ",\n".join(f"  {line}" for line in lines)
    findings = f"[\n{rows}\n ]" if rows else "[]"
    return f'{{\n "version": {VERSION},\n "findings": {findings}\n}}\n'


def row_of(entry: Entry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in _KEYS} | {"severity": entry.severity.label}


def read_baseline(file: str, must_exist: bool = True) -> Baseline:
    """Raises UsageError, with the place, for a file that is absent, unreadable or malformed."""
    name = display_name(Path(file))
    try:
        content = Path(file).read_bytes()
    except FileNotFoundError as error:
        if not must_exist:
            return Baseline(file=file)
        raise UsageError(f"{name}: no such baseline; make one with `archlint baseline write`") from error
    except OSError as error:
        raise UsageError(f"{name}: cannot be read: {error.strerror}") from error
    return _Reader(file, content).baseline()


class _MalformedError(Exception):
    """What is wrong, and at which offset of the text."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


class _Reader:
    """Reads with the decoder of the standard library; offsets are looked for only when something is wrong."""

    def __init__(self, file: str, content: bytes) -> None:
        self.file = file
        try:
            self.text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self.text = content[: error.start].decode("utf-8-sig")
            self._refuse("not UTF-8", len(self.text))

    def baseline(self) -> Baseline:
        try:
            document = json.loads(self.text, parse_constant=_no_number)
            rows = self._rows(document)
            entries = [self._entry(row, index) for index, row in enumerate(rows)]
        except json.JSONDecodeError as error:
            conflict = " (a conflict of a merge?)" if self._line_at(error.pos).startswith(("<<<", "===", ">>>")) else ""
            self._refuse(f"no JSON: {_lower(error.msg)}{conflict}", error.pos)
        except _MalformedError as error:
            self._refuse(str(error), error.at)
        except (RecursionError, ValueError) as error:
            self._refuse(f"no baseline: {error}", 0)
        self._refuse_twins(entries)
        return baseline_of(entries, self.file)

    def _rows(self, document: object) -> list[object]:
        if not isinstance(document, dict) or not isinstance(document.get("findings"), list):
            raise _MalformedError('no baseline: it is a mapping with "version" and "findings"', 0)
        version = document.get("version")
        if type(version) is not int or version != VERSION:
            raise _MalformedError(f"version {json.dumps(version)} is none that this archlint reads ({VERSION})", 0)
        for key in document.keys() - {"version", "findings"}:
            raise _MalformedError(f"`{key}` is no key of a baseline", 0)
        rows: list[object] = document["findings"]
        return rows

    def _entry(self, row: object, index: int) -> Entry:
        problem = _problem(row)
        if problem is not None or not isinstance(row, dict):
            raise _MalformedError(problem or "an entry is a mapping", self._offset(index))
        texts = {name: row[name] for name in _TEXTS} | {"severity": _SEVERITIES[row["severity"]]}
        return Entry(**texts, exposure=row.get("exposure"), reason=row.get("reason"))

    def _refuse_twins(self, entries: list[Entry]) -> None:
        seen: set[str] = set()
        for index, entry in enumerate(entries):
            if entry.fingerprint in seen:
                self._refuse(f"{entry.fingerprint} stands twice", self._offset(index))
            seen.add(entry.fingerprint)

    def _offset(self, index: int) -> int:
        """Where the entry of this index begins."""
        return next(at for number, at in enumerate(_starts(self.text)) if number == index)

    def _line_at(self, offset: int) -> str:
        return self.text[self.text.rfind("\n", 0, offset) + 1 :].split("\n", 1)[0]

    def _refuse(self, message: str, offset: int) -> NoReturn:
        line = self.text.count("\n", 0, offset) + 1
        column = offset - self.text.rfind("\n", 0, offset)
        raise UsageError(f"{display_name(Path(self.file))}:{line}:{column}: {message}; {_HELP}")


def _problem(row: object) -> str | None:
    if not isinstance(row, dict):
        return "an entry is a mapping"
    for key in row:
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, n=1)
            return f"`{key}` is no key of an entry" + (f"; did you mean `{near[0]}`?" if near else "")
    for key in _TEXTS:
        if not isinstance(row.get(key), str):
            return f"`{key}` is a text, not {json.dumps(row.get(key))}" if key in row else f"`{key}` is missing"
    if row["severity"] not in _SEVERITIES:
        return f"`severity` is one of {', '.join(_SEVERITIES)}, not {json.dumps(row['severity'])}"
    exposure, reason = row.get("exposure"), row.get("reason")
    if exposure is not None and not _is_exposure(exposure):
        return f"`exposure` is a number from 0, or null, not {json.dumps(exposure)}"
    if reason is not None and not isinstance(reason, str):
        return f"`reason` is a text, or null, not {json.dumps(reason)}"
    return None


def _is_exposure(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def _starts(text: str) -> Iterator[int]:
    """The offsets of the entries of a text that is known to be JSON with a list of `findings` at its top."""
    decoder = json.JSONDecoder()
    at = text.index("{") + 1
    while True:
        key, at = decoder.raw_decode(text, _next(text, at))
        at = _next(text, at)
        if key == "findings":
            break
        _, at = decoder.raw_decode(text, at)
    at += 1
    while text[at := _next(text, at)] != "]":
        yield at
        _, at = decoder.raw_decode(text, at)


def _next(text: str, at: int) -> int:
    """The offset of what comes after white space and separators."""
    while text[at] in " \t\r\n,:":
        at += 1
    return at


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
