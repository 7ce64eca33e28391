"""The words of rules files, what each may say, and how a text becomes its value: one table for both forms.

They are Supvisors' words (https://supvisors.readthedocs.io, «Rules File»). TOML alone has those that are ours
(`isolation`, `flap_limit`, `start_timeout`, `ready`), and `conciliation_strategy`, which Supvisors has for
all applications at once.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import msgspec

from tuiconsole.rulebook.formula import LONGEST_FORMULA, FormulaError, parse_formula
from tuiconsole.rulebook.rules import (
    ConciliationStrategy,
    Distribution,
    FlapLimit,
    Isolation,
    ReadyCheck,
    RunningFailureStrategy,
    StartingFailureStrategy,
    StartingStrategy,
)
from tuiconsole.source.text import did_you_mean

Value = tuple[str, ...] | float | bool | str | Enum | ReadyCheck | FlapLimit

GREATEST_SEQUENCE = 1000
LEAST_IN_XML = -128
"""Supvisors' own schema takes a byte for a sequence; what is below 0 counts as not said, as there."""
GREATEST_IN_SUPVISORS = 127
LONGEST_WAIT = 86400.0
"""Seconds: a day."""
LEAST_WAIT = 0.1


class Sort(Enum):
    """What sort of value a word takes; the value is how a complaint calls it."""

    NAMES = "names, separated by commas"
    NUMBER = "a whole number"
    SECONDS = "a number of seconds"
    FLAG = "true or false"
    CHOICE = "a word"
    TEXT = "a text"
    FORMULA = "a formula"
    TABLE = "a table"


class Word(msgspec.Struct, frozen=True):
    """One word of the rules."""

    sort: Sort
    meaning: str
    """One line for a person; editors show it."""
    low: float = 0
    high: float = 0
    choices: type[Enum] | None = None
    fields: Mapping[str, Word] = {}
    """Of a table."""
    either: tuple[str, ...] = ()
    """Of a table: exactly one of these stands in it."""
    needed: tuple[str, ...] = ()
    """Of a table: each of these stands in it."""
    makes: Callable[..., ReadyCheck | FlapLimit] | None = None
    """Of a table: takes its fields by name; may raise ValueError."""


class WordError(ValueError):
    """A value that a word does not take; `remedy` says what it takes."""

    def __init__(self, what: str, remedy: str, column: int = 0) -> None:
        super().__init__(what)
        self.remedy = remedy
        self.column = column
        """Character of the value, from 1, if it is known."""


def _ready(**fields: Any) -> ReadyCheck:
    """A ready check, its texts looked at. Raises ValueError."""
    check = ReadyCheck(**fields)
    if check.tcp:
        found = _HOST_PORT.fullmatch(check.tcp)
        if found is None or not 0 < int(found[1]) < 65536:
            raise ValueError(f"tcp = {check.tcp[:60]!r} is no HOST:PORT")
    shlex.split(check.command)  # raises ValueError for an open quote
    if "\0" in check.command + check.file:
        raise ValueError("a NUL character stands in it")
    return check


_HOST_PORT = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]+):([0-9]{1,5})")

_PROGRAM_SEQUENCE = "its step within the application; 0: does not start with it"
_STOP_SEQUENCE = "its step in the stop, greatest first; the start_sequence if not said"
_STARTING_FAILURE = "what becomes of the application's start when a required program cannot be started"
_RUNNING_FAILURE = "what follows when a process ends unexpectedly"

PROGRAM_WORDS: dict[str, Word] = {
    "reference": Word(Sort.TEXT, "a model whose words hold where this says nothing"),
    "identifiers": Word(
        Sort.NAMES,
        "nodes, tags or aliases where it may run; * for all; the signs # and @ for numbered processes",
    ),
    "start_sequence": Word(Sort.NUMBER, _PROGRAM_SEQUENCE, high=GREATEST_SEQUENCE),
    "stop_sequence": Word(Sort.NUMBER, _STOP_SEQUENCE, high=GREATEST_SEQUENCE),
    "required": Word(Sort.FLAG, "its failure is a major one"),
    "wait_exit": Word(Sort.FLAG, "the next step waits until it has exited as expected"),
    "expected_loading": Word(Sort.NUMBER, "percent of its host", high=100),
    "starting_failure_strategy": Word(Sort.CHOICE, _STARTING_FAILURE, choices=StartingFailureStrategy),
    "running_failure_strategy": Word(Sort.CHOICE, _RUNNING_FAILURE, choices=RunningFailureStrategy),
}
"""Of Supvisors, for programs and models alike."""

TOML_PROGRAM_WORDS = {
    **PROGRAM_WORDS,
    "start_timeout": Word(
        Sort.SECONDS,
        "seconds that a wait_exit program may run before it counts as failed",
        low=LEAST_WAIT,
        high=LONGEST_WAIT,
    ),
    "ready": Word(
        Sort.TABLE,
        "the next step waits until this is so, once it is RUNNING",
        fields={
            "tcp": Word(Sort.TEXT, "HOST:PORT that accepts a connection"),
            "file": Word(Sort.TEXT, "a path that exists"),
            "command": Word(Sort.TEXT, "a command that ends with 0"),
            "interval": Word(Sort.SECONDS, "seconds between two looks", low=LEAST_WAIT, high=3600),
            "timeout": Word(
                Sort.SECONDS, "seconds until it counts as failed", low=LEAST_WAIT, high=LONGEST_WAIT
            ),
        },
        either=("tcp", "file", "command"),
        makes=_ready,
    ),
}

APPLICATION_WORDS: dict[str, Word] = {
    "distribution": Word(
        Sort.CHOICE, "over how many nodes its processes may be spread", choices=Distribution
    ),
    "identifiers": Word(
        Sort.NAMES, "nodes, tags or aliases where it may run; * for all; the sign # for numbered applications"
    ),
    "start_sequence": Word(
        Sort.NUMBER, "0: not started by itself; lesser numbers start first", high=GREATEST_SEQUENCE
    ),
    "stop_sequence": Word(Sort.NUMBER, _STOP_SEQUENCE, high=GREATEST_SEQUENCE),
    "starting_strategy": Word(Sort.CHOICE, "how a node is chosen", choices=StartingStrategy),
    "starting_failure_strategy": Word(Sort.CHOICE, _STARTING_FAILURE, choices=StartingFailureStrategy),
    "running_failure_strategy": Word(Sort.CHOICE, _RUNNING_FAILURE, choices=RunningFailureStrategy),
    "operational_status": Word(
        Sort.FORMULA, "and, or, not, any(…), all(…) over names and patterns in quotes", high=LONGEST_FORMULA
    ),
}
"""Of Supvisors."""

TOML_APPLICATION_WORDS = {
    **APPLICATION_WORDS,
    "isolation": Word(Sort.CHOICE, "what a node that is cut off does with it", choices=Isolation),
    "conciliation_strategy": Word(
        Sort.CHOICE, "what is done when it runs more than once", choices=ConciliationStrategy
    ),
    "flap_limit": Word(
        Sort.TABLE,
        "so many restarts within so many seconds hold it, until somebody clears it",
        fields={
            "restarts": Word(Sort.NUMBER, "restarts", low=1, high=1000),
            "within": Word(Sort.SECONDS, "seconds", low=1, high=LONGEST_WAIT),
        },
        needed=("restarts", "within"),
        makes=FlapLimit,
    ),
}

FLAGS = {
    **dict.fromkeys(("true", "1", "yes", "on", "y", "t"), True),
    **dict.fromkeys(("false", "0", "no", "off", "n", "f"), False),
}


_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")


def split_names(text: str) -> tuple[str, ...]:
    """The names of a list separated by commas, each once, in order."""
    return tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


def from_text(name: str, word: Word, text: str) -> Value:
    """The value of a word that is written as text, as in XML. Raises WordError."""
    text = text.strip()
    if word.sort is Sort.NAMES:
        return _named(name, split_names(text))
    if word.sort is Sort.NUMBER:
        # int() alone would also take "1_0" and digits of other scripts.
        if not (text.isascii() and text.lstrip("+-").isdigit() and _INTEGER.fullmatch(text)):
            raise WordError(f"{name} is {text[:40]!r}", f"expected a whole number from {_range(word)}")
        return checked(name, word, int(text))
    if word.sort is Sort.FLAG:
        if text.lower() not in FLAGS:
            raise WordError(f"{name} is {text[:40]!r}", "expected true or false")
        return FLAGS[text.lower()]
    return checked(name, word, text)


def from_toml(name: str, word: Word, value: Any) -> Value:
    """The value of a word as TOML types it. Raises WordError."""
    if word.sort is Sort.NAMES:
        if isinstance(value, str):
            return _named(name, split_names(value))
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            if joined := next((item for item in value if "," in item), ""):
                raise WordError(f"{name} holds {joined[:40]!r}, which no name is", "write the names apart")
            return _named(name, tuple(dict.fromkeys(item.strip() for item in value if item.strip())))
        raise WordError(f"{name} is no list of names", 'expected ["a", "b"]')
    if word.sort is Sort.TABLE:
        return _table(name, word, value)
    if word.sort is Sort.SECONDS and type(value) is int:
        value = float(value)
    wanted: type[float | bool | str] = {Sort.NUMBER: int, Sort.SECONDS: float, Sort.FLAG: bool}.get(
        word.sort, str
    )
    if type(value) is not wanted:
        raise WordError(f"{name} is {value!r:.40}", f"expected {word.sort.value}")
    if isinstance(value, str) and word.sort is Sort.TEXT:
        value = value.strip()
    return checked(name, word, value)


def _named(name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise WordError(f"{name} names nothing", 'write "*" for all nodes, or leave it out')
    return names


def checked(name: str, word: Word, value: float | bool | str) -> Value:
    """A value within the bounds of its word; a text becomes its enum's member. Raises WordError."""
    # Written so that nan, which TOML knows, is out of range.
    if word.sort in {Sort.NUMBER, Sort.SECONDS} and not word.low <= float(value) <= word.high:
        raise WordError(f"{name} is {value}", f"expected {_range(word)}")
    if word.choices is not None:
        return _choice(name, word.choices, str(value))
    if word.sort is Sort.FORMULA:
        return _formula(name, str(value))
    return value


def _range(word: Word) -> str:
    return f"{word.low:g} to {word.high:g}"


def _formula(name: str, text: str) -> str:
    try:
        return parse_formula(text.strip()).text
    except FormulaError as error:
        column = error.column + len(text) - len(text.lstrip())
        raise WordError(f"{name}: {error}", error.remedy, column) from None


def _table(name: str, word: Word, value: Any) -> Value:
    fields = word.fields
    if not isinstance(value, dict):
        example = ", ".join(f"{key} = …" for key in word.needed or fields)
        raise WordError(f"{name} is {value!r:.40}", f"expected {{{example}}}")
    for key in value:
        if key not in fields:
            raise WordError(f"unknown key {name}.{key}", did_you_mean(key, fields))
    if word.either and sum(key in value for key in word.either) != 1:
        raise WordError(f"{name} says not exactly one thing", f"expected one of {', '.join(word.either)}")
    for key in word.needed:
        if key not in value:
            raise WordError(f"{name} lacks {key}", f"add {key} = …")
    said = {key: from_toml(f"{name}.{key}", fields[key], inner) for key, inner in value.items()}
    for key, inner in said.items():
        if inner == "":
            raise WordError(f"{name}.{key} is empty", "give it a value")
    if word.makes is None:
        raise TypeError(f"no table is made of {name}")
    try:
        return word.makes(**said)
    except ValueError as error:
        raise WordError(f"{name}: {error}", "correct it") from None


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
