"""XML that a person wrote, read by a parser that takes nothing a rules file does not need.

No document type, no entities, no network, UTF-8 only, bounded size and depth (https://owasp.org, «XXE»).
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from lxml import etree

from tuiconsole.source.errors import Complaint, Location, SourceError
from tuiconsole.source.text import read_text

DEEPEST = 16
"""Elements within each other; rules have five."""
SCHEMA = Path(__file__).with_name("rules.xsd")

_ENCODING = re.compile(r"\A<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"']*)[\"']")
_BLANKS = re.compile(r"[ \t\r\n]*")
_NO_DTD = "a document type (DTD) is refused, since it can name other files and blow up"


class XmlSource:
    """One XML file, parsed."""

    def __init__(self, file: Path | str, text: str) -> None:
        """Parse `text`. Raises SourceError, at its line, if it is not XML or more than rules need."""
        self.file = str(file)
        self.text = text
        self._refuse_what_no_rules_need()
        try:
            self.root = etree.fromstring(text.encode(), _parser(remove_comments=True))
        except etree.XMLSyntaxError as error:
            what = (error.msg or "syntax error").partition(", line ")[0]
            line, column = error.position
            where = Location(self.file, line, column)
            raise SourceError.of(
                where, f"not well-formed XML: {what}", "close each element that is opened"
            ) from None
        if getattr(self.root.getroottree().docinfo, "doctype", ""):
            raise SourceError.at(file, 1, _NO_DTD, "remove <!DOCTYPE …>")
        self._refuse_depth()

    def where(self, element: etree._Element) -> Location:
        """The line of an element's start tag."""
        line: Any = element.sourceline  # the stubs have no type for it
        return Location(self.file, line or 0)

    def check_schema(self) -> list[Complaint]:
        """What the schema says against it: a net below the reader's own complaints, which say what to do."""
        schema = _schema()
        if schema.validate(self.root):
            return []
        return [
            Complaint(Location(self.file, entry.line), f"not as rules.xsd says: {entry.message}")
            for entry in _errors(schema)[:20]
        ]

    def _refuse_what_no_rules_need(self) -> None:
        encoding = _ENCODING.search(self.text)
        if encoding and encoding[1].lower() not in {"utf-8", "us-ascii", "ascii"}:
            raise SourceError.at(
                self.file, 1, f"encoding {encoding[1][:40]!r} is refused", "save it as UTF-8 and say so"
            )
        at = _end_of_prolog(self.text)
        if self.text.startswith("<!DOCTYPE", at):
            line = self.text.count("\n", 0, at) + 1
            raise SourceError.at(self.file, line, _NO_DTD, "remove <!DOCTYPE …>")

    def _refuse_depth(self) -> None:
        depth = 0
        for event, element in etree.iterwalk(self.root, events=("start", "end")):
            depth += 1 if event == "start" else -1
            if depth > DEEPEST:
                where = self.where(element)
                raise SourceError.of(where, f"more than {DEEPEST} elements deep", "rules have five levels")

    def comments(self) -> tuple[tuple[int, str], ...]:
        """The comments: the line on which each begins, and its text."""
        root: Any = etree.fromstring(self.text.encode(), _parser(remove_comments=False))
        found = [(comment.sourceline, comment.text or "") for comment in root.xpath("//comment()")]
        return tuple(found)


def _parser(*, remove_comments: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_pis=True,
        remove_comments=remove_comments,
    )


def read_xml(file: Path | str) -> XmlSource:
    """Read an XML file. Raises SourceError if it is missing, unreadable, too large, or refused."""
    return XmlSource(file, read_text(file))


def _end_of_prolog(text: str) -> int:
    """Where the declaration, comments and processing instructions before the first tag end."""
    at = 0
    while True:
        at = _BLANKS.match(text, at).end()  # type: ignore[union-attr]  # it matches anything
        for opens, closes in (("<!--", "-->"), ("<?", "?>")):
            if text.startswith(opens, at):
                end = text.find(closes, at + len(opens))
                if end < 0:
                    return len(text)
                at = end + len(closes)
                break
        else:
            return at


def _errors(schema: etree.XMLSchema) -> list[Any]:
    log: Any = schema.error_log  # no sequence, if one believes the stubs
    return list(log)


@lru_cache(maxsize=1)
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(SCHEMA)))
