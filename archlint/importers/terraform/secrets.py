"""What of a plan or state must not be shown."""

from __future__ import annotations

import re

from archlint.importers.reading.tree import Fields, Items, Part

_SECRET = re.compile(
    r"(password|passwd|secret|token|private_key|access_key|connection_string|credential|user_data|custom_data|"
    r"connection_url|auth|certificate|app_settings|environment_variables|kube_config|sas|primary_key$|startup_script|"
    r"container_definitions|provider_config|^variables$|^default$)",
    re.IGNORECASE,
)
_NOT = re.compile(r"(_arn|_id|_name|_enabled|_mode|_type|authorization|author|partition)$|^auth(entication|orization)_")
MAX_DEPTH = 60


def conceal_around(document: Part, kept: frozenset[str]) -> None:
    """Everything at the top but what is `kept`: no finding points there."""
    for key, part in document.items():
        if key not in kept:
            part.conceal()
    for key in kept:
        if document[key]["outputs"]:
            document[key]["outputs"].conceal()
    text, (start, end) = document.file.text, _span(document)
    if text.startswith("[command]"):  # what a wrapper printed around it may be the same again
        document.file.conceal(0, start)
        document.file.conceal(end, len(text))


def conceal_named(part: Part, depth: int = 0) -> None:
    """Values under names that secrets go by."""
    if depth > MAX_DEPTH:
        return
    for key, inner in part.items():
        if isinstance(inner.value, str | Fields | Items) and _SECRET.search(key) and not _NOT.search(key):
            inner.conceal()
        else:
            conceal_named(inner, depth + 1)
    for inner in part.each():
        if isinstance(inner.value, Fields | Items):
            conceal_named(inner, depth + 1)


def conceal_marked(part: Part, marks: Part, depth: int = 0) -> None:
    """Values that are marked as sensitive."""
    if marks.value is True:
        part.conceal()
    elif depth < MAX_DEPTH:
        for key, inner in marks.items():
            conceal_marked(part[key], inner, depth + 1)
        for at, inner in enumerate(marks.each()):
            conceal_marked(part[at], inner, depth + 1)


def _span(part: Part) -> tuple[int, int]:
    return part.value_origin.start, part.value_origin.end
