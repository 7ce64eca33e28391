"""The rules of a cluster: load the files once, then ask for the rules of any application or program."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from tuiconsole.rulebook.best import Chooser
from tuiconsole.rulebook.raw import RawRules
from tuiconsole.rulebook.resolve import ApplicationEntry, ProgramEntry, Resolved, resolve
from tuiconsole.rulebook.rules import (
    ANY,
    ApplicationRules,
    ConciliationStrategy,
    Isolation,
    ProgramRules,
    StartingStrategy,
)
from tuiconsole.rulebook.toml_form import read_toml_rules
from tuiconsole.source.errors import Complaint, SourceError
from tuiconsole.source.text import did_you_mean, matching

_REMEMBERED = 10_000
"""Answers kept of each sort: more names than a cluster has, and a bound for names that someone makes up."""

_UNMANAGED = ProgramRules()


class Rulebook:
    """All rules in force. Immutable but for its memory of answers, so that it may be shared by threads."""

    def __init__(
        self,
        resolved: Resolved,
        isolation: Sequence[tuple[str, Isolation]] = (),
        conciliation: ConciliationStrategy = ConciliationStrategy.USER,
        starting: StartingStrategy = StartingStrategy.CONFIG,
    ) -> None:
        """Take resolved entries, and of the cluster file what it says for rules that do not."""
        self._conciliation = conciliation
        self._starting = starting
        self.warnings: tuple[Complaint, ...] = resolved.complaints
        self._identifiers = resolved.identifiers
        self._isolation = Chooser((None, pattern, value) for pattern, value in isolation)
        self._applications = Chooser((entry.name, entry.pattern, entry) for entry in resolved.applications)
        self._programs = {
            id(entry): Chooser((program.name, program.pattern, program) for program in entry.programs)
            for entry in resolved.applications
        }
        self._entries = resolved.applications
        self._application_answers: dict[str, ApplicationRules | None] = {}
        self._program_answers: dict[tuple[str, str], ProgramRules] = {}
        self.digest = _digest(resolved.applications, isolation, conciliation, starting)
        """Of what the rules mean. Form, order of models, comments and places in files make no difference."""

    def application(self, name: str) -> ApplicationRules | None:
        """The rules of an application; None if no rule names it: then it is unmanaged."""
        if name not in self._application_answers:
            if len(self._application_answers) >= _REMEMBERED:
                self._application_answers.clear()
            self._application_answers[name] = self._find(name)
        return self._application_answers[name]

    @property
    def entries(self) -> tuple[ApplicationEntry, ...]:
        """All entries, in the order of the files."""
        return self._entries

    def entry(self, application: str) -> ApplicationEntry | None:
        """The entry that holds for an application; None if it is unmanaged."""
        return self._applications.best(application)

    def program_entry(self, entry: ApplicationEntry, program: str) -> ProgramEntry | None:
        """The entry within that of its application that holds for a program; None if no rule names it."""
        return self._programs[id(entry)].best(program)

    def _find(self, name: str) -> ApplicationRules | None:
        entry = self._applications.best(name)
        if entry is None:
            return None
        isolation = entry.isolation or self._isolation.best(name) or Isolation.STOP
        conciliation = entry.conciliation or self._conciliation
        said = "starting_strategy" in entry.origins
        return msgspec.structs.replace(
            entry.rules,
            name=name,
            isolation=isolation,
            conciliation=conciliation,
            starting_strategy=entry.rules.starting_strategy if said else self._starting,
        )

    def program(self, application: str, program: str) -> ProgramRules:
        """The rules of a program; the defaults if no rule names it, or its application is unmanaged."""
        key = (application, program)
        if key not in self._program_answers:
            if len(self._program_answers) >= _REMEMBERED:
                self._program_answers.clear()
            self._program_answers[key] = self._find_program(application, program)
        return self._program_answers[key]

    def _find_program(self, application: str, program: str) -> ProgramRules:
        entry = self._applications.best(application)
        if entry is None:
            return _UNMANAGED
        found = self._programs[id(entry)].best(program)
        return found.rules if found is not None else entry.unnamed

    @property
    def names(self) -> tuple[str, ...]:
        """The applications that are named exactly, in the order of the files."""
        return tuple(entry.name for entry in self._entries if entry.name is not None)

    @property
    def named(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names and the patterns of all managed applications."""
        names = tuple(entry.name for entry in self._entries if entry.name is not None)
        return names, tuple(entry.pattern for entry in self._entries if entry.pattern is not None)

    def check_against(self, nodes: Iterable[str], tags: Iterable[str]) -> tuple[Complaint, ...]:
        """Warn of each identifier that is neither a node nor a tag of the cluster."""
        known = {*nodes, *tags, ANY}
        return tuple(
            Complaint(
                where,
                f"no node bears the identifier {name!r}",
                _nearest(name, known, "add the node, or remove the name"),
                warning=True,
            )
            for name, where in self._identifiers.items()
            if name not in known
        )


def load_rules(
    patterns: Iterable[Path | str],
    *,
    isolation: Sequence[tuple[str, Isolation]] = (),
    conciliation: ConciliationStrategy = ConciliationStrategy.USER,
    starting: StartingStrategy = StartingStrategy.CONFIG,
) -> Rulebook:
    """Read rules files, .toml or .xml, as one rulebook.

    Args:
        patterns: paths and globs; files in the order given, those of one glob by name.
        isolation: what the cluster file says under [isolation]; a rule's own word wins over it.
        conciliation: the cluster file's strategy for doubles; a rule's own word wins over it.
        starting: the cluster file's strategy for starts; a rule's own word wins over it.

    Raises:
        SourceError: with one line for each thing that is wrong in any of the files.
    """
    files = [read_rules(file) for file in expand(patterns)]
    resolved = resolve(files)
    errors = [complaint for complaint in resolved.complaints if not complaint.warning]
    if errors:
        raise SourceError(*errors)
    return Rulebook(resolved, isolation, conciliation, starting)


def read_rules(file: Path | str) -> RawRules:
    """Read one file, in the form that its suffix says. Raises SourceError."""
    suffix = Path(file).suffix.lower()
    if suffix == ".toml":
        return read_toml_rules(file)
    if suffix == ".xml":
        # lxml takes as long to import as all else here; most clusters use TOML.
        from tuiconsole.rulebook.xml_form import read_xml_rules

        return read_xml_rules(file)
    raise SourceError.at(
        file, 0, f"a rules file ends in .toml or .xml, not {suffix or 'without a suffix'}", "rename it"
    )


def expand(patterns: Iterable[Path | str]) -> tuple[str, ...]:
    """The files that paths and globs name, each once. Raises SourceError if a glob matches nothing."""
    files: dict[str, None] = {}
    for pattern in map(str, patterns):
        if Path(pattern).exists() or not glob.has_magic(pattern):
            found = [pattern]
        else:
            found = matching(pattern, recursive=True)
        if not found:
            raise SourceError.at(
                pattern, 0, "no rules file matches", "correct rules = […] in the cluster file"
            )
        files.update(dict.fromkeys(found))
    return tuple(files)


def _nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    # A number that there is not is no slip: rules for five consoles are right where three are set up.
    stem = name.rstrip("0123456789")
    if stem != name and any(other.rstrip("0123456789") == stem for other in known):
        return otherwise
    remedy = did_you_mean(name, known)
    return remedy if remedy.endswith("?") else otherwise


def _digest(
    entries: Sequence[ApplicationEntry],
    isolation: Sequence[tuple[str, Isolation]],
    conciliation: ConciliationStrategy,
    starting: StartingStrategy,
) -> str:
    meaning = [
        [
            entry.name,
            entry.pattern,
            msgspec.structs.replace(entry.rules, origin=None),
            entry.isolation,
            entry.conciliation,
            [_program_meaning(program) for program in entry.programs],
        ]
        for entry in entries
    ]
    whole = [meaning, list(isolation), conciliation, starting]
    return hashlib.sha256(msgspec.json.encode(whole)).hexdigest()[:32]


def _program_meaning(program: ProgramEntry) -> list[object]:
    return [program.name, program.pattern, msgspec.structs.replace(program.rules, origin=None)]
