"""What a rules file says, before aliases and models are resolved: the common ground of both forms."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tuiconsole.rulebook.words import Value
from tuiconsole.source.errors import Complaint, Location


class Said(msgspec.Struct, frozen=True):
    """A value and where it stands."""

    value: Value
    where: Location


class Entry(msgspec.Struct, frozen=True):
    """An application, a program or a model. One of `name` and `pattern` is set; a model has a name."""

    where: Location
    name: str | None
    pattern: str | None
    words: Mapping[str, Said]
    programs: tuple[Entry, ...] = ()

    def __str__(self) -> str:
        return repr(self.name) if self.pattern is None else f"pattern {self.pattern!r}"


class Alias(msgspec.Struct, frozen=True):
    """A name for names."""

    where: Location
    name: str
    members: tuple[str, ...]


class RawRules(msgspec.Struct, frozen=True):
    """One file. `complaints` holds errors and warnings; with an error in it the rest is not used."""

    aliases: tuple[Alias, ...]
    models: tuple[Entry, ...]
    applications: tuple[Entry, ...]
    complaints: tuple[Complaint, ...]
