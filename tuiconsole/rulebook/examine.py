"""What is suspicious about rules that can be used: what can never hold, never match, never be placed.

All of it is warnings. What needs the groups of supervisord or the nodes of the cluster is examined only if
they are known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial

from tuiconsole.rulebook.resolve import ApplicationEntry, ProgramEntry
from tuiconsole.rulebook.rulebook import Rulebook
from tuiconsole.rulebook.rules import NUMBERED, Distribution, ProgramRules, Sign
from tuiconsole.rulebook.surroundings import Surroundings
from tuiconsole.source.errors import Complaint, Location
from tuiconsole.source.pattern import LONGEST_NAME
from tuiconsole.source.supervisord import ConfiguredGroup, ConfiguredProcess
from tuiconsole.source.text import did_you_mean

WHOLE_HOST = 100
"""Percent of expected loading that a host takes."""
NAMED = 4
"""So many names are spelled out in one complaint."""


def examine(book: Rulebook, around: Surroundings) -> tuple[Complaint, ...]:
    """Everything that is suspicious, in the order of the files."""
    examination = _Examination(book, around)
    examination.run()
    found = dict.fromkeys(examination.complaints)
    return tuple(sorted(found, key=lambda complaint: (complaint.where.file, complaint.where.line)))


class _Examination:
    def __init__(self, book: Rulebook, around: Surroundings) -> None:
        self.book = book
        self.around = around
        self.complaints: list[Complaint] = []
        self.claimed: dict[int, list[ConfiguredGroup]] = {id(entry): [] for entry in book.entries}
        """By entry: the groups for which it holds."""

    def run(self) -> None:
        for entry in self.book.entries:
            self._words_not_in_force(entry)
        if self.around.nodes is not None:
            nodes = self.around.nodes
            tags = {tag for node in nodes for tag in node.tags}
            self.complaints += self.book.check_against([node.name for node in nodes], tags)
        groups = self.around.groups
        if groups is None:
            return
        self._groups(groups)
        for entry in self.book.entries:
            if claimed := self.claimed[id(entry)]:
                self._programs(entry, claimed)
                self._starts_nothing(entry, claimed)
                for group in claimed:
                    self._formula(entry, group)
                    self._numbers(entry, group)
                    self._placement(entry, group)
        self._whole(groups)

    def _warn(self, where: Location, what: str, remedy: str) -> None:
        self.complaints.append(Complaint(where, what, remedy, warning=True))

    def _words_not_in_force(self, entry: ApplicationEntry) -> None:
        spread = entry.rules.distribution is Distribution.ALL_INSTANCES
        if spread and (said := entry.origins.get("identifiers")):
            what = f"identifiers of application {entry} are not in force, since it is ALL_INSTANCES"
            self._warn(said.where, what, "say them for its programs, or give it another distribution")
        for program in () if spread else entry.programs:
            said = program.origins.get("identifiers")
            if said and said.model is None:
                what = f"identifiers of program {program} are not in force, since application {entry}"
                what += f" is {entry.rules.distribution.value}"
                self._warn(said.where, what, "say them for the application")

        for program in entry.programs:
            said = program.origins.get("wait_exit")
            if said and program.rules.wait_exit and not program.rules.start_sequence:
                what = f"wait_exit of program {program} is not in force: it is in no start sequence"
                self._warn(said.where, what, "give it a start_sequence")

    def _groups(self, groups: Mapping[str, ConfiguredGroup]) -> None:
        """Which entry holds for which group; those that hold for none, and groups that none holds for."""
        matched: dict[int, list[str]] = {id(entry): [] for entry in self.book.entries}
        for name, group in groups.items():
            holds = self.book.entry(name)
            if holds is None:
                what = f"no rule names the group {name!r}: it is unmanaged"
                self._warn(group.where, what, "name it in a rules file, or leave it to its supervisord")
            else:
                self.claimed[id(holds)].append(group)
            for entry in self.book.entries:
                if _matches(entry, name):
                    matched[id(entry)].append(name)
        for entry in self.book.entries:
            if not self.claimed[id(entry)]:
                self._idle("application", entry, "group", groups, matched[id(entry)], self.book.entry)

    def _programs(self, entry: ApplicationEntry, groups: Sequence[ConfiguredGroup]) -> None:
        """The same within one application."""
        processes = {name: process for group in groups for name, process in group.processes.items()}
        holding: set[int] = set()
        for name, process in processes.items():
            holds = self.book.program_entry(entry, name)
            if holds is None:
                what = f"no rule names the program {name!r} of application {entry}: the defaults hold"
                self._warn(process.where, what, 'name it, or add a program with pattern = ""')
            else:
                holding.add(id(holds))
                self._waits_for_ever(holds, process)
        for program in entry.programs:
            if id(program) not in holding:
                matched = [name for name in processes if _matches(program, name)]
                taker = partial(self.book.program_entry, entry)
                self._idle("program", program, "program", processes, matched, taker)

    def _idle(
        self,
        what: str,
        entry: ApplicationEntry | ProgramEntry,
        of: str,
        known: Iterable[str],
        matched: Sequence[str],
        taker: Callable[[str], object],
    ) -> None:
        """An entry that holds for nothing: it matches nothing, or others always win."""
        if not matched:
            verb = "is no" if entry.name is not None else "matches no"
            near = did_you_mean(entry.name or entry.pattern or "", known)
            remedy = near if near.endswith("?") else "correct it, or remove it"
            self._warn(entry.where, f"{what} {entry} {verb} {of} of the supervisord configuration", remedy)
            return
        takers = ", ".join(dict.fromkeys(str(taker(name)) for name in matched))
        what = f"{what} {entry} can never win: {_some(matched)} {_are(matched)} taken by {takers}"
        self._warn(entry.where, what, "remove it, or make its pattern match more of the name")

    def _waits_for_ever(self, entry: ProgramEntry, process: ConfiguredProcess) -> None:
        if entry.rules.wait_exit and entry.rules.start_sequence and process.autorestart:
            what = f"the steps after program {entry} are never reached: it has wait_exit, "
            what += f"and autorestart = true at {process.where}"
            self._warn(entry.where, what, "set autorestart = false there")

    def _starts_nothing(self, entry: ApplicationEntry, groups: Sequence[ConfiguredGroup]) -> None:
        if not entry.rules.start_sequence or any(self._sequence(entry, group) for group in groups):
            return
        what = f"application {entry} has a start_sequence, and none of its programs has one: nothing starts"
        self._warn(entry.where, what, "give its programs a start_sequence")

    def _sequence(self, entry: ApplicationEntry, group: ConfiguredGroup) -> dict[str, ProgramRules]:
        """The rules of the processes that start with the application."""
        rules = {name: self._rules(entry, name) for name in group.processes}
        return {name: rule for name, rule in rules.items() if rule.start_sequence}

    def _rules(self, entry: ApplicationEntry, process: str) -> ProgramRules:
        found = self.book.program_entry(entry, process)
        return found.rules if found else entry.unnamed

    def _formula(self, entry: ApplicationEntry, group: ConfiguredGroup) -> None:
        formula = entry.rules.formula
        if formula is None:
            return
        where = entry.origins["operational_status"].where
        for trouble in formula.troubles(group.processes):
            near = did_you_mean(trouble.operand.text, group.processes)
            remedy = near if not trouble.matched and near.endswith("?") else trouble.remedy
            self._warn(where, f"operational_status of {group.name!r} never holds: {trouble.what}", remedy)

    def _numbers(self, entry: ApplicationEntry, group: ConfiguredGroup) -> None:
        """Members of numbered families to which no node is dealt."""
        if entry.rules.sign is not None and not NUMBERED.search(group.name):
            what = f"the sign # deals no node to {group.name!r}, whose name ends in no number"
            self._warn(entry.origins["identifiers"].where, what, "name the group NAME_1, or name its nodes")
        if self.around.nodes is None or entry.rules.distribution is not Distribution.ALL_INSTANCES:
            return
        families: dict[int, tuple[ProgramEntry, dict[str, list[str]]]] = {}
        for name, process in group.processes.items():
            holds = self.book.program_entry(entry, name)
            if holds is not None and holds.rules.sign is Sign.AT:
                families.setdefault(id(holds), (holds, {}))[1].setdefault(process.program, []).append(name)
        for holds, families_of_entry in families.values():
            for names in families_of_entry.values():
                excess = names[len(self.around.bearers(holds.rules.identifiers)) :]
                if excess:
                    what = f"the sign @ deals no node to {_some(excess)}: fewer nodes than processes"
                    remedy = "write # to begin again with the first node, or lessen numprocs"
                    self._warn(holds.origins["identifiers"].where, what, remedy)

    def _placement(self, entry: ApplicationEntry, group: ConfiguredGroup) -> None:
        sequence = self._sequence(entry, group)
        load = sum(rule.expected_loading for rule in sequence.values())
        if entry.rules.distribution is not Distribution.ALL_INSTANCES:
            if load > WHOLE_HOST:
                what = f"{group.name!r} can never be placed: its programs need {load} % of one host"
                self._warn(entry.where, what, "lessen expected_loading, or let it be ALL_INSTANCES")
            # SINGLE_NODE: on one host, perhaps on several nodes of it.
            whole = entry.rules.distribution is Distribution.SINGLE_INSTANCE
            for names in [list(sequence)] if whole else [[name] for name in sequence]:
                if names:
                    self._on_no_node(entry.where, group, entry.rules.identifiers, names)
            return
        allowed = [node for rule in sequence.values() for node in self.around.bearers(rule.identifiers)]
        machines = {node.machine for node in allowed}
        if machines and load > WHOLE_HOST * len(machines):
            what = f"{group.name!r} can never be placed as a whole: its programs need {load} % of a host, "
            what += f"and may run on {len(machines)}"
            self._warn(entry.where, what, "lessen expected_loading, or name more nodes")
        for name, rule in sequence.items():
            holds = self.book.program_entry(entry, name)
            self._on_no_node(holds.where if holds else entry.where, group, rule.identifiers, [name])

    def _on_no_node(
        self, where: Location, group: ConfiguredGroup, identifiers: Sequence[str], processes: Iterable[str]
    ) -> None:
        if self.around.nodes is None:
            return
        allowed = self.around.bearers(identifiers)
        names = list(processes)
        if not allowed:
            what = f"{group.name}:{_some(names)} can never be placed: no node is among {_some(identifiers)}"
            self._warn(where, what, "name nodes or tags of the cluster file")
        elif not any(node.has(group.name, names) for node in allowed):
            what = f"{group.name}:{_some(names)} can never be placed: the supervisord of no node among "
            what += _some([node.name for node in allowed])
            what += f" has {'it' if len(names) == 1 else 'all of them'}"
            self._warn(where, what, "add the program there, or correct the identifiers")

    def _whole(self, groups: Mapping[str, ConfiguredGroup]) -> None:
        """What starts by itself, against all hosts together."""
        if not self.around.nodes:
            return
        machines = {node.machine for node in self.around.nodes}
        load = 0
        last: ApplicationEntry | None = None
        for group in groups.values():
            entry = self.book.entry(group.name)
            if entry is not None and entry.rules.start_sequence:
                load += sum(rule.expected_loading for rule in self._sequence(entry, group).values())
                last = entry
        if last is not None and load > WHOLE_HOST * len(machines):
            what = f"what starts by itself needs {load} % of a host, and there are {len(machines)} hosts"
            self._warn(last.where, what, "lessen expected_loading, or add hosts")


def _matches(entry: ApplicationEntry | ProgramEntry, name: str) -> bool:
    if entry.name is not None:
        return entry.name == name
    if entry.pattern is None or len(name) > LONGEST_NAME:
        return False
    return _compiled(entry.pattern).search(name) is not None


@lru_cache(maxsize=10_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Python's own memory of patterns is too small for a great rulebook."""
    return re.compile(pattern)


def _some(names: Sequence[str]) -> str:
    """The first few names."""
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
