"""Rules in their native form, TOML.

format = 1
[aliases]
servers = ["server_1", "server_2"]
[models.service]
start_sequence = 3
[[applications]]
pattern = "scen2_srv_"
[[applications.programs]]
name = "scen2_internal_data_bus"
reference = "service"
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tuiconsole.rulebook.raw import Alias, Entry, RawRules, Said
from tuiconsole.rulebook.words import (
    TOML_APPLICATION_WORDS,
    TOML_PROGRAM_WORDS,
    Sort,
    Word,
    WordError,
    from_toml,
)
from tuiconsole.source.errors import Complaint
from tuiconsole.source.pattern import PatternError, check_pattern
from tuiconsole.source.table import Table
from tuiconsole.source.toml import TomlSource, read_toml

FORMAT = 1
_NAMES = Word(Sort.NAMES, "the members of an alias")


def read_toml_rules(file: Path | str) -> RawRules:
    """Read one file. Raises SourceError if it is not TOML at all."""
    return rules_of_toml(read_toml(file))


def rules_of_toml(source: TomlSource) -> RawRules:
    """What a file says that is TOML at least. Raises SourceError if it is of another format."""
    root = Table.root(source)
    version = root.integer("format", FORMAT, 1, 10**9, required=True)
    if version != FORMAT:
        root.complain("format", f"format {version} is not known", f"this version reads format {FORMAT}")
        root.raise_errors()
    aliases = root.table("aliases")
    found = [alias for name in aliases.data if (alias := _alias(aliases, name))]
    models = [_model(name, table) for name, table in root.named_tables("models")]
    applications = [_application(table) for table in root.array_of_tables("applications")]
    root.finish()
    return RawRules(tuple(found), tuple(models), tuple(applications), tuple(root.complaints))


def _alias(aliases: Table, name: str) -> Alias | None:
    if not name.strip():
        aliases.complain(name, "an alias has no name", "give it one")
    if aliases.data[name] == []:
        return Alias(aliases.where(name), name, ())
    try:
        members = from_toml(f"alias {name!r}", _NAMES, aliases.data[name])
    except WordError as error:
        aliases.complain(name, str(error), error.remedy)
        return None
    return Alias(aliases.where(name), name, members) if isinstance(members, tuple) else None


def _model(name: str, table: Table) -> Entry:
    if not name.strip():
        table.complain("", "a model has no name", "give it one")
    return Entry(table.where(), name, None, _words(table, TOML_PROGRAM_WORDS))


def _application(table: Table) -> Entry:
    programs = []
    for program in table.array_of_tables("programs"):
        name, pattern = _name_or_pattern(program, "program")
        programs.append(Entry(program.where(), name, pattern, _words(program, TOML_PROGRAM_WORDS)))
    name, pattern = _name_or_pattern(table, "application")
    words = _words(table, TOML_APPLICATION_WORDS)
    return Entry(table.where(), name, pattern, words, tuple(programs))


def _name_or_pattern(table: Table, what: str) -> tuple[str | None, str | None]:
    if table.has("name") == table.has("pattern"):
        both = "both a name and a pattern" if table.has("name") else "neither a name nor a pattern"
        table.complain("", f"the {what} has {both}", "give it one of the two")
    name = table.text("name") if table.has("name") else None
    pattern = table.text("pattern") if table.has("pattern") else None
    if name == "":
        table.complain("name", f"the {what}'s name is empty", 'write its name; pattern = "" stands for all')
    if pattern is not None:
        try:
            check_pattern(pattern)
        except PatternError as error:
            table.complain("pattern", f"pattern {pattern[:60]!r}: {error}", error.remedy)
    return name, pattern


def _words(table: Table, words: Mapping[str, Word]) -> dict[str, Said]:
    said = {}
    table.expect(*words)
    for key, value in table.data.items():
        word = words.get(key)
        if word is None:
            continue
        try:
            said[key] = Said(from_toml(key, word, value), table.where(key))
        except WordError as error:
            where = table.source.within(table.where(key), value, error.column)
            table.add(Complaint(where, str(error), error.remedy))
    table.finish()
    return said
