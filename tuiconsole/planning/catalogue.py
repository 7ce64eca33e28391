"""Applications and programs as they exist in the cluster, each with its rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from tuiconsole.model.node import Node
from tuiconsole.planning.signs import numbers_of
from tuiconsole.rulebook.rules import (
    ApplicationRules,
    Distribution,
    ProgramRules,
    RunningFailureStrategy,
    StartingFailureStrategy,
)


class Rulebook(Protocol):
    """All that planning asks of the rules."""

    def application(self, name: str) -> ApplicationRules | None:
        """The rules of a managed application; None if it is unmanaged."""

    def program(self, application: str, program: str) -> ProgramRules:
        """The rules of a program of a managed application, with what it inherits from its application."""


class Program(msgspec.Struct, frozen=True):
    """One program of an application."""

    namespec: str
    application: str
    rules: ProgramRules
    number: int = 1
    """Which one of its homogeneous process group it is, from 1, if a sign asks for it; see planning.signs."""


class Application(msgspec.Struct, frozen=True):
    """One group that some node reports."""

    name: str
    rules: ApplicationRules | None
    programs: Mapping[str, Program]
    """By namespec, in the order in which nodes and their supervisord name them."""

    @property
    def managed(self) -> bool:
        """True if a rules file names it."""
        return self.rules is not None

    @property
    def single(self) -> bool:
        """True if it runs on one node as a whole, under one grant."""
        return self.rules is not None and self.rules.distribution is Distribution.SINGLE_INSTANCE

    def grant_name(self, namespec: str) -> str:
        """The name that must be granted before this process may run."""
        return self.name if self.single else namespec

    def sequence(self) -> tuple[Program, ...]:
        """The programs that start with the application."""
        return tuple(program for program in self.programs.values() if program.rules.start_sequence > 0)

    def starting_failure(self, namespec: str) -> StartingFailureStrategy:
        """What becomes of the application's start if this program cannot be started."""
        return self.programs[namespec].rules.starting_failure_strategy

    def running_failure(self, namespec: str) -> RunningFailureStrategy:
        """What becomes of the running application if this program dies."""
        return self.programs[namespec].rules.running_failure_strategy


UNRULED = ProgramRules()


def catalogue(nodes: Iterable[Node], rulebook: Rulebook) -> dict[str, Application]:
    """All groups that some node reports, by name, sorted."""
    found: dict[str, dict[str, str]] = {}
    for node in nodes:
        for process in node.processes.values():
            found.setdefault(process.group, {})[process.namespec] = process.name
    result = {}
    for name in sorted(found):
        rules = rulebook.application(name)
        of = {n: rulebook.program(name, program) if rules else UNRULED for n, program in found[name].items()}
        signed = any(words.sign for words in of.values())
        numbers = numbers_of(tuple(of)) if signed else {}
        programs = {n: Program(n, name, words, numbers.get(n, 1)) for n, words in of.items()}
        result[name] = Application(name, rules, programs)
    return result
