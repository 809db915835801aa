"""MAN001 to MAN006: made by reading and linking, not by checks. Nothing selects, ignores or waives them."""

from __future__ import annotations

from archlint.plugin import ERROR, Severity
from archlint.records import dataclass


@dataclass(frozen=True, slots=True)
class ManifestError:
    """One of the errors of a manifest. `documentation` has the sections of a check's docstring."""

    code: str
    name: str
    documentation: str
    severity: Severity = ERROR

    @property
    def summary(self) -> str:
        return self.documentation.split("\n\n", 1)[0]


_SOURCES = "Sources: YAML 1.2.2, https://yaml.org/spec/1.2.2/"

_PAGES = {
    ("MAN001", "not-yaml"): f"""The file cannot be read as a manifest.

What it finds: text that is no YAML, is not encoded as UTF-8, holds control characters, is empty, holds several
documents, or has something other than a mapping at the top.

Why it matters: nothing of the system in this file was checked.

At 3 AM: the pipeline that "passed" had nothing to look at.

How to fix: mend the text at the place that is named. Indent with spaces, save as UTF-8, one manifest a file.

When it is wrong: never; tell us if it seems so.

{_SOURCES}

Risky:
    archlint: 1
    system: [shop

Safe:
    archlint: 1
    system: {{name: shop}}
""",
    ("MAN002", "schema-violation"): """A field is unknown or missing, or has a value that it does not take.

What it finds: keys that the language does not have (with the nearest that it has), values outside a vocabulary or
a range, `yes` or "no" where true or false is due, empty values, and required fields that are missing.

Why it matters: a misspelt field is a field that is not stated, and a check that needs it is silent.

At 3 AM: `retires: {attempts: 2}` bounded nothing.

How to fix: write what the message names. What is absent is written `none`, what is unknown is left out. Fields of
your own begin with `x-`.

When it is wrong: the field belongs to a newer release of the language than this one reads.

Sources: the manifest's schema, `archlint schema`

Risky:
    archlint: 1
    system: {name: shop}
    services:
      checkout: {replcas: 3}

Safe:
    archlint: 1
    system: {name: shop}
    services:
      checkout: {replicas: 3}
""",
    ("MAN003", "duplicate-key"): f"""A name stands twice where it may stand once.

What it finds: a key that a mapping holds twice, a component whose name another section has already given, and two
manifests of one run whose systems have one name.

Why it matters: one of the two would silently win, and nobody knows which.

At 3 AM: the figures that were corrected last week stand in the copy that is not read.

How to fix: rename or remove one of the two; both places are shown.

When it is wrong: never; tell us if it seems so.

{_SOURCES} (section 3.2.1.1: keys of a mapping are unique)

Risky:
    archlint: 1
    system: {{name: shop}}
    services:
      search: {{replicas: 3}}
    caches:
      search: {{nodes: 3}}

Safe:
    archlint: 1
    system: {{name: shop}}
    services:
      search: {{replicas: 3}}
    caches:
      search-cache: {{nodes: 3}}
""",
    ("MAN004", "unknown-reference"): """A name refers to nothing in the manifest.

What it finds: a component, topic, team, zone, flow or operation that is named and not declared, or that two
components could be meant by. Teams and zones are checked only where `teams` or `topology` is stated.

Why it matters: a dependency that leads nowhere is missing from every path, load and failure that is computed. The
checks that cross it are not evaluated; all others run.

At 3 AM: the failing dependency is the one that the picture does not have.

How to fix: mend the name, or declare what it names. Write `system/component` for a component of another system.

When it is wrong: the system that declares the name is not part of this run; `system/component` says so.

Sources: archlint's own

Risky:
    archlint: 1
    system: {name: shop}
    services:
      checkout: {calls: [{to: legder}]}
    datastores:
      ledger: {nodes: 3}

Safe:
    archlint: 1
    system: {name: shop}
    services:
      checkout: {calls: [{to: ledger}]}
    datastores:
      ledger: {nodes: 3}
""",
    ("MAN005", "unit-missing-or-wrong"): """A quantity has no unit, or one that does not fit.

What it finds: a bare number where a unit is due (`peak: 1200`), a unit of another dimension (`timeout: 5/s`) and
units that are ambiguous (`800G`).

Why it matters: 50 is a fast answer in milliseconds and an outage in seconds. What is guessed is wrong by 1,000.

At 3 AM: the timeout that was meant as 500 ms waits for 500 s.

How to fix: write the unit that the message names: 1200/s, 50ms, 800GB, 99.9%.

When it is wrong: never; a bare 0 needs no unit.

Sources: archlint's own

Risky:
    archlint: 1
    system: {name: shop}
    services:
      checkout: {load: {peak: 1200}}

Safe:
    archlint: 1
    system: {name: shop}
    services:
      checkout: {load: {peak: 1200/s}}
""",
    ("MAN006", "resource-budget"): f"""The file is larger or deeper than a manifest may be.

What it finds: more than 16 MiB, nesting below 64 levels, or aliases that stand for more than 100,000 values or for
themselves.

Why it matters: such a file is an accident or an attack; reading it would hold up the pipeline or fill its memory.

At 3 AM: the build agent died, and with it every other job on it.

How to fix: split the system into several manifests of one workspace; write aliases out.

When it is wrong: a generated manifest of a very large system; split it by system.

{_SOURCES}; "Billion laughs attack", https://en.wikipedia.org/wiki/Billion_laughs_attack

Risky:
    archlint: 1
    system: {{name: shop}}
    x-a: &a [*a]

Safe:
    archlint: 1
    system: {{name: shop}}
    x-a: &a [1]
    x-b: [*a, *a]
""",
}

MANIFEST_ERRORS: dict[str, ManifestError] = {
    code: ManifestError(code, name, page) for (code, name), page in _PAGES.items()
}
