"""The knowledge base: technologies, laws and failure rates, each file opened only when somebody asks.

So is the code that reads them imported: a run over a manifest that names no technology pays for none of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from os.path import lexists
from pathlib import Path
from typing import TYPE_CHECKING

from archlint.knowledge.errors import CatalogueError

if TYPE_CHECKING:
    from archlint.knowledge.facts import FailureRate, Law
    from archlint.knowledge.technology import Limit, Technology

__all__ = ["SLUG", "Catalogue", "CatalogueError"]

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

_BUILT_IN = Path(__file__).parent


class Catalogue:
    """Built-in knowledge, and above it the technologies of an organisation's own folders.

    A file of a later folder replaces the technology of its slug; with `extends: true` it adds to it.
    Every method that opens a file raises CatalogueError, with the place, when it cannot be used.
    """

    def __init__(self, folders: Iterable[Path] = ()) -> None:
        self._own = tuple(folders)
        self._folders = (_BUILT_IN / "technologies", *self._own)
        self._loaded: dict[str, Technology | None] = {}
        self._resolved: dict[str, str | None] = {}

    def slugs(self) -> tuple[str, ...]:
        """Of all technologies, sorted; lists names and opens no file."""
        return tuple(sorted({file.stem for folder in self._folders for file in _files(folder)}))

    def verify(self) -> None:
        """Read all that the organisation's own folders hold: each file must be right, and no alias be taken."""
        for file in (file for folder in self._own for file in _files(folder)):
            self._technology(file.stem)
        if self._own:
            self._aliases  # noqa: B018 - made for what it refuses

    def technology(self, name: str) -> Technology | None:
        """By slug or alias, with or without `@version`; None where nothing is known of it."""
        slug = self.resolve(name)
        return None if slug is None else self._technology(slug)

    def resolve(self, name: str) -> str | None:
        """The slug that a slug or an alias stands for; opens no technology but an organisation's own."""
        wanted = name.partition("@")[0].strip().lower()
        if wanted not in self._resolved:
            described = SLUG.fullmatch(wanted) and any(lexists(folder / f"{wanted}.yaml") for folder in self._folders)
            self._resolved[wanted] = wanted if described else self._aliases.get(wanted)
        return self._resolved[wanted]

    def recognises(self, name: str) -> bool:
        """Whether the name is of a technology that is described here, or at least known to exist."""
        wanted = name.partition("@")[0].strip().lower()
        return wanted in self._recognised or self.resolve(name) is not None

    def delivers_again(self, slug: str) -> bool:
        """Whether a broker delivers a message again after a lost acknowledgement, unless it is told otherwise."""
        from archlint.knowledge.conduct import does

        return does(slug, "delivers-again")

    def passes_on(self, slug: str) -> bool:
        """Whether a broker hands messages on at once, so that none waits in it."""
        from archlint.knowledge.conduct import does

        return does(slug, "passes-on")

    def similar(self, name: str) -> tuple[str, ...]:
        """Slugs that `name` may have meant, the likeliest first."""
        from difflib import get_close_matches  # only for a message: not part of a start

        known = sorted({*self.slugs(), *self._aliases})
        close = get_close_matches(name.partition("@")[0].lower(), known, n=3, cutoff=0.6)
        return tuple(dict.fromkeys(self._aliases.get(match, match) for match in close))

    def limits(self, name: str) -> tuple[Limit, ...]:
        """All entries of `technology/limit_id`, or of a technology; empty where there are none."""
        slug, _, limit_id = name.partition("/")
        technology = self.technology(slug)
        if technology is None:
            return ()
        return technology.limits_named(limit_id) if limit_id else technology.limits

    def laws(self) -> tuple[Law, ...]:
        return self._laws

    def law(self, name: str) -> Law | None:
        """By its id, an alias or its name."""
        return next((law for law in self._laws if law.is_called(name)), None)

    def failure_rates(self) -> tuple[FailureRate, ...]:
        return self._failure_rates

    def failure_rate(self, element: str) -> FailureRate | None:
        return next((rate for rate in self._failure_rates if rate.element == element), None)

    @cached_property
    def _laws(self) -> tuple[Law, ...]:
        from archlint.knowledge.facts_building import build_law
        from archlint.knowledge.reading import Document

        return tuple(build_law(row) for row in Document(_BUILT_IN / "laws.yaml").rows())

    @cached_property
    def _failure_rates(self) -> tuple[FailureRate, ...]:
        from archlint.knowledge.facts_building import build_failure_rate
        from archlint.knowledge.reading import Document

        return tuple(build_failure_rate(row) for row in Document(_BUILT_IN / "failure_rates.yaml").rows())

    @cached_property
    def _recognised(self) -> frozenset[str]:
        """Names of technologies that exist and that no file describes yet."""
        text = (_BUILT_IN / "recognised.txt").read_text(encoding="utf-8")
        return frozenset(line for line in text.split() if line)

    @cached_property
    def _aliases(self) -> Mapping[str, str]:
        """Built-in aliases stand in one table, so that a name met in a manifest opens no other technology."""
        from archlint.knowledge.building import refuse_clashes
        from archlint.knowledge.reading import Document

        aliases = dict(self._built_in_aliases)
        taken = {**aliases, **{slug: slug for slug in self.slugs()}} if self._own else {}
        for file in (file for folder in self._own for file in _files(folder)):
            refuse_clashes(Document(file).root(), file.stem, taken)
            technology = self._technology(file.stem)
            found = dict.fromkeys(technology.aliases if technology else (), file.stem)
            aliases |= found
            taken |= found
        return aliases

    @cached_property
    def _built_in_aliases(self) -> Mapping[str, str]:
        from archlint.knowledge.building import read_aliases
        from archlint.knowledge.reading import Document

        return read_aliases(Document(_BUILT_IN / "aliases.yaml").root())

    def _technology(self, slug: str) -> Technology | None:
        if slug not in self._loaded:
            self._loaded[slug] = self._load(slug)
        return self._loaded[slug]

    def _load(self, slug: str) -> Technology | None:
        """Reads down from the last folder and stops at the first file that does not extend another."""
        from archlint.knowledge.building import build_technology
        from archlint.knowledge.reading import Document

        additions: list[Technology] = []
        for folder in reversed(self._folders):
            file = folder / f"{slug}.yaml"
            if not lexists(file):
                continue
            root = Document(file).root()
            technology, extends = build_technology(root, slug)
            additions.append(technology)
            if not extends:
                return _stacked(additions)
        if additions:
            root.fail(f"`extends`: there is no technology `{slug}` to add to{self._meant(slug)}", "extends")
        return None

    def _meant(self, slug: str) -> str:
        """Opens no technology: it is asked while one is read."""
        from difflib import get_close_matches

        names = [self._built_in_aliases.get(slug), *get_close_matches(slug, self.slugs(), n=2, cutoff=0.6)]
        return next((f"; did you mean `{name}`?" for name in names if name not in (None, slug)), "")


def _stacked(additions: list[Technology]) -> Technology | None:
    """The lowest of the technologies with the others laid over it."""
    if not additions:
        return None
    from archlint.knowledge.building import extended

    base = additions.pop()
    while additions:
        base = extended(base, additions.pop())
    return base


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise CatalogueError(folder, "is not a folder")
    for file in sorted(folder.glob("*.yml")):
        raise CatalogueError(file, "is not read: the name of a file of the catalogue ends in .yaml")
    return sorted(folder.glob("*.yaml"))
