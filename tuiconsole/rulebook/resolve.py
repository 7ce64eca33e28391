"""From what the files say to the rules in force: aliases, models and defaults are worked in, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tuiconsole.rulebook.raw import Alias, Entry, RawRules, Said
from tuiconsole.rulebook.rules import (
    ANY,
    NUMBERED,
    ApplicationRules,
    ConciliationStrategy,
    Distribution,
    Isolation,
    ProgramRules,
    RunningFailureStrategy,
    Sign,
    StartingFailureStrategy,
    StartingStrategy,
)
from tuiconsole.source.errors import Complaint, Location, raise_if_too_many
from tuiconsole.source.text import did_you_mean

LONGEST_CHAIN = 3
"""References from a program to a model, from there to another, and so on."""
DEEPEST_ALIAS = 50
"""Aliases within aliases."""
_SIGNS = frozenset(sign.value for sign in Sign)


class Origin(msgspec.Struct, frozen=True):
    """Where a word was said."""

    where: Location
    model: str | None = None
    """The model that says it; None if the entry itself does."""


class ProgramEntry(msgspec.Struct, frozen=True):
    """The rules of the programs with a name, or whose name a pattern is found in."""

    name: str | None
    pattern: str | None
    rules: ProgramRules
    origins: Mapping[str, Origin]
    """Of each word that is said."""
    where: Location

    def __str__(self) -> str:
        return repr(self.name) if self.pattern is None else f"pattern {self.pattern!r}"


class ApplicationEntry(msgspec.Struct, frozen=True):
    """The same for applications. `rules.name` is empty for a pattern; None is what is not said."""

    name: str | None
    pattern: str | None
    rules: ApplicationRules
    isolation: Isolation | None
    conciliation: ConciliationStrategy | None
    programs: tuple[ProgramEntry, ...]
    unnamed: ProgramRules
    """For its programs that no rule names."""
    origins: Mapping[str, Origin]
    """Of each word that is said."""
    where: Location

    def __str__(self) -> str:
        return repr(self.name) if self.pattern is None else f"pattern {self.pattern!r}"


class Resolved(msgspec.Struct, frozen=True):
    """All entries, in the order of the files, and what there is to say about them."""

    applications: tuple[ApplicationEntry, ...]
    identifiers: Mapping[str, Location]
    """Every identifier that a rule asks for, and where it stands first."""
    complaints: tuple[Complaint, ...]


def resolve(files: Sequence[RawRules]) -> Resolved:
    """Work in aliases, models and defaults over all files."""
    resolver = _Resolver(files)
    applications = [resolver.application(entry) for raw in files for entry in raw.applications]
    resolver.doubles([entry for raw in files for entry in raw.applications], "application")
    complaints = [complaint for raw in files for complaint in raw.complaints] + resolver.complaints
    return Resolved(tuple(applications), resolver.identifiers, tuple(dict.fromkeys(complaints)))


class _Resolver:
    def __init__(self, files: Sequence[RawRules]) -> None:
        self.complaints: list[Complaint] = []
        self.identifiers: dict[str, Location] = {}
        self._circles: set[frozenset[str]] = set()
        self._aliases: dict[str, Alias] = {}
        self._too_deep = False
        self._meanings: dict[str, tuple[str, ...]] = {}
        self._models: dict[str, Entry] = {}
        for raw in files:
            for alias in raw.aliases:
                self._again("alias", alias.name, self._aliases.get(alias.name), alias.where)
                self._aliases[alias.name] = alias
            for model in raw.models:
                self._again("model", str(model.name), self._models.get(str(model.name)), model.where)
                self._models[str(model.name)] = model
        # Those that nobody uses are checked too: a mistake should not wait for the day when somebody does.
        for alias in self._aliases.values():
            self._members(alias.name, alias.where, ())
        for model in self._models.values():
            self._with_models(model)

    def _error(self, where: Location, what: str, remedy: str) -> None:
        self.complaints.append(Complaint(where, what, remedy))
        raise_if_too_many(self.complaints)

    def _warn(self, where: Location, what: str, remedy: str) -> None:
        self.complaints.append(Complaint(where, what, remedy, warning=True))

    def _circle(self, what: str, where: Location, way: Sequence[str]) -> None:
        """A circle is told once, whichever of its members leads into it."""
        if frozenset(way) not in self._circles:
            self._circles.add(frozenset(way))
            self._error(where, f"circular {what}: {' → '.join(way)}", "break the circle")

    def _again(self, what: str, name: str, before: Alias | Entry | None, where: Location) -> None:
        if before is not None:
            self._warn(where, f"{what} {name!r} replaces the one at {before.where}", "remove one of them")

    def doubles(self, entries: Sequence[Entry], what: str) -> None:
        """Warn of entries that another one with the same name or pattern hides."""
        first: dict[tuple[str | None, str | None], Entry] = {}
        for entry in entries:
            before = first.setdefault((entry.name, entry.pattern), entry)
            if before is not entry:
                self._warn(
                    entry.where,
                    f"{what} {entry} is hidden by the one at {before.where}",
                    "remove one of them",
                )

    def _members(self, name: str, where: Location, chain: tuple[str, ...]) -> tuple[str, ...]:
        """What a name stands for: the members of an alias, else itself."""
        alias = self._aliases.get(name)
        if alias is None:
            if name not in _SIGNS:
                self.identifiers.setdefault(name, where)
            return (name,)
        if name in self._meanings:
            return self._meanings[name]
        if name in chain:
            self._circle("alias", alias.where, (*chain[chain.index(name) :], name))
            return ()
        if len(chain) == DEEPEST_ALIAS:
            if not self._too_deep:
                what = f"aliases within aliases, more than {DEEPEST_ALIAS} deep"
                self._error(alias.where, what, "name the nodes in fewer steps")
            self._too_deep = True
            return ()
        if not alias.members:
            self._error(alias.where, f"alias {name!r} is empty", "name at least one node or tag")
        found = (
            member for inner in alias.members for member in self._members(inner, alias.where, (*chain, name))
        )
        # Each once, and remembered: aliases that use each other twice must not grow without bound.
        self._meanings[name] = tuple(dict.fromkeys(found))
        return self._meanings[name]

    def _names(self, said: Said | None) -> tuple[str, ...]:
        if said is None or not isinstance(said.value, tuple):
            return (ANY,)
        names = [member for name in said.value for member in self._members(name, said.where, ())]
        return tuple(dict.fromkeys(names)) or (ANY,)

    def _shared(self, said: Said | None) -> tuple[Sign | None, tuple[str, ...]]:
        """The sign among identifiers, and the rest of them. The sign alone is for all nodes."""
        names = self._names(said)
        signs = [sign for sign in Sign if sign.value in names]
        if said and len(signs) > 1:
            self._error(said.where, "the signs # and @ exclude each other", "keep one of them")
        rest = tuple(name for name in names if name not in _SIGNS)
        # Any other name beside * is redundant.
        return (signs[0] if signs else None), (ANY,) if ANY in rest or not rest else rest

    def _sign_of_application(self, entry: Entry, said: Said | None, sign: Sign | None) -> Sign | None:
        if said is None or sign is None:
            return None
        if sign is Sign.AT:
            what = "the sign @ is for programs only"
            self._error(said.where, what, "write #, or name the nodes")
        elif entry.name is not None and not NUMBERED.search(entry.name):
            what = f"the sign # needs an application whose name ends in -N or _N, and {entry.name!r} does not"
            self._error(said.where, what, "name the nodes")
        return sign

    def _sign_of_program(self, entry: Entry, said: Said | None, sign: Sign | None) -> Sign | None:
        """Supvisors deals out by the numbers of `numprocs`, and asks for a pattern."""
        if said is not None and sign is not None and entry.name is not None:
            what = f"the sign {sign.value} deals out numbered processes, and {entry.name!r} is one name"
            self._error(said.where, what, "write pattern instead of name, or name the nodes")
        return sign

    def _with_models(self, entry: Entry) -> tuple[dict[str, Said], dict[str, Origin]]:
        """The words of a program with those of its models below them, and where each was said."""
        chain: list[Entry] = [entry]
        while said := chain[-1].words.get("reference"):
            name = str(said.value)
            model = self._models.get(name)
            if model is None:
                self._error(said.where, f"model {name!r} does not exist", did_you_mean(name, self._models))
                break
            if model in chain:
                self._circle(
                    "reference",
                    said.where,
                    [str(link.name) for link in (*chain[chain.index(model) :], model)],
                )
                break
            if len(chain) > LONGEST_CHAIN:
                way = " → ".join(str(link.name or link) for link in (*chain, model))
                self._error(said.where, f"more than {LONGEST_CHAIN} references: {way}", "shorten the chain")
                break
            chain.append(model)
        words: dict[str, Said] = {}
        origins: dict[str, Origin] = {}
        for link in reversed(chain):
            words.update(link.words)
            said_by = None if link is entry else link.name
            origins.update({word: Origin(found.where, said_by) for word, found in link.words.items()})
        return words, origins

    def application(self, entry: Entry) -> ApplicationEntry:
        words = entry.words
        start = _value(words, "start_sequence", 0)
        sign, identifiers = self._shared(words.get("identifiers"))
        rules = ApplicationRules(
            name=entry.name or "",
            distribution=_value(words, "distribution", Distribution.ALL_INSTANCES),
            identifiers=identifiers,
            sign=self._sign_of_application(entry, words.get("identifiers"), sign),
            start_sequence=start,
            stop_sequence=_value(words, "stop_sequence", start),
            starting_strategy=_value(words, "starting_strategy", StartingStrategy.CONFIG),
            starting_failure_strategy=_value(
                words, "starting_failure_strategy", StartingFailureStrategy.ABORT
            ),
            running_failure_strategy=_value(
                words, "running_failure_strategy", RunningFailureStrategy.CONTINUE
            ),
            operational_status=_value(words, "operational_status", ""),
            flap_limit=_value(words, "flap_limit", None),
            origin=entry.where,
        )
        self.doubles(entry.programs, "program")
        programs = tuple(self._program(program, rules) for program in entry.programs)
        unnamed = ProgramRules(
            starting_failure_strategy=rules.starting_failure_strategy,
            running_failure_strategy=rules.running_failure_strategy,
        )
        isolation = _value(words, "isolation", None)
        conciliation = _value(words, "conciliation_strategy", None)
        origins = {word: Origin(said.where) for word, said in words.items()}
        return ApplicationEntry(
            entry.name,
            entry.pattern,
            rules,
            isolation,
            conciliation,
            programs,
            unnamed,
            origins,
            entry.where,
        )

    def _program(self, entry: Entry, application: ApplicationRules) -> ProgramEntry:
        words, origins = self._with_models(entry)
        start = _value(words, "start_sequence", 0)
        required = _value(words, "required", False)
        if required and not start:
            self._warn(
                entry.where,
                f"program {entry} is required, but in no start sequence: required is not in force",
                "give it a start_sequence",
            )
        sign, identifiers = self._shared(words.get("identifiers"))
        wait_exit = _value(words, "wait_exit", False)
        for word, in_force in (("start_timeout", wait_exit), ("ready", not wait_exit)):
            if word in words and not in_force:
                self._warn(
                    words[word].where,
                    f"{word} is not in force, since {entry} has {'' if wait_exit else 'no '}wait_exit",
                    f"{'set' if not wait_exit else 'remove'} wait_exit, or remove {word}",
                )
        rules = ProgramRules(
            identifiers=identifiers,
            sign=self._sign_of_program(entry, words.get("identifiers"), sign),
            start_sequence=start,
            stop_sequence=_value(words, "stop_sequence", start),
            required=bool(required and start),
            wait_exit=wait_exit,
            expected_loading=_value(words, "expected_loading", 0),
            start_timeout=_value(words, "start_timeout", None) if wait_exit else None,
            ready=None if wait_exit else _value(words, "ready", None),
            # A program's own word supersedes its application's.
            starting_failure_strategy=_value(
                words, "starting_failure_strategy", application.starting_failure_strategy
            ),
            running_failure_strategy=_value(
                words, "running_failure_strategy", application.running_failure_strategy
            ),
            origin=entry.where,
        )
        return ProgramEntry(entry.name, entry.pattern, rules, origins, entry.where)


def _value(words: Mapping[str, Said], key: str, default: Any) -> Any:
    said = words.get(key)
    return default if said is None else said.value
