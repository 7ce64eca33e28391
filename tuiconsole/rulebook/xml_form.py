"""Rules in the form that Supvisors reads, XML.

The structure is checked here before the schema has its say, whose complaints do not say what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from lxml import etree

from tuiconsole.rulebook.raw import Alias, Entry, RawRules, Said
from tuiconsole.rulebook.words import (
    APPLICATION_WORDS,
    LEAST_IN_XML,
    PROGRAM_WORDS,
    TOML_APPLICATION_WORDS,
    TOML_PROGRAM_WORDS,
    Sort,
    Word,
    WordError,
    from_text,
    split_names,
)
from tuiconsole.rulebook.xml_source import XmlSource, read_xml
from tuiconsole.source.errors import Complaint, Location, SourceError, raise_if_too_many
from tuiconsole.source.pattern import PatternError, check_pattern
from tuiconsole.source.text import did_you_mean, place_within

_OF_TOML = (TOML_APPLICATION_WORDS.keys() | TOML_PROGRAM_WORDS.keys()) - (
    APPLICATION_WORDS.keys() | PROGRAM_WORDS.keys()
)
"""Words of the other form."""
_ELSEWHERE = {
    "isolation": "say it under [isolation] in the cluster file",
    "conciliation_strategy": "say it under [cluster] in the cluster file",
}


def read_xml_rules(file: Path | str) -> RawRules:
    """Read one file. Raises SourceError if it is not XML at all, or has a DTD."""
    return rules_of(read_xml(file))


def rules_of(source: XmlSource) -> RawRules:
    """What a file says that is XML at least. Raises SourceError if it is no rules file."""
    return _Reader(source).rules(source.root)


def _below_zero(text: str) -> bool:
    """True for a sequence that Supvisors' schema lets pass, and Supvisors ignores."""
    return re.fullmatch(r"-[0-9]{1,9}", text) is not None and LEAST_IN_XML <= int(text) < 0


class _Reader:
    """One reading of one file: each wrong element becomes a complaint, and the reading goes on."""

    def __init__(self, source: XmlSource) -> None:
        self.source = source
        self.complaints: list[Complaint] = []

    def rules(self, root: etree._Element) -> RawRules:
        if root.tag != "root":
            self._complain(root, f"the outermost element is <{root.tag}>", "expected <root>")
            raise SourceError(*self.complaints)
        self._attributes(root, ())
        aliases, models, applications = [], [], []
        for child in self._children(root, ("alias", "model", "application")):
            if child.tag == "alias":
                aliases.append(self._alias(child))
            elif child.tag == "model":
                models.append(self._model(child))
            else:
                applications.append(self._application(child))
        if all(complaint.warning for complaint in self.complaints):
            self.complaints += self.source.check_schema()
        return RawRules(tuple(aliases), tuple(models), tuple(applications), tuple(self.complaints))

    def _where(self, element: etree._Element) -> Location:
        return self.source.where(element)

    def _complain(self, element: etree._Element, what: str, remedy: str, *, warning: bool = False) -> None:
        self._add(Complaint(self._where(element), what, remedy, warning=warning))

    def _add(self, complaint: Complaint) -> None:
        self.complaints.append(complaint)
        raise_if_too_many(self.complaints)

    def _attributes(self, element: etree._Element, known: Iterable[str]) -> None:
        for name in element.attrib:
            if str(name) not in known:
                what = f"unknown attribute {str(name)!r} of <{element.tag}>"
                self._complain(element, what, did_you_mean(str(name), known))

    def _children(self, element: etree._Element, known: Iterable[str]) -> list[etree._Element]:
        """The child elements that are known; others, and text between them, are complained about."""
        found = []
        for text in (element.text, *(child.tail for child in element)):
            if text and text.strip():
                self._complain(element, f"text {text.strip()[:30]!r} within <{element.tag}>", "remove it")
        for child in element:
            if child.tag in known:
                found.append(child)
            elif child.tag in _OF_TOML:
                what = f"{child.tag} is no word of this form"
                self._complain(child, what, _ELSEWHERE.get(str(child.tag), "write these rules as TOML"))
            else:
                self._complain(
                    child,
                    f"unknown element <{child.tag}> within <{element.tag}>",
                    did_you_mean(str(child.tag), known),
                )
        return found

    def _text(self, element: etree._Element) -> str:
        self._attributes(element, ())
        self._children_none(element)
        return (element.text or "").strip()

    def _children_none(self, element: etree._Element) -> None:
        for child in element:
            self._complain(
                child, f"unknown element <{child.tag}> within <{element.tag}>", "only text stands here"
            )

    def _name(self, element: etree._Element) -> str:
        self._attributes(element, ("name",))
        name = str(element.get("name") or "")
        if not name:
            self._complain(element, f"<{element.tag}> has no name", 'add name="…"')
        return name

    def _alias(self, element: etree._Element) -> Alias:
        name = self._name(element)
        self._children_none(element)
        return Alias(self._where(element), name, split_names(element.text or ""))

    def _model(self, element: etree._Element) -> Entry:
        return Entry(self._where(element), self._name(element), None, self._words(element, PROGRAM_WORDS))

    def _application(self, element: etree._Element) -> Entry:
        name, pattern = self._name_or_pattern(element)
        programs: list[Entry] = []
        lists = element.findall("programs")
        for extra in lists[1:]:
            self._complain(extra, "<programs> stands here twice", "join the two")
        for container in lists[:1]:
            self._attributes(container, ())
            programs += [self._program(child) for child in self._children(container, ("program", "pattern"))]
        words = self._words(element, APPLICATION_WORDS, ("programs",))
        return Entry(self._where(element), name, pattern, words, tuple(programs))

    def _program(self, element: etree._Element) -> Entry:
        if element.tag == "pattern":
            pattern = "" if element.get("name") == "" else self._name(element)
            self._check_pattern(element, pattern)
            what = f'<pattern name="{pattern}"> is an old spelling'
            self._complain(element, what, f'write <program pattern="{pattern}">', warning=True)
            return Entry(self._where(element), None, pattern, self._words(element, PROGRAM_WORDS))
        name, found = self._name_or_pattern(element)
        return Entry(self._where(element), name, found, self._words(element, PROGRAM_WORDS))

    def _name_or_pattern(self, element: etree._Element) -> tuple[str | None, str | None]:
        self._attributes(element, ("name", "pattern"))
        name, pattern = element.get("name"), element.get("pattern")
        if (name is None) == (pattern is None):
            both = "neither a name nor a pattern" if name is None else "both a name and a pattern"
            self._complain(element, f"<{element.tag}> has {both}", "give it one of the two")
        if name == "":
            self._complain(
                element, f"<{element.tag}> has an empty name", 'write its name; pattern="" stands for all'
            )
        if pattern is not None:
            self._check_pattern(element, str(pattern))
        return (None if name is None else str(name)), (None if pattern is None else str(pattern))

    def _check_pattern(self, element: etree._Element, pattern: str) -> None:
        try:
            check_pattern(pattern)
        except PatternError as error:
            self._complain(element, f"pattern {pattern[:60]!r}: {error}", error.remedy)

    def _words(
        self, element: etree._Element, words: Mapping[str, Word], others: tuple[str, ...] = ()
    ) -> dict[str, Said]:
        said: dict[str, Said] = {}
        seen: set[str] = set()
        for child in self._children(element, (*words, *others)):
            key = str(child.tag)
            if key not in words:
                continue
            if key in seen:
                self._complain(child, f"<{key}> stands here twice", "keep one")
                continue
            seen.add(key)
            text = self._text(child)
            if not text and words[key].sort in {Sort.TEXT, Sort.NAMES}:
                self._complain(child, f"<{key}> is empty and says nothing", "remove it", warning=True)
                continue
            if key.endswith("_sequence") and _below_zero(text):
                self._complain(child, f"{key} is {text}, which says nothing", "write 0", warning=True)
                continue
            try:
                said[key] = Said(from_text(key, words[key], text), self._where(child))
            except WordError as error:
                where = place_within(self.source.text, self._where(child), text, error.column)
                self._add(Complaint(where, str(error), error.remedy))
        return said
