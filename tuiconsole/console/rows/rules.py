"""The rules that apply to an application or a process, as lines: what they say, not what they leave open."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING

from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.rulebook.rules import ApplicationRules, ProgramRules

if TYPE_CHECKING:
    from tuiconsole.rulebook.rulebook import Rulebook

_NOT_SHOWN = frozenset(("name", "origin"))


def rules_of_application(rulebook: Rulebook | None, name: str) -> Iterator[Line]:
    """One line; none for an unmanaged application, or while the rules are not read."""
    rules = rulebook.application(name) if rulebook is not None else None
    if rules is not None:
        yield _line("its rules", rules, ApplicationRules(name=name))


def rules_of_process(rulebook: Rulebook | None, namespec: str) -> Iterator[Line]:
    """One line for the process, one for its application."""
    name, _, program = namespec.partition(":")
    if rulebook is not None and rulebook.application(name) is not None:
        yield _line("its rules", rulebook.program(name, program), ProgramRules())
        for line in rules_of_application(rulebook, name):
            yield (Span("application: ", Tone.DIM), *line)


def _line(
    heading: str, rules: ApplicationRules | ProgramRules, standard: ApplicationRules | ProgramRules
) -> Line:
    spans = [Span(heading, Tone.DIM)]
    if rules.origin is not None:
        spans.append(Span(f" ({PurePath(rules.origin.file).name}:{rules.origin.line})", Tone.DIM))
    words = [
        _words(field, value)
        for field in rules.__struct_fields__
        if field not in _NOT_SHOWN and (value := getattr(rules, field)) != getattr(standard, field)
    ]
    said = " · ".join(filter(None, words)) or "all as by default"
    return (*spans, Span(": ", Tone.DIM), Span(plain(said)))


def _words(field: str, value: object) -> str:
    """A word of the rules with its value; empty if it has no simple one."""
    if isinstance(value, Enum):
        return f"{field} {value.value}"
    if isinstance(value, bool):
        return field if value else f"{field} false"
    if isinstance(value, tuple) and all(isinstance(one, str) for one in value):
        return f"{field} {', '.join(value)}"
    return f"{field} {value}" if isinstance(value, str | int | float) else ""
