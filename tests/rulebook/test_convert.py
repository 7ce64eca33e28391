"""From XML to TOML and back: nothing is lost but what XML has no word for, and that is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuiconsole.rulebook.convert import convert
from tuiconsole.rulebook.raw import Entry
from tuiconsole.rulebook.rulebook import load_rules, read_rules
from tuiconsole.rulebook.words import APPLICATION_WORDS, PROGRAM_WORDS, Sort, Word
from tuiconsole.source.errors import SourceError

SCENARIO = Path(__file__).parents[2] / "rules" / "scenario_2"


def converted(folder: Path, text: str) -> Path:
    """The file in the other form, beside it."""
    return written(folder / ("rules.xml" if text.lstrip().startswith("<") else "rules.toml"), text)


def written(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    other = file.with_suffix(".toml" if file.suffix == ".xml" else ".xml")
    other.write_text(convert(file).text, encoding="utf-8")
    return other


def meaning(file: Path) -> list[Any]:
    """All that a file says, without places."""
    raw = read_rules(file)

    def entry(one: Entry) -> list[Any]:
        words = {word: said.value for word, said in one.words.items()}
        return [one.name, one.pattern, words, [entry(inner) for inner in one.programs]]

    aliases = {alias.name: alias.members for alias in raw.aliases}
    models = {model.name: entry(model) for model in raw.models}
    return [aliases, models, [entry(application) for application in raw.applications]]


@pytest.mark.parametrize("name", ["rules.toml", "rules.xml"])
def test_scenario_2_is_the_same_in_the_other_form(tmp_path: Path, name: str) -> None:
    other = written(tmp_path / name, (SCENARIO / name).read_text())
    assert load_rules([other]).digest == load_rules([SCENARIO / name]).digest
    assert meaning(other) == meaning(SCENARIO / name)


ODD = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=8)
NAMES = ODD.filter(lambda name: name.strip() == name and "," not in name and name not in {"#", "@", "*"})
SAFE = NAMES.filter(lambda name: not {"￾", "￿"} & set(name))
FORMULAS = st.sampled_from(["'a'", '"a" and not any("b.*")', "all('x|y')\n or \"z\"", r'"a\d"', '"<&>"'])


def values(word: Word) -> st.SearchStrategy[Any]:
    if word.choices is not None:
        return st.sampled_from([member.value for member in word.choices])
    if word.sort is Sort.NUMBER:
        return st.integers(0, int(word.high))
    if word.sort is Sort.FLAG:
        return st.booleans()
    if word.sort is Sort.NAMES:
        return st.lists(SAFE, min_size=1, max_size=3, unique=True)
    return FORMULAS if word.sort is Sort.FORMULA else SAFE


def said(words: dict[str, Word]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: values(word) for name, word in words.items()})


def toml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = (
            value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\x7f", "\\u007f")
        )
        return f'"{escaped}"'
    return str(value)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Rules in TOML, and the comments in them."""
    lines = ["format = 1"]
    comments: list[str] = []

    def comment() -> None:
        if draw(st.booleans()):
            text = f"note {len(comments)}: {draw(st.sampled_from(['plain', 'a # b', '<&>', 'x = 1', 'é']))}"
            comments.append(text)
            lines.append(f"# {text}")

    def table(header: str, words: dict[str, Any], name: str = "") -> None:
        comment()
        lines.append(header)
        lines.extend([name] if name else [])
        for word, value in words.items():
            comment()
            lines.append(f"{word} = {toml(value)}")

    lines.append("[aliases]")
    for name in draw(st.lists(SAFE, max_size=2, unique=True)):
        comment()
        lines.append(f"{toml(name)} = {toml(draw(st.lists(SAFE, min_size=1, max_size=3, unique=True)))}")
    for name in draw(st.lists(SAFE, max_size=2, unique=True)):
        table(f"[models.{toml(name)}]", draw(said(PROGRAM_WORDS)))
    for number in range(draw(st.integers(0, 2))):
        table("[[applications]]", draw(said(APPLICATION_WORDS)), f"name = {toml(draw(SAFE))}")
        for key in draw(st.lists(st.sampled_from(["name", "pattern"]), max_size=2)):
            name = (
                draw(SAFE)
                if key == "name"
                else draw(st.sampled_from(["", "a.*", r"x\d+", "b|c", f"{number}"]))
            )
            table("[[applications.programs]]", draw(said(PROGRAM_WORDS)), f"{key} = {toml(name)}")
    return "\n".join(lines) + "\n", comments


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents())
def test_nothing_is_lost_on_the_way_to_xml_and_back(tmp_path: Path, document: tuple[str, list[str]]) -> None:
    text, comments = document
    xml = converted(tmp_path, text)
    begun = meaning(tmp_path / "rules.toml")
    assert meaning(xml) == begun
    back = written(tmp_path / "again.xml", xml.read_text(encoding="utf-8"))
    assert meaning(back) == begun
    for note in comments:
        assert f"<!-- {note} -->" in xml.read_text(encoding="utf-8")
        assert f"# {note}\n" in back.read_text(encoding="utf-8")
    once_more = written(tmp_path / "again.toml", back.read_text(encoding="utf-8"))
    assert once_more.read_text(encoding="utf-8") == xml.read_text(encoding="utf-8"), "it comes to rest"


def test_what_xml_has_no_word_for_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(
        """format = 1
[[applications]]
name = "a"
isolation = "KEEP"
flap_limit = { restarts = 5, within = 60 }
stop_sequence = 900
[[applications.programs]]
name = "p"
start_timeout = 5
wait_exit = true
"""
    )
    result = convert(file)
    assert [str(each).rpartition("/")[2].replace("warning: ", "") for each in result.complaints] == [
        "rules.toml:4: isolation of 'a' is left out: XML has no word for it; say it in the cluster file, "
        "or stay with TOML",
        "rules.toml:5: flap_limit of 'a' is left out: XML has no word for it; say it in the cluster file, "
        "or stay with TOML",
        "rules.toml:6: stop_sequence = 900 of 'a' is more than Supvisors takes; at most 127 there",
        "rules.toml:9: start_timeout of 'p' is left out: XML has no word for it; say it in the cluster "
        "file, or stay with TOML",
    ]
    assert "<wait_exit>true</wait_exit>" in result.text


def test_comments_stay_with_what_they_are_about(tmp_path: Path) -> None:
    text = """<?xml version="1.0"?>
<!-- of the whole -->
<root>
    <application name="a"> <!-- beside a -->
        <!-- two
             lines -- no, three -->
        <start_sequence>1</start_sequence>
        <programs>
            <!-- above p -->
            <program name="p"/>
        </programs>
    </application>
    <!-- at the end -->
</root>
""".replace(" -- no", " - no")
    assert converted(tmp_path, text).read_text() == (
        "format = 1\n\n# of the whole\n# beside a\n[[applications]]\n"
        'name = "a"\n# two\n# lines - no, three\nstart_sequence = 1\n\n# above p\n'
        '[[applications.programs]]\nname = "p"\n\n# at the end\n'
    )


def test_hyphens_in_a_comment_do_not_end_it(tmp_path: Path) -> None:
    xml = converted(tmp_path, "# a --> b -\nformat = 1\n")
    assert meaning(xml) == [{}, {}, []]
    assert "<!-- a - -> b - -->" in xml.read_text()


def test_an_alias_that_another_replaces_is_not_converted(tmp_path: Path) -> None:
    xml = '<root><alias name="x">a</alias><alias name="x">b</alias></root>'
    assert meaning(converted(tmp_path, xml))[0] == {"x": ("b",)}


def test_what_xml_cannot_hold_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text('format = 1\n[[applications]]\nname = "a\\u0001"\n')
    with pytest.raises(SourceError, match=r"rules\.toml:2: a character stands here that XML cannot hold"):
        convert(file)


def test_a_file_with_errors_is_not_converted(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text("format = 1\nx = 1\n")
    with pytest.raises(SourceError, match="unknown key x"):
        convert(file)
