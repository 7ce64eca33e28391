"""What a supervisord.conf says of groups and their processes, read as supervisord would, without starting it.

Paths need not exist, since the file may be another machine's. What it asks of an environment that is not
known here is said as a warning, and the reading goes on.
"""

from __future__ import annotations

import configparser
import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from tuiconsole.source.errors import Complaint, Location, SourceError
from tuiconsole.source.text import matching, read_text

MOST_FILES = 2000
"""That one [include] may bring in."""
MOST_PROCESSES = 10_000
"""Of one program."""

_HEADER = re.compile(r"\[(?P<header>.+)\]")
_TRUE = frozenset({"true", "1", "yes", "on", "t", "y"})
_WIDE = re.compile(r"%\([^)]*\)[^a-zA-Z%]*\d{4}")
"""An expansion that would fill the memory."""
_PROGRAMS = ("program:", "fcgi-program:", "eventlistener:")


class ConfiguredProcess(msgspec.Struct, frozen=True):
    """One process of a group."""

    name: str
    program: str
    """The section that it comes from; processes of one with `numprocs` share it."""
    where: Location
    autorestart: bool
    """True if supervisord starts it again also after an expected exit."""


class ConfiguredGroup(msgspec.Struct, frozen=True):
    """A group: what rules call an application."""

    name: str
    where: Location
    processes: Mapping[str, ConfiguredProcess]


class Configured(msgspec.Struct, frozen=True):
    """All groups of one supervisord."""

    groups: Mapping[str, ConfiguredGroup]
    sections: Mapping[str, Mapping[str, str]]
    """Every section as it is written, nothing expanded."""
    places: Mapping[str, Location]
    """By section: where it begins."""
    complaints: tuple[Complaint, ...]
    """Warnings: what could not be known here."""


def read_supervisord(file: Path | str, environment: Mapping[str, str]) -> Configured:
    """Read a supervisord.conf and the files that it includes.

    Args:
        file: the path.
        environment: what `%(ENV_x)s` stands for.

    Raises:
        SourceError: a file cannot be read, or is no such file.
    """
    return _Reader(file, environment).read()


class _Reader:
    def __init__(self, file: Path | str, environment: Mapping[str, str]) -> None:
        self._file = str(file)
        self._here = str(Path(file).resolve().parent)
        self._words = {f"ENV_{name}": value for name, value in environment.items()}
        self._words |= {"here": self._here, "host_node_name": platform.node()}
        self._parser = configparser.RawConfigParser(
            strict=False, inline_comment_prefixes=(";", "#"), default_section=""
        )
        self._places: dict[str, Location] = {}
        self._complaints: dict[tuple[str, str], Complaint] = {}

    def read(self) -> Configured:
        self._add(self._file)
        for file in self._included():
            self._add(file)
        sections = {name: dict(self._parser.items(name)) for name in self._parser.sections()}
        return Configured(self._groups(), sections, self._places, tuple(self._complaints.values()))

    def _add(self, file: str) -> None:
        text = read_text(file)
        try:
            self._parser.read_string(text, file)
        except configparser.Error as error:
            line = getattr(error, "lineno", 0) or next(iter(getattr(error, "errors", [])), (0,))[0]
            what = str(error).partition("\n")[0]
            raise SourceError.at(file, line, f"no supervisord configuration: {what}", "correct it") from None
        for number, line in enumerate(text.splitlines(), 1):
            if found := _HEADER.match(line.strip()):
                self._places.setdefault(found["header"], Location(file, number))

    def _included(self) -> list[str]:
        files: dict[str, None] = {}
        for pattern in self._get("include", "files", "").split():
            path = pattern if Path(pattern).is_absolute() else f"{self._here}/{pattern}"
            found = matching(path)
            if not found:
                self._warn("include", f"[include] names {pattern!r}, which matches no file", "check the path")
            # supervisord passes over folders that a glob brings in.
            files.update(dict.fromkeys(name for name in found if not Path(name).is_dir()))
        return list(files)[:MOST_FILES]

    def _warn(self, section: str, what: str, remedy: str) -> None:
        where = self._places.get(section, Location(self._file))
        self._complaints.setdefault((section, what), Complaint(where, what, remedy, warning=True))

    def _get(self, section: str, key: str, default: str, more: Mapping[str, object] = {}) -> str:
        value = self._parser.get(section, key, fallback=default)
        try:
            if _WIDE.search(value):
                raise ValueError("too wide")
            return value % {**self._words, **more}
        except (KeyError, ValueError, TypeError) as error:
            what = f"{key} = {value[:60]!r} of [{section}] cannot be expanded here: {error}"
            self._warn(section, what, "set the variable, if it is one")
            return value

    def _groups(self) -> dict[str, ConfiguredGroup]:
        groups: dict[str, ConfiguredGroup] = {}
        grouped: set[str] = set()
        for section in self._parser.sections():
            if section.startswith("group:"):
                name = section.partition(":")[2].strip()
                programs = [item.strip() for item in self._get(section, "programs", "").split(",")]
                members = [found for item in programs if item and (found := self._section(section, item))]
                grouped.update(members)
                groups[name] = self._group(name, section, members)
        for section in self._parser.sections():
            if section.startswith(_PROGRAMS) and section not in grouped:
                name = section.partition(":")[2].strip()
                groups.setdefault(name, self._group(name, section, [section]))
        return groups

    def _section(self, group: str, program: str) -> str:
        for kind in _PROGRAMS[:2]:
            if self._parser.has_section(kind + program):
                return kind + program
        self._warn(group, f"[{group}] names the program {program!r}, which has no section", "add it")
        return ""

    def _group(self, name: str, section: str, members: Sequence[str]) -> ConfiguredGroup:
        where = self._places.get(section, Location(self._file))
        processes = {process.name: process for member in members for process in self._processes(name, member)}
        return ConfiguredGroup(name, where, processes)

    def _processes(self, group: str, section: str) -> list[ConfiguredProcess]:
        program = section.partition(":")[2].strip()
        where = self._places.get(section, Location(self._file))
        number, first = self._count(section, "numprocs", 1), self._count(section, "numprocs_start", 0)
        restart = self._get(section, "autorestart", "unexpected").strip().lower()
        found = []
        for index in range(first, first + number):
            words = {"program_name": program, "group_name": group, "process_num": index, "numprocs": number}
            name = self._get(section, "process_name", "%(program_name)s", words).strip()
            found.append(ConfiguredProcess(name, program, where, restart in _TRUE))
        return found

    def _count(self, section: str, key: str, default: int) -> int:
        value = self._get(section, key, str(default)).strip()
        if not (value.isascii() and value.isdigit() and int(value[:9]) <= MOST_PROCESSES):
            what = f"{key} = {value[:40]!r} of [{section}] is not known here"
            self._warn(section, what, "set the variable, if it is one")
            return default
        return int(value)
