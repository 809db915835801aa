"""What `explain` explains: one name over the checks, the laws, the technologies and their limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from archlint.engine.errors import UsageError

if TYPE_CHECKING:
    from archlint.engine.registry import Registry
    from archlint.knowledge.catalogue import Catalogue
    from archlint.report.explanation import Explanation


def known_catalogue() -> Catalogue:
    """The built-in knowledge with the technologies of the configuration."""
    from archlint.cli.settings import nearest, technologies_of
    from archlint.knowledge.catalogue import Catalogue

    return Catalogue(technologies_of(nearest()))


def explained(topic: str, registry: Registry) -> Explanation:
    """The page of a topic; a check comes before a law, a law before a technology. Raises UsageError for none."""
    from archlint.knowledge.catalogue import CatalogueError

    if page := _check(topic, registry):
        return page
    try:
        catalogue = known_catalogue()
        page = _law(topic, catalogue, registry) or _limit(topic, catalogue) or _technology(topic, catalogue)
        if page is None:
            raise UsageError(_unknown(topic, catalogue, registry))
    except CatalogueError as error:
        raise UsageError(str(error)) from error
    return page


def unknown_technology(name: str, catalogue: Catalogue) -> str:
    """The message for a name of which no limits are known."""
    near = catalogue.similar(name)
    if near:
        return f"no technology `{name}`; did you mean `{near[0]}`?"
    if catalogue.recognises(name):
        return f"`{name}` is a technology, but none of its limits is known"
    return f"no technology `{name}`; `archlint catalog technologies` lists them"


def _check(topic: str, registry: Registry) -> Explanation | None:
    from archlint.engine.registry import MANIFEST_ERRORS
    from archlint.knowledge.catalogue import Catalogue
    from archlint.report.explanation import explanation_of, explanation_of_error

    for key in (topic.upper(), topic.lower()):
        if check := registry.find(key):
            return explanation_of(check, [law for law in Catalogue().laws() if law.carries(check.code)])
        for error in MANIFEST_ERRORS.values():
            if key in (error.code, error.name):
                return explanation_of_error(error)
    return None


def _law(topic: str, catalogue: Catalogue, registry: Registry) -> Explanation | None:
    from archlint.report.law_page import explanation_of_law

    law = catalogue.law(topic)
    return None if law is None else explanation_of_law(law, registry.checks)


def _limit(topic: str, catalogue: Catalogue) -> Explanation | None:
    from archlint.report.technology_page import explanation_of_limit

    name, slash, limit_id = topic.lower().partition("/")
    technology = catalogue.technology(name) if slash else None
    limits = technology.limits_named(limit_id) if technology else ()
    return explanation_of_limit(technology, limits) if technology and limits else None


def _technology(topic: str, catalogue: Catalogue) -> Explanation | None:
    from archlint.report.technology_page import explanation_of_technology

    technology = catalogue.technology(topic)
    return None if technology is None else explanation_of_technology(technology)


def _unknown(topic: str, catalogue: Catalogue, registry: Registry) -> str:
    from difflib import get_close_matches  # only for a message: its import is slow

    wanted = topic.lower()
    names = {name.lower(): name for name in _names(catalogue, registry)}
    head, slash, limit = wanted.partition("/")
    technology = catalogue.technology(head) if slash else None
    if technology is not None:
        same = get_close_matches(limit, [found.id for found in technology.limits], n=1, cutoff=0.5)
        if not same:
            return f"no limit `{limit}` of `{head}`; `archlint explain {head}` lists them"
        return f"no topic `{topic}`; did you mean `{technology.slug}/{same[0]}`?"
    near = get_close_matches(wanted, names, n=1, cutoff=0.8 if slash else 0.6)
    near = near or get_close_matches(head, names, n=1)
    if near:
        return f"no topic `{topic}`; did you mean `{names[near[0]]}`?"
    if catalogue.recognises(topic):
        return unknown_technology(topic, catalogue)
    return f"no topic `{topic}`; `archlint catalog` tells what kinds there are, and `archlint catalog KIND` lists one"


def _names(catalogue: Catalogue, registry: Registry) -> Iterator[str]:
    """Of all topics."""
    from archlint.engine.registry import MANIFEST_ERRORS

    topics: Iterable[tuple[str, ...]] = (
        *((check.code, check.name) for check in registry.checks),
        *((error.code, error.name) for error in MANIFEST_ERRORS.values()),
        *((law.id, law.name, *law.aliases) for law in catalogue.laws()),
    )
    for names in topics:
        yield from names
    for slug in catalogue.slugs():
        technology = catalogue.technology(slug)
        yield from (slug, *(technology.aliases if technology else ()))
        yield from dict.fromkeys(limit.name for limit in catalogue.limits(slug))
