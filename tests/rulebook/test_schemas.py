"""The shipped schemas: made from the words, taking what Supvisors takes, never at odds with the readers."""

from __future__ import annotations

import json
import time
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from tuiconsole.rulebook.rulebook import load_rules
from tuiconsole.rulebook.schema import JSON_FILE, XSD_FILE, json_schema, xml_schema
from tuiconsole.rulebook.words import (
    APPLICATION_WORDS,
    PROGRAM_WORDS,
    TOML_APPLICATION_WORDS,
    TOML_PROGRAM_WORDS,
    Sort,
    Word,
)
from tuiconsole.rulebook.xml_form import rules_of
from tuiconsole.rulebook.xml_source import XmlSource
from tuiconsole.source.errors import SourceError
from tuiconsole.source.text import LARGEST

# All that the manual of Supvisors 0.19 («Rules File») names, in the order of its schema.
SUPVISORS_PROGRAM = (
    "reference",
    "identifiers",
    "start_sequence",
    "stop_sequence",
    "required",
    "wait_exit",
    "expected_loading",
    "starting_failure_strategy",
    "running_failure_strategy",
)
SUPVISORS_APPLICATION = (
    "distribution",
    "identifiers",
    "start_sequence",
    "stop_sequence",
    "starting_strategy",
    "starting_failure_strategy",
    "running_failure_strategy",
    "operational_status",
)
SUPVISORS_CHOICES = {
    "distribution": "ALL_INSTANCES SINGLE_INSTANCE SINGLE_NODE",
    "starting_strategy": "CONFIG LESS_LOADED MOST_LOADED LOCAL LESS_LOADED_NODE MOST_LOADED_NODE",
    "starting_failure_strategy": "ABORT CONTINUE STOP",
    "running_failure_strategy": (
        "CONTINUE RESTART_PROCESS STOP_APPLICATION RESTART_APPLICATION SHUTDOWN RESTART"
    ),
}


def test_the_shipped_schemas_are_current() -> None:
    remedy = "run: python -m tuiconsole.rulebook.schema"
    assert JSON_FILE.read_text(encoding="utf-8") == json_schema(), remedy
    assert XSD_FILE.read_text(encoding="utf-8") == xml_schema(), remedy


def test_every_word_of_supvisors_is_a_word_here() -> None:
    assert tuple(PROGRAM_WORDS) == SUPVISORS_PROGRAM
    assert tuple(APPLICATION_WORDS) == SUPVISORS_APPLICATION
    for words, (name, choices) in product((PROGRAM_WORDS, APPLICATION_WORDS), SUPVISORS_CHOICES.items()):
        if name in words and (said := words[name].choices) is not None:
            assert {member.value for member in said} == set(choices.split())


VALUES: dict[Sort, str] = {Sort.NUMBER: "7", Sort.FLAG: "true", Sort.NAMES: "n,*", Sort.FORMULA: "any('p.*')"}


def _element(name: str, word: Word, value: str = "") -> str:
    value = value or VALUES.get(word.sort, "m") if word.choices is None else next(iter(word.choices)).value
    return f"<{name}>{value}</{name}>"


def test_a_file_that_says_every_word_of_supvisors_is_read_without_a_word(tmp_path: Path) -> None:
    model = "".join(_element(name, word) for name, word in PROGRAM_WORDS.items() if name != "reference")
    program = "".join(reversed([_element(name, word) for name, word in PROGRAM_WORDS.items()]))
    words = "".join(_element(name, word) for name, word in APPLICATION_WORDS.items())
    text = (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<!-- all --><root>'
        f'<application pattern="a_"><programs><program pattern="p">{program}</program>'
        f'<program name="q"/></programs>{words}</application>'
        f'<model name="m">{model}</model><alias name="al">n</alias></root>'
    )
    (tmp_path / "rules.xml").write_text(text, encoding="utf-8")
    assert load_rules([tmp_path / "rules.xml"]).warnings == ()


SPELLINGS = {
    "start_sequence": ["0", " 3\n", "+5", "007", "127", "-1", "-128"],
    "stop_sequence": ["0", "-3"],
    "expected_loading": ["0", "100", " 50 "],
    "required": ["true", "false", "0", "1", " true "],
    "wait_exit": ["true", "0"],
    "identifiers": ["", "*", "#", "a , b", "@SERVER,#"],
}


@pytest.mark.parametrize(("word", "value"), [(word, text) for word in SPELLINGS for text in SPELLINGS[word]])
def test_what_supvisors_own_types_take_is_taken(tmp_path: Path, word: str, value: str) -> None:
    program = f'<program pattern="p"><start_sequence>1</start_sequence><{word}>{value}</{word}></program>'
    program = program.replace("<start_sequence>1</start_sequence>", "", "start" in word)
    text = f'<root><application name="a"><programs>{program}</programs></application></root>'
    (tmp_path / "rules.xml").write_text(text, encoding="utf-8")
    load_rules([tmp_path / "rules.xml"])


def texts(word: Word) -> st.SearchStrategy[str]:
    sensible = [VALUES.get(word.sort, "m"), *([member.value for member in word.choices or ()])]
    odd = ["", " ", "-1", "-129", "1001", "101", "1.5", "TRUE", "yes", "2", "x", "1 2", "'p'", "٣", "CONFIG"]
    return st.sampled_from([*sensible, *odd])


@st.composite
def elements(draw: st.DrawFn, words: dict[str, Word], others: str = "") -> str:
    chosen = draw(st.lists(st.sampled_from([*words, "unknown", "isolation"]), max_size=4))
    inner = [f"<{name}>{draw(texts(words.get(name, Word(Sort.TEXT, ''))))}</{name}>" for name in chosen]
    return "".join([*inner, others])


@st.composite
def documents(draw: st.DrawFn) -> str:
    program = draw(elements(PROGRAM_WORDS))
    kind = draw(st.sampled_from(["program", "program", "pattern", "other"]))
    named = draw(st.sampled_from(['name="p"', 'pattern="p"', 'name="p" nam="q"', ""]))
    programs = f"<programs><{kind} {named}>{program}</{kind}></programs>"
    application = draw(
        elements(APPLICATION_WORDS, draw(st.sampled_from(["", programs, programs + programs])))
    )
    model = draw(elements(PROGRAM_WORDS))
    return (
        f'<root><alias name="l">a</alias><application name="a_1">{application}</application>'
        f'<model name="m">{model}</model></root>'
    )


@settings(max_examples=400, deadline=None)
@example('<root><model name="m"><reference/><reference>m</reference></model></root>')
@given(documents())
def test_what_the_reader_takes_the_schema_takes_too(text: str) -> None:
    source = XmlSource("rules.xml", text)
    raw = rules_of(source)
    # The reader asks the schema only after itself: a complaint of the schema would be one that it lacks.
    assert not [complaint for complaint in raw.complaints if "rules.xsd" in complaint.what]


def test_what_the_schema_refuses_is_refused_at_its_line() -> None:
    source = XmlSource("rules.xml", "<root>\n<oops/></root>")
    (complaint,) = source.check_schema()
    assert str(complaint).startswith("rules.xml:2: not as rules.xsd says: ")


def test_the_schema_is_one_that_lxml_can_use() -> None:
    etree.XMLSchema(etree.fromstring(xml_schema().encode()))


def test_the_json_schema_names_every_word_with_its_meaning() -> None:
    schema: dict[str, Any] = json.loads(json_schema())
    application = schema["properties"]["applications"]["items"]["properties"]
    program = application["programs"]["items"]["properties"]
    assert set(application) == {"name", "pattern", "programs", *TOML_APPLICATION_WORDS}
    assert set(program) == {"name", "pattern", *TOML_PROGRAM_WORDS}
    assert all(word["description"] for word in (*application.values(), *program.values()))
    assert set(schema["properties"]["models"]["additionalProperties"]["properties"]) == set(
        TOML_PROGRAM_WORDS
    )


BOMBS = {
    "comments.xml": "<!--" * (LARGEST // 4),
    "entities.xml": '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    + "]><root>&m;</root>",
    "deep.xml": "<a>" * (LARGEST // 3),
    "deep_within.xml": "<root>" + "<a>" * 200 + "</a>" * 200 + "</root>",
    "huge.xml": "<root>" + "x" * LARGEST + "</root>",
    "huge.toml": "#" * (LARGEST + 1),
    "deep.toml": "a = " + "[" * (LARGEST - 10),
    "deep_table.toml": "[" + ".".join("a" * (LARGEST // 2 - 2)) + "]",
    "deep_inline.toml": "a = " + "{a = " * 200_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_and_not_unfolded(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text(BOMBS[name])
    begun = time.process_time()
    with pytest.raises(SourceError) as caught:
        load_rules([file])
    # What a bomb unfolds to would take years; it takes some milliseconds.
    assert time.process_time() - begun < 5.0
    assert str(caught.value).startswith(str(file))
