"""The rules in force for one application and its programs, each word with where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import msgspec

from tuiconsole.rulebook.resolve import ApplicationEntry, Origin, ProgramEntry
from tuiconsole.rulebook.rulebook import Rulebook
from tuiconsole.rulebook.rules import ApplicationRules, Distribution, ProgramRules
from tuiconsole.rulebook.words import TOML_APPLICATION_WORDS, TOML_PROGRAM_WORDS

_FIELDS = {"conciliation_strategy": "conciliation"}
"""Words that the rules call otherwise."""
_INHERITED = ("starting_failure_strategy", "running_failure_strategy")
_OF_CLUSTER = ("isolation", "conciliation_strategy", "starting_strategy")


class ShownWord(msgspec.Struct, frozen=True):
    """One word: its value as a rules file would write it, and its origin."""

    word: str
    value: Any
    origin: str
    """FILE:LINE, with the model that says it; or `default`, and what gives it."""


class ShownEntry(msgspec.Struct, frozen=True):
    """An application or a program."""

    name: str
    entry: str
    """The entry that holds, and where it stands; why there is none."""
    words: tuple[ShownWord, ...]


class ShownApplication(msgspec.Struct, frozen=True):
    """An application with its programs, in the order of their start."""

    application: ShownEntry
    programs: tuple[ShownEntry, ...]


def show(book: Rulebook, name: str, programs: Iterable[str]) -> ShownApplication | None:
    """The rules in force for an application; None if it is unmanaged.

    Args:
        book: the rules.
        name: the application's.
        programs: its programs, as far as they are known; those that rules name exactly are added.
    """
    entry, rules = book.entry(name), book.application(name)
    if entry is None or rules is None:
        return None
    named = [program.name for program in entry.programs if program.name is not None]
    shown = [_program(book, entry, name, program) for program in dict.fromkeys((*programs, *named))]
    shown.sort(key=lambda one: (one.words_by_name["start_sequence"] or 10**6, one.shown.name))
    return ShownApplication(_application(entry, rules), tuple(one.shown for one in shown))


class _Sorted(msgspec.Struct, frozen=True):
    shown: ShownEntry
    words_by_name: Mapping[str, Any]


def _application(entry: ApplicationEntry, rules: ApplicationRules) -> ShownEntry:
    words = []
    for word in TOML_APPLICATION_WORDS:
        value = getattr(rules, _FIELDS.get(word, word))
        origin = _origin(word, entry.origins)
        if (
            word in _OF_CLUSTER
            and word not in entry.origins
            and value is not _default(ApplicationRules, word)
        ):
            origin = "the cluster file"
        words.append(_word(word, value, rules.sign, origin))
    return ShownEntry(rules.name, f"{entry} at {entry.where}", tuple(words))


def _program(book: Rulebook, entry: ApplicationEntry, application: str, name: str) -> _Sorted:
    found = book.program_entry(entry, name)
    rules = book.program(application, name)
    origins = found.origins if found else {}
    words = []
    for word in TOML_PROGRAM_WORDS:
        if word == "reference":
            continue
        origin = _origin(word, origins)
        if word in _INHERITED and word not in origins and word in entry.origins:
            origin = f"its application, {entry.origins[word].where}"
        if word == "required" and not rules.required and word in origins and not rules.start_sequence:
            origin += ", not in force without a start_sequence"
        if word == "identifiers" and entry.rules.distribution is not Distribution.ALL_INSTANCES:
            origin += f", not in force: the application is {entry.rules.distribution.value}"
        words.append(_word(word, getattr(rules, word), rules.sign, origin))
    holds = f"{found} at {found.where}" if isinstance(found, ProgramEntry) else "no rule names it"
    shown = ShownEntry(name, holds, tuple(words))
    return _Sorted(shown, {word.word: word.value for word in words})


def _default(kind: type[ApplicationRules | ProgramRules], word: str) -> Any:
    fields = {field.name: field.default for field in msgspec.structs.fields(kind)}
    return fields[_FIELDS.get(word, word)]


def _origin(word: str, origins: Mapping[str, Origin]) -> str:
    said = origins.get(word)
    if said is None:
        return "default: the start_sequence" if word == "stop_sequence" else "default"
    return f"model {said.model}, {said.where}" if said.model else str(said.where)


def _word(word: str, value: Any, sign: Enum | None, origin: str) -> ShownWord:
    if word == "identifiers" and sign is not None:
        value = (sign.value, *(() if value == ("*",) else value))
    if isinstance(value, Enum):
        value = value.value
    elif isinstance(value, msgspec.Struct):
        value = {key: inner for key, inner in msgspec.structs.asdict(value).items() if inner != ""}
    elif isinstance(value, tuple):
        value = list(value)
    elif value == "":
        value = None
    return ShownWord(word, value, origin)
