"""The schemas of rules files, made from the tables of words: JSON Schema for editors, XML Schema for XML.

Both are shipped as files beside this module. `python -m tuiconsole.rulebook.schema` writes them anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from tuiconsole.rulebook.toml_form import FORMAT
from tuiconsole.rulebook.words import (
    APPLICATION_WORDS,
    FLAGS,
    LEAST_IN_XML,
    PROGRAM_WORDS,
    TOML_APPLICATION_WORDS,
    TOML_PROGRAM_WORDS,
    Sort,
    Word,
)
from tuiconsole.source.pattern import LONGEST_PATTERN

JSON_FILE = Path(__file__).with_name("rules.schema.json")
XSD_FILE = Path(__file__).with_name("rules.xsd")

_NAMES = {
    "oneOf": [
        {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": "^[^,]*$"}},
        {"type": "string", "minLength": 1, "description": "separated by commas"},
    ]
}


def json_schema() -> str:
    """The JSON Schema of rules in TOML (draft 7, which editors know). `JSON_FILE` holds the same."""
    program = _table(TOML_PROGRAM_WORDS)
    application = _table(TOML_APPLICATION_WORDS)
    application["properties"]["programs"] = {
        "type": "array",
        "items": _named(program),
        "description": "the rules of its programs",
    }
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"tuiconsole.rules/{FORMAT}",
        "type": "object",
        "required": ["format"],
        "additionalProperties": False,
        "properties": {
            "format": {"const": FORMAT},
            "aliases": {
                "type": "object",
                "additionalProperties": _NAMES,
                "description": "names for lists of nodes, tags and aliases",
            },
            "models": {
                "type": "object",
                "additionalProperties": program,
                "description": "words that programs refer to",
            },
            "applications": {"type": "array", "items": _named(application)},
        },
    }
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


def _named(table: Mapping[str, Any]) -> dict[str, Any]:
    """A table of words that also has a name or a pattern."""
    properties = {
        "name": {"type": "string", "minLength": 1, "description": "exactly this name"},
        "pattern": {
            "type": "string",
            "maxLength": LONGEST_PATTERN,
            "description": "a regular expression, searched anywhere in the name",
        },
        **table["properties"],
    }
    either = [{"required": ["name"]}, {"required": ["pattern"]}]
    return {**table, "properties": properties, "oneOf": either}


def _table(words: Mapping[str, Word]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _json(word) for name, word in words.items()},
    }


def _json(word: Word) -> dict[str, Any]:
    said: dict[str, Any] = {"description": word.meaning}
    if word.sort is Sort.NAMES:
        return {**said, **_NAMES}
    if word.sort is Sort.TABLE:
        said.update(_table(word.fields))
        if word.either:
            said["oneOf"] = [{"required": [name]} for name in word.either]
        if word.needed:
            said["required"] = list(word.needed)
        return said
    if word.choices is not None:
        return {**said, "enum": [member.value for member in word.choices]}
    if word.sort in {Sort.NUMBER, Sort.SECONDS}:
        sort = "integer" if word.sort is Sort.NUMBER else "number"
        return {**said, "type": sort, "minimum": word.low, "maximum": word.high}
    if word.sort is Sort.FORMULA:
        return {**said, "type": "string", "minLength": 1, "maxLength": int(word.high)}
    return {**said, "type": "boolean" if word.sort is Sort.FLAG else "string"}


def xml_schema() -> str:
    """The XML Schema (1.0) of rules in XML. `XSD_FILE` holds the same."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<!-- tuiconsole.rules/{FORMAT} in XML; accepts what Supvisors' own schema accepts. Generated. -->",
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">',
        *_xsd_type("Program", PROGRAM_WORDS),
        *_xsd_type(
            "Application", APPLICATION_WORDS, ('<xs:element name="programs" type="Programs" minOccurs="0"/>',)
        ),
        '  <xs:complexType name="Programs">',
        '    <xs:choice minOccurs="0" maxOccurs="unbounded">',
        '      <xs:element name="program" type="Program"/>',
        "      <!-- an old spelling of a program with a pattern -->",
        '      <xs:element name="pattern" type="Program"/>',
        "    </xs:choice>",
        "  </xs:complexType>",
        '  <xs:complexType name="Alias">',
        '    <xs:simpleContent><xs:extension base="xs:string">',
        '      <xs:attribute name="name" type="xs:string" use="required"/>',
        "    </xs:extension></xs:simpleContent>",
        "  </xs:complexType>",
        '  <xs:element name="root">',
        "    <xs:complexType>",
        '      <xs:choice minOccurs="0" maxOccurs="unbounded">',
        '        <xs:element name="alias" type="Alias"/>',
        '        <xs:element name="model" type="Program"/>',
        '        <xs:element name="application" type="Application"/>',
        "      </xs:choice>",
        "    </xs:complexType>",
        "  </xs:element>",
        "</xs:schema>",
    ]
    return "\n".join(lines) + "\n"


def _xsd_type(name: str, words: Mapping[str, Word], others: Iterable[str] = ()) -> list[str]:
    lines = [f'  <xs:complexType name="{name}">', "    <xs:all>"]
    for key, word in words.items():
        lines += _xsd_element(key, word)
    lines += [f"      {other}" for other in others]
    # XSD 1.0 cannot say that exactly one of the two stands there; the reader says so.
    attributes = [f'    <xs:attribute name="{key}" type="xs:string"/>' for key in ("name", "pattern")]
    return [*lines, "    </xs:all>", *attributes, "  </xs:complexType>"]


def _xsd_element(name: str, word: Word) -> list[str]:
    if word.choices is not None:
        facets = [f'<xs:enumeration value="{member.value}"/>' for member in word.choices]
        base = "xs:token"
    elif word.sort is Sort.NUMBER:
        low = LEAST_IN_XML if name.endswith("_sequence") else int(word.low)
        facets = [f'<xs:minInclusive value="{low}"/>', f'<xs:maxInclusive value="{int(word.high)}"/>']
        base = "xs:integer"
    elif word.sort is Sort.FLAG:
        spelled = "|".join("".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in flag) for flag in FLAGS)
        facets = [f'<xs:pattern value="{spelled}"/>']
        base = "xs:token"
    else:
        return [f'      <xs:element name="{name}" type="xs:string" minOccurs="0"/>']
    return [
        f'      <xs:element name="{name}" minOccurs="0"><xs:simpleType><xs:restriction base="{base}">',
        *(f"        {facet}" for facet in facets),
        "      </xs:restriction></xs:simpleType></xs:element>",
    ]


if __name__ == "__main__":
    JSON_FILE.write_text(json_schema(), encoding="utf-8")
    XSD_FILE.write_text(xml_schema(), encoding="utf-8")
