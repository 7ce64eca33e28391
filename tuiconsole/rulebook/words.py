"""The words of rules files, what each may say, and how a text becomes its value: one table for both forms.

They are Supvisors' words (https://supvisors.readthedocs.io, «Rules File»). TOML alone has `isolation`, which
is ours, and `conciliation_strategy`, which Supvisors has for all applications at once.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import msgspec

from tuiconsole.rulebook.rules import (
    ConciliationStrategy,
    Distribution,
    Isolation,
    RunningFailureStrategy,
    StartingFailureStrategy,
    StartingStrategy,
)
from tuiconsole.source.text import did_you_mean

Value = tuple[str, ...] | int | bool | str | Enum

GREATEST_SEQUENCE = 1000
LONGEST_FORMULA = 2000
"""Characters of an operational status."""


class Sort(Enum):
    """What sort of value a word takes; the value is how a complaint calls it."""

    NAMES = "names, separated by commas"
    NUMBER = "a whole number"
    FLAG = "true or false"
    CHOICE = "a word"
    TEXT = "a text"


class Word(msgspec.Struct, frozen=True):
    """One word of the rules."""

    sort: Sort
    high: int = 0
    choices: type[Enum] | None = None


class WordError(ValueError):
    """A value that a word does not take; `remedy` says what it takes."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


_SEQUENCE = Word(Sort.NUMBER, GREATEST_SEQUENCE)

PROGRAM_WORDS: dict[str, Word] = {
    "reference": Word(Sort.TEXT),
    "identifiers": Word(Sort.NAMES),
    "start_sequence": _SEQUENCE,
    "stop_sequence": _SEQUENCE,
    "required": Word(Sort.FLAG),
    "wait_exit": Word(Sort.FLAG),
    "expected_loading": Word(Sort.NUMBER, 100),
    "starting_failure_strategy": Word(Sort.CHOICE, choices=StartingFailureStrategy),
    "running_failure_strategy": Word(Sort.CHOICE, choices=RunningFailureStrategy),
}
"""For programs and models alike."""

APPLICATION_WORDS: dict[str, Word] = {
    "distribution": Word(Sort.CHOICE, choices=Distribution),
    "identifiers": Word(Sort.NAMES),
    "start_sequence": _SEQUENCE,
    "stop_sequence": _SEQUENCE,
    "starting_strategy": Word(Sort.CHOICE, choices=StartingStrategy),
    "starting_failure_strategy": Word(Sort.CHOICE, choices=StartingFailureStrategy),
    "running_failure_strategy": Word(Sort.CHOICE, choices=RunningFailureStrategy),
    "operational_status": Word(Sort.TEXT, LONGEST_FORMULA),
}
TOML_APPLICATION_WORDS = {
    **APPLICATION_WORDS,
    "isolation": Word(Sort.CHOICE, choices=Isolation),
    "conciliation_strategy": Word(Sort.CHOICE, choices=ConciliationStrategy),
}

_FLAGS = {
    **dict.fromkeys(("true", "1", "yes", "on", "y", "t"), True),
    **dict.fromkeys(("false", "0", "no", "off", "n", "f"), False),
}


def split_names(text: str) -> tuple[str, ...]:
    """The names of a list separated by commas, each once, in order."""
    return tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


def from_text(name: str, word: Word, text: str) -> Value:
    """The value of a word that is written as text, as in XML. Raises WordError."""
    text = text.strip()
    if word.sort is Sort.NAMES:
        return split_names(text)
    if word.sort is Sort.NUMBER:
        # int() alone would also take "1_0" and digits of other scripts.
        if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) <= 9):
            raise WordError(f"{name} is {text[:40]!r}", f"expected a whole number from 0 to {word.high}")
        return checked(name, word, int(text))
    if word.sort is Sort.FLAG:
        if text.lower() not in _FLAGS:
            raise WordError(f"{name} is {text[:40]!r}", "expected true or false")
        return _FLAGS[text.lower()]
    return checked(name, word, text)


def from_toml(name: str, word: Word, value: Any) -> Value:
    """The value of a word as TOML types it. Raises WordError."""
    if word.sort is Sort.NAMES:
        if isinstance(value, str):
            return split_names(value)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(dict.fromkeys(item.strip() for item in value if item.strip()))
        raise WordError(f"{name} is no list of names", 'expected ["a", "b"]')
    wanted: type[int | bool | str] = {Sort.NUMBER: int, Sort.FLAG: bool}.get(word.sort, str)
    if type(value) is not wanted:
        raise WordError(f"{name} is {value!r:.40}", f"expected {word.sort.value}")
    return checked(name, word, value)


def checked(name: str, word: Word, value: int | bool | str) -> Value:
    """A value within the bounds of its word; a text becomes its enum's member. Raises WordError."""
    if word.sort is Sort.NUMBER and isinstance(value, int) and not 0 <= value <= word.high:
        raise WordError(f"{name} is {value}", f"expected 0 to {word.high}")
    if word.choices is not None:
        return _choice(name, word.choices, str(value))
    if isinstance(value, str) and word.high and len(value) > word.high:
        raise WordError(f"{name} has {len(value)} characters", f"expected at most {word.high}")
    return value


def _choice(name: str, choices: type[Enum], text: str) -> Enum:
    try:
        return choices(text)
    except ValueError:
        words = [member.value for member in choices]
        if choices is StartingFailureStrategy and text == RunningFailureStrategy.STOP_APPLICATION.value:
            raise WordError(
                f"{name} is STOP_APPLICATION, which is a running failure strategy", "write STOP"
            ) from None
        remedy = did_you_mean(text, words)
        expected = f"expected {', '.join(words)}"
        raise WordError(
            f"{name} is {text[:40]!r}", f"{remedy} {expected}" if remedy.endswith("?") else expected
        ) from None
