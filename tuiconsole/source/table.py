"""Typed reading of TOML tables: each wrong key or value becomes one complaint, and the reading goes on.

So that one run names all that is wrong with a file, and no value of an unexpected type gets further.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeVar

from tuiconsole.source.errors import Complaint, Location, SourceError, raise_if_too_many
from tuiconsole.source.text import did_you_mean
from tuiconsole.source.toml import TomlSource

E = TypeVar("E", bound=Enum)

_KINDS = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "an array",
    dict: "a table",
}


def kind_of(value: object) -> str:
    """What a value of TOML is, in words."""
    return _KINDS.get(type(value), "a date or time")


class Table:
    """One table of a file. Keys that were never asked for are complained about by `finish`."""

    def __init__(
        self, source: TomlSource, complaints: list[Complaint], data: dict[str, Any], *path: str | int
    ) -> None:
        self.source = source
        self.complaints = complaints
        self.data = data
        self.path = path
        self._asked: list[str] = []

    @classmethod
    def root(cls, source: TomlSource) -> Table:
        """The whole file, with an empty list of complaints."""
        return cls(source, [], source.data)

    def where(self, *key: str | int) -> Location:
        """The place of a key of this table."""
        return self.source.where(*self.path, *key)

    def name(self, key: str = "") -> str:
        """The key as a person would write it."""
        parts = [str(part) for part in (*self.path, *([key] if key else [])) if not isinstance(part, int)]
        return ".".join(parts)

    def complain(self, key: str, what: str, remedy: str = "", *, warning: bool = False) -> None:
        """Add a complaint about a key; about the table itself if `key` is empty."""
        where = self.where(key) if key else self.where()
        self.add(Complaint(where, what, remedy, warning=warning))

    def add(self, complaint: Complaint) -> None:
        """Add a complaint. Raises SourceError when there are too many to go on."""
        self.complaints.append(complaint)
        raise_if_too_many(self.complaints)

    def _get(self, key: str, *types: type, required: bool) -> Any:
        if key not in self._asked:
            self._asked.append(key)
        if key not in self.data:
            if required:
                place = f" in [{self.name()}]" if self.path else ""
                self.complain("", f"{key} is missing{place}", f"add {key} = …")
            return None
        value = self.data[key]
        if type(value) in types:
            return value
        self.complain(key, f"{self.name(key)} is {kind_of(value)}", f"expected {_KINDS[types[0]]}")
        return None

    def text(self, key: str, default: str = "", *, required: bool = False) -> str:
        """A text, not empty if `required`."""
        value = self._get(key, str, required=required)
        if value is None:
            return default
        if required and not value.strip():
            self.complain(key, f"{self.name(key)} is empty", "give it a value")
        return str(value)

    def integer(self, key: str, default: int, low: int, high: int, *, required: bool = False) -> int:
        """A whole number from `low` to `high`."""
        value = self._get(key, int, required=required)
        if value is None:
            return default
        if not low <= value <= high:
            self.complain(key, f"{self.name(key)} = {value} is out of range", f"expected {low} to {high}")
            return default
        return int(value)

    def number(self, key: str) -> float | None:
        """A number, None if the key is not there."""
        value = self._get(key, float, int, required=False)
        return None if value is None else float(value)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._get(key, bool, required=False)
        return default if value is None else bool(value)

    def texts(self, key: str, default: tuple[str, ...] = (), *, required: bool = False) -> tuple[str, ...]:
        """An array of texts."""
        value = self._get(key, list, required=required)
        if value is None:
            return default
        for item in value:
            if type(item) is not str:
                self.complain(key, f"{self.name(key)} holds {kind_of(item)}", "expected an array of texts")
                return default
        return tuple(value)

    def choice(self, key: str, kind: type[E], default: E) -> E:
        """One of an enum's values."""
        value = self._get(key, str, required=False)
        if value is None:
            return default
        try:
            return kind(value)
        except ValueError:
            remedy = did_you_mean(value, [member.value for member in kind])
            self.complain(key, f"{self.name(key)} = {value!r} is not known", remedy)
            return default

    def expect(self, *keys: str) -> None:
        """Make keys known without reading them."""
        self._asked += keys

    def has(self, key: str) -> bool:
        """True if the key is there, whatever its value."""
        return key in self.data

    def has_table(self, key: str) -> bool:
        """True if the key is a table; another value is complained about."""
        return self._get(key, dict, required=False) is not None

    def table(self, key: str, *, required: bool = False) -> Table:
        """A table; an empty one if it is not there."""
        value = self._get(key, dict, required=required)
        return Table(self.source, self.complaints, value or {}, *self.path, key)

    def named_tables(self, key: str) -> list[tuple[str, Table]]:
        """The tables `[key.NAME]`, in the order of the file."""
        parent = self.table(key)
        return [(name, parent.table(name)) for name in parent.data if parent.has_table(name)]

    def array_of_tables(self, key: str) -> list[Table]:
        """The tables `[[key]]`."""
        value = self._get(key, list, required=False) or []
        found = []
        for number, item in enumerate(value):
            if type(item) is dict:
                found.append(Table(self.source, self.complaints, item, *self.path, key, number))
            else:
                self.complain(
                    key, f"{self.name(key)} holds {kind_of(item)}", f"expected tables: [[{self.name(key)}]]"
                )
        return found

    def finish(self) -> None:
        """Complain about each key that nobody asked for."""
        for key in self.data:
            if key not in self._asked:
                self.complain(key, f"unknown key {self.name(key)}", did_you_mean(key, self._asked))

    def raise_errors(self) -> tuple[Complaint, ...]:
        """Raise SourceError if any complaint is an error; else return the warnings."""
        errors = [complaint for complaint in self.complaints if not complaint.warning]
        if errors:
            raise SourceError(*errors)
        return tuple(self.complaints)
