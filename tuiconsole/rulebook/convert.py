"""From one form of rules to the other: what a file says, in its order, with its comments.

Aliases, models and patterns stay what they are; nothing is resolved. A comment goes with what it stands above
or beside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from tuiconsole.rulebook.raw import Alias, Entry, RawRules, Said
from tuiconsole.rulebook.toml_form import FORMAT, rules_of_toml
from tuiconsole.rulebook.words import (
    APPLICATION_WORDS,
    GREATEST_IN_SUPVISORS,
    PROGRAM_WORDS,
    Value,
)
from tuiconsole.source.errors import Complaint, Location, SourceError
from tuiconsole.source.toml import comments_of, read_toml


class Converted(msgspec.Struct, frozen=True):
    """A file in the other form."""

    text: str
    complaints: tuple[Complaint, ...]
    """Warnings: of the file itself, and of what the other form has no word for."""


def convert(file: Path | str) -> Converted:
    """Convert a rules file, .toml or .xml, to the other form. Raises SourceError."""
    suffix = Path(file).suffix.lower()
    if suffix == ".toml":
        source = read_toml(file)
        raw = _usable(rules_of_toml(source))
        writer = _XmlWriter(raw, _Comments(raw, comments_of(source.text)))
        return Converted(writer.text(), (*raw.complaints, *writer.lost))
    if suffix == ".xml":
        from tuiconsole.rulebook.xml_form import rules_of
        from tuiconsole.rulebook.xml_source import read_xml

        tree = read_xml(file)
        raw = _usable(rules_of(tree))
        return Converted(_toml(raw, _Comments(raw, tree.comments())), raw.complaints)
    raise SourceError.at(file, 0, "a rules file ends in .toml or .xml", "rename it")


def _usable(raw: RawRules) -> RawRules:
    errors = [complaint for complaint in raw.complaints if not complaint.warning]
    if errors:
        raise SourceError(*errors)
    return raw


class _Comments:
    """Which comments go with what: each with the first thing that stands on its line or below."""

    def __init__(self, raw: RawRules, comments: Sequence[tuple[int, str]]) -> None:
        things = sorted(_things(raw), key=lambda thing: thing.where.line)
        self._of: dict[int, list[str]] = {}
        self.end: list[str] = []
        """Those that stand below everything."""
        at = 0
        for line, text in comments:
            while at < len(things) and things[at].where.line < line:
                at += 1
            (self._of.setdefault(id(things[at]), []) if at < len(things) else self.end).append(text)

    def of(self, thing: Alias | Entry | Said) -> list[str]:
        """The texts of those of one thing."""
        return self._of.get(id(thing), [])


def _things(raw: RawRules) -> Iterable[Alias | Entry | Said]:
    yield from raw.aliases
    for entry in (*raw.models, *raw.applications):
        for each in (entry, *entry.programs):
            yield each
            yield from each.words.values()


def _last(things: Iterable[Any]) -> list[Any]:
    """Of those with one name the last, which replaces the others."""
    return list({thing.name: thing for thing in things}.values())


def _in_order(entry: Entry) -> list[tuple[str, Said]]:
    return sorted(entry.words.items(), key=lambda pair: pair[1].where.line)


# TOML

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def _toml(raw: RawRules, comments: _Comments) -> str:
    lines = [f"format = {FORMAT}"]
    aliases = _last(raw.aliases)
    if aliases:
        lines += ["", "[aliases]"]
    for alias in aliases:
        lines += [*_toml_comments(comments.of(alias)), f"{_key(alias.name)} = {_value(alias.members)}"]
    for model in _last(raw.models):
        lines += _toml_table(model, f"[models.{_key(str(model.name))}]", comments)
    for application in raw.applications:
        lines += _toml_table(application, "[[applications]]", comments)
        for program in application.programs:
            lines += _toml_table(program, "[[applications.programs]]", comments)
    if comments.end:
        lines += ["", *_toml_comments(comments.end)]
    return "\n".join(lines) + "\n"


def _toml_table(entry: Entry, header: str, comments: _Comments) -> list[str]:
    lines = ["", *_toml_comments(comments.of(entry)), header]
    if not header.startswith("[models."):
        key, name = ("pattern", entry.pattern) if entry.pattern is not None else ("name", entry.name)
        lines.append(f"{key} = {_value(str(name))}")
    for word, said in _in_order(entry):
        lines += [*_toml_comments(comments.of(said)), f"{word} = {_value(said.value)}"]
    return lines


def _toml_comments(texts: Iterable[str]) -> list[str]:
    lines = [line.strip() for text in texts for line in text.strip().splitlines()]
    return [f"# {_plain(line)}".rstrip() for line in lines]


def _plain(line: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in line)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _basic(name)


def _basic(text: str) -> str:
    """A basic string: its escapes are those of JSON, and one more."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Value) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Enum):
        return _basic(str(value.value))
    if isinstance(value, str):
        literal = ("\\" in value or '"' in value) and "'" not in value and value.isprintable()
        return f"'{value}'" if literal else _basic(value)
    return str(value)


# XML


class _XmlWriter:
    def __init__(self, raw: RawRules, comments: _Comments) -> None:
        self._raw = raw
        self._comments = comments
        self.lost: list[Complaint] = []

    def text(self) -> str:
        from lxml import etree

        root = etree.Element("root")
        for alias in self._raw.aliases:
            self._comment(root, alias)
            self._set(root, "alias", alias.where, ",".join(alias.members), name=alias.name)
        for model in self._raw.models:
            self._entry(root, "model", model)
        for application in self._raw.applications:
            element = self._entry(root, "application", application)
            if application.programs:
                programs = etree.SubElement(element, "programs")
                for program in application.programs:
                    self._entry(programs, "program", program)
        for text in self._comments.end:
            root.append(_xml_comment(text))
        etree.indent(root, "    ")
        return etree.tostring(root, encoding="UTF-8", xml_declaration=True).decode() + "\n"

    def _entry(self, parent: Any, tag: str, entry: Entry) -> Any:
        self._comment(parent, entry)
        key, name = ("pattern", entry.pattern) if entry.pattern is not None else ("name", entry.name)
        element = self._set(parent, tag, entry.where, None, **{key: str(name)})
        words = APPLICATION_WORDS if tag == "application" else PROGRAM_WORDS
        for word, said in _in_order(entry):
            self._comment(element, said)
            if word not in words:
                what = f"{word} of {entry} is left out: XML has no word for it"
                remedy = "say it in the cluster file, or stay with TOML"
                self.lost.append(Complaint(said.where, what, remedy, warning=True))
                continue
            if isinstance(said.value, int) and said.value > GREATEST_IN_SUPVISORS:
                what = f"{word} = {said.value} of {entry} is more than Supvisors takes"
                remedy = f"at most {GREATEST_IN_SUPVISORS} there"
                self.lost.append(Complaint(said.where, what, remedy, warning=True))
            self._set(element, word, said.where, _xml_text(said.value))
        return element

    def _set(self, parent: Any, tag: str, where: Location, text: str | None, **attributes: str) -> Any:
        from lxml import etree

        element = etree.SubElement(parent, tag)
        try:
            for key, value in attributes.items():
                element.set(key, value)
            element.text = text
        except ValueError:
            remedy = "write it without control characters"
            raise SourceError.of(where, "a character stands here that XML cannot hold", remedy) from None
        return element

    def _comment(self, parent: Any, thing: Alias | Entry | Said) -> None:
        for text in self._comments.of(thing):
            parent.append(_xml_comment(text))


def _xml_comment(text: str) -> Any:
    from lxml import etree

    # Two hyphens end a comment in XML.
    bare = re.sub("-(?=-)", "- ", _plain(text.strip()))
    return etree.Comment(f" {bare} ")


def _xml_text(value: Value) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value.value if isinstance(value, Enum) else value)
