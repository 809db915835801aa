"""A service of a Compose file: what it runs, how it is reached, and what is set in its environment."""

from __future__ import annotations

import re
from functools import cached_property

from archlint.importers.compose.environment import Variable, conceal_secrets, environment_of, variables_of
from archlint.importers.compose.interpolation import Text
from archlint.importers.compose.layers import Layers
from archlint.importers.configuration import words_of
from archlint.importers.draft import Draft
from archlint.importers.gathering import Sources
from archlint.importers.reading.files import Origin, SourceError
from archlint.importers.reading.tree import Part

_TOKEN = re.compile(r"[^A-Za-z0-9]+")
_ONCE = frozenset(
    {
        "init", "initialize", "initializer", "migrate", "migrator", "migration", "migrations", "setup", "seed",
        "seeder", "seeding", "bootstrap", "schema", "createbuckets", "createbucket", "provision", "provisioner",
        "dbinit", "installer",
    }
)  # fmt: skip
_LASTING = ("always", "unless-stopped")


class Service:
    """One service. `key` is its name in the Compose file, `spec` what the files say of it."""

    def __init__(self, key: str, spec: Layers, sources: Sources, draft: Draft) -> None:
        self.key, self.spec = key, spec
        self._sources, self._draft = sources, draft
        for layer in ("command", "entrypoint"):
            for part in spec[layer].parts:
                conceal_secrets(part)
        for part in spec.at("healthcheck", "test").parts:
            conceal_secrets(part)

    @property
    def origin(self) -> Origin:
        """The first file that describes it, which is the lowest layer that bears its name."""
        own = [part for part in self.spec.parts if part.name == self.key]
        return (own or list(self.spec.parts))[0].origin

    @cached_property
    def image(self) -> Text | None:
        return self.spec["image"].text()

    @property
    def image_text(self) -> str:
        return self.image.value if self.image is not None else ""

    @cached_property
    def program(self) -> tuple[str, str]:
        """The last parts of the image's path without its tag: owner, or nothing, and name."""
        path = (self.image.value if self.image else "").partition("@")[0]
        head, _, tag = path.rpartition(":")
        parts = (path if "/" in tag or not head else head).lower().split("/")
        return (parts[-2] if len(parts) > 1 else "", parts[-1])

    @cached_property
    def words(self) -> list[str]:
        """The words of entrypoint and command together, variables filled in."""
        return [word for _, word in self.arguments]

    @cached_property
    def arguments(self) -> list[tuple[Part, str]]:
        """The words of entrypoint and command, each with where it stands."""
        found: list[tuple[Part, str]] = []
        for key in ("entrypoint", "command"):
            part = self.spec[key].last
            for item in () if part is None else part.each() if part.is_list else (part,):
                text = self.spec.scope.text(item)
                if text is not None:
                    whole = part is not None and part.is_list
                    found += [(item, word) for word in ([text.value] if whole else words_of([text.value]))]
        return found

    @cached_property
    def script(self) -> list[str]:
        """The words that are run, those of a shell's script among them."""
        return [inner for word in self.words for inner in (words_of([word]) if re.search(r"\s", word) else [word])]

    @cached_property
    def test(self) -> list[str]:
        """The words of the health check's command."""
        part = self.spec.at("healthcheck", "test").last
        if part is None:
            return []
        texts = [self.spec.scope.text(item) for item in (part.each() if part.is_list else (part,))]
        return words_of(text.value for text in texts if text is not None)

    @cached_property
    def environment(self) -> dict[str, Variable]:
        """By name; what the service states itself over what its env files do."""
        variables: dict[str, Variable] = {}
        for part in self.spec["env_file"].parts:
            for item in (part, *part.each()):
                variables |= self._env_file(item)
        for variable in environment_of(self.spec["environment"], self.spec.scope):
            variables[variable.key] = variable
        return variables

    def _env_file(self, item: Part) -> dict[str, Variable]:
        part = item["path"] if item.is_mapping else item
        text = self.spec.scope.text(part)
        if text is None or text.known is None:
            return {}
        try:
            file = self._sources.beside(text.known, item.file)
        except SourceError as error:
            if item["required"].flag() is not False:
                self._draft.note(f"the env file `{text.known}` is not read ({error}); it may show more", part.origin)
            return {}
        known = self.spec.scope.of(item.file)
        return {key: Variable(key, text, origin, own=False) for key, text, origin in variables_of(file, known)}

    @cached_property
    def dependencies(self) -> dict[str, Layers]:
        """What `depends_on` names, with what it says of each, in either of its forms."""
        return _by_name(self.spec["depends_on"])

    @cached_property
    def networks(self) -> dict[str, Layers] | None:
        """By name; `default` where none is stated; None where it cannot be said, as with the host's own network."""
        if mode := self.spec["network_mode"].known():
            return {} if mode == "none" else None
        named = _by_name(self.spec["networks"])
        return named or {"default": Layers((), self.spec.scope, "default")}

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        return tuple(_TOKEN.sub("-", self.key.lower()).strip("-").split("-"))

    @property
    def is_kept_running(self) -> bool:
        """Whether it is stated that it runs on: by a restart policy, a port, a health check."""
        restart = self.spec["restart"].known() or self.spec.at("deploy", "restart_policy", "condition").known()
        return restart in (*_LASTING, "any") or bool(self.spec["ports"]) or bool(self.spec["healthcheck"])

    @property
    def runs_once(self) -> bool:
        """Whether it does something and ends, as its name or the mode of its deployment says."""
        mode = self.spec.at("deploy", "mode").known() or ""
        return mode.endswith("-job") or (not self.is_kept_running and not _ONCE.isdisjoint(self.tokens))


def _by_name(stated: Layers) -> dict[str, Layers]:
    """What is named either by the keys of a mapping or by the items of a list, whichever each layer has."""
    names: dict[str, list[Part]] = {}
    for part in stated.parts:
        for key, inner in part.items():
            names.setdefault(key, []).append(inner)
        for item in part.each():
            if (name := item.text()) is not None:
                names.setdefault(name, []).append(item)
    return {name: Layers(parts, stated.scope, name) for name, parts in names.items()}
